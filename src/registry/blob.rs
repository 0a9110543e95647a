//! Whether a blob is there, without reading it: HEAD, its redirect to the storage host by hand, and one byte by GET where HEAD
//! tells nothing.

use http::Method;

use super::Registry;
use super::follow::Redirects;
use super::ping::moved_to;
use super::query::{Authorization, Query, Range, Wish};
use super::wire::{Asked, Wire};
use crate::model::observation::{BlobView, Descriptor, Exchange, Purpose};

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
        if tells_nothing(&found) {
            query.method = Method::GET;
            query.range = Some(Range::FirstByte);
            found = self.find(repository, credential, &query).await;
        }
        let (exchange, redirected) = found;
        BlobView {
            descriptor: blob.clone(),
            exchange,
            redirected,
        }
    }

    /// The registry's answer, and the last storage host's where it redirects.
    pub(super) async fn find(
        &self,
        repository: &str,
        credential: Option<usize>,
        query: &Query,
    ) -> (Exchange, Option<Exchange>) {
        let asked = self
            .reach(repository, credential, query, Redirects::WithinOrigin)
            .await
            .asked;
        let redirected = self.storage(query, &asked).await;
        (asked.exchange, redirected)
    }

    /// Follows redirects to storage. Nothing is sent along: the URL itself is the permission there.
    async fn storage(&self, query: &Query, asked: &Asked) -> Option<Exchange> {
        let mut location = moved_to(asked)?;
        let mut query = Query {
            authorization: Authorization::Nothing,
            ..query.clone()
        };
        let mut last = None;
        for _ in 0..MOST_HOPS {
            query = match self.next_query(&query, &location).await {
                Ok(next) => next,
                Err(why) => return Some(Wire::withheld(&query, why).exchange),
            };
            let asked = self.wire.ask(&query).await;
            let next = moved_to(&asked);
            last = Some(asked.exchange);
            match next {
                Some(next) => location = next,
                None => break,
            }
        }
        last
    }
}

/// HEAD is not spoken, or refused without a body that says why. Signed storage URLs are often good for GET alone.
fn tells_nothing((exchange, redirected): &(Exchange, Option<Exchange>)) -> bool {
    let status = redirected.as_ref().unwrap_or(exchange).status();
    matches!(status, Some(400 | 403 | 405 | 412 | 501))
}
