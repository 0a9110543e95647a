//! The real `docker-registry` starts in every form, and the embedded one answers as it does.

use extreg_test_support::certs::Ca;
use extreg_test_support::client::{Response, get};
use extreg_test_support::content::{Image, Index, digest};
use extreg_test_support::process::{
    DockerRegistry, HTPASSWD_PASSWORD, HTPASSWD_USER, TokenServer, real_registry_or_skip,
};
use extreg_test_support::registry::{Dialect, Registry, User};

use super::common;

type Shape = (u16, Vec<(String, String)>, String);

/// Gathers where the two servers answer differently.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare(&mut self, what: &str, embedded: &Shape, real: &Shape) {
        if embedded != real {
            let difference = format!("{what}\n  embedded: {embedded:?}\n  real:     {real:?}");
            self.0.push(difference);
        }
    }

    fn none(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

/// What two answers must have in common: everything but dates, ports and the order of headers.
fn shape(response: &Response, host: &str) -> Shape {
    let mut headers: Vec<(String, String)> = response
        .headers
        .iter()
        .filter(|(name, _)| name.as_str() != "date")
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).replace(host, "HOST");
            (name.to_string(), value)
        })
        .collect();
    headers.sort();
    let body = response.text().replace(host, "HOST");
    (response.status, headers, body)
}

const PATHS: &[&str] = &[
    "/",
    "/v2",
    "/v2/",
    "/v1/",
    "/v2/_catalog",
    "/v2/Team/app/tags/list",
    "/v2/team/App/tags/list",
    "/v2/App/tags/list",
    "/v2/team/one/tags/list?n=1",
    "/v2/team/none/tags/list",
    "/v2/team/app/manifests/1.0",
    "/v2/team/app/manifests/index",
    "/v2/team/app/manifests/none",
    "/v2/team/none/manifests/1.0",
    "/v2/team/app/manifests/sha256:zz",
    "/v2/team/app/manifests/sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "/v2/team/app/blobs/sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "/v2/team/app/blobs/sha256:zz",
    "/v2/team/app/referrers/sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

#[test]
fn the_embedded_open_registry_answers_as_the_real_one() {
    if !real_registry_or_skip("answers of the embedded registry equal those of the real one") {
        return;
    }
    let real = DockerRegistry::builder().start();
    let embedded = Registry::builder().start();
    for (tag, content) in [
        ("1.0", Image::new().pack()),
        ("index", Index::of(&["linux/amd64", "linux/arm64"]).pack()),
    ] {
        real.push("team/app", tag, &content);
        embedded.push("team/app", tag, content);
    }
    // The real one lists tags in the order of its file system, so the repository to list has one.
    real.push("team/one", "1.0", &Image::new().pack());
    embedded.push_image("team/one", "1.0", &Image::new());
    let mut differences = Differences::default();
    for path in PATHS {
        for accept in [false, true] {
            let ask = |url: &str| {
                let url = format!("{url}{path}");
                if accept {
                    common::manifest(&url)
                } else {
                    get(url)
                }
                .send()
            };
            differences.compare(
                &format!("{path}, accept {accept}"),
                &shape(&ask(&embedded.url()), &embedded.host()),
                &shape(&ask(&real.url()), &real.host()),
            );
        }
    }
    differences.none();
}

#[test]
fn a_docker_image_without_accept_is_rewritten_to_schema_1_where_that_can_be() {
    if !real_registry_or_skip("the rewrite to schema 1 is that of the real registry") {
        return;
    }
    let real = DockerRegistry::builder().start();
    let embedded = Registry::builder().start();
    let mut no_history = Image::new().docker().pack();
    no_history.blobs[0] =
        br#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#
            .to_vec();
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&no_history.manifest).expect("JSON");
    manifest["config"]["digest"] = digest(&no_history.blobs[0]).into();
    manifest["config"]["size"] = no_history.blobs[0].len().into();
    no_history.manifest = manifest.to_string().into_bytes();
    for (tag, content) in [
        ("docker", Image::new().docker().pack()),
        ("no-history", no_history),
        ("list", Index::of(&["linux/amd64"]).docker().pack()),
        ("list-arm64", Index::of(&["linux/arm64"]).docker().pack()),
    ] {
        real.push("team/app", tag, &content);
        embedded.push("team/app", tag, content);
        let ask = |url: &str| {
            let answer = get(format!("{url}/v2/team/app/manifests/{tag}")).send();
            let kind = answer.header("content-type").map(str::to_owned);
            let message = if answer.status == 200 {
                String::new()
            } else {
                answer.text()
            };
            (answer.status, kind, message)
        };
        assert_eq!(ask(&embedded.url()), ask(&real.url()), "{tag}");
    }
    let sorted = |url: &str| {
        let list = get(format!("{url}/v2/team/app/tags/list?n=1"))
            .send()
            .json();
        let mut tags: Vec<String> = serde_json::from_value(list["tags"].clone()).expect("tags");
        tags.sort();
        tags
    };
    assert_eq!(
        sorted(&embedded.url()),
        sorted(&real.url()),
        "n is not honoured"
    );
}

