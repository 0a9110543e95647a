use super::*;
use crate::model::certificate::Fingerprint;
use crate::plan::after;
use crate::plan::node_effects::{PlatformChange, changes_of};

const REG: &str = "registry.example.com:5000";
const KEY: &str = "registry.example.com..5000";

fn certificate(at: usize) -> Certificate {
    Certificate::read(webpki_root_certs::TLS_SERVER_ROOT_CERTS[at].as_ref())
}

fn pem_of(at: usize) -> String {
    pem::encode(certificate(at).der())
}

fn config(scope: Scope, reference: Value) -> Object {
    let field = scope.field().trim_start_matches("/spec/");
    let mut config = json!({
        "apiVersion": "config.openshift.io/v1", "kind": scope.kind().kind, "metadata": {"name": "cluster"},
        "spec": {"kept": true},
    });
    config["spec"][field] = reference;
    Object::new(config)
}

fn view(scope: Scope, reference: Value, map: Option<Value>) -> TrustView {
    let config = config(scope, reference);
    let name = scope
        .named(&config)
        .unwrap_or(scope.default_map())
        .to_owned();
    TrustView {
        scope,
        map: kinds::CONFIG_MAP.object(Some(NAMESPACE), &name),
        seen: map.map(Object::new),
        config,
    }
}

fn foreign(name: &str, data: Value) -> Value {
    let mut map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": NAMESPACE}});
    map["data"] = data;
    map
}

fn ours(name: &str, data: Value) -> Value {
    let mut map = new_map(name);
    map["data"] = data;
    map
}

fn marked(at: usize) -> String {
    format!("# kubectl-extreg: {REG}\n{}", pem_of(at))
}

/// The objects as they would be, by their printed names.
fn results(plan: &Plan) -> Vec<(String, Option<Value>)> {
    after::after(plan)
        .expect("edits that fit")
        .into_iter()
        .map(|(object, after)| (object.to_string(), after.map(Object::into_value)))
        .collect()
}

fn order(plan: &Plan) -> Vec<&str> {
    plan.changes
        .iter()
        .map(|change| change.object.kind.kind)
        .collect()
}

#[test]
fn a_new_config_map_is_made_before_it_is_named() {
    for reference in [json!(null), json!({"name": ""})] {
        let plan = add(
            &view(Scope::Registry, reference, None),
            REG,
            &[certificate(0)],
            false,
        )
        .expect("a plan");
        assert_eq!(order(&plan), ["ConfigMap", "Image"]);
        assert!(plan.is_ordered());
        let results = results(&plan);
        let map = results[0].1.as_ref().expect("a map");
        assert_eq!(map["metadata"]["name"], "extreg-registry-cas");
        assert_eq!(map["data"], json!({KEY: marked(0)}));
        assert!(is_ours(&Object::new(map.clone())));
        let config = results[1].1.as_ref().expect("a config");
        assert_eq!(
            config["spec"],
            json!({"additionalTrustedCA": {"name": "extreg-registry-cas"}, "kept": true})
        );
    }
}

#[test]
fn the_one_that_is_named_is_edited_in_its_key_only() {
    let map = foreign("corp", json!({"quay.io": pem_of(1), KEY: pem_of(2)}));
    let view = view(Scope::Registry, json!({"name": "corp"}), Some(map.clone()));
    let plan = add(&view, REG, &[certificate(0), certificate(2)], false).expect("a plan");
    let results = results(&plan);
    let mut wanted = map;
    wanted["data"][KEY] = json!(format!("{}{}", pem_of(2), marked(0)));
    assert_eq!(
        results[0].1,
        Some(wanted),
        "no label, no annotation, no other key"
    );
    assert_eq!(results[1].1.as_ref(), Some(view.config.value()));
}

