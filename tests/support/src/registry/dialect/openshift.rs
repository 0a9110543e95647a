//! OpenShift's internal registry: tokens are the cluster's own, rights are asked before existence, and a missing image
//! stream is a 500. From openshift/image-registry at d4cce000f: `pkg/dockerregistry/server/{auth,token,util}.go`,
//! `tagservice.go`, `manifestservice.go`, `maxconnections`, `pkg/errors`.

use serde_json::{Value, json};

use super::{Rules, Scheme, elements, scope_detail};
use crate::registry::access::{Denied, Grant, Identity, Need, basic, bearer, rights_suffice};
use crate::registry::errors::{self, Problem, error, plain_error};
use crate::registry::route::Route;
use crate::registry::token::TokenAsk;
use crate::registry::users::Action;
use crate::registry::world::{Cx, World};
use crate::registry::{Block, Limit, Variant};
use crate::web::Reply;

pub(crate) struct OpenShift;

const ANONYMOUS: &str = "anonymous";

impl Rules for OpenShift {
    fn scheme(&self, cx: &Cx) -> Scheme {
        if cx.has(Variant::OpenShiftBasic) {
            Scheme::Basic
        } else {
            Scheme::Bearer
        }
    }

    fn token_path(&self, _world: &World) -> &'static str {
        "/openshift/token"
    }

    /// Bearer or Basic, what counts is the API token; Basic's user name is not looked at.
    fn identify(&self, cx: &mut Cx) -> Identity {
        let Some(header) = cx.call.header("authorization") else {
            return Identity::Nobody;
        };
        let token = bearer(header)
            .map(str::to_owned)
            .or_else(|| basic(header).map(|(_, password)| password));
        match token {
            Some(token) if token == ANONYMOUS => Identity::Token(Grant::default()),
            Some(token) => owner(cx, &token).map_or(Identity::BadToken, |name| {
                Identity::Token(Grant {
                    subject: Some(name),
                    ..Grant::default()
                })
            }),
            None => Identity::BadToken,
        }
    }

    fn authorize(&self, cx: &mut Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
        match who {
            Identity::Nobody => Err(Denied::NoCredentials),
            Identity::Token(_) if misnamed(need) || rights_suffice(cx, who.subject(), need) => {
                Ok(())
            }
            Identity::Token(_) => Err(Denied::NotAllowed),
            _ => Err(Denied::InvalidToken),
        }
    }

    fn refuse(&self, cx: &mut Cx, _who: &Identity, need: &Need, denied: Denied) -> Reply {
        let challenge = match (denied, self.scheme(cx)) {
            (Denied::NoCredentials, Scheme::Bearer) => {
                format!("Bearer realm=\"{}\"", cx.realm("/openshift/token"))
            }
            (Denied::NoCredentials, _) => {
                "Basic realm=openshift,error=\"authorization header required\"".to_owned()
            }
            _ => "Basic realm=openshift,error=\"access denied\"".to_owned(),
        };
        let message = "authentication required";
        error(401, "UNAUTHORIZED", message, &scope_detail(need))
            .header("www-authenticate", challenge)
    }

    /// A name that is not `project/name` is an error of the authorization itself, and that one has no body.
    fn before_content(&self, _cx: &mut Cx, need: &Need) -> Option<Reply> {
        misnamed(need).then(|| Reply::empty(400))
    }

    fn problem(&self, _cx: &Cx, problem: &Problem) -> Reply {
        match problem {
            Problem::ManifestMissing {
                repository,
                repository_exists: false,
                ..
            } => {
                let detail = format!("name unknown: the repository {repository} is not known");
                error(500, "UNKNOWN", "unknown error", &json!(detail))
            }
            other => errors::distribution(other),
        }
    }

    fn token(&self, cx: &mut Cx, ask: &TokenAsk) -> Reply {
        if cx.call.header("authorization").is_none() {
            return Reply::json(200, &token_json(ANONYMOUS));
        }
        let token = ask.password.clone().unwrap_or_default();
        if owner(cx, &token).is_none() {
            return Reply::empty(401);
        }
        let misnamed = ask
            .scopes
            .iter()
            .filter_map(|scope| scope.repository())
            .find(|name| elements(name).len() != 2);
        if let Some(name) = misnamed {
            let details =
                format!("invalid image name {name:?}: it must be of the format <project>/<name>");
            return Reply::json(401, &json!({"details": details}));
        }
        Reply::json(200, &token_json(&token))
    }

    fn limited(&self, _cx: &mut Cx, limit: Limit) -> Reply {
        match limit {
            Limit::PullQuota => {
                plain_error(429, "TOOMANYREQUESTS", "unable to pullthrough manifest")
            }
            Limit::Abuse | Limit::Login => {
                Reply::text(429, "Too Many Requests\n").header("retry-after", "1")
            }
        }
    }

    fn knows(&self, block: &Block) -> bool {
        matches!(block, Block::Upstream(_) | Block::Quota)
    }

    fn blocked(&self, cx: &Cx, block: &Block, need: &Need) -> Option<Reply> {
        match block {
            Block::Quota
                if matches!(need.route, Route::Upload { .. }) && cx.call.method == "PUT" =>
            {
                let message = "requested access to the resource is denied";
                Some(error(403, "DENIED", message, &json!({})))
            }
            Block::Upstream(text) if matches!(need.route, Route::Manifest { .. }) => {
                let message = format!("unable to pull manifest from {text}");
                Some(plain_error(404, "OPENSHIFT_PULLTHROUGH_MANIFEST", &message))
            }
            _ => None,
        }
    }

    fn cancel_needs(&self) -> Action {
        Action::Push
    }
}

fn owner(cx: &Cx, token: &str) -> Option<String> {
    let user = cx.state.users.iter().find(|user| user.password == token);
    user.map(|user| user.name.clone())
}

fn token_json(token: &str) -> Value {
    json!({"token": token, "access_token": token})
}

fn misnamed(need: &Need) -> bool {
    need.repository()
        .is_some_and(|repository| elements(repository).len() != 2)
}
