//! Causes as the words of "ruled out": short, and each once.

use crate::doctor::causes::Cause;

/// The names of what is ruled out, in the order given.
pub(super) fn ruled_out(causes: &[Cause], found: Option<Cause>) -> Vec<&'static str> {
    let tls = found.is_some_and(|found| found.family() == "tls");
    let mut names: Vec<&'static str> = Vec::new();
    for cause in causes {
        // A handshake that came about says nothing of TLS as a whole where its certificate is the fault.
        if let Some(name) = name(*cause).filter(|name| !(tls && *name == "TLS"))
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

fn name(cause: Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::RegistryBlocked | Cause::RegistryNotAllowed | Cause::ImportNotAllowed => "policy",
        Cause::Dns => "DNS",
        Cause::Refused | Cause::Timeout | Cause::Reset => "connection",
        Cause::Proxy => "proxy",
        Cause::PlainHttp | Cause::HttpsRequired | Cause::Handshake => "TLS",
        Cause::CertificateExpired | Cause::CertificateNotYetValid => "certificate dates",
        Cause::HostnameMismatch => "certificate name",
        Cause::UnknownCa | Cause::IncompleteChain | Cause::ClusterTrustMissing => "trust",
        Cause::NotARegistry | Cause::WrongPort => "wrong host or port",
        Cause::BadCredentials => "password",
        Cause::ExpiredCredentials => "expired login",
        Cause::NoCredentials => "missing login",
        Cause::PullDenied => "pull right",
        Cause::PathPrefix | Cause::RepositoryMissing => "repository",
        Cause::TagMissing | Cause::DigestMissing => "tag",
        Cause::PlatformMissing => "platform",
        Cause::BlobMissing => "missing layers",
        // The reference is plain to see.
        _ => return None,
    })
}
