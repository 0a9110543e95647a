//! Names, tags, platforms, parts, mirrors.

use super::kit::*;
use super::{certain, expect, healthy};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{
    Fact, MirrorPlan, MirrorTrial, PolicyDecision, TrialOutcome, VariantFact, VariantKind,
};
use crate::doctor::finding::Confidence;
use crate::doctor::target::Consumer;
use crate::model::dialect::Dialect;
use crate::model::observation::{
    BlobView, ConnectFault, Descriptor, DnsFault, ExchangeFault, ManifestKind, PingKind, Purpose,
    Sent,
};

#[test]
fn a_text_that_is_no_reference() {
    for text in [
        "https://registry.example.com/app",
        "registry.example.com/App:1",
        "registry.example.com/${APP}:1",
    ] {
        let mut world = World::of(Dialect::Distribution, subject(text, Consumer::Anonymous));
        world.facts.truncate(1);
        certain(&world, Cause::InvalidReference);
    }
}

#[test]
fn a_missing_tag_is_told_from_a_missing_repository_by_the_list() {
    let world = World::new(Dialect::Distribution).manifest(
        None,
        404,
        "MANIFEST_UNKNOWN",
        "manifest unknown",
    );
    let tag = certain(
        &world.clone().tags(Some(&["1.3", "v1.4"]), 200, ""),
        Cause::TagMissing,
    );
    assert!(tag.summary().contains("v1.4"), "{}", tag.summary());
    certain(
        &world.clone().tags(None, 404, "NAME_UNKNOWN"),
        Cause::RepositoryMissing,
    );
    let unclear = expect(
        &world.clone().tags(None, 401, "UNAUTHORIZED"),
        Cause::TagMissing,
        Confidence::Likely,
    );
    assert_eq!(unclear.verdict.causes().1, [Cause::RepositoryMissing]);
    expect(
        &world.tags(Some(&["1.4"]), 200, ""),
        Cause::ServerError,
        Confidence::Likely,
    );
    healthy(&World::new(Dialect::Distribution).delivered(None));
}

#[test]
fn a_digest_is_no_tag() {
    let text = format!("{HOST}/team/app@sha256:{}", "a".repeat(64));
    let world = World::of(Dialect::Distribution, subject(&text, Consumer::Anonymous))
        .manifest(None, 404, "MANIFEST_UNKNOWN", "")
        .tags(Some(&["1.3"]), 200, "");
    certain(&world, Cause::DigestMissing);
}

#[test]
fn registries_that_know_say_which_part_is_missing() {
    for (dialect, status, code, words, cause) in [
        (
            Dialect::Ecr,
            404,
            "NAME_UNKNOWN",
            "does not exist",
            Cause::RepositoryMissing,
        ),
        (
            Dialect::Ecr,
            404,
            "MANIFEST_UNKNOWN",
            "Requested image not found",
            Cause::TagMissing,
        ),
        (
            Dialect::Harbor,
            401,
            "UNAUTHORIZED",
            "project x not found",
            Cause::RepositoryMissing,
        ),
        (
            Dialect::Harbor,
            404,
            "NOT_FOUND",
            "artifact team/app:1.4 not found",
            Cause::TagMissing,
        ),
        (
            Dialect::Quay,
            404,
            "TAG_EXPIRED",
            "Tag 1.4 was deleted",
            Cause::TagMissing,
        ),
        (
            Dialect::DockerHub,
            404,
            "MANIFEST_UNKNOWN",
            "manifest unknown",
            Cause::TagMissing,
        ),
        (
            Dialect::ArtifactRegistry,
            400,
            "NAME_INVALID",
            "invalid number of path components",
            Cause::RepositoryMissing,
        ),
    ] {
        certain(
            &World::new(dialect).manifest(None, status, code, words),
            cause,
        );
    }
}

fn variant(kind: VariantKind, image: &str) -> Fact {
    Fact::Variant(VariantFact {
        kind,
        image: image.to_owned(),
        found: true,
    })
}

#[test]
fn another_prefix_is_sure_only_where_the_name_is_surely_missing() {
    let found = variant(VariantKind::Prefix, "registry.example.com/app:1.4");
    let missing = World::new(Dialect::Ecr)
        .manifest(None, 404, "NAME_UNKNOWN", "")
        .fact(found.clone());
    certain(&missing, Cause::PathPrefix);
    let hidden = World::new(Dialect::Quay)
        .manifest(None, 401, "UNAUTHORIZED", "")
        .fact(found);
    expect(&hidden, Cause::PathPrefix, Confidence::Likely);
    let in_use = World::new(Dialect::Quay)
        .manifest(None, 401, "UNAUTHORIZED", "")
        .fact(variant(
            VariantKind::InUse,
            "registry.example.com/team/apps:1.4",
        ));
    let open = expect(&in_use, Cause::MissingOrForbidden, Confidence::Ambiguous);
    assert_eq!(
        open.verdict.causes().1.first(),
        Some(&Cause::RepositoryMissing)
    );
}

#[test]
fn a_name_without_a_registry_falls_to_docker_hub() {
    let world = World::of(
        Dialect::DockerHub,
        subject("shop-web:1", Consumer::Anonymous),
    )
    .manifest(None, 401, "UNAUTHORIZED", "authentication required");
    expect(&world, Cause::ShortName, Confidence::Likely);
    let owner = World::of(
        Dialect::DockerHub,
        subject("team/web:1", Consumer::Anonymous),
    )
    .manifest(None, 401, "UNAUTHORIZED", "authentication required");
    expect(&owner, Cause::MissingOrForbidden, Confidence::Ambiguous);
}

