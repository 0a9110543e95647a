//! Writes as they go over the wire. [`crate::apply`] decides about them and is the only caller of [`Cluster::write`].

use http::Method;
use serde_json::{Value, json};

use super::faults::{self, Subject};
use super::path::Path;
use super::transport::Call;
use super::{Cluster, ClusterError, ObjectRef, Write};

/// Under which name the API server keeps what this tool wrote.
pub const FIELD_MANAGER: &str = "kubectl-extreg";

const JSON: &str = "application/json";

impl Cluster {
    /// Performs one write. `dry_run` is the server's. A field that the server does not know is an error (strict field
    /// validation), never dropped. A dry run is refused by this tool where the server would write for real.
    pub async fn write(
        &self,
        object: &ObjectRef,
        write: &Write,
        dry_run: bool,
    ) -> Result<Value, ClusterError> {
        if dry_run && !self.supports_dry_run().await {
            return Err(ClusterError::Other(format!(
                "the API server is older than Kubernetes 1.13 and has no dry run: it would write {object}; use --dry-run=client"
            )));
        }
        let namespace = self.namespace_of(object);
        let one = || Path::object(object, namespace);
        let (verb, method, path, body) = match write {
            Write::Create(value) => (
                "create",
                Method::POST,
                Path::collection(object.kind, namespace),
                Some((JSON, value.to_string())),
            ),
            Write::Replace(value) => (
                "update",
                Method::PUT,
                one(),
                Some((JSON, value.to_string())),
            ),
            Write::JsonPatch(patch) => (
                "patch",
                Method::PATCH,
                one(),
                Some(("application/json-patch+json", patch.to_string())),
            ),
            Write::Apply { object, force } => (
                "patch",
                Method::PATCH,
                one().query("force", if *force { "true" } else { "false" }),
                // JSON is YAML.
                Some(("application/apply-patch+yaml", object.to_string())),
            ),
            Write::Delete {
                uid,
                resource_version,
            } => (
                "delete",
                Method::DELETE,
                one(),
                Some((
                    JSON,
                    delete_options(uid.as_deref(), resource_version.as_deref(), dry_run)
                        .to_string(),
                )),
            ),
        };
        let mut path = path;
        if !matches!(write, Write::Delete { .. }) {
            path = path
                .query("fieldManager", FIELD_MANAGER)
                .query("fieldValidation", "Strict");
            if dry_run {
                path = path.query("dryRun", "All");
            }
        }
        let call = Call {
            method,
            path: path.finish(),
            body: body.map(|(content_type, text)| (content_type, text.into_bytes())),
            accept: JSON,
            limit: None,
            unasked: false,
        };
        let answer = self.session.call(&call).await?;
        faults::json(
            &answer,
            &Subject::object(verb, object),
            &self.session.server,
        )
    }

    /// Posts a question that is not stored, such as a SelfSubjectAccessReview or an ImageStreamImport with
    /// `import: false`, to its collection's path (`/apis/GROUP/VERSION[/namespaces/NS]/RESOURCE`).
    pub async fn create_raw(&self, path: &str, body: &Value) -> Result<Value, ClusterError> {
        let call = Call {
            method: Method::POST,
            path: path.to_owned(),
            body: Some((JSON, body.to_string().into_bytes())),
            accept: JSON,
            limit: None,
            unasked: false,
        };
        let answer = self.session.call(&call).await?;
        faults::json(&answer, &subject_of_path(path), &self.session.server)
    }
}

/// The body of a DELETE. Where there is one the server does not look at the query: a `dryRun` there would be overlooked and
/// the object deleted (apiserver `pkg/endpoints/handlers` `DeleteResource`).
fn delete_options(uid: Option<&str>, resource_version: Option<&str>, dry_run: bool) -> Value {
    let mut options = json!({
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
    });
    if dry_run {
        options["dryRun"] = json!(["All"]);
    }
    if let Some(uid) = uid {
        options["preconditions"]["uid"] = json!(uid);
    }
    if let Some(version) = resource_version {
        options["preconditions"]["resourceVersion"] = json!(version);
    }
    options
}

/// Resource, group and namespace as the path names them.
fn subject_of_path(path: &str) -> Subject<'_> {
    let path = path.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    let namespace = segments
        .iter()
        .position(|segment| *segment == "namespaces")
        .and_then(|at| segments.get(at + 1).copied())
        .filter(|name| segments.last() != Some(name));
    let plural = segments.last().copied().unwrap_or_default();
    let resource = match segments.as_slice() {
        ["apis", group, ..] => format!("{plural}.{group}"),
        _ => plural.to_owned(),
    };
    Subject {
        verb: "create",
        printed: resource.clone(),
        resource,
        namespace,
        name: None,
    }
}
