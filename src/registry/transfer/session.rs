//! One upload: begun, asked how far it is, closed with its digest, given up. Its address is whatever the last answer named.

use http::Method;
use http::header::{LOCATION, RANGE};
use reqwest::Url;

use super::manifest::said;
use super::{COMMIT, Fault, Place, STALL, Trouble};
use crate::model::observation::{Answer, Purpose, Withheld};
use crate::registry::follow::Redirects;
use crate::registry::query::{Content, Query, Wish};
use crate::registry::wire::Asked;
use crate::registry::{realm, urls};

/// What blobs are sent as.
pub(super) const OCTETS: &str = "application/octet-stream";
/// The shortest part that the registry takes, the last aside (distribution specification, "Pushing a blob in chunks").
const SHORTEST_PART: &str = "oci-chunk-min-length";

/// An upload that is open.
#[derive(Debug, Clone)]
pub(super) struct Session {
    location: Url,
    /// How much of the blob the registry has.
    pub(super) offset: u64,
    pub(super) shortest_part: u64,
}

/// What a wish to upload came to.
pub(super) enum Begun {
    /// The blob was taken over from another repository.
    Mounted,
    Session(Session),
}

impl Place {
    /// Begins an upload, or takes the blob over where the registry can: `mount` is its digest and the repository that has it.
    pub(super) async fn begin(&self, mount: Option<(&str, &str)>) -> Result<Begun, Fault> {
        let mut query = self.query(Purpose::Upload, "blobs/uploads/").await;
        query.method = Method::POST;
        query.wish = Wish::Push;
        query.patience = Some(STALL);
        if let Some((digest, from)) = mount {
            let mut mounting = query.clone();
            mounting
                .url
                .query_pairs_mut()
                .append_pair("mount", digest)
                .append_pair("from", from);
            mounting.wish = Wish::Mount {
                from: from.to_owned(),
            };
            let asked = self.ask(&mounting).await;
            if let Some(begun) = self.begun(&mounting.url, &asked, true).await {
                return Ok(begun);
            }
            // Refused, perhaps for lack of a right on the other repository: what counts is the plain question.
        }
        let asked = self.ask(&query).await;
        match self.begun(&query.url, &asked, false).await {
            Some(begun) => Ok(begun),
            None if asked.answer().is_some_and(Answer::is_success) => Err(self.fault(
                Trouble::Protocol("it opens an upload and names no place for it".to_owned()),
            )),
            None => Err(self.fault(Trouble::Exchange(Box::new(asked.exchange)))),
        }
    }

    async fn begun(&self, asked_at: &Url, asked: &Asked, mounting: bool) -> Option<Begun> {
        asked
            .answer()
            .filter(|answer| answer.is_success() && said(asked))?;
        let location = self.location(asked_at, asked).await;
        // Amazon ECR may answer 201 to a plain question (regclient scheme/reg/blob.go): the place tells them apart.
        let is_upload = location
            .as_ref()
            .is_some_and(|location| location.path().contains("/uploads/"));
        if mounting && asked.exchange.status() == Some(201) && !is_upload {
            return Some(Begun::Mounted);
        }
        let shortest_part = asked
            .headers
            .get(SHORTEST_PART)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .unwrap_or_default();
        Some(Begun::Session(Session {
            location: location?,
            offset: 0,
            shortest_part,
        }))
    }

    /// How far an upload is; `None` when the registry does not know it any more, or not how far it is.
    pub(super) async fn status_of(&self, session: &Session) -> Result<Option<Session>, Fault> {
        let mut query = self.session_query(session).await;
        query.method = Method::GET;
        let asked = self.ask(&query).await;
        match asked.answer().filter(|_| said(&asked)) {
            Some(answer) if answer.is_success() => {
                let range = asked
                    .headers
                    .get(RANGE)
                    .and_then(|value| value.to_str().ok());
                let Some(offset) = range.and_then(read_offset) else {
                    return Ok(None);
                };
                Ok(Some(Session {
                    location: self
                        .location(&query.url, &asked)
                        .await
                        .unwrap_or_else(|| session.location.clone()),
                    offset,
                    ..session.clone()
                }))
            }
            Some(answer) if matches!(answer.status, 400 | 404 | 405 | 410 | 416) => Ok(None),
            _ => Err(self.fault(Trouble::Exchange(Box::new(asked.exchange)))),
        }
    }

