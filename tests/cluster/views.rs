//! What is read of a namespace and of the cluster's configuration, from a server that keeps the real one's rules, and from a
//! real one as well where no rights are taken away and no log is read.

use extreg::cluster::snapshot::{Want, WantConfig};
use extreg::cluster::{Cluster, ClusterError, Scope, Selectors, Write, kinds};
use extreg::model::view::{Missing, NamespaceView};
use extreg_test_support::api::{Api, Flavor, PodState, Rule, User, make};
use extreg_test_support::cluster::{
    Cluster as Server, for_each_openshift, for_each_openshift_alone,
};
use serde_json::{Value, json};

use crate::world::{World, as_admin, wait};

const CANARY: &str = "canary-password";

fn openshift() -> Api {
    let flavor = Flavor::OpenShift4 {
        version: "4.20.3".into(),
    };
    Api::builder()
        .flavor(flavor)
        .user(User::new("jane").token("jane-token"))
        .tls()
        .start()
}

async fn as_user(api: &Api, user: Option<&str>) -> Cluster {
    let world = World::new();
    let config = match user {
        Some(user) => api.kubeconfig_of(user, "shop"),
        None => api.kubeconfig("shop"),
    };
    world.write("home/.kube/config", config);
    world.connect().await.unwrap()
}

fn team() -> Scope {
    Scope::Namespace("shop".into())
}

fn fill(api: &Api) {
    api.add_namespace("shop");
    api.add_namespace("other");
    api.create_all(objects("shop", "other"));
    api.edit("serviceaccounts", "shop", "default", link);
}

/// The same in namespaces of any server.
fn fill_on(server: &Server) -> (String, String) {
    let (shop, other) = (server.namespace("shop"), server.namespace("other"));
    for object in objects(&shop, &other) {
        server.create(&object);
    }
    server.edit("serviceaccounts", &shop, "default", link);
    (shop, other)
}

fn link(account: &mut Value) {
    account["imagePullSecrets"] = json!([{"name": "pull"}]);
}

fn objects(shop: &str, other: &str) -> Vec<Value> {
    let mut opaque = make::docker_config_secret(shop, "opaque", "{}");
    opaque["type"] = json!("Opaque");
    opaque["data"] = json!({"config.json": "e30="});
    let mut unrelated = opaque.clone();
    unrelated["metadata"]["name"] = json!("unrelated");
    unrelated["data"] = json!({"password": "Y2FuYXJ5"});
    vec![
        make::docker_secret(shop, "pull", "registry.example.com:5000", "robot", CANARY),
        make::dockercfg_secret(shop, "old", "registry.example.com", "robot", CANARY),
        opaque,
        unrelated,
        make::docker_secret(other, "elsewhere", "registry.example.com", "robot", CANARY),
        make::deployment(shop, "web", "registry.example.com/web:1"),
        make::cron_job(shop, "nightly", "registry.example.com/job:1"),
    ]
}

fn names<T>(part: &Result<Vec<T>, Missing>, name: impl Fn(&T) -> &str) -> Vec<String> {
    part.as_ref()
        .unwrap()
        .iter()
        .map(|item| name(item).to_owned())
        .collect()
}

#[test]
fn a_namespace_is_read_at_once() {
    for_each_openshift(|server| wait(read_a_namespace(server)));
}

