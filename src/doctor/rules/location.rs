//! The credentials are not the problem, the image is not there: reference, host, port, platform, manifest, blobs, mirrors.

use super::{Case, Rule};
use crate::doctor::answer::Meaning;
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{Fact, MirrorPlan, MirrorTrial, TrialOutcome, short_digest};
use crate::doctor::finding::Finding;
use crate::doctor::target::Puller;
use crate::model::image::ImageReference;
use crate::model::observation::{ConnectFault, ManifestFact, ManifestKind, Mismatch, PingKind};
use crate::model::sanitize::sanitize_line;

pub(super) const RULES: &[Rule] = &[
    invalid_reference,
    not_a_registry,
    wrong_port,
    platform_missing,
    manifest_unsupported,
    entry_unsupported,
    pinned_by_another_algorithm,
    blob_missing,
    mirror,
];

fn invalid_reference(case: &Case<'_>) -> Option<Finding> {
    let (at, error) = case.one(|fact| match fact {
        Fact::Reference(Err(error)) => Some(error),
        _ => None,
    })?;
    Some(
        Finding::certain(
            Cause::InvalidReference,
            vec![at],
            sanitize_line(&error.rule.to_string(), 200),
        )
        .image(error.suggestion.clone()),
    )
}

fn not_a_registry(case: &Case<'_>) -> Option<Finding> {
    let (at, ping) = case.ping?;
    let (why, title) = match &ping.kind {
        PingKind::NotARegistry { why, title, .. } => (why.as_str(), title.as_ref()),
        PingKind::Unproven if case.delivered().is_none() => {
            ("it answers /v2/ with something that no registry says", None)
        }
        _ => return None,
    };
    let page = title
        .map(|title| format!(" (a page called {:?})", sanitize_line(title, 40)))
        .unwrap_or_default();
    Some(Finding::certain(
        Cause::NotARegistry,
        vec![at],
        format!(
            "{} answers, and no registry does: {}{page}",
            case.subject.registry(),
            sanitize_line(why, 100)
        ),
    ))
}

fn wrong_port(case: &Case<'_>) -> Option<Finding> {
    let failed = case
        .tcp()
        .filter(|(_, stage)| matches!(stage.result, Err(ConnectFault::Refused)))
        .map(|(at, _)| at)
        .or_else(|| {
            case.ping
                .filter(|(_, ping)| {
                    matches!(
                        ping.kind,
                        PingKind::NotARegistry { .. } | PingKind::Unproven
                    )
                })
                .map(|(at, _)| at)
        })?;
    let image = case.subject.image.as_ref().ok()?;
    let (found_at, port) = case
        .other_ports()
        .into_iter()
        .find(|(_, port)| port.registry && own_port(case) != Some(port.port))?;
    let host = host_of(image.registry());
    let place = match (port.https, port.port) {
        (true, 443) => host.to_owned(),
        (_, number) => format!("{host}:{number}"),
    };
    let tail = image
        .to_string()
        .strip_prefix(image.registry())
        .unwrap_or_default()
        .to_owned();
    let scheme = if port.https { "" } else { ", over plain HTTP" };
    Some(
        Finding::certain(
            Cause::WrongPort,
            vec![failed, found_at],
            format!(
                "no registry on {}; one answers on port {}{scheme}",
                image.registry(),
                port.port
            ),
        )
        .image(Some(format!("{place}{tail}"))),
    )
}

/// The port that was dialled.
fn own_port(case: &Case<'_>) -> Option<u16> {
    let registry = case.subject.registry();
    match registry.rsplit_once(':') {
        Some((_, port)) if !registry.ends_with(']') => port.parse().ok(),
        _ => Some(if case.subject.plain_http { 80 } else { 443 }),
    }
}

fn host_of(registry: &str) -> &str {
    match registry.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => registry,
    }
}

