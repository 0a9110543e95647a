//! Requests of the tests: the crate's own client with words for what a test expects.

use std::borrow::Borrow;

use extreg_test_support::api::Api;
use extreg_test_support::cluster::{Client, Cluster, for_each_cluster};
use serde_json::Value;

/// Whoever can be asked.
pub(super) trait Server {
    fn client(&self) -> Client;
}

impl Server for Api {
    /// Nobody in particular: without credentials.
    fn client(&self) -> Client {
        Client::new(self.address(), self.ca_pem()).expect("a client")
    }
}

impl<S: Server> Server for &S {
    fn client(&self) -> Client {
        (**self).client()
    }
}

impl Server for Cluster {
    /// The administrator.
    fn client(&self) -> Client {
        self.client()
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) text: String,
    inner: extreg_test_support::cluster::Answer,
}

impl Answer {
    pub(super) fn headers(&self, name: &str) -> Vec<&str> {
        self.inner.headers(name)
    }

    /// The body, when the status is this one.
    #[track_caller]
    pub(super) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.inner.json()
    }

    /// The message of a refusal with this status.
    #[track_caller]
    pub(super) fn refused(self, status: u16) -> String {
        let body = self.expect(status);
        assert_eq!(body["kind"], "Status");
        assert_eq!(body["code"], status);
        body["message"].as_str().expect("a message").to_owned()
    }
}

/// A request; `None` when the server closed the connection without an answer.
pub(super) fn try_send(
    server: &impl Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<Answer> {
    let inner = server.client().send(method, path, headers, body).ok()?;
    Some(Answer {
        status: inner.status,
        text: inner.text.clone(),
        inner,
    })
}

#[track_caller]
pub(super) fn send(
    server: &impl Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    try_send(server, method, path, headers, body).expect("an answer")
}

#[track_caller]
pub(super) fn get(server: &impl Server, path: &str) -> Answer {
    send(server, "GET", path, &[], "")
}

#[track_caller]
pub(super) fn post(server: &impl Server, path: &str, body: &Value) -> Answer {
    send(
        server,
        "POST",
        path,
        &[("content-type", "application/json")],
        &body.to_string(),
    )
}

#[track_caller]
pub(super) fn put(server: &impl Server, path: &str, body: &Value) -> Answer {
    send(
        server,
        "PUT",
        path,
        &[("content-type", "application/json")],
        &body.to_string(),
    )
}

#[track_caller]
pub(super) fn delete(server: &impl Server, path: &str, body: &Value) -> Answer {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    send(
        server,
        "DELETE",
        path,
        &[("content-type", "application/json")],
        &body,
    )
}

/// `kind`: json, merge, strategic or apply.
#[track_caller]
pub(super) fn patch(server: &impl Server, kind: &str, path: &str, body: &Value) -> Answer {
    let media = match kind {
        "json" => "application/json-patch+json",
        "merge" => "application/merge-patch+json",
        "strategic" => "application/strategic-merge-patch+json",
        _ => "application/apply-patch+yaml",
    };
    send(
        server,
        "PATCH",
        path,
        &[("content-type", media)],
        &body.to_string(),
    )
}

/// A namespace on one of the clusters.
pub(super) struct Ground<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) ns: String,
}

impl Server for Ground<'_> {
    fn client(&self) -> Client {
        self.cluster.client()
    }
}

impl Ground<'_> {
    /// A path of the core group in this namespace.
    pub(super) fn core(&self, rest: &str) -> String {
        format!("/api/v1/namespaces/{}/{rest}", self.ns)
    }

    /// A path of `apps/v1` in this namespace.
    pub(super) fn apps(&self, rest: &str) -> String {
        format!("/apis/apps/v1/namespaces/{}/{rest}", self.ns)
    }

    #[track_caller]
    pub(super) fn create(&self, object: impl Borrow<Value>) -> Value {
        self.cluster.create(object.borrow())
    }

    #[track_caller]
    pub(super) fn edit(
        &self,
        resource: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> Value {
        self.cluster.edit(resource, &self.ns, name, change)
    }

    /// All that the tests make here, to see that nothing was written.
    pub(super) fn snapshot(&self) -> Vec<Value> {
        [
            "configmaps",
            "secrets",
            "serviceaccounts",
            "deployments.apps",
            "pods",
        ]
        .iter()
        .flat_map(|resource| self.cluster.list(resource, &self.ns))
        .collect()
    }
}

/// Runs a test in a namespace of its own on the embedded server and, where there is one, on the real server.
#[track_caller]
pub(super) fn on_every_cluster(test: impl Fn(&Ground<'_>)) {
    for_each_cluster(|cluster| {
        let ns = cluster.namespace("rules");
        test(&Ground { cluster, ns });
    });
}
