//! What `link` prints, and which command lines it refuses.

mod kit;

use extreg_test_support::api::make;
use kit::{PASSWORD, World};
use serde_json::Value;

#[test]
fn objects_are_printed_with_secret_values_masked() {
    let world = World::kubernetes();
    let output = world.link("quay.io -o yaml --dry-run=client").success();
    insta::with_settings!({filters => vec![
        (r"(uid|creationTimestamp|resourceVersion): .*", "$1: ..."),
    ]}, {
        insta::assert_snapshot!(output.stdout, @r#"
        apiVersion: v1
        kind: List
        metadata: {}
        items:
        - apiVersion: v1
          kind: Secret
          metadata:
            name: extreg-quay.io
            namespace: shop
            labels:
              app.kubernetes.io/managed-by: kubectl-extreg
            annotations:
              extreg.dev/registry: quay.io
          type: kubernetes.io/dockerconfigjson
          data:
            .dockerconfigjson: "***"
        - kind: ServiceAccount
          apiVersion: v1
          metadata:
            name: default
            namespace: shop
            uid: ...
            creationTimestamp: ...
            resourceVersion: ...
          imagePullSecrets:
          - name: extreg-quay.io
        "#);
    });
}

#[test]
fn secret_values_are_printed_when_asked() {
    let world = World::kubernetes();
    let output = world.link("quay.io -o json --show-secret-values").success();
    let list: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let secret = &list["items"][0];
    let stored = world
        .api
        .get("secrets", "shop", "extreg-quay.io")
        .expect("the secret");
    assert_eq!(secret["data"], stored["data"]);
    assert_eq!(
        list["items"][1]["imagePullSecrets"][0]["name"],
        "extreg-quay.io"
    );
}

#[test]
fn names_are_printed_alone() {
    let world = World::kubernetes();
    let output = world.link("quay.io -o name").success();
    assert_eq!(
        output.stdout,
        "secret/extreg-quay.io\nserviceaccount/default\n"
    );
}

#[test]
fn the_difference_is_shown_when_asked() {
    let world = World::kubernetes();
    let output = world.link("quay.io --diff --dry-run=server").success();
    assert!(
        output.stdout.contains("+   .dockerconfigjson: \"***\"\n"),
        "{}",
        output.stdout
    );
    assert!(
        output.stdout.contains("+ - name: extreg-quay.io\n"),
        "{}",
        output.stdout
    );
}

#[test]
fn passwords_on_the_command_line_are_refused_and_not_shown() {
    let world = World::kubernetes();
    for line in [
        format!("link quay.io --registry-username robot --registry-password {PASSWORD}"),
        format!("link quay.io --registry-username robot --registry-password={PASSWORD}"),
        format!("link quay.io --registry-username robot --password={PASSWORD}"),
        format!("link quay.io --docker-password {PASSWORD}"),
        format!("link quay.io --registry-username robot -p {PASSWORD}"),
        format!("link quay.io --registry-username robot -p{PASSWORD}"),
        format!("link quay.io --registry-token {PASSWORD}"),
        format!("link quay.io --registry-username robot:{PASSWORD}"),
        format!("link robot:{PASSWORD}@quay.io"),
        format!("link https://robot:{PASSWORD}@quay.io/v2/"),
        format!("--registry-password {PASSWORD} link quay.io"),
    ] {
        let output = world.run(&line).exits(2);
        assert!(
            output.stderr.contains("process"),
            "{line}: {}",
            output.stderr
        );
        assert!(
            !output.stderr.contains(PASSWORD) && !output.stdout.contains(PASSWORD),
            "{line}"
        );
    }
    assert!(world.api.requests().is_empty());
}

#[test]
fn one_source_of_credentials_at_a_time() {
    let world = World::kubernetes();
    for line in [
        "--registry-username a -a file",
        "--registry-username a --from-secret b",
        "--registry-token-stdin --secret b",
        "--from-secret a --from-context b",
        "--secret a -a b",
        "--secret a --name b",
        "--registry-password-stdin",
        "--registry-username a --registry-password-stdin --registry-token-stdin",
    ] {
        let output = world.run(&format!("link quay.io {line}")).exits(2);
        assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
    }
}

#[test]
fn a_secret_of_another_namespace_is_copied_and_not_linked() {
    let world = World::kubernetes();
    let output = world.run("link quay.io --secret infra/corp").exits(2);
    assert!(
        output.stderr.contains("hint: --from-secret infra/corp"),
        "{}",
        output.stderr
    );
    assert!(world.api.requests().is_empty());
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let world = World::kubernetes();
    let output = world.run("link quay.io --registry-username robot").exits(2);
    assert!(
        output.stderr.contains("--registry-password-stdin"),
        "{}",
        output.stderr
    );
}

#[test]
fn flags_are_taken_anywhere() {
    let world = World::kubernetes();
    world
        .api
        .create(make::docker_secret("shop", "corp", "quay.io", "robot", "x"));
    for line in [
        "-n shop link quay.io --secret corp --skip-check --dry-run=client",
        "--secret corp --skip-check --dry-run=client link -n shop quay.io",
        "link --skip-check quay.io --dry-run=client --secret corp -n shop",
    ] {
        let output = world.run(line).success();
        assert_eq!(
            output.stdout, "serviceaccount/default linked (pull) (dry run)\n",
            "{line}"
        );
    }
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    let world = World::kubernetes();
    for line in [
        "link",
        "link quay.io --for mount",
        "link quay.io --dry-run=maybe",
        "link quay.io,ghcr.io --skip-check",
        "link quay.io/team:tag@sha256:0 --skip-check",
        "link quay.io --name UPPER --skip-check --registry-username a --registry-password-stdin",
        "link quay.io --image ghcr.io/a/b --registry-username a --registry-password-stdin",
        "frobnicate",
    ] {
        world.cmd(line).stdin("x").run().exits(2);
    }
    assert!(world.api.writes().is_empty());
}

#[test]
fn the_version_needs_no_cluster() {
    let world = World::kubernetes();
    let output = world.run("version").success();
    assert_eq!(
        output.stdout,
        concat!("kubectl-extreg ", env!("CARGO_PKG_VERSION"), "\n")
    );
    assert!(world.api.requests().is_empty());
}

#[test]
fn bad_passwords_on_standard_input_are_refused() {
    let world = World::kubernetes();
    for (text, words) in [
        ("", "is empty"),
        ("\n", "is empty"),
        ("one\ntwo\n", "more than one line"),
    ] {
        let output = world
            .cmd("link quay.io --skip-check --registry-username robot --registry-password-stdin")
            .stdin(text)
            .run()
            .exits(1);
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
}
