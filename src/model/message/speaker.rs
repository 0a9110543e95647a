//! Who speaks: each runtime and client by the words that only it uses.
//!
//! The innermost speaker counts: of `Failed to pull image "x": rpc error: ...: failed to resolve reference` the words are
//! containerd's, and they are read as containerd means them.

use super::symptom::Runtime;

/// In order: who is around the others comes first only where its own words decide (importer, builder).
const SPEAKERS: &[(Runtime, &[&str])] = &[
    (
        Runtime::OpenshiftImport,
        &[
            "import failed",
            "you may not have access to the container image",
            "dockerimage.image.openshift.io",
            "dockerimagelookup",
            "registry lookup failed",
            "docker images with name",
            "importing images from registry",
            "allowed by whitelist",
            "imported with errors",
            "importsuccess",
            "only images from",
            "is http only and requires",
            "imagestreamimport",
            "may not have access to the docker image",
            "error: tag ",
            "no match for \"",
            "a partial match was found for",
            "unable to import tag",
            "internal error occurred",
            "could not  load image metadata",
            "unable to locate any images",
        ],
    ),
    (
        Runtime::OpenshiftBuild,
        &[
            "build error",
            "pullbuilderimage",
            "pushimagetoregistry",
            "failed to push image",
            "fetchimagecontent",
            "after retrying",
            "pull image still failed",
            "push image still failed",
            "error pushing to registry",
            "pushing image ",
            "registry server address",
            "registry server user name",
            "buildconfig",
        ],
    ),
    (
        Runtime::Docker,
        &[
            "error response from daemon",
            "docker login'",
            "docker: ",
            "api error (",
            "not continuing with pull",
            "hap429",
            "failed to register layer",
            "docker daemon",
            "error: image ",
            "prettyjws not supported",
            "trying to pull repository",
            "trying to push repository",
            "ping attempt failed",
            "filesystem layer verification",
            "docker image format v1",
            "docker-credential-",
            "the push refers to",
            "unable to find image",
            "dockerd",
        ],
    ),
    (
        Runtime::Containerd,
        &[
            "failed to pull and unpack",
            "failed to resolve reference",
            "failed to resolve image",
            "ctr:",
            "failed to copy:",
            "httpreadseeker",
            "failed to solve",
            "buildkit",
            "insufficient_scope",
            "containerd",
            "nerdctl",
            "snapshotter",
            "failed commit on ref",
            "failed to extract layer",
            "failed to do request",
            "no match for platform",
            "unexpected status code [",
            "failed with status code [",
            "failed to fetch anonymous token",
            "failed to fetch oauth token",
            "load metadata for",
            "unexpected media type",
            "encountered unknown type",
            "crictl",
            "unexpected status from",
        ],
    ),
    (Runtime::CriO, &["cri-o", "crio"]),
    (
        Runtime::Other,
        &[
            "kaniko",
            "crane",
            "unsupported status code",
            "skaffold",
            "createcontainer failed",
            "writing image \"",
            "getting image",
            "retrieving image",
            "error building image",
            "checking push permission",
            "error sending request for url",
        ],
    ),
];

/// Words of containers/image, which CRI-O, podman, skopeo, buildah and OpenShift's builders share.
const CONTAINERS_IMAGE: &[&str] = &[
    "reading manifest",
    "initializing source",
    "pinging container registry",
    "pinging docker registry",
    "unable to retrieve auth token",
    "short-name",
    "copying system image",
    "writing blob",
    "parsing image configuration",
    "registries.conf",
    "mirrors also failed",
    "source image rejected",
    "requesting bearer token",
    "unexpected http status",
    "choosing an image from manifest list",
    "choosing image instance",
    "determining manifest mime",
    "trying to reuse blob",
    "copying config",
    "fetching blob",
    "reading blob",
    "unqualified-search",
    "getting image source signatures",
    "statuscode:",
    "signature was required",
    "trying to pull",
    "invalid status code from registry",
    "error creating build container",
];

/// What dockerd says without a frame of its own; others say it inside of theirs.
const DOCKER_ALONE: &[&str] = &[
    "error parsing http",
    "head \"<url",
    "pulling repository ",
    "error pulling image configuration",
    "not a valid repository/tag",
    "while pulling image: ",
    "no matching manifest for",
    "malformed http response",
    "unknown: not found",
    "pulling from ",
    "layer already exists",
];

const KUBELET: &[&str] = &[
    "failed to pull image",
    "image pull failed for",
    "back-off pulling",
    "errimagepull",
    "imagepullbackoff",
    "pull policy",
    "kubelet",
    "couldn't parse image reference",
    "image pull secrets",
    "inspectfailed",
    "invalidimagename",
    "failed to inspect image",
    "errimageneverpull",
    "sandbox image",
    "imagepullsecret",
    "registryunavailable",
    "signaturevalidationfailed",
    "illegal base64",
];

const TOOLS: &[&str] = &[
    "podman",
    "skopeo",
    "buildah",
    "msg=\"",
    "trying to reuse blob",
    "creating build container",
];

/// Whether the words around are a kubelet's, whoever speaks inside of them; `rpc error` alone is every client's of a
/// runtime.
pub(super) fn is_kubelet(lower: &str) -> bool {
    KUBELET.iter().any(|word| lower.contains(word))
}

/// Who says it. `lower` is the whole failure in lower case, with what was around it; images and URLs masked.
pub(super) fn of(lower: &str) -> Runtime {
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if let Some((runtime, _)) = SPEAKERS.iter().find(|(_, words)| has(words)) {
        return *runtime;
    }
    let kubelet = is_kubelet(lower) || lower.contains("rpc error");
    if has(CONTAINERS_IMAGE) {
        return if kubelet && !has(TOOLS) {
            Runtime::CriO
        } else {
            Runtime::Buildah
        };
    }
    if has(DOCKER_ALONE) {
        return Runtime::Docker;
    }
    if has(TOOLS) && lower.contains("podman") {
        return Runtime::Buildah;
    }
    if kubelet {
        Runtime::Kubelet
    } else {
        Runtime::Other
    }
}
