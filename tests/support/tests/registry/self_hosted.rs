//! The registries that people run: Artifactory, zot, Nexus, OpenShift's own. Harbor has a file of its own.

use extreg_test_support::client::{get, request};
use extreg_test_support::content::{Image, media_type};
use extreg_test_support::registry::{Block, Dialect, Fault, Limit, Registry, User, Variant};
use serde_json::json;

use super::common::Stage::{Registry as R, Token as T};
use super::common::{
    self, ALICE, BOB, NO_DIGEST, WRONG, ask_token, builder, check, dance, dance_with, filled,
    parameter, token,
};

#[test]
fn artifactory_has_one_404_and_a_403_that_says_unauthorized() {
    let registry = filled(builder(Dialect::Artifactory));
    let by_digest = format!("team/app/manifests/{NO_DIGEST}");
    let blob = format!("team/app/blobs/{NO_DIGEST}");
    check(
        &registry,
        &[
            ("public", None, "public/app/manifests/1.0", R, 200, ""),
            (
                "b",
                ALICE,
                "none/app/manifests/1",
                R,
                404,
                "MANIFEST_UNKNOWN",
            ),
            ("d", BOB, "team/app/manifests/1.0", R, 403, "UNAUTHORIZED"),
            ("e", WRONG, "team/app/manifests/1.0", T, 401, ""),
            ("right", ALICE, "team/app/manifests/1.0", R, 200, ""),
            (
                "f",
                ALICE,
                "team/app/manifests/none",
                R,
                404,
                "MANIFEST_UNKNOWN",
            ),
            ("g", ALICE, &by_digest, R, 404, "MANIFEST_UNKNOWN"),
            ("blob", ALICE, &blob, R, 404, "BLOB_UNKNOWN"),
        ],
    );
    let url = registry.url();
    let ping = get(format!("{url}/v2/")).send();
    assert!(ping.header("x-jfrog-version").is_some());
    assert!(ping.header("x-artifactory-id").is_some());
    assert_eq!((ping.status, ping.code().as_str()), (401, "UNAUTHORIZED"));
    assert_eq!(
        ping.challenge(),
        format!(
            "Bearer realm=\"{url}/artifactory/api/docker/docker/v2/token\",service=\"{}\"",
            registry.host()
        )
    );
    let bad = json!({"errors": [{"status": 401, "message": "Bad Credentials"}]});
    assert_eq!(ask_token(&ping, WRONG).json(), bad);
    assert_eq!(
        get(format!("{url}/v2/"))
            .basic("alice", "wrong")
            .send()
            .json(),
        bad
    );
    assert_eq!(
        request(
            "POST",
            parameter(ping.challenge(), "realm").expect("a realm")
        )
        .send()
        .status,
        401
    );
    let (_, missing) = dance(&registry, ALICE, "none/app/manifests/1");
    assert_eq!(
        missing.message(),
        "The named manifest is not known to the registry."
    );
    assert_eq!(
        missing.json()["errors"][0]["detail"],
        json!({"manifest": "none/app"})
    );
    assert_eq!(
        dance(&registry, ALICE, "_catalog").1.json(),
        json!({"repositories": []})
    );

    registry.block("team/*", Block::Xray);
    let (_, blocked) = dance(&registry, ALICE, "team/app/manifests/1.0");
    assert_eq!((blocked.status, blocked.code().as_str()), (403, ""));
    assert!(
        blocked
            .message()
            .contains("blocking policy configured in Xray")
    );
    registry.mend();
    registry.block("team/*", Block::Proxy);
    let push = request("POST", format!("{url}/v2/team/app/blobs/uploads/"));
    let (_, remote) = dance_with(push, ALICE);
    assert_eq!(
        (remote.status, remote.message().as_str()),
        (400, "Unable to upload blobs to a remote repository.")
    );
}

