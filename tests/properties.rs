//! What must hold for every input: the matchers agree with their originals, parsers give back what they were given, and
//! nothing is lost when a docker config is read, changed and written.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod originals;

use std::collections::BTreeSet;

use extreg::model::challenge::{self, Challenge};
use extreg::model::credential::Credential;
use extreg::model::docker_config::{DockerConfig, Format};
use extreg::model::endpoint::{Endpoint, RegistryArgument};
use extreg::model::image::ImageReference;
use extreg::model::platform::Platform;
use extreg::model::{auth_file, keyring};
use proptest::prelude::*;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use originals::{containers_image, kubelet};

// Keys and names from a small vocabulary, so that they meet often.

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(vec![
            "registry.example.com", "Registry.example.com", "other.example.com", "example.com", "localhost",
            "docker.io", "index.docker.io", "registry-1.docker.io", "[::1]", "[fe80::1%25en0]", "registry",
        ]).prop_map(str::to_owned),
        3 => prop::sample::select(vec![
            "*.example.com", "*", "*.*.*", "reg*.example.com", "*try.example.com", "r*g*y.example.com", "*.io",
            "[a-r]egistry.example.com", "regist[^a]y.example.com", "registr[a-.example.com", "regis%74ry.example.com",
            "%C3%A9.example.com", "re gistry.example.com", "registry..example.com", "",
        ]).prop_map(str::to_owned),
        1 => "[a-c*.\\[\\]%:-]{0,8}",
    ]
}

fn port() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "", "", ":5000", ":443", ":", ":port", ":05000"])
        .prop_map(str::to_owned)
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(vec![
            "", "/", "/v1", "/v1/", "/v2", "/v2/", "/v2/team", "/team", "/team/", "/tea", "/team/app", "/team/app/",
            "/team/app:1", "/library", "/library/nginx", "/Team", "//team", "/te%61m", "/team?x", "/team#x", "/te%zz",
        ]).prop_map(str::to_owned),
        1 => "(/[a-b]{1,2}){1,3}",
    ]
}

fn key() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(vec![
        "",
        "",
        "",
        "https://",
        "http://",
        "HTTPS://",
        "https://http://",
    ]);
    let user = prop::sample::select(vec!["", "", "", "", "", "user:p@", "us er@", "a%zz@"]);
    prop_oneof![
        10 => (scheme, user, host(), port(), path())
            .prop_map(|(scheme, user, host, port, path)| format!("{scheme}{user}{host}{port}{path}")),
        1 => "\\PC{0,12}",
    ]
}

fn name() -> impl Strategy<Value = String> {
    let registry = prop::sample::select(vec![
        "registry.example.com",
        "registry.example.com:5000",
        "docker.io",
        "index.docker.io",
        "localhost",
        "localhost:5000",
        "[::1]:5000",
        "registry:5000",
        "example.com",
    ]);
    let repository = prop::sample::select(vec![
        "team/app",
        "team",
        "library/nginx",
        "team/app/sub",
        "teams",
        "a/b",
    ]);
    prop_oneof![
        10 => (registry, repository).prop_map(|(registry, repository)| format!("{registry}/{repository}")),
        1 => "\\PC{0,12}",
    ]
}

/// Several secrets' keys. Equal keys inside one would be one entry.
fn configs() -> impl Strategy<Value = Vec<Vec<String>>> {
    let one = prop::collection::vec(key(), 0..6).prop_map(|keys| {
        let mut seen = BTreeSet::new();
        keys.into_iter()
            .filter(|key| seen.insert(key.clone()))
            .collect::<Vec<_>>()
    });
    prop::collection::vec(one, 0..4)
}

