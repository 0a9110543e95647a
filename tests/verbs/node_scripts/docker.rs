//! Which script the nodes of OpenShift 3 need is read from them.

use extreg_test_support::api::{Api, Flavor, Rule, make};
use extreg_test_support::certs::Ca;

use crate::kit::Embedded;

const LINE: &str = "trust registry.example.com:5000 --ca ca.pem --skip-check --openshift3";

/// OpenShift 3 with nodes that have these runtimes.
fn with_nodes(runtimes: &[&str]) -> Embedded {
    let world = Embedded::of(Api::builder().flavor(Flavor::OpenShift3));
    world.sandbox.write("ca.pem", Ca::new("Corp Root").pem());
    for (at, runtime) in runtimes.iter().enumerate() {
        let mut node = make::node(&format!("n{at}"), "amd64");
        node["status"]["nodeInfo"]["containerRuntimeVersion"] = (*runtime).into();
        world.create(node);
    }
    world.api().clear_requests();
    world
}

#[test]
fn the_script_is_the_one_for_the_version_of_the_nodes() {
    for (runtimes, place, not) in [
        (
            &["docker://1.13.1", "docker://18.9.7"][..],
            "$root/etc/pki/ca-trust/source/anchors",
            "$root/etc/docker/certs.d",
        ),
        (
            &["docker://1.12.6"],
            "$root/etc/docker/certs.d",
            "$root/etc/pki/ca-trust/source/anchors",
        ),
        // Those of another runtime have other ways.
        (
            &["cri-o://1.11.16", "docker://1.12.6"],
            "$root/etc/docker/certs.d",
            "$root/etc/pki/ca-trust/source/anchors",
        ),
    ] {
        let world = with_nodes(runtimes);
        let output = world.run(LINE).success();
        assert!(output.stdout.contains(place), "{runtimes:?}");
        assert!(!output.stdout.contains(not), "{runtimes:?}");
        assert!(world.api().writes().is_empty());
    }
}

#[test]
fn nodes_of_two_kinds_need_two_scripts() {
    let world = with_nodes(&["docker://1.12.6", "docker://1.13.1", "docker://1.12.5"]);
    let output = world.run(LINE).exits(1);
    output.says("n0, n2 have a Docker before 1.13, n1 a newer one");
    output.says("hint: render both, with --docker-version 1.13 and with --docker-version 1.12");
    assert_eq!(output.stdout, "");
    // What is said is not looked up.
    world.api().clear_requests();
    let old = world
        .run(&format!("{LINE} --docker-version 1.12"))
        .success();
    let new = world
        .run(&format!("{LINE} --docker-version 1.13"))
        .success();
    assert!(old.stdout.contains("certs.d") && new.stdout.contains("update-ca-trust"));
    assert!(world.api().requests().is_empty());
}

#[test]
fn nodes_that_do_not_tell_are_asked_for() {
    let hint = "hint: --docker-version 1.13 (or 1.12) says what the nodes have";
    for (runtimes, words) in [
        (
            &["cri-o://1.11.16"][..],
            "no node of this cluster runs Docker: cri-o://1.11.16",
        ),
        (&[], "no node of this cluster runs Docker: it has no nodes"),
        (&["docker://Unknown"], "\"Unknown\" is no version of Docker"),
    ] {
        let world = with_nodes(runtimes);
        let output = world.run(LINE).exits(1);
        output.says(words);
        output.says(hint);
    }
    let world = with_nodes(&["docker://1.13.1"]);
    world
        .api()
        .deny("system:admin", Rule::verb("list").on("nodes"));
    let output = world.run(LINE).exits(1);
    output.says("nodes");
    output.says(hint);
    // Where there is no cluster at all.
    let output = world
        .cmd(LINE)
        .env("KUBECONFIG", world.sandbox.path().join("none"))
        .run()
        .exits(1);
    output.says(hint);
}

const WITH_CRIO: &str = "put the CA into /etc/pki/ca-trust/source/anchors, then `update-ca-trust extract` and `systemctl restart crio`";

#[test]
fn nodes_with_crio_are_named_with_what_to_do_there() {
    let world = with_nodes(&["cri-o://1.11.16", "docker://1.13.1", "cri-o://1.11.16"]);
    let output = world.run(LINE).success();
    output.says(&format!(
        "n0, n2: CRI-O runs there, and needs more: {WITH_CRIO}"
    ));
    // The script says it as well.
    assert!(output.stdout.contains(WITH_CRIO), "{}", output.stdout);
    let remove = LINE.replace("--ca ca.pem --skip-check", "--remove");
    let output = world.run(&remove).success();
    output.says("take the CA out of /etc/pki/ca-trust/source/anchors");

    let world = with_nodes(&["cri-o://1.11.16", "cri-o://1.11.16"]);
    let output = world.run(LINE).exits(1);
    output.says("error: no node of this cluster runs Docker");
    output.says(&format!(
        "hint: CRI-O runs on n0, n1; on every such node: {WITH_CRIO}"
    ));

    let world = with_nodes(&["docker://1.13.1"]);
    let output = world.run(LINE).success();
    assert!(!output.stderr.contains("CRI-O"), "{}", output.stderr);
    // Where no node was asked nothing is known.
    let output = world
        .run(&format!("{LINE} --docker-version 1.13"))
        .success();
    output.says("a node that runs CRI-O (`oc get nodes -o wide` tells) needs more");
    let output = world
        .run("insecure r.example.com:5000 --skip-check --openshift3")
        .success();
    output.says("put \"r.example.com:5000\" into insecure_registries of /etc/crio/crio.conf, then `systemctl restart crio`");
}
