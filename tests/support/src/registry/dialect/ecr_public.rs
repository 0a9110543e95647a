//! Amazon ECR Public: the scope is the constant `aws`, the realm ends with a slash, a bad token is 400 without a
//! challenge, and `tags/list` is no use. From containers-roadmap 2835 and containers/container-libs
//! (`image/docker/errors_test.go`).

use super::{Rules, scope_detail};
use crate::registry::access::{Denied, Identity, Need};
use crate::registry::errors::{error, plain_error};
use crate::registry::route::Route;
use crate::registry::token::{Login, TokenAsk, opaque};
use crate::registry::world::{Cx, World};
use crate::web::Reply;

pub(crate) struct EcrPublic;

impl Rules for EcrPublic {
    fn token_path(&self, _world: &World) -> &'static str {
        "/token/"
    }

    fn service(&self, _cx: &Cx) -> String {
        "public.ecr.aws".to_owned()
    }

    fn refuse(&self, cx: &mut Cx, _who: &Identity, need: &Need, denied: Denied) -> Reply {
        if denied == Denied::InvalidToken {
            return Reply::empty(400);
        }
        let mut challenge = format!(
            "Bearer realm=\"{}\",service=\"public.ecr.aws\",scope=\"aws\"",
            cx.realm("/token/")
        );
        if denied == Denied::NotAllowed {
            challenge.push_str(",error=\"insufficient_scope\"");
        }
        let message = "authentication required";
        error(401, "UNAUTHORIZED", message, &scope_detail(need))
            .header("www-authenticate", challenge)
    }

    fn token(&self, cx: &mut Cx, ask: &TokenAsk) -> Reply {
        if let Login::Wrong(_) = ask.login {
            return plain_error(401, "UNAUTHORIZED", "authentication required");
        }
        let token = opaque(cx, ask);
        Reply::json(200, &serde_json::json!({"token": token}))
    }

    fn before_content(&self, _cx: &mut Cx, need: &Need) -> Option<Reply> {
        matches!(need.route, Route::Tags { .. })
            .then(|| plain_error(404, "NOT_FOUND", "404 page not found"))
    }
}
