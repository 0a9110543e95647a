//! Which secret builds push with: found by the builder's rules, named, made, or none where none is wanted.

use extreg_test_support::api::{Rule, make};
use extreg_test_support::registry::Dialect;
use serde_json::json;

use super::site::{Site, for_each_openshift, without};
use crate::kit::PASSWORD;

#[test]
fn one_is_made_of_credentials_as_link_does() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        let image = site.image("team/app:1");
        let line =
            format!("app {image} --registry-username robot --registry-password-stdin --check-push");
        let output = site.push_with(&line, PASSWORD).success();
        let name = site.made();
        output.prints(&format!(
            "secret/{name} created\nserviceaccount/builder linked (push)\n\
             buildconfig.build.openshift.io/app pushes to {image}\n"
        ));
        assert_eq!(site.output("app")["pushSecret"]["name"], json!(name));
        assert!(site.is_linked("builder", &name));
        output.says(&format!("push check of {image}: "));
        output.says(&format!("it may push to {image}"));
        let told = output.stderr.matches("the login robot is accepted").count();
        assert_eq!(told, 1, "{}", output.stderr);
    });
}

#[test]
fn a_login_that_is_refused_or_may_not_push_writes_nothing() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        let image = site.image("team/app:1");
        let line = format!("app {image} --registry-username robot --registry-password-stdin");
        let refused = site.push_with(&line, "wrong").exits(1);
        refused.says("auth.bad-credentials");
        refused.says("nothing was written");
        world.is_untouched();

        site.secret("reads", "reader");
        let line = format!("app {image} --check-push");
        let denied = site.push(&line).exits(1);
        denied.says("auth.push-denied");
        denied.says("no right to push to team/app");
        assert_eq!(site.output("app")["to"]["kind"], "ImageStreamTag");
        // Without the question nobody knows, and that is said.
        let written = site.push(&format!("app {image}")).success();
        written.says("not known: whether this login may push");
    });
}

#[test]
fn without_a_check_it_says_what_was_not_checked() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        let line = "app registry.invalid/team/app:1 --registry-username robot --registry-password-stdin --skip-check";
        let output = site.push_with(line, "x").success();
        output.says("not checked: whether the registry answers and takes the login");
        assert_eq!(
            site.output("app")["pushSecret"]["name"],
            "extreg-registry.invalid"
        );
    });
}

#[test]
fn what_the_account_has_comes_before_what_is_in_the_namespace() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        for name in ["a-loose", "b-mounted", "c-linked"] {
            site.secret(name, "robot");
        }
        site.link("builder", "secrets", &["b-mounted"]);
        site.link("builder", "imagePullSecrets", &["c-linked"]);
        let line = format!("app {} --dry-run=client", site.image("team/app:1"));
        let output = site.push(&line).success();
        output.says("pushes with c-linked, the account builder's secret for");
        output.says("b-mounted would serve too");
        let named = site.push(&format!("{line} --secret a-loose")).success();
        assert!(named.stdout.contains("linked (push)"), "{}", named.stdout);
    });
}

#[test]
fn several_that_nothing_tells_apart_are_refused() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        site.secret("one", "robot");
        site.secret("two", "robot");
        let output = site
            .push(&format!("app {}", site.image("team/app:1")))
            .exits(1);
        output.says("one, two all have a login for");
        output.says("--secret one or two chooses");
        world.is_untouched();
    });
}

#[test]
fn secrets_of_another_registry_and_of_the_platform_are_passed_over() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        world.docker_secret("other", "ghcr.io", "robot", "x");
        let host = site.registry.host();
        let name = "builder-dockercfg-abcde";
        let managed = make::dockercfg_secret(&world.namespace, name, &host, "robot", PASSWORD);
        world.create(managed);
        let image = site.image("team/app:1");
        let output = site.push(&format!("app {image}")).exits(1);
        output.says("no secret of the namespace has a login for");
        output.says("auth.no-credentials");
        output.says("--registry-username NAME asks for a password");
        let named = site.push(&format!("app {image} --secret {name}")).exits(1);
        named.says("managed by the platform");
        world.is_untouched();
    });
}

#[test]
fn a_key_that_almost_matches_is_told() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        world.docker_secret("near", "127.0.0.1", "robot", PASSWORD);
        let output = site
            .push(&format!("app {}", site.image("team/app:1")))
            .exits(1);
        output.says("secret near has \"127.0.0.1\": the port is missing in the key");
        world.is_untouched();
    });
}

