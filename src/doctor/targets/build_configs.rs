//! BuildConfigs: what their builds pull, where they push, and with which secrets.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::build_dockerfile;
use super::build_nodes;
use super::build_secrets::{Need, supply};
use super::builds;
use super::ground::{Ground, Stream, note, stream_of};
use super::resolve::{self, Asked, Place};
use super::world::Name;
use crate::doctor::ask::Ask;
use crate::doctor::evidence::{Check, Evidence, ResolvedFact, SkipReason, Status, Vantage};
use crate::doctor::target::{Consumer, Operation, TargetRef};
use crate::model::kinds::{self, ObjectRef};
use crate::model::view::{BuildConfig, BuildImage, BuildSourceImage, DockerfileOf};

/// What a BuildConfig and a Build have in common.
pub(super) struct Spec<'a> {
    pub(super) object: ObjectRef,
    pub(super) namespace: &'a str,
    pub(super) account: &'a str,
    pub(super) strategy: &'a str,
    pub(super) from: Option<&'a BuildImage>,
    pub(super) pull_secret: Option<&'a str>,
    pub(super) source_images: &'a [BuildSourceImage],
    pub(super) dockerfile: &'a DockerfileOf,
    pub(super) output: Option<&'a BuildImage>,
    pub(super) push_secret: Option<&'a str>,
    /// Labels of the nodes that its pod runs on.
    pub(super) node_selector: &'a BTreeMap<String, String>,
    /// A build that is made: the API server has looked for its secrets, and has put its images in.
    pub(super) made: bool,
}

/// What of a build a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A base image (of the strategy, or of the Dockerfile), or the image that a custom build runs.
    Base,
    /// One of `source.images`.
    SourceImage,
    Push,
}

/// The questions on a BuildConfig: its pulls, then its push. None for a pipeline, which has no images of its own.
pub(super) fn asks(ground: &Ground<'_>, config: &BuildConfig) -> Vec<Ask> {
    let spec = Spec {
        object: kinds::BUILD_CONFIG.object(Some(&config.namespace), &config.name),
        namespace: &config.namespace,
        account: &config.service_account,
        strategy: &config.strategy,
        from: config.from.as_ref(),
        pull_secret: config.pull_secret.as_deref(),
        source_images: &config.source_images,
        dockerfile: &config.dockerfile,
        output: config.output.as_ref(),
        push_secret: config.push_secret.as_deref(),
        node_selector: &config.node_selector,
        made: false,
    };
    let mut steps = steps(ground, &spec);
    if let Some(last) = builds::newest(ground, &config.namespace, &config.name) {
        builds::observe(ground, last, None, &mut steps);
    }
    steps.into_iter().map(|(_, ask)| ask).collect()
}

/// The secrets that a BuildConfig names for its images, for reading those that are of no docker type.
pub(super) fn secrets_named(config: &BuildConfig) -> Vec<Name> {
    let images = config.source_images.iter();
    config
        .pull_secret
        .iter()
        .chain(&config.push_secret)
        .chain(images.filter_map(|image| image.pull_secret.as_ref()))
        .map(|name| (config.namespace.clone(), name.clone()))
        .collect()
}

/// The image streams that it takes its images from.
pub(super) fn streams_named(config: &BuildConfig) -> Vec<Name> {
    let images = config.source_images.iter().map(|image| &image.from);
    config
        .from
        .iter()
        .chain(images)
        .filter_map(|image| stream_of(image, &config.namespace))
        .collect()
}

/// Each step of a build that has an image.
pub(super) fn steps(ground: &Ground<'_>, spec: &Spec<'_>) -> Vec<(Step, Ask)> {
    if spec.strategy == "JenkinsPipeline" {
        return Vec::new();
    }
    let base = spec.from.map(|from| (Step::Base, base(ground, spec, from)));
    let mut steps = build_dockerfile::steps(ground, spec, base);
    for (place, image) in spec.source_images.iter().enumerate() {
        steps.push((Step::SourceImage, source_image(ground, spec, place, image)));
    }
    build_nodes::place(ground, spec.node_selector, &mut steps);
    let (push, output) = push(ground, spec);
    steps.extend(push.map(|ask| (Step::Push, ask)));
    build_dockerfile::unread(spec, &mut steps);
    if let Some(output) = output {
        for (_, ask) in &mut steps {
            ask.notes.push(output.clone());
        }
    }
    steps
}

pub(super) fn target(spec: &Spec<'_>) -> TargetRef {
    TargetRef::Object {
        object: spec.object.clone(),
        container: None,
    }
}

/// The base image: pulled by the builder, or by the kubelet for a custom build, whose pod runs it.
fn base(ground: &Ground<'_>, spec: &Spec<'_>, from: &BuildImage) -> Ask {
    let found = resolve::reference(ground, spec.namespace, from);
    if spec.strategy == "Custom" {
        let asked = by_kubelet(ground, spec);
        let mut ask = found.into_ask(ground, target(spec), asked);
        if spec.pull_secret.is_some() {
            ask.notes.push(note(
                Check::Wiring,
                Status::Pass,
                "pullSecret is mounted for the builder's own use; the kubelet pulls the builder image with the account's imagePullSecrets",
            ));
        }
        return ask;
    }
    let need = Need {
        namespace: spec.namespace,
        account: spec.account,
        named: spec.pull_secret,
        field: "pullSecret",
        source_image: None,
        api_looks_for: (!spec.made).then(|| found.image.clone()),
        controller_looks_for: &found.image.clone(),
    };
    by_builder(ground, spec, &need, found)
}