#[test]
fn artifactory_has_three_ways_to_ask_for_credentials() {
    let path = filled(builder(Dialect::Artifactory).variant(Variant::ArtifactoryPath));
    let ping = get(format!("{}/v2/", path.url())).send();
    assert_eq!(
        parameter(ping.challenge(), "realm"),
        Some(format!("{}/v2/token", path.url()))
    );
    let (_, missing) = dance(&path, ALICE, "team/none/manifests/1");
    assert_eq!(
        missing.json()["errors"][0]["detail"],
        json!({"manifest": "none"})
    );
    path.push_image("team/app", "2.0", &Image::new());
    let tags = dance(&path, ALICE, "team/app/tags/list?n=1").1;
    assert_eq!(
        tags.header("link"),
        Some("</v2/app/tags/list?last=1.0&n=1>; rel=\"next\"")
    );

    let basic = filled(builder(Dialect::Artifactory).variant(Variant::ArtifactoryBasic));
    let ask = |login| dance(&basic, login, "team/app/manifests/1.0").1;
    assert_eq!(ask(None).challenge(), "Basic realm=\"Artifactory Realm\"");
    assert_eq!(ask(ALICE).status, 200);
    assert_eq!(ask(BOB).status, 403);

    let closed = Registry::builder().dialect(Dialect::Artifactory).start();
    let (stage, refused) = dance(&closed, None, "team/app/manifests/1.0");
    assert_eq!((stage, refused.status), (T, 401));
    assert_eq!(refused.message(), "Authentication is required");
}

