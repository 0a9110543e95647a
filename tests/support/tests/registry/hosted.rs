//! The registries that are services of somebody: Docker Hub, Red Hat's, GHCR, GitLab, Gitea. Quay has a file of its own.

use extreg_test_support::client::{get, request};
use extreg_test_support::content::{Index, media_type};
use extreg_test_support::registry::{Block, Dialect, Fault, Limit, User, Variant};
use serde_json::json;

use super::common::Stage::{Registry as R, Token as T};
use super::common::{
    ALICE, BOB, NO_DIGEST, WRONG, ask_token, builder, check, claims, dance, dance_with, filled,
    parameter, start, token,
};

#[test]
fn docker_hub_answers_missing_and_forbidden_alike() {
    let registry = start(Dialect::DockerHub);
    let by_digest = format!("public/app/manifests/{NO_DIGEST}");
    check(
        &registry,
        &[
            ("public", None, "public/app/manifests/1.0", R, 200, ""),
            (
                "a: missing",
                None,
                "team/none/manifests/1",
                R,
                401,
                "UNAUTHORIZED",
            ),
            (
                "b: missing",
                ALICE,
                "team/none/manifests/1",
                R,
                401,
                "UNAUTHORIZED",
            ),
            (
                "c: private",
                None,
                "team/app/manifests/1.0",
                R,
                401,
                "UNAUTHORIZED",
            ),
            (
                "d: no right",
                BOB,
                "team/app/manifests/1.0",
                R,
                401,
                "UNAUTHORIZED",
            ),
            (
                "e: wrong password",
                WRONG,
                "team/app/manifests/1.0",
                T,
                401,
                "",
            ),
            ("right", ALICE, "team/app/manifests/1.0", R, 200, ""),
            (
                "f: tag",
                ALICE,
                "team/app/manifests/none",
                R,
                404,
                "MANIFEST_UNKNOWN",
            ),
            ("g: digest", None, &by_digest, R, 404, "MANIFEST_UNKNOWN"),
        ],
    );
    let ping = get(format!("{}/v2/", registry.url())).send();
    let realm = format!("{}/token", registry.token_url().expect("its own origin"));
    assert_eq!(
        ping.challenge(),
        format!("Bearer realm=\"{realm}\",service=\"registry.docker.io\"")
    );
    for path in ["team/none/manifests/1", "team/app/manifests/1.0"] {
        let (_, refused) = dance(&registry, None, path);
        assert_eq!(
            parameter(refused.challenge(), "error").as_deref(),
            Some("insufficient_scope")
        );
        assert_eq!(refused.json()["errors"][0]["detail"][0]["Action"], "pull");
    }
    let (_, wrong) = dance(&registry, WRONG, "team/app/manifests/1.0");
    assert_eq!(
        wrong.json(),
        json!({"details": "incorrect username or password"})
    );
    let (_, tag) = dance(&registry, ALICE, "team/app/manifests/none");
    assert_eq!(tag.json()["errors"][0]["detail"], json!({"Tag": "none"}));
}

#[test]
fn docker_hub_narrows_tokens_in_silence() {
    let registry = start(Dialect::DockerHub);
    let base = format!(
        "{}/token?service=registry.docker.io",
        registry.token_url().expect("one")
    );
    let access = |scope: &str| {
        let answer = get(format!("{base}&scope=repository:{scope}")).send();
        assert_eq!(answer.status, 200, "{scope}");
        claims(answer.json()["token"].as_str().expect("a token"))["access"].clone()
    };
    assert_eq!(
        access("public/app:pull,push"),
        json!([{"type": "repository", "name": "public/app", "actions": ["pull"]}])
    );
    assert_eq!(access("alpine:pull"), json!([]));
    assert_eq!(access("team/none:pull,push"), json!([]));
    let refused = request(
        "POST",
        format!("{}/v2/team/app/blobs/uploads/", registry.url()),
    );
    let (_, refused) = dance_with(refused, BOB);
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (401, "UNAUTHORIZED")
    );
    let created = request(
        "POST",
        format!("{}/v2/alice/new/blobs/uploads/", registry.url()),
    );
    assert_eq!(
        dance_with(created, ALICE).1.status,
        202,
        "a push creates the repository"
    );
}

