//! The words of the command line: which of them name objects of the cluster, and which are images.
//!
//! Reads words only; whether what they name exists is for who reads the cluster.

use crate::error::Error;
use crate::model::image::ImageReference;
use crate::model::kinds::{self, Kind};

/// What a run looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// What the words name, in their order.
    Named(Vec<Argument>),
    /// Everything whose image does not arrive.
    Failing,
    /// Every image in use, also what runs well (`--all`).
    InUse,
}

/// One target as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// `REGISTRY/REPOSITORY:TAG`.
    Image(String),
    /// `KIND/NAME`. The name of an image stream tag is `STREAM:TAG`.
    Object { kind: Kind, name: String },
    /// `KIND` alone: all of it in the namespace.
    All(Kind),
}

/// The kinds that can be named, and what kubectl and oc call them.
const KINDS: [(Kind, &[&str]); 14] = [
    (kinds::POD, &["pod", "pods", "po"]),
    (kinds::DEPLOYMENT, &["deployment", "deployments", "deploy"]),
    (kinds::REPLICA_SET, &["replicaset", "replicasets", "rs"]),
    (kinds::STATEFUL_SET, &["statefulset", "statefulsets", "sts"]),
    (kinds::DAEMON_SET, &["daemonset", "daemonsets", "ds"]),
    (kinds::JOB, &["job", "jobs"]),
    (kinds::CRON_JOB, &["cronjob", "cronjobs", "cj"]),
    (
        kinds::DEPLOYMENT_CONFIG,
        &["deploymentconfig", "deploymentconfigs", "dc"],
    ),
    (kinds::BUILD, &["build", "builds"]),
    (kinds::BUILD_CONFIG, &["buildconfig", "buildconfigs", "bc"]),
    (kinds::IMAGE_STREAM, &["imagestream", "imagestreams", "is"]),
    (
        kinds::IMAGE_STREAM_TAG,
        &["imagestreamtag", "imagestreamtags", "istag"],
    ),
    (
        kinds::SERVICE_ACCOUNT,
        &["serviceaccount", "serviceaccounts", "sa"],
    ),
    (kinds::SECRET, &["secret", "secrets"]),
];

/// Words, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub arguments: Vec<Argument>,
    /// What may have been meant otherwise, a sentence each.
    pub remarks: Vec<String>,
}

/// Reads the words of the command line: `KIND/NAME`, `KIND` and `KIND NAME...` as kubectl takes them; all else is an image.
///
/// # Errors
///
/// When a word names a kind and no object of it: `pod/`, `istag/app`.
pub fn parse(words: &[String]) -> Result<Words, Error> {
    if let Some(arguments) = kind_and_names(words)? {
        return Ok(Words {
            arguments,
            remarks: Vec::new(),
        });
    }
    let (mut arguments, mut remarks) = (Vec::new(), Vec::new());
    for word in words {
        if let Some(list) = bare_kinds(word) {
            arguments.extend(list.into_iter().map(Argument::All));
            continue;
        }
        match object(word)? {
            Some(object) => arguments.push(object),
            None => {
                remarks.extend(near_kind(word));
                arguments.push(Argument::Image(word.clone()));
            }
        }
    }
    Ok(Words { arguments, remarks })
}

/// What the command line wants: the words, `--all`, and whether it has `-l` and `-A`. With what may have been meant
/// otherwise, a sentence each.
///
/// # Errors
///
/// When labels or all namespaces go with something that has one name.
pub fn wanted(
    words: &[String],
    all: bool,
    by_labels: bool,
    all_namespaces: bool,
) -> Result<(Wanted, Vec<String>), Error> {
    if words.is_empty() {
        let wanted = if all { Wanted::InUse } else { Wanted::Failing };
        return Ok((wanted, Vec::new()));
    }
    let Words { arguments, remarks } = parse(words)?;
    let one = arguments.iter().find_map(|argument| match argument {
        Argument::Image(text) => Some(text.clone()),
        Argument::Object { kind, name } => {
            Some(format!("{}/{name}", kind.kind.to_ascii_lowercase()))
        }
        Argument::All(_) => None,
    });
    if let Some(word) = one
        && (by_labels || all_namespaces)
    {
        let flag = if by_labels { "-l" } else { "-A" };
        return Err(Error::usage(format!(
            "{flag} chooses among all objects of a kind, and {word} is one thing"
        ))
        .hint("name a kind alone, such as pods, or no target at all"));
    }
    Ok((Wanted::Named(arguments), remarks))
}

