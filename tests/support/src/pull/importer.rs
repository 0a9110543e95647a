//! The importer of openshift-apiserver: first match only, the registry's codes rewritten.
//!
//! Sources: openshift-apiserver `pkg/image/apiserver/importer/{importer,staticcredentials}.go` (order of the checks, the
//! reasons and their words) and `pkg/image/apiserver/registry/imagestreamimport/{rest,strategy}.go` (another try without
//! credentials, the list of registries), library-go `pkg/image/registryclient/client.go` (greeting).

use serde_json::Value;

use super::Machines;
use super::image::{Talk, Trouble};
use super::name::Name;
use super::secrets;
use super::settings::Settings;
use super::wire::Wire;

/// What is to be imported, with what.
pub(crate) struct Import<'a> {
    pub(crate) machines: &'a Machines,
    pub(crate) settings: &'a Settings,
    /// The pull secrets of the namespace, in the order of their names.
    pub(crate) secrets: &'a [Value],
    pub(crate) image: &'a str,
    pub(crate) insecure: bool,
    /// `importMode: PreserveOriginal`: an index stays one.
    pub(crate) preserve: bool,
}

/// An image that was found.
#[derive(Debug)]
pub(crate) struct Imported {
    pub(crate) digest: String,
    pub(crate) os: String,
    pub(crate) architecture: String,
    pub(crate) media_type: String,
    /// What an index lists that was imported as it is.
    pub(crate) listed: Vec<Value>,
}

