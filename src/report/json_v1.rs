//! The report as JSON, version `extreg.dev/v1`: structs of its own, so that the inner types may change freely.
//!
//! Within v1 fields and values are only added. The published schema is `docs/doctor-report.schema.json`.

use serde::Serialize;

use crate::doctor::causes::Cause;
use crate::doctor::diagnosis::{ClusterName, Diagnosis, Outcome, Report};
use crate::doctor::evidence::{Evidence, SkipReason, id_of};
use crate::doctor::rank::confidence;
use crate::doctor::remedies::{Changed, Remedy};
use crate::doctor::target::TargetRef;
use crate::ui::sanitize_line;

/// Longest text of one field; what registries say has been cut before, this bounds the rest.
const LONGEST: usize = 2000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportV1<'a> {
    api_version: &'static str,
    kind: &'static str,
    tool: ToolV1,
    started_at: String,
    elapsed_ms: u64,
    cluster: Option<ClusterV1<'a>>,
    summary: SummaryV1,
    results: Vec<ResultV1>,
}

#[derive(Serialize)]
struct ToolV1 {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct ClusterV1<'a> {
    context: Option<&'a str>,
    server: &'a str,
    kubernetes: Option<&'a str>,
    openshift: Option<&'a str>,
}

#[derive(Serialize)]
struct SummaryV1 {
    checked: usize,
    healthy: usize,
    failed: usize,
    undetermined: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultV1 {
    target: TargetV1,
    image: String,
    operation: &'static str,
    status: &'static str,
    cause: Option<&'static str>,
    family: Option<&'static str>,
    alternatives: Vec<&'static str>,
    confidence: &'static str,
    summary: String,
    because: Vec<String>,
    /// What the cluster reported on the target; null where it reported nothing.
    observed: Option<ObservedV1>,
    ruled_out: Vec<&'static str>,
    remedies: Vec<RemedyV1>,
    evidence: Vec<EvidenceV1>,
}

#[derive(Serialize)]
struct TargetV1 {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObservedV1 {
    source: &'static str,
    message: String,
    points_at: &'static str,
    /// The words point at another family than the cause is of.
    misleading: bool,
}

#[derive(Serialize)]
struct RemedyV1 {
    summary: String,
    applicability: &'static str,
    changes: Vec<ChangedV1>,
    commands: Vec<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangedV1 {
    api_version: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EvidenceV1 {
    id: String,
    check: &'static str,
    vantage: &'static str,
    status: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip_reason: Option<&'static str>,
}

/// The report, indented, with a line end.
pub fn render(report: &Report) -> String {
    let value = ReportV1 {
        api_version: "extreg.dev/v1",
        kind: "DoctorReport",
        tool: ToolV1 {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        },
        started_at: report.started_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        elapsed_ms: millis(report.elapsed),
        cluster: report.cluster.as_ref().map(cluster),
        summary: SummaryV1 {
            checked: report.results.len(),
            healthy: report.count(Outcome::Healthy),
            failed: report.count(Outcome::Failed),
            undetermined: report.count(Outcome::Undetermined),
        },
        results: report.results.iter().map(result).collect(),
    };
    // Writing plain structs of strings and numbers into memory has no way to fail.
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

fn cluster(name: &ClusterName) -> ClusterV1<'_> {
    ClusterV1 {
        context: name.context.as_deref(),
        server: &name.server,
        kubernetes: name.kubernetes.as_deref(),
        openshift: name.openshift.as_deref(),
    }
}

fn result(diagnosis: &Diagnosis) -> ResultV1 {
    let (cause, alternatives) = diagnosis.verdict.causes();
    ResultV1 {
        target: target(&diagnosis.subject.target),
        image: clean(&diagnosis.subject.text),
        operation: diagnosis.subject.operation.word(),
        status: diagnosis.outcome().word(),
        cause: cause.map(Cause::id),
        family: cause.map(Cause::family),
        alternatives: alternatives.iter().map(|cause| cause.id()).collect(),
        confidence: confidence(&diagnosis.verdict).word(),
        summary: clean(&diagnosis.summary()),
        because: diagnosis.because().iter().map(|at| id_of(*at)).collect(),
        observed: observed(diagnosis),
        ruled_out: diagnosis.ruled_out.iter().map(|cause| cause.id()).collect(),
        remedies: diagnosis.remedies().iter().map(remedy).collect(),
        evidence: diagnosis
            .evidence
            .iter()
            .enumerate()
            .map(|(at, item)| evidence(at, item))
            .collect(),
    }
}

fn target(target: &TargetRef) -> TargetV1 {
    let (object, container) = match target {
        TargetRef::Image => (None, None),
        TargetRef::Object { object, container } => (Some(object), container.as_deref()),
    };
    TargetV1 {
        kind: target.kind(),
        namespace: object.and_then(|object| object.namespace.clone()),
        name: object.map(|object| clean(&object.name)),
        container: container.map(clean),
    }
}

fn observed(diagnosis: &Diagnosis) -> Option<ObservedV1> {
    let seen = diagnosis.observed()?;
    Some(ObservedV1 {
        source: seen.source.word(),
        message: clean(&seen.message),
        points_at: seen.points_at,
        misleading: diagnosis.is_misled_by(seen),
    })
}

fn remedy(remedy: &Remedy) -> RemedyV1 {
    RemedyV1 {
        summary: clean(&remedy.summary),
        applicability: remedy.applicability.word(),
        changes: remedy.changes.iter().map(changed).collect(),
        commands: remedy
            .commands
            .iter()
            .map(|command| command.iter().map(|argument| clean(argument)).collect())
            .collect(),
    }
}

fn changed(changed: &Changed) -> ChangedV1 {
    ChangedV1 {
        api_version: changed.api_version,
        kind: changed.kind,
        namespace: changed.namespace.clone(),
        name: changed.name.clone(),
    }
}

fn evidence(at: usize, item: &Evidence) -> EvidenceV1 {
    EvidenceV1 {
        id: id_of(at),
        check: item.check.word(),
        vantage: item.vantage.word(),
        status: item.status.word(),
        detail: clean(&item.detail),
        elapsed_ms: item.elapsed.map(millis),
        skip_reason: item.skip_reason.map(SkipReason::word),
    }
}

fn clean(text: &str) -> String {
    sanitize_line(text, LONGEST)
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
