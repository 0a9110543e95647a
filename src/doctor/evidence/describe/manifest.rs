//! Lines on a manifest and on the platforms that an image is for.

use std::time::Duration;

use super::words::{list, plural, short_digest};
use super::{About, Line, here, name_of};
use crate::doctor::answer::{self, Meaning};
use crate::doctor::evidence::{Check, Evidence, Fact, SkipReason, Status, Vantage};
use crate::doctor::target::Subject;
use crate::model::observation::{
    ExchangeFault, ManifestFact, ManifestKind, ManifestView, Withheld,
};
use crate::model::platform::Platform;
use crate::model::sanitize::sanitize_line;

/// A manifest request says something on the right to pull, on the manifest, or on neither.
pub(super) fn manifest(view: &ManifestView, about: &About<'_>) -> Vec<Evidence> {
    let who = name_of(about.candidates, view.credential);
    let meaning = answer::meaning(view, about.dialect);
    let elapsed = view
        .grant
        .as_ref()
        .map_or(Duration::ZERO, |grant| grant.exchange.elapsed)
        + view.exchange.elapsed;
    let line = |check, status, detail: String, skip_reason, fact| Evidence {
        check,
        vantage: Vantage::Here,
        status,
        detail,
        elapsed: Some(elapsed),
        skip_reason,
        fact,
    };
    let others = view.credential.is_none() && !about.candidates.is_empty();
    let fact = Some(Fact::Manifest(Box::new(view.clone())));
    match &meaning {
        Meaning::Delivered => {
            let words = view
                .manifest
                .as_ref()
                .map(manifest_words)
                .unwrap_or_default();
            let announced = view
                .manifest
                .as_ref()
                .and_then(|manifest| manifest.header_digest.as_ref())
                .map(|digest| format!(", announced as {}", short_digest(digest)));
            vec![
                line(
                    Check::Permission,
                    Status::Pass,
                    format!("{who}: may pull"),
                    None,
                    None,
                ),
                line(
                    Check::Manifest,
                    if announced.is_some() {
                        Status::Warn
                    } else {
                        Status::Pass
                    },
                    format!("{who}: {words}{}", announced.unwrap_or_default()),
                    None,
                    fact,
                ),
            ]
        }
        Meaning::Missing(_) | Meaning::Unsupported { .. } => vec![
            line(
                Check::Permission,
                Status::Pass,
                format!("{who}: was answered"),
                None,
                None,
            ),
            line(
                Check::Manifest,
                Status::Fail,
                format!("{who}: {}", meaning.words()),
                None,
                fact,
            ),
        ],
        Meaning::NoAnswer(ExchangeFault::Deadline) => vec![line(
            Check::Manifest,
            Status::Skip,
            format!("{who}: the time was over"),
            Some(SkipReason::TimedOut),
            fact,
        )],
        Meaning::NoAnswer(
            fault @ (ExchangeFault::Untrusted
            | ExchangeFault::Withheld(Withheld::PlainHttp | Withheld::IdentityToken)),
        ) => vec![line(
            Check::Manifest,
            Status::Skip,
            format!("{who}: not asked, {}", answer::fault_words(fault)),
            Some(SkipReason::DependsOn),
            fact,
        )],
        Meaning::Refused { words } if others => vec![line(
            Check::Permission,
            Status::Pass,
            format!("{who}: a login is wanted ({words})"),
            None,
            fact,
        )],
        Meaning::Refused { words } | Meaning::CredentialRefused { words, .. } => vec![line(
            Check::Permission,
            Status::Fail,
            format!("{who}: {words}"),
            None,
            fact,
        )],
        _ => vec![line(
            Check::Manifest,
            Status::Fail,
            format!("{who}: {}", meaning.words()),
            None,
            fact,
        )],
    }
}

fn manifest_words(fact: &ManifestFact) -> String {
    let kind = match &fact.kind {
        ManifestKind::Image { layers, .. } => {
            format!("an image of {}", plural(layers.len(), "layer"))
        }
        ManifestKind::Index { children } => {
            format!("an index of {}", plural(children.len(), "manifest"))
        }
        ManifestKind::Artifact { artifact_type } => {
            format!("an artifact of type {}", sanitize_line(artifact_type, 60))
        }
        ManifestKind::Schema1 => "schema 1".to_owned(),
        ManifestKind::Unknown { why } => sanitize_line(why, 80),
    };
    format!("{}, {kind}", short_digest(&fact.digest))
}

pub(super) fn platform(offered: &[Platform], subject: &Subject) -> Line {
    let missing: Vec<String> = subject
        .platforms
        .iter()
        .filter(|wanted| !offered.iter().any(|offered| wanted.accepts(offered)))
        .map(ToString::to_string)
        .collect();
    let all: Vec<String> = offered.iter().map(ToString::to_string).collect();
    let status = match missing.len() {
        0 => Status::Pass,
        some if some < subject.platforms.len() => Status::Warn,
        _ => Status::Fail,
    };
    let lacks = if missing.is_empty() {
        String::new()
    } else {
        format!("; {} wants {}", subject.platforms_from, missing.join(", "))
    };
    here(
        Check::Platform,
        status,
        format!("the image is for {}{lacks}", list(&all, 4)),
    )
}
