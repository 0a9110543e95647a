//! The ground of the tour: an OpenShift cluster with a shop in it, the company's registry, and one that answers as
//! Quay does.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use extreg_test_support::api::{Api, Flavor, make};
use extreg_test_support::certs::Ca;
use extreg_test_support::content::Image;
use extreg_test_support::process::Sandbox;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::json;

use crate::kubelet;

/// The login that the company's registry knows.
pub(crate) const ROBOT: (&str, &str) = ("robot", "correct-horse");

/// Everything that runs during the tour.
pub(crate) struct World {
    pub(crate) api: Arc<Api>,
    /// The company's registry: TLS from a CA of its own, logins by token.
    pub(crate) corp: Registry,
    /// The same, with a certificate of a CA that this machine trusts and the cluster does not.
    pub(crate) lab: Registry,
    /// A registry that tells strangers nothing.
    pub(crate) quay: Registry,
    pub(crate) kubeconfig: PathBuf,
    /// What this machine trusts: `SSL_CERT_FILE` of every command.
    pub(crate) ca_file: PathBuf,
    sandbox: Sandbox,
}

impl World {
    /// Starts it all, each server on a free port of 127.0.0.1.
    pub(crate) fn build() -> Self {
        let (corp_ca, lab_ca) = (Ca::new("Corp Root CA"), Ca::new("Lab Root CA"));
        let corp = Registry::builder()
            .dialect(Dialect::DistributionToken)
            .tls(&corp_ca.server(&["127.0.0.1", "localhost"]))
            .user(User::new(ROBOT.0, ROBOT.1).pull("shop/*"))
            .start();
        corp.push_image("shop/web", "1.9", &Image::new());
        corp.push_image("shop/api", "2.4.0", &Image::new());
        corp.push_image("vault/keys", "1.0", &Image::new());

        let lab = Registry::builder()
            .tls(&lab_ca.server(&["127.0.0.1", "localhost"]))
            .anonymous_pull("*")
            .start();
        lab.push_image("lab/tool", "1.0", &Image::new());

        let quay = Registry::builder()
            .dialect(Dialect::Quay)
            .tls(&corp_ca.server(&["127.0.0.1", "localhost"]))
            .user(User::new("acme+shop", "robot-token").pull("acme/payments-api"))
            .start();
        quay.push_image("acme/payments-api", "2.4", &Image::new());

        let flavor = Flavor::OpenShift4 {
            version: "4.18.12".to_owned(),
        };
        let api = Arc::new(Api::builder().flavor(flavor).rolls_out().start());
        let authorities = corp_ca.pem().to_owned();
        trust_in_cluster(&api, &[(&corp, &authorities), (&quay, &authorities)]);
        kubelet::watch(&api, format!("{}{}", corp_ca.pem(), lab_ca.pem()));
        api.create(make::node("worker-0", "amd64"));
        for namespace in ["shop", "billing", "payments"] {
            api.add_namespace(namespace);
        }
        api.create(make::deployment(
            "shop",
            "web",
            &format!("{}/shop/web:1.9", corp.host()),
        ));
        // A secret as people make it: the key has no port, the image has one.
        api.create(make::docker_secret(
            "billing",
            "corp-pull",
            "127.0.0.1",
            ROBOT.0,
            ROBOT.1,
        ));
        api.edit("serviceaccounts", "billing", "default", |account| {
            if let Some(list) = account["imagePullSecrets"].as_array_mut() {
                list.push(json!({"name": "corp-pull"}));
            } else {
                account["imagePullSecrets"] = json!([{"name": "corp-pull"}]);
            }
        });

        api.roll_out();

        let sandbox = Sandbox::new();
        let kubeconfig = sandbox.write("kubeconfig", api.kubeconfig("shop"));
        let ca_file = sandbox.write(
            "this-machine-trusts.pem",
            format!("{}{}", corp_ca.pem(), lab_ca.pem()),
        );
        Self {
            api,
            corp,
            lab,
            quay,
            kubeconfig,
            ca_file,
            sandbox,
        }
    }

    /// The folder of the tour's own files; its home has no credentials.
    pub(crate) fn home(&self) -> PathBuf {
        self.sandbox.home()
    }

    /// Where commands run.
    pub(crate) fn folder(&self) -> &Path {
        self.sandbox.path()
    }

    /// What the kubelet says of the first pod of a workload: its phase, and why it waits.
    pub(crate) fn pod_of(&self, namespace: &str, workload: &str) -> (String, String) {
        let pods = self.api.list("pods", namespace);
        let mine = pods.iter().find(|pod| {
            pod["metadata"]["name"]
                .as_str()
                .is_some_and(|name| name.starts_with(workload))
        });
        let Some(pod) = mine else {
            return ("missing".to_owned(), String::new());
        };
        let waiting = &pod["status"]["containerStatuses"][0]["state"]["waiting"];
        let state = waiting["reason"]
            .as_str()
            .or_else(|| pod["status"]["phase"].as_str());
        (
            state.unwrap_or("unknown").to_owned(),
            waiting["message"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

/// `additionalTrustedCA` of image.config: which CA the cluster trusts for which registry.
fn trust_in_cluster(api: &Api, registries: &[(&Registry, &str)]) {
    let data: serde_json::Map<String, serde_json::Value> = registries
        .iter()
        .map(|(registry, pem)| (registry.host().replace(':', ".."), json!(pem)))
        .collect();
    if api.get("namespaces", "", "openshift-config").is_none() {
        api.add_namespace("openshift-config");
    }
    api.create(make::config_map(
        "openshift-config",
        "registry-cas",
        &json!(data),
    ));
    api.edit("images.config.openshift.io", "", "cluster", |config| {
        config["spec"]["additionalTrustedCA"] = json!({"name": "registry-cas"});
    });
}
