//! A registry that wants logins, and BuildConfigs that could push to it.

use std::time::{Duration, Instant};

use base64::Engine as _;
use extreg_test_support::api::{Api, Rule, User, make};
use extreg_test_support::process::{Cmd, Output};
use extreg_test_support::registry::{self, Dialect, LoggedRequest, Registry};
use serde_json::{Value, json};

use crate::kit::{Embedded, PASSWORD, World, openshift4};

pub(super) use crate::kit::for_each_openshift;

/// An OpenShift on which the program is run by a user who may do everything but this.
pub(super) fn without(right: Rule) -> Embedded {
    let user = User::new("developer").token("developer-token");
    let world = Embedded::of(Api::builder().flavor(openshift4()).tls().user(user));
    world.api().deny("developer", right);
    let kubeconfig = world.api().kubeconfig_of("developer", &world.namespace);
    world.sandbox.write("kubeconfig", kubeconfig);
    world
}

/// Waits for what is sure to come; far longer than it takes anywhere.
#[track_caller]
pub(super) fn wait_until(holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "it did not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A namespace, and a registry over plain HTTP beside it.
pub(super) struct Site<'a> {
    pub(super) world: &'a World,
    pub(super) registry: Registry,
}

impl<'a> Site<'a> {
    /// With the users `robot`, who may push to `team/*`, and `reader`, who may pull from it; both have the password of the kit.
    pub(super) fn new(world: &'a World) -> Self {
        Self::of(world, Dialect::DistributionToken)
    }

    pub(super) fn of(world: &'a World, dialect: Dialect) -> Self {
        // A cluster without controllers makes no such account.
        if world.get("serviceaccounts", "builder").is_none() {
            world.add_account("builder");
        }
        let registry = Registry::builder()
            .dialect(dialect)
            .user(registry::User::new("robot", PASSWORD).push("team/*"))
            .user(registry::User::new("reader", "reader-canary").pull("team/*"))
            .start();
        Self { world, registry }
    }

    pub(super) fn image(&self, rest: &str) -> String {
        self.registry.image(rest)
    }

    /// A BuildConfig that pushes into the image stream tag `NAME:1` of another namespace.
    pub(super) fn stream_config(&self, name: &str) {
        self.config_with(name, |_| {});
    }

    pub(super) fn config_with(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let base = "registry.example.com/base:1";
        let mut config = make::build_config(&self.world.namespace, name, base, "");
        config["metadata"]["labels"] = json!({"tier": "build"});
        config["spec"]["output"] = json!({
            "to": {"kind": "ImageStreamTag", "name": format!("{name}:1"), "namespace": "images"},
            "imageLabels": [{"name": "kept", "value": "yes"}],
        });
        change(&mut config["spec"]);
        self.world.create(config);
    }

    /// A secret for the registry.
    pub(super) fn secret(&self, name: &str, user: &str) {
        let password = if user == "reader" {
            "reader-canary"
        } else {
            PASSWORD
        };
        let host = self.registry.host();
        self.world.docker_secret(name, &host, user, password);
    }

    /// The name of the secret that is made for the registry.
    pub(super) fn made(&self) -> String {
        format!("extreg-{}", self.registry.host().replace(':', "-"))
    }

    pub(super) fn cmd(&self, line: &str) -> Cmd {
        self.world.cmd(&format!("push-target {line} --plain-http"))
    }

    pub(super) fn push(&self, line: &str) -> Output {
        self.cmd(line).run()
    }

    pub(super) fn push_with(&self, line: &str, stdin: &str) -> Output {
        self.cmd(line).stdin(stdin).run()
    }

    /// `spec.output` of a BuildConfig.
    pub(super) fn output(&self, name: &str) -> Value {
        let config = self.world.get("buildconfigs", name);
        config.expect("the BuildConfig")["spec"]["output"].clone()
    }

    /// In both lists.
    pub(super) fn is_linked(&self, account: &str, secret: &str) -> bool {
        ["imagePullSecrets", "secrets"].iter().all(|list| {
            let names = self.world.names(account, list);
            names.iter().any(|name| name == secret)
        })
    }

    pub(super) fn link(&self, account: &str, list: &str, names: &[&str]) {
        let names: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        self.world.edit("serviceaccounts", account, |object| {
            object[list] = names.into();
        });
    }

    /// What the program could have written, with its version.
    pub(super) fn versions(&self) -> Vec<String> {
        let (cluster, namespace) = (&self.world.cluster, &self.world.namespace);
        [
            "secrets",
            "serviceaccounts",
            "buildconfigs",
            "imagestreams",
            "builds",
        ]
        .iter()
        .flat_map(|resource| cluster.list(resource, namespace))
        .map(|object| {
            let metadata = &object["metadata"];
            format!("{} {}", metadata["name"], metadata["resourceVersion"])
        })
        .collect()
    }

    /// The requests that began an upload.
    pub(super) fn uploads(&self) -> Vec<LoggedRequest> {
        let log = self.registry.log().into_iter();
        log.filter(|request| request.path.contains("/blobs/uploads"))
            .collect()
    }

    /// No byte of the password, nor of its base64.
    #[track_caller]
    pub(super) fn is_clean(&self, what: &str, output: &Output) {
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        for trace in [
            PASSWORD.to_owned(),
            encode(&format!("robot:{PASSWORD}")),
            encode(PASSWORD),
        ] {
            for text in [&output.stdout, &output.stderr] {
                assert!(!text.contains(&trace), "{what}: {text}");
            }
        }
        for file in self.world.journal_files() {
            let text = std::fs::read_to_string(file).expect("the journal");
            assert!(!text.contains(PASSWORD), "{what}: {text}");
        }
    }
}
