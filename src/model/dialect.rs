//! How the registries that people use differ, as data with its source, chosen by fingerprint and never by host name alone.
//!
//! Pure: [`fingerprint`] looks at one answer to `/v2/`, [`Dialect::traits`] is a table. What the traits mean on the wire is
//! `registry`'s business, what they mean for a diagnosis is `doctor`'s.

mod traits;

use super::challenge::Challenge;
use super::observation::Answer;

pub use traits::{Proof, PushWay, Traits};

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

impl Dialect {
    /// Every dialect, for tables and tests.
    pub const ALL: [Self; 16] = [
        Self::Distribution,
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

    /// The name that people know it by.
    pub fn name(self) -> &'static str {
        self.traits().name
    }

    /// What is particular about it.
    pub fn traits(self) -> &'static Traits {
        traits::of(self)
    }
}

/// The dialect of whoever gave `ping`, an answer to an anonymous GET of `/v2/` at `host` (without port).
///
/// Realm paths and services are those that the registries' own sources or live answers show (CNCF distribution, Quay
/// `endpoints/v2/__init__.py`, Harbor `server/v2.0/middleware/v2auth`, GitLab `jwt_controller`, OpenShift
/// image-registry `pkg/dockerregistry/server/auth.go`, zot `pkg/api/authn.go`, Renovate's `docker/common.ts`). The host
/// counts only where two dialects share a realm path.
pub fn fingerprint(ping: &Answer, host: &str) -> Dialect {
    let bearer = ping.challenges.iter().find(|c| c.is_bearer());
    let basic = ping.challenges.iter().find(|c| c.is_basic());
    by_headers(ping)
        .or_else(|| by_bearer(bearer?, ping, host))
        .or_else(|| by_basic(basic?))
        .or_else(|| looks_like_zot(ping).then_some(Dialect::Zot))
        .unwrap_or(Dialect::Distribution)
}

fn by_headers(ping: &Answer) -> Option<Dialect> {
    let has = |name| ping.header(name).is_some();
    if has("x-jfrog-version") || has("x-artifactory-id") {
        return Some(Dialect::Artifactory);
    }
    ping.header("server")
        .is_some_and(|server| server.starts_with("Nexus/"))
        .then_some(Dialect::Nexus)
}

fn by_bearer(bearer: &Challenge, ping: &Answer, host: &str) -> Option<Dialect> {
    let service = bearer.param("service");
    match service {
        Some("registry.docker.io") => return Some(Dialect::DockerHub),
        Some("ghcr.io") => return Some(Dialect::Ghcr),
        Some("public.ecr.aws") => return Some(Dialect::EcrPublic),
        Some("harbor-registry") => return Some(Dialect::Harbor),
        _ => {}
    }
    let realm = bearer.param("realm")?;
    if realm.contains("Sonatype Nexus") {
        return Some(Dialect::Nexus);
    }
    let path = realm_path(realm);
    let with_service = |wanted: &str| service == Some(wanted);
    let dialect = match path {
        // Whatever the service: to take one of these two for another registry could create repositories.
        _ if path.ends_with("/v2/auth") => Dialect::Quay,
        _ if path.ends_with("/jwt/auth") => Dialect::GitLab,
        "/service/token" => Dialect::Harbor,
        "/v2/token" if with_service("container_registry") => Dialect::Gitea,
        "/v2/token" if service.is_none() || is_google(host) => Dialect::ArtifactRegistry,
        "/oauth2/token"
            if ping.header("x-ms-correlation-request-id").is_some()
                || host.ends_with(".azurecr.io") =>
        {
            Dialect::Acr
        }
        "/openshift/token" => Dialect::OpenShift,
        _ if path.ends_with("/protocol/redhat-docker-v2/auth") => Dialect::RedHat,
        _ if path.contains("/artifactory/api/docker/") => Dialect::Artifactory,
        _ => return None,
    };
    Some(dialect)
}

fn by_basic(basic: &Challenge) -> Option<Dialect> {
    if basic.param("service") == Some("ecr.amazonaws.com") {
        return Some(Dialect::Ecr);
    }
    match basic.param("realm")? {
        "openshift" => Some(Dialect::OpenShift),
        "Artifactory Realm" => Some(Dialect::Artifactory),
        realm if realm.starts_with("Sonatype Nexus") => Some(Dialect::Nexus),
        _ => None,
    }
}

/// zot answers 200 with a challenge whose realm is not quoted, asks for an empty scope, and puts its errors into a bare
/// object (zot `pkg/api/routes.go` `CheckVersionSupport`, `pkg/api/authn.go` `authFail`).
fn looks_like_zot(ping: &Answer) -> bool {
    let unquoted = ping.header("www-authenticate").is_some_and(|value| {
        let value = value.trim_start();
        value.starts_with("basic realm=") || value.starts_with("bearer realm=")
    });
    let empty_scope = ping
        .challenges
        .iter()
        .any(|challenge| challenge.is_bearer() && challenge.param("scope") == Some(""));
    let bare_error = serde_json::from_slice::<serde_json::Value>(&ping.body)
        .is_ok_and(|body| body.get("code").is_some_and(serde_json::Value::is_string));
    (ping.status == 200 && unquoted) || (ping.status == 401 && (empty_scope || bare_error))
}

fn is_google(host: &str) -> bool {
    host.ends_with(".pkg.dev") || host == "gcr.io" || host.ends_with(".gcr.io")
}

/// The path of a realm, without its query and without a slash at its end.
fn realm_path(realm: &str) -> &str {
    let after_scheme = realm.split_once("://").map_or(realm, |(_, rest)| rest);
    let path = after_scheme
        .find('/')
        .map_or("", |start| &after_scheme[start..]);
    path.split(['?', '#'])
        .next()
        .unwrap_or(path)
        .trim_end_matches('/')
}

#[cfg(test)]
mod tests;
