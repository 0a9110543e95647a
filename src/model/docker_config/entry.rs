//! One entry of a docker config, as each of its readers takes it.
//!
//! | | kubelet (`pkg/credentialprovider/config.go` `DockerConfigEntry.UnmarshalJSON`) | containers/image (`pkg/docker/config` `decodeDockerAuth`) | docker CLI (`configfile.LoadFromReader`) |
//! | --- | --- | --- | --- |
//! | `auth` | wins over the two fields; with or without padding | the only source of a password; padding needed | wins over the two fields; padding needed |
//! | `username`, `password` | where `auth` is missing or empty | ignored | where `auth` is missing or empty |
//! | `identitytoken` | ignored | used before the password, if `auth` decodes | used before the password |
//! | `registrytoken` | ignored | ignored | used |
//! | bad base64 | error for all secrets given | error for the look-up | error for the file |
//! | no colon | error for all secrets given | as if there were no entry | error for the file |

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use super::field;
use crate::model::credential::Credential;
use crate::model::image::paste;

/// The fields that make an object an entry. `email` is read by nobody any more and kept.
pub(super) const FIELDS: [&str; 6] = [
    "auth",
    "username",
    "password",
    "identitytoken",
    "registrytoken",
    "email",
];

/// The user name that docker's tools give to an identity token without one.
const TOKEN_USERNAME: &str = "<token>";

/// One entry of `auths`.
#[derive(Clone)]
pub struct Entry {
    /// As written.
    pub key: String,
    /// What it would send, or why it is useless, as the kubelet reads it. [`Entry::for_auth_file`] and [`Entry::held`]
    /// are the other readings.
    pub credential: Result<Credential, EntryFault>,
    fields: Result<Fields, EntryFault>,
}

/// What is wrong with one entry. Wording never holds a secret value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    #[error("its `auth` is not base64")]
    NotBase64,
    #[error("its `auth` decodes to text without a colon")]
    NoColon,
    #[error("its `auth` is not UTF-8 text")]
    NotUtf8,
    #[error("its user name is empty")]
    EmptyUsername,
    #[error("its password is empty")]
    EmptyPassword,
    #[error("it holds only an identity token, which the kubelet ignores")]
    OnlyIdentityToken,
    #[error("it holds no credential")]
    Empty,
    /// Only fields that containers/image does not read.
    #[error("it has no `auth`, and containers/image reads nothing else in its place")]
    WithoutAuth,
    /// `credsStore` or `credHelpers`: the file itself has nothing, and whoever reads it gets nothing from the helper.
    #[error("its password is not there: {0}")]
    WithHelper(String),
    #[error("it is not a JSON object")]
    NotAnObject,
    #[error("its `{field}` is not a text")]
    NotText { field: &'static str },
}

impl EntryFault {
    /// Whether kubelet code fails on the whole set of secrets because of this entry: whatever makes
    /// `DockerConfigEntry.UnmarshalJSON` fail does (`pkg/credentialprovider/secrets`: bad base64, no colon, and values
    /// of the wrong JSON type).
    pub fn breaks_whole_keyring(&self) -> bool {
        matches!(
            self,
            Self::NotBase64 | Self::NoColon | Self::NotAnObject | Self::NotText { .. }
        )
    }
}

/// The texts of an entry; a missing one is empty, as in Go.
#[derive(Clone)]
struct Fields {
    auth: SecretString,
    username: String,
    password: SecretString,
    identity_token: SecretString,
    registry_token: SecretString,
}

/// Whether `auth` may lack its padding.
#[derive(Clone, Copy)]
enum Padding {
    /// Go's `base64.StdEncoding`.
    Needed,
    /// The kubelet's choice between `StdEncoding` and `RawStdEncoding` by the last character.
    Optional,
}

impl Entry {
    pub(super) fn read(key: &str, value: &Value) -> Self {
        let fields = Fields::read(value);
        let credential = match &fields {
            Ok(fields) => fields.for_kubelet(),
            Err(fault) => Err(fault.clone()),
        };
        Self {
            key: key.to_owned(),
            credential,
            fields,
        }
    }

    /// What containers/image makes of the entry: skopeo, podman, CRI-O's auth files, pulls of builds.
    ///
    /// It knows `auth` and `identitytoken` alone, prefers the latter, and strips NUL characters around the password.
    pub fn for_auth_file(&self) -> Result<Credential, EntryFault> {
        self.fields
            .as_ref()
            .map_err(EntryFault::clone)?
            .for_auth_file()
    }

    /// Whatever credential the entry holds, by the docker CLI's reading, which knows most: for taking it over.
    pub fn held(&self) -> Result<Credential, EntryFault> {
        self.fields.as_ref().map_err(EntryFault::clone)?.held()
    }

