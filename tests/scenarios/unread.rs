//! Rights that are missing: each thing that was not read, and could have changed the verdict, is named with its right, once.

use extreg::doctor::diagnosis::{Diagnosis, Outcome};
use extreg::report::text::Detail;
use extreg_test_support::api::{Api, Flavor, Rule, User as Login, make};
use extreg_test_support::certs::Ca;
use extreg_test_support::cluster::Cluster;
use extreg_test_support::content::Image;
use extreg_test_support::pull::Machines;
use extreg_test_support::registry::Registry;
use serde_json::json;

use crate::kit::*;

/// An open registry whose CA the cluster trusts, and a user who may read nothing of what is denied to her.
struct Shop {
    registry: Registry,
    cluster: Cluster,
}

impl Shop {
    fn new() -> Self {
        let api = Api::builder()
            .flavor(Flavor::OpenShift4 {
                version: "4.15.3".into(),
            })
            .tls()
            .user(Login::new("dev").token("dev-token"))
            .start();
        api.machines(Machines::new());
        api.add_namespace("shop");
        let cluster = Cluster::Embedded(api);
        let ca = Ca::new("Corp Root");
        let registry = Registry::builder()
            .tls(&ca.server(&["127.0.0.1", "localhost"]))
            .start();
        registry.push_image("team/app", "1.0", &Image::new());
        let shop = Self { registry, cluster };
        let key = shop.registry.host().replace(':', "..");
        let data = json!({key.as_str(): ca.root_pem()});
        shop.api()
            .create(make::config_map("openshift-config", "cas", &data));
        shop.api()
            .edit("images.config.openshift.io", "", "cluster", |object| {
                object["spec"]["additionalTrustedCA"] = json!({"name": "cas"});
            });
        shop
    }

    fn api(&self) -> &Api {
        self.cluster.api().expect("the embedded server")
    }

    fn doctor(&self, words: &[&str]) -> Doctor {
        Doctor::at(words).kubeconfig(self.api().kubeconfig_of("dev", "shop"))
    }

    fn image(&self) -> Doctor {
        self.doctor(&[&self.registry.image("team/app:1.0")])
    }

    fn pinned(&self) -> Doctor {
        let digest = self.registry.tags("team/app")[0].1.clone();
        self.doctor(&[&self.registry.image(&format!("team/app@{digest}"))])
    }

    fn deny(&self, resource: &str) {
        let rule = Rule::verbs(&["get", "list"]).on(resource);
        self.api().deny("dev", rule);
    }
}

/// How often the report names this right, in its evidence and at its end.
fn named(result: &Diagnosis, right: &str) -> usize {
    result
        .evidence
        .iter()
        .filter(|item| item.detail.contains(right))
        .count()
}

#[test]
fn every_list_that_decides_is_named() {
    let shop = Shop::new();
    for (resource, verb, by_tag, by_digest) in [
        (
            "imagedigestmirrorsets.config.openshift.io",
            "list",
            true,
            true,
        ),
        ("imagetagmirrorsets.config.openshift.io", "list", true, true),
        // It is about digests, and closes no source.
        (
            "imagecontentsourcepolicies.operator.openshift.io",
            "list",
            false,
            true,
        ),
        (
            "clusterimagepolicies.config.openshift.io",
            "list",
            true,
            true,
        ),
        ("imagepolicies.config.openshift.io", "list", true, true),
    ] {
        shop.deny(resource);
        let right = format!("no right to {verb} {resource}");
        for (doctor, concerned) in [(shop.image(), by_tag), (shop.pinned(), by_digest)] {
            let result = one(doctor.run());
            let (outcome, times) = if concerned {
                (Outcome::Undetermined, 1)
            } else {
                (Outcome::Healthy, 0)
            };
            assert_eq!(result.outcome(), outcome, "{resource}\n{}", told(&result));
            assert_eq!(
                named(&result, &right),
                times,
                "{resource}\n{}",
                told(&result)
            );
        }
        shop.api().forget_rules("dev");
        shop.image().healthy();
    }
}

