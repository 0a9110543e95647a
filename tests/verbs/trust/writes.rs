//! What is written, where, in which order, and how it is taken back.

use extreg_test_support::api::Fault;
use serde_json::json;

use super::*;
use crate::kit::{Embedded, for_each_openshift_alone};

#[test]
fn a_registry_is_trusted_by_a_config_map_that_is_made_and_named() {
    for_each_openshift_alone(|world| {
        let before = image_config(world)["spec"].clone();
        let tls = Tls::in_world(world);
        let line = format!("trust {} --ca ca.pem --yes", tls.host());
        let output = world.run(&line).success();
        output.prints(&format!(
            "configmap/{OURS} created\nimage.config.openshift.io/cluster names {OURS}\n"
        ));
        output.says(&format!(
            "✓ {} shows a chain that Corp Root vouches for",
            tls.host()
        ));
        output.says("  Corp Root, until ");
        output.says("    SHA-256 ");
        output.says("takes it up while it runs: no drain, no restart");
        output.says("openshift-apiserver");
        let map = config_map(world, OURS).expect("a ConfigMap");
        assert_eq!(map["data"], json!({tls.key(): tls.marked()}));
        assert_eq!(
            map["metadata"]["labels"],
            json!({"app.kubernetes.io/managed-by": "kubectl-extreg"})
        );
        assert_eq!(named(world).as_deref(), Some(OURS));

        let again = world.run(&format!("trust {} --ca ca.pem", tls.host()));
        again.success().prints(&format!(
            "configmap/{OURS} unchanged\nimage.config.openshift.io/cluster unchanged\n"
        ));
        let output = world.run("undo --yes").success();
        output.prints(&format!(
            "image.config.openshift.io/cluster taken back\nconfigmap/{OURS} deleted\n"
        ));
        assert_eq!(config_map(world, OURS), None);
        assert_eq!(image_config(world)["spec"], before);
    });
}

#[test]
fn the_config_map_that_is_named_is_edited_in_its_key_only() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        let theirs = other_pem();
        name_map(
            world,
            "corp",
            json!({tls.key(): format!("# of the security team\n{theirs}"), "quay.io": theirs}),
        );
        let before = config_map(world, "corp").expect("a ConfigMap");
        let line = format!("trust {} --ca ca.pem --yes", tls.host());
        world.run(&line).success().prints(&format!(
            "configmap/corp trusts {}\nimage.config.openshift.io/cluster unchanged\n",
            tls.host()
        ));
        let after = config_map(world, "corp").expect("a ConfigMap");
        assert_eq!(
            after["data"][tls.key()],
            format!("# of the security team\n{theirs}{}", tls.marked())
        );
        assert_eq!(after["data"]["quay.io"], before["data"]["quay.io"]);
        assert_eq!(
            (
                &after["metadata"]["labels"],
                &after["metadata"]["annotations"]
            ),
            (
                &before["metadata"]["labels"],
                &before["metadata"]["annotations"]
            )
        );
        assert_eq!(config_map(world, OURS), None);
        world.run("undo --yes").success();
        let back = config_map(world, "corp").expect("a ConfigMap");
        assert_eq!(back["data"], before["data"]);
    });
}

#[test]
fn the_whole_cluster_trusts_by_the_installers_bundle() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        let line = format!("trust {} --ca ca.pem --scope cluster --yes", tls.host());
        let output = world.run(&line).success();
        output.prints(
            "configmap/user-ca-bundle created\nproxy.config.openshift.io/cluster names user-ca-bundle\n",
        );
        output.says("on OpenShift 4.20.3 every node does restart crio, without a drain");
        assert_eq!(
            bundle(world, "user-ca-bundle", "ca-bundle.crt"),
            tls.marked()
        );
        assert_eq!(proxy_names(world).as_deref(), Some("user-ca-bundle"));
        let line = format!("trust {} --scope cluster --remove --yes", tls.host());
        world.run(&line).success().prints(
            "proxy.config.openshift.io/cluster names no ConfigMap any more\nconfigmap/user-ca-bundle deleted\n",
        );
        assert_eq!(proxy_names(world), None);
        assert_eq!(config_map(world, "user-ca-bundle"), None);
    });
}

