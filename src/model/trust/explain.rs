//! All faults of a chain, each for itself.
//!
//! Go leaves a path at its first fault. Here a path goes on through certificates that are expired, or must not sign, as long as the
//! signatures hold, so that the person hears everything at once. Whether the chain is trusted is not decided here.

use jiff::Timestamp;

use super::constraints;
use super::go::{self, Answer};
use super::name::Asked;
use super::search::{Path, Search};
use super::signature::LARGEST_RSA;
use super::store::RootStore;
use super::verdict::{
    CaFault, DateFault, DateKind, IssuerVerdict, Missing, NameVerdict, OtherFault, PathEntry,
    PurposeFault, Role, Verdict,
};
use crate::model::certificate::{Certificate, KeyKind};

pub(super) fn explain(
    presented: &[Certificate],
    name: &str,
    now: Timestamp,
    roots: &RootStore,
    answer: Answer<'_>,
) -> Verdict {
    let Some(leaf) = presented.first() else {
        return nothing_presented(answer);
    };
    let (path, undetermined, refusal) = match answer {
        Answer::Trusted(chain) => return trusted(&chain, roots),
        Answer::Refused(error) => (best_path(presented, now, roots), None, Some(error)),
        Answer::Undetermined(why) => (best_path(presented, now, roots), Some(why), None),
    };
    let mut other = presented_faults(presented);
    let issuer = match undetermined {
        Some(why) => IssuerVerdict::Undetermined { why },
        None => judge_issuer(presented, &path, roots, &mut other),
    };
    let roles = path.roles();
    other.extend(constraint_faults(&path.chain));
    let mut verdict = Verdict {
        issuer,
        name: judge_name(leaf, name),
        dates: date_faults(&roles, now),
        purpose: purpose_faults(&roles),
        other,
        path: entries(&roles, roots),
        trusted: false,
        refusal,
    };
    if let (true, Some(words)) = (is_faultless(&verdict), verdict.go_words()) {
        verdict.other.push(OtherFault::GoRefuses(words));
    }
    verdict
}

fn is_faultless(verdict: &Verdict) -> bool {
    matches!(verdict.issuer, IssuerVerdict::Trusted { .. })
        && verdict.name == NameVerdict::Match
        && verdict.dates.is_empty()
        && verdict.purpose.is_empty()
        && verdict.other.is_empty()
}

fn nothing_presented(answer: Answer<'_>) -> Verdict {
    Verdict {
        issuer: IssuerVerdict::Undetermined {
            why: "the server presented no certificate".to_owned(),
        },
        name: NameVerdict::Unreadable,
        dates: Vec::new(),
        purpose: Vec::new(),
        other: vec![OtherFault::NoCertificate],
        path: Vec::new(),
        trusted: false,
        refusal: match answer {
            Answer::Refused(error) => Some(error),
            Answer::Trusted(_) | Answer::Undetermined(_) => None,
        },
    }
}

fn trusted(chain: &[&Certificate], roots: &RootStore) -> Verdict {
    let path = Path {
        chain: chain.to_vec(),
        complete: true,
    };
    let anchor = chain.last().copied();
    Verdict {
        issuer: anchor.map_or_else(
            || IssuerVerdict::Undetermined {
                why: "the path is empty".to_owned(),
            },
            |anchor| IssuerVerdict::Trusted {
                anchor: Box::new(anchor.clone()),
                sources: roots.sources_of(anchor),
            },
        ),
        name: NameVerdict::Match,
        dates: Vec::new(),
        purpose: Vec::new(),
        other: Vec::new(),
        path: entries(&path.roles(), roots),
        trusted: anchor.is_some(),
        refusal: None,
    }
}

fn entries(roles: &[(Role, &Certificate)], roots: &RootStore) -> Vec<PathEntry> {
    roles
        .iter()
        .map(|(role, certificate)| PathEntry {
            certificate: (*certificate).clone(),
            role: *role,
            sources: roots.sources_of(certificate),
        })
        .collect()
}

/// Of the paths to an anchor the one with the fewest faults, those of CAs weighing more; without any, the longest.
fn best_path<'a>(presented: &'a [Certificate], now: Timestamp, roots: &'a RootStore) -> Path<'a> {
    let mut search = Search::new(presented, roots, false);
    search.run();
    let weight = |path: &Path<'_>| {
        let roles = path.roles();
        let lesser = date_faults(&roles, now).len()
            + purpose_faults(&roles).len()
            + constraint_faults(&path.chain).len();
        (path.ca_faults().len(), lesser)
    };
    search
        .complete
        .into_iter()
        .min_by_key(weight)
        .unwrap_or(Path {
            chain: search.longest,
            complete: false,
        })
}

