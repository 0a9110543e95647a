//! `import`: the API server of these tests really asks a registry, with the secrets and the trust of its own objects. What
//! is refused before anybody is asked runs on a real API server as well.

mod changes;
mod failures;
mod refusals;
mod repository;

use std::ops::Deref;

use base64::Engine as _;
use extreg_test_support::api::{Api, Rule, User as Login};
use extreg_test_support::certs::Ca;
use extreg_test_support::content::Image;
use extreg_test_support::process::{Cmd, Output};
use extreg_test_support::pull::Machines;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

use crate::kit::{Embedded, PASSWORD, openshift4};

const STREAM: &str = "imagestream.image.openshift.io/app";

/// A cluster whose machines trust the registry's CA, and a registry with a private image, `team/app:1`.
struct Imports {
    world: Embedded,
    registry: Registry,
}

impl Deref for Imports {
    type Target = Embedded;

    fn deref(&self) -> &Embedded {
        &self.world
    }
}

impl Imports {
    /// With a good secret in the namespace.
    fn new() -> Self {
        let imports = Self::without_login();
        imports.docker_secret("corp", &imports.registry.host(), "robot", PASSWORD);
        imports.api().clear_requests();
        imports
    }

    fn without_login() -> Self {
        let ca = Ca::new("Corp Root");
        let registry = Registry::builder()
            .dialect(Dialect::DistributionBasic)
            .tls(&ca.server(&["127.0.0.1", "localhost"]))
            .user(User::new("robot", PASSWORD).pull("team/*"))
            .start();
        registry.push_image("team/app", "1", &Image::new());
        let world = Embedded::of(
            Api::builder()
                .flavor(openshift4())
                .tls()
                .user(Login::new("dev").token("dev-token")),
        );
        world.api().machines(Machines::new().trust(ca.root_pem()));
        world.sandbox.write("ca.pem", ca.pem());
        world.api().clear_requests();
        Self { world, registry }
    }

    fn image(&self, name: &str) -> String {
        self.registry.image(name)
    }

    /// `import STREAM IMAGE ...`, where IMAGE is one of the registry.
    fn cmd(&self, stream: &str, image: &str, more: &str) -> Cmd {
        let image = self.image(image);
        self.world.cmd(&format!(
            "import {stream} {image} --registry-ca ca.pem {more}"
        ))
    }

    fn import(&self, stream: &str, image: &str, more: &str) -> Output {
        self.clean(self.cmd(stream, image, more).run())
    }

    fn undo(&self) -> Output {
        self.clean(self.world.run("undo"))
    }

    /// No byte of the password, nor of its base64, in what is printed or written down.
    fn clean(&self, output: Output) -> Output {
        let auth = format!("robot:{PASSWORD}");
        let mut texts = vec![output.stdout.clone(), output.stderr.clone()];
        for file in self.journal_files() {
            texts.push(std::fs::read_to_string(file).expect("a file"));
        }
        for text in texts {
            for trace in [PASSWORD, &auth] {
                let coded = base64::engine::general_purpose::STANDARD.encode(trace);
                assert!(!text.contains(trace), "{text}");
                assert!(!text.contains(coded.trim_end_matches('=')), "{text}");
            }
        }
        output
    }

    fn stream(&self) -> Option<Value> {
        self.get("imagestreams.image.openshift.io", "app")
    }