#[test]
fn the_bundle_that_the_proxy_names_is_merged_into() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        let theirs = other_pem();
        make_map(world, "proxy-ca", json!({"ca-bundle.crt": theirs}));
        name_proxy(world, "proxy-ca");
        let line = format!("trust {} --ca ca.pem --scope cluster --yes", tls.host());
        world.run(&line).success();
        assert_eq!(
            bundle(world, "proxy-ca", "ca-bundle.crt"),
            format!("{theirs}{}", tls.marked())
        );
        assert_eq!(config_map(world, "user-ca-bundle"), None);
        world.run("undo --yes").success();
        assert_eq!(bundle(world, "proxy-ca", "ca-bundle.crt"), theirs);
        assert_eq!(proxy_names(world).as_deref(), Some("proxy-ca"));
    });
}

#[test]
fn nothing_is_written_without_a_yes() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        for scope in ["registry", "cluster"] {
            let line = format!("trust {} --ca ca.pem --scope {scope}", tls.host());
            let output = world.run(&line).exits(2);
            output.says("written only after a yes");
            output.says("on OpenShift 4.20.3 every node ");
            world.is_untouched();
        }
    });
}

#[test]
fn dry_runs_ask_nothing_and_write_nothing() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        let line = format!("trust {} --ca ca.pem", tls.host());
        for (flag, suffix) in [
            ("--dry-run=client", " (dry run)"),
            ("--dry-run=server", " (server dry run)"),
        ] {
            let output = world.run(&format!("{line} {flag} --diff")).success();
            assert!(
                output.stdout.ends_with(&format!(
                    "configmap/{OURS} created{suffix}\nimage.config.openshift.io/cluster names {OURS}{suffix}\n"
                )),
                "{}",
                output.stdout
            );
            assert!(
                output.stdout.contains("+     # kubectl-extreg: 127.0.0.1:"),
                "{}",
                output.stdout
            );
            world.is_untouched();
        }
        let output = world
            .run(&format!("{line} --dry-run=client -o yaml"))
            .success();
        assert!(output.stdout.contains("kind: List") && output.stdout.contains("kind: ConfigMap"));
        let output = world
            .run(&format!("{line} --dry-run=server -o name"))
            .success();
        output.prints(&format!(
            "configmap/{OURS}\nimage.config.openshift.io/cluster\n"
        ));
        world.is_untouched();
        assert!(world.journal_files().is_empty());
    });
}

/// A reference never leads nowhere, whatever happens in between.
#[test]
fn what_is_named_is_there_before_and_goes_after() {
    let world = Embedded::openshift();
    let tls = Tls::in_world(&world);
    let paths = |world: &Embedded| -> Vec<String> {
        let writes = world.api().writes();
        world.api().clear_requests();
        writes
            .into_iter()
            .map(|write| {
                let kind = if write.path.contains("/configmaps") {
                    "configmaps"
                } else {
                    "images"
                };
                format!("{} {kind}", write.method)
            })
            .collect()
    };
    world
        .run(&format!("trust {} --ca ca.pem --yes", tls.host()))
        .success();
    assert_eq!(paths(&world), ["POST configmaps", "PUT images"]);
    world
        .run(&format!("trust {} --remove --yes", tls.host()))
        .success();
    assert_eq!(paths(&world), ["PUT images", "DELETE configmaps"]);
    world.run("undo --yes").success();
    assert_eq!(paths(&world), ["POST configmaps", "PUT images"]);
    assert_eq!(bundle(&world, OURS, &tls.key()), tls.marked());
    assert_eq!(named(&world).as_deref(), Some(OURS));
}

#[test]
fn a_failure_in_the_middle_says_what_was_done() {
    let world = Embedded::openshift();
    let tls = Tls::in_world(&world);
    let path = "/images/cluster";
    world.api().fault(
        Fault::status(500)
            .on_methods(&["PUT"])
            .on_path(path)
            .after(1),
    );
    let line = format!("trust {} --ca ca.pem --yes", tls.host());
    let output = world.run(&line).exits(1);
    output.says("image.config.openshift.io/cluster");
    output.says("1 of 2 changes were made; `oc extreg undo");
    assert_eq!(named(&world), None, "nothing names it yet");
    world.api().clear_faults();
    world.run("undo --yes").success();
    assert_eq!(config_map(&world, OURS), None);
}

