//! Plans whose CA the platform trusts: for one registry under its key of the ConfigMap that `additionalTrustedCA` of image.config
//! names, for everything in the bundle that `trustedCA` of the Proxy names.
//!
//! The ConfigMap is made or edited before it is referred to, and is no longer referred to before it goes. Certificates are told
//! apart by their SHA-256; a ConfigMap that is somebody else's is edited under the one key and nowhere else.

pub mod list;
pub mod offer;

use serde_json::{Value, json};

use super::edit::{self, OpRefusal, bundle as op};
use super::ours::{self, MANAGED_BY, MANAGER, Owner, REGISTRY};
use super::{Action, Change, Object, Op, Plan, UndoNote, WhenGone, shell};
use crate::model::bundle;
use crate::model::certificate::{Certificate, Fingerprint};
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

/// Takes certificates of a registry out again: what this tool put in for it, or what `fingerprints` name.
///
/// # Errors
///
/// When the platform would be left with an empty bundle.
pub fn remove(
    view: &TrustView,
    registry: &str,
    fingerprints: Option<&[Fingerprint]>,
) -> Result<Plan, TrustRefusal> {
    let mut plan = Plan::default();
    let key = view.scope.key(registry);
    let (Some(map), Some(text)) = (
        &view.seen,
        view.seen
            .as_ref()
            .and_then(|map| op::text_of(map.value(), &key)),
    ) else {
        plan.notes.push(format!(
            "{} has no key {key:?}: there is nothing to take out",
            view.map
        ));
        return Ok(plan);
    };
    let chosen = Chosen::of(&text, registry, fingerprints);
    plan.notes.extend(chosen.notes);
    let foreign_key = !is_ours(map) && !chosen.unmarked.is_empty();
    let keep_key = foreign_key || (view.scope == Scope::Cluster && !is_ours(map));
    let ops: Vec<Op> = [
        (Some(registry.to_owned()), chosen.marked),
        (None, chosen.unmarked),
    ]
    .into_iter()
    .filter(|(_, fingerprints)| !fingerprints.is_empty())
    .map(|(mark, fingerprints)| {
        Op::BundleRemove(op::Remove {
            key: key.clone(),
            mark,
            fingerprints,
            keep_key,
        })
    })
    .collect();
    if ops.is_empty() {
        return Ok(plan);
    }
    let after = edit::apply_all(&ops, map.value()).map_err(|refusal| view.refused(refusal))?;
    let after = after.as_ref().unwrap_or(map.value());
    let is_named = view.scope.named(&view.config) == Some(&view.map.name);
    let emptied = op::text_of(after, &key).is_none_or(|text| bundle::blocks(&text).is_empty());
    let goes = is_ours(map) && shell::is_empty(after);
    if emptied && !goes && view.scope == Scope::Cluster && is_named {
        return Err(TrustRefusal::Emptied {
            object: view.map.to_string(),
        });
    }
    if goes && is_named {
        plan.changes.push(reference(view, None));
    }
    plan.changes.push(Change {
        // One that is named goes only once it is not: what others take out meanwhile must not make it go.
        action: if goes {
            Action::Prune(ops)
        } else {
            Action::Edit(ops)
        },
        ..emptied_map(view, format!("no longer trusts {registry}"))
    });
    Ok(plan)
}

fn emptied_map(view: &TrustView, done: String) -> Change {
    Change {
        object: view.map.clone(),
        action: Action::Prune(Vec::new()),
        seen: view.seen.clone(),
        done,
        why: "held the certificates".to_owned(),
        risk: None,
        undo: UndoNote::Inverse,
        when_gone: WhenGone::Skip,
    }
}

/// What is left to do after a removal, when others wrote meanwhile; `unnamed`: the removal took the reference away. Nothing where
/// all is as it should be.
pub fn settle(view: &TrustView, unnamed: bool) -> Option<Plan> {
    let map = view.seen.as_ref().filter(|map| is_ours(map))?;
    let is_named = view.scope.named(&view.config).is_some();
    if shell::is_empty(map.value()) {
        let reference = is_named.then(|| reference(view, None));
        let gone = emptied_map(view, "is empty".to_owned());
        return Some(Plan {
            changes: reference.into_iter().chain([gone]).collect(),
            notes: Vec::new(),
        });
    }
    (unnamed && !is_named).then(|| Plan {
        changes: vec![reference(view, Some(&view.map.name))],
        notes: vec![format!(
            "{} stays: others put certificates into it meanwhile",
            view.map
        )],
    })
}

/// What is left of a bundle's text without what [`remove`] would take out of it, and what there is to say.
pub fn removed_from(
    text: &str,
    registry: &str,
    fingerprints: Option<&[Fingerprint]>,
) -> (String, Vec<String>) {
    let chosen = Chosen::of(text, registry, fingerprints);
    let read = |list: &[String]| -> Vec<Fingerprint> {
        list.iter()
            .filter_map(|text| Fingerprint::parse(text))
            .collect()
    };
    let left = bundle::remove(text, Some(registry), &read(&chosen.marked))
        .unwrap_or_else(|| text.to_owned());
    let left = bundle::remove(&left, None, &read(&chosen.unmarked)).unwrap_or(left);
    (left, chosen.notes)
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

/// Which certificates are taken out.
struct Chosen {
    /// By their mark.
    marked: Vec<String>,
    /// By their fingerprint, which the user gave.
    unmarked: Vec<String>,
    notes: Vec<String>,
}

impl Chosen {
    fn of(text: &str, registry: &str, fingerprints: Option<&[Fingerprint]>) -> Self {
        let mut chosen = Self {
            marked: Vec::new(),
            unmarked: Vec::new(),
            notes: Vec::new(),
        };
        let blocks = bundle::blocks(text);
        for block in &blocks {
            let fingerprint = block.certificate.fingerprint();
            if fingerprints.is_some_and(|named| !named.contains(&fingerprint)) {
                continue;
            }
            let printed = fingerprint.to_string();
            let has = |mark: &str| block.marks.iter().any(|known| known == mark);
            if has(registry) {
                if block.marks.len() > 1 {
                    chosen.notes.push(format!(
                        "{} stays: it was put in for {} too",
                        block.certificate.subject,
                        others(&block.marks, registry)
                    ));
                }
                chosen.marked.push(printed);
            } else if fingerprints.is_none() {
                continue;
            } else if block.marks.is_empty() {
                chosen.unmarked.push(printed);
            } else {
                chosen.notes.push(format!(
                    "{} stays: it was put in for {}",
                    block.certificate.subject,
                    others(&block.marks, registry)
                ));
            }
        }
        for missing in fingerprints.unwrap_or_default().iter().filter(|wanted| {
            !blocks
                .iter()
                .any(|block| block.certificate.fingerprint() == **wanted)
        }) {
            chosen
                .notes
                .push(format!("no certificate with SHA-256 {missing} is there"));
        }
        if fingerprints.is_none() && chosen.marked.is_empty() {
            chosen.notes.push(format!(
                "nothing there was put in for {registry} by this tool; --fingerprint or --ca names a certificate"
            ));
        }
        chosen
    }
}

fn others(marks: &[String], registry: &str) -> String {
    let others: Vec<&str> = marks
        .iter()
        .map(String::as_str)
        .filter(|mark| *mark != registry)
        .collect();
    others.join(", ")
}

#[cfg(test)]
mod tests;
