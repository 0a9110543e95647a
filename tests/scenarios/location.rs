//! Where the image is not: names, ports, platforms, kinds, parts.

use extreg::doctor::causes::Cause;
use extreg_test_support::certs::Ca;
use extreg_test_support::content::{Artifact, Image, Index};
use extreg_test_support::net::{ClosedPort, HttpProxy};
use extreg_test_support::registry::{At, Dialect, Fault, Registry, User};

use crate::dialects::{NO_DIGEST, World, on};
use crate::kit::*;

scenarios![
    a_scheme_in_front = pasted("https://", "/team/app:1.0"),
    letters_in_upper_case = pasted("", "/Team/App:1.0"),
    an_unexpanded_variable = open(Cause::InvalidReference, "team/${APP}:1.0"),
    a_near_tag = on(Cause::TagMissing, Dialect::DistributionToken)
        .asks(|world| world.doctor("team/app:v1.0", Some(ALICE)))
        .shows(|_, result| assert!(
            result.summary().ends_with("the nearest is 1.0"),
            "{}",
            told(result)
        ))
        .shows(|world, result| {
            let image = world.registry.image("team/app:1.0");
            assert_eq!(
                command_of(result),
                format!("oc extreg doctor {image} -a auth.json --registry-ca ca.pem --no-cluster")
            );
        })
        .mended_by_asking(|world| world.doctor("team/app:1.0", Some(ALICE))),
    a_tag_that_was_never_pushed = open(Cause::TagMissing, "team/app:9"),
    a_digest_that_is_not_there = open(Cause::DigestMissing, NO_DIGEST),
    a_repository_that_is_not_there = on(Cause::RepositoryMissing, Dialect::Distribution)
        .asks(|world| world.doctor("team/new:1.0", None))
        .mended(|world| drop(world.registry.push_image("team/new", "1.0", &Image::new()))),
    a_prefix_too_many = Scenario::of(Cause::PathPrefix, || {
        let world = World::new(Dialect::Ecr);
        world
            .registry
            .set_user(User::new("carol", SECRET).pull("*"));
        world
    })
    .asks(|world| world.doctor("repository/team/app:1.0", Some(("carol", SECRET))))
    .says("team/app:1.0 is")
    .mended_by_asking(|world| world.doctor("team/app:1.0", Some(("carol", SECRET)))),
    a_prefix_where_repositories_are_hidden = on(Cause::PathPrefix, Dialect::Quay)
        .asks(|world| world.doctor("repository/public/app:1.0", None))
        .likely()
        .mended_by_asking(|world| world.doctor("public/app:1.0", None)),
    another_spelling_where_repositories_are_hidden = on(Cause::MissingOrForbidden, Dialect::Quay)
        .asks(|world| world.doctor("public/apps:1.0", None))
        .ambiguous()
        .says("public/app:1.0 is there")
        .shows(|_, result| assert_eq!(result.verdict.causes().1[0], Cause::RepositoryMissing))
        .mended_by_asking(|world| world.doctor("public/app:1.0", None)),
    hidden_until_it_is_public = on(Cause::MissingOrForbidden, Dialect::Quay)
        .asks(|world| world.doctor("team/app:1.0", None))
        .ambiguous()
        .mended(|world| world.registry.allow_anonymous_pull("team/*")),
    another_port = Scenario::of(Cause::WrongPort, || (
        World::new(Dialect::Distribution),
        ClosedPort::new()
    ))
    .asks(|(world, closed)| elsewhere(world, closed).usual_port(world.registry.port(), true))
    .shows(|(world, _), result| {
        let image = world.registry.image("team/app:1.0");
        assert_eq!(
            command_of(result),
            format!("oc extreg doctor {image} --registry-ca ca.pem --no-cluster")
        );
    })
    .mended_by_asking(|(world, _)| world.doctor("team/app:1.0", None)),
    a_web_page = not_a_registry(Fault::html_page),
    a_web_page_that_says_not_found = not_a_registry(Fault::html_404),
    a_login_page = not_a_registry(|| Fault::redirect_to_login("https://sso.example.com/login")),
    an_image_for_another_platform = with(Cause::PlatformMissing, |registry| {
        registry.push_image("team/new", "1", &Image::new().platform("linux/arm64"))
    }),
    an_index_without_the_platform = with(Cause::PlatformMissing, |registry| {
        registry.push_index("team/new", "1", &Index::of(&["linux/arm64", "linux/s390x"]))
    }),
    an_attestation_is_no_platform = with(Cause::PlatformMissing, |registry| {
        let index = Index::of(&["linux/arm64"]).attestation();
        registry.push_index("team/new", "1", &index)
    }),
    a_chart_is_no_image = with(Cause::ManifestUnsupported, |registry| {
        let chart = Artifact::new("application/vnd.cncf.helm.config.v1+json");
        registry.push_artifact("team/new", "1", &chart)
    }),
    a_manifest_of_the_first_schema = with(Cause::ManifestUnsupported, |registry| {
        registry.push_schema1("team/new", "1")
    }),
    an_index_without_platforms_for_another = with(Cause::PlatformMissing, |registry| {
        let index = Index::of(&["linux/s390x"]).without_platforms();
        registry.push_index("team/new", "1", &index)
    }),
    a_server_that_says_yes_to_everything = Scenario::of(Cause::NotARegistry, || {
        let world = World::new(Dialect::Distribution);
        world
            .registry
            .fault(Fault::answer(200, "text/plain", "OK\n"));
        world
    })
    .asks(|world| world.doctor("public/app:1.0", None))
    .mended(|world| world.registry.mend()),
    a_lost_layer = Scenario::of(Cause::BlobMissing, || {
        let world = World::new(Dialect::Distribution);
        let lost = world.registry.blobs("team/app").into_iter().next();
        world
            .registry
            .remove_blob("team/app", &lost.expect("a blob"));
        world
    })
    .asks(|world| world.doctor("team/app:1.0", None))
    .shows(|_, result| assert!(told(result).contains("blobs here fail"), "{}", told(result)))
    .mended(|world| drop(world.registry.push_image("team/app", "1.0", &Image::new()))),
    storage_that_lost_a_blob = storage(Cause::BlobMissing, 404),
    storage_that_fails = storage(Cause::ServerError, 503),
    storage_out_of_reach = Scenario::of(Cause::ServerError, || {
        let closed = ClosedPort::new();
        let base = format!("https://{}", closed.host());
        let faulty = World::of(Registry::builder().blob_storage_at(&base));
        (
            faulty,
            World::of(Registry::builder().blob_storage()),
            closed,
        )
    })
    .asks(|(faulty, ..)| faulty.doctor("public/app:1.0", None))
    .mended_by_asking(|(_, whole, _)| whole.doctor("public/app:1.0", None)),
    a_name_without_a_registry = Scenario::of(Cause::ShortName, Hub::new)
        .asks(|hub| hub.doctor("shop-web:1"))
        .likely()
        .mended(|hub| drop(
            hub.registry
                .push_image("library/shop-web", "1", &Image::new())
        )),
    a_name_without_a_registry_and_a_wrong_tag = Scenario::of(Cause::TagMissing, Hub::new)
        .asks(|hub| hub.doctor("nginx:2"))
        .mended_by_asking(|hub| hub.doctor("nginx:1")),
];

