//! Words about certificates and handshakes, which say who distrusts and not who is at fault.

use super::Likelihood::{Likely, Possible};
use super::{Rule, always};
use crate::doctor::causes::Cause;
use crate::model::message::Symptom;

const PROXY: &str = "a proxy that opens TLS shows a certificate of its own";

pub(super) const RULES: &[Rule] = &[
    Rule { symptoms: &[Symptom::UnknownAuthority], when: |case| case.asks_for_token(), points_at: "tls", means: &[
        (Cause::TokenService, Likely, "the certificate is the token service's, not the registry's"),
        (Cause::UnknownCa, Likely, "whoever asks does not trust the issuer"),
        (Cause::Proxy, Possible, PROXY),
    ] },
    Rule { symptoms: &[Symptom::UnknownAuthority], when: |case| case.is_well_known(), points_at: "tls", means: &[
        (Cause::UnknownCa, Likely, "the issuer is not among those that the one who asks trusts; for a public registry that is most often a proxy's own"),
        (Cause::Proxy, Likely, PROXY),
        (Cause::ServerError, Possible, "public registries have shown wrong certificates for some hours"),
        (Cause::NodeRuntime, Possible, "the node's own bundle of CAs is missing or old"),
    ] },
    Rule { symptoms: &[Symptom::UnknownAuthority], when: always, points_at: "tls", means: &[
        (Cause::UnknownCa, Likely, "the registry's certificate is of a CA that the one who speaks was not told to trust"),
        (Cause::ClusterTrustMissing, Possible, "nodes, builds and the API server are told separately; one of them was forgotten"),
        (Cause::IncompleteChain, Possible, "the server leaves out the intermediate certificate, which browsers fetch and runtimes do not"),
        (Cause::Proxy, Possible, PROXY),
        (Cause::TagMissing, Possible, "containerd that is told the CA for one host entry only says this in place of a 404"),
    ] },
    Rule { symptoms: &[Symptom::CertificateDates], when: |case| case.says("is before"), points_at: "tls", means: &[
        (Cause::CertificateNotYetValid, Likely, "the words give both times: the certificate begins later"),
        (Cause::NodeRuntime, Likely, "a clock that is behind makes every new certificate one of the future"),
        (Cause::CertificateExpired, Possible, "Go has one wording for both"),
    ] },
    Rule { symptoms: &[Symptom::CertificateDates], when: |case| case.is_well_known(), points_at: "tls", means: &[
        (Cause::NodeRuntime, Likely, "this registry renews its certificate long before; the clock of the one who speaks is wrong"),
        (Cause::CertificateExpired, Possible, "the certificate, or that of a proxy in between, has ended"),
        (Cause::Proxy, Possible, PROXY),
        (Cause::CertificateNotYetValid, Possible, "Go has one wording for both"),
    ] },
    Rule { symptoms: &[Symptom::CertificateDates], when: always, points_at: "tls", means: &[
        (Cause::CertificateExpired, Likely, "the certificate, or the CA behind it, has ended by the clock of the one who speaks"),
        (Cause::NodeRuntime, Possible, "that clock is wrong"),
        (Cause::CertificateNotYetValid, Possible, "Go has one wording for both"),
    ] },
    Rule { symptoms: &[Symptom::CertificateNotYetValid], when: always, points_at: "tls", means: &[
        (Cause::CertificateNotYetValid, Likely, "the certificate begins later by the clock of the one who speaks"),
        (Cause::NodeRuntime, Possible, "that clock is behind"),
    ] },
    Rule { symptoms: &[Symptom::CertificateNames], when: always, points_at: "tls", means: &[
        (Cause::HostnameMismatch, Likely, "the certificate is for other names: often a default one, or a name was left out of it"),
        (Cause::WrongPort, Possible, "something else listens on this port"),
        (Cause::Proxy, Possible, PROXY),
        (Cause::Dns, Possible, "the name resolves to another server"),
    ] },
    Rule { symptoms: &[Symptom::HttpResponse], when: always, points_at: "tls", means: &[
        (Cause::PlainHttp, Likely, "the port answers in plain HTTP, and the runtime was not told that it may"),
        (Cause::RepositoryMissing, Possible, "a runtime that tries HTTP first and HTTPS then reports the second failure of a name that the first did not find"),
        (Cause::WrongPort, Possible, "TLS is on another port"),
        (Cause::Mirror, Possible, "a mirror's entry does not match in its port or scheme"),
        (Cause::Proxy, Possible, "an HTTP proxy is given with https:// in front"),
    ] },
    Rule { symptoms: &[Symptom::HttpToHttps], when: always, points_at: "tls", means: &[
        (Cause::HttpsRequired, Likely, "the server says itself that it wants TLS on this port"),
        (Cause::Mirror, Possible, "a mirror's entry says http:// for a registry with TLS"),
        (Cause::Proxy, Possible, "something in front of the registry takes TLS off"),
    ] },
    Rule { symptoms: &[Symptom::Handshake], when: |case| case.says("certificate required") || case.says("bad certificate") || case.says("client certificate"), points_at: "tls", means: &[
        (Cause::Handshake, Likely, "the server wants a certificate of the client, or refuses the one that it was shown"),
        (Cause::NodeRuntime, Possible, "the node's folder of certificates for this registry holds only half of a pair"),
        (Cause::Proxy, Possible, "something on the way speaks TLS in the registry's place"),
    ] },
    Rule { symptoms: &[Symptom::Handshake], when: always, points_at: "tls", means: &[
        (Cause::Handshake, Likely, "both sides find no common protocol, cipher or certificate"),
        (Cause::Proxy, Possible, "something on the way speaks TLS in the registry's place"),
        (Cause::WrongPort, Possible, "something else listens on this port"),
        (Cause::UnknownCa, Possible, "the certificate is of a kind that the runtime rejects"),
    ] },
];
