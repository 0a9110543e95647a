//! Which cluster, user and namespace kubeconfig files and flags mean.

use std::fmt::Write as _;

use extreg::cluster::connect::is_configured;

use crate::certificate::Certificate;
use crate::world::World;

const CA: &str = "certificate-authority-data: ''";

/// A file with clusters `NAME -> SERVER` and contexts of the same names.
fn file(current: &str, clusters: &[(&str, &str)]) -> String {
    let mut text =
        format!("apiVersion: v1\nkind: Config\ncurrent-context: '{current}'\nclusters:\n");
    for (name, server) in clusters {
        writeln!(
            text,
            "- {{name: {name}, cluster: {{server: '{server}', {CA}}}}}"
        )
        .unwrap();
    }
    text.push_str("contexts:\n");
    for (name, _) in clusters {
        writeln!(
            text,
            "- {{name: {name}, context: {{cluster: {name}, namespace: ns-{name}}}}}"
        )
        .unwrap();
    }
    text
}

#[tokio::test]
async fn the_file_in_the_home_directory_is_the_default() {
    let mut world = World::new();
    world.write("home/.kube/config", file("a", &[("a", "http://a:1")]));
    let cluster = world.connect().await.unwrap();
    assert_eq!(
        (cluster.server(), cluster.namespace(), cluster.context()),
        ("http://a:1", "ns-a", Some("a"))
    );

    world.env.vars.insert("KUBECONFIG".into(), String::new());
    assert_eq!(world.connect().await.unwrap().server(), "http://a:1");
    assert!(is_configured(&world.env, &world.options));
}

#[tokio::test]
async fn of_several_files_the_first_wins_and_missing_ones_are_skipped() {
    let world = World::new();
    world.write("one", file("", &[("a", "http://first-a:1")]));
    world.write(
        "two",
        file(
            "b",
            &[("a", "http://second-a:1"), ("b", "http://second-b:1")],
        ),
    );
    world.write(
        "three",
        file("a", &[("b", "http://third-b:1"), ("c", "http://third-c:1")]),
    );
    // Relative entries are relative to the working directory, empty ones are ignored, the second `one` counts once.
    let mut world = world.set("KUBECONFIG", "nowhere:one::two:one:three");
    let cluster = world.connect().await.unwrap();
    assert_eq!(
        (cluster.context(), cluster.server()),
        (Some("b"), "http://second-b:1")
    );

    for (context, server) in [("a", "http://first-a:1"), ("c", "http://third-c:1")] {
        world.options.context = Some(context.into());
        assert_eq!(world.connect().await.unwrap().server(), server);
    }
}

#[tokio::test]
async fn an_explicit_file_is_the_only_one_and_has_to_exist() {
    let world = World::new();
    world.write("home/.kube/config", file("a", &[("a", "http://a:1")]));
    world.write("other", file("b", &[("b", "http://b:1")]));
    let mut world = world.set("KUBECONFIG", "home/.kube/config");
    world.options.kubeconfig = Some("other".into());
    assert_eq!(world.connect().await.unwrap().server(), "http://b:1");

    world.options.kubeconfig = Some("gone".into());
    let refusal = world.refusal().await;
    assert!(
        refusal.starts_with(&format!(
            "cannot read the kubeconfig {}",
            world.path("gone").display()
        )),
        "{refusal}"
    );
}

#[tokio::test]
async fn flags_override_the_file() {
    let mut world = World::new();
    world.write(
        "home/.kube/config",
        format!(
            "{}users:\n- {{name: u, user: {{}}}}\n",
            file("a", &[("a", "http://a:1"), ("b", "http://b:1")])
        ),
    );
    world.options.cluster = Some("b".into());
    world.options.user = Some("u".into());
    world.options.namespace = Some("mine".into());
    let cluster = world.connect().await.unwrap();
    assert_eq!(
        (cluster.server(), cluster.namespace()),
        ("http://b:1", "mine")
    );

    world.options.server = Some("https://c:2/prefix/".into());
    world.options.insecure_skip_tls_verify = true;
    assert_eq!(
        world.connect().await.unwrap().server(),
        "https://c:2/prefix"
    );

    world.options.server = None;
    world.options.cluster = Some("bb".into());
    assert_eq!(
        world.refusal().await,
        "the kubeconfig has no cluster \"bb\" (context \"a\")\nhint: did you mean \"b\"?"
    );
    world.options.cluster = None;
    world.options.user = Some("nobody".into());
    assert_eq!(
        world.refusal().await,
        "the kubeconfig has no user \"nobody\"\nhint: there are: u"
    );
}

