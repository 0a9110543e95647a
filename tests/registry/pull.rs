//! Pulling as far as a diagnosis needs it: pings, logins, manifests, tags and blobs of a registry that works, and of one
//! that refuses.

use extreg::model::dialect::Dialect;
use extreg::model::observation::{LoginVerdict, ManifestKind, PingKind, Sent};
use extreg_test_support::certs::Ca;
use extreg_test_support::content::{Artifact, Image, Index};
use extreg_test_support::process::{
    DockerRegistry, HTPASSWD_PASSWORD, HTPASSWD_USER, TokenServer, real_registry_or_skip,
};
use extreg_test_support::registry::{self as embedded, At, Fault, Limit, Origin, User};

use crate::kit::{
    CANARY, alice, answer, blobs, client, nobody, of, open_registry, options, password, plain,
    requests, run, secure, trusting, with_credentials,
};

#[tokio::test]
async fn a_healthy_pull_takes_one_handshake_and_asks_nothing_twice() {
    let ca = Ca::new("Corp Root");
    let registry = of(embedded::Dialect::DistributionToken)
        .own_token_origin(false)
        .tls(&ca.server(&["127.0.0.1"]))
        .user(User::new("alice", CANARY).pull("team/*"))
        .start();
    let digest = registry.push_image("team/app", "1.0", &Image::new());
    let client = client(
        &registry.host(),
        vec![password("alice", CANARY)],
        options(&[ca.pem()]),
    );

    let (dial, ping, anonymous, login, view) = tokio::join!(
        client.dial(),
        client.ping(),
        client.manifest("team/app", "1.0", None),
        client.login(0),
        client.manifest("team/app", "1.0", Some(0)),
    );
    let found = blobs(&view);
    let checks = found
        .iter()
        .map(|blob| client.blob("team/app", blob, Some(0)));
    let checked = futures_util::future::join_all(checks).await;

    let tls = dial.tls.unwrap().result.unwrap();
    assert_eq!(tls.alpn.as_deref(), Some("h2"));
    assert_eq!(tls.chain.len(), 1);
    assert_eq!(dial.tcp.unwrap().result.unwrap().port(), registry.port());
    assert_eq!(ping.kind, PingKind::Challenge);
    assert_eq!(ping.dialect, Dialect::Distribution);
    assert_eq!(answer(&anonymous.exchange).status, 401);
    assert_eq!(login.verdict, LoginVerdict::Accepted);
    assert_eq!(view.manifest.unwrap().digest, digest);
    assert_eq!(view.grant.unwrap().granted, Some(vec!["pull".to_owned()]));
    assert!(
        checked
            .iter()
            .all(|blob| answer(&blob.exchange).status == 200)
    );

    assert_eq!(registry.connections(Origin::Registry), 1);
    let mut asked: Vec<String> = registry
        .log()
        .iter()
        .map(|request| {
            let who = request.authorization().unwrap_or("nobody");
            format!("{} {} {who}", request.method, request.target())
        })
        .collect();
    let all = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), all, "something was asked twice: {asked:#?}");
}

#[tokio::test]
async fn anonymous_pulls_get_a_token_of_their_own() {
    let registry = of(embedded::Dialect::DistributionToken)
        .anonymous_pull("public/*")
        .start();
    registry.push_image("public/app", "1.0", &Image::new());
    let client = nobody(&registry);
    let view = client.manifest("public/app", "1.0", None).await;
    assert!(matches!(
        view.manifest.as_ref().unwrap().kind,
        ManifestKind::Image { .. }
    ));
    assert_eq!(view.exchange.sent, Sent::Bearer);
    // The blobs use the token that is there.
    let before = registry.log().len();
    for blob in blobs(&view) {
        assert_eq!(
            answer(&client.blob("public/app", &blob, None).await.exchange).status,
            200
        );
    }
    assert_eq!(registry.log().len() - before, blobs(&view).len());
}

#[tokio::test]
async fn missing_tags_repositories_and_rights_are_told_apart_by_their_answers() {
    let registry = of(embedded::Dialect::DistributionToken)
        .user(User::new("alice", CANARY).pull("team/*"))
        .start();
    registry.push_image("team/app", "1.0", &Image::new());
    registry.push_image("other/app", "1.0", &Image::new());
    let client = alice(&registry);

    let tag = client.manifest("team/app", "2.0", Some(0)).await;
    assert!(answer(&tag.exchange).has_code("MANIFEST_UNKNOWN"));
    let tags = client.tags("team/app", Some(0), 100).await;
    assert_eq!(tags.tags, Some(vec!["1.0".to_owned()]));
    assert!(!tags.partial);

    let repository = client.tags("team/none", Some(0), 100).await;
    assert!(answer(&repository.exchange).has_code("NAME_UNKNOWN"));
    assert_eq!(repository.tags, None);

    let denied = client.manifest("other/app", "1.0", Some(0)).await;
    let refusal = answer(&denied.exchange);
    assert_eq!(refusal.status, 401);
    assert_eq!(
        refusal.challenges[0].param("error"),
        Some("insufficient_scope")
    );
    assert_eq!(denied.grant.unwrap().granted, Some(vec![]));
    assert_eq!(client.login(0).await.verdict, LoginVerdict::Accepted);
}