#[test]
fn docker_hub_counts_pulls_and_not_looks() {
    let registry = filled(builder(Dialect::DockerHub).pulls_left(1));
    let url = format!("{}/v2/public/app/manifests/1.0", registry.url());
    let bearer = token(&get(&url).send(), None);
    let ask = |method: &str| {
        request(method, &url)
            .header("accept", media_type::OCI_MANIFEST)
            .bearer(&bearer)
            .send()
    };
    let look = ask("HEAD");
    assert_eq!(look.header("ratelimit-remaining"), Some("1;w=21600"));
    assert_eq!(look.header("ratelimit-limit"), Some("100;w=21600"));
    assert!(look.header("docker-ratelimit-source").is_some());
    assert_eq!(ask("GET").header("ratelimit-remaining"), Some("0;w=21600"));
    let limited = ask("GET");
    assert_eq!(
        (limited.status, limited.code().as_str()),
        (429, "TOOMANYREQUESTS")
    );
    assert!(
        limited
            .message()
            .starts_with("You have reached your unauthenticated pull rate limit")
    );
    assert_eq!(ask("HEAD").status, 429, "at zero HEAD is refused as well");

    registry.fault(Fault::limited(Limit::Abuse));
    let abuse = ask("GET");
    assert_eq!(abuse.status, 429);
    assert_eq!(abuse.text(), "Too Many Requests\n");
}

#[test]
fn red_hat_wants_a_login_for_everything() {
    let registry = start(Dialect::RedHat);
    check(
        &registry,
        &[
            ("a", None, "team/none/manifests/1", T, 401, "UNAUTHORIZED"),
            ("b", ALICE, "team/none/manifests/1", R, 404, "404"),
            ("c", None, "team/app/manifests/1.0", T, 401, "UNAUTHORIZED"),
            ("d", BOB, "team/app/manifests/1.0", R, 401, "UNAUTHORIZED"),
            ("e", WRONG, "team/app/manifests/1.0", T, 401, "UNAUTHORIZED"),
            ("right", ALICE, "team/app/manifests/1.0", R, 200, ""),
            ("f", ALICE, "team/app/manifests/none", R, 404, "404"),
        ],
    );
    let ping = get(format!("{}/v2/", registry.url())).send();
    assert_eq!(
        ping.challenge(),
        format!(
            "Bearer realm=\"{}/auth/realms/rhcc/protocol/redhat-docker-v2/auth\",service=\"docker-registry\"",
            registry.url()
        )
    );
    let none = ask_token(&ping, None);
    assert_eq!(
        none.body,
        ask_token(&ping, WRONG).body,
        "none and wrong read the same"
    );
    assert!(
        none.message()
            .starts_with("Please login to the Red Hat Registry")
    );
    assert_eq!(ask_token(&ping, ALICE).status, 200, "without a scope");

    let plain = filled(builder(Dialect::RedHat).variant(Variant::RedHatPlainNotFound));
    let (_, missing) = dance(&plain, ALICE, "team/app/manifests/none");
    assert_eq!(
        (missing.status, missing.text().as_str()),
        (404, "Not found")
    );
    assert_eq!(missing.header("server"), Some("AkamaiNetStorage"));
}

