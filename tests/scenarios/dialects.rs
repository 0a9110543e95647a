//! Every dialect of registry against every question that its answers can tell apart, or cannot.

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::Outcome;
use extreg::doctor::rank::confidence;
use extreg_test_support::certs::Ca;
use extreg_test_support::content::Image;
use extreg_test_support::registry::{Dialect, Registry, RegistryBuilder, User, Variant};

use crate::kit::*;

/// A registry with a private and a public image, and who may do what.
pub(crate) struct World {
    pub(crate) registry: Registry,
    pub(crate) ca: Ca,
}

impl World {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self::of(Registry::builder().dialect(dialect))
    }

    pub(crate) fn of(builder: RegistryBuilder) -> Self {
        let ca = Ca::new("Corp Root");
        let registry = builder
            .tls(&ca.server(&["127.0.0.1", "localhost"]))
            .user(User::new(ALICE.0, ALICE.1).pull("team/*"))
            .user(User::new(BOB.0, BOB.1))
            .anonymous_pull("public/*")
            .start();
        let world = Self { registry, ca };
        for repository in [world.name("team/app"), world.name("public/app")] {
            world.registry.push_image(&repository, "1.0", &Image::new());
        }
        world.registry.clear_log();
        world
    }

    /// Google's registry wants three components, the others are content with two.
    pub(crate) fn name(&self, name: &str) -> String {
        match (self.registry.dialect(), name.split_once('/')) {
            (Dialect::ArtifactRegistry, Some((project, rest))) => {
                format!("{project}/docker/{rest}")
            }
            _ => name.to_owned(),
        }
    }

    pub(crate) fn doctor(&self, name: &str, login: Option<(&str, &str)>) -> Doctor {
        let doctor = Doctor::of(self.registry.image(&self.name(name))).trust(self.ca.root_pem());
        match login {
            Some(login) => doctor.login(&self.registry.host(), login),
            None => doctor,
        }
    }
}

pub(crate) const NO_DIGEST: &str =
    "team/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A name, what is asked for, and as whom.
type Question = (
    &'static str,
    &'static str,
    Option<(&'static str, &'static str)>,
);

const QUESTIONS: [Question; 10] = [
    ("good", "team/app:1.0", Some(ALICE)),
    ("public", "public/app:1.0", None),
    ("private", "team/app:1.0", None),
    ("password", "team/app:1.0", Some(MALLORY)),
    ("right", "team/app:1.0", Some(BOB)),
    ("tag", "team/app:9", Some(ALICE)),
    ("repository", "team/none:1", Some(ALICE)),
    ("stranger", "other/none:1", None),
    ("digest", NO_DIGEST, Some(ALICE)),
    ("harmful", "public/app:1.0", Some(MALLORY)),
];

/// Short for a verdict: `ok`, or the cause with how sure it is (`!` certain, `~` likely, `?` cannot be told).
fn verdict(world: &World, image: &str, login: Option<(&str, &str)>) -> String {
    let result = one(world.doctor(image, login).run());
    let sure = match confidence(&result.verdict).word() {
        "certain" => "!",
        "likely" => "~",
        _ => "?",
    };
    match (result.outcome(), result.cause()) {
        (Outcome::Healthy, _) => "ok".to_owned(),
        (_, Some(cause)) => {
            let name = match cause {
                Cause::MissingOrForbidden => "open",
                other => other
                    .id()
                    .split_once('.')
                    .map_or("unknown", |(_, name)| name),
            };
            format!("{name}{sure}")
        }
        (_, None) => "not seen".to_owned(),
    }
}

/// All questions to one registry; every difference is shown at once.
#[track_caller]
fn answers(world: &World, expected: [&str; 10]) {
    let found: Vec<(&str, String)> = QUESTIONS
        .iter()
        .map(|(name, image, login)| (*name, verdict(world, image, *login)))
        .collect();
    let wanted: Vec<(&str, String)> = QUESTIONS
        .iter()
        .zip(expected)
        .map(|((name, ..), words)| (*name, words.to_owned()))
        .collect();
    assert_eq!(found, wanted, "{:?}", world.registry.dialect());
}

