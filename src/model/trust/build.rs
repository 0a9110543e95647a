//! What both ways through the chain share: which certificates may be the issuer, in which order, and when to stop.

use crate::model::certificate::Certificate;

/// How many signatures Go checks for one chain before it gives up (`maxChainSignatureChecks`); it bounds our work too.
pub(super) const MOST_CHECKS: usize = 100;

/// Candidates in the order in which Go tries them: key identifiers that match, then those that one side lacks, then the rest.
/// Source: Go `crypto/x509` `CertPool.findPotentialParents`.
pub(super) fn by_plausibility<'a>(
    child: &Certificate,
    candidates: impl Iterator<Item = &'a Certificate>,
) -> Vec<&'a Certificate> {
    let wanted = child.authority_key_id.as_deref().unwrap_or_default();
    let mut candidates: Vec<&Certificate> = candidates.collect();
    candidates.sort_by_key(|candidate| {
        let offered = candidate.subject_key_id.as_deref().unwrap_or_default();
        match (offered == wanted, offered.is_empty() || wanted.is_empty()) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        }
    });
    candidates
}

/// The presented certificates that carry this subject, the server's own left out, each once.
pub(super) fn presented_as<'a>(
    presented: &'a [Certificate],
    subject: &[u8],
) -> Vec<&'a Certificate> {
    let mut named: Vec<&Certificate> = Vec::new();
    for certificate in presented
        .iter()
        .skip(1)
        .filter(|certificate| certificate.subject.raw == subject)
    {
        if named
            .iter()
            .all(|known| known.fingerprint() != certificate.fingerprint())
        {
            named.push(certificate);
        }
    }
    named
}

/// Whether a chain would run in a circle: same subject, same key and same alternative names count as the same certificate.
/// Source: Go `crypto/x509` `alreadyInChain`.
pub(super) fn is_in(candidate: &Certificate, chain: &[&Certificate]) -> bool {
    for member in chain {
        if member.subject.raw != candidate.subject.raw
            || member.public_key.info != candidate.public_key.info
        {
            continue;
        }
        if member.names.present != candidate.names.present {
            return false;
        }
        if member.names == candidate.names {
            return true;
        }
    }
    false
}
