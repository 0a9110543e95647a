//! Who has a secret, and who wants one: service accounts, workloads, pods that wait, BuildConfigs.

use std::collections::{BTreeSet, HashMap};

use super::Input;
use super::types::{AccountLink, By};
use crate::model::view;

/// By namespace and name of a secret.
pub(super) type Held<'a, T> = HashMap<(&'a str, &'a str), T>;

/// The accounts that have each secret.
pub(super) fn accounts<'a>(input: &Input<'a>) -> Held<'a, Vec<AccountLink>> {
    let mut held: Held<'_, Vec<AccountLink>> = HashMap::new();
    for account in input.view.service_accounts.iter().flatten() {
        let names: BTreeSet<&String> = account
            .pull_secrets
            .iter()
            .chain(&account.mountable_secrets)
            .collect();
        for name in names {
            let place = (account.namespace.as_str(), name.as_str());
            held.entry(place).or_default().push(AccountLink {
                name: account.name.clone(),
                pull: account.pull_secrets.contains(name),
                mount: account.mountable_secrets.contains(name),
            });
        }
    }
    held
}

/// Who names a secret itself. Names that admission copied into running pods do not count: those pods have their images.
pub(super) fn named<'a>(input: &Input<'a>) -> Held<'a, BTreeSet<By>> {
    let mut held: Held<'_, BTreeSet<By>> = HashMap::new();
    let mut add = |namespace: &'a str, kind: &str, name: &str, secrets: &[&'a [String]]| {
        for secret in secrets.iter().copied().flatten() {
            let by = By {
                kind: kind.to_ascii_lowercase(),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            };
            held.entry((namespace, secret.as_str()))
                .or_default()
                .insert(by);
        }
    };
    let workloads = input.view.workloads.iter().flat_map(|read| &read.list);
    for workload in workloads.filter(|workload| workload.owner.is_none()) {
        let namespace = workload.object.namespace.as_deref().unwrap_or_default();
        let secrets = [workload.pull_secrets.as_slice(), &workload.other_secrets];
        add(
            namespace,
            workload.object.kind.kind,
            &workload.object.name,
            &secrets,
        );
    }
    for pod in input.view.pods.iter().flatten() {
        let over = matches!(pod.phase.as_str(), "Succeeded" | "Failed");
        if !over && pod.waits_for_image() {
            add(&pod.namespace, "Pod", &pod.name, &[&pod.pull_secrets]);
        }
        if !over && pod.owner.is_none() {
            add(&pod.namespace, "Pod", &pod.name, &[&pod.other_secrets]);
        }
    }
    for build in input.view.build_configs.iter().flatten() {
        add(
            &build.namespace,
            "BuildConfig",
            &build.name,
            &[&build.secrets],
        );
    }
    held
}

/// The secrets that something wants for pulling or pushing, and who: pull lists of accounts and workloads, and what
/// BuildConfigs name for images. Mount lists may hold secrets of any kind.
pub(super) fn wanted(view: &view::NamespaceView) -> Vec<(By, String)> {
    let mut wanted = Vec::new();
    let mut add =
        |kind: &str, namespace: &str, name: &str, secrets: &mut dyn Iterator<Item = &String>| {
            for secret in secrets {
                let by = By {
                    kind: kind.to_ascii_lowercase(),
                    namespace: namespace.to_owned(),
                    name: name.to_owned(),
                };
                wanted.push((by, secret.clone()));
            }
        };
    for account in view.service_accounts.iter().flatten() {
        let mut secrets = account.pull_secrets.iter();
        add(
            "serviceaccount",
            &account.namespace,
            &account.name,
            &mut secrets,
        );
    }
    let workloads = view.workloads.iter().flat_map(|read| &read.list);
    for workload in workloads.filter(|workload| workload.owner.is_none()) {
        let object = &workload.object;
        let namespace = object.namespace.as_deref().unwrap_or_default();
        add(
            object.kind.kind,
            namespace,
            &object.name,
            &mut workload.pull_secrets.iter(),
        );
    }
    for build in view.build_configs.iter().flatten() {
        let sources = build
            .source_images
            .iter()
            .filter_map(|source| source.pull_secret.as_ref());
        let mut secrets = build
            .push_secret
            .iter()
            .chain(&build.pull_secret)
            .chain(sources);
        add("buildconfig", &build.namespace, &build.name, &mut secrets);
    }
    wanted
}
