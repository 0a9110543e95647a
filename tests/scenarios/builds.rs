//! Builds and image streams: which secret the platform takes for a push and for an import, and what follows when it is the
//! wrong one. Only the embedded server has their groups.

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::{Diagnosis, Outcome};
use extreg::doctor::evidence::{Check, SkipReason};
use extreg::doctor::finding::Confidence;
use extreg::doctor::target::Operation;
use extreg_test_support::api::{Api, Flavor, PodState, Rule, User as Login, make};
use extreg_test_support::certs::Ca;
use extreg_test_support::cluster::Cluster;
use extreg_test_support::content::Image;
use extreg_test_support::pull::Machines;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

use crate::kit::*;

/// May pull everything and push nothing.
const READER: (&str, &str) = ("reader", "canary-Pa55word-of-reader");

scenarios![
    a_push_secret_that_may_only_pull = shop(Cause::PushDenied, |shop| {
        shop.secret("push", READER);
        shop.config(|spec| spec["output"]["pushSecret"] = json!({"name": "push"}));
    })
    .asks(Shop::push)
    .says("gives reader")
    .mended(|shop| shop.replace("push", ALICE)),
    a_push_secret_that_does_not_exist = shop(Cause::SecretMissing, |shop| {
        shop.config(|spec| spec["output"]["pushSecret"] = json!({"name": "push"}));
    })
    .asks(Shop::push)
    .says("its pushSecret names secret shop/push, which does not exist")
    .mended(|shop| shop.secret("push", ALICE)),
    a_push_secret_in_the_list_that_is_not_read = shop(Cause::SecretNotLinked, |shop| {
        shop.secret("push", ALICE);
        shop.mount(&["push"]);
    })
    .asks(Shop::push)
    .likely()
    .says("imagePullSecrets of the service account builder does not name it")
    .mended(|shop| shop.link("builder", &["push"])),
    a_stale_secret_before_the_one_that_may_push = shop(Cause::SecretShadowed, |shop| {
        shop.secret("a-stale", MALLORY);
        shop.secret("b-good", ALICE);
        shop.link("builder", &["a-stale", "b-good"]);
    })
    .asks(Shop::push)
    .says("a push sends secret shop/a-stale alone")
    .mended(|shop| shop.link("builder", &["b-good"])),
    a_base_image_without_a_pull_secret = shop(Cause::SecretNotLinked, |shop| {
        shop.goes_into_a_stream();
        shop.base(&json!({"kind": "DockerImage", "name": shop.image()}));
        shop.secret("pull", ALICE);
    })
    .asks(Shop::build)
    .mended(|shop| {
        shop.config(|spec| {
            spec["strategy"]["sourceStrategy"]["pullSecret"] = json!({"name": "pull"});
        });
    }),
    a_base_image_whose_import_failed = shop(Cause::NoCredentials, |shop| {
        shop.goes_into_a_stream();
        shop.import();
        shop.base(&json!({"kind": "ImageStreamTag", "name": "app:1.0"}));
    })
    .asks(Shop::build)
    .likely()
    .shows(|_, result| assert_eq!(result.subject.operation, Operation::Import))
    .mended(|shop| shop.secret("pull", ALICE)),
    an_import_behind_a_stale_secret = shop(Cause::SecretShadowed, |shop| {
        shop.import();
        shop.secret("a-stale", MALLORY);
        shop.secret("b-good", ALICE);
    })
    .asks(Shop::tag)
    .says("an import sends secret shop/a-stale alone, which is refused; secret shop/b-good behind it is good")
    .shows(|shop, _| {
        // A pod tries both, and pulls.
        shop.link("default", &["a-stale", "b-good"]);
        shop.api()
            .add_pod("shop", "web", &shop.image(), &PodState::running());
        let pod = shop.doctor(&["pod/web"]).healthy();
        assert!(told(&pod).contains("login here warn"), "{}", told(&pod));
    })
    .mended(|shop| shop.api().delete("secrets", "shop", "a-stale")),
    an_import_from_a_registry_that_is_not_listed = shop(Cause::ImportNotAllowed, |shop| {
        shop.import();
        shop.secret("pull", ALICE);
        shop.allow_imports(&["quay.io"]);
    })
    .asks(Shop::tag)
    .mended(|shop| {
        let host = shop.registry.host();
        shop.allow_imports(&["quay.io", &host]);
    }),
    an_import_with_a_key_without_the_port = shop(Cause::SecretKeyMismatch, |shop| {
        shop.import();
        shop.secret_for("pull", "127.0.0.1", ALICE);
    })
    .asks(Shop::tag)
    .says("the port is missing in the key")
    .mended(|shop| shop.replace("pull", ALICE)),
    an_import_past_a_secret_that_keeps_out = shop(Cause::SecretNotLinked, |shop| {
        shop.import();
        shop.secret("pull", ALICE);
        shop.exclude("pull", "true");
    })
    .asks(Shop::tag)
    .says("imports pass it over")
    .mended(|shop| shop.exclude("pull", "false")),
    an_import_with_one_secret_that_does_not_decode = shop(Cause::SecretMalformed, |shop| {
        shop.import();
        shop.secret("pull", ALICE);
        let text = json!({"auths": {"other.example.com": {"auth": "%%%"}}}).to_string();
        shop.api()
            .create(make::docker_config_secret("shop", "broken", &text));
    })
    .asks(Shop::tag)
    .says("makes an import give up on every secret of the namespace")
    .mended(|shop| shop.api().delete("secrets", "shop", "broken")),
    an_import_with_an_opaque_secret = shop(Cause::SecretWrongType, |shop| {
        shop.import();
        let mut secret = make::docker_secret("shop", "pull", &shop.registry.host(), ALICE.0, ALICE.1);
        secret["type"] = json!("Opaque");
        shop.api().create(secret);
    })
    .asks(Shop::tag)
    .mended(|shop| shop.replace("pull", ALICE)),
    an_import_of_a_tag_that_a_mirror_lacks = shop(Cause::Mirror, |shop| {
        shop.import();
        shop.secret("pull", ALICE);
        shop.mirrored();
    })
    .asks(Shop::tag)
    .mended(|shop| {
        shop.open.push_image("team/app", "1.0", &Image::new());
    }),
];

