//! A diagnosis does not depend on the order in which probes end.

use proptest::prelude::*;

use super::kit::*;
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{Role, SourceState};
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
    vec![
        secrets,
        logins,
        page,
        World::new(Dialect::Harbor).delivered(None),
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
        which in 0..4_usize,
        order in Just((0..40).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let world = &worlds()[which];
        let straight: Vec<usize> = (0..40).collect();
        prop_assert_eq!(seen(world, &straight), seen(world, &order));
    }
}
