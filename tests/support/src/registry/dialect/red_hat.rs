//! registry.redhat.io: every request needs a login, the refusal reads the same for none and for a wrong one, and what
//! is missing has the error code `"404"`. From captures in containers/container-libs
//! (`image/docker/errors_test.go`), buildah-build 19 and cri-tools 731.

use super::Rules;
use crate::registry::Variant;
use crate::registry::access::Access;
use crate::registry::errors::{self, Problem, plain_error};
use crate::registry::route::Route;
use crate::registry::token::{Login, TokenAsk, both_names, covered, jwt};
use crate::registry::users::Action;
use crate::registry::world::{Cx, World};
use crate::web::Reply;

pub(crate) struct RedHat;

const LOGIN: &str = "Please login to the Red Hat Registry using your Customer Portal credentials. \
                     Further instructions can be found here: https://access.redhat.com/RegistryAuthentication";

impl Rules for RedHat {
    fn token_path(&self, _world: &World) -> &'static str {
        "/auth/realms/rhcc/protocol/redhat-docker-v2/auth"
    }

    fn service(&self, _cx: &Cx) -> String {
        "docker-registry".to_owned()
    }

    fn token(&self, cx: &mut Cx, ask: &TokenAsk) -> Reply {
        let Login::Good(_) = ask.login else {
            return plain_error(401, "UNAUTHORIZED", LOGIN);
        };
        let mut access = covered(cx, ask);
        for entry in &mut access {
            pull_of_what_is_missing(cx, entry);
        }
        let token = jwt(cx, ask, access);
        both_names(&token)
    }

    fn problem(&self, cx: &Cx, problem: &Problem) -> Reply {
        match problem {
            Problem::ManifestMissing {
                repository_exists: true,
                ..
            } if cx.has(Variant::RedHatPlainNotFound) => {
                Reply::bytes(404, "text/plain", "Not found").header("server", "AkamaiNetStorage")
            }
            Problem::ManifestMissing { .. } | Problem::RepositoryMissing { .. } => {
                plain_error(404, "404", "Not Found")
            }
            other => errors::distribution(other),
        }
    }

    fn finish(&self, _cx: &mut Cx, _route: &Route, reply: &mut Reply) {
        // The storage in front names itself, and knows nothing of the registry's headers.
        if !reply.headers.contains_key("server") {
            reply.set_header("docker-distribution-api-version", "registry/2.0");
        }
    }
}

/// Who is logged in gets to hear that a repository is missing.
fn pull_of_what_is_missing(cx: &Cx, entry: &mut Access) {
    let pull = Action::Pull.word();
    let missing = !cx.state.store.has_repository(&entry.name);
    if missing && !entry.actions.iter().any(|action| action == pull) {
        entry.actions.push(pull.to_owned());
    }
}
