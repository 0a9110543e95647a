//! From the source's stream into one request of an upload: frame by frame, hashed on the way, at the pace of the slower side.

use std::time::Duration;

use http::Method;
use hyper::body::Bytes;
use tokio::sync::mpsc;

use super::digest::Running;
use super::manifest::said;
use super::session::{OCTETS, Session};
use super::source::Source;
use super::{COMMIT, Fault, Meter, Place, STALL, Trouble, WHOLE_COPY};
use crate::model::observation::{Answer, Exchange, ExchangeFault};
use crate::net::outgoing::Outgoing;
use crate::registry::query::{Authorization, Content, Wish};
use crate::registry::wire::Asked;

/// Frames between the two connections: enough for neither to wait for a wake-up of the other.
const AHEAD: usize = 4;

/// One part of a blob on its way.
pub(super) struct Part<'p, 's> {
    pub(super) source: &'p mut Source<'s>,
    pub(super) hash: &'p mut Running,
    pub(super) meter: &'p Meter,
    /// What was counted of the blob so far.
    pub(super) counted: &'p mut u64,
    /// Up to this byte.
    pub(super) end: u64,
    /// One of several parts, so that the registry is told which.
    pub(super) is_chunk: bool,
}

/// Why nothing more was handed on.
enum Pumped {
    All,
    /// The request has ended.
    Ended,
    /// Nothing was taken for too long.
    Stalled,
}

impl Place {
    /// Sends one part of a blob to an upload, which is then so much further.
    pub(super) async fn send(
        &self,
        session: &Session,
        part: Part<'_, '_>,
    ) -> Result<Session, Fault> {
        let (first, end) = (session.offset, part.end);
        let mut query = self.session_query(session).await;
        query.method = Method::PATCH;
        query.content = Some(Content {
            media_type: OCTETS.to_owned(),
            bytes: Bytes::new(),
        });
        query.content_range = part.is_chunk.then(|| (first, end - 1));
        query.patience = Some(WHOLE_COPY);
        query.authorization = if self.is_at_home(&query.url).await {
            self.registry
                .authorization(&self.repository, &Wish::Push, self.credential)
                .await
                .map_err(|asked| self.fault(Trouble::Exchange(Box::new(asked.exchange))))?
        } else {
            Authorization::Nothing
        };
        let (frames, body) = Outgoing::stream(end - first, AHEAD);
        let upload = self.registry.wire.upload(&query, body);
        tokio::pin!(upload);
        let asked: Asked = tokio::select! {
            // An answer before the end is a refusal, or the end of the connection.
            asked = &mut upload => asked,
            pumped = pump(part, frames) => {
                let patience = match pumped? {
                    Pumped::All => COMMIT,
                    Pumped::Ended => STALL,
                    Pumped::Stalled => Duration::ZERO,
                };
                match tokio::time::timeout(patience, &mut upload).await {
                    Ok(asked) => asked,
                    Err(_elapsed) => return Err(self.fault(Trouble::Exchange(Box::new(Exchange {
                        purpose: query.purpose,
                        method: "PATCH",
                        url: crate::registry::urls::shown(&query.url),
                        sent: query.sent(),
                        elapsed: patience,
                        result: Err(ExchangeFault::TimedOut {
                            after: "a part of the blob was sent",
                        }),
                    })))),
                }
            }
        };
        if asked.answer().is_some_and(Answer::is_success) && said(&asked) {
            Ok(self.moved_on(session, &asked, end).await)
        } else {
            Err(self.fault(Trouble::Exchange(Box::new(asked.exchange))))
        }
    }
}

/// Hands on what the source gives. What was hashed before and is read again is not hashed twice.
async fn pump(part: Part<'_, '_>, frames: mpsc::Sender<Bytes>) -> Result<Pumped, Fault> {
    let Part {
        source,
        hash,
        meter,
        counted,
        end,
        ..
    } = part;
    while source.position() < end {
        let start = source.position();
        let bytes = source.next(end - start).await?;
        let known = hash.taken.saturating_sub(start);
        if let Some(new) = usize::try_from(known)
            .ok()
            .and_then(|known| bytes.get(known..))
        {
            hash.take(new);
        }
        let length = bytes.len() as u64;
        match tokio::time::timeout(STALL, frames.send(bytes)).await {
            Ok(Ok(())) => {
                meter.add(length);
                *counted += length;
            }
            Ok(Err(_request_ended)) => return Ok(Pumped::Ended),
            Err(_elapsed) => return Ok(Pumped::Stalled),
        }
    }
    Ok(Pumped::All)
}
