//! What refers to a manifest: the referrers API of the distribution specification, page by page.

use http::header::LINK;
use serde_json::Value;

use super::manifest::said;
use super::{Fault, Place, Tries, Trouble};
use crate::model::observation::Purpose;
use crate::registry::browse::next_page;
use crate::registry::follow::Redirects;
use crate::registry::query::Query;
use crate::registry::wire::MANIFEST_BOUND;

/// Pages read for one manifest.
const MOST_PAGES: usize = 50;

impl Place {
    /// The descriptors of all manifests that name `digest` as their subject, as `GET /v2/NAME/referrers/DIGEST` lists them;
    /// `None` where the registry does not have that call. Clients then look at the tag that is made of the digest.
    ///
    /// # Errors
    ///
    /// When it has the call, and a list does not come.
    pub async fn referrers(&self, digest: &str) -> Result<Option<Vec<Value>>, Fault> {
        let mut query = self
            .query(Purpose::Manifest, &format!("referrers/{digest}"))
            .await;
        query.accept = &["application/vnd.oci.image.index.v1+json"];
        query.bound = MANIFEST_BOUND;
        let mut found = Vec::new();
        for page in 0..MOST_PAGES {
            let Some((mut entries, next)) = self.page(&query).await? else {
                return match page {
                    0 => Ok(None),
                    _ => Err(self.fault(Trouble::Protocol(
                        "a page of its list of referrers is no list".to_owned(),
                    ))),
                };
            };
            found.append(&mut entries);
            match next {
                Some(next) => query = next,
                None => return Ok(Some(found)),
            }
        }
        Err(self.fault(Trouble::Protocol(
            "its list of referrers does not end".to_owned(),
        )))
    }

    /// One page and the query for the next; `None` where there is no such call.
    async fn page(&self, query: &Query) -> Result<Option<(Vec<Value>, Option<Query>)>, Fault> {
        let mut tries = Tries::new(self.retries);
        loop {
            let asked = self
                .registry
                .reach(&self.repository, self.credential, query, Redirects::Follow)
                .await
                .asked;
            match asked.answer().map(|answer| answer.status) {
                Some(200) => {
                    let next = asked
                        .headers
                        .contains_key(LINK)
                        .then(|| next_page(query, &asked))
                        .flatten();
                    // Some servers answer 200 to every path (registries behind a web application).
                    return Ok(entries(&asked.body).map(|entries| (entries, next)));
                }
                // As go-containerregistry `pkg/v1/remote/referrers.go` `fetchReferrers` falls back; servers that do not know
                // the route refuse it in more ways than those.
                Some(400..=407 | 410 | 501) if said(&asked) => return Ok(None),
                _ => {
                    tries
                        .after(self.fault(Trouble::Exchange(Box::new(asked.exchange))))
                        .await?;
                }
            }
        }
    }
}

fn entries(body: &[u8]) -> Option<Vec<Value>> {
    let mut json: Value = serde_json::from_slice(body).ok()?;
    match json.get_mut("manifests")?.take() {
        Value::Array(entries) => Some(entries),
        // Go writes an empty list as null.
        Value::Null => Some(Vec::new()),
        _ => None,
    }
}
