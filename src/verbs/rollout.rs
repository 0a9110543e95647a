//! Follows a rollout to its end, and finds out why it does not come to one: pods that wait for their image are diagnosed as
//! `doctor` does, as soon as the kubelet has given up on a pull once.

mod status;

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Run;
use super::preflight::{self, Question};
use crate::cli::registry_flags::RegistryFlags;
use crate::cluster::snapshot::decode;
use crate::cluster::{Cluster, ObjectRef, Scope, Selectors, kinds};
use crate::doctor::diagnosis::Diagnosis;
use crate::doctor::target::{Operation, TargetRef};
use crate::doctor::targets::Argument;
use crate::error::{Error, Kind};
use crate::model::view::{Container, Pod};
use crate::plan::use_image::containers;
use crate::plan::{Object, Plan, pod};
use crate::ui::sanitize_line;
use status::Progress;

/// Between two looks.
const POLL: Duration = Duration::from_millis(500);
/// A pull may fail once and work when it is tried again: so long it is left to the kubelet.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between two diagnoses that find nothing.
const BETWEEN_DIAGNOSES: Duration = Duration::from_secs(30);

/// What is followed.
pub(super) struct Watch<'a> {
    pub cluster: &'a Cluster,
    pub registry: &'a RegistryFlags,
    pub object: &'a ObjectRef,
    /// The container whose image was set.
    pub container: &'a str,
    pub before: Before,
    /// As the user gave it, for words.
    pub limit: Duration,
    pub end: Instant,
}

/// What ran in a pod before its image was set.
#[derive(Debug, Clone, Default)]
pub(super) struct Before {
    image: Option<String>,
    container_id: Option<String>,
}

/// How a pause ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    Over,
    /// The time is over.
    Late,
    Interrupted,
}

impl Pause {
    /// Waits for the next look, while there is time.
    pub(super) async fn until(run: &Run, end: Instant) -> Self {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Self::Late;
        }
        let _held = run.interrupt.hold();
        let interrupt = run.interrupt.clone();
        let asked = async move {
            while !interrupt.is_asked() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            () = tokio::time::sleep(left.min(POLL)) => Self::Over,
            () = asked => Self::Interrupted,
        }
    }
}

/// Remembers what a pod runs; other kinds have new pods, and nothing to be told from.
pub(super) async fn before(cluster: &Cluster, object: &ObjectRef, container: &str) -> Before {
    if object.kind != kinds::POD {
        return Before::default();
    }
    // What cannot be read now is told by the write.
    let Ok(Some(found)) = cluster.get(object).await else {
        return Before::default();
    };
    let container_id = status::of_container(&found, container)
        .and_then(|status| status["containerID"].as_str())
        .map(str::to_owned);
    Before {
        container_id,
        image: image_of(object, found, container),
    }
}

/// Waits until it is rolled out.
///
/// # Errors
///
/// When its pods do not get their image, after the diagnosis is printed; when the time is over, or the user has had enough.
pub(super) async fn follow(run: &mut Run, watch: &Watch<'_>) -> Result<(), Error> {
    let mut hang = Hang::default();
    let mut told = false;
    let mut line = run.ui.ticker();
    loop {
        let Some(object) = watch.cluster.get(watch.object).await? else {
            return Err(Error::failure(format!("{} is gone", watch.object)));
        };
        let words = match status::of(watch.object.kind, &object, watch.container, &watch.before) {
            Progress::Done(words) => {
                drop(line);
                run.ui.status(format!("{}: {words}", watch.object));
                return Ok(());
            }
            Progress::Failed(words) => {
                drop(line);
                return Err(given_up(run, watch, &words).await);
            }
            Progress::Waiting(words) => words,
        };
        line.show(&format!("{}: {words}", watch.object));
        let pods = pods(watch, &object).await;
        let image = image_of(watch.object, object, watch.container);
        if let Some(pod) = held_back(watch, &pods, image.as_deref()).filter(|_| !told) {
            told = true;
            let words = format!(
                "pod/{pod} still waits for another image, and a StatefulSet does not replace a pod that was never ready: delete it"
            );
            line.aside(|| run.ui.warning(words));
        }
        if hang.is_worth_a_look(&waiting(watch, &pods, image.as_deref())) {
            drop(line);
            if diagnose(run, watch, &words).await? {
                return Err(Error::exit_only(Kind::ProblemFound));
            }
            line = run.ui.ticker();
        }
        match Pause::until(run, watch.end).await {
            Pause::Over => {}
            Pause::Late => {
                drop(line);
                let words = format!("not rolled out after {}: {words}", words_of(watch.limit));
                return Err(given_up(run, watch, &words).await);
            }
            Pause::Interrupted => {
                drop(line);
                return Err(interrupted(run));
            }
        }
    }
}

/// What is left to say when the user has had enough.
pub(super) fn interrupted(run: &mut Run) -> Error {
    run.ui
        .status("interrupted: what was written stays, and the rollout goes on");
    Error::exit_only(Kind::Interrupted)
}

/// The pods that may be the object's. Those that may not be listed tell nothing.
async fn pods(watch: &Watch<'_>, object: &Value) -> Vec<Pod> {
    if watch.object.kind == kinds::POD {
        return vec![decode::pod(object)];
    }
    let workload = decode::workload(watch.object.kind, object);
    let Some(selector) = workload.and_then(|workload| workload.selector) else {
        return Vec::new();
    };
    let scope = Scope::Namespace(watch.cluster.namespace().to_owned());
    let selectors = Selectors {
        labels: Some(selector),
        fields: None,
    };
    let mut pods = watch
        .cluster
        .pods(&scope, &selectors)
        .await
        .unwrap_or_default();
    pods.retain(|pod| !pod.deleting);
    pods
}

