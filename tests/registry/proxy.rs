//! Registries behind proxies: what the proxy refuses is its own fault and told apart, and its password is seen by it alone.

use extreg::model::observation::{ConnectFault, ExchangeFault, PingKind, ProxyFault};
use extreg::model::proxy::{ProxyRules, ProxyValues};
use extreg::registry::{Options, Registry};
use extreg_test_support::certs::Ca;
use extreg_test_support::net::{ClosedPort, HttpProxy};
use extreg_test_support::registry as embedded;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::kit::{CANARY, client, fault, open_registry, options, plain, raw_server, run};

/// A name that only the proxy knows.
const NAME: &str = "registry.test";

struct World {
    registry: embedded::Registry,
    ca: Ca,
}

fn world() -> World {
    let ca = Ca::new("Corp Root");
    let registry = embedded::Registry::builder()
        .tls(&ca.server(&[NAME]))
        .start();
    World { registry, ca }
}

fn rules(url: &str) -> ProxyRules {
    let values = ProxyValues {
        http: url.to_owned(),
        https: url.to_owned(),
        no_proxy: String::new(),
    };
    ProxyRules::from_environment(&values, &ProxyValues::default())
}

fn through(world: &World, proxy_url: &str) -> Registry {
    let options = Options {
        proxy: rules(proxy_url),
        ..options(&[world.ca.pem()])
    };
    client(NAME, vec![], options)
}

#[tokio::test]
async fn a_tunnel_carries_tls_and_the_proxy_resolves_the_name() {
    let world = world();
    let proxy = HttpProxy::builder()
        .credentials("user", CANARY)
        .route("registry.test:443", &world.registry.host())
        .start();
    let client = through(&world, &proxy.url_with("user", CANARY));
    assert_eq!(client.ping().await.kind, PingKind::Open);
    let dial = client.dial().await;
    let used = dial.proxy.clone().unwrap();
    assert_eq!(used.result, Ok(()));
    assert_eq!(used.url, proxy.url());
    assert_eq!(used.why, "HTTPS_PROXY");
    assert!(dial.dns.is_none());
    assert!(dial.tls.as_ref().unwrap().result.is_ok());
    assert!(!format!("{dial:?} {:?}", client.exchanges()).contains(CANARY));

    let asked = proxy.log();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (asked[0].method.as_str(), asked[0].target.as_str()),
        ("CONNECT", "registry.test:443")
    );
    for request in world.registry.log() {
        assert_eq!(request.header("proxy-authorization"), None);
    }
}

#[tokio::test]
async fn plain_http_goes_through_with_the_whole_url() {
    let registry = open_registry();
    let proxy = HttpProxy::builder()
        .route("registry.test:80", &registry.host())
        .start();
    let options = Options {
        proxy: rules(&proxy.url()),
        ..plain()
    };
    let client = client(NAME, vec![], options);
    assert_eq!(client.ping().await.kind, PingKind::Open);
    let asked = proxy.log();
    assert_eq!(asked[0].method, "GET");
    assert!(asked[0].target.starts_with("http://registry.test"));
}

/// A SOCKS5 proxy that takes every host for this local port.
async fn socks(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let own = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 512];
            let _greeting = stream.read(&mut buffer).await;
            let _sent = stream.write_all(&[5, 0]).await;
            let length = stream.read(&mut buffer).await.unwrap_or_default();
            let by_name = buffer[..length]
                .windows(NAME.len())
                .any(|window| window == NAME.as_bytes());
            let status = u8::from(!by_name);
            let _sent = stream.write_all(&[5, status, 0, 1, 0, 0, 0, 0, 0, 0]).await;
            if let Ok(mut target) = TcpStream::connect(("127.0.0.1", port)).await {
                let _ended = tokio::io::copy_bidirectional(&mut stream, &mut target).await;
            }
        }
    });
    own
}

#[tokio::test]
async fn socks_carries_tls_too_and_gets_the_name() {
    let world = world();
    let port = socks(world.registry.port()).await;
    let client = through(&world, &format!("socks5://127.0.0.1:{port}"));
    assert_eq!(client.ping().await.kind, PingKind::Open);
    assert!(client.dial().await.dns.is_none());
}

#[tokio::test]
async fn refusals_of_the_proxy_are_told_apart() {
    let world = world();
    let wants_login = HttpProxy::builder().credentials("user", CANARY).start();
    let forbids = HttpProxy::builder().refuse(NAME).start();
    let no_proxy = raw_server(b"SSH-2.0-OpenSSH\r\n");
    let silent = raw_server(b"");
    let gateway = raw_server(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    let blocks = raw_server(
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 36\r\n\r\n<html><title>Blocked by IT</title>\r\n",
    );
    let local = |port: u16| format!("http://127.0.0.1:{port}");
    let refused = |status: u16, reason: &str| ProxyFault::Refused {
        status,
        reason: reason.to_owned(),
    };
    let malformed = |text: &str| ProxyFault::Malformed {
        text: text.to_owned(),
    };
    let rows = [
        (wants_login.url(), ProxyFault::AuthenticationRequired),
        (local(gateway), refused(502, "Bad Gateway")),
        (local(blocks), refused(403, "Forbidden: Blocked by IT")),
        (
            local(no_proxy),
            malformed("it does not answer as an HTTP proxy"),
        ),
        (
            local(silent),
            malformed("it closed the connection without an answer"),
        ),
    ];
    for (url, expected) in rows {
        let client = through(&world, &url);
        let ping = client.ping().await;
        assert_eq!(
            fault(&ping.exchange),
            &ExchangeFault::Proxy(expected.clone())
        );
        assert_eq!(client.dial().await.proxy.unwrap().result, Err(expected));
    }
    let dial = through(&world, &forbids.url()).dial().await;
    assert!(matches!(
        dial.proxy.unwrap().result,
        Err(ProxyFault::Refused { status: 403, .. })
    ));
    assert!(world.registry.log().is_empty());
}

#[test]
fn a_proxy_that_is_not_there_or_not_readable_is_the_fault() {
    let world = world();
    let closed = ClosedPort::new();
    run(async {
        let url = format!("http://{}", closed.host());
        let dial = through(&world, &url).dial().await;
        assert_eq!(dial.tcp.unwrap().result, Err(ConnectFault::Refused));
        assert_eq!(
            dial.proxy.unwrap().result,
            Err(ProxyFault::Unreachable(ConnectFault::Refused))
        );
        let dial = through(&world, "gopher://proxy").dial().await;
        assert!(matches!(
            dial.proxy.unwrap().result,
            Err(ProxyFault::Malformed { .. })
        ));
    });
}
