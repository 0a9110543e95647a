//! The ground of the tour: an OpenShift cluster whose nodes really ask the registries, the company's registry, one whose
//! CA the cluster does not know, and one that answers as Quay does.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use extreg_test_support::api::{Api, Flavor, make};
use extreg_test_support::certs::Ca;
use extreg_test_support::content::Image;
use extreg_test_support::process::Sandbox;
use extreg_test_support::pull::{Machines, Runtime};
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

/// The login that the company's registry knows.
pub(crate) const ROBOT: (&str, &str) = ("robot", "correct-horse");

/// Everything that runs during the tour.
pub(crate) struct World {
    pub(crate) api: Api,
    /// The company's registry: TLS from a CA of its own, logins by token.
    pub(crate) corp: Registry,
    /// The same, with a certificate of a CA that this machine trusts and the cluster does not.
    pub(crate) lab: Registry,
    /// A registry that tells strangers nothing.
    pub(crate) quay: Registry,
    /// Where production pulls from.
    pub(crate) prod: Registry,
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
            .user(
                User::new(ROBOT.0, ROBOT.1)
                    .pull("shop/*")
                    .push("shop/sample-app"),
            )
            .start();
        corp.push_image("shop/web", "1.9", &Image::new());
        corp.push_image("shop/api", "2.4.0", &Image::new());
        corp.push_image("vault/keys", "1.0", &Image::new());
        let builder = ("io.openshift.s2i.scripts-url", "image:///usr/libexec/s2i");
        let base = Image::new().labelled(builder.0, builder.1).port("8080/tcp");
        corp.push_image("shop/sample-base", "1.0", &base);

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

        let prod = Registry::builder()
            .dialect(Dialect::DistributionToken)
            .tls(&corp_ca.server(&["127.0.0.1", "localhost"]))
            .user(User::new(ROBOT.0, ROBOT.1).push("prod/*"))
            .start();

        let flavor = Flavor::OpenShift4 {
            version: "4.18.12".to_owned(),
        };
        let api = Api::builder()
            .flavor(flavor)
            .rolls_out()
            .follows_images()
            .start();
        // The nodes have a runtime, and trust what the cluster's configuration tells them to trust.
        api.machines(Machines::new().runtime(Runtime::CriO));
        let authorities = corp_ca.pem().to_owned();
        trust_in_cluster(&api, &[(&corp, &authorities), (&quay, &authorities)]);
        api.create(make::node("worker-0", "amd64"));
        for namespace in ["shop", "payments"] {
            api.add_namespace(namespace);
        }
        api.create(make::deployment("shop", "web", &corp.image("shop/web:1.9")));
        payments(&api, &quay);

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
            prod,
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

    /// A second namespace: two deployments whose secret has a key that does not match, and one whose first pull came
    /// before its secret.
    pub(crate) fn open_orders(&self) {
        let (api, corp) = (&self.api, &self.corp);
        api.add_namespace("orders");
        let secret = |name, key: &str| make::docker_secret("orders", name, key, ROBOT.0, ROBOT.1);
        // As people make it: the key has no port, the image has one.
        link(api, &secret("corp-pull", "127.0.0.1"));
        for name in ["cart", "till"] {
            api.create(make::deployment(
                "orders",
                name,
                &corp.image("shop/web:1.9"),
            ));
        }
        let mut prices = make::deployment("orders", "prices", &corp.image("shop/api:2.4"));
        prices["spec"]["template"]["spec"]["imagePullSecrets"] = json!([{"name": "prices-pull"}]);
        api.create(prices);
        api.roll_out();
        // The event of the pull without a login stays; the login would do by now.
        api.create(secret("prices-pull", &corp.host()));
    }

    /// A third namespace: a BuildConfig that builds on, and pushes to, what the cluster has itself.
    pub(crate) fn open_delivery(&self) {
        let api = &self.api;
        api.add_namespace("delivery");
        let mut config = make::build_config("delivery", "sample-app", "", "");
        let stream_tag = |name: &str| json!({"kind": "ImageStreamTag", "name": name});
        config["spec"]["strategy"]["sourceStrategy"]["from"] = stream_tag("base:latest");
        config["spec"]["output"]["to"] = stream_tag("sample-app:latest");
        api.create(config);
    }

    /// The logins of whoever promotes, as `podman login` leaves them.
    pub(crate) fn auth_file(&self) -> String {
        let auth =
            base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", ROBOT.0, ROBOT.1));
        let entry = json!({"auth": auth});
        let config = json!({"auths": {self.corp.host(): entry, self.prod.host(): entry}});
        self.sandbox.write("auth.json", config.to_string());
        "auth.json".to_owned()
    }

    /// What the kubelet says of the first pod of a workload: its phase, and why it waits.
    pub(crate) fn pod_of(&self, namespace: &str, workload: &str) -> (String, String) {
        let Some(pod) = self.pod(namespace, workload) else {
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

    /// The end of what `oc describe pod` prints: the name, and the events.
    pub(crate) fn describe(&self, namespace: &str, workload: &str) -> String {
        let pod = self.pod(namespace, workload).unwrap_or_default();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let head = format!(
            "Name:             {}\nNamespace:        {namespace}\nEvents:\n  Type     Reason     Age   From     Message\n  \
             ----     ------     ----  ----     -------\n",
            word(&pod["metadata"]["name"])
        );
        let events = self.api.list("events", namespace);
        let lines = events
            .iter()
            .filter(|event| event["involvedObject"]["uid"] == pod["metadata"]["uid"])
            .map(|event| {
                let [kind, reason, message] =
                    ["type", "reason", "message"].map(|field| word(&event[field]));
                format!("  {kind:<7}  {reason:<9}  5s    kubelet  {message}\n")
            });
        std::iter::once(head).chain(lines).collect()
    }

    fn pod(&self, namespace: &str, workload: &str) -> Option<Value> {
        let pods = self.api.list("pods", namespace);
        pods.into_iter().find(|pod| {
            let labels = &pod["metadata"]["labels"];
            labels["app"] == workload || labels["deployment"] == workload
        })
    }
}

/// A good login, an image that runs, and one with a slip of the pen in its name.
fn payments(api: &Api, quay: &Registry) {
    link(
        api,
        &make::docker_secret(
            "payments",
            "quay-pull",
            &quay.host(),
            "acme+shop",
            "robot-token",
        ),
    );
    for (name, image) in [
        ("ledger", "acme/payments-api:2.4"),
        ("refunds", "acme/payment-api:2.4"),
    ] {
        api.create(make::deployment("payments", name, &quay.image(image)));
    }
    api.roll_out();
}

/// Makes a secret, and gives it to the account that pods have unless they name another.
fn link(api: &Api, secret: &Value) {
    let metadata = &secret["metadata"];
    let entry = json!({"name": metadata["name"]});
    let namespace = metadata["namespace"].as_str().unwrap_or_default();
    api.create(secret.clone());
    api.edit(
        "serviceaccounts",
        namespace,
        "default",
        |account| match account["imagePullSecrets"].as_array_mut() {
            Some(list) => list.push(entry),
            None => account["imagePullSecrets"] = json!([entry]),
        },
    );
}

/// `additionalTrustedCA` of image.config: which CA the cluster trusts for which registry.
fn trust_in_cluster(api: &Api, registries: &[(&Registry, &str)]) {
    let data: serde_json::Map<String, Value> = registries
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
