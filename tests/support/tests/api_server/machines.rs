//! The cluster's machines against the embedded registry: what is true there is what pods and imports meet, and the words
//! are those of the originals.

use std::time::Duration;

use extreg_test_support::api::{Api, Flavor, Rule, User as Login, make};
use extreg_test_support::certs::Ca;
use extreg_test_support::content::{Image, Index};
use extreg_test_support::pull::{Machines, Runtime};
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

use super::http::post;

struct World {
    registry: Registry,
    api: Api,
    machines: Machines,
    ca: Ca,
}

impl World {
    fn new(dialect: Dialect, runtime: Runtime) -> Self {
        let ca = Ca::new("Corp Root");
        let registry = Registry::builder()
            .dialect(dialect)
            .tls(&ca.server(&["127.0.0.1", "registry.example.com"]))
            .user(User::new("alice", "right").pull("*"))
            .start();
        registry.push_image("team/app", "1", &Image::new());
        let api = Api::builder()
            .flavor(Flavor::OpenShift4 {
                version: "4.20.3".into(),
            })
            .start();
        api.add_namespace("shop");
        let machines = Machines::new()
            .runtime(runtime)
            .trust(ca.root_pem())
            .host("registry.example.com")
            .patience(Duration::from_secs(20));
        api.machines(machines.clone());
        Self {
            registry,
            api,
            machines,
            ca,
        }
    }

    fn image(&self, rest: &str) -> String {
        self.registry.image(rest)
    }

    fn secret(&self, name: &str, password: &str) {
        let secret = make::docker_secret("shop", name, &self.registry.host(), "alice", password);
        self.api.create(secret);
    }

    /// A pod with these pull secrets, as it is once its creation is answered.
    fn pod(&self, name: &str, image: &str, secrets: &[&str]) -> Value {
        let mut pod = make::pod("shop", name, image);
        let named = secrets.iter().map(|name| json!({"name": name}));
        pod["spec"]["imagePullSecrets"] = named.collect();
        self.api.create(pod);
        self.api.get("pods", "shop", name).expect("the pod")
    }

    /// Reason and message of a pod's first container, which waits.
    fn waiting(&self, name: &str, image: &str, secrets: &[&str]) -> (String, String) {
        let pod = self.pod(name, image, secrets);
        let state = &pod["status"]["containerStatuses"][0]["state"]["waiting"];
        let text = |field: &str| state[field].as_str().unwrap_or_default().to_owned();
        (text("reason"), text("message"))
    }

    fn events(&self, pod: &str) -> Vec<(String, String)> {
        let about = |event: &&Value| event["involvedObject"]["name"] == pod;
        let all = self.api.list("events", "shop");
        let mut told: Vec<&Value> = all.iter().filter(about).collect();
        told.sort_by_key(|event| event["metadata"]["name"].to_string());
        told.iter()
            .map(|event| {
                let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
                (text("reason"), text("message"))
            })
            .collect()
    }

    fn import(&self, images: &[&str], insecure: bool) -> Value {
        let images: Vec<Value> = images
            .iter()
            .map(|image| {
                json!({"from": {"kind": "DockerImage", "name": image}, "importPolicy": {"insecure": insecure}})
            })
            .collect();
        let body = json!({
            "apiVersion": "image.openshift.io/v1", "kind": "ImageStreamImport",
            "metadata": {"name": "app", "namespace": "shop"}, "spec": {"import": false, "images": images},
        });
        let path = "/apis/image.openshift.io/v1/namespaces/shop/imagestreamimports";
        post(&self.api, path, &body).expect(201)["status"]["images"].clone()
    }

    /// Reason and message of an import of one image.
    fn imported(&self, image: &str) -> (String, String) {
        let answer = &self.import(&[image], false)[0]["status"];
        let text = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
        (text("reason"), text("message"))
    }

    fn image_config(&self, change: impl Fn(&mut Value)) {
        let kind = "images.config.openshift.io";
        self.api
            .edit(kind, "", "cluster", |object| change(&mut object["spec"]));
    }
}

fn told(reason: &str, message: &str) -> (String, String) {
    (reason.to_owned(), message.to_owned())
}

