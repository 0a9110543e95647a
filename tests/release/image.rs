//! The container image: what is in it and how it runs, and that it goes into a registry and from there into another.

use std::sync::Arc;

use extreg_test_support::process::{
    Cmd, DockerRegistry, HTPASSWD_PASSWORD, HTPASSWD_USER, Sandbox, program_or_skip,
    real_registry_or_skip,
};
use serde_json::Value;

use super::{PROGRAM, VERSION, script, stand_in};

const WHAT: &str = "the container image";

/// The layout `image` in a sandbox, and the digest of the index in it.
fn image(sandbox: &Arc<Sandbox>) -> String {
    let program = stand_in(sandbox, "program");
    sandbox.write("ca.pem", "certificates\n");
    script("image", sandbox)
        .arg("image")
        .arg(format!("amd64={}", program.display()))
        .arg(format!("arm64={}", program.display()))
        .env("EXTREG_CA_BUNDLE", "ca.pem")
        .env("EXTREG_GIT_COMMIT", "0123456789abcdef")
        .run()
        .success()
        .stdout
        .trim_end()
        .to_owned()
}

fn skopeo(sandbox: &Arc<Sandbox>, words: &[&str]) -> String {
    Cmd::in_sandbox("skopeo", sandbox.clone())
        .args(["--insecure-policy", "--override-os", "linux"])
        .args(words)
        .run()
        .success()
        .stdout
}

#[test]
fn the_image_runs_the_program_as_an_ordinary_user() {
    if !program_or_skip("skopeo", WHAT) {
        return;
    }
    let sandbox = Arc::new(Sandbox::new());
    image(&sandbox);
    let layout = format!("oci:image:{VERSION}");
    for arch in ["amd64", "arm64"] {
        let text = skopeo(
            &sandbox,
            &[
                "--override-arch",
                arch,
                "inspect",
                "--config",
                "--raw",
                &layout,
            ],
        );
        let config: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(config["architecture"], arch);
        assert_eq!(config["os"], "linux");
        assert_eq!(config["created"], "2023-11-14T22:13:20Z");
        let run = &config["config"];
        // A number, since a cluster that forbids root cannot judge a name.
        assert_eq!(run["User"], "65532:65532");
        assert_eq!(
            run["Entrypoint"],
            serde_json::json!(["/usr/bin/kubectl-extreg"])
        );
        assert_eq!(run["Cmd"], Value::Null);
        let labels = &run["Labels"];
        assert_eq!(labels["org.opencontainers.image.version"], VERSION);
        assert_eq!(
            labels["org.opencontainers.image.revision"],
            "0123456789abcdef"
        );
    }

    // skopeo unpacks the layer, and has checked its digests by then.
    skopeo(&sandbox, &["copy", "--quiet", &layout, "dir:unpacked"]);
    let text = std::fs::read_to_string(sandbox.path().join("unpacked/manifest.json"));
    let manifest: Value = serde_json::from_str(&text.expect("a manifest")).expect("JSON");
    let layers = manifest["layers"].as_array().expect("layers");
    assert_eq!(layers.len(), 1);
    let layer = layers[0]["digest"].as_str().expect("a digest");
    let listing = Cmd::in_sandbox("tar", sandbox.clone())
        .args(["--numeric-owner", "-tvzf"])
        .arg(format!("unpacked/{}", layer.trim_start_matches("sha256:")))
        .run()
        .success()
        .stdout;
    let found: Vec<String> = listing
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words[1], "0/0", "{line}");
            assert_eq!((words[3], words[4]), ("2023-11-14", "22:13"), "{line}");
            format!("{} {}", words[0], words[5])
        })
        .collect();
    assert_eq!(
        found,
        [
            "drwxr-xr-x etc/",
            "-rw-r--r-- etc/group",
            "-rw-r--r-- etc/passwd",
            "drwxr-xr-x etc/ssl/",
            "drwxr-xr-x etc/ssl/certs/",
            "-rw-r--r-- etc/ssl/certs/ca-certificates.crt",
            "drwxr-xr-x licenses/",
            "-rw-r--r-- licenses/LICENSE",
            "drwxr-xr-x usr/",
            "drwxr-xr-x usr/bin/",
            "-rwxr-xr-x usr/bin/kubectl-extreg",
        ]
    );
}

