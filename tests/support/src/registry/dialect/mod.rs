//! The dialects: how each kind of registry words what all of them mean.
//!
//! [`Rules`] is what a dialect may say for itself; whatever it does not say is answered as plain distribution with
//! token authentication answers it. Each dialect is a file of its own, whose head names where its answers come from.

mod acr;
mod artifact_registry;
mod artifactory;
mod distribution;
mod docker_hub;
mod ecr;
mod ecr_public;
mod ghcr;
mod gitea;
mod gitlab;
mod harbor;
mod nexus;
mod openshift;
mod quay;
mod red_hat;
mod zot;

use serde_json::{Value, json};

use super::access::{self, Denied, Identity, Need};
use super::errors::{self, Problem};
use super::negotiation;
use super::route::Route;
use super::store::{Repository, StoredManifest};
use super::token::{self, Login, TokenAsk};
use super::users::Action;
use super::world::{Cx, World};
use super::{Block, Limit};
use crate::web::Reply;

/// A kind of registry. The embedded one is known by its answers, never by its host name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// CNCF distribution 2.8 without authentication.
    #[default]
    Distribution,
    /// CNCF distribution 2.8 with a token service.
    DistributionToken,
    /// CNCF distribution 2.8 with htpasswd: who is let in may do everything.
    DistributionBasic,
    /// Docker Hub.
    DockerHub,
    /// quay.io and Red Hat Quay.
    Quay,
    /// registry.redhat.io.
    RedHat,
    /// GitHub's ghcr.io.
    Ghcr,
    /// GitLab's container registry.
    GitLab,
    /// Amazon ECR, private.
    Ecr,
    /// Amazon ECR Public.
    EcrPublic,
    /// Google Artifact Registry.
    ArtifactRegistry,
    /// Azure Container Registry.
    Acr,
    /// Harbor.
    Harbor,
    /// JFrog Artifactory.
    Artifactory,
    /// zot.
    Zot,
    /// Sonatype Nexus 3.
    Nexus,
    /// OpenShift's internal registry.
    OpenShift,
    /// Gitea and Forgejo (Codeberg).
    Gitea,
}

impl Dialect {
    /// Every dialect, for tests that go through them all.
    pub const ALL: &[Self] = &[
        Self::Distribution,
        Self::DistributionToken,
        Self::DistributionBasic,
        Self::DockerHub,
        Self::Quay,
        Self::RedHat,
        Self::Ghcr,
        Self::GitLab,
        Self::Ecr,
        Self::EcrPublic,
        Self::ArtifactRegistry,
        Self::Acr,
        Self::Harbor,
        Self::Artifactory,
        Self::Zot,
        Self::Nexus,
        Self::OpenShift,
        Self::Gitea,
    ];

    pub(crate) fn rules(self) -> Box<dyn Rules> {
        match self {
            Self::Distribution => Box::new(distribution::Open),
            Self::DistributionToken => Box::new(distribution::Token),
            Self::DistributionBasic => Box::new(distribution::Basic),
            Self::DockerHub => Box::new(docker_hub::DockerHub),
            Self::Quay => Box::new(quay::Quay),
            Self::RedHat => Box::new(red_hat::RedHat),
            Self::Ghcr => Box::new(ghcr::Ghcr),
            Self::GitLab => Box::new(gitlab::GitLab),
            Self::Ecr => Box::new(ecr::Ecr),
            Self::EcrPublic => Box::new(ecr_public::EcrPublic),
            Self::ArtifactRegistry => Box::new(artifact_registry::ArtifactRegistry),
            Self::Acr => Box::new(acr::Acr),
            Self::Harbor => Box::new(harbor::Harbor),
            Self::Artifactory => Box::new(artifactory::Artifactory),
            Self::Zot => Box::new(zot::Zot),
            Self::Nexus => Box::new(nexus::Nexus),
            Self::OpenShift => Box::new(openshift::OpenShift),
            Self::Gitea => Box::new(gitea::Gitea),
        }
    }
}

/// How a registry wants credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Not at all.
    Open,
    /// User name and password with every request.
    Basic,
    /// A token from a token service.
    Bearer,
}