fn judge_issuer<'a>(
    presented: &'a [Certificate],
    path: &Path<'a>,
    roots: &'a RootStore,
    other: &mut Vec<OtherFault>,
) -> IssuerVerdict {
    let Some((top, leaf)) = path.chain.last().copied().zip(presented.first()) else {
        return IssuerVerdict::Undetermined {
            why: "the path is empty".to_owned(),
        };
    };
    if leaf.signed_part().is_empty() {
        return IssuerVerdict::Undetermined {
            why: "the server's certificate cannot be read".to_owned(),
        };
    }
    if let Some(why) = path.unverifiable() {
        return IssuerVerdict::Undetermined { why };
    }
    let mut ca_faults = path.ca_faults().into_iter();
    if !path.complete {
        other.extend(ca_faults.map(|(_, ca, why)| OtherFault::BadCa {
            authority: ca.subject.to_string(),
            why,
        }));
        return unreached(presented, top, roots);
    }
    let sources = |certificate| roots.sources_of(certificate);
    let Some((role, ca, why)) = ca_faults.next() else {
        return IssuerVerdict::Trusted {
            anchor: Box::new(top.clone()),
            sources: sources(top),
        };
    };
    other.extend(ca_faults.map(|(_, ca, why)| OtherFault::BadCa {
        authority: ca.subject.to_string(),
        why,
    }));
    IssuerVerdict::BadCa {
        certificate: Box::new(ca.clone()),
        role,
        sources: sources(ca),
        why,
    }
}

/// No anchor was reached: is the missing issuer unknown, or left out by the server?
fn unreached<'a>(
    presented: &'a [Certificate],
    top: &Certificate,
    roots: &'a RootStore,
) -> IssuerVerdict {
    let mut search = Search::new(presented, roots, true);
    search.run();
    if let Some(chain) = search
        .complete
        .iter()
        .find(|path| path.ca_faults().is_empty())
        .map(|path| &path.chain)
        && let Some(missing) = chain.iter().find(|member| !presented.contains(member))
    {
        return IssuerVerdict::IncompleteChain {
            missing_issuer: missing.subject.to_string(),
            known_by: Missing::Known {
                sources: roots.sources_of(missing),
            },
        };
    }
    // Known intermediates may show that it is not they who are missing, but the root above them.
    let known_top = search.longest.last().copied().unwrap_or(top);
    let leaf = presented.first().unwrap_or(top);
    let same_name_in: Vec<String> = roots
        .anchors_named(&known_top.issuer.raw)
        .into_iter()
        .flat_map(|anchor| roots.sources_of(anchor))
        .collect();
    let only_leaf = search.longest.len() <= 1;
    if only_leaf
        && !leaf.is_self_issued()
        && same_name_in.is_empty()
        && let Some(url) = leaf
            .issuer_urls
            .iter()
            .find(|url| url.starts_with("http"))
            .or_else(|| leaf.issuer_urls.first())
    {
        return IssuerVerdict::IncompleteChain {
            missing_issuer: leaf.issuer.to_string(),
            known_by: Missing::Url(url.clone()),
        };
    }
    IssuerVerdict::UnknownAuthority {
        missing_issuer: known_top.issuer.to_string(),
        self_signed: leaf.is_self_issued(),
        presented: known_top.is_self_issued(),
        same_name_in,
    }
}

fn judge_name(leaf: &Certificate, name: &str) -> NameVerdict {
    let asked = Asked::read(name);
    if leaf.signed_part().is_empty() {
        return NameVerdict::Unreadable;
    }
    if asked.matches(leaf) {
        return NameVerdict::Match;
    }
    if asked.matches_common_name_only(leaf) {
        let common_name = leaf.subject.common_name.clone().unwrap_or_default();
        return NameVerdict::CommonNameOnly { common_name };
    }
    let addresses = leaf.names.ip.iter().map(ToString::to_string);
    NameVerdict::Mismatch {
        wanted: asked.text(),
        presented: leaf.names.dns.iter().cloned().chain(addresses).collect(),
    }
}