    /// Closes an upload: what it holds, and `content` behind that, becomes the blob `digest`.
    pub(super) async fn commit(
        &self,
        session: &Session,
        digest: &str,
        content: Option<hyper::body::Bytes>,
    ) -> Result<(), Fault> {
        let mut query = self.session_query(session).await;
        query.method = Method::PUT;
        query.url.query_pairs_mut().append_pair("digest", digest);
        query.patience = Some(COMMIT);
        query.content = content.map(|bytes| Content {
            media_type: OCTETS.to_owned(),
            bytes,
        });
        let asked = self.ask(&query).await;
        if asked.answer().is_some_and(Answer::is_success) && said(&asked) {
            Ok(())
        } else {
            Err(self.fault(Trouble::Exchange(Box::new(asked.exchange))))
        }
    }

    /// Gives an upload up. One that the registry does not know any more is given up already.
    pub(super) async fn give_up(&self, session: &Session) -> Result<(), Fault> {
        let mut query = self.session_query(session).await;
        query.method = Method::DELETE;
        let mut asked = self.ask(&query).await;
        let refused = matches!(asked.exchange.status(), Some(401 | 403));
        if refused && self.registry.dialect().await.traits().cancel_by_delete {
            query.wish = Wish::Cancel;
            asked = self.ask(&query).await;
        }
        match asked.answer() {
            Some(answer) if answer.is_success() || answer.status == 404 => Ok(()),
            _ => Err(self.fault(Trouble::Exchange(Box::new(asked.exchange)))),
        }
    }

    /// A request for an upload's own place.
    pub(super) async fn session_query(&self, session: &Session) -> Query {
        let mut query = self.query(Purpose::Upload, "").await;
        query.url = session.location.clone();
        query.wish = Wish::Push;
        let refusal = Withheld::Redirect {
            location: urls::shown(&query.url),
            why: "nothing of a registry's lives at that address",
        };
        query.guard = self.registry.guard(&query.url, refusal).await;
        query
    }

    /// The upload after a part was taken.
    pub(super) async fn moved_on(&self, session: &Session, asked: &Asked, offset: u64) -> Session {
        Session {
            location: self
                .location(&session.location, asked)
                .await
                .unwrap_or_else(|| session.location.clone()),
            offset,
            ..session.clone()
        }
    }

    /// Whether a URL is the registry's own, so that credentials may go there.
    pub(super) async fn is_at_home(&self, url: &Url) -> bool {
        urls::origin_of(url).as_ref() == Some(self.registry.base().await)
    }

    async fn ask(&self, query: &Query) -> Asked {
        if self.is_at_home(&query.url).await {
            let reached =
                self.registry
                    .reach(&self.repository, self.credential, query, Redirects::Stop);
            reached.await.asked
        } else {
            self.registry.wire.ask(query).await
        }
    }

    /// Where an answer says that the upload goes on. A registry behind a proxy may name itself by HTTP, or without its port:
    /// its path is then asked for where the upload was begun. Another host is asked without credentials, by the rules of
    /// redirects.
    async fn location(&self, asked_at: &Url, asked: &Asked) -> Option<Url> {
        let text = asked.headers.get(LOCATION)?.to_str().ok()?;
        let named = asked_at.join(text).ok()?;
        if named.host_str() == asked_at.host_str() {
            let mut url = asked_at.clone();
            url.set_path(named.path());
            url.set_query(named.query());
            return Some(url);
        }
        realm::redirect(asked_at, text, &self.registry.own_addresses().await).ok()
    }
}

/// How much is there, by `Range: 0-LAST`. `0-0` is what distribution says of nothing at all, too: not worth going on from.
fn read_offset(range: &str) -> Option<u64> {
    let range = range.trim();
    let (first, last) = range
        .strip_prefix("bytes=")
        .unwrap_or(range)
        .split_once('-')?;
    let last: u64 = last.trim().parse().ok()?;
    (first.trim() == "0" && last > 0).then_some(last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_an_upload_is() {
        assert_eq!(read_offset("0-4999999"), Some(5_000_000));
        assert_eq!(read_offset("bytes=0-9"), Some(10));
        assert_eq!(read_offset("0-0"), None);
        assert_eq!(read_offset("5-9"), None);
        assert_eq!(read_offset(""), None);
    }
}
