//! From a run's diagnoses to the report: every text cleaned of control characters and bounded, no secret, no inner type.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{
    API_VERSION, CauseCount, Changed, Cluster, Consumer, Evidence, Involved, Judged, KIND, Names,
    Observed, Remedy, Report, SecretName, Summary, Target, Tool, Word,
};
use crate::doctor::causes::Cause;
use crate::doctor::diagnosis::{self, ClusterName, Diagnosis, Outcome, Verdict};
use crate::doctor::evidence::{self, Fact, SkipReason, Status, id_of};
use crate::doctor::rank::confidence;
use crate::doctor::{remedies, target};
use crate::ui::sanitize_line;

/// Longest text of one field; what registries say has been cut before, this bounds the rest.
const LONGEST: usize = 2000;

impl Report {
    /// The report of a run; `interrupted` where the user stopped it.
    pub fn of(run: &diagnosis::Report, interrupted: bool) -> Self {
        let mut names = Names::default();
        for diagnosis in &run.results {
            names.note(diagnosis);
        }
        names.note_run(run);
        let results: Vec<Judged> = run.results.iter().map(judged).collect();
        Self {
            api_version: Word::Borrowed(API_VERSION),
            kind: Word::Borrowed(KIND),
            tool: Tool {
                name: Word::Borrowed(env!("CARGO_PKG_NAME")),
                version: Word::Borrowed(env!("CARGO_PKG_VERSION")),
                command: Some(match run.setting.client() {
                    "kubectl" => Word::Borrowed("kubectl extreg"),
                    _ => Word::Borrowed("oc extreg"),
                }),
            },
            started_at: run.started_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            elapsed_ms: millis(run.elapsed),
            interrupted,
            redacted: false,
            cluster: run.cluster.as_ref().map(cluster),
            summary: Summary::of(&results),
            results,
            names,
        }
    }
}

impl Summary {
    /// Counts results.
    pub fn of(results: &[Judged]) -> Self {
        let count = |outcome| {
            results
                .iter()
                .filter(|result| result.outcome() == outcome)
                .count()
        };
        let mut targets: BTreeMap<&Word, usize> = BTreeMap::new();
        for cause in results.iter().filter_map(|result| result.cause.as_ref()) {
            *targets.entry(cause).or_default() += 1;
        }
        let mut causes: Vec<CauseCount> = targets
            .into_iter()
            .map(|(cause, targets)| CauseCount {
                cause: cause.clone(),
                targets,
            })
            .collect();
        causes.sort_by_key(|count| std::cmp::Reverse(count.targets));
        Self {
            checked: results.len(),
            healthy: count(Outcome::Healthy),
            failed: count(Outcome::Failed),
            undetermined: count(Outcome::Undetermined),
            causes,
        }
    }
}

fn cluster(name: &ClusterName) -> Cluster {
    Cluster {
        context: name.context.as_deref().map(clean),
        server: clean(&name.server),
        kubernetes: name.kubernetes.as_deref().map(clean),
        openshift: name.openshift.as_deref().map(clean),
        namespace: name.namespace.as_deref().map(clean),
    }
}

/// One diagnosis as a result of the report.
pub fn judged(diagnosis: &Diagnosis) -> Judged {
    let (cause, alternatives) = diagnosis.verdict.causes();
    Judged {
        target: target(&diagnosis.subject.target),
        image: clean(&diagnosis.subject.text),
        operation: Word::Borrowed(diagnosis.subject.operation.word()),
        consumer: Some(consumer(&diagnosis.subject.consumer)),
        status: Word::Borrowed(diagnosis.outcome().word()),
        cause: cause.map(|cause| Word::Borrowed(cause.id())),
        family: cause.map(|cause| Word::Borrowed(cause.family())),
        alternatives: ids(alternatives),
        settled_by: settled_by(&diagnosis.verdict),
        confidence: Word::Borrowed(confidence(&diagnosis.verdict).word()),
        summary: clean(&diagnosis.summary()),
        involves: involves(&diagnosis.verdict),
        because: diagnosis.because().iter().map(|at| id_of(*at)).collect(),
        observed: observed(diagnosis),
        ruled_out: ids(&diagnosis.ruled_out),
        remedies: diagnosis.remedies().iter().map(remedy).collect(),
        evidence: evidence(diagnosis),
    }
}

fn ids(causes: &[Cause]) -> Vec<Word> {
    causes
        .iter()
        .map(|cause| Word::Borrowed(cause.id()))
        .collect()
}

