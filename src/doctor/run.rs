//! One run of `doctor`: reads the cluster once, makes one client a registry, probes all targets at the same time, and judges
//! each.

mod elsewhere;
mod gather;
mod opinions;
mod probing;
mod settle;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::diagnosis::{Diagnosis, Report};
use super::evidence::{
    About, CandidateFact, Check, Evidence, Fact, MirrorTrial, SkipReason, TrialOutcome, Vantage,
    describe,
};
use super::rank;
use super::schedule::Leg;
use super::sink::Sink;
use super::target::{Consumer, Subject};
use super::targets::Wanted;
use super::targets::planned::Planned;
use crate::apply::pull_check::PullChecks;
use crate::cluster::Cluster;
use crate::env::Env;
use crate::error::Error;
use crate::model::dialect::Dialect;
use crate::model::platform::Platform;
use crate::registry::Registry;

use gather::{Gathered, Target};
use settle::Settling;

/// What to look at, and how.
#[derive(Debug, Clone)]
pub struct Request {
    pub wanted: Wanted,
    /// `-l`: which objects of a kind, or of a look at everything.
    pub selector: Option<String>,
    /// `-A`.
    pub all_namespaces: bool,
    /// `-a FILE`.
    pub registry_config: Option<PathBuf>,
    pub registry_ca: Option<PathBuf>,
    pub plain_http: bool,
    pub platform: Option<Platform>,
    /// `--push`.
    pub push: bool,
    /// `--from-node [NODE]`.
    pub from_node: Option<Option<String>>,
    /// `-z`: the account that pulls images of the command line.
    pub account: String,
    /// Objects as a plan would leave them, in the place of what is there.
    pub planned: Planned,
    /// The images' configurations are read, for [`Diagnosis::image_config`].
    pub read_config: bool,
    /// For the whole run.
    pub timeout: Duration,
    /// Ports that are tried when no registry is where it should be, and whether by TLS.
    pub usual_ports: Vec<(u16, bool)>,
    /// The client through which the user calls, `oc` or `kubectl`.
    pub client: &'static str,
    /// `-vv`: what registries answer is kept with headers and bodies.
    pub record_in_full: bool,
}

/// A report, and whether the run was cut off by the user.
pub struct Outcome {
    pub report: Report,
    /// What there is to say beside the results, a sentence each.
    pub remarks: Vec<String>,
    pub interrupted: bool,
}

/// Probes and judges all targets. `announce` is told of everything that writes before it runs, `progress` how many images of
/// how many were asked about; when `interrupt` ends, so does the run, with what is known by then.
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
    progress: &(dyn Fn(usize, usize) + Sync),
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
        mut targets,
        legs,
        setting,
        cluster: name,
        mut registries,
        remarks,
        mut wallets,
        secrets,
    } = gathered;
    let checks = cluster.map(PullChecks::new);
    let mut settling = if opinions::may_differ(request, targets.len()) {
        Settling::none(&setting)
    } else {
        Settling::take(&mut targets, &setting)
    };
    let mut interrupted = {
        let probing = probing::probe(legs, request.push, &mut settling, announce, progress);
        let asking = ask_all(cluster, &targets, deadline, probing);
        tokio::select! {
            () = Box::pin(asking) => false,
            () = &mut interrupt => true,
        }
    };
    let (mut results, open) = settling.end();
    targets.extend(open);
    if let (Some(checks), Some(node)) = (&checks, &request.from_node) {
        let node = node.as_deref();
        if !interrupted {
            tokio::select! {
                () = Box::pin(opinions::nodes(checks, node, &targets, deadline, announce)) => {}
                () = &mut interrupt => interrupted = true,
            }
        }
        // Also after Ctrl-C: a pod that was made is taken away again.
        opinions::clean_up(checks, setting.client(), announce).await;
    }
    if let Some(cluster) = cluster.filter(|_| !interrupted) {
        let listed = secrets.as_deref();
        let looking = elsewhere::look(cluster, listed, &mut targets, &mut wallets, &setting);
        let limit = tokio::time::Instant::from_std(deadline);
        tokio::select! {
            looked = tokio::time::timeout_at(limit, Box::pin(looking)) => {
                registries.extend(looked.into_iter().flatten());
            }
            () = &mut interrupt => interrupted = true,
        }
    }
    results.extend(targets.into_iter().map(|target| {
        let diagnosis = judged(&target, &setting, interrupted);
        (target.place, diagnosis)
    }));
    results.sort_unstable_by_key(|(place, _)| *place);
    let results = results.into_iter().map(|(_, result)| result).collect();
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
        remarks,
        interrupted,
    })
}

