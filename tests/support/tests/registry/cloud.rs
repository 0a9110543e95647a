//! The registries of the clouds: ECR, ECR Public, Artifact Registry, ACR.

use extreg_test_support::client::{get, request};
use extreg_test_support::content::Image;
use extreg_test_support::registry::{Dialect, Registry, RegistryBuilder, User, Variant};
use serde_json::json;

use super::common::Stage::{Registry as R, Token as T};
use super::common::{
    self, ALICE, BOB, NO_DIGEST, WRONG, ask_token, builder, check, claims, dance, dance_with,
    filled_below, parameter, token,
};

#[test]
fn ecr_tells_missing_from_forbidden_and_both_from_expired() {
    let registry = Registry::builder()
        .dialect(Dialect::Ecr)
        .user(User::new("AWS", "token").push("team/*"))
        .user(User::new("other", "token"))
        .user(User::new("old", "token").push("team/*").expired())
        .start();
    registry.push_image("team/app", "1.0", &Image::new());
    let aws = Some(("AWS", "token"));
    let by_digest = format!("team/app/manifests/{NO_DIGEST}");
    check(
        &registry,
        &[
            ("a", None, "team/none/manifests/1", R, 401, ""),
            ("b", aws, "team/none/manifests/1", R, 404, "NAME_UNKNOWN"),
            (
                "b: tags",
                aws,
                "team/none/tags/list",
                R,
                404,
                "NAME_UNKNOWN",
            ),
            ("c", None, "team/app/manifests/1.0", R, 401, ""),
            (
                "d",
                Some(("other", "token")),
                "team/app/manifests/1.0",
                R,
                403,
                "DENIED",
            ),
            (
                "e",
                Some(("AWS", "wrong")),
                "team/app/manifests/1.0",
                R,
                401,
                "",
            ),
            (
                "expired",
                Some(("old", "token")),
                "team/app/manifests/1.0",
                R,
                403,
                "DENIED",
            ),
            ("right", aws, "team/app/manifests/1.0", R, 200, ""),
            (
                "f",
                aws,
                "team/app/manifests/none",
                R,
                404,
                "MANIFEST_UNKNOWN",
            ),
            ("g", aws, &by_digest, R, 404, "MANIFEST_UNKNOWN"),
            (
                "page",
                aws,
                "team/app/tags/list?n=1001",
                R,
                405,
                "UNSUPPORTED",
            ),
            ("page", aws, "team/app/tags/list?n=1000", R, 200, ""),
        ],
    );
    let ping = get(format!("{}/v2/", registry.url())).send();
    assert_eq!(ping.body.len(), 15);
    assert_eq!(ping.text(), "Not Authorized\n");
    assert_eq!(
        ping.challenge(),
        "Basic realm=\"https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/\",service=\"ecr.amazonaws.com\""
    );
    let (_, missing) = dance(&registry, aws, "team/none/manifests/1");
    assert_eq!(
        missing.message(),
        "The repository with name 'team/none' does not exist in the registry with id '123456789012'"
    );
    let (_, denied) = dance(
        &registry,
        Some(("other", "token")),
        "team/app/manifests/1.0",
    );
    assert!(
        denied
            .message()
            .contains("not authorized to perform: ecr:BatchGetImage")
    );
    let (_, expired) = dance(&registry, Some(("old", "token")), "team/app/manifests/1.0");
    assert!(expired.message().contains("has expired. Reauthenticate"));
    let (_, tag) = dance(&registry, aws, "team/app/manifests/none");
    assert_eq!(tag.message(), "Requested image not found");
}

#[test]
fn ecr_takes_uploads_only_where_a_repository_is_unless_a_template_makes_one() {
    let start = |builder: RegistryBuilder| {
        builder
            .dialect(Dialect::Ecr)
            .user(User::new("AWS", "token").push("team/*"))
            .start()
    };
    let begin = |registry: &Registry, name: &str| {
        let url = format!("{}/v2/{name}/blobs/uploads/", registry.url());
        dance_with(request("POST", url), Some(("AWS", "token"))).1
    };
    let registry = start(Registry::builder());
    let refused = begin(&registry, "team/new");
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (404, "NAME_UNKNOWN")
    );
    registry.create_repository("team/new");
    assert_eq!(begin(&registry, "team/new").status, 202);
    let templated = start(Registry::builder().variant(Variant::EcrCreateOnPush));
    assert_eq!(begin(&templated, "team/new").status, 202);
}

