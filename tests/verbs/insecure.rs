//! `insecure`: the list of image.config, what the registry and the other lists say to it, and what the nodes do.

mod elsewhere;
mod own;
mod rollout;

use extreg_test_support::certs::{Ca, Issued, Leaf, self_signed};
use extreg_test_support::process::Output;
use extreg_test_support::registry::Registry;
use serde_json::{Value, json};

use crate::kit::{Embedded, World, for_each_openshift_alone};

const CONFIG: &str = "images.config.openshift.io";
const LINE: &str = "image.config.openshift.io/cluster";

/// One that speaks plain HTTP.
fn plain() -> Registry {
    Registry::builder().start()
}

fn tls(certificate: &Issued) -> Registry {
    Registry::builder().tls(certificate).start()
}

fn sources(world: &World) -> Value {
    let config = world
        .cluster
        .get(CONFIG, "", "cluster")
        .expect("the object");
    config["spec"]["registrySources"].clone()
}

fn set_sources(world: &World, sources: &Value) {
    world.edit(CONFIG, "cluster", |config| {
        config["spec"]["registrySources"] = sources.clone();
    });
}

/// Runs a command that must leave the cluster as it is, whatever was written before.
#[track_caller]
fn changes_nothing(world: &World, line: &str) -> Output {
    let before = world.state();
    let output = world.run(line);
    assert_eq!(world.state(), before);
    output
}

#[test]
fn a_registry_without_tls_is_added_with_its_port_and_taken_off_again() {
    for_each_openshift_alone(|world| {
        let registry = plain();
        let host = registry.host();
        set_sources(
            world,
            &json!({"insecureRegistries": ["old.example.com:5000"], "containerRuntimeSearchRegistries": ["quay.io"]}),
        );
        let output = world.run(&format!("insecure {host} --yes")).success();
        output.prints(&format!("{LINE} updated ({host} insecure)\n"));
        output.says(&format!("{host} speaks plain HTTP"));
        output.says(
            "on OpenShift 4.20.3 every node is drained and does reload crio, one after another",
        );
        output.says("takes it back");
        assert_eq!(
            sources(world),
            json!({
                "insecureRegistries": ["old.example.com:5000", host], "containerRuntimeSearchRegistries": ["quay.io"],
            })
        );

        // Nothing to do: nobody is asked, neither the user nor the registry.
        drop(registry);
        let output = changes_nothing(world, &format!("insecure {host}")).success();
        output.prints(&format!("{LINE} unchanged\n"));
        assert!(!output.stderr.contains("every node"), "{}", output.stderr);

        let output = world
            .run(&format!("insecure {host} --remove --yes"))
            .success();
        output.prints(&format!("{LINE} updated ({host} no longer insecure)\n"));
        output.says("every node is drained");
        assert_eq!(
            sources(world)["insecureRegistries"],
            json!(["old.example.com:5000"])
        );
        let output = changes_nothing(world, &format!("insecure {host} --remove")).success();
        output.prints(&format!("{LINE} unchanged\n"));
    });
}

#[test]
fn undo_takes_its_own_entry_and_asks_as_well() {
    for_each_openshift_alone(|world| {
        set_sources(world, &json!({"allowedRegistries": ["quay.io"]}));
        world
            .run("insecure r.example.com:5000 --skip-check --allow --yes")
            .success();
        assert_eq!(
            sources(world),
            json!({
                "allowedRegistries": ["quay.io", "r.example.com:5000"], "insecureRegistries": ["r.example.com:5000"],
            })
        );
        // Somebody adds entries since.
        set_sources(
            world,
            &json!({
                "allowedRegistries": ["quay.io", "r.example.com:5000", "ghcr.io"],
                "insecureRegistries": ["other:80", "r.example.com:5000"],
            }),
        );
        let output = changes_nothing(world, "undo").exits(2);
        output.says("written only after a yes");
        let output = world.run("undo --yes").success();
        output.says("every node is drained");
        assert_eq!(
            sources(world),
            json!({"allowedRegistries": ["quay.io", "ghcr.io"], "insecureRegistries": ["other:80"]})
        );
    });
}

