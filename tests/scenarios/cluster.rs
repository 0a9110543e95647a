//! With a cluster: the account's secrets as the kubelet reads them, lists, mirrors, trust, nodes, missing rights.

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::Outcome;
use extreg::doctor::evidence::{Check, SkipReason};
use extreg::doctor::finding::Confidence;
use extreg_test_support::api::{Api, Flavor, Rule, User as Login, make};
use extreg_test_support::certs::Ca;
use extreg_test_support::content::Image;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

use crate::kit::*;

/// A private registry, and a cluster whose namespace `shop` wants an image of it.
struct World {
    registry: Registry,
    ca: Ca,
    api: Api,
}

impl World {
    fn kubernetes() -> Self {
        Self::of(Api::builder().start())
    }

    fn openshift() -> Self {
        let world = Self::of(Api::builder().flavor(openshift4()).start());
        world.trusted();
        world
    }

    fn of(api: Api) -> Self {
        api.add_namespace("shop");
        let ca = Ca::new("Corp Root");
        let registry = Registry::builder()
            .dialect(Dialect::DistributionBasic)
            .tls(&ca.server(&["127.0.0.1", "localhost"]))
            .user(User::new(ALICE.0, ALICE.1).pull("*"))
            .start();
        registry.push_image("team/app", "1.0", &Image::new());
        Self { registry, ca, api }
    }

    /// The cluster trusts the registry's CA, under the right key.
    fn trusted(&self) {
        self.cas(&[(&self.registry.host().replace(':', ".."), self.ca.root_pem())]);
    }

    fn cas(&self, entries: &[(&str, &str)]) {
        let data: serde_json::Map<String, Value> = entries
            .iter()
            .map(|(key, pem)| ((*key).to_owned(), json!(pem)))
            .collect();
        let map = make::config_map("openshift-config", "registry-cas", &Value::Object(data));
        if self
            .api
            .get("configmaps", "openshift-config", "registry-cas")
            .is_some()
        {
            self.api
                .delete("configmaps", "openshift-config", "registry-cas");
        }
        if self.api.get("namespaces", "", "openshift-config").is_none() {
            self.api.add_namespace("openshift-config");
        }
        self.api.create(map);
        self.image_config(|spec| spec["additionalTrustedCA"] = json!({"name": "registry-cas"}));
    }

    fn image_config(&self, change: impl Fn(&mut Value)) {
        let kind = "images.config.openshift.io";
        if self.api.get(kind, "", "cluster").is_none() {
            self.api.create(json!({
                "apiVersion": "config.openshift.io/v1", "kind": "Image", "metadata": {"name": "cluster"}, "spec": {},
            }));
        }
        self.api.edit(kind, "", "cluster", |object| {
            if !object["spec"].is_object() {
                object["spec"] = json!({});
            }
            change(&mut object["spec"]);
        });
    }

    /// A secret, linked to the account `default`.
    fn linked(&self, secret: Value) {
        let name = secret["metadata"]["name"]
            .as_str()
            .expect("a name")
            .to_owned();
        self.api.create(secret);
        self.link(&name);
    }