fn platform_missing(case: &Case<'_>) -> Option<Finding> {
    let (at, offered) = case.one(|fact| match fact {
        Fact::Platforms(offered) => Some(offered),
        _ => None,
    })?;
    let wanted = &case.subject.platforms;
    let served = |platform: &&crate::model::platform::Platform| {
        offered.iter().any(|offered| platform.accepts(offered))
    };
    if wanted.is_empty() || wanted.iter().any(|platform| served(&platform)) {
        return None;
    }
    let words = |platforms: &[crate::model::platform::Platform]| {
        platforms
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let offers = if offered.is_empty() {
        "no platform at all".to_owned()
    } else {
        words(offered)
    };
    let (manifest, _) = case.manifest()?;
    Some(Finding::certain(
        Cause::PlatformMissing,
        vec![manifest.at, at],
        format!(
            "the image is for {offers}; {} wants {}",
            case.subject.platforms_from,
            words(wanted)
        ),
    ))
}

fn manifest_unsupported(case: &Case<'_>) -> Option<Finding> {
    if !case.is_pull() {
        return None;
    }
    if let Some(attempt) = case.failing()
        && let Meaning::Unsupported { words } = &attempt.meaning
    {
        return Some(Finding::certain(
            Cause::ManifestUnsupported,
            vec![attempt.at],
            format!("the registry has it in a form that runtimes do not take: {words}"),
        ));
    }
    let (attempt, manifest) = case.manifest()?;
    // Bytes that are not those of the digest say nothing on what is stored.
    if manifest.asked_digest.is_some() {
        return None;
    }
    match &manifest.kind {
        ManifestKind::Image { .. } => return None,
        ManifestKind::Index { children } if !children.is_empty() => return None,
        _ => {}
    }
    Some(Finding::certain(
        Cause::ManifestUnsupported,
        vec![attempt.at],
        format!(
            "the registry hands out {}",
            sanitize_line(&manifest.kind.words(), 120)
        ),
    ))
}

/// The entry of an index that would be taken is no image: another index, into which containerd alone goes, or something that
/// nobody runs.
fn entry_unsupported(case: &Case<'_>) -> Option<Finding> {
    let (attempt, _) = case.manifest()?;
    case.bad_blobs().into_iter().find_map(|(at, view)| {
        let entry = short_digest(&view.descriptor.digest);
        let because = vec![attempt.at, at];
        match view.mismatch.as_ref()? {
            Mismatch::Index => {
                let summary = format!(
                    "the entry {entry} of the index is an index itself, into which CRI-O and Docker do not go"
                );
                Some(match case.subject.puller {
                    Puller::ContainersImage | Puller::Docker | Puller::Containerd => {
                        Finding::certain(Cause::ManifestUnsupported, because, summary)
                    }
                    Puller::Importer | Puller::Unknown => {
                        Finding::likely(Cause::ManifestUnsupported, because, summary)
                            .settled_by("which runtime the nodes have: containerd goes into it")
                    }
                })
            }
            Mismatch::NoImage { what } => Some(Finding::certain(
                Cause::ManifestUnsupported,
                because,
                format!(
                    "the entry {entry} of the index is {}",
                    sanitize_line(what, 120)
                ),
            )),
            Mismatch::Size { .. } | Mismatch::Digest { .. } => None,
        }
    })
}

/// A pin by SHA-512. Runtimes compare a manifest with SHA-256 whatever the pin says, and refuse it (containers/image
/// `manifest.MatchesDigest`; containerd's content store digests with `digest.Canonical`).
fn pinned_by_another_algorithm(case: &Case<'_>) -> Option<Finding> {
    let image = case.subject.image.as_ref().ok()?;
    let pinned = image
        .digest()
        .filter(|digest| !digest.starts_with("sha256:"))?;
    let (attempt, manifest) = case.manifest()?;
    let by_nodes = !matches!(case.subject.puller, Puller::Importer);
    if manifest.asked_digest.is_some() || !by_nodes || !case.is_pull() {
        return None;
    }
    let algorithm = pinned.split(':').next().unwrap_or_default();
    Some(
        Finding::likely(
            Cause::ManifestUnsupported,
            vec![attempt.at],
            format!(
                "the image is pinned by {algorithm}, and CRI-O and containerd compare manifests with sha256 only: the same image is {}",
                pinned_anew(image, manifest)
            ),
        )
        .image(Some(pinned_anew(image, manifest)))
        .settled_by("a pull on a node (--from-node)"),
    )
}

/// The reference with the digest that everybody knows.
fn pinned_anew(image: &ImageReference, manifest: &ManifestFact) -> String {
    format!("{}@{}", image.name(), manifest.sha256)
}

fn blob_missing(case: &Case<'_>) -> Option<Finding> {
    let bad = case.bad_blobs();
    let missing: Vec<_> = bad
        .iter()
        .filter(|(_, view)| {
            let last = view.redirected.as_ref().unwrap_or(&view.exchange);
            last.result
                .as_ref()
                .is_ok_and(|answer| answer.status == 404)
        })
        .collect();
    let (_, first) = missing.first()?;
    let more = match missing.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let mut because: Vec<usize> = case
        .manifest()
        .map(|(attempt, _)| attempt.at)
        .into_iter()
        .collect();
    because.extend(missing.iter().map(|(at, _)| *at));
    Some(Finding::certain(
        Cause::BlobMissing,
        because,
        format!(
            "the manifest is there, its part {}{more} is not",
            short_digest(&first.descriptor.digest)
        ),
    ))
}

/// The mirrors fail, and the source cannot stand in: it is not to be asked, or lies beyond reach.
fn mirror(case: &Case<'_>) -> Option<Finding> {
    let (plan_at, plan) = plan(case)?;
    let trials = trials(case);
    if trials.is_empty()
        || trials
            .iter()
            .any(|(_, trial)| !matches!(trial.outcome, TrialOutcome::Failed { .. }))
    {
        return None;
    }
    let source_out_of_reach = || {
        let unreachable = case.dns().is_some_and(|(_, stage)| stage.result.is_err())
            || case.tcp().is_some_and(|(_, stage)| stage.result.is_err())
            || case.proxy().is_some_and(|(_, proxy)| proxy.result.is_err())
            || case.tls().is_some_and(|(_, stage)| stage.result.is_err());
        unreachable.then_some(())
    };
    if plan.source_allowed {
        source_out_of_reach()?;
    }
    let (_, first) = trials.first()?;
    let TrialOutcome::Failed { cause, summary } = &first.outcome else {
        return None;
    };
    let mut because = vec![plan_at];
    because.extend(trials.iter().map(|(at, _)| *at));
    // A fault of the credentials for the mirror is mended there, not by moving the image.
    let own = matches!(cause.family(), "auth" | "ambiguous");
    let source = if plan.source_allowed {
        "the source is out of reach"
    } else {
        "the source is never asked"
    };
    let mut finding = Finding::certain(
        if own { *cause } else { Cause::Mirror },
        because,
        format!("the cluster asks {}: {summary}; {source}", first.mirror),
    );
    if !own && plan.source_allowed {
        finding.confidence = crate::doctor::finding::Confidence::Likely;
    }
    if *cause == Cause::MissingOrForbidden {
        finding.confidence = crate::doctor::finding::Confidence::Ambiguous;
        finding.alternatives = vec![Cause::NoCredentials, Cause::Mirror];
    }
    finding.names.registry = first.mirror.split('/').next().map(str::to_owned);
    Some(finding)
}

pub(super) fn plan<'a>(case: &Case<'a>) -> Option<(usize, &'a MirrorPlan)> {
    case.one(|fact| match fact {
        Fact::MirrorPlan(plan) => Some(plan),
        _ => None,
    })
}

pub(super) fn trials<'a>(case: &Case<'a>) -> Vec<(usize, &'a MirrorTrial)> {
    case.evidence
        .facts(|fact| match fact {
            Fact::MirrorTrial(trial) => Some(trial),
            _ => None,
        })
        .collect()
}