#[test]
fn distribution_without_authentication_gives_everything() {
    answers(
        &World::new(Dialect::Distribution),
        [
            "ok",
            "ok",
            "ok",
            "ok",
            "ok",
            "tag-missing!",
            "repository-missing!",
            "repository-missing!",
            "digest-missing!",
            "ok",
        ],
    );
}

#[test]
fn distribution_with_tokens() {
    answers(
        &World::new(Dialect::DistributionToken),
        [
            "ok",
            "ok",
            "no-credentials~",
            "bad-credentials!",
            "pull-denied!",
            "tag-missing!",
            "repository-missing!",
            "no-credentials~",
            "digest-missing!",
            "credentials-block-public-pull!",
        ],
    );
}

#[test]
fn distribution_with_htpasswd_knows_users_and_no_rights() {
    answers(
        &World::new(Dialect::DistributionBasic),
        [
            "ok",
            "no-credentials!",
            "no-credentials!",
            "bad-credentials!",
            "ok",
            "tag-missing!",
            "repository-missing!",
            "no-credentials!",
            "digest-missing!",
            "bad-credentials!",
        ],
    );
}

#[test]
fn docker_hub() {
    answers(
        &World::new(Dialect::DockerHub),
        [
            "ok",
            "ok",
            "open?",
            "bad-credentials!",
            "open?",
            "tag-missing!",
            "open?",
            "open?",
            "digest-missing!",
            "credentials-block-public-pull!",
        ],
    );
}

#[test]
fn quay() {
    answers(
        &World::new(Dialect::Quay),
        [
            "ok",
            "ok",
            "open?",
            "bad-credentials!",
            "open?",
            "tag-missing!",
            "open?",
            "open?",
            "digest-missing!",
            "credentials-block-public-pull!",
        ],
    );
}

#[test]
fn red_hat_wants_a_login_for_everything() {
    let expected = [
        "ok",
        "no-credentials!",
        "no-credentials!",
        "bad-credentials!",
        "pull-denied!",
        "tag-missing!",
        "repository-missing!",
        "no-credentials!",
        "digest-missing!",
        "bad-credentials!",
    ];
    answers(&World::new(Dialect::RedHat), expected);
    let plain = World::of(
        Registry::builder()
            .dialect(Dialect::RedHat)
            .variant(Variant::RedHatPlainNotFound),
    );
    answers(&plain, expected);
}

#[test]
fn github_says_more_to_those_who_log_in() {
    let expected = [
        "ok",
        "ok",
        "open?",
        "bad-credentials!",
        "pull-denied!",
        "tag-missing!",
        "repository-missing!",
        "open?",
        "digest-missing!",
        "credentials-block-public-pull!",
    ];
    answers(&World::new(Dialect::Ghcr), expected);
    answers(
        &World::of(
            Registry::builder()
                .dialect(Dialect::Ghcr)
                .variant(Variant::GhcrLegacy),
        ),
        expected,
    );
}

#[test]
fn gitlab() {
    answers(
        &World::new(Dialect::GitLab),
        [
            "ok",
            "ok",
            "open?",
            "bad-credentials!",
            "open?",
            "tag-missing!",
            "open?",
            "open?",
            "digest-missing!",
            "credentials-block-public-pull!",
        ],
    );
}

#[test]
fn amazon_tells_everything_apart() {
    answers(
        &World::new(Dialect::Ecr),
        [
            "ok",
            "no-credentials!",
            "no-credentials!",
            "bad-credentials!",
            "pull-denied!",
            "tag-missing!",
            "repository-missing!",
            "no-credentials!",
            "digest-missing!",
            "bad-credentials!",
        ],
    );
}

#[test]
fn amazon_public_lists_no_tags() {
    answers(
        &World::new(Dialect::EcrPublic),
        [
            "ok",
            "ok",
            "open?",
            "bad-credentials!",
            "open?",
            "tag-missing~",
            "tag-missing~",
            "open?",
            "digest-missing~",
            "credentials-block-public-pull!",
        ],
    );
}