#[test]
fn ghcr_echoes_credentials_and_refuses_without_a_challenge() {
    let registry = start(Dialect::Ghcr);
    check(
        &registry,
        &[
            ("public", None, "public/app/manifests/1.0", R, 200, ""),
            ("a", None, "team/none/manifests/1", T, 401, "UNAUTHORIZED"),
            ("b", ALICE, "team/none/manifests/1", R, 404, "NAME_UNKNOWN"),
            ("c", None, "team/app/manifests/1.0", T, 401, "UNAUTHORIZED"),
            ("d", BOB, "team/app/manifests/1.0", R, 403, "DENIED"),
            ("e", WRONG, "team/app/manifests/1.0", R, 403, "DENIED"),
            ("right", ALICE, "team/app/manifests/1.0", R, 200, ""),
            (
                "f",
                ALICE,
                "team/app/manifests/none",
                R,
                404,
                "MANIFEST_UNKNOWN",
            ),
        ],
    );
    let url = registry.url();
    let ping = get(format!("{url}/v2/")).send();
    assert_eq!(
        ping.challenge(),
        format!(
            "Bearer realm=\"{url}/token\",service=\"ghcr.io\",scope=\"repository:user/image:pull\""
        )
    );
    let echo = ask_token(&ping, WRONG);
    assert_eq!(echo.json()["token"], "YWxpY2U6d3Jvbmc=", "alice:wrong");
    let denied = get(format!("{url}/v2/")).bearer("YWxpY2U6d3Jvbmc=").send();
    assert_eq!((denied.status, denied.message().as_str()), (403, "denied"));
    assert_eq!(denied.header("www-authenticate"), None);
    let good = get(format!("{url}/v2/")).bearer("YWxpY2U6czNjcmV0").send();
    assert_eq!(good.status, 200);
    let basic = get(format!("{url}/v2/team/app/tags/list"))
        .basic("alice", "s3cret")
        .send();
    assert_eq!(
        (basic.status, basic.message().as_str()),
        (403, "invalid token")
    );

    let no_right = dance(&registry, BOB, "team/app/manifests/1.0").1;
    assert_eq!(no_right.message(), "permission_denied: read_package");
    let index = Index::of(&["linux/amd64"]);
    registry.push_index("public/app", "index", &index);
    let url = format!("{url}/v2/public/app/manifests/index");
    assert_eq!(
        dance_with(get(url), None).1.message(),
        "OCI index found, but Accept header does not support OCI indexes"
    );
}

#[test]
fn ghcr_uploads_cannot_be_cancelled() {
    let registry = start(Dialect::Ghcr);
    let uploads = |name: &str| {
        request(
            "POST",
            format!("{}/v2/{name}/blobs/uploads/", registry.url()),
        )
    };
    let anonymous = ask_token(&uploads("public/app").send(), None);
    assert_eq!(
        (anonymous.status, anonymous.code().as_str()),
        (403, "DENIED")
    );
    let (_, begun) = dance_with(uploads("team/app"), ALICE);
    assert_eq!(begun.status, 202);
    let location = begun.header("location").expect("a location");
    let (_, cancelled) = dance_with(request("DELETE", location), ALICE);
    assert_eq!(
        (cancelled.status, cancelled.code().as_str()),
        (405, "UNSUPPORTED")
    );
    assert_eq!(registry.open_uploads(), 1);
    let (_, refused) = dance_with(uploads("team/app"), BOB);
    assert_eq!(refused.message(), "permission_denied: write_package");
    let (_, foreign) = dance_with(uploads("nobody/app"), BOB);
    assert!(
        foreign
            .message()
            .contains("The requested installation does not exist")
    );

    let legacy = filled(builder(Dialect::Ghcr).variant(Variant::GhcrLegacy));
    let (stage, old) = dance(&legacy, None, "team/app/manifests/1.0");
    assert_eq!(
        (stage, old.status, old.message().as_str()),
        (T, 403, "denied")
    );
}