#[test]
fn platforms_kinds_and_parts() {
    let base = World::new(Dialect::Distribution);
    let mut other = base
        .clone()
        .delivered(None)
        .instead(Fact::Platforms(vec![platform("linux/arm64")]));
    certain(&other, Cause::PlatformMissing);
    other.subject.platforms.push(platform("linux/arm64"));
    healthy(&other);
    for kind in [
        ManifestKind::Schema1,
        ManifestKind::Artifact {
            artifact_type: "application/vnd.cncf.helm.config.v1+json".to_owned(),
        },
        ManifestKind::Index {
            children: Vec::new(),
        },
    ] {
        certain(
            &base.clone().delivers(None, kind),
            Cause::ManifestUnsupported,
        );
    }
    let missing = base.clone().manifest(
        None,
        404,
        "MANIFEST_UNKNOWN",
        "OCI index found, but accept header does not support OCI indexes",
    );
    certain(&missing, Cause::ManifestUnsupported);
    let blob = |result| {
        Fact::Blob(Box::new(BlobView {
            descriptor: Descriptor {
                digest: format!("sha256:{}", "b".repeat(64)),
                size: 1,
                media_type: String::new(),
            },
            mismatch: None,
            exchange: exchange(Purpose::Blob, Sent::Bearer, Ok(answer(307, None, ""))),
            redirected: Some(exchange(Purpose::Blob, Sent::Nothing, result)),
        }))
    };
    let blobs = Fact::Blobs {
        present: 1,
        checked: 2,
        total: 2,
        bytes: 10,
    };
    let image = base.delivered(None).instead(blobs);
    certain(
        &image.clone().fact(blob(Ok(answer(404, None, "")))),
        Cause::BlobMissing,
    );
    certain(
        &image.clone().fact(blob(Ok(answer(403, None, "")))),
        Cause::ServerError,
    );
    certain(
        &image.fact(blob(Err(ExchangeFault::Connect(ConnectFault::Refused)))),
        Cause::ServerError,
    );
}

#[test]
fn a_host_that_is_no_registry_and_a_port_that_is_none() {
    let world = World::new(Dialect::Distribution);
    let html = PingKind::NotARegistry {
        why: "a web page".to_owned(),
        title: Some("Sign in".to_owned()),
        location: None,
    };
    let ping = world.ping(html, 200, "");
    let world = world.instead(ping);
    certain(&world, Cause::NotARegistry);
    let elsewhere = Fact::OtherPort(crate::doctor::evidence::PortFact {
        port: 5000,
        https: true,
        registry: true,
        words: "a registry".to_owned(),
    });
    let diagnosis = certain(&world.fact(elsewhere.clone()), Cause::WrongPort);
    assert!(diagnosis.remedies()[0].commands[0].contains(&format!("{HOST}:5000/team/app:1.4")));
    let refused = World::new(Dialect::Distribution)
        .unreached()
        .fact(Fact::Tcp(stage(Err(ConnectFault::Refused))));
    certain(&refused, Cause::Refused);
    certain(&refused.fact(elsewhere), Cause::WrongPort);
}

fn mirrored(source_allowed: bool, outcome: TrialOutcome) -> World {
    let mut world = World::new(Dialect::Distribution)
        .account(Vec::new())
        .fact(policy(PolicyDecision::Allowed))
        .fact(Fact::MirrorPlan(MirrorPlan {
            mirrors: vec!["mirror.local/team/app".to_owned()],
            source_allowed,
        }))
        .fact(Fact::MirrorTrial(MirrorTrial {
            place: 0,
            mirror: "mirror.local/team/app".to_owned(),
            outcome,
        }));
    world.setting.openshift = true;
    world
}

fn failed(cause: Cause) -> TrialOutcome {
    TrialOutcome::Failed {
        cause,
        summary: "it does not have it".to_owned(),
    }
}

#[test]
fn mirrors_decide_where_the_source_cannot_stand_in() {
    let blocked =
        mirrored(false, failed(Cause::TagMissing)).instead(policy(PolicyDecision::Blocked {
            entry: HOST.to_owned(),
            place: Some(0),
        }));
    certain(&blocked, Cause::Mirror);
    certain(
        &mirrored(false, failed(Cause::BadCredentials)),
        Cause::BadCredentials,
    );
    let mut no_source = mirrored(true, failed(Cause::TagMissing));
    no_source.facts.retain(|fact| {
        !matches!(
            fact,
            Fact::Tcp(_) | Fact::Tls(_) | Fact::Chain(_) | Fact::Ping(_)
        )
    });
    let no_source = no_source.instead(Fact::Dns(stage(Err(DnsFault::NotFound {
        text: "no".to_owned(),
    }))));
    expect(&no_source, Cause::Mirror, Confidence::Likely);
    // The source stands in.
    healthy(&mirrored(true, failed(Cause::TagMissing)).delivered(None));
    // The source is out of reach, and nobody minds.
    let dead = mirrored(false, TrialOutcome::Healthy);
    healthy(&dead);
}

#[test]
fn a_blocked_registry_without_mirrors_is_blocked() {
    let world = World::new(Dialect::Quay).delivered(None);
    certain(
        &world.clone().fact(policy(PolicyDecision::Blocked {
            entry: HOST.to_owned(),
            place: Some(0),
        })),
        Cause::RegistryBlocked,
    );
    certain(
        &world.clone().fact(policy(PolicyDecision::NotAllowed {
            allowed: vec!["quay.io".to_owned()],
        })),
        Cause::RegistryNotAllowed,
    );
    healthy(&world.fact(policy(PolicyDecision::Allowed)));
}