#[test]
fn a_certificate_that_could_be_trusted_is_not_given_up() {
    for_each_openshift_alone(|world| {
        let ca = Ca::new("Corp Root");
        let names = &["127.0.0.1"];
        world.sandbox.write("ca.pem", ca.pem());
        let issued = ca.server(names);
        let own = self_signed(names);
        for (certificate, more, words) in [
            // The CA itself is not shown.
            (&issued, "", "--ca FILE` makes it trusted"),
            (&own, "", "--from-registry` shows it"),
            (
                &issued,
                "--registry-ca ca.pem",
                "is trusted already (by ca.pem)",
            ),
        ] {
            let registry = tls(certificate);
            let host = registry.host();
            let line = format!("insecure {host} --yes {more}");
            let output = world.run(&line).exits(1);
            output.says(words);
            output.says("nothing was written; --force");
            assert!(world.journal_files().is_empty());
            world.is_untouched();
        }
        let registry = tls(&own);
        let host = registry.host();
        let output = world
            .run(&format!("insecure {host} --yes --force"))
            .success();
        output.says("could be trusted instead");
        assert_eq!(sources(world)["insecureRegistries"], json!([host]));
    });
}

#[test]
fn a_ca_that_the_cluster_trusts_counts() {
    for_each_openshift_alone(|world| {
        let ca = Ca::new("Corp Root");
        let registry = tls(&ca.server(&["127.0.0.1"]));
        let host = registry.host();
        world.create(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "cas", "namespace": "openshift-config"},
            "data": {host.replace(':', ".."): ca.pem()},
        }));
        world.edit(CONFIG, "cluster", |config| {
            config["spec"]["additionalTrustedCA"] = json!({"name": "cas"});
        });
        let output = world.run(&format!("insecure {host} --yes")).exits(1);
        output.says("is trusted already (by configmap openshift-config/cas)");
        world.is_untouched();
    });
}

#[test]
fn a_certificate_that_no_ca_helps_is_a_reason() {
    let world = Embedded::openshift();
    let ca = Ca::new("Corp Root");
    for (leaf, words) in [
        (Leaf::new(&["127.0.0.1"]).expired(), "expired"),
        (Leaf::new(&["other.example.com"]), "127.0.0.1"),
    ] {
        let registry = tls(&ca.issue(&leaf));
        let host = registry.host();
        let output = world.run(&format!("insecure {host} --yes")).success();
        output.says(&format!("{host} has a certificate that no CA helps: "));
        output.says(words);
    }
}

#[test]
fn what_does_not_answer_is_not_known() {
    let world = Embedded::openshift();
    let registry = plain();
    let host = registry.host();
    drop(registry);
    let output = world.run(&format!("insecure {host} --yes")).exits(1);
    output.says(&format!("what {host} speaks is not known"));
    output.says("--skip-check");
    world.is_untouched();
    let output = world
        .run(&format!("insecure {host} --yes --skip-check"))
        .success();
    output.says("not checked: whether");
    // No answer over plain HTTP either.
    world
        .run("insecure 127.0.0.1:1 --yes --plain-http")
        .exits(1)
        .says("is not known");
}

#[test]
fn the_whole_cluster_is_not_changed_without_a_yes() {
    for_each_openshift_alone(|world| {
        let line = "insecure r.example.com:5000 --skip-check";
        let output = world.run(line).exits(2);
        output.says("this changes the whole cluster, and is written only after a yes");
        output.says("every node is drained");
        for (how, suffix) in [("client", "dry run"), ("server", "server dry run")] {
            let output = world.run(&format!("{line} --dry-run={how}")).success();
            output.prints(&format!(
                "{LINE} updated (r.example.com:5000 insecure) ({suffix})\n"
            ));
            output.says("every node is drained");
        }
        let output = world
            .run(&format!("{line} --dry-run=server --diff"))
            .success();
        assert!(
            output.stdout.contains("+     - r.example.com:5000\n"),
            "{}",
            output.stdout
        );
        world.is_untouched();
        assert!(world.journal_files().is_empty());
    });
}

