//! `--start`: a build really runs on the embedded cluster's machines, pushes to the registry, or fails and is diagnosed.

use extreg_test_support::api::{Api, Rule, make};
use extreg_test_support::certs::Ca;
use extreg_test_support::content::{self, Image};
use extreg_test_support::process::Output;
use extreg_test_support::pull::Machines;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

use super::site::{Site, wait_until, without};
use crate::kit::{Embedded, PASSWORD, openshift4};

/// A cluster with machines, which trusts the CA of a registry with a base image.
struct Works {
    world: Embedded,
    registry: Registry,
    ca: Ca,
}

impl Works {
    fn new() -> Self {
        let ca = Ca::new("Corp Root");
        let registry = Registry::builder()
            .dialect(Dialect::DistributionToken)
            .tls(&ca.server(&["127.0.0.1", "localhost"]))
            .user(User::new("robot", PASSWORD).push("team/*"))
            .user(User::new("reader", "reader-canary").pull("team/*"))
            .anonymous_pull("base")
            .start();
        registry.push_image("base", "1", &Image::new());
        let world = Embedded::of(Api::builder().flavor(openshift4()).tls());
        let api = world.api();
        api.machines(Machines::new());
        let key = registry.host().replace(':', "..");
        let data = json!({ (key): ca.root_pem() });
        api.create(make::config_map("openshift-config", "registry-cas", &data));
        api.edit("images.config.openshift.io", "", "cluster", |image| {
            image["spec"]["additionalTrustedCA"] = json!({"name": "registry-cas"});
        });
        world.sandbox.write("ca.pem", ca.root_pem());
        let works = Self {
            world,
            registry,
            ca,
        };
        works.config("app", "base:1");
        works
    }

    fn config(&self, name: &str, base: &str) {
        let base = self.registry.image(base);
        let mut config = make::build_config("shop", name, &base, "");
        config["metadata"]["labels"] = json!({"tier": "build"});
        config["spec"]["output"]["to"] =
            json!({"kind": "ImageStreamTag", "name": format!("{name}:1")});
        self.world.create(config);
    }

    fn secret(&self, name: &str, user: &str, password: &str) {
        let host = self.registry.host();
        self.world.docker_secret(name, &host, user, password);
    }

    fn run(&self, line: &str) -> Output {
        assert!(!self.ca.root_pem().is_empty());
        let line = format!("push-target {line} --registry-ca ca.pem --start");
        self.world.run(&line)
    }

    fn build(&self, name: &str) -> Value {
        self.world.get("builds", name).expect("the build")
    }
}

#[test]
fn a_build_is_followed_to_the_image_that_it_pushes() {
    let works = Works::new();
    works.secret("quay", "robot", PASSWORD);
    let image = works.registry.image("team/app:1.4");
    let output = works.run(&format!("app {image}")).success();
    output.prints(&format!(
        "serviceaccount/builder linked (push)\nbuildconfig.build.openshift.io/app pushes to {image}\n\
         build.build.openshift.io/app-1 started\n"
    ));
    let build = works.build("app-1");
    assert_eq!(build["status"]["phase"], "Complete");
    let digest = build["status"]["output"]["to"]["imageDigest"]
        .as_str()
        .expect("a digest");
    output.says(&format!(
        "build.build.openshift.io/app-1 is complete: it pushed {digest}"
    ));
    let pushed = works
        .registry
        .manifest("team/app", "1.4")
        .expect("the image");
    assert_eq!(content::digest(&pushed), digest);
    // Nothing of the build's log is repeated, nor of its secret.
    assert!(
        !output.stderr.contains("Getting image source"),
        "{}",
        output.stderr
    );
    assert!(!output.stderr.contains(PASSWORD), "{}", output.stderr);
}

#[test]
fn a_push_that_fails_ends_in_a_diagnosis() {
    let works = Works::new();
    works.secret("reads", "reader", "reader-canary");
    let image = works.registry.image("team/app:1");
    let output = works.run(&format!("app {image}")).exits(3);
    output.says("build.build.openshift.io/app-1 is Failed (PushImageToRegistryFailed");
    output.says("auth.push-denied");
    output.says("Build shop/app-1 says as much as");
    // Objects on standard output, and nothing else.
    let json = works.run(&format!("app {image} -o json")).exits(3);
    let list: Value = serde_json::from_str(&json.stdout).expect("JSON alone");
    assert_eq!(list["kind"], "List");
    json.says("build.build.openshift.io/app-2 started");
    // The output stays as it was written: undo is there.
    works.world.run("undo").success();
}

#[test]
fn a_base_image_that_cannot_be_pulled_is_what_is_diagnosed() {
    let works = Works::new();
    works.secret("quay", "robot", PASSWORD);
    works.config("other", "base:gone");
    let image = works.registry.image("team/other:1");
    let output = works.run(&format!("other {image}")).exits(3);
    output.says("is Failed (GenericBuildFailed");
    output.says("location.tag-missing");
}

