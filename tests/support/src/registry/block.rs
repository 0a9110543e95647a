//! What dialects have beyond users and content: rules that block an image, limits, and variants.

/// A rule of a registry that keeps a repository from being used. Each dialect knows its own; see
/// [`super::Registry::block`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Harbor: the image has so many vulnerabilities that the project's policy stops.
    Vulnerabilities(u32),
    /// Harbor: the project takes signed images only.
    Unsigned,
    /// Harbor: the name does not match the filter of a proxy project.
    ProxyFilter,
    /// Harbor: a proxy project, which takes no pushes. Artifactory: a remote repository, likewise.
    Proxy,
    /// Artifactory: Xray's or Curation's policy stops the download.
    Xray,
    /// Quay: the namespace's quota is used up. Harbor: the project's. OpenShift: the namespace's, on a blob's commit.
    Quota,
    /// Quay and Harbor: the registry is read-only.
    ReadOnly,
    /// Quay: pushes are switched off.
    PushesOff,
    /// Quay: the repository mirrors another, and only the mirror's robot may push.
    Mirror,
    /// Quay: the namespace is switched off.
    NamespaceDisabled,
    /// Quay: the repository is for something else than images.
    NotForImages,
    /// Quay's proxy cache, OpenShift's pull-through, Artifactory's remote repository, zot's synchronisation: what the
    /// registry behind it answered, of which Artifactory tells nothing.
    Upstream(String),
    /// Harbor: a proxy project for Docker Hub, which redirects names without `library/`.
    HubProxy,
    /// GitLab: the path is protected, and pushing to it forbidden.
    ProtectedPath,
}

/// What is limited when a registry answers 429.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Pulls in some time.
    PullQuota,
    /// Requests of any kind.
    Abuse,
    /// Logins with a wrong password.
    Login,
}

/// How registries of one dialect differ among themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// GHCR as it was in 2022: an anonymous token for a private package is refused with 403.
    GhcrLegacy,
    /// Quay: repositories inside repositories are switched off.
    QuayFlatNames,
    /// Red Hat: a missing tag is answered by the storage in front, in plain text.
    RedHatPlainNotFound,
    /// GitLab: the registry is switched off.
    GitLabRegistryOff,
    /// ECR: a template creates repositories on push.
    EcrCreateOnPush,
    /// ECR: beginning an upload is answered 201, and there is no upload.
    EcrUploadAnswers201,
    /// Artifact Registry as the old gcr.io: no challenge but the ping's, and no POST for tokens.
    Gcr,
    /// Azure: network rules keep this address out.
    AcrFirewall,
    /// Harbor: the external address is configured as http, so the realm is.
    HarborHttpRealm,
    /// Artifactory: the repository key is in the path, not in the host's name.
    ArtifactoryPath,
    /// Artifactory: Basic authentication.
    ArtifactoryBasic,
    /// zot: token authentication.
    ZotBearer,
    /// Nexus: the token realm is on and Basic is not forced.
    NexusBearer,
    /// Nexus: several repositories by path on one port; the ping's challenge names another one's token service.
    NexusPaths,
    /// Nexus: the port of the user interface, where no registry answers.
    NexusUiPort,
    /// OpenShift: no token realm is configured, so the challenge is Basic.
    OpenShiftBasic,
}
