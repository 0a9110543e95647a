//! Who owns which field: `metadata.managedFields`, the update and the apply of server-side apply.
//!
//! Sources: structured-merge-diff `merge/update.go`, k8s.io/apimachinery `pkg/util/managedfields/internal`
//! (`fieldmanager.go`, `stripmeta.go`, `managedfieldsupdater.go`, `skipnonapplied.go`, `conflict.go`,
//! `lastappliedmanager.go`). The bucket for old managers (`capmanagers.go`, more than ten updaters) is left out.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::error::ApiError;
use super::super::schema::Type;
use super::compare::compare;
use super::merge::merge;
use super::owners::{Manager, Owned, Owners, without_managed_fields};
use super::set::{Element, Set, display};
use super::typed::{Node, field_set, remove, validate};

/// Fields that belong to nobody.
fn strip(set: &Set) -> Set {
    let metadata = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ];
    let inner: Map<String, Value> = metadata
        .iter()
        .map(|name| (format!("f:{name}"), json!({})))
        .collect();
    let mut fields = json!({"f:apiVersion": {}, "f:kind": {}, "f:metadata": inner});
    fields["f:metadata"]["."] = json!({});
    set.difference(&Set::from_fields(&fields))
}

/// Paths that a write through this door resets, and so does not own: `status` through the object itself,
/// all but `status` through the subresource.
fn ignore(set: &Set, through: Door) -> Set {
    let status: Vec<Element> = vec!["f:status".into()];
    let mut kept = Set::default();
    for path in set.paths() {
        let in_status = path.first() == status.first();
        let keep = match through {
            Door::Whole => true,
            Door::Spec => !in_status,
            Door::Status => in_status,
        };
        if keep {
            kept.insert(&path);
        }
    }
    kept
}

/// Through which door a write comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// The object of a resource without a status subresource.
    Whole,
    /// The object; the status is kept.
    Spec,
    /// The status subresource.
    Status,
}

/// Records a PUT, POST or PATCH: what changed is the manager's now (`Updater.Update`).
///
/// `live` is null for a creation. `new` gets its `managedFields`; a list that the client sent is taken as the
/// state before, and an empty one forgets all owners, as on the real server.
pub(crate) fn update(
    live: &Value,
    new: &mut Value,
    ty: &Type,
    manager: &Manager,
    door: Door,
    now: &str,
) {
    let sent = new["metadata"]
        .get("managedFields")
        .and_then(Value::as_array)
        .cloned();
    let reset = door != Door::Status
        && sent.as_ref().is_some_and(|list| match list.as_slice() {
            [] => true,
            [one] => one.as_object().is_some_and(Map::is_empty),
            _ => false,
        });
    let mut owners = match &sent {
        Some(_) if reset => Owners::default(),
        Some(list) if door != Door::Status && !list.is_empty() => Owners::read(new),
        _ => Owners::read(live),
    };
    // An object that nobody owns anything of stays so until somebody applies (`skipnonapplied.go`).
    if owners.0.is_empty() && !live.is_null() {
        owners.write(new);
        return;
    }
    let before = if live.is_null() {
        json!({})
    } else {
        without_managed_fields(live)
    };
    update_owners(
        &mut owners,
        &before,
        &without_managed_fields(new),
        ty,
        manager,
        door,
        now,
    );
    owners.write(new);
}

fn update_owners(
    owners: &mut Owners,
    live: &Value,
    new: &Value,
    ty: &Type,
    manager: &Manager,
    door: Door,
    now: &str,
) {
    let mut changes = compare(live, new, Node::root(ty));
    changes.added = ignore(&changes.added, door);
    changes.modified = ignore(&changes.modified, door);
    changes.removed = ignore(&changes.removed, door);
    let touched = changes.modified.union(&changes.added);
    for owned in owners.0.values_mut() {
        owned.set = owned.set.difference(&touched).difference(&changes.removed);
    }
    let taken = strip(&touched);
    if !taken.is_empty() {
        let mine = owners.0.entry(manager.key()).or_insert_with(|| Owned {
            set: Set::default(),
            api_version: manager.api_version.clone(),
            time: String::new(),
        });
        mine.set = mine.set.union(&taken);
        now.clone_into(&mut mine.time);
    }
    owners.drop_empty();
}

