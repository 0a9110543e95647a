//! Gitea and Forgejo: two challenges in one header, as Codeberg sends them. From renovate
//! (`lib/modules/datasource/docker/common.ts`) and go-gitea/gitea (`routers/api/packages/container`), which takes Basic
//! as well as tokens. Where the facts end, distribution's answers begin.

use serde_json::json;

use super::{Rules, with_challenge};
use crate::registry::access::{Denied, Identity, Need, rights_suffice};
use crate::registry::errors::plain_error;
use crate::registry::token::{Login, TokenAsk, opaque};
use crate::registry::world::{Cx, World};
use crate::web::Reply;

pub(crate) struct Gitea;

impl Rules for Gitea {
    fn token_path(&self, _world: &World) -> &'static str {
        "/v2/token"
    }

    fn service(&self, _cx: &Cx) -> String {
        "container_registry".to_owned()
    }

    fn authorize(&self, cx: &mut Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
        match who {
            Identity::Nobody => Err(Denied::NoCredentials),
            Identity::WrongPassword => Err(Denied::WrongPassword),
            Identity::BadToken => Err(Denied::InvalidToken),
            _ if rights_suffice(cx, who.subject(), need) => Ok(()),
            _ => Err(Denied::NotAllowed),
        }
    }

    fn challenge(&self, cx: &Cx, _need: &Need, _denied: Denied) -> Option<String> {
        Some(format!(
            "Bearer realm=\"{}\",service=\"container_registry\",scope=\"*\",Basic realm=\"Gitea Container Registry\"",
            cx.realm("/v2/token")
        ))
    }

    fn refuse(&self, cx: &mut Cx, _who: &Identity, need: &Need, denied: Denied) -> Reply {
        let reply = plain_error(401, "UNAUTHORIZED", "");
        with_challenge(reply, self.challenge(cx, need, denied))
    }

    fn token(&self, cx: &mut Cx, ask: &TokenAsk) -> Reply {
        if let Login::Wrong(_) = ask.login {
            return plain_error(401, "UNAUTHORIZED", "");
        }
        let token = opaque(cx, ask);
        Reply::json(200, &json!({"token": token}))
    }
}
