//! Builds: which step failed, on which image, and with which secrets.
//!
//! The step is told by the reason of the build's status (openshift/api `build/v1/consts.go`, source-to-image
//! `pkg/util/status/build_status.go`); where that tells nothing, by the words of the log.

use super::build_configs::{Spec, Step, steps};
use super::ground::{Ground, note};
use super::observed::{self, Said};
use super::world::Name;
use crate::cluster::Cluster;
use crate::cluster::snapshot::missing;
use crate::doctor::ask::{Ask, NotAsked};
use crate::doctor::evidence::{Check, Fact, ObservedSource, Status};
use crate::doctor::target::{Consumer, Operation, TargetRef};
use crate::model::image::ImageReference;
use crate::model::kinds;
use crate::model::message::{self, Symptom};
use crate::model::view::{Build, Part};

/// Lines of the log that are read.
const LOG_LINES: u32 = 60;

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failed {
    /// The images of this step.
    Step(Step),
    /// An image stream that the build takes from or gives to.
    Reference,
    /// It may have been any step; the words may tell.
    Untold,
    /// Nothing that has to do with images.
    Else,
}

/// The questions on a build. `log` is the end of its log, where it was asked for. Of a build that failed on an image only
/// that step is asked about.
pub(super) fn asks(ground: &Ground<'_>, build: &Build, log: Option<&str>) -> Vec<Ask> {
    let mut steps = steps(ground, &spec(build));
    observe(ground, build, log, &mut steps);
    if let Some((failed, image)) = failed_step(build, log) {
        let matching = steps.iter().any(|(step, _)| *step == failed);
        if matching {
            steps.retain(|(step, _)| *step == failed);
        }
        // Of several images of one step the words name the one.
        if let Some(image) = image
            && steps.iter().any(|(_, ask)| same_image(&image, &ask.text))
        {
            steps.retain(|(_, ask)| same_image(&image, &ask.text));
        }
    }
    if steps.is_empty() && is_stuck(build) && build.strategy != "JenkinsPipeline" {
        steps.push((Step::Base, unresolved(build)));
    }
    steps.into_iter().map(|(_, ask)| ask).collect()
}

/// The builds that failed on an image, or wait for one. A build that a later one of the same BuildConfig followed is history.
pub(super) fn failing(ground: &Ground<'_>) -> Vec<Ask> {
    let builds = ground.world.view.builds.iter().flatten();
    builds
        .filter(|build| is_stuck(build) && is_newest(ground, build))
        .filter(|build| concerns_images(build))
        .flat_map(|build| asks(ground, build, None))
        .collect()
}

/// The newest build of a BuildConfig.
pub(super) fn newest<'a>(ground: &Ground<'a>, namespace: &str, config: &str) -> Option<&'a Build> {
    ground
        .world
        .view
        .builds
        .iter()
        .flatten()
        .filter(|build| {
            build.namespace == namespace && build.build_config.as_deref() == Some(config)
        })
        .max_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)))
}

/// The end of a build's log, from its pod; `Ok(None)` where it has no pod.
pub(super) async fn read_log(cluster: &Cluster, build: &Build) -> Part<Option<String>> {
    let Some(pod) = &build.pod else {
        return Ok(None);
    };
    let object = kinds::POD.object(Some(&build.namespace), pod);
    match cluster.pod_log(&object, None, LOG_LINES).await {
        Ok(text) => Ok(Some(text)),
        Err(error) => match missing(error) {
            // The pod is gone, or its container has not begun: there is no log.
            crate::model::view::Missing::Failed(_) => Ok(None),
            why => Err(why),
        },
    }
}

/// The secrets that a build names for its images, for reading those that are of no docker type.
pub(super) fn secrets_named(build: &Build) -> Vec<Name> {
    let images = build.source_images.iter();
    build
        .pull_secret
        .iter()
        .chain(&build.push_secret)
        .chain(images.filter_map(|image| image.pull_secret.as_ref()))
        .map(|name| (build.namespace.clone(), name.clone()))
        .collect()
}

/// Puts what the cluster said of a build to the step that it is about.
pub(super) fn observe(
    ground: &Ground<'_>,
    build: &Build,
    log: Option<&str>,
    steps: &mut [(Step, Ask)],
) {
    if !is_stuck(build) {
        return;
    }
    let current = is_newest(ground, build);
    let about = failed_step(build, log);
    let image = about.as_ref().and_then(|(_, image)| image.as_deref());
    let named = image.is_some_and(|image| {
        steps.iter().any(|(step, ask)| {
            about.as_ref().is_some_and(|(failed, _)| failed == step) && same_image(image, &ask.text)
        })
    });
    for (step, ask) in steps.iter_mut() {
        let concerned = match &about {
            Some((failed, _)) if failed == step => {
                // Several images of one step: the words name the one.
                let other = image.is_some_and(|image| !same_image(image, &ask.text));
                !other || (!named && *step != Step::SourceImage)
            }
            Some(_) => false,
            None => !matches!(failed_by_reason(build), Failed::Else),
        };
        if concerned {
            let wanted = image.unwrap_or(&ask.text).to_owned();
            ask.facts
                .extend(words(ground, build, log, &wanted, current));
            if let Some(image) = image
                && *step == Step::Base
                && !same_image(image, &ask.text)
            {
                ask.notes.push(note(
                    Check::Observed,
                    Status::Warn,
                    format!("the words are about {image}, which the build names elsewhere: in its Dockerfile"),
                ));
            }
        }
    }
}