#[test]
fn the_object_can_be_printed() {
    for_each_openshift_alone(|world| {
        let line = "insecure r.example.com:5000 --skip-check --yes";
        let output = world
            .run(&format!("{line} --dry-run=server -o json"))
            .success();
        let printed: Value = serde_json::from_str(&output.stdout).expect("JSON");
        assert_eq!(
            printed["spec"]["registrySources"]["insecureRegistries"],
            json!(["r.example.com:5000"])
        );
        world
            .run(&format!("{line} -o name"))
            .success()
            .prints(&format!("{LINE}\n"));
        let output = world.run(&format!("{line} -o yaml")).success();
        assert!(
            output
                .stdout
                .contains("    insecureRegistries:\n    - r.example.com:5000\n"),
            "{}",
            output.stdout
        );
    });
}

#[test]
fn other_lists_are_kept_consistent() {
    for_each_openshift_alone(|world| {
        let line = "insecure r.example.com:5000 --skip-check --yes";
        set_sources(world, &json!({"allowedRegistries": ["quay.io"]}));
        let output = world.run(line).exits(1);
        output.says("allowedRegistries is set and has no entry for r.example.com:5000");
        output.says("--allow");
        world.is_untouched();

        set_sources(world, &json!({"blockedRegistries": ["*.example.com"]}));
        let output = world.run(line).exits(1);
        output.says("blockedRegistries has *.example.com");
        output.says("oc edit image.config.openshift.io/cluster");
        world.is_untouched();

        set_sources(world, &json!({"insecureRegistries": ["*.example.com"]}));
        let output = world.run(line).success();
        output.prints(&format!("{LINE} unchanged\n"));
        output.says("imports of image streams do not");
        world.is_untouched();
    });
}

#[test]
fn many_writers_at_once_lose_nothing() {
    for_each_openshift_alone(|world| {
        let running: Vec<_> = (0..6)
            .map(|at| {
                world
                    .cmd(&format!(
                        "insecure r{at}.example.com:5000 --skip-check --yes"
                    ))
                    .spawn()
            })
            .collect();
        for one in running {
            one.wait().success();
        }
        let mut entries: Vec<String> = sources(world)["insecureRegistries"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|it| it.as_str().map(str::to_owned))
            .collect();
        entries.sort();
        let wanted: Vec<String> = (0..6).map(|at| format!("r{at}.example.com:5000")).collect();
        assert_eq!(entries, wanted);
    });
}

#[test]
fn a_missing_right_is_named_before_anything_is_written() {
    for_each_openshift_alone(|world| {
        world.limited(&[]);
        for resource in [
            "images.config.openshift.io",
            "machineconfigpools.machineconfiguration.openshift.io",
        ] {
            world.cluster.grant("", &["get", "list"], resource);
        }
        let line = "insecure r.example.com:5000 --skip-check --yes";
        let output = world.run(line).exits(1);
        output.says("images.config.openshift.io; nothing was written");
        world.is_untouched();
    });
}

#[test]
fn without_the_right_to_read_it_says_so() {
    let world = Embedded::openshift();
    for resource in ["get", "list"] {
        world.api().deny(
            "system:admin",
            extreg_test_support::api::Rule::verb(resource).on(CONFIG),
        );
    }
    let output = world
        .run("insecure r.example.com:5000 --skip-check --yes")
        .exits(1);
    output.says("images.config.openshift.io");
    world.is_untouched();
}

#[test]
fn what_is_no_registry_is_refused() {
    let world = Embedded::openshift();
    for (target, words) in [
        (
            "r.example.com:5000/team",
            "did you mean r.example.com:5000?",
        ),
        ("r.example,com", "did you mean r.example.com?"),
        ("user:pw@r.example.com", "user name"),
        ("r.example.com:5000/team/app@sha256:00", "digest"),
    ] {
        let output = world.run(&format!("insecure {target} --yes")).exits(2);
        output.says(words);
    }
    // What people paste from a browser is put right.
    let output = world
        .run("insecure http://R.example.com:5000/v2/ --skip-check --yes")
        .success();
    output.prints(&format!("{LINE} updated (r.example.com:5000 insecure)\n"));
}