#[test]
fn a_pod_runs_when_the_registry_gives_its_image() {
    let world = World::new(Dialect::DistributionToken, Runtime::Containerd);
    world.secret("good", "right");
    let image = world.image("team/app:1");
    let pod = world.pod("web", &image, &["gone", "good"]);
    assert_eq!(pod["status"]["phase"], "Running");
    assert_eq!(pod["spec"]["nodeName"], "node-1");
    let id = pod["status"]["containerStatuses"][0]["imageID"].as_str();
    assert!(
        id.expect("an id")
            .starts_with(&world.image("team/app@sha256:"))
    );
    let reasons: Vec<String> = world
        .events("web")
        .into_iter()
        .map(|(reason, _)| reason)
        .collect();
    assert_eq!(
        reasons,
        [
            "Scheduled",
            "FailedToRetrieveImagePullSecret",
            "Pulling",
            "Pulled",
            "Created",
            "Started"
        ]
    );
    let asked = world.registry.log();
    assert!(asked.iter().any(|one| one.path.ends_with("/manifests/1")));
}

#[test]
fn containerd_words_what_the_registry_says() {
    let basic = World::new(Dialect::DistributionBasic, Runtime::Containerd);
    basic.secret("good", "right");
    basic.secret("stale", "wrong");
    let host = basic.registry.host();
    let image = basic.image("team/app:1");
    let resolve = |image: &str, words: &str| {
        format!(
            "failed to pull and unpack image {image:?}: failed to resolve reference {image:?}: {words}"
        )
    };
    let unknown = |image: &str, words: &str| {
        let words = resolve(image, words);
        told(
            "ErrImagePull",
            &format!("rpc error: code = Unknown desc = {words}"),
        )
    };
    assert_eq!(
        basic.waiting("none", &image, &[]),
        unknown(
            &image,
            "pull access denied, repository does not exist or may require authorization: authorization failed: no \
             basic auth credentials"
        )
    );
    assert_eq!(
        basic.waiting("stale", &image, &["stale"]),
        unknown(
            &image,
            &format!(
                "unexpected status from HEAD request to https://{host}/v2/team/app/manifests/1: 401 Unauthorized"
            )
        )
    );
    let missing = basic.image("team/app:2");
    assert_eq!(
        basic.waiting("missing", &missing, &["good"]),
        told(
            "ErrImagePull",
            &format!(
                "rpc error: code = NotFound desc = {}",
                resolve(&missing, &format!("{missing}: not found"))
            )
        )
    );
    // Both are tried: the good one behind the stale one is enough.
    let pod = basic.pod("both", &image, &["stale", "good"]);
    assert_eq!(pod["status"]["phase"], "Running");

    let token = World::new(Dialect::DistributionToken, Runtime::Containerd);
    token.secret("stale", "wrong");
    let image = token.image("team/app:1");
    let (_, words) = token.waiting("stale", &image, &["stale"]);
    assert!(
        words.contains("failed to authorize: failed to fetch oauth token: unexpected status from GET request to ")
            && words.ends_with(": 401 Unauthorized"),
        "{words}"
    );
    let (_, words) = token.waiting("none", &image, &[]);
    assert!(
        words.ends_with(
            "pull access denied, repository does not exist or may require authorization: server message: \
             insufficient_scope: authorization failed"
        ),
        "{words}"
    );
}

#[test]
fn cri_o_words_what_the_registry_says() {
    let world = World::new(Dialect::DistributionToken, Runtime::CriO);
    world.secret("good", "right");
    world.secret("stale", "wrong");
    let host = world.registry.host();
    let start = |image: &str| {
        format!("rpc error: code = Unknown desc = initializing source docker://{image}: ")
    };
    let missing = world.image("team/app:2");
    assert_eq!(
        world.waiting("missing", &missing, &["good"]),
        told(
            "ErrImagePull",
            &format!(
                "{}reading manifest 2 in {host}/team/app: manifest unknown",
                start(&missing)
            )
        )
    );
    let image = world.image("team/app:1");
    assert_eq!(
        world.waiting("stale", &image, &["stale"]),
        told(
            "ErrImagePull",
            &format!(
                "{}unable to retrieve auth token: invalid username/password: unauthorized: authentication required",
                start(&image)
            )
        )
    );
    assert_eq!(
        world.waiting("none", &image, &[]).1,
        format!(
            "{}reading manifest 1 in {host}/team/app: unauthorized: authentication required",
            start(&image)
        )
    );
}

