//! A secret judged by itself, as a target of its own or as what an account names: no image is refused for its sake yet.

use super::secrets::{self, is_refused};
use super::{Case, Rule};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::SourceState;
use crate::doctor::finding::Finding;
use crate::doctor::target::{Operation, TargetRef, object_words};
use crate::model::docker_config::EntryFault;
use crate::model::sanitize::sanitize_line;

pub(super) const RULES: &[Rule] = &[gone, unread_type, broken, line_end];

/// The object whose secret is judged.
fn judged(case: &Case<'_>) -> Option<String> {
    match &case.subject.target {
        TargetRef::Object { object, .. } if case.subject.operation == Operation::Login => {
            Some(object_words(object))
        }
        _ => None,
    }
}

fn gone(case: &Case<'_>) -> Option<Finding> {
    let by = judged(case)?;
    let (at, source) = case
        .sources()
        .into_iter()
        .find(|(_, source)| source.state == SourceState::Missing)?;
    let summary = format!("{by} names {}, which does not exist", source.name);
    Some(Finding::certain(Cause::SecretMissing, vec![at], summary).secret(source.object.as_ref()))
}

fn unread_type(case: &Case<'_>) -> Option<Finding> {
    judged(case)?;
    case.sources().into_iter().find_map(|(at, source)| {
        let SourceState::WrongType { found, keys, .. } = &source.state else {
            return None;
        };
        let summary = format!(
            "{} is of type {}, which is not read as a pull secret",
            source.name,
            sanitize_line(found, 60)
        );
        let mut finding = Finding::certain(Cause::SecretWrongType, vec![at], summary)
            .secret(source.object.as_ref());
        finding.names.key = keys.first().cloned();
        Some(finding)
    })
}

/// It does not decode, has an entry that cannot be sent, or no entry at all.
fn broken(case: &Case<'_>) -> Option<Finding> {
    judged(case)?;
    case.sources().into_iter().find_map(|(at, source)| {
        let (key, why) = match &source.state {
            SourceState::Malformed { words } => (None, format!("does not decode: {words}")),
            SourceState::Read(entries) if entries.is_empty() => {
                (None, "holds no credentials: it has no entry".to_owned())
            }
            SourceState::Read(entries) => entries.iter().find_map(|entry| {
                let fault = entry.fault.as_ref()?;
                let key = sanitize_line(&entry.key, 80);
                let words = match fault {
                    EntryFault::WithHelper(words) if key.is_empty() => {
                        format!("holds no password: {words}")
                    }
                    EntryFault::WithHelper(words) => {
                        format!("holds no password for {key}: {words}")
                    }
                    fault => format!("has the entry {key:?}, and {fault}"),
                };
                Some((Some(&entry.key), words))
            })?,
            SourceState::Missing | SourceState::WrongType { .. } => return None,
        };
        let summary = format!("{} {}", source.name, sanitize_line(&why, 160));
        let mut finding = Finding::certain(Cause::SecretMalformed, vec![at], summary)
            .secret(source.object.as_ref());
        if let Some(key) = key {
            finding = finding.key(key);
        }
        Some(finding)
    })
}

/// What was read from standard input, with the line's end in it.
fn line_end(case: &Case<'_>) -> Option<Finding> {
    judged(case)?;
    case.sources().into_iter().find_map(|(at, source)| {
        let SourceState::Read(entries) = &source.state else {
            return None;
        };
        let entry = entries.iter().find(|entry| {
            entry.trailing_newline && entry.candidate.is_some_and(|index| is_refused(case, index))
        })?;
        Some(
            secrets::line_end(vec![at], source, &entry.key)
                .secret(source.object.as_ref())
                .key(&entry.key),
        )
    })
}
