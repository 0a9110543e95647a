//! On OpenShift: lists of registries, trust, mirrors, nodes. Only the embedded server has its groups, and the log of
//! what was asked.

use std::ops::Deref;

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::Outcome;
use extreg::doctor::evidence::{Check, SkipReason};
use extreg_test_support::api::{Api, Flavor, Rule, User as Login, make};
use extreg_test_support::cluster::Cluster;
use extreg_test_support::content::Image;
use extreg_test_support::pull::Machines;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

use crate::cluster::World;
use crate::kit::*;

scenarios![
    a_blocked_registry = openshift(Cause::RegistryBlocked, |world| {
        world.sources(&json!({"blockedRegistries": ["quay.io", world.registry.host()]}));
    })
    .asks(|world| world.doctor())
    .suggests(|world| {
        const LIST: &str = "/spec/registrySources/blockedRegistries/1";
        let host = world.registry.host();
        format!(
            r#"oc patch image.config.openshift.io/cluster --type=json -p [{{"op":"test","path":"{LIST}","value":"{host}"}},{{"op":"remove","path":"{LIST}"}}]"#
        )
    })
    .mended(|world| world.sources(&json!({}))),
    a_registry_that_is_not_allowed = openshift(Cause::RegistryNotAllowed, |world| {
        world.sources(&json!({"allowedRegistries": ["quay.io"]}));
    })
    .asks(|world| world.doctor())
    .mended(|world| {
        let host = world.registry.host();
        world.sources(&json!({"allowedRegistries": ["quay.io", host]}));
    }),
    a_ca_that_the_cluster_does_not_know = openshift(Cause::ClusterTrustMissing, |world| {
        world.cas(&[("other.example.com", world.ca.root_pem())]);
    })
    .asks(|world| world.doctor())
    .likely()
    .suggests(|world| format!("oc extreg trust {} --ca ca.pem", world.registry.host()))
    .mended(OpenShift::trusted),
    a_ca_for_another_port = openshift(Cause::ClusterTrustMissing, |world| {
        world.cas(&[("127.0.0.1", world.ca.root_pem())]);
    })
    .asks(|world| world.doctor())
    .likely()
    .says("is for another port")
    .mended(OpenShift::trusted),
    a_ca_that_nobody_knows = openshift(Cause::UnknownCa, |world| world.cas(&[]))
        .asks(OpenShift::without_the_ca)
        .mended(|world| {
            // The nodes check no certificate then, and they are who pulls.
            world.sources(&json!({"insecureRegistries": [world.registry.host()]}));
        }),
    an_image_for_other_nodes = openshift(Cause::PlatformMissing, |world| {
        world.api().create(make::node("worker-0", "arm64"));
    })
    .asks(|world| world.doctor().platform(None))
    .says("the nodes wants linux/arm64")
    .mended(|world| drop(world.api().create(make::node("worker-1", "amd64")))),
    an_image_that_must_be_signed = openshift(Cause::Signature, |world| {
        world.api().create(json!({
            "apiVersion": "config.openshift.io/v1", "kind": "ClusterImagePolicy", "metadata": {"name": "corp"},
            "spec": {
                "scopes": [world.registry.host()],
                "policy": {"rootOfTrust": {"policyType": "PublicKey", "publicKey": {"keyData": "a2V5"}}},
            },
        }));
    })
    .asks(|world| world.doctor())
    .likely()
    .says("clusterimagepolicy/corp wants a signature")
    .mended(|world| {
        let digest = world.registry.push_image("team/app", "1.0", &Image::new());
        let tag = format!("{}.sig", digest.replacen(':', "-", 1));
        world.registry.push_image("team/app", &tag, &Image::new());
    }),
    a_mirror_that_does_not_have_it =
        Scenario::of(Cause::Mirror, || Mirrored::new("NeverContactSource"))
            .asks(Mirrored::doctor)
            .says("the source is never asked")
            .shows(|mirrored, _| {
                assert!(
                    mirrored.world.registry.log().is_empty(),
                    "the source was asked"
                );
            })
            .mended(|mirrored| drop(mirrored.mirror.push_image("team/app", "1.0", &Image::new()))),
    a_mirror_that_lacks_the_digest = Scenario::of(Cause::Mirror, || {
        let mirrored = Mirrored::new("NeverContactSource");
        mirrored.by_digest();
        mirrored.mirror.push_image("team/app", "0.9", &Image::new().label("old"));
        mirrored
    })
    .asks(Mirrored::pinned)
    .says("the cluster asks localhost:")
    .says("the source is never asked")
    .mended(|mirrored| drop(mirrored.mirror.push_image("team/app", "1.0", &Image::new()))),
    a_secret_for_the_source_of_a_mirror = Scenario::of(Cause::NoCredentials, || {
        let mirrored = Mirrored::with_secret_for_the_source("NeverContactSource");
        mirrored.mirror.push_image("team/app", "1.0", &Image::new());
        mirrored
    })
    .asks(Mirrored::doctor)
    .suggests(|mirrored| format!("--authfile .dockerconfigjson {}", name_of(&mirrored.mirror)))
    .shows(|mirrored, _| {
        for request in mirrored.mirror.log() {
            assert_eq!(request.authorization(), None);
        }
    })
    .mended(Mirrored::node_login),
    a_secret_of_the_pod_for_a_mirror = Scenario::of(Cause::NoCredentials, || {
        let mirrored = Mirrored::without_secrets("NeverContactSource");
        mirrored.secret("mirror", &name_of(&mirrored.mirror));
        mirrored.mirror.push_image("team/app", "1.0", &Image::new());
        mirrored
    })
    .asks(Mirrored::doctor)
    .suggests(|_| "set data secret/pull-secret".to_owned())
    .mended(Mirrored::node_login),
];

