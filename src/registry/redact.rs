//! Keeps secrets out of what is recorded, also where a server repeats them.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};

use crate::model::credential::Credential;

/// Shorter secrets are not looked for: taking them out would tear ordinary words apart.
const SHORTEST: usize = 4;
const MARK: &str = "[secret]";

/// The secrets of a run, as they could be repeated.
#[derive(Default)]
pub(super) struct Redactor {
    secrets: Mutex<Vec<SecretString>>,
}

impl Redactor {
    pub(super) fn of(credentials: &[Credential]) -> Self {
        let redactor = Self::default();
        for credential in credentials {
            match credential {
                Credential::Password { username, password } => {
                    let password = password.expose_secret();
                    redactor.add_encoded(&format!("{username}:{password}"));
                    redactor.add_encoded(password);
                }
                Credential::IdentityToken { token, .. } | Credential::RegistryToken(token) => {
                    redactor.add_encoded(token.expose_secret());
                }
            }
        }
        redactor
    }

    /// Adds a secret, for example a token that was just received.
    pub(super) fn add(&self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        if !secrets.iter().any(|known| known.expose_secret() == secret) {
            secrets.push(SecretString::from(secret));
            // The longest first: a secret may be a part of another.
            secrets.sort_by_key(|known| std::cmp::Reverse(known.expose_secret().len()));
        }
    }

    fn add_encoded(&self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        self.add(secret);
        self.add(&STANDARD.encode(secret));
        self.add(&STANDARD_NO_PAD.encode(secret));
        self.add(&URL_SAFE_NO_PAD.encode(secret));
    }

    /// `text` without secrets.
    pub(super) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut clean = Cow::Borrowed(text);
        for secret in secrets.iter() {
            let secret = secret.expose_secret();
            if clean.contains(secret) {
                clean = Cow::Owned(clean.replace(secret, MARK));
            }
        }
        clean
    }

    /// `body` without secrets. Bodies that are no text are left out whole when they contain one.
    pub(super) fn body(&self, body: Vec<u8>) -> Vec<u8> {
        match String::from_utf8(body) {
            Ok(text) => match self.text(&text) {
                Cow::Borrowed(_) => text.into_bytes(),
                Cow::Owned(clean) => clean.into_bytes(),
            },
            Err(error) => {
                let lossy = String::from_utf8_lossy(error.as_bytes()).into_owned();
                match self.text(&lossy) {
                    Cow::Borrowed(_) => error.into_bytes(),
                    Cow::Owned(clean) => clean.into_bytes(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_repeats_the_password_is_not_quoted() {
        let redactor = Redactor::of(&[Credential::Password {
            username: "robot".to_owned(),
            password: SecretString::from("canary-password"),
        }]);
        let encoded = STANDARD.encode("robot:canary-password");
        let said = format!("refused Basic {encoded} (canary-password)");
        assert_eq!(
            redactor.text(&said),
            "refused Basic [secret] ([secret])".to_owned()
        );
        redactor.add("token-just-received");
        assert_eq!(
            redactor.body(b"\xff token-just-received".to_vec()),
            "\u{fffd} [secret]".as_bytes()
        );
        assert_eq!(redactor.body(b"\xff fine".to_vec()), b"\xff fine");
    }

    #[test]
    fn short_passwords_do_not_tear_words_apart() {
        let redactor = Redactor::of(&[Credential::Password {
            username: "u".to_owned(),
            password: SecretString::from("ed"),
        }]);
        assert_eq!(redactor.text("denied"), "denied");
    }
}
