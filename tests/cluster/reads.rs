//! Builds, image streams, events, signature policies and single objects, from a server that keeps the real one's rules, and
//! from a real one as well where no rights are taken away.

use extreg::cluster::snapshot::{About, Want, WantConfig};
use extreg::cluster::{Cluster, Scope, Selectors, kinds};
use extreg::model::view::{Missing, SignaturePolicyKind};
use extreg_test_support::api::{Api, Flavor, PodState, Resource, Rule, User, make};
use extreg_test_support::cluster::{
    Cluster as Server, for_each_openshift, for_each_openshift_alone,
};
use serde_json::json;

use crate::world::{World, as_admin, wait};

fn openshift() -> Api {
    let flavor = Flavor::OpenShift4 {
        version: "4.20.3".into(),
    };
    let api = Api::builder()
        .flavor(flavor)
        .user(User::new("jane").token("jane-token"))
        .tls()
        .start();
    api.add_namespace("shop");
    api
}

async fn connect(api: &Api) -> Cluster {
    let world = World::new();
    world.write("home/.kube/config", api.kubeconfig_of("jane", "shop"));
    world.connect().await.unwrap()
}

fn team() -> Scope {
    Scope::Namespace("shop".into())
}

#[test]
fn builds_streams_and_policies_are_read_with_the_rest() {
    for_each_openshift_alone(|server| wait(read_builds_streams_and_policies(server)));
}

async fn read_builds_streams_and_policies(server: &Server) {
    let shop = server.namespace("shop");
    let shop = shop.as_str();
    let mut stream = make::image_stream(shop, "base", "1", "registry.example.com/base:1");
    stream["status"] = json!({"dockerImageRepository": "", "tags": [{"tag": "1", "items": null, "conditions": [
        {"type": "ImportSuccess", "status": "False", "reason": "Unauthorized", "message": "no", "generation": 1}]}]});
    let policy = |kind: &str, metadata: serde_json::Value| {
        json!({"apiVersion": "config.openshift.io/v1", "kind": kind, "metadata": metadata,
            "spec": {"scopes": ["registry.example.com"], "policy": {"rootOfTrust": {
                "policyType": "PublicKey", "publicKey": {"keyData": "a2V5"}}}}})
    };
    for object in [
        stream,
        policy("ClusterImagePolicy", json!({"name": "all"})),
        policy("ImagePolicy", json!({"name": "ours", "namespace": shop})),
        json!({"apiVersion": "build.openshift.io/v1", "kind": "Build",
            "metadata": {"name": "app-1", "namespace": shop, "annotations": {"openshift.io/build.pod-name": "app-1-build"}},
            "spec": {"serviceAccount": "builder", "source": {}, "output": {"to": {"kind": "DockerImage", "name": "quay.io/a/b"}},
                "strategy": {"type": "Docker", "dockerStrategy": {}}},
            "status": {"phase": "Failed", "reason": "PushImageToRegistryFailed"}}),
    ] {
        server.create(&object);
    }
    let cluster = as_admin(server, shop).await;
    let view = cluster
        .namespace_view(&Scope::Namespace(shop.into()), Want::ALL)
        .await;
    let build = &view.builds.as_ref().unwrap()[0];
    assert_eq!(
        (build.phase.as_str(), build.pod.as_deref()),
        ("Failed", Some("app-1-build"))
    );
    let tag = view.image_stream(shop, "base").unwrap().tag("1").unwrap();
    assert_eq!(tag.failed_import().unwrap().reason, "Unauthorized");
    assert_eq!(
        tag.from.as_ref().unwrap().name,
        "registry.example.com/base:1"
    );
    let ours = &view.signature_policies.as_ref().unwrap()[0];
    assert_eq!(
        (ours.kind, ours.policy_type.as_str()),
        (SignaturePolicyKind::ImagePolicy, "PublicKey")
    );

    let config = cluster
        .cluster_config(WantConfig {
            signature_policies: true,
            ..WantConfig::default()
        })
        .await;
    let all = &config.signature_policies.unwrap()[0];
    assert_eq!(
        (all.name.as_str(), all.kind),
        ("all", SignaturePolicyKind::ClusterImagePolicy)
    );
    assert!(matches!(config.nodes, Err(Missing::NotAsked)));
}

#[tokio::test]
async fn policies_of_older_servers_are_found_under_the_older_version() {
    let kind = Resource::custom(
        "config.openshift.io/v1alpha1",
        "clusterimagepolicies",
        "ClusterImagePolicy",
    );
    let api = Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.16.9".into(),
        })
        .without("clusterimagepolicies.config.openshift.io")
        .without("imagepolicies.config.openshift.io")
        .resource(kind.cluster_scoped())
        .user(User::new("jane").token("jane-token"))
        .tls()
        .start();
    api.add_namespace("shop");
    api.create(
        json!({"apiVersion": "config.openshift.io/v1alpha1", "kind": "ClusterImagePolicy",
        "metadata": {"name": "all"}, "spec": {"scopes": ["quay.io"], "policy": {}}}),
    );
    let cluster = connect(&api).await;
    let want = WantConfig {
        signature_policies: true,
        ..WantConfig::default()
    };
    let policies = cluster
        .cluster_config(want)
        .await
        .signature_policies
        .unwrap();
    assert_eq!(policies[0].scopes, ["quay.io"]);
    let view = cluster.namespace_view(&team(), Want::ALL).await;
    assert_eq!(
        view.signature_policies.unwrap_err(),
        Missing::NotServed("imagepolicies.config.openshift.io".into())
    );
}