/// A namespace of an OpenShift cluster that trusts the registry's CA, and has a good secret where nothing else is said.
struct OpenShift(World);

impl Deref for OpenShift {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

/// With a good secret, and one fault.
fn openshift(cause: Cause, fault: impl Fn(&OpenShift) + 'static) -> Staged<OpenShift> {
    Scenario::of(cause, move || {
        let world = OpenShift::linked();
        fault(&world);
        world
    })
}

impl OpenShift {
    fn new() -> Self {
        let api = Api::builder()
            .flavor(Flavor::OpenShift4 {
                version: "4.20.3".into(),
            })
            .tls()
            .user(Login::new("dev").token("dev-token"))
            .start();
        api.machines(Machines::new());
        let world = Self(World::on(Cluster::Embedded(api)));
        world.trusted();
        world
    }

    fn linked() -> Self {
        let world = Self::new();
        world.0.linked(&world.good_secret("good"));
        world
    }

    fn api(&self) -> &Api {
        self.cluster.api().expect("the embedded server")
    }

    /// The key of the registry among the CAs.
    fn ca_key(&self) -> String {
        self.registry.host().replace(':', "..")
    }

    /// The cluster trusts the registry's CA, under the right key.
    fn trusted(&self) {
        self.cas(&[(&self.ca_key(), self.ca.root_pem())]);
    }

    fn cas(&self, entries: &[(&str, &str)]) {
        const PLACE: (&str, &str, &str) = ("configmaps", "openshift-config", "registry-cas");
        let data: serde_json::Map<String, Value> = entries
            .iter()
            .map(|(key, pem)| ((*key).to_owned(), json!(pem)))
            .collect();
        if self.api().get(PLACE.0, PLACE.1, PLACE.2).is_some() {
            self.api().delete(PLACE.0, PLACE.1, PLACE.2);
        }
        self.api()
            .create(make::config_map(PLACE.1, PLACE.2, &Value::Object(data)));
        self.image_config(|spec| spec["additionalTrustedCA"] = json!({"name": PLACE.2}));
    }

    /// `registrySources` of image.config.
    fn sources(&self, sources: &Value) {
        self.image_config(|spec| spec["registrySources"] = sources.clone());
    }

    fn image_config(&self, change: impl Fn(&mut Value)) {
        self.api()
            .edit("images.config.openshift.io", "", "cluster", |object| {
                change(&mut object["spec"]);
            });
    }

    /// Without --registry-ca this machine knows nothing of the CA.
    fn without_the_ca(&self) -> Doctor {
        Doctor::of(self.registry.image("team/app:1.0")).cluster(&self.cluster, &self.namespace)
    }

    /// As somebody who may not read this.
    fn denied(&self, resource: &str) -> Doctor {
        let rule = Rule::verbs(&["get", "list"]).on(resource);
        self.api().deny("dev", rule);
        self.doctor_of_dev()
    }

    fn doctor_of_dev(&self) -> Doctor {
        let text = self.api().kubeconfig_of("dev", &self.namespace);
        self.doctor().kubeconfig(text)
    }
}

/// A mirror, and a rule that sends the nodes to it.
struct Mirrored {
    world: OpenShift,
    mirror: Registry,
}

/// Another name than the source's, so that credentials for one are not nearly right for the other.
fn name_of(mirror: &Registry) -> String {
    format!("localhost:{}", mirror.port())
}

impl Mirrored {
    /// The account has a secret for the mirror alone.
    fn new(policy: &str) -> Self {
        let mirrored = Self::without_secrets(policy);
        mirrored.node_login();
        mirrored
    }

    fn with_secret_for_the_source(policy: &str) -> Self {
        let mirrored = Self::without_secrets(policy);
        mirrored.secret("source", &mirrored.world.registry.host());
        mirrored
    }