/// From here and from the API server at the same time.
async fn ask_all(
    cluster: Option<&Cluster>,
    targets: &[Target],
    deadline: Instant,
    probing: impl Future<Output = ()>,
) {
    let imports = async {
        if let Some(cluster) = cluster {
            opinions::imports(cluster, targets, deadline).await;
        }
    };
    tokio::join!(Box::pin(probing), Box::pin(imports));
}

/// The result of one target.
fn judged(target: &Target, setting: &super::diagnosis::Setting, interrupted: bool) -> Diagnosis {
    keep_quiet(target);
    let mut subject = target.subject.clone();
    let mut evidence = target.given.taken(&subject, &target.candidates);
    evidence.extend(trials(target, setting, interrupted));
    if let Some(leg) = &target.leg {
        evidence.extend(leg.sink.taken(&subject, &target.candidates));
        subject.plain_http = speaks_plain_http(&leg.subject, &evidence);
    }
    if interrupted {
        // What the transport, the lack of credentials and the operation make needless was not cut off.
        let mut needless = Vec::new();
        needless.extend(subject.plain_http.then_some(Check::Tls));
        needless.extend((subject.consumer == Consumer::Anonymous).then_some(Check::Login));
        if !subject.operation.fetches() {
            needless.extend([
                Check::Manifest,
                Check::Platform,
                Check::Blobs,
                Check::Permission,
            ]);
        }
        mark_interrupted(&mut evidence, &needless);
    }
    rank::diagnose(subject, evidence, setting)
}

/// Takes the credentials of the target out of what its node and the API server say, who may repeat what they sent.
fn keep_quiet(target: &Target) {
    let source = target.leg.iter().map(|leg| &leg.registry);
    let mirrors = target.mirrors.iter().map(|mirror| &mirror.leg.registry);
    for registry in source.chain(mirrors) {
        target
            .given
            .clean_words(|words| registry.without_secrets(words));
        if let Some(leg) = &target.leg {
            leg.sink
                .clean_words(|words| registry.without_secrets(words));
        }
    }
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
    let mut found = Vec::new();
    for (place, mirror) in target.mirrors.iter().enumerate() {
        let mut subject = mirror.subject.clone();
        let mut evidence = mirror.given.taken(&subject, &mirror.candidates);
        evidence.extend(mirror.leg.sink.taken(&subject, &mirror.candidates));
        if interrupted {
            mark_interrupted(&mut evidence, &[]);
        }
        let setting = super::diagnosis::Setting {
            cluster: true,
            openshift: false,
            trusted_ca: None,
            no_proxy: None,
            client: setting.client,
            flags: setting.flags.clone(),
            push: setting.push,
        };
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
        let about = About {
            subject: &target.subject,
            dialect: Dialect::Distribution,
            candidates: &[],
        };
        found.extend(describe(fact, &about));
    }
    found
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

/// The registries of a run, one client each; two where some consumers take any certificate and plain HTTP (`true`) and others
/// do not.
type Registries = BTreeMap<(String, bool), Arc<Registry>>;

/// A mirror of a target, to be asked like an image of its own.
pub(super) struct MirrorLeg {
    name: String,
    given: Sink,
    subject: Subject,
    candidates: Vec<CandidateFact>,
    leg: Arc<Leg>,
}
