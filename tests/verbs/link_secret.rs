//! `link`: the secret it makes, and the accounts it links.

use std::os::unix::fs::PermissionsExt as _;

use extreg_test_support::api::{Fault, make};
use serde_json::json;

use crate::kit::{Embedded, PASSWORD, World, entry, for_each_world};

#[test]
fn one_command_makes_the_secret_and_links_the_account() {
    for_each_world(|world| {
        let output = world.link("registry.example.com:5000").success();
        output.prints("secret/extreg-registry.example.com-5000 created\nserviceaccount/default linked (pull)\n");
        let secret = world
            .secret("extreg-registry.example.com-5000")
            .expect("the secret");
        assert_eq!(secret["type"], "kubernetes.io/dockerconfigjson");
        assert_eq!(
            secret["metadata"]["labels"]["app.kubernetes.io/managed-by"],
            "kubectl-extreg"
        );
        assert_eq!(
            secret["metadata"]["annotations"]["extreg.dev/registry"],
            "registry.example.com:5000"
        );
        let config = world.config("extreg-registry.example.com-5000");
        assert_eq!(
            config["auths"]["registry.example.com:5000"],
            entry("robot", PASSWORD)
        );
        assert_eq!(world.pull_secrets(), ["extreg-registry.example.com-5000"]);
        output.says("found by the kubelet");
        output.says("not checked");
    });
}

#[test]
fn a_second_run_changes_nothing() {
    for_each_world(|world| {
        world.link("quay.io").success();
        let version = world.state();
        let output = world.link("quay.io").success();
        output.prints("secret/extreg-quay.io unchanged\nserviceaccount/default unchanged\n");
        assert_eq!(world.state(), version);
        assert_eq!(world.journal_files().len(), 1);
    });
}

#[test]
fn a_new_password_goes_into_the_same_secret() {
    for_each_world(|world| {
        world.link("quay.io").success();
        let output = world.link_with("quay.io", "another\n").success();
        output.prints("secret/extreg-quay.io configured\nserviceaccount/default unchanged\n");
        output.says("`undo` cannot bring its old content back");
        assert_eq!(
            world.config("extreg-quay.io")["auths"]["quay.io"],
            entry("robot", "another")
        );
    });
}

#[test]
fn other_entries_of_the_account_stay() {
    for_each_world(|world| {
        world.edit("serviceaccounts", "default", |account| {
            account["imagePullSecrets"] = json!([{"name": "theirs"}, {"name": "also-theirs"}]);
            account["automountServiceAccountToken"] = json!(false);
        });
        world.link("quay.io").success();
        assert_eq!(
            world.pull_secrets(),
            ["theirs", "also-theirs", "extreg-quay.io"]
        );
        assert_eq!(
            world.account("default")["automountServiceAccountToken"],
            false
        );
    });
}

#[test]
fn push_links_both_lists_of_the_builder() {
    for_each_world(|world| {
        world.add_account("builder");
        let output = world.link("quay.io --for push").success();
        output.prints("secret/extreg-quay.io created\nserviceaccount/builder linked (push)\n");
        for list in ["imagePullSecrets", "secrets"] {
            assert_eq!(world.names("builder", list), ["extreg-quay.io"], "{list}");
        }
        assert!(world.pull_secrets().is_empty());
    });
}

#[test]
fn pull_and_push_link_the_usual_accounts_or_the_named_one() {
    for_each_world(|world| {
        world.add_account("builder");
        let output = world.link("quay.io --for pull,push").success();
        output.prints("secret/extreg-quay.io created\nserviceaccount/default linked (pull)\nserviceaccount/builder linked (push)\n");
        world.add_account("ci");
        let output = world.link("quay.io --for pull,push -z ci").success();
        output.prints("secret/extreg-quay.io unchanged\nserviceaccount/ci linked (pull, push)\n");
    });
}

#[test]
fn push_without_a_builder_says_what_a_builder_is() {
    for_each_world(|world| {
        let ns = &world.namespace;
        let output = world.link("quay.io --for push").exits(1);
        output.says(&format!(
            "service account \"builder\" not found in namespace \"{ns}\""
        ));
        output.says("-z");
        world.is_untouched();
    });
}

#[test]
fn a_mistyped_account_is_met_with_a_guess_and_nothing_is_written() {
    for_each_world(|world| {
        let output = world.link("quay.io -z defualt").exits(1);
        output.says("did you mean default?");
        world.is_untouched();
        assert!(world.journal_files().is_empty());
    });
}

