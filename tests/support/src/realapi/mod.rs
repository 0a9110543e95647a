//! A real control plane for tests: etcd and kube-apiserver, without controllers and nodes.
//!
//! `KUBEBUILDER_ASSETS` names the folder with both programs, as for envtest. Since no kube-controller-manager
//! runs, [`RealApi::add_namespace`] makes the service accounts itself; pods stay as they are made.
//!
//! [`RealApi::shared_openshift`] has OpenShift's kinds as CustomResourceDefinitions, as far as they can be such.

mod definitions;
mod objects;
mod openshift;
mod process;

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::api::{Authority, Flavor, Kubeconfig, Resource, fail};
use crate::cluster::{Client, LIMITED_TOKEN, LIMITED_USER};
use process::Program;

/// How long both programs may take to be ready.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(50);

/// A running etcd and kube-apiserver. Both end with this handle, or with the process.
#[derive(Debug)]
pub struct RealApi {
    address: SocketAddr,
    ca_pem: String,
    admin_token: String,
    client: Client,
    flavor: Flavor,
    // In this order: the server ends before its store, the folder goes last.
    _server: Program,
    _store: Program,
    _dir: tempfile::TempDir,
}

/// Why the programs did not start.
type Failure = Box<dyn std::error::Error + Send + Sync>;

impl RealApi {
    /// The folder with the programs, when `KUBEBUILDER_ASSETS` names one that has both.
    pub fn assets() -> Option<PathBuf> {
        let folder = PathBuf::from(std::env::var_os("KUBEBUILDER_ASSETS")?);
        let complete = ["etcd", "kube-apiserver"]
            .iter()
            .all(|program| folder.join(program).is_file());
        complete.then_some(folder)
    }

    /// The server that the tests of this process share; nothing when there are no programs.
    ///
    /// Panics with the programs' last words when they do not start, and when `KUBEBUILDER_ASSETS` is set but
    /// names no such folder: a run that wanted the real server is not to pass without it.
    #[track_caller]
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Result<Option<RealApi>, String>> = OnceLock::new();
        Self::shared_as(&SHARED, &Flavor::Kubernetes)
    }

    /// A failure is remembered, so that not every test waits for it anew.
    #[track_caller]
    fn shared_as(
        shared: &'static OnceLock<Result<Option<Self>, String>>,
        flavor: &Flavor,
    ) -> Option<&'static Self> {
        let shared = shared.get_or_init(|| match Self::assets() {
            Some(folder) => Self::try_start_often(&folder, flavor).map(Some),
            None => match std::env::var_os("KUBEBUILDER_ASSETS") {
                Some(named) => Err(format!(
                    "{} has no etcd and kube-apiserver",
                    named.display()
                )),
                None => Ok(None),
            },
        });
        shared
            .as_ref()
            .map_or_else(|words| fail(words), Option::as_ref)
    }

    /// Starts both programs of a folder and waits until the server is ready.
    #[track_caller]
    pub fn start(assets: &Path) -> Self {
        Self::try_start_often(assets, &Flavor::Kubernetes).unwrap_or_else(|words| fail(&words))
    }

    fn try_start_often(assets: &Path, flavor: &Flavor) -> Result<Self, String> {
        // A free port may be taken by somebody else before the program has it.
        let mut last = String::new();
        for _ in 0..3 {
            match Self::try_start(assets, flavor) {
                Ok(real) => return Ok(real),
                Err(error) => last = error.to_string(),
            }
        }
        Err(format!("no real API server: {last}"))
    }

    fn try_start(assets: &Path, flavor: &Flavor) -> Result<Self, Failure> {
        let dir = tempfile::tempdir()?;
        let store_url = format!("http://{}", free_address()?);
        let peer_url = format!("http://{}", free_address()?);
        let store = Program::start(
            &assets.join("etcd"),
            &etcd_arguments(&dir.path().join("data"), &store_url, &peer_url),
            dir.path(),
        )?;
        let address = free_address()?;
        let admin_token = random_token(&dir);
        let authority = Authority::new("kube-apiserver-test-ca")?;
        write_files(dir.path(), &authority, &admin_token)?;
        let mut server = Program::start(
            &assets.join("kube-apiserver"),
            &server_arguments(dir.path(), address, &store_url),
            dir.path(),
        )?;
        let client = Client::new(address, Some(&authority.pem))?.with_token(&admin_token);
        let end = Instant::now() + PATIENCE;
        while !client
            .send("GET", "/readyz", &[], "")
            .is_ok_and(|answer| answer.status == 200)
        {
            if server.has_ended() || Instant::now() > end {
                return Err(format!("{}\n{}", store.last_words(), server.last_words()).into());
            }
            std::thread::sleep(PAUSE);
        }
        let real = Self {
            address,
            ca_pem: authority.pem,
            admin_token,
            client,
            flavor: flavor.clone(),
            _server: server,
            _store: store,
            _dir: dir,
        };
        real.wait_for_default_namespace(end);
        if real.flavor.is_openshift() {
            real.become_openshift(end)?;
        }
        Ok(real)
    }

    /// Whether it has OpenShift's kinds.
    pub fn is_openshift(&self) -> bool {
        self.flavor.is_openshift()
    }

    /// Whether it serves a resource, of those that tests use.
    pub fn serves(&self, word: &str) -> bool {
        self.resources().iter().any(|one| one.answers_to(word))
    }

    /// The kinds that it serves, as far as tests use them.
    fn resources(&self) -> Vec<Resource> {
        let mut all = self.flavor.resources();
        all.retain(|one| !one.group.ends_with("openshift.io") || definitions::can_be_defined(one));
        all
    }

    /// `https://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of the server's CA.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The administrator's bearer token.
    pub fn admin_token(&self) -> &str {
        &self.admin_token
    }

    /// A client that acts as the administrator.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A kubeconfig for a user with this token.
    pub fn kubeconfig(&self, user: &str, token: &str, namespace: &str) -> String {
        let server = self.url();
        let ca_pem = Some(self.ca_pem.as_str());
        Kubeconfig {
            server: &server,
            ca_pem,
            namespace,
            user,
            token: Some(token),
            password: None,
        }
        .to_yaml()
    }
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind(("127.0.0.1", 0))?.local_addr()
}

