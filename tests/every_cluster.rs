//! `link`, `unlink` and `undo` on the embedded API server, and on a real etcd and kube-apiserver as well where
//! `KUBEBUILDER_ASSETS` names them: what they rely on is then what the real server does.
#![expect(
    clippy::expect_used,
    reason = "a helper that cannot do its work ends the test"
)]

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use extreg_test_support::api::make;
use extreg_test_support::cluster::{Cluster, for_each_cluster};
use extreg_test_support::process::{Cmd, Output, Sandbox};
use serde_json::{Value, json};

const PASSWORD: &str = "pa55word-canary";
const WITH_PASSWORD: &str = "--skip-check --registry-username robot --registry-password-stdin";

/// A namespace of its own on one of the clusters, and the program's home.
struct Place<'a> {
    cluster: &'a Cluster,
    namespace: String,
    sandbox: Arc<Sandbox>,
    kubeconfig: PathBuf,
}

impl<'a> Place<'a> {
    fn on(cluster: &'a Cluster) -> Self {
        let namespace = cluster.namespace("every");
        let sandbox = Arc::new(Sandbox::new());
        let kubeconfig = cluster.write_kubeconfig(sandbox.path(), &namespace);
        Self {
            cluster,
            namespace,
            sandbox,
            kubeconfig,
        }
    }

    /// From now on as the user of few rights.
    fn limited(mut self, grants: &[(&[&str], &str)]) -> Self {
        for (verbs, resource) in grants {
            self.cluster.grant(&self.namespace, verbs, resource);
        }
        let text = self.cluster.limited_kubeconfig(&self.namespace);
        self.kubeconfig = self.sandbox.write("limited", text);
        self
    }

    fn cmd(&self, line: &str) -> Cmd {
        Cmd::in_sandbox(env!("CARGO_BIN_EXE_kubectl-extreg"), self.sandbox.clone())
            .env("KUBECONFIG", &self.kubeconfig)
            .args(line.split(' ').filter(|word| !word.is_empty()))
    }

    fn run(&self, line: &str) -> Output {
        self.cmd(line).run()
    }

    fn link(&self, line: &str) -> Output {
        self.cmd(&format!("link {line} {WITH_PASSWORD}"))
            .stdin(PASSWORD)
            .run()
    }

    fn secret(&self, name: &str) -> Option<Value> {
        self.cluster.get("secrets", &self.namespace, name)
    }

    fn names(&self, list: &str) -> Vec<String> {
        let account = self.cluster.get("sa", &self.namespace, "default");
        account.expect("a service account")[list]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|entry| entry["name"].as_str().map(str::to_owned))
            .collect()
    }

    fn set_pull_secrets(&self, names: &[&str]) {
        self.cluster
            .edit("sa", &self.namespace, "default", |account| {
                let list: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
                account["imagePullSecrets"] = list.into();
            });
    }

    /// Everything that a dry run or a refusal must leave as it is.
    fn versions(&self) -> Vec<String> {
        ["secrets", "sa"]
            .into_iter()
            .flat_map(|resource| self.cluster.list(resource, &self.namespace))
            .map(|object| {
                let metadata = &object["metadata"];
                format!("{} {}", metadata["name"], metadata["resourceVersion"])
            })
            .collect()
    }
}

#[test]
fn it_is_made_then_unchanged_then_updated() {
    for_each_cluster(|cluster| {
        let place = Place::on(cluster);
        let output = place.link("quay.io").success();
        assert_eq!(
            output.stdout,
            "secret/extreg-quay.io created\nserviceaccount/default linked (pull)\n"
        );
        let before = place.versions();
        let output = place.link("quay.io").success();
        assert_eq!(
            output.stdout,
            "secret/extreg-quay.io unchanged\nserviceaccount/default unchanged\n"
        );
        assert_eq!(place.versions(), before);
        let output = place
            .cmd(&format!("link quay.io {WITH_PASSWORD}"))
            .stdin("another")
            .run()
            .success();
        assert_eq!(
            output.stdout,
            "secret/extreg-quay.io configured\nserviceaccount/default unchanged\n"
        );
        let secret = place.secret("extreg-quay.io").expect("the secret");
        assert_eq!(secret["type"], "kubernetes.io/dockerconfigjson");
        let data = secret["data"][".dockerconfigjson"].as_str().expect("data");
        let bytes = base64::engine::general_purpose::STANDARD.decode(data);
        let config: Value = serde_json::from_slice(&bytes.expect("base64")).expect("JSON");
        let auth = make::docker_entry("robot", "another")["auth"].clone();
        assert_eq!(config, json!({"auths": {"quay.io": {"auth": auth}}}));
    });
}

#[test]
fn other_entries_stay_through_link_unlink_and_undo() {
    for_each_cluster(|cluster| {
        let place = Place::on(cluster);
        place.set_pull_secrets(&["theirs", "also-theirs"]);
        place.link("quay.io --for pull,push -z default").success();
        assert_eq!(
            place.names("imagePullSecrets"),
            ["theirs", "also-theirs", "extreg-quay.io"]
        );
        assert_eq!(place.names("secrets"), ["extreg-quay.io"]);
        place.run("undo").success();
        assert_eq!(place.names("imagePullSecrets"), ["theirs", "also-theirs"]);
        assert!(place.names("secrets").is_empty());
        assert!(place.secret("extreg-quay.io").is_none());
        place.link("quay.io").success();
        let output = place.run("unlink quay.io").success();
        assert_eq!(
            output.stdout,
            "serviceaccount/default unlinked\nsecret/extreg-quay.io deleted\n"
        );
        assert_eq!(place.names("imagePullSecrets"), ["theirs", "also-theirs"]);
        assert!(place.secret("extreg-quay.io").is_none());
    });
}

