//! `trust`.

mod checks;
mod files;
mod lists;
mod platforms;
mod removal;
mod rollout;
mod writers;
mod writes;

use extreg_test_support::certs::Ca;
use extreg_test_support::registry::Registry;
use serde_json::{Value, json};

use crate::kit::World;

/// The ConfigMap that is made where none is named.
const OURS: &str = "extreg-registry-cas";
const NAMESPACE: &str = "openshift-config";

/// A registry with TLS, and the CA that signed its certificate.
struct Tls {
    ca: Ca,
    registry: Registry,
}

impl Tls {
    fn new() -> Self {
        let ca = Ca::new("Corp Root");
        let registry = Registry::builder().tls(&ca.server(&["127.0.0.1"])).start();
        Self { ca, registry }
    }

    /// With the CA in the file `ca.pem`.
    fn in_world(world: &World) -> Self {
        let tls = Self::new();
        world.sandbox.write("ca.pem", tls.ca.pem());
        tls
    }

    fn host(&self) -> String {
        self.registry.host()
    }

    /// The key of its certificates.
    fn key(&self) -> String {
        self.host().replace(':', "..")
    }

    /// The certificate as it is put in.
    fn marked(&self) -> String {
        marked(&self.host(), self.ca.pem())
    }
}

fn marked(registry: &str, pem: &str) -> String {
    format!("# kubectl-extreg: {registry}\n{pem}")
}

/// The certificate of another CA.
fn other_pem() -> String {
    Ca::new("Other Root").pem().to_owned()
}

fn config_map(world: &World, name: &str) -> Option<Value> {
    world.cluster.get("configmaps", NAMESPACE, name)
}

fn bundle(world: &World, name: &str, key: &str) -> String {
    let map = config_map(world, name).expect("a ConfigMap");
    map["data"][key].as_str().unwrap_or_default().to_owned()
}

fn image_config(world: &World) -> Value {
    world
        .cluster
        .get("images.config.openshift.io", "", "cluster")
        .expect("image.config")
}

/// The ConfigMap that image.config names.
fn named(world: &World) -> Option<String> {
    reference(&image_config(world), "additionalTrustedCA")
}

/// The ConfigMap that the Proxy names.
fn proxy_names(world: &World) -> Option<String> {
    let proxy = world
        .cluster
        .get("proxies.config.openshift.io", "", "cluster");
    reference(&proxy.expect("a Proxy"), "trustedCA")
}

fn reference(config: &Value, field: &str) -> Option<String> {
    config["spec"][field]["name"]
        .as_str()
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

/// Makes a ConfigMap as somebody else.
fn make_map(world: &World, name: &str, data: Value) {
    let mut map = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": NAMESPACE},
    });
    map["data"] = data;
    world.create(map);
}

/// Every line with this before it.
fn led(text: &str, lead: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("{lead}{line}")).collect();
    lines.join("\n") + "\n"
}

/// Makes one, and has image.config name it.
fn name_map(world: &World, name: &str, data: Value) {
    make_map(world, name, data);
    edit_everywhere(world, "images.config.openshift.io", |config| {
        config["spec"]["additionalTrustedCA"] = json!({"name": name});
    });
}

fn name_proxy(world: &World, name: &str) {
    edit_everywhere(world, "proxies.config.openshift.io", |config| {
        config["spec"]["trustedCA"] = json!({"name": name});
    });
}

/// Edits an object `cluster`, as somebody else.
fn edit_everywhere(world: &World, resource: &str, change: impl FnOnce(&mut Value)) {
    world.cluster.edit(resource, "", "cluster", change);
    world.leave();
    if let Some(api) = world.cluster.api() {
        api.clear_requests();
    }
}
