//! Against real `docker-registry` processes: what that server can show.

use extreg::doctor::causes::Cause;
use extreg::doctor::finding::Confidence;
use extreg_test_support::certs::Ca;
use extreg_test_support::content::{Image, Index};
use extreg_test_support::process::{
    DockerRegistry, HTPASSWD_PASSWORD, HTPASSWD_USER, TokenServer, real_registry_or_skip,
};
use extreg_test_support::registry::User;

use crate::kit::*;

#[test]
fn without_authentication() {
    if !real_registry_or_skip("doctor on an open registry") {
        return;
    }
    let registry = DockerRegistry::builder().start();
    registry.push("team/app", "1.0", &Image::new().pack());
    registry.push("team/arm", "1.0", &Index::of(&["linux/arm64"]).pack());
    let doctor = |name: &str| Doctor::of(registry.image(name)).plain();
    doctor("team/app:1.0").healthy();
    doctor("team/app:1.1").certainly(Cause::TagMissing);
    doctor("team/none:1.0").certainly(Cause::RepositoryMissing);
    doctor("repository/team/app:1.0").certainly(Cause::PathPrefix);
    doctor("team/arm:1.0").certainly(Cause::PlatformMissing);
    let missing = format!("team/app@sha256:{}", "0".repeat(64));
    doctor(&missing).certainly(Cause::DigestMissing);
    Doctor::of(registry.image("team/app:1.0")).certainly(Cause::PlainHttp);
}

#[test]
fn with_htpasswd_and_a_private_ca() {
    if !real_registry_or_skip("doctor on a registry with htpasswd and TLS") {
        return;
    }
    let ca = Ca::new("Corp Root");
    let registry = DockerRegistry::builder()
        .htpasswd()
        .tls(&ca.server(&["127.0.0.1", "localhost"]))
        .start();
    registry.push("team/app", "1.0", &Image::new().pack());
    let image = registry.image("team/app:1.0");
    let doctor = || Doctor::of(image.clone()).trust(ca.root_pem());
    let good = (HTPASSWD_USER, HTPASSWD_PASSWORD);
    doctor().login(&registry.host(), good).healthy();
    doctor().certainly(Cause::NoCredentials);
    doctor()
        .login(&registry.host(), (HTPASSWD_USER, WRONG))
        .certainly(Cause::BadCredentials);
    doctor()
        .login("127.0.0.1", good)
        .certainly(Cause::SecretKeyMismatch);
    Doctor::of(image.clone()).certainly(Cause::UnknownCa);
    doctor().plain().certainly(Cause::HttpsRequired);
    // Its certificate is for the address alone, and it is asked by name.
    let by_address = DockerRegistry::builder()
        .tls(&ca.server(&["127.0.0.1"]))
        .start();
    let by_name = by_address
        .image("team/app:1.0")
        .replace("127.0.0.1", "localhost");
    Doctor::of(by_name)
        .trust(ca.root_pem())
        .certainly(Cause::HostnameMismatch);
}

#[test]
fn with_tokens() {
    if !real_registry_or_skip("doctor on a registry with token authentication") {
        return;
    }
    let tokens = TokenServer::start([
        User::new(ALICE.0, ALICE.1).pull("team/*"),
        User::new(BOB.0, BOB.1),
    ]);
    tokens.allow_anonymous_pull("public/*");
    let registry = DockerRegistry::builder().token_auth(tokens).start();
    for repository in ["team/app", "public/app"] {
        registry.push(repository, "1.0", &Image::new().pack());
    }
    let doctor = |name: &str| Doctor::of(registry.image(name)).plain();
    let host = registry.host();
    doctor("team/app:1.0").login(&host, ALICE).healthy();
    doctor("public/app:1.0").healthy();
    doctor("team/app:1.0").finds(Cause::NoCredentials, Confidence::Likely);
    doctor("team/app:1.0")
        .login(&host, BOB)
        .certainly(Cause::PullDenied);
    doctor("team/app:1.0")
        .login(&host, MALLORY)
        .certainly(Cause::BadCredentials);
    doctor("public/app:1.0")
        .login(&host, MALLORY)
        .certainly(Cause::CredentialsBlockPublicPull);
    doctor("team/app:9")
        .login(&host, ALICE)
        .certainly(Cause::TagMissing);
}

