//! Judges the certificates that are to be trusted before anybody is asked to trust them: each is a CA within its dates, or the
//! server's own certificate, and together they verify the chain that the registry shows, by Go's rules for its host name.

use jiff::Timestamp;

use crate::model::certificate::{Certificate, ExtendedKeyUsage, Fingerprint, SigningBar};
use crate::model::sanitize::sanitize_line;
use crate::model::trust::{self, IssuerVerdict, RootStore, Verdict};

/// The longest name of a certificate that is printed.
const LONGEST: usize = 80;
/// The name of the offered certificates in a verdict.
pub const SOURCE: &str = "what is offered";

/// What was found fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub certificates: Vec<Certificate>,
    /// What was left out and why, and what is special about the rest. One sentence each.
    pub notes: Vec<String>,
    /// The certificate at which the registry's chain ends; `None` when the registry was not asked.
    pub anchor: Option<Certificate>,
}

/// Why nothing is to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// No certificate is a CA within its dates; one reason each.
    #[error("no certificate fits: {}", .0.join("; "))]
    None(Vec<String>),
    /// They do not verify what the registry shows.
    #[error("the registry's chain is not verified by it")]
    Chain(Box<Verdict>),
    /// It hangs on a signature that only Go could check.
    #[error("whether it verifies the registry's chain cannot be told here: {0}")]
    Undetermined(String),
}

/// What the registry shows, and for which name.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    pub chain: &'a [Certificate],
    /// Host name or address, without a port.
    pub host: &'a str,
}

/// Judges `offered`, each certificate by itself, and against what the registry shows where that is known.
///
/// # Errors
///
/// When nothing that is offered fits, or the registry's chain is not verified by what does.
pub fn judge(
    offered: &[Certificate],
    shown: Option<Shown<'_>>,
    now: Timestamp,
) -> Result<Accepted, Unfit> {
    let mut accepted = Accepted {
        certificates: Vec::new(),
        notes: Vec::new(),
        anchor: None,
    };
    let mut reasons = Vec::new();
    for certificate in offered {
        if accepted.certificates.contains(certificate) {
            continue;
        }
        match fitness(certificate, shown, now) {
            Ok(note) => {
                accepted.notes.extend(note);
                accepted.certificates.push(certificate.clone());
            }
            Err(reason) => reasons.push(reason),
        }
    }
    if accepted.certificates.is_empty() {
        return Err(Unfit::None(reasons));
    }
    accepted.notes.extend(
        reasons
            .into_iter()
            .map(|reason| format!("left out: {reason}")),
    );
    if let Some(shown) = shown {
        accepted.anchor = Some(anchor(&accepted.certificates, shown, now)?);
    }
    Ok(accepted)
}

/// The offered certificate at which the chain ends.
fn anchor(
    certificates: &[Certificate],
    shown: Shown<'_>,
    now: Timestamp,
) -> Result<Certificate, Unfit> {
    let verdict = trust::judge_read(shown.chain, shown.host, now, &store(certificates));
    if verdict.is_undetermined() {
        let why = match &verdict.issuer {
            IssuerVerdict::Undetermined { why } => why.clone(),
            _ => "a signature is of a kind that this tool cannot check".to_owned(),
        };
        return Err(Unfit::Undetermined(sanitize_line(&why, 200)));
    }
    match (&verdict.issuer, verdict.is_trusted()) {
        (IssuerVerdict::Trusted { anchor, .. }, true) => Ok((**anchor).clone()),
        _ => Err(Unfit::Chain(Box::new(verdict))),
    }
}

/// A store that trusts these and nothing else.
pub fn store(certificates: &[Certificate]) -> RootStore {
    let mut roots = RootStore::new();
    for certificate in certificates {
        // A bundle gives only what Go parses.
        let _never_refused = roots.add(SOURCE, certificate.clone());
    }
    roots
}

/// Whether a certificate can be an anchor, and what to say of it; else why not.
fn fitness(
    certificate: &Certificate,
    shown: Option<Shown<'_>>,
    now: Timestamp,
) -> Result<Option<String>, String> {
    let name = subject(certificate);
    let day = |time: Timestamp| time.strftime("%Y-%m-%d");
    if let Some(end) = certificate.not_after.filter(|end| now > *end) {
        return Err(format!("{name} ended on {}", day(end)));
    }
    if let Some(start) = certificate.not_before.filter(|start| now < *start) {
        return Err(format!("{name} begins on {}", day(start)));
    }
    let usages = &certificate.extended_key_usage;
    let serves = |usage: &ExtendedKeyUsage| {
        matches!(usage, ExtendedKeyUsage::Any | ExtendedKeyUsage::ServerAuth)
    };
    if !usages.is_empty() && !usages.iter().any(serves) {
        let list: Vec<String> = usages.iter().map(ToString::to_string).collect();
        return Err(format!(
            "{name} is for {} and not for TLS servers",
            list.join(", ")
        ));
    }
    let Err(bar) = certificate.may_sign() else {
        return Ok(None);
    };
    let lack = match bar {
        SigningBar::NotACa => "is no CA (CA:TRUE is missing)",
        SigningBar::KeyUsage => "may not sign certificates (keyCertSign is missing)",
    };
    // Go takes the server's own certificate as its anchor whatever it says of itself.
    let is_own = match shown.and_then(|shown| shown.chain.first()) {
        Some(leaf) => leaf == certificate,
        None => shown.is_none() && certificate.is_self_issued(),
    };
    if is_own {
        Ok(Some(format!(
            "{name} {lack}: only this very certificate is trusted, and its successor has to be trusted anew"
        )))
    } else {
        Err(format!("{name} {lack}"))
    }
}

/// Whose a certificate is, for people.
pub fn subject(certificate: &Certificate) -> String {
    sanitize_line(&certificate.subject.to_string(), LONGEST)
}

/// The certificate of a chain that is worth trusting: the root where the server sends it, else the highest CA that it sends,
/// or the server's own when that is its own issuer. `None` when the server sends its own alone, signed by somebody else.
pub fn top(chain: &[Certificate]) -> Option<&Certificate> {
    let mut at = chain.first()?;
    let mut seen = vec![at.fingerprint()];
    while !at.is_self_issued() {
        let above = chain.iter().find(|candidate| {
            candidate.subject.raw == at.issuer.raw && !seen.contains(&candidate.fingerprint())
        });
        match above {
            Some(above) => {
                at = above;
                seen.push(at.fingerprint());
            }
            None => break,
        }
    }
    let is_leaf = chain.first() == Some(at);
    (at.is_self_issued() || (!is_leaf && at.may_sign().is_ok())).then_some(at)
}

/// The certificates of a chain with these fingerprints, and the fingerprints that none has.
pub fn with_fingerprints<'a>(
    chain: &'a [Certificate],
    fingerprints: &[Fingerprint],
) -> (Vec<&'a Certificate>, Vec<Fingerprint>) {
    let found = chain
        .iter()
        .filter(|certificate| fingerprints.contains(&certificate.fingerprint()))
        .collect();
    let missing = fingerprints
        .iter()
        .filter(|wanted| !chain.iter().any(|it| it.fingerprint() == **wanted))
        .copied()
        .collect();
    (found, missing)
}

#[cfg(test)]
mod tests;