#[tokio::test]
async fn all_events_of_one_object_and_the_telling_ones_of_all() {
    let api = openshift();
    let state = PodState::pull_failed("registry.example.com/a", "denied").event(
        "Normal",
        "BackOff",
        "Back-off pulling image",
    );
    let first = api.add_pod("shop", "first", "registry.example.com/a", &state);
    api.add_pod("shop", "second", "registry.example.com/b", &state);
    api.add_event(&first, "Warning", "FailedScheduling", "no node");
    let cluster = connect(&api).await;

    let reasons = |events: &[extreg::model::view::Event]| {
        let mut reasons: Vec<String> = events.iter().map(|event| event.reason.clone()).collect();
        reasons.sort();
        reasons
    };
    let all = cluster.events(&team(), None).await.unwrap();
    assert_eq!(
        reasons(&all),
        ["BackOff", "BackOff", "Failed", "Failed", "Failed", "Failed"]
    );
    let uid = first["metadata"]["uid"].as_str().unwrap().to_owned();
    let own = cluster
        .events(&team(), Some(&About::Uid(uid.clone())))
        .await
        .unwrap();
    assert_eq!(
        reasons(&own),
        ["BackOff", "Failed", "Failed", "FailedScheduling", "Pulling"]
    );
    assert!(
        own.iter()
            .all(|event| event.uid == uid && event.name == "first")
    );
    assert!(own.iter().any(|event| event.container() == Some("app")));
    let object = kinds::POD.object(Some("shop"), "second");
    let named = cluster
        .events(&team(), Some(&About::Object(object)))
        .await
        .unwrap();
    assert_eq!(named.len(), 4);

    api.deny("jane", Rule::verb("list").on("events"));
    let why = cluster.events(&team(), None).await.unwrap_err();
    assert_eq!(
        why.to_string(),
        "no right to list events in the namespace shop"
    );
}

#[test]
fn single_objects_are_there_or_not() {
    for_each_openshift(|server| wait(read_single_objects(server)));
}

async fn read_single_objects(server: &Server) {
    let shop = server.namespace("shop");
    let shop = shop.as_str();
    server.create(&make::deployment(shop, "web", "registry.example.com/web:1"));
    server.create(&make::image_stream(
        shop,
        "base",
        "1",
        "registry.example.com/base:1",
    ));
    server.create(&make::build_config(
        shop,
        "app",
        "registry.example.com/base:1",
        "registry.example.com/app:1",
    ));
    server.add_pod(
        shop,
        "web-1",
        "registry.example.com/web:1",
        &PodState::running(),
    );
    let cluster = as_admin(server, shop).await;

    let web = cluster
        .workload(kinds::DEPLOYMENT, shop, "web")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(web.selector.as_deref(), Some("app=web"));
    let pod = cluster.pod(shop, "web-1").await.unwrap().unwrap();
    assert_eq!(pod.labels["app"], "web-1");
    assert!(cluster.pod(shop, "other").await.unwrap().is_none());
    let selectors = Selectors {
        labels: Some("app=web-1".into()),
        fields: None,
    };
    assert_eq!(
        cluster
            .pods(&Scope::Namespace(shop.into()), &selectors)
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(
        cluster
            .image_stream(shop, "base")
            .await
            .unwrap()
            .unwrap()
            .tag("1")
            .is_some()
    );
    assert_eq!(
        cluster
            .build_config(shop, "app")
            .await
            .unwrap()
            .unwrap()
            .strategy,
        "Source"
    );
    assert!(cluster.build(shop, "app-1").await.unwrap().is_none());

    let mut robot = make::service_account(shop, "robot");
    robot["secrets"] = json!([{"name": "token"}]);
    server.create(&robot);
    server.edit("serviceaccounts", shop, "robot", |account| {
        account["imagePullSecrets"] = json!([{"name": "pull"}]);
    });
    let account = cluster
        .service_account(shop, "robot")
        .await
        .unwrap()
        .unwrap();
    assert!(account.pull_secrets_changed.is_some(), "{account:?}");
}

#[tokio::test]
async fn a_single_object_that_may_not_be_read_says_so() {
    let api = openshift();
    api.add_pod(
        "shop",
        "web-1",
        "registry.example.com/web:1",
        &PodState::running(),
    );
    let cluster = connect(&api).await;
    api.deny("jane", Rule::verb("get").on("pods"));
    assert!(matches!(
        cluster.pod("shop", "web-1").await,
        Err(Missing::Forbidden { .. })
    ));
}

#[tokio::test]
async fn what_a_cluster_does_not_have_is_not_served() {
    let api = Api::builder()
        .user(User::new("jane").token("jane-token"))
        .tls()
        .start();
    api.add_namespace("shop");
    let cluster = connect(&api).await;
    let view = cluster.namespace_view(&team(), Want::ALL).await;
    for why in [
        view.builds.unwrap_err(),
        view.image_streams.unwrap_err(),
        view.signature_policies.unwrap_err(),
        cluster.build("shop", "b").await.unwrap_err(),
        cluster.image_stream("shop", "b").await.unwrap_err(),
    ] {
        assert!(matches!(why, Missing::NotServed(_)), "{why:?}");
    }
    assert!(view.events.unwrap().is_empty());
    let legacy = cluster
        .workload(kinds::DEPLOYMENT_CONFIG, "shop", "w")
        .await;
    assert!(matches!(legacy, Err(Missing::NotServed(_))));
}
