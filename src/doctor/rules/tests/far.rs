//! The same where this machine does not reach the registry, and where another vantage gets the image.

use super::cluster::{Who, private, world};
use super::kit::*;
use super::voices::{AUTH, X509, far, far_with_secret, judge, works};
use crate::doctor::causes::Cause;
use crate::doctor::diagnosis::Outcome::{Failed, Healthy, Undetermined};
use crate::doctor::evidence::{Fact, ListOrigin, MirrorPlan, PresentFact, Role, Vantage};
use crate::doctor::finding::Confidence::{Ambiguous, Certain, Likely};
use crate::model::observation::{ConnectFault, LoginVerdict, Sent};

#[test]
fn this_machine_does_not_reach_the_registry_and_the_cluster_says_something() {
    let pod = || far_with_secret(Who::Pod);
    let node = Vantage::Node;
    judge(vec![
        // The pod's own way need not be this machine's.
        ("nothing", pod(), Failed, Some(Cause::Dns), Likely),
        (
            "back-off",
            pod().says(&[]),
            Failed,
            Some(Cause::Dns),
            Likely,
        ),
        (
            "its node has it",
            pod().fact(Fact::Present(PresentFact {
                object: "pod shop/web-1".to_owned(),
            })),
            Undetermined,
            None,
            Ambiguous,
        ),
        (
            "a node gets it",
            pod().works_for(node),
            Healthy,
            None,
            Certain,
        ),
        (
            "the API server gets it",
            pod().works_for(Vantage::Cluster),
            Healthy,
            None,
            Certain,
        ),
        (
            "the API server gets it, perhaps with another secret",
            far(Who::Pod)
                .untried("team", Role::Unlinked)
                .works_for(Vantage::Cluster),
            Undetermined,
            None,
            Ambiguous,
        ),
        (
            "refused, and the secret is there",
            pod().says(AUTH),
            Failed,
            Some(Cause::BadCredentials),
            Likely,
        ),
        (
            "refused, and there is no secret",
            far(Who::Pod).says(AUTH),
            Failed,
            Some(Cause::NoCredentials),
            Likely,
        ),
        (
            "not found",
            pod().says(&[Cause::TagMissing]),
            Failed,
            Some(Cause::TagMissing),
            Likely,
        ),
        (
            "disk",
            pod().said(&[Cause::NodeRuntime], true, true),
            Failed,
            Some(Cause::NodeRuntime),
            Certain,
        ),
        (
            "the same",
            pod().says(&[Cause::Dns]),
            Failed,
            Some(Cause::Dns),
            Certain,
        ),
        (
            "another failure on the way",
            pod().says(&[Cause::Timeout]),
            Failed,
            Some(Cause::Timeout),
            Likely,
        ),
        (
            "x509",
            pod().says(X509),
            Failed,
            Some(Cause::UnknownCa),
            Likely,
        ),
        (
            "a node got an answer before",
            pod().said(AUTH, false, false),
            Undetermined,
            None,
            Ambiguous,
        ),
        (
            "the API server is refused",
            pod().fails_for(Vantage::Cluster, AUTH),
            Undetermined,
            None,
            Ambiguous,
        ),
        (
            "the API server does not trust it",
            pod().fails_for(Vantage::Cluster, X509),
            Failed,
            Some(Cause::UnknownCa),
            Likely,
        ),
        (
            "the API server cannot resolve it either",
            pod().fails_for(Vantage::Cluster, &[Cause::Dns]),
            Failed,
            Some(Cause::Dns),
            Certain,
        ),
    ]);
}

#[test]
fn a_vantage_that_gets_it_clears_what_it_would_have_met_itself() {
    let refused = |who| {
        private(who)
            .credential(
                "team",
                Role::Used,
                LoginVerdict::Refused {
                    expired: false,
                    words: "no".to_owned(),
                },
            )
            .manifest_as(Some(0), Sent::Basic, 401, "UNAUTHORIZED", "")
    };
    let tcp = |who| {
        world(who)
            .unreached()
            .fact(Fact::Tcp(stage(Err(ConnectFault::TimedOut))))
    };
    judge(vec![
        // The node has a credential of its own (a cloud's identity).
        (
            "a node, for the account",
            refused(Who::Account).works_for(Vantage::Node),
            Healthy,
            None,
            Certain,
        ),
        (
            "a node as the account, for a pod with a list of its own",
            refused(Who::Pod)
                .wired(
                    ListOrigin::Own {
                        account: "default".to_owned(),
                    },
                    &["team-pull"],
                )
                .works_for(Vantage::Node),
            Failed,
            Some(Cause::BadCredentials),
            Certain,
        ),
        (
            "the pod that is older than the link, and a node as the account",
            private(Who::Pod)
                .credential("team", Role::Late, LoginVerdict::Accepted)
                .delivered(Some(0))
                .works_for(Vantage::Node),
            Failed,
            Some(Cause::PodPredatesLink),
            Certain,
        ),
        (
            "the way of this machine",
            tcp(Who::Pod).works_for(Vantage::Node),
            Healthy,
            None,
            Certain,
        ),
        (
            "the pod still waits",
            works(Who::Pod).says(AUTH).works_for(Vantage::Node),
            Undetermined,
            None,
            Ambiguous,
        ),
        (
            "an import that works now",
            works(Who::Import).says(AUTH).works_for(Vantage::Cluster),
            Undetermined,
            None,
            Ambiguous,
        ),
        (
            "the registry hides it, and it is there",
            World {
                subject: private(Who::Pod).subject,
                ..World::new(crate::model::dialect::Dialect::Quay)
            }
            .credential("team", Role::Used, LoginVerdict::Accepted)
            .untried("free", Role::Unlinked)
            .manifest(None, 401, "UNAUTHORIZED", "")
            .manifest(Some(0), 401, "UNAUTHORIZED", "")
            .manifest(Some(1), 401, "UNAUTHORIZED", "")
            .works_for(Vantage::Cluster),
            Failed,
            Some(Cause::PullDenied),
            Likely,
        ),
    ]);
}

#[test]
fn a_mirror_is_excluded_where_none_is_configured() {
    let plan = Fact::MirrorPlan(MirrorPlan {
        mirrors: Vec::new(),
        source_allowed: true,
    });
    let words = [Cause::Mirror, Cause::TagMissing];
    judge(vec![
        (
            "unknown",
            far(Who::Pod).says(&words),
            Failed,
            Some(Cause::Mirror),
            Likely,
        ),
        (
            "none",
            far(Who::Pod).fact(plan).says(&words),
            Failed,
            Some(Cause::TagMissing),
            Likely,
        ),
    ]);
}
