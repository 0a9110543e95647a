//! Harbor: Basic after Bearer, projects that are missing, policies.

use extreg_test_support::certs::Ca;
use extreg_test_support::client::{get, request};
use extreg_test_support::content::{Image, media_type};
use extreg_test_support::registry::{Block, Dialect, Fault, Limit, Registry, User, Variant};
use serde_json::json;

use super::common::Stage::Registry as R;
use super::common::{
    ALICE, BOB, NO_DIGEST, WRONG, ask_token, builder, check, claims, dance, dance_with, filled,
    parameter, token,
};

#[test]
fn harbor_refuses_what_was_sent_with_basic_and_missing_projects_with_nothing() {
    let registry = filled(builder(Dialect::Harbor));
    let by_digest = format!("team/app/manifests/{NO_DIGEST}");
    check(
        &registry,
        &[
            ("public", None, "public/app/manifests/1.0", R, 200, ""),
            ("a", None, "none/app/manifests/1", R, 401, "UNAUTHORIZED"),
            (
                "b: project",
                ALICE,
                "none/app/manifests/1",
                R,
                401,
                "UNAUTHORIZED",
            ),
            (
                "b: repository",
                ALICE,
                "team/none/manifests/1",
                R,
                404,
                "NOT_FOUND",
            ),
            ("c", None, "team/app/manifests/1.0", R, 401, "UNAUTHORIZED"),
            ("d", BOB, "team/app/manifests/1.0", R, 401, "UNAUTHORIZED"),
            (
                "e: as anonymous",
                WRONG,
                "team/app/manifests/1.0",
                R,
                401,
                "UNAUTHORIZED",
            ),
            ("e: public", WRONG, "public/app/manifests/1.0", R, 200, ""),
            ("right", ALICE, "team/app/manifests/1.0", R, 200, ""),
            ("f", ALICE, "team/app/manifests/none", R, 404, "NOT_FOUND"),
            ("g", ALICE, &by_digest, R, 404, "NOT_FOUND"),
        ],
    );
    let url = registry.url();
    let service = format!("Bearer realm=\"{url}/service/token\",service=\"harbor-registry\"");
    let ping = get(format!("{url}/v2/")).send();
    assert_eq!(ping.challenge(), service);
    assert!(
        ping.header("set-cookie")
            .is_some_and(|cookie| cookie.starts_with("sid="))
    );
    let public = get(format!("{url}/v2/public/app/manifests/1.0")).send();
    assert_eq!(
        public.status, 401,
        "without Authorization even a public image is refused"
    );
    assert_eq!(
        public.challenge(),
        format!("{service},scope=\"repository:public/app:pull\"")
    );

    let (_, refused) = dance(&registry, BOB, "team/app/manifests/1.0");
    assert_eq!(refused.challenge(), "Basic realm=\"harbor\"");
    let once = "unauthorized to access repository: team/app, action: pull";
    assert_eq!(refused.message(), format!("{once}: {once}"));
    let (_, missing) = dance(&registry, ALICE, "none/app/manifests/1");
    assert_eq!(missing.header("www-authenticate"), Some(""));
    assert_eq!(
        missing.message(),
        "project none not found: project none not found"
    );
    let message = |path: &str| dance(&registry, ALICE, path).1.message();
    assert_eq!(
        message("team/none/manifests/1"),
        "repository team/none not found"
    );
    assert_eq!(
        message("team/app/manifests/none"),
        "artifact team/app:none not found"
    );
    assert_eq!(
        message(&by_digest),
        format!("artifact team/app@{NO_DIGEST} not found")
    );
    let (_, catalog) = dance(&registry, ALICE, "_catalog");
    assert_eq!(catalog.challenge(), "Basic realm=\"harbor\"");
}

#[test]
fn harbor_hides_a_wrong_password_behind_a_scope_and_shows_all_rights_for_pull() {
    let registry = filled(builder(Dialect::Harbor));
    let url = registry.url();
    let ping = get(format!("{url}/v2/")).send();
    let refused = ask_token(&ping, WRONG);
    assert_eq!(
        (refused.status, refused.body.len()),
        (401, 0),
        "without a scope"
    );
    let app = get(format!("{url}/v2/team/app/manifests/1.0")).send();
    assert_eq!(
        claims(&token(&app, WRONG))["access"][0]["actions"],
        json!([])
    );
    assert_eq!(
        claims(&token(&app, ALICE))["access"][0]["actions"],
        json!(["pull", "push", "scanner-pull"]),
        "although only pull was asked for"
    );
    let none = get(format!("{url}/v2/none/app/manifests/1.0")).send();
    assert_eq!(
        claims(&token(&none, ALICE))["access"][0]["actions"],
        json!([])
    );
    let other = get(format!("{url}/service/token?service=other")).send();
    assert_eq!(
        (other.status, other.text().as_str()),
        (400, "Unable to handle service: other\n")
    );

    let ca = Ca::new("Root");
    let odd = Registry::builder()
        .dialect(Dialect::Harbor)
        .variant(Variant::HarborHttpRealm)
        .tls(&ca.server(&["127.0.0.1"]))
        .start();
    let ping = get(format!("{}/v2/", odd.url())).trust(ca.pem()).send();
    assert_eq!(
        parameter(ping.challenge(), "realm"),
        Some(format!("http://{}/service/token", odd.host()))
    );
}