    /// Whether containers/image takes the entry for none and asks the next file.
    pub(in crate::model) fn is_passed_over(&self) -> bool {
        match (&self.fields, self.for_auth_file()) {
            (Ok(fields), Err(fault)) => match fault {
                EntryFault::NoColon | EntryFault::Empty | EntryFault::WithoutAuth => true,
                EntryFault::EmptyUsername => fields
                    .decode(Padding::Needed)
                    .is_ok_and(|decoded| decoded[1..].iter().all(|&byte| byte == 0)),
                _ => false,
            },
            _ => false,
        }
    }

    /// Says of an empty entry, as docker leaves it behind, which helper has the password.
    pub(super) fn left_to_helper(&mut self, words: &str) {
        if matches!(self.credential, Err(EntryFault::Empty)) {
            self.credential = Err(EntryFault::WithHelper(words.to_owned()));
        }
    }

    /// Whether the password that the kubelet reads ends in a line end.
    pub(super) fn ends_in_newline(&self) -> bool {
        match &self.credential {
            Ok(Credential::Password { password, .. }) => {
                password.expose_secret().ends_with(['\n', '\r'])
            }
            _ => false,
        }
    }

    /// Whether `username` or `password` are given and differ from what `auth` says.
    pub(super) fn disagrees(&self) -> bool {
        let (Ok(fields), Ok(Credential::Password { username, password })) =
            (&self.fields, &self.credential)
        else {
            return false;
        };
        let differs = |given: &str, used: &str| !given.is_empty() && given != used;
        !fields.auth.expose_secret().is_empty()
            && (differs(&fields.username, username)
                || differs(fields.password.expose_secret(), password.expose_secret()))
    }

    /// Whether every reader makes the same of both.
    pub(super) fn same(&self, other: &Self) -> bool {
        let same =
            |a: &Result<Credential, EntryFault>, b: &Result<Credential, EntryFault>| match (a, b) {
                (Ok(a), Ok(b)) => same_credential(a, b),
                (Err(a), Err(b)) => a == b,
                _ => false,
            };
        same(&self.credential, &other.credential)
            && same(&self.for_auth_file(), &other.for_auth_file())
            && same(&self.held(), &other.held())
    }
}

/// The key, without a password that somebody wrote into it, and the kind of credential.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("key", &shown_key(&self.key))
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}

/// A key as it may be shown: without a user name and password in front of the host.
pub fn shown_key(key: &str) -> String {
    paste::redact(key, paste::At::Credentials)
}