#[test]
fn twenty_links_and_undos_at_the_same_time_lose_nothing() {
    for_each_cluster(|cluster| {
        let place = Place::on(cluster);
        place.set_pull_secrets(&["theirs"]);
        let running: Vec<_> = (0..20)
            .map(|number| {
                place
                    .cmd(&format!("link r{number:02}.example.com {WITH_PASSWORD}"))
                    .stdin(PASSWORD)
                    .spawn()
            })
            .collect();
        for one in running {
            one.wait().success();
        }
        let mut names = place.names("imagePullSecrets");
        assert_eq!(names.remove(0), "theirs");
        names.sort();
        let expected: Vec<String> = (0..20)
            .map(|number| format!("extreg-r{number:02}.example.com"))
            .collect();
        assert_eq!(names, expected);
        let list = place.run("undo --list -o name").success();
        let running: Vec<_> = list
            .stdout
            .lines()
            .map(|id| place.cmd(&format!("undo {id}")).spawn())
            .collect();
        assert_eq!(running.len(), 20);
        for one in running {
            one.wait().success();
        }
        assert_eq!(place.names("imagePullSecrets"), ["theirs"]);
        assert!(expected.iter().all(|name| place.secret(name).is_none()));
    });
}

#[test]
fn a_foreign_secret_is_not_overwritten_and_not_deleted() {
    for_each_cluster(|cluster| {
        let place = Place::on(cluster);
        cluster.create(&make::docker_secret(
            &place.namespace,
            "corp",
            "quay.io",
            "them",
            "theirs",
        ));
        let before = place.versions();
        let output = place.link("quay.io --name corp").exits(1);
        assert!(
            output.stderr.contains("was not made by this tool"),
            "{}",
            output.stderr
        );
        assert_eq!(place.versions(), before);
        place
            .run("link quay.io --secret corp --skip-check")
            .success();
        let output = place.run("unlink corp").success();
        assert_eq!(output.stdout, "serviceaccount/default unlinked\n");
        assert!(place.secret("corp").is_some());
    });
}

#[test]
fn dry_runs_write_nothing() {
    for_each_cluster(|cluster| {
        let place = Place::on(cluster);
        for (flag, suffix) in [
            ("--dry-run=client", " (dry run)"),
            ("--dry-run=server", " (server dry run)"),
        ] {
            let before = place.versions();
            let output = place.link(&format!("quay.io {flag}")).success();
            assert_eq!(
                output.stdout,
                format!(
                    "secret/extreg-quay.io created{suffix}\nserviceaccount/default linked (pull){suffix}\n"
                )
            );
            assert_eq!(place.versions(), before, "link {flag}");
        }
        place.link("quay.io").success();
        for (flag, suffix) in [
            ("--dry-run=client", " (dry run)"),
            ("--dry-run=server", " (server dry run)"),
        ] {
            let before = place.versions();
            let output = place.run(&format!("unlink quay.io {flag}")).success();
            assert_eq!(
                output.stdout,
                format!(
                    "serviceaccount/default unlinked{suffix}\nsecret/extreg-quay.io deleted{suffix}\n"
                )
            );
            assert_eq!(place.versions(), before, "unlink {flag}");
            let output = place.run(&format!("undo {flag}")).success();
            assert_eq!(
                output.stdout,
                format!(
                    "serviceaccount/default taken back{suffix}\nsecret/extreg-quay.io deleted{suffix}\n"
                )
            );
            assert_eq!(place.versions(), before, "undo {flag}");
        }
    });
}

#[test]
fn without_the_rights_nothing_is_written() {
    for_each_cluster(|cluster| {
        let place = Place::on(cluster).limited(&[
            (&["get", "list", "create", "patch", "update"], "secrets"),
            (&["get", "list"], "serviceaccounts"),
        ]);
        let before = place.versions();
        let output = place.link("quay.io").exits(1);
        let words = format!(
            "you may not update serviceaccounts in namespace \"{}\"; nothing was written",
            place.namespace
        );
        assert!(output.stderr.contains(&words), "{}", output.stderr);
        assert_eq!(place.versions(), before);
        cluster.grant(&place.namespace, &["update", "patch"], "serviceaccounts");
        place.link("quay.io").success();
        let before = place.versions();
        let output = place.run("unlink quay.io").success();
        // What could not be listed may use the secret: it stays.
        assert!(
            output.stderr.contains("could not be listed"),
            "{}",
            output.stderr
        );
        assert_ne!(place.versions(), before);
        assert!(place.secret("extreg-quay.io").is_some());
    });
}

#[test]
fn what_is_printed_can_be_applied() {
    for_each_cluster(|cluster| {
        let place = Place::on(cluster);
        let line = "quay.io -o json --show-secret-values --dry-run=client";
        let output = place.link(line).success();
        let list: Value = serde_json::from_str(&output.stdout).expect("JSON");
        let secret = &list["items"][0];
        assert_eq!(secret["kind"], "Secret");
        cluster.create(secret);
        // It is what `link` itself would have made.
        let output = place.link("quay.io").success();
        assert_eq!(
            output.stdout,
            "secret/extreg-quay.io unchanged\nserviceaccount/default linked (pull)\n"
        );
    });
}