async fn read_a_namespace(server: &Server) {
    let (shop, _) = fill_on(server);
    let shop = shop.as_str();
    server.create(&make::deployment_config(
        shop,
        "legacy",
        "registry.example.com/legacy:1",
    ));
    let mut build = make::build_config(
        shop,
        "app",
        "registry.example.com/base:1",
        "registry.example.com/app:1",
    );
    build["spec"]["output"]["pushSecret"] = json!({"name": "pull"});
    server.create(&build);
    server.add_pod(
        shop,
        "web-1",
        "registry.example.com/web:1",
        &PodState::waiting("ImagePullBackOff", "no"),
    );

    let view = as_admin(server, shop)
        .await
        .namespace_view(&Scope::Namespace(shop.into()), Want::ALL)
        .await;
    let account = view.service_account(shop, "default").unwrap();
    assert!(
        account.pull_secrets.contains(&"pull".to_owned()),
        "{account:?}"
    );

    let found = names(&view.secrets, |secret| &secret.name);
    assert!(
        found.contains(&"pull".to_owned())
            && found.contains(&"old".to_owned())
            && found.contains(&"opaque".to_owned())
    );
    assert!(!found.contains(&"unrelated".to_owned()) && !found.contains(&"elsewhere".to_owned()));
    let (_, bytes) = view.secret(shop, "pull").unwrap().docker_config().unwrap();
    assert!(String::from_utf8_lossy(bytes.expose()).contains(CANARY));
    assert!(
        view.secret(shop, "opaque")
            .unwrap()
            .docker_config()
            .is_none()
    );

    let workloads = view.workloads.as_ref().unwrap();
    let mut objects: Vec<String> = workloads
        .list
        .iter()
        .map(|workload| workload.object.to_string())
        .collect();
    objects.sort();
    assert_eq!(
        objects,
        [
            "cronjob.batch/nightly",
            "deployment.apps/web",
            "deploymentconfig.apps.openshift.io/legacy"
        ]
    );
    assert!(workloads.unread.is_empty());

    let pods = view.pods.as_ref().unwrap();
    assert!(
        pods[0].waits_for_image() && pods[0].pull_secrets.contains(&"pull".to_owned()),
        "{pods:?}"
    );
    let builds = view.build_configs.as_ref().unwrap();
    assert_eq!(builds[0].push_secret.as_deref(), Some("pull"));

    let shown = format!("{view:?}");
    assert!(
        !shown.contains(CANARY) && !shown.contains("e30="),
        "a secret shows"
    );
}

#[tokio::test]
async fn all_namespaces_are_read_with_the_same_calls() {
    let api = openshift();
    fill(&api);
    let want = Want {
        secrets: true,
        ..Want::default()
    };
    let cluster = as_user(&api, None).await;
    api.clear_requests();
    let view = cluster.namespace_view(&Scope::All, want).await;
    assert!(view.secret("other", "elsewhere").is_some() && view.secret("shop", "pull").is_some());
    assert_eq!(api.requests().len(), 3, "one list for each type of secret");
    assert_eq!(view.pods.unwrap_err(), Missing::NotAsked);
    assert_eq!(view.workloads.unwrap_err(), Missing::NotAsked);
}

#[tokio::test]
async fn what_may_not_be_read_says_so_and_the_rest_is_there() {
    let api = openshift();
    fill(&api);
    api.deny("jane", Rule::verb("list").on("secrets"));
    api.deny("jane", Rule::verb("list").on("cronjobs.batch"));
    let view = as_user(&api, Some("jane"))
        .await
        .namespace_view(&team(), Want::ALL)
        .await;
    let why = view.secrets.as_ref().unwrap_err();
    assert_eq!(
        why.to_string(),
        "no right to list secrets in the namespace shop"
    );
    let workloads = view.workloads.as_ref().unwrap();
    assert_eq!(workloads.list.len(), 1);
    let (kind, why) = &workloads.unread[0];
    assert_eq!(
        (kind.as_str(), workloads.unread.len()),
        ("cronjobs.batch", 1)
    );
    assert!(matches!(why, Missing::Forbidden { .. }), "{why:?}");
    assert!(view.service_accounts.is_ok() && view.pods.is_ok() && view.build_configs.is_ok());
}

