//! What the cluster and its nodes say of an image: the API server's import, and the pod that makes a kubelet pull. On the
//! embedded server with machines that really ask the embedded registry, and, for the pod as the API server takes it, on
//! a real kube-apiserver where `KUBEBUILDER_ASSETS` names one.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that cannot do its work ends the test"
)]

use std::time::Duration;

use extreg::apply::pull_check::{
    LeftBehind, NoVerdict, NodeOpinion, PURPOSE_KEY, PURPOSE_VALUE, PullCheck, PullChecks,
    PullVerdict, left_over,
};
use extreg::cluster::Cluster;
use extreg::cluster::connect::{ConnectOptions, connect};
use extreg::cluster::opinion::{
    ImportAnswer, ImportOpinion, ImportQuestion, ImportReason, NotAsked,
};
use extreg::doctor::causes::Cause;
use extreg::doctor::evidence::{OpinionFact, OpinionOutcome};
use extreg::doctor::vantage::{Heard, of_import, of_node};
use extreg::env::Env;
use extreg_test_support::api::{Api, Fault, Flavor, Rule, User as Login, make};
use extreg_test_support::cluster::{Cluster as AnyCluster, for_each_cluster};
use extreg_test_support::content::Image;
use extreg_test_support::process::Sandbox;
use extreg_test_support::pull::{Machines, Runtime};
use extreg_test_support::registry::{Dialect, Fault as RegistryFault, Registry, User};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(60);
/// Who the embedded server takes everybody for.
const ADMIN: &str = "system:admin";

fn openshift() -> Flavor {
    Flavor::OpenShift4 {
        version: "4.20.3".into(),
    }
}

/// Connects with the text of a kubeconfig.
async fn connected(kubeconfig: &str) -> Cluster {
    let sandbox = Sandbox::new();
    let path = sandbox.write("kubeconfig", kubeconfig);
    let options = ConnectOptions {
        kubeconfig: Some(path),
        ..ConnectOptions::default()
    };
    let env = Env {
        cwd: sandbox.path().to_owned(),
        ..Env::default()
    };
    connect(&env, &options).await.expect("a connection")
}

/// A registry with a login, and a cluster whose namespace `shop` is to pull from it.
struct World {
    registry: Registry,
    api: Api,
}

impl World {
    fn of(api: Api) -> Self {
        let registry = Registry::builder()
            .dialect(Dialect::DistributionBasic)
            .user(User::new("alice", "right").pull("*"))
            .start();
        for tag in ["1", "2", "3"] {
            registry.push_image("team/app", tag, &Image::new());
        }
        api.add_namespace("shop");
        Self { registry, api }
    }

    fn openshift() -> Self {
        Self::of(Api::builder().flavor(openshift()).start()).insecure()
    }

    /// The registry speaks plain HTTP, and the cluster takes that.
    fn insecure(self) -> Self {
        let host = self.registry.host();
        self.api
            .edit("images.config.openshift.io", "", "cluster", |object| {
                object["spec"]["registrySources"] = json!({"insecureRegistries": [host]});
            });
        self
    }

    fn machines(self, runtime: Runtime) -> Self {
        self.api.machines(Machines::new().runtime(runtime));
        self
    }

    /// A secret that the account `default` has for pulls.
    fn linked(&self, name: &str, password: &str) {
        let host = self.registry.host();
        self.api
            .create(make::docker_secret("shop", name, &host, "alice", password));
        self.api
            .edit("serviceaccounts", "shop", "default", |account| {
                account["imagePullSecrets"] = json!([{"name": name}]);
            });
    }

    fn image(&self) -> String {
        self.registry.image("team/app:1")
    }

    async fn cluster(&self) -> Cluster {
        connected(&self.api.kubeconfig("shop")).await
    }

    async fn import(&self, image: &str) -> ImportOpinion {
        let cluster = self.cluster().await;
        cluster.import_opinion("shop", image, false, LONG).await
    }

