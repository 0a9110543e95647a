//! Azure Container Registry: the token answer has `access_token` only, listing tags takes a right of its own, and
//! network rules refuse everything. From Azure/acr (`docs/Token-BasicAuth.md`, `docs/AAD-OAuth.md`, issues 466 and
//! 600), docker-registry-proxy 174 and Microsoft's container-registry articles.

use serde_json::json;

use super::{Rules, bearer_challenge, scope_detail};
use crate::registry::Variant;
use crate::registry::access::{self, Denied, Identity, Need};
use crate::registry::errors::{error, plain_error};
use crate::registry::route::Route;
use crate::registry::token::{Login, TokenAsk, covered, jwt};
use crate::registry::users::Action;
use crate::registry::world::{Cx, World};
use crate::web::Reply;

pub(crate) struct Acr;

impl Rules for Acr {
    fn token_path(&self, _world: &World) -> &'static str {
        "/oauth2/token"
    }

    fn early(&self, cx: &mut Cx, _route: &Route) -> Option<Reply> {
        cx.has(Variant::AcrFirewall).then(kept_out)
    }

    fn need(&self, cx: &Cx, route: &Route) -> Need {
        let mut need = Need::of(route, &cx.call.method);
        if matches!(route, Route::Tags { .. }) {
            need.actions = vec![Action::MetadataRead];
        }
        need
    }

    /// Basic straight to the registry is for the admin user.
    fn authorize(&self, cx: &mut Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
        match who {
            Identity::User(name) if cx.is_administrator(Some(name)) => Ok(()),
            _ => access::authorize(cx, who, need),
        }
    }

    fn refuse(&self, cx: &mut Cx, _who: &Identity, need: &Need, denied: Denied) -> Reply {
        let message =
            "authentication required, visit https://aka.ms/acr/authorization for more information.";
        error(401, "UNAUTHORIZED", message, &scope_detail(need))
            .header("www-authenticate", bearer_challenge(cx, need, denied))
    }

    fn token(&self, cx: &mut Cx, ask: &TokenAsk) -> Reply {
        if cx.has(Variant::AcrFirewall) {
            return kept_out();
        }
        if ask.post && ask.grant_type.as_deref() != Some("refresh_token") {
            return plain_error(400, "UNSUPPORTED", "the grant type is not supported");
        }
        if let Login::Wrong(_) = ask.login {
            return plain_error(401, "UNAUTHORIZED", "authentication required");
        }
        let access = covered(cx, ask);
        let token = jwt(cx, ask, access);
        Reply::json(200, &json!({"access_token": token}))
    }

    fn finish(&self, _cx: &mut Cx, _route: &Route, reply: &mut Reply) {
        reply.set_header("docker-distribution-api-version", "registry/2.0");
        reply.set_header(
            "x-ms-correlation-request-id",
            "3f2b1c9e-0000-4000-8000-000000000001",
        );
    }
}

fn kept_out() -> Reply {
    plain_error(
        403,
        "DENIED",
        "client with IP '192.0.2.10' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
    )
    .header(
        "x-ms-correlation-request-id",
        "3f2b1c9e-0000-4000-8000-000000000001",
    )
}
