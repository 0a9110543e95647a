//! What the nodes of an OpenShift 4 cluster do when its registry lists or CAs change: drain, reboot, reload CRI-O, or
//! nothing. Which operators have to take the change up as well.
//!
//! Knows the machine-config-operator's rules by release, the cluster's own node disruption policies and the override of
//! drains. Reads nothing: versions and objects are given.

use serde_json::Value;

use super::{Action, Change, Plan};
use crate::model::kinds;

/// A change of the platform's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlatformChange {
    /// `insecureRegistries` or `blockedRegistries` of image.config, or mirrors: `/etc/containers/registries.conf`.
    RegistriesConf,
    /// `allowedRegistries` or `blockedRegistries` of image.config: `/etc/containers/policy.json`.
    Policy,
    /// `additionalTrustedCA` of image.config, or what its ConfigMap holds.
    RegistryCa,
    /// `trustedCA` of the Proxy, or `user-ca-bundle`: the trust store of every node.
    ClusterCa,
}

/// What is known of the cluster that matters to the nodes' reaction.
#[derive(Debug, Clone, Copy, Default)]
pub struct Platform<'a> {
    /// OpenShift's version (`4.18.12`), where it is known.
    pub version: Option<&'a str>,
    /// `controlPlaneTopology` of Infrastructure is `SingleReplica`.
    pub single_node: bool,
    /// `status` of the MachineConfiguration `cluster` of `operator.openshift.io`, where there is one.
    pub policies: Option<&'a Value>,
    /// The ConfigMap `image-registry-override-drain` exists in `openshift-machine-config-operator`.
    pub drain_override: bool,
}

/// What every node does, one after another in its pool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeEffect {
    /// Its pods are moved away first.
    pub drain: bool,
    pub reboot: bool,
    /// What is done to services: `reload crio`, `restart crio`.
    pub services: Vec<String>,
    /// The pools get a new rendered configuration. Without it the change reaches the nodes by another way.
    pub rolls: bool,
}

/// Something that has to take the change up beside the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uptake {
    /// Name of the ClusterOperator.
    pub operator: &'static str,
    /// It restarts what it operates, and is seen to progress. Otherwise it only has to stay healthy.
    pub restarts: bool,
}

impl NodeEffect {
    /// What the nodes do on all of these changes together.
    ///
    /// Source: machine-config-operator `pkg/daemon/update.go` `calculatePostConfigChangeAction*` and `pkg/daemon/drain.go`
    /// `isDrainRequired*`, `isSafeContainerRegistryConfChanges` on the branches release-4.6 to release-4.20, and
    /// `pkg/daemon/certificate_writer.go` for CAs of registries.
    pub fn of(platform: &Platform<'_>, changes: &[PlatformChange]) -> Self {
        let mut whole = Self::default();
        for change in changes {
            whole.join(Self::of_one(platform, *change));
        }
        if platform.single_node {
            // There is no other node that the pods could go to (`drainRequired`).
            whole.drain = false;
        }
        whole
    }

    fn of_one(platform: &Platform<'_>, change: PlatformChange) -> Self {
        let file = match change {
            PlatformChange::RegistriesConf => "/etc/containers/registries.conf",
            PlatformChange::Policy => "/etc/containers/policy.json",
            PlatformChange::ClusterCa => {
                "/etc/pki/ca-trust/source/anchors/openshift-config-user-ca-bundle.crt"
            }
            // No part of any MachineConfig: written by the daemon as it comes, before 4.14 by the registry's `node-ca`.
            PlatformChange::RegistryCa => return Self::default(),
        };
        of_policies(platform, file).unwrap_or_else(|| Self::by_version(platform, change))
    }

    /// By the rules that are built into a release. An unknown version counts as the newest.
    fn by_version(platform: &Platform<'_>, change: PlatformChange) -> Self {
        let version = platform.version.and_then(minor).unwrap_or((u32::MAX, 0));
        let crio = |what: &str, drain: bool| Self {
            drain,
            reboot: false,
            services: vec![what.to_owned()],
            rolls: true,
        };
        let reboot = Self {
            drain: true,
            reboot: true,
            services: Vec::new(),
            rolls: true,
        };
        match change {
            PlatformChange::RegistriesConf if version < (4, 7) => reboot,
            // An entry without mirrors is never one of the safe changes, neither added nor taken away.
            PlatformChange::RegistriesConf => crio("reload crio", !platform.drain_override),
            PlatformChange::Policy if version < (4, 10) => reboot,
            PlatformChange::Policy => crio("reload crio", false),
            PlatformChange::ClusterCa if version < (4, 14) => reboot,
            PlatformChange::ClusterCa => crio("restart crio", false),
            PlatformChange::RegistryCa => Self::default(),
        }
    }

    fn join(&mut self, other: Self) {
        self.drain |= other.drain;
        self.reboot |= other.reboot;
        self.rolls |= other.rolls;
        for service in other.services {
            if !self.services.contains(&service) {
                self.services.push(service);
            }
        }
    }

    /// Completes `every node ...`.
    pub fn words(&self) -> String {
        match (self.drain, self.reboot) {
            (true, true) => "is drained and reboots".to_owned(),
            (false, true) => "reboots".to_owned(),
            (true, false) if self.services.is_empty() => "is drained".to_owned(),
            (true, false) => format!("is drained and does {}", self.services.join(", ")),
            (false, false) if self.services.is_empty() => {
                "takes it up while it runs: no drain, no restart".to_owned()
            }
            (false, false) => format!("does {}, without a drain", self.services.join(", ")),
        }
    }
}

