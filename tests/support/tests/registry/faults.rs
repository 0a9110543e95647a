//! Misbehaviour on order: that each fault does what it says, and that mending ends it.
#![expect(
    clippy::expect_used,
    reason = "a test's helper that cannot do its work ends the test"
)]

use std::time::{Duration, Instant};

use extreg_test_support::certs::Ca;
use extreg_test_support::client::{Request, get, request};
use extreg_test_support::content::{Image, digest};
use extreg_test_support::net::ClosedPort;
use extreg_test_support::registry::{At, Dialect, Fault, Limit, Origin, Registry, User};

use super::common::{
    ALICE, Stage, ask_token, challenge, claims, dance, eventually, manifest, parameter, token,
};

/// Long enough for loopback, short enough for a test of silence.
const SOON: Duration = Duration::from_millis(300);

fn open() -> Registry {
    let registry = Registry::builder().start();
    registry.push_image("team/app", "1.0", &Image::new());
    registry
}

fn with_tokens() -> Registry {
    let registry = Registry::builder()
        .dialect(Dialect::DistributionToken)
        .user(User::new("alice", "s3cret").pull("team/*"))
        .start();
    registry.push_image("team/app", "1.0", &Image::new());
    registry
}

fn app(registry: &Registry) -> Request {
    manifest(&format!("{}/v2/team/app/manifests/1.0", registry.url()))
}

fn error(request: Request) -> String {
    request.try_send().expect_err("a fault")
}

/// What a client sees that does not wait for ever.
fn silence(request: Request) -> String {
    request.timeout(SOON).try_send().expect_err("a fault")
}

#[test]
fn connections_can_be_ignored_reset_and_closed() {
    let registry = open();
    registry.fault(Fault::silent_accept());
    assert_eq!(silence(app(&registry)), "timed out");
    registry.mend();
    registry.fault(Fault::silent_http());
    assert_eq!(silence(app(&registry)), "timed out");
    eventually("the request is read", || {
        registry
            .log()
            .last()
            .is_some_and(|request| request.status.is_none())
    });
    registry.mend();
    registry.fault(Fault::reset_at_accept());
    let reset = error(app(&registry));
    assert!(reset.contains("reset"), "{reset}");
    registry.mend();
    registry.fault(Fault::close_at_accept());
    let closed = error(app(&registry));
    assert!(!closed.contains("timed out"), "{closed}");
    registry.mend();
    assert_eq!(app(&registry).send().status, 200);
    assert_eq!(registry.connections(Origin::Registry), 5);
}

#[test]
fn a_tls_port_can_be_silent_reset_in_the_handshake_and_speak_plain_http() {
    let ca = Ca::new("Root");
    let registry = Registry::builder().tls(&ca.server(&["127.0.0.1"])).start();
    let ping = || get(format!("{}/v2/", registry.url())).trust(ca.pem());
    registry.fault(Fault::silent_tls());
    assert_eq!(silence(ping()), "timed out");
    registry.mend();
    registry.fault(Fault::reset_in_tls());
    let reset = error(ping());
    assert!(reset.contains("reset"), "{reset}");
    registry.mend();
    registry.fault(Fault::plain_http());
    let plain = error(ping());
    assert!(plain.contains("InvalidContentType"), "{plain}");
    let answer = get(format!("http://{}/v2/", registry.host())).send();
    assert_eq!(answer.status, 200);
    registry.mend();
    let refused = get(format!("http://{}/v2/", registry.host())).send();
    assert_eq!(refused.status, 400);
    assert!(
        refused
            .text()
            .contains("Client sent an HTTP request to an HTTPS server")
    );
    assert_eq!(ping().send().status, 200);
}

#[test]
fn bodies_break_stall_crawl_and_never_end() {
    let registry = open();
    registry.fault(Fault::reset_in_body());
    let reset = error(app(&registry));
    assert!(!reset.contains("timed out"), "{reset}");
    registry.mend();
    registry.fault(Fault::stall_in_body());
    assert_eq!(silence(app(&registry)), "timed out");
    registry.mend();
    registry.fault(Fault::endless_body().at(At::Manifests));
    assert_eq!(silence(app(&registry)), "timed out");
    registry.mend();
    registry.fault(Fault::slow_body(100, Duration::from_millis(5)));
    let begun = Instant::now();
    let slow = app(&registry).send();
    assert!(begun.elapsed() >= Duration::from_millis(5 * (slow.body.len() as u64 / 100)));
    registry.mend();
    registry.fault(Fault::no_length());
    let chunked = app(&registry).send();
    assert_eq!(chunked.header("content-length"), None);
    assert_eq!(chunked.body, slow.body);
}

