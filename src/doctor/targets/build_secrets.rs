//! Which secret a build pulls or pushes with: the one that it names, else the one that the platform finds for it.
//!
//! The platform looks twice. The API server does when it makes a build of a BuildConfig, for what is pulled; the build
//! controller does when it makes the pod, for what is still missing. Both take the first secret of a list of the service
//! account that the kubelet's matcher finds an entry in; the controller takes the first docker secret of its list where none
//! matches. Sources: openshift-apiserver `pkg/build/apiserver/buildgenerator/generator.go` `resolveImageSecret`;
//! openshift-controller-manager `pkg/build/controller/build/build_controller.go` `resolveImageSecretAsReference`.

use super::ground::{Ground, note};
use crate::doctor::evidence::{Check, Evidence, Fact, ListOrigin, Role, Status, WiringFact};
use crate::doctor::probes;
use crate::doctor::probes::credentials::Sources;
use crate::doctor::target::Consumer;
use crate::model::view::{Missing, Secret, ServiceAccount};

/// What a build needs a secret for.
pub(super) struct Need<'a> {
    pub(super) namespace: &'a str,
    pub(super) account: &'a str,
    /// The secret that the build's own specification names.
    pub(super) named: Option<&'a str>,
    /// Where it would name it.
    pub(super) field: &'static str,
    /// The place among its `source.images`, where it is one of them.
    pub(super) source_image: Option<usize>,
    /// The name by which the API server looks when it makes the build; `None` where it does not look: for pushes, and for
    /// builds that are made.
    pub(super) api_looks_for: Option<String>,
    /// The name by which the build controller looks; empty for a base image that stands in a Dockerfile.
    pub(super) controller_looks_for: &'a str,
}

/// What it has.
pub(super) struct Supply {
    pub(super) sources: Sources,
    pub(super) facts: Vec<Fact>,
    pub(super) notes: Vec<Evidence>,
    pub(super) unread: Vec<Evidence>,
}

/// Which of the account's lists the build controller reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    /// `secrets`.
    Mountable,
    /// `imagePullSecrets`.
    Pull,
    /// One of them: it changed in the middle of 4.15, or the version is not known.
    Either,
}

impl Lists {
    /// By OpenShift's version: up to 4.14 `secrets`, from 4.16 `imagePullSecrets` (openshift-controller-manager
    /// `pkg/build/buildutil/util.go` `FetchServiceAccountSecrets` on its release branches). OpenShift 3 has no configuration
    /// kinds, by which it is known.
    pub(super) fn of(ground: &Ground<'_>) -> Self {
        if matches!(ground.config.image_config, Err(Missing::NotServed(_))) {
            return Self::Mountable;
        }
        let numbers = ground.openshift.and_then(|version| {
            let mut parts = version.split('.');
            let major: u32 = parts.next()?.trim_start_matches('v').parse().ok()?;
            let minor: u32 = parts.next()?.parse().ok()?;
            Some((major, minor))
        });
        match numbers {
            Some(version) if version < (4, 15) => Self::Mountable,
            Some(version) if version > (4, 15) => Self::Pull,
            _ => Self::Either,
        }
    }
}

/// A secret that was found in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Chosen {
    name: String,
    list: &'static str,
    /// It is taken although no entry in it is for the image.
    stopgap: bool,
    /// Others of the list that would serve as well.
    behind: Vec<String>,
}

/// What `consumer` has for what it needs.
pub(super) fn supply(ground: &Ground<'_>, need: &Need<'_>, consumer: &Consumer) -> Supply {
    let mut supply = Supply {
        sources: Sources::of(consumer),
        facts: Vec::new(),
        notes: Vec::new(),
        unread: Vec::new(),
    };
    let (used, origin, behind) = match need.named {
        Some(name) => (
            Some(name.to_owned()),
            ListOrigin::BuildField { field: need.field },
            Vec::new(),
        ),
        None => found(ground, need, &mut supply),
    };
    supply.facts.push(Fact::Wiring(WiringFact {
        origin,
        secrets: used.iter().cloned().collect(),
        source_image: need.source_image,
    }));
    if let Some(name) = &used {
        forbidden_to_mount(ground, need, name, &mut supply);
    }
    let listed = used.iter().map(|name| (Role::Used, name));
    let listed: Vec<(Role, &String)> = listed
        .chain(behind.iter().map(|name| (Role::Shadowed, name)))
        .collect();
    for (role, name) in &listed {
        match ground.build_secret(need.namespace, name) {
            Ok(secret) => supply.sources.secret(*role, need.namespace, name, secret),
            Err(why) => supply.unread.push(probes::unread(Check::Credentials, &why)),
        }
    }
    if supply.unread.is_empty() && matches!(consumer, Consumer::BuildPull { .. }) {
        ground.add_nodes(&mut supply.sources);
    }
    let known: Vec<&str> = listed.iter().map(|(_, name)| name.as_str()).collect();
    let unlisted = ground.add_unlinked(&mut supply.sources, need.namespace, &known);
    supply.unread.extend(unlisted);
    supply
}

