//! ImageStreamImport: what an import of an external image answers, and what it does to the stream.
//!
//! A test scripts the answers, or gives a function, or gives the cluster machines that ask the registry
//! ([`super::Api::machines`]). Source of what an import
//! writes: openshift-apiserver `pkg/image/apiserver/registry/imagestreamimport/rest.go` (also a failed import
//! writes its spec tag; success removes the condition).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::auth::Access;
use super::body::read_body;
use super::defaults;
use super::error::{ApiError, FieldError, Named};
use super::live::Importer;
use super::openshift::secrets_for_imports;
use super::options::Options;
use super::smd::managers;
use super::wire::{Call, Outcome, Reply};
use super::world::{World, now};
use super::write::{Place, insert};
use crate::pull::refusals;

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
    architecture: String,
    media_type: String,
}

impl ImportAnswer {
    /// The image was found and has this digest.
    pub fn found(digest: &str) -> Self {
        Self {
            code: 200,
            reason: String::new(),
            message: String::new(),
            digest: digest.into(),
            architecture: "amd64".into(),
            media_type: "application/vnd.oci.image.manifest.v1+json".into(),
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
            architecture: String::new(),
            media_type: String::new(),
        }
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
    fn answer(&self, request: &ImportRequest, importer: Option<&Importer>) -> ImportAnswer {
        if let Some(answer) = self.scripted.get(&request.image) {
            return answer.clone();
        }
        if let Some(hook) = &self.hook {
            return hook(request);
        }
        match importer.map(|importer| importer.import(&request.image, request.insecure)) {
            Some(Ok(imported)) => ImportAnswer {
                architecture: imported.architecture,
                media_type: imported.media_type,
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
    if let Some(importer) = &importer {
        let may = lock().auth.permits(&call.identity, &create_images());
        check(importer, &script, &import, &wanted, may)?;
    }
    let answers: Vec<ImportAnswer> = wanted
        .iter()
        .map(|image| {
            let request = ImportRequest {
                image: image_of(image),
                insecure: image["importPolicy"]["insecure"] == Value::Bool(true),
                namespace: place.namespace.clone(),
            };
            script.answer(&request, importer.as_ref())
        })
        .collect();
    let statuses: Vec<Value> = wanted
        .iter()
        .zip(&answers)
        .map(|(image, answer)| image_status(image, answer))
        .collect();
    import["metadata"]["creationTimestamp"] = now().into();
    import["metadata"]["namespace"] = place.namespace.clone().into();
    import["status"] = json!({ "images": statuses });
    if import["spec"]["import"] == Value::Bool(true) {
        let stream = record(&mut lock(), call, place, &import, &wanted, &answers)?;
        import["status"]["import"] = stream;
    }
    Ok(Reply::Json(201, import))
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
    may_create_images: bool,
) -> Result<(), ApiError> {
    let images: Vec<String> = wanted.iter().map(image_of).collect();
    let findings: Vec<FieldError> = refusals(&importer.settings, &images, may_create_images)
        .into_iter()
        .filter(|(at, ..)| script.leaves_open(&images[*at]))
        .map(|(at, forbids, words)| {
            let field = format!("spec.images[{at}].from.name");
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
    let kind = Named {
        group: "image.openshift.io",
        resource: "ImageStreamImport",
    };
    let name = import["metadata"]["name"].as_str().unwrap_or_default();
    Err(ApiError::invalid(kind, name, &findings))
}

fn tag_of(image: &Value) -> String {
    let named = image["to"]["name"].as_str().filter(|name| !name.is_empty());
    let reference = image["from"]["name"].as_str().unwrap_or_default();
    let last = reference.rsplit('/').next().unwrap_or_default();
    let own = last
        .split('@')
        .next()
        .and_then(|rest| rest.split_once(':'))
        .map(|(_, tag)| tag);
    named.or(own).unwrap_or("latest").to_owned()
}

fn by_digest(reference: &str, digest: &str) -> String {
    let bare = reference.split('@').next().unwrap_or_default();
    let (path, last) = bare.rsplit_once('/').unwrap_or(("", bare));
    let repository = last.split(':').next().unwrap_or_default();
    if path.is_empty() {
        format!("{repository}@{digest}")
    } else {
        format!("{path}/{repository}@{digest}")
    }
}

fn image_object(image: &Value, answer: &ImportAnswer) -> Value {
    let digest = answer.digest.as_str();
    let reference = image["from"]["name"].as_str().unwrap_or_default();
    json!({
        "apiVersion": "image.openshift.io/v1", "kind": "Image",
        "metadata": {
            "name": digest,
            "annotations": {"image.openshift.io/dockerLayersOrder": "ascending"},
        },
        "dockerImageReference": by_digest(reference, digest),
        "dockerImageMetadata": {"kind": "DockerImage", "apiVersion": "1.0", "Architecture": answer.architecture},
        "dockerImageMetadataVersion": "1.0",
        "dockerImageManifestMediaType": answer.media_type,
    })
}

fn image_status(image: &Value, answer: &ImportAnswer) -> Value {
    let mut status = json!({"status": answer.status(), "tag": tag_of(image)});
    if answer.code == 200 {
        status["image"] = image_object(image, answer);
    }
    status
}

/// Writes the result into the stream, which is made when it is not there.
fn record(
    world: &mut World,
    call: &Call,
    place: &Place,
    import: &Value,
    wanted: &[Value],
    answers: &[ImportAnswer],
) -> Result<Value, ApiError> {
    let Some(resource) = world.resource("image.openshift.io", "v1", "imagestreams") else {
        return Err(ApiError::no_such_path());
    };
    let name = import["metadata"]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let place = Place {
        resource,
        namespace: place.namespace.clone(),
        name,
        subresource: String::new(),
    };
    let options = Options {
        dry_run: call.is_dry_run(),
        ..Options::own("openshift-apiserver")
    };
    let live = world
        .find(&place.resource, &place.namespace, &place.name)
        .ok();
    let sent = import["metadata"]["resourceVersion"]
        .as_str()
        .filter(|version| !version.is_empty());
    if let (Some(live), Some(sent)) = (&live, sent)
        && live["metadata"]["resourceVersion"] != sent
    {
        return Err(ApiError::modified(place.resource.named(), &place.name));
    }
    let live = match live {
        Some(live) => live,
        None => {
            let mut fresh = json!({
                "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
                "metadata": {"name": place.name, "namespace": place.namespace}, "spec": {},
            });
            defaults::apply(&mut fresh, &place.resource);
            insert(world, fresh, &place, &options)?
        }
    };
    let mut stream = (*live).clone();
    let generation = stream["metadata"]["generation"].as_u64().unwrap_or(1) + 1;
    for (image, answer) in wanted.iter().zip(answers) {
        set_spec_tag(&mut stream, image, generation);
        set_status_tag(&mut stream, image, answer, generation);
        if answer.code == 200 && !options.dry_run {
            super::admit::make(world, &image_object(image, answer));
        }
    }
    stream["metadata"]["generation"] = generation.into();
    stream["metadata"]["annotations"]["openshift.io/image.dockerRepositoryCheck"] = now().into();
    let manager = place.manager(&options.manager, false);
    managers::update(
        &live,
        &mut stream,
        &place.shape(),
        &manager,
        managers::Door::Whole,
        &now(),
    );
    if options.dry_run {
        return Ok(stream);
    }
    Ok((*world.put(&place.resource, stream)).clone())
}

fn entry<'a>(list: &'a mut Value, key: &str, name: &str) -> Option<&'a mut Value> {
    if !list.is_array() {
        *list = json!([]);
    }
    let items = list.as_array_mut()?;
    let at = items
        .iter()
        .position(|item| item[key] == name)
        .unwrap_or_else(|| {
            items.push(Value::Object(Map::from_iter([(
                key.to_owned(),
                name.into(),
            )])));
            items.len() - 1
        });
    items.get_mut(at)
}

fn set_spec_tag(stream: &mut Value, image: &Value, generation: u64) {
    let name = tag_of(image);
    let Some(tag) = entry(&mut stream["spec"]["tags"], "name", &name) else {
        return;
    };
    tag["from"] = image["from"].clone();
    tag["generation"] = generation.into();
    let policy = &image["importPolicy"];
    tag["importPolicy"] = if policy.is_object() {
        policy.clone()
    } else {
        json!({})
    };
    if tag["importPolicy"]["importMode"].is_null() {
        tag["importPolicy"]["importMode"] = "Legacy".into();
    }
    let reference = &image["referencePolicy"]["type"];
    tag["referencePolicy"] = json!({"type": reference.as_str().unwrap_or("Source")});
}

fn set_status_tag(stream: &mut Value, image: &Value, answer: &ImportAnswer, generation: u64) {
    let name = tag_of(image);
    let Some(tag) = entry(&mut stream["status"]["tags"], "tag", &name) else {
        return;
    };
    if answer.code != 200 {
        tag["conditions"] = json!([{
            "type": "ImportSuccess", "status": "False", "lastTransitionTime": now(), "reason": answer.reason,
            "message": answer.message, "generation": generation,
        }]);
        if tag["items"].is_null() {
            tag["items"] = Value::Null;
        }
        return;
    }
    if let Some(entries) = tag.as_object_mut() {
        entries.remove("conditions");
    }
    let reference = by_digest(
        image["from"]["name"].as_str().unwrap_or_default(),
        &answer.digest,
    );
    let mut items = tag["items"].as_array().cloned().unwrap_or_default();
    if items
        .first()
        .is_none_or(|first| first["image"] != answer.digest.as_str())
    {
        let event = json!({
            "created": now(), "dockerImageReference": reference, "image": answer.digest, "generation": generation,
        });
        items.insert(0, event);
    }
    tag["items"] = items.into();
}
