//! The ground that documented commands run on: a cluster, and the registries that the pages name, under those names.
//!
//! No resolver knows the names. The machine that runs the commands reaches them through a proxy, the cluster's machines
//! through routes of their own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use extreg_test_support::api::{Api, Flavor, make};
use extreg_test_support::certs::Ca;
use extreg_test_support::content::digest;
use extreg_test_support::net::HttpProxy;
use extreg_test_support::process::Sandbox;
use extreg_test_support::pull::{Machines, Runtime};
use extreg_test_support::registry::Dialect;
use serde_json::{Value, json};

use crate::registries::{Named, registries, web};

/// `$PASSWORD` of the pages, the password of every login.
pub(crate) const PASSWORD: &str = "correct-horse";

/// The registry of the company, which the pages use most.
pub(crate) const CORP: &str = "registry.example.com:5000";

/// A cluster, the registries, and the files of whoever runs commands.
pub(crate) struct Ground {
    pub(crate) api: Api,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) proxy: HttpProxy,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) ca_file: PathBuf,
    corp_ca: Ca,
    /// SHA-256 of the authority that the company's registry shows.
    pub(crate) fingerprint: String,
    registries: Vec<Named>,
}

impl Ground {
    /// OpenShift 4 with the namespace `shop`, in which nothing is yet.
    pub(crate) fn openshift() -> Self {
        Self::of(Flavor::OpenShift4 {
            version: "4.18.12".to_owned(),
        })
    }

    pub(crate) fn of(flavor: Flavor) -> Self {
        let is_openshift4 = matches!(flavor, Flavor::OpenShift4 { .. });
        let api = Api::builder()
            .flavor(flavor)
            .tls()
            .rolls_out()
            .follows_images()
            .start();
        let (corp_ca, lab_ca) = (Ca::new("Corp Root CA"), Ca::new("Lab CA"));
        let issuing_ca = corp_ca.intermediate("Corp Issuing CA");
        let authorities = (&corp_ca, &issuing_ca, &lab_ca);
        let registries = registries(authorities, &api.admin_token());
        let mut proxy = HttpProxy::builder();
        let mut machines = Machines::new().runtime(Runtime::CriO);
        for named in &registries {
            let port = named.registry.port();
            for name in named.names {
                proxy = proxy.route(name, &format!("127.0.0.1:{port}"));
                machines = machines.route(name, SocketAddr::from(([127, 0, 0, 1], port)));
            }
        }
        api.machines(machines);
        api.create(make::node("worker-0", "amd64"));
        for namespace in ["shop", "billing"] {
            api.add_namespace(namespace);
        }
        let sandbox = Arc::new(Sandbox::new());
        let kubeconfig = sandbox.write("kubeconfig", api.kubeconfig("shop"));
        let ca_file = sandbox.write("machine.pem", corp_ca.pem());
        sandbox.write("corp-ca.pem", corp_ca.pem());
        let ground = Self {
            api,
            sandbox,
            proxy: proxy.start(),
            kubeconfig,
            ca_file,
            corp_ca,
            fingerprint: digest(&issuing_ca.der()),
            registries,
        };
        if is_openshift4 {
            ground.expose_internal_registry();
        }
        ground
    }

    /// The cluster trusts the CA behind the company's registry and the public ones.
    pub(crate) fn trusting(self) -> Self {
        let names = [
            "registry.example.com..5000",
            "external-registry.example.com..5000",
            "quay.io",
            "ghcr.io",
        ];
        let data: serde_json::Map<String, Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), self.corp_ca.pem().into()))
            .collect();
        let data = Value::from(data);
        let map = make::config_map("openshift-config", "registry-cas", &data);
        self.api.create(map);
        self.api
            .edit("images.config.openshift.io", "", "cluster", |config| {
                config["spec"]["additionalTrustedCA"] = json!({"name": "registry-cas"});
            });
        self
    }

    /// Stores a login and gives it to an account.
    pub(crate) fn linked(self, secret: &str, key: &str, user: &str, account: &str) -> Self {
        self.secret("shop", secret, key, user);
        self.link("shop", secret, account);
        self
    }

    pub(crate) fn secret(&self, namespace: &str, name: &str, key: &str, user: &str) {
        self.api
            .create(make::docker_secret(namespace, name, key, user, PASSWORD));
    }

    pub(crate) fn link(&self, namespace: &str, secret: &str, account: &str) {
        let entry = json!({"name": secret});
        self.api
            .edit("serviceaccounts", namespace, account, |account| {
                for list in ["imagePullSecrets", "secrets"] {
                    match account[list].as_array_mut() {
                        Some(list) => list.push(entry.clone()),
                        None => account[list] = json!([entry]),
                    }
                }
            });
    }

    pub(crate) fn create(&self, object: impl std::borrow::Borrow<Value>) {
        self.api.create(object.borrow());
    }

    /// A BuildConfig whose images are all in streams of the cluster.
    pub(crate) fn build_config(&self, name: &str, labels: Value) {
        for (stream, tag, image) in [
            ("base", "latest", "registry.example.com:5000/team/ruby:3.3"),
            ("assets", "1", "quay.io/team/assets:2"),
            (name, "stable", "quay.io/team/app:1.4"),
        ] {
            self.create(make::image_stream("shop", stream, tag, image));
        }
        let mut config = make::build_config("shop", name, "", "");
        let tag = |name: &str| json!({"kind": "ImageStreamTag", "name": name});
        config["metadata"]["labels"] = labels;
        config["spec"]["strategy"]["sourceStrategy"]["from"] = tag("base:latest");
        config["spec"]["output"]["to"] = tag(&format!("{name}:latest"));
        config["spec"]["source"]["images"] = json!([{
            "from": tag("assets:1"),
            "paths": [{"sourcePath": "/assets/.", "destinationDir": "assets"}],
        }]);
        self.api.create(config);
    }

    /// The platform's registry has the image `web:TAG` of the stream, and a route.
    fn expose_internal_registry(&self) {
        let host = "default-route-openshift-image-registry.apps.example.com";
        self.api.create(json!({
            "apiVersion": "route.openshift.io/v1", "kind": "Route",
            "metadata": {"name": "default-route", "namespace": "openshift-image-registry"},
            "spec": {"host": host, "to": {"kind": "Service", "name": "image-registry"}},
        }));
        self.api.create(make::config_map(
            "openshift-config-managed",
            "default-ingress-cert",
            &json!({"ca-bundle.crt": self.corp_ca.root_pem()}),
        ));
    }

    /// An image stream with what a build has pushed into it.
    pub(crate) fn built(&self, stream: &str, tag: &str) {
        let internal = "image-registry.openshift-image-registry.svc:5000";
        let registry = self
            .registries
            .iter()
            .find(|named| named.registry.dialect() == Dialect::OpenShift);
        let registry = &registry.expect("the platform's registry").registry;
        let repository = format!("shop/{stream}");
        let digest = registry.push_image(&repository, tag, &web());
        self.api.create(json!({
            "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
            "metadata": {"name": stream, "namespace": "shop"},
            "spec": {},
            "status": {
                "dockerImageRepository": format!("{internal}/{repository}"),
                "tags": [{"tag": tag, "items": [{
                    "created": "2026-01-02T03:04:05Z", "generation": 1, "image": digest,
                    "dockerImageReference": format!("{internal}/{repository}@{digest}"),
                }]}],
            },
        }));
    }
}