fn source_image(
    ground: &Ground<'_>,
    spec: &Spec<'_>,
    place: usize,
    image: &BuildSourceImage,
) -> Ask {
    let mut found = resolve::reference(ground, spec.namespace, &image.from);
    if found.fact.is_none() {
        found.fact = Some(ResolvedFact {
            from: "an entry of source.images".to_owned(),
            by: "the build".to_owned(),
        });
    }
    let need = Need {
        namespace: spec.namespace,
        account: spec.account,
        named: image.pull_secret.as_deref(),
        field: "pullSecret in source.images",
        source_image: Some(place),
        api_looks_for: (!spec.made).then(|| source_name(ground, spec, &image.from)),
        controller_looks_for: &found.image.clone(),
    };
    by_builder(ground, spec, &need, found)
}

/// For `source.images` the API server looks before it resolves: for a tag by the stream's repository in the integrated
/// registry, wherever the image is (openshift-apiserver `buildgenerator` `resolveImageStreamDockerRepository`).
fn source_name(ground: &Ground<'_>, spec: &Spec<'_>, from: &BuildImage) -> String {
    if from.kind != "ImageStreamTag" {
        return resolve::reference(ground, spec.namespace, from).image;
    }
    let stream = stream_of(from, spec.namespace).and_then(|(namespace, name)| {
        match ground.stream(&namespace, &name) {
            Stream::Found(stream) => Some(stream),
            _ => None,
        }
    });
    stream
        .and_then(|stream| stream.repository.clone().or(stream.spec_repository.clone()))
        .unwrap_or_default()
}

/// What the builder pulls, with the secret that it has for it.
pub(super) fn by_builder(
    ground: &Ground<'_>,
    spec: &Spec<'_>,
    need: &Need<'_>,
    found: resolve::Resolution,
) -> Ask {
    let consumer = Consumer::BuildPull {
        build: spec.object.clone(),
        account: spec.account.to_owned(),
    };
    let supply = supply(ground, need, &consumer);
    let own = matches!(
        found.place,
        Place::Registry | Place::Integrated(_) | Place::Unknown(_)
    );
    let asked = Asked {
        operation: Operation::Pull,
        consumer,
        sources: Arc::new(supply.sources),
        facts: supply.facts,
        unread: supply.unread,
    };
    let mut ask = found.into_ask(ground, target(spec), asked);
    if own {
        ask.notes.extend(supply.notes);
    }
    ask
}

/// What the kubelet has for a pod of the build's account.
fn by_kubelet(ground: &Ground<'_>, spec: &Spec<'_>) -> Asked {
    let wired = ground.wiring.account(spec.namespace, spec.account);
    Asked {
        operation: Operation::Pull,
        consumer: wired.consumer,
        sources: wired.sources,
        facts: wired.facts,
        unread: wired.lines,
    }
}

/// The push, where the output is an external image; else why there is nothing to ask about.
fn push(ground: &Ground<'_>, spec: &Spec<'_>) -> (Option<Ask>, Option<Evidence>) {
    let skip = |words: String| {
        Some(Evidence::skip(
            Check::Push,
            Vantage::Config,
            SkipReason::NotApplicable,
            words,
        ))
    };
    let Some(output) = spec.output else {
        return (None, skip("the build has no output".to_owned()));
    };
    if output.kind != "DockerImage" {
        return (None, Some(into_stream(ground, spec, output)));
    }
    let found = resolve::reference(ground, spec.namespace, output);
    if matches!(
        found.place,
        Place::Integrated(_) | Place::PassedThrough { .. }
    ) {
        return (
            None,
            skip(format!("{} is in the integrated registry", output.name)),
        );
    }
    let consumer = Consumer::BuildPush {
        build: spec.object.clone(),
        account: spec.account.to_owned(),
    };
    let need = Need {
        namespace: spec.namespace,
        account: spec.account,
        named: spec.push_secret,
        field: "pushSecret",
        source_image: None,
        api_looks_for: None,
        controller_looks_for: &output.name,
    };
    let supply = supply(ground, &need, &consumer);
    let ask = Ask {
        sources: Arc::new(supply.sources),
        facts: supply.facts,
        notes: supply.notes,
        unread: supply.unread,
        ..Ask::new(target(spec), output.name.clone(), Operation::Push, consumer)
    };
    (Some(ask), None)
}

/// An output that goes to an image stream, and so into the integrated registry.
fn into_stream(ground: &Ground<'_>, spec: &Spec<'_>, output: &BuildImage) -> Evidence {
    let namespace = output.namespace.as_deref().unwrap_or(spec.namespace);
    let name = output.name.split([':', '@']).next().unwrap_or_default();
    if ground.covers(namespace)
        && let Stream::Absent = ground.stream(namespace, name)
    {
        let words = format!(
            "its output goes to the image stream {namespace}/{name}, which does not exist: no build starts"
        );
        return note(Check::Wiring, Status::Warn, words);
    }
    Evidence::skip(
        Check::Push,
        Vantage::Config,
        SkipReason::NotApplicable,
        format!(
            "its output goes to the image stream {namespace}/{name}, in the integrated registry"
        ),
    )
}
