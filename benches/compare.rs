//! Whole-process times of this tool beside `kubectl` and `skopeo`: each pair in turn, A B A B, in one run on one machine,
//! with medians and the median of the ratios pair by pair. Prints the table of the README.
//!
//! ```text
//! cargo bench                  all rows
//! cargo bench -- version       the rows whose name holds the word
//! ```
//!
//! The cluster is the embedded API server and one registry is a real `docker-registry`; a row whose peer is not
//! installed says so. Distance is 50 ms a round trip, made by a TCP proxy in front of the registry.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_macros,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark prints, and ends when its ground is missing"
)]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use extreg_test_support::api::{Api, make};
use extreg_test_support::certs::Ca;
use extreg_test_support::content::Image;
use extreg_test_support::net::{ClosedPort, DelayProxy};
use extreg_test_support::process::{
    DockerRegistry, HTPASSWD_PASSWORD, HTPASSWD_USER, Sandbox, docker_registry_available,
    find_program,
};
use extreg_test_support::registry::{Dialect, Registry, User};

/// Counted rounds of each pair, after one that is not counted.
const ROUNDS: usize = 15;
const DISTANCE: Duration = Duration::from_millis(50);
/// Secrets of the namespace in which names are completed.
const SECRETS: usize = 50;
const LOGIN: (&str, &str) = ("robot", "correct-horse");

fn main() {
    let wanted = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let bench = Bench {
        wanted,
        sandbox: Sandbox::new(),
    };
    println!("| what | kubectl-extreg | peer | its time | ratio | goal |");
    println!("| --- | --- | --- | --- | --- | --- |");
    bench.version();
    bench.complete();
    bench.link();
    bench.doctor_docker_registry();
    bench.doctor_token_registry();
}

struct Bench {
    wanted: Vec<String>,
    sandbox: Sandbox,
}

/// The processes that one contestant runs, one after the other, in a round.
type Contestant<'a> = Box<dyn Fn(usize) -> Vec<Process> + 'a>;

/// One process: its arguments, program first, and its standard input.
struct Process {
    arguments: Vec<String>,
    stdin: &'static str,
}

fn process(arguments: &[&str]) -> Process {
    Process {
        arguments: arguments
            .iter()
            .map(|argument| (*argument).to_owned())
            .collect(),
        stdin: "",
    }
}

/// One line of the table.
struct Row<'a> {
    what: &'a str,
    /// The peer's program, and what it is asked in words.
    peer: &'a str,
    peer_does: &'a str,
    /// The ratio that is aimed at.
    goal: f64,
    ours: Contestant<'a>,
    theirs: Contestant<'a>,
}

impl Bench {
    fn version(&self) {
        self.row(&Row {
            what: "start (`version`)",
            peer: "kubectl",
            peer_does: "`kubectl version --client`",
            goal: 0.04,
            ours: Box::new(|_| vec![process(&[extreg(), "version"])]),
            theirs: Box::new(|_| vec![process(&["kubectl", "version", "--client"])]),
        });
    }

    /// What a shell waits for at every press of the key: once what the program itself knows, once names of the cluster.
    fn complete(&self) {
        self.row(&Row {
            what: "completion of a flag, no cluster",
            peer: "kubectl",
            peer_does: "`kubectl version --client`",
            goal: 0.04,
            ours: Box::new(|_| vec![process(&[extreg(), "__complete", "doctor", "--registry-"])]),
            theirs: Box::new(|_| vec![process(&["kubectl", "version", "--client"])]),
        });
        let api = Api::builder().tls().start();
        let secret =
            |number| make::docker_secret("default", &format!("pull-{number}"), "quay.io", "a", "b");
        api.seed((0..SECRETS).map(secret));
        let kubeconfig = self.file("completion", &api.kubeconfig("default"));
        let cluster = ["--kubeconfig", &kubeconfig];
        self.row(&Row {
            what: "completion of a secret, with the cluster",
            peer: "kubectl",
            peer_does: "`kubectl __complete get secrets \"\"`",
            goal: 0.3,
            ours: Box::new(|_| {
                let asking = [extreg(), "__complete"];
                vec![process(
                    &[&asking[..], &cluster, &["link", "--secret", ""]].concat(),
                )]
            }),
            theirs: Box::new(|_| {
                let asking = ["kubectl", "__complete"];
                vec![process(
                    &[&asking[..], &cluster, &["get", "secrets", ""]].concat(),
                )]
            }),
        });
    }