#[test]
fn what_stands_before_the_pull_has_reasons_of_its_own() {
    let world = World::new(Dialect::Distribution, Runtime::Containerd);
    world.api.create(make::docker_config_secret(
        "shop",
        "broken",
        r#"{"auths":{"elsewhere.example.com":{"auth":"!!!!"}}}"#,
    ));
    let words = "illegal base64 data at input byte 0";
    assert_eq!(
        world.waiting("broken", &world.image("team/app:1"), &["broken"]),
        told(words, words)
    );
    let events = world.events("broken");
    assert_eq!(
        events.last(),
        Some(&told("Failed", &format!("Error: {words}")))
    );
    assert!(events.iter().all(|(reason, _)| reason != "Pulling"));

    let (reason, words) = world.waiting("name", &world.image("Team/app:1"), &[]);
    assert_eq!(reason, "InvalidImageName");
    assert!(
        words.ends_with("invalid reference format: repository name must be lowercase"),
        "{words}"
    );
    assert!(
        world
            .events("name")
            .iter()
            .any(|(reason, _)| reason == "InspectFailed")
    );
}

#[test]
fn the_wire_fails_in_the_words_of_go() {
    let world = World::new(Dialect::Distribution, Runtime::CriO);
    let words = |name: &str, image: &str| world.waiting(name, image, &[]).1;
    let port = world.registry.port();
    let named = format!("registry.example.com:{port}/team/app:1");
    assert_eq!(
        world.pod("named", &named, &[])["status"]["phase"],
        "Running"
    );
    let image = format!("nowhere.example.com:{port}/team/app:1");
    assert!(
        words("dns", &image).ends_with(&format!(
            "pinging container registry nowhere.example.com:{port}: Get \"https://nowhere.example.com:{port}/v2/\": dial \
             tcp: lookup nowhere.example.com: no such host"
        )),
        "{}",
        words("dns-again", &image)
    );
    let plain = Registry::builder().start();
    plain.push_image("team/app", "1", &Image::new());
    let image = plain.image("team/app:1");
    assert!(words("plain", &image).ends_with("http: server gave HTTP response to HTTPS client"));
    world.image_config(|spec| {
        spec["registrySources"] = json!({"insecureRegistries": [plain.host()]});
    });
    assert_eq!(
        world.pod("insecure", &image, &[])["status"]["phase"],
        "Running"
    );
    let closed = plain.host();
    drop(plain);
    assert!(
        words("refused", &image)
            .contains(&format!("dial tcp {closed}: connect: connection refused")),
        "{}",
        words("refused-again", &image)
    );
    // Machines without the root, which the cluster's own list then gives them.
    world.api.machines(Machines::new().runtime(Runtime::CriO));
    let image = world.image("team/app:1");
    assert!(
        words("untrusted", &image).ends_with("x509: certificate signed by unknown authority"),
        "{}",
        words("untrusted-again", &image)
    );
    let key = world.registry.host().replace(':', "..");
    let cas = make::config_map(
        "openshift-config",
        "cas",
        &json!({ (key): world.ca.root_pem() }),
    );
    world.api.create(cas);
    world.image_config(|spec| spec["additionalTrustedCA"] = json!({"name": "cas"}));
    assert_eq!(
        world.pod("trusted", &image, &[])["status"]["phase"],
        "Running"
    );
    world.api.retry_pods();
    let again = world.api.get("pods", "shop", "untrusted").expect("a pod");
    assert_eq!(again["status"]["phase"], "Running");
}