    fn link(&self, name: &str) {
        self.api
            .edit("serviceaccounts", "shop", "default", |account| {
                let mut list = account["imagePullSecrets"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                list.push(json!({"name": name}));
                account["imagePullSecrets"] = Value::Array(list);
            });
    }

    fn unlink_all(&self) {
        self.api
            .edit("serviceaccounts", "shop", "default", |account| {
                account["imagePullSecrets"] = json!([]);
            });
    }

    fn good_secret(&self, name: &str) -> Value {
        make::docker_secret("shop", name, &self.registry.host(), ALICE.0, ALICE.1)
    }

    fn doctor(&self) -> Doctor {
        Doctor::of(self.registry.image("team/app:1.0"))
            .trust(self.ca.root_pem())
            .cluster(&self.api)
    }

    /// With the good secret in place everything is well.
    fn repaired(&self) {
        self.unlink_all();
        self.linked(self.good_secret("repaired"));
        let result = self.doctor().healthy();
        assert!(
            told(&result).contains("secret shop/repaired"),
            "{}",
            told(&result)
        );
    }
}

fn openshift4() -> Flavor {
    Flavor::OpenShift4 {
        version: "4.20.3".into(),
    }
}

#[test]
fn no_secret_covers_the_image() {
    let world = World::kubernetes();
    let result = world.doctor().certainly(Cause::NoCredentials);
    let command = result.remedies()[0].commands[0].join(" ");
    let host = world.registry.host();
    assert!(
        command.starts_with(&format!(
            "oc extreg link {host} --registry-username USER --image {host}/team/app:1.0 -n shop"
        )),
        "{command}"
    );
    world.repaired();
}

#[test]
fn a_good_secret_that_nothing_links() {
    let world = World::kubernetes();
    world.api.create(world.good_secret("idle"));
    let result = world.doctor().certainly(Cause::SecretNotLinked);
    let command = result.remedies()[0].commands[0].join(" ");
    assert!(command.contains("--secret idle -n shop"), "{command}");
    world.link("idle");
    world.doctor().healthy();
}

#[test]
fn another_account_has_other_secrets() {
    let world = World::kubernetes();
    world.api.create(make::service_account("shop", "robot"));
    world.linked(world.good_secret("corp-pull"));
    world.doctor().healthy();
    let result = world
        .doctor()
        .account("robot")
        .certainly(Cause::SecretNotLinked);
    let command = result.remedies()[0].commands[0].join(" ");
    assert!(command.contains("-z robot"), "{command}");
    let why = world
        .doctor()
        .account("nobody")
        .try_run()
        .map(|_| ())
        .unwrap_err();
    assert!(why.contains("\"nobody\" not found"), "{why}");
}

#[test]
fn secrets_of_the_wrong_kind() {
    let world = World::kubernetes();
    let mut opaque = world.good_secret("opaque");
    opaque["type"] = json!("Opaque");
    world.linked(opaque);
    world.doctor().certainly(Cause::SecretWrongType);
    world.repaired();
    world.unlink_all();
    world.api.delete("secrets", "shop", "repaired");
    world.link("gone");
    world
        .doctor()
        .finds(Cause::SecretMissing, Confidence::Likely);
    world.repaired();
}

#[test]
fn secrets_whose_content_is_broken() {
    let world = World::kubernetes();
    let host = world.registry.host();
    let not_base64 = json!({"auths": {"other.example.com": {"auth": "%%%"}}}).to_string();
    world.linked(make::docker_config_secret("shop", "broken", &not_base64));
    world.linked(world.good_secret("good"));
    // One bad entry for another registry stops all secrets of a pod.
    world.doctor().certainly(Cause::SecretMalformed);
    for (name, text) in [
        ("no-object", json!({"auths": []}).to_string()),
        (
            "empty",
            json!({"auths": {host.clone(): {"auth": "YWxpY2U6"}}}).to_string(),
        ),
    ] {
        world.unlink_all();
        world.linked(make::docker_config_secret("shop", name, &text));
        world.doctor().certainly(Cause::SecretMalformed);
    }
    let newline = make::docker_secret("shop", "newline", &host, ALICE.0, &format!("{}\n", ALICE.1));
    world.unlink_all();
    world.linked(newline);
    world
        .doctor()
        .finds(Cause::SecretMalformed, Confidence::Likely);
    world.repaired();
}

#[test]
fn keys_in_a_spelling_that_does_not_match() {
    let world = World::kubernetes();
    for (name, key) in [
        ("no-port", "127.0.0.1".to_owned()),
        ("path", format!("https://{}/v2", world.registry.host())),
    ] {
        world.unlink_all();
        world.linked(make::docker_secret("shop", name, &key, ALICE.0, ALICE.1));
        let result = world.doctor().certainly(Cause::SecretKeyMismatch);
        let command = result.remedies()[0].commands[0].join(" ");
        assert!(
            command.contains(&format!("--from-secret {name}")),
            "{command}"
        );
    }
    world.repaired();
}

#[test]
fn the_kubelet_tries_all_that_match() {
    let world = World::kubernetes();
    world.linked(make::docker_secret(
        "shop",
        "stale",
        &world.registry.host(),
        MALLORY.0,
        MALLORY.1,
    ));
    world.doctor().certainly(Cause::BadCredentials);
    world.linked(world.good_secret("good"));
    let result = world.doctor().healthy();
    assert!(
        told(&result).contains("login here warn"),
        "{}",
        told(&result)
    );
}

#[test]
fn the_file_that_is_given_takes_the_place_of_the_secrets() {
    let world = World::kubernetes();
    world
        .doctor()
        .login(&world.registry.host(), ALICE)
        .healthy();
    world
        .doctor()
        .login("127.0.0.1", ALICE)
        .certainly(Cause::SecretKeyMismatch);
}

#[test]
fn lists_of_registries_bind_the_nodes() {
    let world = World::openshift();
    world.linked(world.good_secret("good"));
    let host = world.registry.host();
    world.doctor().healthy();
    world.image_config(|spec| spec["registrySources"] = json!({"blockedRegistries": [host]}));
    world.doctor().certainly(Cause::RegistryBlocked);
    world.image_config(|spec| spec["registrySources"] = json!({"allowedRegistries": ["quay.io"]}));
    world.doctor().certainly(Cause::RegistryNotAllowed);
    world.image_config(|spec| {
        spec["registrySources"] = json!({"allowedRegistries": ["quay.io", host]});
    });
    world.doctor().healthy();
}

#[test]
fn the_cluster_does_not_trust_what_this_machine_trusts() {
    let world = World::openshift();
    world.linked(world.good_secret("good"));
    world.cas(&[("other.example.com", world.ca.root_pem())]);
    let result = world
        .doctor()
        .finds(Cause::ClusterTrustMissing, Confidence::Likely);
    let commands = format!("{:?}", result.remedies());
    let key = world.registry.host().replace(':', "..");
    assert!(
        commands.contains(&format!("--from-file={key}=CA-FILE")),
        "{commands}"
    );
    // A key that nearly serves it is named.
    world.cas(&[("127.0.0.1", world.ca.root_pem())]);
    let result = world
        .doctor()
        .finds(Cause::ClusterTrustMissing, Confidence::Likely);
    assert!(
        result.summary().contains("is for another port"),
        "{}",
        result.summary()
    );
    world.trusted();
    world.doctor().healthy();
}

#[test]
fn what_the_cluster_trusts_is_used_here_too() {
    let world = World::openshift();
    world.linked(world.good_secret("good"));
    // Without --registry-ca this machine knows nothing of the CA; the nodes do, and they are who pulls.
    let doctor = Doctor::of(world.registry.image("team/app:1.0")).cluster(&world.api);
    let result = doctor.healthy();
    assert!(told(&result).contains("tls here warn"), "{}", told(&result));
}

#[test]
fn an_insecure_registry_is_not_checked_by_the_nodes() {
    let world = World::openshift();
    world.linked(world.good_secret("good"));
    world.cas(&[]);
    let doctor = || Doctor::of(world.registry.image("team/app:1.0")).cluster(&world.api);
    doctor().certainly(Cause::UnknownCa);
    world.image_config(|spec| {
        spec["registrySources"] = json!({"insecureRegistries": [world.registry.host()]});
    });
    doctor().healthy();
}

#[test]
fn the_platform_is_that_of_the_nodes() {
    let world = World::openshift();
    world.linked(world.good_secret("good"));
    world.api.create(make::node("worker-0", "arm64"));
    let result = world
        .doctor()
        .platform(None)
        .certainly(Cause::PlatformMissing);
    assert!(
        result.summary().contains("the nodes wants linux/arm64"),
        "{}",
        result.summary()
    );
    world.api.create(make::node("worker-1", "amd64"));
    world.doctor().platform(None).healthy();
}

/// A mirror, and a rule that sends the nodes to it.
struct Mirrored {
    world: World,
    mirror: Registry,
}

impl Mirrored {
    fn new(policy: &str) -> Self {
        let world = World::openshift();
        let mirror = Registry::builder()
            .dialect(Dialect::DistributionBasic)
            .tls(&world.ca.server(&["127.0.0.1", "localhost"]))
            .user(User::new(ALICE.0, ALICE.1).pull("*"))
            .start();
        let name = Self::name_of(&mirror);
        let keys: Vec<String> = [world.registry.host(), name.clone()]
            .iter()
            .map(|host| host.replace(':', ".."))
            .collect();
        let pem = world.ca.root_pem().to_owned();
        world.cas(&[(&keys[0], &pem), (&keys[1], &pem)]);
        world.api.create(json!({
            "apiVersion": "config.openshift.io/v1", "kind": "ImageTagMirrorSet", "metadata": {"name": "corp"},
            "spec": {"imageTagMirrors": [{
                "source": world.registry.host(), "mirrors": [name], "mirrorSourcePolicy": policy,
            }]},
        }));
        Self { world, mirror }
    }