/// The command of the first remedy that has one.
fn command_of(result: &extreg::doctor::diagnosis::Diagnosis) -> String {
    let commands = result.remedies().iter().flat_map(|remedy| &remedy.commands);
    commands
        .map(|words| words.join(" "))
        .next()
        .unwrap_or_default()
}

#[test]
fn an_identity_token_is_of_no_use_without_a_token_service() {
    if !real_registry_or_skip("doctor with an identity token on a registry with htpasswd") {
        return;
    }
    let registry = DockerRegistry::builder().htpasswd().start();
    registry.push("team/app", "1.0", &Image::new().pack());
    // `alice:` and a token.
    let config = format!(
        r#"{{"auths":{{"{}":{{"auth":"YWxpY2U6","identitytoken":"{SECRET}"}}}}}}"#,
        registry.host()
    );
    let doctor = || Doctor::of(registry.image("team/app:1.0")).plain();
    let result = doctor().config(&config).certainly(Cause::SecretMalformed);
    assert!(
        !told(&result).contains("without --plain-http"),
        "{}",
        told(&result)
    );
    doctor()
        .login(&registry.host(), (HTPASSWD_USER, HTPASSWD_PASSWORD))
        .healthy();
}

#[test]
fn commands_repeat_the_flags_of_the_run() {
    if !real_registry_or_skip("the commands of doctor's remedies") {
        return;
    }
    let registry = DockerRegistry::builder().htpasswd().start();
    let image = registry.image("team/app:1.0");
    let result = Doctor::of(&image).plain().certainly(Cause::NoCredentials);
    assert_eq!(
        command_of(&result),
        format!("oc extreg doctor {image} --plain-http --no-cluster -a FILE")
    );
    let ca = Ca::new("Corp Root");
    let other = Ca::new("Other Root");
    let registry = DockerRegistry::builder()
        .tls(&ca.server(&["127.0.0.1", "localhost"]))
        .start();
    let image = registry.image("team/app:1.0");
    let result = Doctor::of(&image)
        .plain()
        .login("registry.example.com", ALICE)
        .certainly(Cause::HttpsRequired);
    assert_eq!(
        command_of(&result),
        format!("oc extreg doctor {image} -a auth.json --no-cluster")
    );
    // The CA that did not help gives way to the one that would, and a fault of the certificate leaves "TLS" open.
    let result = Doctor::of(&image)
        .trust(other.root_pem())
        .certainly(Cause::UnknownCa);
    assert_eq!(
        command_of(&result),
        format!("oc extreg doctor {image} --no-cluster --registry-ca CA-FILE")
    );
    let report = Doctor::of(&image).trust(other.root_pem()).run();
    let text = text_of(&report, extreg::report::text::Detail::Normal);
    assert!(!text.contains("ruled out   DNS, connection, TLS"), "{text}");
}

#[test]
fn a_push_that_is_tried_is_not_called_not_tried() {
    if !real_registry_or_skip("doctor --push on an open registry") {
        return;
    }
    let registry = DockerRegistry::builder().start();
    registry.push("team/app", "1.0", &Image::new().pack());
    let report = Doctor::of(registry.image("team/app:1.0"))
        .plain()
        .push()
        .run();
    let text = text_of(&report, extreg::report::text::Detail::Stages);
    assert!(!text.contains("not tried"), "{text}");
}

#[test]
fn a_file_whose_passwords_are_with_a_helper_that_gives_none() {
    if !real_registry_or_skip("a docker config with `credsStore` and nothing else") {
        return;
    }
    let registry = DockerRegistry::builder().htpasswd().start();
    registry.push("team/app", "1.0", &Image::new().pack());
    let doctor = || Doctor::of(format!("{}/team/app:1.0", registry.host())).plain();
    let config = r#"{"auths":{},"credsStore":"no-such-helper"}"#;
    let result = doctor().config(config).certainly(Cause::SecretMalformed);
    assert!(
        result.summary().contains("no-such-helper"),
        "{}",
        told(&result)
    );
    let login = (HTPASSWD_USER, HTPASSWD_PASSWORD);
    doctor().login(&registry.host(), login).healthy();
}
