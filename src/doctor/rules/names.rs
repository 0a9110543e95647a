//! The image is not under this name: repository, tag, digest, prefix, short name.

use super::{Case, Rule};
use crate::doctor::answer::{self, Meaning, Missing};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::VariantKind;
use crate::doctor::finding::Finding;

pub(super) const RULES: &[Rule] = &[
    path_prefix,
    short_name,
    repository_missing,
    tag_or_digest_missing,
];

/// What is said on the repository as a whole.
enum Repository {
    /// Surely not there; position and words.
    Missing(usize, String),
    /// The answer is alike for "not there" and "not for you".
    Hidden(usize),
    /// There, or nothing is known.
    Other,
}

fn repository(case: &Case<'_>) -> Repository {
    let Some(attempt) = case.failing() else {
        return Repository::Other;
    };
    if case.repository_exists().is_some() {
        return Repository::Other;
    }
    match &attempt.meaning {
        Meaning::Missing(Missing::Repository { words }) | Meaning::NameInvalid { words } => {
            Repository::Missing(attempt.at, words.clone())
        }
        Meaning::Missing(Missing::Manifest { .. }) => match name_unknown(case) {
            Some((at, words)) => Repository::Missing(at, words),
            None => Repository::Other,
        },
        Meaning::Refused { .. } if attempt.credential_refused().is_none() => {
            if answer::refusal_is_about_rights(case.dialect, attempt.view.credential.is_some()) {
                Repository::Other
            } else {
                Repository::Hidden(attempt.at)
            }
        }
        _ => Repository::Other,
    }
}

/// `tags/list` says in the protocol's own words that the name is unknown.
fn name_unknown(case: &Case<'_>) -> Option<(usize, String)> {
    if !case.dialect.traits().tags_reliable {
        return None;
    }
    let (at, tags) = case.tags()?;
    let said = tags.exchange.result.as_ref().ok()?;
    let unknown = said.status == 404
        && said.errors.iter().any(|error| {
            matches!(
                error.code.as_deref(),
                Some("NAME_UNKNOWN" | "NOT_FOUND" | "404")
            )
        });
    unknown.then(|| (at, answer::words_of(said)))
}

fn path_prefix(case: &Case<'_>) -> Option<Finding> {
    let repository = repository(case);
    let (at, sure) = match &repository {
        Repository::Missing(at, _) => (*at, true),
        Repository::Hidden(at) => (*at, false),
        Repository::Other => return None,
    };
    let (found_at, variant) = case
        .found_variants()
        .into_iter()
        .find(|(_, variant)| matches!(variant.kind, VariantKind::Library | VariantKind::Prefix))?;
    let summary = format!(
        "{} is not there; {} is",
        case.subject.repository(),
        variant.image
    );
    let because = vec![at, found_at];
    let finding = if sure {
        Finding::certain(Cause::PathPrefix, because, summary)
    } else {
        Finding::likely(Cause::PathPrefix, because, summary).or([Cause::PullDenied])
    };
    Some(finding.image(Some(variant.image.clone())))
}

/// A name without a registry fell to `docker.io/library`, where there is no such image.
fn short_name(case: &Case<'_>) -> Option<Finding> {
    let image = case.subject.image.as_ref().ok()?;
    if image.names_registry() || !image.repository().starts_with("library/") {
        return None;
    }
    let at = match repository(case) {
        Repository::Missing(at, _) | Repository::Hidden(at) => at,
        Repository::Other => return None,
    };
    let known = in_use(case);
    let because = std::iter::once(at)
        .chain(known.as_ref().map(|(at, _)| *at))
        .collect();
    Some(
        Finding::likely(
            Cause::ShortName,
            because,
            format!(
                "{:?} names no registry, and Docker Hub has no {} that may be pulled",
                case.subject.text,
                image.repository()
            ),
        )
        .or([Cause::RepositoryMissing, Cause::NoCredentials])
        .settled_by("the complete name of the image, registry first")
        .image(known.map(|(_, image)| image)),
    )
}

/// A name that the cluster uses already and that is there.
fn in_use(case: &Case<'_>) -> Option<(usize, String)> {
    case.found_variants()
        .into_iter()
        .next()
        .map(|(at, variant)| (at, variant.image.clone()))
}

fn repository_missing(case: &Case<'_>) -> Option<Finding> {
    let Repository::Missing(at, words) = repository(case) else {
        return None;
    };
    let known = in_use(case);
    let also = known
        .as_ref()
        .map(|(_, image)| format!("; {image} exists"))
        .unwrap_or_default();
    let because = std::iter::once(at)
        .chain(known.as_ref().map(|(at, _)| *at))
        .collect();
    Some(
        Finding::certain(
            Cause::RepositoryMissing,
            because,
            format!(
                "{} has no repository {} ({words}){also}",
                case.subject.registry(),
                case.subject.repository()
            ),
        )
        .image(known.map(|(_, image)| image)),
    )
}

fn tag_or_digest_missing(case: &Case<'_>) -> Option<Finding> {
    let attempt = case.failing()?;
    let image = case.subject.image.as_ref().ok()?;
    let Meaning::Missing(missing) = &attempt.meaning else {
        return None;
    };
    let words = match missing {
        Missing::TagOnly { words } | Missing::Manifest { words } => words,
        Missing::Repository { .. } => return None,
    };
    if matches!(repository(case), Repository::Missing(..)) {
        return None;
    }
    let by_digest = image.digest().is_some();
    let cause = if by_digest {
        Cause::DigestMissing
    } else {
        Cause::TagMissing
    };
    let exists = case.repository_exists();
    let mut because = vec![attempt.at];
    because.extend(exists.filter(|at| *at != attempt.at));
    let tags = case.tags().and_then(|(_, tags)| tags.tags.as_deref());
    let listed = tags.is_some_and(|tags| {
        image
            .tag()
            .is_some_and(|tag| tags.iter().any(|known| known == tag))
    });
    if listed && !by_digest {
        return Some(Finding::likely(
            Cause::ServerError,
            because,
            format!(
                "the registry lists {} and does not deliver it ({words})",
                case.selector()
            ),
        ));
    }
    let near = tags
        .filter(|_| !by_digest)
        .and_then(|tags| nearest(image.tag().unwrap_or("latest"), tags));
    let also = near
        .map(|tag| {
            format!(
                "; the nearest is {}",
                crate::model::sanitize::sanitize_line(tag, 60)
            )
        })
        .unwrap_or_default();
    let summary = format!(
        "{} is not in {}/{}{also}",
        case.selector(),
        image.registry(),
        image.repository()
    );
    let sure = exists.is_some() || answer::a_404_shows_the_repository(case.dialect);
    let finding = if sure {
        Finding::certain(cause, because, summary)
    } else {
        Finding::likely(cause, because, summary)
            .or([Cause::RepositoryMissing])
            .settled_by("a login that may list the repository's tags")
    };
    Some(finding.image(near.map(|tag| image.with_tag(tag).to_string())))
}

/// The tag that is most like the one asked for, if any is like it at all.
fn nearest<'a>(wanted: &str, tags: &'a [String]) -> Option<&'a str> {
    let trimmed = wanted.strip_prefix('v').unwrap_or(wanted);
    tags.iter()
        .map(|tag| {
            let same = tag.strip_prefix('v').unwrap_or(tag) == trimmed;
            let score = if same {
                1.0
            } else {
                strsim::jaro_winkler(wanted, tag)
            };
            (score, tag.as_str())
        })
        .filter(|(score, _)| *score >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, tag)| tag)
}
