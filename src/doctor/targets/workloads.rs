//! The images of workloads: what the template says now, and what its pods, made from it, wait for.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::ground::Ground;
use super::pods::{self, PodImage};
use super::resolve;
use crate::doctor::ask::Ask;
use crate::doctor::evidence::Fact;
use crate::model::kinds::{self, Kind, ObjectRef};
use crate::model::view::{Container, NamespaceView, Pod, Workload};

/// The label by which a Deployment's ReplicaSets and their pods are told apart (Kubernetes `DefaultDeploymentUniqueLabelKey`).
const TEMPLATE_HASH: &str = "pod-template-hash";
/// The DeploymentConfig of a pod (openshift/api `apps/v1` `DeploymentConfigLabel`).
const DEPLOYMENT_CONFIG: &str = "deploymentconfig";

/// Every image of the template. A pod of the current template that waits for one speaks for it: it is what fails, with the
/// list that it was made with.
pub(super) fn asks(ground: &Ground<'_>, workload: &Workload, pods: &[&Pod]) -> Vec<Ask> {
    let mut asks: Vec<Ask> = workload
        .containers
        .iter()
        .map(|container| (container, speaker(workload, container, pods)))
        .filter(|(container, speaker)| speaker.is_some() || pods::is_of_interest(container))
        .map(|(container, speaker)| match speaker {
            Some((pod, own, like)) => {
                let image = PodImage {
                    target: workload.object.clone(),
                    pod,
                    container: own,
                    template: Some(workload),
                    like,
                };
                image.ask(ground)
            }
            None => {
                let image =
                    resolve::workload_image(ground, workload, &container.name, &container.image);
                let wired = ground.wiring.template(workload);
                let mut ask = pods::ask(ground, &workload.object, &container.name, image, wired);
                ask.facts.extend(had(workload, container, pods));
                ask.unread.extend(pods::events_unread(ground));
                ask
            }
        })
        .collect();
    asks.extend(stuck(ground, workload, pods));
    asks
}

/// Pods of a StatefulSet that an older template made, and that wait for its image: they stay until somebody deletes them, the
/// set goes on to no other before they are ready (Kubernetes, StatefulSets, "Forced rollback").
fn stuck(ground: &Ground<'_>, workload: &Workload, pods: &[&Pod]) -> Vec<Ask> {
    if workload.object.kind != kinds::STATEFUL_SET {
        return Vec::new();
    }
    let old = pods.iter().filter(|pod| !is_current(workload, pod));
    old.flat_map(|pod| pods::waiting(pod).map(move |container| (*pod, container)))
        .map(|(pod, container)| {
            let image = PodImage {
                target: kinds::POD.object(Some(&pod.namespace), &pod.name),
                pod,
                container,
                template: None,
                like: 0,
            };
            image.ask(ground)
        })
        .collect()
}

/// The newest pod that waits for this container's image as the template has it now, its container, and how many more do.
fn speaker<'a>(
    workload: &Workload,
    container: &Container,
    pods: &[&'a Pod],
) -> Option<(&'a Pod, &'a Container, usize)> {
    let mut waiting: Vec<(&Pod, &Container)> = pods
        .iter()
        .filter(|pod| is_current(workload, pod))
        .filter_map(|pod| {
            let own = pods::waiting(pod)
                .find(|own| own.kind == container.kind && own.name == container.name)?;
            Some((*pod, own))
        })
        .collect();
    waiting.sort_by_key(|(pod, _)| (Reverse(pod.created), pod.name.clone()));
    let (pod, own) = waiting.first()?;
    Some((pod, own, waiting.len() - 1))
}

/// That a pod of the current template has got this container's image.
fn had(workload: &Workload, container: &Container, pods: &[&Pod]) -> Option<Fact> {
    pods.iter()
        .filter(|pod| is_current(workload, pod))
        .find_map(|pod| {
            let own = pod
                .containers
                .iter()
                .find(|own| own.kind == container.kind && own.name == container.name)?;
            pods::present(pod, own)
        })
}

/// Whether the template, as it is now, would make a pod with these images and this list. What admission changed (an image
/// stream tag that it resolved) is compared by name only.
fn is_current(workload: &Workload, pod: &Pod) -> bool {
    let list = workload.pull_secrets.is_empty() || workload.pull_secrets == pod.pull_secrets;
    list && workload.service_account == pod.service_account
        && workload.containers.iter().all(|container| {
            pod.containers.iter().any(|own| {
                own.name == container.name
                    && (own.image == container.image || is_resolved(&container.image, &own.image))
            })
        })
}