/// The namespace `shop` of an OpenShift cluster that trusts the registries' CA, with a BuildConfig `app`: its base image is for
/// everybody, its push is not.
struct Shop {
    registry: Registry,
    /// Wants no login: the base image is there, and the mirror of some.
    open: Registry,
    ca: Ca,
    cluster: Cluster,
}

/// A shop with one fault.
fn shop(cause: Cause, fault: impl Fn(&Shop) + 'static) -> Staged<Shop> {
    Scenario::of(cause, move || {
        let shop = Shop::new("4.20.3");
        fault(&shop);
        shop
    })
}

impl Shop {
    fn new(version: &str) -> Self {
        let flavor = Flavor::OpenShift4 {
            version: version.into(),
        };
        let ca = Ca::new("Corp Root");
        let registry = Registry::builder()
            .dialect(Dialect::DistributionToken)
            .tls(&ca.server(&["127.0.0.1", "localhost"]))
            .user(User::new(ALICE.0, ALICE.1).pull("*").push("*"))
            .user(User::new(READER.0, READER.1).pull("*"))
            .start();
        let open = Registry::builder()
            .dialect(Dialect::Distribution)
            .tls(&ca.server(&["127.0.0.1", "localhost"]))
            .start();
        registry.push_image("team/app", "1.0", &Image::new());
        open.push_image("base", "1", &Image::new());
        let shop = Self {
            registry,
            open,
            ca,
            cluster: Cluster::Embedded(
                Api::builder()
                    .flavor(flavor)
                    .tls()
                    .user(Login::new("dev").token("dev-token"))
                    .start(),
            ),
        };
        shop.set_up();
        shop
    }

