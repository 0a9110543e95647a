//! ImageStreamImport: what an import of an external image answers, and what it does to the stream.
//!
//! A test scripts the answers, or gives a function, or gives the cluster machines that ask the registry
//! ([`super::Api::machines`]). Source: openshift-apiserver
//! `pkg/image/apiserver/registry/imagestreamimport/rest.go` `Create`: the stream is read before the registry is asked and
//! written afterwards, so that a change in between is a conflict; and `dryRun` is passed over: an import with
//! `spec.import: true` is one whatever the query says. Whole repositories come with a limit (`importer.go`
//! `importFromRepository`; `MaxImagesBulkImportedPerRepository`).

mod objects;
mod record;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::auth::Access;
use super::body::read_body;
use super::error::{ApiError, FieldError, Named};
use super::live::Importer;
use super::openshift::secrets_for_imports;
use super::options::Options;
use super::wire::{Call, Outcome, Reply};
use super::world::{World, now};
use super::write::Place;
use crate::pull::refusals;
use objects::{image_status, tag_in};
use record::Item;

/// Tags of a repository that one import takes (openshift-apiserver `openshiftcontrolplane_default.go`).
const MOST_TAGS: usize = 50;

/// One image that an import asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRequest {
    /// The reference, as the client wrote it.
    pub image: String,
    /// Whether the import may skip verification and use plain HTTP.
    pub insecure: bool,
    /// The namespace of the stream, whose secrets a real import would use.
    pub namespace: String,
}

/// What the registry would have said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportAnswer {
    code: u16,
    reason: String,
    message: String,
    digest: String,
    os: String,
    architecture: String,
    media_type: String,
    listed: Vec<Value>,
    config: Value,
}

impl ImportAnswer {
    /// The image was found and has this digest.
    pub fn found(digest: &str) -> Self {
        Self {
            code: 200,
            reason: String::new(),
            message: String::new(),
            digest: digest.into(),
            os: "linux".into(),
            architecture: "amd64".into(),
            media_type: "application/vnd.oci.image.manifest.v1+json".into(),
            listed: Vec::new(),
            config: Value::Null,
        }
    }

    /// The import failed: `Unauthorized`, `NotFound`, `BadRequest`, `Forbidden`, `Invalid` or `InternalError`,
    /// with the importer's message.
    pub fn failed(reason: &str, message: &str) -> Self {
        let code = match reason {
            "Unauthorized" => 401,
            "NotFound" => 404,
            "BadRequest" => 400,
            "Forbidden" => 403,
            "Invalid" => 422,
            _ => 500,
        };
        Self {
            code,
            reason: reason.into(),
            message: message.into(),
            digest: String::new(),
            os: String::new(),
            architecture: String::new(),
            media_type: String::new(),
            listed: Vec::new(),
            config: Value::Null,
        }
    }

    /// With this as the part `Config` of the image's configuration, such as its ports.
    #[must_use]
    pub fn config(mut self, config: &Value) -> Self {
        self.config = config.clone();
        self
    }

    fn status(&self) -> Value {
        if self.code == 200 {
            return json!({"metadata": {}, "status": "Success"});
        }
        json!({
            "metadata": {}, "status": "Failure", "message": self.message, "reason": self.reason, "code": self.code,
        })
    }
}

type Hook = Arc<dyn Fn(&ImportRequest) -> ImportAnswer + Send + Sync>;

/// The script of imports.
#[derive(Default, Clone)]
pub(crate) struct Imports {
    pub(crate) scripted: HashMap<String, ImportAnswer>,
    pub(crate) hook: Option<Hook>,
}

impl Imports {
    fn answer(
        &self,
        request: &ImportRequest,
        preserve: bool,
        importer: Option<&Importer>,
    ) -> ImportAnswer {
        if let Some(answer) = self.scripted.get(&request.image) {
            return answer.clone();
        }
        if let Some(hook) = &self.hook {
            return hook(request);
        }
        let asked =
            importer.map(|importer| importer.import(&request.image, request.insecure, preserve));
        match asked {
            Some(Ok(imported)) => ImportAnswer {
                os: imported.os,
                architecture: imported.architecture,
                media_type: imported.media_type,
                listed: imported.listed,
                ..ImportAnswer::found(&imported.digest)
            },
            Some(Err((reason, message))) => ImportAnswer::failed(reason, &message),
            None => {
                let words = format!(
                    "Internal error occurred: no answer was scripted for {}",
                    request.image
                );
                ImportAnswer::failed("InternalError", &words)
            }
        }
    }

