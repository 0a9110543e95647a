//! Worlds as they are met in practice, in which a verdict that looks at the registry alone is wrong: images that no registry is
//! asked for, containers whose trouble comes after the image, sets that stay where they are, clouds that know their nodes,
//! imports of which nothing is told.

use std::ops::Deref;

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::Outcome;
use extreg_test_support::api::{Api, Flavor, make};
use extreg_test_support::certs::Ca;
use extreg_test_support::cluster::{Cluster, on_each_cluster};
use extreg_test_support::content::Image;
use extreg_test_support::pull::Machines;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

use crate::cluster::World;
use crate::kit::*;

scenarios![
    // No credential and no registry has a part in it, although the image is private.
    an_image_that_is_never_pulled = staged(Cause::NodeRuntime, |shop| {
        shop.waits("app", "ErrImageNeverPull", "team/app:1.0", |pod| {
            pod["spec"]["containers"][0]["imagePullPolicy"] = json!("Never");
        });
    })
    .asks(|shop| shop.look(&["pod/web"]))
    .shows(|shop, result| {
        assert!(shop.registry.log().is_empty(), "{}", told(result));
    })
    .mended(|shop| {
        shop.linked(&shop.good_secret("corp-pull"));
        shop.runs("team/app:1.0");
    }),
    // The new template is right, and the pod of the old one is not let go.
    a_set_that_stays_with_its_old_image = staged(Cause::TagMissing, |shop| {
        shop.linked(&shop.good_secret("corp-pull"));
        let image = shop.registry.image("team/app:1.0");
        shop.cluster.create(&make::workload(
            "StatefulSet",
            &shop.namespace,
            "db",
            &image,
        ));
        shop.waits("app", "ImagePullBackOff", "team/app:0.9", |pod| {
            pod["metadata"]["labels"] = json!({"app": "db"});
            pod["metadata"]["ownerReferences"] = json!([{
                "apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "1", "controller": true,
            }]);
        });
    })
    .asks(|shop| shop.look(&["sts/db"]))
    .shows(|shop, result| {
        assert_eq!(result.subject.text, shop.registry.image("team/app:0.9"));
    })
    .mended(|shop| shop.cluster.delete("pods", &shop.namespace, "web")),
    // Nodes of a cloud are let in by the cloud: without any secret it is likely, and no more, that nothing comes.
    a_registry_of_a_cloud = cloud(Cause::NoCredentials, |shop| {
        let image = shop.registry.image("team/app:1.0");
        shop.cluster
            .create(&make::deployment(&shop.namespace, "web", &image));
    })
    .asks(|shop| shop.look(&["deploy/web"]))
    .likely()
    .mended(|shop| shop.linked(&shop.good_secret("corp-pull"))),
];

/// A private registry and a namespace, as in the scenarios of accounts and secrets.
struct Shop(World);

impl Deref for Shop {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

fn staged(cause: Cause, fault: impl Fn(&Shop) + 'static) -> Staged<Shop> {
    Scenario::on_each_cluster(cause, move |cluster| {
        let shop = Shop(World::on(cluster));
        fault(&shop);
        shop
    })
}

/// The same with a registry of Amazon's.
fn cloud(cause: Cause, fault: impl Fn(&Shop) + 'static) -> Staged<Shop> {
    Scenario::on_each_cluster(cause, move |cluster| {
        let shop = Shop::of_a_cloud(cluster);
        fault(&shop);
        shop
    })
}

impl Shop {
    fn of_a_cloud(cluster: Cluster) -> Self {
        let namespace = cluster.namespace("shop");
        let ca = Ca::new("Corp Root");
        let registry = Registry::builder()
            .dialect(Dialect::Ecr)
            .tls(&ca.server(&["127.0.0.1", "localhost"]))
            .user(User::new(ALICE.0, ALICE.1).pull("*"))
            .start();
        registry.push_image("team/app", "1.0", &Image::new());
        Self(World {
            registry,
            ca,
            cluster,
            namespace,
        })
    }

