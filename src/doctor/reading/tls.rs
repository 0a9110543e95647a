//! Words about certificates and handshakes, which say who distrusts and not who is at fault.

use super::case::Place;

const PROXY: &str = "a proxy that opens TLS shows a certificate of its own";

rules! {
    on UnknownAuthority
        if |case| case.says("system roots") => "tls" {
        NodeRuntime Likely "the one who speaks has no bundle of CAs at all";
        UnknownCa Possible "the registry's own CA is missing as well";
        Proxy Possible PROXY;
    }
    on UnknownAuthority
        if |case| case.asks_for_token() && case.gives_tokens_itself() => "tls" {
        UnknownCa Likely "the registry gives its tokens itself, under one certificate, which whoever asks was not told to trust";
        ClusterTrustMissing Possible "nodes, builds and the API server are told separately; one of them was forgotten";
        TokenService Possible "the token service has a certificate of its own";
        Proxy Possible PROXY;
    }
    on UnknownAuthority
        if |case| case.asks_for_token() => "tls" {
        TokenService Likely "the certificate is the token service's, not the registry's";
        UnknownCa Likely "whoever asks does not trust the issuer";
        Proxy Possible PROXY;
    }
    on UnknownAuthority
        if |case| case.is_well_known() => "tls" {
        Proxy Likely "a public registry's certificate is trusted everywhere: a proxy that opens TLS shows one of its own";
        UnknownCa Likely "the issuer is not among those that the one who asks trusts, which a CA given to it mends";
        ServerError Possible "public registries have shown wrong certificates for some hours";
        NodeRuntime Possible "the node's own bundle of CAs is missing or old";
    }
    on UnknownAuthority => "tls" {
        UnknownCa Likely "the registry's certificate is of a CA that the one who speaks was not told to trust";
        ClusterTrustMissing Possible "nodes, builds and the API server are told separately; one of them was forgotten";
        Proxy Possible PROXY;
        IncompleteChain Possible "the server leaves out the intermediate certificate, which browsers fetch and runtimes do not";
        TagMissing Possible "containerd that is told the CA for one host entry only says this in place of a 404";
    }
    on CertificateDates
        if |case| case.says("is before") => "tls" {
        CertificateNotYetValid Likely "the words give both times: the certificate begins later";
        NodeRuntime Likely "a clock that is behind makes every new certificate one of the future";
        CertificateExpired Possible "Go has one wording for both";
    }
    on CertificateDates
        if |case| case.is_well_known() => "tls" {
        NodeRuntime Likely "this registry renews its certificate long before; the clock of the one who speaks is wrong";
        CertificateExpired Possible "the certificate, or that of a proxy in between, has ended";
        Proxy Possible PROXY;
        CertificateNotYetValid Possible "Go has one wording for both";
    }
    on CertificateDates
        if |case| case.place == Place::Unknown && !case.says("current time") => "tls" {
        NodeRuntime Likely "no registry is named and no time is given: a clock that is wrong makes every certificate look like this";
        CertificateExpired Likely "the certificate, or the CA behind it, has ended by the clock of the one who speaks";
        CertificateNotYetValid Possible "Go has one wording for both";
    }
    on CertificateDates => "tls" {
        CertificateExpired Likely "the certificate, or the CA behind it, has ended by the clock of the one who speaks";
        NodeRuntime Possible "that clock is wrong";
        CertificateNotYetValid Possible "Go has one wording for both";
    }
    on CertificateNotYetValid => "tls" {
        CertificateNotYetValid Likely "the certificate begins later by the clock of the one who speaks";
        NodeRuntime Possible "that clock is behind";
    }
    on CertificateNames => "tls" {
        HostnameMismatch Likely "the certificate is for other names: often a default one, or a name was left out of it";
        WrongPort Possible "something else listens on this port";
        Proxy Possible PROXY;
        Dns Possible "the name resolves to another server";
    }
    on HttpResponse => "tls" {
        PlainHttp Likely "the port answers in plain HTTP, and the runtime was not told that it may";
        RepositoryMissing Possible "a runtime that tries HTTP first and HTTPS then reports the second failure of a name that the first did not find";
        WrongPort Possible "TLS is on another port";
        Mirror Possible "a mirror's entry does not match in its port or scheme";
        Proxy Possible "an HTTP proxy is given with https:// in front";
    }
    // `\x15\x03\x01` is the beginning of a TLS alert.
    on HttpToHttps
        if |case| case.says("malformed") && !case.asks_in_plain() => "tls" {
        WrongPort Likely "TLS was meant, and what answers takes the call for plain HTTP: a port for another scheme, or a front that forwards to one";
        HttpsRequired Likely "plain HTTP was sent in a second try, and the other side answered in TLS";
        PlainHttp Possible "the two sides do not agree on TLS";
        Proxy Possible "something in front of the registry takes TLS off";
    }
    on HttpToHttps
        if |case| case.says("malformed") => "tls" {
        HttpsRequired Likely "plain HTTP was sent, and the other side answered in TLS";
        WrongPort Likely "the port that was asked is not the one meant for this scheme";
        PlainHttp Possible "the two sides do not agree on TLS";
    }
    // The call itself was HTTPS: what went out in plain HTTP went to an address that an answer gave.
    on HttpToHttps
        if |case| case.asks_in_tls() => "tls" {
        TokenService Likely "TLS was spoken with the registry: its challenge names a token service with http:// in front";
        Proxy Likely "something in front of the registry takes TLS off and speaks plain HTTP with a port for TLS behind it";
        HttpsRequired Possible "the server says itself that it wants TLS on this port";
        Mirror Possible "a mirror's entry says http:// for a registry with TLS";
    }
    on HttpToHttps => "tls" {
        HttpsRequired Likely "the server says itself that it wants TLS on this port";
        Mirror Possible "a mirror's entry says http:// for a registry with TLS";
        Proxy Possible "something in front of the registry takes TLS off";
    }
    // A node's folder of certificates holds a link that leads nowhere, as CentOS has it for Red Hat's registry.
    on Handshake
        if |case| case.says("certs.d") && case.says("no such file") => "node" {
        NodeRuntime Likely "a file in the node's own folder of certificates for this registry cannot be read";
        UnknownCa Possible "the CA that should stand there is wanted as well";
        Handshake Possible "the client's certificate that should stand there is wanted as well";
    }
    on Handshake
        if |case| case.says("certificate required") || case.says("bad certificate") || case.says("client certificate") => "tls" {
        Handshake Likely "the server wants a certificate of the client, or refuses the one that it was shown";
        NodeRuntime Possible "the node's folder of certificates for this registry holds only half of a pair";
        Proxy Possible "something on the way speaks TLS in the registry's place";
    }
    on Handshake => "tls" {
        Handshake Likely "both sides find no common protocol, cipher or certificate";
        Proxy Possible "something on the way speaks TLS in the registry's place";
        WrongPort Possible "something else listens on this port";
        UnknownCa Possible "the certificate is of a kind that the runtime rejects";
    }
}
