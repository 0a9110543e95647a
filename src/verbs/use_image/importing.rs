//! Waits until the tag has imported the image and the trigger has put it into the container.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::gather::Tag;
use crate::cli::registry_flags::RegistryFlags;
use crate::cluster::{Cluster, ObjectRef, kinds};
use crate::doctor::target::Operation;
use crate::doctor::targets::Argument;
use crate::error::{Error, Kind};
use crate::model::view::StreamTag;
use crate::plan::use_image::{containers, triggers};
use crate::plan::{Object, Plan, pod};
use crate::ui::sanitize_line;
use crate::verbs::Run;
use crate::verbs::preflight::{self, Question};
use crate::verbs::rollout::{Pause, interrupted, words_of};

/// What is waited for.
pub(super) struct Watch<'a> {
    pub cluster: &'a Cluster,
    pub registry: &'a RegistryFlags,
    pub tag: &'a Tag,
    pub workload: &'a ObjectRef,
    pub container: &'a str,
    pub limit: Duration,
    pub end: Instant,
}

/// How far the import is.
#[derive(Debug, PartialEq, Eq)]
enum Import {
    Waiting,
    /// The digest.
    Done(String),
    Failed(String),
}

/// Waits for both.
///
/// # Errors
///
/// When the import fails, which is diagnosed, or the time is over.
pub(super) async fn follow(run: &mut Run, watch: &Watch<'_>) -> Result<(), Error> {
    let line = run.ui.ticker();
    let digest = loop {
        line.show(&format!("waiting for the import of istag/{}", watch.tag));
        let stream = watch
            .cluster
            .image_stream(watch.cluster.namespace(), &watch.tag.stream)
            .await?;
        match import(
            stream
                .as_ref()
                .and_then(|stream| stream.tag(&watch.tag.tag)),
        ) {
            Import::Done(digest) => break digest,
            Import::Failed(why) => {
                drop(line);
                return Err(diagnose(run, watch, &why).await?);
            }
            Import::Waiting => {}
        }
        match Pause::until(run, watch.end).await {
            Pause::Over => {}
            Pause::Late => {
                drop(line);
                return Err(Error::failure(format!(
                    "istag/{} has not imported the image after {}",
                    watch.tag,
                    words_of(watch.limit)
                ))
                .hint(format!(
                    "the controllers of the image streams may not run; `{} doctor istag/{}` looks at it",
                    run.program, watch.tag
                )));
            }
            Pause::Interrupted => {
                drop(line);
                return Err(interrupted(run));
            }
        }
    };
    let words = format!(
        "istag/{} imported {}",
        watch.tag,
        sanitize_line(&digest, 100)
    );
    line.aside(|| run.ui.status(words));
    if !triggers::act_on(watch.workload.kind) {
        return Ok(());
    }
    loop {
        line.show(&format!("waiting for the trigger of {}", watch.workload));
        let object = watch.cluster.get(watch.workload).await?;
        if object.is_some_and(|object| has_image(watch, object, &digest)) {
            return Ok(());
        }
        match Pause::until(run, watch.end).await {
            Pause::Over => {}
            Pause::Late => {
                drop(line);
                return Err(Error::failure(format!(
                    "the image is imported, and no trigger has put it into {} after {}",
                    watch.workload,
                    words_of(watch.limit)
                ))
                .hint("the image trigger controller may not run, or another trigger of it may not resolve"));
            }
            Pause::Interrupted => {
                drop(line);
                return Err(interrupted(run));
            }
        }
    }
}

/// A tag without a generation is one that no controller of the platform has come to.
fn import(tag: Option<&StreamTag>) -> Import {
    let Some(tag) = tag else {
        return Import::Waiting;
    };
    if let Some(failed) = tag.failed_import() {
        let words = format!("{}: {}", failed.reason, failed.message);
        return Import::Failed(sanitize_line(&words, 400));
    }
    let wanted = tag.generation.unwrap_or_default();
    tag.items
        .first()
        .filter(|item| tag.is_reference || item.generation.is_none_or(|has| has >= wanted))
        .map_or(Import::Waiting, |item| Import::Done(item.image.clone()))
}

fn has_image(watch: &Watch<'_>, object: Value, digest: &str) -> bool {
    let object = Object::new(object);
    let spec = pod::template_of(watch.workload.kind);
    containers::all(&object, spec).iter().any(|container| {
        container.name == watch.container
            && container
                .image
                .as_ref()
                .is_some_and(|image| image.ends_with(digest))
    })
}

/// `doctor` on the tag; where it finds nothing, the importer's own words.
async fn diagnose(run: &mut Run, watch: &Watch<'_>, why: &str) -> Result<Error, Error> {
    run.ui
        .status(format!("the import of istag/{} failed: {why}", watch.tag));
    let question = Question {
        plan: &Plan::default(),
        targets: vec![Argument::Object {
            kind: kinds::IMAGE_STREAM_TAG,
            name: watch.tag.to_string(),
        }],
        operations: &[Operation::Import],
        registry: watch.registry,
        platform: None,
        push: false,
        account: "default",
    };
    let answers = Box::pin(preflight::ask(run, watch.cluster, question)).await?;
    Ok(if answers.failure(run).is_none() {
        Error::failure(format!("istag/{} could not be imported: {why}", watch.tag))
    } else {
        Error::exit_only(Kind::ProblemFound)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::view::{ImportCondition, TagItem};

    fn tag(generation: i64, item: Option<i64>, failed: Option<i64>) -> StreamTag {
        StreamTag {
            generation: Some(generation),
            items: item
                .map(|generation| TagItem {
                    image: "sha256:1".into(),
                    docker_image_reference: String::new(),
                    generation: Some(generation),
                    created: None,
                })
                .into_iter()
                .collect(),
            conditions: failed
                .map(|generation| ImportCondition {
                    status: false,
                    reason: "Unauthorized".into(),
                    message: "no".into(),
                    generation: Some(generation),
                    at: None,
                })
                .into_iter()
                .collect(),
            ..StreamTag::default()
        }
    }

    #[test]
    fn an_import_counts_when_it_is_of_the_tag_as_it_is_now() {
        let done = Import::Done("sha256:1".into());
        let failed = Import::Failed("Unauthorized: no".into());
        assert_eq!(import(None), Import::Waiting);
        assert_eq!(import(Some(&tag(2, None, None))), Import::Waiting);
        assert_eq!(import(Some(&tag(2, Some(1), None))), Import::Waiting);
        assert_eq!(import(Some(&tag(2, Some(2), None))), done);
        assert_eq!(import(Some(&tag(2, Some(2), Some(1)))), done);
        assert_eq!(import(Some(&tag(2, Some(1), Some(2)))), failed);
    }
}
