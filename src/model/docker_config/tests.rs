use base64::Engine as _;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::*;

fn parse(text: &str) -> DockerConfig {
    DockerConfig::parse(text.as_bytes(), Format::ConfigJson).unwrap()
}

/// A config of one entry with these fields.
fn one(entry: &Value) -> DockerConfig {
    parse(&json!({"auths": {"quay.io": entry}}).to_string())
}

fn base64(text: impl AsRef<[u8]>) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// A credential as `user:password`, `<identity> user:token`, `<registry> token`; a fault as itself.
fn show(credential: &Result<Credential, EntryFault>) -> Result<String, EntryFault> {
    credential
        .as_ref()
        .map_err(Clone::clone)
        .map(|credential| match credential {
            Credential::Password { username, password } => {
                format!("{username}:{}", password.expose_secret())
            }
            Credential::IdentityToken { username, token } => {
                format!("<identity> {username}:{}", token.expose_secret())
            }
            Credential::RegistryToken(token) => format!("<registry> {}", token.expose_secret()),
        })
}

/// The three readings: kubelet, containers/image, whatever is held.
fn readings(entry: &Value) -> [Result<String, EntryFault>; 3] {
    let config = one(entry);
    let entry = &config.entries()[0];
    [
        show(&entry.credential),
        show(&entry.for_auth_file()),
        show(&entry.held()),
    ]
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "reads as the results that it is compared with"
)]
fn ok(text: &str) -> Result<String, EntryFault> {
    Ok(text.to_owned())
}