    fn look(&self, words: &[&str]) -> Doctor {
        Doctor::at(words)
            .trust(self.ca.root_pem())
            .cluster(&self.cluster, &self.namespace)
    }

    /// The pod `web`, whose container waits for this reason.
    fn waits(&self, container: &str, reason: &str, image: &str, change: impl FnOnce(&mut Value)) {
        let image = self.registry.image(image);
        let message = match reason {
            "ErrImageNeverPull" => {
                format!("Container image {image:?} is not present with pull policy of Never")
            }
            "CreateContainerConfigError" => "configmap \"settings\" not found".to_owned(),
            _ => format!("Back-off pulling image {image:?}"),
        };
        let state = json!({"waiting": {"reason": reason, "message": message}});
        self.pod(container, &image, "Pending", "", &state, change);
    }

    /// The pod `web` has got its image.
    fn runs(&self, image: &str) {
        if self.cluster_has_pod() {
            self.cluster.delete("pods", &self.namespace, "web");
        }
        let image = self.registry.image(image);
        let state = json!({"running": {"startedAt": "2026-01-02T03:04:05Z"}});
        self.pod("app", &image, "Running", "sha256:1", &state, |_| {});
    }

    fn cluster_has_pod(&self) -> bool {
        self.cluster.get("pods", &self.namespace, "web").is_some()
    }

    fn pod(
        &self,
        container: &str,
        image: &str,
        phase: &str,
        image_id: &str,
        state: &Value,
        change: impl FnOnce(&mut Value),
    ) {
        let mut pod = make::pod(&self.namespace, "web", image);
        pod["status"] = json!({
            "phase": phase,
            "containerStatuses": [{
                "name": container, "image": image, "imageID": image_id, "ready": false, "restartCount": 0,
                "state": state,
            }],
        });
        change(&mut pod);
        self.cluster.create(&pod);
    }
}

fn for_each_world(test: impl Fn(&Shop)) {
    on_each_cluster(|cluster| test(&Shop(World::on(cluster))));
}

#[test]
fn what_is_never_pulled_is_no_question_while_it_runs() {
    for_each_world(|shop| {
        let image = shop.registry.image("team/app:1.0");
        let mut web = make::deployment(&shop.namespace, "web", &image);
        web["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = json!("Never");
        shop.cluster.create(&web);
        let (report, remarks) = shop.look(&["deploy/web"]).try_run().expect("a run");
        assert!(report.results.is_empty(), "{}", told(&report.results[0]));
        assert!(
            remarks[0].contains("has no image that comes from a registry"),
            "{remarks:?}"
        );
        assert!(shop.registry.log().is_empty());
    });
}

/// The image is there: what is missing is a ConfigMap.
#[test]
fn trouble_that_comes_after_the_image_is_none_of_the_images() {
    for_each_world(|shop| {
        shop.waits("app", "CreateContainerConfigError", "team/app:1.0", |_| {});
        let (report, remarks) = shop.look(&[]).try_run().expect("a run");
        assert!(report.results.is_empty(), "{}", told(&report.results[0]));
        assert!(
            remarks[0].contains("nothing waits for an image"),
            "{remarks:?}"
        );
    });
}

/// A node of a cloud has got what no secret is for: nobody here knows with what, and nothing has failed.
#[test]
fn a_cloud_that_has_let_its_node_in_is_no_failure() {
    on_each_cluster(|cluster| {
        let shop = Shop::of_a_cloud(cluster);
        shop.runs("team/app:1.0");
        let result = shop.look(&["pod/web"]).open();
        assert!(
            result
                .summary()
                .contains("credentials that the cloud gives"),
            "{}",
            told(&result)
        );
    });
}

/// The API server or its controllers left neither an image nor a reason: found without a target, and judged by the registry.
#[test]
fn an_import_of_which_nothing_is_told() {
    let api = Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.20.3".into(),
        })
        .tls()
        .start();
    let shop = Shop(World::on(Cluster::Embedded(api)));
    let api = shop.cluster.api().expect("the embedded server");
    api.machines(Machines::new());
    let key = shop.registry.host().replace(':', "..");
    let cas = json!({key.as_str(): shop.ca.root_pem()});
    api.create(make::config_map("openshift-config", "cas", &cas));
    api.edit("images.config.openshift.io", "", "cluster", |object| {
        object["spec"]["additionalTrustedCA"] = json!({"name": "cas"});
    });
    let image = shop.registry.image("team/app:1.0");
    let mut stream = make::image_stream(&shop.namespace, "app", "1.0", &image);
    stream["spec"]["tags"][0]["generation"] = json!(2);
    api.seed([stream]);
    let refused = one(shop.look(&[]).run());
    assert_eq!(
        refused.cause(),
        Some(Cause::NoCredentials),
        "{}",
        told(&refused)
    );
    assert!(
        told(&refused).contains("neither an image nor a reason"),
        "{}",
        told(&refused)
    );
    // Nothing is in the way any more, and still nothing has come.
    shop.cluster.create(&shop.good_secret("corp-pull"));
    let silent = one(shop.look(&[]).run());
    assert_eq!(silent.outcome(), Outcome::Undetermined, "{}", told(&silent));
    assert!(silent.summary().contains("works now"), "{}", told(&silent));
    let (namespace, digest) = (&shop.namespace, &shop.registry.tags("team/app")[0].1);
    api.edit(
        "imagestreams.image.openshift.io",
        namespace,
        "app",
        |stream| {
            stream["status"] = json!({"tags": [{"tag": "1.0", "items": [{
                "created": "2026-01-02T03:04:05Z", "generation": 2, "image": digest,
                "dockerImageReference": shop.registry.image(&format!("team/app@{digest}")),
            }]}]});
        },
    );
    let (report, _) = shop.look(&[]).try_run().expect("a run");
    assert!(report.results.is_empty(), "{}", told(&report.results[0]));
}

