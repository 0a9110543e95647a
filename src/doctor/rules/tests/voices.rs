//! What the cluster says, joined with what was seen from here: one table, whatever the consumer.

use super::cluster::{Who, private, world};
use super::kit::*;
use super::lines;
use crate::doctor::causes::Cause;
use crate::doctor::diagnosis::Outcome::{self, Failed, Healthy, Undetermined};
use crate::doctor::evidence::{Check, Evidence, Fact, Role, Side, SkipReason, Vantage};
use crate::doctor::finding::Confidence::{self, Ambiguous, Certain, Likely};
use crate::doctor::rank::{self, confidence};
use crate::model::observation::{DnsFault, LoginVerdict, Sent};

/// The image comes from here, with the consumer's own secret.
pub(super) fn works(who: Who) -> World {
    private(who)
        .credential("team", Role::Used, LoginVerdict::Accepted)
        .delivered(Some(0))
}

/// The name does not resolve on this machine.
pub(super) fn far(who: Who) -> World {
    world(who)
        .unreached()
        .fact(Fact::Dns(stage(Err(DnsFault::NotFound {
            text: String::new(),
        }))))
}

/// The same, and the consumer has a secret for the registry.
pub(super) fn far_with_secret(who: Who) -> World {
    far(who).untried("team", Role::Used)
}

