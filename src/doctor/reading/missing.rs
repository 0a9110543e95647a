//! Words about what is not there, or is of the wrong kind. "Not found" is right about one time in four: mirrors, registries
//! that hide what is private, and old clients that fall back all say it.

use super::Likelihood::{Certain, Likely, Possible};
use super::case::Place;
use super::{Rule, always};
use crate::doctor::causes::Cause;
use crate::model::message::{Runtime, Symptom};

const MISSING: &[Symptom] = &[Symptom::ManifestUnknown, Symptom::NotFound];

const NO_TAG: &str = "the registry knows the repository and has no such tag";
const MIRROR: &str = "a mirror or a cache was asked, and it does not have the image, whatever the source has";
const HIDDEN: &str = "some registries say \"not found\" of what the login may not see";
const NO_REPOSITORY: &str = "the repository is not there: a typing error, another project, or it was moved";
const PREFIX: &str = "the repository is there under another prefix (a project, a repository key, library/)";
const GONE: &str = "the manifest is there, a part that it lists was cleaned up";
const OTHER_KIND: &str = "the registry has the image in a kind that the client did not ask for";

pub(super) const RULES: &[Rule] = &[
    Rule { symptoms: &[Symptom::InvalidReference], when: |case| case.by(&[Runtime::OpenshiftBuild]) && !case.says("lower"), points_at: "location", means: &[
        (Cause::InvalidReference, Likely, "the text is no image reference"),
        (Cause::PlainHttp, Possible, "builders of OpenShift 3 and 4.0 say this as well of a registry that is not listed as insecure"),
        (Cause::UnknownCa, Possible, "the same builders, where the registry's certificate is not trusted"),
    ] },
    Rule { symptoms: &[Symptom::InvalidReference], when: always, points_at: "location", means: &[
        (Cause::InvalidReference, Certain, "the text is no image reference: look for upper case, a scheme, two slashes, a variable that was not expanded"),
    ] },
    Rule { symptoms: &[Symptom::ShortName], when: |case| case.says("in the registries defined"), points_at: "location", means: &[
        (Cause::ShortName, Likely, "the image names no registry, and none of those that are searched has it"),
        (Cause::RepositoryMissing, Possible, NO_REPOSITORY),
        (Cause::BadCredentials, Possible, "a stored login that is refused makes every registry of the search fail"),
    ] },
    Rule { symptoms: &[Symptom::ShortName], when: always, points_at: "location", means: &[
        (Cause::ShortName, Likely, "the image names no registry, and the node's rules for such names give none"),
        (Cause::InvalidReference, Possible, "the part in front was meant as a registry, and is none by its spelling"),
    ] },
    // A part of the name, by the registry's own code.
    Rule { symptoms: &[Symptom::NameUnknown], when: |case| case.at(&[Place::Ecr]) && case.says("in the registry with id"), points_at: "location", means: &[
        (Cause::RepositoryMissing, Certain, "this registry says it only of a repository that does not exist in the account"),
    ] },
    Rule { symptoms: &[Symptom::NameUnknown], when: |case| case.at(&[Place::Ecr]), points_at: "location", means: &[
        (Cause::ExpiredCredentials, Likely, "dockerd words a refusal of this registry like this; its tokens live for twelve hours"),
        (Cause::RepositoryMissing, Possible, NO_REPOSITORY),
        (Cause::NoCredentials, Possible, HIDDEN),
    ] },
    Rule { symptoms: &[Symptom::NameUnknown], when: |case| case.pushes(), points_at: "location", means: &[
        (Cause::RepositoryMissing, Likely, "the registry makes no repositories on push, or the project is missing"),
        (Cause::PathPrefix, Possible, PREFIX),
        (Cause::PushDenied, Possible, "a project that the login may not see is answered as missing"),
    ] },
    Rule { symptoms: &[Symptom::NameUnknown], when: |case| case.says("may require") || case.says("no pull access") || case.says("access denied"), points_at: "location", means: &[
        (Cause::RepositoryMissing, Likely, "the registry does not tell what is missing from what is private"),
        (Cause::NoCredentials, Possible, "the repository is private, and nothing was sent"),
        (Cause::BadCredentials, Possible, "the login that was sent is wrong or has expired"),
    ] },
    Rule { symptoms: &[Symptom::NameUnknown], when: always, points_at: "location", means: &[
        (Cause::RepositoryMissing, Likely, NO_REPOSITORY),
        (Cause::PathPrefix, Possible, PREFIX),
        (Cause::Mirror, Possible, MIRROR),
        (Cause::NoCredentials, Possible, HIDDEN),
    ] },
    // dockerd before 1.13 fell back to the old protocol after any failure and reported that one's 404.
    Rule { symptoms: &[Symptom::NotFound], when: |case| case.by(&[Runtime::Docker, Runtime::OpenshiftBuild]) && case.says("image ") && !case.says("manifest") && case.says("not found") && !case.at(&[Place::Open]), points_at: "location", means: &[
        (Cause::NoCredentials, Likely, "old dockerd falls back to the first protocol after any refusal and reports only that the fallback found nothing"),
        (Cause::ShortName, Possible, "the words name no registry: Docker Hub was asked"),
        (Cause::ServerError, Possible, "a failing registry makes old dockerd fall back as well"),
        (Cause::RepositoryMissing, Possible, NO_REPOSITORY),
    ] },
    Rule { symptoms: MISSING, when: |case| case.says("404 page not found"), points_at: "location", means: &[
        (Cause::NotARegistry, Likely, "this is how a web server in Go answers a path that it does not serve, no registry's answer"),
        (Cause::PathPrefix, Possible, "the registry's API stands under another path, or the image under another prefix"),
        (Cause::ManifestUnsupported, Possible, "old registries answer an upload of a newer kind of manifest like this"),
    ] },
    Rule { symptoms: MISSING, when: |case| case.pushes(), points_at: "location", means: &[
        (Cause::RepositoryMissing, Likely, "the project or the repository of the name is not there"),
        (Cause::PathPrefix, Possible, PREFIX),
        (Cause::NotARegistry, Possible, "what answers takes no uploads"),
    ] },
    Rule { symptoms: MISSING, when: |case| case.at(&[Place::OpenShift]) && case.by_digest(), points_at: "location", means: &[
        (Cause::DigestMissing, Likely, "the image was pruned, or never reached this registry: an import copies only a reference"),
        (Cause::Mirror, Possible, "this registry fetches from the source what it does not keep, and the source does not answer or refuses"),
        (Cause::BlobMissing, Possible, GONE),
    ] },
    Rule { symptoms: MISSING, when: |case| case.at(&[Place::OpenShift]), points_at: "location", means: &[
        (Cause::TagMissing, Likely, "the image stream has no such tag, or its import failed"),
        (Cause::Mirror, Possible, "this registry fetches from the source what it does not keep, and the source does not answer or refuses"),
        (Cause::RepositoryMissing, Possible, "there is no such image stream in that namespace"),
        (Cause::BlobMissing, Possible, GONE),
    ] },
    Rule { symptoms: MISSING, when: |case| case.by_digest(), points_at: "location", means: &[
        (Cause::DigestMissing, Likely, "the registry has no manifest of this digest: it was deleted, or pushed elsewhere"),
        (Cause::Mirror, Likely, MIRROR),
        (Cause::BlobMissing, Possible, "the digest is that of one platform's image, and only its index is left"),
        (Cause::RepositoryMissing, Possible, NO_REPOSITORY),
    ] },
    Rule { symptoms: &[Symptom::ManifestUnknown], when: |case| case.place == Place::Unknown, points_at: "location", means: &[
        (Cause::TagMissing, Likely, NO_TAG),
        (Cause::DigestMissing, Possible, "if a digest was asked for: it is not there"),
        (Cause::Mirror, Possible, MIRROR),
        (Cause::RepositoryMissing, Possible, NO_REPOSITORY),
    ] },
    Rule { symptoms: &[Symptom::ManifestUnknown], when: |case| case.imports(), points_at: "location", means: &[
        (Cause::TagMissing, Likely, NO_TAG),
        (Cause::RepositoryMissing, Possible, "an import words a missing repository and a missing tag alike"),
        (Cause::Mirror, Possible, MIRROR),
        (Cause::ManifestUnsupported, Possible, OTHER_KIND),
    ] },
    Rule { symptoms: &[Symptom::ManifestUnknown], when: |case| case.at(&[Place::Local]), points_at: "location", means: &[
        (Cause::TagMissing, Likely, NO_TAG),
        (Cause::BlobMissing, Possible, "the registry's storage lost the manifest that the tag points to"),
        (Cause::Mirror, Possible, MIRROR),
        (Cause::RepositoryMissing, Possible, NO_REPOSITORY),
    ] },
    Rule { symptoms: &[Symptom::ManifestUnknown], when: |case| case.at(&[Place::DockerHub]), points_at: "location", means: &[
        (Cause::TagMissing, Likely, "Docker Hub says this only of a repository that exists and may be read"),
        (Cause::Mirror, Possible, MIRROR),
        (Cause::ManifestUnsupported, Possible, OTHER_KIND),
    ] },
    Rule { symptoms: &[Symptom::ManifestUnknown], when: always, points_at: "location", means: &[
        (Cause::TagMissing, Likely, NO_TAG),
        (Cause::Mirror, Possible, MIRROR),
        (Cause::RepositoryMissing, Possible, "CNCF distribution answers like this for a repository that was never pushed as well"),
        (Cause::ManifestUnsupported, Possible, OTHER_KIND),
        (Cause::BlobMissing, Possible, GONE),
    ] },
    Rule { symptoms: &[Symptom::NotFound], when: |case| case.at(&[Place::Artifactory]) || case.says("unknown: not found"), points_at: "location", means: &[
        (Cause::RepositoryMissing, Likely, NO_REPOSITORY),
        (Cause::PathPrefix, Likely, "Artifactory says this when its repository key is missing in the path"),
        (Cause::TagMissing, Possible, NO_TAG),
    ] },
    Rule { symptoms: &[Symptom::NotFound], when: |case| case.imports(), points_at: "location", means: &[
        (Cause::TagMissing, Likely, "an import words a missing tag and a missing repository alike"),
        (Cause::RepositoryMissing, Likely, NO_REPOSITORY),
        (Cause::Mirror, Possible, MIRROR),
        (Cause::NoCredentials, Possible, HIDDEN),
    ] },
    Rule { symptoms: &[Symptom::NotFound], when: always, points_at: "location", means: &[
        (Cause::TagMissing, Likely, "a 404 on the tag, with no word on what is missing"),
        (Cause::RepositoryMissing, Likely, NO_REPOSITORY),
        (Cause::Mirror, Possible, MIRROR),
        (Cause::NoCredentials, Possible, HIDDEN),
        (Cause::PathPrefix, Possible, PREFIX),
    ] },
    // Parts of an image.
    Rule { symptoms: &[Symptom::BlobUnknown], when: |case| ["verification failed", "unexpected commit", "size validation", "did not match", "mismatch", "does not match", "digest validation", "expected digest", "unexpected size"].iter().any(|words| case.says(words)), points_at: "location", means: &[
        (Cause::BlobMissing, Likely, "what came is not what the manifest lists: the registry's storage holds a damaged or cut part"),
        (Cause::Proxy, Possible, "a proxy or scanner on the way changed or cut the content"),
        (Cause::ServerError, Possible, "the registry, or the storage behind it, sent an error in the content's place"),
        (Cause::Mirror, Possible, "a cache holds a damaged copy"),
        (Cause::Reset, Possible, "the transfer was cut in the middle"),
        (Cause::NodeRuntime, Possible, "the node's disk or image store is damaged"),
    ] },
    Rule { symptoms: &[Symptom::BlobUnknown], when: |case| case.pushes(), points_at: "location", means: &[
        (Cause::ServerError, Likely, "the registry lost an upload that it had taken: several instances without common storage, or a proxy in front that changes addresses"),
        (Cause::BlobMissing, Possible, "a layer that the manifest lists was not uploaded"),
        (Cause::PushDenied, Possible, "a registry that only caches takes no uploads"),
    ] },
    Rule { symptoms: &[Symptom::BlobUnknown], when: always, points_at: "location", means: &[
        (Cause::BlobMissing, Likely, "the manifest is there, and a part that it lists is not"),
        (Cause::Mirror, Possible, "a cache has the manifest and not the parts"),
        (Cause::ServerError, Possible, "the storage behind the registry fails"),
        (Cause::Proxy, Possible, "parts often come from another host, which a proxy may not let through"),
    ] },
    Rule { symptoms: &[Symptom::NoPlatform], when: |case| case.says("exec format error"), points_at: "location", means: &[
        (Cause::PlatformMissing, Likely, "the image was pulled and is for another kind of processor"),
        (Cause::NodeRuntime, Possible, "the program in the image is damaged, or a script without its first line"),
    ] },
    Rule { symptoms: &[Symptom::NoPlatform], when: always, points_at: "location", means: &[
        (Cause::PlatformMissing, Likely, "the index lists no image for this platform"),
        (Cause::ManifestUnsupported, Possible, "entries of an index without a platform, or with a wrong one, are not chosen"),
        (Cause::NodeRuntime, Possible, "the node takes itself for another platform than it is"),
    ] },
    Rule { symptoms: &[Symptom::UnsupportedManifest], when: |case| case.says("unsupported: ") && case.pushes(), points_at: "location", means: &[
        (Cause::ManifestUnsupported, Likely, "the registry does not take this kind of manifest or layer"),
        (Cause::ServerError, Possible, "the registry is read-only or only caches"),
        (Cause::PushDenied, Possible, "uploads are switched off for this repository"),
    ] },
    Rule { symptoms: &[Symptom::UnsupportedManifest], when: always, points_at: "location", means: &[
        (Cause::ManifestUnsupported, Likely, "the manifest, or a part of the image, is of a kind that the one who speaks does not take"),
        (Cause::ServerError, Possible, "the registry labels the manifest wrongly, or answers with something else"),
        (Cause::Mirror, Possible, "a cache changes or mislabels the manifest"),
        (Cause::NotARegistry, Possible, "what answers is no registry"),
    ] },
];
