use extreg_test_support::api::{Api, Flavor, make};
use serde_json::{Value, json};

use super::http::{get, on_every_cluster, patch, post, put, send};

fn secret(kind: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": kind, "data": data})
}

#[test]
fn docker_secrets_need_their_key_and_json_in_it() {
    on_every_cluster(|api| {
        let secrets = api.core("secrets");
        for (kind, key) in [
            ("kubernetes.io/dockerconfigjson", ".dockerconfigjson"),
            ("kubernetes.io/dockercfg", ".dockercfg"),
        ] {
            let refused = post(&api, &secrets, &secret(kind, &json!({}))).expect(422);
            assert_eq!(
                refused["message"],
                format!("Secret \"s\" is invalid: data[{key}]: Required value")
            );
            assert_eq!(
                refused["details"]["causes"],
                json!([{"reason": "FieldValueRequired", "message": "Required value", "field": format!("data[{key}]")}])
            );
            // "x" is no JSON.
            let refused =
                post(&api, &secrets, &secret(kind, &json!({ (key): "eA==" }))).refused(422);
            assert_eq!(
                refused,
                format!(
                    "Secret \"s\" is invalid: data[{key}]: Invalid value: \"<secret contents redacted>\": invalid \
                 character 'x' looking for beginning of value"
                )
            );
        }
        // The content of one form in the other is JSON, and so it is taken.
        let text =
            make::dockercfg_secret(&api.ns, "s", "r.example.com", "u", "p")["data"][".dockercfg"]
                .clone();
        post(
            &api,
            &secrets,
            &secret(
                "kubernetes.io/dockerconfigjson",
                &json!({".dockerconfigjson": text}),
            ),
        )
        .expect(201);
    });
}

#[test]
fn bad_base64_is_refused_in_go_words() {
    on_every_cluster(|api| {
        let secrets = api.core("secrets");
        let refused = post(&api, &secrets, &secret("Opaque", &json!({"a": "%%%"}))).refused(400);
        assert_eq!(
            refused,
            "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte 0"
        );
    });
}

#[test]
fn string_data_is_folded_in_and_the_type_defaults() {
    on_every_cluster(|api| {
        let secrets = api.core("secrets");
        let body = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "MQ==", "b": "MQ=="},
            "stringData": {"a": "2"},
        });
        let stored = post(&api, &secrets, &body).expect(201);
        assert_eq!(stored["data"], json!({"a": "Mg==", "b": "MQ=="}));
        assert_eq!(stored["type"], "Opaque");
        assert!(stored.get("stringData").is_none());
    });
}

#[test]
fn types_are_immutable_and_so_are_immutable_secrets() {
    on_every_cluster(|api| {
        let secrets = api.core("secrets");
        let stored = post(&api, &secrets, &secret("Opaque", &json!({"a": "MQ=="}))).expect(201);
        let path = format!("{secrets}/s");
        let refused =
            patch(&api, "merge", &path, &json!({"type": "example.com/other"})).refused(422);
        assert_eq!(
            refused,
            "Secret \"s\" is invalid: type: Invalid value: \"example.com/other\": field is immutable"
        );
        // A PUT without a type keeps the old one.
        let mut untyped = stored;
        untyped.as_object_mut().unwrap().remove("type");
        untyped["data"]["a"] = "Mg==".into();
        assert_eq!(put(&api, &path, &untyped).expect(200)["type"], "Opaque");
        patch(&api, "merge", &path, &json!({"immutable": true})).expect(200);
        let refused = patch(&api, "merge", &path, &json!({"data": {"a": "Mw=="}})).refused(422);
        assert_eq!(
            refused,
            "Secret \"s\" is invalid: data: Forbidden: field is immutable when `immutable` is set"
        );
        assert_eq!(
            patch(&api, "merge", &path, &json!({"immutable": false})).status,
            422
        );
        patch(
            &api,
            "merge",
            &path,
            &json!({"metadata": {"labels": {"a": "b"}}}),
        )
        .expect(200);
    });
}