    fn without_secrets(policy: &str) -> Self {
        let world = OpenShift::new();
        let mirror = Registry::builder()
            .dialect(Dialect::DistributionBasic)
            .tls(&world.ca.server(&["127.0.0.1", "localhost"]))
            .user(User::new(ALICE.0, ALICE.1).pull("*"))
            .start();
        let pem = world.ca.root_pem();
        let key = name_of(&mirror).replace(':', "..");
        world.cas(&[(&world.ca_key(), pem), (&key, pem)]);
        world.api().create(json!({
            "apiVersion": "config.openshift.io/v1", "kind": "ImageTagMirrorSet", "metadata": {"name": "corp"},
            "spec": {"imageTagMirrors": [{
                "source": world.registry.host(), "mirrors": [name_of(&mirror)], "mirrorSourcePolicy": policy,
            }]},
        }));
        Self { world, mirror }
    }

    fn secret(&self, name: &str, host: &str) {
        self.world.0.linked(&self.world.secret(name, host, ALICE));
    }

    /// The nodes' own pull secret has a login for the mirror: no secret of a pod is sent there.
    fn node_login(&self) {
        let host = name_of(&self.mirror);
        let secret =
            make::docker_secret("openshift-config", "pull-secret", &host, ALICE.0, ALICE.1);
        self.world.api().create(secret);
    }

    fn doctor(&self) -> Doctor {
        self.world.doctor()
    }

    /// The rule is about digests, not tags.
    fn by_digest(&self) {
        self.world
            .api()
            .delete("imagetagmirrorsets.config.openshift.io", "", "corp");
        self.world.api().create(json!({
            "apiVersion": "config.openshift.io/v1", "kind": "ImageDigestMirrorSet", "metadata": {"name": "corp"},
            "spec": {"imageDigestMirrors": [{
                "source": self.world.registry.host(), "mirrors": [name_of(&self.mirror)],
                "mirrorSourcePolicy": "NeverContactSource",
            }]},
        }));
    }

    /// The image by its digest.
    fn pinned(&self) -> Doctor {
        let registry = &self.world.registry;
        let digest = &registry.tags("team/app")[0].1;
        Doctor::of(registry.image(&format!("team/app@{digest}")))
            .trust(self.world.ca.root_pem())
            .cluster(&self.world.cluster, &self.world.namespace)
    }
}

#[test]
fn what_the_cluster_trusts_is_used_here_too() {
    let world = OpenShift::linked();
    // The nodes know the CA, and they are who pulls.
    let result = world.without_the_ca().healthy();
    assert!(told(&result).contains("tls here warn"), "{}", told(&result));
}

#[test]
fn the_source_stands_in_for_a_mirror_where_it_may() {
    let mirrored = Mirrored::with_secret_for_the_source("AllowContactingSource");
    let result = mirrored.doctor().healthy();
    assert!(
        told(&result).contains("mirror here warn"),
        "{}",
        told(&result)
    );
}

/// What may not be read is said, and never taken for good.
#[test]
fn missing_rights_leave_gaps_and_no_health() {
    for (resource, check) in [
        ("secrets", Check::Credentials),
        ("serviceaccounts", Check::Credentials),
        ("images.config.openshift.io", Check::Policy),
        ("imagetagmirrorsets.config.openshift.io", Check::Mirror),
    ] {
        let world = OpenShift::linked();
        let result = one(world.denied(resource).run());
        assert_eq!(
            result.outcome(),
            Outcome::Undetermined,
            "{resource}\n{}",
            told(&result)
        );
        let skipped = result
            .evidence
            .of(check)
            .any(|(_, item)| item.skip_reason == Some(SkipReason::Forbidden));
        assert!(skipped, "{resource}\n{}", told(&result));
        world.api().forget_rules("dev");
        world.doctor_of_dev().healthy();
    }
}

#[test]
fn nodes_that_may_not_be_listed_can_be_named() {
    let world = OpenShift::linked();
    let result = world.denied("nodes").platform(None).open();
    assert!(
        told(&result).contains("--platform says what the nodes are"),
        "{}",
        told(&result)
    );
    world.doctor_of_dev().healthy();
}

#[test]
fn the_report_names_the_cluster_and_nothing_was_written() {
    let world = OpenShift::linked();
    world.api().clear_requests();
    let report = world.doctor().run();
    let cluster = report.cluster.expect("a cluster");
    assert_eq!(cluster.server, world.api().url());
    assert!(cluster.kubernetes.is_some());
    let written: Vec<String> = world
        .api()
        .writes()
        .iter()
        .map(|request| request.path.clone())
        .filter(|path| !path.contains("selfsubject"))
        .collect();
    assert_eq!(written, Vec::<String>::new());
}
