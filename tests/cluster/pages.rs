//! Lists in pages.

use extreg::cluster::{Cluster, ClusterError, Scope, Selectors, kinds};
use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::world::World;

/// Answers with pods `from..to`, and the token of the next page.
fn page(from: usize, to: usize, next: &str) -> Reply {
    let items: Vec<Value> = (from..to)
        .map(|n| json!({"metadata": {"name": format!("p{n}"), "namespace": "team", "uid": format!("u{n}")}, "odd": {"x": n}}))
        .collect();
    Reply::json(
        200,
        &json!({"kind": "PodList", "metadata": {"continue": next}, "items": items}),
    )
}

async fn pods(cluster: &Cluster) -> Result<Vec<Value>, ClusterError> {
    cluster
        .list_all(
            kinds::POD,
            &Scope::Namespace("team".into()),
            &Selectors::default(),
        )
        .await
}

fn names(pods: &[Value]) -> Vec<&str> {
    pods.iter()
        .map(|pod| pod["metadata"]["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn all_pages_are_read_and_nothing_is_dropped() {
    let server = Server::tls(
        |request| match request.query().get("continue").map(String::as_str) {
            None => page(0, 2, "two/=&"),
            Some("two/=&") => page(2, 4, "three"),
            Some(_) => page(4, 5, ""),
        },
    )
    .await;
    let cluster = World::of(&server, "{}").connect().await.unwrap();
    let selectors = Selectors {
        labels: Some("app=web,tier in (a)".into()),
        fields: Some("status.phase!=Failed".into()),
    };
    let mut seen = Vec::new();
    cluster
        .list(
            kinds::POD,
            &Scope::Namespace("team".into()),
            &selectors,
            |pod| seen.push(pod),
        )
        .await
        .unwrap();
    assert_eq!(names(&seen), ["p0", "p1", "p2", "p3", "p4"]);
    assert_eq!(seen[3]["odd"]["x"], 3);
    assert_eq!(
        (&seen[0]["apiVersion"], &seen[0]["kind"]),
        (&json!("v1"), &json!("Pod"))
    );
    for request in server.log() {
        assert!(
            request.path.starts_with("/api/v1/namespaces/team/pods?"),
            "{}",
            request.path
        );
        let query = request.query();
        assert_eq!(query["limit"], "500");
        assert_eq!(query["labelSelector"], "app=web,tier in (a)");
        assert_eq!(query["fieldSelector"], "status.phase!=Failed");
    }
    assert_eq!(server.log().len(), 3);
}

#[tokio::test]
async fn a_list_that_the_server_forgot_is_read_anew_without_repeating_anything() {
    let server = Server::tls(|request| {
        let query = request.query();
        match query.get("continue") {
            Some(_) => Reply::status(410, "Expired", "The provided continue parameter is too old", &Value::Null),
            None if query.contains_key("limit") => page(0, 2, "old"),
            // p1 is gone by now, p2 and p3 are new to the reader.
            None => Reply::json(200, &json!({"metadata": {}, "items": [
                {"metadata": {"name": "p0", "uid": "u0"}}, {"metadata": {"name": "p2", "uid": "u2"}},
                {"metadata": {"name": "p3", "uid": "u3"}}]})),
        }
    })
    .await;
    let cluster = World::of(&server, "{}").connect().await.unwrap();
    assert_eq!(
        names(&pods(&cluster).await.unwrap()),
        ["p0", "p1", "p2", "p3"]
    );
    assert_eq!(server.log().len(), 3);
}

#[tokio::test]
async fn all_namespaces_and_kinds_without_one_have_their_own_paths() {
    let server = Server::tls(|_| page(0, 1, "")).await;
    let cluster = World::of(&server, "{}").connect().await.unwrap();
    let all = Selectors::default();
    cluster
        .list_all(kinds::DEPLOYMENT, &Scope::All, &all)
        .await
        .unwrap();
    cluster
        .list_all(kinds::NODE, &Scope::Namespace("team".into()), &all)
        .await
        .unwrap();
    assert_eq!(cluster.namespaces(Some("env=prod")).await.unwrap(), ["p0"]);
    let paths: Vec<String> = server
        .log()
        .iter()
        .map(|request| request.path.clone())
        .collect();
    assert_eq!(
        paths,
        [
            "/apis/apps/v1/deployments?limit=500",
            "/api/v1/nodes?limit=500",
            "/api/v1/namespaces?labelSelector=env%3Dprod&limit=500",
        ]
    );
}

#[tokio::test]
async fn a_list_that_may_not_be_read_names_the_right() {
    let message = "pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" in the namespace \"team\"";
    let server =
        Server::tls(move |_| Reply::status(403, "Forbidden", message, &json!({"kind": "pods"})))
            .await;
    let cluster = World::of(&server, "{}").connect().await.unwrap();
    let error = pods(&cluster).await.unwrap_err();
    assert_eq!(error.to_string(), message);
    let ClusterError::Forbidden {
        verb,
        resource,
        namespace,
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(
        (verb.as_str(), resource.as_str(), namespace.as_deref()),
        ("list", "pods", Some("team"))
    );
}
