//! What the server does to an image stream that is written: the generations of its tags, tags that are only references,
//! and tags that follow others of the same stream.
//!
//! Source: openshift-apiserver `pkg/image/apiserver/registry/imagestream/strategy.go` (`PrepareForCreate`,
//! `prepareForUpdate`, `tagsChanged`) and `pkg/image/apiserver/internal/imageutil/helpers.go`
//! (`AddTagEventToImageStream`, `UpdateTrackingTags`). Tags that follow tags of other streams get no images here.

use serde_json::{Map, Value, json};

use super::world::now;

/// The item of a list of objects, made when it is not there.
pub(crate) fn entry<'a>(list: &'a mut Value, key: &str, name: &str) -> Option<&'a mut Value> {
    if !list.is_array() {
        *list = json!([]);
    }
    let items = list.as_array_mut()?;
    let at = items
        .iter()
        .position(|item| item[key] == name)
        .unwrap_or_else(|| {
            let named = (key.to_owned(), name.into());
            items.push(Value::Object(Map::from_iter([named])));
            items.len() - 1
        });
    items.get_mut(at)
}

/// The item of a list of objects.
pub(crate) fn find<'a>(list: &'a Value, key: &str, name: &str) -> Option<&'a Value> {
    list.as_array()?.iter().find(|item| item[key] == name)
}

fn spec_tags(stream: &mut Value) -> impl Iterator<Item = &mut Value> {
    stream["spec"]
        .get_mut("tags")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
}

/// A new stream: everything in it is of its first generation.
pub(crate) fn create(stream: &mut Value) {
    for tag in spec_tags(stream) {
        tag["generation"] = 1.into();
    }
    tags_changed(stream, &Value::Null);
}

/// Before generations are counted: a client may not set one but to 0, which asks for an import.
pub(crate) fn before_update(stream: &mut Value, live: &Value) {
    for tag in spec_tags(stream) {
        let name = tag["name"].as_str().unwrap_or_default().to_owned();
        let old = find(&live["spec"]["tags"], "name", &name);
        match old {
            Some(old) if tag["generation"] != 0 => match old.get("generation") {
                Some(generation) => tag["generation"] = generation.clone(),
                None => drop(tag.as_object_mut().and_then(|tag| tag.remove("generation"))),
            },
            _ => {}
        }
    }
}

/// Once the stream's own generation is known: tags that changed get it.
pub(crate) fn after_update(stream: &mut Value, live: &Value) {
    let generation = stream["metadata"]["generation"].clone();
    for tag in spec_tags(stream) {
        let name = tag["name"].as_str().unwrap_or_default().to_owned();
        let old = find(&live["spec"]["tags"], "name", &name);
        let unset = tag["generation"].is_null() || tag["generation"] == 0;
        if unset || old.is_none_or(|old| is_changed(old, tag)) {
            tag["generation"] = generation.clone();
        }
    }
    tags_changed(stream, live);
}

/// `tagRefChanged`, for tags of one namespace.
fn is_changed(old: &Value, new: &Value) -> bool {
    if new["from"].is_null() {
        return false;
    }
    old["from"]["name"] != new["from"]["name"]
        || old["from"]["namespace"] != new["from"]["namespace"]
        || (old["reference"] == true) != (new["reference"] == true)
        || old["importPolicy"]["importMode"] != new["importPolicy"]["importMode"]
        || (old["generation"] != new["generation"] && new["generation"] == 0)
}

/// Tags that changed and need no import get their image at once; those that follow a tag follow it.
fn tags_changed(stream: &mut Value, live: &Value) {
    let tags = stream["spec"]["tags"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    for tag in &tags {
        let name = tag["name"].as_str().unwrap_or_default();
        let old = find(&live["spec"]["tags"], "name", name);
        // The generation has been set by now: it tells that the tag changed.
        let same =
            old.is_some_and(|old| !is_changed(old, tag) && old["generation"] == tag["generation"]);
        if same || tag["from"].is_null() {
            continue;
        }
        let event = match tag["from"]["kind"].as_str() {
            Some("DockerImage") if tag["reference"] == true => Some(json!({
                "created": now(), "dockerImageReference": tag["from"]["name"], "image": "",
            })),
            Some("ImageStreamTag") => own_tag(stream, tag)
                .and_then(|followed| find(&stream["status"]["tags"], "tag", &followed))
                .and_then(|followed| followed["items"].as_array()?.first().cloned()),
            _ => None,
        };
        if let Some(mut event) = event {
            event["generation"] = tag["generation"].clone();
            add_event(stream, name, event);
        }
    }
    track(stream, live);
}

/// The tag of this very stream that a tag follows.
fn own_tag(stream: &Value, tag: &Value) -> Option<String> {
    let from = &tag["from"];
    let own = stream["metadata"]["name"].as_str()?;
    let here = from["namespace"].is_null() || from["namespace"] == stream["metadata"]["namespace"];
    match from["name"].as_str()?.split_once(':') {
        None => here.then(|| from["name"].as_str().map(str::to_owned))?,
        Some((name, tag)) => (here && name == own).then(|| tag.to_owned()),
    }
}

/// Tags that follow one whose image changed get it too.
pub(crate) fn track(stream: &mut Value, live: &Value) {
    let newest = |stream: &Value, tag: &str| -> Value {
        find(&stream["status"]["tags"], "tag", tag)
            .map_or(Value::Null, |tag| tag["items"][0].clone())
    };
    let tags = stream["spec"]["tags"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    for tag in &tags {
        if tag["from"]["kind"] != "ImageStreamTag" {
            continue;
        }
        let Some(followed) = own_tag(stream, tag) else {
            continue;
        };
        let mut event = newest(stream, &followed);
        if event.is_null() || event == newest(live, &followed) {
            continue;
        }
        event["generation"] = tag["generation"].clone();
        add_event(stream, tag["name"].as_str().unwrap_or_default(), event);
    }
}

/// `AddTagEventToImageStream`: the same image or the same reference does not become another item.
pub(crate) fn add_event(stream: &mut Value, tag: &str, event: Value) {
    let Some(entry) = entry(&mut stream["status"]["tags"], "tag", tag) else {
        return;
    };
    let mut items = entry["items"].as_array().cloned().unwrap_or_default();
    match items.first_mut() {
        Some(first)
            if first["image"] == event["image"]
                || first["dockerImageReference"] == event["dockerImageReference"] =>
        {
            for field in ["image", "dockerImageReference", "generation"] {
                first[field] = event[field].clone();
            }
        }
        _ => items.insert(0, event),
    }
    entry["items"] = items.into();
    clear_conditions(stream, tag);
}

/// What an earlier import left.
pub(crate) fn clear_conditions(stream: &mut Value, tag: &str) {
    if let Some(entry) = entry(&mut stream["status"]["tags"], "tag", tag)
        && let Some(entries) = entry.as_object_mut()
    {
        entries.remove("conditions");
    }
}