#[test]
fn pages_and_redirects_come_in_place_of_answers() {
    let registry = open();
    let ask = |fault: Fault| {
        registry.mend();
        registry.fault(fault);
        app(&registry).send()
    };
    let page = ask(Fault::html_page());
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    assert_eq!(ask(Fault::html_404()).status, 404);
    let gateway = ask(Fault::html_status(502));
    assert_eq!(gateway.status, 502);
    assert!(gateway.text().starts_with("<!DOCTYPE html>"));
    let block = ask(Fault::block_page());
    assert_eq!(block.status, 403);
    assert!(block.header("via").is_some());
    let login = ask(Fault::redirect_to_login("https://sso.example/login"));
    assert_eq!(
        (login.status, login.header("location")),
        (302, Some("https://sso.example/login"))
    );
    let elsewhere = ask(Fault::redirect_elsewhere("https://other.example"));
    assert_eq!(
        (elsewhere.status, elsewhere.header("location")),
        (307, Some("https://other.example/v2/team/app/manifests/1.0"))
    );
    let empty = ask(Fault::empty(400));
    assert_eq!((empty.status, empty.body.len()), (400, 0));
    let down = ask(Fault::status(503));
    assert_eq!((down.status, down.code().as_str()), (503, "UNAVAILABLE"));
    assert_eq!(
        ask(Fault::answer(418, "text/plain", "short and stout")).text(),
        "short and stout"
    );
}

#[test]
fn faults_have_a_place_and_a_number() {
    let registry = open();
    registry.fault(Fault::status(500).at(At::Tags));
    registry.fault(Fault::status(503).at(At::Manifests).times(2));
    let tags = || {
        get(format!("{}/v2/team/app/tags/list", registry.url()))
            .send()
            .status
    };
    let statuses: Vec<u16> = (0..3).map(|_| app(&registry).send().status).collect();
    assert_eq!(statuses, [503, 503, 200]);
    assert_eq!([tags(), tags()], [500, 500]);
    registry.fault(Fault::head_unsupported());
    let url = format!("{}/v2/team/app/manifests/1.0", registry.url());
    assert_eq!(request("HEAD", &url).send().status, 405);
    assert_eq!(app(&registry).send().status, 200);
}

#[test]
fn digests_lie_vanish_and_bytes_are_corrupted() {
    let registry = open();
    let truth = app(&registry).send();
    let real = digest(&truth.body);
    assert_eq!(truth.header("docker-content-digest"), Some(real.as_str()));
    registry.fault(Fault::lying_digest());
    let lie = app(&registry).send();
    assert_ne!(lie.header("docker-content-digest"), Some(real.as_str()));
    assert_eq!(lie.body, truth.body);
    registry.mend();
    registry.fault(Fault::no_digest());
    assert_eq!(app(&registry).send().header("docker-content-digest"), None);
    let blob = registry.blobs("team/app")[0].clone();
    let ask = || get(format!("{}/v2/team/app/blobs/{blob}", registry.url())).send();
    assert_eq!(digest(&ask().body), blob);
    registry.fault(Fault::corrupted());
    assert_ne!(digest(&ask().body), blob);
    registry.remove_blob("team/app", &blob);
    assert_eq!((ask().status, ask().code().as_str()), (404, "BLOB_UNKNOWN"));
}

#[test]
fn limits_say_when_to_come_back() {
    let registry = with_tokens();
    registry.fault(Fault::limited(Limit::Abuse));
    registry.fault(Fault::retry_after("30"));
    let limited = app(&registry).send();
    assert_eq!(
        (limited.status, limited.header("retry-after")),
        (429, Some("30"))
    );
    registry.mend();
    registry.fault(Fault::limited(Limit::Login));
    assert_eq!(
        dance(&registry, ALICE, "team/app/manifests/1.0").0,
        Stage::Token
    );
    registry.mend();
    registry.fault(Fault::limited(Limit::PullQuota));
    let (stage, limited) = dance(&registry, ALICE, "team/app/manifests/1.0");
    assert_eq!((stage, limited.status), (Stage::Registry, 429));
}

