//! `promote` between registries: real `docker-registry` processes, and embedded ones for what has to fail on order.

mod clusters;
mod copies;
mod cut;
mod referrers;
mod refused;
mod words;

use std::sync::Arc;
use std::time::{Duration, Instant};

use extreg_test_support::api::make;
use extreg_test_support::client::Response;
use extreg_test_support::content::{Image, Layer, Packed};
use extreg_test_support::process::{Cmd, Output, Remote, Sandbox};
use extreg_test_support::registry::{LoggedRequest, Registry};
use serde_json::{Value, json};

/// The program with a home and without a cluster.
struct Home {
    sandbox: Arc<Sandbox>,
}

impl Home {
    fn new() -> Self {
        Self {
            sandbox: Arc::new(Sandbox::new()),
        }
    }

    /// `promote` with a command line, split at spaces.
    fn cmd(&self, line: &str) -> Cmd {
        Cmd::in_sandbox(env!("CARGO_BIN_EXE_kubectl-extreg"), self.sandbox.clone())
            .arg("promote")
            .args(line.split(' ').filter(|word| !word.is_empty()))
    }

    #[track_caller]
    fn promote(&self, line: &str) -> Output {
        self.cmd(line).run()
    }

    /// With `-o json`: the document.
    #[track_caller]
    fn document(&self, line: &str) -> Value {
        let output = self.promote(&format!("{line} -o json")).success();
        serde_json::from_str(&output.stdout).expect("JSON")
    }

    /// A file of credentials.
    fn logins(&self, name: &str, entries: &[(&str, &str, &str)]) {
        let auths: serde_json::Map<String, Value> = entries
            .iter()
            .map(|(key, user, password)| {
                let entry = make::docker_entry(user, password);
                ((*key).to_owned(), entry)
            })
            .collect();
        let file = json!({"auths": auths});
        self.sandbox.write(name, file.to_string());
    }
}

/// An image whose layer is streamed, and not read whole: larger than half a megabyte.
fn large() -> Image {
    Image::new().layer(Layer::of_size(7, 3_000_000))
}

/// The manifest of a tag as a registry gives it.
fn manifest(remote: &Remote, repository: &str, reference: &str) -> Response {
    let path = format!("/v2/{repository}/manifests/{reference}");
    let mut request = remote.request("GET", &path);
    for kind in [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ] {
        request = request.header("accept", kind);
    }
    remote.send(request)
}

/// The whole image is there, byte for byte.
#[track_caller]
fn is_there(remote: &Remote, repository: &str, reference: &str, image: &Packed) {
    let found = manifest(remote, repository, reference);
    assert_eq!(found.status, 200, "{}", found.text());
    assert_eq!(found.body, image.manifest, "{reference}");
    for (digest, bytes) in image.blob_digests().iter().zip(&image.blobs) {
        let path = format!("/v2/{repository}/blobs/{digest}");
        let blob = remote.send(remote.request("GET", &path));
        assert_eq!(
            (blob.status, blob.body.len()),
            (200, bytes.len()),
            "{digest}"
        );
        assert!(blob.body == *bytes, "{digest} has other bytes");
    }
    for child in &image.children {
        is_there(remote, repository, &child.digest(), child);
    }
}

/// Waits until something has happened, for as long as anything may take.
#[track_caller]
fn wait_until(happened: impl Fn() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "it did not happen"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What an embedded registry was sent that writes.
fn writes(registry: &Registry) -> Vec<LoggedRequest> {
    let log = registry.log().into_iter();
    log.filter(|request| !matches!(request.method.as_str(), "GET" | "HEAD"))
        .collect()
}

/// Requests with this method whose path ends or goes on so.
fn requests(registry: &Registry, method: &str, part: &str) -> Vec<LoggedRequest> {
    let log = registry.log().into_iter();
    log.filter(|request| request.method == method && request.target().contains(part))
        .collect()
}