#[test]
fn a_foreign_secret_is_never_overwritten() {
    for_each_world(|world| {
        world.docker_secret("extreg-quay.io", "quay.io", "them", "theirs");
        let output = world.link("quay.io").exits(1);
        output.says("was not made by this tool: it is not overwritten");
        output.says("--name NAME");
        world.is_untouched();
        let output = world.link("quay.io --name mine").success();
        assert!(
            output.stdout.starts_with("secret/mine created\n"),
            "{}",
            output.stdout
        );
    });
}

#[test]
fn two_registries_do_not_share_a_secret() {
    for_each_world(|world| {
        world.link("quay.io --name shared").success();
        let output = world.link("ghcr.io --name shared").exits(1);
        output.says("belongs to quay.io");
    });
}

#[test]
fn the_legacy_format_is_kept_once_it_is_there() {
    for_each_world(|world| {
        world.link("quay.io --format dockercfg").success();
        let secret = world.secret("extreg-quay.io").expect("a secret");
        assert_eq!(secret["type"], "kubernetes.io/dockercfg");
        assert_eq!(
            world.config("extreg-quay.io")["quay.io"],
            entry("robot", PASSWORD)
        );
        let output = world.link("quay.io").success();
        assert!(
            output.stdout.starts_with("secret/extreg-quay.io unchanged"),
            "{}",
            output.stdout
        );
        let output = world.link("quay.io --format dockerconfigjson").exits(1);
        output.says("cannot be changed");
    });
}

#[test]
fn docker_hub_has_the_key_that_everybody_finds() {
    for_each_world(|world| {
        let output = world.link("docker.io").success();
        assert!(
            output.stdout.starts_with("secret/extreg-docker.io created"),
            "{}",
            output.stdout
        );
        let config = world.config("extreg-docker.io");
        assert!(
            config["auths"]["https://index.docker.io/v1/"].is_object(),
            "{config}"
        );
        output.says("found by the kubelet, found by containers/image");
    });
}

#[test]
fn what_was_pasted_is_put_right_and_shown() {
    for_each_world(|world| {
        let output = world
            .link("https://Registry.Example.com:5000/v2/")
            .success();
        assert!(
            output
                .stdout
                .starts_with("secret/extreg-registry.example.com-5000 created"),
            "{}",
            output.stdout
        );
        output.says("registry.example.com:5000: ");
    });
}

#[test]
fn a_secret_that_is_here_is_linked_as_it_is() {
    for_each_world(|world| {
        world.docker_secret("corp", "quay.io", "robot", "x");
        let output = world
            .run("link quay.io --secret corp --skip-check")
            .success();
        output.prints("serviceaccount/default linked (pull)\n");
        output.says("found under \"quay.io\" by the kubelet");
    });
}

#[test]
fn a_secret_with_the_wrong_key_is_refused_with_the_way_out() {
    for_each_world(|world| {
        world.docker_secret("corp", "registry.example.com", "robot", "x");
        let line = "link registry.example.com:5000 --secret corp";
        let output = world.run(line).exits(1);
        output.says("corp");
        world.is_untouched();
        // The copy has the key that matches.
        let output = world
            .run("link registry.example.com:5000 --from-secret corp --skip-check")
            .success();
        assert!(
            output
                .stdout
                .starts_with("secret/extreg-registry.example.com-5000 created"),
            "{}",
            output.stdout
        );
    });
}

#[test]
fn a_secret_of_the_platform_is_not_linked() {
    for_each_world(|world| {
        let managed =
            make::dockercfg_secret(&world.namespace, "ci-dockercfg-abcde", "quay.io", "x", "y");
        world.create(managed);
        let output = world
            .run("link quay.io --secret ci-dockercfg-abcde --skip-check")
            .exits(1);
        output.says("managed by the platform");
        world.is_untouched();
    });
}

#[test]
fn credentials_come_out_of_another_namespaces_secret() {
    for_each_world(|world| {
        let infra = world.beside();
        infra.docker_secret("corp", "quay.io", "robot", "deep");
        let line = format!("link quay.io --from-secret {}/corp", infra.namespace);
        world.run(&format!("{line} --skip-check")).success();
        assert_eq!(
            world.config("extreg-quay.io")["auths"]["quay.io"],
            entry("robot", "deep")
        );
    });
}