    /// Another name than the source's, so that credentials for one are not nearly right for the other.
    fn name_of(mirror: &Registry) -> String {
        format!("localhost:{}", mirror.port())
    }

    fn secret(&self, name: &str, host: &str) {
        self.world
            .linked(make::docker_secret("shop", name, host, ALICE.0, ALICE.1));
    }
}

#[test]
fn a_mirror_that_does_not_have_it() {
    let mirrored = Mirrored::new("NeverContactSource");
    mirrored.secret("mirror", &Mirrored::name_of(&mirrored.mirror));
    let result = mirrored.world.doctor().certainly(Cause::Mirror);
    assert!(
        result.summary().contains("the source is never asked"),
        "{}",
        result.summary()
    );
    assert!(
        mirrored.world.registry.log().is_empty(),
        "the source was asked"
    );
    mirrored.mirror.push_image("team/app", "1.0", &Image::new());
    mirrored.world.doctor().healthy();
}

#[test]
fn credentials_are_looked_up_for_the_mirror() {
    let mirrored = Mirrored::new("NeverContactSource");
    mirrored.mirror.push_image("team/app", "1.0", &Image::new());
    mirrored.secret("source", &mirrored.world.registry.host());
    let result = mirrored.world.doctor().certainly(Cause::NoCredentials);
    let command = result.remedies()[0].commands[0].join(" ");
    assert!(
        command.contains(&format!("link {}", Mirrored::name_of(&mirrored.mirror))),
        "{command}"
    );
    assert!(
        mirrored
            .mirror
            .log()
            .iter()
            .all(|request| request.authorization().is_none())
    );
    mirrored.secret("mirror", &Mirrored::name_of(&mirrored.mirror));
    mirrored.world.doctor().healthy();
}

#[test]
fn the_source_stands_in_for_a_mirror_where_it_may() {
    let mirrored = Mirrored::new("AllowContactingSource");
    mirrored.secret("both", &mirrored.world.registry.host());
    let result = mirrored.world.doctor().healthy();
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
        let api = Api::builder()
            .flavor(openshift4())
            .tls()
            .user(Login::new("dev").token("dev-token"))
            .start();
        let world = World::of(api);
        world.trusted();
        world.linked(world.good_secret("good"));
        world
            .api
            .deny("dev", Rule::verbs(&["get", "list"]).on(resource));
        let result = one(world.doctor().cluster_as(&world.api, "dev").run());
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
        world.api.forget_rules("dev");
        world.doctor().cluster_as(&world.api, "dev").healthy();
    }
}

