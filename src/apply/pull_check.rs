//! What a node says of an image: a short-lived pod whose image the kubelet has to pull, and that is deleted afterwards.
//!
//! Nothing of the image runs: the pod's command does not exist, so that a container that could be made cannot start. It
//! is the pull alone that counts. The pod asks for the very image, as the very account, and `imagePullPolicy: Always`
//! makes the kubelet ask the registry even where the node has the image already.
//!
//! The pod is deleted whatever happens: when the verdict is there, when there is none in time, and when whoever waits
//! for it is dropped, as on Ctrl-C; [`PullChecks::finish`] waits for that. Only a process that is killed leaves one
//! behind, which its own deadline ends ([`left_over`] finds it). Judges nothing: the words of the kubelet are handed on.

mod pod;
mod reading;
mod task;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::cluster::access::Right;
use crate::cluster::{Cluster, ClusterError, Scope, Selectors, kinds};

pub use pod::{PURPOSE_KEY, PURPOSE_VALUE};
pub use reading::PodEvent;

/// What is to be pulled, where and as whom.
#[derive(Debug, Clone)]
pub struct PullCheck {
    pub namespace: String,
    /// The reference as the pod would have it.
    pub image: String,
    /// The service account, which must exist.
    pub account: String,
    /// A list of pull secrets of the pod's own. Empty leaves it to admission, which copies the account's.
    pub pull_secrets: Vec<String>,
    /// The node by name; `None` leaves it to the scheduler.
    pub node: Option<String>,
    /// How long to wait for the kubelet's word. The pod lives a little longer at most.
    pub timeout: Duration,
}

/// What became of a check.
#[derive(Debug, Clone)]
pub struct NodeOpinion {
    /// The pod that was made, or was to be.
    pub pod: Option<String>,
    /// The image that the pod had once admission was done with it: webhooks rewrite images.
    pub image: String,
    /// The node that the pod came to.
    pub node: Option<String>,
    pub verdict: PullVerdict,
    /// The events about the pod, oldest first; empty where they may not be read.
    pub events: Vec<PodEvent>,
    pub elapsed: Duration,
    /// The pod, when it could not be deleted.
    pub left_behind: Option<LeftBehind>,
}

/// The kubelet's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullVerdict {
    /// The image is on the node.
    Pulled {
        /// The digest of the manifest that the reference led to, where the runtime names it.
        digest: Option<String>,
    },
    /// It could not be pulled.
    Failed {
        /// As the container's status has it: `ErrImagePull`, `InvalidImageName`, `illegal base64 data ...`.
        reason: String,
        /// The kubelet's full words on one line, sanitised.
        message: String,
    },
    NotKnown {
        why: NoVerdict,
        /// In words, on one line.
        words: String,
    },
}

/// Why there is no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoVerdict {
    /// The user may not make, read or delete pods in this namespace; none was made.
    NoRight,
    /// The API server did not take the pod: quota, admission, an account that is not there.
    Refused,
    /// No node takes the pod, or the one named does not.
    Unschedulable,
    /// The time was over before the kubelet said anything.
    TimedOut,
    /// Somebody else deleted the pod.
    Deleted,
    /// The API server could not be asked any more.
    Cluster,
}

/// A pod that is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftBehind {
    pub namespace: String,
    pub pod: String,
    /// Why it could not be deleted, or that a run that was killed left it.
    pub why: String,
}

impl LeftBehind {
    /// What deletes it, with the client that the user has (`oc` or `kubectl`).
    pub fn command(&self, client: &str) -> Vec<String> {
        [client, "delete", "pod", &self.pod, "-n", &self.namespace]
            .map(str::to_owned)
            .to_vec()
    }
}