fn random_token(dir: &tempfile::TempDir) -> String {
    // The folder's name is random and so is its place in time; it only has to differ from run to run.
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(dir.path().as_os_str().as_encoded_bytes());
    digest
        .iter()
        .take(20)
        .fold(String::from("admin-"), |text, byte| {
            format!("{text}{byte:02x}")
        })
}

fn etcd_arguments(data: &Path, client: &str, peer: &str) -> Vec<String> {
    vec![
        format!("--data-dir={}", data.display()),
        "--name=test".into(),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=test={peer}"),
    ]
}

fn write_files(dir: &Path, authority: &Authority, admin_token: &str) -> Result<(), Failure> {
    let hosts = ["127.0.0.1", "localhost", "kubernetes.default.svc"];
    let (certificate, key) = authority.issue("kube-apiserver", &hosts)?;
    let (_, account_key) = authority.issue("service-accounts", &[])?;
    let tokens = format!(
        "{admin_token},admin,admin,\"system:masters\"\n{LIMITED_TOKEN},{LIMITED_USER},{LIMITED_USER}\n"
    );
    for (name, content) in [
        ("ca.crt", authority.pem.clone()),
        ("server.crt", certificate.pem()),
        ("server.key", key.serialize_pem()),
        ("accounts.key", account_key.serialize_pem()),
        ("accounts.pub", account_key.public_key_pem()),
        ("tokens.csv", tokens),
    ] {
        std::fs::write(dir.join(name), content)?;
    }
    Ok(())
}

fn server_arguments(dir: &Path, address: SocketAddr, store: &str) -> Vec<String> {
    let file = |name: &str| dir.join(name).display().to_string();
    vec![
        format!("--etcd-servers={store}"),
        "--bind-address=127.0.0.1".into(),
        "--advertise-address=127.0.0.1".into(),
        // The address of this machine is no endpoint for anybody.
        "--endpoint-reconciler-type=none".into(),
        format!("--secure-port={}", address.port()),
        format!("--cert-dir={}", dir.display()),
        format!("--tls-cert-file={}", file("server.crt")),
        format!("--tls-private-key-file={}", file("server.key")),
        format!("--client-ca-file={}", file("ca.crt")),
        format!("--token-auth-file={}", file("tokens.csv")),
        "--authorization-mode=RBAC".into(),
        "--service-account-issuer=https://kubernetes.default.svc".into(),
        format!("--service-account-key-file={}", file("accounts.pub")),
        format!(
            "--service-account-signing-key-file={}",
            file("accounts.key")
        ),
        "--service-cluster-ip-range=10.96.0.0/24".into(),
        "--profiling=false".into(),
    ]
}
