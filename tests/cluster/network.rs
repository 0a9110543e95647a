//! The way to the server: proxies, TLS, time limits, and the words when it does not lead there.

use std::time::{Duration, Instant};

use extreg::cluster::{ClusterError, kinds};
use extreg_test_support::net::SocksProxy;

use crate::certificate::Certificate;
use crate::server::{Proxy, Reply, Server, Speaks, found};
use crate::world::World;

const NAME: &str = "api.cluster.example";

/// The words of a call that must fail for want of an answer.
async fn fault(world: &World) -> String {
    let cluster = world.connect().await.unwrap();
    match cluster.get(&kinds::SECRET.object(Some("team"), "s")).await {
        Err(ClusterError::Unreachable(words)) => words,
        other => panic!("{other:?}"),
    }
}

async fn named_server() -> (Server, Proxy) {
    let certificate = Certificate::new(&[NAME]);
    let server = Server::start(Speaks::Tls(Box::new(certificate)), found).await;
    let proxy = Proxy::start(server.address, None).await;
    (server, proxy)
}

#[cfg(unix)]
#[tokio::test]
async fn no_proxy_is_compared_with_the_server_as_go_does() {
    // 0.0.0.0 leads to this machine, and is no loopback address by Go's rules.
    for (no_proxy, name, proxied) in [
        ("", NAME, true),
        (".cluster.example", "0.0.0.0", true),
        ("0.0.0.0", NAME, true),
        ("0.0.0.0", "0.0.0.0", false),
        ("a,b, 0.0.0.0/8,", "0.0.0.0", false),
        ("0.0.0.0:PORT", "0.0.0.0", false),
        ("0.0.0.0:1", "0.0.0.0", true),
        ("*", "0.0.0.0", false),
        // The proxy's own address says nothing about the server.
        ("127.0.0.1", NAME, true),
        ("", "127.0.0.1", false),
    ] {
        let (server, proxy) = named_server().await;
        let port = server.address.port().to_string();
        let world = World::new()
            .set("HTTPS_PROXY", &format!("http://{}", proxy.address))
            .set("HTTP_PROXY", "http://127.0.0.1:1")
            .set("NO_PROXY", &no_proxy.replace("PORT", &port));
        world.kubeconfig(
            "home/.kube/config",
            &format!("https://{name}:{port}"),
            &server.ca_pem,
            "{token: abc}",
        );
        let cluster = world.connect().await.unwrap();
        cluster.get(&kinds::SECRET.object(None, "s")).await.unwrap();
        let connects: Vec<String> = proxy
            .log()
            .iter()
            .map(|request| format!("{} {}", request.method, request.path))
            .collect();
        let expected = if proxied {
            vec![format!("CONNECT {name}:{port}")]
        } else {
            Vec::new()
        };
        assert_eq!(connects, expected, "NO_PROXY={no_proxy}, server {name}");
        assert_eq!(server.log().len(), 1);
    }
}

#[tokio::test]
async fn the_proxy_of_the_kubeconfig_is_always_used_and_gets_its_own_login() {
    let (server, proxy) = named_server().await;
    let port = server.address.port();
    let world = World::new()
        .set("NO_PROXY", "*")
        .set("HTTPS_PROXY", "http://127.0.0.1:1");
    let path = world.kubeconfig(
        "home/.kube/config",
        &format!("https://{NAME}:{port}"),
        &server.ca_pem,
        "{token: abc}",
    );
    let config = std::fs::read_to_string(&path).unwrap().replace(
        "server:",
        &format!(
            "proxy-url: 'http://us%40r:p%3Aw@{}/', server:",
            proxy.address
        ),
    );
    std::fs::write(&path, config).unwrap();
    world
        .connect()
        .await
        .unwrap()
        .get(&kinds::SECRET.object(None, "s"))
        .await
        .unwrap();
    let connect = &proxy.log()[0];
    // `us@r:p:w`
    assert_eq!(connect.header("proxy-authorization"), "Basic dXNAcjpwOnc=");
    assert_eq!(connect.header("authorization"), "");
    assert_eq!(server.only().header("authorization"), "Bearer abc");
}

