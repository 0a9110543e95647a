//! A registry credential on its way from where it is kept to where it is used.

use secrecy::SecretString;

/// A user name and password, or a token in their place.
#[derive(Clone)]
pub enum Credential {
    /// Sent as Basic to the registry or its token service.
    Password {
        username: String,
        password: SecretString,
    },
    /// An OAuth2 refresh token (`identitytoken`): exchanged by POST. The kubelet ignores it.
    IdentityToken {
        username: String,
        token: SecretString,
    },
    /// A bearer token for the registry itself (`registrytoken`, `--registry-token-stdin`).
    RegistryToken(SecretString),
}

impl Credential {
    /// The user name to show; none for a bearer token.
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::Password { username, .. } | Self::IdentityToken { username, .. } => {
                Some(username)
            }
            Self::RegistryToken(_) => None,
        }
    }

    /// One word for what it is: `password`, `identity token`, `registry token`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Password { .. } => "password",
            Self::IdentityToken { .. } => "identity token",
            Self::RegistryToken(_) => "registry token",
        }
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential({} of {:?})", self.kind(), self.username())
    }
}
