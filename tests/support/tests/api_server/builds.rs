//! Builds that are started: what the API server makes of a BuildConfig, and what becomes of it on machines that really pull and
//! push; reasons, messages and words are those of the originals.

use extreg_test_support::api::{Api, Flavor, make};
use extreg_test_support::certs::Ca;
use extreg_test_support::content::{Image, digest};
use extreg_test_support::pull::Machines;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

use super::http::{Answer, post};

const PATH: &str = "/apis/build.openshift.io/v1/namespaces/shop/buildconfigs/app/instantiate";

struct World {
    api: Api,
    registry: Registry,
}

impl World {
    fn new(version: &str) -> Self {
        Self::of(version, Dialect::DistributionToken)
    }

    /// A BuildConfig `app` that takes its base from the registry, where everybody may pull that, and pushes there.
    fn of(version: &str, dialect: Dialect) -> Self {
        let ca = Ca::new("Corp Root");
        let registry = Registry::builder()
            .dialect(dialect)
            .tls(&ca.server(&["127.0.0.1"]))
            .user(User::new("alice", "right").push("*"))
            .user(User::new("reader", "reads").pull("*"))
            .anonymous_pull("base")
            .start();
        registry.push_image("base", "1", &Image::new());
        registry.push_image("private/base", "1", &Image::new());
        let flavor = Flavor::OpenShift4 {
            version: version.into(),
        };
        let api = Api::builder().flavor(flavor).start();
        api.add_namespace("shop");
        api.machines(Machines::new().trust(ca.root_pem()));
        let (base, output) = (registry.image("base:1"), registry.image("team/app:1"));
        api.create(make::build_config("shop", "app", &base, &output));
        Self { api, registry }
    }

    fn change(&self, change: impl Fn(&mut Value)) {
        self.api.edit("buildconfigs", "shop", "app", |config| {
            change(&mut config["spec"]);
        });
    }

    fn secret(&self, name: &str, user: &str, password: &str) {
        let host = self.registry.host();
        self.api
            .create(make::docker_secret("shop", name, &host, user, password));
    }

    fn push_secret(&self, name: &str) {
        self.change(|spec| spec["output"]["pushSecret"] = json!({"name": name}));
    }

    fn list(&self, list: &str, names: &[&str]) {
        let names: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        self.api
            .edit("serviceaccounts", "shop", "builder", |account| {
                account[list] = names.clone().into();
            });
    }

    fn start(&self) -> Answer {
        let request = json!({
            "kind": "BuildRequest", "apiVersion": "build.openshift.io/v1", "metadata": {"name": "app"},
        });
        post(&self.api, PATH, &request)
    }

    /// A build as it is once its making is answered.
    fn built(&self) -> Value {
        let made = self.start().expect(201);
        assert_eq!(made["status"]["phase"], "New");
        let name = made["metadata"]["name"]
            .as_str()
            .expect("a name")
            .to_owned();
        self.api.get("builds", "shop", &name).expect("the build")
    }

    fn log(&self, build: &Value) -> String {
        let name = build["metadata"]["name"].as_str().expect("a name");
        let path = format!("/api/v1/namespaces/shop/pods/{name}-build/log");
        super::http::get(&self.api, &path).text
    }
}

/// Phase, reason and message.
fn state(build: &Value) -> (&str, &str, &str) {
    let text = |field: &str| build["status"][field].as_str().unwrap_or_default();
    (text("phase"), text("reason"), text("message"))
}

const NOT_PUSHED: (&str, &str, &str) = (
    "Failed",
    "PushImageToRegistryFailed",
    "Failed to push the image to the registry.",
);

#[test]
fn a_build_pushes_what_it_made_with_the_secret_that_it_names() {
    let world = World::new("4.20.3");
    world.secret("good", "alice", "right");
    world.push_secret("good");
    let build = world.built();
    assert_eq!(state(&build), ("Complete", "", ""));
    let manifest = world.registry.manifest("team/app", "1").expect("the image");
    let pushed = build["status"]["output"]["to"]["imageDigest"].as_str();
    assert_eq!(pushed, Some(digest(&manifest).as_str()));
    assert!(
        world.log(&build).contains("Successfully pushed"),
        "{}",
        world.log(&build)
    );
    let pod = world
        .api
        .get("pods", "shop", "app-1-build")
        .expect("its pod");
    assert_eq!(pod["status"]["phase"], "Succeeded");
    // Each makes an image of its own.
    let second = world.built();
    assert_ne!(
        second["status"]["output"]["to"]["imageDigest"].as_str(),
        pushed
    );
}

