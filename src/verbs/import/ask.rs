//! The API server's dry run (`spec.import: false`), and `doctor`'s report where it fails.

use serde_json::{Value, json};

use super::Prepared;
use crate::cli::import::ImportArgs as Flags;
use crate::cli::registry_flags::RegistryFlags;
use crate::cluster::ClusterError;
use crate::cluster::importing::{ImageAnswer, ImportResult, ImportedImage};
use crate::doctor::target::Operation;
use crate::doctor::targets::Argument;
use crate::error::Error;
use crate::model::kinds;
use crate::plan::import::{
    AT_ONCE, ImportArgs, Planned, Wish, import as plan_import, new_stream, request,
};
use crate::plan::{Action, Change, Object, Plan, UndoNote, WhenGone, after};
use crate::ui::sanitize_line;
use crate::verbs::{Run, preflight};

/// Tags of a repository that are named one by one; of more their number.
const NAMED: usize = 10;

/// Asks for the images of the plan, in the very words of the import to come.
///
/// # Errors
///
/// When one of them cannot be imported: `doctor`'s report has been printed.
pub(super) async fn images(
    run: &mut Run,
    flags: &Flags,
    ready: &Prepared,
    planned: &Planned,
) -> Result<Vec<ImportedImage>, Error> {
    let request = planned.request(&ready.target.stream, false, None);
    let result = post(run, ready, &request).await;
    let words = match result {
        Ok(result) => {
            let found: Result<Vec<_>, _> = result.images.into_iter().collect();
            match found {
                Ok(found) => {
                    let pass = run.ui.glyphs().pass;
                    for image in &found {
                        run.ui.status(format!(
                            "{pass} the API server can import it: {}{}",
                            image.digest,
                            super::report::platforms(image)
                        ));
                    }
                    return Ok(found);
                }
                Err(failure) => format!("{}: {}", failure.reason.word(), failure.message),
            }
        }
        // The list of registries that images may be imported from is judged before any image is asked for.
        Err(ClusterError::Invalid(words)) => words,
        Err(error) => return Err(Error::from(error).context("the dry run of the import failed")),
    };
    Err(diagnosis(run, flags, ready, planned, &words)
        .await
        .hint("nothing was written"))
}

/// Asks for the tags of the whole repository, and wishes for those that can be imported.
///
/// # Errors
///
/// When the repository cannot be had, or has no tags.
pub(super) async fn repository(
    run: &mut Run,
    flags: &Flags,
    ready: &mut Prepared,
) -> Result<(), Error> {
    let repository = ready.target.image.name();
    let insecure = ready
        .policies
        .insecure
        .unwrap_or_else(|| any_insecure(ready));
    let mut spec = json!({
        "from": {"kind": "DockerImage", "name": repository},
        "importPolicy": {"insecure": insecure},
        "referencePolicy": {"type": ready.policies.reference.unwrap_or("Source")},
    });
    if let Some(mode) = ready.policies.mode {
        spec["importPolicy"]["importMode"] = mode.into();
    }
    let spec = json!({"import": false, "repository": spec});
    let question = request(&ready.target.stream, &spec, None);
    let answer = match post(run, ready, &question).await {
        Ok(result) => result.repository,
        Err(ClusterError::Invalid(words)) => {
            return Err(unreachable(run, flags, ready, &words).await);
        }
        Err(error) => return Err(Error::from(error).context("the dry run of the import failed")),
    };
    let Some(answer) = answer else {
        return Err(Error::failure(
            "the API server answered the import of a whole repository without a word about it",
        ));
    };
    let tags = match answer.tags {
        Ok(tags) => tags,
        Err(failure) => {
            let words = format!("{}: {}", failure.reason.word(), failure.message);
            return Err(unreachable(run, flags, ready, &words).await);
        }
    };
    if tags.is_empty() {
        return Err(Error::failure(format!("{repository} has no tags")).hint("nothing was written"));
    }
    let rest = rest(run, ready, &answer.more).await?;
    for (tag, image) in tags.into_iter().chain(rest) {
        match image {
            Ok(image) => {
                ready.wishes.push(Wish {
                    image: ready.target.image.with_tag(&tag),
                    tag,
                });
                ready.found.push(image);
            }
            Err(failure) => ready.failed.push(format!(
                "{tag}: {}: {}",
                failure.reason.word(),
                failure.message
            )),
        }
    }
    for words in ready.failed.iter().take(NAMED) {
        run.ui
            .warning(format!("left out: {}", sanitize_line(words, 400)));
    }
    if let Some(more) = ready
        .failed
        .len()
        .checked_sub(NAMED)
        .filter(|more| *more > 0)
    {
        run.ui.warning(format!("left out: {} more", count(more)));
    }
    if ready.wishes.is_empty() {
        return Err(Error::failure(format!(
            "the API server can import none of the {} tags of {repository}",
            ready.failed.len()
        ))
        .hint("nothing was written"));
    }
    run.ui.status(format!(
        "{} the API server can import {} of {repository}",
        run.ui.glyphs().pass,
        count(ready.wishes.len())
    ));
    Ok(())
}

