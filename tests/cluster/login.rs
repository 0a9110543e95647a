//! As whom requests are made.

use std::process::Command;

use extreg::cluster::connect::{ConnectOptions, login_of_context};
use extreg::cluster::{Cluster, kinds};
use secrecy::ExposeSecret as _;

use crate::certificate::Certificate;
use crate::server::{Reply, Server, Speaks, found};
use crate::world::World;

async fn ask(cluster: &Cluster) {
    let secret = kinds::SECRET.object(Some("team"), "s");
    assert!(cluster.get(&secret).await.unwrap().is_some());
}

#[tokio::test]
async fn tokens_and_passwords_go_into_the_authorization_header() {
    for (user, header) in [
        ("{token: abc}", "Bearer abc"),
        ("{tokenFile: TOKEN}", "Bearer from-file"),
        ("{token: stale, tokenFile: TOKEN}", "Bearer from-file"),
        ("{username: me, password: 'p:w'}", "Basic bWU6cDp3"),
        ("{}", ""),
    ] {
        let server = Server::tls(found).await;
        let world = World::new();
        let token = world.write("token", " from-file\n");
        let user = user.replace("TOKEN", token.to_str().unwrap());
        world.kubeconfig("home/.kube/config", &server.url(), &server.ca_pem, &user);
        ask(&world.connect().await.unwrap()).await;
        let request = server.only();
        assert_eq!(request.header("authorization"), header, "{user}");
        assert_eq!(
            request.header("user-agent"),
            concat!("kubectl-extreg/", env!("CARGO_PKG_VERSION"))
        );
        assert!(request.header("impersonate-user").is_empty());
    }
}

#[tokio::test]
async fn the_token_flag_wins_over_everything_and_runs_no_plugin() {
    let server = Server::tls(found).await;
    let plugin = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: /does/not/exist, interactiveMode: Never}}";
    for user in [plugin, "{tokenFile: /does/not/exist}", "{token: old}"] {
        let mut world = World::of(&server, user);
        world.options.token = Some("flag".into());
        ask(&world.connect().await.unwrap()).await;
    }
    assert!(
        server
            .log()
            .iter()
            .all(|request| request.header("authorization") == "Bearer flag")
    );
    assert_eq!(server.log().len(), 3);
}

#[tokio::test]
async fn a_client_certificate_logs_in() {
    let certificate = Certificate::new(&[]).asking_for_client();
    let (pem, key) = certificate.client();
    let server = Server::start(Speaks::Tls(Box::new(certificate)), found).await;
    let world = World::of(&server, "{}");
    let unreachable = world
        .connect()
        .await
        .unwrap()
        .get(&kinds::SECRET.object(Some("team"), "s"))
        .await;
    assert!(unreachable.is_err());

    let mut world = World::of(&server, "{}");
    world.options.client_certificate = Some(world.write("me.crt", pem));
    world.options.client_key = Some(world.write("me.key", key));
    ask(&world.connect().await.unwrap()).await;

    world.options.client_key = Some(world.write("other.key", Certificate::new(&[]).client().1));
    assert!(
        world
            .refusal()
            .await
            .contains("cannot be used with its certificate")
    );
}

#[tokio::test]
async fn impersonation_goes_with_every_request() {
    let server = Server::tls(found).await;
    let mut world = World::of(
        &server,
        "{token: abc, as: file-user, as-groups: [file-group], as-user-extra: {Scopes: [a, b], 'acme.com/100%': [c]}}",
    );
    ask(&world.connect().await.unwrap()).await;
    let request = server.only();
    assert_eq!(request.header("impersonate-user"), "file-user");
    assert_eq!(request.all("impersonate-group"), ["file-group"]);
    assert_eq!(request.all("impersonate-extra-scopes"), ["a", "b"]);
    assert_eq!(request.all("impersonate-extra-acme.com%2F100%25"), ["c"]);

    world.options.r#as = Some("jane".into());
    world.options.as_uid = Some("u-1".into());
    world.options.as_group = vec!["dev".into(), "ops".into()];
    ask(&world.connect().await.unwrap()).await;
    let request = server.log().pop().unwrap();
    assert_eq!(request.header("impersonate-user"), "jane");
    assert_eq!(request.header("impersonate-uid"), "u-1");
    assert_eq!(request.all("impersonate-group"), ["dev", "ops"]);

    let mut world = World::of(&server, "{}");
    world.options.as_group = vec!["dev".into()];
    assert!(world.refusal().await.contains("need --as"));
    world.options.r#as = Some("line\nbreak".into());
    assert!(world.refusal().await.contains("cannot carry"));
}

