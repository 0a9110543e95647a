//! Registries behind proxies: what the proxy refuses is its own fault and told apart, and its password is seen by it alone.

use std::sync::{Arc, Mutex};

use extreg::model::observation::{ConnectFault, ExchangeFault, PingKind, ProxyFault};
use extreg::model::proxy::{ProxyRules, ProxyValues};
use extreg::registry::{Options, Registry};
use extreg_test_support::certs::Ca;
use extreg_test_support::registry as embedded;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

mod registry_kit;
use registry_kit::{CANARY, client, fault, options, plain};

/// What a proxy does with whoever comes.
#[derive(Clone, Copy)]
enum Does {
    /// Connects to this local port, whatever host was asked for.
    Tunnel(u16),
    Answers(&'static str),
    Socks(u16),
}

struct Proxy {
    port: u16,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Proxy {
    async fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, does, Arc::clone(&log)));
            }
        });
        Self { port, heard }
    }

    fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap()).into_owned()
    }

    fn rules(&self, scheme_and_login: &str) -> ProxyRules {
        let url = format!("{scheme_and_login}127.0.0.1:{}", self.port);
        let values = ProxyValues {
            http: url.clone(),
            https: url,
            no_proxy: String::new(),
        };
        ProxyRules::from_environment(&values, &ProxyValues::default())
    }
}

async fn serve(mut stream: TcpStream, does: Does, log: Arc<Mutex<Vec<u8>>>) {
    let mut hear = async |stream: &mut TcpStream| {
        let mut buffer = vec![0; 4096];
        let length = stream.read(&mut buffer).await.unwrap_or_default();
        log.lock().unwrap().extend_from_slice(&buffer[..length]);
        buffer.truncate(length);
        buffer
    };
    let first = hear(&mut stream).await;
    let (port, forwarded) = match does {
        Does::Answers(text) => {
            let _sent = stream.write_all(text.as_bytes()).await;
            return;
        }
        Does::Tunnel(port) if first.starts_with(b"CONNECT") => {
            let _sent = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            (port, Vec::new())
        }
        Does::Tunnel(port) => (port, first),
        Does::Socks(port) => {
            let _sent = stream.write_all(&[5, 0]).await;
            hear(&mut stream).await;
            let _sent = stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await;
            (port, Vec::new())
        }
    };
    let Ok(mut target) = TcpStream::connect(("127.0.0.1", port)).await else {
        return;
    };
    let _sent = target.write_all(&forwarded).await;
    let _ended = tokio::io::copy_bidirectional(&mut stream, &mut target).await;
}

struct World {
    registry: embedded::Registry,
    ca: Ca,
}

/// A registry whose name only the proxy knows.
fn world() -> World {
    let ca = Ca::new("Corp Root");
    let registry = embedded::Registry::builder()
        .tls(&ca.server(&["registry.test"]))
        .start();
    World { registry, ca }
}

fn through(world: &World, rules: ProxyRules) -> Registry {
    let options = Options {
        proxy: rules,
        ..options(&[world.ca.pem()])
    };
    client("registry.test", vec![], options)
}

#[tokio::test]
async fn a_tunnel_carries_tls_and_the_proxy_resolves_the_name() {
    let world = world();
    let proxy = Proxy::start(Does::Tunnel(world.registry.port())).await;
    let client = through(&world, proxy.rules(&format!("http://user:{CANARY}@")));
    assert_eq!(client.ping().await.kind, PingKind::Open);
    let dial = client.dial().await;
    let used = dial.proxy.clone().unwrap();
    assert_eq!(used.result, Ok(()));
    assert_eq!(used.url, format!("http://127.0.0.1:{}", proxy.port));
    assert_eq!(used.why, "HTTPS_PROXY");
    assert!(dial.dns.is_none());
    assert!(dial.tls.as_ref().unwrap().result.is_ok());
    let heard = proxy.heard();
    assert!(
        heard.starts_with("CONNECT registry.test:443 HTTP/1.1\r\n"),
        "{heard}"
    );
    assert!(heard.to_lowercase().contains("proxy-authorization: basic "));
    assert!(!format!("{dial:?} {:?}", client.exchanges()).contains(CANARY));
    for request in world.registry.log() {
        assert_eq!(request.header("proxy-authorization"), None);
    }
}

#[tokio::test]
async fn socks_carries_tls_too() {
    let world = world();
    let proxy = Proxy::start(Does::Socks(world.registry.port())).await;
    let client = through(&world, proxy.rules("socks5://"));
    assert_eq!(client.ping().await.kind, PingKind::Open);
    assert!(proxy.heard().contains("registry.test"));
}

#[tokio::test]
async fn plain_http_goes_through_with_the_whole_url() {
    let registry = embedded::Registry::builder().start();
    let proxy = Proxy::start(Does::Tunnel(registry.port())).await;
    let options = Options {
        proxy: proxy.rules("http://"),
        ..plain()
    };
    let client = client("registry.test", vec![], options);
    drop(client.ping().await);
    assert!(
        proxy
            .heard()
            .starts_with("GET http://registry.test:80/v2/ HTTP/1.1\r\n"),
        "{}",
        proxy.heard()
    );
}

#[tokio::test]
async fn refusals_of_the_proxy_are_told_apart() {
    let world = world();
    let rows = [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            ProxyFault::AuthenticationRequired,
        ),
        (
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 39\r\n\r\n<html><title>Blocked by IT</title></htm",
            ProxyFault::Refused {
                status: 403,
                reason: "Forbidden: Blocked by IT".to_owned(),
            },
        ),
        (
            "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
            ProxyFault::Refused {
                status: 502,
                reason: "Bad Gateway".to_owned(),
            },
        ),
        (
            "SSH-2.0-OpenSSH\r\n",
            ProxyFault::Malformed {
                text: "it does not answer as an HTTP proxy".to_owned(),
            },
        ),
        (
            "",
            ProxyFault::Malformed {
                text: "it closed the connection without an answer".to_owned(),
            },
        ),
    ];
    for (says, expected) in rows {
        let proxy = Proxy::start(Does::Answers(says)).await;
        let client = through(&world, proxy.rules("http://"));
        let ping = client.ping().await;
        assert_eq!(
            fault(&ping.exchange),
            &ExchangeFault::Proxy(expected.clone())
        );
        assert_eq!(client.dial().await.proxy.unwrap().result, Err(expected));
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_or_not_readable_is_the_fault() {
    let world = world();
    let proxy = Proxy::start(Does::Answers("")).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let rules = Proxy {
        port: closed.local_addr().expect("an address").port(),
        heard: proxy.heard,
    }
    .rules("http://");
    drop(closed);
    let dial = through(&world, rules).dial().await;
    assert_eq!(dial.tcp.unwrap().result, Err(ConnectFault::Refused));
    assert_eq!(
        dial.proxy.unwrap().result,
        Err(ProxyFault::Unreachable(ConnectFault::Refused))
    );

    let values = ProxyValues {
        https: "gopher://proxy".to_owned(),
        ..ProxyValues::default()
    };
    let rules = ProxyRules::from_environment(&values, &ProxyValues::default());
    let dial = through(&world, rules).dial().await;
    assert!(matches!(
        dial.proxy.unwrap().result,
        Err(ProxyFault::Malformed { .. })
    ));
}
