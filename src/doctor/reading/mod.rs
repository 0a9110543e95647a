//! From what a message says to what it can mean: candidates in order of likelihood, each with its reason, and what would
//! settle it.
//!
//! Judges words alone; whoever can ask the registry or the cluster asks them. The rules are tables, one file a family, read
//! from above: the first row that fits a message gives its candidates.
//!
//! Some causes no words tell apart: nothing sent, a secret in another namespace, one that no account links and one under
//! another spelling of the host are all refused alike, and a mirror fails as the registry behind it does. There the order is
//! that in which they were found to be true, and [`Settle`] says what tells them apart.

/// Declares a table of rules: `on SYMPTOM | SYMPTOM if CONDITION => "FAMILY" { CAUSE LIKELIHOOD "why"; }`. A macro because a
/// rule read as one block of lines is what makes hundreds of them readable.
macro_rules! rules {
    ($(on $($symptom:ident)|+ $(if $when:expr)? => $points_at:literal {
        $($cause:ident $likelihood:ident $why:expr;)+
    })*) => {
        pub(super) const RULES: &[super::Rule] = &[$(super::Rule {
            symptoms: &[$(crate::model::message::Symptom::$symptom),+],
            when: rules!(@when $($when)?),
            points_at: $points_at,
            means: &[$((
                crate::doctor::causes::Cause::$cause,
                super::Likelihood::$likelihood,
                $why,
            )),+],
        }),*];
    };
    (@when $when:expr) => { $when };
    (@when) => { |_| true };
}

mod anywhere;
mod auth;
mod case;
mod evidence;
mod missing;
mod more;
mod network;
mod other;
mod place;
mod refused;
mod settle;
#[cfg(test)]
mod tests;
mod tls;

use super::causes::Cause;
use crate::model::message::{Message, Runtime, Symptom};
use case::Case;

pub use settle::Settle;

/// What a message can mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The family that the words point at, whatever the truth: `auth`, `location`, `tls`, `network`, `policy`, `limit`,
    /// `registry`, `node` or `unknown`.
    pub points_at: &'static str,
    /// The likeliest first; never empty.
    pub candidates: Vec<Candidate>,
    /// What would tell the candidates apart, the cheapest first.
    pub settles: Vec<Settle>,
}

/// One thing that a message can mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub cause: Cause,
    pub likelihood: Likelihood,
    /// Why the words can mean this, in one sentence without a full stop.
    pub why: String,
}

/// How far words alone go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likelihood {
    Possible,
    Likely,
    /// The words have no other meaning.
    Certain,
}

impl Likelihood {
    /// As JSON has it.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// What is known beside the words.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The image that was wanted, where the caller knows it better than the text.
    pub image: Option<&'a str>,
    /// How the tool was called, for commands: `oc extreg`; `oc extreg` when empty.
    pub program: &'a str,
}

