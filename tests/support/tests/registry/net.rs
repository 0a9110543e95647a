//! Proxies and distances.
#![expect(
    clippy::expect_used,
    reason = "a test's helper that cannot do its work ends the test"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use extreg_test_support::client::get;
use extreg_test_support::net::{DelayProxy, HttpProxy, SocksProxy};
use extreg_test_support::registry::Registry;

/// Sends bytes, and reads until the other side closes.
fn talk(address: &str, pieces: &[&[u8]]) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a timeout");
    for piece in pieces {
        stream.write_all(piece).expect("bytes that are taken");
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an end");
    String::from_utf8_lossy(&answer).into_owned()
}

fn address(url: &str) -> String {
    url.rsplit('/').next().expect("an address").to_owned()
}

const GET: &str = "GET /v2/ HTTP/1.1\r\nHost: registry.corp\r\nConnection: close\r\n\r\n";

#[test]
fn connect_and_absolute_form_reach_the_registry() {
    let registry = Registry::builder().start();
    let proxy = HttpProxy::builder()
        .route("registry.corp:80", &registry.host())
        .start();
    let tunnelled = talk(
        &address(&proxy.url()),
        &[
            b"CONNECT registry.corp:80 HTTP/1.1\r\nHost: registry.corp:80\r\n\r\n",
            GET.as_bytes(),
        ],
    );
    assert!(
        tunnelled.starts_with("HTTP/1.1 200 Connection established\r\n\r\n"),
        "{tunnelled}"
    );
    assert!(tunnelled.contains("docker-distribution-api-version: registry/2.0"));
    let forwarded = talk(
        &address(&proxy.url()),
        &[b"GET http://registry.corp/v2/ HTTP/1.1\r\nHost: registry.corp\r\nAuthorization: Basic eDp5\r\n\r\n"],
    );
    assert!(forwarded.starts_with("HTTP/1.1 200 OK\r\n"), "{forwarded}");
    let log = proxy.log();
    assert_eq!(
        (log[0].method.as_str(), log[0].target.as_str()),
        ("CONNECT", "registry.corp:80")
    );
    assert_eq!(log[1].target, "http://registry.corp/v2/");
    assert_eq!(log[1].authorization.as_deref(), Some("Basic eDp5"));
    let seen = registry.log();
    assert_eq!(seen[1].path, "/v2/");
    assert_eq!(seen[1].header("via"), Some("1.1 test-proxy"));
}

#[test]
fn a_proxy_wants_credentials_refuses_hosts_and_fails() {
    let proxy = HttpProxy::builder()
        .credentials("user", "pass")
        .refuse("blocked.corp")
        .start();
    let connect = |host: &str, authorization: &str| {
        let head = format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}\r\n{authorization}\r\n");
        talk(&address(&proxy.url()), &[head.as_bytes()])
    };
    let asked = connect("a.corp", "");
    assert!(asked.starts_with("HTTP/1.1 407 "), "{asked}");
    assert!(asked.contains("Proxy-Authenticate: Basic realm=\"proxy\""));
    let good = "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n";
    let blocked = connect("blocked.corp", good);
    assert!(
        blocked.starts_with("HTTP/1.1 403 ") && blocked.contains("blocked by policy"),
        "{blocked}"
    );
    let statuses: Vec<u16> = proxy.log().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [407, 403]);
    assert!(
        proxy
            .url_with("user", "pass")
            .starts_with("http://user:pass@127.0.0.1:")
    );
}

#[test]
fn socks_connects_to_addresses_and_names() {
    let registry = Registry::builder().start();
    let proxy = SocksProxy::start();
    let port = registry.port().to_be_bytes();
    let by_address = [&[5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1][..], &port].concat();
    let by_name = [&[5, 1, 0, 5, 1, 0, 3, 9][..], b"localhost", &port].concat();
    for request in [by_address, by_name] {
        let answer = talk(&address(&proxy.url()), &[&request, GET.as_bytes()]);
        assert!(answer.contains("HTTP/1.1 200 OK"), "{answer}");
    }
    assert_eq!(
        proxy.targets(),
        [registry.host(), format!("localhost:{}", registry.port())]
    );
}

#[test]
fn a_distant_registry_takes_two_round_trips_for_one_request() {
    let registry = Registry::builder().start();
    let round_trip = Duration::from_millis(60);
    let far = DelayProxy::start(&registry.host(), round_trip);
    let begun = Instant::now();
    let ping = get(format!("http://{}/v2/", far.host())).send();
    let elapsed = begun.elapsed();
    assert_eq!(ping.status, 200);
    assert!(elapsed >= 2 * round_trip, "{elapsed:?}");
}