/// Whatever is wrong with a secret or with what names it, there is a command for it.
#[test]
fn every_finding_on_a_secret_has_its_command() {
    for_each_world(|shop| {
        let (host, namespace) = (shop.registry.host(), shop.namespace.as_str());
        let anew = |registry: &str| {
            format!(
                "oc delete secret corp-pull -n {namespace}\n\
                 oc extreg link {registry} --registry-username USER --name corp-pull -n {namespace}"
            )
        };
        let found = |secret: &Value, word: &str| {
            shop.cluster.create(secret);
            let report = shop.look(&[word]).run();
            shop.cluster.delete("secrets", namespace, "corp-pull");
            let failed = report
                .results
                .iter()
                .find(|result| result.cause().is_some());
            commands_of(failed.expect("a finding"))
        };
        let word = "secret/corp-pull";
        let stale = shop.secret("corp-pull", &host, MALLORY);
        assert!(found(&stale, word).contains(&anew(&host)));
        let away = json!({"auths": {}, "credsStore": "desktop"});
        assert!(found(&shop.content(&away), word).contains(&anew("REGISTRY")));
        let marked = json!({"auths": {host.as_str(): {}}, "credsStore": "desktop"});
        assert!(found(&shop.content(&marked), word).contains(&anew(&host)));
        let mut opaque = shop.good_secret("corp-pull");
        opaque["type"] = json!("Opaque");
        let copied = format!("oc extreg link {host} --from-secret corp-pull -n {namespace}");
        assert!(found(&opaque, word).contains(&copied));
        // A second entry would go with it: the new login comes beside it.
        let two = json!({"auths": {
            host.as_str(): make::docker_entry(MALLORY.0, MALLORY.1),
            "localhost:1": make::docker_entry("a", "b"),
        }});
        let beside = found(&shop.content(&two), word);
        assert!(!beside.contains("delete"), "{beside}");
        assert!(
            beside.contains(&format!(
                "oc extreg link {host} --registry-username USER -n {namespace}"
            )),
            "{beside}"
        );
        shop.link("gone");
        let gone = commands_of(&one(shop.look(&["sa/default"]).run()));
        assert!(
            gone.contains(&format!(
                "--registry-username USER --name gone -n {namespace}"
            )),
            "{gone}"
        );
    });
}
