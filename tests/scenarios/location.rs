//! Where the image is not: names, ports, platforms, kinds, parts.

use extreg::doctor::causes::Cause;
use extreg::doctor::finding::Confidence;
use extreg_test_support::certs::Ca;
use extreg_test_support::content::{Artifact, Image, Index};
use extreg_test_support::net::{ClosedPort, HttpProxy};
use extreg_test_support::registry::{At, Dialect, Fault, Registry, User};

use crate::dialects::World;
use crate::kit::*;

#[test]
fn a_text_that_is_no_reference_is_a_result() {
    for (text, meant) in [
        ("https://quay.io/acme/app:1", "quay.io/acme/app:1"),
        ("quay.io/Acme/App:1", "quay.io/acme/app:1"),
    ] {
        let result = Doctor::of(text).certainly(Cause::InvalidReference);
        let remedies = format!("{:?}", result.remedies());
        assert!(remedies.contains(meant), "{remedies}");
    }
    Doctor::of("quay.io/acme/${APP}:1").certainly(Cause::InvalidReference);
}

#[test]
fn a_near_tag_is_named() {
    let world = World::new(Dialect::DistributionToken);
    let result = world
        .doctor("team/app:v1.0", Some(ALICE))
        .certainly(Cause::TagMissing);
    assert!(
        result.summary().ends_with("the nearest is 1.0"),
        "{}",
        result.summary()
    );
    let command = result.remedies()[0].commands[0].join(" ");
    let image = world.registry.image("team/app:1.0");
    assert_eq!(
        command,
        format!("oc extreg doctor {image} -a auth.json --registry-ca ca.pem --no-cluster")
    );
    world.doctor("team/app:1.0", Some(ALICE)).healthy();
}

#[test]
fn a_prefix_too_many_is_found() {
    let world = World::new(Dialect::Ecr);
    let result = world
        .doctor("repository/team/app:1.0", Some(("carol", SECRET)))
        .certainly(Cause::BadCredentials);
    assert!(
        result
            .remedies()
            .iter()
            .all(|remedy| !remedy.commands.is_empty())
    );
    world
        .registry
        .set_user(User::new("carol", SECRET).pull("*"));
    let result = world
        .doctor("repository/team/app:1.0", Some(("carol", SECRET)))
        .certainly(Cause::PathPrefix);
    assert!(
        result.summary().contains("team/app:1.0 is"),
        "{}",
        result.summary()
    );
}

#[test]
fn where_repositories_are_hidden_another_prefix_is_only_likely() {
    let world = World::new(Dialect::Quay);
    world
        .doctor("repository/public/app:1.0", None)
        .finds(Cause::PathPrefix, Confidence::Likely);
    world.doctor("public/app:1.0", None).healthy();
}

#[test]
fn another_spelling_leaves_the_question_open_and_names_it() {
    let world = World::new(Dialect::Quay);
    let result = world
        .doctor("public/apps:1.0", None)
        .finds(Cause::MissingOrForbidden, Confidence::Ambiguous);
    assert_eq!(result.verdict.causes().1[0], Cause::RepositoryMissing);
    assert!(
        result.summary().contains("public/app:1.0 is there"),
        "{}",
        result.summary()
    );
}

#[test]
fn the_registry_is_on_another_port() {
    let world = World::new(Dialect::Distribution);
    let closed = ClosedPort::new();
    let doctor = || {
        Doctor::of(format!("{}/team/app:1.0", closed.host()))
            .trust(world.ca.root_pem())
            .timeout(std::time::Duration::from_secs(20))
    };
    doctor().certainly(Cause::Refused);
    let result = doctor()
        .usual_port(world.registry.port(), true)
        .certainly(Cause::WrongPort);
    let command = result.remedies()[0].commands[0].join(" ");
    let image = world.registry.image("team/app:1.0");
    assert_eq!(
        command,
        format!("oc extreg doctor {image} --registry-ca ca.pem --no-cluster")
    );
    world.doctor("team/app:1.0", None).healthy();
}

#[test]
fn a_web_page_is_no_registry() {
    for fault in [
        Fault::html_page(),
        Fault::html_404(),
        Fault::redirect_to_login("https://sso.example.com/login"),
    ] {
        let world = World::new(Dialect::Distribution);
        world.registry.fault(fault.clone());
        let words = format!("{fault:?}");
        let result = one(world.doctor("team/app:1.0", None).run());
        assert_eq!(
            result.cause(),
            Some(Cause::NotARegistry),
            "{words}\n{}",
            told(&result)
        );
        world.registry.mend();
        world.doctor("team/app:1.0", None).healthy();
    }
}

