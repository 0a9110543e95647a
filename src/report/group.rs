//! Which results say the same: one cause at one place keeps many targets from working, and is told once.

use std::collections::HashMap;

use super::v1::{Judged, Target};
use crate::doctor::causes::Cause;
use crate::doctor::diagnosis::Outcome;
use crate::model::image::ImageReference;

/// Results that fail, or are open, for one reason.
#[derive(Debug)]
pub struct Group<'a> {
    /// The one that is told in full: the surest, and one that the cluster has reported on before one that it has not.
    pub first: &'a Judged,
    /// All of them, that one too, by name.
    pub members: Vec<&'a Judged>,
}

/// The results of a report, sorted for reading.
#[derive(Debug)]
pub struct Groups<'a> {
    /// What failed before what is open, then the largest first, then by name.
    pub faulty: Vec<Group<'a>>,
    /// In the order of the report.
    pub healthy: Vec<&'a Judged>,
}

/// How far a cause reaches: targets whose places are the same have it in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// All images of a registry.
    Registry,
    Repository,
    Image,
    /// Nothing is known to be shared but what the summary says.
    Words,
}

fn reach(cause: Option<Cause>) -> Reach {
    let Some(cause) = cause else {
        return Reach::Words;
    };
    match cause {
        Cause::NotARegistry | Cause::WrongPort => Reach::Registry,
        Cause::PullDenied
        | Cause::PushDenied
        | Cause::CredentialsBlockPublicPull
        | Cause::RepositoryMissing
        | Cause::PathPrefix
        | Cause::Mirror
        | Cause::MissingOrForbidden => Reach::Repository,
        Cause::Quarantined | Cause::Signature => Reach::Image,
        Cause::NodeRuntime | Cause::Unknown => Reach::Words,
        _ => match cause.family() {
            "location" => Reach::Image,
            _ => Reach::Registry,
        },
    }
}

/// What results of one group have in common.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key<'a> {
    status: &'a str,
    cause: Option<&'a str>,
    operation: &'a str,
    /// Images of the command line are counted by themselves.
    image: bool,
    place: String,
    /// The secret that the cause is about, of whatever namespace.
    secret: Option<&'a str>,
}

fn key(result: &Judged) -> Key<'_> {
    let involved = result.involves.as_ref();
    Key {
        status: &result.status,
        cause: result.cause.as_deref(),
        operation: &result.operation,
        image: result.target.is_image(),
        place: place(result),
        secret: involved.and_then(|involved| Some(involved.secret.as_ref()?.name.as_str())),
    }
}

fn place(result: &Judged) -> String {
    let reach = match (&result.cause, result.known_cause()) {
        // Of a cause that this version does not know nothing is known to be shared.
        (Some(_), None) => Reach::Words,
        (_, cause) => reach(cause),
    };
    let image = ImageReference::parse(&result.image);
    let mirror = result
        .involves
        .as_ref()
        .and_then(|involved| involved.registry.clone());
    match (reach, image) {
        (Reach::Words, _) => result.summary.clone(),
        (Reach::Registry, Ok(image)) => mirror.unwrap_or_else(|| image.registry().to_owned()),
        (Reach::Repository, Ok(image)) => mirror.unwrap_or_else(|| image.name()),
        (Reach::Image, _) | (_, Err(_)) => result.image.clone(),
    }
}

/// The registry that the image names; nothing where it does not parse.
pub(crate) fn registry_of(result: &Judged) -> Option<String> {
    let image = ImageReference::parse(&result.image).ok()?;
    Some(image.registry().to_owned())
}

/// Puts results that say the same together.
pub fn groups(results: &[Judged]) -> Groups<'_> {
    let (mut healthy, mut faulty) = (Vec::new(), Vec::<Vec<&Judged>>::new());
    let mut places: HashMap<Key<'_>, usize> = HashMap::new();
    for result in results {
        if result.outcome() == Outcome::Healthy {
            healthy.push(result);
            continue;
        }
        let at = *places.entry(key(result)).or_insert_with(|| {
            faulty.push(Vec::new());
            faulty.len() - 1
        });
        if let Some(members) = faulty.get_mut(at) {
            members.push(result);
        }
    }
    let mut faulty: Vec<Group<'_>> = faulty.into_iter().filter_map(group).collect();
    faulty.sort_by_cached_key(|group| {
        (
            group.first.outcome() != Outcome::Failed,
            std::cmp::Reverse(group.members.len()),
            group.members.first().map(|member| name_key(member)),
        )
    });
    Groups { faulty, healthy }
}

fn group(mut members: Vec<&Judged>) -> Option<Group<'_>> {
    members.sort_by(|a, b| name_key(a).cmp(&name_key(b)));
    let first = *members.iter().min_by_key(|member| {
        let sure = ["certain", "likely"]
            .iter()
            .position(|word| member.confidence == *word)
            .unwrap_or(2);
        (sure, member.observed.is_none())
    })?;
    Some(Group { first, members })
}

type NameKey<'a> = (&'a Target, &'a str);

fn name_key(result: &Judged) -> NameKey<'_> {
    (&result.target, &result.image)
}

#[cfg(test)]
mod tests;
