//! Every stage of the pull path stands in a report: those that were not reached say why.

use super::{Check, Evidence, EvidenceSet, SkipReason, Status, Vantage};
use crate::doctor::diagnosis::Setting;
use crate::doctor::target::{Operation, Subject, TargetRef};

/// Adds a skip for every stage without evidence.
///
/// `setting` says whether the run has a cluster, whether that serves OpenShift's configuration, and whether it tries a push.
pub fn complete(set: &mut EvidenceSet, subject: &Subject, setting: &Setting) {
    let missing: Vec<Evidence> = Check::ALL
        .into_iter()
        .filter(|check| set.of(*check).next().is_none())
        .map(|check| {
            let (vantage, reason, detail) = why(set, subject, check, setting);
            Evidence::skip(check, vantage, reason, detail)
        })
        .collect();
    set.extend(missing);
}

fn why(
    set: &EvidenceSet,
    subject: &Subject,
    check: Check,
    setting: &Setting,
) -> (Vantage, SkipReason, String) {
    use SkipReason::{DependsOn, NoCluster, NotApplicable, OptIn};
    let (cluster, openshift) = (setting.cluster, setting.openshift);
    let pushing = !subject.operation.fetches();
    match check {
        Check::Observed => {
            let why = match subject.target {
                TargetRef::Image => "an image by itself has no events",
                TargetRef::Object { .. } => "the cluster has reported nothing on it",
            };
            (Vantage::Node, NotApplicable, why.to_owned())
        }
        Check::Policy | Check::Mirror | Check::Wiring if !cluster => (
            Vantage::Config,
            NoCluster,
            "no cluster was asked".to_owned(),
        ),
        Check::Policy | Check::Mirror if !openshift => (
            Vantage::Config,
            NotApplicable,
            "this cluster has no such configuration".to_owned(),
        ),
        Check::Push if subject.operation.fetches() && setting.push => (
            Vantage::Here,
            NotApplicable,
            "the push has a result of its own".to_owned(),
        ),
        Check::Push if subject.operation != Operation::Push => (
            Vantage::Here,
            OptIn,
            "not tried; --push tries it".to_owned(),
        ),
        Check::Manifest | Check::Platform | Check::Blobs | Check::Mirror if pushing => (
            Vantage::Here,
            NotApplicable,
            "not needed for this".to_owned(),
        ),
        Check::Permission if pushing => (
            Vantage::Here,
            NotApplicable,
            "another stage answers it".to_owned(),
        ),
        Check::Tls if subject.plain_http => (Vantage::Here, NotApplicable, "plain HTTP".to_owned()),
        Check::Wiring => (
            Vantage::Config,
            NotApplicable,
            "nothing else in the namespace covers it".to_owned(),
        ),
        Check::Login if no_candidates(set) => (
            Vantage::Here,
            NotApplicable,
            "no credentials, no login".to_owned(),
        ),
        Check::Dns if passes_a_proxy(set) => (
            Vantage::Here,
            NotApplicable,
            "the proxy looks the name up".to_owned(),
        ),
        check => match blocker(set, check) {
            Some(blocker) => (
                Vantage::Here,
                DependsOn,
                format!("not reached: {} failed", blocker.word()),
            ),
            None => (Vantage::Here, NotApplicable, "not needed".to_owned()),
        },
    }
}

/// The first stage that failed or was not reached itself.
///
/// What is read of the cluster's configuration needs no more than a reference, and what the cluster says or how secrets are
/// wired keeps nothing from being asked.
fn blocker(set: &EvidenceSet, check: Check) -> Option<Check> {
    let configured = matches!(check, Check::Policy | Check::Mirror);
    set.iter()
        .find(|item| {
            item.check != check
                && !matches!(item.check, Check::Wiring | Check::Observed)
                && (!configured || item.check == Check::Reference)
                && (item.status == Status::Fail
                    || item.skip_reason.is_some_and(SkipReason::leaves_a_gap))
        })
        .map(|item| item.check)
}

/// Whether a proxy passed the connection on; the name was its to look up then.
fn passes_a_proxy(set: &EvidenceSet) -> bool {
    set.facts(|fact| match fact {
        super::Fact::Proxy(proxy) => Some(proxy.result.is_ok()),
        _ => None,
    })
    .any(|(_, passes)| passes)
}

fn no_candidates(set: &EvidenceSet) -> bool {
    set.facts(|fact| match fact {
        super::Fact::Candidates { list, .. } => Some(list.is_empty()),
        _ => None,
    })
    .any(|(_, empty)| empty)
}
