//! Who lived by what the builds pushed until now, told before they are sent elsewhere.

use crate::cluster::{Cluster, Scope, kinds};
use crate::model::kinds::Kind;
use crate::plan::Object;
use crate::plan::push_target::watchers::{KINDS, Old, Watcher, watchers};
use crate::plan::push_target::{Move, is_there};
use crate::verbs::{Run, objects};

/// Of a long list only so much is shown.
const SHOWN: usize = 10;

/// Says who watched the old outputs, and who pushes to the new ones too. What may not be read is said as well.
pub(super) async fn warn(run: &mut Run, cluster: &Cluster, moves: &[Move]) {
    let moved: Vec<&Move> = moves
        .iter()
        .filter(|it| !is_there(&it.config, &it.goal))
        .collect();
    if moved.is_empty() {
        return;
    }
    let namespace = cluster.namespace();
    let scope = Scope::Namespace(namespace.to_owned());
    let listed = objects::list(cluster, &KINDS, &scope, |kind, object| {
        Some((kind, Object::new(object)))
    })
    .await;
    let objects: Vec<(Kind, Object)> = listed.found;
    let stream = |of: &str, name: &str| {
        let found = objects.iter().find(|(kind, object)| {
            *kind == kinds::IMAGE_STREAM && object.namespace() == of && object.name() == name
        });
        found.map(|(_, object)| object)
    };
    let mut looked = false;
    for one in &moved {
        let Some(old) = Old::of(&one.config, stream) else {
            continue;
        };
        looked = true;
        tell(run, one, &old, watchers(&old, &objects));
    }
    for one in &moved {
        share(run, one, moves, &objects);
    }
    if !looked {
        return;
    }
    if !listed.unread.is_empty() {
        run.ui.warning(format!(
            "not known: who else watched the old output, because these could not be listed: {}",
            listed.unread.join(", ")
        ));
    }
    if moved
        .iter()
        .any(|it| it.config.text("/spec/output/to/kind") == "ImageStreamTag")
    {
        run.ui.status(format!(
            "looked for those who watched the old output in namespace {namespace} only"
        ));
    }
}

fn tell(run: &mut Run, one: &Move, old: &Old, mut found: Vec<Watcher>) {
    // What it does with its own output it does with the new one.
    found.retain(|it| it.object.kind != kinds::BUILD_CONFIG || it.object.name != one.config.name());
    let bc = format!("bc/{}", one.config.name());
    for watcher in found.iter().take(SHOWN) {
        run.ui.warning(format!(
            "{old} gets no new images from {bc} any more, and {} {}",
            watcher.object, watcher.how
        ));
    }
    if found.len() > SHOWN {
        run.ui.status(format!(
            "{} more use {old}",
            found.len().saturating_sub(SHOWN)
        ));
    }
}

/// Other BuildConfigs that push to the same place: the last to end wins.
fn share(run: &mut Run, one: &Move, moves: &[Move], objects: &[(Kind, Object)]) {
    let place = one.goal.to_string();
    let others = objects.iter().filter(|(kind, object)| {
        *kind == kinds::BUILD_CONFIG
            && is_there(object, &one.goal)
            && !moves.iter().any(|it| it.config.name() == object.name())
    });
    for (_, other) in others {
        run.ui.warning(format!(
            "bc/{} pushes to {place} too: whichever build ends last wins",
            other.name()
        ));
    }
}