/// An open registry is asked for something else than what it has.
fn open(cause: Cause, name: &'static str) -> Scenario {
    on(cause, Dialect::Distribution)
        .asks(move |world| world.doctor(name, None))
        .mended_by_asking(|world| world.doctor("team/app:1.0", None))
}

/// A text that is nearly a reference to what is meant, and the remedy names that.
fn pasted(before: &'static str, after: &'static str) -> Scenario {
    on(Cause::InvalidReference, Dialect::Distribution)
        .asks(move |world| {
            let host = world.registry.host();
            Doctor::of(format!("{before}{host}{after}")).trust(world.ca.root_pem())
        })
        .shows(|world, result| {
            let remedies = format!("{:?}", result.remedies());
            let meant = world.registry.image("team/app:1.0");
            assert!(remedies.contains(&meant), "{remedies}");
        })
        .mended_by_asking(|world| world.doctor("team/app:1.0", None))
}

/// The port of the reference has nobody listening.
fn elsewhere(world: &World, closed: &ClosedPort) -> Doctor {
    Doctor::of(format!("{}/team/app:1.0", closed.host())).trust(world.ca.root_pem())
}

/// Something else answers in the registry's place.
fn not_a_registry(fault: fn() -> Fault) -> Scenario {
    Scenario::of(Cause::NotARegistry, move || {
        let world = World::new(Dialect::Distribution);
        world.registry.fault(fault());
        world
    })
    .asks(|world| world.doctor("team/app:1.0", None))
    .mended(|world| world.registry.mend())
}

