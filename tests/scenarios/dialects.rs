//! Every dialect of registry against every question that its answers can tell apart, or cannot.

use std::collections::BTreeMap;

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

/// A scenario in such a world.
pub(crate) fn on(cause: Cause, dialect: Dialect) -> Staged<World> {
    Scenario::of(cause, move || World::new(dialect))
}

pub(crate) const NO_DIGEST: &str =
    "team/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A question: its name in the tables, what is asked for, and as whom.
type Question = (
    &'static str,
    &'static str,
    Option<(&'static str, &'static str)>,
);

/// What every registry here must answer well: the twin of all the questions, each of which differs from it.
const TWIN: Question = ("good", "team/app:1.0", Some(ALICE));

const QUESTIONS: [Question; 10] = [
    ("public", "public/app:1.0", None),
    ("private", "team/app:1.0", None),
    ("password", "team/app:1.0", Some(MALLORY)),
    ("right", "team/app:1.0", Some(BOB)),
    ("nowhere", "team/none:1", Some(BOB)),
    ("tag", "team/app:9", Some(ALICE)),
    ("repository", "team/none:1", Some(ALICE)),
    ("stranger", "other/none:1", None),
    ("digest", NO_DIGEST, Some(ALICE)),
    ("harmful", "public/app:1.0", Some(MALLORY)),
];