fn spec(build: &Build) -> Spec<'_> {
    Spec {
        object: kinds::BUILD.object(Some(&build.namespace), &build.name),
        namespace: &build.namespace,
        account: &build.service_account,
        strategy: &build.strategy,
        from: build.from.as_ref(),
        pull_secret: build.pull_secret.as_deref(),
        source_images: &build.source_images,
        dockerfile: &build.dockerfile,
        output: build.output.as_ref(),
        push_secret: build.push_secret.as_deref(),
        node_selector: &build.node_selector,
        made: true,
    }
}

/// It failed, or has not begun for a reason.
fn is_stuck(build: &Build) -> bool {
    match build.phase.as_str() {
        "Failed" | "Error" => true,
        "New" | "Pending" => !build.reason.is_empty(),
        _ => false,
    }
}

fn is_newest(ground: &Ground<'_>, build: &Build) -> bool {
    build.build_config.as_deref().is_none_or(|config| {
        newest(ground, &build.namespace, config).is_none_or(|last| last.name == build.name)
    })
}

fn failed_by_reason(build: &Build) -> Failed {
    match build.reason.as_str() {
        "PullBuilderImageFailed" | "PullRuntimeImageFailed" | "PullPreviousImageFailed" => {
            Failed::Step(Step::Base)
        }
        "FetchImageContentFailed" => Failed::Step(Step::SourceImage),
        "PushImageToRegistryFailed" | "MissingPushSecret" => Failed::Step(Step::Push),
        "InvalidOutputReference" | "InvalidImageReference" => Failed::Reference,
        "DockerBuildFailed"
        | "DockerImageBuildFailed"
        | "GenericBuildFailed"
        | "GenericS2IBuildFailed"
        | "FailedContainer"
        | "" => Failed::Untold,
        _ => Failed::Else,
    }
}

/// The step that failed, by the reason or else by the words, and the image that the words name.
fn failed_step(build: &Build, log: Option<&str>) -> Option<(Step, Option<String>)> {
    if !is_stuck(build) {
        return None;
    }
    let told = spoken(build, log);
    let image = told.as_ref().and_then(|message| message.image.clone());
    match failed_by_reason(build) {
        Failed::Step(step) => Some((step, image)),
        Failed::Untold => {
            let step = match told?.operation? {
                message::Operation::Pull => Step::Base,
                message::Operation::Push => Step::Push,
                message::Operation::Import => return None,
            };
            Some((step, image))
        }
        Failed::Reference | Failed::Else => None,
    }
}

/// The failure of a pull or push that the log tells of, else the status.
fn spoken(build: &Build, log: Option<&str>) -> Option<message::Message> {
    [log.unwrap_or_default(), &build.log_snippet, &build.message]
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(message::read)
        .find(|message| message.symptom != Symptom::Nothing && message.operation.is_some())
}

/// Whether a build that failed has to do with images at all.
fn concerns_images(build: &Build) -> bool {
    match failed_by_reason(build) {
        Failed::Step(_) | Failed::Reference => true,
        Failed::Untold => spoken(build, None).is_some(),
        Failed::Else => false,
    }
}

/// The cluster's words on a build: of its log, of its status, of events on it and on its pod.
fn words(
    ground: &Ground<'_>,
    build: &Build,
    log: Option<&str>,
    image: &str,
    current: bool,
) -> Vec<Fact> {
    let own = format!("build {}/{}", build.namespace, build.name);
    let say = |source, object: &str, text: &str, at| Said {
        source,
        object: object.to_owned(),
        text: text.to_owned(),
        image,
        current,
        at,
    };
    let log = log
        .filter(|log| message::read(log).symptom != Symptom::Nothing)
        .unwrap_or(&build.log_snippet);
    let mut said = vec![
        say(ObservedSource::Log, &own, log, build.completed),
        say(ObservedSource::Status, &own, &build.message, None),
    ];
    let pod = build.pod.as_deref().unwrap_or_default();
    for (kind, name) in [("Build", build.name.as_str()), ("Pod", pod)] {
        let object = format!("{} {}/{name}", kind.to_ascii_lowercase(), build.namespace);
        let events = ground.world.events_about(kind, &build.namespace, name);
        said.extend(
            events
                .iter()
                .filter(|event| event.type_name == "Warning")
                .map(|event| say(ObservedSource::Event, &object, &event.message, event.last)),
        );
    }
    observed::facts(said)
}

fn same_image(a: &str, b: &str) -> bool {
    match (ImageReference::parse(a), ImageReference::parse(b)) {
        (Ok(a), Ok(b)) => a.name() == b.name(),
        _ => a == b,
    }
}

/// A build that waits for something that is no image of a registry.
fn unresolved(build: &Build) -> Ask {
    let object = kinds::BUILD.object(Some(&build.namespace), &build.name);
    let consumer = Consumer::BuildPull {
        build: object.clone(),
        account: build.service_account.clone(),
    };
    let target = TargetRef::Object {
        object,
        container: None,
    };
    let why = match build.reason.as_str() {
        "" => "the build failed without telling why".to_owned(),
        reason => format!("the build stands at {reason}: {}", build.message),
    };
    Ask {
        not_asked: Some(NotAsked::Unresolved(why)),
        ..Ask::new(target, String::new(), Operation::Pull, consumer)
    }
}

#[cfg(test)]
mod tests;
