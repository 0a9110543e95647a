//! zot: lower-case, unquoted challenges on answers that are no refusals, bare error objects, 403 for what a policy does
//! not name, whether it exists or not. From project-zot/zot at 6d19b445: `pkg/api/{authn,authz,bearer,routes}.go`,
//! `pkg/common/http_server.go`. Its `failDelay` is not imitated.

use serde_json::{Value, json};

use super::{Rules, Scheme, scope_detail};
use crate::registry::access::{self, Denied, Identity, Need, basic, rights_suffice};
use crate::registry::errors::{self, Problem, error, plain_error};
use crate::registry::route::Route;
use crate::registry::world::Cx;
use crate::registry::{Block, Limit, Variant};
use crate::web::Reply;

pub(crate) struct Zot;

impl Rules for Zot {
    fn scheme(&self, cx: &Cx) -> Scheme {
        if cx.has(Variant::ZotBearer) {
            Scheme::Bearer
        } else {
            Scheme::Basic
        }
    }

    fn service(&self, _cx: &Cx) -> String {
        "zot".to_owned()
    }

    fn identify(&self, cx: &mut Cx) -> Identity {
        if cx.call.headers.get_all("authorization").iter().count() > 1 {
            return Identity::BadToken;
        }
        let empty = cx
            .call
            .header("authorization")
            .and_then(basic)
            .is_some_and(|(name, password)| name.is_empty() && password.is_empty());
        if empty {
            Identity::Nobody
        } else {
            access::identify(cx)
        }
    }

    fn authorize(&self, cx: &mut Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
        if self.scheme(cx) == Scheme::Bearer {
            return access::authorize(cx, who, need);
        }
        match who {
            Identity::WrongPassword | Identity::BadToken => Err(Denied::WrongPassword),
            Identity::Nobody if need.repository().is_none() => {
                // With a policy for everybody, only Docker's own client is asked for credentials here.
                let open = cx.anonymous_may_something() && !is_docker(cx);
                open.then_some(()).ok_or(Denied::NoCredentials)
            }
            _ if rights_suffice(cx, who.subject(), need) => Ok(()),
            Identity::Nobody => Err(Denied::NoCredentials),
            _ => Err(Denied::NotAllowed),
        }
    }

    fn refuse(&self, cx: &mut Cx, _who: &Identity, need: &Need, denied: Denied) -> Reply {
        if self.scheme(cx) == Scheme::Bearer {
            return refuse_bearer(cx, need, denied);
        }
        match denied {
            Denied::NotAllowed => {
                let message = "requested access to the resource is denied";
                error(403, "DENIED", message, &scope_detail(need))
            }
            _ => bare_unauthorized(need),
        }
        .header("www-authenticate", "Basic realm=\"zot\"")
    }

    fn ping(&self, cx: &mut Cx, _who: &Identity) -> Reply {
        let challenge = match self.scheme(cx) {
            Scheme::Bearer => format!("bearer realm={}", cx.realm("/token")),
            Scheme::Basic | Scheme::Open => "basic realm=zot".to_owned(),
        };
        Reply::bytes(200, "application/json", "{}").header("www-authenticate", challenge)
    }

    fn problem(&self, _cx: &Cx, problem: &Problem) -> Reply {
        match problem {
            Problem::ManifestMissing {
                repository,
                repository_exists: false,
                ..
            } => errors::distribution(&Problem::RepositoryMissing {
                repository: repository.clone(),
            }),
            other => errors::distribution(other),
        }
    }

    /// The quota is that of repositories, everything else its rate limiter's.
    fn limited(&self, _cx: &mut Cx, limit: Limit) -> Reply {
        match limit {
            Limit::PullQuota => plain_error(429, "TOOMANYREQUESTS", "too many requests"),
            Limit::Abuse | Limit::Login => Reply::text(429, "Too Many Requests\n"),
        }
    }

    fn knows(&self, block: &Block) -> bool {
        matches!(block, Block::Upstream(_))
    }

    fn blocked(&self, _cx: &Cx, block: &Block, need: &Need) -> Option<Reply> {
        match block {
            Block::Upstream(text) if matches!(need.route, Route::Manifest { .. }) => {
                Some(plain_error(403, "DENIED", text))
            }
            _ => None,
        }
    }

    fn lists_referrers(&self) -> bool {
        true
    }

    /// `pkg/storage/imagestore` appends what came, and says how much there is.
    fn resumes_what_was_cut(&self) -> bool {
        true
    }

    /// The stored type is served, whatever is accepted.
    fn negotiates(&self) -> bool {
        false
    }

    fn catalog_shows(&self, cx: &Cx, who: &Identity, repository: &str) -> bool {
        cx.sees(who.subject(), repository)
    }
}

fn is_docker(cx: &Cx) -> bool {
    let agent = cx.call.header("user-agent").unwrap_or_default();
    agent.to_ascii_lowercase().starts_with("docker")
}

fn bare_unauthorized(need: &Need) -> Reply {
    bare(
        "UNAUTHORIZED",
        "authentication required",
        &scope_detail(need),
    )
}

/// One error object, not in a list.
fn bare(code: &str, message: &str, detail: &Value) -> Reply {
    Reply::json(
        401,
        &json!({"code": code, "message": message, "detail": detail}),
    )
}

/// A token that lacks the scope is answered as if there were none; one that is no token, without a challenge.
fn refuse_bearer(cx: &Cx, need: &Need, denied: Denied) -> Reply {
    if denied == Denied::InvalidToken {
        let message = "The operation is unsupported.";
        return bare("UNSUPPORTED", message, &json!({}));
    }
    let challenge = format!(
        "Bearer realm=\"{}\",service=\"zot\",scope=\"{}\"",
        cx.realm("/token"),
        need.scope().unwrap_or_default()
    );
    bare_unauthorized(need).header("www-authenticate", challenge)
}