    fn set_up(&self) {
        let api = self.api();
        api.machines(Machines::new());
        api.add_namespace("shop");
        let data: serde_json::Map<String, Value> = [self.registry.host(), self.open_name()]
            .into_iter()
            .map(|host| (host.replace(':', ".."), json!(self.ca.root_pem())))
            .collect();
        let map = make::config_map("openshift-config", "registry-cas", &Value::Object(data));
        api.create(map);
        self.image_config(|spec| spec["additionalTrustedCA"] = json!({"name": "registry-cas"}));
        let base = format!("{}/base:1", self.open_name());
        api.create(make::build_config("shop", "app", &base, &self.image()));
    }

    fn api(&self) -> &Api {
        self.cluster.api().expect("the embedded server")
    }

    fn image(&self) -> String {
        self.registry.image("team/app:1.0")
    }

    /// Another name than the registry's, so that credentials for one are not nearly right for the other.
    fn open_name(&self) -> String {
        format!("localhost:{}", self.open.port())
    }

    fn image_config(&self, change: impl Fn(&mut Value)) {
        self.api()
            .edit("images.config.openshift.io", "", "cluster", |object| {
                change(&mut object["spec"]);
            });
    }

    fn allow_imports(&self, registries: &[&str]) {
        let list: Vec<Value> = registries
            .iter()
            .map(|name| json!({"domainName": name}))
            .collect();
        self.image_config(|spec| spec["allowedRegistriesForImport"] = json!(list));
    }

    /// Tags of the registry are asked for at the open one, and nowhere else.
    fn mirrored(&self) {
        self.api().create(json!({
            "apiVersion": "config.openshift.io/v1", "kind": "ImageTagMirrorSet", "metadata": {"name": "corp"},
            "spec": {"imageTagMirrors": [{
                "source": self.registry.host(), "mirrors": [self.open_name()],
                "mirrorSourcePolicy": "NeverContactSource",
            }]},
        }));
    }

    fn secret(&self, name: &str, login: (&str, &str)) {
        self.secret_for(name, &self.registry.host(), login);
    }

    fn secret_for(&self, name: &str, key: &str, (user, password): (&str, &str)) {
        self.api()
            .create(make::docker_secret("shop", name, key, user, password));
    }

    fn replace(&self, name: &str, login: (&str, &str)) {
        self.api().delete("secrets", "shop", name);
        self.secret(name, login);
    }

    fn exclude(&self, name: &str, value: &str) {
        self.api().edit("secrets", "shop", name, |secret| {
            secret["metadata"]["annotations"]["openshift.io/image.excludeSecret"] = json!(value);
        });
    }

    /// `imagePullSecrets` of an account.
    fn link(&self, account: &str, names: &[&str]) {
        self.list(account, "imagePullSecrets", names);
    }

    /// `secrets` of the builder.
    fn mount(&self, names: &[&str]) {
        self.list("builder", "secrets", names);
    }

    fn list(&self, account: &str, list: &str, names: &[&str]) {
        let names: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
        self.api()
            .edit("serviceaccounts", "shop", account, |object| {
                object[list] = json!(names);
            });
    }

    fn config(&self, change: impl Fn(&mut Value)) {
        self.api().edit("buildconfigs", "shop", "app", |object| {
            change(&mut object["spec"]);
        });
    }

    fn base(&self, from: &Value) {
        self.config(|spec| spec["strategy"]["sourceStrategy"]["from"] = from.clone());
    }

    /// The output is nothing that could be asked about.
    fn goes_into_a_stream(&self) {
        let stream = json!({
            "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
            "metadata": {"name": "out", "namespace": "shop"},
        });
        self.api().create(stream);
        self.config(|spec| {
            spec["output"] = json!({"to": {"kind": "ImageStreamTag", "name": "out:latest"}});
        });
    }

    /// An image stream `app` whose tag `1.0` is imported from the registry.
    fn import(&self) {
        self.api()
            .create(make::image_stream("shop", "app", "1.0", &self.image()));
    }

    fn doctor(&self, words: &[&str]) -> Doctor {
        Doctor::at(words)
            .trust(self.ca.root_pem())
            .cluster(&self.cluster, "shop")
    }

    fn build(&self) -> Doctor {
        self.doctor(&["bc/app"])
    }

    fn push(&self) -> Doctor {
        self.build().push()
    }

