//! A diagnosis does not depend on the order in which probes end.

use proptest::prelude::*;

use super::cluster::{Who, private, world};
use super::kit::*;
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{ListOrigin, Role, SourceState, Vantage};
use crate::doctor::rank;
use crate::model::dialect::Dialect;
use crate::model::keyring::NearMiss;
use crate::model::observation::{LoginVerdict, PingKind, Sent};

/// Worlds with much to choose from.
fn worlds() -> Vec<World> {
    let mut miss = entry("registry.example.com:5000");
    miss.near_miss = Some(NearMiss::PortSurplus);
    let secrets = World::new(Dialect::Distribution)
        .account(vec![
            linked(miss),
            source(SourceState::Missing),
            source(SourceState::WrongType {
                found: "Opaque".to_owned(),
                covers: None,
                keys: Vec::new(),
            }),
        ])
        .credential("team", Role::Unlinked, LoginVerdict::Accepted)
        .manifest(None, 401, "UNAUTHORIZED", "authentication required")
        .delivered(Some(0));
    let logins = World::new(Dialect::Quay)
        .credential(
            "old",
            Role::Used,
            LoginVerdict::Refused {
                expired: true,
                words: "x".to_owned(),
            },
        )
        .credential("other", Role::Used, LoginVerdict::Accepted)
        .manifest(None, 401, "UNAUTHORIZED", "")
        .manifest_as(Some(0), Sent::Basic, 401, "UNAUTHORIZED", "")
        .manifest(Some(1), 401, "UNAUTHORIZED", "");
    let page = World::new(Dialect::Distribution);
    let ping = page.ping(PingKind::ServerError, 500, "");
    let page = page
        .instead(ping)
        .manifest(None, 404, "NAME_UNKNOWN", "")
        .tags(None, 404, "NAME_UNKNOWN");
    // Everything that the cluster can add, at odds with what is seen from here.
    let refused = || LoginVerdict::Refused {
        expired: false,
        words: "x".to_owned(),
    };
    let pod = private(Who::Pod)
        .wired(
            ListOrigin::Own {
                account: "default".to_owned(),
            },
            &["a", "b"],
        )
        .credential("old", Role::Used, refused())
        .credential("own", Role::Overridden, LoginVerdict::Accepted)
        .untried("late", Role::Late)
        .untried("far", Role::Elsewhere)
        .manifest_as(Some(0), Sent::Basic, 401, "UNAUTHORIZED", "")
        .delivered(Some(1))
        .signed(Some(false))
        .says(&[Cause::NoCredentials, Cause::RepositoryMissing])
        .said(&[Cause::TagMissing], false, false)
        .says(&[])
        .fails_for(Vantage::Cluster, &[Cause::UnknownCa])
        .works_for(Vantage::Node);
    let import = private(Who::Import)
        .wired(ListOrigin::Namespace, &["new", "old"])
        .credential("old", Role::Used, refused())
        .credential("new", Role::Shadowed, LoginVerdict::Accepted)
        .manifest_as(Some(0), Sent::Basic, 401, "UNAUTHORIZED", "")
        .delivered(Some(1))
        .says(&[Cause::NoCredentials])
        .fails_for(Vantage::Cluster, &[Cause::NoCredentials]);
    let far = world(Who::Pod)
        .unreached()
        .untried("team", Role::Used)
        .untried("more", Role::Unlinked)
        .says(&[Cause::Timeout, Cause::Proxy])
        .said(&[Cause::NodeRuntime], true, false)
        .fails_for(Vantage::Cluster, &[Cause::Dns])
        .works_for(Vantage::Cluster);
    let works = private(Who::BuildPull)
        .credential("ci", Role::Used, LoginVerdict::Accepted)
        .delivered(Some(0))
        .says(&[Cause::UnknownCa])
        .says(&[Cause::Dns])
        .fails_for(Vantage::Node, &[Cause::Mirror]);
    vec![
        secrets,
        logins,
        page,
        World::new(Dialect::Harbor).delivered(None),
        pod,
        import,
        far,
        works,
    ]
}

/// All that a reader sees of a diagnosis.
fn seen(world: &World, order: &[usize]) -> (Option<Cause>, String, Vec<usize>, Vec<String>) {
    let evidence = world.evidence();
    let shuffled = order
        .iter()
        .filter_map(|at| evidence.get(*at).cloned())
        .collect();
    let diagnosis = rank::diagnose(world.subject.clone(), shuffled, &world.setting);
    (
        diagnosis.cause(),
        diagnosis.summary(),
        diagnosis.because().to_vec(),
        super::lines(&diagnosis),
    )
}

proptest! {
    #[test]
    fn any_order_gives_the_same_diagnosis(
        which in 0..8_usize,
        order in Just((0..40).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let world = &worlds()[which];
        let straight: Vec<usize> = (0..40).collect();
        prop_assert_eq!(seen(world, &straight), seen(world, &order));
    }
}