impl Fields {
    fn read(value: &Value) -> Result<Self, EntryFault> {
        let empty = Map::new();
        let object = match value {
            Value::Object(object) => object,
            Value::Null => &empty,
            _ => return Err(EntryFault::NotAnObject),
        };
        let text = |name: &'static str| match field(object, name) {
            None | Some(Value::Null) => Ok(""),
            Some(Value::String(text)) => Ok(text.as_str()),
            Some(_) => Err(EntryFault::NotText { field: name }),
        };
        text("email")?;
        // The kubelet does not read these two, so that a wrong type there is no fault.
        let token = |name: &'static str| SecretString::from(text(name).unwrap_or_default());
        Ok(Self {
            auth: text("auth")?.into(),
            username: text("username")?.to_owned(),
            password: text("password")?.into(),
            identity_token: token("identitytoken"),
            registry_token: token("registrytoken"),
        })
    }

    fn for_kubelet(&self) -> Result<Credential, EntryFault> {
        let (username, password) = self.username_and_password()?;
        let only_token = !self.identity_token.expose_secret().is_empty();
        let has_auth = !self.auth.expose_secret().is_empty();
        match (username.is_empty(), password.expose_secret().is_empty()) {
            (false, false) => Ok(Credential::Password { username, password }),
            (_, true) if only_token => Err(EntryFault::OnlyIdentityToken),
            (true, true) if !has_auth => Err(EntryFault::Empty),
            (true, _) => Err(EntryFault::EmptyUsername),
            (false, true) => Err(EntryFault::EmptyPassword),
        }
    }

    fn for_auth_file(&self) -> Result<Credential, EntryFault> {
        let decoded = self.decode(Padding::Needed)?;
        let has_token = !self.identity_token.expose_secret().is_empty();
        let (username, password) = match split(&decoded) {
            Err(EntryFault::NoColon) if decoded.is_empty() && self.has_more_than_auth() => {
                return Err(EntryFault::WithoutAuth);
            }
            Err(EntryFault::NoColon) if decoded.is_empty() => return Err(EntryFault::Empty),
            parts => parts?,
        };
        if has_token {
            return Ok(Credential::IdentityToken {
                username,
                token: self.identity_token.clone(),
            });
        }
        let password = SecretString::from(password.expose_secret().trim_matches('\0'));
        match (username.is_empty(), password.expose_secret().is_empty()) {
            (false, false) => Ok(Credential::Password { username, password }),
            (true, _) => Err(EntryFault::EmptyUsername),
            (false, true) => Err(EntryFault::EmptyPassword),
        }
    }

    /// A credential stands in another field.
    fn has_more_than_auth(&self) -> bool {
        let secrets = [&self.password, &self.identity_token, &self.registry_token];
        !self.username.is_empty()
            || secrets
                .iter()
                .any(|secret| !secret.expose_secret().is_empty())
    }

    fn held(&self) -> Result<Credential, EntryFault> {
        let login = self.username_and_password();
        if !self.identity_token.expose_secret().is_empty() {
            let username = match login {
                Ok((username, _)) if !username.is_empty() => username,
                _ => TOKEN_USERNAME.to_owned(),
            };
            return Ok(Credential::IdentityToken {
                username,
                token: self.identity_token.clone(),
            });
        }
        match self.for_kubelet() {
            Err(EntryFault::Empty | EntryFault::EmptyPassword | EntryFault::EmptyUsername)
                if !self.registry_token.expose_secret().is_empty() =>
            {
                Ok(Credential::RegistryToken(self.registry_token.clone()))
            }
            credential => credential,
        }
    }

    /// `auth` if there is one, else the two fields.
    fn username_and_password(&self) -> Result<(String, SecretString), EntryFault> {
        if self.auth.expose_secret().is_empty() {
            Ok((self.username.clone(), self.password.clone()))
        } else {
            split(&self.decode(Padding::Optional)?)
        }
    }

    fn decode(&self, padding: Padding) -> Result<Vec<u8>, EntryFault> {
        let auth = self.auth.expose_secret();
        let mode = match padding {
            Padding::Optional if !auth.trim().ends_with('=') => DecodePaddingMode::RequireNone,
            _ => DecodePaddingMode::RequireCanonical,
        };
        let config = GeneralPurposeConfig::new()
            .with_decode_padding_mode(mode)
            .with_decode_allow_trailing_bits(true);
        // Go's decoder passes over line ends wherever they stand, and over nothing else.
        let text: Vec<u8> = auth
            .bytes()
            .filter(|byte| !matches!(byte, b'\n' | b'\r'))
            .collect();
        GeneralPurpose::new(&alphabet::STANDARD, config)
            .decode(text)
            .map_err(|_| EntryFault::NotBase64)
    }
}

/// User name and password at the first colon.
fn split(decoded: &[u8]) -> Result<(String, SecretString), EntryFault> {
    let colon = decoded
        .iter()
        .position(|&byte| byte == b':')
        .ok_or(EntryFault::NoColon)?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| EntryFault::NotUtf8);
    Ok((
        text(&decoded[..colon])?,
        text(&decoded[colon + 1..])?.into(),
    ))
}

fn same_credential(a: &Credential, b: &Credential) -> bool {
    let same = |a: &SecretString, b: &SecretString| a.expose_secret() == b.expose_secret();
    match (a, b) {
        (
            Credential::Password { username, password },
            Credential::Password {
                username: other,
                password: theirs,
            },
        ) => username == other && same(password, theirs),
        (
            Credential::IdentityToken { username, token },
            Credential::IdentityToken {
                username: other,
                token: theirs,
            },
        ) => username == other && same(token, theirs),
        (Credential::RegistryToken(token), Credential::RegistryToken(theirs)) => {
            same(token, theirs)
        }
        _ => false,
    }
}

/// The entry's object with this credential in place of the old one, all other fields kept.
pub(super) fn write(mut object: Map<String, Value>, credential: &Credential) -> Map<String, Value> {
    object.retain(|name, _| {
        name.eq_ignore_ascii_case("email")
            || !FIELDS.iter().any(|known| name.eq_ignore_ascii_case(known))
    });
    let auth = |username: &str, password: &str| {
        let text = format!("{username}:{password}");
        Value::String(base64::engine::general_purpose::STANDARD.encode(text))
    };
    let text = |secret: &SecretString| Value::String(secret.expose_secret().to_owned());
    match credential {
        Credential::Password { username, password } => {
            object.insert("auth".into(), auth(username, password.expose_secret()));
        }
        Credential::IdentityToken { username, token } => {
            // containers/image looks at the token only where `auth` decodes.
            object.insert("auth".into(), auth(username, ""));
            object.insert("identitytoken".into(), text(token));
        }
        Credential::RegistryToken(token) => {
            object.insert("registrytoken".into(), text(token));
        }
    }
    object
}