    /// Both store a login and link it to the account; ours asks the registry first whether the login is good.
    fn link(&self) {
        if !docker_registry_available() {
            println!("| `link` | docker-registry is not installed | | | | |");
            return;
        }
        let (ca, registry) = docker_registry();
        let ca_file = self.file("ca.pem", ca.pem());
        let api = Api::start();
        let kubeconfig = self.file("kubeconfig", &api.kubeconfig("default"));
        for round in 0..=ROUNDS {
            api.add_namespace(&format!("ours-{round}"));
            api.add_namespace(&format!("theirs-{round}"));
        }
        let host = registry.host();
        let server = format!("--docker-server={host}");
        let user = format!("--docker-username={HTPASSWD_USER}");
        let password = format!("--docker-password={HTPASSWD_PASSWORD}");
        self.row(&Row {
            what: "`link` with its check",
            peer: "kubectl",
            peer_does: "`kubectl create secret docker-registry`, `kubectl patch serviceaccount`, no check",
            goal: 0.33,
            ours: Box::new(|round| {
                let namespace = format!("ours-{round}");
                let cluster = ["-n", &namespace, "--kubeconfig", &kubeconfig];
                let login = ["--registry-username", HTPASSWD_USER, "--registry-password-stdin"];
                let link = [extreg(), "link", &host, "--registry-ca", &ca_file];
                vec![Process { stdin: HTPASSWD_PASSWORD, ..process(&[&link[..], &cluster, &login].concat()) }]
            }),
            theirs: Box::new(|round| {
                let namespace = format!("theirs-{round}");
                let cluster = ["-n", &namespace, "--kubeconfig", &kubeconfig];
                let create = ["kubectl", "create", "secret", "docker-registry", "pull", &server, &user, &password];
                let list = r#"{"imagePullSecrets":[{"name":"pull"}]}"#;
                let patch = ["kubectl", "patch", "serviceaccount", "default", "-p", list];
                vec![process(&[&create[..], &cluster].concat()), process(&[&patch[..], &cluster].concat())]
            }),
        });
    }

    /// A real registry with a password file.
    fn doctor_docker_registry(&self) {
        if !docker_registry_available() {
            println!("| `doctor IMAGE`, password | docker-registry is not installed | | | | |");
            return;
        }
        let (ca, registry) = docker_registry();
        registry.push("team/app", "1.0", &Image::new().pack());
        let far = DelayProxy::start(&registry.host(), DISTANCE);
        let login = (HTPASSWD_USER, HTPASSWD_PASSWORD);
        self.doctor(
            "`doctor IMAGE`, password, loopback",
            &registry.host(),
            &ca,
            login,
            1.0,
        );
        self.doctor(
            "`doctor IMAGE`, password, 50 ms a round trip",
            &far.host(),
            &ca,
            login,
            0.45,
        );
    }

    /// A registry with a token service, as the public ones have.
    fn doctor_token_registry(&self) {
        let ca = Ca::new("Bench CA");
        let serve = |port: u16, realm: &str| {
            let registry = Registry::builder()
                .dialect(Dialect::DistributionToken)
                .tls(&ca.server(&["127.0.0.1"]))
                .user(User::new(LOGIN.0, LOGIN.1).pull("team/*"))
                .port(port)
                .realm(realm)
                .start();
            registry.push_image("team/app", "1.0", &Image::new());
            registry
        };
        let port = ClosedPort::new().port();
        let near = serve(port, &format!("https://127.0.0.1:{port}/token"));
        self.doctor(
            "`doctor IMAGE`, token, loopback",
            &near.host(),
            &ca,
            LOGIN,
            1.0,
        );
        drop(near);
        let port = ClosedPort::new().port();
        let far = DelayProxy::start(&format!("127.0.0.1:{port}"), DISTANCE);
        let behind = serve(port, &format!("https://{}/token", far.host()));
        self.doctor(
            "`doctor IMAGE`, token, 50 ms a round trip",
            &far.host(),
            &ca,
            LOGIN,
            0.45,
        );
        drop(behind);
    }

