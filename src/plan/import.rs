//! Plans an import into an image stream: what each tag is to follow and how, what must be written before the API server is
//! asked to import, and the ImageStreamImport itself.
//!
//! Three rules of openshift-apiserver (`pkg/image/apiserver/registry/imagestreamimport/rest.go`) decide what goes where:
//! an import that succeeds does not change what a tag follows while the image stays the same (`hasTagChanged`), never
//! changes a reference policy that is set (`ensureSpecTag`), and leaves `reference: true` alone; one that fails leaves a
//! new tag behind. So tags that are there are edited first, and new ones are left to the import.

pub mod arrival;
pub mod login;

use serde_json::{Map, Value, json};

use super::edit::{OpRefusal, invert_all, place};
use super::ours::{MANAGED_BY, MANAGER, REGISTRY};
use super::{Action, Change, Object, Op, Plan, UndoNote, WhenGone};
use crate::model::image::ImageReference;
use crate::model::kinds::{self, ObjectRef};

/// Where the tags of a stream's specification are.
const TAGS: &str = "/spec/tags";
/// Makes all imports of a stream insecure for oc (openshift/api `image/v1/consts.go` `InsecureRepositoryAnnotation`,
/// openshift/oc `pkg/cli/importimage/importimage.go` `newImageStreamImport`); the API server itself does not look at it.
const INSECURE: &str = "openshift.io/image.insecureRepository";
/// The fields of a tag that an import writes.
const OWN_FIELDS: [&str; 4] = ["from", "importPolicy", "referencePolicy", "reference"];

/// What the user named of a tag's policies; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies {
    pub insecure: Option<bool>,
    pub scheduled: Option<bool>,
    /// `Source` or `Local`.
    pub reference: Option<&'static str>,
    /// `Legacy` or `PreserveOriginal`.
    pub mode: Option<&'static str>,
}

/// One tag and the image that it is to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub tag: String,
    pub image: ImageReference,
}

/// What the user asked for.
#[derive(Debug, Clone)]
pub struct ImportArgs<'a> {
    pub stream: &'a ObjectRef,
    pub wishes: &'a [Wish],
    pub policies: &'a Policies,
    /// `--change-source`.
    pub change_source: bool,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The stream as it will be, as one change: for dry runs, differences and a diagnosis beforehand.
    pub plan: Plan,
    /// The edits that tags need before the import, by tag.
    pub edits: Vec<Edit>,
    /// The tags that the import makes, as they will stand in the specification.
    pub new_tags: Vec<Value>,
    /// `spec.images` of the import, in the order of the wishes.
    pub images: Vec<Value>,
    /// Sentences for the user.
    pub notes: Vec<String>,
}

/// The edits of one tag.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    pub tag: String,
    pub ops: Vec<Op>,
}

/// Why nothing is imported: every tag that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", words(.obstacles))]
pub struct ImportRefusal {
    pub obstacles: Vec<Obstacle>,
}

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

/// Obstacles that are named; of more their number.
const NAMED: usize = 5;

fn words(obstacles: &[Obstacle]) -> String {
    let mut words: Vec<String> = obstacles
        .iter()
        .take(NAMED)
        .map(ToString::to_string)
        .collect();
    if let Some(more) = obstacles.len().checked_sub(NAMED).filter(|more| *more > 0) {
        words.push(format!("and {more} more"));
    }
    words.join("; ")
}

impl Planned {
    /// The ImageStreamImport. For real it is guarded by the version of the stream that the plan was made on.
    pub fn request(&self, stream: &ObjectRef, import: bool, version: Option<&str>) -> Value {
        let mut spec = json!({"import": import});
        spec["images"] = self.images.clone().into();
        request(stream, &spec, version)
    }

    /// Whether the stream's specification changes at all.
    pub fn writes(&self) -> bool {
        !self.edits.is_empty() || !self.new_tags.is_empty()
    }
}

/// An ImageStreamImport with this `spec`.
pub fn request(stream: &ObjectRef, spec: &Value, version: Option<&str>) -> Value {
    let kind = kinds::IMAGE_STREAM_IMPORT;
    let mut metadata = json!({"name": stream.name, "namespace": stream.namespace});
    if let Some(version) = version {
        metadata["resourceVersion"] = version.into();
    }
    json!({
        "apiVersion": kind.api_version(), "kind": kind.kind, "metadata": metadata, "spec": spec,
    })
}

/// The stream that is made for an import, with these tags: ours, so that `undo` can delete it.
pub fn new_stream(stream: &ObjectRef, registry: &str, tags: &[Value]) -> Object {
    let mut spec = json!({"lookupPolicy": {"local": false}});
    if !tags.is_empty() {
        spec["tags"] = tags.into();
    }
    Object::new(json!({
        "apiVersion": stream.kind.api_version(), "kind": stream.kind.kind,
        "metadata": {
            "name": stream.name, "namespace": stream.namespace,
            "labels": {MANAGED_BY: MANAGER}, "annotations": {REGISTRY: registry},
        },
        "spec": spec,
    }))
}

