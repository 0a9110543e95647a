//! A real containerd reads the `hosts.toml` that the script installed, and fetches from a real registry with it.
//!
//! It runs in a mount namespace of its own, as root or as root of a user namespace: what the script wrote below the root of a
//! [`Machine`] is its `/etc/containerd`, and `/etc/hosts` gives the registry a name, because of addresses of this machine containerd
//! expects plain HTTP whatever it is told.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use extreg::plan::node_scripts::{Action, Job, containerd};
use extreg_test_support::certs::Ca;
use extreg_test_support::content::Image;
use extreg_test_support::process::{
    DockerRegistry, DockerRegistryBuilder, program_or_skip, real_registry_or_skip, skipped,
};

use super::machine::Machine;

const NAME: &str = "registry.example.com";
/// How long the daemon may take to start.
const PATIENCE: Duration = Duration::from_secs(180);

/// A containerd of its own, which goes with this.
struct Containerd {
    daemon: Child,
    machine: Machine,
    socket: PathBuf,
}

impl Containerd {
    fn start() -> Self {
        let machine = Machine::new();
        let root = machine.root();
        let at = |path: &str| root.join(path).display().to_string();
        machine.write("etc/hosts", &format!("127.0.0.1 localhost {NAME}\n"));
        machine.write(
            "etc/containerd/config.toml",
            &format!(
                "version = 2\nroot = {:?}\nstate = {:?}\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n\
                 [grpc]\naddress = {:?}\n[ttrpc]\naddress = {:?}\n",
                at("var/lib/containerd"),
                at("run"),
                at("containerd.sock"),
                at("ttrpc.sock"),
            ),
        );
        let daemon = within(&root)
            .args(["containerd", "--log-level", "error", "--config"])
            .arg("/etc/containerd/config.toml")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(root.join("log")).expect("a file"))
            .spawn()
            .expect("unshare runs");
        let mut started = Self {
            daemon,
            socket: root.join("containerd.sock"),
            machine,
        };
        started.wait();
        started
    }

    fn wait(&mut self) {
        let begun = Instant::now();
        while self.ctr(&["version"]).is_err() {
            let ended = self.daemon.try_wait().expect("a child").is_some();
            assert!(
                !ended && begun.elapsed() < PATIENCE,
                "containerd does not start:\n{}",
                self.machine.read("log")
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What `ctr` says.
    fn ctr(&self, arguments: &[&str]) -> Result<String, String> {
        let output = within(&self.machine.root())
            .args(["ctr", "--address"])
            .arg(&self.socket)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("unshare runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stderr))
        }
    }

    /// Fetches an image as a node does: with the folder that its configuration names.
    fn fetch(&self, registry: &str, image: &str) -> Result<String, String> {
        self.ctr(&[
            "content",
            "fetch",
            "--hosts-dir",
            "/etc/containerd/certs.d",
            &format!("{registry}/{image}"),
        ])
    }
}

impl Drop for Containerd {
    fn drop(&mut self) {
        self.daemon.kill().ok();
        self.daemon.wait().ok();
    }
}

/// The beginning of a command that has the folders of this machine for its own. `kill` on the process reaches the program itself:
/// every step replaces the one before.
fn within(root: &Path) -> Command {
    let mut command = Command::new("unshare");
    // Who is root already needs no other root.
    if !is_root() {
        command.arg("--map-root-user");
    }
    let script = "mount --bind \"$0/etc/containerd\" /etc/containerd && \
                  mount --bind \"$0/etc/hosts\" /etc/hosts && exec \"$@\"";
    command.args(["--mount", "sh", "-c", script]).arg(root);
    command
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id runs");
    output.stdout == b"0\n"
}

/// Whether all that is needed is here.
fn can_run() -> bool {
    let what = "hosts.toml is read by a real containerd";
    real_registry_or_skip(what)
        && program_or_skip("containerd", what)
        && program_or_skip("ctr", what)
        && program_or_skip("unshare", what)
        && may_mount(what)
}

/// Whether this machine lets tests have mounts of their own: a container without the right to does not, and nothing that could
/// be installed changes that.
fn may_mount(what: &str) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["etc/containerd", "etc"] {
        std::fs::create_dir_all(folder.path().join(name)).expect("a folder");
    }
    std::fs::write(folder.path().join("etc/hosts"), "127.0.0.1 localhost\n").expect("a file");
    let output = within(folder.path()).arg("true").output();
    let may = output.is_ok_and(|output| output.status.success());
    if !may {
        skipped("no mount namespace is to be had here", what);
    }
    may
}

/// A real registry with an image, and its name as the nodes know it.
fn registry(builder: DockerRegistryBuilder) -> (DockerRegistry, String) {
    let registry = builder.start();
    registry.push("team/app", "1", &Image::new().pack());
    let host = registry.host();
    let port = host.rsplit(':').next().expect("a port");
    let name = format!("{NAME}:{port}");
    (registry, name)
}

/// The image is fetched after the script has run and not before, and a tag that is missing is said to be missing.
fn is_fetched_with(node: &Containerd, host: &str, job: &Job<'_>, before: &str) {
    let refused = node.fetch(host, "team/app:1").expect_err("nothing is told");
    assert!(refused.contains(before), "{refused}");
    node.machine
        .run(&containerd(job, Action::Install).text, &[]);
    let fetched = node.fetch(host, "team/app:1");
    assert!(fetched.is_ok(), "{fetched:?}");
    let missing = node.fetch(host, "team/app:2").expect_err("no such tag");
    assert!(missing.contains("not found"), "{missing}");
    node.machine.run(&containerd(job, Action::Remove).text, &[]);
    let refused = node
        .fetch(host, "team/app:2")
        .expect_err("nothing is told any more");
    assert!(refused.contains(before), "{refused}");
}

#[test]
fn a_ca_that_is_installed_is_used() {
    if !can_run() {
        return;
    }
    let node = Containerd::start();
    let ca = Ca::new("Corp Root");
    let issued = ca.server(&["127.0.0.1", NAME]);
    let (_registry, host) = registry(DockerRegistry::builder().tls(&issued));
    let job = Job::Trust {
        registry: &host,
        ca: ca.pem(),
    };
    is_fetched_with(&node, &host, &job, "unknown authority");
}

#[test]
fn a_registry_without_verification_is_used() {
    if !can_run() {
        return;
    }
    let node = Containerd::start();
    // Nobody's CA, and nobody's name.
    let issued = Ca::new("Nobody").server(&["127.0.0.1", "other.example.com"]);
    let (_registry, host) = registry(DockerRegistry::builder().tls(&issued));
    let job = Job::Insecure {
        registry: &host,
        plain_http: false,
    };
    is_fetched_with(&node, &host, &job, "x509: ");
}

#[test]
fn a_registry_without_tls_is_used() {
    if !can_run() {
        return;
    }
    let node = Containerd::start();
    let (_registry, host) = registry(DockerRegistry::builder());
    let job = Job::Insecure {
        registry: &host,
        plain_http: true,
    };
    is_fetched_with(&node, &host, &job, "HTTP response to HTTPS client");
}
