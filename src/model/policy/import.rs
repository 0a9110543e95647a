//! Image stream import: the API server fetches the manifest itself, and reads the lists by other rules than nodes.

use super::Access;
use crate::model::mirrors::{BlockedBy, Match, RegistriesConf};

/// Whether import talks to a registry without verification: the entry of `insecureRegistries` that says so. The import's own
/// `importPolicy.insecure` comes on top.
///
/// Source: openshift-apiserver `pkg/image/apiserver/importer` `allowRegistryInsecureAccess`, which compares the whole registry with
/// the entry. Neither wildcards nor entries without the port nor entries with a path match.
pub fn import_insecure<'a>(conf: &'a RegistriesConf, registry: &str) -> Option<&'a str> {
    conf.entries
        .iter()
        .find(|entry| entry.scope == registry && !entry.scope.starts_with("*."))
        .and_then(|entry| entry.insecure.as_deref())
}

/// Whether import is kept from a registry by `blockedRegistries`. `allowedRegistries` does not bind it.
///
/// Source: openshift-apiserver `importer` `blockedRegistry`: the whole registry is compared, and an entry with mirrors does not
/// block.
pub fn import_access(conf: &RegistriesConf, registry: &str) -> Access {
    let entry = conf
        .entries
        .iter()
        .find(|entry| entry.scope == registry && !entry.scope.starts_with("*."));
    match entry {
        Some(entry) if entry.mirrors.is_empty() => match &entry.blocked {
            Some(BlockedBy::List(list_entry)) => Access::Blocked {
                entry: list_entry.clone(),
                how: Match::Scope,
            },
            _ => Access::Open,
        },
        _ => Access::Open,
    }
}

/// An element of `allowedRegistriesForImport`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedRegistry {
    /// `domainName`: host or `host:port`, each with `*` and `?`.
    pub domain_name: String,
    /// Without a port in `domainName`: port 80 is meant instead of 443.
    pub insecure: bool,
}

/// Who asks: the two paths treat `insecure` differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportCheck {
    /// An `ImageStreamImport`, as `oc import-image` sends it. Where no port is written, `insecure` means port 80 and nothing else.
    Request,
    /// A tag in the spec of an image stream. `insecure` means 80 or 443.
    StreamTag,
}

/// Whether `allowedRegistriesForImport` lets an import through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportAdmission {
    /// There is no list.
    Unrestricted,
    /// An element covers it.
    Admitted {
        /// Its `domainName`.
        domain_name: String,
    },
    /// It is the cluster's own registry.
    Internal,
    /// Nothing covers it.
    Refused {
        /// The host that was looked for.
        host: String,
        /// The port that was looked for; none means 80 or 443.
        port: Option<String>,
    },
    /// An element has more than one colon, and the API server does not start with it.
    Broken {
        /// Its `domainName`.
        domain_name: String,
    },
}

/// Asks the list. People who may create `images` or `imagestreammappings` cluster-wide are not asked for an
/// [`ImportCheck::Request`]; that is for the caller to find out.
///
/// `registry` is as the reference writes it, empty for a name without one; `internal` is the cluster's own registry with its port.
///
/// Source: openshift-apiserver `pkg/image/apis/image/validation/whitelist` `registryWhitelister`, `imagestreamimport`
/// `ValidateAllowedRegistries`, and library-go `DockerImageReference.RegistryHostPort`.
pub fn import_admission(
    allowed: &[AllowedRegistry],
    internal: Option<&str>,
    registry: &str,
    insecure: bool,
    check: ImportCheck,
) -> ImportAdmission {
    if allowed.is_empty() {
        return ImportAdmission::Unrestricted;
    }
    if let Some(broken) = allowed
        .iter()
        .find(|element| element.domain_name.matches(':').count() > 1)
    {
        return ImportAdmission::Broken {
            domain_name: broken.domain_name.clone(),
        };
    }
    let (host, port) = wanted(registry, insecure, check);
    let is_hub = matches!(host, "index.docker.io" | "registry-1.docker.io");
    // `docker.io` in the list is meant for the hub whatever its host is called.
    for host in is_hub.then_some("docker.io").into_iter().chain([host]) {
        let own = internal.map(|own| (own, false, None));
        let listed = allowed.iter().map(|element| {
            (
                element.domain_name.as_str(),
                element.insecure,
                Some(&element.domain_name),
            )
        });
        for (pattern, insecure, domain_name) in own.into_iter().chain(listed) {
            let (host_glob, port_glob) = pattern
                .split_once(':')
                .unwrap_or((pattern, if insecure { "80" } else { "443" }));
            let port_matches = match port {
                Some(port) => glob(port_glob, port),
                None => matches!(port_glob, "80" | "443" | "*"),
            };
            if port_matches && glob(host_glob, host) {
                return match domain_name {
                    Some(domain_name) => ImportAdmission::Admitted {
                        domain_name: domain_name.clone(),
                    },
                    None => ImportAdmission::Internal,
                };
            }
        }
    }
    ImportAdmission::Refused {
        host: host.to_owned(),
        port: port.map(str::to_owned),
    }
}

fn wanted(registry: &str, insecure: bool, check: ImportCheck) -> (&str, Option<&str>) {
    let registry = if registry.is_empty() {
        "docker.io"
    } else {
        registry
    };
    if let Some((host, port)) = registry
        .split_once(':')
        .filter(|(_, port)| !port.is_empty())
    {
        return (host, Some(port));
    }
    if check == ImportCheck::StreamTag && insecure {
        return (registry, None);
    }
    (registry, Some(if insecure { "80" } else { "443" }))
}

/// `*` for any run of characters, `?` for exactly one, by bytes.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(wanted) if *wanted == b'?' || *wanted == text[read] => {
                at += 1;
                read += 1;
            }
            // Let the last star take one character more.
            _ => match star {
                Some((star_at, taken)) => {
                    star = Some((star_at, taken + 1));
                    at = star_at + 1;
                    read = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|left| *left == b'*')
}
