//! `link` asks the registry before it writes, in doctor's words.

use extreg_test_support::certs::Ca;
use extreg_test_support::content::Image;
use extreg_test_support::process::Output;
use extreg_test_support::registry::{Dialect, Registry, RegistryBuilder, User};

use crate::kit::{Embedded, World, for_each_world};

const GOOD: &str = "s3cret";

/// A registry over TLS with one user, and the CA that it is trusted with.
struct Server {
    registry: Registry,
    ca: Ca,
}

impl Server {
    fn of(dialect: Dialect, more: impl FnOnce(RegistryBuilder) -> RegistryBuilder) -> Self {
        let ca = Ca::new("Corp Root");
        let builder = Registry::builder()
            .dialect(dialect)
            .tls(&ca.server(&["127.0.0.1", "localhost"]))
            .user(User::new("robot", GOOD).pull("team/*"));
        Self {
            registry: more(builder).start(),
            ca,
        }
    }

    fn link(&self, world: &World, password: &str, more: &str) -> Output {
        world.sandbox.write("ca.pem", self.ca.pem());
        let host = self.registry.host();
        world
            .cmd(&format!(
                "link {host} --registry-ca ca.pem --registry-username robot --registry-password-stdin {more}"
            ))
            .stdin(password)
            .run()
    }
}

#[test]
fn a_login_that_the_registry_takes_is_written() {
    for_each_world(|world| {
        for dialect in [
            Dialect::DistributionBasic,
            Dialect::DistributionToken,
            Dialect::OpenShift,
        ] {
            let server = Server::of(dialect, |builder| builder);
            let output = server.link(world, GOOD, "").success();
            assert!(
                output
                    .stdout
                    .contains("serviceaccount/default linked (pull)"),
                "{}",
                output.stdout
            );
            assert!(
                output.stderr.contains("answers as a registry"),
                "{dialect:?}: {}",
                output.stderr
            );
            assert!(
                output.stderr.contains("the login robot is accepted"),
                "{dialect:?}: {}",
                output.stderr
            );
        }
    });
}

#[test]
fn a_wrong_password_stops_it_with_doctors_cause() {
    for_each_world(|world| {
        for dialect in [
            Dialect::DistributionBasic,
            Dialect::DistributionToken,
            Dialect::Quay,
        ] {
            let server = Server::of(dialect, |builder| builder);
            let output = server.link(world, "wrong", "").exits(1);
            assert!(
                output.stderr.contains("(auth.bad-credentials)"),
                "{dialect:?}: {}",
                output.stderr
            );
            output.says("--skip-check");
            world.is_untouched();
            assert!(world.journal_files().is_empty());
        }
    });
}

#[test]
fn with_an_image_the_pull_right_is_checked() {
    for_each_world(|world| {
        let server = Server::of(Dialect::DistributionToken, |builder| builder);
        for repository in ["team/app", "other/app"] {
            server.registry.push_image(repository, "1", &Image::new());
        }
        let (may, may_not) = (
            server.registry.image("team/app:1"),
            server.registry.image("other/app:1"),
        );
        let output = server
            .link(world, GOOD, &format!("--image {may_not}"))
            .exits(1);
        output.says("(auth.pull-denied)");
        world.is_untouched();
        let output = server
            .link(world, GOOD, &format!("--image {may}"))
            .success();
        output.says(&format!("it may pull {may}"));
    });
}

#[test]
fn a_ca_that_nobody_trusts_stops_it_and_the_clusters_own_is_enough() {
    let world = Embedded::openshift();
    let server = Server::of(Dialect::DistributionBasic, |builder| builder);
    let host = server.registry.host();
    let line = format!("link {host} --registry-username robot --registry-password-stdin");
    let output = world.cmd(&line).stdin(GOOD).run().exits(1);
    output.says("(tls.unknown-ca)");
    assert!(world.api().writes().is_empty());

    let key = host.replace(':', "..");
    let data = serde_json::json!({ (key): server.ca.pem() });
    let map = extreg_test_support::api::make::config_map("openshift-config", "registry-cas", &data);
    world.api().create(map);
    world
        .api()
        .edit("images.config.openshift.io", "", "cluster", |config| {
            config["spec"]["additionalTrustedCA"] = serde_json::json!({"name": "registry-cas"});
        });
    world.cmd(&line).stdin(GOOD).run().success();
}