/// Several at once are several, and each stands at the end of what a person reads.
#[test]
fn all_that_was_not_read_stands_at_the_end() {
    let shop = Shop::new();
    let denied = [
        "imagedigestmirrorsets.config.openshift.io",
        "imagetagmirrorsets.config.openshift.io",
        "clusterimagepolicies.config.openshift.io",
        "imagepolicies.config.openshift.io",
    ];
    for resource in denied {
        shop.deny(resource);
    }
    let report = shop.image().run();
    let text = text_of(&report, Detail::Normal);
    for resource in denied {
        assert_eq!(
            text.matches(&format!("no right to list {resource}"))
                .count(),
            1,
            "{text}"
        );
    }
    // What this OpenShift does not have is refused as well, and is missed by nobody.
    let old = Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.12.9".into(),
        })
        .without("clusterimagepolicies.config.openshift.io")
        .without("imagepolicies.config.openshift.io")
        .without("imagedigestmirrorsets.config.openshift.io")
        .without("imagetagmirrorsets.config.openshift.io")
        .tls()
        .user(Login::new("dev").token("dev-token"))
        .start();
    for resource in denied {
        old.deny("dev", Rule::verbs(&["get", "list"]).on(resource));
    }
    old.add_namespace("shop");
    let cluster = Cluster::Embedded(old);
    let api = cluster.api().expect("the embedded server");
    let image = shop.registry.image("team/app:1.0");
    let result = one(Doctor::at(&[&image])
        .kubeconfig(api.kubeconfig_of("dev", "shop"))
        .run());
    assert_eq!(
        named(&result, "no right to list image"),
        0,
        "{}",
        told(&result)
    );
}

/// The API server's own import is a vantage; without the right it is named as one that was not asked.
#[test]
fn an_opinion_that_may_not_be_asked_for_is_named() {
    let shop = Shop::new();
    let rule = Rule::verbs(&["create"]).on("imagestreamimports.image.openshift.io");
    shop.api().deny("dev", rule);
    let result = one(shop.image().run());
    assert_eq!(
        named(&result, "create imagestreamimports.image.openshift.io"),
        1,
        "{}",
        told(&result)
    );
    assert_eq!(result.outcome(), Outcome::Healthy, "{}", told(&result));
}

/// Which CAs the Proxy brings matters where the chain is not trusted without them.
#[test]
fn a_proxy_that_may_not_be_read_is_named_where_trust_hangs_on_it() {
    let shop = Shop::new();
    shop.deny("proxies.config.openshift.io");
    let right = "no right to get proxies.config.openshift.io";
    let trusted = shop.image().healthy();
    assert_eq!(named(&trusted, right), 0, "{}", told(&trusted));
    shop.api()
        .edit("images.config.openshift.io", "", "cluster", |object| {
            object["spec"]["additionalTrustedCA"] = json!({"name": ""});
        });
    let untrusted = one(shop.image().run());
    assert_eq!(named(&untrusted, right), 1, "{}", told(&untrusted));
}

/// Which of the account's lists a build reads depends on the version; where that decides, the right to read it is named.
#[test]
fn a_version_that_may_not_be_read_is_named_where_it_decides() {
    let shop = Shop::new();
    let host = shop.registry.host();
    for name in ["old", "new"] {
        let secret = make::docker_secret("shop", name, &host, ALICE.0, ALICE.1);
        shop.api().create(secret);
    }
    let image = shop.registry.image("team/out:1");
    shop.api()
        .create(make::build_config("shop", "app", &image, &image));
    shop.deny("clusterversions.config.openshift.io");
    let right = "no right to get clusterversions.config.openshift.io";
    let push = |shop: &Shop| {
        let report = shop.doctor(&["bc/app"]).run();
        report
            .results
            .iter()
            .map(|result| named(result, right))
            .max()
    };
    let lists = |mount: &str, pull: &str| {
        shop.api()
            .edit("serviceaccounts", "shop", "builder", |account| {
                account["secrets"] = json!([{"name": mount}]);
                account["imagePullSecrets"] = json!([{"name": pull}]);
            });
    };
    lists("new", "new");
    assert_eq!(push(&shop), Some(0));
    lists("old", "new");
    assert_eq!(push(&shop), Some(1));
}