/// `team/new:1` is something that the runtime cannot use; an ordinary image takes its place.
fn with(cause: Cause, push: fn(&Registry) -> String) -> Scenario {
    Scenario::of(cause, move || {
        let world = World::new(Dialect::Distribution);
        push(&world.registry);
        world
    })
    .asks(|world| world.doctor("team/new:1", None))
    .mended(|world| drop(world.registry.push_image("team/new", "1", &Image::new())))
}

/// Blobs are in a storage of their own, which answers with this status.
fn storage(cause: Cause, status: u16) -> Scenario {
    Scenario::of(cause, move || {
        let builder = Registry::builder().dialect(Dialect::DistributionToken);
        let world = World::of(builder.blob_storage());
        world.registry.fault(Fault::status(status).at(At::Storage));
        world
    })
    .asks(|world| world.doctor("public/app:1.0", None))
    .mended(|world| world.registry.mend())
}

/// Docker Hub's names, led to a registry of the test by a proxy.
struct Hub {
    ca: Ca,
    registry: Registry,
    proxy: HttpProxy,
}

impl Hub {
    fn new() -> Self {
        let ca = Ca::new("Corp Root");
        let registry = Registry::builder()
            .dialect(Dialect::DockerHub)
            .tls(&ca.server(&["registry-1.docker.io", "auth.docker.io"]))
            .own_token_origin(false)
            .realm("https://auth.docker.io/token")
            .anonymous_pull("library/*")
            .start();
        registry.push_image("library/nginx", "1", &Image::new());
        let proxy = HttpProxy::builder()
            .route("registry-1.docker.io:443", &registry.host())
            .route("auth.docker.io:443", &registry.host())
            .start();
        Self {
            ca,
            registry,
            proxy,
        }
    }

    fn doctor(&self, image: &str) -> Doctor {
        Doctor::of(image)
            .trust(self.ca.root_pem())
            .var("HTTPS_PROXY", &self.proxy.url())
    }
}

#[test]
fn the_words_of_invalid_references_need_no_registry() {
    let result = Doctor::of("quay.io/Acme/App:1").certainly(Cause::InvalidReference);
    let remedies = format!("{:?}", result.remedies());
    assert!(remedies.contains("quay.io/acme/app:1"), "{remedies}");
}

#[test]
fn a_refused_login_stands_before_a_prefix_too_many() {
    let result = World::new(Dialect::Ecr)
        .doctor("repository/team/app:1.0", Some(("carol", SECRET)))
        .certainly(Cause::BadCredentials);
    for remedy in result.remedies() {
        assert!(!remedy.commands.is_empty(), "{remedy:?}");
    }
}

#[test]
fn another_port_is_named_only_where_a_registry_was_found() {
    let world = World::new(Dialect::Distribution);
    elsewhere(&world, &ClosedPort::new()).certainly(Cause::Refused);
}

#[test]
fn the_platform_that_is_wanted_decides() {
    let world = World::new(Dialect::Distribution);
    let both = Index::of(&["linux/amd64", "linux/arm64"]).attestation();
    world.registry.push_index("team/both", "1", &both);
    let doctor = |platform| world.doctor("team/both:1", None).platform(Some(platform));
    doctor("linux/amd64").healthy();
    doctor("linux/arm64").healthy();
    doctor("linux/s390x").certainly(Cause::PlatformMissing);
}

/// A file server that has the image's files where clients ask for them, and says nothing special for `/v2/`.
#[test]
fn a_registry_is_known_by_what_it_hands_out_too() {
    let world = World::new(Dialect::Distribution);
    world
        .registry
        .fault(Fault::answer(200, "text/plain", "OK\n").at(At::Ping));
    world.doctor("public/app:1.0", None).healthy();
}

#[test]
fn an_index_without_platforms_is_read_to_its_images() {
    let world = World::new(Dialect::Distribution);
    let index = Index::of(&["linux/amd64"]).without_platforms();
    world.registry.push_index("public/bare", "1", &index);
    world
        .doctor("public/bare:1", None)
        .platform(Some("linux/amd64"))
        .healthy();
}