#[tokio::test]
async fn a_proxy_is_spoken_with_over_tls_where_its_address_says_so() {
    let certificate = Certificate::new(&[NAME]);
    let acceptor = certificate.acceptor();
    let server = Server::start(Speaks::Tls(Box::new(certificate)), found).await;
    let proxy = Proxy::tls(acceptor, server.address).await;
    let world = World::new().set("HTTPS_PROXY", &format!("https://me:pw@{}", proxy.address));
    let url = format!("https://{NAME}:6443");
    world.kubeconfig("home/.kube/config", &url, &server.ca_pem, "{token: abc}");
    let secret = kinds::SECRET.object(None, "s");
    world.connect().await.unwrap().get(&secret).await.unwrap();
    let connect = &proxy.log()[0];
    assert_eq!(connect.path, format!("{NAME}:6443"));
    assert_eq!(connect.header("proxy-authorization"), "Basic bWU6cHc=");
    assert_eq!(server.only().header("authorization"), "Bearer abc");

    // One that nobody vouches for hears nothing.
    let stranger = Certificate::new(&[]);
    let proxy = Proxy::tls(stranger.acceptor(), server.address).await;
    let world = World::new().set("HTTPS_PROXY", &format!("https://me:pw@{}", proxy.address));
    world.kubeconfig("home/.kube/config", &url, &server.ca_pem, "{token: abc}");
    let words = fault(&world).await;
    assert!(
        words.starts_with(&format!(
            "cannot reach {url} through the proxy https://***@{}: the proxy cannot be trusted",
            proxy.address
        )),
        "{words}"
    );
    assert!(proxy.log().is_empty());
}

#[tokio::test]
async fn a_proxy_that_speaks_socks_resolves_the_name_and_its_refusal_is_told() {
    let server = Server::tls(found).await;
    let proxy = SocksProxy::start();
    let world = World::new();
    let path = world.kubeconfig("home/.kube/config", &server.url(), &server.ca_pem, "{}");
    let config = std::fs::read_to_string(&path).unwrap();
    let with_proxy =
        |config: &str| config.replace("server:", &format!("proxy-url: '{}', server:", proxy.url()));
    std::fs::write(&path, with_proxy(&config)).unwrap();
    let secret = kinds::SECRET.object(None, "s");
    let cluster = world.connect().await.unwrap();
    cluster.get(&secret).await.unwrap();
    cluster.get(&secret).await.unwrap();
    assert_eq!(proxy.targets(), [server.address.to_string()]);

    let nowhere = "https://api.cluster.invalid:6443";
    std::fs::write(&path, with_proxy(&config.replace(&server.url(), nowhere))).unwrap();
    let words = fault(&world).await;
    assert!(
        words.starts_with(&format!(
            "cannot reach {nowhere} through the proxy {}: the proxy refuses to connect to it: ",
            proxy.url()
        )),
        "{words}"
    );
    assert_eq!(proxy.targets()[1], "api.cluster.invalid:6443");
}

#[tokio::test]
async fn connections_are_kept_and_one_that_the_server_closed_is_made_anew() {
    let server = Server::tls(found).await;
    let proxy = Proxy::start(server.address, None).await;
    let world = World::new();
    let path = world.kubeconfig("home/.kube/config", &server.url(), &server.ca_pem, "{}");
    let config = std::fs::read_to_string(&path).unwrap();
    let url = format!("proxy-url: 'http://{}', server:", proxy.address);
    std::fs::write(&path, config.replace("server:", &url)).unwrap();
    let cluster = world.connect().await.unwrap();
    let secret = kinds::SECRET.object(None, "s");
    for _ in 0..3 {
        cluster.get(&secret).await.unwrap();
    }
    assert_eq!(
        proxy.log().len(),
        1,
        "one connection for what comes in turn"
    );

    let closing = Server::tls(|request| found(request).with("connection", "close")).await;
    let cluster = World::of(&closing, "{}").connect().await.unwrap();
    for _ in 0..3 {
        cluster.get(&secret).await.unwrap();
    }
    assert_eq!(closing.log().len(), 3);
}

#[tokio::test]
async fn a_path_of_the_server_stands_before_that_of_the_request() {
    let server = Server::tls(found).await;
    let world = World::new();
    let url = format!("{}/k8s/clusters/c-1/", server.url());
    world.kubeconfig("home/.kube/config", &url, &server.ca_pem, "{}");
    let secret = kinds::SECRET.object(Some("team"), "s");
    world.connect().await.unwrap().get(&secret).await.unwrap();
    let request = server.only();
    assert_eq!(
        request.path,
        "/k8s/clusters/c-1/api/v1/namespaces/team/secrets/s"
    );
    assert_eq!(request.header("host"), server.address.to_string());
}

