//! CNCF distribution 2.8: open, htpasswd, token. All answers were measured on the Debian package's 2.8.2, and
//! `tests/registry/real.rs` compares them with whatever version is installed. That one lists all tags in one page.

use super::{Rules, Scheme};
use crate::registry::access::{Denied, Identity, Need, identify};
use crate::registry::world::Cx;

/// No authentication.
pub(crate) struct Open;

impl Rules for Open {
    fn scheme(&self, _cx: &Cx) -> Scheme {
        Scheme::Open
    }

    fn pages_tags(&self) -> bool {
        false
    }
}

/// A token service: [`Rules`]' defaults.
pub(crate) struct Token;

impl Rules for Token {
    fn service(&self, _cx: &Cx) -> String {
        "test-registry".to_owned()
    }

    fn pages_tags(&self) -> bool {
        false
    }
}

/// htpasswd: no rights, only users; a wrong password is answered exactly as none.
pub(crate) struct Basic;

impl Rules for Basic {
    fn scheme(&self, _cx: &Cx) -> Scheme {
        Scheme::Basic
    }

    fn pages_tags(&self) -> bool {
        false
    }

    fn authorize(&self, cx: &mut Cx, _who: &Identity, _need: &Need) -> Result<(), Denied> {
        match identify(cx) {
            Identity::User(_) => Ok(()),
            Identity::Nobody => Err(Denied::NoCredentials),
            _ => Err(Denied::WrongPassword),
        }
    }

    fn challenge(&self, _cx: &Cx, _need: &Need, _denied: Denied) -> Option<String> {
        Some("Basic realm=\"Registry Realm\"".to_owned())
    }
}
