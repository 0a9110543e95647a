//! Plans whose CA the platform trusts: for one registry under its key of the ConfigMap that `additionalTrustedCA` of image.config
//! names, for everything in the bundle that `trustedCA` of the Proxy names.
//!
//! The ConfigMap is made or edited before it is referred to, and is no longer referred to before it goes. Certificates are told
//! apart by their SHA-256; a ConfigMap that is somebody else's is edited under the one key and nowhere else.

pub mod list;
pub mod offer;
mod removal;

pub use removal::{remove, removed_from, settle};

use serde_json::{Value, json};

use super::edit::{OpRefusal, bundle as op};
use super::ours::{self, MANAGED_BY, MANAGER, Owner, REGISTRY};
use super::{Action, Change, Object, Op, Plan, UndoNote, WhenGone};
use crate::model::bundle;
use crate::model::certificate::Certificate;
use crate::model::kinds::{self, Kind, ObjectRef};
use crate::model::pem;
use crate::model::policy::{KeyMiss, key_for, trusted_ca};

/// Where OpenShift keeps the ConfigMaps that its configuration names.
pub const NAMESPACE: &str = "openshift-config";
/// The ConfigMap that is made where image.config names none.
const REGISTRY_CAS: &str = "extreg-registry-cas";
/// The ConfigMap of the installer, which machine-config-operator writes to every node whether or not the Proxy names it
/// (`pkg/operator/sync.go` `getTrustedBundle`).
pub const USER_CA_BUNDLE: &str = "user-ca-bundle";
/// The key of a bundle for the whole platform (openshift/api `config/v1/types_proxy.go`).
pub const BUNDLE_KEY: &str = "ca-bundle.crt";
/// A ConfigMap of ours is for whatever registries its keys name.
const EVERY_REGISTRY: &str = "*";

/// How far the trust reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Pulls, builds and imports from one registry.
    Registry,
    /// Every TLS connection of nodes and platform.
    Cluster,
}

impl Scope {
    /// The kind of the object `cluster` that names the ConfigMap.
    pub fn kind(self) -> Kind {
        match self {
            Self::Registry => kinds::IMAGE_CONFIG,
            Self::Cluster => kinds::PROXY_CONFIG,
        }
    }

    /// The object that names the ConfigMap.
    pub fn config(self) -> ObjectRef {
        self.kind().object(None, "cluster")
    }

    fn field(self) -> &'static str {
        match self {
            Self::Registry => "/spec/additionalTrustedCA",
            Self::Cluster => "/spec/trustedCA",
        }
    }

    /// The name that the object gives, if it gives one: `""` is none.
    pub fn named(self, config: &Object) -> Option<&str> {
        config
            .value()
            .pointer(self.field())
            .and_then(|reference| reference.get("name")?.as_str())
            .filter(|name| !name.is_empty())
    }

    /// The ConfigMap that is used where none is named.
    pub fn default_map(self) -> &'static str {
        match self {
            Self::Registry => REGISTRY_CAS,
            Self::Cluster => USER_CA_BUNDLE,
        }
    }

    /// The key under which the certificates stand.
    pub fn key(self, registry: &str) -> String {
        match self {
            Self::Registry => key_for(registry),
            Self::Cluster => BUNDLE_KEY.to_owned(),
        }
    }
}

/// What a plan is made from.
#[derive(Debug, Clone)]
pub struct TrustView {
    pub scope: Scope,
    /// image.config or the Proxy.
    pub config: Object,
    /// The ConfigMap that it names, or the default one.
    pub map: ObjectRef,
    /// `None` when it does not exist.
    pub seen: Option<Object>,
}

/// What must not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustRefusal {
    /// The bundle that is there already.
    #[error("{object} in namespace {NAMESPACE:?}: {refusal}")]
    Bundle { object: String, refusal: OpRefusal },
    /// The name that would be taken is taken.
    #[error(
        "{object} in namespace {NAMESPACE:?} exists, was not made by this tool, and is not what image.config names: it is not taken over"
    )]
    Foreign { object: String },
    /// The Proxy would name a bundle without a certificate.
    #[error(
        "nothing would be left in {object} in namespace {NAMESPACE:?}, which the Proxy names and this tool did not make: the platform takes an empty bundle for an error"
    )]
    Emptied { object: String },
}

