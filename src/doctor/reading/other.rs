//! Words of policies, limits, servers and nodes, and words that carry no cause.

use super::case::{Case, Place};

const OUTAGE: &str = "the registry, or what stands in front of it, fails";
const IN_BETWEEN: &str = "a proxy or gateway answers in the registry's place";

/// containerd names the kind of what it got in two ways.
fn is_page(case: &Case<'_>) -> bool {
    case.says("media type text/html") || case.says("mediatype=text/html")
}

rules! {
    // Policy.
    on Blocked => "policy" {
        RegistryBlocked Likely "the node's configuration blocks this registry";
        RegistryNotAllowed Possible "a list of allowed registries is written to nodes as a block of all others";
        Mirror Possible "where mirrors are tried first, this is only the end: the mirror's failure is the cause";
    }
    // OpenShift's check of an image stream itself, before anything is imported (`pkg/image/apis/image/validation`).
    on ImportNotAllowed
        if |case| case.says("whitelist") => "policy" {
        RegistryNotAllowed Likely "the list of registries from which image streams may come leaves this one out: allowedRegistriesForImport, imagePolicyConfig in version 3; a port counts";
        ImportNotAllowed Likely "the same list binds imports, which would be refused as well";
        RegistryBlocked Possible "the registry is blocked";
    }
    on ImportNotAllowed => "policy" {
        ImportNotAllowed Likely "the importer's words for a registry outside of allowedRegistriesForImport";
        RegistryNotAllowed Possible "another list of allowed registries leaves it out";
        RegistryBlocked Possible "the registry is blocked";
    }
    on NotAllowed => "policy" {
        RegistryNotAllowed Likely "a list of allowed registries, or an admission policy, leaves this one out";
        RegistryBlocked Possible "the registry is blocked";
        ImportNotAllowed Possible "for an image stream the list for imports decides";
        Signature Possible "the policy wants a signature";
    }
    on Signature => "policy" {
        Signature Likely "a signature policy of the node rejects the image, or finds no signature that it can use";
        Mirror Possible "a mirror has the image and not its signatures";
        NodeRuntime Possible "the node is not told where signatures are";
    }
    on NodeConfiguration
        if |case| case.says("policy") => "node" {
        NodeRuntime Likely "a file of the node does not parse";
        Signature Likely "the file is the signature policy";
    }
    on NodeConfiguration => "node" {
        NodeRuntime Likely "a file of the node does not parse";
        Mirror Possible "the file lists the mirrors";
        ShortName Possible "the file says where names without registry are looked for";
    }
    on Quarantined => "policy" {
        Quarantined Likely "the registry refuses to hand out the image for what it knows of it";
        PullDenied Possible "the words may be those of a missing right";
        Proxy Possible "a gateway on the way refuses";
    }
    // Limits.
    on RateLimit => "limit" {
        Rate Likely "the registry's own word for a limit: of pulls, of abuse, or of failed logins";
        NoCredentials Possible "anonymous pulls share a small limit with everybody behind the same address";
        Proxy Possible "everybody behind one proxy counts as one";
    }
    // The registry.
    on TokenTimes => "registry" {
        ClockSkew Likely "a token was refused for its times: the clocks differ";
        ExpiredCredentials Possible "the token was kept for too long";
        TokenService Possible "registry and token service do not agree";
    }
    on TokenService => "registry" {
        TokenService Likely "asking for a token is what failed, before the registry was asked for the image";
        ServerError Possible OUTAGE;
        BadCredentials Possible "some token services answer a wrong login like this";
        Proxy Possible IN_BETWEEN;
    }
    on ServerError
        if |case| case.asks_for_token() => "registry" {
        TokenService Likely "the token service is what failed";
        ServerError Possible OUTAGE;
        Proxy Possible IN_BETWEEN;
    }
    on ServerError
        if |case| case.says("unexpected end of json") || case.says("invalid character") => "registry" {
        ServerError Likely "the answer is empty, cut, or nothing that a registry sends";
        NotARegistry Possible "what answers is no registry";
        Proxy Possible IN_BETWEEN;
        TokenService Possible "the token service's answer may be meant";
    }
    on ServerError
        if |case| case.status(400) && case.asks_in_plain() => "tls" {
        HttpsRequired Likely "plain HTTP that was sent to a port with TLS is answered with 400";
        WrongPort Likely "plain HTTP is spoken on another port, if at all";
        ServerError Possible "the answer breaks the protocol";
        Proxy Possible IN_BETWEEN;
    }
    on ServerError
        if |case| case.status(405) => "location" {
        NotARegistry Likely "a method of the registry's API is unknown to what answers";
        ServerError Possible "the registry is read-only or only caches";
        Proxy Possible IN_BETWEEN;
    }
    on ServerError
        if |case| case.status(400) || case.says("bad request") => "registry" {
        ServerError Likely "the answer breaks the protocol";
        Proxy Possible IN_BETWEEN;
        HttpsRequired Possible "plain HTTP that was sent to a port with TLS is answered with 400";
        NotARegistry Possible "what answers is no registry";
    }
    on ServerError => "registry" {
        ServerError Likely OUTAGE;
        Proxy Possible IN_BETWEEN;
        Mirror Possible "the failing server may be a mirror or a cache";
        BlobMissing Possible "storage that lost a part makes some registries fail with 500";
    }
    // What answers is no registry.
    // Storage that wants every request signed, behind a registry that sends clients there with the signature in the URL.
    on NotRegistryAnswer
        if |case| case.says("x-amz-content-sha256") => "location" {
        Mirror Likely "the storage behind the registry got a request without its signature: a mirror follows the redirect itself and loses it";
        Proxy Possible IN_BETWEEN;
        NotARegistry Possible "the address is that of a storage, and no registry's";
    }
    on NotRegistryAnswer
        if |case| case.status(408) || case.status(504) => "network" {
        Timeout Likely "something in front of the registry waited in vain: packets that are too big (MTU) stall like this";
        Proxy Possible IN_BETWEEN;
        ServerError Possible OUTAGE;
    }
    on NotRegistryAnswer
        if |case| case.at(&[Place::Quay]) && case.status(404) => "location" {
        RepositoryMissing Likely "Quay answers a name of one component with its web page";
        PathPrefix Possible "the organisation is missing in front of the name";
        Proxy Possible IN_BETWEEN;
    }
    on NotRegistryAnswer
        if |case| case.message.status.is_some_and(|status| status >= 500) => "registry" {
        ServerError Likely OUTAGE;
        Proxy Possible IN_BETWEEN;
        NotARegistry Possible "what answers is no registry";
    }
    // S3 and its likenesses, of an address that the registry gave.
    on NotRegistryAnswer
        if |case| case.says("does not match the signature you provided") => "registry" {
        ServerError Likely "the storage behind the registry refuses an address that the registry itself has signed";
        Proxy Possible "something on the way changed the call, so that its signature does not fit any more";
        BlobMissing Possible "some storages refuse what they do not have";
        Mirror Possible "a mirror follows the registry's redirect itself and changes it";
    }
    on NotRegistryAnswer
        if |case| case.status(403) && case.says("client does not have permission") => "policy" {
        RegistryNotAllowed Likely "this page is what Google's front end shows to addresses that it does not serve";
        Quarantined Possible "the registry itself refuses";
        Proxy Possible IN_BETWEEN;
    }
    on NotRegistryAnswer
        if |case| case.status(403) => "network" {
        Proxy Likely "a page that says 403 is a proxy's or a firewall's; registries refuse in JSON";
        RegistryNotAllowed Possible "a firewall, or the registry's front, does not serve this address";
        NotARegistry Possible "what answers is no registry";
        ServerError Possible OUTAGE;
    }
    // containerd took a page for a manifest: its resolver got 200 from a host that serves pages.
    on NotRegistryAnswer
        if |case| is_page(case) && case.at(&[Place::DockerHub, Place::Quay, Place::Ghcr, Place::Google, Place::Open]) => "location" {
        Mirror Likely "the registry itself never answers with a page: a mirror is configured for it, whose address lacks the API's path";
        NotARegistry Likely "the host that was asked is no registry";
        Proxy Possible IN_BETWEEN;
    }
    on NotRegistryAnswer
        if |case| is_page(case) => "location" {
        NotARegistry Likely "a host that serves pages answered 200 where a registry serves manifests";
        Mirror Likely "such a host is often a mirror whose address lacks the API's path";
        Proxy Possible IN_BETWEEN;
    }
    on NotRegistryAnswer
        if |case| case.is_well_known() => "location" {
        Proxy Likely "this registry answers in JSON; a web page comes from something in between, or from a login page";
        ServerError Possible "some registries show their errors as pages";
        RepositoryMissing Possible "some registries show a page for a name that they do not know";
        Mirror Possible "the page may be a mirror's";
    }
    on NotRegistryAnswer
        if |case| case.status(404) && !case.says("html") => "location" {
        NotARegistry Likely "the answer is no registry's: something else serves this path";
        ServerError Possible "what stands behind the registry's front is not there";
        WrongPort Possible "the registry has a port of its own, beside the one of its web pages";
        RepositoryMissing Possible "some registries have a text of their own for a name that they do not know";
        Proxy Possible IN_BETWEEN;
        PathPrefix Possible "the registry's API stands under another path";
    }
    // The page names the manifest's own path: requests of this kind do arrive where manifests are files.
    on NotRegistryAnswer
        if |case| (case.status(404) || case.says("404")) && case.says("/v2/") && case.says("/manifests/") => "location" {
        TagMissing Likely "a registry whose manifests are files behind a plain web server answers a missing tag with that server's page";
        NotARegistry Likely "a web server's page for what it does not have came where a registry answers in JSON";
        RepositoryMissing Possible "some registries show a page for a name that they do not know";
        Proxy Possible IN_BETWEEN;
    }
    on NotRegistryAnswer
        if |case| case.status(404) || case.says("404") => "location" {
        NotARegistry Likely "a web server's page for what it does not have came where a registry answers in JSON";
        WrongPort Possible "the registry listens on another port than the web server that answers";
        Proxy Possible "the reverse proxy in front of the registry does not pass its paths on";
        RepositoryMissing Possible "some registries show a page for a name that they do not know";
        PathPrefix Possible "the registry's API stands under another path";
    }
    on NotRegistryAnswer => "location" {
        NotARegistry Likely "a web page came where a registry answers in JSON: another service, its user interface, a login page";
        Proxy Possible IN_BETWEEN;
        ServerError Possible "some registries show their errors as pages";
        WrongPort Possible "the registry listens on another port than its web pages";
        Mirror Possible "the page may be a mirror's whose address lacks the API's path";
    }
    // The node.
    on NoSpace => "node" {
        NodeRuntime Likely "the disk is full where the words were said";
        ServerError Possible "for a push it may be the registry's disk";
    }
    on NeverPull => "node" {
        NodeRuntime Certain "the pull policy forbids a pull, and this node's image store does not have the image";
    }
    // dockerd's store on Windows: unpacking another system's files fails on their names.
    on Storage
        if |case| case.says("windowsfilter") || case.says("in win32") => "node" {
        PlatformMissing Likely "a node with Windows unpacks an image of another system, whose file names it cannot write";
        NodeRuntime Likely "the store of the node is damaged or full";
        ManifestUnsupported Possible "a layer of a kind that the runtime cannot unpack";
    }
    on Storage => "node" {
        NodeRuntime Likely "the image arrived, and writing or unpacking it is what failed: disk, image store, file system, ids";
        BlobMissing Possible "a damaged layer fails when it is unpacked";
        ManifestUnsupported Possible "a layer of a kind that the runtime cannot unpack";
    }
    on RuntimeFault
        if |case| case.says("context canceled") || case.says("context cancelled") => "node" {
        NodeRuntime Likely "the pull was given up by the one who asked for it: a deadline, a pod that was deleted, a restart";
        Timeout Possible "no progress for too long ends like this";
        Proxy Possible "a proxy that holds answers back makes a pull stall";
    }
    on RuntimeFault => "node" {
        NodeRuntime Likely "the runtime is what fails, not the registry";
        Timeout Possible "a runtime that waits for the network can look like this";
        ServerError Possible OUTAGE;
    }
    on AfterPull => "node" {
        Unknown Possible "the image arrived; what failed came after the pull";
    }
    // No cause in the words.
    on NoCause
        if |case| case.imports() => "unknown" {
        RepositoryMissing Possible "these words carry no cause; the line before them does, and this is the commonest";
        NoCredentials Possible "a private image, and no secret of the namespace covers it";
        UnknownCa Possible "the API server does not trust the registry's certificate";
        Unknown Possible "anything else that keeps an image from being found";
    }
    on NoCause
        if |case| case.is_library() && !case.pushes() => "unknown" {
        RepositoryMissing Possible "these words carry no cause; a name without registry is looked for in Docker Hub's library, which does not have it";
        ShortName Possible "the image is meant to come from another registry";
        NodeRuntime Possible "the image was built on another machine than the one that runs it";
        Unknown Possible "anything else that keeps an image from being pulled";
    }
    on NoCause
        if |case| case.pushes() => "unknown" {
        SecretNotLinked Possible "these words carry no cause; of pushes that fail a missing push secret is the commonest";
        PushDenied Possible "the login may not push there";
        NodeRuntime Possible "the builder's own storage or runtime";
        Unknown Possible "anything else";
    }
    on NoCause
        if |case| case.at(&[Place::Other, Place::Local, Place::OpenShift]) && case.host().is_some_and(|host| host.contains(':')) => "unknown" {
        PlainHttp Possible "these words carry no cause; a registry on a port of its own often speaks plain HTTP";
        NoCredentials Possible "a private registry, and no secret covers the image in this spelling";
        UnknownCa Possible "a private registry's certificate is often not trusted by nodes";
        Unknown Possible "anything else that keeps an image from being pulled";
    }
    on NoCause => "unknown" {
        RepositoryMissing Possible "these words carry no cause; the first Failed event does, and a name that does not exist is the commonest";
        NoCredentials Possible "the image is private, and nothing was sent";
        NodeRuntime Possible "the image was only built on this machine, and the pull policy wants it from a registry";
        TagMissing Possible "the tag does not exist";
        Unknown Possible "anything else that keeps an image from being pulled";
    }
    on Other => "unknown" {
        NodeRuntime Possible "words that no registry uses are mostly the runtime's own";
        ServerError Possible "or those of a registry that breaks the protocol, which is reported in all kinds of words";
        Unknown Possible "something failed in words that are not known here";
    }
    on Nothing => "unknown" {
        Unknown Possible "the text speaks of no failure that has to do with an image";
    }
}
