//! `link` and its check against real `docker-registry` processes.

use extreg_test_support::certs::Ca;
use extreg_test_support::content::Image;
use extreg_test_support::process::{
    DockerRegistry, HTPASSWD_PASSWORD, HTPASSWD_USER, Output, TokenServer, real_registry_or_skip,
};
use extreg_test_support::registry::User;

use crate::kit::{World, for_each_world};

fn link(world: &World, target: &str, user: &str, password: &str, more: &str) -> Output {
    world
        .cmd(&format!(
            "link {target} --registry-username {user} --registry-password-stdin {more}"
        ))
        .stdin(password)
        .run()
}

/// Refused with this cause and these words, and nothing written.
fn refused(world: &World, output: Output, words: &[&str]) {
    let output = output.exits(1);
    for word in words {
        assert!(output.stderr.contains(word), "{word}: {}", output.stderr);
    }
    output.says("nothing was written");
    world.is_untouched();
}

#[test]
fn a_registry_with_htpasswd_and_a_private_ca() {
    for_each_world(|world| {
        if !real_registry_or_skip("link to a registry with htpasswd and TLS") {
            return;
        }
        let ca = Ca::new("Corp Root");
        let registry = DockerRegistry::builder()
            .htpasswd()
            .tls(&ca.server(&["127.0.0.1"]))
            .start();
        registry.push("team/app", "1.0", &Image::new().pack());
        world.sandbox.write("ca.pem", ca.root_pem());
        let host = registry.host();
        let trusted = "--registry-ca ca.pem";
        let good = |more: &str| link(world, &host, HTPASSWD_USER, HTPASSWD_PASSWORD, more);
        refused(world, good(""), &["(tls.unknown-ca)", "--registry-ca FILE"]);
        refused(
            world,
            link(world, &host, HTPASSWD_USER, "wrong", trusted),
            &["(auth.bad-credentials)"],
        );
        let missing = format!("{trusted} --image {}", registry.image("team/none:1.0"));
        refused(world, good(&missing), &["(location.repository-missing)"]);
        let image = format!("{trusted} --image {}", registry.image("team/app:1.0"));
        let output = good(&image).success();
        assert!(
            output
                .stdout
                .ends_with("serviceaccount/default linked (pull)\n"),
            "{}",
            output.stdout
        );
        // The address as a browser shows it is the same registry.
        let pasted = format!("https://{host}/v2/");
        let output = link(world, &pasted, HTPASSWD_USER, HTPASSWD_PASSWORD, trusted).success();
        assert!(
            output
                .stdout
                .ends_with("serviceaccount/default unchanged\n"),
            "{}",
            output.stdout
        );
    });
}

#[test]
fn a_registry_with_tokens() {
    for_each_world(|world| {
        if !real_registry_or_skip("link to a registry with token authentication") {
            return;
        }
        let tokens = TokenServer::start([
            User::new("puller", "good").pull("team/*"),
            User::new("stranger", "good"),
        ]);
        let registry = DockerRegistry::builder().token_auth(tokens).start();
        registry.push("team/app", "1.0", &Image::new().pack());
        let host = registry.host();
        let image = format!("--plain-http --image {}", registry.image("team/app:1.0"));
        refused(
            world,
            link(world, &host, "stranger", "bad", "--plain-http"),
            &["(auth.bad-credentials)"],
        );
        refused(
            world,
            link(world, &host, "stranger", "good", &image),
            &["(auth.pull-denied)"],
        );
        let output = link(world, &host, "puller", "good", &image).success();
        assert!(
            output
                .stdout
                .ends_with("serviceaccount/default linked (pull)\n"),
            "{}",
            output.stdout
        );
    });
}

#[test]
fn a_registry_without_tls() {
    for_each_world(|world| {
        if !real_registry_or_skip("link to a registry without TLS") {
            return;
        }
        let registry = DockerRegistry::builder().htpasswd().start();
        let host = registry.host();
        let good = |more: &str| link(world, &host, HTPASSWD_USER, HTPASSWD_PASSWORD, more);
        refused(world, good(""), &["(tls.plain-http)", "--plain-http"]);
        good("--plain-http").success();
    });
}
