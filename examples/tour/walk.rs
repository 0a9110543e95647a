//! The steps of the tour and what each has to show.

use crate::deliver::deliver;
use crate::guide::{Guide, Piped, cluster_says};
use crate::world::{ROBOT, World};

pub(crate) fn walk(world: &World, guide: &mut Guide) {
    let registry = world.corp.host();
    the_main_job(world, guide, &registry);
    a_namespace_that_fails(world, guide);
    alike_and_not_the_same(world, guide, &registry);
    deliver(world, guide);
    the_way_back(world, guide);
}

/// A pod that fails, why, and the command that mends it.
fn the_main_job(world: &World, guide: &mut Guide, registry: &str) {
    guide.step("A pod waits for its image, and the cluster's message could mean anything");
    let (state, message) = world.pod_of("shop", "web");
    cluster_says(&format!("{state}: {message}"));
    guide.check(state == "ErrImagePull", "the pod should wait for its image");

    guide.step("doctor tells what it is");
    let outcome = guide.run(&["doctor", "deploy/web"], None);
    guide.expect(&outcome, 3, &["auth.no-credentials"]);

    guide.step("link checks a login before it writes anything: this one is wrong");
    let image = format!("{registry}/shop/web:1.9");
    let link = [
        "link",
        registry,
        "--image",
        &image,
        "--registry-username",
        ROBOT.0,
        "--registry-password-stdin",
    ];
    let password = |text| Piped {
        from: "printf %s \"$PASSWORD\"",
        text,
    };
    let before = world.api.writes().len();
    let outcome = guide.run(&link, Some(&password("wrong-horse")));
    guide.expect(&outcome, 1, &["auth.bad-credentials"]);
    guide.check(!has_ours(world, "shop"), "no secret may be there");
    guide.check(only_reviews(world, before), "nothing may have been written");

    guide.step("With the right one, one command stores it, links it and restarts what waits");
    let mut link = link.to_vec();
    link.push("--restart");
    let outcome = guide.run(&link, Some(&password(ROBOT.1)));
    let said = [
        "created",
        "serviceaccount/default linked (pull)",
        "restarted",
    ];
    guide.expect(&outcome, 0, &said);
    runs(world, guide, "shop", "web");

    guide.step("doctor agrees, and link has nothing left to do");
    let outcome = guide.run(&["doctor", "deploy/web"], None);
    guide.expect(&outcome, 0, &["can pull"]);
    let outcome = guide.run(&link, Some(&password(ROBOT.1)));
    guide.expect(&outcome, 0, &["unchanged"]);
}

/// Several workloads at once, two causes, one of them mended by doctor itself.
fn a_namespace_that_fails(world: &World, guide: &mut Guide) {
    guide.step("Three deployments say \"unauthorized\"; doctor finds them and two causes");
    world.open_orders();
    for workload in ["cart", "till", "prices"] {
        let (state, message) = world.pod_of("orders", workload);
        cluster_says(&format!("{workload}: {state}: {message}"));
        guide.check(
            message.contains("unauthorized"),
            "the message should say \"unauthorized\"",
        );
    }
    let outcome = guide.run(&["doctor", "-n", "orders"], None);
    let said = [
        "2 workloads, 1 cause",
        "auth.secret-key-mismatch",
        "location.tag-missing",
        "2.4.0",
        "event says",
    ];
    guide.expect(&outcome, 3, &said);
    guide.expect_flowing(&outcome, "points at the credentials, and that is not it");

    guide.step("What events can mean, without asking anybody: the likeliest first");
    let described = world.describe("orders", "prices");
    let piped = Piped {
        from: "oc describe pod -l app=prices -n orders",
        text: &described,
    };
    let outcome = guide.run(&["explain", "--message", "-"], Some(&piped));
    guide.expect(
        &outcome,
        0,
        &["cri-o", "auth.no-credentials", "doctor pod/"],
    );

    guide.step("The key without the port is safe to mend: doctor shows the change, makes it and looks again");
    let outcome = guide.run(
        &["doctor", "deploy/cart", "-n", "orders", "--fix", "--yes"],
        None,
    );
    let said = [
        "created",
        "serviceaccount/default linked (pull)",
        "can pull",
        "was auth.secret-key-mismatch",
    ];
    guide.expect(&outcome, 0, &said);
    guide.expect_not(&outcome, &[ROBOT.1]);
    runs(world, guide, "orders", "cart");
    runs(world, guide, "orders", "till");

    guide.step("What is left is the tag, which is not the cluster's to mend");
    let outcome = guide.run(&["doctor", "-n", "orders"], None);
    guide.expect(&outcome, 3, &["deploy/prices", "location.tag-missing"]);
    guide.expect_not(&outcome, &["auth.secret-key-mismatch"]);

    guide.step("status lists the registries in use and what reaches them");
    let outcome = guide.run(&["status", "-n", "orders"], None);
    let registry = world.corp.host();
    guide.expect(
        &outcome,
        0,
        &[&registry, "corp-pull", "deployment/prices", "waiting"],
    );
}

