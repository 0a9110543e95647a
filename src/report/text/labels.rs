//! Causes and families as words: what is ruled out, short and each once, and what a message points at.

use crate::doctor::causes::Cause;

/// The names of what is ruled out, in the order given. Causes that this version does not know stand by their ids.
pub(super) fn ruled_out<'a>(causes: &'a [impl AsRef<str>], found: Option<&str>) -> Vec<&'a str> {
    let tls = found.is_some_and(|found| found.starts_with("tls."));
    let mut names: Vec<&str> = Vec::new();
    for id in causes {
        let name = match Cause::from_id(id.as_ref()) {
            Some(cause) => name(cause),
            None => Some(id.as_ref()),
        };
        // A handshake that came about says nothing of TLS as a whole where its certificate is the fault.
        if let Some(name) = name.filter(|name| !(tls && *name == "TLS"))
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// What a message of this family points at.
pub(super) fn family(family: &str) -> &str {
    match family {
        "auth" => "the credentials",
        "location" => "the name of the image",
        "network" => "the network",
        "tls" => "the certificate",
        "policy" => "a policy",
        "limit" => "a limit of the registry",
        "registry" => "the registry itself",
        "node" => "the node",
        other => other,
    }
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
