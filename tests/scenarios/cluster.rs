//! With a cluster: the secrets of a namespace and its accounts, as the kubelet reads them.

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::Outcome;
use extreg::doctor::evidence::{Check, SkipReason};
use extreg_test_support::api::make;
use extreg_test_support::certs::Ca;
use extreg_test_support::cluster::{Cluster, on_each_cluster};
use extreg_test_support::content::Image;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

use crate::kit::*;

scenarios![
    no_secret_covers_the_image = kubernetes(Cause::NoCredentials, |_| {})
        .asks(World::doctor)
        .suggests(|world| {
            let (host, namespace) = (world.registry.host(), &world.namespace);
            format!(
                "oc extreg link {host} --registry-username USER --image {host}/team/app:1.0 -n {namespace}"
            )
        })
        .mended(|world| world.linked(&world.good_secret("corp-pull"))),
    a_good_secret_that_nothing_links = kubernetes(Cause::SecretNotLinked, |world| {
        world.cluster.create(&world.good_secret("idle"));
    })
    .asks(World::doctor)
    .suggests(|world| format!("--secret idle -n {}", world.namespace))
    .mended(|world| world.link("idle")),
    a_good_secret_of_another_account = kubernetes(Cause::SecretNotLinked, |world| {
        let robot = make::service_account(&world.namespace, "robot");
        world.cluster.create(&robot);
        world.linked(&world.good_secret("corp-pull"));
    })
    .asks(|world| world.doctor().account("robot"))
    .suggests(|_| "-z robot".to_owned())
    .mended_by_asking(World::doctor),
    a_secret_that_does_not_exist =
        kubernetes(Cause::SecretMissing, |world| world.link("corp-pull"))
            .asks(World::doctor)
            .likely()
            .mended(|world| drop(world.cluster.create(&world.good_secret("corp-pull")))),
    an_opaque_secret = secret(Cause::SecretWrongType, |world| {
        let mut secret = world.good_secret("corp-pull");
        secret["type"] = json!("Opaque");
        secret
    })
    .mended(World::replace),
    // One bad entry for another registry stops all secrets of a pod.
    a_broken_entry_for_another_registry = secret(Cause::SecretMalformed, |world| {
        world.linked(&world.good_secret("good"));
        world.content(&json!({"auths": {"other.example.com": {"auth": "%%%"}}}))
    })
    .mended(World::replace),
    entries_that_are_no_object =
        secret(Cause::SecretMalformed, |world| world.content(&json!({"auths": []})))
            .mended(World::replace),
    an_entry_without_a_password = secret(Cause::SecretMalformed, |world| {
        world.content(&json!({"auths": {world.registry.host(): {"auth": "YWxpY2U6"}}}))
    })
    .mended(World::replace),
    a_password_with_a_line_break = secret(Cause::SecretMalformed, |world| {
        let password = format!("{}\n", ALICE.1);
        world.secret("corp-pull", &world.registry.host(), (ALICE.0, &password))
    })
    .likely()
    .mended(World::replace),
    a_key_without_the_port = secret(Cause::SecretKeyMismatch, |world| {
        world.secret("corp-pull", "127.0.0.1", ALICE)
    })
    .suggests(|_| "--from-secret corp-pull".to_owned())
    .mended(World::replace),
    a_key_with_a_path = secret(Cause::SecretKeyMismatch, |world| {
        let key = format!("https://{}/v2", world.registry.host());
        world.secret("corp-pull", &key, ALICE)
    })
    .suggests(|_| "--from-secret corp-pull".to_owned())
    .mended(World::replace),
    a_stale_secret = secret(Cause::BadCredentials, |world| {
        world.secret("corp-pull", &world.registry.host(), MALLORY)
    })
    .mended(World::replace),
    // The pull tries both, the push only the first.
    a_stale_secret_before_a_good_one = kubernetes(Cause::SecretShadowed, |world| {
        world.linked(&world.secret("a-stale", &world.registry.host(), MALLORY));
        world.linked(&world.good_secret("b-good"));
    })
    .asks(|world| world.doctor().push())
    .suggests(|_| "unlink a-stale".to_owned())
    .mended(|world| world.unlink("a-stale")),
    a_file_with_another_key = kubernetes(Cause::SecretKeyMismatch, |_| {})
        .asks(|world| world.doctor().login("127.0.0.1", ALICE))
        .mended_by_asking(|world| world.doctor().login(&world.registry.host(), ALICE)),
    a_name_near_one_in_use = kubernetes(Cause::RepositoryMissing, |world| {
        let image = world.registry.image("team/app:1.0");
        let web = make::deployment(&world.namespace, "web", &image);
        world.cluster.create(&web);
        world.linked(&world.good_secret("corp-pull"));
    })
    .asks(|world| world.doctor_of("tema/app:1.0"))
    .shows(|world, result| {
        let words = format!("{} exists", world.registry.image("team/app:1.0"));
        assert!(result.summary().contains(&words), "{}", result.summary());
    })
    .mended_by_asking(World::doctor),
];

/// A private registry, and a namespace of a cluster that wants an image of it.
pub(crate) struct World {
    pub(crate) registry: Registry,
    pub(crate) ca: Ca,
    pub(crate) cluster: Cluster,
    pub(crate) namespace: String,
}

