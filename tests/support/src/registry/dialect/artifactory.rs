//! JFrog Artifactory: errors with a `status` and no `code`, 403 with the code `UNAUTHORIZED`, and one 404 for a missing
//! tag, image, or repository key. From containerd 6339, nerdctl 4244, jib 4153, mariadb-operator 1293, git-secret 801,
//! version-checker 318, and renovate's client (`lib/modules/datasource/docker`).

use serde_json::json;

use super::{Rules, Scheme, scope_detail, with_challenge};
use crate::registry::access::{self, Denied, Identity, Need};
use crate::registry::errors::{self, Problem, error};
use crate::registry::route::Route;
use crate::registry::token::{Login, TokenAsk, opaque};
use crate::registry::world::{Cx, World};
use crate::registry::{Block, Variant};
use crate::web::Reply;

pub(crate) struct Artifactory;

impl Rules for Artifactory {
    fn scheme(&self, cx: &Cx) -> Scheme {
        if cx.has(Variant::ArtifactoryBasic) {
            Scheme::Basic
        } else {
            Scheme::Bearer
        }
    }

    fn token_path(&self, world: &World) -> &'static str {
        if world.has(Variant::ArtifactoryPath) {
            "/v2/token"
        } else {
            "/artifactory/api/docker/docker/v2/token"
        }
    }

    fn authorize(&self, cx: &mut Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
        match who {
            Identity::Nobody
                if self.scheme(cx) == Scheme::Bearer || !cx.anonymous_may_something() =>
            {
                Err(Denied::NoCredentials)
            }
            Identity::WrongPassword => Err(Denied::WrongPassword),
            Identity::BadToken => Err(Denied::InvalidToken),
            _ if to_be_missed(cx, need) => Ok(()),
            _ if access::rights_suffice(cx, who.subject(), need) => Ok(()),
            Identity::Nobody => Err(Denied::NoCredentials),
            _ => Err(Denied::NotAllowed),
        }
    }

    fn challenge(&self, cx: &Cx, _need: &Need, _denied: Denied) -> Option<String> {
        Some(match self.scheme(cx) {
            Scheme::Bearer => format!(
                "Bearer realm=\"{}\",service=\"{}\"",
                cx.realm(self.token_path(cx.world)),
                cx.host()
            ),
            Scheme::Basic | Scheme::Open => "Basic realm=\"Artifactory Realm\"".to_owned(),
        })
    }

    fn refuse(&self, cx: &mut Cx, _who: &Identity, need: &Need, denied: Denied) -> Reply {
        match denied {
            Denied::WrongPassword => with_challenge(
                bare(401, "Bad Credentials"),
                self.challenge(cx, need, denied),
            ),
            Denied::NotAllowed => {
                let message = if need.writes() {
                    "The client does not have permission to push to the repository."
                } else {
                    "The client does not have permission for manifest"
                };
                error(403, "UNAUTHORIZED", message, &scope_detail(need))
            }
            Denied::NoCredentials | Denied::InvalidToken => with_challenge(
                error(401, "UNAUTHORIZED", "authentication required", &json!(null)),
                self.challenge(cx, need, denied),
            ),
        }
    }

    fn problem(&self, cx: &Cx, problem: &Problem) -> Reply {
        match problem {
            Problem::ManifestMissing { repository, .. } => {
                manifest_unknown(image_path(cx, repository))
            }
            Problem::BlobMissing { digest, .. } => error(
                404,
                "BLOB_UNKNOWN",
                "The named blob is not known to the registry.",
                &json!({"blobSum": digest}),
            ),
            other => errors::distribution(other),
        }
    }

    fn token(&self, cx: &mut Cx, ask: &TokenAsk) -> Reply {
        match &ask.login {
            Login::Wrong(_) => return bare(401, "Bad Credentials"),
            _ if ask.post => return bare(401, "Authentication is required"),
            Login::Anonymous if !cx.anonymous_may_something() => {
                return bare(401, "Authentication is required");
            }
            Login::Anonymous | Login::Good(_) => {}
        }
        let token = opaque(cx, ask);
        Reply::json(200, &json!({"token": token, "expires_in": 9000}))
    }

    fn knows(&self, block: &Block) -> bool {
        matches!(block, Block::Xray | Block::Proxy | Block::Upstream(_))
    }

    fn blocked(&self, cx: &Cx, block: &Block, need: &Need) -> Option<Reply> {
        match block {
            // Whatever went wrong behind a remote repository, the manifest is "not known".
            Block::Upstream(_) if matches!(need.route, Route::Manifest { .. }) => {
                let repository = need.repository().unwrap_or_default();
                Some(manifest_unknown(image_path(cx, repository)))
            }
            Block::Xray if !need.writes() => Some(bare(
                403,
                "Artifact download request rejected: the artifact was not downloaded due to a blocking policy \
                 configured in Xray",
            )),
            Block::Proxy if need.writes() => {
                Some(bare(400, "Unable to upload blobs to a remote repository."))
            }
            _ => None,
        }
    }

    fn finish(&self, _cx: &mut Cx, _route: &Route, reply: &mut Reply) {
        reply.set_header("docker-distribution-api-version", "registry/2.0");
        reply.set_header("x-jfrog-version", "Artifactory/7.161.20 76120900");
        reply.set_header("x-artifactory-id", "0123456789abcdef:-1234abcd:test");
    }

    /// Known to be empty for callers who see plenty.
    fn catalog_shows(&self, _cx: &Cx, _who: &Identity, _repository: &str) -> bool {
        false
    }

    /// The link forgets the repository key.
    fn name_in_next_link(&self, repository: &str) -> String {
        let name = repository.split_once('/').map(|(_, name)| name);
        name.unwrap_or(repository).to_owned()
    }
}

/// The image's path inside the repository key that it is looked for in.
fn image_path<'a>(cx: &Cx, repository: &'a str) -> &'a str {
    match repository.split_once('/') {
        Some((_, name)) if cx.has(Variant::ArtifactoryPath) => name,
        _ => repository,
    }
}

fn manifest_unknown(name: &str) -> Reply {
    let message = "The named manifest is not known to the registry.";
    error(404, "MANIFEST_UNKNOWN", message, &json!({"manifest": name}))
}

/// Errors of Artifactory's own: a status and a message.
fn bare(status: u16, message: &str) -> Reply {
    Reply::json(
        status,
        &json!({"errors": [{"status": status, "message": message}]}),
    )
}

/// What is not there is not found, whoever asks.
fn to_be_missed(cx: &Cx, need: &Need) -> bool {
    !need.writes()
        && need
            .repository()
            .is_some_and(|repository| !cx.state.store.has_repository(repository))
}