/// Adds certificates for a registry.
///
/// # Errors
///
/// When the bundle that is there must not be written over, or the ConfigMap that would be made exists and is foreign.
pub fn add(
    view: &TrustView,
    registry: &str,
    certificates: &[Certificate],
    mend: bool,
) -> Result<Plan, TrustRefusal> {
    let key = view.scope.key(registry);
    let named = view.scope.named(&view.config).is_some();
    let mut plan = Plan::default();
    plan.notes.extend(unverified(view, registry));
    match &view.seen {
        Some(map) => {
            if view.scope == Scope::Registry && !named && !is_ours(map) {
                return Err(TrustRefusal::Foreign {
                    object: view.map.to_string(),
                });
            }
            if let Some(text) = op::text_of(map.value(), &key) {
                op::obstacle(&text, &key, mend).map_err(|refusal| view.refused(refusal))?;
                if mend && op::obstacle(&text, &key, false).is_err() {
                    plan.notes.push(mending(&text, &key));
                }
            }
            plan.notes.extend(near_keys(view.scope, map, registry));
        }
        None if named => plan.notes.push(format!(
            "{} in namespace {NAMESPACE:?} is named by {} and does not exist: it is made",
            view.map,
            view.scope.config()
        )),
        None => {}
    }
    let add = Op::BundleAdd(op::Add {
        key,
        mark: Some(registry.to_owned()),
        certificates: certificates
            .iter()
            .map(|certificate| pem::encode(certificate.der()))
            .collect(),
        mend,
    });
    plan.changes.push(Change {
        object: view.map.clone(),
        action: Action::Ensure {
            new: Object::new(new_map(&view.map.name)),
            ops: vec![add],
        },
        seen: view.seen.clone(),
        done: format!("trusts {registry}"),
        why: "holds the certificates".to_owned(),
        risk: None,
        undo: UndoNote::Inverse,
        when_gone: WhenGone::Fail,
    });
    plan.changes.push(reference(view, Some(&view.map.name)));
    Ok(plan)
}

impl TrustView {
    fn refused(&self, refusal: OpRefusal) -> TrustRefusal {
        TrustRefusal::Bundle {
            object: self.map.to_string(),
            refusal,
        }
    }
}

fn is_ours(object: &Object) -> bool {
    matches!(ours::owner(object), Owner::Ours { .. })
}

fn new_map(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {MANAGED_BY: MANAGER},
            "annotations": {REGISTRY: EVERY_REGISTRY},
        },
    })
}

/// Names the ConfigMap, or none any more, in the object that may name one.
fn reference(view: &TrustView, name: Option<&str>) -> Change {
    let field = view.scope.field();
    let expected = view
        .config
        .value()
        .pointer(field)
        .filter(|value| !value.is_null())
        .cloned();
    let already = name.is_some() && view.scope.named(&view.config) == name;
    let value = if already {
        expected.clone()
    } else {
        name.map(|name| json!({ "name": name }))
    };
    Change {
        object: view.scope.config(),
        action: Action::Edit(vec![Op::Set {
            field: field.to_owned(),
            expected,
            value,
        }]),
        seen: Some(view.config.clone()),
        done: match name {
            Some(name) => format!("names {name}"),
            None => "names no ConfigMap any more".to_owned(),
        },
        why: "tells the platform where the certificates are".to_owned(),
        risk: None,
        undo: UndoNote::Inverse,
        when_gone: WhenGone::Fail,
    }
}

/// What keeps the certificates from mattering.
fn unverified(view: &TrustView, registry: &str) -> Option<String> {
    view.config
        .items("/spec/registrySources/insecureRegistries")
        .iter()
        .any(|entry| entry == registry)
        .then(|| {
            format!(
                "{registry} stands in insecureRegistries: its certificate is not looked at until it is taken out there"
            )
        })
}

/// What is mended, and what cannot be.
fn mending(text: &str, key: &str) -> String {
    let before = pem::parse(text.as_bytes()).defects;
    let left = bundle::mend_text(text).left;
    let listed = |defects: &[pem::Defect]| -> String {
        let words: Vec<String> = defects.iter().map(ToString::to_string).collect();
        words.join("; ")
    };
    if left.is_empty() {
        return format!("key {key:?} is mended: {}", listed(&before));
    }
    format!(
        "key {key:?} is mended as far as it can be: {}; what is left stays as it is: {}",
        listed(&before),
        listed(&left)
    )
}

/// Keys that were meant for the registry and do not serve it.
fn near_keys(scope: Scope, map: &Object, registry: &str) -> Vec<String> {
    let maps = ["data", "binaryData"];
    let keys = maps
        .iter()
        .filter_map(|name| map.value().get(name)?.as_object())
        .flat_map(|entries| entries.keys().map(String::as_str));
    if scope == Scope::Cluster {
        return Vec::new();
    }
    trusted_ca(keys, registry)
        .near
        .into_iter()
        .filter(|(_, miss)| *miss != KeyMiss::Port)
        .map(|(key, _)| {
            format!(
                "its key {key:?} looks as if it were meant for {registry}, and serves nobody: the key is {:?}",
                key_for(registry)
            )
        })
        .collect()
}

#[cfg(test)]
mod tests;
