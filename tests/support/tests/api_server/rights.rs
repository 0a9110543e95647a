use extreg_test_support::api::{Api, Rule, User, make};
use extreg_test_support::cluster::LIMITED_TOKEN;
use serde_json::{Value, json};

use super::http::{Answer, on_every_cluster, patch, send};

fn api() -> Api {
    let api = Api::builder()
        .user(User::new("alice").token("alice-token").password("pw"))
        .user(User::new("ops").token("ops-token").group("system:masters"))
        .deny("alice", Rule::verb("list").on("secrets"))
        .start();
    api.add_namespace("shop");
    api
}

fn as_user(
    api: &Api,
    token: &str,
    method: &str,
    path: &str,
    extra: &[(&str, &str)],
    body: &Value,
) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    headers.extend_from_slice(extra);
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    send(api, method, path, &headers, &body)
}

fn alice(api: &Api, method: &str, path: &str) -> Answer {
    as_user(api, "alice-token", method, path, &[], &Value::Null)
}

#[test]
fn only_those_who_log_in_are_let_in() {
    let api = api();
    let refused = send(&api, "GET", "/api/v1/namespaces", &[], "").expect(401);
    assert_eq!(
        (&refused["reason"], &refused["message"]),
        (&json!("Unauthorized"), &json!("Unauthorized"))
    );
    assert_eq!(
        as_user(
            &api,
            "wrong",
            "GET",
            "/api/v1/namespaces",
            &[],
            &Value::Null
        )
        .status,
        401
    );
    assert_eq!(alice(&api, "GET", "/api/v1/namespaces").status, 200);
    assert_eq!(
        as_user(
            &api,
            &api.admin_token(),
            "GET",
            "/api/v1/secrets",
            &[],
            &Value::Null
        )
        .status,
        200
    );
    // alice:pw
    let basic = send(
        &api,
        "GET",
        "/api/v1/namespaces",
        &[("authorization", "Basic YWxpY2U6cHc=")],
        "",
    );
    assert_eq!(basic.status, 200);
    let wrong = send(
        &api,
        "GET",
        "/api/v1/namespaces",
        &[("authorization", "Basic YWxpY2U6eA==")],
        "",
    );
    assert_eq!(wrong.status, 401);
    assert_eq!(send(&api, "GET", "/version", &[], "").status, 200);
    // Without users everybody is the administrator, but a made-up token is still refused.
    let open = Api::start();
    assert_eq!(send(&open, "GET", "/api/v1/secrets", &[], "").status, 200);
    assert_eq!(
        as_user(
            &open,
            "made-up",
            "GET",
            "/api/v1/secrets",
            &[],
            &Value::Null
        )
        .status,
        401
    );
}

#[test]
fn refusals_name_verb_resource_and_place() {
    let api = api();
    let refused = alice(&api, "GET", "/api/v1/namespaces/shop/secrets").expect(403);
    assert_eq!(
        refused["message"],
        "secrets is forbidden: User \"alice\" cannot list resource \"secrets\" in API group \"\" in the namespace \"shop\""
    );
    assert_eq!(
        (&refused["reason"], &refused["details"]),
        (&json!("Forbidden"), &json!({"kind": "secrets"}))
    );
    assert_eq!(
        alice(&api, "GET", "/api/v1/secrets").refused(403),
        "secrets is forbidden: User \"alice\" cannot list resource \"secrets\" in API group \"\" at the cluster scope"
    );
    api.deny(
        "alice",
        Rule::verb("get").on("deployments.apps").within("shop"),
    );
    assert_eq!(
        alice(&api, "GET", "/apis/apps/v1/namespaces/shop/deployments/web").refused(403),
        "deployments.apps \"web\" is forbidden: User \"alice\" cannot get resource \"deployments\" in API group \
         \"apps\" in the namespace \"shop\""
    );
    assert_eq!(
        alice(
            &api,
            "GET",
            "/apis/apps/v1/namespaces/default/deployments/web"
        )
        .status,
        404
    );
    api.deny("alice", Rule::verb("get").on("pods/log"));
    assert!(
        alice(&api, "GET", "/api/v1/namespaces/shop/pods/web/log")
            .refused(403)
            .contains("resource \"pods/log\"")
    );
    // A list limited to one name is refused as that object.
    assert!(
        alice(
            &api,
            "GET",
            "/api/v1/namespaces/shop/secrets?fieldSelector=metadata.name%3Dx"
        )
        .refused(403)
        .starts_with("secrets \"x\" is forbidden")
    );
    api.forget_rules("alice");
    assert_eq!(
        alice(&api, "GET", "/api/v1/namespaces/shop/secrets").status,
        200
    );
}

