//! Each row is a cell of the registries' wire matrix.

use std::time::Duration;

use super::*;
use crate::model::challenge::Challenge;
use crate::model::observation::{Exchange, Grant, Purpose, Sent};

struct Row {
    dialect: Dialect,
    sent: Sent,
    status: u16,
    code: Option<&'static str>,
    message: &'static str,
    challenge: Option<&'static str>,
}

fn row(
    dialect: Dialect,
    sent: Sent,
    status: u16,
    code: &'static str,
    message: &'static str,
) -> Row {
    Row {
        dialect,
        sent,
        status,
        code: Some(code).filter(|code| !code.is_empty()),
        message,
        challenge: Some("Bearer"),
    }
}

fn exchange(purpose: Purpose, sent: Sent, answer: Answer) -> Exchange {
    Exchange {
        purpose,
        method: "GET",
        url: "https://registry.example.com/v2/team/app/manifests/1".to_owned(),
        sent,
        elapsed: Duration::ZERO,
        result: Ok(answer),
    }
}

fn answer(row: &Row) -> Answer {
    Answer {
        status: row.status,
        headers: Vec::new(),
        challenges: row
            .challenge
            .map(|text| Challenge {
                scheme: "bearer".to_owned(),
                params: text
                    .split_once(' ')
                    .map(|(_, error)| vec![("error".to_owned(), error.to_owned())])
                    .unwrap_or_default(),
            })
            .into_iter()
            .collect(),
        body: b"x".to_vec(),
        truncated: false,
        errors: vec![RegistryError {
            code: row.code.map(str::to_owned),
            message: row.message.to_owned(),
            detail: None,
        }],
    }
}

fn at_manifest(row: &Row) -> Meaning {
    let view = ManifestView {
        credential: (row.sent != Sent::Nothing).then_some(0),
        grant: None,
        exchange: exchange(Purpose::Manifest, row.sent, answer(row)),
        manifest: None,
    };
    meaning(&view, row.dialect)
}

fn at_token(row: &Row) -> Meaning {
    let view = ManifestView {
        credential: (row.sent != Sent::Nothing).then_some(0),
        grant: Some(Grant {
            exchange: exchange(Purpose::Token, row.sent, answer(row)),
            granted: None,
            claims: Vec::new(),
        }),
        exchange: exchange(Purpose::Manifest, Sent::Nothing, answer(row)),
        manifest: None,
    };
    meaning(&view, row.dialect)
}

fn short(meaning: &Meaning) -> &'static str {
    match meaning {
        Meaning::Delivered => "delivered",
        Meaning::Missing(Missing::Manifest { .. }) => "missing",
        Meaning::Missing(Missing::TagOnly { .. }) => "tag",
        Meaning::Missing(Missing::Repository { .. }) => "repository",
        Meaning::Refused { .. } => "refused",
        Meaning::CredentialRefused { expired: false, .. } => "login",
        Meaning::CredentialRefused { expired: true, .. } => "expired",
        Meaning::NameInvalid { .. } => "name",
        Meaning::Quarantined { .. } => "policy",
        Meaning::Unsupported { .. } => "unsupported",
        Meaning::Throttled { .. } => "rate",
        Meaning::TokenService { .. } => "token-service",
        Meaning::TokenRefused { .. } => "token-refused",
        Meaning::Server { .. } => "server",
        Meaning::NoAnswer(_) => "none",
    }
}