#[test]
fn lists_and_mirrors_of_the_cluster_count() {
    let world = World::new(Dialect::Distribution, Runtime::CriO);
    let image = world.image("team/app:1");
    world.image_config(|spec| spec["registrySources"] = json!({"allowedRegistries": ["quay.io"]}));
    let (reason, words) = world.waiting("policy", &image, &[]);
    assert_eq!(reason, "SignatureValidationFailed");
    assert!(
        words.ends_with(&format!(
            "Running image docker://{image} is rejected by policy."
        )),
        "{words}"
    );
    assert_eq!(
        world.import(&[&image], false)[0]["status"]["status"],
        "Success"
    );

    let host = world.registry.host();
    world.image_config(|spec| spec["registrySources"] = json!({"blockedRegistries": [host]}));
    let (_, words) = world.waiting("blocked", &image, &[]);
    assert!(
        words.contains("is blocked in /etc/containers/registries.conf"),
        "{words}"
    );
    assert_eq!(
        world.imported(&image),
        told("Forbidden", &format!("forbidden: registry {host} blocked"))
    );

    world.image_config(|spec| spec["registrySources"] = json!({}));
    world.api.create(json!({
        "apiVersion": "config.openshift.io/v1", "kind": "ImageTagMirrorSet", "metadata": {"name": "m"},
        "spec": {"imageTagMirrors": [{"source": format!("{host}/team"), "mirrors": [format!("{host}/mirror")]}]},
    }));
    assert_eq!(
        world.pod("source", &image, &[])["status"]["phase"],
        "Running"
    );
    let missing = world.image("team/app:2");
    let (_, words) = world.waiting("mirrors", &missing, &[]);
    assert!(
        words.contains(&format!(
            "(Mirrors also failed: [{host}/mirror/app:2: reading manifest 2 in {host}/mirror/app: "
        )) && words.contains(&format!(
            "): {host}/team/app:2: reading manifest 2 in {host}/team/app: "
        )),
        "{words}"
    );
}

#[test]
fn an_import_takes_the_first_match_and_rewrites_the_codes() {
    let world = World::new(Dialect::DistributionBasic, Runtime::CriO);
    let image = world.image("team/app:1");
    let denied = told(
        "Unauthorized",
        &format!("you may not have access to the container image {image:?}"),
    );
    assert_eq!(world.imported(&image), denied);
    world.secret("b-good", "right");
    assert_eq!(world.imported(&image), told("", ""));
    // In the order of their names, whatever came first.
    world.secret("a-stale", "wrong");
    assert_eq!(world.imported(&image), denied);
    let pod = world.pod("web", &image, &["a-stale", "b-good"]);
    assert_eq!(pod["status"]["phase"], "Running");
    world.api.edit("secrets", "shop", "a-stale", |secret| {
        secret["metadata"]["annotations"] = json!({"openshift.io/image.excludeSecret": "true"});
    });
    assert_eq!(world.imported(&image), told("", ""));

    let missing = world.image("team/app:2");
    assert_eq!(
        world.imported(&missing),
        told(
            "NotFound",
            &format!("dockerimage.image.openshift.io {missing:?} not found")
        )
    );
    world.api.create(make::docker_config_secret(
        "shop",
        "broken",
        r#"{"auths":{"x":{"auth":"!"}}}"#,
    ));
    let (reason, words) = world.imported(&image);
    assert_eq!(reason, "InternalError");
    assert!(
        words.starts_with("Internal error occurred: ") && words.contains("illegal base64"),
        "{words}"
    );
}

#[test]
fn an_import_of_an_index_takes_one_image_and_several_images_their_own_answers() {
    let world = World::new(Dialect::Distribution, Runtime::CriO);
    let platforms = Index::of(&["linux/arm64", "linux/amd64"]);
    let list = world.registry.push_index("team/multi", "1", &platforms);
    let multi = world.image("team/multi:1");
    let missing = world.image("team/app:nope");
    let answers = world.import(&[&multi, &missing], false);
    let digest = answers[0]["image"]["metadata"]["name"]
        .as_str()
        .expect("a digest");
    assert_ne!(digest, list);
    assert_eq!(
        answers[0]["image"]["dockerImageMetadata"]["Architecture"],
        "amd64"
    );
    assert_eq!(answers[1]["status"]["reason"], "NotFound");
    // A runtime names the index.
    let pod = world.pod("multi", &multi, &[]);
    let id = pod["status"]["containerStatuses"][0]["imageID"]
        .as_str()
        .expect("an id");
    assert!(id.ends_with(&list), "{id}");
}