#[tokio::test]
async fn kinds_of_manifests_are_known() {
    let registry = open_registry();
    registry.push_index("a/b", "index", &Index::of(&["linux/amd64", "linux/arm64"]));
    registry.push_artifact("a/b", "artifact", &Artifact::new("application/x.chart"));
    registry.push_schema1("a/b", "old");
    let client = nobody(&registry);
    let kind = async |tag: &str| {
        let view = client.manifest("a/b", tag, None).await;
        view.manifest.map(|manifest| manifest.kind)
    };
    let Some(ManifestKind::Index { children }) = kind("index").await else {
        panic!("no index");
    };
    let platforms: Vec<_> = children
        .iter()
        .filter_map(|child| child.platform.as_ref())
        .map(|platform| platform.architecture.as_str())
        .collect();
    assert_eq!(platforms, ["amd64", "arm64"]);
    assert!(matches!(
        kind("artifact").await,
        Some(ManifestKind::Artifact { .. })
    ));
    assert_eq!(kind("old").await, Some(ManifestKind::Schema1));
}

/// Nodes no longer take schema 1, so it is not accepted at first; distribution 2 then answers 400 to some of it.
#[tokio::test]
async fn schema_1_is_asked_for_only_when_a_refusal_suggests_it() {
    let registry = open_registry();
    registry.push_schema1("a/b", "old");
    let refusal = r#"{"errors":[{"code":"MANIFEST_INVALID","message":"manifest invalid"}]}"#;
    registry.fault(
        Fault::answer(400, "application/json", refusal)
            .at(At::Manifests)
            .times(1),
    );
    let view = nobody(&registry).manifest("a/b", "old", None).await;
    assert_eq!(view.manifest.unwrap().kind, ManifestKind::Schema1);
    let accepted: Vec<bool> = registry
        .log()
        .iter()
        .map(|request| {
            request
                .headers
                .iter()
                .any(|(name, value)| name == "accept" && value.contains("distribution.manifest.v1"))
        })
        .collect();
    assert_eq!(accepted, [false, true]);
}

#[tokio::test]
async fn long_tag_lists_are_cut_and_said_to_be() {
    let registry = open_registry();
    for tag in ["1.0", "1.1", "1.2"] {
        registry.push_image("a/b", tag, &Image::new());
    }
    let client = nobody(&registry);
    let some = client.tags("a/b", None, 2).await;
    assert_eq!(
        (some.tags.map(|tags| tags.len()), some.partial),
        (Some(2), true)
    );
    let all = client.tags("a/b", None, 10).await;
    assert_eq!(
        (all.tags.map(|tags| tags.len()), all.partial),
        (Some(3), false)
    );
}

#[tokio::test]
async fn a_short_pause_that_is_asked_for_is_taken_once() {
    let registry = of(embedded::Dialect::OpenShift)
        .user(User::new("alice", CANARY).pull("*"))
        .start();
    registry.push_image("team/app", "1.0", &Image::new());
    let client = alice(&registry);
    assert_eq!(client.login(0).await.verdict, LoginVerdict::Accepted);
    registry.fault(Fault::limited(Limit::Abuse).at(At::Manifests).times(1));
    let view = client.manifest("team/app", "1.0", Some(0)).await;
    assert_eq!(answer(&view.exchange).status, 200);
}

/// Callers spawn these.
#[test]
fn work_can_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let registry = open_registry();
    let client = nobody(&registry);
    is_send(&client.dial());
    is_send(&client.ping());
    is_send(&client.login(0));
    is_send(&client.manifest("a/b", "1.0", None));
    is_send(&client.tags("a/b", None, 1));
    is_send(&client.push("a/b", None));
}

#[tokio::test]
async fn lies_about_digests_are_noted() {
    let registry = open_registry();
    let digest = registry.push_image("a/b", "1.0", &Image::new());
    registry.fault(Fault::lying_digest().at(At::Manifests).times(1));
    let view = nobody(&registry).manifest("a/b", "1.0", None).await;
    let manifest = view.manifest.unwrap();
    assert_eq!(manifest.digest, digest);
    assert!(
        manifest
            .header_digest
            .is_some_and(|claimed| claimed != digest)
    );

    registry.mend();
    registry.fault(Fault::corrupted().at(At::Manifests));
    let view = nobody(&registry).manifest("a/b", &digest, None).await;
    assert_eq!(view.manifest.unwrap().asked_digest, Some(digest));
}