/// Reason and message of an import that failed.
pub(crate) type Failed = (&'static str, String);

/// Looks for the image.
pub(crate) fn import(import: &Import<'_>) -> Result<Imported, Failed> {
    let name = Name::parse(import.image).map_err(|words| ("Invalid", words.to_owned()))?;
    if import.settings.blocked.contains(&name.registry) {
        let words = format!("forbidden: registry {} blocked", name.registry);
        return Err(("Forbidden", words));
    }
    let tried = from_sources(import, &name, true);
    match tried {
        // A wrong login for a public image: once more without one; the first words stay.
        Err(("Unauthorized", words)) if words.contains("username or password") => {
            from_sources(import, &name, false).map_err(|_| ("Unauthorized", words))
        }
        other => other,
    }
}

fn from_sources(import: &Import<'_>, name: &Name, logs_in: bool) -> Result<Imported, Failed> {
    let mut failures: Vec<Failed> = Vec::new();
    for source in import.settings.sources(name) {
        match from_source(import, &source, logs_in) {
            Ok(imported) => return Ok(imported),
            Err(failed) => failures.push(failed),
        }
    }
    if failures.len() == 1
        && let Some(only) = failures.pop()
    {
        return Err(only);
    }
    let words: Vec<String> = failures
        .into_iter()
        .map(|(_, words)| words.replace("Internal error occurred: ", ""))
        .collect();
    Err(internal(&format!("[{}]", words.join(", "))))
}

fn internal(words: &str) -> Failed {
    ("InternalError", format!("Internal error occurred: {words}"))
}

fn from_source(import: &Import<'_>, name: &Name, logs_in: bool) -> Result<Imported, Failed> {
    with_talk(import, name, logs_in, |talk| {
        let had = if import.preserve {
            talk.original()?
        } else {
            talk.pull(false, true)?
        };
        Ok(Imported {
            digest: had.image,
            os: had.os,
            architecture: had.architecture,
            media_type: had.media_type,
            listed: had.listed,
        })
    })
    .map_err(|refused| match refused {
        Refusal::Login(failed) => failed,
        Refusal::Trouble(trouble, insecure) => failed(&trouble, name, insecure),
    })
}

/// The tags of a whole repository (`importer.go` `importFromRepository`): no mirrors, and the registry's code
/// `NAME_UNKNOWN` is `NotFound`.
pub(crate) fn repository_tags(import: &Import<'_>) -> Result<Vec<String>, Failed> {
    let name = Name::parse(import.image).map_err(|words| ("Invalid", words.to_owned()))?;
    if import.settings.blocked.contains(&name.registry) {
        let words = format!("forbidden: registry {} blocked", name.registry);
        return Err(("Forbidden", words));
    }
    let mut tags =
        with_talk(import, &name, true, |talk| talk.tags()).map_err(|refused| match refused {
            Refusal::Login(failed) => failed,
            Refusal::Trouble(Trouble::Manifest { answer, .. }, _)
                if answer.has_code("NAME_UNKNOWN") =>
            {
                let words = format!("dockerimage.image.openshift.io {:?} not found", name.bare());
                ("NotFound", words)
            }
            Refusal::Trouble(trouble, insecure) => failed(&trouble, &name, insecure),
        })?;
    tags.sort_by_key(|tag| (tag != "latest", tag.clone()));
    Ok(tags)
}

/// Why there was no conversation, or how it ended; with whether it was an insecure one.
enum Refusal {
    Login(Failed),
    Trouble(Trouble, bool),
}

fn with_talk<T>(
    import: &Import<'_>,
    name: &Name,
    logs_in: bool,
    work: impl FnOnce(&mut Talk<'_>) -> Result<T, Trouble>,
) -> Result<T, Refusal> {
    let full = name.full();
    let login = if logs_in {
        let node = import.settings.node_secret.as_ref();
        let found = secrets::logins(import.secrets, node, &full);
        let found = found.map_err(|words| Refusal::Login(internal(&format!("{full}: {words}"))))?;
        found.into_iter().next()
    } else {
        None
    };
    let roots = import
        .settings
        .roots(&import.machines.roots, &name.registry);
    let wire = Wire {
        machines: import.machines,
        roots: &roots,
        insecure: import.insecure || import.settings.insecure.contains(&name.registry),
    };
    Talk::open(&wire, name, login.as_ref())
        .and_then(|mut talk| work(&mut talk))
        .map_err(|trouble| Refusal::Trouble(trouble, wire.insecure))
}

/// `formatPingError` and `formatRepositoryError`.
fn failed(trouble: &Trouble, name: &Name, insecure: bool) -> Failed {
    let full = name.full();
    let no_access = || {
        let words = format!("you may not have access to the container image {full:?}");
        ("Unauthorized", words)
    };
    let get = |url: &str, words: &str| internal(&format!("{full}: Get {url:?}: {words}"));
    match trouble {
        Trouble::Transport { words, .. } if words.contains("oversized record") && !insecure => {
            let words = format!(
                "the repository {} is HTTP only and requires the insecure flag to import",
                name.repository
            );
            ("BadRequest", words)
        }
        Trouble::Transport {
            method, url, words, ..
        } => {
            let method = format!("{}{}", &method[..1], method[1..].to_lowercase());
            internal(&format!("{full}: {method} {url:?}: {words}"))
        }
        Trouble::NotV2 { url, status } => internal(&format!(
            "{full}: endpoint {url:?} does not support v2 API (got {status})"
        )),
        Trouble::NoBasicCredentials { .. } => no_access(),
        Trouble::Token { answer, .. } => {
            let words = answer.distribution_words();
            if words.ends_with("incorrect username or password") {
                let words = format!("incorrect username or password for image {full:?}");
                return ("Unauthorized", words);
            }
            let url = format!(
                "https://{}/v2/{}/manifests/{}",
                name.registry, name.repository, name.selector
            );
            get(&url, &words)
        }
        Trouble::Manifest { answer, .. } if answer.has_code("UNAUTHORIZED") => no_access(),
        Trouble::Manifest { answer, .. } if answer.has_code("MANIFEST_UNKNOWN") => (
            "NotFound",
            format!("dockerimage.image.openshift.io {full:?} not found"),
        ),
        Trouble::Blob { answer, .. } if answer.status == 404 => {
            internal(&format!("{full}: unknown blob"))
        }
        Trouble::Manifest { answer, .. } | Trouble::Blob { answer, .. } => {
            internal(&format!("{full}: {}", answer.distribution_words()))
        }
        Trouble::NoPlatform => internal("no manifests in manifest list"),
    }
}

/// Why the server takes none of an import's images: field and message, one an image that is at fault.
///
/// `may_create_images` passes the list of registries by (`rest.go`: whoever may create images may import from anywhere).
pub(crate) fn refusals(
    settings: &Settings,
    images: &[String],
    may_create_images: bool,
) -> Vec<(usize, bool, String)> {
    let mut found = Vec::new();
    for (at, image) in images.iter().enumerate() {
        match Name::parse(image) {
            Err(words) => found.push((at, false, words.to_owned())),
            Ok(name) if !may_create_images && !is_allowed(settings, &name) => {
                let host = if name.registry.contains(':') {
                    name.registry.clone()
                } else {
                    format!("{}:443", name.registry)
                };
                let entries: Vec<String> = settings
                    .import_allowed
                    .iter()
                    .map(|(domain, insecure)| format!("{:?}", with_port(domain, *insecure)))
                    .collect();
                let words = format!(
                    "importing images from registry {host:?} is forbidden: registry {host:?} not allowed by whitelist: {}",
                    entries.join(", ")
                );
                found.push((at, true, words));
            }
            Ok(_) => {}
        }
    }
    found
}

fn with_port(domain: &str, insecure: bool) -> String {
    match (domain.contains(':'), insecure) {
        (true, _) => domain.to_owned(),
        (false, true) => format!("{domain}:80"),
        (false, false) => format!("{domain}:443"),
    }
}

fn is_allowed(settings: &Settings, name: &Name) -> bool {
    let wanted = with_port(&name.registry, false);
    let matches = |entry: &str| match entry.strip_prefix('*') {
        Some(rest) => wanted.ends_with(rest),
        None => wanted == entry,
    };
    settings.import_allowed.is_empty()
        || settings
            .import_allowed
            .iter()
            .any(|(domain, insecure)| matches(&with_port(domain, *insecure)))
}
