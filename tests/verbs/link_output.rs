//! What `link` prints, and which command lines it refuses.

use serde_json::Value;

use crate::kit::{Embedded, PASSWORD, for_each_world};

#[test]
fn objects_are_printed_with_secret_values_masked() {
    for_each_world(|world| {
        let output = world.link("quay.io -o yaml --dry-run=client").success();
        insta::allow_duplicates! { insta::with_settings!({filters => vec![
            (r"(uid|creationTimestamp|resourceVersion|namespace): .*", "$1: ..."),
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
            namespace: ...
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
            namespace: ...
            uid: ...
            resourceVersion: ...
            creationTimestamp: ...
          imagePullSecrets:
          - name: extreg-quay.io
        "#);
        }) }
    });
}

#[test]
fn secret_values_are_printed_when_asked() {
    for_each_world(|world| {
        let output = world.link("quay.io -o json --show-secret-values").success();
        let list: Value = serde_json::from_str(&output.stdout).expect("JSON");
        let secret = &list["items"][0];
        let stored = world.secret("extreg-quay.io").expect("the secret");
        assert_eq!(secret["data"], stored["data"]);
        assert_eq!(
            list["items"][1]["imagePullSecrets"][0]["name"],
            "extreg-quay.io"
        );
    });
}

#[test]
fn what_is_printed_can_be_applied() {
    for_each_world(|world| {
        let output = world
            .link("quay.io -o json --show-secret-values --dry-run=client")
            .success();
        let list: Value = serde_json::from_str(&output.stdout).expect("JSON");
        let secret = &list["items"][0];
        assert_eq!(secret["kind"], "Secret");
        world.create(secret);
        // It is what `link` itself would have made.
        let output = world.link("quay.io").success();
        output.prints("secret/extreg-quay.io unchanged\nserviceaccount/default linked (pull)\n");
    });
}

#[test]
fn names_are_printed_alone() {
    for_each_world(|world| {
        let output = world.link("quay.io -o name").success();
        output.prints("secret/extreg-quay.io\nserviceaccount/default\n");
    });
}

#[test]
fn the_difference_is_shown_when_asked() {
    for_each_world(|world| {
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
    });
}

#[test]
fn passwords_on_the_command_line_are_refused_and_not_shown() {
    let world = Embedded::kubernetes();
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
    assert!(world.api().requests().is_empty());
}

#[test]
fn one_source_of_credentials_at_a_time() {
    let world = Embedded::kubernetes();
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
    let world = Embedded::kubernetes();
    let output = world.run("link quay.io --secret infra/corp").exits(2);
    output.says("hint: --from-secret infra/corp");
    assert!(world.api().requests().is_empty());
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let world = Embedded::kubernetes();
    let output = world.run("link quay.io --registry-username robot").exits(2);
    output.says("--registry-password-stdin");
}

#[test]
fn flags_are_taken_anywhere() {
    for_each_world(|world| {
        let ns = &world.namespace;
        world.docker_secret("corp", "quay.io", "robot", "x");
        for line in [
            &format!("-n {ns} link quay.io --secret corp --skip-check --dry-run=client"),
            &format!("--secret corp --skip-check --dry-run=client link -n {ns} quay.io"),
            &format!("link --skip-check quay.io --dry-run=client --secret corp -n {ns}"),
        ] {
            let output = world.run(line).success();
            assert_eq!(
                output.stdout, "serviceaccount/default linked (pull) (dry run)\n",
                "{line}"
            );
        }
    });
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    for_each_world(|world| {
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
        world.is_untouched();
    });
}

#[test]
fn the_version_needs_no_cluster() {
    let world = Embedded::kubernetes();
    let output = world.run("version").success();
    assert_eq!(
        output.stdout,
        concat!("kubectl-extreg ", env!("CARGO_PKG_VERSION"), "\n")
    );
    assert!(world.api().requests().is_empty());
}

#[test]
fn bad_passwords_on_standard_input_are_refused() {
    for_each_world(|world| {
        for (text, words) in [
            ("", "is empty"),
            ("\n", "is empty"),
            ("one\ntwo\n", "more than one line"),
        ] {
            let output = world.link_with("quay.io", text).exits(1);
            output.says(words);
        }
    });
}