#[tokio::test]
async fn a_server_alone_is_enough_and_without_scheme_it_is_http() {
    let mut world = World::new();
    world.options.server = Some("127.0.0.1:1".into());
    let cluster = world.connect().await.unwrap();
    assert_eq!(
        (cluster.server(), cluster.namespace(), cluster.context()),
        ("http://127.0.0.1:1", "default", None)
    );
    world.options.insecure_skip_tls_verify = true;
    assert_eq!(
        world.connect().await.unwrap().server(),
        "https://127.0.0.1:1"
    );

    world.options.server = Some("https://user:canary@127.0.0.1:1/?token=canary".into());
    assert_eq!(
        world.connect().await.unwrap().server(),
        "https://127.0.0.1:1"
    );
    world.options.server = Some("ftp://127.0.0.1:1".into());
    assert!(world.refusal().await.contains("no URL"));
}

#[tokio::test]
async fn a_context_that_is_not_there_is_told_with_the_nearest_name() {
    let mut world = World::new();
    world.write(
        "home/.kube/config",
        file(
            "prod",
            &[("prod-eu", "http://a:1"), ("staging", "http://b:1")],
        ),
    );
    assert_eq!(
        world.refusal().await,
        "the kubeconfig has no context \"prod\"\nhint: did you mean \"prod-eu\"?"
    );
    world.options.context = Some("xyz".into());
    let refusal = world.refusal().await;
    assert!(
        refusal.ends_with("hint: there are: staging, prod-eu")
            || refusal.ends_with("hint: there are: prod-eu, staging"),
        "{refusal}"
    );
}

#[tokio::test]
async fn nothing_configured_has_words_of_its_own() {
    let world = World::new();
    let home = world.path("home/.kube/config");
    assert_eq!(
        world.refusal().await,
        format!(
            "no cluster is configured: there is no {}\nhint: log in with `oc login`\nhint: or set KUBECONFIG, or pass --kubeconfig FILE",
            home.display()
        )
    );
    assert!(!is_configured(&world.env, &world.options));

    world.write(
        "home/.kube/config",
        file("", &[("a", "http://a:1"), ("b", "http://b:1")]),
    );
    assert_eq!(
        world.refusal().await,
        "the kubeconfig has no current context\nhint: choose one with --context; there are: a, b"
    );
    world.write("home/.kube/config", "");
    assert!(
        world
            .refusal()
            .await
            .starts_with("no cluster is configured")
    );
}

#[tokio::test]
async fn a_broken_file_is_refused_without_showing_what_is_in_it() {
    let world = World::new();
    for (content, part) in [
        (
            "users: [{name: me, user: {token: canary}\nclusters: {",
            "line",
        ),
        ("users: [{name: me, user: {token: [canary]}}]", "line 1"),
        ("users: canary", "line 1"),
        (
            "clusters: [{name: canary, cluster: {insecure-skip-tls-verify: canary}}]",
            "line 1",
        ),
    ] {
        let path = world.write("home/.kube/config", content);
        let refusal = world.refusal().await;
        assert!(
            refusal.contains(&path.display().to_string()) && refusal.contains(part),
            "{refusal}"
        );
        assert!(!refusal.contains("canary"), "{refusal}");
    }
    world.write("home/.kube/config", [0xff, 0xfe, 0x41]);
    assert!(world.refusal().await.ends_with("it is not text"));

    world.write(
        "home/.kube/config",
        file("a", &[("a", "http://a:1"), ("a", "http://b:1")]),
    );
    assert!(
        world
            .refusal()
            .await
            .ends_with("it has two clusters named \"a\"")
    );
}

#[tokio::test]
async fn text_from_a_windows_shell_is_read() {
    let world = World::new();
    let text = file("a", &[("a", "http://a:1")]);
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    world.write("home/.kube/config", utf16);
    assert_eq!(world.connect().await.unwrap().server(), "http://a:1");
    world.write("home/.kube/config", format!("\u{feff}{text}"));
    assert_eq!(world.connect().await.unwrap().server(), "http://a:1");
}

