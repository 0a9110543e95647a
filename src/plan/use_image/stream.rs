//! The tag of an image stream that imports the image. The platform imports it by itself when a tag of the specification is
//! new or changed (openshift-controller-manager `pkg/image/controller/imagestream_controller.go` `needsImport`).

use serde_json::{Value, json};

use crate::model::image::ImageReference;
use crate::model::integrated;
use crate::model::kinds;
use crate::model::sanitize::sanitize_line;
use crate::plan::edit::place;
use crate::plan::ours::{MANAGED_BY, MANAGER, REGISTRY};
use crate::plan::{Action, Change, Object, Op, UndoNote, WhenGone};

const TAGS: &str = "/spec/tags";

/// Where consumers of the tag are sent (openshift/api `image/v1` `TagReferencePolicyType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferencePolicy {
    /// To the registry that the image is from.
    Source,
    /// To the integrated registry, which fetches it from there.
    Local,
}

impl ReferencePolicy {
    pub fn word(self) -> &'static str {
        match self {
            Self::Source => "Source",
            Self::Local => "Local",
        }
    }
}

/// The tag that is wanted.
#[derive(Debug, Clone)]
pub struct StreamAim<'a> {
    pub namespace: &'a str,
    pub name: &'a str,
    pub tag: &'a str,
    pub image: &'a ImageReference,
    /// The stream, where it is there.
    pub seen: Option<&'a Object>,
    /// What is not named stays as it is.
    pub policy: Option<ReferencePolicy>,
    pub insecure: bool,
    pub scheduled: bool,
    /// Another source of the tag may be written over.
    pub change_source: bool,
}

/// Why the tag is left alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamRefusal {
    #[error("imagestreamtag/{tag} points to {source_name}, and others may follow it")]
    OtherSource { tag: String, source_name: String },
    #[error("images are pushed to imagestreamtag/{tag}, and others may follow it")]
    Pushed { tag: String },
}

impl StreamAim<'_> {
    fn tag_place(&self) -> String {
        place::item(TAGS, "name", self.tag)
    }

    fn spec_tag(&self) -> Option<&Value> {
        place::look(self.seen?.value(), &self.tag_place())
    }

    fn status_tag(&self) -> Option<&Value> {
        let tags = self.seen?.items("/status/tags").iter();
        tags.into_iter().find(|tag| tag["tag"] == self.tag)
    }

    /// The policy that the tag will have.
    pub fn reference_policy(&self) -> ReferencePolicy {
        let now = self
            .spec_tag()
            .and_then(|tag| tag["referencePolicy"]["type"].as_str());
        match (self.policy, now) {
            (Some(policy), _) => policy,
            (None, Some("Local")) => ReferencePolicy::Local,
            (None, _) => ReferencePolicy::Source,
        }
    }

    fn entry(&self) -> Value {
        let mut import = json!({});
        if self.insecure {
            import["insecure"] = json!(true);
        }
        if self.scheduled {
            import["scheduled"] = json!(true);
        }
        json!({
            "name": self.tag,
            "from": {"kind": "DockerImage", "name": self.image.to_string()},
            "importPolicy": import,
            "referencePolicy": {"type": self.reference_policy().word()},
        })
    }
}

/// What has to be done to the stream; `None` where its tag has imported the image already.
///
/// # Errors
///
/// When the tag has another source, and that was not said to be meant.
pub fn change(aim: &StreamAim<'_>) -> Result<Option<Change>, StreamRefusal> {
    let make = |action, done: &str, undo| Change {
        object: kinds::IMAGE_STREAM.object(Some(aim.namespace), aim.name),
        action,
        seen: aim.seen.cloned(),
        done: done.to_owned(),
        why: format!("its tag {} imports {}", aim.tag, aim.image),
        risk: None,
        undo,
        when_gone: WhenGone::Fail,
    };
    if aim.seen.is_none() {
        let stream = Action::Create(new(aim));
        return Ok(Some(make(stream, "", UndoNote::Inverse)));
    }
    let name = || format!("{}:{}", aim.name, aim.tag);
    let Some(tag) = aim.spec_tag() else {
        let pushed = aim
            .status_tag()
            .and_then(|tag| tag["items"].as_array())
            .is_some_and(|items| !items.is_empty());
        if pushed && !aim.change_source {
            return Err(StreamRefusal::Pushed { tag: name() });
        }
        let add = Op::ListAdd {
            list: TAGS.to_owned(),
            key: "name".to_owned(),
            entry: aim.entry(),
            at: None,
        };
        let done = format!("tag {} added", aim.tag);
        return Ok(Some(make(
            Action::Edit(vec![add]),
            &done,
            UndoNote::Inverse,
        )));
    };
    let ops = edits(aim, tag)?;
    if !ops.is_empty() {
        let done = format!("tag {} changed", aim.tag);
        return Ok(Some(make(Action::Edit(ops), &done, UndoNote::Inverse)));
    }
    if is_imported(aim, tag) {
        return Ok(None);
    }
    // The server gives a tag of generation 0 a new one, which the controller imports (openshift-apiserver
    // `pkg/image/apiserver/registry/imagestream/strategy.go` `ensureSpecTagGenerationsAreSet`).
    let renew = Op::Set {
        field: format!("{}/generation", aim.tag_place()),
        expected: tag.get("generation").filter(|it| !it.is_null()).cloned(),
        value: Some(json!(0)),
    };
    let nothing =
        UndoNote::Nothing("an import that is made again leaves nothing to take back".into());
    let done = format!("tag {} imported again", aim.tag);
    Ok(Some(make(Action::Edit(vec![renew]), &done, nothing)))
}

