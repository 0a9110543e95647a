//! ImageChange triggers that followed the image of before.
//!
//! A trigger without a `from` of its own follows the strategy's, and openshift-apiserver takes it only while that is an image
//! stream tag (`pkg/build/apis/build/validation/validation.go` `validateTrigger`): where the strategy takes another image, the
//! trigger has to go with the tag. A trigger that names its tag may stay, and starts builds whether the build has anything of
//! that tag or not (openshift-controller-manager `pkg/image/trigger/buildconfigs` `ImageChanged`); two that come to the same
//! tag are refused.

use serde_json::Value;

use super::{Origin, Setting};
use crate::plan::edit::place::look;
use crate::plan::{Object, Op};

const LIST: &str = "/spec/triggers";

/// Namespace and `STREAM:TAG`.
type Tag = (String, String);

/// What has to be done about the triggers, and what is to be said of them.
pub(super) fn follow(config: &Object, setting: &Setting<'_>) -> (Vec<Op>, Vec<String>) {
    let (mut ops, mut notes) = (Vec::new(), Vec::new());
    let input = setting.input;
    let before = look(config.value(), &input.from()).and_then(|from| tag(config, from));
    let after = tag(config, &setting.origin.reference());
    if before.is_some() && before == after {
        return (ops, notes);
    }
    let triggers: Vec<&Value> = config
        .items(LIST)
        .iter()
        .filter(|trigger| trigger["type"] == "ImageChange")
        .collect();
    let follows_strategy = |trigger: &&&Value| trigger["imageChange"]["from"].is_null();
    let default = triggers.iter().find(follows_strategy);
    let remove = |trigger: &Value| Op::ValueRemove {
        list: LIST.to_owned(),
        value: trigger.clone(),
    };
    if let Some(trigger) = default.filter(|_| input.is_base()) {
        match (&setting.origin, &before) {
            (Origin::Image(_), before) => {
                ops.push(remove(trigger));
                let tag = before
                    .as_ref()
                    .map_or_else(String::new, |tag| format!(" on {}", words(config, tag)));
                notes.push(format!(
                    "its ImageChange trigger{tag} is removed: it followed the strategy's image stream tag, and an image of a registry starts no builds"
                ));
            }
            (Origin::Tag { .. }, _) => notes.push(format!(
                "its ImageChange trigger follows {} from now on",
                setting.origin.words()
            )),
        }
    }
    for trigger in triggers.iter().filter(|it| !follows_strategy(it)) {
        let watched = tag(config, &trigger["imageChange"]["from"]);
        let twice = default.is_some() && input.is_base() && after.is_some() && watched == after;
        if twice {
            ops.push(remove(trigger));
            notes.push(format!(
                "its trigger of {} is removed: the one that follows the strategy does the same now",
                setting.origin.words()
            ));
        } else if let Some(tag) = watched.filter(|tag| Some(tag) == before.as_ref())
            && !is_used_elsewhere(config, setting, &tag)
        {
            let tag = words(config, &tag);
            notes.push(format!(
                "its ImageChange trigger on {tag} stays, and starts builds that no longer have anything of it; `{} set triggers bc/{} --from-image={tag} --remove` takes it off",
                setting.client,
                config.name(),
            ));
        }
    }
    (ops, notes)
}

/// Whether another image of the build is the same tag.
fn is_used_elsewhere(config: &Object, setting: &Setting<'_>, wanted: &Tag) -> bool {
    let strategy = &config.value()["spec"]["strategy"];
    let base = ["sourceStrategy", "dockerStrategy", "customStrategy"]
        .into_iter()
        .map(|field| (format!("/spec/strategy/{field}"), &strategy[field]["from"]));
    let images = config.items("/spec/source/images").iter().enumerate();
    let images = images.map(|(at, image)| (format!("/spec/source/images/{at}"), &image["from"]));
    base.chain(images)
        .filter(|(place, _)| *place != setting.input.place)
        .any(|(_, from)| tag(config, from).as_ref() == Some(wanted))
}

fn tag(config: &Object, from: &Value) -> Option<Tag> {
    if from["kind"] != "ImageStreamTag" {
        return None;
    }
    let namespace = from["namespace"]
        .as_str()
        .filter(|name| !name.is_empty())
        .unwrap_or(config.namespace());
    Some((namespace.to_owned(), from["name"].as_str()?.to_owned()))
}

/// As `oc` takes it.
fn words(config: &Object, (namespace, name): &Tag) -> String {
    if namespace == config.namespace() {
        name.clone()
    } else {
        format!("{namespace}/{name}")
    }
}
