//! Which secret the builds pull with: found, named, or made.

use serde_json::{Value, json};

use super::{config, docker_image, listed_as_insecure, registry, ruby, run, spec};
use crate::kit::{PASSWORD, entry, for_each_openshift, for_each_openshift_alone};

const IMAGE: &str = "registry.example.com/team/base:1";

#[test]
fn credentials_become_a_secret_that_the_builds_name() {
    let registry = registry();
    for_each_openshift_alone(|world| {
        listed_as_insecure(world, &registry);
        let (host, image) = (registry.host(), registry.image("team/base:1"));
        world.create(ruby(world));
        let line = format!("app {image} --registry-username robot --registry-password-stdin");

        let wrong = world
            .cmd(&format!("build-source {line} --plain-http"))
            .stdin("wrong")
            .run()
            .exits(1);
        wrong.says("(auth.bad-credentials)");
        world.is_untouched();

        let output = run(world, &line).success();
        let name = format!("extreg-{}", host.replace(':', "-"));
        output.prints(&format!(
            "secret/{name} created\nserviceaccount/builder linked (pull, push)\n\
             buildconfig.build.openshift.io/app builds on {image}\n"
        ));
        // The look after the check of the login says nothing twice.
        let said = output.stderr.matches("it may pull").count();
        assert_eq!(said, 1, "{}", output.stderr);
        assert_eq!(
            world.config(&name)["auths"][&host],
            entry("robot", PASSWORD)
        );
        let strategy = &spec(world, "app")["strategy"]["sourceStrategy"];
        assert_eq!(strategy["pullSecret"], json!({ "name": name }));

        world.run("undo").success();
        assert!(world.secret(&name).is_none());

        let file = json!({"auths": {&host: entry("robot", PASSWORD)}});
        world.sandbox.write("auth.json", file.to_string());
        run(world, &format!("app {image} -a auth.json --name corp")).success();
        let strategy = &spec(world, "app")["strategy"]["sourceStrategy"];
        assert_eq!(strategy["pullSecret"], json!({"name": "corp"}));
        assert!(!output.stderr.contains(PASSWORD) && !output.stdout.contains(PASSWORD));
    });
}

#[test]
fn a_login_that_may_not_pull_ends_in_a_diagnosis() {
    let registry = registry();
    for_each_openshift_alone(|world| {
        listed_as_insecure(world, &registry);
        let image = registry.image("team/base:1");
        world.create(ruby(world));
        let output = run(world, &format!("app {image}")).exits(1);
        output.says("no secret of the namespace is for");
        output.says("oc extreg explain auth.no-credentials");
        output.says("--secret NAME names another secret");
        world.docker_secret("corp-pull", &registry.host(), "robot", "old");
        let output = run(world, &format!("app {image}")).exits(1);
        output.says("oc extreg explain auth.bad-credentials");
        world.is_untouched();
        assert!(world.journal_files().is_empty());
    });
}

#[test]
fn a_named_secret_must_be_one_for_the_image() {
    for_each_openshift(|world| {
        world.create(ruby(world));
        world.docker_secret("corp-pull", "registry.example.com", "robot", PASSWORD);
        world.docker_secret("port", "registry.example.com:5000", "robot", PASSWORD);
        let managed = world.names("builder", "secrets").remove(0);
        let with = |more: &str| world.run(&format!("build-source app {IMAGE} {more}"));
        with("--secret corp-pul")
            .exits(1)
            .says("did you mean corp-pull?");
        with("--secret port")
            .exits(1)
            .says("the key has a port, the image has none");
        with(&format!("--secret {managed}"))
            .exits(1)
            .says("is managed by the platform");
        with("--secret other/corp-pull")
            .exits(2)
            .says("--from-secret other/corp-pull");
        with("--name made --skip-check")
            .exits(2)
            .says("--secret NAME takes one that is there");
        world.is_untouched();

        let output = with("--secret port --skip-check").success();
        output.says("Warning: secret \"port\" has nothing that the builder uses");
        let strategy = &spec(world, "app")["strategy"]["sourceStrategy"];
        assert_eq!(strategy["pullSecret"], json!({"name": "port"}));
        let output = with("--skip-check").success();
        output.says(
            "pullSecret port has nothing for registry.example.com, and gives way to corp-pull",
        );
        let strategy = &spec(world, "app")["strategy"]["sourceStrategy"];
        assert_eq!(strategy["pullSecret"], json!({"name": "corp-pull"}));
    });
}