fn config(keys: &[String], format: Format) -> DockerConfig {
    let auths: serde_json::Map<_, _> = keys
        .iter()
        .map(|key| (key.clone(), json!({"auth": "dTpw"})))
        .collect();
    let root = match format {
        Format::ConfigJson => json!({ "auths": auths }),
        Format::DockerCfg => Value::Object(auths),
    };
    DockerConfig::parse(root.to_string().as_bytes(), format).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_kubelet_s_matcher_is_the_original(configs in configs(), name in name()) {
        let mut original = kubelet::BasicDockerKeyring::default();
        for (number, keys) in configs.iter().enumerate() {
            original.add(number, keys);
        }
        let parsed: Vec<_> = configs.iter().map(|keys| config(keys, Format::ConfigJson)).collect();
        let found: Vec<_> = keyring::lookup(&parsed.iter().collect::<Vec<_>>(), &name)
            .into_iter()
            .map(|at| (at.config, at.entry))
            .collect();
        prop_assert_eq!(found, original.lookup(&name));
    }

    #[test]
    fn one_key_matches_when_a_look_up_in_it_finds_it(key in key(), name in name()) {
        let keys = [key.clone()];
        let mut original = kubelet::BasicDockerKeyring::default();
        original.add(0, &keys);
        prop_assert_eq!(keyring::key_matches(&key, &name), !original.lookup(&name).is_empty());
        prop_assert_eq!(
            auth_file::key_matches(&key, &name),
            containers_image::find_credentials_in_file(&name, &keys, false).is_some()
        );
        // A key that matches has no reason not to.
        prop_assert!(!(keyring::key_matches(&key, &name) && keyring::near_miss(&key, &name).is_some()));
        prop_assert!(!(auth_file::key_matches(&key, &name) && auth_file::near_miss(&key, &name).is_some()));
    }

    #[test]
    fn the_glob_is_the_original_s(pattern in "[ab*?\\[\\]^\\\\-]{0,8}", label in "[ab-]{0,5}") {
        // Through the matcher: what cannot stand in a host cannot be asked.
        let key = format!("{pattern}.example.com");
        let name = format!("{label}.example.com/app");
        let mut original = kubelet::BasicDockerKeyring::default();
        original.add(0, std::slice::from_ref(&key));
        prop_assert_eq!(keyring::key_matches(&key, &name), !original.lookup(&name).is_empty());
    }

    #[test]
    fn containers_image_s_matcher_is_the_original(configs in configs(), name in name(), legacy: bool) {
        let format = if legacy { Format::DockerCfg } else { Format::ConfigJson };
        let parsed: Vec<_> = configs.iter().map(|keys| config(keys, format)).collect();
        let found = auth_file::lookup(&parsed.iter().collect::<Vec<_>>(), &name).map(|at| (at.config, at.entry));
        let original = configs.iter().enumerate().find_map(|(number, keys)| {
            Some((number, containers_image::find_credentials_in_file(&name, keys, legacy)?))
        });
        prop_assert_eq!(found, original);
    }
}

// References

fn reference() -> impl Strategy<Value = String> {
    let component = "[a-z0-9]{1,3}((\\.|_|__|-{1,3})[a-z0-9]{1,2}){0,2}";
    let registry = prop_oneof![
        Just(String::new()),
        "[a-z]{1,4}\\.[A-Za-z]{2,3}/",
        "[a-z]{1,4}(\\.[a-z]{2,3})?:[1-9][0-9]{0,3}/",
        "localhost(:5000)?/",
        "\\[[0-9a-f]{1,4}::[0-9a-f]{1,4}\\](:5000)?/",
        Just("docker.io/".to_owned()),
        Just("index.docker.io/".to_owned()),
    ];
    let tag = prop_oneof![Just(String::new()), ":[A-Za-z0-9_][A-Za-z0-9_.-]{0,5}"];
    let digest = prop_oneof![
        Just(String::new()),
        "@sha256:[0-9a-f]{64}",
        "@sha512:[0-9a-f]{128}"
    ];
    (
        registry,
        prop::collection::vec(component, 1..4),
        tag,
        digest,
    )
        .prop_map(|(registry, components, tag, digest)| {
            format!("{registry}{}{tag}{digest}", components.join("/"))
        })
}