pub(super) type Row = (&'static str, World, Outcome, Option<Cause>, Confidence);

#[track_caller]
pub(super) fn judge(rows: Vec<Row>) {
    for (name, world, outcome, cause, sure) in rows {
        let diagnosis = world.diagnose();
        assert_eq!(
            (
                diagnosis.outcome(),
                diagnosis.cause(),
                confidence(&diagnosis.verdict)
            ),
            (outcome, cause, sure),
            "{name}: {}\n{:#?}",
            diagnosis.summary(),
            lines(&diagnosis)
        );
        if outcome != Healthy {
            assert!(!diagnosis.because().is_empty(), "{name}");
        }
        for ruled in &diagnosis.ruled_out {
            assert!(
                Some(*ruled) != diagnosis.cause(),
                "{name}: {ruled} is ruled out and found"
            );
        }
    }
}

pub(super) const AUTH: &[Cause] = &[
    Cause::NoCredentials,
    Cause::BadCredentials,
    Cause::SecretNotLinked,
    Cause::RepositoryMissing,
];
pub(super) const X509: &[Cause] = &[Cause::UnknownCa, Cause::ClusterTrustMissing, Cause::Proxy];

#[test]
fn here_it_works_and_the_consumers_own_way_fails_now() {
    let pod = || works(Who::Pod);
    judge(vec![
        (
            "x509",
            pod().says(X509),
            Failed,
            Some(Cause::ClusterTrustMissing),
            Certain,
        ),
        (
            "x509, and the configuration has the CA",
            pod()
                .says(X509)
                .fact(Fact::Chain(chain(Side::Cluster, Vec::new()))),
            Failed,
            Some(Cause::ClusterTrustMissing),
            Likely,
        ),
        (
            "dns",
            pod().says(&[Cause::Dns, Cause::Proxy]),
            Failed,
            Some(Cause::Dns),
            Likely,
        ),
        (
            "timeout",
            pod().says(&[Cause::Timeout]),
            Failed,
            Some(Cause::Timeout),
            Likely,
        ),
        (
            "proxy",
            pod().said(&[Cause::Proxy], true, true),
            Failed,
            Some(Cause::Proxy),
            Certain,
        ),
        (
            "mirror",
            pod().says(&[Cause::Mirror, Cause::TagMissing]),
            Failed,
            Some(Cause::Mirror),
            Likely,
        ),
        (
            "blocked",
            pod().says(&[Cause::RegistryBlocked]),
            Failed,
            Some(Cause::RegistryBlocked),
            Likely,
        ),
        (
            "limit",
            pod().says(&[Cause::Rate, Cause::NoCredentials]),
            Failed,
            Some(Cause::Rate),
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
            "signature",
            pod().says(&[Cause::Signature]),
            Failed,
            Some(Cause::Signature),
            Likely,
        ),
        (
            "refused with what works here",
            pod().says(AUTH),
            Undetermined,
            None,
            Ambiguous,
        ),
        (
            "not found what is there",
            pod().says(&[Cause::TagMissing]),
            Undetermined,
            None,
            Ambiguous,
        ),
        (
            "an outage that is over",
            pod().says(&[Cause::ServerError]),
            Undetermined,
            None,
            Ambiguous,
        ),
        ("back-off", pod().says(&[]), Undetermined, None, Ambiguous),
        (
            "words that nothing fits",
            pod().says(&[Cause::Unknown]),
            Undetermined,
            None,
            Ambiguous,
        ),
        (
            "an import's x509",
            works(Who::Import).says(X509),
            Failed,
            Some(Cause::ClusterTrustMissing),
            Certain,
        ),
        (
            "a build's x509",
            works(Who::BuildPull).says(X509),
            Failed,
            Some(Cause::ClusterTrustMissing),
            Certain,
        ),
        (
            "an import that was refused",
            works(Who::Import).says(AUTH),
            Undetermined,
            None,
            Ambiguous,
        ),
        (
            "an import that its list keeps out",
            works(Who::Import).said(&[Cause::ImportNotAllowed], true, true),
            Failed,
            Some(Cause::ImportNotAllowed),
            Certain,
        ),
    ]);
}

#[test]
fn what_is_over_is_a_warning() {
    for words in [AUTH, X509, &[Cause::NodeRuntime], &[]] {
        let world = works(Who::Pod).said(words, true, false);
        let diagnosis = world.diagnose();
        assert_eq!(diagnosis.outcome(), Healthy, "{}", diagnosis.summary());
        assert!(
            lines(&diagnosis)
                .iter()
                .any(|line| line.starts_with("observed warn")),
            "{:?}",
            lines(&diagnosis)
        );
    }
}

#[test]
fn here_it_works_and_a_vantage_of_the_cluster_fails() {
    let pod = || works(Who::Pod);
    let api = Vantage::Cluster;
    judge(vec![
        (
            "trust",
            pod().fails_for(api, X509),
            Failed,
            Some(Cause::ClusterTrustMissing),
            Likely,
        ),
        (
            "network",
            pod().fails_for(api, &[Cause::Timeout]),
            Failed,
            Some(Cause::Timeout),
            Likely,
        ),
        (
            "policy",
            pod().fails_for(api, &[Cause::RegistryBlocked]),
            Failed,
            Some(Cause::RegistryBlocked),
            Likely,
        ),
        (
            "not found",
            pod().fails_for(api, &[Cause::TagMissing]),
            Failed,
            Some(Cause::TagMissing),
            Likely,
        ),
        // It sends the first match of the namespace, not what the pod has.
        (
            "refused",
            pod().fails_for(api, AUTH),
            Healthy,
            None,
            Certain,
        ),
        (
            "a node gets it nevertheless",
            pod().fails_for(api, X509).works_for(Vantage::Node),
            Healthy,
            None,
            Certain,
        ),
        (
            "a node is refused what comes here",
            pod().fails_for(Vantage::Node, AUTH),
            Undetermined,
            None,
            Ambiguous,
        ),
        (
            "a node does not trust",
            pod().fails_for(Vantage::Node, X509),
            Failed,
            Some(Cause::ClusterTrustMissing),
            Certain,
        ),
        (
            "the API server imports for itself",
            works(Who::Import).fails_for(api, AUTH),
            Undetermined,
            None,
            Ambiguous,
        ),
        (
            "its trust is an import's own",
            works(Who::Import).fails_for(api, X509),
            Failed,
            Some(Cause::ClusterTrustMissing),
            Certain,
        ),
    ]);
}

#[test]
fn the_summary_names_who_sees_it() {
    for (world, names) in [
        (
            works(Who::Pod).says(X509),
            ["this machine", "the node of pod shop/web-1"],
        ),
        (
            works(Who::Pod).says(&[Cause::Dns]),
            ["this machine", "the node of pod shop/web-1"],
        ),
        (
            works(Who::Pod).fails_for(Vantage::Cluster, X509),
            ["this machine", "the API server's import"],
        ),
        (
            works(Who::Pod).says(AUTH),
            ["from here", "the node of pod shop/web-1"],
        ),
        (
            far(Who::Pod).says(AUTH),
            ["this machine", "the node of pod shop/web-1"],
        ),
    ] {
        let summary = world.diagnose().summary();
        for name in names {
            assert!(summary.contains(name), "{name}: {summary}");
        }
    }
}

#[test]
fn assumed_trust_is_settled_by_who_got_further() {
    let unknown = crate::doctor::evidence::ChainFault::UnknownIssuer {
        issuer: "Corp CA".to_owned(),
        missing: None,
    };
    let mut cluster = chain(Side::Cluster, vec![unknown]);
    cluster.assumed = Some("the nodes' own bundle is the public CAs".to_owned());
    let world = || works(Who::Pod).fact(Fact::Chain(cluster.clone()));
    judge(vec![
        (
            "assumed",
            world(),
            Failed,
            Some(Cause::ClusterTrustMissing),
            Likely,
        ),
        (
            "x509",
            world().says(X509),
            Failed,
            Some(Cause::ClusterTrustMissing),
            Certain,
        ),
        (
            "a node gets it",
            world().works_for(Vantage::Node),
            Healthy,
            None,
            Certain,
        ),
        (
            "a node was refused, behind TLS",
            world().said(AUTH, false, false),
            Healthy,
            None,
            Certain,
        ),
    ]);
}

#[test]
fn what_was_seen_here_is_not_talked_over() {
    let bad = || {
        private(Who::Pod)
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
    judge(vec![
        (
            "words of a missing repository",
            bad().says(&[Cause::RepositoryMissing]),
            Failed,
            Some(Cause::BadCredentials),
            Certain,
        ),
        (
            "words that agree",
            bad().says(AUTH),
            Failed,
            Some(Cause::BadCredentials),
            Certain,
        ),
    ]);
    let agreed = bad().says(AUTH).diagnose();
    let observed = agreed
        .evidence
        .of(Check::Observed)
        .map(|(at, _)| at)
        .next()
        .unwrap();
    assert!(agreed.because().contains(&observed));
    let misled = bad().says(&[Cause::RepositoryMissing]).diagnose();
    assert!(!misled.because().contains(&observed));
}

#[test]
fn secrets_that_could_not_be_read_leave_only_words_that_are_certain() {
    let judged = |world: World| {
        let mut evidence = world.evidence();
        evidence.push(Evidence::skip(
            Check::Credentials,
            Vantage::Config,
            SkipReason::Forbidden,
            "secrets are not read",
        ));
        rank::diagnose(world.subject.clone(), evidence, &world.setting)
    };
    let unsure = judged(private(Who::Pod).says(AUTH));
    assert_eq!((unsure.outcome(), unsure.cause()), (Undetermined, None));
    let sure = judged(private(Who::Pod).said(&[Cause::SecretMalformed], true, true));
    assert_eq!(sure.cause(), Some(Cause::SecretMalformed));
    // The same words beside secrets that were read and are good are older than the repair.
    let read = works(Who::Pod).said(&[Cause::SecretMalformed], true, true);
    judge(vec![("repaired", read, Undetermined, None, Ambiguous)]);
}