#[test]
fn both_servers_refuse_and_review_in_the_same_words() {
    on_every_cluster(|api| {
        let ns = &api.ns;
        let limited = |method: &str, path: &str, body: &Value| {
            let bearer = format!("Bearer {LIMITED_TOKEN}");
            let headers = [
                ("authorization", bearer.as_str()),
                ("content-type", "application/json"),
            ];
            send(&api, method, path, &headers, &body.to_string())
        };
        let may = |verb: &str, group: &str, resource: &str| {
            let attributes =
                json!({"verb": verb, "group": group, "resource": resource, "namespace": ns});
            let review = json!({
                "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                "spec": {"resourceAttributes": attributes},
            });
            let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
            limited("POST", path, &review).expect(201)["status"]["allowed"].clone()
        };
        assert_eq!(may("list", "", "secrets"), false);
        assert_eq!(
            limited("GET", &api.core("secrets"), &json!({})).expect(403)["message"],
            format!(
                "secrets is forbidden: User \"limited\" cannot list resource \"secrets\" in API group \"\" in the \
                 namespace \"{ns}\""
            )
        );
        assert_eq!(
            limited("GET", &api.apps("deployments/web"), &json!({})).expect(403)["message"],
            format!(
                "deployments.apps \"web\" is forbidden: User \"limited\" cannot get resource \"deployments\" in API \
                 group \"apps\" in the namespace \"{ns}\""
            )
        );
        api.cluster.grant(ns, &["get", "list"], "secrets");
        api.cluster.grant(ns, &["get"], "deployments.apps");
        // The real server learns of new roles through a watch.
        while may("get", "apps", "deployments") != true || may("list", "", "secrets") != true {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert_eq!(limited("GET", &api.core("secrets"), &json!({})).status, 200);
        assert_eq!(
            limited("GET", &api.apps("deployments/web"), &json!({})).status,
            404
        );
        assert_eq!(may("create", "", "secrets"), false);
        assert_eq!(limited("GET", "/api/v1/secrets", &json!({})).status, 403);
        let unknown = [("authorization", "Bearer nobody")];
        assert_eq!(
            send(&api, "GET", &api.core("secrets"), &unknown, "").refused(401),
            "Unauthorized"
        );
    });
}

#[test]
fn an_allow_list_allows_nothing_else() {
    let api = api();
    api.allow(
        "alice",
        Rule::verbs(&["get", "list"]).on("secrets").within("shop"),
    );
    api.allow(
        "alice",
        Rule::verbs(&["patch"])
            .on("serviceaccounts")
            .within("shop")
            .named("default"),
    );
    let account = "/api/v1/namespaces/shop/serviceaccounts";
    let change = |name: &str| {
        let headers = [
            ("authorization", "Bearer alice-token"),
            ("content-type", "application/merge-patch+json"),
        ];
        send(&api, "PATCH", &format!("{account}/{name}"), &headers, "{}").status
    };
    assert_eq!(
        alice(&api, "GET", "/api/v1/namespaces/shop/secrets/x").status,
        404
    );
    assert_eq!(
        alice(&api, "GET", "/api/v1/namespaces/shop/secrets").status,
        403,
        "deny wins over allow"
    );
    assert_eq!(change("default"), 200);
    assert_eq!(change("builder"), 403);
    assert_eq!(alice(&api, "GET", account).status, 403);
    // Apply that would create needs the right to create.
    api.allow("alice", Rule::verb("patch").on("configmaps"));
    let headers = [
        ("authorization", "Bearer alice-token"),
        ("content-type", "application/apply-patch+yaml"),
    ];
    let body = make::config_map("shop", "fresh", &json!({})).to_string();
    let path = "/api/v1/namespaces/shop/configmaps/fresh?fieldManager=me";
    assert!(
        send(&api, "PATCH", path, &headers, &body)
            .refused(403)
            .contains("cannot create resource \"configmaps\"")
    );
}

#[test]
fn reviews_answer_by_the_same_rules() {
    let api = api();
    let ask = |token: &str, verb: &str, resource: &str, namespace: &str| {
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {"verb": verb, "resource": resource, "namespace": namespace}},
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        as_user(&api, token, "POST", path, &[], &body).expect(201)["status"]["allowed"].clone()
    };
    assert_eq!(ask("alice-token", "list", "secrets", "shop"), false);
    assert_eq!(ask("alice-token", "get", "secrets", "shop"), true);
    assert_eq!(ask("ops-token", "list", "secrets", ""), true);
    let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let me = as_user(&api, "alice-token", "POST", path, &[], &body).expect(201);
    assert_eq!(
        me["status"]["userInfo"],
        json!({"username": "alice", "groups": ["system:authenticated"]})
    );
    // Reviews are no writes.
    assert!(api.writes().is_empty(), "{:?}", api.writes());
}

