//! Takes back what an import that failed left behind: the stream when it was made for it, the tags that it made, the edits
//! before it. What somebody else has changed meanwhile stays as it is, and is named.

use serde_json::Value;

use super::{Importer, Work};
use crate::apply::backoff;
use crate::cluster::{ClusterError, Write};
use crate::plan::edit::{apply_all, place};
use crate::plan::import::forget;
use crate::plan::{Object, Op};

impl Importer<'_> {
    /// The stream as it is left (`None`: gone, or not known), and what is not as it was. `all`: no tag of the import came.
    /// `now` is the stream as it was seen last.
    pub(super) async fn put_back(
        &self,
        work: &Work,
        failed: &[&str],
        all: bool,
        mut now: Option<Object>,
    ) -> (Option<Object>, Vec<String>) {
        for attempt in 0..backoff::TRIES {
            let stream = match now.take() {
                Some(stream) => stream,
                None => match self.read().await {
                    Ok(Some(stream)) => stream,
                    Ok(None) => return (None, Vec::new()),
                    Err(error) => return (None, vec![self.not_put_back(&error)]),
                },
            };
            let (write, left) = self.way_back(work, failed, all, &stream);
            let Some(write) = write else {
                return (Some(stream), left);
            };
            let deletes = matches!(write, Write::Delete { .. });
            match self.cluster.write(&self.stream, &write, false).await {
                Ok(_) if deletes => return (None, left),
                Ok(stream) => return (Some(Object::new(stream)), left),
                Err(ClusterError::NotFound(_)) => return (None, left),
                Err(ClusterError::Conflict(_)) => {
                    tokio::time::sleep(backoff::pause(attempt)).await;
                }
                Err(error) => return (Some(stream), vec![self.not_put_back(&error)]),
            }
        }
        let words = "others kept changing it".to_owned();
        (None, vec![self.not_put_back(&ClusterError::Other(words))])
    }

    fn not_put_back(&self, error: &ClusterError) -> String {
        format!("{} could not be put back as it was: {error}", self.stream)
    }

    /// The write that puts back what can be, and what cannot.
    fn way_back(
        &self,
        work: &Work,
        failed: &[&str],
        all: bool,
        stream: &Object,
    ) -> (Option<Write>, Vec<String>) {
        if all && is_only_ours(work, stream) {
            let write = Write::Delete {
                uid: stream.uid().map(str::to_owned),
                resource_version: stream.resource_version().map(str::to_owned),
            };
            return (Some(write), Vec::new());
        }
        let mut edited = stream.value().clone();
        let mut left = Vec::new();
        let mut changed = false;
        let new = work.new_tags.iter().filter_map(|tag| {
            let name = tag["name"].as_str()?;
            failed.contains(&name).then_some((name, tag))
        });
        let edits = work.edited.iter().filter_map(|edit| {
            let name = edit.tag.as_str();
            failed
                .contains(&name)
                .then(|| (name, Some(edit.ops.clone())))
        });
        let ways = new
            .map(|(name, tag)| (name, removal(stream.value(), name, tag)))
            .chain(edits);
        for (tag, ops) in ways {
            let applied = ops.and_then(|ops| apply_all(&ops, &edited).ok());
            match applied {
                Some(Some(next)) => {
                    edited = next;
                    changed = true;
                }
                Some(None) => {}
                None => left.push(format!(
                    "{}:{tag} has been changed by somebody else meanwhile, and is left as it is",
                    self.stream.name
                )),
            }
        }
        (changed.then_some(Write::Replace(edited)), left)
    }
}

/// Whether nothing is in the stream but what this import put there.
fn is_only_ours(work: &Work, stream: &Object) -> bool {
    let made = work.made.is_some() && work.made.as_deref() == stream.uid();
    let tags = stream.items("/spec/tags").iter().all(|tag| {
        let ours = work.new_tags.iter();
        ours.into_iter()
            .any(|own| own["name"] == tag["name"] && own["from"] == tag["from"])
    });
    let images = stream.items("/status/tags").iter().any(|tag| {
        let items = tag["items"].as_array();
        items.is_some_and(|items| !items.is_empty())
    });
    made && tags && !images
}

/// The edits that remove a tag that the import made, none when it is not there; `None` when it is no longer that tag.
fn removal(stream: &Value, name: &str, made: &Value) -> Option<Vec<Op>> {
    let Some(now) = place::look(stream, &place::item("/spec/tags", "name", name)) else {
        return Some(Vec::new());
    };
    let images = place::look(stream, &place::item("/status/tags", "tag", name))
        .and_then(|status| status["items"].as_array())
        .is_some_and(|items| !items.is_empty());
    (now["from"] == made["from"] && !images).then(|| forget(stream, name))
}