    /// A tag of the specification.
    fn tag(&self, name: &str) -> Option<Value> {
        let stream = self.stream()?;
        let tags = stream["spec"]["tags"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        tags.into_iter().find(|tag| tag["name"] == name)
    }

    /// The newest image of a tag.
    fn newest(&self, name: &str) -> Option<String> {
        let stream = self.stream()?;
        let tags = stream["status"]["tags"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let tag = tags.into_iter().find(|tag| tag["tag"] == name)?;
        tag["items"][0]["image"].as_str().map(str::to_owned)
    }

    /// Makes the stream with these tags of the specification, as somebody else.
    fn stream_of(&self, tags: &Value) {
        self.create(stream_of(&self.namespace, tags));
        self.api().clear_requests();
    }

    /// Writes the stream's status, as the cluster does.
    fn set_status(&self, status: &Value) {
        let resource = "imagestreams.image.openshift.io";
        self.cluster
            .set_status(resource, &self.namespace, "app", status);
        self.settled();
    }

    /// Changes the cluster's configuration of images.
    fn image_config(&self, change: impl FnOnce(&mut Value)) {
        self.api()
            .edit("images.config.openshift.io", "", "cluster", |object| {
                change(&mut object["spec"]);
            });
        self.settled();
    }

    /// What was done until now was the test's own doing.
    fn settled(&self) {
        self.edit("serviceaccounts", "default", |_| {});
        self.api().clear_requests();
    }

    /// The program is run by somebody who lacks this.
    fn denied(&self, rule: Rule) {
        self.api().deny("dev", rule);
        let text = self.api().kubeconfig_of("dev", &self.namespace);
        self.sandbox.write("kubeconfig", text);
    }
}

fn stream_of(namespace: &str, tags: &Value) -> Value {
    json!({
        "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
        "metadata": {"name": "app", "namespace": namespace}, "spec": {"tags": tags},
    })
}

/// A tag that follows an external image.
fn follows(name: &str, image: &str) -> Value {
    json!({"name": name, "from": {"kind": "DockerImage", "name": image}})
}

#[test]
fn a_stream_that_does_not_exist_is_made_with_the_image() {
    let imports = Imports::new();
    let output = imports.import("app", "team/app:1", "").success();
    output.prints(&format!("{STREAM} imported\n"));
    output.says("the image stream \"app\" does not exist in namespace \"shop\": it is made");
    output.says("the secret corp");
    let digest = imports.newest("latest").expect("an image");
    output.says(&format!("app:latest is {digest} (linux/amd64), since 2"));
    let tag = imports.tag("latest").expect("the tag");
    assert_eq!(
        tag["from"],
        json!({"kind": "DockerImage", "name": imports.image("team/app:1")})
    );
    assert_eq!(tag["referencePolicy"]["type"], "Source");
    // The API server's own dry run is an import: it is never asked for one.
    let asked = imports.api().requests();
    assert!(
        asked
            .iter()
            .all(|request| !request.path.ends_with("imports") || request.query.is_empty())
    );

    let state = imports.state();
    let again = imports.import("app", "team/app:1", "").success();
    again.prints(&format!("{STREAM} unchanged\n"));
    assert_eq!(imports.state(), state);
    assert_eq!(imports.journal_files().len(), 1);

    let undone = imports.undo().success();
    undone.prints(&format!("{STREAM} deleted\n"));
    assert_eq!(imports.stream(), None);
}

#[test]
fn a_new_image_of_the_tag_comes_and_leaves_the_specification_alone() {
    let imports = Imports::new();
    imports.import("app:1", "team/app:1", "").success();
    let before = imports.newest("1");
    let newer = imports
        .registry
        .push_image("team/app", "1", &Image::new().label("newer"));
    let output = imports.import("app:1", "team/app:1", "").success();
    output.prints(&format!("{STREAM} imported\n"));
    assert_eq!(imports.newest("1"), Some(newer));
    assert_ne!(imports.newest("1"), before);
    // There is nothing of it that could be taken back, and the stream is still as it was made.
    assert_eq!(imports.journal_files().len(), 1);
    imports
        .undo()
        .success()
        .prints(&format!("{STREAM} deleted\n"));
    assert_eq!(imports.stream(), None);
}

#[test]
fn a_tag_is_added_to_a_stream_and_taken_out_of_it_again() {
    let imports = Imports::new();
    imports.stream_of(&json!([follows("other", "quay.io/team/other:1")]));
    let output = imports.import("app:1", "team/app:1", "").success();
    output.prints(&format!("{STREAM} imported\n"));
    assert!(imports.tag("other").is_some() && imports.tag("1").is_some());

    let undone = imports.undo().success();
    undone.prints(&format!("{STREAM} taken back\n"));
    undone.says("what was imported stays in the history of its tags");
    assert_eq!(imports.tag("1"), None);
    assert!(imports.tag("other").is_some());
    assert!(imports.newest("1").is_some());
    // What was imported once can be imported again: it was not pushed there.
    imports.import("app:1", "team/app:1", "").success();
    assert!(imports.tag("1").is_some());
}

#[test]
fn undo_leaves_a_tag_alone_that_was_changed_since() {
    let imports = Imports::new();
    imports.stream_of(&json!([]));
    imports.import("app:1", "team/app:1", "").success();
    imports.edit("imagestreams.image.openshift.io", "app", |stream| {
        stream["spec"]["tags"][0]["importPolicy"]["scheduled"] = json!(true);
    });
    let output = imports.undo().exits(1);
    output.says("has been changed");
    output.says("oc tag -d STREAM:TAG");
    assert!(imports.tag("1").is_some());
}

#[test]
fn undo_leaves_a_stream_alone_that_others_use_by_now() {
    let imports = Imports::new();
    imports.import("app:1", "team/app:1", "").success();
    imports.edit("imagestreams.image.openshift.io", "app", |stream| {
        let tags = stream["spec"]["tags"].as_array_mut().expect("tags");
        tags.push(follows("theirs", "quay.io/team/theirs:1"));
    });
    let output = imports.undo().exits(1);
    output.says("spec.tags is not as it was made");
    assert!(imports.tag("theirs").is_some() && imports.tag("1").is_some());
}

#[test]
fn a_dry_run_writes_nothing_and_shows_the_stream() {
    let imports = Imports::new();
    for how in ["client", "server"] {
        let suffix = if how == "client" {
            " (dry run)"
        } else {
            " (server dry run)"
        };
        let output = imports
            .import("app", "team/app:1", &format!("--dry-run={how}"))
            .success();
        output.prints(&format!("{STREAM} imported{suffix}\n"));
        output.says("the API server can import it: sha256:");
        imports.is_untouched();
    }
    let yaml = imports
        .import("app", "team/app:1", "--dry-run=client -o yaml")
        .success();
    assert!(
        yaml.stdout.contains("kind: ImageStream\n"),
        "{}",
        yaml.stdout
    );
    assert!(
        yaml.stdout.contains(&imports.image("team/app:1")),
        "{}",
        yaml.stdout
    );
    imports.is_untouched();

    imports.stream_of(&json!([follows("latest", "quay.io/team/app:2")]));
    let output = imports
        .import(
            "app",
            "team/app:1",
            "--change-source --diff --dry-run=server",
        )
        .success();
    assert!(
        output
            .stdout
            .contains(&format!("{STREAM} imported (server dry run)\n")),
        "{}",
        output.stdout
    );
    output.says("app:latest follows quay.io/team/app:2; that is changed");
    imports.is_untouched();
    assert!(imports.journal_files().is_empty());
}

#[test]
fn the_stream_is_printed_as_it_became() {
    let imports = Imports::new();
    let json_text = imports
        .import("app", "team/app:1", "-o json")
        .success()
        .stdout;
    let stream: Value = serde_json::from_str(&json_text).expect("JSON");
    assert_eq!(
        (&stream["kind"], &stream["metadata"]["name"]),
        (&json!("ImageStream"), &json!("app"))
    );
    assert!(stream["status"]["tags"][0]["items"][0]["image"].is_string());
    let name = imports.import("app", "team/app:1", "-o name").success();
    name.prints(&format!("{STREAM}\n"));
    let diff = imports.import("app:2", "team/app:1", "--diff").success();
    assert!(
        diff.stdout
            .starts_with(&format!("{STREAM} in namespace shop:\n")),
        "{}",
        diff.stdout
    );
}