/// What of an existing tag is not as it is wanted.
fn edits(aim: &StreamAim<'_>, tag: &Value) -> Result<Vec<Op>, StreamRefusal> {
    let mut ops = Vec::new();
    let mut set = |field: &str, value: Value| {
        let field = format!("{}/{field}", aim.tag_place());
        let stream = aim.seen.map(Object::value);
        let held = stream.and_then(|stream| place::look(stream, &field));
        if held != Some(&value) {
            ops.push(Op::Set {
                expected: held.filter(|it| !it.is_null()).cloned(),
                field,
                value: Some(value),
            });
        }
    };
    let from = &tag["from"];
    let source = from["name"].as_str().unwrap_or_default();
    let same = from["kind"] == "DockerImage"
        && ImageReference::parse(source).is_ok_and(|source| {
            source == *aim.image || source.to_string() == aim.image.to_string()
        });
    if !same {
        if !aim.change_source {
            return Err(StreamRefusal::OtherSource {
                tag: format!("{}:{}", aim.name, aim.tag),
                source_name: if source.is_empty() {
                    "nothing".into()
                } else {
                    sanitize_line(source, 300)
                },
            });
        }
        set(
            "from",
            json!({"kind": "DockerImage", "name": aim.image.to_string()}),
        );
        if tag["reference"] == true {
            set("reference", json!(false));
        }
    }
    if let Some(policy) = aim.policy {
        set("referencePolicy/type", json!(policy.word()));
    }
    if aim.insecure {
        set("importPolicy/insecure", json!(true));
    }
    if aim.scheduled {
        set("importPolicy/scheduled", json!(true));
    }
    Ok(ops)
}

/// Whether the last import of the tag as it is now brought an image. A tag that is a reference is not imported.
fn is_imported(aim: &StreamAim<'_>, tag: &Value) -> bool {
    let Some(status) = aim.status_tag() else {
        return false;
    };
    let generation = tag["generation"].as_i64().unwrap_or_default();
    let failed = status["conditions"].as_array().is_some_and(|conditions| {
        conditions.iter().any(|condition| {
            condition["type"] == "ImportSuccess"
                && condition["status"] == "False"
                && condition["generation"].as_i64().unwrap_or_default() >= generation
        })
    });
    let brought = status["items"]
        .as_array()
        .is_some_and(|items| !items.is_empty());
    brought && !failed
}

fn new(aim: &StreamAim<'_>) -> Object {
    Object::new(json!({
        "apiVersion": kinds::IMAGE_STREAM.api_version(),
        "kind": kinds::IMAGE_STREAM.kind,
        "metadata": {
            "name": aim.name,
            "namespace": aim.namespace,
            "labels": {MANAGED_BY: MANAGER},
            "annotations": {REGISTRY: aim.image.registry()},
        },
        "spec": {"tags": [aim.entry()]},
    }))
}

/// The repositories of which a trigger on the tag puts an image in: the image's own, and those under which the integrated
/// registry has the stream.
pub fn repositories(aim: &StreamAim<'_>, image: &ImageReference) -> Vec<String> {
    let inside = integrated::NAMES.map(|host| format!("{host}/{}/{}", aim.namespace, aim.name));
    let told = aim
        .seen
        .map(|stream| stream.text("/status/dockerImageRepository"))
        .filter(|text| !text.is_empty())
        .map(str::to_owned);
    let mut all = vec![image.name()];
    for repository in inside.into_iter().chain(told) {
        if !all.contains(&repository) {
            all.push(repository);
        }
    }
    all
}

#[cfg(test)]
mod tests;