#[test]
fn a_push_that_is_refused_leaves_the_builders_words() {
    let repository = "/v2/team/app/blobs/uploads/";
    let cases: [(Dialect, &str, &str, String); 4] = [
        (
            Dialect::DistributionToken,
            "reader",
            "reads",
            format!("writing blob: initiating layer upload to {repository} in HOST: requested access to the resource is denied"),
        ),
        (
            Dialect::DistributionToken,
            "alice",
            "wrong",
            "unable to retrieve auth token: invalid username/password: unauthorized: authentication required".into(),
        ),
        (
            Dialect::DistributionBasic,
            "alice",
            "wrong",
            "exists in HOST/team/app: authentication required".into(),
        ),
        (
            Dialect::DistributionBasic,
            "",
            "",
            "exists in HOST/team/app: authentication required".into(),
        ),
    ];
    for (dialect, user, password, words) in cases {
        let world = World::of("4.20.3", dialect);
        world.change(|spec| {
            spec["strategy"] = json!({"type": "Docker", "dockerStrategy": {}});
        });
        if !user.is_empty() {
            world.secret("push", user, password);
            world.push_secret("push");
        }
        let build = world.built();
        assert_eq!(state(&build), NOT_PUSHED, "{user}");
        let log = world.log(&build);
        let words = words.replace("HOST", &world.registry.host());
        assert!(
            log.contains("error: build error: Failed to push image: "),
            "{log}"
        );
        assert!(log.trim_end().ends_with(&words), "{words}\n{log}");
        let named = log.contains(&format!("Registry server User Name: {user}\n"));
        assert_eq!(named, !user.is_empty(), "{log}");
        assert!(!log.contains(password) || password.is_empty(), "{log}");
        // The controller keeps the last five lines, each cut in the middle.
        let excerpt = build["status"]["logSnippet"].as_str().expect("an excerpt");
        assert!(excerpt.lines().count() <= 5, "{excerpt}");
        assert!(
            excerpt.lines().all(|line| line.chars().count() <= 120),
            "{excerpt}"
        );
    }
}

#[test]
fn a_base_image_that_cannot_be_had_fails_by_strategy() {
    let world = World::new("4.20.3");
    world.secret("good", "alice", "right");
    world.push_secret("good");
    let gone = json!({"kind": "DockerImage", "name": world.registry.image("base:gone")});
    world.change(|spec| spec["strategy"]["sourceStrategy"]["from"] = gone.clone());
    let build = world.built();
    let generic = "Generic Build failure - check logs for details.";
    assert_eq!(state(&build), ("Failed", "GenericBuildFailed", generic));
    let log = world.log(&build);
    assert!(
        log.contains("After retrying 2 times, Pull image still failed due to error: "),
        "{log}"
    );
    assert!(log.contains("manifest unknown"), "{log}");
    assert!(world.registry.manifest("team/app", "1").is_none());

    world.change(|spec| {
        spec["strategy"] = json!({"type": "Docker", "dockerStrategy": {"from": gone}});
    });
    let build = world.built();
    let message = "Failed pulling builder image.";
    assert_eq!(state(&build), ("Failed", "PullBuilderImageFailed", message));
}

#[test]
fn a_base_image_is_pulled_with_the_other_matcher() {
    let world = World::new("4.20.3");
    world.secret("good", "alice", "right");
    world.push_secret("good");
    let private = json!({"kind": "DockerImage", "name": world.registry.image("private/base:1")});
    world.change(|spec| spec["strategy"]["sourceStrategy"]["from"] = private.clone());
    // A part of a path component is a prefix to the kubelet's keyring alone.
    let key = format!("{}/priv", world.registry.host());
    world.api.create(make::docker_secret(
        "shop", "prefix", &key, "alice", "right",
    ));
    for (name, phase) in [("prefix", "Failed"), ("good", "Complete")] {
        world.change(|spec| {
            spec["strategy"]["sourceStrategy"]["pullSecret"] = json!({"name": name});
        });
        assert_eq!(state(&world.built()).0, phase, "{name}");
    }
    // For the push it is enough.
    let key = format!("{}/te", world.registry.host());
    world.api.create(make::docker_secret(
        "shop",
        "push-prefix",
        &key,
        "alice",
        "right",
    ));
    world.push_secret("push-prefix");
    assert_eq!(state(&world.built()).0, "Complete");
}

#[test]
fn the_controller_looks_for_a_push_secret_in_the_list_of_its_version() {
    for (version, list, other) in [
        ("4.14.9", "secrets", "imagePullSecrets"),
        ("4.16.2", "imagePullSecrets", "secrets"),
    ] {
        let world = World::new(version);
        world.secret("good", "alice", "right");
        world.list(list, &[]);
        world.list(other, &["good"]);
        assert_eq!(state(&world.built()).0, "Failed", "{version}");
        world.list(list, &["good"]);
        let build = world.built();
        assert_eq!(state(&build).0, "Complete", "{version}");
        assert_eq!(build["spec"]["output"]["pushSecret"]["name"], "good");
    }
}