#[test]
fn missing_rights_are_named_before_anything_is_written() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        for resource in [
            "images.config.openshift.io",
            "clusterversions.config.openshift.io",
            "infrastructures.config.openshift.io",
        ] {
            world.cluster.grant("", &["get"], resource);
        }
        let text = world.cluster.limited_kubeconfig(&world.namespace);
        world.sandbox.write("kubeconfig", text);
        let line = format!("trust {} --ca ca.pem --yes", tls.host());
        let output = world.run(&line).exits(1);
        output.says("configmaps");
        output.says(NAMESPACE);
        world.cluster.grant(NAMESPACE, &["get"], "configmaps");
        let output = world.run(&line).exits(1);
        output.says(&format!(
            "you may not create configmaps in namespace \"{NAMESPACE}\", nor update images.config.openshift.io; nothing was written"
        ));
        world.is_untouched();
        // Who may do just that needs no other right.
        world
            .cluster
            .grant(NAMESPACE, &["create", "update"], "configmaps");
        world
            .cluster
            .grant("", &["update"], "images.config.openshift.io");
        world.run(&line).success();
        assert_eq!(named(world).as_deref(), Some(OURS));
    });
}

#[test]
fn a_malformed_bundle_is_refused_by_line_and_mended_on_demand() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        let (one, two) = (other_pem(), other_pem());
        let glued = format!("of the security team\n{}{two}", one.trim_end());
        name_map(world, "corp", json!({ tls.key(): glued }));
        let line = format!("trust {} --ca ca.pem --yes", tls.host());
        let output = world.run(&line).exits(1);
        let glue = 1 + one.lines().count();
        output.says(&format!("line {glue}: two certificates meet on one line"));
        output.says("hint: --repair mends it");
        world.is_untouched();
        let output = world.run(&format!("{line} --repair")).success();
        output.says(&format!("is mended: line {glue}:"));
        assert_eq!(
            bundle(world, "corp", &tls.key()),
            format!("of the security team\n{one}{two}{}", tls.marked())
        );
        world.run("undo --yes").success();
        assert_eq!(bundle(world, "corp", &tls.key()), glued);
    });
}

#[test]
fn a_private_key_that_stands_there_is_never_shown() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        let key = "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n";
        name_map(world, "corp", json!({tls.key(): key, "quay.io": key}));
        let line = format!("trust {} --ca ca.pem --yes --diff", tls.host());
        for more in ["", "--repair", "-o yaml"] {
            let output = world.run(&format!("{line} {more}")).exits(1);
            output.says("a private key stands in the bundle");
            assert!(!(output.stdout + &output.stderr).contains("Y2FuYXJ5"));
            world.is_untouched();
        }
        // One under another key is none of our business, and is masked.
        edit_map(world, "corp", |map| {
            map["data"][tls.key()] = json!("");
        });
        for line in [
            format!("{line} -o yaml"),
            "undo --yes --diff -o json".to_owned(),
            "trust --list".to_owned(),
        ] {
            let output = world.run(&line).success();
            let shown = output.stdout + &output.stderr;
            assert!(!shown.contains("Y2FuYXJ5"), "{line}: {shown}");
        }
        for file in world.journal_files() {
            let kept = std::fs::read_to_string(file).expect("a file");
            assert!(!kept.contains("Y2FuYXJ5"), "{kept}");
        }
    });
}

fn edit_map(world: &World, name: &str, change: impl FnOnce(&mut Value)) {
    world.cluster.edit("configmaps", NAMESPACE, name, change);
    world.leave();
}

#[test]
fn undo_leaves_what_others_put_in_since_and_the_reference_with_it() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        let line = format!("trust {} --ca ca.pem --yes", tls.host());
        world.run(&line).success();
        let theirs = other_pem();
        edit_map(world, OURS, |map| {
            map["data"]["quay.io"] = json!(theirs);
        });
        let output = world.run("undo --yes").success();
        output.says(&format!("goes on naming configmap/{OURS}"));
        let map = config_map(world, OURS).expect("a ConfigMap");
        assert_eq!(map["data"], json!({"quay.io": theirs}));
        assert_eq!(named(world).as_deref(), Some(OURS));
    });
}

#[test]
fn a_config_map_of_that_name_that_nobody_named_is_not_taken_over() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        make_map(world, OURS, json!({"quay.io": other_pem()}));
        let line = format!("trust {} --ca ca.pem --yes", tls.host());
        let output = world.run(&line).exits(1);
        output.says("it is not taken over");
        world.is_untouched();
    });
}

#[test]
fn a_missing_config_map_that_is_named_is_made() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        edit_everywhere(world, "images.config.openshift.io", |config| {
            config["spec"]["additionalTrustedCA"] = json!({"name": "lost"});
        });
        let line = format!("trust {} --ca ca.pem --yes", tls.host());
        let output = world.run(&line).success();
        output.says("is named by image.config.openshift.io/cluster and does not exist: it is made");
        assert_eq!(bundle(world, "lost", &tls.key()), tls.marked());
    });
}