#[test]
fn platforms_of_indexes_and_of_single_images() {
    let world = World::new(Dialect::Distribution);
    world
        .registry
        .push_image("team/arm", "1", &Image::new().platform("linux/arm64"));
    world.registry.push_index(
        "team/both",
        "1",
        &Index::of(&["linux/amd64", "linux/arm64"]),
    );
    world.registry.push_index(
        "team/attested",
        "1",
        &Index::of(&["linux/amd64"]).attestation(),
    );
    world
        .doctor("team/arm:1", None)
        .certainly(Cause::PlatformMissing);
    world
        .doctor("team/arm:1", None)
        .platform(Some("linux/arm64"))
        .healthy();
    world.doctor("team/both:1", None).healthy();
    world
        .doctor("team/both:1", None)
        .platform(Some("linux/s390x"))
        .certainly(Cause::PlatformMissing);
    world.doctor("team/attested:1", None).healthy();
    world
        .doctor("team/attested:1", None)
        .platform(Some("linux/arm64"))
        .certainly(Cause::PlatformMissing);
}

#[test]
fn what_is_no_image_is_not_called_one() {
    let world = World::new(Dialect::Distribution);
    let chart = Artifact::new("application/vnd.cncf.helm.config.v1+json");
    world.registry.push_artifact("team/chart", "1", &chart);
    world
        .doctor("team/chart:1", None)
        .certainly(Cause::ManifestUnsupported);
    world.registry.push_schema1("team/old", "1");
    world
        .doctor("team/old:1", None)
        .certainly(Cause::ManifestUnsupported);
    world.registry.push_image("team/old", "1", &Image::new());
    world.doctor("team/old:1", None).healthy();
}

#[test]
fn a_lost_layer_is_named() {
    let world = World::new(Dialect::Distribution);
    let lost = world
        .registry
        .blobs("team/app")
        .into_iter()
        .next()
        .expect("a blob");
    world.registry.remove_blob("team/app", &lost);
    let result = world
        .doctor("team/app:1.0", None)
        .certainly(Cause::BlobMissing);
    assert!(
        told(&result).contains("blobs here fail"),
        "{}",
        told(&result)
    );
    world.registry.push_image("team/app", "1.0", &Image::new());
    world.doctor("team/app:1.0", None).healthy();
}

#[test]
fn storage_that_lost_a_blob_is_told_from_storage_that_fails() {
    let world = World::of(
        Registry::builder()
            .dialect(Dialect::DistributionToken)
            .blob_storage(),
    );
    world.doctor("public/app:1.0", None).healthy();
    world.registry.fault(Fault::status(404).at(At::Storage));
    world
        .doctor("public/app:1.0", None)
        .certainly(Cause::BlobMissing);
    world.registry.mend();
    world.registry.fault(Fault::status(503).at(At::Storage));
    world
        .doctor("public/app:1.0", None)
        .certainly(Cause::ServerError);
    let closed = ClosedPort::new();
    let away =
        World::of(Registry::builder().blob_storage_at(&format!("https://{}", closed.host())));
    away.doctor("public/app:1.0", None)
        .certainly(Cause::ServerError);
}

/// Docker Hub's names, led to a registry of the test by a proxy.
#[test]
fn a_name_without_a_registry() {
    let ca = Ca::new("Corp Root");
    let hub = Registry::builder()
        .dialect(Dialect::DockerHub)
        .tls(&ca.server(&["registry-1.docker.io", "auth.docker.io"]))
        .own_token_origin(false)
        .realm("https://auth.docker.io/token")
        .anonymous_pull("library/*")
        .start();
    hub.push_image("library/nginx", "1", &Image::new());
    let proxy = HttpProxy::builder()
        .route("registry-1.docker.io:443", &hub.host())
        .route("auth.docker.io:443", &hub.host())
        .start();
    let doctor = |image: &str| {
        Doctor::of(image)
            .trust(ca.root_pem())
            .var("HTTPS_PROXY", &proxy.url())
    };
    doctor("nginx:1").healthy();
    doctor("nginx:2").certainly(Cause::TagMissing);
    hub.remove_repository("library/nginx");
    doctor("shop-web:1").finds(Cause::ShortName, Confidence::Likely);
}