#[test]
fn impersonation_is_honoured_checked_and_recorded() {
    let api = api();
    api.deny("team", Rule::verb("get").on("configmaps"));
    let acting = [("impersonate-user", "bob"), ("impersonate-group", "team")];
    let path = "/api/v1/namespaces/shop/configmaps/x";
    let refused = as_user(&api, "ops-token", "GET", path, &acting, &Value::Null).refused(403);
    assert!(
        refused.contains("User \"bob\" cannot get resource \"configmaps\""),
        "{refused}"
    );
    let last = api.requests().pop().unwrap();
    assert_eq!(
        (last.user.as_str(), last.impersonator.as_deref()),
        ("bob", Some("ops"))
    );
    assert_eq!(
        as_user(&api, "alice-token", "GET", path, &acting, &Value::Null).refused(403),
        "users \"bob\" is forbidden: User \"alice\" cannot impersonate resource \"users\" in API group \"\" at the \
         cluster scope"
    );
    let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let robot = [("impersonate-user", "system:serviceaccount:shop:robot")];
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let me = as_user(&api, "ops-token", "POST", path, &robot, &body).expect(201);
    assert_eq!(
        me["status"]["userInfo"]["groups"],
        json!([
            "system:serviceaccounts",
            "system:serviceaccounts:shop",
            "system:authenticated"
        ])
    );
}

#[test]
fn the_log_has_what_was_sent() {
    let api = Api::start();
    let path = "/api/v1/namespaces/default/secrets";
    let secret = make::docker_secret("default", "pull", "registry.example.com", "robot", "canary");
    send(
        &api,
        "POST",
        &format!("{path}?fieldManager=me"),
        &[
            ("user-agent", "tool/1"),
            ("content-type", "application/json"),
        ],
        &secret.to_string(),
    )
    .expect(201);
    send(
        &api,
        "POST",
        &format!("{path}?dryRun=All"),
        &[("content-type", "application/json")],
        &secret.to_string(),
    );
    send(&api, "GET", path, &[], "");
    patch(&api, "merge", &format!("{path}/none"), &json!({}));
    let log = api.requests();
    let line: Vec<(&str, u16)> = log
        .iter()
        .map(|one| (one.method.as_str(), one.status))
        .collect();
    assert_eq!(
        line,
        [("POST", 201), ("POST", 409), ("GET", 200), ("PATCH", 404)]
    );
    assert_eq!(
        (log[0].user_agent(), log[0].path.as_str()),
        ("tool/1", path)
    );
    assert_eq!(log[0].parameter("fieldManager").as_deref(), Some("me"));
    assert_eq!(log[0].json().unwrap()["metadata"]["name"], "pull");
    assert_eq!(
        api.writes().len(),
        2,
        "a dry run is no write, a refused patch is one"
    );
    assert!(!log[2].mentions("registry.example.com"));
    let coded = make::docker_config_secret("default", "x", r#"{"canary": 1}"#);
    send(
        &api,
        "POST",
        path,
        &[("content-type", "application/json")],
        &coded.to_string(),
    )
    .expect(201);
    assert!(
        api.requests().last().unwrap().mentions(r#"{"canary": 1}"#),
        "base64 is seen through"
    );
    api.clear_requests();
    assert!(api.requests().is_empty());
}