#[tokio::test]
async fn plain_kubernetes_has_no_builds_and_no_configuration() {
    let api = Api::builder().start();
    fill(&api);
    let cluster = as_user(&api, None).await;
    let view: NamespaceView = cluster.namespace_view(&team(), Want::ALL).await;
    assert_eq!(
        view.build_configs.unwrap_err(),
        Missing::NotServed("buildconfigs.build.openshift.io".into())
    );
    assert!(view.workloads.unwrap().unread.is_empty());

    api.create(make::node("n1", "arm64"));
    let config = cluster
        .cluster_config(WantConfig {
            image_config: true,
            proxy: true,
            mirrors: true,
            nodes: true,
            global_pull_secret: true,
            ..WantConfig::default()
        })
        .await;
    assert!(matches!(config.image_config, Err(Missing::NotServed(_))));
    assert!(matches!(config.registry_cas, Err(Missing::NotServed(_))));
    assert!(matches!(config.proxy, Err(Missing::NotServed(_))));
    assert!(matches!(
        config.global_pull_secret,
        Err(Missing::NotServed(_))
    ));
    assert!(config.mirror_rules().is_empty());
    assert!(matches!(config.tag_mirrors, Err(Missing::NotServed(_))));
    let nodes = config.nodes.unwrap();
    assert_eq!(
        (
            nodes[0].architecture.as_str(),
            nodes[0].container_runtime.as_str()
        ),
        ("arm64", "cri-o://1.33.0")
    );
    assert_eq!(cluster.take_warnings(), Vec::<String>::new());
}

#[test]
fn the_configuration_of_an_openshift_is_read_with_what_it_names() {
    for_each_openshift_alone(|server| wait(read_the_configuration(server)));
}

async fn read_the_configuration(server: &Server) {
    server.edit("images.config.openshift.io", "", "cluster", |image| {
        image["spec"] = json!({
            "additionalTrustedCA": {"name": "registry-cas"},
            "allowedRegistriesForImport": [{"domainName": "quay.io", "insecure": false}],
            "registrySources": {"insecureRegistries": ["reg:5000"], "blockedRegistries": ["bad.example"]},
        });
    });
    server.create(&make::config_map(
        "openshift-config",
        "registry-cas",
        &json!({"reg..5000": "PEM"}),
    ));
    server.edit("proxies.config.openshift.io", "", "cluster", |proxy| {
        proxy["spec"] = json!({"trustedCA": {"name": "gone"}});
    });
    let status = json!({"httpsProxy": "http://me:canary-password@proxy:3128"});
    server.set_status("proxies.config.openshift.io", "", "cluster", &status);
    server.create(&json!({
        "apiVersion": "config.openshift.io/v1", "kind": "ImageDigestMirrorSet", "metadata": {"name": "m"},
        "spec": {"imageDigestMirrors": [{"source": "reg.example/a", "mirrors": ["mirror/a"]}]},
    }));
    server.create(&make::docker_secret(
        "openshift-config",
        "pull-secret",
        "quay.io",
        "robot",
        CANARY,
    ));
    let want = WantConfig {
        image_config: true,
        proxy: true,
        mirrors: true,
        nodes: false,
        global_pull_secret: true,
        ..WantConfig::default()
    };
    let cluster = as_admin(server, "default").await;
    let config = cluster.cluster_config(want).await;

    let image = config.image_config.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(
        (
            image.sources.insecure.as_slice(),
            image.sources.blocked.as_slice()
        ),
        (
            ["reg:5000".into()].as_slice(),
            ["bad.example".into()].as_slice()
        )
    );
    assert_eq!(image.allowed_for_import[0].domain_name, "quay.io");
    let cas = config.registry_cas.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(
        (cas.name.as_str(), cas.data["reg..5000"].as_str()),
        ("registry-cas", "PEM")
    );
    let why = config.proxy_ca.as_ref().unwrap_err().to_string();
    assert_eq!(
        why,
        "the ConfigMap openshift-config/gone, which is named there, does not exist"
    );
    assert_eq!(config.mirror_rules()[0].mirrors, ["mirror/a"]);
    let pull = config
        .global_pull_secret
        .as_ref()
        .unwrap()
        .as_ref()
        .unwrap();
    assert!(String::from_utf8_lossy(pull.expose()).contains(CANARY));
    assert!(matches!(config.nodes, Err(Missing::NotAsked)));
    assert!(!format!("{config:?}").contains(CANARY), "{config:?}");
    assert_eq!(cluster.openshift_version().await.as_deref(), Some("4.20.3"));
}

