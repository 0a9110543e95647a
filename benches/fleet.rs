//! A look at a whole cluster: `doctor -A --all -o json` on 10,000 pods, 2,000 images and 50 registries, as a process, beside
//! a loop of `skopeo inspect` over the same images in the same run. Prints the table of the README.
//!
//! ```text
//! cargo bench --bench fleet                     all of it
//! cargo bench --bench fleet -- 1000 200 10      pods, images, registries
//! ```
//!
//! The cluster is the embedded API server, the registries are embedded ones of many dialects, every second with a token
//! service and no image for strangers. The loop goes over a sample of the images, one after the other, and its time is
//! scaled to all of them.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_macros,
    clippy::expect_used,
    reason = "a benchmark prints, and ends when its ground is missing"
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use extreg_test_support::fleet::{Fleet, LOGIN, MISSING_TAG, Size};
use extreg_test_support::process::{Sandbox, find_program};
use extreg_test_support::registry::Origin;

/// Counted rounds.
const ROUNDS: usize = 3;
/// Images that the loop asks for.
const SAMPLE: usize = 100;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let numbers: Vec<usize> = arguments
        .iter()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    // A word chooses a row of the other bench.
    if numbers.len() < arguments.len() {
        return;
    }
    let number = |at: usize, usual: usize| numbers.get(at).copied().unwrap_or(usual);
    let size = Size {
        namespaces: (number(0, 10_000) / 100).max(1),
        deployments: (number(1, 2_000) * 3 / 10).max(1),
        pods: number(0, 10_000),
        images: number(1, 2_000),
        registries: number(2, 50),
        missing: number(1, 2_000) / 100,
    };
    let began = Instant::now();
    let fleet = Fleet::start(size);
    println!(
        "{} pods of {} deployments in {} namespaces, {} images in {} registries; made in {:.1} s\n",
        size.pods,
        size.deployments,
        size.namespaces,
        size.images,
        size.registries,
        began.elapsed().as_secs_f64()
    );
    let sandbox = Sandbox::new();
    let rounds: Vec<Round> = (0..ROUNDS).map(|_| doctor(&fleet, &sandbox)).collect();
    print(&fleet, &rounds, skopeo(&fleet, &sandbox));
}

/// One run of `doctor`.
struct Round {
    seconds: f64,
    /// The highest resident memory, in MiB.
    memory: f64,
    /// Sockets that were open at the same time, at most.
    sockets: usize,
    checked: u64,
    failed: u64,
    undetermined: u64,
    report: f64,
    api_calls: usize,
    registry: Asked,
}

/// What the registries were asked.
#[derive(Default)]
struct Asked {
    requests: usize,
    manifests: usize,
    /// Of one image that is there, at most.
    manifests_most: usize,
    /// Of one that is not, which is also asked for as nobody.
    missing_most: usize,
    tokens: usize,
    /// For one repository and login, at most.
    tokens_most: usize,
    blobs: usize,
    other: usize,
    /// Open to one host at the same time, at most.
    connections_most: usize,
}

fn doctor(fleet: &Fleet, sandbox: &Sandbox) -> Round {
    fleet.forget();
    let kubeconfig = sandbox.write("kubeconfig", fleet.api.kubeconfig("default"));
    let ca = sandbox.write("ca.pem", fleet.ca.root_pem());
    let report = sandbox.path().join("report.json");
    let errors = sandbox.path().join("errors");
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-extreg"))
        .args(["doctor", "-A", "--all", "-o", "json", "--registry-ca"])
        .arg(&ca)
        .env("HOME", sandbox.home())
        .env("XDG_STATE_HOME", sandbox.home().join("state"))
        .env("KUBECONFIG", &kubeconfig)
        .stdin(Stdio::null())
        .stdout(File::create(&report).expect("a file"))
        .stderr(File::create(&errors).expect("a file"))
        .spawn()
        .expect("the program");
    let (mut memory, mut sockets) = (0.0_f64, 0);
    let status = loop {
        if let Some(status) = child.try_wait().expect("its state") {
            break status;
        }
        memory = memory.max(high_water(child.id()));
        sockets = sockets.max(open_sockets(child.id()));
        std::thread::sleep(Duration::from_millis(5));
    };
    let seconds = started.elapsed().as_secs_f64();
    let said = std::fs::read_to_string(&errors).unwrap_or_default();
    assert!(matches!(status.code(), Some(0 | 3 | 4)), "{status}: {said}");
    let text = std::fs::read(&report).expect("a report");
    let json: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let count = |name: &str| json["summary"][name].as_u64().unwrap_or_default();
    if count("undetermined") > 0 {
        let open = json["results"].as_array().into_iter().flatten();
        let words = open
            .filter(|result| result["status"] == "undetermined")
            .map(|result| result["summary"].to_string());
        println!("{:?}", words.take(3).collect::<Vec<_>>());
    }
    Round {
        seconds,
        memory,
        sockets,
        checked: count("checked"),
        failed: count("failed"),
        undetermined: count("undetermined"),
        report: mebibytes(text.len()),
        api_calls: fleet.api.requests().len(),
        registry: asked(fleet),
    }
}

