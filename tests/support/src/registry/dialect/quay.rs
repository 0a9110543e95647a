//! Quay: the ping's body is `true`, refusals carry no `error=`, and a token request for `push` creates the repository.
//! From quay/quay at ffba0c70e: `endpoints/v2/{__init__,v2auth,manifest,blob,catalog}.py`, `auth/credentials.py`,
//! `endpoints/v2/errors.py`, `endpoints/decorated.py`.

use serde_json::{Value, json};

use super::{Rules, with_challenge};
use crate::content::media_type;
use crate::registry::access::{Access, Denied, Identity, Need};
use crate::registry::errors::{self, Problem, error};
use crate::registry::negotiation::as_schema1;
use crate::registry::route::Route;
use crate::registry::store::{Repository, StoredManifest};
use crate::registry::token::{Login, Scope, TokenAsk, both_names, jwt};
use crate::registry::users::{Action, namespace_of};
use crate::registry::world::{Cx, World};
use crate::registry::{Block, Limit, Variant};
use crate::web::Reply;

pub(crate) struct Quay;

const REFUSED: &str = "access to the requested resource is not authorized";

impl Rules for Quay {
    fn token_path(&self, _world: &World) -> &'static str {
        "/v2/auth"
    }

    fn authorize(&self, cx: &mut Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
        if need.route == Route::Catalog {
            return Ok(());
        }
        crate::registry::access::authorize(cx, who, need)
    }

    fn challenge(&self, cx: &Cx, need: &Need, _denied: Denied) -> Option<String> {
        Some(challenge(cx, need))
    }

    fn refuse(&self, cx: &mut Cx, _who: &Identity, need: &Need, denied: Denied) -> Reply {
        let reply = if need.route == Route::Ping {
            Reply::html(401, "true")
        } else {
            error(401, "UNAUTHORIZED", REFUSED, &json!({}))
        };
        with_challenge(reply, self.challenge(cx, need, denied))
    }

    /// Welcome, and a challenge all the same.
    fn ping(&self, cx: &mut Cx, _who: &Identity) -> Reply {
        let need = Need {
            route: Route::Ping,
            actions: Vec::new(),
        };
        Reply::html(200, "true").header("www-authenticate", challenge(cx, &need))
    }

    fn problem(&self, cx: &Cx, problem: &Problem) -> Reply {
        match problem {
            Problem::RepositoryMissing { .. }
            | Problem::ManifestMissing {
                repository_exists: false,
                ..
            } => error(404, "NAME_UNKNOWN", "repository not found", &json!({})),
            Problem::ManifestMissing {
                repository,
                reference,
                ..
            } if was_there(cx, repository, reference) => {
                let message = format!(
                    "Tag {reference} was deleted or has expired. To pull, revive via time machine"
                );
                error(404, "TAG_EXPIRED", &message, &json!({}))
            }
            Problem::ManifestMissing { .. } | Problem::NotConvertible => {
                error(404, "MANIFEST_UNKNOWN", "manifest unknown", &json!({}))
            }
            other => errors::distribution(other),
        }
    }

    /// What is not accepted becomes schema 1, where that can be; `*/*` is honoured for images.
    fn negotiate(
        &self,
        repository: &Repository,
        (digest, manifest): (&str, &StoredManifest),
        accepted: &[String],
        reference: &str,
    ) -> Result<Reply, Problem> {
        if accepted.contains(&manifest.media_type) {
            let reply = crate::registry::content_routes::manifest_reply(digest, manifest);
            return Ok(reply);
        }
        as_schema1(repository, manifest, reference).ok_or(Problem::NotConvertible)
    }

    fn refuse_manifest(&self, kind: &str, _manifest: &Value) -> Option<Reply> {
        let known = [
            media_type::OCI_MANIFEST,
            media_type::OCI_INDEX,
            media_type::DOCKER_MANIFEST,
            media_type::DOCKER_LIST,
            media_type::SCHEMA1_SIGNED,
        ];
        (!known.contains(&kind)).then(|| {
            let message = "manifest invalid";
            error(415, "MANIFEST_INVALID", message, &json!({}))
        })
    }

    fn token(&self, cx: &mut Cx, ask: &TokenAsk) -> Reply {
        if let Some(refused) = refuse_login(cx, ask) {
            return refused;
        }
        for (raw, scope) in ask.raw_scopes.iter().zip(&ask.scopes) {
            if let Some(refused) = refuse_scope(cx, raw, scope) {
                return refused;
            }
        }
        let unreadable = ask.scopes.len() < ask.raw_scopes.len();
        if unreadable {
            return undecodable(&ask.raw_scopes.join(" "));
        }
        let mut access = Vec::new();
        for scope in &ask.scopes {
            let granted = grant(cx, ask.login.subject(), scope);
            access.push(granted);
        }
        let token = jwt(cx, ask, access);
        both_names(&token)
    }

    fn limited(&self, _cx: &mut Cx, limit: Limit) -> Reply {
        match limit {
            Limit::Login => {
                Reply::text(429, "Too many login attempts.").header("retry-after", "60")
            }
            Limit::PullQuota | Limit::Abuse => Reply::html(
                429,
                "<html>\r\n<head><title>429 Too Many Requests</title></head>\r\n<body>\r\n\
                 <center><h1>429 Too Many Requests</h1></center>\r\n<hr><center>nginx</center>\r\n\
                 </body>\r\n</html>\r\n",
            ),
        }
    }

    fn knows(&self, block: &Block) -> bool {
        matches!(
            block,
            Block::Quota
                | Block::ReadOnly
                | Block::PushesOff
                | Block::Mirror
                | Block::NamespaceDisabled
                | Block::NotForImages
                | Block::Upstream(_)
        )
    }

    fn blocked(&self, _cx: &Cx, block: &Block, need: &Need) -> Option<Reply> {
        match block {
            Block::Quota if need.writes() => Some(error(
                403,
                "DENIED",
                "Quota has been exceeded on namespace",
                &json!({}),
            )),
            Block::ReadOnly if need.writes() => Some(error(
                405,
                "DENIED",
                "System is currently read-only. Pulls will succeed but all write operations are currently suspended.",
                &json!({"is_readonly": true}),
            )),
            Block::PushesOff if need.writes() => Some(error(
                405,
                "METHOD NOT ALLOWED",
                "Pushes to the registry are currently disabled. Please contact the administrator for more information.",
                &json!({}),
            )),
            Block::Mirror if need.writes() => Some(unauthorized(REFUSED)),
            Block::NotForImages => Some(error(
                405,
                "UNSUPPORTED",
                "This repository is for managing application resources and not container images.",
                &json!({}),
            )),
            Block::Upstream(text) => Some(error(400, "INVALID_REQUEST", text, &json!({}))),
            _ => None,
        }
    }

    /// The reason phrase is in upper case.
    fn finish(&self, _cx: &mut Cx, _route: &Route, reply: &mut Reply) {
        reply.set_header("docker-distribution-api-version", "registry/2.0");
        reply.reason = reply.status.canonical_reason().map(str::to_ascii_uppercase);
    }

    fn catalog_shows(&self, cx: &Cx, who: &Identity, repository: &str) -> bool {
        cx.sees(who.subject(), repository)
    }

    fn cancel_needs(&self) -> Action {
        Action::Push
    }
}

