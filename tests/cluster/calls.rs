//! What calls send, and what they make of the answers.

use std::sync::atomic::{AtomicUsize, Ordering};

use extreg::cluster::access::Right;
use extreg::cluster::{Cluster, ClusterError, ObjectRef, Write, kinds};
use serde_json::{Value, json};

use crate::server::{Reply, Request, Server, found};
use crate::world::World;

async fn cluster(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> (Server, Cluster) {
    let server = Server::tls(script).await;
    let cluster = World::of(&server, "{token: abc}").connect().await.unwrap();
    (server, cluster)
}

fn secret() -> ObjectRef {
    kinds::SECRET.object(Some("team"), "s")
}

#[tokio::test]
async fn an_object_that_is_missing_is_told_from_a_kind_that_is() {
    let (_server, cluster) = cluster(|request| {
        if request.path.contains("secrets") {
            let details = json!({"name": "s", "kind": "secrets"});
            Reply::status(404, "NotFound", "secrets \"s\" not found", &details)
        } else if request.path.contains("buildconfigs") {
            Reply::status(
                404,
                "NotFound",
                "the server could not find the requested resource",
                &json!({}),
            )
        } else {
            Reply::Answer {
                status: 404,
                headers: Vec::new(),
                body: "404 page not found\n".into(),
            }
        }
    })
    .await;
    assert_eq!(cluster.get(&secret()).await.unwrap(), None);
    for kind in [kinds::BUILD_CONFIG, kinds::IMAGE_CONFIG] {
        let error = cluster
            .get(&kind.object(Some("team"), "x"))
            .await
            .unwrap_err();
        let ClusterError::GroupMissing(what) = &error else {
            panic!("{error:?}");
        };
        assert_eq!(*what, format!("{}.{}", kind.resource, kind.group));
    }
    // Writing what is not there is an error, with the name of the object.
    let error = cluster
        .write(&secret(), &Write::JsonPatch(json!([])), false)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "secret/s not found");
}

#[tokio::test]
async fn a_namespace_that_is_missing_is_the_one_that_is_named() {
    let (_server, cluster) = cluster(|_| {
        Reply::status(
            404,
            "NotFound",
            "namespaces \"team\" not found",
            &json!({"name": "team", "kind": "namespaces"}),
        )
    })
    .await;
    let error = cluster
        .write(&secret(), &Write::Create(json!({})), false)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "namespaces/team not found");
}

