//! Credentials: none, bad, harmful, misspelt, not linked.

use super::kit::*;
use super::{certain, expect, healthy, lines};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{Role, SourceFact, SourceState};
use crate::doctor::finding::Confidence;
use crate::doctor::target::{Consumer, Operation};
use crate::model::dialect::Dialect;
use crate::model::docker_config::EntryFault;
use crate::model::keyring::NearMiss;
use crate::model::observation::{LoginVerdict, PingKind, Sent};

fn refused() -> LoginVerdict {
    LoginVerdict::Refused {
        expired: false,
        words: "no".to_owned(),
    }
}

fn basic(dialect: Dialect) -> World {
    let world = World::new(dialect);
    let ping = world.ping(PingKind::Challenge, 401, "basic");
    world.instead(ping)
}

#[test]
fn no_credentials_where_nobody_gets_anything() {
    let world = basic(Dialect::Distribution).manifest_as(
        None,
        Sent::Nothing,
        401,
        "UNAUTHORIZED",
        "authentication required",
    );
    certain(&world, Cause::NoCredentials);
    certain(
        &basic(Dialect::Ecr).manifest_as(None, Sent::Nothing, 401, "", "Not Authorized"),
        Cause::NoCredentials,
    );
    let red_hat = World::new(Dialect::RedHat).no_token(None, 401, "UNAUTHORIZED", "Please login");
    certain(&red_hat, Cause::NoCredentials);
    let harbor = World::new(Dialect::Harbor).manifest(
        None,
        401,
        "UNAUTHORIZED",
        "unauthorized to access repository: p/r",
    );
    certain(&harbor, Cause::NoCredentials);
    healthy(
        &basic(Dialect::Distribution)
            .credential("robot", Role::Used, LoginVerdict::Accepted)
            .delivered(Some(0)),
    );
}

#[test]
fn no_credentials_is_only_likely_when_the_nodes_secret_is_unread() {
    let mut world = basic(Dialect::Distribution)
        .account(Vec::new())
        .manifest_as(None, Sent::Nothing, 401, "UNAUTHORIZED", "");
    world.maybe_more = Some("the nodes' pull secret cannot be read".to_owned());
    expect(&world, Cause::NoCredentials, Confidence::Likely);
}

#[test]
fn registries_that_hide_private_repositories_leave_it_open() {
    for (dialect, world) in [
        (
            Dialect::DockerHub,
            World::new(Dialect::DockerHub).manifest(
                None,
                401,
                "UNAUTHORIZED",
                "authentication required",
            ),
        ),
        (
            Dialect::Quay,
            World::new(Dialect::Quay).manifest(None, 401, "UNAUTHORIZED", "not authorized"),
        ),
        (
            Dialect::Ghcr,
            World::new(Dialect::Ghcr).no_token(
                None,
                401,
                "UNAUTHORIZED",
                "authentication required",
            ),
        ),
        (
            Dialect::GitLab,
            World::new(Dialect::GitLab).no_token(None, 403, "DENIED", "access forbidden"),
        ),
        (
            Dialect::ArtifactRegistry,
            World::new(Dialect::ArtifactRegistry).no_token(
                None,
                403,
                "DENIED",
                "(or it may not exist)",
            ),
        ),
    ] {
        let diagnosis = expect(&world, Cause::MissingOrForbidden, Confidence::Ambiguous);
        assert_eq!(
            diagnosis.verdict.causes().1,
            [Cause::NoCredentials, Cause::RepositoryMissing],
            "{dialect:?}"
        );
    }
}

#[test]
fn with_a_good_login_the_open_question_is_about_rights() {
    for dialect in [
        Dialect::DockerHub,
        Dialect::Quay,
        Dialect::GitLab,
        Dialect::Acr,
        Dialect::ArtifactRegistry,
    ] {
        let world = World::new(dialect)
            .credential("robot", Role::Used, LoginVerdict::Accepted)
            .manifest(None, 401, "UNAUTHORIZED", "")
            .manifest(Some(0), 401, "UNAUTHORIZED", "");
        let diagnosis = expect(&world, Cause::MissingOrForbidden, Confidence::Ambiguous);
        assert_eq!(
            diagnosis.verdict.causes().1,
            [Cause::PullDenied, Cause::RepositoryMissing],
            "{dialect:?}"
        );
    }
}