#[test]
fn the_accounts_secret_is_taken_before_another_of_the_namespace() {
    for_each_openshift(|world| {
        world.create(ruby(world));
        world.docker_secret(
            "a-stranger",
            "registry.example.com/team/base",
            "x",
            PASSWORD,
        );
        world.docker_secret("corp-pull", "registry.example.com", "robot", PASSWORD);
        world.edit("serviceaccounts", "builder", |account| {
            let list = account["secrets"].as_array_mut().expect("a list");
            list.push(json!({"name": "corp-pull"}));
        });
        let output = world
            .run(&format!("build-source app {IMAGE} --skip-check"))
            .success();
        output.says("a-stranger would serve as well, --secret chooses");
        let strategy = &spec(world, "app")["strategy"]["sourceStrategy"];
        assert_eq!(strategy["pullSecret"], json!({"name": "corp-pull"}));
    });
}

#[test]
fn what_only_the_old_secret_had_is_named_for_dockerfiles() {
    for_each_openshift(|world| {
        let auths = json!({"auths": {
            "quay.io": entry("robot", PASSWORD), "ghcr.io": entry("robot", PASSWORD)}});
        let old = extreg_test_support::api::make::docker_config_secret(
            &world.namespace,
            "old",
            &auths.to_string(),
        );
        world.create(old);
        world.docker_secret("corp-pull", "registry.example.com", "robot", PASSWORD);
        let strategy = json!({"type": "Docker", "dockerStrategy": {
            "from": docker_image("quay.io/team/base:1"), "pullSecret": {"name": "old"}}});
        world.create(config(world, "app", &strategy));
        let output = world
            .run(&format!(
                "build-source app {IMAGE} --skip-check --dry-run=client"
            ))
            .success();
        output.says("bc/app: only pullSecret old has credentials for quay.io, ghcr.io");
        let line = format!(
            "build-source app {IMAGE} --skip-check --dry-run=client --registry-username robot --registry-password-stdin"
        );
        let output = world.cmd(&line).stdin(PASSWORD).run().success();
        output.says("only pullSecret old has credentials for quay.io, ghcr.io");
    });
}

#[test]
fn secrets_that_may_not_be_listed_are_named_and_not_guessed() {
    for_each_openshift(|world| {
        world.create(ruby(world));
        world.limited(&[("list", "secrets")]);
        let output = world
            .run(&format!("build-source app {IMAGE} --skip-check"))
            .success();
        output.says("not known: which secret is for registry.example.com");
        output.prints(&format!(
            "buildconfig.build.openshift.io/app builds on {IMAGE}\n"
        ));
        assert_eq!(
            spec(world, "app")["strategy"]["sourceStrategy"]["pullSecret"],
            Value::Null
        );
    });
}

/// No byte of a password in what is printed or kept.
#[test]
fn no_password_shows() {
    use base64::Engine as _;
    for_each_openshift(|world| {
        world.create(ruby(world));
        world.docker_secret("corp", "quay.io", "robot", PASSWORD);
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("robot:{PASSWORD}"));
        let made = "--registry-username robot --registry-password-stdin --skip-check";
        for line in [
            format!("app {IMAGE} {made} --diff -o yaml"),
            format!("app {IMAGE} {made} --name other --dry-run=server -o json"),
            "app quay.io/team/base:1 --skip-check --diff".to_owned(),
            "app registry.example.org/a/b:1 --from-secret corp --skip-check --diff".to_owned(),
            format!("robot:{PASSWORD}@quay.io/team/base:1 app"),
            format!("app robot:{PASSWORD}@quay.io/team/base:1"),
            format!("app quay.io/team/base:1 --registry-password {PASSWORD}"),
        ] {
            let output = world
                .cmd(&format!("build-source {line}"))
                .stdin(PASSWORD)
                .run();
            let mut texts = vec![output.stdout, output.stderr];
            for file in world.journal_files() {
                texts.push(std::fs::read_to_string(file).expect("a file"));
            }
            for text in texts {
                assert!(!text.contains(PASSWORD), "{line}:\n{text}");
                assert!(!text.contains(&auth), "{line}:\n{text}");
            }
        }
    });
}