#[tokio::test]
async fn a_proxy_in_the_way_is_named_without_its_password() {
    let (server, _) = named_server().await;
    for (status, words) in [
        (407, "wants a login (407)"),
        (403, "refuses to connect to it"),
    ] {
        let proxy = Proxy::start(server.address, Some(status)).await;
        let world = World::new().set(
            "https_proxy",
            &format!("http://me:canary@{}", proxy.address),
        );
        world.kubeconfig(
            "home/.kube/config",
            &format!("https://{NAME}:6443"),
            &server.ca_pem,
            "{}",
        );
        let fault = fault(&world).await;
        assert_eq!(
            fault,
            format!(
                "cannot reach https://{NAME}:6443 through the proxy http://***@{}: the proxy {words}",
                proxy.address
            )
        );
    }
    let world = World::new().set("HTTPS_PROXY", "http://127.0.0.1:1");
    world.kubeconfig(
        "home/.kube/config",
        &format!("https://{NAME}:6443"),
        &server.ca_pem,
        "{}",
    );
    assert!(fault(&world).await.ends_with(
        "through the proxy http://127.0.0.1:1: the connection to the proxy was refused"
    ));

    let world = World::new().set("HTTPS_PROXY", "ftp://canary");
    world.kubeconfig(
        "home/.kube/config",
        &format!("https://{NAME}:6443"),
        &server.ca_pem,
        "{}",
    );
    let refusal = world.refusal().await;
    assert!(
        refusal.starts_with("cannot use HTTPS_PROXY") && !refusal.contains("canary"),
        "{refusal}"
    );
}

#[tokio::test]
async fn certificates_that_do_not_fit_have_words_of_their_own() {
    let certificate = Certificate::of_authority("first", &[]);
    let server = Server::start(Speaks::Tls(Box::new(certificate)), found).await;
    let world = World::new();
    world.kubeconfig(
        "home/.kube/config",
        &server.url(),
        &Certificate::new(&[]).ca_pem,
        "{}",
    );
    assert!(
        fault(&world)
            .await
            .contains("signed by an authority that is not trusted here")
    );
    let renewed = Certificate::of_authority("first", &[]);
    world.write("ca.pem", renewed.ca_pem);
    let words = fault(&world).await;
    assert!(words.contains("one of the same name"), "{words}");

    let mut world = World::of(&server, "{}");
    world.options.tls_server_name = Some("other.example".into());
    assert!(fault(&world).await.contains("is for other names"));
    world.options.tls_server_name = Some("not a name".into());
    assert!(world.refusal().await.contains("--tls-server-name"));

    let home_made = Server::start(Speaks::Tls(Box::new(Certificate::home_made())), found).await;
    let fault_ = fault(&World::of(&home_made, "{}")).await;
    assert!(
        fault_.contains("CA:TRUE") && fault_.contains("oc and kubectl accept that"),
        "{fault_}"
    );

    let plain = Server::start(Speaks::Plain, found).await;
    let mut world = World::new();
    world.options.server = Some(format!("https://{}", plain.address));
    world.options.insecure_skip_tls_verify = true;
    assert!(fault(&world).await.contains("does not speak TLS"));
}

#[tokio::test]
async fn the_expected_name_and_the_switch_without_verification_work() {
    let certificate = Certificate::new(&["inner.example"]);
    let server = Server::start(Speaks::Tls(Box::new(certificate)), found).await;
    let mut world = World::of(&server, "{}");
    world.options.tls_server_name = Some("inner.example".into());
    let secret = kinds::SECRET.object(None, "s");
    assert!(world.connect().await.unwrap().get(&secret).await.is_ok());

    let mut world = World::new();
    world.kubeconfig(
        "home/.kube/config",
        &server.url(),
        &Certificate::new(&[]).ca_pem,
        "{}",
    );
    world.options.insecure_skip_tls_verify = true;
    assert!(world.connect().await.unwrap().get(&secret).await.is_ok());

    // A certificate authority on the command line replaces the file's.
    world.options.insecure_skip_tls_verify = false;
    world.options.certificate_authority = Some(world.write("right.pem", &server.ca_pem));
    assert!(world.connect().await.unwrap().get(&secret).await.is_ok());
}

#[tokio::test]
async fn a_refused_connection_names_the_server() {
    let mut world = World::new();
    world.options.server = Some("http://127.0.0.1:1".into());
    assert_eq!(
        fault(&world).await,
        "the connection to http://127.0.0.1:1 was refused"
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_ends_in_time() {
    let server = Server::tls(|_| Reply::Silence).await;
    let mut world = World::of(&server, "{}");
    world.options.request_timeout = Some(Duration::from_millis(200));
    let started = Instant::now();
    let words = fault(&world).await;
    assert!(started.elapsed() < Duration::from_secs(60));
    assert_eq!(
        words,
        format!(
            "{} did not answer within 200ms (--request-timeout)",
            server.url()
        )
    );

    // Zero is no limit: the answer comes when it comes.
    let slow = Server::tls(|request| {
        std::thread::sleep(Duration::from_millis(20));
        found(request)
    })
    .await;
    let mut world = World::of(&slow, "{}");
    world.options.request_timeout = Some(Duration::ZERO);
    assert!(
        world
            .connect()
            .await
            .unwrap()
            .get(&kinds::SECRET.object(None, "s"))
            .await
            .is_ok()
    );
}