/// Plans the import on the stream as it is (`None`: it does not exist).
///
/// # Errors
///
/// When tags follow something else and the user did not ask for that to be changed.
pub fn import(now: Option<&Object>, args: &ImportArgs<'_>) -> Result<Planned, ImportRefusal> {
    let mut planned = Planned {
        plan: Plan::default(),
        edits: Vec::new(),
        new_tags: Vec::new(),
        images: Vec::new(),
        notes: Vec::new(),
    };
    let annotated = now.is_some_and(|now| now.annotation(INSECURE) == Some("true"));
    let args = &ImportArgs {
        policies: &Policies {
            insecure: args.policies.insecure.or(annotated.then_some(true)),
            ..args.policies.clone()
        },
        ..args.clone()
    };
    let mut obstacles = Vec::new();
    for wish in args.wishes {
        let tag = Tag::of(now, args, wish);
        match tag.obstacle() {
            Some(obstacle) if !args.change_source => obstacles.push(obstacle),
            obstacle => {
                if let Some(obstacle) = obstacle {
                    planned.notes.push(format!("{obstacle}; that is changed"));
                }
                tag.plan(args, &mut planned);
            }
        }
    }
    if !obstacles.is_empty() {
        return Err(ImportRefusal { obstacles });
    }
    if let Some(repository) = now.map(|now| now.text("/spec/dockerImageRepository"))
        && !repository.is_empty()
    {
        planned.notes.push(format!(
            "the stream follows all of {repository} as well (spec.dockerImageRepository), which may set a tag of the same name again"
        ));
    }
    planned.plan.changes.push(change(now, args, &planned));
    Ok(planned)
}

fn change(now: Option<&Object>, args: &ImportArgs<'_>, planned: &Planned) -> Change {
    let action = match now {
        Some(_) => {
            let edits = planned.edits.iter().flat_map(|edit| edit.ops.clone());
            let added = planned.new_tags.iter().map(|tag| Op::ListAdd {
                list: TAGS.to_owned(),
                key: "name".to_owned(),
                entry: tag.clone(),
                at: None,
            });
            Action::Edit(edits.chain(added).collect())
        }
        None => {
            let registry = args.wishes.first().map_or("", |wish| wish.image.registry());
            Action::Create(new_stream(args.stream, registry, &planned.new_tags))
        }
    };
    Change {
        object: args.stream.clone(),
        action,
        seen: now.cloned(),
        done: "imported".to_owned(),
        why: "the tag follows the external image".to_owned(),
        risk: None,
        undo: UndoNote::Inverse,
        when_gone: WhenGone::Fail,
    }
}

/// A wish and the tag as it is.
struct Tag<'a> {
    wish: &'a Wish,
    /// `STREAM:TAG`.
    name: String,
    /// In the specification.
    spec: Option<&'a Value>,
    /// Its newest image was pushed into the integrated registry.
    pushed: bool,
}

impl<'a> Tag<'a> {
    fn of(now: Option<&'a Object>, args: &ImportArgs<'_>, wish: &'a Wish) -> Self {
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

    fn obstacle(&self) -> Option<Obstacle> {
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

    fn plan(&self, args: &ImportArgs<'_>, planned: &mut Planned) {
        let policies = self.policies(args.policies);
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
            let ops = self.edits(args.policies);
            planned.notes.extend(self.carried(args.policies, &policies));
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

/// The edits that take a tag out of the specification again that the import made, while it is as `stream` has it: one that
/// was changed since refuses them. What was imported stays in the stream's status, which no client can write.
pub fn forget(stream: &Value, tag: &str) -> Vec<Op> {
    let at = place::item(TAGS, "name", tag);
    let Some(spec) = place::look(stream, &at) else {
        return Vec::new();
    };
    let mut ops: Vec<Op> = OWN_FIELDS
        .iter()
        .map(|field| Op::Set {
            field: format!("{at}/{field}"),
            expected: spec.get(*field).filter(|value| !value.is_null()).cloned(),
            value: None,
        })
        .collect();
    ops.push(Op::ListRemove {
        list: TAGS.to_owned(),
        key: "name".to_owned(),
        value: tag.to_owned(),
    });
    ops
}

/// What takes back a planned import into a stream that is there, before it is known how the server stores it.
///
/// # Errors
///
/// When an edit does not fit the stream.
pub fn undo(planned: &Planned, now: &Object) -> Result<Vec<Op>, OpRefusal> {
    let mut ops = Vec::new();
    for tag in &planned.new_tags {
        let name = tag["name"].as_str().unwrap_or_default();
        let at = place::item(TAGS, "name", name);
        ops.push(Op::Set {
            field: format!("{at}/from"),
            expected: Some(tag["from"].clone()),
            value: None,
        });
        ops.push(Op::ListRemove {
            list: TAGS.to_owned(),
            key: "name".to_owned(),
            value: name.to_owned(),
        });
    }
    for edit in &planned.edits {
        ops.extend(invert_all(&edit.ops, now.value())?);
    }
    Ok(ops)
}

#[cfg(test)]
mod tests;
