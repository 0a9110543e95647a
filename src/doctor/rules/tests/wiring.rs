//! Secrets that would do and are not used, and secrets at fault, for each consumer; each beside its repaired twin.

use super::cluster::{Who, private, world};
use super::kit::*;
use super::{certain, expect, healthy, open};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{Fact, ListOrigin, Role, SourceFact, SourceState};
use crate::doctor::finding::Confidence::Likely;
use crate::model::docker_config::EntryFault;
use crate::model::keyring::NearMiss;
use crate::model::observation::{LoginVerdict, PushVerdict, PushView, Sent};

fn refused() -> LoginVerdict {
    LoginVerdict::Refused {
        expired: false,
        words: "no".to_owned(),
    }
}

fn own() -> ListOrigin {
    ListOrigin::Own {
        account: "default".to_owned(),
    }
}

fn push_field() -> ListOrigin {
    ListOrigin::BuildField {
        field: "pushSecret",
    }
}

fn push_list() -> ListOrigin {
    ListOrigin::BuildAccount {
        account: "builder".to_owned(),
        list: "imagePullSecrets",
    }
}

#[test]
fn a_good_secret_that_is_not_used_is_named_with_its_reason() {
    for (who, role, cause) in [
        (Who::Pod, Role::Overridden, Cause::SecretOverridden),
        (Who::Pod, Role::Late, Cause::PodPredatesLink),
        (Who::Pod, Role::Unlinked, Cause::SecretNotLinked),
        (Who::Pod, Role::Elsewhere, Cause::SecretElsewhere),
        (Who::Account, Role::Unlinked, Cause::SecretNotLinked),
        (Who::Account, Role::Elsewhere, Cause::SecretElsewhere),
        (Who::Import, Role::Unlinked, Cause::SecretNotLinked),
        (Who::Import, Role::Elsewhere, Cause::SecretElsewhere),
        (Who::BuildPull, Role::Unlinked, Cause::SecretNotLinked),
        (Who::BuildPull, Role::Elsewhere, Cause::SecretElsewhere),
    ] {
        let tried = private(who)
            .credential("team", role, LoginVerdict::Accepted)
            .delivered(Some(0));
        let diagnosis = certain(&tried, cause);
        assert!(
            diagnosis.summary().contains("team-pull"),
            "{}",
            diagnosis.summary()
        );
        // A key that matches, where it could not be tried.
        expect(&private(who).untried("team", role), cause, Likely);
        // One that was tried and does not get the image either is no good secret.
        let useless = private(who)
            .credential("team", role, refused())
            .manifest_as(Some(0), Sent::Basic, 401, "UNAUTHORIZED", "");
        certain(&useless, Cause::NoCredentials);
        healthy(
            &private(who)
                .credential("team", Role::Used, LoginVerdict::Accepted)
                .delivered(Some(0)),
        );
    }
}

#[test]
fn of_several_good_secrets_the_one_nearest_to_use_is_named() {
    let both = private(Who::Pod)
        .wired(own(), &["other"])
        .untried("team", Role::Overridden)
        .untried("free", Role::Unlinked)
        .untried("far", Role::Elsewhere);
    expect(&both, Cause::SecretOverridden, Likely);
    // What was proved comes before what could not be tried.
    let proved = private(Who::Pod)
        .untried("team", Role::Overridden)
        .credential("free", Role::Unlinked, LoginVerdict::Accepted)
        .delivered(Some(1));
    certain(&proved, Cause::SecretNotLinked);
}

#[test]
fn a_fault_of_the_secret_that_is_used_comes_before_one_that_is_not() {
    let mut miss = entry("registry.example.com:5000");
    miss.near_miss = Some(NearMiss::PortSurplus);
    for (who, fact) in [
        (Who::Pod, linked(miss.clone())),
        (Who::BuildPull, linked(miss)),
    ] {
        let world = private(who)
            .fact(Fact::Source(fact))
            .untried("team", Role::Unlinked);
        certain(&world, Cause::SecretKeyMismatch);
    }
}