#[test]
fn google() {
    answers(
        &World::new(Dialect::ArtifactRegistry),
        [
            "ok",
            "ok",
            "open?",
            "bad-credentials!",
            "open?",
            "tag-missing!",
            "repository-missing!",
            "open?",
            "digest-missing!",
            "credentials-block-public-pull!",
        ],
    );
}

#[test]
fn azure_lists_no_tags_to_those_who_may_only_pull() {
    answers(
        &World::new(Dialect::Acr),
        [
            "ok",
            "ok",
            "open?",
            "bad-credentials!",
            "open?",
            "tag-missing~",
            "tag-missing~",
            "open?",
            "digest-missing~",
            "credentials-block-public-pull!",
        ],
    );
}

#[test]
fn harbor_names_the_project_and_takes_wrong_passwords_for_public_images() {
    answers(
        &World::new(Dialect::Harbor),
        [
            "ok",
            "ok",
            "no-credentials!",
            "bad-credentials!",
            "pull-denied!",
            "tag-missing!",
            "repository-missing!",
            "repository-missing!",
            "digest-missing!",
            "ok",
        ],
    );
}

#[test]
fn artifactory() {
    answers(
        &World::new(Dialect::Artifactory),
        [
            "ok",
            "ok",
            "no-credentials~",
            "bad-credentials!",
            "pull-denied!",
            "tag-missing!",
            "repository-missing!",
            "repository-missing!",
            "digest-missing!",
            "credentials-block-public-pull!",
        ],
    );
}

#[test]
fn zot() {
    answers(
        &World::new(Dialect::Zot),
        [
            "ok",
            "ok",
            "no-credentials!",
            "bad-credentials!",
            "pull-denied!",
            "tag-missing!",
            "repository-missing!",
            "no-credentials!",
            "digest-missing!",
            "credentials-block-public-pull!",
        ],
    );
}

#[test]
fn nexus_says_the_same_to_everybody() {
    answers(
        &World::new(Dialect::Nexus),
        [
            "ok",
            "no-credentials!",
            "no-credentials!",
            "bad-credentials!",
            "open?",
            "tag-missing!",
            "repository-missing!",
            "no-credentials!",
            "digest-missing!",
            "bad-credentials!",
        ],
    );
}

#[test]
fn openshifts_own_registry() {
    answers(
        &World::new(Dialect::OpenShift),
        [
            "ok",
            "ok",
            "open?",
            "bad-credentials!",
            "open?",
            "tag-missing!",
            "repository-missing!",
            "open?",
            "digest-missing!",
            "credentials-block-public-pull!",
        ],
    );
}

#[test]
fn gitea() {
    answers(
        &World::new(Dialect::Gitea),
        [
            "ok",
            "ok",
            "open?",
            "bad-credentials!",
            "open?",
            "tag-missing!",
            "repository-missing!",
            "open?",
            "digest-missing!",
            "credentials-block-public-pull!",
        ],
    );
}

#[test]
fn a_wrong_password_that_does_no_harm_is_a_warning() {
    let world = World::new(Dialect::Harbor);
    let result = world.doctor("public/app:1.0", Some(MALLORY)).healthy();
    assert!(
        told(&result).contains("login here warn: alice"),
        "{}",
        told(&result)
    );
}

#[test]
fn expired_credentials_are_told_from_wrong_ones() {
    let world = World::new(Dialect::Ecr);
    world
        .registry
        .set_user(User::new(ALICE.0, ALICE.1).pull("team/*").expired());
    let broken = world
        .doctor("team/app:1.0", Some(ALICE))
        .certainly(Cause::ExpiredCredentials);
    assert!(broken.summary().contains("expired"), "{}", broken.summary());
    world
        .registry
        .set_user(User::new(ALICE.0, ALICE.1).pull("team/*"));
    world.doctor("team/app:1.0", Some(ALICE)).healthy();
}
