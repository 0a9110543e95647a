//! The life of one pod: made, watched, deleted. Runs by itself, so that nobody who stops waiting keeps it from its end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::oneshot;

use super::pod::{self, Shape};
use super::reading::{self, PodEvent};
use super::{LeftBehind, NoVerdict, NodeOpinion, PullCheck, PullVerdict};
use crate::cluster::access::Right;
use crate::cluster::{Cluster, ClusterError, ObjectRef, Scope, Selectors, Write, kinds};

/// How long one call may take.
const CALL: Duration = Duration::from_secs(30);
/// Between two looks at the pod: at first, and at most.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(2);
/// Calls in a row that may fail before the check gives up.
const FAILURES: u32 = 5;
/// How often the pod is made in another shape.
const SHAPES: u32 = 4;
/// How often it is tried to delete the pod, with pauses that grow from half a second to four.
const DELETIONS: u32 = 5;

/// What the user may do, and what the cluster is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Means {
    /// Events may be listed; without them the pod's status has to do.
    events: bool,
    /// Users are chosen by the platform.
    openshift: bool,
}

impl Means {
    pub(super) async fn of(cluster: &Cluster, namespace: &str) -> Self {
        let list = Right {
            verb: "list",
            kind: kinds::EVENT,
            namespace: Some(namespace.to_owned()),
            name: None,
        };
        let (missing, openshift) = tokio::join!(
            cluster.missing_rights(std::slice::from_ref(&list)),
            cluster.serves("security.openshift.io")
        );
        Self {
            events: missing.is_ok_and(|missing| missing.is_empty()),
            openshift: openshift.unwrap_or(false),
        }
    }
}

/// One check under way.
pub(super) struct Task {
    pub(super) cluster: Cluster,
    pub(super) check: PullCheck,
    pub(super) means: Means,
    pub(super) name: String,
    pub(super) left: Arc<Mutex<Vec<LeftBehind>>>,
}

/// What came of making the pod.
enum Made {
    Pod(Box<Value>),
    /// It is not there.
    Refused(NoVerdict, String),
    /// It may be there.
    Unknown(String),
}

impl Task {
    /// Everything from making to deleting. `stopped` ends when nobody waits any more.
    pub(super) async fn run(self, mut stopped: oneshot::Receiver<()>) -> NodeOpinion {
        let started = Instant::now();
        let mut opinion = NodeOpinion {
            pod: Some(self.name.clone()),
            image: self.check.image.clone(),
            node: None,
            verdict: PullVerdict::NotKnown {
                why: NoVerdict::TimedOut,
                words: "stopped before the kubelet had said anything".to_owned(),
            },
            events: Vec::new(),
            elapsed: Duration::ZERO,
            left_behind: None,
        };
        if matches!(
            stopped.try_recv(),
            Err(oneshot::error::TryRecvError::Closed)
        ) {
            return opinion;
        }
        let mut uid = None;
        match self.make().await {
            Made::Refused(why, words) => {
                opinion.pod = None;
                opinion.verdict = PullVerdict::NotKnown { why, words };
                opinion.elapsed = started.elapsed();
                return opinion;
            }
            Made::Unknown(words) => {
                let why = NoVerdict::Cluster;
                opinion.verdict = PullVerdict::NotKnown { why, words };
            }
            Made::Pod(pod) => {
                uid = pod["metadata"]["uid"].as_str().map(str::to_owned);
                if let Some(image) = pod["spec"]["containers"][0]["image"].as_str() {
                    image.clone_into(&mut opinion.image);
                }
                let end = started + self.check.timeout;
                tokio::select! {
                    () = self.watch(&mut opinion, uid.as_deref(), end) => {}
                    _ = &mut stopped => {}
                }
            }
        }
        opinion.elapsed = started.elapsed();
        opinion.left_behind = self.delete(uid).await;
        if let Some(left) = &opinion.left_behind {
            self.left
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(left.clone());
        }
        opinion
    }

    fn object(&self) -> ObjectRef {
        kinds::POD.object(Some(&self.check.namespace), &self.name)
    }

    /// Makes the pod, in other shapes where the cluster's rules want them.
    async fn make(&self) -> Made {
        let mut shape = Shape::new(self.means.openshift);
        for _ in 0..SHAPES {
            let write = Write::Create(pod::document(&self.check, &self.name, &shape));
            let object = self.object();
            let call = tokio::time::timeout(CALL, self.cluster.write(&object, &write, false));
            let error = match call.await {
                Ok(Ok(pod)) => return Made::Pod(Box::new(pod)),
                Ok(Err(error)) => error,
                Err(_) => {
                    return Made::Unknown(format!(
                        "the API server did not answer within {} s",
                        CALL.as_secs()
                    ));
                }
            };
            let words = error.to_string();
            match error {
                ClusterError::Forbidden { .. } | ClusterError::Invalid(_) => {
                    match shape.after(&words) {
                        Some(next) => shape = next,
                        None => return Made::Refused(NoVerdict::Refused, words),
                    }
                }
                ClusterError::Unreachable(_) | ClusterError::Other(_) => {
                    return Made::Unknown(words);
                }
                ClusterError::Unauthorized(_) => return Made::Refused(NoVerdict::Cluster, words),
                ClusterError::NotFound(_)
                | ClusterError::Conflict(_)
                | ClusterError::AlreadyExists(_)
                | ClusterError::GroupMissing(_) => return Made::Refused(NoVerdict::Refused, words),
            }
        }
        Made::Refused(
            NoVerdict::Refused,
            "the rules of the namespace leave no room for a pod".to_owned(),
        )
    }