/// All checks of a run. Dropping the future of a check ends it; its pod is deleted in the background, for which
/// [`PullChecks::finish`] waits.
pub struct PullChecks {
    cluster: Cluster,
    left: Arc<Mutex<Vec<LeftBehind>>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl PullChecks {
    pub fn new(cluster: &Cluster) -> Self {
        Self {
            cluster: cluster.clone(),
            left: Arc::default(),
            tasks: Mutex::default(),
        }
    }

    /// Makes the pod, waits for the kubelet's word, deletes the pod. `announce` is told what is about to be written, with
    /// its name, before it is. A failure of any kind is a verdict, never an error.
    pub async fn run(
        &self,
        check: PullCheck,
        announce: &mut (dyn FnMut(&str) + Send),
    ) -> NodeOpinion {
        let started = Instant::now();
        let none = |verdict| NodeOpinion {
            pod: None,
            image: check.image.clone(),
            node: None,
            verdict,
            events: Vec::new(),
            elapsed: started.elapsed(),
            left_behind: None,
        };
        if let Some(verdict) = self.refusal(&check.namespace).await {
            return none(verdict);
        }
        let means = task::Means::of(&self.cluster, &check.namespace).await;
        let name = pod::new_name();
        announce(&announcement(&check, &name));
        let (answer, answered) = oneshot::channel();
        // Dropped with this future: that is what ends the check early.
        let (stop, stopped) = oneshot::channel::<()>();
        let work = task::Task {
            cluster: self.cluster.clone(),
            check: check.clone(),
            means,
            name: name.clone(),
            left: Arc::clone(&self.left),
        };
        let handle = tokio::spawn(async move {
            // Nobody may be waiting for the answer any more.
            drop(answer.send(work.run(stopped).await));
        });
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(handle);
        let opinion = answered.await;
        drop(stop);
        opinion.unwrap_or_else(|_| {
            let words = format!("the check ended without a word; the pod {name} may be left");
            let mut opinion = none(PullVerdict::NotKnown {
                why: NoVerdict::Cluster,
                words,
            });
            opinion.pod = Some(name.clone());
            opinion
        })
    }

    /// Waits until every pod of the checks so far is deleted, or cannot be. Those that are left are named, each once.
    pub async fn finish(&self) -> Vec<LeftBehind> {
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            // A task that ended badly has said what it could.
            drop(task.await);
        }
        std::mem::take(&mut *self.left.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whoever may not delete the pod, or read what became of it, does not make one.
    async fn refusal(&self, namespace: &str) -> Option<PullVerdict> {
        let right = |verb| Right {
            verb,
            kind: kinds::POD,
            namespace: Some(namespace.to_owned()),
            name: None,
        };
        match self
            .cluster
            .missing_rights(&[right("create"), right("get"), right("delete")])
            .await
        {
            Ok(missing) if missing.is_empty() => None,
            Ok(missing) => {
                let words: Vec<String> = missing.iter().map(ToString::to_string).collect();
                Some(PullVerdict::NotKnown {
                    why: NoVerdict::NoRight,
                    words: format!("you may not {}", words.join(", nor ")),
                })
            }
            Err(error) => Some(PullVerdict::NotKnown {
                why: NoVerdict::Cluster,
                words: error.to_string(),
            }),
        }
    }
}

/// What is about to be done, for the user.
fn announcement(check: &PullCheck, name: &str) -> String {
    let place = check
        .node
        .as_ref()
        .map_or_else(String::new, |node| format!(" on the node {node}"));
    format!(
        "starts the pod {}/{name}{place} as the service account {}, to have {} pulled there; nothing of the image runs, and the pod is deleted afterwards",
        check.namespace, check.account, check.image
    )
}

/// The pods of earlier checks that have outlived their deadline at `now`: runs that were killed left them. Nothing is
/// deleted.
///
/// # Errors
///
/// When the pods of the namespace cannot be listed.
pub async fn left_over(
    cluster: &Cluster,
    namespace: &str,
    now: Timestamp,
) -> Result<Vec<LeftBehind>, ClusterError> {
    let selectors = Selectors {
        labels: Some(format!("{PURPOSE_KEY}={PURPOSE_VALUE}")),
        fields: None,
    };
    let scope = Scope::Namespace(namespace.to_owned());
    let mut found = Vec::new();
    cluster
        .list(kinds::POD, &scope, &selectors, |pod| {
            if let Some(name) = pod::outlived(&pod, now) {
                found.push(LeftBehind {
                    namespace: namespace.to_owned(),
                    pod: name,
                    why: "a run that was cut off left it".to_owned(),
                });
            }
        })
        .await?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_before_it_is_done_and_how_to_clear_up() {
        let check = PullCheck {
            namespace: "shop".to_owned(),
            image: "r.example.com/app:1".to_owned(),
            account: "robot".to_owned(),
            pull_secrets: Vec::new(),
            node: Some("worker-1".to_owned()),
            timeout: Duration::from_secs(60),
        };
        assert_eq!(
            announcement(&check, "x"),
            "starts the pod shop/x on the node worker-1 as the service account robot, to have r.example.com/app:1 \
             pulled there; nothing of the image runs, and the pod is deleted afterwards"
        );
        let left = LeftBehind {
            namespace: "shop".to_owned(),
            pod: "x".to_owned(),
            why: String::new(),
        };
        assert_eq!(
            left.command("kubectl").join(" "),
            "kubectl delete pod x -n shop"
        );
    }
}
