//! Words of policies, limits, servers and nodes, and words that carry no cause.

use super::Likelihood::{Certain, Likely, Possible};
use super::case::Place;
use super::{Rule, always};
use crate::doctor::causes::Cause;
use crate::model::message::{Runtime, Symptom};

const OUTAGE: &str = "the registry, or what stands in front of it, fails";
const IN_BETWEEN: &str = "a proxy or gateway answers in the registry's place";

pub(super) const RULES: &[Rule] = &[
    // Policy.
    Rule { symptoms: &[Symptom::Blocked], when: always, points_at: "policy", means: &[
        (Cause::RegistryBlocked, Likely, "the node's configuration blocks this registry"),
        (Cause::RegistryNotAllowed, Possible, "a list of allowed registries is written to nodes as a block of all others"),
        (Cause::Mirror, Possible, "where mirrors are tried first, this is only the end: the mirror's failure is the cause"),
    ] },
    Rule { symptoms: &[Symptom::ImportNotAllowed], when: always, points_at: "policy", means: &[
        (Cause::ImportNotAllowed, Likely, "the importer's words for a registry outside of allowedRegistriesForImport"),
        (Cause::RegistryNotAllowed, Possible, "another list of allowed registries leaves it out"),
        (Cause::RegistryBlocked, Possible, "the registry is blocked"),
    ] },
    Rule { symptoms: &[Symptom::NotAllowed], when: always, points_at: "policy", means: &[
        (Cause::RegistryNotAllowed, Likely, "a list of allowed registries, or an admission policy, leaves this one out"),
        (Cause::RegistryBlocked, Possible, "the registry is blocked"),
        (Cause::ImportNotAllowed, Possible, "for an image stream the list for imports decides"),
        (Cause::Signature, Possible, "the policy wants a signature"),
    ] },
    Rule { symptoms: &[Symptom::Signature], when: always, points_at: "policy", means: &[
        (Cause::Signature, Likely, "a signature policy of the node rejects the image, or finds no signature that it can use"),
        (Cause::Mirror, Possible, "a mirror has the image and not its signatures"),
        (Cause::NodeRuntime, Possible, "the node is not told where signatures are"),
    ] },
    Rule { symptoms: &[Symptom::NodeConfiguration], when: |case| case.says("policy"), points_at: "node", means: &[
        (Cause::NodeRuntime, Likely, "a file of the node does not parse"),
        (Cause::Signature, Likely, "the file is the signature policy"),
    ] },
    Rule { symptoms: &[Symptom::NodeConfiguration], when: always, points_at: "node", means: &[
        (Cause::NodeRuntime, Likely, "a file of the node does not parse"),
        (Cause::Mirror, Possible, "the file lists the mirrors"),
        (Cause::ShortName, Possible, "the file says where names without registry are looked for"),
    ] },
    Rule { symptoms: &[Symptom::Quarantined], when: always, points_at: "policy", means: &[
        (Cause::Quarantined, Likely, "the registry refuses to hand out the image for what it knows of it"),
        (Cause::PullDenied, Possible, "the words may be those of a missing right"),
        (Cause::Proxy, Possible, "a gateway on the way refuses"),
    ] },
    // Limits.
    Rule { symptoms: &[Symptom::RateLimit], when: always, points_at: "limit", means: &[
        (Cause::Rate, Likely, "the registry's own word for a limit: of pulls, of abuse, or of failed logins"),
        (Cause::NoCredentials, Possible, "anonymous pulls share a small limit with everybody behind the same address"),
        (Cause::Proxy, Possible, "everybody behind one proxy counts as one"),
    ] },
    // The registry.
    Rule { symptoms: &[Symptom::TokenTimes], when: always, points_at: "registry", means: &[
        (Cause::ClockSkew, Likely, "a token was refused for its times: the clocks differ"),
        (Cause::ExpiredCredentials, Possible, "the token was kept for too long"),
        (Cause::TokenService, Possible, "registry and token service do not agree"),
    ] },
    Rule { symptoms: &[Symptom::TokenService], when: always, points_at: "registry", means: &[
        (Cause::TokenService, Likely, "asking for a token is what failed, before the registry was asked for the image"),
        (Cause::ServerError, Possible, OUTAGE),
        (Cause::BadCredentials, Possible, "some token services answer a wrong login like this"),
        (Cause::Proxy, Possible, IN_BETWEEN),
    ] },
    Rule { symptoms: &[Symptom::ServerError], when: |case| case.asks_for_token(), points_at: "registry", means: &[
        (Cause::TokenService, Likely, "the token service is what failed"),
        (Cause::ServerError, Possible, OUTAGE),
        (Cause::Proxy, Possible, IN_BETWEEN),
    ] },
    Rule { symptoms: &[Symptom::ServerError], when: |case| case.says("unexpected end of json") || case.says("invalid character"), points_at: "registry", means: &[
        (Cause::ServerError, Likely, "the answer is empty, cut, or nothing that a registry sends"),
        (Cause::NotARegistry, Possible, "what answers is no registry"),
        (Cause::Proxy, Possible, IN_BETWEEN),
        (Cause::TokenService, Possible, "the token service's answer may be meant"),
    ] },
    Rule { symptoms: &[Symptom::ServerError], when: |case| case.status(400) || case.status(405) || case.says("bad request"), points_at: "registry", means: &[
        (Cause::ServerError, Likely, "the answer breaks the protocol"),
        (Cause::Proxy, Possible, IN_BETWEEN),
        (Cause::HttpsRequired, Possible, "plain HTTP that was sent to a port with TLS is answered with 400"),
        (Cause::NotARegistry, Possible, "what answers is no registry"),
    ] },
    Rule { symptoms: &[Symptom::ServerError], when: always, points_at: "registry", means: &[
        (Cause::ServerError, Likely, OUTAGE),
        (Cause::Proxy, Possible, IN_BETWEEN),
        (Cause::Mirror, Possible, "the failing server may be a mirror or a cache"),
        (Cause::BlobMissing, Possible, "storage that lost a part makes some registries fail with 500"),
    ] },
    // What answers is no registry.
    Rule { symptoms: &[Symptom::NotRegistryAnswer], when: |case| case.status(408) || case.status(504), points_at: "network", means: &[
        (Cause::Timeout, Likely, "something in front of the registry waited in vain: packets that are too big (MTU) stall like this"),
        (Cause::Proxy, Possible, IN_BETWEEN),
        (Cause::ServerError, Possible, OUTAGE),
    ] },
    Rule { symptoms: &[Symptom::NotRegistryAnswer], when: |case| case.at(&[Place::Quay]) && case.status(404), points_at: "location", means: &[
        (Cause::RepositoryMissing, Likely, "Quay answers a name of one component with its web page"),
        (Cause::PathPrefix, Possible, "the organisation is missing in front of the name"),
        (Cause::Proxy, Possible, IN_BETWEEN),
    ] },
    Rule { symptoms: &[Symptom::NotRegistryAnswer], when: |case| case.message.status.is_some_and(|status| status >= 500), points_at: "registry", means: &[
        (Cause::ServerError, Likely, OUTAGE),
        (Cause::Proxy, Possible, IN_BETWEEN),
        (Cause::NotARegistry, Possible, "what answers is no registry"),
    ] },
    Rule { symptoms: &[Symptom::NotRegistryAnswer], when: |case| case.status(403) && case.says("client does not have permission"), points_at: "policy", means: &[
        (Cause::RegistryNotAllowed, Likely, "this page is what Google's front end shows to addresses that it does not serve"),
        (Cause::Quarantined, Possible, "the registry itself refuses"),
        (Cause::Proxy, Possible, IN_BETWEEN),
    ] },
    Rule { symptoms: &[Symptom::NotRegistryAnswer], when: |case| case.status(403), points_at: "network", means: &[
        (Cause::Proxy, Likely, "a page that says 403 is a proxy's or a firewall's; registries refuse in JSON"),
        (Cause::RegistryNotAllowed, Possible, "a firewall, or the registry's front, does not serve this address"),
        (Cause::NotARegistry, Possible, "what answers is no registry"),
        (Cause::ServerError, Possible, OUTAGE),
    ] },
    Rule { symptoms: &[Symptom::NotRegistryAnswer], when: |case| case.is_well_known(), points_at: "location", means: &[
        (Cause::Proxy, Likely, "this registry answers in JSON; a web page comes from something in between, or from a login page"),
        (Cause::ServerError, Possible, "some registries show their errors as pages"),
        (Cause::RepositoryMissing, Possible, "some registries show a page for a name that they do not know"),
        (Cause::Mirror, Possible, "the page may be a mirror's"),
    ] },
    Rule { symptoms: &[Symptom::NotRegistryAnswer], when: always, points_at: "location", means: &[
        (Cause::NotARegistry, Likely, "a web page came where a registry answers in JSON: another service, its user interface, a login page"),
        (Cause::Proxy, Possible, IN_BETWEEN),
        (Cause::Mirror, Possible, "the page may be a mirror's whose address lacks the API's path"),
        (Cause::WrongPort, Possible, "the registry listens on another port than its web pages"),
        (Cause::ServerError, Possible, "some registries show their errors as pages"),
    ] },
    // The node.
    Rule { symptoms: &[Symptom::NoSpace], when: always, points_at: "node", means: &[
        (Cause::NodeRuntime, Likely, "the disk is full where the words were said"),
        (Cause::ServerError, Possible, "for a push it may be the registry's disk"),
    ] },
    Rule { symptoms: &[Symptom::NeverPull], when: always, points_at: "node", means: &[
        (Cause::NodeRuntime, Certain, "the pull policy forbids a pull, and this node's image store does not have the image"),
    ] },
    Rule { symptoms: &[Symptom::Storage], when: always, points_at: "node", means: &[
        (Cause::NodeRuntime, Likely, "the image arrived, and writing or unpacking it is what failed: disk, image store, file system, ids"),
        (Cause::BlobMissing, Possible, "a damaged layer fails when it is unpacked"),
        (Cause::ManifestUnsupported, Possible, "a layer of a kind that the runtime cannot unpack"),
    ] },
    Rule { symptoms: &[Symptom::RuntimeFault], when: |case| case.says("context canceled") || case.says("context cancelled"), points_at: "node", means: &[
        (Cause::NodeRuntime, Likely, "the pull was given up by the one who asked for it: a deadline, a pod that was deleted, a restart"),
        (Cause::Timeout, Possible, "no progress for too long ends like this"),
        (Cause::Proxy, Possible, "a proxy that holds answers back makes a pull stall"),
    ] },
    Rule { symptoms: &[Symptom::RuntimeFault], when: always, points_at: "node", means: &[
        (Cause::NodeRuntime, Likely, "the runtime is what fails, not the registry"),
        (Cause::Timeout, Possible, "a runtime that waits for the network can look like this"),
        (Cause::ServerError, Possible, OUTAGE),
    ] },
    Rule { symptoms: &[Symptom::AfterPull], when: always, points_at: "node", means: &[
        (Cause::Unknown, Possible, "the image arrived; what failed came after the pull"),
    ] },
    // No cause in the words.
    Rule { symptoms: &[Symptom::NoCause], when: |case| case.imports(), points_at: "unknown", means: &[
        (Cause::RepositoryMissing, Possible, "these words carry no cause; the line before them does, and this is the commonest"),
        (Cause::NoCredentials, Possible, "a private image, and no secret of the namespace covers it"),
        (Cause::UnknownCa, Possible, "the API server does not trust the registry's certificate"),
        (Cause::Unknown, Possible, "anything else that keeps an image from being found"),
    ] },
    Rule { symptoms: &[Symptom::NoCause], when: |case| case.pushes(), points_at: "unknown", means: &[
        (Cause::SecretNotLinked, Possible, "these words carry no cause; of pushes that fail a missing push secret is the commonest"),
        (Cause::PushDenied, Possible, "the login may not push there"),
        (Cause::NodeRuntime, Possible, "the builder's own storage or runtime"),
        (Cause::Unknown, Possible, "anything else"),
    ] },
    Rule { symptoms: &[Symptom::NoCause], when: |case| case.at(&[Place::Other, Place::Local, Place::OpenShift]) && case.host().is_some_and(|host| host.contains(':')), points_at: "unknown", means: &[
        (Cause::PlainHttp, Possible, "these words carry no cause; a registry on a port of its own often speaks plain HTTP"),
        (Cause::NoCredentials, Possible, "a private registry, and no secret covers the image in this spelling"),
        (Cause::UnknownCa, Possible, "a private registry's certificate is often not trusted by nodes"),
        (Cause::Unknown, Possible, "anything else that keeps an image from being pulled"),
    ] },
    Rule { symptoms: &[Symptom::NoCause], when: always, points_at: "unknown", means: &[
        (Cause::RepositoryMissing, Possible, "these words carry no cause; the first Failed event does, and a name that does not exist is the commonest"),
        (Cause::NoCredentials, Possible, "the image is private, and nothing was sent"),
        (Cause::TagMissing, Possible, "the tag does not exist"),
        (Cause::Unknown, Possible, "anything else that keeps an image from being pulled"),
    ] },
    Rule { symptoms: &[Symptom::Other], when: |case| case.by(&[Runtime::Kubelet, Runtime::Containerd, Runtime::CriO]), points_at: "unknown", means: &[
        (Cause::Unknown, Possible, "something failed in words that are not known here"),
        (Cause::NodeRuntime, Possible, "words that no registry uses are often the runtime's own"),
        (Cause::ServerError, Possible, "or a registry's that breaks the protocol"),
    ] },
    Rule { symptoms: &[Symptom::Other], when: always, points_at: "unknown", means: &[
        (Cause::Unknown, Possible, "something failed in words that are not known here"),
        (Cause::ServerError, Possible, "a registry that breaks the protocol is reported in all kinds of words"),
        (Cause::NodeRuntime, Possible, "or the runtime fails by itself"),
    ] },
    Rule { symptoms: &[Symptom::Nothing], when: always, points_at: "unknown", means: &[
        (Cause::Unknown, Possible, "the text speaks of no failure that has to do with an image"),
    ] },
];