#[tokio::test]
async fn refusals_keep_the_words_of_the_server() {
    for (code, reason, check) in [
        (
            409,
            "AlreadyExists",
            (|error| matches!(error, ClusterError::AlreadyExists(_))) as fn(&ClusterError) -> bool,
        ),
        (409, "Conflict", |error| {
            matches!(error, ClusterError::Conflict(_))
        }),
        (422, "Invalid", |error| {
            matches!(error, ClusterError::Invalid(_))
        }),
        (400, "BadRequest", |error| {
            matches!(error, ClusterError::Invalid(_))
        }),
        (403, "Forbidden", |error| {
            matches!(error, ClusterError::Forbidden { .. })
        }),
        (500, "InternalError", |error| {
            matches!(error, ClusterError::Other(_))
        }),
    ] {
        let (_server, cluster) = cluster(move |_| {
            Reply::status(code, reason, "the \u{1b}[31mwords\nof it", &Value::Null)
        })
        .await;
        let error = cluster
            .write(&secret(), &Write::Replace(json!({})), false)
            .await
            .unwrap_err();
        assert!(check(&error), "{code} {reason}: {error:?}");
        let text = error.to_string();
        let expected = if reason == "AlreadyExists" {
            "secret/s already exists"
        } else {
            "the [31mwords of it"
        };
        assert!(text.ends_with(expected), "{text}");
        assert!(
            !text.contains("ApiError") && !text.contains("Status"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_no_object_is_not_taken_for_one() {
    let (server, cluster) = cluster(|_| Reply::Answer {
        status: 200,
        headers: Vec::new(),
        body: "<html>Please log in</html>".into(),
    })
    .await;
    let error = cluster.get(&secret()).await.unwrap_err().to_string();
    assert!(
        error.starts_with(&server.url()) && error.contains("<html>Please log in"),
        "{error}"
    );
}

#[tokio::test]
async fn writes_go_over_the_wire_as_kubectl_sends_them() {
    let (server, cluster) = cluster(found).await;
    let object = json!({"kind": "Secret", "unknown": {"kept": true}});
    let writes = [
        Write::Create(object.clone()),
        Write::Replace(object.clone()),
        Write::JsonPatch(json!([{"op": "test", "path": "/a", "value": 1}])),
        Write::Apply {
            object: object.clone(),
            force: false,
        },
        Write::Apply {
            object: object.clone(),
            force: true,
        },
        Write::Delete {
            uid: Some("u-1".into()),
            resource_version: Some("7".into()),
        },
    ];
    for write in &writes {
        cluster.write(&secret(), write, false).await.unwrap();
        cluster.write(&secret(), write, true).await.unwrap();
    }
    let mut log = server.log();
    // Whether there are dry runs at all is asked once.
    log.retain(|request| request.path != "/version");
    assert_eq!(server.log().len(), log.len() + 1);
    let one = "/api/v1/namespaces/team/secrets/s";
    let expected = [
        (
            "POST",
            "/api/v1/namespaces/team/secrets",
            "application/json",
            None,
        ),
        ("PUT", one, "application/json", None),
        ("PATCH", one, "application/json-patch+json", None),
        ("PATCH", one, "application/apply-patch+yaml", Some("false")),
        ("PATCH", one, "application/apply-patch+yaml", Some("true")),
        ("DELETE", one, "application/json", None),
    ];
    for (at, (method, path, content_type, force)) in expected.into_iter().enumerate() {
        for (dry, request) in [(false, &log[at * 2]), (true, &log[at * 2 + 1])] {
            let query = request.query();
            assert_eq!(
                (request.method.as_str(), request.path.split('?').next()),
                (method, Some(path))
            );
            assert_eq!(request.header("content-type"), content_type);
            assert_eq!(query.get("force").map(String::as_str), force);
            // The server reads the options of a DELETE from its body alone.
            let in_query = dry && method != "DELETE";
            assert_eq!(
                query.get("dryRun").map(String::as_str),
                in_query.then_some("All")
            );
            if method == "DELETE" {
                let options = request.json();
                assert_eq!(
                    options["dryRun"],
                    if dry { json!(["All"]) } else { json!(null) }
                );
                assert_eq!(
                    options["preconditions"],
                    json!({"uid": "u-1", "resourceVersion": "7"})
                );
            } else {
                assert_eq!(query["fieldManager"], "kubectl-extreg");
                assert_eq!(query["fieldValidation"], "Strict");
            }
        }
    }
    assert_eq!(log[2].json(), object);
}

#[tokio::test]
async fn no_dry_run_is_tried_where_it_would_write() {
    let (server, cluster) =
        cluster(|_| Reply::json(200, &json!({"gitVersion": "v1.11.0+d4cacc0"}))).await;
    let error = cluster
        .write(&secret(), &Write::Create(json!({})), true)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("it would write secret/s"), "{error}");
    assert_eq!(server.only().path, "/version");
    assert!(
        cluster
            .write(&secret(), &Write::Create(json!({})), false)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_busy_server_gets_a_second_try_and_the_user_hears_of_it() {
    for code in [429, 503] {
        let tries = AtomicUsize::new(0);
        let (server, cluster) = cluster(move |request| {
            if tries.fetch_add(1, Ordering::SeqCst) == 0 {
                Reply::status(code, "TooManyRequests", "later", &Value::Null)
                    .with("retry-after", "0")
            } else {
                found(request)
            }
        })
        .await;
        assert!(cluster.get(&secret()).await.unwrap().is_some());
        assert_eq!(server.log().len(), 2);
        let warnings = cluster.take_warnings();
        assert!(
            warnings.len() == 1 && warnings[0].contains("is busy"),
            "{warnings:?}"
        );
    }
}

#[tokio::test]
async fn there_is_no_third_try_and_none_where_the_wait_is_long_or_unknown() {
    for (wait, tries) in [
        (Some("0"), 2),
        (Some("60"), 1),
        (Some("Wed, 21 Oct 2026 07:28:00 GMT"), 1),
        (None, 1),
    ] {
        let (server, cluster) = cluster(move |_| {
            let reply = Reply::status(429, "TooManyRequests", "later", &Value::Null);
            match wait {
                Some(wait) => reply.with("retry-after", wait),
                None => reply,
            }
        })
        .await;
        let error = cluster.get(&secret()).await.unwrap_err().to_string();
        assert!(error.contains("429") && error.ends_with("later"), "{error}");
        assert_eq!(server.log().len(), tries, "{wait:?}");
    }
}

#[tokio::test]
async fn warnings_of_the_server_are_collected() {
    let (_server, cluster) = cluster(|request| {
        found(request)
            .with("warning", "299 - \"v1 is deprecated, use \\\"v2\\\"\"")
            .with("warning", "299 - \"second\"")
    })
    .await;
    cluster.get(&secret()).await.unwrap();
    cluster.get(&secret()).await.unwrap();
    assert_eq!(
        cluster.take_warnings(),
        ["v1 is deprecated, use \"v2\"", "second"]
    );
    assert!(cluster.take_warnings().is_empty());
}

#[tokio::test]
async fn versions_that_do_not_parse_are_unknown() {
    for (told, version) in [
        (json!({"gitVersion": "v1.33.5"}), Some("v1.33.5")),
        (json!({"gitVersion": "v0.0.0-master+$Format:%H$"}), None),
        (json!({"major": "1"}), None),
        (json!([]), None),
    ] {
        let (_server, cluster) = cluster(move |_| Reply::json(200, &told)).await;
        assert_eq!(cluster.version().await.as_deref(), version);
    }
    let (_server, cluster) = cluster(|_| Reply::status(403, "Forbidden", "no", &Value::Null)).await;
    assert_eq!(
        (cluster.version().await, cluster.openshift_version().await),
        (None, None)
    );
}

fn openshift(request: &Request) -> Reply {
    match request.path.as_str() {
        "/apis" => Reply::json(
            200,
            &json!({"groups": [{"name": "apps"}, {"name": "config.openshift.io"}]}),
        ),
        "/apis/config.openshift.io/v1" => Reply::json(
            200,
            &json!({"resources": [{"name": "images"}, {"name": "images/status"}]}),
        ),
        "/apis/config.openshift.io/v1/clusterversions/version" => Reply::json(
            200,
            &json!({"status": {"desired": {"version": "4.21.0"}, "history": [
                {"state": "Partial", "version": "4.21.0"}, {"state": "Completed", "version": "4.20.3"}]}}),
        ),
        _ => Reply::Answer {
            status: 404,
            headers: Vec::new(),
            body: "404 page not found\n".into(),
        },
    }
}

#[tokio::test]
async fn what_is_served_is_asked_once() {
    let (server, cluster) = cluster(openshift).await;
    assert!(cluster.serves("").await.unwrap());
    for _ in 0..2 {
        assert!(cluster.serves("config.openshift.io").await.unwrap());
        assert!(!cluster.serves("build.openshift.io").await.unwrap());
        assert!(cluster.serves_resource(kinds::IMAGE_CONFIG).await.unwrap());
        assert!(
            !cluster
                .serves_resource(kinds::IMAGE_TAG_MIRROR_SET)
                .await
                .unwrap()
        );
        assert!(!cluster.serves_resource(kinds::BUILD_CONFIG).await.unwrap());
        assert!(!cluster.serves_resource(kinds::DEPLOYMENT).await.unwrap());
    }
    let paths: Vec<String> = server
        .log()
        .iter()
        .map(|request| request.path.clone())
        .collect();
    assert_eq!(
        paths,
        ["/apis", "/apis/config.openshift.io/v1", "/apis/apps/v1"]
    );
    assert_eq!(cluster.openshift_version().await.as_deref(), Some("4.20.3"));
}

fn right(verb: &'static str, kind: extreg::cluster::Kind) -> Right {
    Right {
        verb,
        kind,
        namespace: Some("team".into()),
        name: None,
    }
}

#[tokio::test]
async fn rights_are_asked_for_once_and_the_missing_ones_named() {
    let (server, cluster) = cluster(|request| {
        let attributes = &request.json()["spec"]["resourceAttributes"];
        let allowed = attributes["verb"] == "get" || attributes["resource"] == "serviceaccounts";
        Reply::json(201, &json!({"status": {"allowed": allowed}}))
    })
    .await;
    let rights = [
        right("create", kinds::SECRET),
        right("get", kinds::SECRET),
        right("patch", kinds::SERVICE_ACCOUNT),
        right("patch", kinds::BUILD_CONFIG),
        right("create", kinds::SECRET),
    ];
    for _ in 0..2 {
        let missing = cluster.missing_rights(&rights).await.unwrap();
        assert_eq!(
            missing,
            [
                right("create", kinds::SECRET),
                right("patch", kinds::BUILD_CONFIG)
            ]
        );
        assert_eq!(
            missing[1].to_string(),
            "patch buildconfigs.build.openshift.io in the namespace team"
        );
    }
    let log = server.log();
    assert!(
        log.len() == 4 || log.len() == 5,
        "two equal questions may be under way at once: {}",
        log.len()
    );
    let build = log
        .iter()
        .map(Request::json)
        .find(|body| body["spec"]["resourceAttributes"]["resource"] == "buildconfigs");
    let attributes = &build.unwrap()["spec"]["resourceAttributes"];
    assert_eq!(
        (&attributes["group"], &attributes["namespace"]),
        (&json!("build.openshift.io"), &json!("team"))
    );
}

#[tokio::test]
async fn a_server_that_cannot_tell_rights_counts_as_granting() {
    let (_server, cluster) =
        cluster(|_| Reply::status(403, "Forbidden", "no reviews for you", &Value::Null)).await;
    assert_eq!(
        cluster
            .missing_rights(&[right("get", kinds::SECRET)])
            .await
            .unwrap(),
        []
    );

    let mut world = World::new();
    world.options.server = Some("http://127.0.0.1:1".into());
    let gone = world.connect().await.unwrap();
    let error = gone
        .missing_rights(&[right("get", kinds::SECRET)])
        .await
        .unwrap_err();
    assert!(matches!(error, ClusterError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_log_is_text_and_bounded() {
    let (server, cluster) = cluster(|_| Reply::Answer {
        status: 200,
        headers: Vec::new(),
        body: "one\ntwo\n".into(),
    })
    .await;
    let pod = kinds::POD.object(Some("team"), "web");
    assert_eq!(
        cluster.pod_log(&pod, Some("c 1"), 20).await.unwrap(),
        "one\ntwo\n"
    );
    assert_eq!(
        server.only().path,
        "/api/v1/namespaces/team/pods/web/log?tailLines=20&limitBytes=262144&container=c%201"
    );
}