    /// Whether the machines are to answer for this image.
    fn leaves_open(&self, image: &str) -> bool {
        self.hook.is_none() && !self.scripted.contains_key(image)
    }
}

/// POST of an import. The script runs while the server is unlocked, so it may use the server.
pub(crate) fn create(shared: &Arc<Mutex<World>>, call: &Call, place: &Place) -> Outcome {
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    let options = Options::parse(call, "CreateOptions")?;
    let mut import = read_body(call, place, &options)?;
    let (script, importer) = {
        let world = lock();
        let secrets = secrets_for_imports(&world, &place.namespace);
        (world.imports.clone(), Importer::of(&world, secrets))
    };
    let wanted = import["spec"]["images"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let repository = import["spec"]["repository"].clone();
    validate(&import, &wanted, &repository)?;
    if let Some(importer) = &importer {
        let may = lock().auth.permits(&call.identity, &create_images());
        check(importer, &script, &import, &wanted, &repository, may)?;
    }
    let streams = stream_place(&lock(), place, &import)?;
    let read = read_stream(&lock(), &streams, &import)?;
    let asker = Asker {
        script: &script,
        importer: importer.as_ref(),
        namespace: &place.namespace,
    };
    let mut items: Vec<Item> = wanted
        .iter()
        .map(|image| Item {
            tag: tag_of(image),
            from: image_of(image),
            answer: asker.ask(&image_of(image), image),
            policies: image.clone(),
            stays: true,
        })
        .collect();
    import["metadata"]["creationTimestamp"] = now().into();
    import["metadata"]["namespace"] = place.namespace.clone().into();
    let statuses: Vec<Value> = items.iter().map(image_status).collect();
    import["status"] = json!({ "images": statuses });
    if repository.is_object() {
        let (status, found) = asker.repository(&repository);
        import["status"]["repository"] = status;
        items.extend(found);
    }
    if import["spec"]["import"] == Value::Bool(true) {
        let stream = record::record(&mut lock(), &streams, read.as_ref(), &items)?;
        import["status"]["import"] = stream;
    }
    Ok(Reply::Json(201, import))
}

/// The stream that the import is for.
fn stream_place(world: &World, place: &Place, import: &Value) -> Result<Place, ApiError> {
    let resource = world
        .resource("image.openshift.io", "v1", "imagestreams")
        .ok_or_else(ApiError::no_such_path)?;
    Ok(Place {
        resource,
        namespace: place.namespace.clone(),
        name: import["metadata"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        subresource: String::new(),
    })
}

/// The stream as it is now; one that is not as the client saw it is a conflict.
fn read_stream(
    world: &World,
    place: &Place,
    import: &Value,
) -> Result<Option<Arc<Value>>, ApiError> {
    let sent = import["metadata"]["resourceVersion"]
        .as_str()
        .filter(|version| !version.is_empty());
    match world.find(&place.resource, &place.namespace, &place.name) {
        Ok(live) => match sent {
            Some(sent) if live["metadata"]["resourceVersion"] != sent => {
                Err(ApiError::modified(place.resource.named(), &place.name))
            }
            _ => Ok(Some(live)),
        },
        Err(error) if sent.is_some() => Err(error),
        Err(_) => Ok(None),
    }
}

/// `ValidateImageStreamImport`.
fn validate(import: &Value, wanted: &[Value], repository: &Value) -> Result<(), ApiError> {
    let mut findings = Vec::new();
    for (at, image) in wanted.iter().enumerate() {
        let kind = &image["from"]["kind"];
        if kind != "DockerImage" {
            let field = format!("spec.images[{at}].from.kind");
            findings.push(FieldError::invalid(
                field,
                kind,
                "only DockerImage is supported",
            ));
        }
        let name = &image["from"]["name"];
        if image["importPolicy"]["scheduled"] == true
            && name.as_str().is_some_and(|name| name.contains('@'))
        {
            let field = format!("spec.images[{at}].from.name");
            let words = "only tags can be scheduled for import";
            findings.push(FieldError::invalid(field, name, words));
        }
    }
    let name = repository["from"]["name"].as_str().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.contains([':', '@']) {
        findings.push(FieldError::invalid(
            "spec.repository.from.name".to_owned(),
            &name.into(),
            "you must specify an image repository, not a tag or ID",
        ));
    }
    if wanted.is_empty() && !repository.is_object() {
        findings.push(FieldError::invalid(
            "spec.images".to_owned(),
            &Value::Null,
            "you must specify at least one image or a repository import",
        ));
    }
    if findings.is_empty() {
        return Ok(());
    }
    Err(invalid(import, &findings))
}

fn invalid(import: &Value, findings: &[FieldError]) -> ApiError {
    let kind = Named {
        group: "image.openshift.io",
        resource: "ImageStreamImport",
    };
    let name = import["metadata"]["name"].as_str().unwrap_or_default();
    ApiError::invalid(kind, name, findings)
}

/// Asks for images, one after the other.
struct Asker<'a> {
    script: &'a Imports,
    importer: Option<&'a Importer>,
    namespace: &'a str,
}

impl Asker<'_> {
    fn ask(&self, image: &str, policies: &Value) -> ImportAnswer {
        let request = ImportRequest {
            image: image.to_owned(),
            insecure: policies["importPolicy"]["insecure"] == Value::Bool(true),
            namespace: self.namespace.to_owned(),
        };
        let preserve = policies["importPolicy"]["importMode"] == "PreserveOriginal";
        self.script.answer(&request, preserve, self.importer)
    }

    /// The status of a whole repository, and its tags.
    fn repository(&self, wanted: &Value) -> (Value, Vec<Item>) {
        let name = image_of(wanted);
        let insecure = wanted["importPolicy"]["insecure"] == Value::Bool(true);
        let listed = match self.importer {
            Some(importer) => importer.tags(&name, insecure),
            None => Err((
                "InternalError",
                format!("Internal error occurred: no answer was scripted for {name}"),
            )),
        };
        let mut tags = match listed {
            Ok(tags) => tags,
            Err((reason, message)) => {
                let status = ImportAnswer::failed(reason, &message).status();
                return (json!({ "status": status }), Vec::new());
            }
        };
        let additional = tags.split_off(MOST_TAGS.min(tags.len()));
        let items: Vec<Item> = tags
            .into_iter()
            .map(|tag| {
                let from = format!("{name}:{tag}");
                Item {
                    answer: self.ask(&from, wanted),
                    tag,
                    from,
                    policies: wanted.clone(),
                    stays: false,
                }
            })
            .collect();
        let failures = items.iter().filter(|item| item.answer.code != 200).count();
        let status = match failures {
            0 => json!({"metadata": {}, "status": "Success"}),
            _ => json!({
                "metadata": {}, "status": "Failure", "reason": "ImportFailed",
                "message": format!("{failures} of the images from this repository failed to import"),
            }),
        };
        let images: Vec<Value> = items.iter().map(image_status).collect();
        let status = json!({"status": status, "images": images, "additionalTags": additional});
        (status, items)
    }
}