#[test]
fn a_clock_that_is_behind_makes_fresh_tokens_invalid() {
    let registry = with_tokens();
    registry.fault(Fault::clock_skew(-3600));
    let refused = app(&registry).send();
    let bearer = token(&refused, ALICE);
    let invalid = app(&registry).bearer(&bearer).send();
    assert_eq!(
        parameter(invalid.challenge(), "error").as_deref(),
        Some("invalid_token")
    );
    let date = invalid.header("date").expect("a date");
    let date = jiff::fmt::rfc2822::parse(date)
        .expect("an HTTP date")
        .timestamp()
        .as_second();
    let issued = claims(&bearer)["nbf"].as_i64().expect("a time");
    assert!((date - issued + 3600).abs() < 60, "{date} {issued}");
    registry.mend();
    registry.fault(Fault::clock_skew(30));
    assert_eq!(
        app(&registry).bearer(&bearer).send().status,
        200,
        "half a minute is forgiven"
    );
}

#[test]
fn challenges_can_be_missing_several_and_in_several_headers() {
    let registry = with_tokens();
    registry.fault(Fault::no_challenge());
    let bare = app(&registry).send();
    assert_eq!((bare.status, bare.header("www-authenticate")), (401, None));
    registry.mend();
    registry.fault(Fault::challenges(&[
        "Negotiate",
        "Basic realm=\"a, b\"",
        "{}",
    ]));
    let several = app(&registry).send();
    let all: Vec<&str> = several
        .headers
        .get_all("www-authenticate")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    assert_eq!(all[..2], ["Negotiate", "Basic realm=\"a, b\""]);
    assert!(all[2].starts_with("Bearer realm="));
    registry.mend();
    registry.fault(Fault::challenges(&["{}, Basic realm=\"x\""]));
    assert!(
        app(&registry)
            .send()
            .challenge()
            .ends_with(", Basic realm=\"x\"")
    );
}

#[test]
fn refusals_can_carry_hostile_text() {
    let registry = with_tokens();
    registry.fault(Fault::hostile_text());
    let message = app(&registry).send().message();
    for mark in ['\u{1b}', '\u{7}', '\r', '\n', '\u{202e}'] {
        assert!(message.contains(mark), "{mark:?}");
    }
}

#[test]
fn the_token_service_fails_alone() {
    let registry = Registry::builder()
        .dialect(Dialect::DistributionToken)
        .own_token_origin(true)
        .user(User::new("alice", "s3cret").pull("team/*"))
        .start();
    registry.push_image("team/app", "1.0", &Image::new());
    let ask = || {
        let refused = app(&registry).send();
        let (realm, _) = challenge(refused.challenge());
        get(realm).basic("alice", "s3cret")
    };
    registry.fault(Fault::silent_accept().at(At::Token));
    assert_eq!(silence(ask()), "timed out");
    registry.mend();
    registry.fault(Fault::html_page().at(At::Token));
    assert!(ask().send().text().starts_with("<!DOCTYPE html>"));
    registry.mend();
    registry.fault(Fault::status(500).at(At::Token));
    assert_eq!(ask().send().status, 500);
    registry.mend();
    registry.fault(Fault::redirect_elsewhere("http://169.254.169.254").at(At::Token));
    assert_eq!(ask().send().status, 307);
    registry.mend();
    registry.fault(Fault::endless_body().at(At::Token));
    assert_eq!(silence(ask()), "timed out");
    registry.mend();
    assert_eq!(ask().send().status, 200);
    let origins: Vec<Origin> = registry
        .log()
        .iter()
        .map(|request| request.origin)
        .collect();
    assert!(origins.contains(&Origin::Token) && origins.contains(&Origin::Registry));
}