    fn check(&self) -> PullCheck {
        check(&self.image())
    }

    async fn pull(&self, check: PullCheck) -> (NodeOpinion, Vec<String>) {
        let opinion = pull(&self.cluster().await, check).await;
        assert_eq!(self.api.list("pods", "shop"), Vec::<Value>::new());
        opinion
    }
}

fn check(image: &str) -> PullCheck {
    PullCheck {
        namespace: "shop".to_owned(),
        image: image.to_owned(),
        account: "default".to_owned(),
        pull_secrets: Vec::new(),
        node: None,
        timeout: LONG,
    }
}

async fn pull(cluster: &Cluster, check: PullCheck) -> (NodeOpinion, Vec<String>) {
    let checks = PullChecks::new(cluster);
    let mut said = Vec::new();
    let opinion = checks
        .run(check, &mut |words| said.push(words.to_owned()))
        .await;
    assert_eq!(
        checks.finish().await,
        opinion.left_behind.clone().into_iter().collect::<Vec<_>>()
    );
    (opinion, said)
}

#[track_caller]
fn said(heard: Heard) -> OpinionFact {
    match heard {
        Heard::Said(fact) => *fact,
        Heard::Nothing { why, .. } => panic!("nothing was said: {why}"),
    }
}

#[track_caller]
fn unknown(opinion: &NodeOpinion) -> (NoVerdict, &str) {
    match &opinion.verdict {
        PullVerdict::NotKnown { why, words } => (*why, words),
        other => panic!("a verdict: {other:?}"),
    }
}

// ---- the API server's import

#[tokio::test]
async fn the_import_finds_what_the_namespace_may_pull() {
    let world = World::openshift().machines(Runtime::CriO);
    world.linked("good", "right");
    let before = world.api.store_version();
    let opinion = world.import(&world.image()).await;
    let ImportAnswer::Found(found) = &opinion.answer else {
        panic!("{opinion:?}");
    };
    assert_eq!(
        found.reference,
        world.registry.image(&format!("team/app@{}", found.digest))
    );
    assert_eq!(found.architecture.as_deref(), Some("amd64"));
    assert!(opinion.elapsed.is_some());
    assert_eq!(world.api.store_version(), before, "nothing is written");
    let told = said(of_import(&opinion, &world.image()));
    assert_eq!(
        told.outcome,
        OpinionOutcome::Works {
            digest: Some(found.digest.clone())
        }
    );
}

#[tokio::test]
async fn the_import_says_why_not() {
    let world = World::openshift().machines(Runtime::CriO);
    let opinion = world.import(&world.image()).await;
    let ImportAnswer::Failed(failure) = &opinion.answer else {
        panic!("{opinion:?}");
    };
    assert_eq!(
        (&failure.reason, failure.code),
        (&ImportReason::Unauthorized, 401)
    );
    assert!(
        failure
            .message
            .starts_with("you may not have access to the container image")
    );
    assert!(matches!(
        said(of_import(&opinion, &world.image())).outcome,
        OpinionOutcome::Fails { candidates, .. } if candidates.contains(&Cause::NoCredentials)
    ));
}

#[tokio::test]
async fn images_of_one_registry_share_requests() {
    let world = World::openshift().machines(Runtime::CriO);
    world.linked("good", "right");
    let questions: Vec<ImportQuestion> = [
        "team/app:1",
        "team/app:2",
        "team/app:none",
        "team/app:3",
        "Team/app:1",
    ]
    .map(|name| ImportQuestion {
        image: world.registry.image(name),
        insecure: false,
    })
    .to_vec();
    let cluster = world.cluster().await;
    world.api.clear_requests();
    let opinions = cluster.import_opinions("shop", &questions, LONG).await;
    let told: Vec<(&str, Option<&ImportReason>)> = opinions
        .iter()
        .map(|opinion| {
            let reason = match &opinion.answer {
                ImportAnswer::Found(_) => None,
                ImportAnswer::Failed(failure) => Some(&failure.reason),
                ImportAnswer::NotAsked(why) => panic!("{why}"),
            };
            (opinion.image.rsplit('/').next().expect("a name"), reason)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("app:1", None),
            ("app:2", None),
            ("app:none", Some(&ImportReason::NotFound)),
            ("app:3", None),
            ("app:1", Some(&ImportReason::Invalid)),
        ]
    );
    let asked = world.api.requests();
    let imports = asked
        .iter()
        .filter(|request| request.path.ends_with("/imagestreamimports"));
    assert_eq!(
        imports.count(),
        3,
        "the first, the rest, and what does not parse"
    );
    assert!(world.api.writes().is_empty());
}

