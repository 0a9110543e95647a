//! The vocabulary of causes: stable ids, one a cause, never renamed and never used again for something else.
//!
//! One table holds id, title and what kind of person can mend it; everything else (pages of `explain`, rules, remedies)
//! refers to the enum, so that a cause without a page or a title does not compile or fails a test.

/// Declares [`Cause`] and its table in one place.
macro_rules! causes {
    ($($variant:ident $id:literal $title:literal;)*) => {
        /// A cause. Its [`id`](Cause::id) is what reports, JSON and `explain` use.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Cause {
            $(#[doc = $title] $variant,)*
        }

        impl Cause {
            /// Every cause, by family, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable id, `family.name` (`unknown` has no family in front).
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// What it is, in half a line, without a full stop.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

causes! {
    NoCredentials "auth.no-credentials" "the registry wants credentials, and none would be sent";
    BadCredentials "auth.bad-credentials" "the registry refuses the user name and password";
    ExpiredCredentials "auth.expired-credentials" "the credentials have expired";
    PullDenied "auth.pull-denied" "the credentials are good, and may not pull from this repository";
    PushDenied "auth.push-denied" "the credentials are good, and may not push to this repository";
    CredentialsBlockPublicPull "auth.credentials-block-public-pull" "anonymous pull works, the credentials make it fail";
    SecretMissing "auth.secret-missing" "a secret is named that does not exist";
    SecretNotLinked "auth.secret-not-linked" "a good secret is there, and nothing makes the consumer use it";
    SecretElsewhere "auth.secret-elsewhere" "a good secret is in another namespace only";
    SecretOverridden "auth.secret-overridden" "the pod's own pull secrets keep the service account's from being used";
    PodPredatesLink "auth.pod-predates-link" "the pod is older than the link of the secret";
    SecretShadowed "auth.secret-shadowed" "a wrong secret stands before a good one, and only the first is used";
    SecretWrongType "auth.secret-wrong-type" "the secret is of a type that the consumer does not read";
    SecretMalformed "auth.secret-malformed" "the secret's content does not decode to a user name and a password";
    SecretKeyMismatch "auth.secret-key-mismatch" "the secret names the registry in a spelling that does not match";
    InvalidReference "location.invalid-reference" "the text is no image reference";
    ShortName "location.short-name" "the reference names no registry, and the default has no such image";
    NotARegistry "location.not-a-registry" "the host answers, and is no registry there";
    WrongPort "location.wrong-port" "the registry is on another port of this host";
    PathPrefix "location.path-prefix" "the repository is under another prefix";
    RepositoryMissing "location.repository-missing" "the repository does not exist";
    TagMissing "location.tag-missing" "the repository exists, the tag does not";
    DigestMissing "location.digest-missing" "the repository exists, the digest does not";
    PlatformMissing "location.platform-missing" "the image exists, not for the platform of the nodes";
    ManifestUnsupported "location.manifest-unsupported" "the manifest is of a kind that the runtime does not take";
    BlobMissing "location.blob-missing" "the manifest is there, a part of the image is not";
    Mirror "location.mirror" "the cluster asks a mirror, and the mirror fails";
    Dns "network.dns" "the host name does not resolve";
    Refused "network.refused" "the connection is refused";
    Timeout "network.timeout" "no connection, or no answer on it, comes in time";
    Reset "network.reset" "the connection is cut in the middle";
    Proxy "network.proxy" "the proxy is what fails";
    UnknownCa "tls.unknown-ca" "the certificate's issuer is not trusted";
    ClusterTrustMissing "tls.cluster-trust-missing" "one side trusts the certificate's issuer, the other does not";
    IncompleteChain "tls.incomplete-chain" "the server leaves an intermediate certificate out";
    CertificateExpired "tls.expired" "the certificate, or the CA behind it, has expired";
    CertificateNotYetValid "tls.not-yet-valid" "the certificate is not valid yet";
    HostnameMismatch "tls.hostname-mismatch" "the certificate is for other names";
    PlainHttp "tls.plain-http" "the port speaks plain HTTP";
    HttpsRequired "tls.https-required" "plain HTTP was sent to a TLS port";
    Handshake "tls.handshake" "the TLS handshake fails";
    RegistryBlocked "policy.registry-blocked" "the cluster's configuration blocks the registry";
    RegistryNotAllowed "policy.registry-not-allowed" "the cluster's configuration does not allow the registry";
    ImportNotAllowed "policy.import-not-allowed" "the cluster's configuration does not allow imports from the registry";
    Signature "policy.signature" "a signature policy rejects the image";
    Quarantined "policy.quarantined" "the registry itself refuses to hand out the image";
    Rate "limit.rate" "the registry's limit is reached";
    ServerError "registry.server-error" "the registry fails, or breaks the protocol";
    TokenService "registry.token-service" "the registry answers, its token service does not";
    ClockSkew "registry.clock-skew" "a fresh token is refused, and the clocks differ";
    NodeRuntime "node.runtime" "the node fails, not the registry";
    MissingOrForbidden "ambiguous.missing-or-forbidden" "not there, or not for you: the registry answers alike";
    Unknown "unknown" "nothing known fits the evidence";
}

impl Cause {
    /// The part of the id before the dot; the id itself for `unknown`.
    pub fn family(self) -> &'static str {
        let id = self.id();
        id.split_once('.').map_or(id, |(family, _)| family)
    }

    /// The cause with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|cause| cause.id() == id)
    }

    /// Whether a report with this cause is `undetermined` and not `failed`.
    pub fn is_open(self) -> bool {
        matches!(self, Self::MissingOrForbidden | Self::Unknown)
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The contract's list, written out: a rename or a loss must be seen here.
    const CONTRACT: &str = "
        auth.no-credentials auth.bad-credentials auth.expired-credentials auth.pull-denied auth.push-denied
        auth.credentials-block-public-pull auth.secret-missing auth.secret-not-linked auth.secret-elsewhere
        auth.secret-overridden auth.pod-predates-link auth.secret-shadowed auth.secret-wrong-type
        auth.secret-malformed auth.secret-key-mismatch
        location.invalid-reference location.short-name location.not-a-registry location.wrong-port
        location.path-prefix location.repository-missing location.tag-missing location.digest-missing
        location.platform-missing location.manifest-unsupported location.blob-missing location.mirror
        network.dns network.refused network.timeout network.reset network.proxy
        tls.unknown-ca tls.cluster-trust-missing tls.incomplete-chain tls.expired tls.not-yet-valid
        tls.hostname-mismatch tls.plain-http tls.https-required tls.handshake
        policy.registry-blocked policy.registry-not-allowed policy.import-not-allowed policy.signature
        policy.quarantined limit.rate registry.server-error registry.token-service registry.clock-skew
        node.runtime ambiguous.missing-or-forbidden unknown";

    #[test]
    fn ids_are_those_of_the_contract_each_once() {
        let listed: Vec<&str> = Cause::ALL.iter().map(|cause| cause.id()).collect();
        let contract: Vec<&str> = CONTRACT.split_whitespace().collect();
        assert_eq!(listed, contract);
        assert_eq!(
            listed.iter().collect::<BTreeSet<_>>().len(),
            listed.len(),
            "an id is used twice"
        );
    }

    #[test]
    fn ids_lead_back_to_their_cause_and_titles_are_half_lines() {
        for &cause in Cause::ALL {
            assert_eq!(Cause::from_id(cause.id()), Some(cause));
            assert!(
                cause.title().len() < 80 && !cause.title().ends_with('.'),
                "{cause}"
            );
        }
        assert_eq!(Cause::Unknown.family(), "unknown");
        assert_eq!(Cause::Dns.family(), "network");
        assert_eq!(Cause::from_id("network.DNS"), None);
    }
}
