//! Watches: what is there, then what happens, until the timeout.
//!
//! Sources: k8s.io/apiserver `pkg/endpoints/handlers/watch.go`, `pkg/storage/cacher` (selector transitions,
//! `sendInitialEvents`). Bookmarks come only at the end of the initial events and of the watch.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::error::ApiError;
use super::kinds::Resource;
use super::read::{present, selector};
use super::select::Selector;
use super::store::collection;
use super::wire::{Call, Outcome, Reply};
use super::world::World;

/// Starts a watch of a collection.
pub(crate) fn watch(
    shared: &Arc<Mutex<World>>,
    world: &World,
    call: &Call,
    resource: &Arc<Resource>,
    namespace: &str,
) -> Outcome {
    let selector = selector(call, resource)?;
    let asked = call.parameter("resourceVersion");
    let initial = call.parameter("sendInitialEvents") == "true";
    let from = match asked {
        "" | "0" => None,
        text => Some(text.parse::<u64>().map_err(|_| {
            ApiError::bad_request(format!(
                "Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}"
            ))
        })?),
    };
    let (sender, receiver) = mpsc::unbounded_channel();
    if from.is_some_and(|version| version < world.store.compacted) && !initial {
        let words = format!(
            "too old resource version: {asked} ({})",
            world.store.version()
        );
        send(&sender, "ERROR", &ApiError::expired(&words).status());
        return Ok(Reply::Stream(receiver));
    }
    let feed = Feed {
        sender,
        selector,
        call: call.clone(),
        resource: resource.clone(),
        namespace: namespace.to_owned(),
        bookmarks: call.parameter("allowWatchBookmarks") == "true",
    };
    let mut position = from.unwrap_or(0);
    if from.is_none() || initial {
        for object in world.store.list(&collection(resource), namespace) {
            if feed.selector.matches(&object) {
                feed.event("ADDED", &object);
            }
        }
        position = world.store.version();
        if initial {
            feed.bookmark(position, true);
        }
    }
    let seconds = call
        .parameter("timeoutSeconds")
        .parse::<u64>()
        .unwrap_or(1800);
    let changed = world.changed.subscribe();
    let shared = Arc::downgrade(shared);
    tokio::spawn(async move {
        let mut changed = changed;
        let end = tokio::time::sleep(Duration::from_secs(seconds));
        tokio::pin!(end);
        loop {
            {
                let Some(shared) = shared.upgrade() else {
                    return;
                };
                let world = shared.lock().unwrap_or_else(PoisonError::into_inner);
                for change in world.store.changes(&collection(&feed.resource), position) {
                    feed.change(
                        change.before.as_deref(),
                        change.after.as_deref(),
                        change.version,
                    );
                }
                position = position.max(world.store.version());
            }
            tokio::select! {
                () = &mut end => break,
                () = feed.sender.closed() => return,
                more = changed.changed() => if more.is_err() { return },
            }
        }
        if feed.bookmarks {
            feed.bookmark(position, false);
        }
    });
    Ok(Reply::Stream(receiver))
}

struct Feed {
    sender: mpsc::UnboundedSender<Bytes>,
    selector: Selector,
    call: Call,
    resource: Arc<Resource>,
    namespace: String,
    bookmarks: bool,
}

impl Feed {
    fn event(&self, kind: &str, object: &Value) {
        send(
            &self.sender,
            kind,
            &present(&self.call, &self.resource, object),
        );
    }

    /// An object that stops matching is gone for this watcher, and one that starts is new.
    fn change(&self, before: Option<&Value>, after: Option<&Value>, version: u64) {
        let here = |object: &&Value| {
            (self.namespace.is_empty()
                || object["metadata"]["namespace"] == self.namespace.as_str())
                && self.selector.matches(object)
        };
        match (before.filter(here), after.filter(here)) {
            (None, Some(new)) => self.event("ADDED", new),
            (Some(_), Some(new)) => self.event("MODIFIED", new),
            (Some(old), None) => {
                let mut last = old.clone();
                last["metadata"]["resourceVersion"] = version.to_string().into();
                self.event("DELETED", &last);
            }
            (None, None) => {}
        }
    }

    fn bookmark(&self, version: u64, end_of_list: bool) {
        let mut metadata =
            json!({"resourceVersion": version.to_string(), "creationTimestamp": null});
        if end_of_list {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let object = json!({
            "kind": self.resource.kind, "apiVersion": self.resource.api_version(), "metadata": metadata,
        });
        send(&self.sender, "BOOKMARK", &object);
    }
}

fn send(sender: &mpsc::UnboundedSender<Bytes>, kind: &str, object: &Value) {
    let line = format!("{}\n", json!({"type": kind, "object": object}));
    // A client that went away is noticed by the loop.
    drop(sender.send(Bytes::from(line)));
}