#[test]
fn gitlab_refuses_anonymous_tokens_and_gives_good_logins_empty_ones() {
    let registry = filled(
        builder(Dialect::GitLab).user(
            User::new("api-only", "pat")
                .push("team/*")
                .without_registry_ability(),
        ),
    );
    check(
        &registry,
        &[
            ("public", None, "public/app/manifests/1.0", R, 200, ""),
            ("a", None, "none/app/manifests/1", T, 403, "DENIED"),
            ("b", ALICE, "none/app/manifests/1", R, 401, "UNAUTHORIZED"),
            ("c", None, "team/app/manifests/1.0", T, 403, "DENIED"),
            ("d", BOB, "team/app/manifests/1.0", R, 401, "UNAUTHORIZED"),
            ("e", WRONG, "team/app/manifests/1.0", T, 401, "UNAUTHORIZED"),
            (
                "no ability",
                Some(("api-only", "pat")),
                "team/app/manifests/1.0",
                T,
                403,
                "DENIED",
            ),
            ("right", ALICE, "team/app/manifests/1.0", R, 200, ""),
            (
                "f",
                ALICE,
                "team/app/manifests/none",
                R,
                404,
                "MANIFEST_UNKNOWN",
            ),
        ],
    );
    let ping = get(format!("{}/v2/", registry.url())).send();
    let realm = format!("{}/jwt/auth", registry.token_url().expect("its own origin"));
    assert_eq!(
        ping.challenge(),
        format!("Bearer realm=\"{realm}\",service=\"container_registry\"")
    );
    let empty = token(
        &get(format!("{}/v2/none/app/manifests/1", registry.url())).send(),
        BOB,
    );
    assert_eq!(claims(&empty)["access"], json!([]));
    let (_, refused) = dance(&registry, BOB, "team/app/manifests/1.0");
    assert_eq!(
        parameter(refused.challenge(), "error").as_deref(),
        Some("insufficient_scope")
    );
    let wrong = ask_token(&ping, WRONG);
    assert_eq!(wrong.message(), "HTTP Basic: Access denied");
    assert_eq!(ask_token(&ping, ALICE).status, 200, "without a scope");
    assert_eq!(
        get(format!("{realm}?service=other"))
            .basic("alice", "s3cret")
            .send()
            .status,
        404
    );
}

#[test]
fn a_push_scope_creates_the_repository_on_gitlab() {
    let registry = start(Dialect::GitLab);
    registry.create_project("team/fresh");
    let ask = |scope: &str| {
        let base = registry.token_url().expect("its own origin");
        get(format!(
            "{base}/jwt/auth?service=container_registry&scope=repository:{scope}"
        ))
        .basic("alice", "s3cret")
        .send()
    };
    assert_eq!(ask("team/fresh/image:pull").status, 200);
    assert_eq!(registry.created_repositories(), Vec::<String>::new());
    assert_eq!(ask("team/fresh/image:pull,push").status, 200);
    assert_eq!(registry.created_repositories(), ["team/fresh/image"]);
    registry.block("team/app", Block::ProtectedPath);
    let protected = ask("team/app:pull,push");
    assert_eq!(
        protected.message(),
        "Pushing to protected repository path forbidden"
    );

    let off = filled(builder(Dialect::GitLab).variant(Variant::GitLabRegistryOff));
    let (stage, answer) = dance(&off, ALICE, "team/app/manifests/1.0");
    assert_eq!(
        (stage, answer.status, answer.code().as_str()),
        (T, 404, "UNAVAILABLE")
    );
}

#[test]
fn gitea_sends_two_challenges_in_one_header() {
    let registry = start(Dialect::Gitea);
    let ping = get(format!("{}/v2/", registry.url())).send();
    assert_eq!(ping.status, 401);
    assert_eq!(
        ping.challenge(),
        format!(
            "Bearer realm=\"{}/v2/token\",service=\"container_registry\",scope=\"*\",Basic realm=\"Gitea Container Registry\"",
            registry.url()
        )
    );
    check(
        &registry,
        &[
            ("public", None, "public/app/manifests/1.0", R, 200, ""),
            ("c", None, "team/app/manifests/1.0", R, 401, "UNAUTHORIZED"),
            ("d", BOB, "team/app/manifests/1.0", R, 401, "UNAUTHORIZED"),
            ("e", WRONG, "team/app/manifests/1.0", T, 401, "UNAUTHORIZED"),
            ("right", ALICE, "team/app/manifests/1.0", R, 200, ""),
            (
                "f",
                ALICE,
                "team/app/manifests/none",
                R,
                404,
                "MANIFEST_UNKNOWN",
            ),
        ],
    );
    let basic = get(format!("{}/v2/", registry.url()))
        .basic("alice", "s3cret")
        .send();
    assert_eq!(basic.status, 200);
}