#[test]
fn nodes_that_may_not_be_listed_can_be_named() {
    let api = Api::builder()
        .flavor(openshift4())
        .tls()
        .user(Login::new("dev").token("dev-token"))
        .start();
    let world = World::of(api);
    world.trusted();
    world.linked(world.good_secret("good"));
    world
        .api
        .deny("dev", Rule::verbs(&["get", "list"]).on("nodes"));
    let result = world
        .doctor()
        .cluster_as(&world.api, "dev")
        .platform(None)
        .open();
    assert!(
        told(&result).contains("--platform says what the nodes are"),
        "{}",
        told(&result)
    );
    world
        .doctor()
        .cluster_as(&world.api, "dev")
        .platform(Some("linux/amd64"))
        .healthy();
}

#[test]
fn names_in_use_are_suggested() {
    let world = World::kubernetes();
    world.linked(world.good_secret("good"));
    let image = world.registry.image("team/app:1.0");
    world.api.create(make::deployment("shop", "web", &image));
    let result = Doctor::of(world.registry.image("tema/app:1.0"))
        .trust(world.ca.root_pem())
        .cluster(&world.api)
        .certainly(Cause::RepositoryMissing);
    assert!(
        result.summary().contains(&format!("{image} exists")),
        "{}",
        result.summary()
    );
}

#[test]
fn the_report_names_the_cluster() {
    let world = World::openshift();
    world.linked(world.good_secret("good"));
    let report = world.doctor().run();
    let cluster = report.cluster.expect("a cluster");
    assert_eq!(cluster.server, world.api.url());
    assert!(cluster.kubernetes.is_some());
    assert!(
        world
            .api
            .writes()
            .iter()
            .all(|request| !request.path.contains("secrets"))
    );
}

#[test]
fn a_push_uses_the_first_secret_alone() {
    let world = World::kubernetes();
    let host = world.registry.host();
    world.linked(make::docker_secret(
        "shop", "a-stale", &host, MALLORY.0, MALLORY.1,
    ));
    world.linked(world.good_secret("b-good"));
    let report = world.doctor().push().run();
    let push = &report.results[1];
    assert_eq!(push.cause(), Some(Cause::SecretShadowed), "{}", told(push));
    let commands = format!("{:?}", push.remedies());
    assert!(
        commands.contains("unlink") && commands.contains("a-stale"),
        "{commands}"
    );
    // The pull tries both.
    assert_eq!(
        report.results[0].outcome(),
        Outcome::Healthy,
        "{}",
        told(&report.results[0])
    );
    world.unlink_all();
    world.link("b-good");
    let report = world.doctor().push().run();
    assert_eq!(
        report.results[1].outcome(),
        Outcome::Healthy,
        "{}",
        told(&report.results[1])
    );
}
