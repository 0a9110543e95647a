//! A blob as it comes from its registry: in order, to its announced end, read on where a connection breaks off.

use http::header::{CONTENT_LENGTH, CONTENT_RANGE};
use hyper::body::Bytes;

use super::manifest::said;
use super::{Fault, Place, STALL, Tries, Trouble};
use crate::model::observation::{Descriptor, Exchange, ExchangeFault, Purpose};
use crate::registry::follow::Redirects;
use crate::registry::live::Live;
use crate::registry::query::Range;

/// One blob of a place, read from a position that can be set back.
pub(super) struct Source<'a> {
    place: &'a Place,
    blob: &'a Descriptor,
    /// The byte that comes next.
    position: u64,
    open: Option<Open>,
    /// What was read already and goes first.
    rest: Bytes,
}

/// An answer that is being read, and the exchange that it belongs to, for the words of a failure.
struct Open {
    live: Live,
    exchange: Box<Exchange>,
    /// What a server without ranges sends again.
    skip: u64,
}

impl<'a> Source<'a> {
    pub(super) fn new(place: &'a Place, blob: &'a Descriptor) -> Self {
        Self {
            place,
            blob,
            position: 0,
            open: None,
            rest: Bytes::new(),
        }
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Reads on from there.
    pub(super) fn set_back(&mut self, position: u64) {
        if position != self.position {
            self.position = position;
            self.open = None;
            self.rest = Bytes::new();
        }
    }

    /// At most `most` further bytes, which must be there: to ask for more than there are is a failure.
    pub(super) async fn next(&mut self, most: u64) -> Result<Bytes, Fault> {
        if self.rest.is_empty() {
            self.rest = self.read().await?;
        }
        let length =
            usize::try_from(most).map_or(self.rest.len(), |most| most.min(self.rest.len()));
        let bytes = self.rest.split_to(length);
        self.position += bytes.len() as u64;
        Ok(bytes)
    }

    /// All of a small blob.
    pub(super) async fn whole(&mut self) -> Result<Bytes, Fault> {
        let mut all = Vec::new();
        while self.position < self.blob.size {
            let left = self.blob.size - self.position;
            all.extend_from_slice(&self.next(left).await?);
        }
        Ok(all.into())
    }

    /// Asks for it, unless that was done.
    pub(super) async fn begin(&mut self) -> Result<(), Fault> {
        let mut tries = Tries::new(self.place.retries);
        while self.open.is_none() && self.position < self.blob.size {
            match self.ask().await {
                Ok(open) => self.open = Some(open),
                Err(fault) => tries.after(fault).await?,
            }
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<Bytes, Fault> {
        let mut tries = Tries::new(self.place.retries);
        loop {
            let broken = match self.read_once().await {
                Ok(bytes) => return Ok(bytes),
                Err(fault) => fault,
            };
            self.open = None;
            tries.after(broken).await?;
        }
    }

    async fn read_once(&mut self) -> Result<Bytes, Fault> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.ask().await?,
        };
        loop {
            match open.live.next(STALL).await {
                Ok(Some(mut bytes)) => {
                    let over = usize::try_from(open.skip)
                        .map_or(bytes.len(), |skip| skip.min(bytes.len()));
                    drop(bytes.split_to(over));
                    open.skip -= over as u64;
                    let ahead = self.position + bytes.len() as u64;
                    if ahead > self.blob.size {
                        return Err(self.wrong_size(ahead));
                    }
                    if ahead == self.blob.size {
                        // Read to its end, the connection is of use to others.
                        if open.live.next(STALL).await.is_ok_and(|more| more.is_some()) {
                            return Err(self.wrong_size(ahead + 1));
                        }
                        if !bytes.is_empty() {
                            return Ok(bytes);
                        }
                    } else if !bytes.is_empty() {
                        self.open = Some(open);
                        return Ok(bytes);
                    }
                }
                Ok(None) => {
                    let text = "the answer ended before the blob did".to_owned();
                    return Err(self.broken(open, ExchangeFault::Cut { text }));
                }
                Err(fault) => return Err(self.broken(open, fault)),
            }
        }
    }

    async fn ask(&self) -> Result<Open, Fault> {
        let mut query = self
            .place
            .query(Purpose::Blob, &format!("blobs/{}", self.blob.digest))
            .await;
        query.live = true;
        query.patience = Some(STALL);
        if self.position > 0 {
            query.range = Some(Range::From(self.position));
        }
        let place = self.place;
        let mut asked = place
            .registry
            .reach(
                &place.repository,
                place.credential,
                &query,
                Redirects::Follow,
            )
            .await
            .asked;
        let Some(live) = asked.live.take().filter(|_| said(&asked)) else {
            return Err(place.fault(Trouble::Exchange(Box::new(asked.exchange))));
        };
        let header = |name| {
            asked
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let partial = asked.exchange.status() == Some(206);
        let skip = if partial {
            let range = header(CONTENT_RANGE).and_then(read_range);
            if range.is_none_or(|(first, _)| first != self.position) {
                return Err(place.fault(Trouble::Protocol(
                    "it sends another part of a blob than it was asked for".to_owned(),
                )));
            }
            0
        } else {
            self.position
        };
        let whole = if partial {
            header(CONTENT_RANGE)
                .and_then(read_range)
                .and_then(|(_, whole)| whole)
        } else {
            header(CONTENT_LENGTH).and_then(|length| length.parse().ok())
        };
        if let Some(whole) = whole
            && whole != self.blob.size
        {
            return Err(self.wrong_size(whole));
        }
        Ok(Open {
            live,
            exchange: Box::new(asked.exchange),
            skip,
        })
    }

    fn wrong_size(&self, found: u64) -> Fault {
        self.place.fault(Trouble::Size {
            digest: self.blob.digest.clone(),
            said: self.blob.size,
            found,
        })
    }

    fn broken(&self, open: Open, fault: ExchangeFault) -> Fault {
        self.place.fault(Trouble::Exchange(Box::new(Exchange {
            result: Err(fault),
            ..*open.exchange
        })))
    }
}

/// `bytes FIRST-LAST/WHOLE`, the whole as `*` where it is not known.
fn read_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, whole) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, whole.trim().parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        assert_eq!(read_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(read_range("bytes 5-9/*"), Some((5, None)));
        assert_eq!(read_range("5-9/10"), None);
        assert_eq!(read_range("bytes */10"), None);
    }
}
