//! No byte of a password, nor of its base64, in any output or in the journal, whatever a verb does with it.

use base64::Engine as _;
use extreg_test_support::api::{Fault, PodState, make};
use extreg_test_support::content::Image;
use extreg_test_support::process::Output;
use extreg_test_support::registry::{Dialect, Fault as RegistryFault, Registry, User};
use serde_json::json;

use crate::kit::{Embedded, PASSWORD, World, for_each_world};

fn base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Everything that would give it away: itself, its base64, and what stands in a docker config and in a secret's data.
fn traces() -> Vec<String> {
    let auth = base64(&format!("robot:{PASSWORD}"));
    let mut traces = vec![PASSWORD.to_owned(), auth.clone()];
    // Base64 of a text that holds it at any of the three offsets.
    for offset in 0..3 {
        for text in [PASSWORD, auth.as_str()] {
            let padded = format!("{}{text}", "x".repeat(offset));
            let coded = base64(&padded);
            let (from, to) = (offset * 4 / 3 + 1, coded.len() - 4);
            traces.push(coded[from.next_multiple_of(4)..to].to_owned());
        }
    }
    traces
}

pub(crate) fn clean(world: &World, what: &str, output: &Output) {
    let mut bytes = vec![
        ("stdout", output.stdout.clone()),
        ("stderr", output.stderr.clone()),
    ];
    for file in world.journal_files() {
        bytes.push((
            "journal",
            String::from_utf8_lossy(&std::fs::read(file).expect("a file")).into_owned(),
        ));
    }
    for (place, text) in bytes {
        for trace in traces() {
            assert!(
                !text.contains(&trace),
                "{what}: {trace} in {place}:\n{text}"
            );
        }
    }
}

#[test]
fn the_traces_would_be_found() {
    let secret = make::docker_secret("shop", "x", "quay.io", "robot", PASSWORD);
    let text = secret.to_string();
    assert!(traces().iter().any(|trace| text.contains(trace)), "{text}");
}

#[test]
fn no_verb_gives_a_password_away() {
    for_each_world(|world| {
        world.docker_secret("corp", "quay.io", "robot", PASSWORD);
        let file = json!({"auths": {"ghcr.io": make::docker_entry("robot", PASSWORD)}});
        world.sandbox.write("auth.json", file.to_string());
        let steps = [
            "link quay.io --registry-username robot --registry-password-stdin --skip-check --dry-run=client -o yaml",
            "link quay.io --registry-username robot --registry-password-stdin --skip-check --dry-run=server -o json --diff",
            "link quay.io --registry-username robot --registry-password-stdin --skip-check --diff",
            "link quay.io --registry-username other --registry-password-stdin --skip-check --diff -o yaml",
            "link registry.example.com --registry-token-stdin --skip-check -o json",
            "link ghcr.io -a auth.json --skip-check --diff",
            "link quay.io --secret corp --skip-check -o yaml",
            "link quay.io:443 --from-secret corp --skip-check",
            "link quay.io --name corp --registry-username robot --registry-password-stdin --skip-check",
            "link docker.io --registry-token-stdin --skip-check",
            "undo --list",
            "undo --list -o json",
            "undo --diff",
            "undo",
            "unlink ghcr.io --diff -o yaml",
            "status -o wide",
            "status -o json",
            "unlink corp",
            "undo",
            "unlink quay.io",
            "status",
            "status -o yaml",
            "status -o dot",
            "status -o mermaid",
            "version",
        ];
        for line in steps {
            let output = world.cmd(line).stdin(PASSWORD).run();
            clean(world, line, &output);
        }
    });
}

#[test]
fn no_failure_gives_a_password_away() {
    let line = "link quay.io --registry-username robot --registry-password-stdin --skip-check";
    for code in [400, 409, 500, 503] {
        let world = Embedded::kubernetes();
        // A server that repeats what it was sent.
        let message = format!("cannot store {}", base64(&format!("robot:{}", "x")));
        let body = json!({"kind": "Status", "status": "Failure", "code": code, "message": message});
        world
            .api()
            .fault(Fault::answer(code, body).on_methods(&["PATCH"]));
        let output = world.cmd(line).stdin(PASSWORD).run().exits(1);
        clean(&world, &format!("status {code}"), &output);
    }
    let world = Embedded::kubernetes();
    world
        .api()
        .fault(Fault::drop_connection().on_methods(&["PATCH"]));
    let output = world.cmd(line).stdin(PASSWORD).run().exits(1);
    clean(&world, "a dropped connection", &output);
}

/// The login is sent to a registry that repeats it in every word it says.
#[test]
fn a_registry_that_repeats_the_login_gives_nothing_away() {
    for_each_world(|world| {
        let auth = base64(&format!("robot:{PASSWORD}"));
        let words = format!("bad password {PASSWORD} in Basic {auth}");
        let body = json!({"errors": [{"code": "UNAUTHORIZED", "message": words}]}).to_string();
        for status in [400, 401, 403, 500] {
            let registry = Registry::builder()
                .dialect(Dialect::DistributionBasic)
                .user(User::new("robot", PASSWORD).pull("*"))
                .start();
            registry.push_image("team/app", "1", &Image::new());
            registry.fault(RegistryFault::answer(status, "application/json", &body));
            let (host, image) = (registry.host(), registry.image("team/app:1"));
            let line = format!(
                "link {host} --plain-http --registry-username robot --registry-password-stdin --image {image}"
            );
            let output = world.cmd(&line).stdin(PASSWORD).run();
            clean(world, &format!("{line}: {status}"), &output);
            let file = json!({"auths": {(host.clone()): make::docker_entry("robot", PASSWORD)}});
            world.sandbox.write("auth.json", file.to_string());
            // With the login of a file, and with that of a secret, whose pod's node repeats what it sent.
            let secret = format!("corp-{status}");
            world.docker_secret(&secret, &host, "robot", PASSWORD);
            world.set_pull_secrets(&[&secret]);
            let pod = format!("lone-{status}");
            let sent =
                format!("password={PASSWORD}, Authorization: Basic {auth}, {PASSWORD} refused");
            let waiting = format!("Failed to pull image \"{image}\": unauthorized: {sent}");
            world.add_pod(&pod, &image, &PodState::waiting("ErrImagePull", &waiting));
            for line in [
                format!("doctor {image} --plain-http --no-cluster -a auth.json"),
                format!("doctor {image} secret/{secret} pod/{pod} --plain-http"),
            ] {
                for more in ["", " -vv", " -o json", " -o junit"] {
                    let output = world.run(&format!("{line}{more}"));
                    assert!(!output.stdout.is_empty(), "{line}{more}");
                    clean(world, &format!("{line}{more}: {status}"), &output);
                }
            }
        }
    });
}