    /// Looks at the pod until there is a verdict or the time is over.
    async fn watch(&self, opinion: &mut NodeOpinion, uid: Option<&str>, end: Instant) {
        let mut pause = FIRST;
        let mut failures = 0;
        loop {
            let rest = end.saturating_duration_since(Instant::now());
            tokio::time::sleep(pause.min(rest)).await;
            pause = (pause * 3 / 2).min(LONGEST);
            match self.look(opinion, uid).await {
                Ok(Some(verdict)) => {
                    opinion.verdict = verdict;
                    return;
                }
                Ok(None) => failures = 0,
                Err(error) => {
                    failures += 1;
                    if failures >= FAILURES || matches!(error, ClusterError::Unauthorized(_)) {
                        opinion.verdict = PullVerdict::NotKnown {
                            why: NoVerdict::Cluster,
                            words: error.to_string(),
                        };
                        return;
                    }
                }
            }
            if Instant::now() >= end {
                opinion.verdict = self.out_of_time(opinion);
                return;
            }
        }
    }

    fn out_of_time(&self, opinion: &NodeOpinion) -> PullVerdict {
        let seconds = self.check.timeout.as_secs();
        let mut words = format!("the kubelet said neither yes nor no within {seconds} s");
        if let Some(event) = reading::last_warning(&opinion.events) {
            words = format!("{words}; {}: {}", event.reason, event.message);
        }
        PullVerdict::NotKnown {
            why: NoVerdict::TimedOut,
            words,
        }
    }

    /// One look at the pod and its events.
    async fn look(
        &self,
        opinion: &mut NodeOpinion,
        uid: Option<&str>,
    ) -> Result<Option<PullVerdict>, ClusterError> {
        let object = self.object();
        let get = tokio::time::timeout(CALL, self.cluster.get(&object));
        let (pod, events) = tokio::join!(get, self.events(uid));
        if let Some(events) = events {
            opinion.events = events;
        }
        let pod = pod.unwrap_or_else(|_| {
            Err(ClusterError::Unreachable(
                "the API server does not answer any more".to_owned(),
            ))
        })?;
        let Some(pod) = pod.filter(|pod| uid.is_none() || pod["metadata"]["uid"].as_str() == uid)
        else {
            return Ok(Some(PullVerdict::NotKnown {
                why: NoVerdict::Deleted,
                words: "somebody else deleted the pod before the kubelet had said anything"
                    .to_owned(),
            }));
        };
        let node = pod["spec"]["nodeName"].as_str();
        opinion.node = node.filter(|node| !node.is_empty()).map(str::to_owned);
        Ok(reading::verdict(&pod, &opinion.events))
    }

    /// The events about the pod; `None` when they cannot be read, which costs words and no verdict.
    async fn events(&self, uid: Option<&str>) -> Option<Vec<PodEvent>> {
        if !self.means.events {
            return None;
        }
        let by_uid = uid.map_or_else(String::new, |uid| format!(",involvedObject.uid={uid}"));
        let selectors = Selectors {
            labels: None,
            fields: Some(format!("involvedObject.name={}{by_uid}", self.name)),
        };
        let scope = Scope::Namespace(self.check.namespace.clone());
        let list = self.cluster.list_all(kinds::EVENT, &scope, &selectors);
        let items = tokio::time::timeout(CALL, list).await.ok()?.ok()?;
        Some(reading::events(items))
    }

    /// Deletes the pod, whatever it takes within reason.
    async fn delete(&self, uid: Option<String>) -> Option<LeftBehind> {
        let sure = uid.is_some();
        let write = Write::Delete {
            uid,
            resource_version: None,
        };
        let object = self.object();
        let mut pause = FIRST;
        let mut why = String::new();
        for attempt in 0..DELETIONS {
            if attempt > 0 {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            let call = tokio::time::timeout(CALL, self.cluster.write(&object, &write, false));
            match call.await {
                Ok(Ok(_)) => return None,
                // A pod whose making was not answered may come into being yet.
                Ok(Err(ClusterError::NotFound(_))) if sure || attempt > 1 => return None,
                Ok(Err(ClusterError::NotFound(_))) => {}
                // Another pod of this name: ours is gone.
                Ok(Err(ClusterError::Conflict(_))) if sure => return None,
                Ok(Err(error)) => why = error.to_string(),
                Err(_) => {
                    why = format!("the API server did not answer within {} s", CALL.as_secs());
                }
            }
        }
        Some(LeftBehind {
            namespace: self.check.namespace.clone(),
            pod: self.name.clone(),
            why,
        })
    }
}