fn asked(fleet: &Fleet) -> Asked {
    let mut asked = Asked::default();
    let mut manifests: BTreeMap<(usize, String), usize> = BTreeMap::new();
    let mut tokens: BTreeMap<(usize, String, bool), usize> = BTreeMap::new();
    for (at, request) in fleet.log() {
        asked.requests += 1;
        if request.asks_for_token() {
            asked.tokens += 1;
            let login = request.authorization().is_some() || !request.body.is_empty();
            *tokens.entry((at, request.target(), login)).or_default() += 1;
        } else if request.path.contains("/manifests/") {
            asked.manifests += 1;
            *manifests.entry((at, request.path)).or_default() += 1;
        } else if request.path.contains("/blobs/") {
            asked.blobs += 1;
        } else {
            asked.other += 1;
        }
    }
    for ((_, path), times) in manifests {
        let most = if path.ends_with(MISSING_TAG) {
            &mut asked.missing_most
        } else {
            &mut asked.manifests_most
        };
        *most = times.max(*most);
    }
    asked.tokens_most = tokens.into_values().max().unwrap_or_default();
    asked.connections_most = fleet
        .registries
        .iter()
        .map(|registry| registry.most_connections(Origin::Registry))
        .max()
        .unwrap_or_default();
    asked
}

/// Seconds for all images, from a sample of them; `None` where the program is not installed.
fn skopeo(fleet: &Fleet, sandbox: &Sandbox) -> Option<f64> {
    find_program("skopeo")?;
    let folder = sandbox.path().join("certs");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("ca.crt"), fleet.ca.root_pem()).expect("a file");
    let hosts: Vec<String> = fleet
        .registries
        .iter()
        .step_by(2)
        .map(extreg_test_support::registry::Registry::host)
        .collect();
    let entries: Vec<(&str, &str, &str)> = hosts
        .iter()
        .map(|host| (host.as_str(), LOGIN.0, LOGIN.1))
        .collect();
    let auth_file = sandbox.auth_file(&entries);
    let there = &fleet.images[fleet.size.missing..];
    // A step that meets all registries and not only every second.
    let step = (there.len() / SAMPLE).max(1) | 1;
    let sample: Vec<&String> = there.iter().step_by(step).take(SAMPLE).collect();
    let started = Instant::now();
    for image in &sample {
        let output = Command::new("skopeo")
            .args([
                "inspect",
                "--no-tags",
                "--override-os",
                "linux",
                "--override-arch",
                "amd64",
            ])
            .arg("--authfile")
            .arg(&auth_file)
            .arg("--cert-dir")
            .arg(&folder)
            .arg(format!("docker://{image}"))
            .env("HOME", sandbox.home())
            .output()
            .expect("skopeo");
        assert!(
            output.status.success(),
            "{image}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let each = started.elapsed().as_secs_f64() / number_of(sample.len());
    Some(each * number_of(fleet.images.len()))
}

fn print(fleet: &Fleet, rounds: &[Round], skopeo: Option<f64>) {
    let median = |value: &dyn Fn(&Round) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let most = |value: &dyn Fn(&Round) -> usize| rounds.iter().map(value).max().unwrap_or_default();
    let last = rounds.last().expect("a round");
    let seconds = median(&|round| round.seconds);
    println!("| `doctor -A --all -o json` | measured | goal |");
    println!("| --- | --- | --- |");
    println!(
        "| results | {}: {} failed, {} undetermined; report of {:.1} MiB | |",
        last.checked, last.failed, last.undetermined, last.report
    );
    println!("| time, median of {} | {seconds:.2} s | |", rounds.len());
    match skopeo {
        Some(theirs) => println!(
            "| `skopeo inspect` in a loop | {theirs:.1} s, scaled from {SAMPLE} images: {:.1} times | 10 times |",
            theirs / seconds
        ),
        None => println!("| `skopeo inspect` in a loop | not installed | 10 times |"),
    }
    let memory = rounds.iter().map(|round| round.memory).fold(0.0, f64::max);
    println!("| memory, highest | {memory:.1} MiB | under 100 MiB |");
    println!("| API calls | {} | |", most(&|round| round.api_calls));
    println!(
        "| registry requests | {} | |",
        most(&|round| round.registry.requests)
    );
    let manifests = most(&|round| round.registry.manifests);
    println!(
        "| manifest requests an image | {:.2}; at most {}, of a missing one {} | at most 2 |",
        number_of(manifests) / number_of(fleet.images.len()),
        most(&|round| round.registry.manifests_most),
        most(&|round| round.registry.missing_most)
    );
    println!(
        "| tokens | {}, at most {} a repository and credential | 1 |",
        most(&|round| round.registry.tokens),
        most(&|round| round.registry.tokens_most)
    );
    println!(
        "| blob requests, others | {}, {} | |",
        most(&|round| round.registry.blobs),
        most(&|round| round.registry.other)
    );
    println!(
        "| connections to one host | at most {} | at most 4 |",
        most(&|round| round.registry.connections_most)
    );
    println!(
        "| sockets in all | at most {} | bounded |",
        most(&|round| round.sockets)
    );
}

/// `VmHWM` of a process in MiB; nothing once it has ended.
fn high_water(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kibibytes.unwrap_or_default() / 1024.0
}

fn open_sockets(process: u32) -> usize {
    let files = std::fs::read_dir(format!("/proc/{process}/fd"));
    files
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|file| std::fs::read_link(file.path()).ok())
        .filter(|link| link.to_string_lossy().starts_with("socket:"))
        .count()
}

fn mebibytes(bytes: usize) -> f64 {
    number_of(bytes) / 1024.0 / 1024.0
}

fn number_of(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::NAN, f64::from)
}
