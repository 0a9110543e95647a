//! How the registries that people use differ, as data with its source, chosen by fingerprint and never by host name alone.

/// A family of registries that answer alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// CNCF distribution and whatever nothing else fits.
    Distribution,
    DockerHub,
    Quay,
    RedHat,
    Ghcr,
    GitLab,
    Ecr,
    EcrPublic,
    ArtifactRegistry,
    Acr,
    Harbor,
    Artifactory,
    Zot,
    Nexus,
    OpenShift,
    Gitea,
}
// registry branch: name(), fingerprint(ping: &Answer, host: &str) -> Dialect, traits(self) -> &'static Traits
// (how credentials are proved, how push is probed and what that leaves behind, whether a missing repository and a
// forbidden one look alike, whether anonymous tokens are handed out, whether tags/list can be trusted, quota headers).
