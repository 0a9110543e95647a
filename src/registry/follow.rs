//! Redirects, by hand: each is a request of its own on the record, credentials go along only to the same scheme, host and
//! port, and none leads to plain HTTP or to where only this machine reaches.

use super::ping::moved_to;
use super::query::{Authorization, Query};
use super::wire::{Asked, Wire};
use super::{Registry, realm, urls};
use crate::model::observation::Withheld;

/// Redirects followed for one request (Go's `http.Client` stops after ten; registries need one or two).
const MOST_REDIRECTS: usize = 5;
/// Which redirects are followed here; others are themselves the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Redirects {
    Follow,
    /// Only those that stay on the same scheme, host and port.
    WithinOrigin,
    Stop,
}

impl Registry {
    /// Sends a query and follows its redirects: credentials only to the same scheme, host and port, never to plain HTTP.
    /// Also says whether the last answer is the registry's own, so that its challenge may be answered.
    pub(super) async fn follow(&self, mut query: Query, redirects: Redirects) -> (Asked, bool) {
        let home = urls::origin_of(&query.url);
        for _ in 0..MOST_REDIRECTS {
            let asked = self.wire.ask(&query).await;
            let at_home = urls::origin_of(&query.url) == home;
            if redirects == Redirects::Stop {
                return (asked, at_home);
            }
            let Some(location) = moved_to(&asked) else {
                return (asked, at_home);
            };
            match self.next_query(&query, &location).await {
                Ok(next)
                    if redirects == Redirects::WithinOrigin
                        && urls::origin_of(&next.url) != home =>
                {
                    return (asked, at_home);
                }
                // Storage that must not be asked is for the caller to report.
                Err(_) if redirects == Redirects::WithinOrigin => return (asked, at_home),
                Ok(next) => query = next,
                Err(why) => return (Wire::withheld(&query, why), false),
            }
        }
        (self.wire.ask(&query).await, false)
    }

    /// The query that a redirect asks for, if it may be followed.
    pub(super) async fn next_query(
        &self,
        query: &Query,
        location: &str,
    ) -> Result<Query, Withheld> {
        let url = realm::redirect(&query.url, location, &self.own_addresses().await)?;
        let mut next = query.clone();
        if urls::origin_of(&url) != urls::origin_of(&query.url) {
            next.authorization = Authorization::Nothing;
        }
        let refusal = Withheld::Redirect {
            location: urls::shown(&url),
            why: "nothing of a registry's lives at that address",
        };
        next.guard = self.guard(&url, refusal).await;
        next.url = url;
        Ok(next)
    }
}
