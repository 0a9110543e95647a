//! Quay: the repositories that token requests create, and a message for every bad credential.

use extreg_test_support::client::{get, request};
use extreg_test_support::content::{Image, Index, media_type};
use extreg_test_support::registry::{Block, Dialect, Fault, Limit, User, Variant};

use super::common::Stage::{Registry as R, Token as T};
use super::common::{
    ALICE, BOB, NO_DIGEST, WRONG, ask_token, builder, check, dance, dance_with, filled, parameter,
    start, token,
};

#[test]
fn quay_answers_by_the_tokens_claim_and_names_what_is_missing_only_at_home() {
    let registry = start(Dialect::Quay);
    let by_digest = format!("team/app/manifests/{NO_DIGEST}");
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
                "b: at home",
                ALICE,
                "alice/none/manifests/1",
                R,
                404,
                "NAME_UNKNOWN",
            ),
            (
                "b: elsewhere",
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
                "UNAUTHORIZED",
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
            ("g: digest", ALICE, &by_digest, R, 404, "MANIFEST_UNKNOWN"),
        ],
    );
    let url = registry.url();
    let host = registry.host();
    let ping = get(format!("{url}/v2/")).send();
    assert_eq!(ping.text(), "true");
    assert_eq!(
        ping.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(ping.reason.as_deref(), Some("UNAUTHORIZED"));
    assert_eq!(
        ping.challenge(),
        format!("Bearer realm=\"{url}/v2/auth\",service=\"{host}\"")
    );
    let bearer = token(&ping, ALICE);
    let welcome = get(format!("{url}/v2/")).bearer(&bearer).send();
    assert_eq!(welcome.status, 200);
    assert_eq!(
        welcome.challenge(),
        ping.challenge(),
        "a challenge on a 200"
    );
    for (login, path) in [
        (None, "team/none/manifests/1"),
        (BOB, "team/app/manifests/1.0"),
    ] {
        let (_, refused) = dance(&registry, login, path);
        assert_eq!(parameter(refused.challenge(), "error"), None);
        assert_eq!(
            refused.message(),
            "access to the requested resource is not authorized"
        );
    }
    registry.expire_tag("team/app", "1.0");
    let (_, expired) = dance(&registry, ALICE, "team/app/manifests/1.0");
    assert_eq!(
        (expired.status, expired.code().as_str()),
        (404, "TAG_EXPIRED")
    );
    assert!(expired.message().contains("time machine"));
}

#[test]
fn quay_says_which_credential_is_bad() {
    let registry = filled(
        builder(Dialect::Quay)
            .user(User::new("team+robot", "right"))
            .user(User::new("gone", "right").disabled()),
    );
    let ask = |login| {
        let ping = get(format!("{}/v2/", registry.url())).send();
        let answer = ask_token(&ping, login);
        (answer.status, answer.message())
    };
    let refused = |message: &str| (401, message.to_owned());
    assert_eq!(
        ask(None),
        refused("access to the requested resource is not authorized")
    );
    assert_eq!(ask(WRONG), refused("Invalid Username or Password"));
    assert_eq!(
        ask(Some(("team+robot", "wrong"))),
        refused("Could not find robot with username: team+robot and supplied password.")
    );
    assert_eq!(
        ask(Some(("team+none", "x"))),
        refused("Could not find robot with specified username")
    );
    assert_eq!(ask(Some(("$oauthtoken", "x"))), refused("Invalid token"));
    assert!(
        ask(Some(("gone", "right")))
            .1
            .starts_with("This user has been disabled")
    );

    registry.fault(Fault::limited(Limit::Login));
    let ping = get(format!("{}/v2/", registry.url())).send();
    let throttled = ask_token(&ping, WRONG);
    assert_eq!(throttled.status, 429);
    assert_eq!(throttled.text(), "Too many login attempts.");
    assert!(throttled.header("retry-after").is_some());
}

