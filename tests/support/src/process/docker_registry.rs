//! A real `docker-registry` (CNCF distribution), with its storage and configuration in a temporary folder.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Remote, TokenServer, find_program};
use crate::certs::Issued;
use crate::client;
use crate::content::Packed;

/// The one user of [`DockerRegistryBuilder::htpasswd`].
pub const HTPASSWD_USER: &str = "alice";
/// That user's password.
pub const HTPASSWD_PASSWORD: &str = "s3cret";
/// Their line in the file: bcrypt, cost 5.
const HTPASSWD_LINE: &str = "alice:$2y$05$qxjRj5bHr4VGCF4CF6FvseX7/kUNAEU.jGa2WibjXJCygrY5GK/cy";

const PROGRAM: &str = "docker-registry";
/// Set by the command that runs all tests, which installs what they need: a missing program is a failure then.
const REQUIRE: &str = "EXTREG_REQUIRE_REAL";

/// Whether the program is installed.
pub fn docker_registry_available() -> bool {
    find_program(PROGRAM).is_some()
}

/// [`program_or_skip`] for `docker-registry`.
pub fn real_registry_or_skip(what: &str) -> bool {
    program_or_skip(PROGRAM, what)
}

/// Whether a test that needs a program can run. When it is missing this says that the test (`what` it shows) is
/// skipped, and panics where `EXTREG_REQUIRE_REAL=1` demands it.
#[expect(
    clippy::print_stderr,
    clippy::disallowed_macros,
    reason = "the test harness shows it with the test's output"
)]
pub fn program_or_skip(program: &str, what: &str) -> bool {
    if find_program(program).is_some() {
        return true;
    }
    assert!(
        std::env::var_os(REQUIRE).is_none_or(|value| value != "1"),
        "{program} is not installed, and {REQUIRE}=1 demands it: {what}"
    );
    eprintln!("SKIPPED, {program} is not installed: {what}");
    false
}

/// Says that a test is passed over for what this machine does not let it do, which nothing that is installed would change.
#[expect(
    clippy::print_stderr,
    clippy::disallowed_macros,
    reason = "the test harness shows it with the test's output"
)]
pub fn skipped(why: &str, what: &str) {
    eprintln!("SKIPPED, {why}: {what}");
}

/// What the registry is to be like.
#[derive(Default)]
pub struct DockerRegistryBuilder {
    auth: Auth,
    tls: Option<Issued>,
    largest_file: Option<u64>,
}

#[derive(Default)]
enum Auth {
    #[default]
    None,
    Htpasswd,
    Token(Box<TokenServer>),
}

impl DockerRegistryBuilder {
    /// Basic authentication with one user, [`HTPASSWD_USER`].
    pub fn htpasswd(mut self) -> Self {
        self.auth = Auth::Htpasswd;
        self
    }

    /// Tokens of this service, whose users have rights.
    pub fn token_auth(mut self, service: TokenServer) -> Self {
        self.auth = Auth::Token(Box::new(service));
        self
    }

    /// HTTPS with this certificate; its private authority is in [`Issued::ca_pem`].
    pub fn tls(mut self, certificate: &Issued) -> Self {
        self.tls = Some(certificate.clone());
        self
    }

    /// No file that it writes may become larger: what it is told at that point is what it is told on a full disk, in other
    /// words. Rounded to 512 bytes.
    pub fn largest_file(mut self, bytes: u64) -> Self {
        self.largest_file = Some(bytes);
        self
    }

    /// Starts it and waits until it answers. Panics when it does not, with what it logged.
    pub fn start(self) -> DockerRegistry {
        let program = find_program(PROGRAM).unwrap_or_else(|| {
            panic!("{PROGRAM} is not installed; see docker_registry_available()")
        });
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut failures = String::new();
        // The port is free when it is looked for, and may be taken before the registry binds it.
        for _ in 0..5 {
            let port = free_port();
            let config = self.write_config(folder.path(), port);
            let command = self.command(&program, &config);
            match Started::new(command, &config, &self.url(port), self.ca_pem()) {
                Ok(process) => {
                    return DockerRegistry {
                        port,
                        ca_pem: self.tls.as_ref().map(|issued| issued.ca_pem.clone()),
                        token_server: match self.auth {
                            Auth::Token(service) => Some(*service),
                            Auth::None | Auth::Htpasswd => None,
                        },
                        process,
                        _folder: folder,
                    };
                }
                Err(log) => failures.push_str(&log),
            }
        }
        panic!("{PROGRAM} did not start:\n{failures}");
    }