#[test]
fn an_insecure_import_verifies_nothing() {
    let world = World::new(Dialect::Distribution, Runtime::CriO);
    world.api.machines(Machines::new());
    let image = world.image("team/app:1");
    let (reason, words) = world.imported(&image);
    assert_eq!(reason, "InternalError");
    assert!(
        words.ends_with("x509: certificate signed by unknown authority"),
        "{words}"
    );
    assert_eq!(
        world.import(&[&image], true)[0]["status"]["status"],
        "Success"
    );
    let plain = Registry::builder().start();
    plain.push_image("team/app", "1", &Image::new());
    let image = plain.image("team/app:1");
    assert_eq!(
        world.import(&[&image], true)[0]["status"]["status"],
        "Success"
    );
}

#[test]
fn the_list_of_registries_for_imports_binds_those_who_may_not_create_images() {
    let api = Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.20.3".into(),
        })
        .user(Login::new("dev").token("dev-token"))
        .deny("dev", Rule::verb("create").on("images.image.openshift.io"))
        .start();
    api.add_namespace("shop");
    api.machines(Machines::new());
    api.edit("images.config.openshift.io", "", "cluster", |object| {
        object["spec"]["allowedRegistriesForImport"] = json!([{"domainName": "quay.io"}]);
    });
    let body = json!({
        "apiVersion": "image.openshift.io/v1", "kind": "ImageStreamImport",
        "metadata": {"name": "app", "namespace": "shop"},
        "spec": {"import": false, "images": [
            {"from": {"kind": "DockerImage", "name": "registry.example.com/team/app:1"}}]},
    });
    let client = extreg_test_support::cluster::Client::new(api.address(), None)
        .expect("a client")
        .with_token("dev-token");
    let path = "/apis/image.openshift.io/v1/namespaces/shop/imagestreamimports";
    let json_type = [("content-type", "application/json")];
    let answer = client
        .send("POST", path, &json_type, &body.to_string())
        .expect("an answer");
    assert_eq!(answer.status, 422);
    let status = answer.json();
    assert_eq!(
        status["details"]["causes"][0]["field"],
        "spec.images[0].from.name"
    );
    assert_eq!(
        status["message"],
        "ImageStreamImport.image.openshift.io \"app\" is invalid: spec.images[0].from.name: Forbidden: importing images \
         from registry \"registry.example.com:443\" is forbidden: registry \"registry.example.com:443\" not allowed by \
         whitelist: \"quay.io:443\""
    );
}

#[test]
fn a_pod_goes_to_the_node_that_it_asks_for() {
    let world = World::new(Dialect::Distribution, Runtime::Containerd);
    for name in ["worker-1", "worker-2"] {
        world.api.create(make::node(name, "amd64"));
    }
    let mut pod = make::pod("shop", "web", &world.image("team/app:1"));
    let ask = |node: &str| {
        let term =
            json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]});
        json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}})
    };
    pod["spec"]["affinity"] = ask("worker-2");
    world.api.create(&pod);
    let live = world.api.get("pods", "shop", "web").expect("a pod");
    assert_eq!(live["spec"]["nodeName"], "worker-2");
    pod["metadata"]["name"] = "lost".into();
    pod["spec"]["affinity"] = ask("worker-9");
    world.api.create(&pod);
    let live = world.api.get("pods", "shop", "lost").expect("a pod");
    assert_eq!(live["status"]["conditions"][0]["reason"], "Unschedulable");
    assert_eq!(world.events("lost")[0].0, "FailedScheduling");
}

#[test]
fn a_command_that_is_not_there_does_not_start() {
    for (runtime, phase) in [(Runtime::Containerd, "Failed"), (Runtime::CriO, "Pending")] {
        let world = World::new(Dialect::Distribution, runtime);
        world.api.machines(world.machines.clone());
        let mut pod = make::pod("shop", "probe", &world.image("team/app:1"));
        pod["spec"]["restartPolicy"] = "Never".into();
        pod["spec"]["containers"][0]["command"] = json!(["/not-there"]);
        world.api.create(&pod);
        let live = world.api.get("pods", "shop", "probe").expect("a pod");
        assert_eq!(live["status"]["phase"], phase);
        let reasons = world.events("probe");
        assert!(
            reasons.iter().any(|(reason, _)| reason == "Pulled"),
            "{reasons:?}"
        );
    }
}