/// Asks for the tags that the API server has named and not looked at: of a repository it takes so many at one time, of tags that
/// are asked for by name as many as they are.
///
/// # Errors
///
/// When it refuses a question as a whole.
async fn rest(
    run: &mut Run,
    ready: &Prepared,
    names: &[String],
) -> Result<Vec<(String, ImageAnswer)>, Error> {
    let stream = &ready.target.stream;
    let counter = run.ui.counter("more tags");
    let mut found = Vec::new();
    for tags in names.chunks(AT_ONCE) {
        counter.show(found.len(), names.len());
        let wishes: Vec<Wish> = tags
            .iter()
            .map(|tag| Wish {
                tag: tag.clone(),
                image: ready.target.image.with_tag(tag),
            })
            .collect();
        let args = ImportArgs {
            stream,
            wishes: &wishes,
            policies: &ready.policies,
            // What stands in the way is said of all tags at once, when they are known.
            change_source: true,
        };
        let planned = plan_import(ready.seen.as_ref(), &args)
            .map_err(|refusal| Error::failure(refusal.to_string()))?;
        let question = planned.request(stream, false, None);
        let result = ready
            .cluster
            .import_images(ready.cluster.namespace(), &question)
            .await
            .map_err(|error| Error::from(error).context("the dry run of the import failed"))?;
        found.extend(tags.iter().cloned().zip(result.images));
        if run.interrupt.is_asked() {
            return Err(Error::exit_only(crate::error::Kind::Interrupted));
        }
    }
    Ok(found)
}

pub(super) fn count(tags: usize) -> String {
    match tags {
        1 => "1 tag".to_owned(),
        tags => format!("{tags} tags"),
    }
}

/// One tag of the stream that is imported from the repository without verification: the others of it are too.
fn any_insecure(ready: &Prepared) -> bool {
    let repository = ready.target.image.name();
    let tags = ready
        .seen
        .as_ref()
        .map_or(&[][..], |seen| seen.items("/spec/tags"));
    tags.iter().any(|tag| {
        let source = tag["from"]["name"].as_str().unwrap_or_default();
        tag["importPolicy"]["insecure"] == true
            && crate::model::image::ImageReference::parse(source)
                .is_ok_and(|image| image.name() == repository)
    })
}

/// While a registry that does not answer is waited for, the user hears what is going on.
async fn post(
    run: &mut Run,
    ready: &Prepared,
    request: &Value,
) -> Result<ImportResult, ClusterError> {
    let namespace = ready.cluster.namespace();
    let image = &ready.target.image;
    let what = match ready.target.tag {
        Some(_) => image.to_string(),
        None => image.name(),
    };
    run.ui
        .status(format!("asking the API server to try the import of {what}"));
    ready.cluster.import_images(namespace, request).await
}

/// `doctor`'s verdict on the tag as it is planned; the API server's words where `doctor` finds nothing.
pub(super) async fn diagnosis(
    run: &mut Run,
    flags: &Flags,
    ready: &Prepared,
    planned: &Planned,
    words: &str,
) -> Error {
    let name = match &ready.target.tag {
        Some(tag) => format!("{}:{tag}", ready.target.stream.name),
        None => ready.target.stream.name.clone(),
    };
    let stream = after::after(&planned.plan)
        .ok()
        .and_then(|mut all| all.pop()?.1);
    let Some(stream) = stream else {
        return refusal(ready, words);
    };
    let argument = Argument::Object {
        kind: if ready.target.tag.is_some() {
            kinds::IMAGE_STREAM_TAG
        } else {
            kinds::IMAGE_STREAM
        },
        name,
    };
    judge(
        run,
        flags,
        ready,
        without_conditions(stream),
        argument,
        words,
    )
    .await
}

/// The same for a whole repository: of a stream that follows it.
async fn unreachable(run: &mut Run, flags: &Flags, ready: &Prepared, words: &str) -> Error {
    let image = &ready.target.image;
    let mut stream = new_stream(&ready.target.stream, image.registry(), &[]).into_value();
    stream["spec"]["dockerImageRepository"] = image.name().into();
    if ready
        .policies
        .insecure
        .unwrap_or_else(|| any_insecure(ready))
    {
        stream["metadata"]["annotations"]["openshift.io/image.insecureRepository"] = "true".into();
    }
    let argument = Argument::Object {
        kind: kinds::IMAGE_STREAM,
        name: ready.target.stream.name.clone(),
    };
    judge(run, flags, ready, Object::new(stream), argument, words)
        .await
        .hint("nothing was written")
}

async fn judge(
    run: &mut Run,
    flags: &Flags,
    ready: &Prepared,
    stream: Object,
    argument: Argument,
    words: &str,
) -> Error {
    let plan = Plan {
        changes: vec![Change {
            object: ready.target.stream.clone(),
            action: Action::Create(stream),
            seen: None,
            done: String::new(),
            why: String::new(),
            risk: None,
            undo: UndoNote::Inverse,
            when_gone: WhenGone::Fail,
        }],
        notes: Vec::new(),
    };
    let registry = RegistryFlags {
        registry_ca: flags.registry_ca.clone(),
        ..RegistryFlags::default()
    };
    let question = preflight::Question {
        plan: &plan,
        targets: vec![argument],
        operations: &[Operation::Import],
        registry: &registry,
        platform: None,
        push: false,
        account: "default",
    };
    match Box::pin(preflight::ask(run, &ready.cluster, question)).await {
        Ok(looked) => looked.failure(run).unwrap_or_else(|| refusal(ready, words)),
        Err(error) if error.is_silent() => error,
        Err(error) => {
            let why = error.message().to_owned();
            refusal(ready, words).hint(format!("why could not be looked at: {why}"))
        }
    }
}

fn refusal(ready: &Prepared, words: &str) -> Error {
    Error::failure(format!(
        "the API server cannot import {}: {}",
        ready.target.image,
        sanitize_line(words, 1000)
    ))
}

/// What was said of imports before tells nothing of this one.
fn without_conditions(stream: Object) -> Object {
    let mut stream = stream.into_value();
    if let Some(tags) = stream["status"]
        .get_mut("tags")
        .and_then(Value::as_array_mut)
    {
        for tag in tags {
            if let Some(tag) = tag.as_object_mut() {
                tag.shift_remove("conditions");
            }
        }
    }
    Object::new(stream)
}
