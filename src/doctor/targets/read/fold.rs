//! Of thousands of pods only those that say something of their own: all that wait for an image, and of those that run one of
//! each kind.

use std::collections::HashSet;

use crate::doctor::targets::workloads::top_of;
use crate::model::kinds::ObjectRef;
use crate::model::view::Pod;

/// What makes pods alike that run: what made them, and what they are given.
#[derive(PartialEq, Eq, Hash)]
struct Likeness {
    above: ObjectRef,
    owner: Option<String>,
    account: String,
    pull_secrets: Vec<String>,
    /// Names and images.
    containers: Vec<(String, String)>,
}

impl Likeness {
    fn of(pod: &Pod) -> Self {
        Self {
            above: top_of(pod, |_, _| true),
            owner: pod.owner.as_ref().map(|owner| owner.name.clone()),
            account: pod.service_account.clone(),
            pull_secrets: pod.pull_secrets.clone(),
            containers: pod
                .containers
                .iter()
                .map(|container| (container.name.clone(), container.image.clone()))
                .collect(),
        }
    }
}

/// Chooses among the pods of a list.
#[derive(Default)]
pub(super) struct Fold {
    /// What runs is of interest as well.
    all: bool,
    seen: HashSet<Likeness>,
}

impl Fold {
    pub(super) fn new(all: bool) -> Self {
        Self {
            all,
            seen: HashSet::new(),
        }
    }

    /// Whether the pod is to be kept.
    pub(super) fn keeps(&mut self, pod: &Pod) -> bool {
        let is_done = matches!(pod.phase.as_str(), "Succeeded" | "Failed");
        if pod.deleting || is_done {
            return false;
        }
        pod.waits_for_image() || self.all && self.seen.insert(Likeness::of(pod))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::view::{Container, ContainerKind, Owner, Waiting};

    fn pod(name: &str, owner: Option<&str>, image: &str) -> Pod {
        Pod {
            namespace: "shop".to_owned(),
            name: name.to_owned(),
            uid: String::new(),
            phase: "Running".to_owned(),
            created: None,
            deleting: false,
            service_account: "default".to_owned(),
            node: None,
            pull_secrets: Vec::new(),
            applied_pull_secrets: None,
            other_secrets: Vec::new(),
            containers: vec![Container {
                kind: ContainerKind::Regular,
                name: "app".to_owned(),
                image: image.to_owned(),
                pull_policy: None,
                image_id: Some("sha256:0".to_owned()),
                waiting: None,
            }],
            owner: owner.map(|name| Owner {
                kind: "ReplicaSet".to_owned(),
                name: name.to_owned(),
            }),
            labels: BTreeMap::new(),
        }
    }

    fn waiting(mut pod: Pod) -> Pod {
        pod.phase = "Pending".to_owned();
        pod.containers[0].image_id = None;
        pod.containers[0].waiting = Some(Waiting {
            reason: "ImagePullBackOff".to_owned(),
            message: String::new(),
        });
        pod
    }

    fn kept(all: bool, pods: &[Pod]) -> Vec<&str> {
        let mut fold = Fold::new(all);
        pods.iter()
            .filter(|pod| fold.keeps(pod))
            .map(|pod| pod.name.as_str())
            .collect()
    }

    #[test]
    fn one_of_each_kind_that_runs_and_all_that_wait() {
        let pods = [
            pod("web-1", Some("web-abc"), "r.example/web:1"),
            pod("web-2", Some("web-abc"), "r.example/web:1"),
            pod("web-3", Some("web-def"), "r.example/web:1"),
            waiting(pod("web-4", Some("web-abc"), "r.example/web:1")),
            waiting(pod("web-5", Some("web-abc"), "r.example/web:1")),
            pod("alone", None, "r.example/web:1"),
            pod("alone-2", None, "r.example/web:1"),
            Pod {
                deleting: true,
                ..waiting(pod("gone", None, "r.example/web:1"))
            },
            Pod {
                phase: "Succeeded".to_owned(),
                ..pod("done", None, "r.example/web:1")
            },
        ];
        assert_eq!(kept(false, &pods), ["web-4", "web-5"]);
        assert_eq!(
            kept(true, &pods),
            ["web-1", "web-3", "web-4", "web-5", "alone", "alone-2"]
        );
    }

    #[test]
    fn another_image_or_list_is_another_kind() {
        let mut listed = pod("web-3", Some("web-abc"), "r.example/web:1");
        listed.pull_secrets = vec!["corp".to_owned()];
        let pods = [
            pod("web-1", Some("web-abc"), "r.example/web:1"),
            pod("web-2", Some("web-abc"), "r.example/web:2"),
            listed,
        ];
        assert_eq!(kept(true, &pods), ["web-1", "web-2", "web-3"]);
    }
}