#[test]
fn manifest_answers_mean_what_each_registry_means_by_them() {
    use Dialect::*;
    use Sent::{Basic, Bearer, Nothing};
    let table: &[(&str, Row)] = &[
        (
            "refused",
            row(
                DockerHub,
                Bearer,
                401,
                "UNAUTHORIZED",
                "authentication required",
            ),
        ),
        (
            "missing",
            row(
                DockerHub,
                Bearer,
                404,
                "MANIFEST_UNKNOWN",
                "manifest unknown",
            ),
        ),
        (
            "rate",
            row(
                DockerHub,
                Bearer,
                429,
                "TOOMANYREQUESTS",
                "You have reached your pull rate limit",
            ),
        ),
        (
            "refused",
            row(
                Quay,
                Bearer,
                401,
                "UNAUTHORIZED",
                "access to the requested resource is not authorized",
            ),
        ),
        (
            "repository",
            row(Quay, Bearer, 404, "NAME_UNKNOWN", "repository not found"),
        ),
        (
            "tag",
            row(
                Quay,
                Bearer,
                404,
                "TAG_EXPIRED",
                "Tag x was deleted or has expired",
            ),
        ),
        (
            "policy",
            row(
                Quay,
                Bearer,
                403,
                "DENIED",
                "Quota has been exceeded on namespace",
            ),
        ),
        (
            "policy",
            row(Quay, Bearer, 405, "DENIED", "System is in read-only mode"),
        ),
        (
            "unsupported",
            row(
                Quay,
                Bearer,
                405,
                "UNSUPPORTED",
                "This repository is for managing other things",
            ),
        ),
        ("missing", row(RedHat, Bearer, 404, "404", "Not Found")),
        ("login", row(Ghcr, Bearer, 403, "DENIED", "denied")),
        (
            "refused",
            row(
                Ghcr,
                Bearer,
                403,
                "DENIED",
                "permission_denied: read_package",
            ),
        ),
        (
            "unsupported",
            row(
                Ghcr,
                Bearer,
                404,
                "MANIFEST_UNKNOWN",
                "OCI index found, but Accept header does not support OCI indexes",
            ),
        ),
        ("login", row(Ecr, Basic, 401, "", "Not Authorized")),
        (
            "expired",
            row(
                Ecr,
                Basic,
                403,
                "DENIED",
                "Your authorization token has expired. Reauthenticate and try again.",
            ),
        ),
        (
            "refused",
            row(
                Ecr,
                Basic,
                403,
                "DENIED",
                "User: arn is not authorized to perform: ecr:BatchGetImage",
            ),
        ),
        (
            "repository",
            row(
                Ecr,
                Basic,
                404,
                "NAME_UNKNOWN",
                "The repository with name 'X' does not exist in the registry",
            ),
        ),
        (
            "tag",
            row(
                Ecr,
                Basic,
                404,
                "MANIFEST_UNKNOWN",
                "Requested image not found",
            ),
        ),
        (
            "token-refused",
            row(EcrPublic, Bearer, 400, "", "bad request"),
        ),
        (
            "refused",
            row(
                ArtifactRegistry,
                Bearer,
                403,
                "DENIED",
                "Permission denied on resource (or it may not exist)",
            ),
        ),
        (
            "name",
            row(
                ArtifactRegistry,
                Nothing,
                400,
                "NAME_INVALID",
                "invalid number of path components: 1",
            ),
        ),
        (
            "refused",
            row(
                Acr,
                Bearer,
                401,
                "UNAUTHORIZED",
                "authentication required, visit https://aka.ms/acr/authorization",
            ),
        ),
        (
            "repository",
            row(
                Harbor,
                Bearer,
                401,
                "UNAUTHORIZED",
                "project x not found: project x not found",
            ),
        ),
        (
            "refused",
            row(
                Harbor,
                Bearer,
                401,
                "UNAUTHORIZED",
                "unauthorized to access repository: p/r, action: pull",
            ),
        ),
        (
            "repository",
            row(Harbor, Bearer, 404, "NOT_FOUND", "repository p/r not found"),
        ),
        (
            "tag",
            row(Harbor, Bearer, 404, "NOT_FOUND", "artifact p/r:1 not found"),
        ),
        (
            "policy",
            row(
                Harbor,
                Bearer,
                412,
                "PROJECTPOLICYVIOLATION",
                "current image with 3 vulnerabilities cannot be pulled",
            ),
        ),
        (
            "refused",
            row(
                Artifactory,
                Basic,
                403,
                "UNAUTHORIZED",
                "The client does not have permission for manifest",
            ),
        ),
        ("login", row(Artifactory, Basic, 401, "", "Bad Credentials")),
        (
            "policy",
            row(
                Artifactory,
                Basic,
                403,
                "",
                "Artifact download request rejected: blocking policy configured in Xray",
            ),
        ),
        (
            "missing",
            row(
                Artifactory,
                Basic,
                404,
                "MANIFEST_UNKNOWN",
                "The named manifest is not known to the registry.",
            ),
        ),
        (
            "repository",
            row(
                Distribution,
                Bearer,
                404,
                "NAME_UNKNOWN",
                "repository name not known to registry",
            ),
        ),
        (
            "unsupported",
            row(
                Distribution,
                Bearer,
                400,
                "MANIFEST_INVALID",
                "manifest invalid",
            ),
        ),
        (
            "server",
            row(
                Distribution,
                Bearer,
                503,
                "UNAVAILABLE",
                "service unavailable",
            ),
        ),
        (
            "refused",
            row(
                Zot,
                Basic,
                403,
                "DENIED",
                "requested access to the resource is denied",
            ),
        ),
        (
            "token-refused",
            row(Zot, Bearer, 401, "UNSUPPORTED", "invalid bearer token"),
        ),
        (
            "repository",
            row(OpenShift, Bearer, 500, "UNKNOWN", "name unknown: stream"),
        ),
        (
            "server",
            row(
                OpenShift,
                Bearer,
                404,
                "OPENSHIFT_PULLTHROUGH_MANIFEST",
                "unable to pull manifest from x",
            ),
        ),
    ];
    for (expected, row) in table {
        assert_eq!(
            short(&at_manifest(row)),
            *expected,
            "{:?} {} {:?} {}",
            row.dialect,
            row.status,
            row.code,
            row.message
        );
    }
}

