//! The ground that documented commands run on: a cluster, and the registries that the pages name, under those names.
//!
//! No resolver knows the names. The machine that runs the commands reaches them through a proxy, the cluster's machines
//! through routes of their own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use extreg_test_support::api::{Api, Flavor, make};
use extreg_test_support::certs::Ca;
use extreg_test_support::content::{Image, Index, digest};
use extreg_test_support::net::HttpProxy;
use extreg_test_support::process::Sandbox;
use extreg_test_support::pull::{Machines, Runtime};
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

/// `$PASSWORD` of the pages, the password of every login.
pub(crate) const PASSWORD: &str = "correct-horse";

/// The registry of the company, which the pages use most.
pub(crate) const CORP: &str = "registry.example.com:5000";

/// Names under which the registries are, and which of them it is.
struct Named {
    registry: Registry,
    names: &'static [&'static str],
}

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

fn web() -> Image {
    Image::new().port("8080/tcp")
}

fn registries((corp_ca, issuing_ca, lab_ca): (&Ca, &Ca, &Ca), token: &str) -> Vec<Named> {
    let host = |name: &&str| name.split(':').next().unwrap_or_default().to_owned();
    let tls = |ca: &Ca, names: &[&str]| {
        let hosts: Vec<String> = names.iter().map(host).collect();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        ca.server(&hosts)
    };
    let builder =
        |image: Image| image.labelled("io.openshift.s2i.scripts-url", "image:///usr/libexec/s2i");

    let names: &[&str] = &[CORP, "external-registry.example.com:5000"];
    let corp = Registry::builder()
        .dialect(Dialect::DistributionToken)
        .tls(&tls(issuing_ca, names))
        .user(
            User::new("robot", PASSWORD)
                .push("shop/*")
                .push("team/*")
                .push("publicrepo/*"),
        )
        .user(User::new("reader", PASSWORD).pull("team/*"))
        .start();
    for tag in ["1.2", "1.3", "1.9"] {
        corp.push_image("shop/web", tag, &web());
    }
    corp.push_image("shop/api", "2.4.0", &web());
    corp.push_image("vault/keys", "1.0", &web());
    corp.push_image("team/ruby", "3.3", &builder(web()));
    let corp = Named {
        registry: corp,
        names: &[CORP, "external-registry.example.com:5000"],
    };

    let names: &[&str] = &["quay.io:443"];
    let quay = Registry::builder()
        .dialect(Dialect::Quay)
        .tls(&tls(corp_ca, names))
        .user(User::new("team+puller", PASSWORD).pull("team/*"))
        .user(User::new("team+pusher", PASSWORD).owns("team"))
        .start();
    for tag in ["1.2", "1.3"] {
        quay.push_index("team/web", tag, &Index::of(&["linux/amd64", "linux/arm64"]));
    }
    for tag in ["1.4", "1.5"] {
        quay.push_image("team/app", tag, &web());
    }
    quay.push_image("team/db", "16", &web());
    quay.push_image("team/assets", "2", &web());
    quay.push_image("team/ruby", "3.3", &builder(web()));
    let quay = Named {
        registry: quay,
        names: &["quay.io:443"],
    };

    let names: &[&str] = &["ghcr.io:443"];
    let ghcr = Registry::builder()
        .dialect(Dialect::Ghcr)
        .tls(&tls(corp_ca, names))
        .user(User::new("octo", PASSWORD).owns("team"))
        .start();
    let ghcr = Named {
        registry: ghcr,
        names: &["ghcr.io:443"],
    };

    let names: &[&str] = &["reg.example.com:5000"];
    let lab = Registry::builder()
        .tls(&tls(lab_ca, names))
        .anonymous_pull("*")
        .start();
    lab.push_image("team/app", "dev", &web());
    let lab = Named {
        registry: lab,
        names: &["reg.example.com:5000"],
    };

    let dev = Registry::builder().anonymous_pull("*").start();
    dev.push_image("web", "1.2", &web());
    let dev = Named {
        registry: dev,
        names: &["dev.example.com:5000"],
    };

    let names: &[&str] = &["default-route-openshift-image-registry.apps.example.com:443"];
    let internal = Registry::builder()
        .dialect(Dialect::OpenShift)
        .tls(&tls(corp_ca, names))
        .user(User::new("admin", token).push("shop/*"))
        .start();
    let internal = Named {
        registry: internal,
        names: &["default-route-openshift-image-registry.apps.example.com:443"],
    };
    vec![corp, quay, ghcr, lab, dev, internal]
}