#[test]
fn ecr_public_has_one_scope_and_answers_bad_tokens_with_400() {
    let registry = filled_below("docker/", builder(Dialect::EcrPublic));
    let url = registry.url();
    let ping = get(format!("{url}/v2/")).send();
    assert_eq!(
        ping.challenge(),
        format!("Bearer realm=\"{url}/token/\",service=\"public.ecr.aws\",scope=\"aws\"")
    );
    let bearer = token(&ping, None);
    assert!(!bearer.contains('.'), "no JWT");
    assert_eq!(
        get(format!("{url}/token")).send().status,
        404,
        "the slash matters"
    );
    let app = format!("{url}/v2/public/docker/app");
    assert_eq!(
        common::manifest(&format!("{app}/manifests/1.0"))
            .bearer(&bearer)
            .send()
            .status,
        200
    );
    let bad = common::manifest(&format!("{app}/manifests/1.0"))
        .bearer("old")
        .send();
    assert_eq!((bad.status, bad.header("www-authenticate")), (400, None));
    let tags = get(format!("{app}/tags/list")).bearer(&bearer).send();
    assert_eq!((tags.status, tags.code().as_str()), (404, "NOT_FOUND"));
}

#[test]
fn artifact_registry_names_the_permission_or_it_may_not_exist() {
    let registry = filled_below("docker/", builder(Dialect::ArtifactRegistry));
    check(
        &registry,
        &[
            (
                "public",
                None,
                "public/docker/app/manifests/1.0",
                R,
                200,
                "",
            ),
            ("a", None, "team/none/app/manifests/1", T, 403, "DENIED"),
            ("b", ALICE, "team/none/app/manifests/1", R, 403, "DENIED"),
            ("c", None, "team/docker/app/manifests/1.0", T, 403, "DENIED"),
            ("d", BOB, "team/docker/app/manifests/1.0", R, 403, "DENIED"),
            (
                "e",
                WRONG,
                "team/docker/app/manifests/1.0",
                T,
                401,
                "UNAUTHORIZED",
            ),
            ("right", ALICE, "team/docker/app/manifests/1.0", R, 200, ""),
            (
                "f",
                ALICE,
                "team/docker/app/manifests/none",
                R,
                404,
                "MANIFEST_UNKNOWN",
            ),
            (
                "one component",
                None,
                "app/manifests/1.0",
                R,
                400,
                "NAME_INVALID",
            ),
        ],
    );
    let url = registry.url();
    let ping = get(format!("{url}/v2/")).send();
    assert_eq!(ping.challenge(), format!("Bearer realm=\"{url}/v2/token\""));
    assert_eq!(
        ping.message(),
        "not authenticated: No credential was supplied."
    );
    let two = get(format!("{url}/v2/team/docker/manifests/1")).send();
    assert_eq!(
        parameter(two.challenge(), "scope").as_deref(),
        Some("repository:team/docker/pkg:pull")
    );
    assert_eq!(parameter(two.challenge(), "service"), Some(registry.host()));
    let garbage = get(format!("{url}/v2/team/docker/app/manifests/1.0"))
        .bearer("x")
        .send();
    assert_eq!(
        (garbage.status, garbage.header("www-authenticate")),
        (401, None)
    );
    assert_eq!(garbage.message(), "No valid credential was supplied.");

    let (_, same) = dance(&registry, BOB, "team/docker/app/manifests/1.0");
    assert_eq!(
        same.message(),
        "Permission \"artifactregistry.repositories.downloadArtifacts\" denied on resource \
         \"projects/team/locations/europe-west1/repositories/docker\" (or it may not exist)"
    );
    let (_, anonymous) = dance(&registry, None, "team/docker/app/manifests/1.0");
    assert!(anonymous.message().starts_with("Unauthenticated request. "));
    assert!(anonymous.message().ends_with("(or it may not exist)"));
    assert_eq!(ask_token(&ping, WRONG).message(), "authentication failed");
    assert_eq!(ask_token(&ping, ALICE).json()["expires_in"], 43200);
    assert_eq!(
        request("POST", format!("{url}/v2/token")).send().status,
        405
    );
}

#[test]
fn artifact_registry_refuses_push_at_the_token_and_cancels_with_the_same_right() {
    let registry = filled_below("docker/", builder(Dialect::ArtifactRegistry));
    let uploads = format!("{}/v2/team/docker/app/blobs/uploads/", registry.url());
    let (stage, refused) = dance_with(request("POST", &uploads), BOB);
    assert_eq!((stage, refused.status), (T, 403));
    assert!(refused.message().contains("uploadArtifacts"));
    let (_, begun) = dance_with(request("POST", &uploads), ALICE);
    let location = begun.header("location").expect("a location");
    assert_eq!(dance_with(request("DELETE", location), ALICE).1.status, 204);
}