#[test]
fn a_stale_secret_before_a_good_one_breaks_an_import_and_not_a_pod() {
    let stale = |who, second| {
        private(who)
            .credential("old", Role::Used, refused())
            .credential("new", second, LoginVerdict::Accepted)
            .manifest_as(Some(0), Sent::Basic, 401, "UNAUTHORIZED", "")
            .delivered(Some(1))
    };
    for who in [Who::Import, Who::BuildPull] {
        let diagnosis = certain(&stale(who, Role::Shadowed), Cause::SecretShadowed);
        assert!(
            diagnosis.summary().contains("old-pull") && diagnosis.summary().contains("new-pull"),
            "{}",
            diagnosis.summary()
        );
        healthy(
            &private(who)
                .credential("new", Role::Used, LoginVerdict::Accepted)
                .delivered(Some(0)),
        );
        // Behind it stands nothing better.
        let none = private(who)
            .credential("old", Role::Used, refused())
            .credential("older", Role::Shadowed, refused())
            .manifest_as(Some(0), Sent::Basic, 401, "UNAUTHORIZED", "")
            .manifest_as(Some(1), Sent::Basic, 401, "UNAUTHORIZED", "");
        certain(&none, Cause::BadCredentials);
    }
    healthy(&stale(Who::Pod, Role::Used));
}

#[test]
fn a_public_image_shows_nothing_of_the_secret_behind_the_first() {
    let world = world(Who::Import)
        .credential("old", Role::Used, refused())
        .credential("new", Role::Shadowed, LoginVerdict::Accepted)
        .delivered(None)
        .manifest_as(Some(0), Sent::Basic, 401, "UNAUTHORIZED", "")
        .delivered(Some(1));
    certain(&world, Cause::CredentialsBlockPublicPull);
}

fn push(world: World, credential: Option<usize>, verdict: PushVerdict) -> World {
    world.fact(Fact::Push(Box::new(PushView {
        credential,
        way: "opens an upload",
        exchanges: Vec::new(),
        verdict,
        leftover: None,
    })))
}

#[test]
fn a_push_of_a_build_by_the_secret_that_it_would_use() {
    let denied = || PushVerdict::Denied {
        words: "denied".to_owned(),
    };
    let with = || world(Who::BuildPush).credential("ci", Role::Used, LoginVerdict::Accepted);
    healthy(&push(with(), Some(0), PushVerdict::Allowed));
    certain(&push(with(), Some(0), denied()), Cause::PushDenied);
    // Not tried: open, unless the build's own words say what is left.
    open(&with());
    expect(
        &with().says(&[Cause::SecretNotLinked, Cause::PushDenied]),
        Cause::PushDenied,
        Likely,
    );
    certain(
        &world(Who::BuildPush)
            .credential("old", Role::Used, refused())
            .credential("new", Role::Shadowed, LoginVerdict::Accepted),
        Cause::SecretShadowed,
    );
    certain(
        &world(Who::BuildPush).credential("old", Role::Used, refused()),
        Cause::BadCredentials,
    );
    // Nothing names it, and nothing in the list does.
    expect(
        &world(Who::BuildPush).wired(push_list(), &[]).credential(
            "team",
            Role::Unlinked,
            LoginVerdict::Accepted,
        ),
        Cause::SecretNotLinked,
        Likely,
    );
}

fn named(state: SourceState) -> SourceFact {
    source(state)
}

#[test]
fn a_secret_that_is_missing() {
    let missing = || Fact::Source(named(SourceState::Missing));
    // The kubelet goes on without it.
    for who in [Who::Pod, Who::Account] {
        healthy(&world(who).fact(missing()).delivered(None));
        expect(&private(who).fact(missing()), Cause::SecretMissing, Likely);
        healthy(
            &private(who)
                .credential("corp", Role::Used, LoginVerdict::Accepted)
                .delivered(Some(0)),
        );
    }
    // A build that names it never starts, whatever the registry says.
    for who in [Who::BuildPull, Who::BuildPush] {
        certain(
            &world(who)
                .fact(missing())
                .wired(push_field(), &["corp-pull"])
                .delivered(None),
            Cause::SecretMissing,
        );
    }
    // What it would find in its account's list it does not need.
    healthy(
        &world(Who::BuildPull)
            .fact(missing())
            .wired(push_list(), &["corp-pull"])
            .delivered(None),
    );
}

