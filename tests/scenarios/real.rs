//! Against real `docker-registry` processes: what that server can show.

use extreg::doctor::causes::Cause;
use extreg_test_support::certs::Ca;
use extreg_test_support::content::{Image, Index};
use extreg_test_support::process::{
    DockerRegistry, HTPASSWD_PASSWORD, HTPASSWD_USER, TokenServer, real_registry_or_skip,
};
use extreg_test_support::registry::User;

use crate::dialects::NO_DIGEST;
use crate::kit::*;

scenarios![
    a_tag_that_is_not_there = open(Cause::TagMissing, "team/app:1.1"),
    a_repository_that_is_not_there = open(Cause::RepositoryMissing, "team/none:1.0"),
    a_prefix_too_many = open(Cause::PathPrefix, "repository/team/app:1.0"),
    an_index_without_the_platform = open(Cause::PlatformMissing, "team/arm:1.0"),
    a_digest_that_is_not_there = open(Cause::DigestMissing, NO_DIGEST),
    a_port_that_speaks_plain_http = Scenario::with_docker_registry(Cause::PlainHttp, open_registry)
        .asks(|registry| Doctor::of(registry.image("team/app:1.0")))
        .mended_by_asking(|registry| Doctor::of(registry.image("team/app:1.0")).plain()),
    no_login = Scenario::with_docker_registry(Cause::NoCredentials, Private::new)
        .asks(Private::doctor)
        .mended_by_asking(Private::rightly),
    a_wrong_password = Scenario::with_docker_registry(Cause::BadCredentials, Private::new)
        .asks(|private| private.login(&private.registry.host(), (HTPASSWD_USER, WRONG)))
        .mended_by_asking(Private::rightly),
    a_key_without_the_port = Scenario::with_docker_registry(Cause::SecretKeyMismatch, Private::new)
        .asks(|private| private.login("127.0.0.1", GOOD))
        .mended_by_asking(Private::rightly),
    an_identity_token_without_a_token_service =
        Scenario::with_docker_registry(Cause::SecretMalformed, Private::new)
            .asks(|private| {
                // `alice:` and a token.
                let host = private.registry.host();
                let entry = format!(r#"{{"auth":"YWxpY2U6","identitytoken":"{SECRET}"}}"#);
                private
                    .doctor()
                    .config(&format!(r#"{{"auths":{{"{host}":{entry}}}}}"#))
            })
            .shows(|_, result| {
                let told = told(result);
                assert!(!told.contains("without --plain-http"), "{told}");
            })
            .mended_by_asking(Private::rightly),
    a_helper_that_gives_no_password =
        Scenario::with_docker_registry(Cause::SecretMalformed, Private::new)
            .asks(|private| {
                private
                    .doctor()
                    .config(r#"{"auths":{},"credsStore":"no-such-helper"}"#)
            })
            .says("no-such-helper")
            .mended_by_asking(Private::rightly),
    an_issuer_that_nobody_trusts = Scenario::with_docker_registry(Cause::UnknownCa, Private::new)
        .asks(|private| Doctor::of(private.registry.image("team/app:1.0")))
        .mended_by_asking(Private::rightly),
    plain_http_to_a_tls_port = Scenario::with_docker_registry(Cause::HttpsRequired, Private::new)
        .asks(|private| private.doctor().plain())
        .mended_by_asking(Private::rightly),
    // Its certificate is for the address alone, and it is asked by name.
    a_certificate_for_other_names =
        Scenario::with_docker_registry(Cause::HostnameMismatch, || Private::of(&["127.0.0.1"]))
            .asks(|private| {
                let image = private.registry.image("team/app:1.0");
                Doctor::of(image.replace("127.0.0.1", "localhost")).trust(private.ca.root_pem())
            })
            .mended_by_asking(Private::rightly),
    no_login_where_anonymous_tokens_are_given = tokens(Cause::NoCredentials)
        .asks(|registry| token_doctor(registry, "team/app:1.0"))
        .likely()
        .mended_by_asking(alice),
    a_login_without_the_right = tokens(Cause::PullDenied)
        .asks(|registry| token_doctor(registry, "team/app:1.0").login(&registry.host(), BOB))
        .likely()
        .mended_by_asking(alice),
    a_wrong_password_at_the_token_service = tokens(Cause::BadCredentials)
        .asks(|registry| token_doctor(registry, "team/app:1.0").login(&registry.host(), MALLORY))
        .mended_by_asking(alice),
    a_wrong_password_for_a_public_image = tokens(Cause::CredentialsBlockPublicPull)
        .asks(|registry| token_doctor(registry, "public/app:1.0").login(&registry.host(), MALLORY))
        .mended_by_asking(|registry| token_doctor(registry, "public/app:1.0")),
    a_tag_that_is_not_there_for_those_who_log_in = tokens(Cause::TagMissing)
        .asks(|registry| token_doctor(registry, "team/app:9").login(&registry.host(), ALICE))
        .mended_by_asking(alice),
];

const GOOD: (&str, &str) = (HTPASSWD_USER, HTPASSWD_PASSWORD);

/// Plain HTTP, and everybody may do everything.
fn open_registry() -> DockerRegistry {
    let registry = DockerRegistry::builder().start();
    registry.push("team/app", "1.0", &Image::new().pack());
    registry.push("team/arm", "1.0", &Index::of(&["linux/arm64"]).pack());
    registry
}

/// The open registry is asked for something else than what it has.
fn open(cause: Cause, name: &'static str) -> Scenario {
    Scenario::with_docker_registry(cause, open_registry)
        .asks(move |registry| Doctor::of(registry.image(name)).plain())
        .mended_by_asking(|registry| Doctor::of(registry.image("team/app:1.0")).plain())
}

/// htpasswd, and TLS with a CA of the company.
struct Private {
    registry: DockerRegistry,
    ca: Ca,
}

impl Private {
    fn new() -> Self {
        Self::of(&["127.0.0.1", "localhost"])
    }

    fn of(names: &[&str]) -> Self {
        let ca = Ca::new("Corp Root");
        let registry = DockerRegistry::builder()
            .htpasswd()
            .tls(&ca.server(names))
            .start();
        registry.push("team/app", "1.0", &Image::new().pack());
        Self { registry, ca }
    }

    fn doctor(&self) -> Doctor {
        Doctor::of(self.registry.image("team/app:1.0")).trust(self.ca.root_pem())
    }

    fn login(&self, key: &str, login: (&str, &str)) -> Doctor {
        self.doctor().login(key, login)
    }

    fn rightly(&self) -> Doctor {
        self.login(&self.registry.host(), GOOD)
    }
}

/// Tokens of a service of the tests: private images of the team, and public ones.
fn tokens(cause: Cause) -> Staged<DockerRegistry> {
    Scenario::with_docker_registry(cause, || {
        let tokens = TokenServer::start([
            User::new(ALICE.0, ALICE.1).pull("team/*"),
            User::new(BOB.0, BOB.1),
        ]);
        tokens.allow_anonymous_pull("public/*");
        let registry = DockerRegistry::builder().token_auth(tokens).start();
        for repository in ["team/app", "public/app"] {
            registry.push(repository, "1.0", &Image::new().pack());
        }
        registry
    })
}

fn token_doctor(registry: &DockerRegistry, name: &str) -> Doctor {
    Doctor::of(registry.image(name)).plain()
}

fn alice(registry: &DockerRegistry) -> Doctor {
    token_doctor(registry, "team/app:1.0").login(&registry.host(), ALICE)
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