#[test]
fn the_embedded_htpasswd_registry_answers_as_the_real_one() {
    if !real_registry_or_skip(
        "htpasswd: answers of the embedded registry equal those of the real one",
    ) {
        return;
    }
    let real = DockerRegistry::builder().htpasswd().start();
    let embedded = Registry::builder()
        .dialect(Dialect::DistributionBasic)
        .user(User::new(HTPASSWD_USER, HTPASSWD_PASSWORD))
        .start();
    let image = Image::new().pack();
    real.push("team/app", "1.0", &image);
    embedded.push("team/app", "1.0", image);
    let mut differences = Differences::default();
    for path in PATHS {
        for login in [None, Some("wrong"), Some(HTPASSWD_PASSWORD)] {
            let ask = |url: &str| {
                let request = common::manifest(&format!("{url}{path}"));
                match login {
                    Some(password) => request.basic(HTPASSWD_USER, password),
                    None => request,
                }
                .send()
            };
            differences.compare(
                &format!("{path}, {login:?}"),
                &shape(&ask(&embedded.url()), &embedded.host()),
                &shape(&ask(&real.url()), &real.host()),
            );
        }
    }
    differences.none();
}

#[test]
fn the_embedded_token_registry_answers_as_the_real_one() {
    if !real_registry_or_skip(
        "tokens: answers of the embedded registry equal those of the real one",
    ) {
        return;
    }
    let users = || {
        [
            User::new("alice", "s3cret").pull("team/*"),
            User::new("bob", "hunter2"),
        ]
    };
    let real = DockerRegistry::builder()
        .token_auth(TokenServer::start(users()))
        .start();
    let mut builder = Registry::builder().dialect(Dialect::DistributionToken);
    for user in users() {
        builder = builder.user(user);
    }
    let embedded = builder.own_token_origin(true).start();
    let image = Image::new().pack();
    real.push("team/app", "1.0", &image);
    embedded.push("team/app", "1.0", image);

    let real_realm = real.token_server().expect("its token service").realm();
    let embedded_realm = format!("{}/token", embedded.token_url().expect("its own origin"));
    let same = |response: &Response, host: &str, realm: &str| {
        let (status, headers, body) = shape(response, host);
        let headers: Vec<_> = headers
            .into_iter()
            .map(|(name, value)| (name, value.replace(realm, "REALM")))
            .collect();
        (status, headers, body)
    };
    let mut differences = Differences::default();
    for path in PATHS {
        for login in [None, Some(("alice", "s3cret")), Some(("bob", "hunter2"))] {
            let ask = |url: &str| {
                let request = common::manifest(&format!("{url}{path}"));
                let first = request.clone().send();
                if first.status != 401 || login.is_none() {
                    return first;
                }
                request.bearer(&common::token(&first, login)).send()
            };
            differences.compare(
                &format!("{path}, {login:?}"),
                &same(&ask(&embedded.url()), &embedded.host(), &embedded_realm),
                &same(&ask(&real.url()), &real.host(), &real_realm),
            );
        }
        let garbage = |url: &str| {
            common::manifest(&format!("{url}{path}"))
                .bearer("x.y.z")
                .send()
        };
        differences.compare(
            &format!("{path}, a token that is none"),
            &same(&garbage(&embedded.url()), &embedded.host(), &embedded_realm),
            &same(&garbage(&real.url()), &real.host(), &real_realm),
        );
    }
    differences.none();
}

#[test]
fn the_real_registry_serves_tls_with_a_private_ca_in_every_form() {
    if !real_registry_or_skip("the real registry over TLS, in every form of authentication") {
        return;
    }
    let ca = Ca::new("Test Root");
    let server = ca.server(&["127.0.0.1"]);
    let image = Image::new().pack();
    for builder in [
        DockerRegistry::builder(),
        DockerRegistry::builder().htpasswd(),
        DockerRegistry::builder().token_auth(TokenServer::start([])),
    ] {
        let registry = builder.tls(&server).start();
        let digest = registry.push("team/app", "1.0", &image);
        assert_eq!(digest, image.digest());
        let untrusted = get(format!("{}/v2/", registry.url()))
            .trust(Ca::new("Other").pem())
            .try_send();
        let error = untrusted.expect_err("another root does not vouch for it");
        assert!(error.contains("UnknownIssuer"), "{error}");
    }
}