/// The digest of an image in a registry, as skopeo is told it.
fn digest_in(sandbox: &Arc<Sandbox>, registry: &DockerRegistry, name: &str, login: &str) -> String {
    let found = skopeo(
        sandbox,
        &[
            "inspect",
            "--tls-verify=false",
            login,
            "--format",
            "{{.Digest}}",
            &format!("docker://{}", registry.image(name)),
        ],
    );
    found.trim_end().to_owned()
}

#[test]
fn the_image_is_pushed_under_its_version_and_as_the_latest() {
    if !program_or_skip("skopeo", WHAT) || !real_registry_or_skip(WHAT) {
        return;
    }
    let sandbox = Arc::new(Sandbox::new());
    let digest = image(&sandbox);
    let archive = format!("dist/kubectl-extreg-v{VERSION}-image.tar");
    sandbox.write(&archive, "");
    Cmd::in_sandbox("tar", sandbox.clone())
        .args(["-C", "image", "-cf", &archive, "."])
        .run()
        .success();
    let registry = DockerRegistry::builder().htpasswd().start();
    let repository = registry.image("extreg/kubectl-extreg");
    let push = |password: &str| {
        script("push", &sandbox)
            .args(["dist", &repository])
            .env("EXTREG_PLAIN_HTTP", "1")
            .env("REGISTRY_USER", HTPASSWD_USER)
            .env("REGISTRY_PASSWORD", password)
            .env("GITHUB_OUTPUT", "outputs")
            .run()
    };
    assert_ne!(push("wrong").status, Some(0));
    assert!(!sandbox.path().join("outputs").exists());
    push(HTPASSWD_PASSWORD)
        .success()
        .prints(&format!("{digest}\n"));
    let outputs = std::fs::read_to_string(sandbox.path().join("outputs")).expect("outputs");
    assert_eq!(outputs, format!("digest={digest}\n"));
    let login = format!("--creds={HTPASSWD_USER}:{HTPASSWD_PASSWORD}");
    for tag in [VERSION, "latest"] {
        let name = format!("extreg/kubectl-extreg:{tag}");
        assert_eq!(digest_in(&sandbox, &registry, &name, &login), digest);
    }
}

#[test]
fn the_image_is_promoted_from_registry_to_registry() {
    if !program_or_skip("skopeo", WHAT) || !real_registry_or_skip(WHAT) {
        return;
    }
    let sandbox = Arc::new(Sandbox::new());
    let digest = image(&sandbox);
    let (first, second) = (
        DockerRegistry::builder().start(),
        DockerRegistry::builder().start(),
    );
    let name = format!("extreg/kubectl-extreg:{VERSION}");
    skopeo(
        &sandbox,
        &[
            "copy",
            "--all",
            "--quiet",
            "--dest-tls-verify=false",
            &format!("oci:image:{VERSION}"),
            &format!("docker://{}", first.image(&name)),
        ],
    );
    Cmd::in_sandbox(PROGRAM, sandbox.clone())
        .arg("promote")
        .args([first.image(&name), second.image(&name)])
        .args(["--source-plain-http", "--target-plain-http"])
        .run()
        .success();
    for registry in [&first, &second] {
        assert_eq!(digest_in(&sandbox, registry, &name, "--no-creds"), digest);
    }
}

#[test]
fn an_image_without_certificates_is_not_made() {
    let sandbox = Arc::new(Sandbox::new());
    let program = stand_in(&sandbox, "program");
    sandbox.write("empty.pem", "");
    for bundle in ["empty.pem", "missing.pem"] {
        let output = script("image", &sandbox)
            .arg("image")
            .arg(format!("amd64={}", program.display()))
            .env("EXTREG_CA_BUNDLE", bundle)
            .run()
            .exits(1);
        output.says(&format!("there are no certificates in {bundle}"));
        assert!(!sandbox.path().join("image").exists());
    }
}
