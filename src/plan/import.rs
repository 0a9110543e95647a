//! Plans an import into an image stream: what each tag is to follow and how, what must be written before the API server is
//! asked to import, and the ImageStreamImport itself.
//!
//! Three rules of openshift-apiserver (`pkg/image/apiserver/registry/imagestreamimport/rest.go`) decide what goes where:
//! an import that succeeds does not change what a tag follows while the image stays the same (`hasTagChanged`), never
//! changes a reference policy that is set (`ensureSpecTag`), and leaves `reference: true` alone; one that fails leaves a
//! new tag behind. So tags that are there are edited first, and new ones are left to the import.

pub mod arrival;
mod back;
pub mod login;
mod tag;

pub use back::{forget, undo};
pub use tag::Obstacle;

use serde_json::{Value, json};

use super::ours::{MANAGED_BY, MANAGER, REGISTRY};
use super::{Action, Change, Object, Op, Plan, UndoNote, WhenGone};
use crate::model::image::ImageReference;
use crate::model::kinds::{self, ObjectRef};
use tag::Tag;

/// Where the tags of a stream's specification are.
const TAGS: &str = "/spec/tags";
/// Makes all imports of a stream insecure for oc (openshift/api `image/v1/consts.go` `InsecureRepositoryAnnotation`,
/// openshift/oc `pkg/cli/importimage/importimage.go` `newImageStreamImport`); the API server itself does not look at it.
const INSECURE: &str = "openshift.io/image.insecureRepository";
/// Images that one ImageStreamImport asks for at the most. It is what the API server takes of a repository by itself
/// (openshift/api `openshiftcontrolplane/v1` `MaxImagesBulkImportedPerRepository`, 50 by default); of images that are named it
/// takes any number, and has to be done with them before its clients and proxies give the request up.
pub const AT_ONCE: usize = 50;

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
    /// The ImageStreamImport of all images.
    pub fn request(&self, stream: &ObjectRef, import: bool, version: Option<&str>) -> Value {
        request_images(stream, &self.images, import, version)
    }

    /// Whether the stream's specification changes at all.
    pub fn writes(&self) -> bool {
        !self.edits.is_empty() || !self.new_tags.is_empty()
    }
}

/// The ImageStreamImport of these images. For real it is guarded by the version of the stream that the plan was made on.
pub fn request_images(
    stream: &ObjectRef,
    images: &[Value],
    import: bool,
    version: Option<&str>,
) -> Value {
    request(
        stream,
        &json!({"import": import, "images": images}),
        version,
    )
}

/// The name of the tag that an image of a request goes into.
pub fn tag_of(image: &Value) -> &str {
    image["to"]["name"].as_str().unwrap_or_default()
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

#[cfg(test)]
mod tests;
