//! One run of `doctor`: reads the cluster once, makes one client a registry, probes all targets at the same time, and judges
//! each.

mod gather;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use jiff::Timestamp;

use super::diagnosis::{Diagnosis, Report};
use super::evidence::{Check, Evidence, Fact, MirrorTrial, SkipReason, TrialOutcome, Vantage};
use super::rank;
use super::schedule::Leg;
use super::sink::{Sink, Writer};
use super::target::{Consumer, Operation, Subject};
use crate::cluster::Cluster;
use crate::env::Env;
use crate::error::Error;
use crate::model::dialect::Dialect;
use crate::model::platform::Platform;
use crate::registry::Registry;

use gather::{Gathered, Target};

/// Targets that are probed at the same time.
const AT_ONCE: usize = 8;

/// What to look at, and how.
#[derive(Debug, Clone)]
pub struct Request {
    pub images: Vec<String>,
    /// `-a FILE`.
    pub registry_config: Option<PathBuf>,
    pub registry_ca: Option<PathBuf>,
    pub plain_http: bool,
    pub platform: Option<Platform>,
    /// `--push`.
    pub push: bool,
    /// `-z`.
    pub account: String,
    /// For the whole run.
    pub timeout: Duration,
    /// Ports that are tried when no registry is where it should be, and whether by TLS.
    pub usual_ports: Vec<(u16, bool)>,
    /// The client through which the user calls, `oc` or `kubectl`.
    pub client: &'static str,
}

/// A report, and whether the run was cut off by the user.
pub struct Outcome {
    pub report: Report,
    pub interrupted: bool,
}

/// Probes and judges all targets. `announce` is told of everything that writes before it runs; when `interrupt` ends, so
/// does the run, with what is known by then.
///
/// # Errors
///
/// When the work cannot be done at all: files that cannot be read, a cluster that cannot be reached, a service account
/// that does not exist.
pub async fn run(
    env: &Env,
    cluster: Option<&Cluster>,
    request: &Request,
    announce: &mut (dyn FnMut(&str) + Send),
    interrupt: impl Future<Output = ()>,
) -> Result<Outcome, Error> {
    let (started, started_at) = (Instant::now(), Timestamp::now());
    let deadline = started + request.timeout;
    tokio::pin!(interrupt);
    let gathered = tokio::select! {
        gathered = Box::pin(gather::gather(env, cluster, request, started_at, deadline)) => gathered?,
        () = &mut interrupt => return Err(Error::exit_only(crate::error::Kind::Interrupted)),
    };
    let Gathered {
        targets,
        setting,
        cluster: name,
        registries,
    } = gathered;
    let interrupted = tokio::select! {
        () = probe_all(&targets, request.push, announce) => false,
        () = &mut interrupt => true,
    };
    let results = targets
        .iter()
        .flat_map(|target| judged(target, &setting, request.push, interrupted))
        .collect();
    let exchanges = registries
        .iter()
        .flat_map(|registry| registry.exchanges())
        .collect();
    Ok(Outcome {
        report: Report {
            started_at,
            elapsed: started.elapsed(),
            cluster: name,
            setting,
            results,
            exchanges,
        },
        interrupted,
    })
}

async fn probe_all(targets: &[Target], push: bool, announce: &mut (dyn FnMut(&str) + Send)) {
    futures_util::stream::iter(targets.iter().map(probe))
        .buffer_unordered(AT_ONCE)
        .collect::<()>()
        .await;
    if !push {
        return;
    }
    // One after the other, each named before it begins.
    for leg in targets.iter().filter_map(|target| target.push.as_ref()) {
        let image = leg.subject.text.clone();
        leg.push(&mut |way| announce(&format!("push check of {image}: {way}")))
            .await;
    }
}

/// The source and all mirrors of one target.
async fn probe(target: &Target) {
    let source = async {
        if let Some(leg) = &target.pull {
            leg.pull().await;
        }
    };
    let mirrors =
        futures_util::future::join_all(target.mirrors.iter().map(|mirror| mirror.leg.pull()));
    tokio::join!(source, mirrors);
}