/// Whether this crate refuses on purpose what the grammar takes.
fn is_stricter_about(text: &str) -> bool {
    let head = text.split('@').next().unwrap_or_default();
    let first = head.split('/').next().unwrap_or_default();
    let bare_registry =
        !text.contains(['/', '@']) && (text.contains('.') || text.starts_with("localhost"));
    let upper_case = !first.contains(['.', ':']) && first.chars().any(|c| c.is_ascii_uppercase());
    let port = first.rsplit_once(':').is_some_and(|(_, port)| {
        head.contains('/') && !port.parse::<u16>().is_ok_and(|port| port != 0)
    });
    let odd_host = head.contains('/') && first.contains(['.', ':']) && first.contains('_');
    // `docker.io` gets its `library/` before the length is measured.
    bare_registry || upper_case || port || odd_host || text.len() > 240
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_reference_s_canonical_form_is_the_same_reference(text in reference()) {
        let Ok(parsed) = ImageReference::parse(&text) else {
            prop_assert!(is_stricter_about(&text), "{} was refused", text);
            return Ok(());
        };
        let canonical = parsed.to_string();
        let again = ImageReference::parse(&canonical).unwrap();
        prop_assert_eq!(again.to_string(), canonical);
        prop_assert_eq!(again.name(), parsed.name());
        prop_assert_eq!(again.selector(), parsed.selector());
        prop_assert!(again.names_registry());
        // Its registry is an endpoint, and keeps its name as one.
        prop_assert_eq!(Endpoint::of_registry(parsed.registry()).name(), parsed.registry());
    }

    /// `oci_distribution::Reference` is the same grammar, written by others, without IPv6.
    #[test]
    fn references_agree_with_another_parser(text in prop_oneof![reference(), "[a-zA-Z0-9._:/@-]{0,20}"]) {
        let theirs: Result<oci_distribution::Reference, _> = text.parse();
        match (ImageReference::parse(&text), theirs) {
            (Ok(ours), Ok(theirs)) => {
                prop_assert_eq!(ours.registry(), theirs.registry());
                prop_assert_eq!(ours.repository(), theirs.repository());
                prop_assert_eq!(ours.digest(), theirs.digest());
                prop_assert_eq!(ours.tag().or(ours.digest().is_none().then_some("latest")), theirs.tag());
            }
            (Ok(_), Err(_)) => prop_assert!(text.starts_with('['), "{} was taken", text),
            (Err(_), Ok(_)) => prop_assert!(is_stricter_about(&text), "{} was refused", text),
            (Err(_), Err(_)) => {}
        }
    }

    #[test]
    fn a_suggestion_parses(text in prop_oneof!["\\PC{0,24}", "(https?://)?[a-zA-Z0-9._:/@ ?-]{0,24}"]) {
        if let Err(error) = ImageReference::parse(&text) && let Some(suggestion) = error.suggestion {
            prop_assert!(ImageReference::parse(&suggestion).is_ok(), "{}", suggestion);
        }
        if let Err(error) = RegistryArgument::parse(&text) && let Some(suggestion) = error.suggestion {
            prop_assert!(RegistryArgument::parse(&suggestion).is_ok(), "{}", suggestion);
        }
    }

    #[test]
    fn a_registry_argument_s_text_is_the_same_argument_and_its_key_serves_it(text in
        "(https?://)?[a-zA-Z]{1,3}\\.(io|Com)(:(443|80|5000))?(/v[12]/?)?(/[a-z]{1,3}){0,2}/?")
    {
        let argument = RegistryArgument::parse(&text).unwrap();
        let again = RegistryArgument::parse(&argument.to_string()).unwrap();
        prop_assert_eq!(&again.endpoint, &argument.endpoint);
        prop_assert_eq!(&again.path, &argument.path);
        let name = format!("{argument}/app");
        prop_assert!(keyring::key_matches(&argument.key(), &name));
        prop_assert!(auth_file::key_matches(&argument.key(), &name));
    }

    #[test]
    fn a_password_in_front_of_a_host_is_never_shown(
        password in "[a-zA-Z0-9!$&*()_+=,.;~:/-]{6,12}",
        user in "[a-zA-Z0-9/]{1,5}",
        scheme in prop::sample::select(vec!["", "https://", "http://"]),
        rest in prop::sample::select(vec!["quay.io", "quay.io/org/app", "host:5000/app:1"]),
    ) {
        let text = format!("{scheme}{user}:{password}@{rest}");
        let reference = ImageReference::parse(&text).unwrap_err();
        let argument = RegistryArgument::parse(&text).unwrap_err();
        for shown in [format!("{reference} {reference:?}"), format!("{argument} {argument:?}")] {
            prop_assert!(!shown.contains(&password), "{}", shown);
        }
    }

    #[test]
    fn a_platform_s_text_is_the_same_platform(text in "[A-Za-z0-9_]{1,8}/[A-Za-z0-9_]{1,8}(/[a-z0-9]{1,3})?") {
        let platform = Platform::parse(&text).unwrap();
        prop_assert_eq!(&Platform::parse(&platform.to_string()).unwrap(), &platform);
        prop_assert!(platform.accepts(&platform));
    }
}

