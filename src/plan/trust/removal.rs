//! Taking certificates out again: what was put in for a registry, or what is named; and what is left to do when others wrote
//! meanwhile.

use super::{Scope, TrustRefusal, TrustView, is_ours, reference};
use crate::model::bundle;
use crate::model::certificate::Fingerprint;
use crate::plan::edit::{self, bundle as op};
use crate::plan::{Action, Change, Op, Plan, UndoNote, WhenGone, shell};

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
            } else if block.marks.is_empty() {
                if fingerprints.is_some() {
                    chosen.unmarked.push(printed);
                }
            } else if fingerprints.is_some() {
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
