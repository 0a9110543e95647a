//! The registries that the pages name, each as the real one of that name answers.

use extreg_test_support::certs::Ca;
use extreg_test_support::content::{Image, Index};
use extreg_test_support::registry::{Dialect, Registry, User};

use crate::ground::{CORP, PASSWORD};

/// Names under which the registries are, and which of them it is.
pub(crate) struct Named {
    pub(crate) registry: Registry,
    pub(crate) names: &'static [&'static str],
}

/// An image that serves something.
pub(crate) fn web() -> Image {
    Image::new().port("8080/tcp")
}

/// All of them. The company's registry shows a chain with an authority in it; the public ones are of its root here.
pub(crate) fn registries(
    (corp_ca, issuing_ca, lab_ca): (&Ca, &Ca, &Ca),
    token: &str,
) -> Vec<Named> {
    let host = |name: &&str| name.split(':').next().unwrap_or_default().to_owned();
    let tls = |ca: &Ca, names: &[&str]| {
        let hosts: Vec<String> = names.iter().map(host).collect();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        ca.server(&hosts)
    };
    let builder =
        |image: Image| image.labelled("io.openshift.s2i.scripts-url", "image:///usr/libexec/s2i");

    let names: &'static [&'static str] = &[CORP, "external-registry.example.com:5000"];
    let corp = Registry::builder()
        .dialect(Dialect::DistributionToken)
        .tls(&tls(issuing_ca, names))
        .user(User::new("robot", PASSWORD).push("shop/*").push("team/*"))
        .user(
            User::new("mastermind", PASSWORD)
                .push("publicrepo/*")
                .pull("privaterepo/*"),
        )
        .start();
    for tag in ["1.2", "1.3", "1.9"] {
        corp.push_image("shop/web", tag, &web());
    }
    corp.push_image("shop/api", "2.4.0", &web());
    corp.push_image("publicrepo/sample-app", "latest", &web());
    corp.push_image("privaterepo/sample-base", "1.0", &builder(web()));
    corp.push_image("team/ruby", "3.3", &builder(web()));
    let corp = Named {
        registry: corp,
        names,
    };

    let names: &'static [&'static str] = &["quay.io:443"];
    let quay = Registry::builder()
        .dialect(Dialect::Quay)
        .tls(&tls(corp_ca, names))
        .user(User::new("team+puller", PASSWORD).pull("team/*"))
        .user(User::new("team+pusher", PASSWORD).owns("team"))
        .start();
    for tag in ["1.2", "1.3", "1.4"] {
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
        names,
    };

    let names: &'static [&'static str] = &["ghcr.io:443"];
    let ghcr = Registry::builder()
        .dialect(Dialect::Ghcr)
        .tls(&tls(corp_ca, names))
        .user(User::new("octo", PASSWORD).owns("team"))
        .start();
    let ghcr = Named {
        registry: ghcr,
        names,
    };

    let names: &'static [&'static str] = &["reg.example.com:5000"];
    let lab = Registry::builder()
        .tls(&tls(lab_ca, names))
        .anonymous_pull("*")
        .start();
    lab.push_image("team/app", "dev", &web());
    let lab = Named {
        registry: lab,
        names,
    };

    let dev = Registry::builder().anonymous_pull("*").start();
    dev.push_image("web", "1.2", &web());
    let dev = Named {
        registry: dev,
        names: &["dev.example.com:5000"],
    };

    let names: &'static [&'static str] =
        &["default-route-openshift-image-registry.apps.example.com:443"];
    let internal = Registry::builder()
        .dialect(Dialect::OpenShift)
        .tls(&tls(corp_ca, names))
        .user(User::new("admin", token).push("shop/*"))
        .start();
    let internal = Named {
        registry: internal,
        names,
    };
    vec![corp, quay, ghcr, lab, dev, internal]
}
