//! Image stream tags, read through the internal registry's route as the user, and secrets of a namespace.

use extreg_test_support::api::Api;
use extreg_test_support::certs::Ca;
use extreg_test_support::content::Image;
use extreg_test_support::process::Output;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

use super::{large, writes};
use crate::kit::{Embedded, PASSWORD, World, for_each_world, openshift4};

const INTERNAL: &str = "image-registry.openshift-image-registry.svc:5000";

/// The internal registry: it takes the API token of the user.
fn internal(world: &World, ca: &Ca) -> Registry {
    Registry::builder()
        .dialect(Dialect::OpenShift)
        .tls(&ca.server(&["127.0.0.1"]))
        .user(User::new("admin", &world.cluster.admin_token()).pull("shop/*"))
        .start()
}

/// A stream with one image.
fn stream(name: &str, image: &str, digest: &str) -> Value {
    json!({
        "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {},
        "status": {
            "dockerImageRepository": format!("{INTERNAL}/shop/{name}"),
            "tags": [{"tag": "1.2", "items": [{
                "created": "2026-01-02T03:04:05Z", "generation": 1,
                "image": digest, "dockerImageReference": format!("{image}@{digest}"),
            }]}],
        },
    })
}

fn expose(world: &Embedded, host: &str) {
    world.create(json!({
        "apiVersion": "route.openshift.io/v1", "kind": "Route",
        "metadata": {"name": "default-route", "namespace": "openshift-image-registry"},
        "spec": {"host": host, "to": {"kind": "Service", "name": "image-registry"}},
    }));
}

fn trust(world: &Embedded, ca: &Ca) {
    world.create(json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "default-ingress-cert", "namespace": "openshift-config-managed"},
        "data": {"ca-bundle.crt": ca.root_pem()},
    }));
}

fn promote(world: &World, source: &str, target: &Registry, more: &str) -> Output {
    let target = target.image("prod/web");
    world.run(&format!(
        "promote {source} {target} --target-plain-http {more}"
    ))
}

#[test]
fn through_the_route_as_the_user() {
    // The token of a kubeconfig is for https alone.
    let world = Embedded::of(Api::builder().flavor(openshift4()).tls());
    let (ca, target) = (Ca::new("Ingress"), Registry::builder().start());
    let internal = internal(&world, &ca);
    let image = large().pack();
    let digest = internal.push("shop/web", "1.2", &image);
    world.create(stream("web", &format!("{INTERNAL}/shop/web"), &digest));
    expose(&world, &internal.host());
    // The certificate of routes is the platform's own.
    promote(&world, "istag/web:1.2", &target, "")
        .exits(1)
        .says("(tls.unknown-ca)");
    trust(&world, &ca);
    let output = promote(&world, "istag/web:1.2", &target, "").success();
    output.says("is asked with your own token of this cluster");
    output.prints(&format!("{} promoted\n", target.image("prod/web:1.2")));
    assert_eq!(target.manifest("prod/web", "1.2"), Some(image.manifest));
    let token = world.cluster.admin_token();
    assert!(!format!("{}{}", output.stdout, output.stderr).contains(&token));
    // The cluster's token goes to its own registry, and nowhere else.
    assert!(
        target
            .log()
            .iter()
            .all(|request| request.authorization().is_none())
    );
    for source in [
        "is/web:1.2",
        "istag/shop/web:1.2",
        "imagestreamtag.image.openshift.io/web:1.2",
    ] {
        promote(&world, source, &target, "")
            .success()
            .prints(&format!("{} unchanged\n", target.image("prod/web:1.2")));
    }
    assert!(world.api().writes().is_empty());
}

