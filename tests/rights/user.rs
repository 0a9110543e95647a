//! A user who has just the rights of a table, on any API server.

use std::sync::atomic::{AtomicU32, Ordering};

use extreg_test_support::api;
use extreg_test_support::cluster::Cluster;
use serde_json::{Value, json};

use crate::kit::World;
use crate::table::{Place, Rule};

const RBAC: &str = "rbac.authorization.k8s.io";

/// Nobody else has this name, on any server of this process.
fn new_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("someone-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Makes a user with these rules in the world's namespace, or everywhere; gives the name, for `--as`.
pub(crate) fn with(world: &World, rules: &[Rule], everywhere: bool) -> String {
    let user = new_name();
    match &*world.cluster {
        Cluster::Embedded(api) => embedded(api, world, &user, rules, everywhere),
        Cluster::Real(_) => real(world, &user, rules, everywhere),
    }
    user
}

/// The namespace of a rule; empty for the whole cluster.
fn namespace<'a>(rule: &'a Rule, world: &'a World, everywhere: bool) -> &'a str {
    match &rule.place {
        Place::Here if !everywhere => &world.namespace,
        Place::Here | Place::Cluster | Place::Everywhere => "",
        Place::Of(namespace) => namespace,
    }
}

/// The same for a name that is there already, on the embedded server.
pub(crate) fn embedded(
    api: &api::Api,
    world: &World,
    user: &str,
    rules: &[Rule],
    everywhere: bool,
) {
    // What everybody who logs in has: `system:basic-user`, and OpenShift's `basic-user`.
    for basic in [
        "selfsubjectaccessreviews.authorization.k8s.io",
        "selfsubjectreviews.authentication.k8s.io",
    ] {
        api.allow(user, api::Rule::verb("create").on(basic));
    }
    let own = api::Rule::verb("get")
        .on("users.user.openshift.io")
        .named("~");
    api.allow(user, own);
    for rule in rules {
        let verbs: Vec<&str> = rule.verbs.iter().map(String::as_str).collect();
        let granted = api::Rule::verbs(&verbs).on(&format!("{}.{}", rule.resource, rule.group));
        let granted = match namespace(rule, world, everywhere) {
            "" => granted,
            namespace => granted.within(namespace),
        };
        if rule.names.is_empty() {
            api.allow(user, granted);
        } else {
            for name in &rule.names {
                api.allow(user, granted.clone().named(name));
            }
        }
    }
}

fn real(world: &World, user: &str, rules: &[Rule], everywhere: bool) {
    let version = format!("{RBAC}/v1");
    for (number, rule) in rules.iter().enumerate() {
        let namespace = namespace(rule, world, everywhere);
        let kind = if namespace.is_empty() {
            "ClusterRole"
        } else {
            "Role"
        };
        let mut metadata = json!({"name": format!("{user}-{number}")});
        if !namespace.is_empty() {
            metadata["namespace"] = json!(namespace);
            // A real API server has those of the platform's namespaces that tests needed before.
            if world.cluster.get("namespaces", "", namespace).is_none() {
                create(world, &api::make::namespace(namespace));
            }
        }
        create(
            world,
            &json!({
                "apiVersion": version, "kind": kind, "metadata": metadata, "rules": [rule.to_json()],
            }),
        );
        create(
            world,
            &json!({
                "apiVersion": version, "kind": format!("{kind}Binding"), "metadata": metadata,
                "roleRef": {"apiGroup": RBAC, "kind": kind, "name": metadata["name"]},
                "subjects": [{"apiGroup": RBAC, "kind": "User", "name": user}],
            }),
        );
    }
}

fn create(world: &World, object: &Value) {
    world.cluster.create(object);
}