/// The node disruption policy for a file, which users may set since 4.17.
///
/// Source: `operator.openshift.io/v1` MachineConfiguration `status.nodeDisruptionPolicyStatus.clusterPolicies`;
/// machine-config-operator `docs/NodeDisruptionPolicy.md`, `pkg/daemon/drain.go` `isDrainRequiredForNodeDisruptionActions`.
fn of_policies(platform: &Platform<'_>, file: &str) -> Option<NodeEffect> {
    let files = platform
        .policies?
        .pointer("/nodeDisruptionPolicyStatus/clusterPolicies/files")?
        .as_array()?;
    let policy = files.iter().find(|policy| policy["path"] == file)?;
    let mut effect = NodeEffect {
        rolls: true,
        ..NodeEffect::default()
    };
    for action in policy["actions"].as_array()? {
        let service = |of: &str| {
            let name = action[of]["serviceName"].as_str().unwrap_or("a service");
            name.strip_suffix(".service").unwrap_or(name).to_owned()
        };
        match action["type"].as_str()? {
            "None" => {}
            "Drain" => effect.drain = true,
            "Reboot" => {
                effect.drain = true;
                effect.reboot = true;
            }
            "Reload" => effect
                .services
                .push(format!("reload {}", service("reload"))),
            "Restart" => effect
                .services
                .push(format!("restart {}", service("restart"))),
            "DaemonReload" => effect.services.push("daemon-reload".to_owned()),
            // Reserved for registries.conf.
            "Special" => {
                effect.drain |= !platform.drain_override;
                effect.services.push("reload crio".to_owned());
            }
            _ => return None,
        }
    }
    Some(effect)
}

/// What a plan changes of the platform, each once; nothing for plans that stay within namespaces.
pub fn changes_of(plan: &Plan) -> Vec<PlatformChange> {
    let mut changes: Vec<PlatformChange> = plan.changes.iter().flat_map(of_change).collect();
    changes.sort_unstable();
    changes.dedup();
    changes
}

fn of_change(change: &Change) -> Vec<PlatformChange> {
    let places: Vec<String> = match &change.action {
        Action::Edit(ops) | Action::Ensure { ops, .. } | Action::Prune(ops) => {
            ops.iter().map(super::Op::place).collect()
        }
        Action::Create(_) | Action::Apply(_) | Action::Delete => Vec::new(),
    };
    let at = |word: &str| places.iter().any(|place| place.contains(word));
    let object = &change.object;
    let mut found = Vec::new();
    if object.kind == kinds::IMAGE_CONFIG {
        let lists = [
            (PlatformChange::RegistriesConf, "/insecureRegistries"),
            (PlatformChange::RegistriesConf, "/blockedRegistries"),
            (PlatformChange::Policy, "/blockedRegistries"),
            (PlatformChange::Policy, "/allowedRegistries"),
            (PlatformChange::RegistryCa, "/additionalTrustedCA"),
        ];
        found.extend(
            lists
                .iter()
                .filter(|(_, word)| at(word))
                .map(|(change, _)| *change),
        );
    } else if object.kind == kinds::PROXY_CONFIG && at("/trustedCA") {
        found.push(PlatformChange::ClusterCa);
    } else if object.kind == kinds::CONFIG_MAP
        && object.namespace.as_deref() == Some("openshift-config")
    {
        // The key that the Proxy's bundle has; the others are named for registries.
        let bundle = |object: &super::Object| object.value()["data"].get("ca-bundle.crt").is_some();
        let made = match &change.action {
            Action::Create(object) | Action::Apply(object) => bundle(object),
            Action::Edit(_) | Action::Ensure { .. } | Action::Prune(_) | Action::Delete => {
                change.seen.as_ref().is_some_and(bundle)
            }
        };
        found.push(if made || at("/ca-bundle.crt") {
            PlatformChange::ClusterCa
        } else {
            PlatformChange::RegistryCa
        });
    }
    found
}

/// The ClusterOperators that a wait has to follow.
///
/// openshift-apiserver reads `insecureRegistries` and `blockedRegistries` at every import and `additionalTrustedCA` only when it
/// starts (`pkg/cmd/openshift-apiserver/openshiftapiserver/config.go`); its operator restarts it. The network operator validates
/// the Proxy's bundle and merges it with the system's (cluster-network-operator `pkg/controller/proxyconfig`).
pub fn uptakes(changes: &[PlatformChange]) -> Vec<Uptake> {
    let mut all: Vec<Uptake> = Vec::new();
    for change in changes {
        let (restarting, healthy): (&[&'static str], &[&'static str]) = match change {
            PlatformChange::RegistriesConf | PlatformChange::Policy => (&[], &["machine-config"]),
            PlatformChange::RegistryCa => (
                &["openshift-apiserver"],
                &["image-registry", "machine-config"],
            ),
            PlatformChange::ClusterCa => (
                &["openshift-apiserver"],
                &[
                    "network",
                    "kube-apiserver",
                    "openshift-controller-manager",
                    "image-registry",
                    "machine-config",
                ],
            ),
        };
        let named = |restarts| move |operator: &&'static str| Uptake { operator, restarts };
        for uptake in restarting
            .iter()
            .map(named(true))
            .chain(healthy.iter().map(named(false)))
        {
            match all.iter_mut().find(|it| it.operator == uptake.operator) {
                Some(known) => known.restarts |= uptake.restarts,
                None => all.push(uptake),
            }
        }
    }
    all
}

/// `4.18.12` as (4, 18).
fn minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests;
