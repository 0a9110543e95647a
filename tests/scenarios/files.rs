//! Files of credentials (`-a`), read as containers/image reads them, which is not as docker and the kubelet do.

use extreg::doctor::causes::Cause;
use extreg_test_support::registry::Dialect;
use serde_json::{Value, json};

use crate::dialects::World;
use crate::kit::*;

scenarios![
    user_and_password_without_auth = file(Cause::SecretMalformed, |host| {
        json!({"auths": {host: {"username": ALICE.0, "password": ALICE.1}}})
    })
    .says("it has no `auth`, and containers/image reads nothing else")
    .mended_by_asking(good),
    a_registry_token = file(Cause::SecretMalformed, |host| {
        json!({"auths": {host: {"registrytoken": "canary-of-a-token"}}})
    })
    .says("it has no `auth`")
    .mended_by_asking(good),
    an_identity_token_by_itself = file(Cause::SecretMalformed, |host| {
        json!({"auths": {host: {"identitytoken": "canary-of-a-token"}}})
    })
    .says("it has no `auth`")
    .mended_by_asking(good),
    a_store_that_only_docker_asks = file(Cause::SecretMalformed, |host| {
        json!({"auths": {host: {}}, "credsStore": "osxkeychain"})
    })
    .says("credsStore leaves it to the credential helper \"osxkeychain\"")
    .says("containers/image does not ask it")
    .mended_by_asking(good),
    entries_without_auths_around_them = file(Cause::SecretMalformed, |host| {
        let mut entries = json!({});
        entries[host] = entry();
        entries
    })
    .says("it has the shape of a .dockercfg")
    .mended_by_asking(good),
    // docker would ask that helper for Docker Hub and for no other registry.
    a_helper_for_another_registry = file(Cause::NoCredentials, |_| {
        json!({"auths": {"quay.io": entry()}, "credHelpers": {"quay.io": "no-such-helper"}})
    })
    .mended_by_asking(good),
];

fn entry() -> Value {
    // `alice:canary-Pa55word`
    json!({"auth": "YWxpY2U6Y2FuYXJ5LVBhNTV3b3Jk"})
}

/// A private image, asked for with a file of this content.
fn file(cause: Cause, content: fn(&str) -> Value) -> Faulty<World> {
    Scenario::of(cause, || World::new(Dialect::DistributionBasic)).asks(move |world| {
        let content = content(&world.registry.host());
        world
            .doctor("team/app:1.0", None)
            .config(&content.to_string())
    })
}

fn good(world: &World) -> Doctor {
    let content = json!({"auths": {world.registry.host(): entry()}});
    world
        .doctor("team/app:1.0", None)
        .config(&content.to_string())
}