/// The results of one target: its pull, and its push where that was asked for.
fn judged(
    target: &Target,
    setting: &super::diagnosis::Setting,
    push: bool,
    interrupted: bool,
) -> Vec<Diagnosis> {
    let mut evidence = target.given.taken();
    evidence.extend(trials(target, setting, interrupted));
    let mut subject = target.subject.clone();
    if let Some(leg) = &target.pull {
        evidence.extend(leg.sink.taken());
        subject.plain_http = speaks_plain_http(&leg.subject, &evidence);
    }
    // What the transport and the lack of credentials make needless was not cut off.
    let mut needless = Vec::new();
    needless.extend(subject.plain_http.then_some(Check::Tls));
    needless.extend((subject.consumer == Consumer::Anonymous).then_some(Check::Login));
    if interrupted {
        mark_interrupted(&mut evidence, &needless);
    }
    let mut results = vec![rank::diagnose(subject.clone(), evidence, setting)];
    if push {
        let mut evidence = target.push_given.taken();
        if let Some(leg) = &target.push {
            evidence.extend(leg.sink.taken());
        }
        if interrupted {
            needless.extend([
                Check::Manifest,
                Check::Platform,
                Check::Blobs,
                Check::Permission,
            ]);
            mark_interrupted(&mut evidence, &needless);
        }
        let subject = Subject {
            operation: Operation::Push,
            ..subject
        };
        results.push(rank::diagnose(subject, evidence, setting));
    }
    results
}

/// Plain HTTP was asked for, or is what the registry was reached by (there is a connection and no TLS stage).
fn speaks_plain_http(subject: &Subject, evidence: &[Evidence]) -> bool {
    let saw = |check: Check| {
        evidence
            .iter()
            .any(|item| item.check == check && item.vantage == Vantage::Here)
    };
    subject.plain_http || (saw(Check::Registry) && !saw(Check::Tls))
}

/// Each mirror's own diagnosis in short, as evidence on the target.
fn trials(
    target: &Target,
    setting: &super::diagnosis::Setting,
    interrupted: bool,
) -> Vec<Evidence> {
    let sink = Sink::default();
    let write = Writer {
        sink: &sink,
        subject: &target.subject,
        candidates: &[],
    };
    for (place, mirror) in target.mirrors.iter().enumerate() {
        let mut evidence = mirror.given.taken();
        evidence.extend(mirror.leg.sink.taken());
        if interrupted {
            mark_interrupted(&mut evidence, &[]);
        }
        let setting = super::diagnosis::Setting {
            cluster: true,
            openshift: false,
            trusted_ca: None,
            client: setting.client,
            flags: setting.flags.clone(),
            push: setting.push,
        };
        let mut subject = mirror.leg.subject.clone();
        subject.plain_http = speaks_plain_http(&subject, &evidence);
        let diagnosis = rank::diagnose(subject, evidence, &setting);
        let summary = diagnosis.summary();
        let outcome = match (diagnosis.outcome(), diagnosis.cause()) {
            (super::diagnosis::Outcome::Healthy, _) => TrialOutcome::Healthy,
            (_, Some(cause)) => TrialOutcome::Failed { cause, summary },
            (_, None) => TrialOutcome::Undetermined { summary },
        };
        let fact = Fact::MirrorTrial(MirrorTrial {
            place,
            mirror: mirror.name.clone(),
            outcome,
        });
        write.facts([fact], Dialect::Distribution);
    }
    sink.taken()
}

/// Stages that were not reached when the user stopped the run say so, and do not pass for unneeded.
fn mark_interrupted(evidence: &mut Vec<Evidence>, unneeded: &[Check]) {
    let missing = Check::ALL.into_iter().filter(|check| {
        !matches!(
            check,
            Check::Policy | Check::Mirror | Check::Push | Check::Wiring | Check::Observed
        ) && !unneeded.contains(check)
    });
    for check in missing {
        if !evidence.iter().any(|item| item.check == check) {
            evidence.push(Evidence::skip(
                check,
                Vantage::Here,
                SkipReason::TimedOut,
                "interrupted",
            ));
        }
    }
}

/// The registries of a run, one client each.
type Registries = BTreeMap<String, Arc<Registry>>;

/// A mirror of a target, to be asked like an image of its own.
pub(super) struct MirrorLeg {
    name: String,
    given: Sink,
    leg: Leg,
}