#[test]
fn harbor_policies_are_412_and_proxies_take_no_push() {
    let registry = filled(builder(Dialect::Harbor));
    let pull = || dance(&registry, ALICE, "team/app/manifests/1.0").1;
    let push = || {
        let url = format!("{}/v2/team/app/blobs/uploads/", registry.url());
        dance_with(request("POST", url), ALICE).1
    };
    registry.block("team/app", Block::Vulnerabilities(7));
    let blocked = pull();
    assert_eq!(
        (blocked.status, blocked.code().as_str()),
        (412, "PROJECTPOLICYVIOLATION")
    );
    assert!(
        blocked
            .message()
            .starts_with("current image with 7 vulnerabilities cannot be pulled")
    );
    let head = request(
        "HEAD",
        format!("{}/v2/team/app/manifests/1.0", registry.url()),
    )
    .header("accept", media_type::OCI_MANIFEST);
    let head = dance_with(head, ALICE).1;
    assert_eq!((head.status, head.body.len()), (412, 0));
    registry.mend();
    registry.block("team/*", Block::Unsigned);
    assert_eq!(pull().message(), "The image is not signed by cosign.");
    registry.mend();
    registry.block("team/*", Block::ProxyFilter);
    assert_eq!((pull().status, pull().code().as_str()), (404, "NOT_FOUND"));
    for block in [Block::Proxy, Block::ReadOnly, Block::Quota] {
        registry.mend();
        registry.block("team/*", block);
        assert_eq!((push().status, push().code().as_str()), (403, "DENIED"));
        assert_eq!(pull().status, 200);
    }
    registry.mend();
    registry.block("team/*", Block::HubProxy);
    let moved = pull();
    assert_eq!(moved.status, 301);
    assert_eq!(
        moved.header("location"),
        Some("/v2/team/library/app/manifests/1.0")
    );
    registry.mend();
    registry.fault(Fault::limited(Limit::PullQuota));
    assert_eq!(pull().code(), "TOO_MANY_REQUEST");
}

#[test]
fn harbor_cancels_with_the_right_to_delete_and_needs_the_project_for_a_push() {
    let registry = filled(builder(Dialect::Harbor));
    let begin = |name: &str| {
        request(
            "POST",
            format!("{}/v2/{name}/blobs/uploads/", registry.url()),
        )
    };
    let (_, begun) = dance_with(begin("team/app"), ALICE);
    let location = begun.header("location").expect("a location").to_owned();
    let (_, refused) = dance_with(request("DELETE", &location), ALICE);
    assert_eq!(refused.status, 401);
    registry.set_user(User::new("alice", "s3cret").admin("team/*"));
    assert_eq!(
        dance_with(request("DELETE", &location), ALICE).1.status,
        204
    );
    let missing = begin("none/app").send();
    assert_eq!(
        (missing.status, missing.header("www-authenticate")),
        (401, Some(""))
    );
    let (_, refused) = dance_with(begin("team/app"), BOB);
    assert!(refused.message().contains("action: push"));
}

#[test]
fn harbor_lists_tags_in_pages() {
    let registry = filled(builder(Dialect::Harbor));
    for tag in ["a", "b", "c"] {
        registry.push_image("public/many", tag, &Image::new());
    }
    let first = dance(&registry, None, "public/many/tags/list?n=2").1;
    assert_eq!(
        first.json(),
        json!({"name": "public/many", "tags": ["a", "b"]})
    );
    assert_eq!(
        first.header("link"),
        Some("</v2/public/many/tags/list?last=b&n=2>; rel=\"next\"")
    );
    let second = dance(&registry, None, "public/many/tags/list?n=2&last=b").1;
    assert_eq!(second.json()["tags"], json!(["c"]));
    assert_eq!(second.header("link"), None);
}
