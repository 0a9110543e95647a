//! One tag of a stream and the image that it is to follow: what stands in the way, which policies it keeps, and what has to
//! be edited.

use serde_json::{Map, Value, json};

use super::{Edit, ImportArgs, Planned, Policies, TAGS, Wish};
use crate::model::image::ImageReference;
use crate::plan::edit::place;
use crate::plan::{Object, Op};

/// A tag whose source would have to be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    #[error("{tag} follows {source_image}")]
    Image { tag: String, source_image: String },
    #[error("{tag} follows the image stream tag {followed}: nothing is imported into it")]
    Tag { tag: String, followed: String },
    #[error("{tag} stands for {image}, one image of an image stream: nothing is imported into it")]
    StreamImage { tag: String, image: String },
    #[error("{tag} is pushed to, not imported")]
    Pushed { tag: String },
    #[error("{tag} is only a reference to {source_image}: nothing is imported into it")]
    Reference { tag: String, source_image: String },
}

/// A wish and the tag as it is.
pub(super) struct Tag<'a> {
    wish: &'a Wish,
    /// `STREAM:TAG`.
    name: String,
    /// In the specification.
    spec: Option<&'a Value>,
    /// Its newest image was pushed into the integrated registry.
    pushed: bool,
}

impl<'a> Tag<'a> {
    pub(super) fn of(now: Option<&'a Object>, args: &ImportArgs<'_>, wish: &'a Wish) -> Self {
        let find = |list: &str, key: &str| {
            now?.items(list)
                .iter()
                .find(|tag| tag.get(key).and_then(Value::as_str) == Some(&wish.tag))
        };
        let own = now.map_or("", |now| now.text("/status/dockerImageRepository"));
        let newest = find("/status/tags", "tag").map(|tag| &tag["items"][0]);
        let reference = newest
            .and_then(|item| item["dockerImageReference"].as_str())
            .unwrap_or_default();
        Self {
            name: format!("{}:{}", args.stream.name, wish.tag),
            spec: find(TAGS, "name"),
            pushed: !own.is_empty()
                && reference
                    .strip_prefix(own)
                    .is_some_and(|rest| rest.starts_with(['@', ':'])),
            wish,
        }
    }

