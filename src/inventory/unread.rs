//! What could not be read, each right that is missing once.

use super::Input;
use crate::model::view::{Missing, Part};

/// In the order in which a person would ask for it: the namespace's own objects first.
pub(super) fn list(input: &Input<'_>) -> Vec<Missing> {
    let (view, config) = (input.view, input.config);
    let parts = [
        why(&view.pods),
        why(&view.workloads),
        why(&view.secrets),
        why(&view.service_accounts),
        why(&view.build_configs),
        why(&view.image_streams),
        why(&view.signature_policies),
        why(&config.image_config),
        // A ConfigMap that is named and not there is a problem, and listed as one.
        why(&config.registry_cas).filter(|why| !matches!(why, Missing::Failed(_))),
        why(&config.proxy),
        why(&config.proxy_ca).filter(|why| !matches!(why, Missing::Failed(_))),
        why(&config.digest_mirrors),
        why(&config.tag_mirrors),
        why(&config.content_source_policies),
        why(&config.signature_policies),
        why(&config.global_pull_secret),
    ];
    let workloads = view.workloads.iter().flat_map(|read| &read.unread);
    let mut unread: Vec<Missing> = Vec::new();
    for why in parts
        .into_iter()
        .flatten()
        .chain(workloads.map(|(_, why)| why))
        .chain(input.unread)
    {
        let matters = !matches!(why, Missing::NotAsked | Missing::NotServed(_));
        if matters && !unread.contains(why) {
            unread.push(why.clone());
        }
    }
    unread
}

fn why<T>(part: &Part<T>) -> Option<&Missing> {
    part.as_ref().err()
}

/// Whether everything that uses images was read, so that what is not found is not there.
pub(super) fn users_are_known(input: &Input<'_>) -> bool {
    let view = input.view;
    !input.chosen
        && view.pods.is_ok()
        && view.service_accounts.is_ok()
        && matches!(&view.workloads, Ok(read) if read.unread.is_empty())
        && is_known(&view.build_configs)
        && is_known(&view.image_streams)
}

/// A kind that the cluster does not have has no objects.
fn is_known<T>(part: &Part<T>) -> bool {
    matches!(part, Ok(_) | Err(Missing::NotServed(_)))
}