    fn tag(&self) -> Doctor {
        self.doctor(&["istag/app:1.0"])
    }

    /// A build of `app` that ended so.
    fn built(&self, number: u64, status: &Value) {
        let config = self
            .api()
            .get("buildconfigs", "shop", "app")
            .expect("the BuildConfig");
        self.api().create(json!({
            "apiVersion": "build.openshift.io/v1", "kind": "Build",
            "metadata": {
                "name": format!("app-{number}"), "namespace": "shop",
                "creationTimestamp": format!("2026-01-0{number}T00:00:00Z"),
                "labels": {"openshift.io/build-config.name": "app"},
            },
            "spec": config["spec"], "status": status,
        }));
    }
}

/// The one result of this operation.
fn of(results: &[Diagnosis], operation: Operation) -> &Diagnosis {
    let mut found = results
        .iter()
        .filter(|result| result.subject.operation == operation);
    let first = found.next().expect("a result");
    assert!(found.next().is_none(), "more than one");
    first
}

#[test]
fn a_list_that_older_clusters_read() {
    for (version, cause) in [("4.14.9", None), ("4.20.3", Some(Cause::SecretNotLinked))] {
        let shop = Shop::new(version);
        shop.secret("push", ALICE);
        shop.mount(&["push"]);
        let report = shop.push().run();
        let push = of(&report.results, Operation::Push);
        assert_eq!(push.cause(), cause, "{version}: {}", told(push));
    }
}

#[test]
fn a_push_is_not_tried_unasked() {
    let shop = Shop::new("4.20.3");
    shop.secret("push", ALICE);
    shop.config(|spec| spec["output"]["pushSecret"] = json!({"name": "push"}));
    let report = shop.build().run();
    let push = of(&report.results, Operation::Push);
    assert_eq!(push.outcome(), Outcome::Undetermined);
    assert!(push.summary().contains("--push tries it"), "{}", told(push));
    assert!(
        shop.registry
            .log()
            .iter()
            .all(|request| !request.path.contains("/blobs/uploads")),
    );
}

#[test]
fn a_push_that_sends_nothing_is_told_without_trying_it() {
    let shop = Shop::new("4.20.3");
    let report = shop.build().run();
    let push = of(&report.results, Operation::Push);
    assert_eq!(push.cause(), Some(Cause::NoCredentials), "{}", told(push));
    assert!(push.summary().contains("wants a login"), "{}", told(push));
    // A registry for everybody wants none.
    let image = format!("{}/team/app:1.0", shop.open_name());
    shop.config(|spec| spec["output"]["to"]["name"] = json!(image));
    let report = shop.build().run();
    let push = of(&report.results, Operation::Push);
    assert_eq!(push.outcome(), Outcome::Undetermined, "{}", told(push));
}

const DENIED: &str = "error: build error: Failed to push image: writing blob: initiating layer upload: \
     requested access to the resource is denied";

#[test]
fn a_build_that_failed_on_its_push() {
    let shop = Shop::new("4.20.3");
    shop.secret("push", READER);
    shop.config(|spec| spec["output"]["pushSecret"] = json!({"name": "push"}));
    shop.built(
        1,
        &json!({
            "phase": "Failed", "reason": "PushImageToRegistryFailed",
            "message": "Failed to push the image to the registry.", "logSnippet": DENIED,
        }),
    );
    let report = shop.doctor(&["build/app-1"]).push().run();
    assert_eq!(report.results.len(), 1, "only the step that failed");
    let push = &report.results[0];
    assert_eq!(
        (push.subject.operation, push.cause()),
        (Operation::Push, Some(Cause::PushDenied)),
        "{}",
        told(push)
    );
    let words = "log of build shop/app-1: ";
    assert!(told(push).contains(words), "{}", told(push));
}

