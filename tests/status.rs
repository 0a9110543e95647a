//! `status` on the embedded API server.
#![expect(
    clippy::expect_used,
    reason = "a helper that cannot do its work ends the test"
)]

mod kit;

use base64::Engine as _;
use extreg_test_support::api::{PodState, make};
use kit::{PASSWORD, World};
use serde_json::json;

/// A JWT that ended in 2023.
fn ended() -> String {
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"exp":1700000000}"#);
    format!("e30.{claims}.c2ln")
}

/// A namespace with one of everything.
fn busy() -> World {
    let world = World::openshift();
    let api = &world.api;
    let mut stale = make::docker_secret("shop", "stale", "ghcr.io", "bot", &ended());
    stale["metadata"]["labels"] = json!({"team": "a"});
    let mut build = make::build_config(
        "shop",
        "app",
        "registry.example.com/base:1",
        "registry.example.com/shop/app:1",
    );
    build["spec"]["output"]["pushSecret"] = json!({"name": "gone"});
    let mut stream = make::image_stream("shop", "base", "1", "quay.io/acme/base:1");
    stream["spec"]["tags"][0]["importPolicy"] = json!({"scheduled": true});
    stream["status"] = json!({"dockerImageRepository": "image-registry.openshift-image-registry.svc:5000/shop/base",
        "tags": [{"tag": "1", "items": null, "conditions": [{"type": "ImportSuccess", "status": "False",
            "reason": "Unauthorized", "message": "you may not have access to the container image \u{1b}[31m\"quay.io/acme/base:1\"",
            "generation": 9, "lastTransitionTime": "2026-01-02T03:04:05Z"}]}]});
    api.create_all([
        make::docker_secret("shop", "corp", "registry.example.com", "robot", PASSWORD),
        make::docker_secret("shop", "hub", "https://index.docker.io/v1/", "me", PASSWORD),
        make::docker_config_secret("shop", "broken", "{\"auths\": {\"quay.io\": {\"auth\": \"!!\"}}}"),
        stale,
        make::deployment("shop", "web", "registry.example.com:5000/shop/web:1.9"),
        make::deployment("shop", "cache", "redis"),
        make::cron_job("shop", "nightly", "ghcr.io/acme/job:2"),
        build,
        stream,
    ]);
    api.edit("serviceaccounts", "shop", "default", |account| {
        account["imagePullSecrets"] = json!([{"name": "corp"}, {"name": "stale"}]);
    });
    api.add_pod(
        "shop",
        "web-1",
        "registry.example.com:5000/shop/web:1.9",
        &PodState::waiting("ImagePullBackOff", "no"),
    );
    world
}

#[test]
fn look() {
    let world = busy();
    for line in ["status", "status -o wide", "status -o json", "status -o yaml", "status -o dot", "status -o mermaid", "status -A"] {
        let output = world.run(line);
        println!("--- {line}: {:?}\n{}\n{}", output.status, output.stdout, output.stderr);
    }
}