    fn doctor(&self, what: &str, host: &str, ca: &Ca, login: (&str, &str), goal: f64) {
        let image = format!("{host}/team/app:1.0");
        let remote = format!("docker://{image}");
        let ca_file = self.file("certs/ca.crt", ca.pem());
        let ca_folder = ca_file.trim_end_matches("/ca.crt");
        let auth_file = self
            .sandbox
            .auth_file(&[(host, login.0, login.1)])
            .display()
            .to_string();
        let ours = [
            extreg(),
            "doctor",
            &image,
            "--no-cluster",
            "-a",
            &auth_file,
            "--registry-ca",
            &ca_file,
        ];
        let theirs = [
            "skopeo",
            "inspect",
            "--authfile",
            &auth_file,
            "--cert-dir",
            ca_folder,
            &remote,
        ];
        self.row(&Row {
            what,
            peer: "skopeo",
            peer_does: "`skopeo inspect`",
            goal,
            ours: Box::new(|_| vec![process(&ours)]),
            theirs: Box::new(|_| vec![process(&theirs)]),
        });
    }

    /// Runs a pair in turn and prints its line.
    fn row(&self, row: &Row<'_>) {
        let name = row.what.replace('`', "");
        if !self.wanted.is_empty() && !self.wanted.iter().any(|word| name.contains(word.as_str())) {
            return;
        }
        if find_program(row.peer).is_none() {
            println!(
                "| {} | | {} | not installed | | {} |",
                row.what, row.peer_does, row.goal
            );
            return;
        }
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let (a, b) = (
                self.time(&(row.ours)(round)),
                self.time(&(row.theirs)(round)),
            );
            // The first round fills caches.
            if round > 0 {
                ours.push(a);
                theirs.push(b);
                ratios.push(a / b);
            }
        }
        println!(
            "| {} | {} | {} | {} | {:.2} | {} |",
            row.what,
            milliseconds(median(ours)),
            row.peer_does,
            milliseconds(median(theirs)),
            median(ratios),
            row.goal
        );
    }

    /// Runs the processes one after the other and gives the seconds that they took; a failure ends the benchmark.
    fn time(&self, processes: &[Process]) -> f64 {
        let started = Instant::now();
        for process in processes {
            let mut child = Command::new(&process.arguments[0])
                .args(&process.arguments[1..])
                .env("HOME", self.sandbox.home())
                .env("XDG_STATE_HOME", self.sandbox.home().join("state"))
                .env_remove("KUBECONFIG")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the program");
            let mut stdin = child.stdin.take().expect("its standard input");
            stdin
                .write_all(process.stdin.as_bytes())
                .expect("room in a pipe");
            drop(stdin);
            let output = child.wait_with_output().expect("its end");
            if !output.status.success() {
                let [out, err] = [output.stdout, output.stderr]
                    .map(|said| String::from_utf8_lossy(&said).into_owned());
                panic!("{:?} failed: {err}{out}", process.arguments);
            }
        }
        started.elapsed().as_secs_f64()
    }

    fn file(&self, name: &str, content: &str) -> String {
        self.sandbox.write(name, content).display().to_string()
    }
}

fn extreg() -> &'static str {
    env!("CARGO_BIN_EXE_kubectl-extreg")
}

fn docker_registry() -> (Ca, DockerRegistry) {
    let ca = Ca::new("Bench CA");
    let registry = DockerRegistry::builder()
        .htpasswd()
        .tls(&ca.server(&["127.0.0.1"]))
        .start();
    (ca, registry)
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

fn milliseconds(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1000.0)
}