#[test]
fn a_log_that_may_not_be_read_is_a_gap() {
    let shop = Shop::new("4.20.3");
    shop.secret("push", READER);
    shop.config(|spec| spec["output"]["pushSecret"] = json!({"name": "push"}));
    shop.built(
        1,
        &json!({"phase": "Failed", "reason": "PushImageToRegistryFailed"}),
    );
    shop.api().edit("builds", "shop", "app-1", |build| {
        build["metadata"]["annotations"] = json!({"openshift.io/build.pod-name": "app-1-build"});
    });
    shop.api().deny("dev", Rule::verbs(&["get"]).on("pods/log"));
    let kubeconfig = shop.api().kubeconfig_of("dev", "shop");
    let report = shop.doctor(&["build/app-1"]).kubeconfig(kubeconfig).run();
    let push = &report.results[0];
    assert!(
        told(push).contains("no right to get pods/log in the namespace shop"),
        "{}",
        told(push)
    );
}

#[test]
fn without_a_target_failures_are_found_until_they_are_history() {
    let shop = Shop::new("4.20.3");
    shop.secret("push", READER);
    shop.config(|spec| spec["output"]["pushSecret"] = json!({"name": "push"}));
    let failed = json!({
        "phase": "Failed", "reason": "PushImageToRegistryFailed", "logSnippet": DENIED,
    });
    shop.built(1, &failed);
    shop.import();
    shop.api().edit("imagestreams", "shop", "app", |stream| {
        stream["status"]["tags"] = json!([{"tag": "1.0", "items": null, "conditions": [{
            "type": "ImportSuccess", "status": "False", "reason": "Unauthorized", "generation": 9,
            "message": "you may not have access to the container image \"x\"",
        }]}]);
    });
    let report = shop.doctor(&[]).push().run();
    let kinds: Vec<&str> = report
        .results
        .iter()
        .map(|result| result.subject.target.kind())
        .collect();
    assert_eq!(kinds, ["ImageStreamTag", "Build"]);
    assert_eq!(
        of(&report.results, Operation::Push).cause(),
        Some(Cause::PushDenied)
    );
    shop.built(2, &json!({"phase": "Complete"}));
    let report = shop.doctor(&[]).push().run();
    assert_eq!(report.results.len(), 1);
}

const INSIDE: &str = "image-registry.openshift-image-registry.svc:5000";

#[test]
fn the_integrated_registry_is_out_of_reach_and_that_is_no_fault_of_its() {
    let shop = Shop::new("4.20.3");
    let image = format!("{INSIDE}/shop/app@sha256:{}", "a".repeat(64));
    shop.api()
        .add_pod("shop", "web", &image, &PodState::running());
    let result = shop.doctor(&["pod/web"]).open();
    assert!(
        told(&result).contains("is reached from inside the cluster only"),
        "{}",
        told(&result)
    );
    let dns = result.evidence.of(Check::Dns).next().expect("a line");
    assert_eq!(dns.1.skip_reason, Some(SkipReason::DependsOn));
}

#[test]
fn what_the_integrated_registry_passes_through_is_asked_at_its_source() {
    let shop = Shop::new("4.20.3");
    let mut stream = make::image_stream("shop", "app", "1.0", &shop.image());
    stream["spec"]["tags"][0]["referencePolicy"] = json!({"type": "Local"});
    stream["status"] = json!({
        "dockerImageRepository": format!("{INSIDE}/shop/app"),
        "tags": [{"tag": "1.0", "items": [{
            "image": format!("sha256:{}", "b".repeat(64)), "dockerImageReference": shop.image(), "generation": 1,
            "created": "2026-01-01T00:00:00Z",
        }]}],
    });
    shop.api().create(stream);
    let image = format!("{INSIDE}/shop/app:1.0");
    shop.api()
        .add_pod("shop", "web", &image, &PodState::running());
    let look = || shop.doctor(&["pod/web"]);
    // The pod's own account matters nothing: the secrets of the namespace do.
    let result = look().finds(Cause::NoCredentials, Confidence::Likely);
    assert_eq!(result.subject.text, shop.image());
    shop.secret("pull", ALICE);
    let result = look().healthy();
    assert!(
        told(&result).contains("with the secrets of the namespace shop"),
        "{}",
        told(&result)
    );
}