#[test]
fn a_named_one_that_is_not_there_is_made_and_said() {
    let plan = add(
        &view(Scope::Registry, json!({"name": "lost"}), None),
        REG,
        &[certificate(0)],
        false,
    )
    .expect("a plan");
    assert!(
        plan.notes[0].contains("does not exist: it is made"),
        "{:?}",
        plan.notes
    );
    let results = results(&plan);
    assert_eq!(results[0].0, "configmap/lost");
}

#[test]
fn a_foreign_one_of_that_name_is_not_taken_over() {
    let map = foreign("extreg-registry-cas", json!({}));
    let view = view(Scope::Registry, json!(null), Some(map));
    assert!(matches!(
        add(&view, REG, &[certificate(0)], false),
        Err(TrustRefusal::Foreign { .. })
    ));
}

#[test]
fn the_proxy_names_the_installers_bundle_when_it_names_none() {
    let map = foreign(USER_CA_BUNDLE, json!({BUNDLE_KEY: pem_of(1)}));
    let plan = add(
        &view(Scope::Cluster, json!({"name": ""}), Some(map)),
        REG,
        &[certificate(0)],
        false,
    )
    .expect("a plan");
    assert_eq!(order(&plan), ["ConfigMap", "Proxy"]);
    let results = results(&plan);
    assert_eq!(
        results[0].1.as_ref().expect("a map")["data"][BUNDLE_KEY],
        format!("{}{}", pem_of(1), marked(0))
    );
    assert_eq!(
        results[1].1.as_ref().expect("a proxy")["spec"]["trustedCA"],
        json!({"name": USER_CA_BUNDLE})
    );
}

#[test]
fn malformed_bundles_are_refused_with_their_lines_or_mended() {
    let glued = format!("{}{}", pem_of(1).trim_end(), pem_of(2));
    let view = view(
        Scope::Registry,
        json!({"name": "corp"}),
        Some(foreign("corp", json!({KEY: glued}))),
    );
    let words = add(&view, REG, &[certificate(0)], false)
        .expect_err("malformed")
        .to_string();
    assert!(
        words.contains("configmap/corp") && words.contains("line "),
        "{words}"
    );
    let plan = add(&view, REG, &[certificate(0)], true).expect("a plan");
    assert!(
        plan.notes[0].contains("is mended: line "),
        "{:?}",
        plan.notes
    );
    let results = results(&plan);
    let text = results[0].1.as_ref().expect("a map")["data"][KEY]
        .as_str()
        .expect("text");
    assert_eq!(bundle::blocks(text).len(), 3);
}

#[test]
fn keys_that_were_meant_for_it_are_named() {
    let map = foreign(
        "corp",
        json!({"registry.example.com.5000": pem_of(1), "registry.example.com": pem_of(1)}),
    );
    let view = view(Scope::Registry, json!({"name": "corp"}), Some(map));
    let plan = add(&view, REG, &[certificate(0)], false).expect("a plan");
    assert_eq!(
        plan.notes.len(),
        1,
        "another port is another registry: {:?}",
        plan.notes
    );
    assert!(plan.notes[0].contains("\"registry.example.com.5000\""));
}

#[test]
fn the_last_certificate_takes_reference_and_config_map_with_it() {
    let name = Scope::Registry.default_map();
    let view = view(
        Scope::Registry,
        json!({"name": name}),
        Some(ours(name, json!({KEY: marked(0)}))),
    );
    let plan = remove(&view, REG, None).expect("a plan");
    assert_eq!(
        order(&plan),
        ["Image", "ConfigMap"],
        "the reference goes first"
    );
    let results = results(&plan);
    assert_eq!(
        results[0].1.as_ref().expect("a config")["spec"],
        json!({"kept": true})
    );
    assert_eq!(results[1].1, None);
}

