//! The steps of the tour and what each has to show.

use crate::guide::{Guide, cluster_says};
use crate::world::{ROBOT, World};

pub(crate) fn walk(world: &World, guide: &mut Guide) {
    let registry = world.corp.host();
    the_main_job(world, guide, &registry);
    alike_and_not_the_same(world, guide, &registry);
    the_way_back(world, guide);
}

/// A pod that fails, why, and the command that mends it.
fn the_main_job(world: &World, guide: &mut Guide, registry: &str) {
    let image = format!("{registry}/shop/web:1.9");
    guide.step("A pod waits for its image, and the cluster's message could mean anything");
    let (state, message) = world.pod_of("shop", "web");
    cluster_says(&format!("{state}: {message}"));
    guide.check(state == "ErrImagePull", "the pod should wait for its image");

    guide.step("doctor tells what it is");
    let outcome = guide.run(&["doctor", &image], None);
    guide.expect(&outcome, 3, &["auth.no-credentials"]);

    guide.step("link checks a login before it writes anything: this one is wrong");
    let link = [
        "link",
        registry,
        "--image",
        &image,
        "--registry-username",
        ROBOT.0,
        "--registry-password-stdin",
    ];
    let before = world.api.writes().len();
    let outcome = guide.run(&link, Some("wrong-horse"));
    guide.expect(&outcome, 1, &["auth.bad-credentials"]);
    guide.check(
        world
            .api
            .list("secrets", "shop")
            .iter()
            .all(|secret| !is_ours(secret)),
        "no secret may be there",
    );
    guide.check(only_reviews(world, before), "nothing may have been written");

    guide.step("With the right one, one command stores it, links it and restarts what waits");
    let mut link = link.to_vec();
    link.push("--restart");
    let outcome = guide.run(&link, Some(ROBOT.1));
    guide.expect(
        &outcome,
        0,
        &[
            "created",
            "serviceaccount/default linked (pull)",
            "restarted",
        ],
    );
    let (state, _) = world.pod_of("shop", "web");
    cluster_says(&format!("the pod is {state}"));
    guide.check(state == "Running", "the pod should run");

    guide.step("doctor agrees, and link has nothing left to do");
    let outcome = guide.run(&["doctor", &image], None);
    guide.expect(&outcome, 0, &["can pull"]);
    let outcome = guide.run(&link, Some(ROBOT.1));
    guide.expect(&outcome, 0, &["unchanged"]);
}

/// Failures whose messages all look alike.
fn alike_and_not_the_same(world: &World, guide: &mut Guide, registry: &str) {
    guide.step("The secret names the registry without its port, so the node pulls without a login");
    let outcome = guide.run(
        &[
            "doctor",
            &format!("{registry}/shop/web:1.9"),
            "-n",
            "billing",
        ],
        None,
    );
    guide.expect(&outcome, 3, &["auth.secret-key-mismatch"]);

    guide.step("The login is good, and has no right on this repository");
    let outcome = guide.run(&["doctor", &format!("{registry}/vault/keys:1.0")], None);
    guide.expect(&outcome, 3, &["auth.pull-denied"]);

    guide.step("The login is good, and the repository's name has a typo");
    let outcome = guide.run(&["doctor", &format!("{registry}/shop/wbe:1.9")], None);
    guide.expect(&outcome, 3, &["location.repository-missing"]);

    guide.step("The repository is there, the tag is not");
    let outcome = guide.run(&["doctor", &format!("{registry}/shop/api:2.4")], None);
    guide.expect(&outcome, 3, &["location.tag-missing", "2.4.0"]);

    guide.step("A registry that answers alike for private and for missing: doctor says so, and does not guess");
    let outcome = guide.run(
        &[
            "doctor",
            &format!("{}/acme/payment-api:2.4", world.quay.host()),
            "-n",
            "payments",
        ],
        None,
    );
    guide.expect(&outcome, 4, &["ambiguous.missing-or-forbidden"]);

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

/// What link did is taken back.
fn the_way_back(world: &World, guide: &mut Guide) {
    guide.step("undo takes back what link did, from its journal");
    let outcome = guide.run(&["undo", "--list"], None);
    guide.expect(&outcome, 0, &["link"]);
    let outcome = guide.run(&["undo"], None);
    guide.expect(&outcome, 0, &["deleted"]);
    guide.check(
        world
            .api
            .list("secrets", "shop")
            .iter()
            .all(|secret| !is_ours(secret)),
        "the secret should be gone",
    );
}

fn is_ours(secret: &serde_json::Value) -> bool {
    secret["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "kubectl-extreg"
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