fn date_faults(roles: &[(Role, &Certificate)], now: Timestamp) -> Vec<DateFault> {
    let fault = |which: Role, certificate: &Certificate, kind, bound| DateFault {
        which,
        subject: certificate.subject.to_string(),
        kind,
        bound,
    };
    roles
        .iter()
        .filter_map(
            |(role, certificate)| match (certificate.not_before, certificate.not_after) {
                (Some(start), _) if now < start => {
                    Some(fault(*role, certificate, DateKind::NotYetValid, start))
                }
                (_, Some(end)) if now > end => {
                    Some(fault(*role, certificate, DateKind::Expired, end))
                }
                _ => None,
            },
        )
        .collect()
}

fn purpose_faults(roles: &[(Role, &Certificate)]) -> Vec<PurposeFault> {
    roles
        .iter()
        .filter(|(_, certificate)| !go::allows_server(certificate))
        .map(|(role, certificate)| PurposeFault {
            which: *role,
            subject: certificate.subject.to_string(),
            allowed: certificate
                .extended_key_usage
                .iter()
                .map(ToString::to_string)
                .collect(),
        })
        .collect()
}

fn constraint_faults(chain: &[&Certificate]) -> Vec<OtherFault> {
    let Some((leaf, authorities)) = chain.split_first() else {
        return Vec::new();
    };
    authorities
        .iter()
        .filter_map(|authority| {
            let detail = constraints::check(leaf, authority).err()?;
            Some(OtherFault::NameConstraint {
                authority: authority.subject.to_string(),
                detail,
            })
        })
        .collect()
}

/// What ends the handshake whatever the path is.
fn presented_faults(presented: &[Certificate]) -> Vec<OtherFault> {
    let mut faults = Vec::new();
    for (position, certificate) in presented.iter().enumerate() {
        let (subject, key) = (certificate.subject.to_string(), &certificate.public_key);
        if let Some(why) = &certificate.refusal {
            faults.push(OtherFault::Refused {
                position,
                subject,
                why: why.clone(),
            });
        } else if key.kind == KeyKind::Rsa && key.bits > LARGEST_RSA {
            faults.push(OtherFault::LargeKey {
                subject,
                bits: key.bits,
            });
        }
    }
    if let Some(leaf) = presented.first().filter(|leaf| leaf.refusal.is_none()) {
        if matches!(leaf.public_key.kind, KeyKind::Dsa | KeyKind::Other(_)) {
            faults.push(OtherFault::KeyType(leaf.public_key.to_string()));
        }
        faults.extend(
            leaf.unhandled_critical
                .iter()
                .cloned()
                .map(OtherFault::CriticalExtension),
        );
    }
    faults
}

impl Path<'_> {
    /// Every certificate with its place.
    fn roles(&self) -> Vec<(Role, &Certificate)> {
        let last = self.chain.len().saturating_sub(1);
        let role = |position| match position {
            0 => Role::Leaf,
            _ if position == last && self.complete => Role::Root,
            _ => Role::Intermediate,
        };
        self.chain
            .iter()
            .enumerate()
            .map(|(position, certificate)| (role(position), *certificate))
            .collect()
    }

    /// The signature of the path that our library cannot check.
    fn unverifiable(&self) -> Option<String> {
        self.chain
            .windows(2)
            .find_map(|pair| super::search::unverifiable(pair[0], pair[1]))
    }

    /// What is wrong with the CAs of the path, from the lowest up, the graver fault of one CA first.
    fn ca_faults(&self) -> Vec<(Role, &Certificate, CaFault)> {
        let roles = self.roles();
        let mut faults = Vec::new();
        for (position, pair) in roles.windows(2).enumerate() {
            let [(_, child), (role, ca)] = pair else {
                continue;
            };
            let mut fault = |why| faults.push((*role, *ca, why));
            super::search::link_faults(child, ca, *role)
                .into_iter()
                .for_each(&mut fault);
            if go::path_too_long(ca, position)
                && let Some(limit) = ca
                    .basic_constraints
                    .and_then(|constraints| constraints.path_len)
            {
                fault(CaFault::PathTooLong { limit });
            }
            ca.unhandled_critical
                .iter()
                .cloned()
                .map(CaFault::CriticalExtension)
                .for_each(&mut fault);
        }
        faults
    }
}