#[test]
fn what_others_put_there_keeps_reference_and_config_map() {
    let name = Scope::Registry.default_map();
    for data in [
        json!({KEY: marked(0), "quay.io": pem_of(1)}),
        json!({KEY: format!("{}{}", marked(0), pem_of(1))}),
    ] {
        let view = view(
            Scope::Registry,
            json!({"name": name}),
            Some(ours(name, data)),
        );
        let plan = remove(&view, REG, None).expect("a plan");
        assert_eq!(order(&plan), ["ConfigMap"]);
        let results = results(&plan);
        let left = results[0].1.as_ref().expect("a map")["data"].to_string();
        assert!(
            left.contains("BEGIN") && !left.contains("kubectl-extreg"),
            "{left}"
        );
    }
    // A foreign ConfigMap stays, empty, and named.
    let view = view(
        Scope::Registry,
        json!({"name": "corp"}),
        Some(foreign("corp", json!({KEY: marked(0)}))),
    );
    let plan = remove(&view, REG, None).expect("a plan");
    let results = results(&plan);
    assert_eq!(results.len(), 1);
    let left = results[0].1.as_ref().expect("a map");
    assert!(left.get("data").is_none(), "our key is gone: {left}");
}

#[test]
fn only_what_is_named_goes() {
    let two = format!("{}{}{}", marked(0), marked(1), pem_of(2));
    let view = view(
        Scope::Registry,
        json!({"name": "corp"}),
        Some(foreign("corp", json!({KEY: two}))),
    );
    let left = |fingerprints: Option<&[Fingerprint]>| -> Vec<Certificate> {
        let plan = remove(&view, REG, fingerprints).expect("a plan");
        let results = results(&plan);
        let map = results.first().and_then(|(_, map)| map.as_ref());
        let map = map
            .or(view.seen.as_ref().map(Object::value))
            .expect("a map");
        bundle::blocks(map["data"][KEY].as_str().expect("text"))
            .into_iter()
            .map(|block| block.certificate)
            .collect()
    };
    let print = |at| certificate(at).fingerprint();
    assert_eq!(left(None), [certificate(2)]);
    assert_eq!(left(Some(&[print(0)])), [certificate(1), certificate(2)]);
    assert_eq!(left(Some(&[print(2)])), [certificate(0), certificate(1)]);
    assert_eq!(left(Some(&[print(5)])).len(), 3);
    let plan = remove(&view, REG, Some(&[print(5)])).expect("a plan");
    assert!(plan.changes.is_empty() && plan.notes[0].contains("no certificate with SHA-256"));
}

#[test]
fn nothing_of_ours_is_said() {
    let map = foreign("corp", json!({KEY: pem_of(2)}));
    for (map, words) in [
        (Some(map), "nothing there was put in for"),
        (Some(foreign("corp", json!({}))), "has no key"),
        (None, "has no key"),
    ] {
        let plan = remove(
            &view(Scope::Registry, json!({"name": "corp"}), map),
            REG,
            None,
        )
        .expect("a plan");
        assert!(plan.changes.is_empty());
        assert!(plan.notes[0].contains(words), "{:?}", plan.notes);
    }
}

#[test]
fn a_certificate_of_two_registries_stays_for_the_other() {
    let both = format!("# kubectl-extreg: quay.io\n{}", marked(0));
    let map = foreign(USER_CA_BUNDLE, json!({BUNDLE_KEY: both}));
    let view = view(Scope::Cluster, json!({"name": USER_CA_BUNDLE}), Some(map));
    let plan = remove(&view, REG, None).expect("a plan");
    assert!(
        plan.notes[0].contains("stays: it was put in for quay.io too"),
        "{:?}",
        plan.notes
    );
    let results = results(&plan);
    assert_eq!(
        results[0].1.as_ref().expect("a map")["data"][BUNDLE_KEY],
        format!("# kubectl-extreg: quay.io\n{}", pem_of(0))
    );
    let plan = remove(&view, "ghcr.io", Some(&[certificate(0).fingerprint()])).expect("a plan");
    assert!(plan.changes.is_empty());
    assert!(
        plan.notes[0].contains("stays: it was put in for quay.io"),
        "{:?}",
        plan.notes
    );
}