#[tokio::test]
async fn no_login_goes_over_plain_http_and_the_user_hears_of_it() {
    let server = Server::start(Speaks::Plain, found).await;
    let mut world = World::of(&server, "{token: canary}");
    world.options.r#as = Some("jane".into());
    let cluster = world.connect().await.unwrap();
    ask(&cluster).await;
    let request = server.only();
    assert_eq!(request.header("authorization"), "");
    assert_eq!(request.header("impersonate-user"), "jane");
    // As with `kubectl proxy`, there is nothing to say about a server on this machine.
    assert_eq!(cluster.take_warnings(), Vec::<String>::new());

    world.options.server = Some("http://192.0.2.1:8080".into());
    let cluster = world.connect().await.unwrap();
    let warnings = cluster.take_warnings().join("\n");
    assert!(
        warnings.contains("is not encrypted") && !warnings.contains("canary"),
        "{warnings}"
    );
}

#[tokio::test]
async fn a_token_that_is_no_header_is_refused_without_showing_it() {
    let server = Server::tls(found).await;
    let world = World::of(&server, "{token: \"can\\nary\"}");
    let refusal = world.refusal().await;
    assert!(
        refusal.contains("characters that HTTP cannot carry") && !refusal.contains("ary\""),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_refused_token_is_read_anew_once() {
    let server = Server::tls(|request| {
        if request.header("authorization") == "Bearer new" {
            found(request)
        } else {
            Reply::status(
                401,
                "Unauthorized",
                "Unauthorized",
                &serde_json::Value::Null,
            )
        }
    })
    .await;
    let world = World::new();
    let token = world.write("token", "old");
    let user = format!("{{tokenFile: {}}}", token.display());
    world.kubeconfig("home/.kube/config", &server.url(), &server.ca_pem, &user);
    let cluster = world.connect().await.unwrap();
    let secret = kinds::SECRET.object(Some("team"), "s");
    let refused = cluster.get(&secret).await.unwrap_err().to_string();
    assert_eq!(
        refused,
        "You must be logged in to the server (Unauthorized)"
    );
    assert_eq!(server.log().len(), 1, "the same token is not sent twice");

    world.write("token", "new");
    ask(&cluster).await;
    let sent: Vec<String> = server
        .log()
        .iter()
        .map(|request| request.header("authorization").to_owned())
        .collect();
    assert_eq!(sent, ["Bearer old", "Bearer old", "Bearer new"]);
}

#[tokio::test]
async fn the_token_of_an_openid_connect_login_is_sent_while_it_holds() {
    use base64::Engine as _;
    let token = |expiry: u64| {
        let coded = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        format!(
            "{}.{}.c2ln",
            coded("{}"),
            coded(&format!("{{\"exp\": {expiry}}}"))
        )
    };
    let server = Server::tls(found).await;
    let user =
        |token: &str| format!("{{auth-provider: {{name: oidc, config: {{id-token: {token}}}}}}}");
    let far = token(4_102_444_800);
    ask(&World::of(&server, &user(&far)).connect().await.unwrap()).await;
    assert_eq!(
        server.only().header("authorization"),
        format!("Bearer {far}")
    );

    let past = token(1_000_000_000);
    let cluster = World::of(&server, &user(&past)).connect().await.unwrap();
    let error = cluster
        .get(&kinds::SECRET.object(Some("team"), "s"))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("OpenID Connect login") && !error.contains(&past),
        "{error}"
    );
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn a_pod_without_kubeconfig_uses_its_service_account() {
    let server = Server::tls(found).await;
    let mut world = World::new()
        .set("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        .set(
            "KUBERNETES_SERVICE_PORT",
            &server.address.port().to_string(),
        );
    world.write("pod/token", "pod-token\n");
    world.write("pod/ca.crt", &server.ca_pem);
    world.write("pod/namespace", "pod-ns\n");
    world.hooks.service_account = world.path("pod");
    world.options.r#as = Some("jane".into());
    let cluster = world.connect().await.unwrap();
    ask(&cluster).await;
    let request = server.only();
    assert_eq!(request.header("authorization"), "Bearer pod-token");
    assert_eq!(request.header("impersonate-user"), "jane");
    assert_eq!((cluster.namespace(), cluster.context()), ("pod-ns", None));

    world.options.namespace = Some("mine".into());
    world.options.token = Some("flag".into());
    let cluster = world.connect().await.unwrap();
    ask(&cluster).await;
    assert_eq!(cluster.namespace(), "mine");
    assert_eq!(
        server.log().pop().unwrap().header("authorization"),
        "Bearer flag"
    );

    // A kubeconfig comes first; only its missing namespace is the pod's.
    let other = Server::tls(found).await;
    let mut world = World {
        options: ConnectOptions::default(),
        ..world
    };
    let path = world.kubeconfig(
        "home/.kube/config",
        &other.url(),
        &other.ca_pem,
        "{token: file}",
    );
    let without = std::fs::read_to_string(&path)
        .unwrap()
        .replace(", namespace: team", "");
    std::fs::write(&path, without).unwrap();
    let cluster = world.connect().await.unwrap();
    ask(&cluster).await;
    assert_eq!(other.only().header("authorization"), "Bearer file");
    assert_eq!(cluster.namespace(), "pod-ns");
    world
        .env
        .vars
        .insert("POD_NAMESPACE".into(), "downward".into());
    assert_eq!(world.connect().await.unwrap().namespace(), "downward");
}

#[tokio::test]
async fn the_login_of_another_context_is_its_token() {
    let server = Server::tls(found).await;
    let world = World::of(&server, "{token: other}");
    // Flags for this run's cluster say nothing about the other one.
    let options = ConnectOptions {
        server: Some("https://elsewhere:6443".into()),
        token: Some("mine".into()),
        ..ConnectOptions::default()
    };
    let login = login_of_context(&world.env, &options, "ctx").await.unwrap();
    assert_eq!(
        (login.server, login.token.expose_secret()),
        (server.url(), "other")
    );

    let error = login_of_context(&world.env, &options, "ctxt")
        .await
        .err()
        .unwrap();
    assert_eq!(error.hints(), ["did you mean \"ctx\"?"]);

    let world = World::of(&server, "{username: me, password: canary}");
    let error = login_of_context(&world.env, &options, "ctx")
        .await
        .err()
        .unwrap();
    assert!(
        error.message().contains("does not log in with a token"),
        "{error:?}"
    );
    assert!(error.hints()[0].contains("oc whoami -t"), "{error:?}");
    assert!(server.log().is_empty());
}

/// kube's debug variables and its own reading of proxies work on the real environment, so this runs in a child process.
#[test]
fn the_environment_of_the_process_decides_nothing() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "login::child_with_an_environment",
            "--ignored",
            "--nocapture",
        ])
        .env("KUBE_RS_DEBUG_OVERRIDE_URL", "https://127.0.0.1:1")
        .env("KUBE_RS_DEBUG_IMPERSONATE_USER", "root")
        .env("KUBE_RS_DEBUG_IMPERSONATE_GROUP", "system:masters")
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("NO_PROXY", "a,b,")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

#[tokio::test]
#[ignore = "the test above runs it with the variables set"]
async fn child_with_an_environment() {
    let server = Server::start(Speaks::Tls(Box::new(Certificate::new(&[]))), found).await;
    // 0.0.0.0 is no loopback address by Go's rules, so a proxy would be used for it.
    let world = World::new();
    let url = format!("https://0.0.0.0:{}", server.address.port());
    world.kubeconfig("home/.kube/config", &url, &server.ca_pem, "{token: abc}");
    ask(&world.connect().await.unwrap()).await;
    let request = server.only();
    assert_eq!(request.header("impersonate-user"), "");
    assert_eq!(request.all("impersonate-group"), Vec::<&str>::new());
}