#[tokio::test]
async fn files_in_a_file_are_relative_to_it() {
    let world = World::new();
    world.write(
        "deep/config",
        "current-context: c\n\
         clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1', certificate-authority: pki/ca.pem}}]\n\
         contexts: [{name: c, context: {cluster: c, user: u}}]\n\
         users: [{name: u, user: {client-certificate: pki/me.crt, client-key: pki/me.key}}]\n",
    );
    let world = world.set("KUBECONFIG", "deep/config");
    let missing = |what: &str| format!("({})", world.path("deep/pki").join(what).display());
    let refusal = world.refusal().await;
    assert!(
        refusal.starts_with("cannot read the certificate authority")
            && refusal.contains(&missing("ca.pem")),
        "{refusal}"
    );

    world.write("deep/pki/ca.pem", "no certificate");
    let refusal = world.refusal().await;
    assert!(
        refusal.contains("holds no certificate that can be used"),
        "{refusal}"
    );

    world.write("deep/pki/ca.pem", Certificate::new(&[]).ca_pem);
    let refusal = world.refusal().await;
    assert!(
        refusal.starts_with("cannot read the client certificate")
            && refusal.contains(&missing("me.crt")),
        "{refusal}"
    );

    world.write("deep/pki/me.crt", "canary");
    let refusal = world.refusal().await;
    assert!(
        refusal.ends_with("is not PEM") && !refusal.contains("canary"),
        "{refusal}"
    );
}

#[tokio::test]
async fn contradictions_are_refused_as_kubectl_refuses_them() {
    let mut world = World::new();
    let config = |cluster: &str, user: &str| {
        format!(
            "current-context: c\nclusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:1', {cluster}}}}}]\n\
             contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\nusers: [{{name: u, user: {{{user}}}}}]\n"
        )
    };
    for (cluster, user, part) in [
        (
            "certificate-authority: a, certificate-authority-data: YQ==",
            "",
            "both certificate-authority",
        ),
        (
            "certificate-authority: a, insecure-skip-tls-verify: true",
            "",
            "insecure-skip-tls-verify",
        ),
        (
            "insecure-skip-tls-verify: true",
            "token: canary, username: u, password: canary",
            "token and a password",
        ),
        (
            "insecure-skip-tls-verify: true",
            "client-certificate: a",
            "no key for it",
        ),
        (
            "insecure-skip-tls-verify: true",
            "client-certificate: a, client-certificate-data: YQ==, client-key: k",
            "both client-certificate",
        ),
        (
            "insecure-skip-tls-verify: true",
            "exec: {apiVersion: v1}",
            "without a command",
        ),
        (
            "insecure-skip-tls-verify: true",
            "exec: {command: x}",
            "without an apiVersion",
        ),
        (
            "insecure-skip-tls-verify: true",
            "auth-provider: {name: gcp}",
            "removed from Kubernetes 1.26",
        ),
        (
            "insecure-skip-tls-verify: true",
            "as-groups: [g]",
            "need --as",
        ),
        ("certificate-authority-data: '%'", "", "is not base64"),
    ] {
        world.write("home/.kube/config", config(cluster, user));
        let refusal = world.refusal().await;
        assert!(refusal.contains(part), "{part}: {refusal}");
        assert!(!refusal.contains("canary"), "{refusal}");
    }
    // The flag overrides what the file says about authorities, so nothing contradicts any more.
    world.write(
        "home/.kube/config",
        config("certificate-authority: gone", ""),
    );
    world.options.insecure_skip_tls_verify = true;
    assert!(world.connect().await.is_ok());
}

#[tokio::test]
async fn a_user_that_is_not_there_is_a_warning_as_kubectl_goes_on_without() {
    let world = World::new();
    world.write(
        "home/.kube/config",
        "current-context: c\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n\
         contexts: [{name: c, context: {cluster: c, user: gone}}]\n",
    );
    let cluster = world.connect().await.unwrap();
    let warnings = cluster.take_warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("no user \"gone\""), "{warnings:?}");
    assert!(cluster.take_warnings().is_empty());
}