#[test]
fn names_follow_rfc_1123() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        let named = |name: &str| {
            let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
            post(&api, &maps, &body)
        };
        assert_eq!(
            named("Bad_Name").refused(422),
            "ConfigMap \"Bad_Name\" is invalid: metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 \
         subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an \
         alphanumeric character (e.g. 'example.com', regex used for validation is \
         '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        );
        assert!(
            named(&"a".repeat(254))
                .refused(422)
                .contains("must be no more than 253")
        );
        assert_eq!(named("registry.example.com").status, 201);
        assert!(
            named("")
                .refused(422)
                .contains("metadata.name: Required value: name or generateName is required")
        );
        let namespace = post(&api, "/api/v1/namespaces", &make::namespace("a.b")).refused(422);
        assert!(namespace.contains("must not contain dots"), "{namespace}");
    });
}

#[test]
fn labels_are_checked() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        let mut map = make::config_map(&api.ns, "one", &json!({}));
        map["metadata"]["labels"] = json!({"app": "registry.example.com:5000"});
        let refused = post(&api, &maps, &map).refused(422);
        assert!(
            refused.contains(
                "metadata.labels: Invalid value: \"registry.example.com:5000\": a valid label"
            ),
            "{refused}"
        );
        map["metadata"]["labels"] = json!({"bad key": "x"});
        assert!(
            post(&api, &maps, &map)
                .refused(422)
                .contains("name part must consist of")
        );
        map["metadata"]["labels"] = json!({"example.com/key": ""});
        map["metadata"]["annotations"] = json!({"example.com/key": "anything: at all"});
        post(&api, &maps, &map).expect(201);
    });
}

#[test]
fn config_map_keys_take_no_colon() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        let refused = post(
            &api,
            &maps,
            &make::config_map(&api.ns, "ca", &json!({"r.example.com:5000": "PEM"})),
        )
        .refused(422);
        assert_eq!(
            refused,
            "ConfigMap \"ca\" is invalid: data[r.example.com:5000]: Invalid value: \"r.example.com:5000\": a valid \
         config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or \
         'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
        );
        post(
            &api,
            &maps,
            &make::config_map(&api.ns, "ca", &json!({"r.example.com..5000": "PEM"})),
        )
        .expect(201);
    });
}

#[test]
fn a_mebibyte_is_the_limit() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        let text = "x".repeat(1024 * 1024);
        post(
            &api,
            &maps,
            &make::config_map(&api.ns, "fits", &json!({"a": text})),
        )
        .expect(201);
        let refused = post(
            &api,
            &maps,
            &make::config_map(&api.ns, "big", &json!({"a": text, "b": "x"})),
        )
        .refused(422);
        assert!(
            refused.contains("Too long: may not be more than 1048576 bytes"),
            "{refused}"
        );
        let huge = "x".repeat(3 * 1024 * 1024);
        let refused = post(
            &api,
            &maps,
            &make::config_map(&api.ns, "huge", &json!({"a": huge})),
        );
        assert_eq!(refused.status, 413);
    });
}

#[test]
fn unknown_and_duplicate_fields_on_create() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        let mut map = make::config_map(&api.ns, "one", &json!({"a": "1"}));
        map["dat"] = json!({});
        map["metadata"]["label"] = json!({});
        let strict = post(&api, &format!("{maps}?fieldValidation=Strict"), &map).refused(400);
        assert_eq!(
            strict,
            "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: unknown field \
         \"metadata.label\", unknown field \"dat\""
        );
        let warned = post(&api, &maps, &map);
        assert_eq!(warned.headers("warning").len(), 2);
        assert!(warned.expect(201).get("dat").is_none());
        let body = r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "two"}, "data": {"a": "1", "a": "2"}}"#;
        let strict = send(
            &api,
            "POST",
            &format!("{maps}?fieldValidation=Strict"),
            &[("content-type", "application/json")],
            body,
        );
        assert!(
            strict
                .refused(400)
                .contains("strict decoding error: duplicate field \"data.a\"")
        );
        let refused = post(&api, &format!("{maps}?fieldValidation=Sometimes"), &map).refused(422);
        assert!(
            refused.contains("fieldValidation: Unsupported value: \"Sometimes\""),
            "{refused}"
        );
        let refused = send(
            &api,
            "POST",
            &maps,
            &[("content-type", "application/json")],
            "{",
        );
        assert!(
            refused
                .refused(400)
                .contains("the object provided is unrecognized (must be of type ConfigMap)")
        );
    });
}

