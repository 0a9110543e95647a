//! Google Artifact Registry: names have at least project and repository, tokens say who somebody is and nothing of
//! what they may, and refusals name the permission and the resource, "or it may not exist". From captures quoted in
//! e6qu/sockerless-cloud (`simulator-gcp/ar_dataplane_auth.go`), argo-cd 26260 and
//! terraform-google-kubernetes-engine 1779.

use serde_json::json;

use super::{Rules, elements, with_challenge};
use crate::registry::Variant;
use crate::registry::access::{Denied, Identity, Need, rights_suffice};
use crate::registry::errors::plain_error;
use crate::registry::route::Route;
use crate::registry::token::{Login, Scope, TokenAsk, opaque};
use crate::registry::users::Action;
use crate::registry::world::{Cx, World};
use crate::web::Reply;

pub(crate) struct ArtifactRegistry;

const LOCATION: &str = "europe-west1";

impl Rules for ArtifactRegistry {
    fn token_path(&self, _world: &World) -> &'static str {
        "/v2/token"
    }

    fn early(&self, _cx: &mut Cx, route: &Route) -> Option<Reply> {
        let count = elements(route.repository()?).len();
        (count == 1).then(|| {
            let message = format!("invalid number of path components: {count}");
            plain_error(400, "NAME_INVALID", &message)
        })
    }

    fn authorize(&self, cx: &mut Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
        match who {
            Identity::Nobody => Err(Denied::NoCredentials),
            Identity::WrongPassword | Identity::BadToken => Err(Denied::InvalidToken),
            _ if may(cx, who.subject(), need) => Ok(()),
            _ => Err(Denied::NotAllowed),
        }
    }

    fn refuse(&self, cx: &mut Cx, _who: &Identity, need: &Need, denied: Denied) -> Reply {
        match denied {
            Denied::NoCredentials => no_credentials(cx, need),
            Denied::InvalidToken | Denied::WrongPassword => {
                plain_error(401, "UNAUTHORIZED", "No valid credential was supplied.")
            }
            Denied::NotAllowed => {
                let repository = need.repository().unwrap_or_default();
                plain_error(403, "DENIED", &denied_on(repository, need.writes()))
            }
        }
    }

    fn token(&self, cx: &mut Cx, ask: &TokenAsk) -> Reply {
        if ask.post {
            let status = if cx.has(Variant::Gcr) { 404 } else { 405 };
            return Reply::empty(status);
        }
        if let Login::Wrong(_) = ask.login {
            return plain_error(401, "UNAUTHORIZED", "authentication failed");
        }
        for scope in &ask.scopes {
            if let Some(refused) = refuse_scope(cx, &ask.login, scope) {
                return refused;
            }
        }
        let token = opaque(cx, ask);
        Reply::json(200, &json!({"token": token, "expires_in": 43200}))
    }

    fn cancel_needs(&self) -> Action {
        Action::Push
    }
}

fn no_credentials(cx: &Cx, need: &Need) -> Reply {
    let realm = cx.realm("/v2/token");
    let Some(repository) = need.repository() else {
        let message = "not authenticated: No credential was supplied.";
        return plain_error(401, "UNAUTHORIZED", message)
            .header("www-authenticate", format!("Bearer realm=\"{realm}\""));
    };
    // A name without an image is taken for one with the image `pkg`.
    let name = match elements(repository).len() {
        2 => format!("{repository}/pkg"),
        _ => repository.to_owned(),
    };
    let challenge = format!(
        "Bearer realm=\"{realm}\",service=\"{}\",scope=\"repository:{name}:{}\"",
        cx.host(),
        need.words()
    );
    let message = "not authenticated: No valid credential was supplied.";
    let reply = plain_error(401, "UNAUTHORIZED", message);
    let challenge = (!cx.has(Variant::Gcr)).then_some(challenge);
    with_challenge(reply, challenge)
}

/// `project/repository` of an image's name.
fn parent(repository: &str) -> String {
    let parts: Vec<&str> = repository.split('/').take(2).collect();
    parts.join("/")
}

/// Whether the repository that the image is in exists, and the caller has the right.
fn may(cx: &Cx, subject: Option<&str>, need: &Need) -> bool {
    need.repository().is_none_or(|repository| {
        cx.state.store.has_project(&parent(repository)) && rights_suffice(cx, subject, need)
    })
}

fn resource(repository: &str) -> String {
    let mut parts = repository.split('/');
    let project = parts.next().unwrap_or_default();
    let name = parts.next().unwrap_or_default();
    format!("projects/{project}/locations/{LOCATION}/repositories/{name}")
}

fn permission(writes: bool) -> &'static str {
    if writes {
        "artifactregistry.repositories.uploadArtifacts"
    } else {
        "artifactregistry.repositories.downloadArtifacts"
    }
}

fn denied_on(repository: &str, writes: bool) -> String {
    format!(
        "Permission \"{}\" denied on resource \"{}\" (or it may not exist)",
        permission(writes),
        resource(repository)
    )
}

/// Anonymous requests are refused for whatever they may not do; others only for `push`.
fn refuse_scope(cx: &Cx, login: &Login, scope: &Scope) -> Option<Reply> {
    let repository = scope.repository()?;
    let pushes = scope.asks(Action::Push);
    let action = if pushes { Action::Push } else { Action::Pull };
    let exists = cx.state.store.has_project(&parent(repository));
    if exists && cx.allows(login.subject(), repository, action) {
        return None;
    }
    match login {
        Login::Anonymous => {
            let message = format!(
                "Unauthenticated request. Unauthenticated requests do not have permission \"{}\" on resource \
                 \"{}\" (or it may not exist)",
                permission(pushes),
                resource(repository)
            );
            Some(plain_error(403, "DENIED", &message))
        }
        _ if pushes => Some(plain_error(403, "DENIED", &denied_on(repository, true))),
        _ => None,
    }
}
