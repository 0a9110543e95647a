//! Sonatype Nexus 3: `BASIC` in upper case, or tokens that any password gets where everybody may pull. From
//! nexus-public 227, 311, 873 and 921, login-action 586 and ansible nexus3-oss 299. Its manifests' own answers were
//! not to be found; they are distribution's here.

use serde_json::json;

use super::{Rules, Scheme, with_challenge};
use crate::registry::Variant;
use crate::registry::access::{self, Denied, Identity, Need, rights_suffice};
use crate::registry::errors::error;
use crate::registry::route::Route;
use crate::registry::token::{Login, TokenAsk, both_names, covered, jwt};
use crate::registry::users::namespace_of;
use crate::registry::world::{Cx, World};
use crate::web::Reply;

pub(crate) struct Nexus;

const TOKEN_PATH: &str = "/v2/token";

impl Rules for Nexus {
    fn scheme(&self, cx: &Cx) -> Scheme {
        if cx.has(Variant::NexusBearer) || cx.has(Variant::NexusPaths) {
            Scheme::Bearer
        } else {
            Scheme::Basic
        }
    }

    fn token_path(&self, _world: &World) -> &'static str {
        TOKEN_PATH
    }

    fn is_token_path(&self, _world: &World, path: &str) -> bool {
        path.ends_with(TOKEN_PATH)
    }

    fn service(&self, cx: &Cx) -> String {
        format!("{}{TOKEN_PATH}", cx.base())
    }

    fn early(&self, cx: &mut Cx, _route: &Route) -> Option<Reply> {
        cx.has(Variant::NexusUiPort).then(|| {
            let filler = "<!-- Sonatype Nexus Repository -->\n".repeat(50);
            Reply::html(
                404,
                format!(
                    "<!DOCTYPE html>\n<html><head><title>404 - Sonatype Nexus Repository</title></head>\n\
                     <body>\n{filler}<h1>404 Not Found</h1></body></html>\n"
                ),
            )
        })
    }

    fn authorize(&self, cx: &mut Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
        match (self.scheme(cx), who) {
            (Scheme::Bearer, Identity::Token(grant)) => {
                // Behind one port, a token of one repository's service is no token for another's.
                let ours = need.repository().is_none()
                    || !cx.has(Variant::NexusPaths)
                    || grant.issued_at_path == token_path_of(need);
                if ours {
                    access::authorize(cx, who, need)
                } else {
                    Err(Denied::InvalidToken)
                }
            }
            (Scheme::Bearer, _) => access::authorize(cx, who, need),
            (_, Identity::Nobody) => Err(Denied::NoCredentials),
            (_, Identity::User(_)) if rights_suffice(cx, who.subject(), need) => Ok(()),
            (_, Identity::User(_)) => Err(Denied::NotAllowed),
            _ => Err(Denied::WrongPassword),
        }
    }

    fn challenge(&self, cx: &Cx, need: &Need, _denied: Denied) -> Option<String> {
        if self.scheme(cx) == Scheme::Basic {
            return Some("BASIC realm=\"Sonatype Nexus Repository Manager\"".to_owned());
        }
        let path = if cx.has(Variant::NexusPaths) {
            token_path_of(need)
        } else {
            TOKEN_PATH.to_owned()
        };
        let realm = cx.realm(&path);
        let service = self.service(cx);
        let scope = need
            .scope()
            .map(|scope| format!(",scope=\"{scope}\""))
            .unwrap_or_default();
        Some(format!(
            "Bearer realm=\"{realm}\",service=\"{service}\"{scope}"
        ))
    }

    fn refuse(&self, cx: &mut Cx, _who: &Identity, need: &Need, denied: Denied) -> Reply {
        let message = "access to the requested resource is not authorized";
        let reply = error(401, "UNAUTHORIZED", message, &json!(null));
        with_challenge(reply, self.challenge(cx, need, denied))
    }

    /// Where everybody may pull, any credential passes.
    fn token(&self, cx: &mut Cx, ask: &TokenAsk) -> Reply {
        let wrong = matches!(ask.login, Login::Wrong(_));
        if wrong && !cx.anonymous_may_something() {
            let message = "access to the requested resource is not authorized";
            return error(401, "UNAUTHORIZED", message, &json!(null));
        }
        let access = covered(cx, ask);
        let token = jwt(cx, ask, access);
        both_names(&token)
    }
}

/// The token service of the repository that a request is for. The ping is for none, and its challenge names another
/// repository's.
fn token_path_of(need: &Need) -> String {
    let key = need.repository().and_then(namespace_of);
    format!("/repository/{}{TOKEN_PATH}", key.unwrap_or("docker-other"))
}