/// What a dialect says for itself.
pub(crate) trait Rules: Send + Sync + 'static {
    /// How credentials are wanted.
    fn scheme(&self, _cx: &Cx) -> Scheme {
        Scheme::Bearer
    }

    /// The token endpoint's path.
    fn token_path(&self, _world: &World) -> &'static str {
        "/token"
    }

    /// Whether a path is the token endpoint; for registries that have several.
    fn is_token_path(&self, world: &World, path: &str) -> bool {
        path == self.token_path(world)
    }

    /// Whether the token service is on an origin of its own unless the test says otherwise.
    fn has_own_token_origin(&self) -> bool {
        false
    }

    /// The challenge's `service`.
    fn service(&self, cx: &Cx) -> String {
        cx.host()
    }

    /// An answer that comes before anybody looks at credentials.
    fn early(&self, _cx: &mut Cx, _route: &Route) -> Option<Reply> {
        None
    }

    /// Reads the `Authorization` header.
    fn identify(&self, cx: &mut Cx) -> Identity {
        access::identify(cx)
    }

    /// What a request needs.
    fn need(&self, cx: &Cx, route: &Route) -> Need {
        Need::of(route, &cx.call.method)
    }

    /// Whether the caller may.
    fn authorize(&self, cx: &mut Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
        access::authorize(cx, who, need)
    }

    /// The challenge of a refusal; none for a refusal without.
    fn challenge(&self, cx: &Cx, need: &Need, denied: Denied) -> Option<String> {
        Some(bearer_challenge(cx, need, denied))
    }

    /// The refusal.
    fn refuse(&self, cx: &mut Cx, _who: &Identity, need: &Need, denied: Denied) -> Reply {
        let reply = errors::error(
            401,
            "UNAUTHORIZED",
            "authentication required",
            &scope_detail(need),
        );
        with_challenge(reply, self.challenge(cx, need, denied))
    }

    /// What `/v2/` answers to who is let in.
    fn ping(&self, _cx: &mut Cx, _who: &Identity) -> Reply {
        Reply::bytes(200, "application/json; charset=utf-8", "{}")
    }

    /// Words a failure that is about content.
    fn problem(&self, _cx: &Cx, problem: &Problem) -> Reply {
        errors::distribution(problem)
    }

    /// The answer to a token request.
    fn token(&self, cx: &mut Cx, ask: &TokenAsk) -> Reply {
        if let Login::Wrong(_) = ask.login {
            return errors::plain_error(401, "UNAUTHORIZED", "authentication required");
        }
        let access = token::covered(cx, ask);
        let token = token::jwt(cx, ask, access);
        token::both_names(&token)
    }

    /// 429 as this registry words it.
    fn limited(&self, _cx: &mut Cx, _limit: Limit) -> Reply {
        errors::plain_error(429, "TOOMANYREQUESTS", "too many requests")
    }

    /// Whether the dialect has an answer to this block at all.
    fn knows(&self, _block: &Block) -> bool {
        false
    }

    /// The answer to a request for a blocked repository, when the block is about that kind of request.
    fn blocked(&self, _cx: &Cx, _block: &Block, _need: &Need) -> Option<Reply> {
        None
    }

    /// What happens to the world before a manifest or blob is served: side effects of reading.
    fn before_content(&self, _cx: &mut Cx, _need: &Need) -> Option<Reply> {
        None
    }

    /// Headers that every answer of the API carries.
    fn finish(&self, _cx: &mut Cx, _route: &Route, reply: &mut Reply) {
        reply.set_header("docker-distribution-api-version", "registry/2.0");
    }

    /// Whether the `Accept` header counts.
    fn negotiates(&self) -> bool {
        true
    }

    /// An answer to a pushed manifest that this registry does not want.
    fn refuse_manifest(&self, _media_type: &str, _manifest: &Value) -> Option<Reply> {
        None
    }

    /// Chooses the form of a manifest by the `Accept` header.
    fn negotiate(
        &self,
        repository: &Repository,
        found: (&str, &StoredManifest),
        accepted: &[String],
        reference: &str,
    ) -> Result<Reply, Problem> {
        negotiation::distribution(repository, found, accepted, reference)
    }

    /// Whether `tags/list` honours `n` and `last`.
    fn pages_tags(&self) -> bool {
        true
    }

    /// Whether a repository has to exist before anything can be uploaded to it.
    fn upload_needs_repository(&self, _cx: &Cx) -> bool {
        false
    }

    /// Whether the catalogue shows this repository to that caller.
    fn catalog_shows(&self, _cx: &Cx, _who: &Identity, _repository: &str) -> bool {
        true
    }

    /// Whether there is the referrers API, and subjects are noted when a manifest is stored.
    fn lists_referrers(&self) -> bool {
        false
    }

    /// Whether an upload goes on after a request that broke off. Distribution's does not: the state in its address says how
    /// much there was before that request, and more than that on the disk is an upload at a wrong place
    /// (`registry/handlers/blobupload.go` `ResumeBlobUpload`; measured: 404 BLOB_UPLOAD_INVALID).
    fn resumes_what_was_cut(&self) -> bool {
        false
    }

    /// What right cancelling an upload takes.
    fn cancel_needs(&self) -> Action {
        Action::Delete
    }

    /// The repository's name in `tags/list`'s link to the next page.
    fn name_in_next_link(&self, repository: &str) -> String {
        repository.to_owned()
    }
}

/// `Bearer realm="...",service="..."[,scope="..."][,error="..."]`, as distribution writes it.
pub(crate) fn bearer_challenge(cx: &Cx, need: &Need, denied: Denied) -> String {
    let rules = &cx.world.rules;
    let realm = cx.realm(rules.token_path(cx.world));
    let service = rules.service(cx);
    let scope = need
        .scope()
        .map(|scope| format!(",scope=\"{scope}\""))
        .unwrap_or_default();
    let error = match denied {
        Denied::InvalidToken => ",error=\"invalid_token\"",
        Denied::NotAllowed => ",error=\"insufficient_scope\"",
        Denied::NoCredentials | Denied::WrongPassword => "",
    };
    format!("Bearer realm=\"{realm}\",service=\"{service}\"{scope}{error}")
}

/// The refusal's detail: one entry for each action that was wanted.
pub(crate) fn scope_detail(need: &Need) -> Value {
    let entry = |kind: &str, name: &str, action: &str| json!({"Type": kind, "Class": "", "Name": name, "Action": action});
    match (&need.route, need.repository()) {
        (Route::Catalog, _) => json!([entry("registry", "catalog", "*")]),
        (_, Some(repository)) => need
            .actions
            .iter()
            .map(|action| entry("repository", repository, action.word()))
            .collect(),
        (_, None) => Value::Null,
    }
}

/// A repository's elements.
pub(crate) fn elements(repository: &str) -> Vec<&str> {
    repository.split('/').collect()
}

/// The refusal with its challenge, when it has one.
pub(crate) fn with_challenge(reply: Reply, challenge: Option<String>) -> Reply {
    match challenge {
        Some(challenge) => reply.header("www-authenticate", challenge),
        None => reply,
    }
}