/// On plain Kubernetes, embedded and real.
fn kubernetes(cause: Cause, fault: impl Fn(&World) + 'static) -> Staged<World> {
    Scenario::on_each_cluster(cause, move |cluster| {
        let world = World::on(cluster);
        fault(&world);
        world
    })
}

/// The account has this secret, `corp-pull`.
fn secret(cause: Cause, secret: impl Fn(&World) -> Value + 'static) -> Faulty<World> {
    kubernetes(cause, move |world| world.linked(&secret(world))).asks(World::doctor)
}

impl World {
    pub(crate) fn on(cluster: Cluster) -> Self {
        let namespace = cluster.namespace("shop");
        let ca = Ca::new("Corp Root");
        let registry = Registry::builder()
            .dialect(Dialect::DistributionBasic)
            .tls(&ca.server(&["127.0.0.1", "localhost"]))
            .user(User::new(ALICE.0, ALICE.1).pull("*"))
            .start();
        registry.push_image("team/app", "1.0", &Image::new());
        Self {
            registry,
            ca,
            cluster,
            namespace,
        }
    }

    /// A secret, linked to the account `default`.
    pub(crate) fn linked(&self, secret: &Value) {
        self.cluster.create(secret);
        self.link(secret["metadata"]["name"].as_str().expect("a name"));
    }

    pub(crate) fn link(&self, name: &str) {
        self.pull_secrets(|list| list.push(json!({"name": name})));
    }

    fn unlink(&self, name: &str) {
        self.pull_secrets(|list| list.retain(|entry| entry["name"] != name));
    }

    fn pull_secrets(&self, change: impl FnOnce(&mut Vec<Value>)) {
        let change = |account: &mut Value| {
            let mut list = account["imagePullSecrets"].as_array().cloned();
            change(list.get_or_insert_default());
            account["imagePullSecrets"] = list.into();
        };
        self.cluster
            .edit("serviceaccounts", &self.namespace, "default", change);
    }

    pub(crate) fn secret(&self, name: &str, key: &str, (user, password): (&str, &str)) -> Value {
        make::docker_secret(&self.namespace, name, key, user, password)
    }

    pub(crate) fn good_secret(&self, name: &str) -> Value {
        self.secret(name, &self.registry.host(), ALICE)
    }

    /// `corp-pull` with this content.
    pub(crate) fn content(&self, config: &Value) -> Value {
        make::docker_config_secret(&self.namespace, "corp-pull", &config.to_string())
    }

    /// `corp-pull` is made anew, as it should be.
    pub(crate) fn replace(&self) {
        self.cluster.delete("secrets", &self.namespace, "corp-pull");
        self.cluster.create(&self.good_secret("corp-pull"));
    }

    pub(crate) fn doctor(&self) -> Doctor {
        self.doctor_of("team/app:1.0")
    }

    fn doctor_of(&self, name: &str) -> Doctor {
        Doctor::of(self.registry.image(name))
            .trust(self.ca.root_pem())
            .cluster(&self.cluster, &self.namespace)
    }
}

#[test]
fn the_secret_that_serves_is_named() {
    for_each_world(|world| {
        world.linked(&world.good_secret("corp-pull"));
        let told = told(&world.doctor().healthy());
        let words = format!("secret {}/corp-pull", world.namespace);
        assert!(told.contains(&words), "{told}");
    });
}

#[test]
fn an_account_that_does_not_exist_ends_the_run() {
    for_each_world(|world| {
        let why = world
            .doctor()
            .account("nobody")
            .try_run()
            .map(|_| ())
            .unwrap_err();
        assert!(why.contains("\"nobody\" not found"), "{why}");
    });
}

#[test]
fn the_kubelet_tries_all_that_match() {
    for_each_world(|world| {
        world.linked(&world.secret("stale", &world.registry.host(), MALLORY));
        world.linked(&world.good_secret("good"));
        let told = told(&world.doctor().healthy());
        assert!(told.contains("login here warn"), "{told}");
    });
}

/// What may not be read is said, and never taken for good.
#[test]
fn missing_rights_leave_gaps_and_no_health() {
    const READ: &[&str] = &["get", "list"];
    for (kept, missing) in [
        ("secrets", "serviceaccounts"),
        ("serviceaccounts", "secrets"),
    ] {
        for_each_world(|world| {
            world.linked(&world.good_secret("good"));
            world.cluster.grant(&world.namespace, READ, kept);
            let doctor = || world.doctor().limited(&world.cluster, &world.namespace);
            let result = one(doctor().run());
            assert_eq!(
                result.outcome(),
                Outcome::Undetermined,
                "{missing}\n{}",
                told(&result)
            );
            let skipped = result
                .evidence
                .of(Check::Credentials)
                .any(|(_, item)| item.skip_reason == Some(SkipReason::Forbidden));
            assert!(skipped, "{missing}\n{}", told(&result));
            world.cluster.grant(&world.namespace, READ, missing);
            doctor().healthy();
        });
    }
}

fn for_each_world(test: impl Fn(&World)) {
    on_each_cluster(|cluster| test(&World::on(cluster)));
}