#[test]
fn what_an_undecodable_secret_breaks() {
    let mut broken = entry("other.example.com");
    broken.fault = Some(EntryFault::NotBase64);
    let secret = || Fact::Source(linked(broken.clone()));
    for who in [Who::Pod, Who::Account, Who::Import] {
        certain(
            &world(who).fact(secret()).delivered(None),
            Cause::SecretMalformed,
        );
    }
    // A build reads nothing of the secret that it has, and goes on without.
    healthy(&world(Who::BuildPull).fact(secret()).delivered(None));
    certain(
        &private(Who::BuildPull).fact(secret()),
        Cause::SecretMalformed,
    );
    let named = world(Who::BuildPush)
        .wired(push_field(), &["corp-pull"])
        .fact(secret());
    certain(&named, Cause::SecretMalformed);
    // One of the account's list that does not decode is passed over.
    healthy(&push(
        world(Who::BuildPush)
            .wired(push_list(), &["corp-pull", "ci-pull"])
            .fact(secret())
            .credential("ci", Role::Used, LoginVerdict::Accepted),
        Some(0),
        PushVerdict::Allowed,
    ));
    for who in [Who::Pod, Who::Account, Who::Import] {
        let mut fine = entry("other.example.com");
        fine.other_matcher = false;
        healthy(&world(who).fact(Fact::Source(linked(fine))).delivered(None));
    }
}

#[test]
fn faults_of_secrets_hold_for_every_consumer() {
    let wrong = || {
        Fact::Source(named(SourceState::WrongType {
            found: "Opaque".to_owned(),
            covers: Some(true),
            keys: Vec::new(),
        }))
    };
    let mut miss = entry("registry.example.com:5000");
    miss.near_miss = Some(NearMiss::PortSurplus);
    let mut empty = entry(HOST);
    empty.matches = true;
    empty.fault = Some(EntryFault::EmptyPassword);
    for who in [
        Who::Pod,
        Who::Account,
        Who::Import,
        Who::BuildPull,
        Who::BuildPush,
    ] {
        certain(&private(who).fact(wrong()), Cause::SecretWrongType);
        certain(
            &private(who).fact(Fact::Source(linked(miss.clone()))),
            Cause::SecretKeyMismatch,
        );
        certain(
            &private(who).fact(Fact::Source(linked(empty.clone()))),
            Cause::SecretMalformed,
        );
    }
}

#[test]
fn wiring_is_judged_by_the_words_where_the_registry_is_out_of_reach() {
    let auth = [Cause::NoCredentials, Cause::SecretNotLinked];
    let far = || {
        world(Who::Pod).unreached().fact(Fact::Dns(stage(Err(
            crate::model::observation::DnsFault::NotFound {
                text: String::new(),
            },
        ))))
    };
    expect(
        &far().says(&auth).untried("team", Role::Overridden),
        Cause::SecretOverridden,
        Likely,
    );
    let mut miss = entry("registry.example.com:5000");
    miss.near_miss = Some(NearMiss::PortSurplus);
    expect(
        &far().says(&auth).fact(Fact::Source(linked(miss))),
        Cause::SecretKeyMismatch,
        Likely,
    );
    // Without words nothing is known of a refusal.
    expect(&far().untried("team", Role::Overridden), Cause::Dns, Likely);
}

#[test]
fn an_unsigned_image_is_likely_to_be_rejected_by_nodes_alone() {
    let works = |who| world(who).delivered(None);
    expect(
        &works(Who::Pod).signed(Some(false)),
        Cause::Signature,
        Likely,
    );
    certain(
        &works(Who::Pod)
            .signed(Some(false))
            .says(&[Cause::Signature]),
        Cause::Signature,
    );
    healthy(&works(Who::Pod).signed(Some(true)));
    healthy(&works(Who::Pod).signed(None));
    healthy(&works(Who::Import).signed(Some(false)));
}
