//! The `registries.conf` that the platform writes to every node.
//!
//! Source of the writing: openshift/runtime-utils `pkg/registries` `EditRegistriesConfig`, which the machine config operator, image
//! import and builds share; of what is refused: machine-config-operator `validateRegistriesConfScopes`; of the reading:
//! containers/image `pkg/sysregistriesv2` `FindRegistry`.

use std::collections::BTreeMap;

use super::order;
use super::{MirrorRule, RuleKind};

/// The file, entry by entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistriesConf {
    /// Its entries, one a scope, in the order of their scopes.
    pub entries: Vec<Entry>,
    /// Why the platform refuses to write it. While there is one, nodes keep what they had before, and the entries are only what
    /// was meant.
    pub problems: Vec<Problem>,
}

/// A `[[registry]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Registry, namespace or repository, or `*.domain`.
    pub scope: String,
    /// The entry of `insecureRegistries` that makes it insecure; it may be a wider one.
    pub insecure: Option<String>,
    /// Why the location itself must not be asked.
    pub blocked: Option<BlockedBy>,
    /// Its mirrors in order.
    pub mirrors: Vec<Mirror>,
}

/// Why a location is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockedBy {
    /// An entry of `blockedRegistries`; it may be a wider one.
    List(String),
    /// `NeverContactSource` of the mirror rule for this source.
    NeverContactSource(String),
}

/// A `[[registry.mirror]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// What stands in for the scope.
    pub location: String,
    /// The entry of `insecureRegistries` that makes it insecure.
    pub insecure: Option<String>,
    /// Asked for pulls by digest only, otherwise for pulls by tag only.
    pub by_digest: bool,
}

/// How an entry matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// By whole path components.
    Scope,
    /// By a `*.domain`.
    Wildcard,
    /// An entry without a port matches a registry with one. containers/image says of itself that this is unintended and not to be
    /// relied on; image import and `policy.json` do not match here.
    IgnoringPort,
}

/// Why the platform does not write the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// An entry of `image.config` that is no scope.
    #[error(
        "`{entry}` in {list} is no registry scope: a wildcard may only stand in front, as in *.example.com"
    )]
    InvalidScope {
        /// Which list.
        list: &'static str,
        /// The entry.
        entry: String,
    },
    /// Rules that contradict each other.
    #[error("rules for the source {source_name} disagree about mirrorSourcePolicy")]
    ConflictingPolicy {
        /// The source.
        source_name: String,
    },
    /// A source that must not be asked is among its own mirrors.
    #[error("the source {source_name} must never be contacted and is one of its own mirrors")]
    NeverContactItself {
        /// The source.
        source_name: String,
    },
    /// A wildcard is mirrored, and another entry lies within it.
    #[error(
        "the mirrored wildcard {source_name} has the entry {nested} within it, which the platform cannot express"
    )]
    NestedInWildcard {
        /// The wildcard.
        source_name: String,
        /// What lies within.
        nested: String,
    },
}

impl RegistriesConf {
    /// Writes the file from the lists of `image.config` and from the mirror rules.
    pub fn render(insecure: &[String], blocked: &[String], rules: &[MirrorRule]) -> Self {
        let mut conf = Self {
            entries: Vec::new(),
            problems: problems(insecure, blocked, rules),
        };
        let sets = [merged(rules, true), merged(rules, false)];
        for (set, by_digest) in sets.iter().zip([true, false]) {
            for (source, (mirrors, never)) in set {
                let entry = conf.entry(source);
                if let Some(object) = never {
                    entry
                        .blocked
                        .get_or_insert_with(|| BlockedBy::NeverContactSource(object.clone()));
                }
                entry.mirrors.extend(mirrors.iter().map(|location| Mirror {
                    location: location.clone(),
                    insecure: None,
                    by_digest,
                }));
            }
        }
        for scope in blocked {
            conf.entry(scope);
        }
        for scope in insecure {
            conf.entry(scope);
            for entry in &mut conf.entries {
                if is_nested(&entry.scope, scope) {
                    entry.insecure.get_or_insert_with(|| scope.clone());
                }
                for mirror in entry
                    .mirrors
                    .iter_mut()
                    .filter(|mirror| is_nested(&mirror.location, scope))
                {
                    mirror.insecure.get_or_insert_with(|| scope.clone());
                }
            }
        }
        for scope in blocked {
            for entry in conf
                .entries
                .iter_mut()
                .filter(|entry| is_nested(&entry.scope, scope))
            {
                entry
                    .blocked
                    .get_or_insert_with(|| BlockedBy::List(scope.clone()));
            }
        }
        for source in sets.iter().flat_map(BTreeMap::keys) {
            conf.hand_down(source);
        }
        conf.entries
            .sort_by(|one, other| one.scope.cmp(&other.scope));
        conf
    }

    fn entry(&mut self, scope: &str) -> &mut Entry {
        let at = self
            .entries
            .iter()
            .position(|entry| entry.scope == scope)
            .unwrap_or_else(|| {
                self.entries.push(Entry {
                    scope: scope.to_owned(),
                    insecure: None,
                    blocked: None,
                    mirrors: Vec::new(),
                });
                self.entries.len() - 1
            });
        &mut self.entries[at]
    }

