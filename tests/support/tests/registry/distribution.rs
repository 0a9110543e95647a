//! CNCF distribution's three dialects, cell by cell as its real server answers (`real.rs` asks that one).

use extreg_test_support::client::{Response, get, request};
use extreg_test_support::content::{Image, Index, media_type};
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::json;

use super::common::{self, challenge, claims, token};

fn token_registry() -> Registry {
    let registry = Registry::builder()
        .dialect(Dialect::DistributionToken)
        .user(User::new("alice", "s3cret").push("team/*"))
        .user(User::new("bob", "hunter2"))
        .anonymous_pull("public/*")
        .start();
    registry.push_image("team/app", "1.0", &Image::new());
    registry.push_image("public/app", "1.0", &Image::new());
    registry
}

fn manifest(registry: &Registry, path: &str) -> Response {
    common::manifest(&format!("{}/v2/{path}", registry.url())).send()
}

#[test]
fn the_open_registry_answers_before_any_auth() {
    let registry = Registry::builder().start();
    registry.push_image("team/app", "1.0", &Image::new());
    let url = registry.url();

    let root = get(format!("{url}/")).send();
    assert_eq!((root.status, root.text().as_str()), (200, ""));
    assert_eq!(root.header("content-type"), None);
    let bare = get(format!("{url}/v2")).send();
    assert_eq!((bare.status, bare.header("location")), (301, Some("/v2/")));
    let ping = get(format!("{url}/v2/")).send();
    assert_eq!((ping.status, ping.text().as_str()), (200, "{}"));
    assert_eq!(
        ping.header("docker-distribution-api-version"),
        Some("registry/2.0")
    );
    for path in [
        "team/App/manifests/1.0",
        "App/manifests/1.0",
        "team/app/manifests/.bad",
        "nonsense",
    ] {
        let answer = get(format!("{url}/v2/{path}")).send();
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.text(), "404 page not found\n", "{path}");
    }
    let malformed = manifest(&registry, "team/app/manifests/sha256:zz");
    assert_eq!(
        (malformed.status, malformed.code().as_str()),
        (500, "UNKNOWN")
    );
}

