//! Reading objects: one, or all of a kind in pages.

use std::collections::HashSet;

use http::StatusCode;
use serde_json::{Value, json};

use super::faults::{self, Subject};
use super::path::Path;
use super::transport::Call;
use super::{Cluster, ClusterError, Kind, ObjectRef, Scope, Selectors, kinds};
use crate::error::Error;
use crate::model::near::near;

/// Objects in one page.
const PAGE: &str = "500";
/// A log is cut after this many bytes.
const LOG_LIMIT: &str = "262144";

impl Cluster {
    /// One object as JSON, nothing dropped; `None` when it does not exist. When its group is not served at all, that is
    /// [`ClusterError::GroupMissing`].
    pub async fn get(&self, object: &ObjectRef) -> Result<Option<Value>, ClusterError> {
        let path = Path::object(object, self.namespace_of(object)).finish();
        let answer = self.session.call(&Call::get(path)).await?;
        let subject = Subject::object("get", object);
        match faults::json(&answer, &subject, &self.session.server) {
            Ok(value) => Ok(Some(value)),
            Err(ClusterError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All objects, in pages of 500; `each` sees them one by one so that only what is needed is kept. Each object comes
    /// once, with its `apiVersion` and `kind`, also when the server forgets the list half way (410) and it is read anew.
    pub async fn list(
        &self,
        kind: Kind,
        scope: &Scope,
        selectors: &Selectors,
        mut each: impl FnMut(Value) + Send,
    ) -> Result<(), ClusterError> {
        self.list_to(kind, scope, selectors, &mut each).await
    }

    /// [`Self::list`], compiled once and not for each of its many callers.
    async fn list_to(
        &self,
        kind: Kind,
        scope: &Scope,
        selectors: &Selectors,
        each: &mut (dyn FnMut(Value) + Send),
    ) -> Result<(), ClusterError> {
        let namespace = match scope {
            Scope::Namespace(name) if kind.namespaced => Some(name.as_str()),
            _ => None,
        };
        let subject = Subject::kind("list", kind, namespace);
        let mut seen = HashSet::new();
        let mut next: Option<String> = None;
        let mut in_pages = true;
        loop {
            let mut path = Path::collection(kind, namespace);
            if let Some(labels) = &selectors.labels {
                path = path.query("labelSelector", labels);
            }
            if let Some(fields) = &selectors.fields {
                path = path.query("fieldSelector", fields);
            }
            if in_pages {
                path = path.query("limit", PAGE);
            }
            if let Some(token) = &next {
                path = path.query("continue", token);
            }
            let call = Call {
                // Deprecated, and looked at with every other kind of workload.
                unasked: kind == kinds::DEPLOYMENT_CONFIG,
                ..Call::get(path.finish())
            };
            let answer = self.session.call(&call).await?;
            // The server keeps a list for some minutes only; as client-go's pager, then all at once.
            if answer.status == StatusCode::GONE && next.is_some() {
                next = None;
                in_pages = false;
                continue;
            }
            let page = faults::page(&answer, &subject, &self.session.server, &mut |mut item| {
                let metadata = &item["metadata"];
                let key = match metadata["uid"].as_str() {
                    Some(uid) => uid.to_owned(),
                    None => format!("{}/{}", metadata["namespace"], metadata["name"]),
                };
                if seen.insert(key) {
                    complete(&mut item, kind);
                    each(item);
                }
            })?;
            // Not kept while the next page is on its way.
            drop(answer);
            if !page.has_items {
                return Err(ClusterError::Other(format!(
                    "the API server answered a list of {} without items",
                    subject.resource
                )));
            }
            next = page.next;
            if next.is_none() {
                return Ok(());
            }
        }
    }

    /// All objects at once, for kinds of which there are few.
    pub async fn list_all(
        &self,
        kind: Kind,
        scope: &Scope,
        selectors: &Selectors,
    ) -> Result<Vec<Value>, ClusterError> {
        let mut objects = Vec::new();
        self.list(kind, scope, selectors, |object| objects.push(object))
            .await?;
        Ok(objects)
    }

    /// The names of the namespaces, in order; `labels` is a label selector.
    pub async fn namespaces(&self, labels: Option<&str>) -> Result<Vec<String>, ClusterError> {
        let selectors = Selectors {
            labels: labels.map(str::to_owned),
            fields: None,
        };
        let mut names = Vec::new();
        self.list(kinds::NAMESPACE, &Scope::All, &selectors, |namespace| {
            if let Some(name) = namespace["metadata"]["name"].as_str() {
                names.push(name.to_owned());
            }
        })
        .await?;
        names.sort_unstable();
        Ok(names)
    }

    /// The error on a namespace that does not exist, with names that are almost its; nothing where it exists, or where
    /// that cannot be read: who may not read it is not told that it is missing.
    pub async fn missing_namespace(&self, name: &str) -> Option<Error> {
        if !matches!(
            self.get(&kinds::NAMESPACE.object(None, name)).await,
            Ok(None)
        ) {
            return None;
        }
        let error = Error::failure(format!("there is no namespace {name:?}"));
        let known = self.namespaces(None).await.unwrap_or_default();
        Some(match near(name, &known).as_slice() {
            [] => error,
            near => error.hint(format!("did you mean {}?", near.join(" or "))),
        })
    }

    /// The last `lines` lines of a container's log (at most 256 KiB); of the pod's only container when none is named.
    pub async fn pod_log(
        &self,
        pod: &ObjectRef,
        container: Option<&str>,
        lines: u32,
    ) -> Result<String, ClusterError> {
        let mut path = Path::object(pod, self.namespace_of(pod))
            .under("log")
            .query("tailLines", &lines.to_string())
            .query("limitBytes", LOG_LIMIT);
        if let Some(container) = container {
            path = path.query("container", container);
        }
        let call = Call {
            accept: "*/*",
            ..Call::get(path.finish())
        };
        let answer = self.session.call(&call).await?;
        if !answer.status.is_success() {
            let mut subject = Subject::object("get", pod);
            subject.resource = "pods/log".into();
            return Err(faults::of_status(&answer, &subject));
        }
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// The object's namespace, or the one in use for a namespaced kind that comes without.
    pub(super) fn namespace_of<'a>(&'a self, object: &'a ObjectRef) -> Option<&'a str> {
        if object.kind.namespaced {
            Some(object.namespace.as_deref().unwrap_or(self.namespace()))
        } else {
            None
        }
    }
}

/// The items of a list come without `apiVersion` and `kind`.
fn complete(item: &mut Value, kind: Kind) {
    if let Some(object) = item.as_object_mut() {
        object
            .entry("apiVersion")
            .or_insert_with(|| json!(kind.api_version()));
        object.entry("kind").or_insert_with(|| json!(kind.kind));
    }
}