#[test]
fn wrong_types_are_refused_in_go_words() {
    let api = Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.18.12".into(),
        })
        .start();
    let mut stream = make::image_stream("default", "app", "1", "registry.example.com/app:1");
    stream["spec"]["tags"][0]["importPolicy"] = json!({"insecure": "true"});
    let refused = post(
        &api,
        "/apis/image.openshift.io/v1/namespaces/default/imagestreams",
        &stream,
    )
    .refused(400);
    assert!(refused.starts_with("ImageStream in version \"v1\" cannot be handled as a ImageStream: json: cannot unmarshal string into Go struct field TagImportPolicy.spec.tags"), "{refused}");
    assert!(
        refused.ends_with("importPolicy.insecure of type bool"),
        "{refused}"
    );
}

#[test]
fn selectors_of_workloads_match_and_stay() {
    on_every_cluster(|api| {
        let path = &api.apps("deployments");
        let mut web = make::deployment(&api.ns, "web", "registry.example.com/web:1");
        web["spec"]["selector"] = json!({"matchLabels": {"app": "other"}});
        let refused = post(&api, path, &web).refused(422);
        assert!(
            refused.contains("`selector` does not match template `labels`"),
            "{refused}"
        );
        api.create(make::deployment(
            &api.ns,
            "web",
            "registry.example.com/web:1",
        ));
        let change = json!({"spec": {"selector": {"matchLabels": {"app": "web", "more": "x"}}, "template": {"metadata": {"labels": {"more": "x"}}}}});
        let refused = patch(&api, "merge", &format!("{path}/web"), &change).refused(422);
        assert!(
            refused.contains("spec.selector: Invalid value:")
                && refused.contains("field is immutable"),
            "{refused}"
        );
        assert!(
            refused.starts_with("Deployment.apps \"web\" is invalid"),
            "{refused}"
        );
    });
}

#[test]
fn a_pod_takes_a_new_image_and_no_new_pull_secret() {
    on_every_cluster(|api| {
        api.create(make::pod(&api.ns, "web", "registry.example.com/web:1"));
        let path = &api.core("pods/web");
        let image = json!([{"op": "replace", "path": "/spec/containers/0/image", "value": "registry.example.com/web:2"}]);
        patch(&api, "json", path, &image).expect(200);
        let secret = json!({"spec": {"imagePullSecrets": [{"name": "late"}]}});
        let refused = patch(&api, "merge", path, &secret).refused(422);
        assert!(
            refused.contains("pod updates may not change fields other than"),
            "{refused}"
        );
        assert_eq!(
            get(&api, path).expect(200)["spec"]["containers"][0]["image"],
            "registry.example.com/web:2"
        );
    });
}

#[test]
fn allowed_and_blocked_registries_exclude_each_other() {
    let api = Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.18.12".into(),
        })
        .start();
    let body = json!({"spec": {"registrySources": {"allowedRegistries": ["a"], "blockedRegistries": ["b"]}}});
    let refused = patch(
        &api,
        "merge",
        "/apis/config.openshift.io/v1/images/cluster",
        &body,
    )
    .refused(422);
    assert!(
        refused.contains("Only one of blockedRegistries or allowedRegistries may be set"),
        "{refused}"
    );
}