/// Failures whose messages all look alike.
fn alike_and_not_the_same(world: &World, guide: &mut Guide, registry: &str) {
    guide.step("The login is good, and has no right on this repository");
    let outcome = guide.run(&["doctor", &format!("{registry}/vault/keys:1.0")], None);
    guide.expect(&outcome, 3, &["auth.pull-denied"]);

    guide.step("The login is good, and the repository's name has a typo");
    let outcome = guide.run(&["doctor", &format!("{registry}/shop/wbe:1.9")], None);
    guide.expect(&outcome, 3, &["location.repository-missing"]);

    guide.step("A registry that answers alike for private and for missing: doctor says so, and does not guess");
    let near = world.quay.image("acme/payments-api:2.4");
    let outcome = guide.run(&["doctor", "deploy/refunds", "-n", "payments"], None);
    guide.expect(&outcome, 4, &["ambiguous.missing-or-forbidden", &near]);

    guide.step("This machine trusts the registry's CA, the cluster does not");
    let outcome = guide.run(
        &["doctor", &format!("{}/lab/tool:1.0", world.lab.host())],
        None,
    );
    guide.expect(&outcome, 3, &["tls.cluster-trust-missing"]);

    guide.step("explain has a page on every cause, offline");
    let outcome = guide.run(&["explain", "auth.secret-key-mismatch"], None);
    guide.expect(&outcome, 0, &["port"]);
}

/// What was written is taken back, the last first.
fn the_way_back(world: &World, guide: &mut Guide) {
    guide.step("undo takes back what was written, from its journal: the last, or any by its id");
    let list = guide.run(&["undo", "--list"], None);
    guide.expect(&list, 0, &["link", "doctor --fix"]);
    let outcome = guide.run(&["undo"], None);
    guide.expect(&outcome, 0, &["deployment.apps/sample-app deleted"]);
    for (namespace, verb) in [("orders", " doctor --fix "), ("shop", " link ")] {
        // The oldest of that verb; its id stands first in the line.
        let mut lines = list.text.lines();
        let line = lines.find(|line| line.contains(verb)).unwrap_or_default();
        let id = line.split_whitespace().next().unwrap_or_default();
        guide.check(has_ours(world, namespace), "the secret should be there");
        let outcome = guide.run(&["undo", id], None);
        guide.expect(&outcome, 0, &["deleted"]);
        guide.check(!has_ours(world, namespace), "the secret should be gone");
    }
}

/// Shows that the pods of a workload run, because its node could pull.
fn runs(world: &World, guide: &mut Guide, namespace: &str, workload: &str) {
    let (state, _) = world.pod_of(namespace, workload);
    cluster_says(&format!("{workload}: {state}"));
    guide.check(state == "Running", "the pod should run");
}

/// Whether a namespace has a secret that the tool made.
fn has_ours(world: &World, namespace: &str) -> bool {
    let secrets = world.api.list("secrets", namespace);
    secrets.iter().any(|secret| {
        secret["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "kubectl-extreg"
    })
}

/// Whether all that was posted since is questions about rights.
fn only_reviews(world: &World, before: usize) -> bool {
    world
        .api
        .writes()
        .iter()
        .skip(before)
        .all(|request| request.path.contains("selfsubjectaccessreviews"))
}
