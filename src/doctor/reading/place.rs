//! Whose registry a message is about.
//!
//! Dialects are told by host names here, because a text has nothing else; where the registry can be asked, its answer
//! tells (`model::dialect::fingerprint`).

/// Whose registry it is, as far as a name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    DockerHub,
    Quay,
    Ghcr,
    GitLab,
    Ecr,
    EcrPublic,
    /// Artifact Registry and the older gcr.io.
    Google,
    Acr,
    /// registry.redhat.io and registry.connect.redhat.com, which want a login.
    RedHat,
    /// A registry that serves everybody without a login: registry.k8s.io, registry.access.redhat.com, mcr.microsoft.com.
    Open,
    Harbor,
    Artifactory,
    /// The registry inside of OpenShift.
    OpenShift,
    /// `localhost`, 127.x.
    Local,
    /// Any other host.
    Other,
    /// The text names none.
    Unknown,
}

/// By words that one registry has for itself, where no host is named.
pub(super) fn of_words(lower: &str) -> Place {
    const WORDS: [(&str, Place); 6] = [
        ("red hat registry", Place::RedHat),
        (
            "access to the requested resource is not authorized",
            Place::Quay,
        ),
        ("http basic: access denied", Place::GitLab),
        ("don't have the needed permissions", Place::Google),
        ("authorization token has expired", Place::Ecr),
        // CNCF distribution's words for DENIED; of registries without a name in the text Docker Hub is the commonest.
        (
            "requested access to the resource is denied",
            Place::DockerHub,
        ),
    ];
    WORDS
        .iter()
        .find(|(words, _)| lower.contains(words))
        .map_or(Place::Unknown, |(_, place)| *place)
}

/// By the name of a host, with port or without.
pub(super) fn of(host: &str) -> Place {
    let host = host.to_ascii_lowercase();
    let bare = host.split(':').next().unwrap_or(&host);
    let ends = |suffix: &str| bare == suffix || bare.ends_with(&format!(".{suffix}"));
    match bare {
        _ if ends("docker.io") || ends("docker.com") => Place::DockerHub,
        _ if ends("quay.io") || bare.contains("quay") => Place::Quay,
        _ if ends("ghcr.io") || ends("pkg.github.com") => Place::Ghcr,
        "public.ecr.aws" => Place::EcrPublic,
        _ if bare.contains(".dkr.ecr") => Place::Ecr,
        "registry.k8s.io"
        | "k8s.gcr.io"
        | "mcr.microsoft.com"
        | "registry.access.redhat.com"
        | "registry.fedoraproject.org" => Place::Open,
        _ if ends("pkg.dev") || ends("gcr.io") => Place::Google,
        _ if ends("azurecr.io") => Place::Acr,
        _ if ends("redhat.io") || ends("redhat.com") => Place::RedHat,
        _ if bare.contains("gitlab") => Place::GitLab,
        _ if bare.contains("harbor") => Place::Harbor,
        _ if bare.contains("artifactory") || ends("jfrog.io") => Place::Artifactory,
        _ if bare.strip_suffix(".svc").is_some()
            || bare.starts_with("172.30.")
            || bare.ends_with(".svc.cluster.local") =>
        {
            Place::OpenShift
        }
        _ if bare.starts_with("docker-registry.") || bare.contains("openshift-image-registry") => {
            Place::OpenShift
        }
        _ if bare == "localhost" || bare.starts_with("127.") => Place::Local,
        "" => Place::Unknown,
        _ => Place::Other,
    }
}
