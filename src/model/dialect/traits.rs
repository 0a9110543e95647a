//! The table of traits: one row a dialect, each with the place it was learnt from.
//!
//! Only data; who acts on a row is named at the field.

use super::Dialect;

/// What is particular about one dialect.
#[derive(Debug)]
pub struct Traits {
    /// The name that people know it by.
    pub name: &'static str,
    /// The call that proves credentials where the registry wants Bearer. Where it wants Basic it is `/v2/` itself.
    pub proof: Proof,
    /// An issued pull token proves the login as well: a wrong password never gets one.
    pub token_proves: bool,
    /// Answers to a wrong password look like something else (an anonymous token, a missing right): credentials are
    /// proved before they are used for anything.
    pub prove_first: bool,
    /// How the push right is learnt.
    pub push: PushWay,
    /// What the push probe does and may leave behind, shown before it runs.
    pub push_words: &'static str,
    /// An upload is cancelled with the right to delete, not with that to push; a token for it may be asked for, because
    /// asking creates nothing.
    pub cancel_by_delete: bool,
    /// "Not there" and "not for you" get the same answer.
    pub hides_missing: bool,
    /// Tokens are handed out without credentials.
    pub anonymous_tokens: bool,
    /// A refusal or a 404 of `tags/list` means what it says.
    pub tags_reliable: bool,
    /// The one scope that the token service knows, where it is not `repository:NAME:pull`.
    pub scope: Option<&'static str>,
    /// Answers carry `ratelimit-limit` and `ratelimit-remaining`.
    pub quota_headers: bool,
    /// Where this was learnt.
    pub source: &'static str,
}

/// The call that proves credentials to a token service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A token request without a scope, with the credentials: 200 or 401.
    ScopelessToken,
    /// The token service answers 200 to anything; `/v2/` with the token does not.
    TokenAtRegistry,
    /// Any login may be accepted, so that only a refusal tells something.
    OnlyRefusalTells,
}

/// How the push right is learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushWay {
    /// The token for a pull tells all rights.
    PullToken,
    /// The `access` claim of a token for pull and push; an upload is opened only where the token does not tell.
    PushToken,
    /// The same, and only where the repository is known to exist: the request would create it.
    PushTokenIfThere,
    /// A token for pull and push may be refused; an issued one tells nothing, so an upload is opened.
    PushTokenThenUpload,
    /// An upload is opened and cancelled.
    Upload,
    /// Not asked on the wire: the cluster's API knows.
    Elsewhere,
}

const DEFAULT: Traits = Traits {
    name: "CNCF distribution",
    proof: Proof::ScopelessToken,
    token_proves: true,
    prove_first: false,
    push: PushWay::PushToken,
    push_words: "asks for a token with the push right and reads what it grants; where that does not tell, opens an upload \
                 and cancels it, which may leave an empty upload directory on the registry's disk",
    cancel_by_delete: true,
    hides_missing: false,
    anonymous_tokens: false,
    tags_reliable: true,
    scope: None,
    quota_headers: false,
    source: "distribution/distribution registry/handlers, registry/auth/token, measured with 2.8.2",
};

/// The words for registries whose uploads vanish by themselves.
const UPLOAD_WORDS: &str =
    "opens an upload and cancels it; what is not cancelled expires by itself";

static DISTRIBUTION: Traits = DEFAULT;

static DOCKER_HUB: Traits = Traits {
    name: "Docker Hub",
    push_words: "asks for a token with the push right and reads what it grants; leaves nothing behind",
    hides_missing: true,
    anonymous_tokens: true,
    quota_headers: true,
    source: "docker/hub-feedback 1771 and 1975, containers/image docker/errors_test.go, Docker's page on pull limits",
    ..DEFAULT
};

static QUAY: Traits = Traits {
    name: "Quay",
    push: PushWay::PushTokenIfThere,
    push_words: "asks for a token with the push right, only for a repository that is known to exist: for a missing one \
                 the request itself would create it",
    hides_missing: true,
    anonymous_tokens: true,
    cancel_by_delete: false,
    source: "quay/quay endpoints/v2/v2auth.py `_authorize_or_downscope_request`, auth/credentials.py",
    ..DEFAULT
};

static RED_HAT: Traits = Traits {
    name: "Red Hat registry",
    push: PushWay::Upload,
    push_words: "opens an upload and cancels it; what that leaves behind is not known for this registry",
    source: "containers/image docker/errors_test.go, docker_client_test.go",
    ..DEFAULT
};

static GHCR: Traits = Traits {
    name: "GitHub container registry",
    proof: Proof::TokenAtRegistry,
    token_proves: false,
    prove_first: true,
    push: PushWay::Upload,
    push_words: "opens an upload, which this registry does not let anybody cancel; it expires by itself",
    hides_missing: true,
    anonymous_tokens: true,
    cancel_by_delete: false,
    source: "radius-project/radius 12623, argoproj-labs/argocd-image-updater 303, Renovate docker/common.ts",
    ..DEFAULT
};