#[test]
fn a_push_scope_creates_the_repository_on_quay() {
    let registry = start(Dialect::Quay);
    let scope = |scope: &str, login: Option<(&str, &str)>| {
        let (user, password) = login.expect("a login");
        get(format!(
            "{}/v2/auth?service={}&scope={scope}",
            registry.url(),
            registry.host()
        ))
        .basic(user, password)
        .send()
    };
    assert_eq!(scope("repository:alice/new:pull", ALICE).status, 200);
    assert_eq!(registry.created_repositories(), Vec::<String>::new());
    assert_eq!(scope("repository:alice/new:pull,push", BOB).status, 200);
    assert_eq!(registry.created_repositories(), Vec::<String>::new());
    assert_eq!(scope("repository:alice/new:pull,push", ALICE).status, 200);
    assert_eq!(registry.created_repositories(), ["alice/new"]);
    assert!(registry.has_repository("alice/new"));

    for bad in ["repository:team/app:delete", "registry:catalog:*"] {
        let answer = scope(bad, ALICE);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "INVALID_REQUEST"),
            "{bad}"
        );
    }
    let url = format!("{}/v2/alice/new/blobs/uploads/", registry.url());
    let (_, begun) = dance_with(request("POST", &url), ALICE);
    let location = begun.header("location").expect("a location");
    let (_, cancelled) = dance_with(request("DELETE", location), ALICE);
    assert_eq!(cancelled.status, 204, "cancelling takes push and no more");
    let (_, refused) = dance_with(request("POST", &url), BOB);
    assert_eq!(
        parameter(refused.challenge(), "scope").as_deref(),
        Some("repository:alice/new:pull,push")
    );
}

#[test]
fn quay_has_rules_of_its_own() {
    let registry = filled(builder(Dialect::Quay).variant(Variant::QuayFlatNames));
    let nested = dance(&registry, ALICE, "team/app/deep/manifests/1");
    assert_eq!((nested.0, nested.1.code().as_str()), (T, "NAME_INVALID"));
    for (block, status, code) in [
        (Block::NamespaceDisabled, 405, "DENIED"),
        (Block::NotForImages, 405, "UNSUPPORTED"),
        (
            Block::Upstream("upstream says no".to_owned()),
            400,
            "INVALID_REQUEST",
        ),
    ] {
        registry.block("team/*", block);
        let (_, answer) = dance(&registry, ALICE, "team/app/manifests/1.0");
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
        registry.mend();
    }
    for (block, status) in [
        (Block::Quota, 403),
        (Block::ReadOnly, 405),
        (Block::PushesOff, 405),
        (Block::Mirror, 401),
    ] {
        registry.block("team/*", block);
        let push = request(
            "POST",
            format!("{}/v2/team/app/blobs/uploads/", registry.url()),
        );
        assert_eq!(dance_with(push, ALICE).1.status, status);
        assert_eq!(
            dance(&registry, ALICE, "team/app/manifests/1.0").1.status,
            200
        );
        registry.mend();
    }
    registry.fault(Fault::limited(Limit::PullQuota));
    let (_, limited) = dance(&registry, ALICE, "team/app/manifests/1.0");
    assert_eq!(limited.status, 429);
    assert!(limited.text().contains("nginx"));
}

#[test]
fn quay_rewrites_what_is_not_accepted_or_says_it_is_unknown() {
    let registry = start(Dialect::Quay);
    registry.push_image("public/app", "docker", &Image::new().docker());
    registry.push_index("public/app", "index", &Index::of(&["linux/amd64"]));
    let ask = |tag: &str| {
        let url = format!("{}/v2/public/app/manifests/{tag}", registry.url());
        dance_with(get(url), None).1
    };
    assert_eq!(
        ask("docker").header("content-type"),
        Some(media_type::SCHEMA1_SIGNED)
    );
    let index = ask("index");
    assert_eq!(
        (index.status, index.code().as_str()),
        (404, "MANIFEST_UNKNOWN")
    );
}

#[test]
fn quay_takes_no_manifest_of_a_type_that_it_does_not_know() {
    let registry = start(Dialect::Quay);
    let put = request(
        "PUT",
        format!("{}/v2/team/app/manifests/odd", registry.url()),
    )
    .header("content-type", "application/vnd.example+json")
    .body("{}");
    let (_, refused) = dance_with(put, ALICE);
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (415, "MANIFEST_INVALID")
    );
}