// Docker configs

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// An entry as tools write them, as people break them, or anything at all.
fn entry() -> impl Strategy<Value = Value> {
    let field = prop::sample::select(vec![
        "auth",
        "Auth",
        "username",
        "password",
        "email",
        "identitytoken",
        "registrytoken",
        "note",
    ])
    .prop_map(str::to_owned);
    let text = prop_oneof![
        Just("dTpw"),
        Just("dTpwcA"),
        Just("dXNlcg=="),
        Just("%"),
        Just(""),
        Just("dTo="),
    ]
    .prop_map(Value::from);
    prop_oneof![
        4 => prop::collection::btree_map(field, prop_oneof![4 => text, 1 => json_value()], 0..4)
            .prop_map(|map| Value::Object(map.into_iter().collect())),
        1 => json_value(),
    ]
}

fn docker_config() -> impl Strategy<Value = (Value, Format)> {
    let entries = prop::collection::hash_map(key(), entry(), 0..5)
        .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>());
    let unknown = prop::collection::btree_map("[a-z]{2,6}", json_value(), 0..3);
    (entries, unknown, any::<bool>()).prop_map(|(entries, unknown, legacy)| {
        if legacy {
            return (Value::Object(entries), Format::DockerCfg);
        }
        let mut root: serde_json::Map<_, _> = unknown.into_iter().collect();
        root.remove("auths");
        root.insert("auths".to_owned(), Value::Object(entries));
        (Value::Object(root), Format::ConfigJson)
    })
}

fn credential() -> impl Strategy<Value = Credential> {
    let text = "\\PC{1,8}";
    prop_oneof![
        ("[^:\\pC]{1,8}", text).prop_map(|(username, password)| Credential::Password {
            username,
            password: password.into(),
        }),
        ("[^:\\pC]{1,8}", text).prop_map(|(username, token)| Credential::IdentityToken {
            username,
            token: token.into(),
        }),
        text.prop_map(|token| Credential::RegistryToken(token.into())),
    ]
}

fn written(config: &DockerConfig) -> Value {
    serde_json::from_str(config.to_json().expose_secret()).unwrap()
}

fn auths(root: &Value, format: Format) -> &serde_json::Map<String, Value> {
    match format {
        Format::ConfigJson => root["auths"].as_object().unwrap(),
        Format::DockerCfg => root.as_object().unwrap(),
    }
}