#[test]
fn each_reader_makes_its_own_of_an_entry() {
    use EntryFault as F;
    let wrong: Vec<_> = [
        (
            json!({"auth": base64("u:p")}),
            [ok("u:p"), ok("u:p"), ok("u:p")],
        ),
        (
            json!({"auth": base64("u:p:q")}),
            [ok("u:p:q"), ok("u:p:q"), ok("u:p:q")],
        ),
        // No padding, line ends inside: the kubelet takes both, containers/image only the latter.
        (
            json!({"auth": "dTpwcA"}),
            [ok("u:pp"), Err(F::NotBase64), ok("u:pp")],
        ),
        (
            json!({"auth": "dTpw\ncA==\r\n"}),
            [ok("u:pp"), ok("u:pp"), ok("u:pp")],
        ),
        (
            json!({"auth": " dTpw"}),
            [Err(F::NotBase64), Err(F::NotBase64), Err(F::NotBase64)],
        ),
        // Bits that a strict decoder would refuse.
        (
            json!({"auth": "dTpwcB=="}),
            [ok("u:pp"), ok("u:pp"), ok("u:pp")],
        ),
        // The fields, and `auth` over them.
        (
            json!({"username": "u", "password": "p"}),
            [ok("u:p"), Err(F::WithoutAuth), ok("u:p")],
        ),
        (
            json!({"username": "x", "password": "y", "auth": base64("u:p")}),
            [ok("u:p"), ok("u:p"), ok("u:p")],
        ),
        (
            json!({"username": "u", "password": "p", "auth": ""}),
            [ok("u:p"), Err(F::WithoutAuth), ok("u:p")],
        ),
        // Go takes names in any case, and null for nothing.
        (
            json!({"AUTH": base64("u:p"), "Username": null}),
            [ok("u:p"), ok("u:p"), ok("u:p")],
        ),
        // Tokens.
        (
            json!({"identitytoken": "t", "auth": base64("u:")}),
            [
                Err(F::OnlyIdentityToken),
                ok("<identity> u:t"),
                ok("<identity> u:t"),
            ],
        ),
        (
            json!({"identitytoken": "t", "auth": base64("u:p")}),
            [ok("u:p"), ok("<identity> u:t"), ok("<identity> u:t")],
        ),
        (
            json!({"identitytoken": "t"}),
            [
                Err(F::OnlyIdentityToken),
                Err(F::WithoutAuth),
                ok("<identity> <token>:t"),
            ],
        ),
        (
            json!({"registrytoken": "t"}),
            [Err(F::Empty), Err(F::WithoutAuth), ok("<registry> t")],
        ),
        (
            json!({"registrytoken": "t", "auth": base64("u:p")}),
            [ok("u:p"), ok("u:p"), ok("u:p")],
        ),
        // NUL characters around a password are containers/image's to strip.
        (
            json!({"auth": base64("u:p\0")}),
            [ok("u:p\0"), ok("u:p"), ok("u:p\0")],
        ),
        // Faults.
        (
            json!({"auth": "%%%"}),
            [Err(F::NotBase64), Err(F::NotBase64), Err(F::NotBase64)],
        ),
        (
            json!({"auth": base64("user")}),
            [Err(F::NoColon), Err(F::NoColon), Err(F::NoColon)],
        ),
        (
            json!({"auth": base64([b'u', b':', 0xff])}),
            [Err(F::NotUtf8), Err(F::NotUtf8), Err(F::NotUtf8)],
        ),
        (
            json!({"auth": base64(":p")}),
            [
                Err(F::EmptyUsername),
                Err(F::EmptyUsername),
                Err(F::EmptyUsername),
            ],
        ),
        (
            json!({"auth": base64("u:")}),
            [
                Err(F::EmptyPassword),
                Err(F::EmptyPassword),
                Err(F::EmptyPassword),
            ],
        ),
        (
            json!({"auth": base64(":")}),
            [
                Err(F::EmptyUsername),
                Err(F::EmptyUsername),
                Err(F::EmptyUsername),
            ],
        ),
        (json!({}), [Err(F::Empty), Err(F::Empty), Err(F::Empty)]),
        (json!(null), [Err(F::Empty), Err(F::Empty), Err(F::Empty)]),
        (
            json!({"email": "a@b"}),
            [Err(F::Empty), Err(F::Empty), Err(F::Empty)],
        ),
        (
            json!("dTpw"),
            [
                Err(F::NotAnObject),
                Err(F::NotAnObject),
                Err(F::NotAnObject),
            ],
        ),
        (
            json!({"auth": 5}),
            [
                Err(F::NotText { field: "auth" }),
                Err(F::NotText { field: "auth" }),
                Err(F::NotText { field: "auth" }),
            ],
        ),
    ]
    .into_iter()
    .filter_map(|(entry, expected)| {
        let found = readings(&entry);
        (found != expected).then_some((entry, found))
    })
    .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_faults_that_break_a_whole_keyring_are_those_that_go_fails_on() {
    let breaks = |entry: Value| {
        let config = one(&entry);
        let fault = config.entries()[0].credential.as_ref().unwrap_err();
        fault.breaks_whole_keyring()
    };
    assert!(breaks(json!({"auth": "%%%"})));
    assert!(breaks(json!({"auth": base64("user")})));
    assert!(breaks(json!({"auth": ["x"]})));
    assert!(breaks(json!("dTpw")));
    assert!(!breaks(json!(null)));
    assert!(!breaks(json!({"auth": base64(":")})));
    assert!(!breaks(json!({"identitytoken": "t"})));
}

#[test]
fn both_formats_and_what_tells_them_apart() {
    let entry = json!({"auth": base64("u:p")});
    let modern = json!({"auths": {"quay.io": entry}}).to_string();
    let legacy = json!({"quay.io": entry}).to_string();
    let read = |text: &str, format| DockerConfig::parse(text.as_bytes(), format).unwrap();
    let any = |text: &str| DockerConfig::parse_any(text.as_bytes()).unwrap();

    assert_eq!(any(&modern).format(), Format::ConfigJson);
    assert_eq!(any(&legacy).format(), Format::DockerCfg);
    for text in [
        "{}",
        r#"{"Auths": {}}"#,
        r#"{"credsStore": "x", "quay.io": {"auth": ""}}"#,
        r#"{"HttpHeaders": {"User-Agent": "x"}}"#,
    ] {
        assert_eq!(any(text).format(), Format::ConfigJson, "{text}");
    }
    for config in [any(&modern), any(&legacy)] {
        assert_eq!(config.entries().len(), 1);
        assert_eq!(config.remarks(), []);
    }
    let swapped = read(&legacy, Format::ConfigJson);
    assert!(swapped.entries().is_empty());
    assert_eq!(
        swapped.remarks(),
        [Remark::WrongFormat {
            expected: Format::ConfigJson
        }]
    );
    let swapped = read(&modern, Format::DockerCfg);
    assert_eq!(swapped.entries()[0].key, "auths");
    assert_eq!(
        swapped.remarks(),
        [Remark::WrongFormat {
            expected: Format::DockerCfg
        }]
    );
}

#[test]
fn what_is_no_docker_config() {
    let error = |text: &str| DockerConfig::parse(text.as_bytes(), Format::ConfigJson).unwrap_err();
    assert_eq!(error("[]"), ConfigError::NotAnObject);
    assert_eq!(error(r#"{"auths": []}"#), ConfigError::AuthsNotAnObject);
    assert!(parse(r#"{"auths": null}"#).entries().is_empty());
    let broken = error(r#"{"auths": {"quay.io": {"auth": "s3cret}}"#);
    assert!(matches!(&broken, ConfigError::NotJson(text) if !text.contains("s3cret")));
    assert!(matches!(error(""), ConfigError::NotJson(_)));
}

#[test]
fn remarks_on_helpers_line_ends_and_disagreement() {
    let config = parse(
        &json!({
            "auths": {
                "quay.io": {"auth": base64("u:p\n")},
                "ghcr.io": {"auth": base64("u:p"), "username": "other"},
                "gcr.io": {"auth": base64("u:p"), "username": "u", "password": "p"},
            },
            "credsStore": "desktop",
            "credHelpers": {"a.example.com": "ecr-login", "b.example.com": "desktop"},
        })
        .to_string(),
    );
    let helper = |name: &str| Remark::CredentialHelper {
        name: name.to_owned(),
    };
    assert_eq!(
        config.remarks(),
        [
            helper("desktop"),
            helper("ecr-login"),
            Remark::TrailingNewline {
                key: "quay.io".to_owned()
            },
            Remark::Disagreement {
                key: "ghcr.io".to_owned()
            },
        ]
    );
    assert_eq!(config.creds_store(), Some("desktop"));
    assert_eq!(
        config.cred_helpers()[0],
        ("a.example.com".to_owned(), "ecr-login".to_owned())
    );
}

fn password(username: &str, password: &str) -> Credential {
    Credential::Password {
        username: username.to_owned(),
        password: password.into(),
    }
}

#[test]
fn setting_an_entry_keeps_the_order_and_every_unknown_field() {
    let mut config = parse(
        r#"{"x":1,"auths":{"b":{"auth":"dTpw"},"a":{"email":"e","password":"old","note":[1],"identitytoken":"t"},"c":5},"HttpHeaders":{"k":"v"}}"#,
    );
    config.set("a", &password("u", "new"));
    config.set("d", &password("u", "d"));
    assert_eq!(
        config.to_json().expose_secret(),
        &format!(
            r#"{{"x":1,"auths":{{"b":{{"auth":"dTpw"}},"a":{{"email":"e","note":[1],"auth":"{}"}},"c":5,"d":{{"auth":"{}"}}}},"HttpHeaders":{{"k":"v"}}}}"#,
            base64("u:new"),
            base64("u:d"),
        )
    );
    let keys: Vec<_> = config
        .entries()
        .iter()
        .map(|entry| entry.key.as_str())
        .collect();
    assert_eq!(keys, ["b", "a", "c", "d"]);
    assert!(config.remove("b"));
    assert!(!config.remove("b"));
    assert!(!config.remove("x"), "a field of the root is no entry");
    assert!(
        config
            .to_json()
            .expose_secret()
            .starts_with(r#"{"x":1,"auths":{"a""#)
    );
}

#[test]
fn a_config_of_one_entry_in_both_formats() {
    for (format, text) in [
        (
            Format::ConfigJson,
            r#"{"auths":{"quay.io":{"auth":"dTpw"}}}"#,
        ),
        (Format::DockerCfg, r#"{"quay.io":{"auth":"dTpw"}}"#),
    ] {
        let config = DockerConfig::single(format, "quay.io", &password("u", "p"));
        assert_eq!(config.to_json().expose_secret(), text);
        assert_eq!(show(&config.entries()[0].credential), ok("u:p"));
    }
    let token = Credential::IdentityToken {
        username: "u".to_owned(),
        token: "t".into(),
    };
    let config = DockerConfig::single(Format::ConfigJson, "quay.io", &token);
    assert_eq!(
        show(&config.entries()[0].for_auth_file()),
        ok("<identity> u:t")
    );
    let token = Credential::RegistryToken("t".into());
    let config = DockerConfig::single(Format::ConfigJson, "quay.io", &token);
    assert_eq!(show(&config.entries()[0].held()), ok("<registry> t"));
}

#[test]
fn the_same_credentials_in_another_spelling() {
    let a =
        parse(&json!({"auths": {"x": {"auth": base64("u:p")}, "y": {"auth": "%"}}}).to_string());
    let b = DockerConfig::parse(
        json!({"y": {"auth": "%"}, "x": {"auth": base64("u:p"), "email": "e"}})
            .to_string()
            .as_bytes(),
        Format::DockerCfg,
    )
    .unwrap();
    assert!(a.same_credentials(&b) && b.same_credentials(&a));
    let mut c = a.clone();
    c.set("x", &password("u", "other"));
    assert!(!a.same_credentials(&c));
    let mut d = a.clone();
    d.set("z", &password("u", "p"));
    assert!(!a.same_credentials(&d) && !d.same_credentials(&a));
}

#[test]
fn debug_shows_no_secret() {
    let config = parse(
        &json!({
            "auths": {
                "quay.io": {"auth": base64("u:s3cret")},
                "https://me:s3cret@ghcr.io": {"identitytoken": "s3cret", "registrytoken": "s3cret", "password": "s3cret"},
            },
            "token": "s3cret",
        })
        .to_string(),
    );
    let shown = format!("{config:?}");
    assert!(shown.contains("quay.io") && shown.contains("ghcr.io"));
    assert!(
        !shown.contains("s3cret") && !shown.contains(&base64("u:s3cret")),
        "{shown}"
    );
}
