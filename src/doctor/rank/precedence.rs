//! Which of several causes is the one: a fixed order.

use crate::doctor::causes::Cause;
use crate::doctor::finding::{Confidence, Finding};

/// Which cause is named when several hold: the one that has to be mended first, or that explains the others. What stands
/// earlier wins. The order is that of the pull path, with the exceptions that the contract names: a fault of the
/// credentials before what it kept from being seen, another port before a refused connection, a short name before
/// "cannot be told", the token service before the network underneath it.
const PRECEDENCE: &[Cause] = &[
    Cause::InvalidReference,
    Cause::RegistryBlocked,
    Cause::RegistryNotAllowed,
    Cause::ImportNotAllowed,
    Cause::SecretMalformed,
    Cause::Mirror,
    Cause::WrongPort,
    Cause::HttpsRequired,
    Cause::PlainHttp,
    Cause::Dns,
    Cause::Proxy,
    Cause::Refused,
    Cause::Timeout,
    Cause::Reset,
    Cause::CertificateExpired,
    Cause::CertificateNotYetValid,
    Cause::HostnameMismatch,
    Cause::IncompleteChain,
    Cause::ClusterTrustMissing,
    Cause::UnknownCa,
    Cause::Handshake,
    Cause::NotARegistry,
    Cause::Rate,
    Cause::ClockSkew,
    Cause::TokenService,
    Cause::CredentialsBlockPublicPull,
    Cause::SecretKeyMismatch,
    Cause::SecretWrongType,
    Cause::SecretShadowed,
    Cause::SecretOverridden,
    Cause::PodPredatesLink,
    Cause::SecretNotLinked,
    Cause::SecretMissing,
    Cause::SecretElsewhere,
    Cause::ExpiredCredentials,
    Cause::BadCredentials,
    Cause::NoCredentials,
    Cause::PathPrefix,
    Cause::PullDenied,
    Cause::PushDenied,
    Cause::ShortName,
    Cause::RepositoryMissing,
    Cause::TagMissing,
    Cause::DigestMissing,
    Cause::Quarantined,
    Cause::Signature,
    Cause::ManifestUnsupported,
    Cause::PlatformMissing,
    Cause::BlobMissing,
    Cause::ServerError,
    Cause::NodeRuntime,
    Cause::MissingOrForbidden,
    Cause::Unknown,
];

fn precedence(cause: Cause) -> usize {
    PRECEDENCE
        .iter()
        .position(|listed| *listed == cause)
        .unwrap_or(PRECEDENCE.len())
}

/// Findings in the order in which they would be named.
pub(super) fn sort(findings: &mut [Finding]) {
    let place = |finding: &Finding| match (finding.cause, finding.confidence) {
        // Without a secret that it names a build does not even start.
        (Cause::SecretMissing, Confidence::Certain) => precedence(Cause::SecretMalformed),
        (cause, _) => precedence(cause),
    };
    findings.sort_by(|a, b| {
        (place(a), a.confidence, &a.summary).cmp(&(place(b), b.confidence, &b.summary))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_its_place() {
        for cause in Cause::ALL {
            assert_eq!(
                PRECEDENCE.iter().filter(|listed| *listed == cause).count(),
                1,
                "{cause}"
            );
        }
    }

    #[test]
    fn the_order_is_that_of_the_contract() {
        for (first, second) in [
            (Cause::SecretMalformed, Cause::NoCredentials),
            (Cause::SecretKeyMismatch, Cause::BadCredentials),
            (Cause::CredentialsBlockPublicPull, Cause::BadCredentials),
            (Cause::BadCredentials, Cause::RepositoryMissing),
            (Cause::WrongPort, Cause::Refused),
            (Cause::ShortName, Cause::MissingOrForbidden),
            (Cause::WrongPort, Cause::NotARegistry),
        ] {
            assert!(
                precedence(first) < precedence(second),
                "{first} before {second}"
            );
        }
    }
}