#[test]
fn what_is_no_registry_stops_it_and_skip_check_says_what_was_not_checked() {
    for_each_world(|world| {
        let line = "link 127.0.0.1:1 --registry-username robot --registry-password-stdin";
        let output = world.cmd(line).stdin(GOOD).run().exits(1);
        output.says("(network.refused)");
        world.is_untouched();
        let output = world
            .cmd(&format!("{line} --skip-check"))
            .stdin(GOOD)
            .run()
            .success();
        output.says("not checked: whether 127.0.0.1:1 is a registry, and whether it takes these credentials");
    });
}

#[test]
fn a_secret_that_is_here_is_checked_too() {
    for_each_world(|world| {
        let server = Server::of(Dialect::DistributionBasic, |builder| builder);
        world.sandbox.write("ca.pem", server.ca.pem());
        let host = server.registry.host();
        for (name, password) in [("good", GOOD), ("stale", "old")] {
            world.docker_secret(name, &host, "robot", password);
        }
        let line = format!("link {host} --registry-ca ca.pem --secret");
        let output = world.run(&format!("{line} stale")).exits(1);
        output.says("(auth.bad-credentials)");
        world.run(&format!("{line} good")).success();
    });
}

#[test]
fn no_credential_is_sent_without_tls_unless_asked() {
    for_each_world(|world| {
        let registry = Registry::builder()
            .dialect(Dialect::DistributionBasic)
            .user(User::new("robot", GOOD).pull("*"))
            .start();
        let line = format!(
            "link {} --registry-username robot --registry-password-stdin",
            registry.host()
        );
        let output = world.cmd(&line).stdin(GOOD).run().exits(1);
        output.says("(tls.plain-http)");
        assert!(
            registry
                .log()
                .iter()
                .all(|request| request.header("authorization").is_none())
        );
        world
            .cmd(&format!("{line} --plain-http"))
            .stdin(GOOD)
            .run()
            .success();
    });
}

/// Each by the call that proves a login there.
#[test]
fn every_registry_is_asked_in_its_own_way() {
    for_each_world(|world| {
        for dialect in [
            Dialect::DockerHub,
            Dialect::Quay,
            Dialect::RedHat,
            Dialect::Ghcr,
            Dialect::GitLab,
            Dialect::Ecr,
            Dialect::ArtifactRegistry,
            Dialect::Acr,
            Dialect::Harbor,
            Dialect::Artifactory,
            Dialect::Zot,
            Dialect::Nexus,
            Dialect::Gitea,
        ] {
            let server = Server::of(dialect, |builder| builder);
            let output = server.link(world, "wrong", "");
            assert_eq!(output.status, Some(1), "{dialect:?}: {}", output.stderr);
            assert!(
                output.stderr.contains("(auth.bad-credentials)"),
                "{dialect:?}: {}",
                output.stderr
            );
            let output = server.link(world, GOOD, "");
            assert_eq!(output.status, Some(0), "{dialect:?}: {}", output.stderr);
            assert!(
                output.stderr.contains("the login robot is accepted"),
                "{dialect:?}: {}",
                output.stderr
            );
        }
    });
}

#[test]
fn what_cannot_be_told_is_not_taken_for_good() {
    for_each_world(|world| {
        // It asks nobody for credentials: any password would do.
        let server = Server::of(Dialect::Distribution, |builder| builder);
        let output = server.link(world, GOOD, "").exits(1);
        output.says("cannot be told");
        output.says("--image IMAGE");
        world.is_untouched();
        server.registry.push_image("team/app", "1", &Image::new());
        let image = server.registry.image("team/app:1");
        let output = server
            .link(world, GOOD, &format!("--image {image}"))
            .success();
        output.says("Warning: not checked: whether the password of robot is right");
    });
}