fn keys(config: &DockerConfig) -> Vec<String> {
    config
        .entries()
        .iter()
        .map(|entry| entry.key.clone())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_and_writing_a_config_changes_nothing((root, format) in docker_config()) {
        let text = root.to_string();
        let config = DockerConfig::parse(text.as_bytes(), format).unwrap();
        let written = config.to_json();
        prop_assert_eq!(written.expose_secret(), &text);
        let order: Vec<_> = auths(&root, format).keys().cloned().collect();
        prop_assert_eq!(keys(&config), order);
        prop_assert!(config.same_credentials(&config.clone()));
    }

    #[test]
    fn an_entry_set_is_there_and_all_else_is_as_before(
        (root, format) in docker_config(), key in key(), credential in credential(),
    ) {
        let before = DockerConfig::parse(root.to_string().as_bytes(), format).unwrap();
        let mut after = before.clone();
        after.set(&key, &credential);

        let single = DockerConfig::single(Format::ConfigJson, &key, &credential);
        let entry = after.entries().iter().find(|entry| entry.key == key).unwrap();
        let held = DockerConfig::single(Format::ConfigJson, &key, &entry.held().unwrap());
        prop_assert!(held.same_credentials(&single));

        let (mut was, mut is) = (root.clone(), written(&after));
        for root in [&mut was, &mut is] {
            match format {
                Format::ConfigJson => root["auths"].as_object_mut().unwrap().shift_remove(&key),
                Format::DockerCfg => root.as_object_mut().unwrap().shift_remove(&key),
            };
        }
        // As text: the order counts.
        prop_assert_eq!(was.to_string(), is.to_string());

        // Reading what was written gives the same entries.
        let again = DockerConfig::parse(after.to_json().expose_secret().as_bytes(), format).unwrap();
        prop_assert!(again.same_credentials(&after));
        prop_assert_eq!(keys(&again), keys(&after));

        // Fields that are no credential stay with their entry.
        let note = |root: &Value| auths(root, format).get(&key).and_then(|entry| entry.get("note").cloned());
        if auths(&root, format).get(&key).is_some_and(Value::is_object) {
            prop_assert_eq!(note(&written(&after)), note(&root));
        }

        prop_assert!(after.remove(&key));
        prop_assert!(!after.remove(&key));
        prop_assert_eq!(written(&after).to_string(), was.to_string());
    }

    #[test]
    fn no_secret_is_in_the_debug_form(password in "[A-Za-z0-9]{12}", key in "[a-z]{1,6}\\.io") {
        let credential = Credential::Password { username: "u".to_owned(), password: password.clone().into() };
        let config = DockerConfig::single(Format::ConfigJson, &key, &credential);
        let auth = written(&config)["auths"][&key]["auth"].as_str().unwrap().to_owned();
        let shown = format!("{config:?} {:?} {credential:?}", config.entries());
        prop_assert!(!shown.contains(&password) && !shown.contains(&auth), "{}", shown);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        for format in [Format::ConfigJson, Format::DockerCfg] {
            if let Ok(config) = DockerConfig::parse(&bytes, format) {
                drop(config.remarks());
            }
        }
    }
}

// Challenges

fn challenges() -> impl Strategy<Value = Vec<Challenge>> {
    let parameter = ("[a-z][a-z_-]{0,6}", "[ -~\u{e9}]{0,12}");
    let one = ("[a-z]{1,8}", prop::collection::vec(parameter, 0..4))
        .prop_map(|(scheme, params)| Challenge { scheme, params });
    prop::collection::vec(one, 0..4)
}

/// As RFC 9110 has it, every value quoted.
fn spelled(challenge: &Challenge) -> String {
    let params: Vec<_> = challenge
        .params
        .iter()
        .map(|(name, value)| {
            format!(
                "{name}=\"{}\"",
                value.replace('\\', "\\\\").replace('"', "\\\"")
            )
        })
        .collect();
    format!("{} {}", challenge.scheme, params.join(", "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn challenges_are_read_as_they_were_written(challenges in challenges()) {
        let spelled: Vec<_> = challenges.iter().map(spelled).collect();
        // Each in a header of its own, and all in one.
        let headers = challenge::parse(spelled.iter().map(String::as_str));
        prop_assert_eq!(&headers, &challenges);
        prop_assert_eq!(&challenge::parse([spelled.join(",").as_str()]), &challenges);
    }

    #[test]
    fn any_text_is_read(texts in prop::collection::vec("[a-zA-Z=,\"\\\\ /+\u{e9}\t-]{0,40}", 0..3)) {
        let challenges = challenge::parse(texts.iter().map(String::as_str));
        let length: usize = texts.iter().map(String::len).sum();
        prop_assert!(challenges.len() <= length);
        for challenge in &challenges {
            prop_assert!(!challenge.scheme.is_empty());
            prop_assert_eq!(challenge.scheme.to_ascii_lowercase(), challenge.scheme.as_str());
        }
        if let Some(chosen) = challenge::preferred(&challenges) {
            prop_assert!(chosen.is_basic() || chosen.param("realm").is_some_and(|realm| !realm.is_empty()));
        }
    }
}