#[test]
fn the_platform_is_not_left_with_an_empty_bundle() {
    let map = foreign(USER_CA_BUNDLE, json!({BUNDLE_KEY: marked(0)}));
    let named = view(
        Scope::Cluster,
        json!({"name": USER_CA_BUNDLE}),
        Some(map.clone()),
    );
    assert!(matches!(
        remove(&named, REG, None),
        Err(TrustRefusal::Emptied { .. })
    ));
    // Unnamed it may be empty, and keeps its key: machine-config-operator fails without it.
    let plan = remove(&view(Scope::Cluster, json!(null), Some(map)), REG, None).expect("a plan");
    let results = results(&plan);
    assert_eq!(
        results[0].1.as_ref().expect("a map")["data"],
        json!({BUNDLE_KEY: ""})
    );
    // One of ours goes as a whole.
    let map = ours(USER_CA_BUNDLE, json!({BUNDLE_KEY: marked(0)}));
    let plan = remove(
        &view(Scope::Cluster, json!({"name": USER_CA_BUNDLE}), Some(map)),
        REG,
        None,
    )
    .expect("a plan");
    assert_eq!(order(&plan), ["Proxy", "ConfigMap"]);
}

#[test]
fn what_others_did_meanwhile_is_put_right() {
    let name = Scope::Registry.default_map();
    let named = json!({"name": name});
    let view_of = |reference: &Value, data: Value| {
        view(Scope::Registry, reference.clone(), Some(ours(name, data)))
    };
    let used = json!({"quay.io": pem_of(1)});
    // The last ones went at the same time: nobody took the reference away.
    let plan = settle(&view_of(&named, json!({})), false).expect("a plan");
    assert_eq!(order(&plan), ["Image", "ConfigMap"]);
    assert_eq!(results(&plan)[1].1, None);
    let plan = settle(&view_of(&json!(null), json!({})), true).expect("a plan");
    assert_eq!(order(&plan), ["ConfigMap"]);
    // Somebody uses it again.
    let plan = settle(&view_of(&json!(null), used.clone()), true).expect("a plan");
    assert_eq!(
        results(&plan)[0].1.as_ref().expect("a config")["spec"]["additionalTrustedCA"],
        named
    );
    for (view, unnamed) in [
        (view_of(&named, used.clone()), true),
        (view_of(&json!(null), used), false),
        (
            view(
                Scope::Registry,
                named.clone(),
                Some(foreign(name, json!({}))),
            ),
            true,
        ),
        (view(Scope::Registry, named.clone(), None), true),
    ] {
        assert!(settle(&view, unnamed).is_none());
    }
}

#[test]
fn what_the_platform_has_to_take_up_is_seen_in_the_plan() {
    for (scope, change) in [
        (Scope::Registry, PlatformChange::RegistryCa),
        (Scope::Cluster, PlatformChange::ClusterCa),
    ] {
        let name = scope.default_map();
        let fresh = view(scope, json!(null), None);
        let plan = add(&fresh, REG, &[certificate(0)], false).expect("a plan");
        assert_eq!(changes_of(&plan), [change]);
        let map = ours(name, json!({scope.key(REG): marked(0)}));
        let plan =
            remove(&view(scope, json!({"name": name}), Some(map)), REG, None).expect("a plan");
        assert_eq!(changes_of(&plan), [change]);
    }
}

#[test]
fn a_registry_that_is_not_verified_anyway_is_said() {
    let mut view = view(Scope::Registry, json!(null), None);
    let mut config = view.config.value().clone();
    config["spec"]["registrySources"] = json!({"insecureRegistries": ["quay.io", REG]});
    view.config = Object::new(config);
    let plan = add(&view, REG, &[certificate(0)], false).expect("a plan");
    assert!(
        plan.notes[0].contains("stands in insecureRegistries"),
        "{:?}",
        plan.notes
    );
}
