//! The way of an image: from a base image of the company's registry through a build back into it, into a workload by an
//! image stream, and on to the registry of production.

use crate::guide::{Guide, Piped, cluster_says};
use crate::world::{ROBOT, World};

pub(crate) fn deliver(world: &World, guide: &mut Guide) {
    world.open_delivery();
    let registry = world.corp.host();
    let image = format!("{registry}/shop/sample-app:latest");

    guide.step("The credentials, for what is pulled and for what builds push");
    let password = Piped {
        from: "printf %s \"$PASSWORD\"",
        text: ROBOT.1,
    };
    let link = [
        "link",
        &registry,
        "--for",
        "pull,push",
        "--registry-username",
        ROBOT.0,
        "--registry-password-stdin",
        "-n",
        "delivery",
    ];
    let outcome = guide.run(&link, Some(&password));
    let said = [
        "serviceaccount/default linked (pull)",
        "serviceaccount/builder linked (push)",
    ];
    guide.expect(&outcome, 0, &said);

    guide.step("A build takes its base image from the registry");
    let base = format!("{registry}/shop/sample-base:1.0");
    let outcome = guide.run(
        &["build-source", "sample-app", &base, "-n", "delivery"],
        None,
    );
    guide.expect(&outcome, 0, &["buildconfig.build.openshift.io/sample-app"]);

    guide.step("Its result goes there too; the build is started, followed, and really pushes");
    let before = world.corp.tags("shop/sample-app").len();
    let outcome = guide.run(
        &[
            "push-target",
            "sample-app",
            &image,
            "--start",
            "-n",
            "delivery",
        ],
        None,
    );
    guide.expect(
        &outcome,
        0,
        &["pushes to", "build.build.openshift.io/sample-app-1"],
    );
    guide.check(
        before == 0 && world.corp.tags("shop/sample-app").len() == 1,
        "the registry should have the image now",
    );

    guide.step("An image stream imports it, after a dry run");
    let outcome = guide.run(
        &["import", "sample-app:latest", &image, "-n", "delivery"],
        None,
    );
    guide.expect(&outcome, 0, &["imagestream.image.openshift.io/sample-app"]);

    guide.step("A new Deployment follows the stream, and runs");
    let outcome = guide.run(
        &[
            "use",
            "deploy/sample-app",
            &image,
            "--via-stream=sample-app:latest",
            "--create",
            "--wait=1m",
            "-n",
            "delivery",
        ],
        None,
    );
    guide.expect(&outcome, 0, &["deployment.apps/sample-app created"]);
    let (state, _) = world.pod_of("delivery", "sample-app");
    cluster_says(&format!("sample-app: {state}"));
    guide.check(state == "Running", "the pod should run");

    guide.step("It has proved itself: on to production's registry, by digest, all or nothing");
    let target = format!("{}/prod/sample-app:1.0", world.prod.host());
    let promote = ["promote", &image, &target];
    let auth = world.auth_file();
    let promote = [&promote[..], &["-a", &auth]].concat();
    let outcome = guide.run(&promote, None);
    guide.expect(&outcome, 0, &["promoted"]);
    guide.check(
        digest_of(world, "corp") == digest_of(world, "prod"),
        "both registries should have the same image",
    );
    let outcome = guide.run(&promote, None);
    guide.expect(&outcome, 0, &["unchanged"]);
}

fn digest_of(world: &World, registry: &str) -> Option<String> {
    let tags = match registry {
        "corp" => world.corp.tags("shop/sample-app"),
        _ => world.prod.tags("prod/sample-app"),
    };
    tags.into_iter().map(|(_, digest)| digest).next()
}