/// A name without registry and path may be an image stream's, for which admission puts in the image with its digest.
fn is_resolved(name: &str, image: &str) -> bool {
    !name.contains('/') && image.contains("@sha256:")
}

/// The workload that a user knows a pod by, from its labels and its owner: the Deployment above the ReplicaSet, the CronJob
/// above the Job. The pod itself where there is none.
pub(super) fn top_of(pod: &Pod, known: impl Fn(Kind, &str) -> bool) -> ObjectRef {
    let object = |kind: Kind, name: &str| kind.object(Some(&pod.namespace), name);
    let Some(owner) = &pod.owner else {
        return object(kinds::POD, &pod.name);
    };
    let name = owner.name.as_str();
    match owner.kind.as_str() {
        "ReplicaSet" => {
            // As the deployment controller names them.
            let deployment = pod
                .labels
                .get(TEMPLATE_HASH)
                .and_then(|hash| name.strip_suffix(hash.as_str()))
                .and_then(|rest| rest.strip_suffix('-'))
                .filter(|deployment| known(kinds::DEPLOYMENT, deployment));
            match deployment {
                Some(deployment) => object(kinds::DEPLOYMENT, deployment),
                None => object(kinds::REPLICA_SET, name),
            }
        }
        "ReplicationController" => match pod.labels.get(DEPLOYMENT_CONFIG) {
            Some(config) => object(kinds::DEPLOYMENT_CONFIG, config),
            None => object(kinds::POD, &pod.name),
        },
        "StatefulSet" => object(kinds::STATEFUL_SET, name),
        "DaemonSet" => object(kinds::DAEMON_SET, name),
        "Job" => match cron_job_of(name).filter(|cron| known(kinds::CRON_JOB, cron)) {
            Some(cron) => object(kinds::CRON_JOB, cron),
            None => object(kinds::JOB, name),
        },
        _ => object(kinds::POD, &pod.name),
    }
}

/// A CronJob's Jobs have its name and the time in minutes (Kubernetes `pkg/controller/cronjob` `getJobName`).
fn cron_job_of(job: &str) -> Option<&str> {
    let (cron, time) = job.rsplit_once('-')?;
    (!time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit())).then_some(cron)
}

/// Pods by what made them: their owner, and the workload above it; and by themselves.
pub(super) struct Owners<'a>(HashMap<ObjectRef, Vec<&'a Pod>>);

impl<'a> Owners<'a> {
    /// Of the pods and workloads that were read.
    pub(super) fn of(view: &'a NamespaceView) -> Self {
        let known = Known::of(view);
        let mut owners: HashMap<ObjectRef, Vec<&Pod>> = HashMap::new();
        for pod in view.pods.iter().flatten() {
            let names: BTreeSet<ObjectRef> = [
                known.above(pod),
                top_of(pod, |_, _| false),
                kinds::POD.object(Some(&pod.namespace), &pod.name),
            ]
            .into();
            for name in names {
                owners.entry(name).or_default().push(pod);
            }
        }
        Self(owners)
    }

    pub(super) fn pods(&self, object: &ObjectRef) -> &[&'a Pod] {
        self.0.get(object).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The workloads that were read, by kind, namespace and name.
pub(super) struct Known<'a>(HashMap<ObjectRef, &'a Workload>);

impl<'a> Known<'a> {
    pub(super) fn of(view: &'a NamespaceView) -> Self {
        let workloads = view.workloads.iter().flat_map(|workloads| &workloads.list);
        Self(
            workloads
                .map(|workload| (workload.object.clone(), workload))
                .collect(),
        )
    }

    pub(super) fn get(&self, object: &ObjectRef) -> Option<&'a Workload> {
        self.0.get(object).copied()
    }

    /// The workload that a user knows a pod by.
    pub(super) fn above(&self, pod: &Pod) -> ObjectRef {
        top_of(pod, |kind, name| {
            self.0
                .contains_key(&kind.object(Some(&pod.namespace), name))
        })
    }

    /// What a pod was made from: its owner's template, or that of the workload above.
    pub(super) fn template(&self, pod: &Pod) -> Option<&'a Workload> {
        let direct = self.get(&top_of(pod, |_, _| false));
        // A Deployment's template may have changed since; its ReplicaSet's has not.
        direct.or_else(|| {
            self.get(&self.above(pod))
                .filter(|workload| is_current(workload, pod))
        })
    }
}

#[cfg(test)]
mod tests;