#[test]
fn acr_answers_access_token_only_and_wants_another_right_for_tags() {
    let registry = filled_below(
        "docker/",
        builder(Dialect::Acr).user(User::new("myregistry", "key").admin("*")),
    );
    check(
        &registry,
        &[
            (
                "public",
                None,
                "public/docker/app/manifests/1.0",
                R,
                200,
                "",
            ),
            ("a", None, "team/none/manifests/1", R, 401, "UNAUTHORIZED"),
            (
                "b",
                ALICE,
                "team/none/manifests/1",
                R,
                404,
                "MANIFEST_UNKNOWN",
            ),
            (
                "c",
                None,
                "team/docker/app/manifests/1.0",
                R,
                401,
                "UNAUTHORIZED",
            ),
            (
                "d",
                BOB,
                "team/docker/app/manifests/1.0",
                R,
                401,
                "UNAUTHORIZED",
            ),
            (
                "e",
                WRONG,
                "team/docker/app/manifests/1.0",
                T,
                401,
                "UNAUTHORIZED",
            ),
            ("right", ALICE, "team/docker/app/manifests/1.0", R, 200, ""),
            (
                "f",
                ALICE,
                "team/docker/app/manifests/none",
                R,
                404,
                "MANIFEST_UNKNOWN",
            ),
            (
                "tags",
                ALICE,
                "team/docker/app/tags/list",
                R,
                401,
                "UNAUTHORIZED",
            ),
            (
                "tags",
                Some(("myregistry", "key")),
                "team/docker/app/tags/list",
                R,
                200,
                "",
            ),
        ],
    );
    let url = registry.url();
    let ping = get(format!("{url}/v2/")).send();
    assert!(ping.header("x-ms-correlation-request-id").is_some());
    assert_eq!(
        ping.challenge(),
        format!(
            "Bearer realm=\"{url}/oauth2/token\",service=\"{}\"",
            registry.host()
        )
    );
    let answer = ask_token(&ping, ALICE).json();
    assert_eq!(answer.get("token"), None);
    let access_token = answer["access_token"].as_str().expect("an access token");
    assert_eq!(claims(access_token)["access"], json!([]));
    let (_, refused) = dance(&registry, BOB, "team/docker/app/manifests/1.0");
    assert_eq!(
        parameter(refused.challenge(), "error").as_deref(),
        Some("insufficient_scope")
    );
    assert!(
        refused
            .message()
            .contains("https://aka.ms/acr/authorization")
    );

    let app = format!("{url}/v2/team/docker/app/manifests/1.0");
    assert_eq!(
        common::manifest(&app)
            .basic("myregistry", "key")
            .send()
            .status,
        200,
        "admin"
    );
    assert_eq!(
        common::manifest(&app)
            .basic("alice", "s3cret")
            .send()
            .status,
        401,
        "others"
    );
}

#[test]
fn acr_takes_identity_tokens_by_post_and_no_passwords() {
    let registry = filled_below("docker/", builder(Dialect::Acr));
    let post = |form: &str| {
        request("POST", format!("{}/oauth2/token", registry.url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
    };
    let service = registry.host();
    let refresh = post(&format!(
        "grant_type=refresh_token&refresh_token=s3cret&service={service}"
    ));
    assert_eq!(refresh.status, 200);
    assert_eq!(
        post("grant_type=refresh_token&refresh_token=none").status,
        401
    );
    assert_eq!(
        post("grant_type=password&username=alice&password=s3cret").status,
        400
    );

    let walled = filled_below(
        "docker/",
        builder(Dialect::Acr).variant(Variant::AcrFirewall),
    );
    let ping = get(format!("{}/v2/", walled.url())).send();
    assert_eq!((ping.status, ping.code().as_str()), (403, "DENIED"));
    assert_eq!(ping.header("www-authenticate"), None);
}

#[test]
fn ecr_has_oddities_when_pushed_to() {
    let aws = Some(("AWS", "token"));
    let registry = Registry::builder()
        .dialect(Dialect::Ecr)
        .variant(Variant::EcrUploadAnswers201)
        .user(User::new("AWS", "token").push("team/*"))
        .start();
    registry.create_repository("team/app");
    let base = format!("{}/v2/team/app", registry.url());
    let (_, begun) = dance_with(request("POST", format!("{base}/blobs/uploads/")), aws);
    assert_eq!(begun.status, 201);
    let location = begun.header("location").expect("a location");
    let (_, refused) = dance_with(request("PUT", location), aws);
    assert_eq!(refused.status, 404);
    let untyped = request("PUT", format!("{base}/manifests/1"))
        .header("content-type", "application/vnd.oci.image.manifest.v1+json")
        .body("{\"schemaVersion\":2}");
    let (_, refused) = dance_with(untyped, aws);
    assert_eq!(
        (refused.code(), refused.message()),
        ("UNSUPPORTED".to_owned(), "Invalid JSON syntax".to_owned())
    );
}

#[test]
fn gcr_challenges_at_the_ping_and_nowhere_else() {
    let registry = filled_below(
        "docker/",
        builder(Dialect::ArtifactRegistry).variant(Variant::Gcr),
    );
    let url = registry.url();
    assert!(!get(format!("{url}/v2/")).send().challenge().is_empty());
    let refused = get(format!("{url}/v2/team/docker/app/manifests/1.0")).send();
    assert_eq!(
        (refused.status, refused.header("www-authenticate")),
        (401, None)
    );
    assert_eq!(
        request("POST", format!("{url}/v2/token")).send().status,
        404
    );
}