/// Short for a verdict: `ok`, or the cause with how sure it is (`!` certain, `~` likely, `?` cannot be told).
fn verdict(world: &World, (_, image, login): Question) -> String {
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

/// All questions to one registry, and their twin; every difference is shown at once. A table has the verdict behind the
/// name of each question.
#[track_caller]
fn answers(builder: RegistryBuilder, table: &str) {
    let world = World::of(builder);
    assert_eq!(
        verdict(&world, TWIN),
        "ok",
        "{:?}",
        world.registry.dialect()
    );
    let found: BTreeMap<&str, String> = QUESTIONS
        .iter()
        .map(|question| (question.0, verdict(&world, *question)))
        .collect();
    let words: Vec<&str> = table.split_whitespace().collect();
    let expected: BTreeMap<&str, String> = words
        .chunks(2)
        .map(|pair| (pair[0], pair[1].trim_end_matches(',').to_owned()))
        .collect();
    assert_eq!(found, expected, "{:?}", world.registry.dialect());
}

pub(crate) fn of(dialect: Dialect) -> RegistryBuilder {
    Registry::builder().dialect(dialect)
}

#[test]
fn distribution_without_authentication_gives_everything() {
    answers(
        of(Dialect::Distribution),
        "public ok, private ok, password ok, right ok, nowhere repository-missing!, \
        tag tag-missing!, repository repository-missing!, stranger repository-missing!, \
        digest digest-missing!, harmful ok",
    );
}

#[test]
fn distribution_with_tokens() {
    answers(
        of(Dialect::DistributionToken),
        "public ok, private no-credentials~, password bad-credentials!, \
        right pull-denied~, nowhere pull-denied~, tag tag-missing!, \
        repository repository-missing!, stranger no-credentials~, \
        digest digest-missing!, harmful credentials-block-public-pull!",
    );
}

#[test]
fn distribution_with_htpasswd_knows_users_and_no_rights() {
    answers(
        of(Dialect::DistributionBasic),
        "public no-credentials!, private no-credentials!, password bad-credentials!, \
        right ok, nowhere repository-missing!, tag tag-missing!, \
        repository repository-missing!, stranger no-credentials!, \
        digest digest-missing!, harmful bad-credentials!",
    );
}

#[test]
fn docker_hub() {
    answers(
        of(Dialect::DockerHub),
        "public ok, private open?, password bad-credentials!, right open?, nowhere open?, \
        tag tag-missing!, repository open?, stranger open?, digest digest-missing!, \
        harmful credentials-block-public-pull!",
    );
}

#[test]
fn quay() {
    answers(
        of(Dialect::Quay),
        "public ok, private open?, password bad-credentials!, right open?, nowhere open?, \
        tag tag-missing!, repository open?, stranger open?, digest digest-missing!, \
        harmful credentials-block-public-pull!",
    );
}

#[test]
fn red_hat_wants_a_login_for_everything() {
    let table = "public no-credentials!, private no-credentials!, password bad-credentials!, \
        right pull-denied!, nowhere repository-missing!, tag tag-missing!, \
        repository repository-missing!, stranger no-credentials!, \
        digest digest-missing!, harmful bad-credentials!";
    answers(of(Dialect::RedHat), table);
    answers(
        of(Dialect::RedHat).variant(Variant::RedHatPlainNotFound),
        table,
    );
}

#[test]
fn github_says_more_to_those_who_log_in() {
    let table = "public ok, private open?, password bad-credentials!, right pull-denied!, \
        nowhere repository-missing!, tag tag-missing!, repository repository-missing!, \
        stranger open?, digest digest-missing!, harmful credentials-block-public-pull!";
    answers(of(Dialect::Ghcr), table);
    answers(of(Dialect::Ghcr).variant(Variant::GhcrLegacy), table);
}

#[test]
fn gitlab() {
    answers(
        of(Dialect::GitLab),
        "public ok, private open?, password bad-credentials!, right open?, nowhere open?, \
        tag tag-missing!, repository open?, stranger open?, digest digest-missing!, \
        harmful credentials-block-public-pull!",
    );
}

#[test]
fn amazon_tells_everything_apart() {
    answers(
        of(Dialect::Ecr),
        "public no-credentials!, private no-credentials!, password bad-credentials!, \
        right pull-denied!, nowhere pull-denied!, tag tag-missing!, \
        repository repository-missing!, stranger no-credentials!, \
        digest digest-missing!, harmful bad-credentials!",
    );
}

#[test]
fn amazon_public_lists_no_tags() {
    answers(
        of(Dialect::EcrPublic),
        "public ok, private open?, password bad-credentials!, right open?, nowhere open?, \
        tag tag-missing~, repository tag-missing~, stranger open?, \
        digest digest-missing~, harmful credentials-block-public-pull!",
    );
}

#[test]
fn google() {
    answers(
        of(Dialect::ArtifactRegistry),
        "public ok, private open?, password bad-credentials!, right open?, nowhere open?, \
        tag tag-missing!, repository repository-missing!, stranger open?, \
        digest digest-missing!, harmful credentials-block-public-pull!",
    );
}

#[test]
fn azure_lists_no_tags_to_those_who_may_only_pull() {
    answers(
        of(Dialect::Acr),
        "public ok, private open?, password bad-credentials!, right open?, nowhere open?, \
        tag tag-missing~, repository tag-missing~, stranger open?, \
        digest digest-missing~, harmful credentials-block-public-pull!",
    );
}

#[test]
fn harbor_names_the_project_and_takes_wrong_passwords_for_public_images() {
    answers(
        of(Dialect::Harbor),
        "public ok, private no-credentials!, password bad-credentials!, \
        right pull-denied!, nowhere pull-denied!, tag tag-missing!, \
        repository repository-missing!, stranger repository-missing!, \
        digest digest-missing!, harmful ok",
    );
}

#[test]
fn artifactory() {
    answers(
        of(Dialect::Artifactory),
        "public ok, private no-credentials~, password bad-credentials!, \
        right pull-denied!, nowhere repository-missing!, tag tag-missing!, \
        repository repository-missing!, stranger repository-missing!, \
        digest digest-missing!, harmful credentials-block-public-pull!",
    );
}

#[test]
fn zot() {
    answers(
        of(Dialect::Zot),
        "public ok, private no-credentials!, password bad-credentials!, \
        right pull-denied!, nowhere pull-denied!, tag tag-missing!, \
        repository repository-missing!, stranger no-credentials!, \
        digest digest-missing!, harmful credentials-block-public-pull!",
    );
}

#[test]
fn nexus_says_the_same_to_everybody() {
    answers(
        of(Dialect::Nexus),
        "public no-credentials!, private no-credentials!, password bad-credentials!, \
        right open?, nowhere open?, tag tag-missing!, repository repository-missing!, \
        stranger no-credentials!, digest digest-missing!, harmful bad-credentials!",
    );
}

#[test]
fn openshifts_own_registry() {
    answers(
        of(Dialect::OpenShift),
        "public ok, private open?, password bad-credentials!, right open?, nowhere open?, \
        tag tag-missing!, repository repository-missing!, stranger open?, \
        digest digest-missing!, harmful credentials-block-public-pull!",
    );
}

#[test]
fn gitea() {
    answers(
        of(Dialect::Gitea),
        "public ok, private open?, password bad-credentials!, right open?, nowhere open?, \
        tag tag-missing!, repository repository-missing!, stranger open?, \
        digest digest-missing!, harmful credentials-block-public-pull!",
    );
}

scenarios![
    no_login_where_anonymous_tokens_are_given =
        on(Cause::NoCredentials, Dialect::DistributionToken)
            .asks(|world| world.doctor("team/app:1.0", None))
            .likely()
            .mended_by_asking(|world| world.doctor("team/app:1.0", Some(ALICE))),
    no_login_where_all_is_private = on(Cause::NoCredentials, Dialect::DistributionBasic)
        .asks(|world| world.doctor("team/app:1.0", None))
        .mended_by_asking(|world| world.doctor("team/app:1.0", Some(ALICE))),
    a_wrong_password = on(Cause::BadCredentials, Dialect::DistributionToken)
        .asks(|world| world.doctor("team/app:1.0", Some(MALLORY)))
        .mended(|world| world
            .registry
            .set_user(User::new(MALLORY.0, MALLORY.1).pull("team/*"))),
    a_login_without_the_right = on(Cause::PullDenied, Dialect::Harbor)
        .asks(|world| world.doctor("team/app:1.0", Some(BOB)))
        .mended(|world| world
            .registry
            .set_user(User::new(BOB.0, BOB.1).pull("team/*"))),
    // A token service that grants nothing may have been asked for what does not exist.
    a_login_that_is_granted_nothing = on(Cause::PullDenied, Dialect::DistributionToken)
        .asks(|world| world.doctor("team/app:1.0", Some(BOB)))
        .likely()
        .shows(|_, result| assert_eq!(result.verdict.causes().1, [Cause::RepositoryMissing]))
        .mended(|world| world
            .registry
            .set_user(User::new(BOB.0, BOB.1).pull("team/*"))),
    a_wrong_password_for_a_public_image = on(
        Cause::CredentialsBlockPublicPull,
        Dialect::DistributionToken
    )
    .asks(|world| world.doctor("public/app:1.0", Some(MALLORY)))
    .mended_by_asking(|world| world.doctor("public/app:1.0", None)),
    a_file_that_is_no_docker_config = on(Cause::SecretMalformed, Dialect::DistributionToken)
        .asks(|world| world.doctor("team/app:1.0", None).config("{auths:"))
        .says("given.json is no docker config")
        .mended_by_asking(|world| world.doctor("team/app:1.0", Some(ALICE))),
    an_expired_login = Scenario::of(Cause::ExpiredCredentials, || {
        let world = World::new(Dialect::Ecr);
        let alice = User::new(ALICE.0, ALICE.1).pull("team/*");
        world.registry.set_user(alice.expired());
        world
    })
    .asks(|world| world.doctor("team/app:1.0", Some(ALICE)))
    .says("expired")
    .mended(|world| {
        world
            .registry
            .set_user(User::new(ALICE.0, ALICE.1).pull("team/*"));
    }),
];

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
