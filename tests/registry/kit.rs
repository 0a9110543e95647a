//! What the tests of `extreg::registry` share: clients for the embedded registry, and what its log must not show.

use std::future::Future;
use std::time::{Duration, Instant};

use extreg::model::credential::Credential;
use extreg::model::endpoint::Endpoint;
use extreg::model::observation::{Answer, Exchange, ExchangeFault, ManifestKind, ManifestView};
use extreg::model::pem;
use extreg::model::proxy::{ProxyRules, ProxyValues};
use extreg::model::trust::RootStore;
use extreg::registry::{Budgets, Connections, Options, Registry};
use extreg_test_support::certs::Ca;
use extreg_test_support::registry::{self as embedded, RegistryBuilder};
use secrecy::SecretString;

/// A password that is looked for wherever it must not be.
pub(crate) const CANARY: &str = "canary-Pa55word";

/// Runs what is asynchronous in a test whose servers are started and filled by blocking helpers.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(work)
}

pub(crate) fn roots(pems: &[&str]) -> RootStore {
    let mut store = RootStore::new();
    for text in pems {
        let bundle = pem::parse(text.as_bytes());
        assert!(bundle.is_sound(), "{:?}", bundle.defects);
        store.add_bundle("the test", &bundle);
    }
    store
}

pub(crate) fn no_proxy() -> ProxyRules {
    ProxyRules::from_environment(&ProxyValues::default(), &ProxyValues::default())
}

/// Trusts these authorities, with time enough for a busy machine.
pub(crate) fn options(pems: &[&str]) -> Options {
    Options {
        roots: roots(pems),
        plain_http: false,
        accept_untrusted: false,
        proxy: no_proxy(),
        deadline: Instant::now() + Duration::from_secs(60),
        budgets: Budgets::default(),
        connections: Connections::default(),
        record_in_full: true,
        http2: true,
    }
}

/// The same over plain HTTP, as with `--plain-http`.
pub(crate) fn plain() -> Options {
    Options {
        plain_http: true,
        ..options(&[])
    }
}

/// Short budgets, for servers that never answer: long enough for what does come to come on a busy machine.
pub(crate) fn impatient(options: Options) -> Options {
    Options {
        budgets: Budgets {
            tls: Duration::from_millis(300),
            http: Duration::from_secs(2),
            ..Budgets::default()
        },
        ..options
    }
}

pub(crate) fn client(host: &str, credentials: Vec<Credential>, options: Options) -> Registry {
    Registry::new(Endpoint::of_registry(host), credentials, options).expect("a host")
}

/// A client for a registry that speaks plain HTTP.
pub(crate) fn plain_client(
    registry: &embedded::Registry,
    credentials: Vec<Credential>,
) -> Registry {
    client(&registry.host(), credentials, plain())
}

/// The same with nobody's credentials.
pub(crate) fn nobody(registry: &embedded::Registry) -> Registry {
    plain_client(registry, vec![])
}

/// The same as alice, with the right password.
pub(crate) fn alice(registry: &embedded::Registry) -> Registry {
    plain_client(registry, vec![password("alice", CANARY)])
}

/// A client without credentials for a registry whose CA it trusts.
pub(crate) fn trusting(registry: &embedded::Registry, ca: &Ca) -> Registry {
    client(&registry.host(), vec![], options(&[ca.pem()]))
}

/// A registry over plain HTTP that wants no login.
pub(crate) fn open_registry() -> embedded::Registry {
    embedded::Registry::builder().start()
}

/// A registry with a certificate of this CA.
pub(crate) fn secure(ca: &Ca) -> RegistryBuilder {
    embedded::Registry::builder().tls(&ca.server(&["127.0.0.1"]))
}

pub(crate) fn of(dialect: embedded::Dialect) -> RegistryBuilder {
    embedded::Registry::builder().dialect(dialect)
}

pub(crate) fn password(username: &str, password: &str) -> Credential {
    Credential::Password {
        username: username.to_owned(),
        password: SecretString::from(password),
    }
}

pub(crate) fn answer(exchange: &Exchange) -> &Answer {
    exchange
        .answer()
        .unwrap_or_else(|| panic!("no answer: {exchange:?}"))
}

pub(crate) fn fault(exchange: &Exchange) -> &ExchangeFault {
    exchange.result.as_ref().expect_err("a fault was expected")
}

/// A server that says these bytes to everybody and closes.
pub(crate) fn raw_server(bytes: &'static [u8]) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            // The client's first message is read, so that closing does not reset what is said.
            let mut hello = [0; 4096];
            let _length = std::io::Read::read(&mut stream, &mut hello);
            let _sent = std::io::Write::write_all(&mut stream, bytes);
        }
    });
    port
}

/// The digests of an image's configuration and layers.
pub(crate) fn blobs(view: &ManifestView) -> Vec<extreg::model::observation::Descriptor> {
    match view.manifest.as_ref().map(|manifest| &manifest.kind) {
        Some(ManifestKind::Image { config, layers }) => {
            std::iter::once(config).chain(layers).cloned().collect()
        }
        other => panic!("no image: {other:?} {:?}", view.exchange),
    }
}

/// `METHOD path` of everything that reached the registry, in order.
pub(crate) fn requests(registry: &embedded::Registry) -> Vec<String> {
    registry
        .log()
        .iter()
        .map(|request| format!("{} {}", request.method, request.path))
        .collect()
}

/// How many requests carried an `Authorization` header.
pub(crate) fn with_credentials(registry: &embedded::Registry) -> usize {
    registry
        .log()
        .iter()
        .filter(|request| request.authorization().is_some())
        .count()
}