/// `KIND NAME...`: the first word is a kind, and all others can be nothing but names of it.
fn kind_and_names(words: &[String]) -> Result<Option<Vec<Argument>>, Error> {
    let Some((first, names)) = words.split_first() else {
        return Ok(None);
    };
    let Some(list) = bare_kinds(first) else {
        return Ok(None);
    };
    let tags = list.contains(&kinds::IMAGE_STREAM_TAG);
    let all_names = names
        .iter()
        .all(|name| bare_kinds(name).is_none() && (is_name(name) || tags && is_tag_name(name)));
    if names.is_empty() || !all_names {
        return Ok(None);
    }
    let mut arguments = Vec::new();
    for kind in list {
        for name in names {
            arguments.push(named(kind, name)?);
        }
    }
    Ok(Some(arguments))
}

/// `pods`, `pods,deploy`.
fn bare_kinds(word: &str) -> Option<Vec<Kind>> {
    word.split(',').map(kind_of).collect()
}

/// The kind that a word names: `pod`, `deployments.apps`, `deployments.v1.apps`.
pub fn kind_of(word: &str) -> Option<Kind> {
    let word = word.to_ascii_lowercase();
    let (plain, group) = word
        .split_once('.')
        .map_or((word.as_str(), None), |(plain, group)| (plain, Some(group)));
    let (kind, _) = KINDS.iter().find(|(_, words)| words.contains(&plain))?;
    let fits = group.is_none_or(|group| {
        group == kind.group
            || group.strip_prefix(kind.version) == Some("") && kind.group.is_empty()
            || group
                .strip_prefix(kind.version)
                .and_then(|rest| rest.strip_prefix('.'))
                == Some(kind.group)
    });
    fits.then_some(*kind)
}

/// `KIND/NAME`; `None` for what is no object.
fn object(word: &str) -> Result<Option<Argument>, Error> {
    let Some((kind, name)) = word.split_once('/') else {
        return Ok(None);
    };
    let Some(kind) = kind_of(kind) else {
        return Ok(None);
    };
    if name.is_empty() {
        return Err(
            Error::usage(format!("{word} names no object")).hint(format!(
                "write {word}NAME, or {} for all of them",
                kind.resource
            )),
        );
    }
    let tagged = matches!(kind, kinds::IMAGE_STREAM | kinds::IMAGE_STREAM_TAG);
    if is_name(name) || tagged && is_tag_name(name) {
        named(kind, name).map(Some)
    } else {
        Ok(None)
    }
}

fn named(kind: Kind, name: &str) -> Result<Argument, Error> {
    // `is/app:1.4` can mean nothing but the tag.
    let kind = match kind {
        kinds::IMAGE_STREAM if name.contains(':') => kinds::IMAGE_STREAM_TAG,
        kinds::IMAGE_STREAM_TAG if !name.contains(':') => {
            return Err(Error::usage(format!(
                "an image stream tag is named STREAM:TAG, not {name:?}"
            ))
            .hint(format!(
                "istag/{name}:latest, or is/{name} for all its tags"
            )));
        }
        kind => kind,
    };
    Ok(Argument::Object {
        kind,
        name: name.to_owned(),
    })
}

/// What objects may be called; with a tag or a digest it is an image.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

fn is_tag_name(name: &str) -> bool {
    name.split_once(':')
        .is_some_and(|(stream, tag)| is_name(stream) && is_name(tag))
}

/// A short name whose first part is almost a kind.
fn near_kind(word: &str) -> Option<String> {
    let (first, name) = word.split_once('/')?;
    let image = ImageReference::parse(word).ok();
    let short = image
        .as_ref()
        .is_some_and(|image| image.registry() == "docker.io");
    if !short || first.contains('.') || !is_name(name) {
        return None;
    }
    let (distance, near) = KINDS
        .iter()
        .flat_map(|(_, words)| *words)
        .map(|known| (strsim::osa_distance(first, known), *known))
        .min()?;
    let most = if near.len() > 4 { 2 } else { 1 };
    // Two letters are near everything.
    (near.len() > 2 && distance <= most).then(|| {
        format!(
            "{word} is taken for an image of docker.io; if an object is meant, write {near}/{name}"
        )
    })
}

#[cfg(test)]
mod tests;