/// What the platform finds for a build that names no secret.
fn found(
    ground: &Ground<'_>,
    need: &Need<'_>,
    supply: &mut Supply,
) -> (Option<String>, ListOrigin, Vec<String>) {
    let none = |list| ListOrigin::BuildAccount {
        account: need.account.to_owned(),
        list,
    };
    let lists = Lists::of(ground);
    let default = match lists {
        Lists::Mountable => "secrets",
        Lists::Pull | Lists::Either => "imagePullSecrets",
    };
    let account = match ground.world.account(need.namespace, need.account) {
        Err(why) => {
            supply.unread.push(probes::unread(Check::Credentials, &why));
            return (None, none(default), Vec::new());
        }
        Ok(account) => account,
    };
    let Some(account) = account else {
        let words = format!(
            "the service account {} does not exist: no build starts",
            need.account
        );
        supply.notes.push(note(Check::Wiring, Status::Warn, words));
        return (None, none(default), Vec::new());
    };
    let mut named = account
        .mountable_secrets
        .iter()
        .chain(&account.pull_secrets);
    let unread = named.find_map(|name| ground.world.secret(need.namespace, name).err());
    if let Some(why) = unread {
        supply.unread.push(probes::unread(Check::Credentials, &why));
        return (None, none(default), Vec::new());
    }
    let chosen = choose(ground, need, account, lists, supply);
    match chosen {
        None => (None, none(default), Vec::new()),
        Some(chosen) => {
            if chosen.stopgap {
                supply.notes.push(note(
                    Check::Wiring,
                    Status::Warn,
                    format!(
                        "no secret in {} of the service account {} is for this registry; the first one, {}, is taken all the same",
                        chosen.list, need.account, chosen.name
                    ),
                ));
            }
            (Some(chosen.name), none(chosen.list), chosen.behind)
        }
    }
}

fn choose(
    ground: &Ground<'_>,
    need: &Need<'_>,
    account: &ServiceAccount,
    lists: Lists,
    supply: &mut Supply,
) -> Option<Chosen> {
    if let Some(name) = need
        .api_looks_for
        .as_deref()
        .filter(|name| !name.is_empty())
    {
        let by_api = first(ground, need.namespace, "secrets", account, name, false);
        if by_api.is_some() {
            return by_api;
        }
    }
    let by = |list| {
        let name = need.controller_looks_for;
        first(ground, need.namespace, list, account, name, true)
    };
    match lists {
        Lists::Mountable => by("secrets"),
        Lists::Pull => by("imagePullSecrets"),
        Lists::Either => {
            let (older, newer) = (by("secrets"), by("imagePullSecrets"));
            let name = |chosen: &Option<Chosen>| {
                chosen
                    .as_ref()
                    .map_or("none".to_owned(), |chosen| chosen.name.clone())
            };
            if name(&older) != name(&newer) {
                let version = ground
                    .openshift
                    .map_or("this OpenShift".to_owned(), |version| {
                        format!("OpenShift {version}")
                    });
                let words = format!(
                    "whether {version} looks into secrets ({}) or into imagePullSecrets ({}) of the service account {} is not known; {} in the build's own specification settles it",
                    name(&older),
                    name(&newer),
                    need.account,
                    need.field
                );
                supply.notes.push(note(Check::Wiring, Status::Warn, &words));
                let version = ground.version_unread;
                supply
                    .notes
                    .extend(version.map(|why| probes::unread(Check::Credentials, why)));
                supply.sources.maybe_more = Some(words);
            }
            newer
        }
    }
}

/// The first secret of a list that serves `name`; with `stopgap` the first docker secret at all where none does.
fn first(
    ground: &Ground<'_>,
    namespace: &str,
    list: &'static str,
    account: &ServiceAccount,
    name: &str,
    stopgap: bool,
) -> Option<Chosen> {
    let names = if list == "secrets" {
        &account.mountable_secrets
    } else {
        &account.pull_secrets
    };
    // Those that do not exist, and those of other types, are passed over.
    let docker: Vec<&Secret> = names
        .iter()
        .filter_map(|name| ground.world.secret(namespace, name).ok().flatten())
        .filter(|secret| {
            matches!(
                secret.type_name.as_str(),
                "kubernetes.io/dockercfg" | "kubernetes.io/dockerconfigjson"
            )
        })
        .collect();
    let serves = |secret: &Secret| !name.is_empty() && ground.world.parsed(secret).serves(name);
    let mut serving = docker.iter().filter(|secret| serves(secret));
    let chosen = |secret: &Secret, stopgap, behind| Chosen {
        name: secret.name.clone(),
        list,
        stopgap,
        behind,
    };
    match serving.next() {
        Some(secret) => {
            let behind = serving
                .map(|secret| secret.name.clone())
                .filter(|name| *name != secret.name)
                .collect();
            Some(chosen(secret, false, behind))
        }
        None => docker
            .first()
            .filter(|_| stopgap)
            .map(|secret| chosen(secret, !name.is_empty(), Vec::new())),
    }
}

/// An account may forbid its pods to mount secrets that its `secrets` does not list; the build's pod mounts them.
fn forbidden_to_mount(ground: &Ground<'_>, need: &Need<'_>, name: &str, supply: &mut Supply) {
    let Ok(Some(account)) = ground.world.account(need.namespace, need.account) else {
        return;
    };
    let listed = account
        .mountable_secrets
        .iter()
        .any(|listed| listed == name);
    if account.enforces_mountable && !listed {
        let words = format!(
            "the service account {} enforces mountable secrets, and {name} is not in its list: the pod of the build is refused",
            need.account
        );
        supply.notes.push(note(Check::Wiring, Status::Warn, words));
    }
}

#[cfg(test)]
mod tests;
