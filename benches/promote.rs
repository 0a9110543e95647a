//! One image with one large layer from one real `docker-registry` to another, by `promote` and by `skopeo copy`: in turn,
//! A B A B, in one run on one machine, with the medians of time and of the highest resident memory. Prints the table of
//! the README.
//!
//! ```text
//! cargo bench --bench promote                a layer of 1,024 MiB, three rounds
//! cargo bench --bench promote -- 64 5        of 64 MiB, five rounds
//! cargo bench --bench promote -- TLS         one row alone
//! ```
//!
//! Every copy goes to a registry of its own that is empty. The registries are on the same disk and processors, and share
//! them with whoever copies: what is measured is the whole.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_macros,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark prints, and ends when its ground is missing"
)]

use std::fmt::Write as _;
use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{Context, SHA256};
use extreg_test_support::certs::Ca;
use extreg_test_support::process::{
    DockerRegistry, Remote, Sandbox, docker_registry_available, find_program,
};
use serde_json::json;

const MEBIBYTE: usize = 1024 * 1024;
/// What is sent to the source at a time, so that this process stays small too.
const PIECE: usize = 32 * MEBIBYTE;
/// What tells a layer that is compressed already (RFC 1952), so that nobody compresses it once more.
const GZIP: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let numbers: Vec<usize> = arguments
        .iter()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let words: Vec<&String> = arguments
        .iter()
        .filter(|argument| argument.parse::<usize>().is_err())
        .collect();
    let size = numbers.first().copied().unwrap_or(1024);
    let rounds = numbers.get(1).copied().unwrap_or(3).max(1);
    let rows: Vec<bool> = [false, true]
        .into_iter()
        .filter(|tls| words.is_empty() || words.iter().any(|word| name(*tls).contains(*word)))
        .collect();
    // A word of another bench's rows.
    if rows.is_empty() {
        return;
    }
    if !docker_registry_available() {
        println!("docker-registry is not installed");
        return;
    }
    println!(
        "| a layer of {size} MiB | time | memory | `skopeo copy` | its memory | time | memory |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for tls in rows {
        row(size, rounds, tls);
    }
}

fn name(tls: bool) -> &'static str {
    if tls {
        "`promote`, TLS"
    } else {
        "`promote`, HTTP"
    }
}

fn row(size: usize, rounds: usize, tls: bool) {
    let ground = Ground::new(size, tls);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let peer = find_program("skopeo").is_some();
    for round in 0..=rounds {
        let (a, b) = (ground.promote(), peer.then(|| ground.skopeo()));
        // The first round fills caches.
        if round > 0 {
            ours.push(a);
            theirs.extend(b);
        }
    }
    let times = |runs: &[Run]| median(runs.iter().map(|run| run.seconds).collect());
    let memory = |runs: &[Run]| median(runs.iter().map(|run| run.mebibytes).collect());
    if theirs.is_empty() {
        println!(
            "| {} | {:.2} s | {:.0} MiB | not installed | | | |",
            name(tls),
            times(&ours),
            memory(&ours)
        );
        return;
    }
    let pairs = || ours.iter().zip(&theirs);
    println!(
        "| {} | {:.2} s | {:.0} MiB | {:.2} s | {:.0} MiB | {:.2} | {:.2} |",
        name(tls),
        times(&ours),
        memory(&ours),
        times(&theirs),
        memory(&theirs),
        median(pairs().map(|(a, b)| a.seconds / b.seconds).collect()),
        median(pairs().map(|(a, b)| a.mebibytes / b.mebibytes).collect()),
    );
}

/// One copy.
struct Run {
    seconds: f64,
    mebibytes: f64,
}

/// The source with its image, and what both contestants need to reach registries.
struct Ground {
    source: DockerRegistry,
    ca: Option<Ca>,
    sandbox: Sandbox,
}

impl Ground {
    fn new(size: usize, tls: bool) -> Self {
        let ca = tls.then(|| Ca::new("Bench CA"));
        let sandbox = Sandbox::new();
        if let Some(ca) = &ca {
            sandbox.write("certs/ca.crt", ca.pem());
        }
        let source = registry(ca.as_ref());
        push(&source.remote(), size * MEBIBYTE);
        Self {
            source,
            ca,
            sandbox,
        }
    }

    fn promote(&self) -> Run {
        let target = registry(self.ca.as_ref());
        let ca = self.file("certs/ca.crt");
        let (from, to) = (self.source.image("team/app:1"), target.image("team/app:1"));
        let reach = match self.ca {
            Some(_) => ["--registry-ca", &ca],
            None => ["--plain-http", "-ojson"],
        };
        let program = env!("CARGO_BIN_EXE_kubectl-extreg");
        self.run(
            &[&[program, "promote", &from, &to][..], &reach].concat(),
            &target,
        )
    }

    fn skopeo(&self) -> Run {
        let target = registry(self.ca.as_ref());
        let folder = self.file("certs");
        let from = format!("docker://{}", self.source.image("team/app:1"));
        let to = format!("docker://{}", target.image("team/app:1"));
        let reach = match self.ca {
            Some(_) => ["--src-cert-dir", &folder, "--dest-cert-dir", &folder].to_vec(),
            None => vec!["--src-tls-verify=false", "--dest-tls-verify=false"],
        };
        let copy = ["skopeo", "--insecure-policy", "copy", "--quiet"];
        self.run(&[&copy[..], &reach, &[&from, &to]].concat(), &target)
    }