#[test]
fn pull_denied_where_the_answer_is_about_rights() {
    for (dialect, status, words) in [
        (Dialect::Distribution, 401, ""),
        (
            Dialect::Harbor,
            401,
            "unauthorized to access repository: p/r",
        ),
        (
            Dialect::Ecr,
            403,
            "not authorized to perform: ecr:BatchGetImage",
        ),
        (Dialect::Zot, 403, "denied"),
        (
            Dialect::Artifactory,
            403,
            "The client does not have permission for manifest",
        ),
        (Dialect::Ghcr, 403, "permission_denied: read_package"),
    ] {
        let world = World::new(dialect)
            .credential("robot", Role::Used, LoginVerdict::Accepted)
            .manifest(None, 401, "UNAUTHORIZED", "")
            .manifest(Some(0), status, "DENIED", words);
        certain(&world, Cause::PullDenied);
    }
}

#[test]
fn a_token_that_grants_nothing_may_be_for_what_does_not_exist() {
    let world = |dialect, words| {
        World::new(dialect)
            .credential("robot", Role::Used, LoginVerdict::Accepted)
            .manifest(None, 401, "UNAUTHORIZED", "")
            .granted_nothing(0, 401, words)
    };
    let hidden = world(Dialect::Distribution, "");
    let diagnosis = expect(&hidden, Cause::PullDenied, Confidence::Likely);
    assert_eq!(diagnosis.verdict.causes().1, [Cause::RepositoryMissing]);
    // Somebody was told its tags.
    certain(&hidden.tags(Some(&["1"]), 200, ""), Cause::PullDenied);
    // These say of what is missing that it is.
    let words = "unauthorized to access repository: p/r";
    certain(&world(Dialect::Harbor, words), Cause::PullDenied);
    certain(&world(Dialect::Artifactory, ""), Cause::PullDenied);
}

#[test]
fn bad_credentials_come_before_what_they_hide() {
    let world = World::new(Dialect::Quay)
        .credential("robot", Role::Used, refused())
        .manifest(None, 401, "UNAUTHORIZED", "")
        .no_token(Some(0), 401, "UNAUTHORIZED", "Invalid Username or Password");
    certain(&world, Cause::BadCredentials);
}

#[test]
fn a_wrong_password_behind_an_anonymous_token_is_still_found() {
    let private = World::new(Dialect::Harbor)
        .credential("robot", Role::Used, refused())
        .manifest(
            None,
            401,
            "UNAUTHORIZED",
            "unauthorized to access repository",
        )
        .manifest(
            Some(0),
            401,
            "UNAUTHORIZED",
            "unauthorized to access repository",
        );
    certain(&private, Cause::BadCredentials);
    // For a public image it does no harm: healthy, with a warning.
    let public = World::new(Dialect::Harbor)
        .credential("robot", Role::Used, refused())
        .delivered(None)
        .delivered(Some(0));
    let diagnosis = healthy(&public);
    assert!(
        lines(&diagnosis)
            .iter()
            .any(|line| line.starts_with("login warn")),
        "{:?}",
        lines(&diagnosis)
    );
}

#[test]
fn expired_credentials_are_told_by_the_registry() {
    let world = basic(Dialect::Ecr)
        .credential(
            "AWS",
            Role::Used,
            LoginVerdict::Refused {
                expired: true,
                words: "has expired".to_owned(),
            },
        )
        .manifest_as(None, Sent::Nothing, 401, "", "Not Authorized")
        .manifest_as(
            Some(0),
            Sent::Basic,
            403,
            "DENIED",
            "Your authorization token has expired.",
        );
    certain(&world, Cause::ExpiredCredentials);
}

#[test]
fn credentials_that_block_a_public_pull_come_before_bad_ones() {
    let world = World::new(Dialect::DockerHub)
        .credential("robot", Role::Used, refused())
        .delivered(None)
        .no_token(Some(0), 401, "", "incorrect username or password");
    certain(&world, Cause::CredentialsBlockPublicPull);
    // An import is made once more without them, after these words and no others.
    let mut import = world.clone();
    import.subject.operation = Operation::Import;
    healthy(&import);
    let mut import = World::new(Dialect::DockerHub)
        .credential("robot", Role::Used, refused())
        .delivered(None)
        .no_token(Some(0), 401, "", "authentication required");
    import.subject.operation = Operation::Import;
    certain(&import, Cause::CredentialsBlockPublicPull);
}

