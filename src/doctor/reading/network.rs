//! Words about connections. Half of them are true of something other than the registry: a proxy, a mirror, a name that
//! nobody meant.

use super::Likelihood::{Certain, Likely, Possible};
use super::case::Place;
use super::{Rule, always};
use crate::doctor::causes::Cause;
use crate::model::message::{Runtime, Symptom};

const PROXY: &str = "this machine reaches the outside through a proxy only, and the runtime was not told of it";
const TOKEN: &str = "the address is the token service's, not the registry's";

pub(super) const RULES: &[Rule] = &[
    Rule { symptoms: &[Symptom::Proxy], when: always, points_at: "network", means: &[
        (Cause::Proxy, Certain, "the words name the proxy: the registry was never reached"),
    ] },
    Rule { symptoms: &[Symptom::BareStatus], when: |case| case.is_well_known(), points_at: "network", means: &[
        (Cause::Proxy, Likely, "a status and no word of a registry is what Go prints when a proxy refuses to connect"),
        (Cause::ServerError, Possible, "the registry, or what stands in front of it, answers without a body"),
        (Cause::RegistryNotAllowed, Possible, "the registry, or a firewall, does not serve this address"),
    ] },
    Rule { symptoms: &[Symptom::BareStatus], when: always, points_at: "network", means: &[
        (Cause::Proxy, Likely, "a status and no word of a registry is what Go prints when a proxy refuses to connect"),
        (Cause::ServerError, Possible, "the registry, or what stands in front of it, answers without a body"),
        (Cause::PullDenied, Possible, "a gateway in front of the registry refuses"),
    ] },
    Rule { symptoms: &[Symptom::NoSuchHost, Symptom::Refused, Symptom::Unreachable, Symptom::Timeout, Symptom::Reset], when: |case| case.asks_for_token() && !case.is_well_known(), points_at: "network", means: &[
        (Cause::TokenService, Likely, TOKEN),
        (Cause::Proxy, Possible, PROXY),
        (Cause::Timeout, Possible, "the network lets the registry through, and not its token service"),
        (Cause::Dns, Possible, "the token service's name does not resolve here"),
    ] },
    // DNS.
    Rule { symptoms: &[Symptom::NoSuchHost], when: |case| case.at(&[Place::OpenShift]), points_at: "network", means: &[
        (Cause::Dns, Likely, "nodes do not resolve names of services unless the platform writes them there"),
        (Cause::Proxy, Possible, PROXY),
        (Cause::NodeRuntime, Possible, "the node's resolver or its operator is down"),
    ] },
    Rule { symptoms: &[Symptom::NoSuchHost], when: |case| case.is_well_known(), points_at: "network", means: &[
        (Cause::Dns, Likely, "this name is known to the world: the resolver of the one who asks fails or is cut off"),
        (Cause::Proxy, Possible, PROXY),
        (Cause::ShortName, Possible, "Docker Hub was asked because the image names no registry"),
        (Cause::Mirror, Possible, "a mirror should have been asked in its place"),
    ] },
    Rule { symptoms: &[Symptom::NoSuchHost], when: always, points_at: "network", means: &[
        (Cause::Dns, Likely, "the name does not resolve where the runtime runs; it may resolve elsewhere"),
        (Cause::ShortName, Possible, "a part of the image's path was taken for a host"),
        (Cause::Proxy, Possible, PROXY),
        (Cause::Mirror, Possible, "the name may be a mirror's"),
    ] },
    // Refused.
    Rule { symptoms: &[Symptom::Refused, Symptom::Unreachable], when: |case| case.at(&[Place::Local]) && case.by(&[Runtime::Buildah, Runtime::CriO]), points_at: "network", means: &[
        (Cause::ShortName, Likely, "localhost/ is the name of images that were built on this machine; it was taken for a registry"),
        (Cause::Refused, Likely, "nothing listens there"),
        (Cause::WrongPort, Possible, "the registry listens on another port"),
    ] },
    Rule { symptoms: &[Symptom::Refused], when: |case| case.at(&[Place::Local]), points_at: "network", means: &[
        (Cause::Refused, Likely, "nothing listens there; localhost is the node itself, or the container"),
        (Cause::WrongPort, Possible, "the registry listens on another port"),
        (Cause::Proxy, Possible, "the address may be a local proxy's"),
    ] },
    Rule { symptoms: &[Symptom::Refused], when: |case| case.is_well_known(), points_at: "network", means: &[
        (Cause::Refused, Likely, "a firewall answers in the registry's place"),
        (Cause::Proxy, Possible, PROXY),
        (Cause::Dns, Possible, "the name resolves to a wrong address"),
    ] },
    Rule { symptoms: &[Symptom::Refused], when: always, points_at: "network", means: &[
        (Cause::Refused, Likely, "the host answers, and nothing listens on this port"),
        (Cause::WrongPort, Possible, "the registry listens on another port; without one in the name it is 443"),
        (Cause::Proxy, Possible, "the address may be the proxy's, or the proxy is wanted"),
        (Cause::Dns, Possible, "the name resolves to a wrong address"),
    ] },
    Rule { symptoms: &[Symptom::Unreachable], when: always, points_at: "network", means: &[
        (Cause::Timeout, Likely, "there is no way to this address: a route or a firewall"),
        (Cause::Refused, Possible, "a firewall that answers is seen like this"),
        (Cause::Proxy, Possible, PROXY),
        (Cause::Dns, Possible, "the name resolves to an address that does not work here, for example an IPv6 one"),
    ] },
    // Time.
    Rule { symptoms: &[Symptom::Timeout], when: |case| case.says("handshake timeout"), points_at: "network", means: &[
        (Cause::Timeout, Likely, "the connection comes up and stalls: a firewall, packets that are too big (MTU), a node without time"),
        (Cause::Proxy, Possible, PROXY),
        (Cause::ServerError, Possible, "the registry is overloaded"),
        (Cause::Handshake, Possible, "what listens there never answers a TLS hello"),
    ] },
    Rule { symptoms: &[Symptom::Timeout], when: |case| case.is_well_known() && case.names_no_registry(), points_at: "network", means: &[
        (Cause::Timeout, Likely, "no connection comes up: a firewall, or no way outside"),
        (Cause::Proxy, Likely, PROXY),
        (Cause::ShortName, Possible, "Docker Hub was asked because the image names no registry"),
    ] },
    Rule { symptoms: &[Symptom::Timeout], when: |case| case.is_well_known(), points_at: "network", means: &[
        (Cause::Timeout, Likely, "no connection comes up: a firewall, or no way outside"),
        (Cause::Proxy, Likely, PROXY),
        (Cause::ServerError, Possible, "the registry is slow or has an outage"),
        (Cause::Mirror, Possible, "a mirror should have been asked in its place"),
    ] },
    Rule { symptoms: &[Symptom::Timeout], when: always, points_at: "network", means: &[
        (Cause::Timeout, Likely, "the answer did not come in time: a firewall, a wrong address, packets that are too big"),
        (Cause::Proxy, Possible, "a private address is sent to the proxy, or the proxy is wanted and not used"),
        (Cause::ServerError, Possible, "the registry is overloaded or hangs"),
        (Cause::Dns, Possible, "the name resolves to an address that does not work from here"),
    ] },
    Rule { symptoms: &[Symptom::Reset], when: |case| case.says("eof") && !case.says("unexpected eof"), points_at: "network", means: &[
        (Cause::Reset, Likely, "the other side closed the connection without an answer"),
        (Cause::Proxy, Possible, "a proxy or load balancer closes what it does not want"),
        (Cause::ServerError, Possible, "the registry dies while it answers"),
        (Cause::HttpsRequired, Possible, "a port that speaks something else closes like this"),
    ] },
    Rule { symptoms: &[Symptom::Reset], when: always, points_at: "network", means: &[
        (Cause::Reset, Likely, "the connection was cut in the middle"),
        (Cause::Proxy, Possible, "a proxy, load balancer or scanner on the way cuts long transfers"),
        (Cause::ServerError, Possible, "the registry dies while it answers"),
        (Cause::BlobMissing, Possible, "the registry's storage holds less than it announced"),
    ] },
];
