//! What has happened on the ground before a page begins.

use extreg_test_support::api::{Flavor, make};
use serde_json::json;

use crate::ground::{CORP, Ground, PASSWORD};

/// What `oc describe pod` says in the pages.
const DESCRIBED: &str = "\
Name:             web-1
Namespace:        shop
Events:
  Type     Reason   Age   From     Message
  ----     ------   ----  ----     -------
  Warning  Failed   5s    kubelet  Failed to pull image \"quay.io/team/web:1.2\": unauthorized: access to the requested resource is not authorized
";

impl Ground {
    /// The logins of whoever runs the commands, as `podman login` leaves them, and in a file that is named.
    pub(crate) fn logins(&self) {
        let mut auths = json!({});
        for (host, user) in [
            (CORP, "robot"),
            ("quay.io", "team+pusher"),
            ("ghcr.io", "octo"),
        ] {
            auths[host] = json!({"auth": make::docker_entry(user, PASSWORD)["auth"]});
        }
        let file = json!({"auths": auths}).to_string();
        self.sandbox.write("auth.json", &file);
        self.sandbox.write("home/.docker/config.json", &file);
        self.sandbox.write(
            "install-config.yaml",
            "apiVersion: v1\nbaseDomain: example.com\nmetadata:\n  name: cluster\n",
        );
        self.sandbox.write("described.txt", DESCRIBED);
    }
}

/// In the namespace `billing` the key of the secret has no port.
pub(crate) fn failing() -> Ground {
    let ground = Ground::openshift().trusting();
    ground.secret("billing", "corp-pull", "registry.example.com", "robot");
    ground.link("billing", "corp-pull", "default");
    ground
}

/// A deployment waits for its image: there is no login.
pub(crate) fn waiting() -> Ground {
    let ground = Ground::openshift().trusting();
    ground.create(make::deployment(
        "shop",
        "web",
        &format!("{CORP}/shop/web:1.9"),
    ));
    ground
}

/// Logins for all registries are there, and a deployment runs.
pub(crate) fn linked() -> Ground {
    let ground = Ground::openshift()
        .trusting()
        .linked("corp-pull", CORP, "robot", "default")
        .linked("corp-build", CORP, "robot", "builder")
        .linked("quay-pull", "quay.io", "team+puller", "default")
        .linked("quay-push", "quay.io", "team+pusher", "builder");
    ground.create(make::deployment(
        "shop",
        "web",
        &format!("{CORP}/shop/web:1.2"),
    ));
    ground
}

/// The same with a BuildConfig.
pub(crate) fn building() -> Ground {
    let ground = linked();
    ground.build_config("app", json!({"part-of": "shop"}));
    ground
}

/// A build has pushed into the stream `web`; whoever promotes has logins.
pub(crate) fn built() -> Ground {
    let ground = linked();
    ground.built("web", "1.2");
    ground.logins();
    ground
}

/// The cluster does not know the company's CA yet, and nor does this machine.
pub(crate) fn strange() -> Ground {
    let ground = Ground::openshift();
    ground.sandbox.write("machine.pem", "");
    ground
}

/// Nodes of OpenShift 3 with Docker.
pub(crate) fn openshift3() -> Ground {
    let ground = Ground::of(Flavor::OpenShift3);
    ground.sandbox.write("machine.pem", "");
    ground.api.edit("nodes", "", "worker-0", |node| {
        node["status"]["nodeInfo"]["containerRuntimeVersion"] = json!("docker://1.13.1");
    });
    ground
}

/// Plain Kubernetes.
pub(crate) fn kubernetes() -> Ground {
    let ground = Ground::of(Flavor::Kubernetes);
    ground.sandbox.write("machine.pem", "");
    ground
}

/// Four deployments do not get their images, for three reasons.
pub(crate) fn failing_shop() -> Ground {
    let ground = Ground::openshift()
        .trusting()
        .linked("corp-pull", "registry.example.com", "robot", "default")
        .linked("quay-pull", "quay.io", "team+puller", "default");
    for (name, image) in [
        ("cart", format!("{CORP}/shop/web:1.9")),
        ("till", format!("{CORP}/shop/web:1.9")),
        ("ledger", "quay.io/team/web:1.2".to_owned()),
        ("refunds", "quay.io/team/wbe:1.2".to_owned()),
    ] {
        ground.create(make::deployment("shop", name, &image));
    }
    let mut prices = make::deployment("shop", "prices", &format!("{CORP}/shop/api:2.4"));
    prices["spec"]["template"]["spec"]["imagePullSecrets"] = json!([{"name": "prices-pull"}]);
    ground.create(prices);
    ground.api.roll_out();
    ground.secret("shop", "prices-pull", CORP, "robot");
    ground
}
