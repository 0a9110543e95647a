//! The objects of a journal entry as they are now, and who names the secrets that would go.

use futures_util::future::join_all;

use crate::apply::journal::Record;
use crate::cluster::{Cluster, Kind, Scope, kinds};
use crate::error::Error;
use crate::plan::undo::{Recorded, Undo};
use crate::plan::{Object, used};
use crate::verbs::{Run, objects};

/// One a change that was made, in their order, and the objects that name a secret that would be deleted.
pub(super) async fn gather(
    run: &mut Run,
    cluster: &Cluster,
    record: &Record,
) -> Result<(Vec<Recorded>, Vec<(Kind, Object)>), Error> {
    let entries = record.made().map(|entry| async move {
        let object = entry.object().ok_or_else(|| {
            Error::failure(format!(
                "this version does not know {} {}: it cannot take {} back",
                entry.api_version, entry.kind, record.id
            ))
        })?;
        let now = cluster.get(&object).await?.map(Object::new);
        Ok::<_, Error>(Recorded {
            object,
            uid: entry.uid.clone(),
            undo: entry.undo.clone(),
            now,
        })
    });
    let recorded = join_all(entries)
        .await
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    let going: Vec<&Recorded> = recorded
        .iter()
        .filter(|it| it.object.kind == kinds::SECRET && matches!(it.undo, Undo::Delete { .. }))
        .collect();
    let mut namers = Vec::new();
    for secret in going {
        let Some(namespace) = secret.object.namespace.clone() else {
            continue;
        };
        let scope = Scope::Namespace(namespace);
        let listed = objects::list(cluster, &used::KINDS, &scope, |kind, object| {
            let object = Object::new(object);
            used::naming(kind, &object, &secret.object.name).map(|_| (kind, object))
        })
        .await;
        if !listed.unread.is_empty() {
            run.ui.status(format!(
                "not known: whether something else uses {}, because these could not be listed: {}",
                secret.object,
                listed.unread.join(", ")
            ));
        }
        namers.extend(listed.found);
    }
    Ok((recorded, namers))
}