#[test]
fn zot_challenges_on_success_and_answers_bare_objects() {
    let registry = filled(builder(Dialect::Zot));
    check(
        &registry,
        &[
            ("public", None, "public/app/manifests/1.0", R, 200, ""),
            (
                "b: readable",
                ALICE,
                "team/none/manifests/1",
                R,
                404,
                "NAME_UNKNOWN",
            ),
            (
                "b: not readable",
                ALICE,
                "none/app/manifests/1",
                R,
                403,
                "DENIED",
            ),
            (
                "c: a bare object",
                None,
                "team/app/manifests/1.0",
                R,
                401,
                "",
            ),
            ("d", BOB, "team/app/manifests/1.0", R, 403, "DENIED"),
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
    let open = get(format!("{url}/v2/")).send();
    assert_eq!((open.status, open.challenge()), (200, "basic realm=zot"));
    let docker = get(format!("{url}/v2/"))
        .header("user-agent", "docker/26.1.5")
        .send();
    assert_eq!(
        (docker.status, docker.challenge()),
        (401, "Basic realm=\"zot\"")
    );
    let app = format!("{url}/v2/team/app/manifests/1.0");
    let refused = common::manifest(&app).send();
    assert_eq!(refused.json()["code"], "UNAUTHORIZED");
    assert_eq!(
        common::manifest(&app).basic("alice", "wrong").send().status,
        401
    );
    let empty = common::manifest(&format!("{url}/v2/public/app/manifests/1.0"))
        .basic("", "")
        .send();
    assert_eq!(empty.status, 200, "empty credentials are none");
    let twice = common::manifest(&app)
        .basic("alice", "s3cret")
        .basic("alice", "s3cret")
        .send();
    assert_eq!(twice.status, 401);
    let plain = get(&app).basic("alice", "s3cret").send();
    assert_eq!(
        plain.header("content-type"),
        Some(media_type::OCI_MANIFEST),
        "no negotiation"
    );
    registry.fault(Fault::limited(Limit::Abuse));
    assert_eq!(
        get(format!("{url}/v2/")).send().text(),
        "Too Many Requests\n"
    );
}

#[test]
fn zot_with_tokens_names_no_error() {
    let registry = filled(builder(Dialect::Zot).variant(Variant::ZotBearer));
    let url = registry.url();
    let ping = get(format!("{url}/v2/")).send();
    assert_eq!(
        ping.challenge(),
        format!("Bearer realm=\"{url}/token\",service=\"zot\",scope=\"\"")
    );
    let (_, refused) = dance(&registry, BOB, "team/app/manifests/1.0");
    assert_eq!(refused.status, 401);
    assert_eq!(parameter(refused.challenge(), "error"), None);
    assert_eq!(
        parameter(refused.challenge(), "scope").as_deref(),
        Some("repository:team/app:pull")
    );
    let garbage = get(format!("{url}/v2/")).bearer("x").send();
    assert_eq!(garbage.json()["code"], "UNSUPPORTED");
    assert_eq!(garbage.header("www-authenticate"), None);
    let refused = get(format!("{url}/v2/team/app/manifests/1.0")).send();
    let bearer = token(&refused, ALICE);
    let open = get(format!("{url}/v2/")).bearer(&bearer).send();
    assert_eq!(open.challenge(), format!("bearer realm={url}/token"));
}

#[test]
fn nexus_shouts_basic_and_has_ports_where_no_registry_is() {
    let registry = filled(builder(Dialect::Nexus));
    check(
        &registry,
        &[
            (
                "forced Basic",
                None,
                "public/app/manifests/1.0",
                R,
                401,
                "UNAUTHORIZED",
            ),
            (
                "b",
                ALICE,
                "team/none/manifests/1",
                R,
                404,
                "MANIFEST_UNKNOWN",
            ),
            ("d", BOB, "team/app/manifests/1.0", R, 401, "UNAUTHORIZED"),
            ("e", WRONG, "team/app/manifests/1.0", R, 401, "UNAUTHORIZED"),
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
    assert_eq!(
        ping.challenge(),
        "BASIC realm=\"Sonatype Nexus Repository Manager\""
    );
    assert_eq!(
        ping.json(),
        json!({"errors": [{"code": "UNAUTHORIZED", "message": "access to the requested resource is not authorized", "detail": null}]})
    );
    let ui = filled(builder(Dialect::Nexus).variant(Variant::NexusUiPort));
    let page = get(format!("{}/v2/", ui.url())).send();
    assert_eq!(page.status, 404);
    assert!(page.text().starts_with("<!DOCTYPE html>") && page.body.len() > 1500);
    assert_eq!(page.header("docker-distribution-api-version"), None);
}

#[test]
fn nexus_tokens_hide_wrong_passwords_and_belong_to_one_repository() {
    let open = filled(builder(Dialect::Nexus).variant(Variant::NexusBearer));
    assert_eq!(
        dance(&open, WRONG, "public/app/manifests/1.0").1.status,
        200
    );
    let closed = Registry::builder()
        .dialect(Dialect::Nexus)
        .variant(Variant::NexusBearer)
        .user(User::new("alice", "s3cret"))
        .start();
    assert_eq!(dance(&closed, WRONG, "team/app/manifests/1.0").0, T);

    let paths = filled(builder(Dialect::Nexus).variant(Variant::NexusPaths));
    let url = paths.url();
    let ping = get(format!("{url}/v2/")).send();
    let realm = parameter(ping.challenge(), "realm").expect("a realm");
    assert_eq!(realm, format!("{url}/repository/docker-other/v2/token"));
    let foreign = get(format!("{realm}?scope=repository:team/app:pull"))
        .basic("alice", "s3cret")
        .send();
    let foreign = foreign.json()["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let app = format!("{url}/v2/team/app/manifests/1.0");
    assert_eq!(common::manifest(&app).bearer(&foreign).send().status, 401);
    assert_eq!(dance(&paths, ALICE, "team/app/manifests/1.0").1.status, 200);
}

#[test]
fn openshift_tokens_are_the_clusters_and_rights_come_before_existence() {
    let registry = filled(builder(Dialect::OpenShift));
    let url = registry.url();
    let ping = get(format!("{url}/v2/")).send();
    assert_eq!(
        ping.challenge(),
        format!("Bearer realm=\"{url}/openshift/token\"")
    );
    check(
        &registry,
        &[
            ("public", None, "public/app/manifests/1.0", R, 200, ""),
            ("a", None, "none/app/manifests/1", R, 401, "UNAUTHORIZED"),
            (
                "b: no right",
                ALICE,
                "none/app/manifests/1",
                R,
                401,
                "UNAUTHORIZED",
            ),
            (
                "b: right",
                ALICE,
                "team/none/manifests/1",
                R,
                500,
                "UNKNOWN",
            ),
            ("c", None, "team/app/manifests/1.0", R, 401, "UNAUTHORIZED"),
            ("d", BOB, "team/app/manifests/1.0", R, 401, "UNAUTHORIZED"),
            ("e", WRONG, "team/app/manifests/1.0", T, 401, ""),
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
    assert_eq!(
        ask_token(&ping, None).json(),
        json!({"token": "anonymous", "access_token": "anonymous"})
    );
    assert_eq!(
        ask_token(&ping, ALICE).json()["token"],
        "s3cret",
        "the user's own API token"
    );
    assert_eq!(ask_token(&ping, WRONG).body, b"");
    let whoever = get(format!("{url}/v2/")).basic("whoever", "s3cret").send();
    assert_eq!(whoever.status, 200, "the user name is not looked at");
    let (_, refused) = dance(&registry, BOB, "team/app/manifests/1.0");
    assert_eq!(
        refused.challenge(),
        "Basic realm=openshift,error=\"access denied\""
    );
    let (_, missing) = dance(&registry, ALICE, "team/none/manifests/1");
    let detail = missing.json()["errors"][0]["detail"].to_string();
    assert!(detail.contains("name unknown: "), "{detail}");

    let short = get(format!("{url}/v2/app/manifests/1"))
        .bearer("s3cret")
        .send();
    assert_eq!((short.status, short.body.len()), (400, 0));
    let scope = format!("{url}/openshift/token?scope=repository:a/b/c:pull");
    let details = get(scope).basic("x", "s3cret").send();
    assert_eq!(details.status, 401);
    assert!(
        details
            .text()
            .contains("it must be of the format <project>/<name>")
    );
}

#[test]
fn openshift_passes_on_what_is_behind_it() {
    let registry = filled(builder(Dialect::OpenShift).variant(Variant::OpenShiftBasic));
    let ping = get(format!("{}/v2/", registry.url())).send();
    assert_eq!(
        ping.challenge(),
        "Basic realm=openshift,error=\"authorization header required\""
    );
    registry.block(
        "team/app",
        Block::Upstream("quay.io/a/b:1: unauthorized".to_owned()),
    );
    let (_, behind) = dance(&registry, ALICE, "team/app/manifests/1.0");
    assert_eq!(
        (behind.status, behind.code().as_str()),
        (404, "OPENSHIFT_PULLTHROUGH_MANIFEST")
    );
    assert_eq!(
        behind.message(),
        "unable to pull manifest from quay.io/a/b:1: unauthorized"
    );
    registry.mend();
    let begin = request(
        "POST",
        format!("{}/v2/team/app/blobs/uploads/", registry.url()),
    );
    let (_, begun) = dance_with(begin, ALICE);
    let location = begun.header("location").expect("a location");
    assert_eq!(dance_with(request("DELETE", location), ALICE).1.status, 204);
    registry.fault(Fault::limited(Limit::Abuse));
    let limited = get(format!("{}/v2/", registry.url())).send();
    assert_eq!(
        (limited.status, limited.header("retry-after")),
        (429, Some("1"))
    );
    registry.mend();
    registry.fault(Fault::limited(Limit::PullQuota));
    assert_eq!(
        dance(&registry, ALICE, "team/app/manifests/1.0").1.code(),
        "TOOMANYREQUESTS"
    );
}

#[test]
fn what_is_behind_a_registry_shows_in_its_own_way() {
    let upstream = || Block::Upstream("upstream answered 401".to_owned());
    for (dialect, status, code) in [
        (Dialect::Artifactory, 404, "MANIFEST_UNKNOWN"),
        (Dialect::Zot, 403, "DENIED"),
        (Dialect::OpenShift, 404, "OPENSHIFT_PULLTHROUGH_MANIFEST"),
    ] {
        let registry = filled(builder(dialect));
        registry.block("team/app", upstream());
        let (_, answer) = dance(&registry, ALICE, "team/app/manifests/1.0");
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{dialect:?}"
        );
    }
    let registry = filled(builder(Dialect::OpenShift));
    registry.block("team/app", Block::Quota);
    let uploads = format!("{}/v2/team/app/blobs/uploads/", registry.url());
    let (_, begun) = dance_with(request("POST", uploads), ALICE);
    let location = begun.header("location").expect("a location");
    let (_, refused) = dance_with(request("PUT", location), ALICE);
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "DENIED"),
        "a quota counts on commit"
    );
}

#[test]
#[should_panic(expected = "has no such thing as")]
fn a_block_that_the_dialect_does_not_have_is_a_mistake_of_the_test() {
    filled(builder(Dialect::Nexus)).block("team/app", Block::Xray);
}