fn image_of(image: &Value) -> String {
    image["from"]["name"].as_str().unwrap_or_default().into()
}

/// Whoever may do this may import from anywhere.
fn create_images() -> Access<'static> {
    Access {
        verb: "create",
        group: "image.openshift.io",
        resource: "images",
        subresource: "",
        namespace: "",
        name: "",
    }
}

/// Refuses the whole import when one image of it is at fault.
fn check(
    importer: &Importer,
    script: &Imports,
    import: &Value,
    wanted: &[Value],
    repository: &Value,
    may_create_images: bool,
) -> Result<(), ApiError> {
    let mut images: Vec<String> = wanted.iter().map(image_of).collect();
    let own = images.len();
    images.extend(repository.is_object().then(|| image_of(repository)));
    let findings: Vec<FieldError> = refusals(&importer.settings, &images, may_create_images)
        .into_iter()
        .filter(|(at, ..)| script.leaves_open(&images[*at]))
        .map(|(at, forbids, words)| {
            let field = if at == own {
                "spec.repository.from.name".to_owned()
            } else {
                format!("spec.images[{at}].from.name")
            };
            if forbids {
                FieldError::forbidden(field, &words)
            } else {
                FieldError::invalid(field, &images[at].as_str().into(), &words)
            }
        })
        .collect();
    if findings.is_empty() {
        return Ok(());
    }
    Err(invalid(import, &findings))
}

fn tag_of(image: &Value) -> String {
    let named = image["to"]["name"].as_str().filter(|name| !name.is_empty());
    named.map_or_else(|| tag_in(&image_of(image)), str::to_owned)
}