static GITLAB: Traits = Traits {
    name: "GitLab container registry",
    push: PushWay::PushTokenIfThere,
    push_words: "asks for a token with the push right, only for a repository that is known to exist: for a missing one \
                 the request itself would create it",
    hides_missing: true,
    anonymous_tokens: true,
    cancel_by_delete: false,
    source: "gitlab-org/gitlab app/services/auth/container_registry_authentication_service.rb, jwt_controller.rb",
    ..DEFAULT
};

static ECR: Traits = Traits {
    name: "Amazon ECR",
    push: PushWay::Upload,
    push_words: "opens an upload and cancels it; leaves nothing behind, unless a creation template makes repositories on \
                 push",
    cancel_by_delete: false,
    source: "aws/containers-roadmap 1299, google/go-containerregistry 861, GoogleContainerTools/kaniko 1120",
    ..DEFAULT
};

static ECR_PUBLIC: Traits = Traits {
    name: "Amazon ECR Public",
    proof: Proof::OnlyRefusalTells,
    token_proves: false,
    push: PushWay::Upload,
    push_words: "opens an upload and cancels it; what that leaves behind is not known for this registry",
    hides_missing: true,
    anonymous_tokens: true,
    tags_reliable: false,
    scope: Some("aws"),
    source: "aws/containers-roadmap 2835, containers/image docker/errors_test.go",
    ..DEFAULT
};

static ARTIFACT_REGISTRY: Traits = Traits {
    name: "Google Artifact Registry",
    push: PushWay::PushTokenThenUpload,
    push_words: "asks for a token with the push right; where one is issued, opens an upload and cancels it; leaves \
                 nothing behind",
    hides_missing: true,
    anonymous_tokens: true,
    cancel_by_delete: false,
    source: "argoproj/argo-cd 26260, hashicorp/terraform-google-kubernetes-engine 1779, containers/image docker_client.go",
    ..DEFAULT
};

static ACR: Traits = Traits {
    name: "Azure Container Registry",
    push_words: "asks for a token with the push right and reads what it grants; leaves nothing behind",
    hides_missing: true,
    tags_reliable: false,
    source: "Azure/acr docs/Token-BasicAuth.md, docs/AAD-OAuth.md, Azure/acr 600",
    ..DEFAULT
};

static HARBOR: Traits = Traits {
    name: "Harbor",
    token_proves: false,
    prove_first: true,
    push: PushWay::PullToken,
    push_words: "reads the rights in the token for a pull; asks for nothing more and leaves nothing behind",
    anonymous_tokens: true,
    source: "goharbor/harbor src/core/service/token/creator.go, src/server/middleware/v2auth/auth.go",
    ..DEFAULT
};

static ARTIFACTORY: Traits = Traits {
    name: "JFrog Artifactory",
    push: PushWay::Upload,
    push_words: UPLOAD_WORDS,
    source: "containerd/containerd 6339, GoogleContainerTools/jib 4153, kubernetes/kubernetes 65958",
    ..DEFAULT
};

static ZOT: Traits = Traits {
    name: "zot",
    push: PushWay::Upload,
    push_words: "opens an upload and cancels it; the directory of the repository may be created",
    source: "project-zot/zot pkg/api/authn.go, authz.go, routes.go",
    ..DEFAULT
};

static NEXUS: Traits = Traits {
    name: "Sonatype Nexus",
    proof: Proof::OnlyRefusalTells,
    token_proves: false,
    push: PushWay::Upload,
    push_words: "opens an upload and cancels it; what that leaves behind is not known for this registry",
    hides_missing: true,
    source: "sonatype/nexus-public 311, 873 and 921",
    ..DEFAULT
};

static OPENSHIFT: Traits = Traits {
    name: "OpenShift internal registry",
    prove_first: true,
    push: PushWay::Elsewhere,
    push_words: "asks the cluster, not the registry: oc auth can-i update imagestreams/layers; leaves nothing behind",
    hides_missing: true,
    anonymous_tokens: true,
    cancel_by_delete: false,
    source: "openshift/image-registry pkg/dockerregistry/server/auth.go, token.go",
    ..DEFAULT
};

static GITEA: Traits = Traits {
    name: "Gitea or Forgejo",
    push: PushWay::Upload,
    push_words: UPLOAD_WORDS,
    hides_missing: true,
    source: "Renovate docker/common.ts (Codeberg's challenges)",
    ..DEFAULT
};

/// The row of one dialect.
pub(super) fn of(dialect: Dialect) -> &'static Traits {
    match dialect {
        Dialect::Distribution => &DISTRIBUTION,
        Dialect::DockerHub => &DOCKER_HUB,
        Dialect::Quay => &QUAY,
        Dialect::RedHat => &RED_HAT,
        Dialect::Ghcr => &GHCR,
        Dialect::GitLab => &GITLAB,
        Dialect::Ecr => &ECR,
        Dialect::EcrPublic => &ECR_PUBLIC,
        Dialect::ArtifactRegistry => &ARTIFACT_REGISTRY,
        Dialect::Acr => &ACR,
        Dialect::Harbor => &HARBOR,
        Dialect::Artifactory => &ARTIFACTORY,
        Dialect::Zot => &ZOT,
        Dialect::Nexus => &NEXUS,
        Dialect::OpenShift => &OPENSHIFT,
        Dialect::Gitea => &GITEA,
    }
}
