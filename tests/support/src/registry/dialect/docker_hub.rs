//! Docker Hub: an anonymous token for everything, its claim narrowed in silence; one answer for "missing" and "not
//! yours"; quotas. From captures in containers/container-libs (`image/docker/errors_test.go`), docker/hub-feedback
//! 1771, 2040 and 2464, and go-containerregistry's `error_test.go`.

use http::Method;
use serde_json::json;

use super::Rules;
use crate::registry::Limit;
use crate::registry::access::{Access, Need};
use crate::registry::errors::plain_error;
use crate::registry::route::Route;
use crate::registry::token::{Login, TokenAsk, both_names, covered_actions, jwt};
use crate::registry::users::Action;
use crate::registry::world::Cx;
use crate::web::Reply;

pub(crate) struct DockerHub;

impl Rules for DockerHub {
    fn has_own_token_origin(&self) -> bool {
        true
    }

    fn service(&self, _cx: &Cx) -> String {
        "registry.docker.io".to_owned()
    }

    fn token(&self, cx: &mut Cx, ask: &TokenAsk) -> Reply {
        if let Login::Wrong(_) = ask.login {
            let details = json!({"details": "incorrect username or password"});
            return Reply::json(401, &details);
        }
        let access = granted(cx, ask);
        let token = jwt(cx, ask, access);
        both_names(&token)
    }

    fn before_content(&self, cx: &mut Cx, need: &Need) -> Option<Reply> {
        let is_manifest = matches!(need.route, Route::Manifest { .. });
        if !is_manifest || need.writes() {
            return None;
        }
        if cx.state.pulls_left == 0 {
            return Some(self.limited(cx, Limit::PullQuota));
        }
        // HEAD does not count as a pull.
        if cx.call.method == Method::GET {
            cx.state.pulls_left -= 1;
        }
        None
    }

    fn limited(&self, cx: &mut Cx, limit: Limit) -> Reply {
        match limit {
            Limit::PullQuota => {
                cx.state.pulls_left = 0;
                let whose = if self.identify(cx).subject().is_some() {
                    "pull rate limit"
                } else {
                    "unauthenticated pull rate limit"
                };
                let message = format!(
                    "You have reached your {whose}. https://www.docker.com/increase-rate-limit"
                );
                with_quota(plain_error(429, "TOOMANYREQUESTS", &message), 0)
            }
            Limit::Abuse | Limit::Login => Reply::text(429, "Too Many Requests\n"),
        }
    }

    fn finish(&self, cx: &mut Cx, route: &Route, reply: &mut Reply) {
        reply.set_header("docker-distribution-api-version", "registry/2.0");
        let counted = matches!(route, Route::Manifest { .. }) && reply.status != 401;
        if counted && !reply.headers.contains_key("ratelimit-limit") {
            let left = cx.state.pulls_left;
            let plain = std::mem::replace(reply, Reply::empty(200));
            *reply = with_quota(plain, left);
        }
    }
}

/// The quota's headers: so many pulls in six hours.
fn with_quota(reply: Reply, left: u32) -> Reply {
    reply
        .header("ratelimit-limit", "100;w=21600")
        .header("ratelimit-remaining", format!("{left};w=21600"))
        .header("docker-ratelimit-source", "192.0.2.10")
}

/// What is left of the asked scopes: only repositories with an owner (`alpine` is not `library/alpine`), pull only on
/// what exists, push also on what does not, since a push creates it.
fn granted(cx: &Cx, ask: &TokenAsk) -> Vec<Access> {
    let subject = ask.login.subject();
    ask.scopes
        .iter()
        .filter_map(|scope| {
            let repository = scope.repository().filter(|name| name.contains('/'))?;
            let mut actions = covered_actions(cx, subject, repository, scope);
            let may_create = actions.iter().any(|action| action == Action::Push.word());
            if !may_create && !cx.state.store.has_repository(repository) {
                actions.clear();
            }
            (!actions.is_empty()).then(|| Access {
                kind: scope.kind.clone(),
                name: repository.to_owned(),
                actions,
            })
        })
        .collect()
}
