//! GitLab: its own token service, which refuses anonymous requests that would get nothing, gives good credentials a
//! token without rights, and creates the repository on a request for `push`. From gitlab-org/gitlab's
//! `app/controllers/jwt_controller.rb` and `app/services/auth/container_registry_authentication_service.rb`.

use super::Rules;
use crate::registry::access::Access;
use crate::registry::errors::plain_error;
use crate::registry::token::{Login, TokenAsk, both_names, covered_actions, jwt};
use crate::registry::users::Action;
use crate::registry::world::{Cx, World};
use crate::registry::{Block, Variant};
use crate::web::Reply;

pub(crate) struct GitLab;

const SERVICE: &str = "container_registry";

impl Rules for GitLab {
    fn token_path(&self, _world: &World) -> &'static str {
        "/jwt/auth"
    }

    fn has_own_token_origin(&self) -> bool {
        true
    }

    fn service(&self, _cx: &Cx) -> String {
        SERVICE.to_owned()
    }

    fn token(&self, cx: &mut Cx, ask: &TokenAsk) -> Reply {
        if ask.service.as_deref() != Some(SERVICE) {
            return Reply::empty(404);
        }
        if cx.has(Variant::GitLabRegistryOff) {
            return plain_error(404, "UNAVAILABLE", "registry not enabled");
        }
        if let Login::Wrong(_) = ask.login {
            return plain_error(401, "UNAUTHORIZED", "HTTP Basic: Access denied");
        }
        let user = ask.login.subject().and_then(|name| cx.user(name));
        if user.is_some_and(|user| user.no_registry_ability) {
            return plain_error(403, "DENIED", "access forbidden");
        }
        if pushes_to_protected(cx, ask) {
            let message = "Pushing to protected repository path forbidden";
            return plain_error(403, "DENIED", message);
        }
        let access = granted(cx, ask);
        if access.is_empty() && ask.login == Login::Anonymous {
            return plain_error(403, "DENIED", "access forbidden");
        }
        let token = jwt(cx, ask, access);
        both_names(&token)
    }

    fn knows(&self, block: &Block) -> bool {
        matches!(block, Block::ProtectedPath)
    }
}

fn pushes_to_protected(cx: &Cx, ask: &TokenAsk) -> bool {
    ask.scopes.iter().any(|scope| {
        scope.asks(Action::Push) && cx.block(&scope.name) == Some(Block::ProtectedPath)
    })
}

/// What the caller may do in projects that exist; scopes that come to nothing are left out. A granted push creates the
/// repository (`ensure_container_repository!`).
fn granted(cx: &mut Cx, ask: &TokenAsk) -> Vec<Access> {
    let subject = ask.login.subject();
    let mut access = Vec::new();
    for scope in &ask.scopes {
        let Some(repository) = scope.repository() else {
            continue;
        };
        let actions = if in_a_project(cx, repository) {
            covered_actions(cx, subject, repository, scope)
        } else {
            Vec::new()
        };
        let pushes = actions.iter().any(|action| action == Action::Push.word());
        if pushes && !cx.state.store.has_repository(repository) {
            cx.create_on_the_side(repository);
        }
        if !actions.is_empty() {
            access.push(Access {
                kind: scope.kind.clone(),
                name: repository.to_owned(),
                actions,
            });
        }
    }
    access
}

/// Whether the path is, or is in, a project: one that was declared, or the `group/project` of an image that is there.
fn in_a_project(cx: &Cx, repository: &str) -> bool {
    let declared = cx.state.store.projects.iter().any(|project| {
        repository
            .strip_prefix(project.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    let project: Vec<&str> = repository.split('/').take(2).collect();
    declared
        || cx.state.store.has_repository(repository)
        || cx.state.store.has_project(&project.join("/"))
}