#[test]
fn a_blank_that_its_trigger_cannot_fill() {
    let shop = Shop::new("4.20.3");
    shop.import();
    let mut config = make::deployment_config("shop", "web", "");
    config["spec"]["triggers"] = json!([{"type": "ImageChange", "imageChangeParams": {
        "automatic": true, "containerNames": ["app"], "from": {"kind": "ImageStreamTag", "name": "app:1.0"},
    }}]);
    shop.api().create(config);
    let look = || shop.doctor(&["dc/web"]);
    let result = look().finds(Cause::NoCredentials, Confidence::Likely);
    assert!(
        told(&result).contains("nothing is pulled before its import succeeds"),
        "{}",
        told(&result)
    );
    assert_eq!(result.subject.text, shop.image());
    shop.secret("pull", ALICE);
    look().healthy();
}

#[test]
fn a_signature_is_looked_for_where_a_policy_wants_one() {
    let shop = Shop::new("4.20.3");
    let digest = shop.open.push_image("signed", "1", &Image::new());
    let image = format!("{}/signed:1", shop.open_name());
    shop.api()
        .add_pod("shop", "web", &image, &PodState::running());
    let asked_for_signatures = || {
        let log = shop.open.log();
        log.iter()
            .filter(|request| request.path.contains(".sig"))
            .count()
    };
    let look = || one(shop.doctor(&["pod/web"]).run());
    look();
    assert_eq!(asked_for_signatures(), 0);
    shop.api().create(json!({
        "apiVersion": "config.openshift.io/v1", "kind": "ClusterImagePolicy", "metadata": {"name": "corp"},
        "spec": {
            "scopes": [shop.open_name()],
            "policy": {"rootOfTrust": {"policyType": "PublicKey", "publicKey": {"keyData": "a2V5"}}},
        },
    }));
    let unsigned = told(&look());
    assert!(
        unsigned.contains("clusterimagepolicy/corp wants a signature")
            && unsigned.contains("has no signature for it"),
        "{unsigned}"
    );
    assert_eq!(asked_for_signatures(), 1);
    let tag = format!("{}.sig", digest.replacen(':', "-", 1));
    shop.open.push_image("signed", &tag, &Image::new());
    let signed = told(&look());
    assert!(
        signed.contains("the registry has a signature for it"),
        "{signed}"
    );
}

/// Two tags from one registry, of which one takes any certificate: what holds for the one holds for no other, whichever
/// comes first.
#[test]
fn a_tag_that_takes_any_certificate_speaks_for_itself() {
    for first_is_insecure in [true, false] {
        let ca = Ca::new("Corp Root");
        let registry = Registry::builder()
            .dialect(Dialect::DistributionBasic)
            .tls(&ca.server(&["127.0.0.1"]))
            .user(User::new(ALICE.0, ALICE.1).pull("*"))
            .start();
        registry.push_image("team/app", "1", &Image::new());
        let api = Api::builder()
            .flavor(Flavor::OpenShift4 {
                version: "4.20.3".into(),
            })
            .start();
        api.add_namespace("shop");
        api.create(make::docker_secret(
            "shop",
            "pull",
            &registry.host(),
            MALLORY.0,
            MALLORY.1,
        ));
        let from = json!({"kind": "DockerImage", "name": registry.image("team/app:1")});
        api.create(json!({
            "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
            "metadata": {"name": "app", "namespace": "shop"},
            "spec": {"tags": [
                {"name": "a", "from": from, "importPolicy": {"insecure": first_is_insecure}},
                {"name": "b", "from": from, "importPolicy": {"insecure": !first_is_insecure}},
            ]},
        }));
        let report = Doctor::at(&["istag/app:a", "istag/app:b"])
            .kubeconfig(api.kubeconfig("shop"))
            .run();
        let mut causes: Vec<_> = report
            .results
            .iter()
            .map(|result| result.cause().map(Cause::id))
            .collect();
        if !first_is_insecure {
            causes.reverse();
        }
        assert_eq!(
            causes,
            [
                Some(Cause::BadCredentials.id()),
                Some(Cause::UnknownCa.id())
            ]
        );
        // The one that trusts nobody has sent nothing.
        let refused = registry
            .log()
            .iter()
            .filter(|request| request.authorization().is_some())
            .count();
        assert_eq!(refused, 1);
    }
}