#[test]
fn without_a_route_the_two_other_ways_are_said() {
    let world = Embedded::openshift();
    let target = Registry::builder().start();
    let digest = format!("sha256:{}", "a".repeat(64));
    world.create(stream("web", &format!("{INTERNAL}/shop/web"), &digest));
    let output = promote(&world, "istag/web:1.2", &target, "").exits(1);
    output
        .says("it has no route")
        .says("{\"spec\":{\"defaultRoute\":true}}")
        .says("push-target BUILDCONFIG IMAGE")
        .says(&format!("{INTERNAL}/shop/web:1.2"));
    assert!(target.log().is_empty());

    // What a stream only refers to is read where it is.
    let outside = Registry::builder().start();
    let digest = outside.push_image("team/app", "1", &Image::new());
    world.create(stream("app", &outside.image("team/app"), &digest));
    let output = promote(&world, "istag/app:1.2", &target, "--source-plain-http").success();
    output.says("which is read where it is: the internal registry has no route");
    assert_eq!(target.tags("prod/web"), [("1.2".to_owned(), digest)]);
}

#[test]
fn streams_and_tags_that_are_not_there() {
    let world = Embedded::openshift();
    let target = Registry::builder().start();
    let digest = format!("sha256:{}", "a".repeat(64));
    world.create(stream("web", &format!("{INTERNAL}/shop/web"), &digest));
    let mut failed = stream("failed", "quay.io/a/b", &digest);
    failed["status"]["tags"] = json!([{"tag": "1", "items": [], "conditions": [{
        "type": "ImportSuccess", "status": "False", "reason": "Unauthorized", "generation": 1,
        "message": "you may not have access", "lastTransitionTime": "2026-01-02T03:04:05Z",
    }]}]);
    world.create(failed);
    for (source, words) in [
        (
            "istag/wbe:1.2",
            "imagestream.image.openshift.io/wbe not found in namespace \"shop\"",
        ),
        ("istag/wbe:1.2", "did you mean web?"),
        ("istag/web:1.3", "has no tag \"1.3\""),
        ("istag/web:1.3", "did you mean 1.2?"),
        ("istag/failed:1", "has no image yet"),
        (
            "istag/failed:1",
            "its import failed: you may not have access",
        ),
    ] {
        promote(&world, source, &target, "").exits(1).says(words);
    }
    let kubernetes = Embedded::kubernetes();
    let output = promote(&kubernetes, "istag/web:1.2", &target, "").exits(1);
    output.says("image.openshift.io");
    assert!(target.log().is_empty());
}

#[test]
fn credentials_out_of_secrets() {
    for_each_world(|world| {
        let builder = || {
            Registry::builder()
                .dialect(Dialect::DistributionBasic)
                .user(User::new("robot", PASSWORD).pull("*").push("*"))
                .start()
        };
        let (source, target) = (builder(), builder());
        source.push_image("web", "1", &Image::new());
        world.docker_secret("from", &source.host(), "robot", PASSWORD);
        world.docker_secret("to", &target.host(), "robot", PASSWORD);
        let line = format!(
            "promote {} {} --plain-http",
            source.image("web:1"),
            target.image("web:1")
        );
        let output = world
            .run(&format!(
                "{line} --source-from-secret none --target-from-secret to"
            ))
            .exits(1);
        output.says("secret \"none\" in namespace");
        let output = world
            .run(&format!(
                "{line} --source-from-secret to --target-from-secret to"
            ))
            .exits(1);
        output.says("has no entry for");
        assert!(writes(&target).is_empty());
        let by_namespace = format!("{}/to", world.namespace);
        let output = world
            .run(&format!(
                "{line} --source-from-secret from --target-from-secret {by_namespace}"
            ))
            .success();
        output.prints(&format!("{} promoted\n", target.image("web:1")));
        assert!(!output.stderr.contains(PASSWORD), "{}", output.stderr);
        // Of one registry the same is said once.
        let within = format!(
            "promote {} {} --plain-http --source-from-secret to --target-from-secret to",
            target.image("web:1"),
            target.image("copied:1")
        );
        let output = world.run(&within).success();
        let said = output
            .stderr
            .matches("credentials of \"robot\" for")
            .count();
        assert_eq!(said, 1, "{}", output.stderr);
        world.is_untouched();
    });
}
