//! Whether a blob is there, without reading it: HEAD, its redirect to the storage host by hand, and one byte by GET where HEAD
//! tells nothing.

use http::Method;
use hyper::body::Bytes;

use super::Registry;
use super::follow::Redirects;
use super::ping::moved_to;
use super::query::{Authorization, Query, Range, Wish};
use super::wire::{Asked, Wire};
use crate::model::observation::{Answer, BlobView, Descriptor, Exchange, Mismatch, Purpose};

/// Redirects followed from storage host to storage host.
const MOST_HOPS: usize = 5;
/// Of a blob no more than this is read; a server that ignores the range is cut off.
const BYTES: usize = 64;

impl Registry {
    pub(super) async fn fetch_blob(
        &self,
        repository: &str,
        blob: &Descriptor,
        credential: Option<usize>,
        wish: Wish,
    ) -> BlobView {
        let url = self
            .url(&format!("/v2/{repository}/blobs/{}", blob.digest))
            .await;
        let mut query = Query::get(Purpose::Blob, url);
        query.wish = wish;
        query.bound = BYTES;
        query.method = Method::HEAD;
        let mut found = self.find(repository, credential, &query).await;
        // Where nothing is wanted but to know whether it has to be brought, a 404 is an answer.
        let doubts = query.wish == Wish::Pull && found.doubtful(blob);
        if doubts || found.tells_nothing() {
            query.method = Method::GET;
            query.range = Some(Range::FirstByte);
            found = self.find(repository, credential, &query).await;
        }
        let mismatch = found.other_size(blob);
        BlobView {
            descriptor: blob.clone(),
            exchange: found.exchange,
            redirected: found.redirected,
            mismatch,
        }
    }

    /// The registry's answer, and the last storage host's where it redirects.
    pub(super) async fn find(
        &self,
        repository: &str,
        credential: Option<usize>,
        query: &Query,
    ) -> Found {
        let asked = self
            .reach(repository, credential, query, Redirects::WithinOrigin)
            .await
            .asked;
        match self.storage(query, &asked).await {
            Some((redirected, body)) => Found {
                exchange: asked.exchange,
                redirected: Some(redirected),
                body,
            },
            None => Found {
                exchange: asked.exchange,
                redirected: None,
                body: asked.body,
            },
        }
    }

    /// Follows redirects to storage. Nothing is sent along: the URL itself is the permission there.
    async fn storage(&self, query: &Query, asked: &Asked) -> Option<(Exchange, Bytes)> {
        let mut location = moved_to(asked)?;
        let mut query = Query {
            authorization: Authorization::Nothing,
            ..query.clone()
        };
        let mut last = None;
        for _ in 0..MOST_HOPS {
            query = match self.next_query(&query, &location).await {
                Ok(next) => next,
                Err(why) => return Some((Wire::withheld(&query, why).exchange, Bytes::new())),
            };
            let asked = self.wire.ask(&query).await;
            let next = moved_to(&asked);
            last = Some((asked.exchange, asked.body));
            match next {
                Some(next) => location = next,
                None => break,
            }
        }
        last
    }
}

/// What the registry answered, and the storage host that it redirected to.
pub(super) struct Found {
    pub(super) exchange: Exchange,
    pub(super) redirected: Option<Exchange>,
    /// The body of the last answer as it came, bounded.
    pub(super) body: Bytes,
}

impl Found {
    /// The answer of whoever was asked last.
    pub(super) fn last(&self) -> &Exchange {
        self.redirected.as_ref().unwrap_or(&self.exchange)
    }

    /// HEAD is not spoken, or refused without a body that says why. Signed storage URLs are often good for GET alone.
    fn tells_nothing(&self) -> bool {
        matches!(self.last().status(), Some(400 | 403 | 405 | 412 | 501))
    }

    /// Runtimes send GET and no HEAD, so that it has the last word: on what is missing, and on a length that is not that of
    /// the manifest (some servers answer HEAD with none, or with 0).
    fn doubtful(&self, blob: &Descriptor) -> bool {
        self.last().status() == Some(404) || self.other_size(blob).is_some()
    }

    /// The size that the blob has there, where it is known and not the one that the manifest names.
    fn other_size(&self, blob: &Descriptor) -> Option<Mismatch> {
        let delivered = self.last().answer().and_then(size)?;
        (blob.size != 0 && delivered != blob.size).then_some(Mismatch::Size { delivered })
    }
}

/// How long the whole blob is, by the headers of an answer that has it or a part of it.
fn size(answer: &Answer) -> Option<u64> {
    // What is compressed on its way has another length.
    if answer.header("content-encoding").is_some() {
        return None;
    }
    let number = match answer.status {
        200 => answer.header("content-length"),
        206 => answer
            .header("content-range")
            .and_then(|range| range.rsplit_once('/'))
            .map(|(_, total)| total),
        _ => None,
    };
    number?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(status: u16, headers: &[(&str, &str)]) -> Option<u64> {
        size(&Answer {
            status,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            challenges: Vec::new(),
            body: Vec::new(),
            truncated: false,
            errors: Vec::new(),
        })
    }

    #[test]
    fn the_size_of_a_blob_is_read_from_whole_and_partial_answers() {
        assert_eq!(sized(200, &[("content-length", "28")]), Some(28));
        assert_eq!(
            sized(
                206,
                &[("content-length", "1"), ("content-range", "bytes 0-0/28")]
            ),
            Some(28)
        );
        assert_eq!(
            sized(
                206,
                &[("content-length", "1"), ("content-range", "bytes 0-0/*")]
            ),
            None
        );
        assert_eq!(sized(200, &[]), None);
        assert_eq!(
            sized(
                200,
                &[("content-length", "9"), ("content-encoding", "gzip")]
            ),
            None
        );
        assert_eq!(sized(404, &[("content-length", "28")]), None);
    }
}
