use super::*;

type Params = &'static [(&'static str, &'static str)];

fn answer(status: u16, challenge: Option<(&str, &[(&str, &str)])>) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        challenges: challenge
            .map(|(scheme, params)| Challenge {
                scheme: scheme.to_owned(),
                params: params
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect(),
            })
            .into_iter()
            .collect(),
        body: Vec::new(),
        truncated: false,
        errors: Vec::new(),
    }
}

fn bearer(params: &[(&str, &str)]) -> Answer {
    answer(401, Some(("bearer", params)))
}

#[test]
fn services_and_realm_paths_choose_the_dialect() {
    let rows: &[(Params, &str, Dialect)] = &[
        (
            &[
                ("realm", "https://auth.docker.io/token"),
                ("service", "registry.docker.io"),
            ],
            "registry-1.docker.io",
            Dialect::DockerHub,
        ),
        (
            &[("realm", "https://quay.io/v2/auth"), ("service", "quay.io")],
            "quay.io",
            Dialect::Quay,
        ),
        (
            &[
                (
                    "realm",
                    "https://registry.redhat.io/auth/realms/rhcc/protocol/redhat-docker-v2/auth",
                ),
                ("service", "docker-registry"),
            ],
            "registry.redhat.io",
            Dialect::RedHat,
        ),
        (
            &[
                ("realm", "https://ghcr.io/token"),
                ("service", "ghcr.io"),
                ("scope", "repository:user/image:pull"),
            ],
            "ghcr.io",
            Dialect::Ghcr,
        ),
        (
            &[
                ("realm", "https://gitlab.example/jwt/auth"),
                ("service", "container_registry"),
            ],
            "registry.example",
            Dialect::GitLab,
        ),
        (
            &[
                ("realm", "https://public.ecr.aws/token/"),
                ("service", "public.ecr.aws"),
                ("scope", "aws"),
            ],
            "public.ecr.aws",
            Dialect::EcrPublic,
        ),
        (
            &[("realm", "https://europe-docker.pkg.dev/v2/token")],
            "europe-docker.pkg.dev",
            Dialect::ArtifactRegistry,
        ),
        (
            &[("realm", "https://gcr.io/v2/token"), ("service", "gcr.io")],
            "gcr.io",
            Dialect::ArtifactRegistry,
        ),
        (
            &[
                ("realm", "https://team.azurecr.io/oauth2/token"),
                ("service", "team.azurecr.io"),
            ],
            "team.azurecr.io",
            Dialect::Acr,
        ),
        (
            &[
                ("realm", "https://harbor.example/service/token"),
                ("service", "harbor-registry"),
            ],
            "harbor.example",
            Dialect::Harbor,
        ),
        (
            &[
                (
                    "realm",
                    "https://art.example:443/artifactory/api/docker/team/v2/token",
                ),
                ("service", "art.example:443"),
            ],
            "art.example",
            Dialect::Artifactory,
        ),
        (
            &[("realm", "https://registry.apps.example/openshift/token")],
            "registry.apps.example",
            Dialect::OpenShift,
        ),
        (
            &[
                ("realm", "https://codeberg.org/v2/token"),
                ("service", "container_registry"),
                ("scope", "*"),
            ],
            "codeberg.org",
            Dialect::Gitea,
        ),
        (
            &[
                ("realm", "https://zot.example/auth"),
                ("service", "zot"),
                ("scope", ""),
            ],
            "zot.example",
            Dialect::Zot,
        ),
        (
            &[
                ("realm", "https://tokens.example/issue"),
                ("service", "registry"),
            ],
            "registry.example",
            Dialect::Distribution,
        ),
    ];
    for (params, host, dialect) in rows {
        assert_eq!(fingerprint(&bearer(params), host), *dialect, "{host}");
    }
}

#[test]
fn basic_realms_choose_the_dialect() {
    let rows: &[(Params, Dialect)] = &[
        (
            &[
                ("realm", "https://1.dkr.ecr.eu-west-1.amazonaws.com/"),
                ("service", "ecr.amazonaws.com"),
            ],
            Dialect::Ecr,
        ),
        (
            &[
                ("realm", "openshift"),
                ("error", "authorization header required"),
            ],
            Dialect::OpenShift,
        ),
        (
            &[("realm", "Sonatype Nexus Repository Manager")],
            Dialect::Nexus,
        ),
        (&[("realm", "Artifactory Realm")], Dialect::Artifactory),
        (&[("realm", "Registry")], Dialect::Distribution),
    ];
    for (params, dialect) in rows {
        let ping = answer(401, Some(("basic", params)));
        assert_eq!(fingerprint(&ping, "registry.example"), *dialect);
    }
}

#[test]
fn a_host_name_alone_chooses_nothing() {
    for host in ["quay.io", "ghcr.io", "x.azurecr.io", "registry-1.docker.io"] {
        assert_eq!(
            fingerprint(&answer(200, None), host),
            Dialect::Distribution,
            "{host}"
        );
    }
}

#[test]
fn headers_and_bodies_tell_where_challenges_do_not() {
    let mut artifactory = bearer(&[("realm", "https://h/v2/token"), ("service", "h")]);
    artifactory
        .headers
        .push(("x-jfrog-version".to_owned(), "7.1".to_owned()));
    assert_eq!(fingerprint(&artifactory, "h"), Dialect::Artifactory);

    let quay = bearer(&[("realm", "https://registry.corp/v2/auth"), ("service", "x")]);
    assert_eq!(fingerprint(&quay, "registry.corp"), Dialect::Quay);
    let gitlab = bearer(&[
        ("realm", "https://git.corp/gitlab/jwt/auth"),
        ("service", "x"),
    ]);
    assert_eq!(fingerprint(&gitlab, "git.corp"), Dialect::GitLab);

    let mut zot = answer(200, Some(("basic", &[("realm", "zot")])));
    zot.headers
        .push(("www-authenticate".to_owned(), "basic realm=zot".to_owned()));
    assert_eq!(fingerprint(&zot, "zot.example"), Dialect::Zot);

    let mut refused = answer(401, Some(("basic", &[("realm", "Access")])));
    refused.body = br#"{"code":"UNAUTHORIZED","message":"authentication required"}"#.to_vec();
    assert_eq!(fingerprint(&refused, "zot.example"), Dialect::Zot);
}

#[test]
fn every_dialect_has_a_row_of_its_own() {
    let mut names: Vec<_> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Dialect::ALL.len());
    for dialect in Dialect::ALL {
        let traits = dialect.traits();
        assert!(!traits.source.is_empty() && !traits.push_words.is_empty());
        // A token that any password gets proves nothing, and must not be taken for a proof.
        assert!(!(traits.token_proves && traits.proof != Proof::ScopelessToken));
    }
}

/// A push-scoped token request creates the repository on these two.
#[test]
fn push_is_never_asked_unseen_where_asking_creates() {
    for dialect in [Dialect::Quay, Dialect::GitLab] {
        assert_eq!(dialect.traits().push, PushWay::PushTokenIfThere);
    }
}
