//! Harbor: refusals of what was sent become Basic challenges, a missing project an empty one; a wrong password with a
//! scope gets an anonymous token; policies answer 412. From goharbor/harbor at c50c7ddd6e:
//! `src/server/middleware/{v2auth,vulnerable,contenttrust,repoproxy,readonly}`, `src/core/service/token`,
//! `src/server/registry`.

use serde_json::json;

use super::{Rules, with_challenge};
use crate::registry::access::{self, Access, Denied, Identity, Need};
use crate::registry::errors::{self, Problem, plain_error};
use crate::registry::route::Route;
use crate::registry::token::{Login, TokenAsk, both_names, jwt};
use crate::registry::users::{Action, namespace_of};
use crate::registry::world::{Cx, World};
use crate::registry::{Block, Limit, Variant};
use crate::web::Reply;

pub(crate) struct Harbor;

const SERVICE: &str = "harbor-registry";

impl Rules for Harbor {
    fn token_path(&self, _world: &World) -> &'static str {
        "/service/token"
    }

    fn service(&self, _cx: &Cx) -> String {
        SERVICE.to_owned()
    }

    fn authorize(&self, cx: &mut Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
        if !who.was_given() {
            return Err(Denied::NoCredentials);
        }
        let subject = who.subject();
        let Some(repository) = need.repository() else {
            // The ping takes a name, the catalogue an administrator.
            let enough = match need.route {
                Route::Catalog => cx.is_administrator(subject),
                _ => subject.is_some(),
            };
            return enough.then_some(()).ok_or(Denied::WrongPassword);
        };
        if !has_project(cx, repository) {
            return Err(Denied::NotAllowed);
        }
        match who {
            Identity::Token(_) => access::authorize(cx, who, need),
            // Credentials that are wrong leave an anonymous caller, and public projects are open to that one.
            _ if access::rights_suffice(cx, subject, need) => Ok(()),
            _ => Err(Denied::NotAllowed),
        }
    }

    fn challenge(&self, cx: &Cx, need: &Need, denied: Denied) -> Option<String> {
        let missing = need
            .repository()
            .is_some_and(|repository| !has_project(cx, repository));
        Some(match denied {
            Denied::NoCredentials if !missing || !need.writes() => {
                let scope = need.scope().map(|scope| format!(",scope=\"{scope}\""));
                let realm = realm(cx);
                let scope = scope.unwrap_or_default();
                format!("Bearer realm=\"{realm}\",service=\"{SERVICE}\"{scope}")
            }
            _ if missing => String::new(),
            _ => "Basic realm=\"harbor\"".to_owned(),
        })
    }

    fn refuse(&self, cx: &mut Cx, _who: &Identity, need: &Need, denied: Denied) -> Reply {
        let reply = plain_error(401, "UNAUTHORIZED", &refusal(cx, need));
        with_challenge(reply, self.challenge(cx, need, denied))
    }

    fn problem(&self, _cx: &Cx, problem: &Problem) -> Reply {
        let not_found = |what: String| plain_error(404, "NOT_FOUND", &format!("{what} not found"));
        match problem {
            Problem::RepositoryMissing { repository }
            | Problem::ManifestMissing {
                repository,
                repository_exists: false,
                ..
            } => not_found(format!("repository {repository}")),
            Problem::ManifestMissing {
                repository,
                reference,
                ..
            } => {
                let mark = if reference.contains(':') { '@' } else { ':' };
                not_found(format!("artifact {repository}{mark}{reference}"))
            }
            other => errors::distribution(other),
        }
    }

    fn token(&self, cx: &mut Cx, ask: &TokenAsk) -> Reply {
        if let Some(service) = ask.service.as_deref().filter(|&asked| asked != SERVICE) {
            return Reply::text(400, format!("Unable to handle service: {service}\n"));
        }
        let wrong = matches!(ask.login, Login::Wrong(_));
        if wrong && ask.raw_scopes.is_empty() {
            return Reply::empty(401);
        }
        let access = ask
            .scopes
            .iter()
            .map(|scope| Access {
                kind: scope.kind.clone(),
                name: scope.name.clone(),
                actions: all_rights(cx, ask.login.subject(), &scope.name),
            })
            .collect();
        let token = jwt(cx, ask, access);
        both_names(&token)
    }

    fn limited(&self, _cx: &mut Cx, _limit: Limit) -> Reply {
        plain_error(
            429,
            "TOO_MANY_REQUEST",
            "too many requests to upstream registry",
        )
    }

    fn knows(&self, block: &Block) -> bool {
        matches!(
            block,
            Block::Vulnerabilities(_)
                | Block::Unsigned
                | Block::ProxyFilter
                | Block::Proxy
                | Block::HubProxy
                | Block::ReadOnly
                | Block::Quota
        )
    }

    fn blocked(&self, cx: &Cx, block: &Block, need: &Need) -> Option<Reply> {
        let repository = need.repository()?;
        let pulls = matches!(need.route, Route::Manifest { .. }) && !need.writes();
        match block {
            Block::Vulnerabilities(count) if pulls => Some(violation(&format!(
                "current image with {count} vulnerabilities cannot be pulled due to configured policy in 'Prevent \
                 images with vulnerability severity of \"High\" or higher from running.' To continue with pull, \
                 please contact your project administrator to exempt matched vulnerabilities through configuring \
                 the CVE allowlist."
            ))),
            Block::Unsigned if pulls => Some(violation("The image is not signed by cosign.")),
            Block::ProxyFilter if pulls => Some(plain_error(
                404,
                "NOT_FOUND",
                &format!("repository {repository} does not match project repository filter"),
            )),
            Block::HubProxy if !need.writes() => to_library(cx, repository),
            Block::Proxy | Block::HubProxy if need.writes() => Some(plain_error(
                403,
                "DENIED",
                "can not push artifact to a proxy project",
            )),
            Block::ReadOnly if need.writes() => Some(plain_error(
                403,
                "DENIED",
                "The system is in read only mode. Any modification is prohibited.",
            )),
            Block::Quota if need.writes() => Some(plain_error(
                403,
                "DENIED",
                "Quota exceeded when processing the request of adding 1 MiB of storage resource",
            )),
            _ => None,
        }
    }

    fn finish(&self, _cx: &mut Cx, _route: &Route, reply: &mut Reply) {
        reply.set_header("docker-distribution-api-version", "registry/2.0");
        let session = "sid=0123456789abcdef; Path=/; HttpOnly";
        reply.add_header("set-cookie", session);
    }
}

