//! The same rows over the wire: a real TLS server with each certificate, dialled and judged as `trust` and `doctor` do. Servers that
//! the TLS library of the tests cannot play are `openssl s_server`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use extreg::model::endpoint::Endpoint;
use extreg::model::observation::{Dial, ExchangeFault, TlsFault};
use extreg::model::pem;
use extreg::model::proxy::{ProxyRules, ProxyValues};
use extreg::model::trust::{RootStore, Verdict, judge};
use extreg::registry::{Budgets, Connections, Options, Registry};
use extreg_test_support::certs::{
    Ca, Issued, KeyKind, Leaf, fixtures, self_signed, self_signed_end_entity,
};
use extreg_test_support::process::program_or_skip;
use extreg_test_support::registry::Registry as Server;
use jiff::Timestamp;

const NAMES: &[&str] = &["127.0.0.1"];

/// What a client saw that trusts one root.
struct Seen {
    dial: Dial,
    verdict: Option<Verdict>,
    /// Why no request was sent; nothing when one was.
    fault: Option<ExchangeFault>,
}

/// Dials and asks, trusting `root` and nothing else.
fn look(host: &str, root: &str) -> Seen {
    let mut roots = RootStore::new();
    let bundle = pem::parse(root.as_bytes());
    assert!(bundle.is_sound(), "{:?}", bundle.defects);
    roots.add_bundle("the root", &bundle);
    let options = Options {
        roots: roots.clone(),
        plain_http: false,
        accept_untrusted: false,
        proxy: ProxyRules::from_environment(&ProxyValues::default(), &ProxyValues::default()),
        deadline: Instant::now() + Duration::from_secs(60),
        budgets: Budgets::default(),
        connections: Connections::default(),
        record_in_full: true,
        http2: true,
    };
    let client = Registry::new(Endpoint::of_registry(host), Vec::new(), options).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (dial, ping) = runtime.block_on(async { (client.dial().await, client.ping().await) });
    let chain = dial
        .tls
        .as_ref()
        .and_then(|stage| stage.result.as_ref().ok())
        .map(|tls| tls.chain.clone());
    let verdict = chain.map(|chain| judge(&chain, &dial.origin.host, Timestamp::now(), &roots));
    Seen {
        dial,
        verdict,
        fault: ping.exchange.result.err(),
    }
}

fn serve(issued: &Issued) -> Seen {
    let server = Server::builder().tls(issued).start();
    look(&server.host(), &issued.ca_pem)
}

/// Go takes it: so does a request.
#[track_caller]
fn taken(seen: &Seen) {
    let verdict = seen.verdict.as_ref().unwrap();
    assert!(verdict.is_trusted(), "{verdict:?}");
    assert_eq!(seen.fault, None);
}

/// Go refuses it with words like these: no request is sent.
#[track_caller]
fn refused(seen: &Seen, words: &str) {
    let verdict = seen.verdict.as_ref().unwrap();
    let said = verdict.go_words().unwrap();
    assert!(said.contains(words), "{said}");
    assert_eq!(seen.fault, Some(ExchangeFault::Untrusted));
}

/// Our TLS cannot speak with it, and Go's perhaps can: that is no fault of the registry.
#[track_caller]
fn beyond_us(seen: &Seen) {
    let result = &seen.dial.tls.as_ref().unwrap().result;
    assert!(
        matches!(
            result,
            Err(TlsFault::Handshake {
                our_limits: true,
                ..
            })
        ),
        "{result:?}"
    );
    assert!(seen.verdict.is_none());
}

#[test]
fn what_go_takes() {
    let ca = Ca::new("Root");
    let between = ca.intermediate("Between");
    let p521 = Ca::builder("Root").key(KeyKind::P521).build();
    taken(&serve(&self_signed(NAMES)));
    taken(&serve(&ca.issue(&Leaf::new(NAMES).ca_true())));
    taken(&serve(&self_signed_end_entity(NAMES)));
    taken(&serve(&p521.server(NAMES)));
    taken(&serve(&ca.issue(&Leaf::new(NAMES).key(KeyKind::P521))));
    taken(&serve(&fixtures::below_rsa_1024_root()));
    taken(&serve(&between.server(NAMES)));
    // The intermediate is the root that is given.
    let mut below = between.server(NAMES);
    between.pem().clone_into(&mut below.ca_pem);
    taken(&serve(&below));
    taken(&serve(&below.incomplete()));
}