    /// Gives the mirrors of a source to entries within it that have none: only the closest entry counts, and it would hide them.
    fn hand_down(&mut self, source: &str) {
        let mirrors = self.entry(source).mirrors.clone();
        for entry in &mut self.entries {
            if entry.scope == source
                || !entry.mirrors.is_empty()
                || !is_nested(&entry.scope, source)
            {
                continue;
            }
            let Some(below) = entry.scope.strip_prefix(source) else {
                self.problems.push(Problem::NestedInWildcard {
                    source_name: source.to_owned(),
                    nested: entry.scope.clone(),
                });
                continue;
            };
            let moved = |mirror: &Mirror| Mirror {
                location: format!("{}{below}", mirror.location),
                ..mirror.clone()
            };
            entry.mirrors = mirrors.iter().map(moved).collect();
        }
    }

    /// The entry that decides for `registry/repository` (or a registry alone): the longest scope that matches.
    pub fn find(&self, name: &str) -> Option<(&Entry, Match)> {
        let mut best: Option<(&Entry, Match)> = None;
        for entry in &self.entries {
            if let Some((_, how)) = match_prefix(name, &entry.scope)
                && best.is_none_or(|(known, _)| entry.scope.len() > known.scope.len())
            {
                best = Some((entry, how));
            }
        }
        best
    }
}

/// How much of a reference a scope covers, and how it matches. Source: containers/image `refMatchingPrefix`.
pub(super) fn match_prefix(reference: &str, scope: &str) -> Option<(usize, Match)> {
    if scope.starts_with("*.") {
        let domain = &scope[1..];
        let at = reference.find(domain)?;
        let end = at + domain.len();
        let ends = matches!(
            reference.as_bytes().get(end),
            None | Some(b':' | b'/' | b'@')
        );
        return (ends && !reference[..at].contains('/')).then_some((end, Match::Wildcard));
    }
    let rest = reference.strip_prefix(scope)?;
    match rest.as_bytes().first() {
        None | Some(b'/' | b'@') => Some((scope.len(), Match::Scope)),
        // After a path this is the tag, after a host the port.
        Some(b':') if scope.contains('/') => Some((scope.len(), Match::Scope)),
        Some(b':') => Some((scope.len(), Match::IgnoringPort)),
        Some(_) => None,
    }
}

/// Whether a scope lies within another. Source: runtime-utils `ScopeIsNestedInsideScope`; here a missing port does not match.
fn is_nested(scope: &str, within: &str) -> bool {
    if scope == within {
        return true;
    }
    if let Some(rest) = scope.strip_prefix(within)
        && rest.starts_with('/')
    {
        return true;
    }
    let Some(domain) = within
        .strip_prefix('*')
        .filter(|domain| domain.starts_with('.'))
    else {
        return false;
    };
    let host = match scope.split_once(':') {
        Some((host, _)) if host.contains('/') => return false,
        Some((host, _)) => host,
        None => scope.split('/').next().unwrap_or_default(),
    };
    host.ends_with(domain)
}

type MergedSets = BTreeMap<String, (Vec<String>, Option<String>)>;

/// The mirrors by source, and the object that forbids to ask the source. A rule that only repeats its source is no rule.
fn merged(rules: &[MirrorRule], by_digest: bool) -> MergedSets {
    let counts = |rule: &&MirrorRule| {
        (rule.kind != RuleKind::ImageTagMirrorSet) == by_digest
            && rule.mirrors.iter().any(|mirror| *mirror != rule.source)
    };
    let mut by_source: BTreeMap<&str, Vec<&MirrorRule>> = BTreeMap::new();
    for rule in rules.iter().filter(counts) {
        by_source.entry(&rule.source).or_default().push(rule);
    }
    by_source
        .into_iter()
        .map(|(source, rules)| {
            let lists: Vec<&[String]> = rules.iter().map(|rule| rule.mirrors.as_slice()).collect();
            let never = rules
                .iter()
                .find(|rule| rule.never_contact_source)
                .map(|rule| rule.object.clone());
            (source.to_owned(), (order::merge(source, &lists), never))
        })
        .collect()
}

/// Whether an entry can stand as a scope. Source: runtime-utils `IsValidRegistriesConfScope`.
fn is_scope(entry: &str) -> bool {
    match entry.strip_prefix("*.") {
        Some(domain) => !domain.contains(['/', '@', ':', '*']),
        None => !entry.is_empty() && !entry.contains('*'),
    }
}

fn problems(insecure: &[String], blocked: &[String], rules: &[MirrorRule]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (list, entries) in [
        ("insecureRegistries", insecure),
        ("blockedRegistries", blocked),
    ] {
        let invalid = entries.iter().filter(|entry| !is_scope(entry));
        problems.extend(invalid.map(|entry| Problem::InvalidScope {
            list,
            entry: entry.clone(),
        }));
    }
    let mut policies: BTreeMap<&str, bool> = BTreeMap::new();
    for rule in rules {
        let source_name = rule.source.clone();
        let known = *policies
            .entry(&rule.source)
            .or_insert(rule.never_contact_source);
        let conflict = Problem::ConflictingPolicy {
            source_name: source_name.clone(),
        };
        if known != rule.never_contact_source && !problems.contains(&conflict) {
            problems.push(conflict);
        }
        if rule.never_contact_source && rule.mirrors.contains(&rule.source) {
            problems.push(Problem::NeverContactItself { source_name });
        }
    }
    problems
}
