//! What each fuzz target does with its input: the fuzzers call these, and `tests/fuzz_corpora.rs` replays the corpora
//! through them. Beyond not panicking, each checks what has to hold for any input.

use extreg::model::challenge::{self, Challenge};
use extreg::model::credential::Credential;
use extreg::model::docker_config::{DockerConfig, Format};
use extreg::model::endpoint::{Endpoint, RegistryArgument};
use extreg::model::image::ImageReference;
use extreg::model::message::{self, Symptom};
use extreg::model::{auth_file, keyring, pem as bundle};
use secrecy::ExposeSecret as _;

/// A target's name, which is its corpus's too, and its function.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All targets: each takes bytes of a registry, a user or a cluster.
pub(crate) const TARGETS: &[Target] = &[
    ("challenge", challenge),
    ("docker_config", docker_config),
    ("endpoint", endpoint),
    ("message", message),
    ("pem", pem),
    ("reference", reference),
];

/// Header values, one a line. What was read is read again when it is written by the grammar.
pub(crate) fn challenge(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let challenges = challenge::parse(text.lines());
    let written: Vec<String> = challenges.iter().map(write_challenge).collect();
    assert_eq!(challenge::parse([written.join(", ").as_str()]), challenges);
    if let Some(chosen) = challenge::preferred(&challenges) {
        assert!(chosen.is_bearer() || chosen.is_basic());
    }
}

fn write_challenge(challenge: &Challenge) -> String {
    let params: Vec<String> = challenge
        .params
        .iter()
        .map(|(name, value)| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"");
            format!("{name}=\"{value}\"")
        })
        .collect();
    format!("{} {}", challenge.scheme, params.join(", "))
}

/// A config in each format: writing and reading it again, editing it, and looking images up in it.
pub(crate) fn docker_config(data: &[u8]) {
    drop(DockerConfig::parse_any(data));
    for format in [Format::ConfigJson, Format::DockerCfg] {
        let Ok(config) = DockerConfig::parse(data, format) else {
            continue;
        };
        drop((config.remarks(), format!("{config:?}")));
        let written = config.to_json();
        let again = DockerConfig::parse(written.expose_secret().as_bytes(), format);
        assert!(again.is_ok_and(|again| again.same_credentials(&config)));

        for name in [
            "docker.io/library/nginx",
            "registry.example.com:5000/team/app",
        ] {
            let tried = keyring::lookup(&[&config], name);
            for (number, entry) in config.entries().iter().enumerate() {
                let key = &entry.key;
                // Docker Hub's old key is tried only when nothing else matches.
                let found = tried.iter().any(|found| found.entry == number);
                assert!(!found || keyring::key_matches(key, name));
                assert!(keyring::near_miss(key, name).is_none() || !found);
                assert!(
                    auth_file::near_miss(key, name).is_none() || !auth_file::key_matches(key, name)
                );
            }
            if let Some(found) = auth_file::lookup(&[&config], name)
                && format == Format::ConfigJson
            {
                assert!(auth_file::key_matches(&found.key, name));
            }
        }

        let credential = Credential::Password {
            username: "user".to_owned(),
            password: "password".into(),
        };
        let mut edited = config.clone();
        edited.set("registry.example.com:5000", &credential);
        let others = |config: &DockerConfig| -> Vec<String> {
            let keys = config.entries().iter().map(|entry| entry.key.clone());
            keys.filter(|key| key != "registry.example.com:5000")
                .collect()
        };
        assert_eq!(others(&edited), others(&config));
        assert!(edited.remove("registry.example.com:5000"));
    }
}

/// `link REGISTRY[/PATH]`: what is taken keeps its meaning when it is typed as it was shown, and its key serves its images.
pub(crate) fn endpoint(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match RegistryArgument::parse(&text) {
        Ok(argument) => {
            let shown = argument.to_string();
            let again = RegistryArgument::parse(&shown);
            assert!(again.is_ok_and(|again| {
                again.endpoint == argument.endpoint && again.path == argument.path
            }));
            let name = format!("{shown}/app");
            // The kubelet takes an IPv6 address's brackets for a pattern, unless a port follows.
            let pattern = name.starts_with('[') && argument.endpoint.port().is_none();
            assert!(pattern || keyring::key_matches(&argument.key(), &name));
            assert!(auth_file::key_matches(&argument.key(), &name));
            // An image of it parses, and has this registry.
            let image = ImageReference::parse(&name);
            assert!(
                name.len() > 255
                    || image.is_ok_and(|image| {
                        Endpoint::of_registry(image.registry()) == argument.endpoint
                    })
            );
        }
        Err(error) => {
            drop(error.to_string());
            assert!(
                error
                    .suggestion
                    .is_none_or(|meant| RegistryArgument::parse(&meant).is_ok())
            );
        }
    }
}

/// A pasted text: what is read of it is clean, and does not depend on the white space behind it.
pub(crate) fn message(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let all = message::read_all(&text);
    for found in &all {
        assert!(!found.words.contains(char::is_control));
        assert!(found.symptom != Symptom::Nothing);
        let image = found.image.as_deref().unwrap_or_default();
        assert!(!image.contains(char::is_control));
        for mirror in &found.mirrors {
            assert!(mirror.mirrors.is_empty());
        }
    }
    let first = message::read(&text);
    assert!(all.is_empty() || all.first() == Some(&first));
    let behind = message::read(&format!("{text} \n"));
    assert!(text.len() > 100_000 || behind.symptom == first.symptom);
}

/// An image reference: its canonical form is the same reference; what is offered instead of a bad one parses.
pub(crate) fn reference(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match ImageReference::parse(&text) {
        Ok(reference) => {
            let canonical = reference.to_string();
            let again = ImageReference::parse(&canonical);
            assert!(again.is_ok_and(|again| again.to_string() == canonical));
            let endpoint = Endpoint::of_registry(reference.registry());
            assert!(endpoint.port().is_some() || endpoint.name() == reference.registry());
            let name = reference.name();
            assert!(auth_file::key_matches(&name, &name));
            // The kubelet takes the API's path off a key, whatever it stands for, and an IPv6 address's brackets for a
            // pattern, unless a port follows.
            let api = reference.repository().starts_with("v1/")
                || reference.repository().starts_with("v2/");
            let pattern = name.starts_with('[') && endpoint.port().is_none();
            assert!(api || pattern || keyring::key_matches(&name, &name));
        }
        Err(error) => {
            drop(error.to_string());
            assert!(
                error
                    .suggestion
                    .is_none_or(|meant| ImageReference::parse(&meant).is_ok())
            );
        }
    }
}

/// A CA bundle: the certificates that are taken out of it are a sound bundle of their own.
pub(crate) fn pem(data: &[u8]) {
    let found = bundle::parse(data);
    for defect in &found.defects {
        assert!(defect.line > 0 && !defect.to_string().is_empty());
    }
    let certificates = found.certificates.iter().map(|found| &found.certificate);
    let written: String = certificates
        .map(|certificate| bundle::encode(certificate.der()))
        .collect();
    let again = bundle::parse(written.as_bytes());
    assert!(again.is_sound() || found.certificates.is_empty());
    assert_eq!(again.certificates.len(), found.certificates.len());
}
