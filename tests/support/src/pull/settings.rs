//! What the cluster's objects say to its machines about registries, as it stands at one moment.

use serde_json::Value;

use super::name::Name;
use crate::api::Reader;

/// A rule of an ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy.
#[derive(Debug, Clone)]
struct Rule {
    source: String,
    mirrors: Vec<String>,
    digests: bool,
    never_source: bool,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) insecure: Vec<String>,
    pub(crate) blocked: Vec<String>,
    pub(crate) allowed: Vec<String>,
    /// `allowedRegistriesForImport`: names, and whether plain HTTP is meant.
    pub(crate) import_allowed: Vec<(String, bool)>,
    /// `additionalTrustedCA`: keys and PEM.
    trust: Vec<(String, String)>,
    rules: Vec<Rule>,
    /// The nodes' own pull secret.
    pub(crate) node_secret: Option<Value>,
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

impl Settings {
    /// Reads them; what the cluster does not have is empty.
    pub(crate) fn read(reader: &Reader<'_>) -> Self {
        let image = reader
            .get("images.config.openshift.io", "", "cluster")
            .unwrap_or_default();
        let spec = &image["spec"];
        let map = spec["additionalTrustedCA"]["name"]
            .as_str()
            .and_then(|name| reader.get("configmaps", "openshift-config", name))
            .unwrap_or_default();
        let trust = map["data"].as_object().into_iter().flatten();
        let import_allowed = spec["allowedRegistriesForImport"].as_array();
        Self {
            insecure: texts(&spec["registrySources"]["insecureRegistries"]),
            blocked: texts(&spec["registrySources"]["blockedRegistries"]),
            allowed: texts(&spec["registrySources"]["allowedRegistries"]),
            import_allowed: import_allowed
                .into_iter()
                .flatten()
                .filter_map(|entry| {
                    let name = entry["domainName"].as_str()?.to_owned();
                    Some((name, entry["insecure"] == Value::Bool(true)))
                })
                .collect(),
            trust: trust
                .filter_map(|(key, pem)| Some((key.clone(), pem.as_str()?.to_owned())))
                .collect(),
            rules: rules(reader),
            node_secret: reader.get("secrets", "openshift-config", "pull-secret"),
        }
    }

    /// The roots for a registry: the machines' own, and those under its key (`host..port`).
    pub(crate) fn roots(&self, own: &[String], registry: &str) -> String {
        let key = registry.replace(':', "..");
        let added = self.trust.iter().filter(|(name, _)| *name == key);
        let all = own.iter().chain(added.map(|(_, pem)| pem));
        all.fold(String::new(), |text, pem| text + pem + "\n")
    }

    /// Where the image is looked for, in order: mirrors, then the source unless that is never contacted.
    pub(crate) fn sources(&self, name: &Name) -> Vec<Name> {
        let bare = name.bare();
        let best = self
            .rules
            .iter()
            .filter(|rule| rule.digests == name.is_digest() && covers(&rule.source, &bare))
            .map(|rule| rule.source.len())
            .max();
        let mut sources = Vec::new();
        let mut asks_source = true;
        for rule in &self.rules {
            if Some(rule.source.len()) != best
                || rule.digests != name.is_digest()
                || !covers(&rule.source, &bare)
            {
                continue;
            }
            asks_source = asks_source && !rule.never_source;
            let rest = &bare[rule.source.len()..];
            sources.extend(
                rule.mirrors
                    .iter()
                    .filter_map(|mirror| name.moved(&format!("{mirror}{rest}"))),
            );
        }
        if asks_source || sources.is_empty() {
            sources.push(name.clone());
        }
        sources
    }

    /// Whether an entry of a list names the image, as `registries.conf` and `policy.json` of a node have it.
    pub(crate) fn lists(list: &[String], name: &Name) -> bool {
        let bare = name.bare();
        list.iter().any(|entry| match entry.strip_prefix("*.") {
            Some(domain) => {
                let host = name.registry.split(':').next().unwrap_or_default();
                host.strip_suffix(domain)
                    .is_some_and(|rest| rest.ends_with('.'))
            }
            None => covers(entry, &bare),
        })
    }
}

/// Whole path components.
fn covers(prefix: &str, bare: &str) -> bool {
    bare.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn rules(reader: &Reader<'_>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (word, field, digests) in [
        (
            "imagedigestmirrorsets.config.openshift.io",
            "imageDigestMirrors",
            true,
        ),
        (
            "imagetagmirrorsets.config.openshift.io",
            "imageTagMirrors",
            false,
        ),
        (
            "imagecontentsourcepolicies.operator.openshift.io",
            "repositoryDigestMirrors",
            true,
        ),
    ] {
        for object in reader.list(word) {
            for rule in object["spec"][field].as_array().into_iter().flatten() {
                rules.push(Rule {
                    source: rule["source"].as_str().unwrap_or_default().to_owned(),
                    mirrors: texts(&rule["mirrors"]),
                    digests,
                    never_source: rule["mirrorSourcePolicy"] == "NeverContactSource",
                });
            }
        }
    }
    rules
}