/// Realm, service, and the scope where there is one; never an `error`.
fn challenge(cx: &Cx, need: &Need) -> String {
    super::bearer_challenge(cx, need, Denied::NoCredentials)
}

fn was_there(cx: &Cx, repository: &str, tag: &str) -> bool {
    let stored = cx.state.store.repository(repository);
    stored.is_some_and(|stored| stored.expired_tags.contains(tag))
}

fn unauthorized(message: &str) -> Reply {
    error(401, "UNAUTHORIZED", message, &json!({}))
}

/// Which credential is bad, the message says.
fn refuse_login(cx: &Cx, ask: &TokenAsk) -> Option<Reply> {
    match &ask.login {
        Login::Anonymous if ask.scopes.is_empty() => Some(unauthorized(REFUSED)),
        Login::Anonymous => None,
        Login::Good(name) => cx.user(name).is_some_and(|user| user.disabled).then(|| {
            unauthorized("This user has been disabled. Please contact your administrator.")
        }),
        Login::Wrong(name) if name.starts_with('$') => Some(unauthorized("Invalid token")),
        Login::Wrong(name) if name.contains('+') && cx.user(name).is_some() => Some(unauthorized(
            &format!("Could not find robot with username: {name} and supplied password."),
        )),
        Login::Wrong(name) if name.contains('+') => {
            Some(unauthorized("Could not find robot with specified username"))
        }
        Login::Wrong(_) => Some(unauthorized("Invalid Username or Password")),
    }
}

fn undecodable(scope: &str) -> Reply {
    let message = format!("Unable to decode repository and actions: {scope}");
    error(400, "INVALID_REQUEST", &message, &json!({}))
}

fn refuse_scope(cx: &Cx, raw: &str, scope: &Scope) -> Option<Reply> {
    let known = |action: &String| matches!(action.as_str(), "pull" | "push" | "*");
    let Some(repository) = scope
        .repository()
        .filter(|_| scope.actions.iter().all(known))
    else {
        return Some(undecodable(raw));
    };
    if cx.has(Variant::QuayFlatNames) && repository.matches('/').count() > 1 {
        let message = format!("Nested repositories are not supported. Found: {repository}");
        return Some(error(400, "NAME_INVALID", &message, &json!({})));
    }
    if cx.block(repository) == Some(Block::NamespaceDisabled) {
        let namespace = namespace_of(repository).unwrap_or(repository);
        let message = format!(
            "Namespace {namespace} has been disabled. Please contact a system administrator."
        );
        return Some(error(405, "DENIED", &message, &json!({})));
    }
    None
}

/// `_authorize_or_downscope_request`: push on a missing repository creates it where the caller may create; pull is
/// granted on any name in a namespace that the caller administers.
fn grant(cx: &mut Cx, subject: Option<&str>, scope: &Scope) -> Access {
    let repository = scope.name.as_str();
    let administers = cx.administers(subject, repository);
    let mut actions = Vec::new();
    if scope.asks(Action::Push) {
        let exists = cx.state.store.has_repository(repository);
        if !exists && administers {
            cx.create_on_the_side(repository);
        }
        if administers || (exists && cx.allows(subject, repository, Action::Push)) {
            actions.push(Action::Push);
        }
    }
    if scope.asks(Action::Pull) && (administers || cx.sees(subject, repository)) {
        actions.push(Action::Pull);
    }
    Access::repository(repository, &actions)
}