#[test]
fn a_missing_repository_is_manifest_unknown_and_only_tags_say_name_unknown() {
    let registry = Registry::builder().start();
    registry.push_image("team/app", "1.0", &Image::new());

    let missing = manifest(&registry, "team/none/manifests/1.0");
    assert_eq!(missing.status, 404);
    assert_eq!(
        missing.json(),
        json!({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown", "detail": {"Tag": "1.0"}}]})
    );
    let tags = get(format!("{}/v2/team/none/tags/list", registry.url())).send();
    assert_eq!((tags.status, tags.code().as_str()), (404, "NAME_UNKNOWN"));
    let digest = format!("sha256:{}", "ab".repeat(32));
    let by_digest = manifest(&registry, &format!("team/app/manifests/{digest}"));
    assert_eq!(
        by_digest.json()["errors"][0]["detail"],
        json!({"Name": "team/app", "Revision": digest})
    );
}

#[test]
fn the_accept_header_decides_what_is_found() {
    let registry = Registry::builder().start();
    registry.push_image("app", "oci", &Image::new());
    registry.push_image("app", "docker", &Image::new().docker());
    registry.push_index("app", "index", &Index::of(&["linux/amd64", "linux/arm64"]));
    registry.push_index("app", "list", &Index::of(&["linux/amd64"]).docker());
    let ask = |tag: &str, accept: &str| {
        get(format!("{}/v2/app/manifests/{tag}", registry.url()))
            .header("accept", accept)
            .send()
    };

    let index = ask("index", "*/*");
    assert_eq!(
        (index.status, index.code().as_str()),
        (404, "MANIFEST_UNKNOWN")
    );
    assert_eq!(
        index.message(),
        "OCI index found, but accept header does not support OCI indexes"
    );
    assert_eq!(
        ask("oci", media_type::DOCKER_MANIFEST).message(),
        "OCI manifest found, but accept header does not support OCI manifests"
    );
    let docker = ask("docker", media_type::OCI_MANIFEST);
    assert_eq!(
        (docker.status, docker.header("content-type")),
        (200, Some(media_type::SCHEMA1_SIGNED))
    );
    let fallback = ask("list", media_type::DOCKER_MANIFEST);
    assert_eq!(
        fallback.header("content-type"),
        Some(media_type::DOCKER_MANIFEST)
    );
    let both = ask(
        "index",
        "application/vnd.docker.distribution.manifest.v2+json;q=0.5, application/vnd.oci.image.index.v1+json",
    );
    assert_eq!(both.header("content-type"), Some(media_type::OCI_INDEX));
    let head = request("HEAD", format!("{}/v2/app/manifests/index", registry.url())).send();
    assert_eq!((head.status, head.body.len()), (404, 0));
}

#[test]
fn htpasswd_answers_wrong_and_no_credentials_alike_and_knows_no_rights() {
    let registry = Registry::builder()
        .dialect(Dialect::DistributionBasic)
        .user(User::new("alice", "s3cret"))
        .start();
    registry.push_image("team/app", "1.0", &Image::new());
    let url = format!("{}/v2/team/app/manifests/1.0", registry.url());

    let anonymous = common::manifest(&url).send();
    let wrong = common::manifest(&url).basic("alice", "nope").send();
    for refused in [&anonymous, &wrong] {
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (401, "UNAUTHORIZED")
        );
        assert_eq!(refused.challenge(), "Basic realm=\"Registry Realm\"");
        assert_eq!(
            refused.json()["errors"][0]["detail"],
            json!([{"Type": "repository", "Class": "", "Name": "team/app", "Action": "pull"}])
        );
    }
    assert_eq!(anonymous.body, wrong.body);
    let ping = get(format!("{}/v2/", registry.url())).send();
    assert_eq!(ping.json()["errors"][0]["detail"], json!(null));
    assert_eq!(
        common::manifest(&url)
            .basic("alice", "s3cret")
            .send()
            .status,
        200
    );
}

#[test]
fn the_token_dialect_tells_missing_invalid_and_insufficient_tokens_apart() {
    let registry = token_registry();
    let url = registry.url();
    let service = format!("Bearer realm=\"{url}/token\",service=\"test-registry\"");

    assert_eq!(get(format!("{url}/v2/")).send().challenge(), service);
    let app = format!("{url}/v2/team/app/manifests/1.0");
    let no_token = common::manifest(&app).send();
    assert_eq!(
        no_token.challenge(),
        format!("{service},scope=\"repository:team/app:pull\"")
    );
    let garbage = common::manifest(&app).bearer("garbage").send();
    assert!(garbage.challenge().ends_with(",error=\"invalid_token\""));
    let basic = common::manifest(&app).basic("alice", "s3cret").send();
    assert_eq!(basic.challenge(), no_token.challenge(), "Basic is no token");

    let bobs = token(&no_token, Some(("bob", "hunter2")));
    assert_eq!(claims(&bobs)["access"][0]["actions"], json!([]));
    let refused = common::manifest(&app).bearer(&bobs).send();
    assert!(
        refused
            .challenge()
            .ends_with(",error=\"insufficient_scope\"")
    );
    assert_eq!(get(format!("{url}/v2/")).bearer(&bobs).send().status, 200);

    let alices = token(&no_token, Some(("alice", "s3cret")));
    assert_eq!(common::manifest(&app).bearer(&alices).send().status, 200);
    let public = manifest(&registry, "public/app/manifests/1.0");
    let anonymous = token(&public, None);
    let public_url = format!("{url}/v2/public/app/manifests/1.0");
    assert_eq!(
        common::manifest(&public_url)
            .bearer(&anonymous)
            .send()
            .status,
        200
    );
}

#[test]
fn a_token_for_another_service_is_invalid() {
    let registry = token_registry();
    let url = registry.url();
    let other = get(format!(
        "{url}/token?service=other&scope=repository:team/app:pull"
    ))
    .basic("alice", "s3cret")
    .send();
    let other = other.json()["token"].as_str().expect("a token").to_owned();
    let refused = common::manifest(&format!("{url}/v2/team/app/manifests/1.0"))
        .bearer(&other)
        .send();
    assert!(refused.challenge().ends_with(",error=\"invalid_token\""));
}

#[test]
fn cancelling_an_upload_takes_the_right_to_delete() {
    let registry = token_registry();
    let uploads = format!("{}/v2/team/app/blobs/uploads/", registry.url());
    let refused = request("POST", &uploads).send();
    let (_, scope) = challenge(refused.challenge());
    assert_eq!(scope.as_deref(), Some("repository:team/app:pull,push"));
    let pusher = token(&refused, Some(("alice", "s3cret")));
    let begun = request("POST", &uploads).bearer(&pusher).send();
    assert_eq!(begun.status, 202);
    let location = begun.header("location").expect("a location").to_owned();
    assert!(location.starts_with(&uploads), "{location}");

    let cancelled = request("DELETE", &location).bearer(&pusher).send();
    assert_eq!(cancelled.status, 401);
    assert!(
        cancelled
            .challenge()
            .contains(":delete\",error=\"insufficient_scope\"")
    );
    assert_eq!(registry.open_uploads(), 1);

    registry.set_user(User::new("alice", "s3cret").admin("team/*"));
    let deleter = token(&cancelled, Some(("alice", "s3cret")));
    let cancelled = request("DELETE", &location).bearer(&deleter).send();
    assert_eq!(cancelled.status, 204);
    assert_eq!(registry.open_uploads(), 0);
}

#[test]
fn an_image_can_be_pushed_and_mounted_over_the_wire() {
    let registry = Registry::builder().start();
    let image = Image::new().pack();
    common::push(&registry, "team/app", "1.0", &image);
    assert_eq!(
        registry.tags("team/app"),
        [("1.0".to_owned(), image.digest())]
    );

    let mount = format!(
        "{}/v2/team/copy/blobs/uploads/?mount={}&from=team/app",
        registry.url(),
        image.blob_digests()[0]
    );
    assert_eq!(request("POST", mount).send().status, 201);
    let early = request(
        "PUT",
        format!("{}/v2/team/copy/manifests/1.0", registry.url()),
    )
    .header("content-type", &image.media_type)
    .body(image.manifest.clone())
    .send();
    assert_eq!(
        (early.status, early.code().as_str()),
        (400, "MANIFEST_BLOB_UNKNOWN")
    );
}