    fn from(&self) -> Option<&'a Value> {
        self.spec?.get("from").filter(|from| from.is_object())
    }

    fn source(&self) -> &'a str {
        self.from()
            .and_then(|from| from["name"].as_str())
            .unwrap_or_default()
    }

    fn is_reference(&self) -> bool {
        self.spec.is_some_and(|tag| tag["reference"] == true)
    }

    /// Whether it follows the very image, however that is written.
    fn follows_it(&self) -> bool {
        let same = |source: ImageReference| {
            source.name() == self.wish.image.name()
                && source.selector() == self.wish.image.selector()
        };
        self.from()
            .is_some_and(|from| from["kind"] == "DockerImage")
            && ImageReference::parse(self.source()).is_ok_and(same)
    }

    pub(super) fn obstacle(&self) -> Option<Obstacle> {
        let tag = self.name.clone();
        let source_image = self.source().to_owned();
        let Some(from) = self.from() else {
            return self.pushed.then_some(Obstacle::Pushed { tag });
        };
        match from["kind"].as_str() {
            Some("DockerImage") if self.is_reference() => {
                Some(Obstacle::Reference { tag, source_image })
            }
            Some("DockerImage") => {
                (!self.follows_it()).then_some(Obstacle::Image { tag, source_image })
            }
            Some("ImageStreamImage") => Some(Obstacle::StreamImage {
                tag,
                image: in_namespace(from, &source_image),
            }),
            _ => Some(Obstacle::Tag {
                tag,
                followed: in_namespace(from, &source_image),
            }),
        }
    }

    pub(super) fn plan(&self, args: &ImportArgs<'_>, planned: &mut Planned) {
        let mut named = args.policies.clone();
        // Only tags can be scheduled (openshift-apiserver `pkg/image/apis/image/validation` `ValidateImageStreamImport`).
        if self.wish.image.digest().is_some()
            && named.scheduled.is_none()
            && self.policies(&named).scheduled
        {
            named.scheduled = Some(false);
            planned.notes.push(format!(
                "{} is no longer scheduled: a digest is the same image for ever",
                self.name
            ));
        }
        let policies = self.policies(&named);
        let source = if self.follows_it() {
            self.source().to_owned()
        } else {
            self.wish.image.to_string()
        };
        let mut image = json!({
            "from": {"kind": "DockerImage", "name": source},
            "to": {"name": self.wish.tag},
            "importPolicy": {"insecure": policies.insecure, "scheduled": policies.scheduled},
            "referencePolicy": {"type": policies.reference},
            "includeManifest": false,
        });
        if let Some(mode) = &policies.mode {
            image["importPolicy"]["importMode"] = mode.as_str().into();
        }
        if self.spec.is_some() {
            let ops = self.edits(&named);
            planned.notes.extend(self.carried(&named, &policies));
            if !ops.is_empty() {
                planned.edits.push(Edit {
                    tag: self.wish.tag.clone(),
                    ops,
                });
            }
        } else {
            planned.new_tags.push(json!({
                "name": self.wish.tag,
                "from": image["from"],
                "importPolicy": policies.import_policy(),
                "referencePolicy": {"type": policies.reference},
            }));
        }
        planned.images.push(image);
    }

    /// What was named, else what the tag has, else what the server takes for it.
    fn policies(&self, named: &Policies) -> Effective {
        let none = Value::Null;
        let spec = self.spec.unwrap_or(&none);
        let import = &spec["importPolicy"];
        let text = |value: &Value| {
            let text = value.as_str().filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        Effective {
            insecure: named.insecure.unwrap_or(import["insecure"] == true),
            scheduled: named.scheduled.unwrap_or(import["scheduled"] == true),
            reference: named
                .reference
                .map(str::to_owned)
                .or_else(|| text(&spec["referencePolicy"]["type"]))
                .unwrap_or_else(|| "Source".to_owned()),
            mode: named
                .mode
                .map(str::to_owned)
                .or_else(|| text(&import["importMode"])),
        }
    }

    /// What the tag keeps although it was not named, where that is not what every tag has.
    fn carried(&self, named: &Policies, effective: &Effective) -> Option<String> {
        let mut kept = Vec::new();
        if named.insecure.is_none() && effective.insecure {
            kept.push("insecure".to_owned());
        }
        if named.scheduled.is_none() && effective.scheduled {
            kept.push("scheduled".to_owned());
        }
        if named.reference.is_none() && effective.reference != "Source" {
            kept.push(format!("reference policy {}", effective.reference));
        }
        if let Some(mode) = effective.mode.as_deref()
            && named.mode.is_none()
            && mode != "Legacy"
        {
            kept.push(format!("import mode {mode}"));
        }
        (!kept.is_empty()).then(|| format!("{} stays {}", self.name, kept.join(", ")))
    }

    /// The edits of a tag that is there. What is false is not stored by the server, and left out here.
    fn edits(&self, named: &Policies) -> Vec<Op> {
        let none = Value::Null;
        let spec = self.spec.unwrap_or(&none);
        let at = place::item(TAGS, "name", &self.wish.tag);
        let mut ops = Vec::new();
        let mut set = |field: &str, current: &Value, value: Option<Value>| {
            ops.push(Op::Set {
                field: format!("{at}/{field}"),
                expected: Some(current.clone()).filter(|current| !current.is_null()),
                value,
            });
        };
        if !self.follows_it() {
            let from = json!({"kind": "DockerImage", "name": self.wish.image.to_string()});
            set("from", &spec["from"], Some(from));
        }
        if self.is_reference() {
            set("reference", &spec["reference"], None);
        }
        let import = &spec["importPolicy"];
        for (field, wanted) in [("insecure", named.insecure), ("scheduled", named.scheduled)] {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != (import[field] == true)) {
                let value = wanted.then_some(Value::Bool(true));
                set(&format!("importPolicy/{field}"), &import[field], value);
            }
        }
        if let Some(mode) = named.mode.filter(|mode| import["importMode"] != *mode) {
            let value = Some(mode.into());
            set("importPolicy/importMode", &import["importMode"], value);
        }
        let policy = &spec["referencePolicy"]["type"];
        if let Some(wanted) = named.reference
            && policy.as_str().unwrap_or("Source") != wanted
        {
            set("referencePolicy/type", policy, Some(wanted.into()));
        }
        ops
    }
}

fn in_namespace(from: &Value, name: &str) -> String {
    match from["namespace"].as_str().filter(|text| !text.is_empty()) {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    }
}

/// The policies of one import.
struct Effective {
    insecure: bool,
    scheduled: bool,
    reference: String,
    /// `None` leaves it to the cluster's own default.
    mode: Option<String>,
}

impl Effective {
    /// As the server stores it.
    fn import_policy(&self) -> Value {
        let mut policy = Map::new();
        for (field, set) in [("insecure", self.insecure), ("scheduled", self.scheduled)] {
            if set {
                policy.insert(field.to_owned(), true.into());
            }
        }
        if let Some(mode) = &self.mode {
            policy.insert("importMode".to_owned(), mode.as_str().into());
        }
        Value::Object(policy)
    }
}
