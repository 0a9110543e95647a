//! A token service for a real `docker-registry`: users, rights, and tokens that it can check.

use crate::certs::Ca;
use crate::registry::{Dialect, LoggedRequest, Registry, User};

/// The service. Its tokens are ES256 with the certificate in `x5c`, which distribution 2.8 verifies.
pub struct TokenServer {
    registry: Registry,
    authority: Ca,
}

const PUSHER: (&str, &str) = ("pusher", "pusher-password");

impl TokenServer {
    /// The `service` of its challenges, the `aud` of its tokens.
    pub const SERVICE: &str = "test-registry";
    /// The `iss` of its tokens.
    pub const ISSUER: &str = "test-issuer";

    /// Starts it with these users, and one of its own who may push everything.
    pub fn start(users: impl IntoIterator<Item = User>) -> Self {
        let authority = Ca::new("Token Signing");
        let mut builder = Registry::builder()
            .dialect(Dialect::DistributionToken)
            .sign_tokens(&authority, Self::ISSUER)
            .user(User::new(PUSHER.0, PUSHER.1).admin("*"));
        for user in users {
            builder = builder.user(user);
        }
        Self {
            registry: builder.start(),
            authority,
        }
    }

    /// The address to announce as the realm.
    pub fn realm(&self) -> String {
        format!("{}/token", self.registry.url())
    }

    /// The certificate that its tokens are checked with.
    pub fn certificate_pem(&self) -> &str {
        self.authority.pem()
    }

    /// Adds a user, in place of the one of that name.
    pub fn set_user(&self, user: User) {
        self.registry.set_user(user);
    }

    /// From now on everybody may pull what the pattern names.
    pub fn allow_anonymous_pull(&self, pattern: &str) {
        self.registry.allow_anonymous_pull(pattern);
    }

    /// The token requests so far.
    pub fn log(&self) -> Vec<LoggedRequest> {
        self.registry.log()
    }

    /// Name and password of the user who may push everything.
    pub fn pusher(&self) -> (&'static str, &'static str) {
        PUSHER
    }
}