fn target(target: &target::TargetRef) -> Target {
    let (object, container) = match target {
        target::TargetRef::Image => (None, None),
        target::TargetRef::Object { object, container } => (Some(object), container.as_deref()),
    };
    Target {
        kind: Word::Borrowed(target.kind()),
        namespace: object.and_then(|object| object.namespace.as_deref().map(clean)),
        name: object.map(|object| clean(&object.name)),
        container: container.map(clean),
    }
}

fn consumer(consumer: &target::Consumer) -> Consumer {
    use target::Consumer as C;
    let (kind, file) = match consumer {
        C::ServiceAccount { .. } => ("ServiceAccount", None),
        C::Pod { .. } => ("Pod", None),
        C::Import { .. } => ("Import", None),
        C::BuildPull { .. } => ("BuildPull", None),
        C::BuildPush { .. } => ("BuildPush", None),
        C::AuthFile { path } => ("AuthFile", Some(clean(path))),
        C::Anonymous => ("Anonymous", None),
        C::Credential => ("Credential", None),
    };
    Consumer {
        kind: Word::Borrowed(kind),
        namespace: consumer.namespace().map(clean),
        account: consumer.account().map(clean),
        file,
    }
}

fn settled_by(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Found { finding, .. } => finding.settle.as_deref().map(clean),
        _ => None,
    }
}

fn involves(verdict: &Verdict) -> Option<Involved> {
    let Verdict::Found { finding, .. } = verdict else {
        return None;
    };
    let names = &finding.names;
    let involved = Involved {
        secret: names.secret.as_ref().map(|(namespace, name)| SecretName {
            namespace: clean(namespace),
            name: clean(name),
        }),
        key: names.key.as_deref().map(clean),
        registry: names.registry.as_deref().map(clean),
        image: names.image.as_deref().map(clean),
    };
    (involved != Involved::default()).then_some(involved)
}

fn observed(diagnosis: &Diagnosis) -> Option<Observed> {
    let (at, seen) = diagnosis.observed_at()?;
    Some(Observed {
        source: Word::Borrowed(seen.source.word()),
        message: clean(&seen.message),
        points_at: Some(Word::Borrowed(seen.points_at)),
        misleading: diagnosis.is_misled_by(seen),
        evidence: Some(id_of(at)),
    })
}

fn remedy(remedy: &remedies::Remedy) -> Remedy {
    Remedy {
        summary: clean(&remedy.summary),
        applicability: Word::Borrowed(remedy.applicability.word()),
        changes: remedy.changes.iter().map(changed).collect(),
        commands: remedy
            .commands
            .iter()
            .map(|command| command.iter().map(|argument| clean(argument)).collect())
            .collect(),
    }
}

fn changed(changed: &remedies::Changed) -> Changed {
    Changed {
        api_version: Word::Borrowed(changed.api_version),
        kind: Word::Borrowed(changed.kind),
        namespace: changed.namespace.as_deref().map(clean),
        name: clean(&changed.name),
    }
}

fn evidence(diagnosis: &Diagnosis) -> Vec<Evidence> {
    // Of a manifest that was asked for with several credentials the last answer is the one that counts.
    let last = diagnosis
        .evidence
        .facts(|fact| match fact {
            Fact::Manifest(view) => Some(view.credential),
            _ => None,
        })
        .last()
        .map(|(_, credential)| credential);
    let aside = |item: &evidence::Evidence| match &item.fact {
        // A secret that matches is named with the login that it gives.
        Some(Fact::Source(_)) => item.status == Status::Pass,
        Some(Fact::Manifest(view)) => last.is_some_and(|last| last != view.credential),
        _ => false,
    };
    let items = diagnosis.evidence.iter().enumerate();
    items
        .map(|(at, item)| Evidence {
            id: id_of(at),
            check: Word::Borrowed(item.check.word()),
            vantage: Word::Borrowed(item.vantage.word()),
            status: Word::Borrowed(item.status.word()),
            detail: clean(&item.detail),
            elapsed_ms: item.elapsed.map(millis),
            skip_reason: item.skip_reason.map(SkipReason::word).map(Word::Borrowed),
            assumed: match &item.fact {
                Some(Fact::Chain(chain)) => chain.assumed.as_deref().map(clean),
                _ => None,
            },
            aside: aside(item),
        })
        .collect()
}

/// One line, bounded, without control characters. Doing it twice changes nothing.
pub(super) fn clean(text: &str) -> String {
    sanitize_line(text, LONGEST)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