/// The realm's scheme is that of the configured external address, its host that of the request.
fn realm(cx: &Cx) -> String {
    let realm = cx.realm("/service/token");
    if cx.has(Variant::HarborHttpRealm) {
        realm.replacen("https://", "http://", 1)
    } else {
        realm
    }
}

fn has_project(cx: &Cx, repository: &str) -> bool {
    namespace_of(repository).is_some_and(|project| cx.state.store.has_project(project))
}

fn refusal(cx: &Cx, need: &Need) -> String {
    let Some(repository) = need.repository() else {
        return "unauthorized: unauthorized".to_owned();
    };
    if !has_project(cx, repository) {
        let project = namespace_of(repository).unwrap_or(repository);
        return format!("project {project} not found: project {project} not found");
    }
    let action = need.main_action();
    let once = format!("unauthorized to access repository: {repository}, action: {action}");
    format!("{once}: {once}")
}

/// Everything the caller may do there, whatever was asked for.
fn all_rights(cx: &Cx, subject: Option<&str>, repository: &str) -> Vec<String> {
    if !has_project(cx, repository) {
        return Vec::new();
    }
    let mut actions: Vec<String> = [Action::Pull, Action::Push, Action::Delete]
        .into_iter()
        .filter(|&action| cx.allows(subject, repository, action))
        .map(|action| action.word().to_owned())
        .collect();
    if subject.is_some() && !actions.is_empty() {
        actions.push("scanner-pull".to_owned());
    }
    actions
}

fn violation(message: &str) -> Reply {
    let body = json!({"errors": [{"code": "PROJECTPOLICYVIOLATION", "message": message}]});
    Reply::json(412, &body)
}

/// A proxy of Docker Hub sends names without `library/` to where they are.
fn to_library(cx: &Cx, repository: &str) -> Option<Reply> {
    let (project, name) = repository.split_once('/')?;
    if name.contains('/') {
        return None;
    }
    let rest = cx.call.path.strip_prefix(&format!("/v2/{repository}/"))?;
    let target = format!("/v2/{project}/library/{name}/{rest}");
    Some(Reply::empty(301).header("location", target))
}