    /// The program; through a shell where it is to have a limit, which no privilege is needed to lower.
    fn command(&self, program: &Path, config: &Path) -> Command {
        let mut command = match self.largest_file {
            None => Command::new(program),
            Some(bytes) => {
                let mut shell = Command::new("/bin/sh");
                let limit = format!("ulimit -f {}; exec \"$0\" \"$@\"", bytes / 512);
                shell.arg("-c").arg(limit).arg(program);
                shell
            }
        };
        command.arg("serve").arg(config);
        command
    }

    fn url(&self, port: u16) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{port}")
    }

    fn ca_pem(&self) -> Option<&str> {
        self.tls.as_ref().map(|issued| issued.ca_pem.as_str())
    }

    fn write_config(&self, folder: &Path, port: u16) -> PathBuf {
        let write = |name: &str, content: &str| {
            let path = folder.join(name);
            std::fs::write(&path, content).expect("a file in a temporary folder");
            path.display().to_string()
        };
        let storage = folder.join("storage").display().to_string();
        let base = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: {storage}}}, delete: {{enabled: true}}}}\n\
             http:\n  addr: 127.0.0.1:{port}\n"
        );
        let tls = self.tls.as_ref().map(|issued| {
            let certificate = write("server.pem", &issued.chain_pem);
            let key = write("server.key", &issued.key_pem);
            format!("  tls: {{certificate: {certificate}, key: {key}}}\n")
        });
        let auth = match &self.auth {
            Auth::None => String::new(),
            Auth::Htpasswd => {
                let path = write("htpasswd", &format!("{HTPASSWD_LINE}\n"));
                format!("auth: {{htpasswd: {{realm: Registry Realm, path: {path}}}}}\n")
            }
            Auth::Token(service) => {
                let bundle = write("token.pem", service.certificate_pem());
                format!(
                    "auth: {{token: {{realm: '{}', service: '{}', issuer: '{}', rootcertbundle: {bundle}}}}}\n",
                    service.realm(),
                    TokenServer::SERVICE,
                    TokenServer::ISSUER,
                )
            }
        };
        let config = base + &tls.unwrap_or_default() + &auth;
        PathBuf::from(write("config.yml", &config))
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("a bound socket").port()
}

/// The running process; dropping it ends it.
struct Started {
    child: Child,
}

impl Started {
    /// Starts the process and waits for any answer on its port. The error is what it logged.
    fn new(
        mut command: Command,
        config: &Path,
        url: &str,
        ca_pem: Option<&str>,
    ) -> Result<Self, String> {
        let log = config.with_file_name("log");
        let output = File::create(&log).expect("a log file");
        let child = command
            .env_clear()
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a second handle"))
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {PROGRAM}: {error}"));
        let mut started = Self { child };
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            if started.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                break;
            }
            let ping = client::get(format!("{url}/v2/"))
                .trust(ca_pem.unwrap_or_default())
                .timeout(Duration::from_secs(2));
            if ping.try_send().is_ok() {
                return Ok(started);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(std::fs::read_to_string(&log).unwrap_or_default())
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A running `docker-registry`; dropping it ends it and removes what it stored.
pub struct DockerRegistry {
    port: u16,
    ca_pem: Option<String>,
    token_server: Option<TokenServer>,
    process: Started,
    _folder: TempDir,
}

impl DockerRegistry {
    /// What it is to be like; without more, plain HTTP and no authentication.
    pub fn builder() -> DockerRegistryBuilder {
        DockerRegistryBuilder::default()
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `http://127.0.0.1:PORT`, or https.
    pub fn url(&self) -> String {
        let scheme = if self.ca_pem.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.host())
    }

    /// An image in it: `name` is `repository:tag` or `repository@digest`.
    pub fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.host())
    }

    /// The process, for who measures it.
    pub fn process_id(&self) -> u32 {
        self.process.child.id()
    }

    /// The authority that its certificate is from.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The service that it takes tokens of.
    pub fn token_server(&self) -> Option<&TokenServer> {
        self.token_server.as_ref()
    }

    /// A client for it, without credentials.
    pub fn remote(&self) -> Remote {
        let remote = Remote::new(&self.url());
        match &self.ca_pem {
            Some(pem) => remote.trust(pem),
            None => remote,
        }
    }

    /// Pushes content under a tag, with whatever credentials may do that, and returns its digest.
    pub fn push(&self, repository: &str, tag: &str, content: &Packed) -> String {
        let remote = match &self.token_server {
            Some(service) => {
                let (user, password) = service.pusher();
                self.remote().login(user, password)
            }
            None => self.remote().login(HTPASSWD_USER, HTPASSWD_PASSWORD),
        };
        remote.push(repository, tag, content)
    }
}
