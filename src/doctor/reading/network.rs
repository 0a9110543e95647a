//! Words about connections. Half of them are true of something other than the registry: a proxy, a mirror, a name that
//! nobody meant.

use super::case::Place;
use crate::model::message::Runtime;

const PROXY: &str =
    "whoever asks reaches the outside through a proxy only, and the runtime was not told of it";
const TOKEN: &str = "the address is the token service's, not the registry's";

rules! {
    on Proxy => "network" {
        Proxy Certain "the words name the proxy: the registry was never reached";
    }
    on BareStatus
        if |case| case.is_well_known() => "network" {
        Proxy Likely "a status and no word of a registry is what Go prints when a proxy refuses to connect";
        ServerError Possible "the registry, or what stands in front of it, answers without a body";
        RegistryNotAllowed Possible "the registry, or a firewall, does not serve this address";
    }
    on BareStatus => "network" {
        Proxy Likely "a status and no word of a registry is what Go prints when a proxy refuses to connect";
        ServerError Possible "the registry, or what stands in front of it, answers without a body";
        PullDenied Possible "a gateway in front of the registry refuses";
    }
    on NoSuchHost
        if |case| case.asks_for_token() && !case.is_well_known() => "network" {
        TokenService Likely TOKEN;
        Dns Likely "the token service's name does not resolve here";
        Proxy Possible PROXY;
    }
    on Refused | Unreachable | Reset
        if |case| case.asks_for_token() && !case.is_well_known() => "network" {
        TokenService Likely TOKEN;
        Refused Possible "the network lets the registry through, and not its token service";
        Proxy Possible PROXY;
    }
    on Timeout
        if |case| case.asks_for_token() && case.is_well_known() => "network" {
        Timeout Likely "no connection comes up: a firewall, or no way outside";
        Proxy Likely PROXY;
        TokenService Possible TOKEN;
    }
    on Timeout
        if |case| case.asks_for_token() => "network" {
        TokenService Likely TOKEN;
        Timeout Likely "the network lets the registry through, and not its token service";
        Proxy Possible PROXY;
    }
    // DNS.
    on NoSuchHost
        if |case| case.at(&[Place::OpenShift]) => "network" {
        Dns Likely "nodes do not resolve names of services unless the platform writes them there";
        Proxy Possible PROXY;
        NodeRuntime Possible "the node's resolver or its operator is down";
    }
    on NoSuchHost
        if |case| case.is_well_known() => "network" {
        Dns Likely "this name is known to the world: the resolver of the one who asks fails or is cut off";
        Proxy Possible PROXY;
        ShortName Possible "Docker Hub was asked because the image names no registry";
        Mirror Possible "a mirror should have been asked in its place";
    }
    on NoSuchHost => "network" {
        Dns Likely "the name does not resolve where the runtime runs; it may resolve elsewhere";
        ShortName Possible "a part of the image's path was taken for a host";
        Proxy Possible PROXY;
        Mirror Possible "the name may be a mirror's";
    }
    // Refused.
    on Refused | Unreachable
        if |case| case.at(&[Place::Local]) && case.by(&[Runtime::Buildah, Runtime::CriO]) => "network" {
        ShortName Likely "localhost/ is the name of images that were built on this machine; it was taken for a registry";
        Refused Likely "nothing listens there";
        WrongPort Possible "the registry listens on another port";
    }
    on Refused
        if |case| case.at(&[Place::Local]) => "network" {
        Refused Likely "nothing listens there; localhost is the node itself, or the container";
        WrongPort Possible "the registry listens on another port";
        Proxy Possible "the address may be a local proxy's";
    }
    on Refused
        if |case| case.is_well_known() => "network" {
        Proxy Likely "this registry refuses nobody: something answers in its place, where only a proxy gets outside";
        Refused Likely "a firewall answers in the registry's place";
        Dns Possible "the name resolves to a wrong address";
    }
    on Refused => "network" {
        Refused Likely "the host answers, and nothing listens on this port";
        WrongPort Possible "the registry listens on another port; without one in the name it is 443";
        Proxy Possible "the address may be the proxy's, or the proxy is wanted";
        Dns Possible "the name resolves to a wrong address";
    }
    on Unreachable => "network" {
        Timeout Likely "there is no way to this address: a route or a firewall";
        Refused Possible "a firewall that answers is seen like this";
        Proxy Possible PROXY;
        Dns Possible "the name resolves to an address that does not work here, for example an IPv6 one";
    }
    // Time.
    // Go names the address that it dials (`net.OpError`): where none is named, none was found yet.
    on Timeout
        if |case| case.says("dial tcp: i/o timeout") => "network" {
        Dns Likely "the words name no address: looking the name up is what took too long";
        Timeout Likely "a firewall, or no way outside";
        Proxy Possible PROXY;
    }
    // The one who asked gave up, at whatever he was waiting for (`code = DeadlineExceeded` of the runtime's interface).
    on Timeout
        if |case| case.says("deadline exceeded") && case.message.url.is_none() && case.is_node() => "network" {
        Timeout Likely "the pull took longer than whoever asked for it waits: a slow way, a large image";
        NodeRuntime Possible "the words name no call: the runtime itself, or its disk, may be what is slow";
        Proxy Possible PROXY;
    }
    on Timeout
        if |case| case.says("handshake timeout") => "network" {
        Timeout Likely "the connection comes up and stalls: a firewall, packets that are too big (MTU), a node without time";
        Proxy Possible PROXY;
        ServerError Possible "the registry is overloaded";
        Handshake Possible "what listens there never answers a TLS hello";
    }
    on Timeout
        if |case| case.is_well_known() && case.names_no_registry() => "network" {
        Timeout Likely "no connection comes up: a firewall, or no way outside";
        Proxy Likely PROXY;
        ShortName Possible "Docker Hub was asked because the image names no registry";
    }
    on Timeout
        if |case| case.is_well_known() => "network" {
        Timeout Likely "no connection comes up: a firewall, or no way outside";
        Proxy Likely PROXY;
        ServerError Possible "the registry is slow or has an outage";
        Mirror Possible "a mirror should have been asked in its place";
    }
    on Timeout => "network" {
        Timeout Likely "the answer did not come in time: a firewall, a wrong address, packets that are too big";
        Proxy Possible "a private address is sent to the proxy, or the proxy is wanted and not used";
        ServerError Possible "the registry is overloaded or hangs";
        Dns Possible "the name resolves to an address that does not work from here";
    }
    on Reset
        if |case| case.is_well_known() && case.says("eof") && !case.is_content() => "network" {
        Proxy Likely "the connection was closed without an answer, as proxies and firewalls do with what they do not want";
        Reset Likely "the connection is cut by something else on the way";
        ServerError Possible "an outage of the registry shows like this";
    }
    on Reset
        if |case| case.says("unexpected eof") && case.is_content() => "network" {
        ServerError Likely "less came than was announced: the registry, or the storage behind it, stops in the middle";
        Mirror Possible "a cache that was cut off while it filled holds a part only, and announces the whole";
        Proxy Possible "a proxy, load balancer or scanner on the way cuts long transfers";
        BlobMissing Possible "the registry's storage holds less than it announced";
        Reset Possible "the connection was cut in the middle";
    }
    on Reset
        if |case| case.says("eof") && !case.says("unexpected eof") => "network" {
        Reset Likely "the other side closed the connection without an answer";
        Proxy Possible "a proxy or load balancer closes what it does not want";
        ServerError Possible "the registry dies while it answers";
        HttpsRequired Possible "a port that speaks something else closes like this";
    }
    on Reset => "network" {
        Reset Likely "the connection was cut in the middle";
        Proxy Possible "a proxy, load balancer or scanner on the way cuts long transfers";
        ServerError Possible "the registry dies while it answers";
        BlobMissing Possible "the registry's storage holds less than it announced";
    }
}
