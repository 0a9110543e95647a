//! What every cluster of a flavor has before a test touches it: namespaces, the singletons of `config.openshift.io` and the
//! machine config pools. The embedded server and the real one with OpenShift's kinds begin with the same.

use base64::Engine as _;
use serde_json::{Value, json};

use super::kinds::Flavor;

/// The registry inside OpenShift.
const INTERNAL: &str = "image-registry.openshift-image-registry.svc:5000";

/// The annotation of a service account that names its managed secret, since 4.16.
pub(crate) const PULL_SECRET_REF: &str = "openshift.io/internal-registry-pull-secret-ref";

/// The namespaces of the platform. A real API server makes `default` and `kube-system` itself.
pub(crate) fn namespaces(flavor: &Flavor) -> &'static [&'static str] {
    match flavor {
        Flavor::OpenShift4 { .. } => &[
            "openshift-config",
            "openshift-config-managed",
            "openshift-image-registry",
        ],
        Flavor::Kubernetes | Flavor::OpenShift3 => &[],
    }
}

/// The objects of the whole cluster, with their status.
pub(crate) fn objects(flavor: &Flavor) -> Vec<Value> {
    let Flavor::OpenShift4 { version } = flavor else {
        return Vec::new();
    };
    let config = |kind: &str, name: &str, spec: Value| {
        json!({
            "apiVersion": "config.openshift.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec,
        })
    };
    let mut image = config("Image", "cluster", json!({}));
    image["status"] = json!({"internalRegistryHostname": INTERNAL});
    let mut cluster = config(
        "ClusterVersion",
        "version",
        json!({"clusterID": "7d1f3bd2-0f3e-4a49-8f5b-0d9a1d1f6f11", "channel": "stable"}),
    );
    let history = json!([{"state": "Completed", "version": version, "verified": false}]);
    cluster["status"] = json!({"desired": {"version": version, "image": ""}, "history": history});
    let mut all = vec![
        image,
        config("Proxy", "cluster", json!({})),
        config("Infrastructure", "cluster", json!({})),
        cluster,
    ];
    for pool in ["master", "worker"] {
        let condition = |kind: &str, status: &str| json!({"type": kind, "status": status});
        let conditions = [
            condition("Updated", "True"),
            condition("Updating", "False"),
            condition("Degraded", "False"),
        ];
        all.push(json!({
            "apiVersion": "machineconfiguration.openshift.io/v1", "kind": "MachineConfigPool",
            "metadata": {"name": pool}, "spec": {"paused": false},
            "status": {"machineCount": 3, "conditions": conditions},
        }));
    }
    all
}

/// The service accounts of a new namespace.
pub(crate) fn accounts(flavor: &Flavor) -> &'static [&'static str] {
    if flavor.is_openshift() {
        &["default", "builder", "deployer"]
    } else {
        &["default"]
    }
}

/// The secret for the internal registry that the platform makes for a service account and links for pull and for mount
/// (openshift-controller-manager `pkg/internalregistry/controllers`).
pub(crate) fn managed_secret(
    flavor: &Flavor,
    namespace: &str,
    account: &str,
    name: &str,
    token: &str,
) -> Value {
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let auth = base64(&format!("<token>:{token}"));
    let entry = json!({"username": "<token>", "password": token, "auth": auth});
    let content = json!({ (INTERNAL): entry }).to_string();
    let annotations = if *flavor == Flavor::OpenShift3 {
        json!({"kubernetes.io/service-account.name": account})
    } else {
        json!({
            "openshift.io/internal-registry-auth-token.service-account": account,
            "openshift.io/internal-registry-auth-token.binding": "bound",
        })
    };
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockercfg",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
        "data": {".dockercfg": base64(&content)},
    })
}