#[test]
fn the_kubelet_tries_every_credential() {
    let world = basic(Dialect::Distribution)
        .account(Vec::new())
        .credential("old", Role::Used, refused())
        .credential("new", Role::Used, LoginVerdict::Accepted)
        .manifest_as(None, Sent::Nothing, 401, "UNAUTHORIZED", "")
        .manifest_as(Some(0), Sent::Basic, 401, "UNAUTHORIZED", "")
        .delivered(Some(1));
    healthy(&world);
}

fn private_for(source: Vec<SourceFact>) -> World {
    basic(Dialect::Distribution).account(source).manifest_as(
        None,
        Sent::Nothing,
        401,
        "UNAUTHORIZED",
        "",
    )
}

#[test]
fn a_key_without_the_port_is_a_mismatch() {
    let mut miss = entry("registry.example.com:5000");
    miss.near_miss = Some(NearMiss::PortSurplus);
    let diagnosis = certain(&private_for(vec![linked(miss)]), Cause::SecretKeyMismatch);
    let remedy = &diagnosis.remedies()[0].commands[0];
    assert_eq!(
        remedy.join(" "),
        "oc extreg link registry.example.com --from-secret corp-pull -n shop"
            .replace("oc", "kubectl")
    );
    let mut path = entry("registry.example.com/other");
    path.near_miss = Some(NearMiss::Path);
    certain(&private_for(vec![linked(path)]), Cause::NoCredentials);
}

#[test]
fn one_undecodable_entry_stops_the_kubelet_even_for_public_images() {
    let mut broken = entry("other.example.com");
    broken.fault = Some(EntryFault::NotBase64);
    let world = World::new(Dialect::Quay)
        .account(vec![linked(broken.clone())])
        .delivered(None);
    certain(&world, Cause::SecretMalformed);
    let not_json = source(SourceState::Malformed {
        words: "not JSON".to_owned(),
    });
    certain(
        &World::new(Dialect::Quay)
            .account(vec![not_json])
            .delivered(None),
        Cause::SecretMalformed,
    );
    // For a file it is one entry among others.
    let mut file = World::new(Dialect::Quay)
        .fact(crate::doctor::evidence::Fact::Source(linked(broken)))
        .delivered(None);
    file.subject.consumer = Consumer::AuthFile {
        path: "auth.json".to_owned(),
    };
    healthy(&file);
}

#[test]
fn an_entry_without_a_password_is_malformed() {
    let mut empty = entry(HOST);
    empty.matches = true;
    empty.fault = Some(EntryFault::EmptyPassword);
    certain(&private_for(vec![linked(empty)]), Cause::SecretMalformed);
}

#[test]
fn a_line_end_in_the_password_is_likely_the_fault() {
    let mut newline = entry(HOST);
    newline.matches = true;
    newline.trailing_newline = true;
    newline.candidate = Some(0);
    let world = basic(Dialect::Distribution)
        .account(vec![linked(newline)])
        .credential("robot", Role::Used, refused())
        .manifest_as(None, Sent::Nothing, 401, "UNAUTHORIZED", "")
        .manifest_as(Some(0), Sent::Basic, 401, "UNAUTHORIZED", "");
    expect(&world, Cause::SecretMalformed, Confidence::Likely);
}

#[test]
fn types_names_and_links_of_secrets() {
    let wrong = |covers| {
        source(SourceState::WrongType {
            found: "Opaque".to_owned(),
            covers,
            keys: Vec::new(),
        })
    };
    certain(
        &private_for(vec![wrong(Some(true))]),
        Cause::SecretWrongType,
    );
    expect(
        &private_for(vec![wrong(None)]),
        Cause::SecretWrongType,
        Confidence::Likely,
    );
    certain(&private_for(vec![wrong(Some(false))]), Cause::NoCredentials);
    expect(
        &private_for(vec![source(SourceState::Missing)]),
        Cause::SecretMissing,
        Confidence::Likely,
    );
    let unlinked = private_for(Vec::new())
        .credential("team", Role::Unlinked, LoginVerdict::Accepted)
        .delivered(Some(0));
    let diagnosis = certain(&unlinked, Cause::SecretNotLinked);
    assert!(diagnosis.remedies()[0].commands[0].contains(&"team-pull".to_owned()));
    // A missing secret for nothing that is needed is a warning.
    healthy(
        &World::new(Dialect::Quay)
            .account(vec![source(SourceState::Missing)])
            .delivered(None),
    );
}