#[test]
fn the_first_docker_secret_is_taken_where_none_matches() {
    let world = World::new("4.20.3");
    world.api.create(make::docker_secret(
        "shop", "other", "quay.io", "alice", "right",
    ));
    world.list("imagePullSecrets", &["other"]);
    let build = world.built();
    assert_eq!(build["spec"]["output"]["pushSecret"]["name"], "other");
    assert_eq!(state(&build), NOT_PUSHED);
}

#[test]
fn the_api_server_looks_for_pull_secrets_in_the_mountable_ones() {
    let world = World::new("4.20.3");
    world.secret("good", "alice", "right");
    world.push_secret("good");
    world.list("imagePullSecrets", &[]);
    world.list("secrets", &["good"]);
    let made = world.start().expect(201);
    assert_eq!(
        made["spec"]["strategy"]["sourceStrategy"]["pullSecret"]["name"],
        "good"
    );
    assert_eq!(made["spec"]["strategy"].get("dockerStrategy"), None);
}

#[test]
fn a_secret_that_is_named_is_read_whatever_its_type_and_waited_for_when_it_is_missing() {
    let world = World::new("4.20.3");
    world.push_secret("late");
    let build = world.built();
    assert_eq!(
        state(&build),
        ("Pending", "MissingPushSecret", "Missing push secret.")
    );
    let mut secret = make::docker_secret("shop", "late", &world.registry.host(), "alice", "right");
    secret["type"] = json!("Opaque");
    let text = secret["data"][".dockerconfigjson"].take();
    secret["data"] = json!({"config.json": text});
    world.api.create(secret);
    let build = world.api.get("builds", "shop", "app-1").expect("the build");
    assert_eq!(state(&build), ("Complete", "", ""));
}

#[test]
fn a_blocked_registry_takes_no_push() {
    let world = World::new("4.20.3");
    world.secret("good", "alice", "right");
    world.push_secret("good");
    world.change(|spec| spec["strategy"] = json!({"type": "Docker", "dockerStrategy": {}}));
    world
        .api
        .edit("images.config.openshift.io", "", "cluster", |image| {
            image["spec"]["registrySources"] =
                json!({"blockedRegistries": [world.registry.host()]});
        });
    let build = world.built();
    assert_eq!(state(&build), NOT_PUSHED);
    assert!(
        world.log(&build).contains("is blocked in"),
        "{}",
        world.log(&build)
    );
}

#[test]
fn an_output_that_does_not_exist_keeps_a_build_new() {
    let world = World::new("4.20.3");
    world.change(|spec| {
        spec["output"]["to"] = json!({"kind": "ImageStreamTag", "name": "gone:1"});
    });
    assert_eq!(
        state(&world.built()),
        (
            "New",
            "InvalidOutputReference",
            "Output image could not be resolved."
        )
    );
}

#[test]
fn what_cannot_be_started_is_refused_in_the_servers_words() {
    let world = World::new("4.20.3");
    world.change(|spec| spec["serviceAccount"] = json!("gone"));
    let words = world.start().refused(500);
    assert!(words.contains("service account shop/gone"), "{words}");
    world.change(|spec| spec["serviceAccount"] = json!("builder"));
    world.change(|spec| {
        spec["strategy"]["sourceStrategy"]["from"] =
            json!({"kind": "ImageStreamTag", "name": "gone:1"});
    });
    let words = world.start().refused(422);
    assert!(
        words.contains("Error resolving ImageStreamTag gone:1 in namespace shop"),
        "{words}"
    );
    world.api.edit("buildconfigs", "shop", "app", |config| {
        config["metadata"]["annotations"] = json!({"openshift.io/build-config.paused": "true"});
    });
    let words = world.start().refused(400);
    assert!(words.contains("BuildConfig is paused"), "{words}");
}

#[test]
fn a_dry_run_counts_the_build_config_up_all_the_same() {
    let world = World::new("4.20.3");
    let request = json!({
        "kind": "BuildRequest", "apiVersion": "build.openshift.io/v1", "metadata": {"name": "app"},
    });
    post(&world.api, &format!("{PATH}?dryRun=All"), &request).expect(201);
    assert!(world.api.list("builds", "shop").is_empty());
    let config = world.api.get("buildconfigs", "shop", "app").expect("it");
    assert_eq!(config["status"]["lastVersion"], 1);
}

#[test]
fn an_image_has_no_namespace_in_an_output() {
    let world = World::new("4.20.3");
    let mut config = make::build_config("shop", "other", "quay.io/base", "quay.io/team/app");
    config["spec"]["output"]["to"]["namespace"] = json!("images");
    let status = world.api.try_create(&config).expect_err("a refusal");
    let words = status["message"].as_str().unwrap_or_default();
    assert!(
        words.contains("namespace is not valid when used with a 'DockerImage'"),
        "{words}"
    );
}