#[tokio::test]
async fn pages_and_their_expiry_are_those_of_a_real_server() {
    let api = openshift();
    api.add_namespace("shop");
    api.create_all((0..620).map(|n| make::config_map("shop", &format!("c{n:03}"), &json!({}))));
    let cluster = as_user(&api, None).await;
    api.clear_requests();
    let of_ours = Selectors {
        labels: None,
        fields: None,
    };
    let mut seen = Vec::new();
    let mut compacted = false;
    cluster
        .list(kinds::CONFIG_MAP, &team(), &of_ours, |object| {
            // The list expires while its first page is being read.
            if !compacted {
                api.compact();
                compacted = true;
            }
            seen.push(object["metadata"]["name"].as_str().unwrap().to_owned());
        })
        .await
        .unwrap();
    let ours = seen
        .iter()
        .filter(|name| name.starts_with('c') && name.len() == 4)
        .count();
    seen.sort();
    seen.dedup();
    assert_eq!(ours, 620);
    assert_eq!(
        seen.iter()
            .filter(|name| name.starts_with('c') && name.len() == 4)
            .count(),
        620
    );
    assert_eq!(api.requests().len(), 3);
}

#[test]
fn writes_meet_the_rules_of_a_real_server() {
    for_each_openshift(|server| wait(write_by_the_rules(server)));
}

async fn write_by_the_rules(server: &Server) {
    let (shop, _) = fill_on(server);
    let shop = shop.as_str();
    let cluster = as_admin(server, shop).await;
    let account = kinds::SERVICE_ACCOUNT.object(Some(shop), "default");
    let read = cluster.get(&account).await.unwrap().unwrap();

    // A typing error is refused and not dropped in silence.
    let mut wrong = read.clone();
    wrong["imagePullSecret"] = json!([{"name": "pull"}]);
    let error = cluster
        .write(&account, &Write::Replace(wrong), false)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ClusterError::Invalid(words) if words.contains("imagePullSecret")),
        "{error:?}"
    );

    // A dry run changes nothing, a replacement of an old version is a conflict.
    let mut changed = read.clone();
    changed["imagePullSecrets"] = json!([{"name": "pull"}, {"name": "old"}]);
    cluster
        .write(&account, &Write::Replace(changed.clone()), true)
        .await
        .unwrap();
    assert_eq!(cluster.get(&account).await.unwrap().unwrap(), read);
    cluster
        .write(&account, &Write::Replace(changed.clone()), false)
        .await
        .unwrap();
    let error = cluster
        .write(&account, &Write::Replace(changed), false)
        .await
        .unwrap_err();
    assert!(matches!(error, ClusterError::Conflict(_)), "{error:?}");

    let secret = kinds::SECRET.object(Some(shop), "made");
    let object = make::docker_secret(shop, "made", "quay.io", "robot", CANARY);
    cluster
        .write(&secret, &Write::Create(object.clone()), false)
        .await
        .unwrap();
    let error = cluster
        .write(&secret, &Write::Create(object), false)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "secret/made already exists");
    let stale = Write::Delete {
        uid: Some("another".into()),
        resource_version: None,
    };
    assert!(matches!(
        cluster.write(&secret, &stale, false).await,
        Err(ClusterError::Conflict(_))
    ));
    let gone = Write::Delete {
        uid: None,
        resource_version: None,
    };
    cluster.write(&secret, &gone, false).await.unwrap();
    assert_eq!(cluster.get(&secret).await.unwrap(), None);
    assert_eq!(
        cluster
            .secret(shop, "made")
            .await
            .unwrap()
            .map(|secret| secret.name),
        None
    );
}