#[test]
fn a_registry_that_wants_no_login_needs_no_secret() {
    for_each_openshift(|world| {
        let site = Site::of(world, Dialect::Distribution);
        site.config_with("app", |spec| {
            spec["output"]["pushSecret"] = json!({"name": "of-another"});
        });
        let image = site.image("team/app:1");
        let output = site.push(&format!("app {image}")).success();
        output.prints(&format!(
            "buildconfig.build.openshift.io/app pushes to {image}\n"
        ));
        output.says("it pushes without one");
        output.says(&format!("not known: whether everybody may push to {image}"));
        // The push secret of another registry is of no use there.
        assert_eq!(site.output("app")["pushSecret"], serde_json::Value::Null);
        let tried = site.push(&format!("app {image} --check-push")).success();
        tried.says(&format!("it may push to {image}"));
    });
}

#[test]
fn a_secret_that_is_named_is_looked_at_first() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        site.secret("quay-push", "robot");
        world.docker_secret("other", "ghcr.io", "robot", "x");
        let image = site.image("team/app:1");
        let missing = site
            .push(&format!("app {image} --secret quay-psuh"))
            .exits(1);
        missing.says("secret/quay-psuh not found in namespace");
        missing.says("did you mean quay-push?");
        let wrong = site.push(&format!("app {image} --secret other")).exits(1);
        wrong.says("nothing was written");
        let elsewhere = site
            .push(&format!("app {image} --secret infra/corp"))
            .exits(2);
        elsewhere.says("--from-secret infra/corp makes a copy");
        world.is_untouched();
    });
}

#[test]
fn the_builder_reads_a_secret_that_is_named_whatever_its_type() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        let host = site.registry.host();
        let mut secret = make::docker_secret(&world.namespace, "opaque", &host, "robot", PASSWORD);
        secret["type"] = json!("Opaque");
        let text = secret["data"][".dockerconfigjson"].take();
        secret["data"] = json!({"config.json": text});
        world.create(secret);
        let line = format!("app {} --secret opaque", site.image("team/app:1"));
        site.push(&line)
            .success()
            .says("the login robot is accepted");
        // What holds no credentials at all is refused.
        world.create(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token", "namespace": world.namespace},
            "data": {"token": "eA=="},
        }));
        let line = format!("app {} --secret token", site.image("team/app:1"));
        site.push(&line)
            .exits(1)
            .says("holds nothing that a build reads");
    });
}

#[test]
fn a_secret_of_ours_with_another_login_is_not_replaced() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        let host = site.registry.host();
        let link = format!(
            "link {host} --plain-http --skip-check --registry-username reader --registry-password-stdin"
        );
        world.cmd(&link).stdin("reader-canary").run().success();
        let line = format!(
            "app {} --registry-username robot --registry-password-stdin",
            site.image("team/app:1")
        );
        let refused = site.push_with(&line, PASSWORD).exits(1);
        refused.says("holds the login reader, which others may use");
        let made = site
            .push_with(&format!("{line} --name push-only"), PASSWORD)
            .success();
        assert!(
            made.stdout.starts_with("secret/push-only created\n"),
            "{}",
            made.stdout
        );
        assert_eq!(site.output("app")["pushSecret"]["name"], "push-only");
    });
}

#[test]
fn where_secrets_may_not_be_listed_one_can_be_named() {
    let world = without(Rule::verb("list").on("secrets"));
    let site = Site::new(&world);
    site.stream_config("app");
    site.secret("quay", "robot");
    let image = site.image("team/app:1");
    let refused = site.push(&format!("app {image}")).exits(1);
    refused.says("cannot look for a secret");
    refused.says("--secret NAME");
    site.push(&format!("app {image} --secret quay")).success();
}

#[test]
fn every_dialect_is_asked_in_its_own_way() {
    for_each_openshift(|world| {
        for (dialect, name, told) in [
            (Dialect::DistributionBasic, "basic", "it may push to"),
            (Dialect::Gitea, "gitea", "it may push to"),
            // The right is the cluster's to tell.
            (
                Dialect::OpenShift,
                "openshift",
                "the push right cannot be told from here",
            ),
        ] {
            let site = Site::of(world, dialect);
            site.stream_config(name);
            let secret = format!("for-{name}");
            site.secret(&secret, "robot");
            let image = site.image("team/app:1");
            let line = format!("{name} {image} --secret {secret} --check-push");
            site.push(&line).success().says(told);
        }
    });
}
