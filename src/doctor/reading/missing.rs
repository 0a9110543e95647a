//! Words about what is not there, or is of the wrong kind. "Not found" is right about one time in four: mirrors, registries
//! that hide what is private, and old clients that fall back all say it.

use super::case::Place;
use crate::model::message::Runtime;

const NO_TAG: &str = "the registry knows the repository and has no such tag";
const MIRROR: &str =
    "a mirror or a cache was asked, and it does not have the image, whatever the source has";
const HIDDEN: &str = "some registries say \"not found\" of what the login may not see";
const NO_REPOSITORY: &str =
    "the repository is not there: a typing error, another project, or it was moved";
const PREFIX: &str =
    "the repository is there under another prefix (a project, a repository key, library/)";
const GONE: &str = "the manifest is there, a part that it lists was cleaned up";
const OTHER_KIND: &str = "the registry has the image in a kind that the client did not ask for";

rules! {
    on InvalidReference
        if |case| case.by(&[Runtime::OpenshiftBuild]) && !case.says("lower") => "location" {
        InvalidReference Likely "the text is no image reference";
        PlainHttp Possible "builders of OpenShift 3 and 4.0 say this as well of a registry that is not listed as insecure";
        UnknownCa Possible "the same builders, where the registry's certificate is not trusted";
    }
    on InvalidReference => "location" {
        InvalidReference Certain "the text is no image reference: look for upper case, a scheme, two slashes, a variable that was not expanded";
    }
    on ShortName
        if |case| case.says("in the registries defined") => "location" {
        ShortName Likely "the image names no registry, and none of those that are searched has it";
        RepositoryMissing Possible NO_REPOSITORY;
        BadCredentials Possible "a stored login that is refused makes every registry of the search fail";
    }
    // Early buildah and podman said this whatever had failed.
    on ShortName
        if |case| case.says("image not known") && !case.names_no_registry() => "location" {
        RepositoryMissing Likely NO_REPOSITORY;
        NoCredentials Possible "the registry wants a login; these words are said of every failure";
        Signature Possible "the signature policy rejects this registry; these words are said of every failure";
        ShortName Possible "none of the registries that are searched has it";
    }
    on ShortName => "location" {
        ShortName Likely "the image names no registry, and the node's rules for such names give none";
        InvalidReference Possible "the part in front was meant as a registry, and is none by its spelling";
    }
    // Nexus: the path of its web pages, where each registry has a port of its own or stands behind a proxy.
    on NameUnknown | ManifestUnknown | NotFound
        if |case| case.says(":8081/") => "location" {
        WrongPort Likely "8081 is where Nexus and Artifactory have their web pages; a registry has a port of its own";
        PathPrefix Likely PREFIX;
        RepositoryMissing Possible NO_REPOSITORY;
        TagMissing Possible NO_TAG;
    }
    // A part of the name, by the registry's own code.
    on NameUnknown
        if |case| case.at(&[Place::Ecr]) && case.says("in the registry with id") => "location" {
        RepositoryMissing Certain "this registry says it only of a repository that does not exist in the account";
    }
    on NameUnknown
        if |case| case.at(&[Place::Ecr]) => "location" {
        ExpiredCredentials Likely "dockerd words a refusal of this registry like this; its tokens live for twelve hours";
        RepositoryMissing Possible NO_REPOSITORY;
        NoCredentials Possible HIDDEN;
    }
    on NameUnknown
        if |case| case.pushes() => "location" {
        RepositoryMissing Likely "the registry makes no repositories on push, or the project is missing";
        PathPrefix Possible PREFIX;
        PushDenied Possible "a project that the login may not see is answered as missing";
    }
    on NameUnknown
        if |case| case.says("may require") || case.says("no pull access") || case.says("access denied") => "location" {
        RepositoryMissing Likely "the registry does not tell what is missing from what is private";
        NoCredentials Possible "the repository is private, and nothing was sent";
        BadCredentials Possible "the login that was sent is wrong or has expired";
    }
    on NameUnknown
        if |case| case.at(&[Place::Open]) && case.by(&[Runtime::Buildah, Runtime::CriO, Runtime::OpenshiftBuild]) => "location" {
        RepositoryMissing Likely NO_REPOSITORY;
        ShortName Likely "this registry is among the first that are searched for a name without one";
        Mirror Possible MIRROR;
    }
    on NameUnknown => "location" {
        RepositoryMissing Likely NO_REPOSITORY;
        PathPrefix Possible PREFIX;
        Mirror Possible MIRROR;
        NoCredentials Possible HIDDEN;
    }
    // A worker of a swarm drops the pull's own failure and reports that of the container without image (moby
    // `daemon/cluster/executor/container/controller.go` `Prepare`).
    on NotFound
        if |case| case.says("no such image") && case.says("rejected") => "auth" {
        NoCredentials Likely "a node of a swarm has only the login that the service was given (--with-registry-auth), and says this when its pull was refused";
        ExpiredCredentials Possible "the login that the service keeps has ended since it was made";
        RepositoryMissing Possible "the image was built on another node, and no registry has it";
        TagMissing Possible NO_TAG;
    }
    // A name without registry was looked for on Docker Hub alone.
    on NotFound
        if |case| case.by(&[Runtime::Docker]) && case.says("image ") && case.says("not found") && !case.says("manifest") && case.names_no_registry() && !case.is_one_word() => "location" {
        NoCredentials Likely "old dockerd falls back to the first protocol after any refusal and reports only that the fallback found nothing";
        RepositoryMissing Likely NO_REPOSITORY;
        ShortName Possible "the words name no registry: Docker Hub was asked";
        ServerError Possible "a failing registry makes old dockerd fall back as well";
    }
    // The owner is written: Docker Hub's library, where nothing is private.
    on NotFound
        if |case| case.says("image library/") && !case.says("manifest") => "location" {
        RepositoryMissing Likely "Docker Hub's library has no such name: an image that was only built on another machine is looked for there";
        ShortName Likely "the image is meant to come from another registry, which its name leaves out";
        ServerError Possible "a failing registry makes old dockerd fall back and say this as well";
        NoCredentials Possible "the repository is private, and its owner's name is missing in front";
    }
    // dockerd before 1.13 fell back to the old protocol after any failure and reported that one's 404.
    on NotFound
        if |case| (case.by(&[Runtime::Docker, Runtime::OpenshiftBuild]) || case.starts("image ") && !case.by(&[Runtime::Containerd])) && case.says("image ") && !case.says("manifest") && case.says("not found") && !case.at(&[Place::Open]) => "location" {
        NoCredentials Likely "old dockerd falls back to the first protocol after any refusal and reports only that the fallback found nothing";
        ShortName Possible "the words name no registry: Docker Hub was asked";
        ServerError Possible "a failing registry makes old dockerd fall back as well";
        RepositoryMissing Possible NO_REPOSITORY;
    }
    on ManifestUnknown | NotFound
        if |case| case.says("404 page not found") => "location" {
        NotARegistry Likely "this is how a web server in Go answers a path that it does not serve, no registry's answer";
        PathPrefix Possible "the registry's API stands under another path, or the image under another prefix";
        ManifestUnsupported Possible "old registries answer an upload of a newer kind of manifest like this";
    }
    on ManifestUnknown | NotFound
        if |case| case.says("to head request with") => "location" {
        ManifestUnsupported Likely "the client asks for older kinds only, and the registry has the image as an OCI index: it answers such a request with 404";
        TagMissing Possible NO_TAG;
        Mirror Possible MIRROR;
    }
    // containerd's resolver takes a registry's 404 for "not found"; "unexpected" is one of another path.
    on NotFound
        if |case| case.says("unexpected status") && case.by(&[Runtime::Containerd]) => "location" {
        NotARegistry Likely "what answers has no registry's API under this path";
        Mirror Likely "a mirror's address lacks the API's path, or it has the manifest and not what it lists";
        BlobMissing Possible GONE;
        TagMissing Possible NO_TAG;
    }
    on ManifestUnknown | NotFound
        if |case| case.imports() && case.at(&[Place::DockerHub]) && case.is_library() => "location" {
        ShortName Likely "nobody wrote this registry: a name without one falls to Docker Hub's library";
        TagMissing Likely NO_TAG;
        RepositoryMissing Possible NO_REPOSITORY;
    }
    on ManifestUnknown | NotFound
        if |case| case.pushes() => "location" {
        RepositoryMissing Likely "the project or the repository of the name is not there";
        PathPrefix Possible PREFIX;
        NotARegistry Possible "what answers takes no uploads";
    }
    on ManifestUnknown | NotFound
        if |case| case.at(&[Place::OpenShift]) && case.by_digest() => "location" {
        DigestMissing Likely "the image was pruned, or never reached this registry: an import copies only a reference";
        Mirror Possible "this registry fetches from the source what it does not keep, and the source does not answer or refuses";
        BlobMissing Possible GONE;
    }
    on ManifestUnknown | NotFound
        if |case| case.at(&[Place::OpenShift]) => "location" {
        TagMissing Likely "the image stream has no such tag, or its import failed";
        Mirror Possible "this registry fetches from the source what it does not keep, and the source does not answer or refuses";
        RepositoryMissing Possible "there is no such image stream in that namespace";
        BlobMissing Possible GONE;
    }
    on ManifestUnknown | NotFound
        if |case| case.by_digest() => "location" {
        DigestMissing Likely "the registry has no manifest of this digest: it was deleted, or pushed elsewhere";
        Mirror Likely MIRROR;
        BlobMissing Possible "the digest is that of one platform's image, and only its index is left";
        RepositoryMissing Possible NO_REPOSITORY;
    }
    on ManifestUnknown
        if |case| case.place == Place::Unknown => "location" {
        TagMissing Likely NO_TAG;
        DigestMissing Possible "if a digest was asked for: it is not there";
        Mirror Possible MIRROR;
        RepositoryMissing Possible NO_REPOSITORY;
    }
    on ManifestUnknown
        if |case| case.imports() => "location" {
        TagMissing Likely NO_TAG;
        RepositoryMissing Possible "an import words a missing repository and a missing tag alike";
        Mirror Possible MIRROR;
        ManifestUnsupported Possible OTHER_KIND;
    }
    on ManifestUnknown
        if |case| case.at(&[Place::Local]) => "location" {
        TagMissing Likely NO_TAG;
        BlobMissing Possible "the registry's storage lost the manifest that the tag points to";
        Mirror Possible MIRROR;
        RepositoryMissing Possible NO_REPOSITORY;
    }
    on ManifestUnknown
        if |case| case.at(&[Place::Other, Place::Harbor, Place::Artifactory]) && case.is_one_part() => "location" {
        Mirror Likely "a name of one part is how Docker Hub's library is written; a registry that fetches from there wants library/ in front";
        TagMissing Likely NO_TAG;
        RepositoryMissing Possible "CNCF distribution answers like this for a repository that was never pushed as well";
        BlobMissing Possible GONE;
    }
    on ManifestUnknown
        if |case| case.at(&[Place::DockerHub]) => "location" {
        TagMissing Likely "Docker Hub says this only of a repository that exists and may be read";
        Mirror Possible MIRROR;
        ManifestUnsupported Possible OTHER_KIND;
    }
    on ManifestUnknown => "location" {
        TagMissing Likely NO_TAG;
        Mirror Possible MIRROR;
        RepositoryMissing Possible "CNCF distribution answers like this for a repository that was never pushed as well";
        ManifestUnsupported Possible OTHER_KIND;
        BlobMissing Possible GONE;
    }
    on NotFound
        if |case| case.at(&[Place::Artifactory]) || case.says("unknown: not found") => "location" {
        RepositoryMissing Likely NO_REPOSITORY;
        PathPrefix Likely "Artifactory says this when its repository key is missing in the path";
        TagMissing Possible NO_TAG;
    }
    on NotFound
        if |case| case.imports() => "location" {
        TagMissing Likely "an import words a missing tag and a missing repository alike";
        RepositoryMissing Likely NO_REPOSITORY;
        Mirror Possible MIRROR;
        NoCredentials Possible HIDDEN;
    }
    on NotFound => "location" {
        TagMissing Likely "a 404 on the tag, with no word on what is missing";
        RepositoryMissing Likely NO_REPOSITORY;
        Mirror Possible MIRROR;
        NoCredentials Possible HIDDEN;
        PathPrefix Possible PREFIX;
    }
    // Parts of an image.
    on BlobUnknown
        if |case| ["verification failed", "unexpected commit", "size validation", "match", "digest validation", "expected digest", "unexpected size"].iter().any(|words| case.says(words)) => "location" {
        ServerError Likely "what came is not what the manifest lists: the registry, or the storage behind it, sends damaged or cut content, or an error in its place";
        Proxy Possible "a proxy or scanner on the way changed or cut the content";
        NodeRuntime Possible "the node's disk or image store is damaged, or the runtime computes the digest wrongly";
        Mirror Possible "a cache holds a damaged copy";
        BlobMissing Possible "the registry's storage lost the part";
    }
    on BlobUnknown
        if |case| case.pushes() => "location" {
        ServerError Likely "the registry lost an upload that it had taken: several instances without common storage, or a proxy in front that changes addresses";
        BlobMissing Possible "a layer that the manifest lists was not uploaded";
        PushDenied Possible "a registry that only caches takes no uploads";
    }
    on BlobUnknown => "location" {
        BlobMissing Likely "the manifest is there, and a part that it lists is not";
        Mirror Possible "a cache has the manifest and not the parts";
        ServerError Possible "the storage behind the registry fails";
        Proxy Possible "parts often come from another host, which a proxy may not let through";
    }
    on NoPlatform
        if |case| case.says("exec format error") => "location" {
        PlatformMissing Likely "the image was pulled and is for another kind of processor";
        NodeRuntime Possible "the program in the image is damaged, or a script without its first line";
    }
    on NoPlatform => "location" {
        PlatformMissing Likely "the index lists no image for this platform";
        ManifestUnsupported Possible "entries of an index without a platform, or with a wrong one, are not chosen";
        NodeRuntime Possible "the node takes itself for another platform than it is";
    }
    on UnsupportedManifest
        if |case| case.says("unsupported: ") && case.pushes() => "location" {
        ManifestUnsupported Likely "the registry does not take this kind of manifest or layer";
        ServerError Possible "the registry is read-only or only caches";
        PushDenied Possible "uploads are switched off for this repository";
    }
    on UnsupportedManifest => "location" {
        ManifestUnsupported Likely "the manifest, or a part of the image, is of a kind that the one who speaks does not take";
        ServerError Possible "the registry labels the manifest wrongly, or answers with something else";
        Mirror Possible "a cache changes or mislabels the manifest";
        NotARegistry Possible "what answers is no registry";
    }
}