#[test]
fn a_realm_can_be_anything() {
    let closed = ClosedPort::new();
    for realm in [
        "http://169.254.169.254/latest/meta-data".to_owned(),
        format!("https://{}/token", closed.host()),
    ] {
        let registry = Registry::builder()
            .dialect(Dialect::DistributionToken)
            .realm(&realm)
            .start();
        let ping = get(format!("{}/v2/", registry.url())).send();
        assert_eq!(parameter(ping.challenge(), "realm"), Some(realm));
    }
    let refused = get(format!("http://{}/", closed.host())).try_send();
    let refused = refused.expect_err("nobody listens");
    assert!(refused.contains("refused"), "{refused}");
}

#[test]
fn blobs_can_live_on_another_host() {
    let registry = Registry::builder().blob_storage().start();
    registry.push_image("team/app", "1.0", &Image::new());
    let blob = registry.blobs("team/app")[0].clone();
    let url = format!("{}/v2/team/app/blobs/{blob}", registry.url());
    let redirect = get(&url).send();
    assert_eq!(redirect.status, 307);
    let location = redirect.header("location").expect("a location").to_owned();
    assert!(location.starts_with(registry.storage_url().expect("a storage")));
    assert!(location.contains("X-Amz-Signature="));
    assert_eq!(digest(&get(&location).send().body), blob);
    let both = get(&location).bearer("leaked").send();
    assert_eq!(
        both.status, 400,
        "Authorization beside a signature is an error"
    );
    assert!(both.text().contains("Only one auth mechanism allowed"));
    let leaked = registry
        .log()
        .into_iter()
        .filter(|request| request.origin == Origin::Storage);
    assert_eq!(
        leaked
            .filter(|request| request.authorization().is_some())
            .count(),
        1
    );
    registry.fault(Fault::answer(403, "application/xml", "<Error/>").at(At::Storage));
    assert_eq!(get(&location).send().status, 403);
    registry.mend();
    registry.remove_blob("team/app", &blob);
    assert_eq!(get(&location).send().status, 404);
    assert_eq!(get(&url).send().status, 404);

    let closed = ClosedPort::new();
    let away = Registry::builder()
        .blob_storage_at(&format!("http://{}", closed.host()))
        .start();
    away.push_image("team/app", "1.0", &Image::new());
    let redirect = get(format!("{}/v2/team/app/blobs/{blob}", away.url())).send();
    assert!(
        redirect
            .header("location")
            .expect("a location")
            .starts_with(&format!("http://{}", closed.host()))
    );
}

#[test]
fn the_log_has_what_was_sent_and_debug_output_hides_it() {
    let registry = with_tokens();
    let refused = app(&registry).send();
    ask_token(&refused, ALICE);
    let log = registry.log();
    assert_eq!(log.len(), 2);
    assert_eq!(log[0].target(), "/v2/team/app/manifests/1.0");
    assert_eq!((log[0].status, log[0].authorization()), (Some(401), None));
    assert_eq!(log[0].host, registry.host());
    assert!(!log[0].tls && !log[0].asks_for_token());
    assert!(log[1].asks_for_token());
    assert_eq!(log[1].authorization(), Some("Basic YWxpY2U6czNjcmV0"));
    assert_ne!(log[0].connection, log[1].connection);
    let shown = format!("{:?}", log[1]);
    assert!(
        shown.contains("(Basic)") && !shown.contains("YWxp"),
        "{shown}"
    );
    registry.clear_log();
    assert!(registry.log().is_empty());
}

#[test]
fn answers_can_be_late() {
    let registry = Registry::builder().delay(Duration::from_millis(40)).start();
    registry.fault(Fault::delay(Duration::from_millis(40)).at(At::Ping));
    let begun = Instant::now();
    assert_eq!(get(format!("{}/v2/", registry.url())).send().status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(80));
}

#[test]
fn a_document_can_be_served_beside_the_registry() {
    let registry = open();
    registry.serve_file("/ca.crt", "application/pkix-cert", b"\x30\x00");
    let file = get(format!("{}/ca.crt", registry.url())).send();
    assert_eq!(
        (file.status, file.body.as_slice()),
        (200, b"\x30\x00".as_slice())
    );
    assert_eq!(file.header("content-type"), Some("application/pkix-cert"));
}