/// A row: when it fits, what the words point at, what they can mean.
struct Rule {
    symptoms: &'static [Symptom],
    when: fn(&Case<'_>) -> bool,
    points_at: &'static str,
    means: &'static [Means],
}

/// A cause, how likely, and why.
type Means = (Cause, Likelihood, &'static str);

/// More candidates help nobody.
const MOST: usize = 5;

/// What the message can mean, to somebody who has nothing but the message: second readings and single words count too.
pub fn read(message: &Message, known: &Known<'_>) -> Reading {
    reading(message, known, more::add)
}

/// The same by its phrases alone, for who has evidence besides: what is guessed from single words must not stand against
/// what was seen.
pub fn read_beside_evidence(message: &Message, known: &Known<'_>) -> Reading {
    reading(message, known, |_, _, _| ())
}

fn reading(
    message: &Message,
    known: &Known<'_>,
    more: impl Fn(&Case<'_>, &Known<'_>, &mut Vec<Candidate>),
) -> Reading {
    let case = Case::new(message, known.image);
    let (points_at, mut candidates) = by_rules(&case);
    more(&case, known, &mut candidates);
    add_secrets(&case, &mut candidates);
    add_mirror(&case, &mut candidates, known);
    add_short_name(&case, &mut candidates);
    candidates.truncate(MOST);
    let settles = settle::of(&case, &candidates, known);
    Reading {
        points_at,
        candidates,
        settles,
    }
}

fn by_rules(case: &Case<'_>) -> (&'static str, Vec<Candidate>) {
    let rule = [
        auth::RULES,
        refused::RULES,
        anywhere::RULES,
        missing::RULES,
        network::RULES,
        tls::RULES,
        other::RULES,
    ]
    .into_iter()
    .flatten()
    .find(|rule| rule.symptoms.contains(&case.message.symptom) && (rule.when)(case));
    match rule {
        Some(rule) => (rule.points_at, rule.means.iter().map(candidate).collect()),
        None => (
            "unknown",
            vec![candidate(&(
                Cause::Unknown,
                Likelihood::Possible,
                "the words name no cause that is known",
            ))],
        ),
    }
}

fn candidate(&(cause, likelihood, why): &Means) -> Candidate {
    Candidate {
        cause,
        likelihood,
        why: why.to_owned(),
    }
}

/// Puts a candidate at a place, or moves it there; never further down than it is.
fn put(candidates: &mut Vec<Candidate>, at: usize, new: Candidate) {
    let at = at.min(candidates.len());
    match candidates.iter().position(|known| known.cause == new.cause) {
        Some(now) if now <= at => {}
        Some(now) => {
            candidates.remove(now);
            candidates.insert(at, new);
        }
        None => candidates.insert(at, new),
    }
}

/// A pull that was refused, by a pod whose pull secret could not be read.
fn add_secrets(case: &Case<'_>, candidates: &mut Vec<Candidate>) {
    let refused = matches!(
        case.message.symptom,
        Symptom::Unauthorized
            | Symptom::Denied
            | Symptom::NoBasicAuth
            | Symptom::InvalidLogin
            | Symptom::MissingRight
    );
    if refused && let Some(name) = case.message.secrets.first() {
        put(
            candidates,
            0,
            Candidate {
                cause: Cause::SecretMissing,
                likelihood: Likelihood::Likely,
                why: format!(
                    "the kubelet says as well that it could not read the pull secret {name}, so it pulled without it"
                ),
            },
        );
    }
}

/// Another host was asked than the image names, or mirrors are listed.
fn add_mirror(case: &Case<'_>, candidates: &mut Vec<Candidate>, known: &Known<'_>) {
    let certain = candidates
        .first()
        .is_some_and(|first| first.likelihood == Likelihood::Certain);
    if !case.message.mirrors.is_empty() {
        put(
            candidates,
            0,
            Candidate {
                cause: Cause::Mirror,
                likelihood: Likelihood::Likely,
                why: "mirrors are configured for this image, were asked first, and all failed"
                    .to_owned(),
            },
        );
        // A mirror's own failure is what has to be mended: the source may be out of reach on purpose.
        for (at, mirror) in case.message.mirrors.iter().take(2).enumerate() {
            if let Some(first) = read(mirror, known)
                .candidates
                .into_iter()
                .find(|first| first.cause != Cause::Mirror)
            {
                let host = mirror.asked_host.as_deref().unwrap_or("a mirror");
                put(
                    candidates,
                    1 + at,
                    Candidate {
                        why: format!("what the mirror {host} said: {}", first.why),
                        ..first
                    },
                );
            }
        }
    } else if case.says("?ns=") && !certain {
        put(
            candidates,
            0,
            Candidate {
                cause: Cause::Mirror,
                likelihood: Likelihood::Likely,
                why: "containerd adds ns= to what it asks of a mirror, and to nothing else"
                    .to_owned(),
            },
        );
    } else if let Some(host) = case.other_host()
        && !certain
        && !case.is(Symptom::InvalidReference)
        && !(case.names_no_registry() && case.by(SEARCHING))
    {
        // "Not there" is a mirror's typical answer; what keeps a connection from coming up is so for a mirror as well.
        let at = usize::from(!case.is_missing());
        put(
            candidates,
            at,
            Candidate {
                cause: Cause::Mirror,
                likelihood: Likelihood::Likely,
                why: format!(
                    "{host} was asked, which is not the image's registry: a mirror or a cache is configured for it"
                ),
            },
        );
    } else if case.is_named_as_mirror() && !certain {
        put(candidates, 2 - usize::from(case.is_missing()), Candidate {
            cause: Cause::Mirror,
            likelihood: Likelihood::Possible,
            why: "by its name the registry stands in for another, which may want another path (library/) or another login".to_owned(),
        });
    }
}

/// Runtimes that look a name without registry up in a list of registries.
const SEARCHING: &[Runtime] = &[Runtime::Buildah, Runtime::CriO, Runtime::OpenshiftBuild];

/// The image names no registry: the default that it fell to may not be where it is.
fn add_short_name(case: &Case<'_>, candidates: &mut Vec<Candidate>) {
    let fell = matches!(
        case.message.symptom,
        Symptom::Denied
            | Symptom::Unauthorized
            | Symptom::ManifestUnknown
            | Symptom::NotFound
            | Symptom::NameUnknown
            | Symptom::NoSuchHost
            | Symptom::Timeout
            | Symptom::Refused
    );
    let certain = candidates
        .first()
        .is_some_and(|first| first.likelihood == Likelihood::Certain);
    if fell && !certain && case.names_no_registry() {
        let searched = case.by(SEARCHING) && case.other_host().is_some();
        // Who writes an owner's name means Docker Hub more often than not.
        let owned = !case.is_one_word()
            && matches!(
                case.message.symptom,
                Symptom::Denied | Symptom::Unauthorized
            );
        let at = match (searched, owned) {
            (true, _) => 0,
            (false, true) => 3,
            (false, false) => 2,
        };
        put(candidates, at, Candidate {
            cause: Cause::ShortName,
            likelihood: if searched { Likelihood::Likely } else { Likelihood::Possible },
            why: "the image names no registry, so the runtime's default was asked, which may not be where the image is".to_owned(),
        });
    }
}