    fn file(&self, name: &str) -> String {
        self.sandbox.path().join(name).display().to_string()
    }

    /// Runs a contestant to its end, looking at its memory, and makes sure that it did its work.
    fn run(&self, arguments: &[&str], target: &DockerRegistry) -> Run {
        let log = self.sandbox.path().join("log");
        let output = File::create(&log).expect("a file");
        let started = Instant::now();
        let mut child = Command::new(arguments[0])
            .args(&arguments[1..])
            .env("HOME", self.sandbox.home())
            .env("XDG_RUNTIME_DIR", self.sandbox.path())
            .env_remove("KUBECONFIG")
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a second handle"))
            .stderr(output)
            .spawn()
            .expect("the program");
        let mut mebibytes = 0.0_f64;
        let status = loop {
            mebibytes = mebibytes.max(high_water(child.id()));
            match child.try_wait().expect("a child to wait for") {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        let seconds = started.elapsed().as_secs_f64();
        if !status.success() {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            panic!("{arguments:?} failed: {said}");
        }
        let remote = target.remote();
        let manifest = remote
            .request("GET", "/v2/team/app/manifests/1")
            .header("accept", "application/vnd.oci.image.manifest.v1+json");
        assert_eq!(remote.send(manifest).status, 200, "nothing was copied");
        Run { seconds, mebibytes }
    }
}

fn registry(ca: Option<&Ca>) -> DockerRegistry {
    let builder = DockerRegistry::builder();
    match ca {
        Some(ca) => builder.tls(&ca.server(&["127.0.0.1"])).start(),
        None => builder.start(),
    }
}

/// Pushes an image with one layer of that many bytes that look like chance.
fn push(remote: &Remote, size: usize) {
    let layer = blob(remote, size);
    let config = json!({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [layer.0]}});
    let config = bytes(remote, config.to_string().as_bytes());
    let descriptor = |kind: &str, (digest, size): &(String, usize)| json!({"mediaType": format!("application/vnd.oci.image.{kind}"), "digest": digest, "size": size});
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("config.v1+json", &config),
        "layers": [descriptor("layer.v1.tar+gzip", &layer)],
    });
    let put = remote
        .request("PUT", "/v2/team/app/manifests/1")
        .header("content-type", "application/vnd.oci.image.manifest.v1+json")
        .body(manifest.to_string().into_bytes());
    let stored = remote.send(put);
    assert_eq!(stored.status, 201, "{}", stored.text());
}

fn bytes(remote: &Remote, content: &[u8]) -> (String, usize) {
    let mut upload = Upload::begin(remote);
    upload.add(content);
    upload.finish()
}

fn blob(remote: &Remote, size: usize) -> (String, usize) {
    let mut upload = Upload::begin(remote);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut piece = GZIP.to_vec();
    while upload.size < size {
        while piece.len() < PIECE.min(size - upload.size) {
            // Xorshift (Marsaglia 2003): no chance, and nothing that any disk or network could make smaller.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            piece.extend(state.to_le_bytes());
        }
        piece.truncate(size - upload.size);
        upload.add(&piece);
        piece.clear();
    }
    upload.finish()
}

/// A blob on its way into the source.
struct Upload<'a> {
    remote: &'a Remote,
    location: String,
    hash: Context,
    size: usize,
}

impl<'a> Upload<'a> {
    fn begin(remote: &'a Remote) -> Self {
        let begun = remote.send(remote.request("POST", "/v2/team/app/blobs/uploads/"));
        Self {
            remote,
            location: path(begun.header("location")),
            hash: Context::new(&SHA256),
            size: 0,
        }
    }

    fn add(&mut self, piece: &[u8]) {
        self.hash.update(piece);
        self.size += piece.len();
        let patch = self
            .remote
            .request("PATCH", &self.location)
            .header("content-type", "application/octet-stream")
            .body(piece.to_vec());
        self.location = path(self.remote.send(patch).header("location"));
    }

    fn finish(self) -> (String, usize) {
        let mut digest = "sha256:".to_owned();
        for byte in self.hash.finish().as_ref() {
            write!(digest, "{byte:02x}").expect("a string takes everything");
        }
        let put = format!("{}&digest={digest}", self.location);
        let stored = self.remote.send(self.remote.request("PUT", &put));
        assert_eq!(stored.status, 201, "{}", stored.text());
        (digest, self.size)
    }
}

/// Path and query of an absolute address.
fn path(location: Option<&str>) -> String {
    let location = location.expect("an upload");
    let rest = location
        .split_once("://")
        .map_or(location, |(_, rest)| rest);
    rest.find('/')
        .map_or_else(String::new, |at| rest[at..].to_owned())
}

/// `VmHWM` of a process in MiB; nothing once it has ended.
fn high_water(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kibibytes.unwrap_or_default() / 1024.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}