#[test]
fn one_entry_of_a_file_is_taken_and_never_the_whole() {
    for_each_world(|world| {
        let file = json!({"auths": {
            "quay.io": make::docker_entry("robot", "one"),
            "ghcr.io": make::docker_entry("other", "two"),
        }});
        world.sandbox.write("auth.json", file.to_string());
        let output = world
            .run("link quay.io -a auth.json --skip-check")
            .success();
        output.says("credentials of \"robot\" from");
        let auths = world.config("extreg-quay.io")["auths"].clone();
        assert_eq!(auths, json!({"quay.io": entry("robot", "one")}));
    });
}

#[test]
fn the_usual_files_are_asked_when_nothing_is_given() {
    for_each_world(|world| {
        let output = world.run("link quay.io --skip-check").exits(1);
        output.says("no credentials for quay.io in ");
        let file = json!({"auths": {"quay.io": make::docker_entry("robot", "usual")}});
        world
            .sandbox
            .write("home/.docker/config.json", file.to_string());
        world.run("link quay.io --skip-check").success();
        assert_eq!(
            world.config("extreg-quay.io")["auths"]["quay.io"],
            entry("robot", "usual")
        );
    });
}

#[test]
fn a_token_goes_in_the_passwords_place() {
    for_each_world(|world| {
        world
            .cmd("link quay.io --registry-token-stdin --skip-check")
            .stdin("tok-en\n")
            .run()
            .success();
        assert_eq!(
            world.config("extreg-quay.io")["auths"]["quay.io"],
            entry("$oauthtoken", "tok-en")
        );
    });
}

#[test]
fn the_account_of_a_workload_is_linked() {
    for_each_world(|world| {
        let ns = &world.namespace;
        world.add_account("runner");
        let mut deployment = world.deployment("web", "quay.io/team/app:1");
        deployment["spec"]["template"]["spec"]["serviceAccountName"] = json!("runner");
        world.create(deployment);
        let output = world.link("quay.io --for-workload deploy/web").success();
        assert!(
            output
                .stdout
                .ends_with("serviceaccount/runner linked (pull)\n"),
            "{}",
            output.stdout
        );
        let output = world.link("quay.io --for-workload deploy/wbe").exits(1);
        output.says(&format!(
            "deployment.apps/wbe not found in namespace \"{ns}\""
        ));
        output.says("hint: did you mean web?");
        let output = world.link("quay.io --for-workload sts/web").exits(1);
        assert!(!output.stderr.contains("did you mean"), "{}", output.stderr);
    });
}