#[tokio::test]
async fn the_list_of_registries_for_imports_is_named_for_every_image() {
    let api = Api::builder()
        .flavor(openshift())
        .tls()
        .user(Login::new("dev").token("dev-token"))
        .deny("dev", Rule::verb("create").on("images.image.openshift.io"))
        .start();
    let world = World::of(api).insecure().machines(Runtime::CriO);
    world.linked("good", "right");
    let host = world.registry.host();
    let answers = async |allowed: &str| {
        world
            .api
            .edit("images.config.openshift.io", "", "cluster", |object| {
                object["spec"]["allowedRegistriesForImport"] = json!([{"domainName": allowed}]);
            });
        let cluster = connected(&world.api.kubeconfig_of("dev", "shop")).await;
        let questions = ["team/app:1", "team/app:2"].map(|name| ImportQuestion {
            image: world.registry.image(name),
            insecure: false,
        });
        cluster.import_opinions("shop", &questions, LONG).await
    };
    for opinion in answers(&host).await {
        assert!(
            matches!(opinion.answer, ImportAnswer::Found(_)),
            "{opinion:?}"
        );
    }
    for opinion in answers("quay.io").await {
        let ImportAnswer::Failed(failure) = &opinion.answer else {
            panic!("{opinion:?}");
        };
        assert_eq!(failure.reason, ImportReason::Invalid);
        assert!(
            failure.message.contains("not allowed by whitelist"),
            "{failure:?}"
        );
    }
}

#[tokio::test]
async fn without_the_group_or_the_right_nothing_is_asked() {
    let kubernetes = World::of(Api::start());
    let opinion = kubernetes.import(&kubernetes.image()).await;
    assert!(
        matches!(
            opinion.answer,
            ImportAnswer::NotAsked(NotAsked::GroupMissing)
        ),
        "{opinion:?}"
    );

    let world = World::openshift();
    let create = Rule::verb("create").on("imagestreamimports.image.openshift.io");
    world.api.deny(ADMIN, create);
    let opinion = world.import(&world.image()).await;
    let ImportAnswer::NotAsked(why @ NotAsked::Forbidden(_)) = &opinion.answer else {
        panic!("{opinion:?}");
    };
    assert_eq!(
        why.to_string(),
        "you may not create imagestreamimports.image.openshift.io in the namespace shop"
    );
    let asked = world.api.requests();
    assert!(
        asked
            .iter()
            .all(|request| !request.path.ends_with("/imagestreamimports"))
    );
}

#[tokio::test]
async fn an_api_server_that_does_not_answer_costs_the_opinion_and_no_more_time() {
    let world = World::openshift();
    let cluster = world.cluster().await;
    let slow = Fault::delay(LONG).on_path("/imagestreamimports");
    world.api.fault(slow);
    let limit = Duration::from_millis(300);
    let opinion = cluster
        .import_opinion("shop", &world.image(), false, limit)
        .await;
    assert!(
        matches!(
            opinion.answer,
            ImportAnswer::NotAsked(NotAsked::TimedOut(_))
        ),
        "{opinion:?}"
    );
    world.api.clear_faults();
    world
        .api
        .fault(Fault::status(503).on_path("/imagestreamimports"));
    let opinion = cluster
        .import_opinion("shop", &world.image(), false, LONG)
        .await;
    assert!(
        matches!(opinion.answer, ImportAnswer::NotAsked(NotAsked::Cluster(_))),
        "{opinion:?}"
    );
}

