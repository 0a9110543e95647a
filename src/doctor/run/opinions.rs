//! The other vantages of a run: the API server's own import, and a pod on a node.
//!
//! The import costs the cluster a look at a manifest and leaves nothing behind, so it is asked by default where the cluster
//! has image streams. A pod on a node is made only when the user asks for it.

use std::time::{Duration, Instant};

use super::Request;
use super::gather::Target;
use crate::apply::pull_check::{LeftBehind, PullCheck, PullChecks};
use crate::cluster::Cluster;
use crate::cluster::opinion::ImportQuestion;
use crate::doctor::evidence::{
    Check, Evidence, Fact, ListOrigin, ObservedFact, SkipReason, Vantage,
};
use crate::doctor::target::{Consumer, Operation};
use crate::doctor::vantage::{self, Heard};
use crate::model::dialect::Dialect;

/// Images that the API server is asked about in one run: each is a request of its own to a registry.
const MOST_IMPORTS: usize = 20;
/// Pods that are made in one run.
const MOST_PODS: usize = 5;
/// A server that imports slowly must not hold up the run.
const IMPORT_LIMIT: Duration = Duration::from_secs(15);
/// How long a kubelet may take for one pull, when the run has that much time.
const POD_LIMIT: Duration = Duration::from_secs(120);

/// Whether others may have something to say on targets that run well: a node that is asked about every image, or the API
/// server where there are few.
pub(super) fn may_differ(request: &Request, targets: usize) -> bool {
    request.from_node.is_some() || targets <= MOST_IMPORTS
}

/// Asks the API server for its opinion on the images of pods and imports. With many targets only what waits is asked about.
pub(super) async fn imports(cluster: &Cluster, targets: &[Target], deadline: Instant) {
    if !matches!(cluster.serves("image.openshift.io").await, Ok(true)) {
        return;
    }
    let mut questions: Vec<(&str, ImportQuestion, Vec<&Target>)> = Vec::new();
    let candidates = targets.iter().filter(|target| may_be_imported(target));
    let many = candidates.clone().count() > MOST_IMPORTS;
    for target in candidates.filter(|target| !many || waits(target)) {
        let Some(namespace) = target.subject.namespace() else {
            continue;
        };
        let insecure = target.insecure || target.subject.plain_http;
        let room = questions.len() < MOST_IMPORTS;
        let known = questions.iter_mut().find(|(place, question, _)| {
            *place == namespace
                && question.image == target.subject.text
                && question.insecure == insecure
        });
        match known {
            Some((_, _, targets)) => targets.push(target),
            None if room => questions.push((
                namespace,
                ImportQuestion {
                    image: target.subject.text.clone(),
                    insecure,
                },
                vec![target],
            )),
            None => {}
        }
    }
    let limit = deadline
        .saturating_duration_since(Instant::now())
        .min(IMPORT_LIMIT);
    let mut namespaces: Vec<&str> = questions.iter().map(|(namespace, ..)| *namespace).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    futures_util::future::join_all(namespaces.into_iter().map(|namespace| {
        let (asked, whose): (Vec<ImportQuestion>, Vec<&Vec<&Target>>) = questions
            .iter()
            .filter(|(place, ..)| *place == namespace)
            .map(|(_, question, targets)| (question.clone(), targets))
            .unzip();
        async move {
            let opinions = cluster.import_opinions(namespace, &asked, limit).await;
            for (opinion, targets) in opinions.iter().zip(whose) {
                for target in targets {
                    note(target, vantage::of_import(opinion, &target.subject.text));
                }
            }
        }
    }))
    .await;
}

fn may_be_imported(target: &Target) -> bool {
    let consumer = matches!(
        target.subject.consumer,
        Consumer::ServiceAccount { .. } | Consumer::Pod { .. } | Consumer::Import { .. }
    );
    target.resolved
        && consumer
        && target.subject.operation.fetches()
        && target.subject.image.is_ok()
}

fn waits(target: &Target) -> bool {
    target.given.holds(|fact| {
        matches!(fact, Fact::Observed(seen) if matches!(**seen, ObservedFact { current: true, .. }))
    })
}

/// Has a kubelet pull each image of the run, one after the other; each pod is named before it is made.
pub(super) async fn nodes(
    checks: &PullChecks,
    node: Option<&str>,
    targets: &[Target],
    deadline: Instant,
    announce: &mut (dyn FnMut(&str) + Send),
) {
    let pulls = targets.iter().filter_map(|target| {
        let subject = &target.subject;
        let wanted =
            target.resolved && subject.operation == Operation::Pull && subject.image.is_ok();
        let check = PullCheck {
            namespace: subject.namespace()?.to_owned(),
            image: subject.text.clone(),
            account: subject.account()?.to_owned(),
            pull_secrets: own_list(target),
            node: node.map(str::to_owned),
            timeout: Duration::ZERO,
        };
        wanted.then_some((target, check))
    });
    for (at, (target, check)) in pulls.enumerate() {
        if at >= MOST_PODS {
            target.given.push([Evidence::skip(
                Check::Observed,
                Vantage::Node,
                SkipReason::OptIn,
                format!("not tried on a node: {MOST_PODS} pods in one run are enough; name fewer targets"),
            )]);
            continue;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let check = PullCheck {
            timeout: left.min(POD_LIMIT),
            ..check
        };
        let opinion = checks.run(check, announce).await;
        note(target, vantage::of_node(&opinion, &target.subject.text));
    }
}

/// The names that a pod has for itself; empty where admission gives it the account's.
fn own_list(target: &Target) -> Vec<String> {
    let mut names = Vec::new();
    if matches!(target.subject.consumer, Consumer::Pod { .. }) {
        target.given.each(|fact| {
            if let Fact::Wiring(wiring) = fact
                && matches!(
                    wiring.origin,
                    ListOrigin::Own { .. } | ListOrigin::Copied { .. }
                )
            {
                names.clone_from(&wiring.secrets);
            }
        });
    }
    names
}

/// Waits until no pod of ours is left, and says what could not be deleted.
pub(super) async fn clean_up(
    checks: &PullChecks,
    client: &str,
    announce: &mut (dyn FnMut(&str) + Send),
) {
    for left in checks.finish().await {
        let LeftBehind {
            namespace,
            pod,
            why,
        } = &left;
        announce(&format!(
            "pod {namespace}/{pod} could not be deleted: {why}; `{}` does it",
            left.command(client).join(" ")
        ));
    }
}

fn note(target: &Target, heard: Heard) {
    match heard {
        Heard::Said(fact) => {
            let fact = Fact::Opinion(fact);
            target.given.facts([fact], Dialect::Distribution);
        }
        // Where nobody can be asked there is nothing to say.
        Heard::Nothing {
            skip: SkipReason::NotApplicable,
            ..
        } => {}
        Heard::Nothing {
            vantage,
            who,
            why,
            skip,
        } => target.given.push([Evidence::skip(
            Check::Observed,
            vantage,
            skip,
            format!("{who} was not asked: {why}"),
        )]),
    }
}
