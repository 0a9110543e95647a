//! What a registry is talked to with: whose certificates are trusted, which proxy, how long. The same for every verb.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use crate::env::Env;
use crate::error::Error;
use crate::model::pem;
use crate::model::policy::{KeyMiss, trusted_ca};
use crate::model::proxy::{ProxyRules, ProxyValues};
use crate::model::trust::RootStore;
use crate::model::view::{ClusterConfigView, ConfigMapData, Missing, Part};
use crate::registry::{Budgets, Connections, Options};

/// The name of this machine's store in evidence.
const MACHINE: &str = "this machine";
/// The name of the stand-in for the nodes' own bundle.
pub const PUBLIC: &str = "the public CAs";

static PUBLIC_ROOTS: LazyLock<Arc<RootStore>> = LazyLock::new(|| {
    let mut roots = RootStore::new();
    for certificate in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        roots.add_unread(PUBLIC, certificate);
    }
    Arc::new(roots)
});

/// The certificates that this machine trusts: its store, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name instead, and
/// `registry_ca` beside it. The store, of hundreds of certificates, is read while the registry is being dialled.
///
/// # Errors
///
/// When `registry_ca` cannot be read, or Go would take no certificate out of it: a bundle that helps nobody is a mistake
/// that the user wants to hear of, with the line and the reason.
pub fn machine_roots(env: &Env, registry_ca: Option<&Path>) -> Result<RootStore, Error> {
    let mut roots = RootStore::new();
    let named = Named::of(env);
    let reading = std::thread::spawn(move || own_roots(named));
    roots.include_later(move || reading.join().unwrap_or_default());
    if let Some(path) = registry_ca {
        roots.include(Arc::new(given_roots(&env.cwd.join(path), path)?));
    }
    Ok(roots)
}

/// What the environment names in the place of this machine's store.
struct Named {
    file: Option<PathBuf>,
    directories: Vec<PathBuf>,
}

impl Named {
    /// `None` where it names nothing.
    fn of(env: &Env) -> Option<Self> {
        let file = env.var("SSL_CERT_FILE").map(|file| env.cwd.join(file));
        let directories = env.var("SSL_CERT_DIR").map(|list| {
            list.split(':')
                .map(|directory| env.cwd.join(directory))
                .collect()
        });
        (file.is_some() || directories.is_some()).then(|| Self {
            file,
            directories: directories.unwrap_or_default(),
        })
    }
}

fn own_roots(named: Option<Named>) -> RootStore {
    let mut roots = RootStore::new();
    match named {
        None => {
            for certificate in rustls_native_certs::load_native_certs().certs {
                roots.add_unread(MACHINE, &certificate);
            }
        }
        Some(Named { file, directories }) => {
            if let Some(file) = file {
                add_file(&mut roots, &file);
            }
            for directory in directories {
                add_directory(&mut roots, &directory);
            }
        }
    }
    roots
}

/// As Go's `loadSystemRoots`: what cannot be read is passed over.
fn add_file(roots: &mut RootStore, path: &Path) {
    if let Ok(bytes) = std::fs::read(path) {
        for certificate in pem::unread(&bytes) {
            roots.add_unread(MACHINE, &certificate);
        }
    }
}

fn add_directory(roots: &mut RootStore, path: &Path) {
    let mut files: Vec<_> = std::fs::read_dir(path)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|file| !is_another_name(file))
        .collect();
    files.sort();
    for file in files {
        add_file(roots, &file);
    }
}

/// The names by hash that OpenSSL looks for are links to files beside them (Go `crypto/x509` `isSameDirSymlink`).
fn is_another_name(file: &Path) -> bool {
    std::fs::read_link(file).is_ok_and(|target| target.components().count() == 1)
}

fn given_roots(path: &Path, shown: &Path) -> Result<RootStore, Error> {
    let name = shown.display();
    let bytes = std::fs::read(path)
        .map_err(|error| Error::failure(format!("cannot read the CA file {name}: {error}")))?;
    let bundle = pem::parse(&bytes);
    if bundle.certificates.is_empty() {
        let mut error = Error::failure(format!("{name} holds no certificate that can be used"));
        for defect in bundle.defects.iter().take(3) {
            error = error.hint(format!("line {}: {}", defect.line, defect.kind));
        }
        return Err(error);
    }
    let mut roots = RootStore::new();
    roots.add_bundle(&name.to_string(), &bundle);
    Ok(roots)
}

/// What the cluster trusts for one registry.
#[derive(Debug, Clone)]
pub struct ClusterTrust {
    pub roots: Arc<RootStore>,
    /// What was taken for granted.
    pub assumed: String,
    /// Keys and bundles that look as if they were meant for it and do not help.
    pub remarks: Vec<String>,
    /// Which parts could not be read.
    pub unread: Vec<Missing>,
}

