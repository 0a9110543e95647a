use std::time::{Duration, Instant};

use extreg_test_support::api::{Api, Fault, make};
use serde_json::json;

use super::http::{get, patch, put, try_send};

const ACCOUNT: &str = "/api/v1/namespaces/default/serviceaccounts/default";

#[test]
fn another_writer_comes_between_as_often_as_ordered() {
    let api = Api::start();
    api.fault(
        Fault::conflict()
            .on_path("/serviceaccounts/default")
            .times(2),
    );
    let mut tries = 0;
    loop {
        tries += 1;
        let mut account = get(&api, ACCOUNT).expect(200);
        account["imagePullSecrets"] = json!([{"name": "mine"}]);
        let answer = put(&api, ACCOUNT, &account);
        if answer.status == 200 {
            break;
        }
        assert!(answer.refused(409).contains("the object has been modified"));
    }
    assert_eq!(tries, 3);
    let account = api.get("serviceaccounts", "default", "default").unwrap();
    assert_eq!(
        account["metadata"]["annotations"]["example.com/other-writer"],
        "2"
    );
}

#[test]
fn the_other_writer_may_do_what_matters() {
    let api = Api::start();
    let fault =
        Fault::other_writer(|account| account["imagePullSecrets"] = json!([{"name": "theirs"}]));
    api.fault(fault.on_path("/serviceaccounts/default").times(1));
    // A patch without a version does not notice, as on a real server.
    let stored = patch(
        &api,
        "merge",
        ACCOUNT,
        &json!({"imagePullSecrets": [{"name": "mine"}]}),
    )
    .expect(200);
    assert_eq!(stored["imagePullSecrets"], json!([{"name": "mine"}]));
    api.fault(
        Fault::other_writer(|account| account["imagePullSecrets"] = json!([{"name": "theirs"}]))
            .times(1),
    );
    let guarded = json!([
        {"op": "test", "path": "/imagePullSecrets", "value": [{"name": "mine"}]},
        {"op": "add", "path": "/imagePullSecrets/-", "value": {"name": "more"}},
    ]);
    assert_eq!(patch(&api, "json", ACCOUNT, &guarded).status, 422);
}

#[test]
fn too_many_requests_with_retry_after() {
    let api = Api::start();
    api.fault(Fault::too_many_requests(7).on_methods(&["GET"]).times(1));
    let refused = get(&api, ACCOUNT);
    assert_eq!(refused.headers("retry-after"), ["7"]);
    let refused = refused.expect(429);
    assert_eq!(
        (&refused["reason"], &refused["details"]),
        (&json!("TooManyRequests"), &json!({"retryAfterSeconds": 7}))
    );
    assert_eq!(get(&api, ACCOUNT).status, 200);
}

#[test]
fn unavailable_slow_dropped_and_scripted() {
    let api = Api::start();
    api.fault(Fault::status(503).times(1));
    assert_eq!(
        get(&api, ACCOUNT).refused(503),
        "the server is currently unable to handle the request"
    );
    api.fault(Fault::status(504).times(1));
    assert_eq!(get(&api, ACCOUNT).expect(504)["reason"], "Timeout");
    api.fault(Fault::delay(Duration::from_millis(300)).times(1));
    let start = Instant::now();
    assert_eq!(get(&api, ACCOUNT).status, 200);
    assert!(start.elapsed() >= Duration::from_millis(300));
    api.fault(Fault::drop_connection().times(1));
    assert!(try_send(&api, "GET", ACCOUNT, &[], "").is_none());
    assert_eq!(api.requests().last().unwrap().status, 0);
    api.fault(Fault::answer(418, json!({"any": "thing"})).on_path("/teapots"));
    assert_eq!(
        get(&api, "/apis/example.com/v1/teapots").expect(418),
        json!({"any": "thing"})
    );
    api.clear_faults();
    assert_eq!(get(&api, "/apis/example.com/v1/teapots").status, 404);
}

#[test]
fn a_slow_answer_does_not_hold_up_others() {
    let api = Api::start();
    api.fault(Fault::delay(Duration::from_secs(600)).on_path("/serviceaccounts/default"));
    let address = api.address();
    let waiting = std::net::TcpStream::connect(address).unwrap();
    std::io::Write::write_all(
        &mut &waiting,
        format!("GET {ACCOUNT} HTTP/1.1\r\nhost: t\r\n\r\n").as_bytes(),
    )
    .unwrap();
    assert!(api.wait_for_requests(1));
    assert_eq!(get(&api, "/version").status, 200);
}

#[test]
fn warnings_are_sent_along() {
    let api = Api::start();
    api.fault(Fault::warn("use \"apps/v1\" instead").on_methods(&["PATCH"]));
    let answer = patch(&api, "merge", ACCOUNT, &json!({}));
    assert_eq!(
        answer.headers("warning"),
        ["299 - \"use \\\"apps/v1\\\" instead\""]
    );
    assert_eq!(answer.status, 200);
    assert!(get(&api, ACCOUNT).headers("warning").is_empty());
}

#[test]
fn twenty_writers_at_once_lose_nothing_when_they_retry() {
    let api = Api::start();
    std::thread::scope(|scope| {
        for index in 0..20 {
            let api = &api;
            scope.spawn(move || {
                loop {
                    let mut account = get(api, ACCOUNT).expect(200);
                    let mut secrets = account["imagePullSecrets"]
                        .as_array()
                        .cloned()
                        .unwrap_or_default();
                    secrets.push(json!({"name": format!("s{index}")}));
                    account["imagePullSecrets"] = secrets.into();
                    if put(api, ACCOUNT, &account).status == 200 {
                        break;
                    }
                }
            });
        }
    });
    let account = api.get("serviceaccounts", "default", "default").unwrap();
    assert_eq!(account["imagePullSecrets"].as_array().unwrap().len(), 20);
}

#[test]
fn helpers_are_no_requests() {
    let api = Api::start();
    api.fault(Fault::status(503));
    api.create(make::config_map("default", "one", &json!({})));
    assert!(api.get("configmaps", "default", "one").is_some());
    assert!(api.requests().is_empty());
}