/// The reasons for which containers of the image wait, one a container.
fn waiting(watch: &Watch<'_>, pods: &[Pod], image: Option<&str>) -> Vec<String> {
    let in_place = watch.object.kind == kinds::POD;
    pods.iter()
        .flat_map(|pod| &pod.containers)
        .filter(|own| own.name == watch.container && Some(own.image.as_str()) == image)
        // What runs in a pod already has had another image.
        .filter(|own| in_place || own.waits_for_image())
        .filter_map(|own| Some(own.waiting.as_ref()?.reason.clone()))
        .filter(|reason| !matches!(reason.as_str(), "PodInitializing" | "ContainerCreating"))
        .collect()
}

/// A pod of a StatefulSet that waits for an image that the template does not have any more: it has to be deleted by hand
/// (Kubernetes' documentation of StatefulSets, "Forced rollback").
fn held_back(watch: &Watch<'_>, pods: &[Pod], image: Option<&str>) -> Option<String> {
    if watch.object.kind != kinds::STATEFUL_SET {
        return None;
    }
    let waits_for_another = |own: &Container| {
        own.name == watch.container && Some(own.image.as_str()) != image && own.waits_for_image()
    };
    pods.iter()
        .find(|pod| pod.containers.iter().any(waits_for_another))
        .map(|pod| pod.name.clone())
}

/// Whether a rollout hangs on its image, and when that was looked into last.
#[derive(Debug, Default)]
struct Hang {
    since: Option<Instant>,
    looked: Option<Instant>,
}

impl Hang {
    /// Whether to diagnose now: the kubelet has given up on a pull, or has not got further for a while; and not all the time.
    fn is_worth_a_look(&mut self, reasons: &[String]) -> bool {
        if reasons.is_empty() {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        let backs_off = reasons.iter().any(|reason| reason != "ErrImagePull");
        let due = backs_off || since.elapsed() >= PATIENCE;
        let rested = self
            .looked
            .is_none_or(|looked| looked.elapsed() >= BETWEEN_DIAGNOSES);
        if due && rested {
            self.looked = Some(Instant::now());
        }
        due && rested
    }
}

/// The image that the object has for the container now.
fn image_of(object: &ObjectRef, found: Value, container: &str) -> Option<String> {
    let spec = pod::template_of(object.kind);
    containers::all(&Object::new(found), spec)
        .into_iter()
        .find(|own| own.name == container)?
        .image
}

/// `doctor` on the object; whether it found a cause, which is printed then.
async fn diagnose(run: &mut Run, watch: &Watch<'_>, words: &str) -> Result<bool, Error> {
    let question = Question {
        plan: &Plan::default(),
        targets: vec![Argument::Object {
            kind: watch.object.kind,
            name: watch.object.name.clone(),
        }],
        operations: &[Operation::Pull, Operation::Import],
        registry: watch.registry,
        platform: None,
        push: false,
        account: "default",
    };
    let answers = Box::pin(preflight::ask(run, watch.cluster, question))
        .await?
        .only(|result| is_about(result, watch.container));
    run.ui.status(format!(
        "{}: {}; its image:",
        watch.object,
        sanitize_line(words, 400)
    ));
    if answers.failure(run).is_some() {
        return Ok(true);
    }
    run.ui.status(
        "nothing was found that keeps it from arriving; the rollout is waited for all the same",
    );
    Ok(false)
}

/// Whether an answer is about this container of a workload, or about what has no containers.
pub(super) fn is_about(result: &Diagnosis, container: &str) -> bool {
    match &result.subject.target {
        TargetRef::Object {
            container: Some(other),
            ..
        } => other == container,
        TargetRef::Object { .. } | TargetRef::Image => true,
    }
}

/// The end of a rollout that failed or takes too long: with its diagnosis where that finds something.
async fn given_up(run: &mut Run, watch: &Watch<'_>, words: &str) -> Error {
    match diagnose(run, watch, words).await {
        Ok(true) => Error::exit_only(Kind::ProblemFound),
        Ok(false) => Error::failure(format!("{}: {}", watch.object, sanitize_line(words, 400)))
            .hint(format!(
                "the image is not what keeps it: `{} describe {}` and its pods' logs tell more",
                run.client(),
                watch.object
            )),
        Err(error) => error,
    }
}

/// `2m`, `90s`.
pub(super) fn words_of(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds > 0 && seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_that_failed_once_is_left_to_the_kubelet() {
        let mut hang = Hang::default();
        let once = ["ErrImagePull".to_owned()];
        assert!(!hang.is_worth_a_look(&[]));
        assert!(!hang.is_worth_a_look(&once));
        hang.since = hang.since.and_then(|since| since.checked_sub(PATIENCE));
        assert!(hang.is_worth_a_look(&once));
        // And then not all the time.
        assert!(!hang.is_worth_a_look(&once));
    }

    #[test]
    fn a_kubelet_that_backs_off_has_given_up_once() {
        for reason in [
            "ImagePullBackOff",
            "InvalidImageName",
            "illegal base64 data at input byte 0",
        ] {
            let reason = [reason.to_owned()];
            assert!(Hang::default().is_worth_a_look(&reason), "{reason:?}");
        }
    }

    #[test]
    fn times_are_said_shortly() {
        assert_eq!(words_of(Duration::from_secs(300)), "5m");
        assert_eq!(words_of(Duration::from_secs(90)), "90s");
    }
}