/// What the nodes trust for whatever registry: `trustedCA` of the Proxy, and the nodes' own bundle, for which the public CAs
/// stand in because it cannot be read through the API. Read once a run: the bundle may hold hundreds of certificates.
pub struct PlatformTrust<'a> {
    config: &'a ClusterConfigView,
    roots: Arc<RootStore>,
    remarks: Vec<String>,
    unread: Vec<Missing>,
}

impl<'a> PlatformTrust<'a> {
    /// `None` where the cluster has no such configuration: there the nodes' trust cannot be known.
    pub fn of(config: &'a ClusterConfigView) -> Option<Self> {
        if matches!(
            &config.image_config,
            Err(Missing::NotServed(_) | Missing::NotAsked)
        ) {
            return None;
        }
        let (mut roots, mut remarks, mut unread) = (RootStore::new(), Vec::new(), Vec::new());
        roots.include(Arc::clone(&PUBLIC_ROOTS));
        if let Some(ca) = part(&config.proxy_ca, &mut unread) {
            add_key(&mut roots, &mut remarks, ca, "ca-bundle.crt");
        }
        Some(Self {
            config,
            roots: Arc::new(roots),
            remarks,
            unread,
        })
    }

    /// With what `additionalTrustedCA` of image.config has for `registry` (`host[:port]` as the reference writes it).
    pub fn for_registry(&self, registry: &str) -> ClusterTrust {
        let (mut roots, mut remarks) = (RootStore::new(), Vec::new());
        let mut unread = Vec::new();
        roots.include(Arc::clone(&self.roots));
        if let Some(cas) = part(&self.config.registry_cas, &mut unread) {
            let found = trusted_ca(cas.data.keys().map(String::as_str), registry);
            if let Some(key) = found.key {
                add_key(&mut roots, &mut remarks, cas, key);
            }
            for (key, miss) in found.near {
                let why = match miss {
                    KeyMiss::Port => "is for another port",
                    KeyMiss::Separator => "needs two dots before the port",
                    KeyMiss::Case => "differs in upper and lower case",
                };
                remarks.push(format!(
                    "the key {key} of {}/{} {why}",
                    cas.namespace, cas.name
                ));
            }
        }
        remarks.extend(self.remarks.iter().cloned());
        unread.extend(self.unread.iter().cloned());
        ClusterTrust {
            roots: Arc::new(roots),
            assumed: "the nodes' own bundle is the public CAs".to_owned(),
            remarks,
            unread,
        }
    }
}

fn part<'a, T>(part: &'a Part<Option<T>>, unread: &mut Vec<Missing>) -> Option<&'a T> {
    match part {
        Ok(found) => found.as_ref(),
        Err(why) => {
            unread.push(why.clone());
            None
        }
    }
}

fn add_key(roots: &mut RootStore, remarks: &mut Vec<String>, map: &ConfigMapData, key: &str) {
    let source = format!("configmap {}/{}", map.namespace, map.name);
    let Some(text) = map.data.get(key) else {
        remarks.push(format!("{source} has no key {key}"));
        return;
    };
    let bundle = pem::parse(text.as_bytes());
    roots.add_bundle(&source, &bundle);
    for defect in bundle
        .defects
        .iter()
        .filter(|defect| defect.loses_certificate())
        .take(2)
    {
        remarks.push(format!(
            "{source}, {key}, line {}: {}",
            defect.line, defect.kind
        ));
    }
}

/// Which proxy requests take, from the environment, as Go programs read it.
pub fn proxy_rules(env: &Env) -> ProxyRules {
    let value = |name: &str| env.var(name).unwrap_or_default().to_owned();
    let values = |http: &str, https: &str, no_proxy: &str| ProxyValues {
        http: value(http),
        https: value(https),
        no_proxy: value(no_proxy),
    };
    ProxyRules::from_environment(
        &values("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
        &values("http_proxy", "https_proxy", "no_proxy"),
    )
}

/// How to talk to one registry: this machine's roots and, where there is a cluster, what it trusts for that registry.
pub fn registry_options(
    machine: &Arc<RootStore>,
    cluster: Option<&ClusterTrust>,
    proxy: ProxyRules,
    plain_http: bool,
    accept_untrusted: bool,
    deadline: Instant,
) -> Options {
    let mut roots = RootStore::new();
    roots.include(Arc::clone(machine));
    if let Some(trust) = cluster {
        roots.include(Arc::clone(&trust.roots));
    }
    Options {
        roots,
        plain_http,
        accept_untrusted,
        proxy,
        deadline,
        budgets: Budgets::default(),
        connections: Connections::default(),
        record_in_full: true,
        http2: true,
    }
}

/// The same options once more, for another port of the same host.
pub fn same_options(options: &Options) -> Options {
    Options {
        roots: options.roots.clone(),
        plain_http: options.plain_http,
        accept_untrusted: options.accept_untrusted,
        proxy: options.proxy.clone(),
        deadline: options.deadline,
        budgets: options.budgets,
        connections: options.connections.clone(),
        record_in_full: options.record_in_full,
        http2: options.http2,
    }
}

#[cfg(all(test, unix))]
mod tests;
