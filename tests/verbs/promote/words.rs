//! The words of the command line: what is refused before anybody is asked, and no secret in any output.

use base64::Engine as _;
use extreg_test_support::content::Image;
use extreg_test_support::registry::{Dialect, Fault, Registry, User};
use serde_json::json;

use super::{Home, large};
use crate::kit::PASSWORD;

#[test]
fn words_that_name_no_copy() {
    let home = Home::new();
    for (line, status, words) in [
        ("", 2, "required arguments"),
        ("quay.io/a/b:1", 2, "required arguments"),
        (
            "quay.io/A/b:1 quay.io/c/d:1",
            2,
            "a repository is lower case",
        ),
        (
            "https://quay.io/a/b:1 quay.io/c/d:1",
            2,
            "did you mean quay.io/a/b:1?",
        ),
        (
            "quay.io/a/b:1 web:1",
            2,
            "for Docker Hub write docker.io/library/web:1",
        ),
        (
            "quay.io/a/b:1 quay.io",
            2,
            "names a registry and no repository",
        ),
        ("quay.io/a/b:1 istag/web:1", 2, "`import` fills a stream"),
        ("deploy/web quay.io/c/d:1", 2, "is neither"),
        ("pods quay.io/c/d:1", 2, "one image is copied"),
        ("istag/web quay.io/c/d:1", 2, "istag/web:latest"),
        (
            "quay.io/a/b:1 quay.io/a/b:1",
            2,
            "both where the image is and where it should go",
        ),
        (
            "quay.io/a/b:1 quay.io/c/d:1 --platform linux",
            2,
            "is no platform",
        ),
        (
            "quay.io/a/b:1 quay.io/c/d:1 --source-registry-config none.json",
            1,
            "cannot read",
        ),
        (
            "quay.io/a/b:1 quay.io/c/d:1 --registry-ca none.pem",
            1,
            "cannot read the CA file",
        ),
        (
            "quay.io/a/b:1 quay.io/c/d:1 --target-from-secret x --target-registry-config y",
            2,
            "cannot be used with",
        ),
    ] {
        let output = home.promote(line).exits(status);
        output.says(words);
        assert!(output.stdout.is_empty(), "{line}: {}", output.stdout);
    }
    let output = home
        .promote("user:secret-password@quay.io/a/b:1 quay.io/c/d:1")
        .exits(2);
    assert!(
        !output.stderr.contains("secret-password"),
        "{}",
        output.stderr
    );
}

#[test]
fn files_of_credentials_that_cannot_be_used() {
    let home = Home::new();
    let registry = Registry::builder().start();
    registry.push_image("web", "1", &Image::new());
    let line = format!(
        "{} {} --plain-http",
        registry.image("web:1"),
        registry.image("other:1")
    );
    home.logins("other.json", &[("quay.io", "a", "b")]);
    let output = home
        .promote(&format!("{line} --target-registry-config other.json"))
        .exits(1);
    output.says("has no entry for").says("it has quay.io");
    home.sandbox.write("bad.json", "{");
    for flag in ["-a", "--source-registry-config"] {
        let output = home.promote(&format!("{line} {flag} bad.json")).exits(1);
        output.says("is no docker config");
    }
    assert!(!registry.has_repository("other"));
    // For both sides a file may have the one alone, or none.
    home.promote(&format!("{line} -a other.json")).success();
}

fn base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// No byte of a password, nor of what stands for it, whatever a registry does with it.
#[test]
fn no_secret_in_any_output() {
    let auth = base64(&format!("robot:{PASSWORD}"));
    let repeats = format!("bad password {PASSWORD} in Basic {auth}");
    let body = json!({"errors": [{"code": "DENIED", "message": repeats}]}).to_string();
    let faults = [
        None,
        Some(Fault::answer(401, "application/json", &body)),
        Some(Fault::answer(403, "application/json", &body)),
        Some(Fault::answer(500, "application/json", &body)),
        Some(Fault::reset_in_body()),
    ];
    for dialect in [Dialect::DistributionBasic, Dialect::DistributionToken] {
        for fault in &faults {
            for faulty in ["source", "target"] {
                let make = || {
                    Registry::builder()
                        .dialect(dialect)
                        .user(User::new("robot", PASSWORD).pull("*").push("*"))
                        .blob_storage()
                        .start()
                };
                let (source, target) = (make(), make());
                source.push_image("web", "1", &large());
                let home = Home::new();
                let hosts = [source.host(), target.host()];
                let entries: Vec<_> = hosts
                    .iter()
                    .map(|host| (host.as_str(), "robot", PASSWORD))
                    .collect();
                home.logins("auth.json", &entries);
                if let Some(fault) = fault {
                    let registry = if faulty == "source" { &source } else { &target };
                    registry.fault(fault.clone());
                }
                let line = format!(
                    "{} {} --plain-http -a auth.json --retries 0",
                    source.image("web:1"),
                    target.image("web:1")
                );
                for more in [" --dry-run", " --skip-check", " -o json", " -o yaml"] {
                    let output = home.promote(&format!("{line}{more}"));
                    let said = format!("{}{}", output.stdout, output.stderr);
                    let log = [source.log(), target.log()].concat();
                    let bearers = log
                        .iter()
                        .filter_map(|it| it.authorization()?.strip_prefix("Bearer "));
                    let signature = "c2lnbmVkLXVybC1zZWNyZXQ";
                    for secret in [PASSWORD, &auth, signature].into_iter().chain(bearers) {
                        assert!(
                            !said.contains(secret),
                            "{dialect:?} {fault:?}{more}: {said}"
                        );
                    }
                    assert!(fault.is_some() || output.status == Some(0), "{said}");
                }
            }
        }
    }
}
