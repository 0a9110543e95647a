//! GHCR: the token endpoint hands every credential back in base64 and verifies nothing; refusals of what was sent are
//! 403 without a challenge. From openai/tunnel-client 75, radius 12623, argocd-image-updater 303,
//! renovate 11446, kedacore/http-add-on 48 and Mic92/niks3 229.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Rules;
use crate::registry::Variant;
use crate::registry::access::{self, Denied, Grant, Identity, Need, basic, bearer, rights_suffice};
use crate::registry::errors::{self, Problem, not_accepted, plain_error};
use crate::registry::route::Route;
use crate::registry::token::{TokenAsk, opaque};
use crate::registry::users::{Action, namespace_of};
use crate::registry::world::Cx;
use crate::web::Reply;

pub(crate) struct Ghcr;

impl Rules for Ghcr {
    fn service(&self, _cx: &Cx) -> String {
        "ghcr.io".to_owned()
    }

    fn identify(&self, cx: &mut Cx) -> Identity {
        let Some(header) = cx.call.header("authorization") else {
            return Identity::Nobody;
        };
        let echoed = bearer(header)
            .and_then(|token| STANDARD.decode(token).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some((name, password)) = echoed.as_deref().and_then(|pair| pair.split_once(':')) {
            let good = cx.user(name).is_some_and(|user| user.password == password);
            return if good {
                Identity::Token(Grant {
                    subject: Some(name.to_owned()),
                    ..Grant::default()
                })
            } else {
                Identity::BadToken
            };
        }
        match access::identify(cx) {
            Identity::Token(grant) => Identity::Token(grant),
            // Basic is not read at all, right or wrong.
            _ => Identity::BadToken,
        }
    }

    fn authorize(&self, cx: &mut Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
        let Identity::Token(grant) = who else {
            return Err(match who {
                Identity::Nobody => Denied::NoCredentials,
                _ => Denied::InvalidToken,
            });
        };
        let subject = grant.subject.as_deref();
        let to_be_missed = subject.is_some()
            && !need.writes()
            && need
                .repository()
                .is_some_and(|repository| !cx.state.store.has_repository(repository));
        if to_be_missed || rights_suffice(cx, subject, need) {
            Ok(())
        } else if subject.is_none() {
            Err(Denied::NoCredentials)
        } else {
            Err(Denied::NotAllowed)
        }
    }

    fn refuse(&self, cx: &mut Cx, who: &Identity, need: &Need, denied: Denied) -> Reply {
        match denied {
            Denied::NoCredentials => plain_error(401, "UNAUTHORIZED", "authentication required")
                .header("www-authenticate", challenge(cx, need)),
            Denied::InvalidToken | Denied::WrongPassword => {
                let message = match need.route {
                    Route::Ping => "denied",
                    _ => "invalid token",
                };
                plain_error(403, "DENIED", message)
            }
            Denied::NotAllowed => plain_error(403, "DENIED", &missing_permission(cx, who, need)),
        }
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
            Problem::ManifestMissing { .. } => {
                plain_error(404, "MANIFEST_UNKNOWN", "manifest unknown")
            }
            Problem::NotAccepted { found } => {
                plain_error(404, "MANIFEST_UNKNOWN", &not_accepted(*found, "Accept"))
            }
            other => errors::distribution(other),
        }
    }

    fn token(&self, cx: &mut Cx, ask: &TokenAsk) -> Reply {
        if let Some((name, password)) = cx.call.header("authorization").and_then(basic) {
            let echo = STANDARD.encode(format!("{name}:{password}"));
            return Reply::json(200, &json!({"token": echo}));
        }
        let legacy = cx.has(Variant::GhcrLegacy);
        for scope in &ask.scopes {
            if scope.asks(Action::Push) {
                return plain_error(403, "DENIED", "denied");
            }
            if !cx.sees(None, &scope.name) {
                return if legacy {
                    plain_error(403, "DENIED", "denied")
                } else {
                    plain_error(401, "UNAUTHORIZED", "authentication required")
                };
            }
        }
        let token = opaque(cx, ask);
        Reply::json(200, &json!({"token": token}))
    }

    /// An upload cannot be cancelled; it ends by itself.
    fn before_content(&self, cx: &mut Cx, need: &Need) -> Option<Reply> {
        let cancels = matches!(need.route, Route::Upload { .. }) && cx.call.method == "DELETE";
        cancels.then(|| plain_error(405, "UNSUPPORTED", "The operation is unsupported."))
    }

    fn cancel_needs(&self) -> Action {
        Action::Push
    }
}

/// The ping's scope is a placeholder that names no repository of anybody.
fn challenge(cx: &Cx, need: &Need) -> String {
    let scope = need
        .scope()
        .unwrap_or_else(|| "repository:user/image:pull".to_owned());
    format!(
        "Bearer realm=\"{}\",service=\"ghcr.io\",scope=\"{scope}\"",
        cx.realm("/token")
    )
}

fn missing_permission(cx: &Cx, who: &Identity, need: &Need) -> String {
    let repository = need.repository().unwrap_or_default();
    let namespace = namespace_of(repository).unwrap_or(repository);
    let foreign =
        !cx.state.store.has_project(namespace) && !cx.administers(who.subject(), repository);
    match (need.writes(), foreign) {
        (true, true) => "permission_denied: The requested installation does not exist.".to_owned(),
        (true, false) => "permission_denied: write_package".to_owned(),
        (false, _) => "permission_denied: read_package".to_owned(),
    }
}