#[test]
fn several_are_started_and_each_is_told_of() {
    let works = Works::new();
    works.secret("quay", "robot", PASSWORD);
    works.config("broken", "base:gone");
    let prefix = works.registry.image("team/");
    let output = works.run(&format!("-l tier=build {prefix}")).exits(3);
    output.says("build.build.openshift.io/app-1 is complete");
    output.says("build.build.openshift.io/broken-1 is Failed");
    assert!(works.registry.manifest("team/app", "latest").is_some());
}

#[test]
fn what_cannot_be_started_is_refused_before_anything_is_written() {
    let works = Works::new();
    works.secret("quay", "robot", PASSWORD);
    works.config("uploads", "base:1");
    works.world.edit("buildconfigs", "uploads", |config| {
        config["spec"]["source"] = json!({"type": "Binary", "binary": {}});
    });
    works.world.edit("buildconfigs", "app", |config| {
        config["metadata"]["annotations"] = json!({"openshift.io/build-config.paused": "true"});
    });
    for (name, words) in [("app", "is paused"), ("uploads", "--from-dir=DIR")] {
        let image = works.registry.image("team/app:1");
        works.run(&format!("{name} {image}")).exits(1).says(words);
    }
    works.world.is_untouched();
}

#[test]
fn a_build_that_never_begins_is_told_with_its_reason() {
    // The stream cannot be seen, and is not made.
    let world = without(Rule::verb("get").on("imagestreams.image.openshift.io"));
    world.api().machines(Machines::new());
    let site = Site::new(&world);
    site.stream_config("app");
    let output = site.push("app --internal gone:1 --start --timeout 0s");
    assert_ne!(output.status, Some(0), "{}", output.stderr);
    output.says("is New (InvalidOutputReference: Output image could not be resolved.)");
}

#[test]
fn following_ends_when_its_time_is_over_and_the_build_goes_on() {
    let world = Embedded::openshift();
    let site = Site::new(&world);
    site.stream_config("app");
    site.secret("quay", "robot");
    let line = format!("app {} --start --timeout 0s", site.image("team/app:1"));
    let output = site.push(&line).exits(1);
    output.says("build.build.openshift.io/app-1 is still New, and goes on");
}

/// The state of the build is set by the test, each time after the program has seen the one before.
#[test]
fn a_build_that_fails_on_something_else_is_not_diagnosed() {
    let world = Embedded::openshift();
    let site = Site::new(&world);
    site.stream_config("app");
    site.secret("quay", "robot");
    let line = format!("app {} --start", site.image("team/app:1"));
    let running = site.cmd(&line).spawn();
    let looks = || {
        let requests = world.api().requests();
        requests
            .iter()
            .filter(|request| request.method == "GET" && request.path.ends_with("/builds/app-1"))
            .count()
    };
    for phase in ["Pending", "Running"] {
        let before = looks();
        wait_until(|| looks() > before);
        world.api().edit("builds", "shop", "app-1", |build| {
            build["status"]["phase"] = json!(phase);
        });
    }
    world.api().edit("builds", "shop", "app-1", |build| {
        build["status"] = json!({
            "phase": "Failed", "reason": "FetchSourceFailed", "message": "Failed to fetch the input source.",
        });
    });
    let output = running.wait().exits(1);
    output.says("is Failed (FetchSourceFailed: Failed to fetch the input source.)");
    output.says("oc logs build/app-1");
    assert!(!output.stderr.contains("because"), "{}", output.stderr);
}

#[test]
fn an_interrupt_leaves_the_build_to_itself_and_says_so() {
    let world = Embedded::openshift();
    let site = Site::new(&world);
    site.stream_config("app");
    site.secret("quay", "robot");
    let line = format!("app {} --start", site.image("team/app:1"));
    let running = site.cmd(&line).spawn();
    let followed = || {
        let requests = world.api().requests();
        requests
            .iter()
            .any(|request| request.method == "GET" && request.path.ends_with("/builds/app-1"))
    };
    wait_until(followed);
    running.interrupt();
    let output = running.wait().exits(130);
    output.says("build.build.openshift.io/app-1 goes on; `oc logs -f build/app-1` follows it");
    assert_eq!(world.journal_files().len(), 1);
}

#[test]
fn a_build_that_is_deleted_meanwhile_is_told_of() {
    let world = Embedded::openshift();
    let site = Site::new(&world);
    site.stream_config("app");
    site.secret("quay", "robot");
    let line = format!("app {} --start", site.image("team/app:1"));
    let running = site.cmd(&line).spawn();
    wait_until(|| world.get("builds", "app-1").is_some());
    world.delete("builds", "app-1");
    running
        .wait()
        .exits(1)
        .says("was deleted before it had ended");
}