#[test]
fn what_go_refuses() {
    let ca = Ca::new("Root");
    let expired = Ca::builder("Root").expired().build();
    let no_ca = Ca::builder("Root").without_ca_flag().build();
    let no_sign = Ca::builder("Root").without_cert_sign().build();
    let clients = Ca::builder("Root").client_auth_only().build();
    let bound = Ca::builder("Root").permit_dns("corp.example").build();
    let cannot_sign = "parent certificate cannot sign this kind of certificate";
    let unknown = "certificate signed by unknown authority";
    let legacy = "certificate relies on legacy Common Name field, use SANs instead";
    refused(&serve(&expired.server(NAMES)), "certificate has expired");
    refused(&serve(&no_ca.server(NAMES)), cannot_sign);
    refused(&serve(&no_sign.server(NAMES)), cannot_sign);
    refused(&serve(&clients.server(NAMES)), "incompatible key usage");
    refused(
        &serve(&fixtures::negative_serial()),
        "negative serial number",
    );
    refused(
        &serve(&ca.issue(&Leaf::common_name_only("127.0.0.1"))),
        legacy,
    );
    refused(
        &serve(&fixtures::sha1_signature()),
        "insecure algorithm ECDSA-SHA1",
    );
    refused(
        &serve(&ca.issue(&Leaf::new(NAMES).client_auth_only())),
        "incompatible key usage",
    );
    refused(
        &serve(&bound.server(&["127.0.0.1", "a.example"])),
        "is not permitted by any constraint",
    );
    refused(
        &serve(&ca.issue(&Leaf::new(NAMES).expired())),
        "certificate has expired",
    );
    refused(
        &serve(&ca.intermediate("Between").server(NAMES).incomplete()),
        unknown,
    );
    refused(
        &serve(&ca.server(&["other.example"])),
        "cannot validate certificate for 127.0.0.1",
    );
    // The version 1 certificate has another common name than the address.
    let issued = fixtures::x509_v1();
    let server = Server::builder().tls(&issued).start();
    let host = format!("localhost:{}", server.port());
    refused(&look(&host, &issued.ca_pem), legacy);
}

/// `openssl s_server` on a port of its own; it ends with this.
struct Openssl {
    child: Child,
    port: u16,
    root: String,
    /// Kept open: it writes a line for every connection.
    _said: BufReader<ChildStdout>,
    _folder: tempfile::TempDir,
}

impl Drop for Openssl {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Openssl {
    /// With a home-made certificate for a key of this kind, and these further arguments.
    fn start(key: &[&str], arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new("openssl")
            .args([
                "req", "-x509", "-nodes", "-days", "36500", "-subj", "/CN=home",
            ])
            .args(["-addext", "subjectAltName=IP:127.0.0.1", "-sha256"])
            .args(["-keyout", "key.pem", "-out", "cert.pem", "-newkey"])
            .args(key)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www"])
            .args(["-cert", "cert.pem", "-key", "key.pem"])
            .args(arguments)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let port = said
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("ACCEPT 127.0.0.1:")?.parse().ok());
        Self {
            port: port.unwrap(),
            _said: said,
            root: std::fs::read_to_string(folder.path().join("cert.pem")).unwrap(),
            child,
            _folder: folder,
        }
    }

    fn look(&self) -> Seen {
        look(&format!("127.0.0.1:{}", self.port), &self.root)
    }
}

const P256: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
const WEAK: &str = "DEFAULT:@SECLEVEL=0";

#[test]
fn what_only_gos_tls_speaks_is_not_known() {
    if !program_or_skip("openssl", "TLS servers that ours cannot speak with") {
        return;
    }
    for (key, arguments) in [
        // Only the group P-521 is offered.
        (P256, &["-groups", "P-521"][..]),
        // TLS 1.2 with CBC suites only.
        (P256, &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"]),
        // TLS 1.2 with RSA key exchange only.
        (&["rsa:2048"], &["-tls1_2", "-cipher", "AES128-GCM-SHA256"]),
        // TLS 1.1 only.
        (P256, &["-tls1_1", "-cipher", WEAK]),
    ] {
        beyond_us(&Openssl::start(key, arguments).look());
    }
}

/// The chain is taken; the proof of the key is one that only Go's TLS can check, so that nothing is sent.
#[test]
fn a_server_key_of_1024_bits() {
    if !program_or_skip("openssl", "a server with an RSA key of 1024 bits") {
        return;
    }
    let seen = Openssl::start(&["rsa:1024"], &["-cipher", WEAK]).look();
    let verdict = seen.verdict.unwrap();
    assert!(verdict.is_trusted(), "{verdict:?}");
    assert!(
        matches!(
            seen.fault,
            Some(ExchangeFault::Tls(TlsFault::Handshake {
                our_limits: true,
                ..
            }))
        ),
        "{:?}",
        seen.fault
    );
}
