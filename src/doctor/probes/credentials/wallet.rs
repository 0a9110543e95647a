//! The credentials of a run for one registry: each login once, however many secrets hold it.

use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};

use crate::model::credential::Credential;

/// The lists that the registry's clients are given; candidates point into them.
#[derive(Default)]
pub struct Wallet {
    /// Digests, so that a login that stands in many secrets is known again without keeping it twice.
    known: Vec<[u8; 32]>,
    credentials: Vec<Credential>,
}

impl Wallet {
    /// The place of a credential, which is added when it is new.
    pub(super) fn place(&mut self, credential: &Credential) -> usize {
        let id = digest(credential);
        match self.known.iter().position(|known| *known == id) {
            Some(at) => at,
            None => {
                self.known.push(id);
                self.credentials.push(credential.clone());
                self.known.len() - 1
            }
        }
    }

    /// Hands the credentials out for a client of their own; what is placed afterwards is for another one. Places go on
    /// counting, and a login that was handed out is still known. The number is the place of the first that is handed out.
    pub fn hand_out(&mut self) -> (usize, Vec<Credential>) {
        let credentials = std::mem::take(&mut self.credentials);
        (self.known.len() - credentials.len(), credentials)
    }
}

fn digest(credential: &Credential) -> [u8; 32] {
    let (kind, username, secret) = match credential {
        Credential::Password { username, password } => (0_u8, username.as_str(), password),
        Credential::IdentityToken { username, token } => (1, username.as_str(), token),
        Credential::RegistryToken(token) => (2, "", token),
    };
    let mut hash = Sha256::new();
    hash.update([kind]);
    hash.update(username.len().to_be_bytes());
    hash.update(username.as_bytes());
    hash.update(secret.expose_secret().as_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_login_out_of_two_secrets_is_one() {
        let login = |username: &str, password: &str| Credential::Password {
            username: username.into(),
            password: password.into(),
        };
        let mut wallet = Wallet::default();
        let places: Vec<usize> = [("a", "bc"), ("ab", "c"), ("a", "bc"), ("a", "x")]
            .map(|(username, password)| wallet.place(&login(username, password)))
            .to_vec();
        assert_eq!(places, [0, 1, 0, 2]);
        let (first, handed) = wallet.hand_out();
        assert_eq!((first, handed.len()), (0, 3));
        // What was handed out is known, and what is new comes after it.
        assert_eq!(wallet.place(&login("a", "bc")), 0);
        assert_eq!(wallet.place(&login("new", "y")), 3);
        let (first, handed) = wallet.hand_out();
        assert_eq!((first, handed.len()), (3, 1));
    }
}
