//! What came of an import: images, platforms, when; what is left of one that failed.

use std::time::Duration;

use super::Prepared;
use super::carry_out::NAMED;
use crate::cluster::importing::{ImageAnswer, ImportedImage};
use crate::error::Error;
use crate::plan::Object;
use crate::plan::import::arrival::{Arrival, arrival};
use crate::ui::sanitize_line;
use crate::verbs::Run;

/// How long to wait for images that the cluster imports by itself.
const PATIENCE: Duration = Duration::from_secs(30);
const STEP: Duration = Duration::from_millis(250);

/// ` (linux/amd64, linux/arm64)`.
pub(super) fn platforms(image: &ImportedImage) -> String {
    if image.platforms.is_empty() {
        return String::new();
    }
    format!(" ({})", image.platforms.join(", "))
}

/// Says what every tag has now. An import answers with the stream as it left it; where a tag is of a newer generation than
/// its image, the cluster is importing once more, and that is waited for.
pub(super) async fn arrived(
    run: &mut Run,
    ready: &Prepared,
    tags: &[(String, ImageAnswer)],
    stream: Object,
) {
    let good: Vec<(&String, &ImportedImage)> = tags
        .iter()
        .filter_map(|(tag, answer)| Some((tag, answer.as_ref().ok()?)))
        .collect();
    let stream = settled(run, ready, &good, stream).await;
    for (tag, image) in good.iter().take(NAMED) {
        let name = format!("{}:{tag}", ready.target.stream.name);
        let platforms = platforms(image);
        let words = match arrival(stream.value(), tag) {
            Arrival::Here { image, since } => {
                format!("{name} is {image}{platforms}, since {since}")
            }
            Arrival::Failed(words) => format!("{name}: the cluster's own import failed: {words}"),
            Arrival::Pending => format!(
                "{name}: the cluster has not imported {} yet, {} s after it was asked to",
                image.digest,
                PATIENCE.as_secs()
            ),
        };
        run.ui.status(sanitize_line(&words, 600));
    }
    if let Some(more) = good.len().checked_sub(NAMED).filter(|more| *more > 0) {
        run.ui.status(format!("and {more} more tags"));
    }
}

async fn settled(
    run: &Run,
    ready: &Prepared,
    tags: &[(&String, &ImportedImage)],
    mut stream: Object,
) -> Object {
    let pending = |stream: &Object| {
        tags.iter()
            .any(|(tag, _)| arrival(stream.value(), tag) == Arrival::Pending)
    };
    let end = tokio::time::Instant::now() + PATIENCE;
    while pending(&stream) && tokio::time::Instant::now() < end && !run.interrupt.is_asked() {
        tokio::time::sleep(STEP).await;
        match ready.cluster.get(&ready.target.stream).await {
            Ok(Some(now)) => stream = Object::new(now),
            // It was there a moment ago: what is known of it is said.
            Ok(None) | Err(_) => break,
        }
    }
    stream
}

/// Some tags of the repository were left out: the run did not do all that was asked for.
pub(super) fn left_out(ready: &Prepared) -> Result<(), Error> {
    match ready.failed.len() {
        0 => Ok(()),
        failed => Err(Error::failure(format!(
            "{failed} of the {} of {} could not be imported",
            super::ask::count(failed + ready.wishes.len()),
            ready.target.image.name()
        ))),
    }
}

/// The error of an import that failed, with what was put back.
pub(super) fn put_back(
    error: Error,
    ready: &Prepared,
    failed: &[(String, String)],
    gone: bool,
    left: Vec<String>,
) -> Error {
    let stream = &ready.target.stream.name;
    if !left.is_empty() {
        return left.into_iter().fold(error, Error::hint);
    }
    if gone {
        return error.hint(format!(
            "the image stream {stream}, which was made for it, is deleted again"
        ));
    }
    let mut names: Vec<String> = failed
        .iter()
        .take(NAMED)
        .map(|(tag, _)| format!("{stream}:{tag}"))
        .collect();
    if failed.len() > NAMED {
        names.push("...".to_owned());
    }
    error.hint(format!(
        "put back as it was: {}; the stream's status says that the import failed until the next one",
        names.join(", ")
    ))
}