#[tokio::test]
async fn wrong_passwords_are_refused_once_and_then_kept_back() {
    for dialect in [
        embedded::Dialect::DistributionToken,
        embedded::Dialect::DistributionBasic,
    ] {
        let registry = of(dialect)
            .user(User::new("alice", "right").pull("*"))
            .start();
        registry.push_image("team/app", "1.0", &Image::new());
        let client = alice(&registry);
        let (login, view, tags) = tokio::join!(
            client.login(0),
            client.manifest("team/app", "1.0", Some(0)),
            client.tags("team/other", Some(0), 10),
        );
        let LoginVerdict::Refused { expired, .. } = login.verdict else {
            panic!("{dialect:?}: {login:?}");
        };
        assert!(!expired);
        assert!(view.manifest.is_none() && tags.tags.is_none());
        assert_eq!(with_credentials(&registry), 1, "{:#?}", requests(&registry));
    }
}

#[tokio::test]
async fn blobs_that_are_gone_and_storage_that_is_elsewhere_are_seen() {
    let ca = Ca::new("Corp Root");
    let registry = secure(&ca).blob_storage().start();
    registry.push_image("a/b", "1.0", &Image::new());
    let client = trusting(&registry, &ca);
    let view = client.manifest("a/b", "1.0", None).await;
    let found = blobs(&view);
    registry.remove_blob("a/b", &found[1].digest);

    let there = client.blob("a/b", &found[0], None).await;
    assert!(answer(&there.exchange).is_redirect());
    let storage = there.redirected.unwrap();
    assert_eq!(answer(&storage).status, 200);
    assert!(storage.url.starts_with(registry.storage_url().unwrap()));

    let gone = client.blob("a/b", &found[1], None).await;
    assert_eq!(answer(&gone.exchange).status, 404);
}

#[tokio::test]
async fn a_registry_without_head_is_asked_for_one_byte() {
    let registry = open_registry();
    registry.push_image("a/b", "1.0", &Image::new());
    registry.fault(Fault::head_unsupported());
    let client = nobody(&registry);
    let view = client.manifest("a/b", "1.0", None).await;
    let blob = client.blob("a/b", &blobs(&view)[0], None).await;
    assert!(answer(&blob.exchange).is_success());
    let last = registry.log().pop().unwrap();
    assert_eq!(
        (last.method.as_str(), last.header("range")),
        ("GET", Some("bytes=0-0"))
    );
}

#[test]
fn real_registries_answer_alike() {
    if !real_registry_or_skip("login and pull from the real docker-registry") {
        return;
    }
    let ca = Ca::new("Test Root");
    let server = ca.server(&["127.0.0.1"]);
    let image = Image::new().pack();
    let open = DockerRegistry::builder().start();
    let basic = DockerRegistry::builder().htpasswd().tls(&server).start();
    let tokens = TokenServer::start([User::new("alice", "s3cret").pull("team/*")]);
    let token = DockerRegistry::builder().token_auth(tokens).start();
    for registry in [&open, &basic, &token] {
        registry.push("team/app", "1.0", &image);
    }
    run(async {
        let nobody = client(&open.host(), vec![], plain());
        assert_eq!(nobody.ping().await.kind, PingKind::Open);
        let view = nobody.manifest("team/app", "1.0", None).await;
        assert_eq!(view.manifest.as_ref().unwrap().digest, image.digest());
        for blob in blobs(&view) {
            let found = nobody.blob("team/app", &blob, None).await;
            assert_eq!(answer(&found.exchange).status, 200);
        }

        let both = vec![
            password(HTPASSWD_USER, HTPASSWD_PASSWORD),
            password(HTPASSWD_USER, CANARY),
        ];
        let secure = client(&basic.host(), both, options(&[ca.pem()]));
        assert_eq!(secure.login(0).await.verdict, LoginVerdict::Accepted);
        let refused = secure.login(1).await.verdict;
        assert!(
            matches!(refused, LoginVerdict::Refused { expired: false, .. }),
            "{refused:?}"
        );
        let view = secure.manifest("team/app", "1.0", Some(0)).await;
        assert_eq!(view.manifest.unwrap().digest, image.digest());

        let alice = vec![password("alice", "s3cret"), password("alice", CANARY)];
        let by_token = client(&token.host(), alice, plain());
        let view = by_token.manifest("team/app", "1.0", Some(0)).await;
        assert_eq!(view.manifest.unwrap().digest, image.digest());
        assert_eq!(by_token.login(0).await.verdict, LoginVerdict::Accepted);
        let denied = by_token.manifest("other/app", "1.0", Some(0)).await;
        assert_eq!(answer(&denied.exchange).status, 401);
        let refused = by_token.login(1).await.verdict;
        assert!(
            matches!(refused, LoginVerdict::Refused { expired: false, .. }),
            "{refused:?}"
        );
    });
}