#[test]
fn token_answers_mean_what_each_service_means_by_them() {
    use Dialect::*;
    use Sent::{Basic, Nothing};
    let table: &[(&str, Row)] = &[
        (
            "login",
            row(DockerHub, Basic, 401, "", "incorrect username or password"),
        ),
        (
            "refused",
            row(
                RedHat,
                Nothing,
                401,
                "UNAUTHORIZED",
                "Please login to the Red Hat Registry",
            ),
        ),
        (
            "refused",
            row(
                Ghcr,
                Nothing,
                401,
                "UNAUTHORIZED",
                "authentication required",
            ),
        ),
        (
            "refused",
            row(GitLab, Nothing, 403, "DENIED", "access forbidden"),
        ),
        (
            "token-service",
            row(GitLab, Basic, 404, "UNAVAILABLE", "registry not enabled"),
        ),
        (
            "name",
            row(
                Quay,
                Nothing,
                400,
                "NAME_INVALID",
                "Nested repositories are not supported.",
            ),
        ),
        (
            "policy",
            row(Quay, Basic, 405, "DENIED", "Namespace X has been disabled"),
        ),
        (
            "rate",
            row(Quay, Basic, 429, "", "Too many login attempts."),
        ),
        (
            "name",
            row(
                OpenShift,
                Basic,
                401,
                "",
                "it must be of the format <project>/<name>",
            ),
        ),
        ("expired", row(Ecr, Basic, 401, "", "token has expired")),
        (
            "token-service",
            row(Distribution, Basic, 502, "", "bad gateway"),
        ),
    ];
    for (expected, row) in table {
        assert_eq!(
            short(&at_token(row)),
            *expected,
            "{:?} {} {}",
            row.dialect,
            row.status,
            row.message
        );
    }
}

#[test]
fn an_invalid_token_is_told_from_a_missing_right() {
    let mut invalid = row(Dialect::Distribution, Sent::Bearer, 401, "UNAUTHORIZED", "");
    invalid.challenge = Some("Bearer invalid_token");
    assert_eq!(short(&at_manifest(&invalid)), "token-refused");
    invalid.challenge = Some("Bearer insufficient_scope");
    assert_eq!(short(&at_manifest(&invalid)), "refused");
}

#[test]
fn a_401_without_a_challenge_breaks_the_protocol() {
    let mut bare = row(
        Dialect::Distribution,
        Sent::Nothing,
        401,
        "UNAUTHORIZED",
        "",
    );
    bare.challenge = None;
    assert_eq!(short(&at_manifest(&bare)), "server");
}

#[test]
fn foreign_words_come_on_one_clean_line() {
    let hostile = row(
        Dialect::Distribution,
        Sent::Bearer,
        403,
        "DENIED",
        "no\u{1b}[31m\n\nway",
    );
    assert_eq!(at_manifest(&hostile).words(), "403 DENIED: no[31m way");
}