#[tokio::test]
async fn an_endless_answer_is_not_read() {
    let world = World::openshift();
    let big = json!({"status": {"images": [{"padding": "x".repeat(5 << 20)}]}});
    world
        .api
        .fault(Fault::answer(201, big).on_path("/imagestreamimports"));
    let opinion = world.import(&world.image()).await;
    let ImportAnswer::NotAsked(NotAsked::Cluster(error)) = &opinion.answer else {
        panic!("an answer of 5 MiB was taken");
    };
    assert!(error.to_string().contains("more than"), "{error}");
}

// ---- the kubelet

#[tokio::test]
async fn a_kubelet_that_can_pull_says_so() {
    for runtime in [Runtime::Containerd, Runtime::CriO] {
        let world = World::openshift().machines(runtime);
        world.linked("good", "right");
        let (opinion, said) = world.pull(world.check()).await;
        assert!(
            matches!(opinion.verdict, PullVerdict::Pulled { .. }),
            "{opinion:?}"
        );
        assert_eq!(opinion.node.as_deref(), Some("node-1"));
        assert_eq!(opinion.left_behind, None);
        let reasons: Vec<&str> = opinion
            .events
            .iter()
            .map(|event| event.reason.as_str())
            .collect();
        assert!(
            reasons.starts_with(&["Scheduled", "Pulling", "Pulled"]),
            "{reasons:?}"
        );
        let pod = opinion.pod.as_deref().expect("a name");
        assert!(said.len() == 1 && said[0].contains(pod), "{said:?}");
        assert!(
            world
                .registry
                .log()
                .iter()
                .any(|one| one.path.contains("/manifests/"))
        );
        if let (Runtime::Containerd, PullVerdict::Pulled { digest }) = (runtime, &opinion.verdict) {
            let tags = world.registry.tags("team/app");
            assert!(
                tags.iter().any(|(_, known)| Some(known) == digest.as_ref()),
                "{digest:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_kubelet_that_cannot_pull_says_why() {
    let world = World::openshift().machines(Runtime::CriO);
    world.linked("stale", "wrong");
    let (opinion, _) = world.pull(world.check()).await;
    let PullVerdict::Failed { reason, message } = &opinion.verdict else {
        panic!("{opinion:?}");
    };
    assert_eq!(reason, "ErrImagePull");
    assert!(
        message.ends_with("unauthorized: authentication required"),
        "{message}"
    );
    assert!(
        opinion
            .events
            .iter()
            .any(|event| event.message.contains("Failed to pull image"))
    );
    // The pod's own list counts in place of the account's.
    world.api.create(make::docker_secret(
        "shop",
        "good",
        &world.registry.host(),
        "alice",
        "right",
    ));
    let own = PullCheck {
        pull_secrets: vec!["good".to_owned()],
        ..world.check()
    };
    let (opinion, _) = world.pull(own).await;
    assert!(
        matches!(opinion.verdict, PullVerdict::Pulled { .. }),
        "{opinion:?}"
    );
}

#[tokio::test]
async fn a_malformed_secret_is_the_kubelets_own_reason() {
    let world = World::openshift().machines(Runtime::Containerd);
    let text = r#"{"auths":{"elsewhere.example.com":{"auth":"!!!!"}}}"#;
    world
        .api
        .create(make::docker_config_secret("shop", "broken", text));
    let own = PullCheck {
        pull_secrets: vec!["broken".to_owned()],
        ..world.check()
    };
    let (opinion, _) = world.pull(own).await;
    let words = "illegal base64 data at input byte 0".to_owned();
    assert_eq!(
        opinion.verdict,
        PullVerdict::Failed {
            reason: words.clone(),
            message: words
        }
    );
}

#[tokio::test]
async fn without_events_the_status_has_to_do() {
    let world = World::openshift().machines(Runtime::Containerd);
    world.linked("good", "right");
    world.api.deny(ADMIN, Rule::verb("list").on("events"));
    let (opinion, _) = world.pull(world.check()).await;
    assert!(
        matches!(opinion.verdict, PullVerdict::Pulled { digest: Some(_) }),
        "{opinion:?}"
    );
    assert!(opinion.events.is_empty());
}

#[tokio::test]
async fn without_the_right_to_delete_it_no_pod_is_made() {
    let world = World::openshift().machines(Runtime::Containerd);
    world.api.deny(ADMIN, Rule::verb("delete").on("pods"));
    let (opinion, said) = world.pull(world.check()).await;
    assert_eq!(
        unknown(&opinion),
        (
            NoVerdict::NoRight,
            "you may not delete pods in the namespace shop"
        )
    );
    assert!(said.is_empty() && opinion.pod.is_none());
    assert!(world.api.writes().is_empty());
}

#[tokio::test]
async fn a_node_that_is_not_there_takes_no_pod() {
    let world = World::openshift().machines(Runtime::Containerd);
    world.linked("good", "right");
    world.api.create(make::node("worker-1", "amd64"));
    let on = |node: &str| PullCheck {
        node: Some(node.to_owned()),
        ..world.check()
    };
    let (opinion, _) = world.pull(on("worker-9")).await;
    let (why, words) = unknown(&opinion);
    assert_eq!(why, NoVerdict::Unschedulable);
    assert!(words.starts_with("0/1 nodes are available"), "{words}");
    let (opinion, said) = world.pull(on("worker-1")).await;
    assert_eq!(opinion.node.as_deref(), Some("worker-1"));
    assert!(said[0].contains("on the node worker-1"), "{said:?}");
}

#[tokio::test]
async fn a_kubelet_that_says_nothing_runs_into_the_deadline() {
    let world = World::openshift();
    let short = PullCheck {
        timeout: Duration::from_millis(700),
        ..world.check()
    };
    let (opinion, _) = world.pull(short).await;
    let (why, words) = unknown(&opinion);
    assert_eq!(why, NoVerdict::TimedOut);
    assert!(
        words.starts_with("the kubelet said neither yes nor no within"),
        "{words}"
    );
}

fn refusal(message: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": 403,
           "reason": "Forbidden", "message": message, "details": {"kind": "pods"}})
}

#[tokio::test]
async fn a_quota_that_is_full_refuses_the_pod() {
    let world = World::openshift().machines(Runtime::Containerd);
    let words = "pods \"x\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=10, limited: pods=10";
    world.api.fault(
        Fault::answer(403, refusal(words))
            .on_methods(&["POST"])
            .on_path("/pods"),
    );
    let (opinion, _) = world.pull(world.check()).await;
    assert_eq!(unknown(&opinion), (NoVerdict::Refused, words));
    assert_eq!(opinion.pod, None);
}

#[tokio::test]
async fn a_quota_that_wants_numbers_gets_them() {
    let world = World::openshift().machines(Runtime::Containerd);
    world.linked("good", "right");
    let words = "pods \"x\" is forbidden: failed quota: q: must specify limits.cpu for: pull; requests.memory for: pull";
    let once = Fault::answer(403, refusal(words))
        .on_methods(&["POST"])
        .on_path("/pods")
        .times(1);
    world.api.fault(once);
    let (opinion, _) = world.pull(world.check()).await;
    assert!(
        matches!(opinion.verdict, PullVerdict::Pulled { .. }),
        "{opinion:?}"
    );
    let posts: Vec<Value> = world
        .api
        .requests()
        .iter()
        .filter(|request| request.method == "POST" && request.path.ends_with("/pods"))
        .filter_map(extreg_test_support::api::Request::json)
        .collect();
    assert!(posts[0]["spec"]["containers"][0]["resources"].is_null());
    assert_eq!(
        posts[1]["spec"]["containers"][0]["resources"],
        json!({"requests": {"memory": "16Mi"}, "limits": {"cpu": "100m"}})
    );
}

#[tokio::test]
async fn an_account_that_is_not_there_refuses_the_pod() {
    let world = World::openshift();
    let other = PullCheck {
        account: "nobody".to_owned(),
        ..world.check()
    };
    let (opinion, _) = world.pull(other).await;
    let (why, words) = unknown(&opinion);
    assert_eq!(why, NoVerdict::Refused);
    assert!(
        words.contains("serviceaccount \"nobody\" not found"),
        "{words}"
    );
}

#[tokio::test]
async fn a_pod_that_others_delete_gives_no_verdict() {
    let world = World::openshift();
    let cluster = world.cluster().await;
    let delete = async {
        loop {
            if let Some(pod) = world.api.list("pods", "shop").first() {
                let name = pod["metadata"]["name"].as_str().expect("a name").to_owned();
                world.api.delete("pods", "shop", &name);
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let ((opinion, _), ()) = tokio::join!(pull(&cluster, world.check()), delete);
    assert_eq!(unknown(&opinion).0, NoVerdict::Deleted);
    assert_eq!(opinion.left_behind, None);
}

#[tokio::test]
async fn who_stops_waiting_leaves_no_pod() {
    let world = World::openshift();
    let cluster = world.cluster().await;
    let checks = PullChecks::new(&cluster);
    let made = async {
        while world.api.list("pods", "shop").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let mut announce = |_: &str| {};
    tokio::select! {
        opinion = checks.run(world.check(), &mut announce) => panic!("{opinion:?}"),
        () = made => {}
    }
    assert_eq!(checks.finish().await, Vec::<LeftBehind>::new());
    assert!(world.api.list("pods", "shop").is_empty());
    let deletes = world
        .api
        .writes()
        .iter()
        .filter(|write| write.method == "DELETE")
        .count();
    assert_eq!(deletes, 1);
}

#[tokio::test]
async fn a_pod_whose_making_was_never_answered_is_deleted_as_well() {
    let world = World::openshift();
    let cluster = world.cluster().await;
    // The connection breaks before the answer, and what was asked for comes into being all the same.
    let lost = Fault::drop_connection()
        .on_methods(&["POST"])
        .on_path("/pods");
    world.api.fault(lost);
    world
        .api
        .fault(Fault::delay(Duration::from_millis(200)).on_methods(&["DELETE"]));
    let make = async {
        loop {
            let asked = world.api.requests();
            let post = asked
                .iter()
                .find(|request| request.method == "POST" && request.path.ends_with("/pods"));
            if let Some(pod) = post.and_then(extreg_test_support::api::Request::json) {
                world.api.create(pod);
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let ((opinion, _), ()) = tokio::join!(pull(&cluster, world.check()), make);
    assert_eq!(unknown(&opinion).0, NoVerdict::Cluster);
    assert_eq!(opinion.left_behind, None);
    assert!(world.api.list("pods", "shop").is_empty());
}

#[tokio::test]
async fn a_pod_that_cannot_be_deleted_is_named_with_what_deletes_it() {
    let world = World::openshift().machines(Runtime::Containerd);
    world.api.fault(
        Fault::answer(403, refusal("pods is forbidden: a webhook says no")).on_methods(&["DELETE"]),
    );
    let cluster = world.cluster().await;
    let (opinion, _) = pull(&cluster, world.check()).await;
    let left = opinion.left_behind.expect("a pod that is left");
    assert_eq!(left.why, "pods is forbidden: a webhook says no");
    let pods = world.api.list("pods", "shop");
    assert_eq!(pods[0]["metadata"]["name"], left.pod.as_str());
    assert_eq!(
        left.command("oc").join(" "),
        format!("oc delete pod {} -n shop", left.pod)
    );
    // Once its deadline is over a later run finds it.
    let found = |now: &str| {
        let now = now.parse().expect("a time");
        let cluster = cluster.clone();
        async move { left_over(&cluster, "shop", now).await.expect("a list") }
    };
    assert!(found("2020-01-01T00:00:00Z").await.is_empty());
    let later = found("2999-01-01T00:00:00Z").await;
    assert_eq!(later.len(), 1);
    assert_eq!(later[0].pod, left.pod);
}

#[tokio::test]
async fn a_registry_that_only_the_cluster_cannot_reach_is_the_clusters_word() {
    let world = World::openshift().machines(Runtime::CriO);
    world.linked("good", "right");
    world.registry.fault(RegistryFault::status(503));
    let (opinion, _) = world.pull(world.check()).await;
    let told = said(of_node(&opinion, &world.image()));
    assert_eq!(told.who, "the kubelet of node-1");
    let OpinionOutcome::Fails { message, .. } = &told.outcome else {
        panic!("{told:?}");
    };
    assert!(message.contains("503"), "{message}");
}

// ---- the pod, as the API server takes it

/// Plays a kubelet that has pulled: gives the pod of the check the status of a container that did not start.
async fn play_kubelet(cluster: &AnyCluster, namespace: &str) -> Value {
    loop {
        let pods = cluster.list("pods", namespace);
        if let Some(pod) = pods
            .iter()
            .find(|pod| pod["metadata"]["labels"][PURPOSE_KEY] == PURPOSE_VALUE)
        {
            let name = pod["metadata"]["name"].as_str().expect("a name");
            let status = json!({"status": {"phase": "Failed", "containerStatuses": [{
                "name": "pull", "image": "x", "ready": false, "restartCount": 0, "started": false, "lastState": {},
                "imageID": "r.example.com/a@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "state": {"terminated": {"exitCode": 128, "reason": "StartError"}},
            }]}});
            let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/status");
            let kind = [("content-type", "application/merge-patch+json")];
            let answer = cluster
                .client()
                .send("PATCH", &path, &kind, &status.to_string());
            let answer = answer.expect("an answer");
            assert_eq!(answer.status, 200, "{}", answer.text);
            return pod.clone();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn the_pod_is_one_that_a_restricted_namespace_takes() {
    for_each_cluster(|cluster| {
        let namespace = cluster.namespace("vantage");
        cluster.edit("namespaces", "", &namespace, |object| {
            for mode in ["enforce", "warn"] {
                object["metadata"]["labels"][format!("pod-security.kubernetes.io/{mode}")] =
                    "restricted".into();
            }
        });
        // The namespace does refuse others.
        if matches!(cluster, AnyCluster::Real(_)) {
            let plain = make::pod(&namespace, "plain", "r.example.com/a:1").to_string();
            let path = format!("/api/v1/namespaces/{namespace}/pods");
            let kind = [("content-type", "application/json")];
            let answer = cluster.client().send("POST", &path, &kind, &plain);
            assert_eq!(answer.expect("an answer").status, 403);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let connection = connected(&cluster.kubeconfig(&namespace)).await;
            let asked = PullCheck {
                namespace: namespace.clone(),
                node: Some("worker-1".to_owned()),
                pull_secrets: vec!["some".to_owned()],
                ..check("r.example.com/a:1")
            };
            let ((opinion, _), pod) =
                tokio::join!(pull(&connection, asked), play_kubelet(cluster, &namespace));
            assert!(
                matches!(opinion.verdict, PullVerdict::Pulled { digest: Some(_) }),
                "{}: {opinion:?}",
                cluster.name()
            );
            assert_eq!(opinion.left_behind, None);
            assert_eq!(
                connection.take_warnings(),
                Vec::<String>::new(),
                "{}",
                cluster.name()
            );
            assert_eq!(pod["spec"]["imagePullSecrets"], json!([{"name": "some"}]));
            assert!(
                cluster.list("pods", &namespace).is_empty(),
                "{}",
                cluster.name()
            );
        });
    });
}
