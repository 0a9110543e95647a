//! Pull secrets as the kubelet and the importer read them.
//!
//! Source: Kubernetes `pkg/credentialprovider/secrets/secrets.go` `MakeDockerKeyring` (one secret that cannot be read
//! fails all) and `pkg/credentialprovider/config.go`. The keyring itself is the literal transcription that the tests of
//! the matchers use.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::Value;

use super::keyring::BasicDockerKeyring;

/// A login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Login {
    /// The header's value.
    pub(crate) fn basic(&self) -> String {
        let pair = format!("{}:{}", self.user, self.password);
        format!("Basic {}", STANDARD.encode(pair))
    }
}

pub(super) type Entries = Vec<(String, Login)>;

/// The logins for an image, in the order of the keyring: those of the secrets, then the node's. The error is Go's.
pub(crate) fn logins(
    secrets: &[Value],
    node: Option<&Value>,
    image: &str,
) -> Result<Vec<Login>, String> {
    let mut found = matching(secrets, image)?;
    if let Some(node) = node {
        // The nodes' own file is passed over when it cannot be read.
        found.extend(matching(std::slice::from_ref(node), image).unwrap_or_default());
    }
    Ok(found)
}

/// Whether a secret of a docker type has a login for an image. One that cannot be read has none (openshift-apiserver and
/// openshift-controller-manager `FindDockerSecretAsReference`).
pub(crate) fn has_login(secret: &Value, image: &str) -> bool {
    matching(std::slice::from_ref(secret), image).is_ok_and(|found| !found.is_empty())
}

fn matching(secrets: &[Value], image: &str) -> Result<Vec<Login>, String> {
    let mut keyring = BasicDockerKeyring::default();
    let mut all: Vec<Entries> = Vec::new();
    for secret in secrets {
        let Some(entries) = entries(secret)? else {
            continue;
        };
        let keys: Vec<String> = entries.iter().map(|(key, _)| key.clone()).collect();
        keyring.add(all.len(), &keys);
        all.push(entries);
    }
    let found = keyring.lookup(image).into_iter();
    Ok(found
        .filter_map(|(config, entry)| Some(all.get(config)?.get(entry)?.1.clone()))
        .collect())
}

/// The entries of a secret of one of the two types; nothing for others.
fn entries(secret: &Value) -> Result<Option<Entries>, String> {
    let data = |key: &str| {
        let text = secret["data"][key].as_str()?;
        STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty())
    };
    let (bytes, wrapped) = match secret["type"].as_str() {
        Some("kubernetes.io/dockerconfigjson") => (data(".dockerconfigjson"), true),
        Some("kubernetes.io/dockercfg") => (data(".dockercfg"), false),
        _ => (None, false),
    };
    let Some(bytes) = bytes else {
        return Ok(None);
    };
    let document: Value = serde_json::from_slice(&bytes).map_err(|_| go_json_error(&bytes))?;
    let config = if wrapped {
        &document["auths"]
    } else {
        &document
    };
    let mut entries = Entries::new();
    for (key, entry) in config.as_object().into_iter().flatten() {
        entries.push((key.clone(), login(entry)?));
    }
    Ok(Some(entries))
}

/// The entries of a secret as the builder finds them: whatever its type, by the names of its files, the first that is there.
/// Nothing when it has none of them; the error is why the builder goes on without.
///
/// Source: openshift/builder `pkg/build/builder/cmd/dockercfg/cfg.go` `GetDockerConfig`.
pub(super) fn entries_of_files(secret: &Value) -> Result<Entries, String> {
    for (file, wrapped) in [
        ("config.json", true),
        (".dockerconfigjson", true),
        (".dockercfg", false),
    ] {
        let Some(text) = secret["data"][file].as_str() else {
            continue;
        };
        let bytes = STANDARD.decode(text).unwrap_or_default();
        let document: Value = serde_json::from_slice(&bytes).map_err(|_| go_json_error(&bytes))?;
        let config = if wrapped {
            &document["auths"]
        } else {
            &document
        };
        let entries = config.as_object().into_iter().flatten();
        return entries
            .map(|(key, entry)| Ok((key.clone(), login(entry)?)))
            .collect();
    }
    Ok(Entries::new())
}

/// `auth` wins over the two fields (`DockerConfigEntry.UnmarshalJSON`).
fn login(entry: &Value) -> Result<Login, String> {
    let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    let auth = text("auth");
    if auth.is_empty() {
        return Ok(Login {
            user: text("username"),
            password: text("password"),
        });
    }
    let trimmed = auth.trim();
    let decoded = if trimmed.ends_with('=') {
        STANDARD.decode(trimmed)
    } else {
        STANDARD_NO_PAD.decode(trimmed)
    };
    let decoded = decoded.map_err(|_| {
        format!(
            "illegal base64 data at input byte {}",
            first_bad_byte(trimmed)
        )
    })?;
    let decoded = String::from_utf8_lossy(&decoded).into_owned();
    let (user, password) = decoded
        .split_once(':')
        .ok_or("unable to parse auth field, must be formatted as base64(username:password)")?;
    Ok(Login {
        user: user.to_owned(),
        password: password.to_owned(),
    })
}

/// Where Go's decoder stops: at the first byte that is none of the alphabet, or where the last group began.
fn first_bad_byte(text: &str) -> usize {
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let content = text.trim_end_matches('=');
    content
        .bytes()
        .position(|byte| !alphabet(byte))
        .unwrap_or(content.len() / 4 * 4)
}

fn go_json_error(bytes: &[u8]) -> String {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') | None => "unexpected end of JSON input".to_owned(),
        Some(byte) => format!(
            "invalid character '{}' looking for beginning of value",
            char::from(*byte)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::make;

    const IMAGE: &str = "r.example.com/team/app";

    #[test]
    fn the_most_specific_key_comes_first_and_the_node_last() {
        let secrets = [
            make::docker_secret("n", "a", "r.example.com", "wide", "1"),
            make::dockercfg_secret("n", "b", "r.example.com/team", "narrow", "2"),
            make::docker_secret("n", "c", "other.example.com", "other", "3"),
        ];
        let node = make::docker_secret("n", "node", "r.example.com", "node", "4");
        let users: Vec<String> = logins(&secrets, Some(&node), IMAGE)
            .unwrap()
            .into_iter()
            .map(|login| login.user)
            .collect();
        assert_eq!(users, ["narrow", "wide", "node"]);
    }

    #[test]
    fn one_malformed_secret_fails_all() {
        let config = |auth: &str| {
            let text = format!(r#"{{"auths":{{"elsewhere.example.com":{{"auth":"{auth}"}}}}}}"#);
            make::docker_config_secret("n", "bad", &text)
        };
        let good = make::docker_secret("n", "a", "r.example.com", "u", "p");
        for (bad, words) in [
            (config("!!!!"), "illegal base64 data at input byte 0"),
            (
                config("bm8tY29sb24="),
                "unable to parse auth field, must be formatted as base64(username:password)",
            ),
            (
                make::docker_config_secret("n", "bad", "nonsense"),
                "invalid character 'n' looking for beginning of value",
            ),
        ] {
            assert_eq!(
                logins(&[good.clone(), bad], None, IMAGE),
                Err(words.to_owned())
            );
        }
    }
}
