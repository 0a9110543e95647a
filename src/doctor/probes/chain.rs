//! The certificates that the registry showed, held against one set of roots.

use jiff::Timestamp;

use crate::doctor::evidence::{ChainFact, ChainFault, Side};
use crate::model::observation::Dial;
use crate::model::trust::{
    self, CaFault, DateKind, IssuerVerdict, NameVerdict, OtherFault, Role, RootStore, Verdict,
};

/// How the chain of a dial stands with the given roots, and the sources of its anchor; `None` without a chain.
pub fn chain(
    dial: &Dial,
    side: Side,
    roots: &RootStore,
    now: Timestamp,
) -> Option<(ChainFact, Vec<String>)> {
    let tls = dial.tls.as_ref()?.result.as_ref().ok()?;
    let verdict = trust::judge(&tls.chain, &dial.origin.host, now, roots);
    let leaf = verdict.leaf();
    let (anchor, sources) = anchor(&verdict);
    let fact = ChainFact {
        side,
        leaf: leaf
            .map(|leaf| leaf.subject.to_string())
            .unwrap_or_default(),
        issuer: leaf.map(|leaf| leaf.issuer.to_string()).unwrap_or_default(),
        not_after: leaf.and_then(|leaf| leaf.not_after),
        anchor,
        faults: faults(&verdict),
        assumed: None,
        tolerated: false,
        bundle_remarks: Vec::new(),
    };
    Some((fact, sources))
}

fn anchor(verdict: &Verdict) -> (Option<String>, Vec<String>) {
    match &verdict.issuer {
        IssuerVerdict::Trusted { anchor, sources } => {
            (Some(anchor.subject.to_string()), sources.clone())
        }
        _ => (None, Vec::new()),
    }
}

/// In the order in which Go notices them: the server's dates, its name, the issuers and their dates, the rest
/// (`crypto/x509` `Certificate.Verify`).
fn faults(verdict: &Verdict) -> Vec<ChainFault> {
    if verdict.is_trusted() {
        return Vec::new();
    }
    let mut faults: Vec<ChainFault> = Vec::new();
    let dates = |leaf: bool| {
        verdict
            .dates
            .iter()
            .filter(move |fault| (fault.which == Role::Leaf) == leaf)
            .map(|fault| match fault.kind {
                DateKind::Expired => ChainFault::Expired {
                    who: fault.subject.clone(),
                    at: Some(fault.bound),
                    is_ca: fault.which != Role::Leaf,
                },
                DateKind::NotYetValid => ChainFault::NotYetValid {
                    who: fault.subject.clone(),
                    from: Some(fault.bound),
                },
            })
    };
    faults.extend(dates(true));
    match &verdict.name {
        NameVerdict::Match | NameVerdict::Unreadable => {}
        NameVerdict::CommonNameOnly { common_name } => faults.push(ChainFault::WrongName {
            presented: vec![common_name.clone()],
            only_common_name: true,
        }),
        NameVerdict::Mismatch { presented, .. } => faults.push(ChainFault::WrongName {
            presented: presented.clone(),
            only_common_name: false,
        }),
    }
    faults.extend(issuer(&verdict.issuer));
    faults.extend(dates(false));
    faults.extend(verdict.purpose.iter().map(|fault| {
        let words = format!(
            "{} is for {}, not for servers",
            fault.subject,
            fault.allowed.join(", ")
        );
        if fault.which == Role::Leaf {
            ChainFault::UnfitLeaf { words }
        } else {
            ChainFault::UnfitIssuer { words }
        }
    }));
    faults.extend(verdict.other.iter().map(other));
    if faults.is_empty() {
        faults.push(match verdict.go_words() {
            Some(words) => ChainFault::UnfitLeaf { words },
            None => ChainFault::OurLimits {
                words: "a signature of the chain is of a kind that this program cannot check"
                    .to_owned(),
            },
        });
    }
    faults
}

fn issuer(verdict: &IssuerVerdict) -> Option<ChainFault> {
    match verdict {
        IssuerVerdict::Trusted { .. } => None,
        IssuerVerdict::UnknownAuthority {
            missing_issuer,
            self_signed,
            same_name_in,
            ..
        } => {
            let mut issuer = missing_issuer.clone();
            if *self_signed {
                issuer.push_str(" (self-signed)");
            }
            if let Some(place) = same_name_in.first() {
                issuer = format!("{issuer} ({place} has another CA of this name)");
            }
            Some(ChainFault::UnknownIssuer {
                issuer,
                missing: None,
            })
        }
        IssuerVerdict::IncompleteChain {
            missing_issuer,
            known_by,
        } => Some(ChainFault::UnknownIssuer {
            issuer: missing_issuer.clone(),
            missing: Some(match known_by {
                trust::Missing::Url(url) => format!("which is to be found at {url}"),
                trust::Missing::Known { sources } => {
                    format!("which {} has", sources.join(" and "))
                }
            }),
        }),
        IssuerVerdict::BadCa {
            certificate, why, ..
        } => Some(ChainFault::UnfitIssuer {
            words: bad_ca(&certificate.subject.to_string(), why),
        }),
        IssuerVerdict::Undetermined { why } => Some(ChainFault::OurLimits { words: why.clone() }),
    }
}

fn bad_ca(name: &str, why: &CaFault) -> String {
    match why {
        CaFault::NotACa => format!("{name} is no CA (CA:TRUE is missing)"),
        CaFault::MayNotSign => format!("{name} may not sign certificates (keyCertSign is missing)"),
        CaFault::WeakSignature(algorithm) => {
            format!("{name} signed with {algorithm}, which is refused")
        }
        CaFault::UnknownAlgorithm(algorithm) => {
            format!("{name} signed with {algorithm}, which Go does not know")
        }
        CaFault::SmallKey(bits) => format!("{name} has a key of only {bits} bits"),
        CaFault::PathTooLong { limit } => {
            format!("{name} allows {limit} intermediate certificates below it, and there are more")
        }
        CaFault::CriticalExtension(oid) => {
            format!("{name} has a critical extension that Go does not know ({oid})")
        }
    }
}

fn other(fault: &OtherFault) -> ChainFault {
    match fault {
        OtherFault::NoCertificate => ChainFault::UnfitLeaf {
            words: "the server shows no certificate".to_owned(),
        },
        OtherFault::Refused { subject, why, .. } => ChainFault::UnfitLeaf {
            words: format!("Go does not read the certificate {subject}: {why}"),
        },
        OtherFault::LargeKey { subject, bits } => ChainFault::UnfitLeaf {
            words: format!("{subject} has a key of {bits} bits, more than Go takes"),
        },
        OtherFault::KeyType(what) => ChainFault::UnfitLeaf {
            words: format!("the server's key is of a kind that TLS cannot use ({what})"),
        },
        OtherFault::CriticalExtension(oid) => ChainFault::UnfitLeaf {
            words: format!(
                "the server's certificate has a critical extension that Go does not know ({oid})"
            ),
        },
        OtherFault::NameConstraint { authority, detail } => ChainFault::UnfitIssuer {
            words: format!("{authority} may not sign for this name: {detail}"),
        },
        OtherFault::BadCa { authority, why } => ChainFault::UnfitIssuer {
            words: bad_ca(authority, why),
        },
        OtherFault::GoRefuses(words) => ChainFault::UnfitLeaf {
            words: words.clone(),
        },
    }
}