/// Applies a configuration. `None`: nothing changed, ownership included in no way that counts.
///
/// `live` is null for a creation.
pub(crate) fn apply(
    live: &Value,
    config: &Value,
    ty: &Type,
    manager: &Manager,
    door: Door,
    force: bool,
    now: &str,
) -> Result<Value, ApiError> {
    if config["metadata"]
        .get("managedFields")
        .is_some_and(|fields| !fields.is_null())
    {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    let node = Node::root(ty);
    validate(config, node).map_err(|words| {
        let text = |pointer: &str| {
            config
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (group, version) = manager
            .api_version
            .split_once('/')
            .unwrap_or(("", &manager.api_version));
        ApiError::plain(format!(
            "failed to create typed patch object ({}/{}; {group}/{version}, Kind={}): {words}",
            text("/metadata/namespace"),
            text("/metadata/name"),
            text("/kind"),
        ))
    })?;
    let mut owners = Owners::read(live);
    let before = if live.is_null() {
        json!({})
    } else {
        without_managed_fields(live)
    };
    if owners.0.is_empty() && !live.is_null() {
        let first = Manager {
            name: "before-first-apply".into(),
            applies: false,
            ..manager.clone()
        };
        update_owners(
            &mut owners,
            &json!({}),
            &before,
            ty,
            &first,
            Door::Whole,
            now,
        );
    }
    match try_apply(&owners, &before, config, ty, manager, door, force, now) {
        Ok(applied) => Ok(applied),
        Err(Refused::Words(words)) => Err(ApiError::plain(words)),
        Err(Refused::Conflicts(conflicts)) => {
            let left = if manager.name == "kubectl" {
                not_client_side(conflicts, &before, ty)
            } else {
                conflicts
            };
            if left.is_empty() {
                try_apply(&owners, &before, config, ty, manager, door, true, now)
                    .map_err(Refused::into_error)
            } else {
                Err(Refused::Conflicts(left).into_error())
            }
        }
    }
}

type Conflicts = Vec<(Manager, Vec<Element>)>;

enum Refused {
    Words(String),
    Conflicts(Conflicts),
}

impl Refused {
    fn into_error(self) -> ApiError {
        let conflicts = match self {
            Self::Words(words) => return ApiError::plain(words),
            Self::Conflicts(conflicts) => conflicts,
        };
        let causes: Vec<Value> = conflicts
            .iter()
            .map(|(manager, path)| {
                json!({
                    "reason": "FieldManagerConflict",
                    "message": format!("conflict with {}", manager.printed()),
                    "field": display(path),
                })
            })
            .collect();
        if let [(manager, path)] = conflicts.as_slice() {
            let words = format!(
                "Apply failed with 1 conflict: conflict with {}: {}",
                manager.printed(),
                display(path)
            );
            return ApiError::apply_conflict(words, &causes);
        }
        let mut by_manager: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (manager, path) in &conflicts {
            by_manager
                .entry(manager.printed())
                .or_default()
                .push(format!("- {}", display(path)));
        }
        let lines: Vec<String> = by_manager
            .iter()
            .flat_map(|(manager, paths)| {
                std::iter::once(format!("conflicts with {manager}:")).chain(paths.iter().cloned())
            })
            .collect();
        let words = format!(
            "Apply failed with {} conflicts: {}",
            conflicts.len(),
            lines.join("\n")
        );
        ApiError::apply_conflict(words, &causes)
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "the same values as apply, which calls it twice"
)]
fn try_apply(
    owners: &Owners,
    live: &Value,
    config: &Value,
    ty: &Type,
    manager: &Manager,
    door: Door,
    force: bool,
    now: &str,
) -> Result<Value, Refused> {
    let node = Node::root(ty);
    let mut owners = owners.clone();
    let before = owners.clone();
    let merged = merge(live, config, node)
        .map_err(|words| Refused::Words(format!("failed to merge config: {words}")))?;
    let key = manager.key();
    let last = owners.0.get(&key).cloned();
    let set = ignore(&field_set(config, node), door);
    owners.0.insert(
        key.clone(),
        Owned {
            set,
            api_version: manager.api_version.clone(),
            time: last.as_ref().map_or_else(String::new, |l| l.time.clone()),
        },
    );
    let merged = match &last {
        Some(last) => prune(&merged, &owners, &last.set, ty),
        None => merged,
    };
    let mut changes = compare(live, &merged, node);
    changes.added = ignore(&changes.added, door);
    changes.modified = ignore(&changes.modified, door);
    changes.removed = ignore(&changes.removed, door);
    let touched = changes.modified.union(&changes.added);
    let mut conflicts = Vec::new();
    for (other, owned) in &mut owners.0 {
        if *other == key {
            continue;
        }
        let contested = owned.set.intersection(&touched);
        if !force {
            conflicts.extend(
                contested
                    .paths()
                    .into_iter()
                    .map(|path| (other.clone(), path)),
            );
        }
        owned.set = owned
            .set
            .difference(&contested)
            .difference(&changes.removed);
    }
    if !conflicts.is_empty() {
        return Err(Refused::Conflicts(conflicts));
    }
    if let Some(mine) = owners.0.get_mut(&key) {
        mine.set = strip(&mine.set);
    }
    owners.drop_empty();
    let changed = merged != *live
        || owners.0.keys().ne(before.0.keys())
        || owners
            .0
            .iter()
            .any(|(who, owned)| before.0.get(who).is_none_or(|was| was.set != owned.set));
    if let Some(mine) = owners.0.get_mut(&key)
        && (changed || mine.time.is_empty())
    {
        now.clone_into(&mut mine.time);
    }
    let mut merged = merged;
    if !merged["metadata"].is_object() {
        merged["metadata"] = json!({});
    }
    owners.write(&mut merged);
    Ok(merged)
}

/// Takes out what this manager applied before, does not apply now, and nobody else owns (`Updater.prune`).
fn prune(merged: &Value, owners: &Owners, last: &Set, ty: &Type) -> Value {
    let node = Node::root(ty);
    let empty = || json!({});
    let last = last.with_named_fields(ty);
    let pruned = remove(merged, &last, node).unwrap_or_else(empty);
    let merged_set = field_set(merged, node).with_named_fields(ty);
    let owned = owners
        .0
        .values()
        .fold(Set::default(), |all, one| all.union(&one.set))
        .with_named_fields(ty);
    // Back comes what somebody owns,
    let gone = merged_set.difference(&field_set(&pruned, node).with_named_fields(ty).union(&owned));
    let pruned = remove(merged, &gone, node).unwrap_or_else(empty);
    // and what this manager had never applied.
    let pruned_set = field_set(&pruned, node).with_named_fields(ty);
    let gone = merged_set.difference(&pruned_set).intersection(&last);
    remove(merged, &gone, node).unwrap_or_else(empty)
}

/// Conflicts that `kubectl apply --server-side` may not ignore: all but those with fields that its own
/// client-side apply had set to the live value.
fn not_client_side(conflicts: Conflicts, live: &Value, ty: &Type) -> Conflicts {
    let annotation =
        &live["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"];
    let Some(last) = annotation
        .as_str()
        .and_then(|text| serde_json::from_str::<Value>(text).ok())
    else {
        return conflicts;
    };
    let node = Node::root(ty);
    let changes = compare(&last, live, node);
    let mine = field_set(&last, node)
        .difference(&changes.modified)
        .difference(&changes.added)
        .difference(&changes.removed);
    let mine = mine.paths();
    conflicts
        .into_iter()
        .filter(|(_, path)| !mine.contains(path))
        .collect()
}
