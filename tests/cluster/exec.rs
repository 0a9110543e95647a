//! Credential plugins.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use extreg::cluster::connect::login_of_context;
use extreg::cluster::kinds;
use secrecy::ExposeSecret as _;

use crate::certificate::Certificate;
use crate::server::{Reply, Server, Speaks, found};
use crate::world::{World, script};

const V1: &str = "client.authentication.k8s.io/v1";

/// A world whose user logs in with `plugin`, which `sh` runs; `more` are further fields of `exec`.
fn world(server: &Server, plugin: &str, more: &str) -> World {
    let world = World::new();
    script(&world.path("home/.kube/bin/plugin"), plugin);
    let exec = format!(
        "{{exec: {{apiVersion: {V1}, command: bin/plugin, interactiveMode: Never{more}}}}}"
    );
    world.kubeconfig("home/.kube/config", &server.url(), &server.ca_pem, &exec);
    world
}

/// A plugin that answers with this status.
fn answers(status: &str) -> String {
    format!(
        "echo '{{\"apiVersion\": \"{V1}\", \"kind\": \"ExecCredential\", \"status\": {status}}}'"
    )
}

#[tokio::test]
async fn its_token_logs_in_and_its_command_is_relative_to_the_file() {
    let server = Server::tls(found).await;
    let world = world(&server, &answers(r#"{"token": "from-plugin"}"#), "");
    let cluster = world.connect().await.unwrap();
    cluster.get(&kinds::SECRET.object(None, "s")).await.unwrap();
    let request = server.only();
    assert_eq!(request.header("authorization"), "Bearer from-plugin");
    assert_eq!(request.path, "/api/v1/namespaces/team/secrets/s");

    let login = login_of_context(&world.env, &world.options, "ctx")
        .await
        .unwrap();
    assert_eq!(login.token.expose_secret(), "from-plugin");
}

#[tokio::test]
async fn it_gets_arguments_variables_and_what_the_protocol_tells_it() {
    let server = Server::tls(found).await;
    let plugin = format!(
        "printf '%s\\n' \"$KUBERNETES_EXEC_INFO\" \"$1\" \"$GREETING\" \"$FROM_ENV\" >\"$OUT\"\n{}",
        answers(r#"{"token": "t"}"#)
    );
    let world = world(
        &server,
        &plugin,
        ", provideClusterInfo: true, args: ['one two'], env: [{name: GREETING, value: hi}]",
    );
    let out = world.path("out");
    let world = world
        .set("OUT", out.to_str().unwrap())
        .set("FROM_ENV", "outer");
    world.connect().await.unwrap();
    let written = std::fs::read_to_string(out).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(&lines[1..], ["one two", "hi", "outer"]);
    let info: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!(
        (info["kind"].as_str(), info["apiVersion"].as_str()),
        (Some("ExecCredential"), Some(V1))
    );
    assert_eq!(info["spec"]["interactive"], false);
    assert_eq!(info["spec"]["cluster"]["server"], server.url());
    assert!(info["spec"]["cluster"]["certificate-authority-data"].is_string());
}

#[tokio::test]
async fn one_that_does_not_answer_is_given_up() {
    let server = Server::tls(found).await;
    let mut world = world(&server, "exec sleep 600", "");
    world.hooks.exec_timeout = Some(Duration::from_millis(200));
    let started = Instant::now();
    let refusal = world.refusal().await;
    assert!(started.elapsed() < Duration::from_secs(60));
    assert!(refusal.contains("did not answer within 0.2 s"), "{refusal}");
    assert!(server.log().is_empty());
}

#[tokio::test]
async fn waiting_for_it_is_told_to_the_caller() {
    let server = Server::tls(found).await;
    // It goes on only when the caller has been told.
    let plugin = format!(
        "while [ ! -e \"$TOLD\" ]; do sleep 0.05; done\n{}",
        answers(r#"{"token": "t"}"#)
    );
    let mut world = world(&server, &plugin, "");
    let told = world.path("told");
    world
        .env
        .vars
        .insert("TOLD".into(), told.to_str().unwrap().into());
    let commands = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&commands);
    world.hooks.waiting = Some(Arc::new(move |command: &str| {
        seen.lock().unwrap().push(command.to_owned());
        std::fs::write(&told, "").unwrap();
    }));
    world.connect().await.unwrap();
    let commands = commands.lock().unwrap();
    assert_eq!(commands.len(), 1);
    assert!(
        commands[0].ends_with("home/.kube/bin/plugin"),
        "{commands:?}"
    );
}

#[tokio::test]
async fn what_it_prints_is_never_shown() {
    let server = Server::tls(found).await;
    for (plugin, part) in [
        ("echo canary; exit 3".to_owned(), "failed: exit status 3"),
        ("echo canary; kill -9 $$".to_owned(), "ended by a signal"),
        ("echo canary".to_owned(), "not an ExecCredential"),
        (answers("\"canary\""), "no status"),
        (
            answers("{\"canary\": 1}"),
            "neither a token nor a certificate",
        ),
        (
            answers("{\"clientCertificateData\": \"canary\"}"),
            "not with both",
        ),
        (
            "echo '{\"apiVersion\": \"canary/v1\", \"status\": {}}'".to_owned(),
            "in another version",
        ),
    ] {
        let refusal = world(&server, &plugin, "").refusal().await;
        assert!(refusal.contains(part), "{part}: {refusal}");
        assert!(!refusal.contains("canary"), "{refusal}");
    }
}

#[tokio::test]
async fn one_that_is_not_installed_is_told_with_its_own_hint() {
    let server = Server::tls(found).await;
    let world = World::of(
        &server,
        &format!(
            "{{exec: {{apiVersion: {V1}, command: no-such-plugin, installHint: \"get it\\nfrom \\e[31mthere\", interactiveMode: Never}}}}"
        ),
    );
    assert_eq!(
        world.refusal().await,
        "the kubeconfig logs in with the credential plugin \"no-such-plugin\", which is not installed\n\
         hint: get it from [31mthere"
    );
}

#[tokio::test]
async fn one_that_has_to_ask_needs_a_terminal() {
    let server = Server::tls(found).await;
    let world = world(&server, "exit 1", "");
    let config = std::fs::read_to_string(world.path("home/.kube/config")).unwrap();
    world.write(
        "home/.kube/config",
        config.replace("interactiveMode: Never", "interactiveMode: Always"),
    );
    assert!(
        world
            .refusal()
            .await
            .contains("standard input is not a terminal")
    );
}

#[tokio::test]
async fn its_certificate_logs_in() {
    let certificate = Certificate::new(&[]).asking_for_client();
    let (pem, key) = certificate.client();
    let server = Server::start(Speaks::Tls(Box::new(certificate)), found).await;
    let status =
        serde_json::json!({"clientCertificateData": pem, "clientKeyData": key}).to_string();
    let world = world(&server, &answers(&status.replace("\\n", "\\\\n")), "");
    world
        .connect()
        .await
        .unwrap()
        .get(&kinds::SECRET.object(None, "s"))
        .await
        .unwrap();
    assert_eq!(server.only().header("authorization"), "");
}

#[tokio::test]
async fn it_is_run_again_when_its_token_is_refused() {
    let server = Server::tls(|request| {
        if request.header("authorization") == "Bearer t2" {
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
    let plugin = format!(
        "echo x >>\"$RUNS\"\n{}",
        answers(r#"{"token": "t'$(($(wc -l <"$RUNS")))'"}"#)
    );
    let world = world(&server, &plugin, "");
    let runs = world.path("runs");
    let world = world.set("RUNS", runs.to_str().unwrap());
    let cluster = world.connect().await.unwrap();
    cluster.get(&kinds::SECRET.object(None, "s")).await.unwrap();
    assert_eq!(std::fs::read_to_string(runs).unwrap().lines().count(), 2);
    assert_eq!(server.log().len(), 2);
}