#[test]
fn the_account_of_a_build_is_linked() {
    let world = Embedded::openshift();
    let build = make::build_config("shop", "app", "quay.io/a/b", "quay.io/a/c");
    world.create(build);
    let output = world
        .link("quay.io --for push --for-workload bc/app")
        .success();
    assert!(
        output
            .stdout
            .ends_with("serviceaccount/builder linked (push)\n"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_conflict_is_met_by_reading_again() {
    let world = Embedded::kubernetes();
    let path = "/namespaces/shop/serviceaccounts/default";
    world.api().fault(Fault::conflict().on_path(path).times(7));
    let output = world.link("quay.io").success();
    assert!(
        output
            .stdout
            .ends_with("serviceaccount/default linked (pull)\n"),
        "{}",
        output.stdout
    );
    assert_eq!(
        world.names("default", "imagePullSecrets"),
        ["extreg-quay.io"]
    );
    assert!(
        world.account("default")["metadata"]["annotations"]["example.com/other-writer"].is_string()
    );
}

/// A kubeconfig with the login of another OpenShift in it.
fn with_other_context(world: &World) {
    let text = std::fs::read_to_string(&world.kubeconfig).expect("a kubeconfig");
    let other = "- name: prod\n  cluster:\n    server: https://api.prod.example.com:6443\n";
    let text = text
        .replace(
            "contexts:\n",
            &format!("{other}contexts:\n- name: prod\n  context: {{cluster: prod, user: dev}}\n"),
        )
        .replace(
            "users:\n",
            "users:\n- name: dev\n  user: {token: sha256~prod-token}\n",
        );
    std::fs::write(&world.kubeconfig, text).expect("written");
}

#[test]
fn the_login_of_another_openshift_is_the_password_of_its_registry() {
    for_each_world(|world| {
        with_other_context(world);
        let host = "default-route-openshift-image-registry.apps.prod.example.com";
        let output = world
            .run(&format!("link {host} --from-context prod --skip-check"))
            .success();
        output.says("expires");
        assert!(!output.stderr.contains("prod-token"), "{}", output.stderr);
        let config = world.config(&format!("extreg-{host}"));
        assert_eq!(config["auths"][host], entry("user", "sha256~prod-token"));
    });
}

#[test]
fn a_login_is_not_sent_outside_its_domain_unasked() {
    for_each_world(|world| {
        with_other_context(world);
        let output = world
            .run("link quay.io --from-context prod --skip-check")
            .exits(1);
        output
            .says("is for https://api.prod.example.com:6443, and quay.io is not under its domain");
        world.is_untouched();
        world
            .run("link quay.io --from-context prod --skip-check --yes")
            .success();
        let output = world
            .run("link quay.io --from-context nowhere --skip-check")
            .exits(1);
        output.says("nowhere");
    });
}

#[test]
fn an_identity_token_is_no_password_for_the_kubelet() {
    for_each_world(|world| {
        let file = json!({"auths": {
            "quay.io": {"identitytoken": "tok"},
            "team.azurecr.io": {"auth": make::docker_entry("00000000-0000-0000-0000-000000000000", "")["auth"], "identitytoken": "tok"},
        }});
        world.sandbox.write("auth.json", file.to_string());
        let output = world.run("link quay.io -a auth.json --skip-check").exits(1);
        output.says("the kubelet ignores");
        world.is_untouched();
        world
            .run("link team.azurecr.io -a auth.json --skip-check")
            .success();
        assert_eq!(
            world.config("extreg-team.azurecr.io")["auths"]["team.azurecr.io"],
            entry("00000000-0000-0000-0000-000000000000", "tok")
        );
    });
}

/// A credential helper that knows every registry.
const HELPER: &str = r#"#!/bin/sh
read registry
printf '{"ServerURL":"%s","Username":"robot","Secret":"from-helper"}' "$registry"
"#;

#[test]
fn a_credential_helper_is_asked_for_one_registry() {
    for_each_world(|world| {
        let helper = world.sandbox.write("bin/docker-credential-kept", HELPER);
        std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755))
            .expect("executable");
        let config = json!({"credHelpers": {"quay.io": "kept"}});
        world
            .sandbox
            .write("home/.docker/config.json", config.to_string());
        let path = format!(
            "{}:{}",
            helper.parent().expect("a folder").display(),
            std::env::var("PATH").unwrap_or_default()
        );
        world
            .cmd("link quay.io --skip-check")
            .env("PATH", path)
            .run()
            .success();
        assert_eq!(
            world.config("extreg-quay.io")["auths"]["quay.io"],
            entry("robot", "from-helper")
        );
    });
}

#[test]
fn credentials_come_out_of_a_secret_of_another_type() {
    for_each_world(|world| {
        let generic = |name: &str, data: serde_json::Value| {
            world.create(json!({
                "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                "metadata": {"name": name, "namespace": world.namespace},
                "stringData": data,
            }));
        };
        generic(
            "login",
            json!({"username": "robot", "password": "plain\n", "note": "of the team"}),
        );
        generic(
            "file",
            json!({"config.json": json!({"auths": {"quay.io": entry("robot", "filed")}}).to_string()}),
        );
        for (secret, password) in [("login", "plain"), ("file", "filed")] {
            world
                .run(&format!(
                    "link quay.io --from-secret {secret} --name copy-of-{secret} --skip-check"
                ))
                .success();
            let config = world.config(&format!("copy-of-{secret}"));
            assert_eq!(config["auths"]["quay.io"], entry("robot", password));
        }
        // As it is, it is no pull secret.
        world
            .run("link quay.io --secret login --skip-check")
            .exits(1)
            .says("--from-secret copies its credentials");
    });
}

#[test]
fn a_secret_or_namespace_that_is_not_there_is_met_with_a_guess() {
    for_each_world(|world| {
        world.docker_secret("corp", "quay.io", "robot", "x");
        for flag in ["--secret", "--from-secret"] {
            world
                .run(&format!("link quay.io {flag} crop --skip-check"))
                .exits(1)
                .says("did you mean corp?");
        }
        let beside = format!("{}x", world.namespace);
        let output = world
            .run(&format!(
                "link quay.io --secret corp -n {beside} --skip-check"
            ))
            .exits(1);
        output.says(&format!("there is no namespace {beside:?}"));
        // Other tests' namespaces may have names that are near too, and are named after it.
        output.says(&format!("did you mean {}", world.namespace));
        for verb in ["status", "doctor"] {
            world
                .run(&format!("{verb} -n {beside}"))
                .exits(1)
                .says(&format!("there is no namespace {beside:?}"));
        }
        world.is_untouched();
    });
}
