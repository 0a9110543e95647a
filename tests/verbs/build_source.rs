//! `build-source`: where a build takes its images from.
//!
//! Tests that look at an image have the cluster for themselves: its nodes and its configuration are what the look goes by.

mod image;
mod refusals;
mod secrets;
mod triggers;

use extreg_test_support::api::make;
use extreg_test_support::content::{Image, Index};
use extreg_test_support::process::Output;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

use crate::kit::{Embedded, PASSWORD, World, for_each_openshift, for_each_openshift_alone, names};

const SCRIPTS: &str = "io.openshift.s2i.scripts-url";

/// A registry over plain HTTP with builder images and others.
fn registry() -> Registry {
    let registry = Registry::builder()
        .dialect(Dialect::DistributionToken)
        .user(User::new("robot", PASSWORD).pull("team/*"))
        .start();
    let builder = |platform: &str| {
        Image::new()
            .platform(platform)
            .labelled(SCRIPTS, "image:///usr/libexec/s2i")
    };
    registry.push_image("team/base", "1", &builder("linux/amd64"));
    registry.push_index(
        "team/multi",
        "1",
        &Index::new([builder("linux/amd64"), builder("linux/arm64")]),
    );
    registry.push_image("team/plain", "1", &Image::new());
    registry.push_image("team/empty", "1", &Image::new().without_command());
    registry
}

/// The cluster takes it without TLS.
fn listed_as_insecure(world: &World, registry: &Registry) {
    let host = registry.host();
    world.edit_everywhere("images.config.openshift.io", "cluster", |image| {
        image["spec"]["registrySources"] = json!({"insecureRegistries": [host]});
    });
}

fn stream_tag(name: &str) -> Value {
    json!({"kind": "ImageStreamTag", "name": name})
}

fn docker_image(name: &str) -> Value {
    json!({"kind": "DockerImage", "name": name})
}

/// A BuildConfig with this strategy.
fn config(world: &World, name: &str, strategy: &Value) -> Value {
    let mut config = make::build_config(&world.namespace, name, "", "quay.io/team/app:1");
    config["spec"]["strategy"] = strategy.clone();
    config["spec"]
        .as_object_mut()
        .expect("a specification")
        .remove("triggers");
    config
}

/// `app` of the source strategy, from `openshift/ruby:3`.
fn ruby(world: &World) -> Value {
    let mut from = stream_tag("ruby:3");
    from["namespace"] = json!("openshift");
    let strategy = json!({"type": "Source", "sourceStrategy": {"from": from, "incremental": true}});
    config(world, "app", &strategy)
}

fn spec(world: &World, name: &str) -> Value {
    let config = world.get("buildconfigs", name).expect("a BuildConfig");
    config["spec"].clone()
}

/// The accounts and BuildConfigs without what every write changes.
fn content(world: &World) -> Vec<Value> {
    let mut all = world.cluster.list("serviceaccounts", &world.namespace);
    all.extend(world.cluster.list("buildconfigs", &world.namespace));
    for object in &mut all {
        let metadata = object["metadata"].as_object_mut().expect("metadata");
        for field in ["resourceVersion", "managedFields", "generation"] {
            metadata.remove(field);
        }
    }
    all
}

/// The command over plain HTTP, with the password on standard input.
fn run(world: &World, line: &str) -> Output {
    world
        .cmd(&format!("build-source {line} --plain-http"))
        .stdin(PASSWORD)
        .run()
}

#[test]
fn a_build_takes_its_base_image_from_a_registry() {
    let registry = registry();
    for_each_openshift_alone(|world| {
        listed_as_insecure(world, &registry);
        let image = registry.image("team/base:1");
        world.docker_secret("corp-pull", &registry.host(), "robot", PASSWORD);
        world.create(make::node("n1", "amd64"));
        world.create(ruby(world));
        let before = content(world);

        let output = run(world, &format!("app {image}")).success();
        output.prints(&format!(
            "serviceaccount/builder linked (pull, push)\nbuildconfig.build.openshift.io/app builds on {image}\n"
        ));
        output.says("secret corp-pull is for it");
        output.says(&format!("it may pull {image}"));
        output.says("the image is for linux/amd64");
        output.says("it is a builder image (io.openshift.s2i.scripts-url)");
        output.says("start-build app");
        assert!(!output.stderr.contains("Warning"), "{}", output.stderr);
        assert_eq!(
            spec(world, "app")["strategy"],
            json!({"type": "Source", "sourceStrategy": {
                "from": docker_image(&image), "pullSecret": {"name": "corp-pull"}, "incremental": true,
            }})
        );
        for list in ["secrets", "imagePullSecrets"] {
            let names = world.names("builder", list);
            assert_eq!(names.len(), 2, "{list}: {names:?}");
            assert_eq!(names[1], "corp-pull");
        }

        let again = run(world, &format!("bc/app {image}")).success();
        again.prints(
            "serviceaccount/builder unchanged\nbuildconfig.build.openshift.io/app unchanged\n",
        );
        assert_eq!(world.journal_files().len(), 1);

        let undone = world.run("undo").success();
        assert!(
            undone
                .stdout
                .contains("buildconfig.build.openshift.io/app taken back"),
            "{}",
            undone.stdout
        );
        assert_eq!(content(world), before);
    });
}

#[test]
fn dry_runs_and_formats() {
    let registry = registry();
    for_each_openshift_alone(|world| {
        listed_as_insecure(world, &registry);
        let image = registry.image("team/base:1");
        world.docker_secret("corp-pull", &registry.host(), "robot", PASSWORD);
        world.create(ruby(world));
        for how in ["client", "server"] {
            let suffix = if how == "client" {
                "dry run"
            } else {
                "server dry run"
            };
            let output = run(world, &format!("app {image} --dry-run={how}")).success();
            output.prints(&format!(
                "serviceaccount/builder linked (pull, push) ({suffix})\n\
                 buildconfig.build.openshift.io/app builds on {image} ({suffix})\n"
            ));
            let names = run(world, &format!("app {image} --dry-run={how} -o name")).success();
            names.prints("serviceaccount/builder\nbuildconfig.build.openshift.io/app\n");
            let json = run(world, &format!("app {image} --dry-run={how} -o json")).success();
            let list: Value = serde_json::from_str(&json.stdout).expect("JSON");
            let config = &list["items"][1];
            assert_eq!(config["kind"], "BuildConfig");
            let strategy = &config["spec"]["strategy"]["sourceStrategy"];
            assert_eq!(strategy["from"], docker_image(&image));
            let yaml = run(world, &format!("app {image} --dry-run={how} -o yaml")).success();
            assert!(yaml.stdout.contains("pullSecret:\n"), "{}", yaml.stdout);
        }
        world.is_untouched();
        assert!(world.journal_files().is_empty());
    });
}

#[test]
fn the_dockerfile_is_overridden_and_the_custom_builder_is_run() {
    let registry = registry();
    for_each_openshift_alone(|world| {
        listed_as_insecure(world, &registry);
        let image = registry.image("team/plain:1");
        world.docker_secret("corp-pull", &registry.host(), "robot", PASSWORD);
        world.docker_secret("other", "quay.io", "robot", PASSWORD);
        let mut docker = config(
            world,
            "docker",
            &json!({"type": "Docker", "dockerStrategy": {"noCache": true}}),
        );
        docker["spec"]["source"] = json!({"dockerfile": "FROM golang AS build\nFROM ubi9/ubi\n"});
        world.create(docker);
        let custom = json!({"type": "Custom", "customStrategy": {
            "from": docker_image("quay.io/team/builder:1"), "pullSecret": {"name": "other"}}});
        world.create(config(world, "custom", &custom));

        let output = run(world, &format!("docker {image}")).success();
        output.says("bc/docker: the strategy had no `from`; with it the last FROM of the Dockerfile (ubi9/ubi) is overridden");
        assert_eq!(
            spec(world, "docker")["strategy"]["dockerStrategy"],
            json!({"from": docker_image(&image), "pullSecret": {"name": "corp-pull"}, "noCache": true})
        );

        let output = run(world, &format!("custom {image}")).success();
        output.says("pullSecret other stays, for the builder's own use");
        output.says("as a custom builder must");
        assert!(
            output
                .stdout
                .contains(&format!("custom is built by {image}")),
            "{}",
            output.stdout
        );
        assert_eq!(
            spec(world, "custom")["strategy"]["customStrategy"],
            json!({"from": docker_image(&image), "pullSecret": {"name": "other"}})
        );
        let pulls = world.names("builder", "imagePullSecrets");
        assert!(pulls.contains(&"corp-pull".to_owned()), "{pulls:?}");

        let empty = registry.image("team/empty:1");
        let output = run(world, &format!("custom {empty}")).success();
        output.says("neither an entrypoint nor a command");
    });
}

#[test]
fn one_of_the_source_images_and_nothing_else() {
    let registry = registry();
    for_each_openshift_alone(|world| {
        listed_as_insecure(world, &registry);
        let image = registry.image("team/plain:1");
        world.docker_secret("corp-pull", &registry.host(), "robot", PASSWORD);
        let mut app = ruby(world);
        app["spec"]["source"]["images"] = json!([
            {"from": stream_tag("tools:1"), "as": ["tools"], "paths": null},
            {"from": docker_image("quay.io/team/assets:1"), "paths": [{"sourcePath": "/a", "destinationDir": "b"}]},
        ]);
        world.create(app);
        let before = spec(world, "app");

        let output = run(world, &format!("app {image} --source-image")).exits(1);
        output.says("bc/app has several source images: 0 (tools) from tools:1, 1 from quay.io/team/assets:1");
        let output = run(world, &format!("app {image} --source-image=tool")).exits(1);
        output.says("no source image \"tool\"");
        world.is_untouched();

        let output = run(world, &format!("app {image} --source-image=tools")).success();
        assert!(
            output
                .stdout
                .contains(&format!("app takes source image 0 (tools) from {image}")),
            "{}",
            output.stdout
        );
        run(world, &format!("app {image} --source-image=1")).success();
        let after = spec(world, "app");
        assert_eq!(after["strategy"], before["strategy"]);
        for image_source in after["source"]["images"].as_array().expect("images") {
            assert_eq!(image_source["from"], docker_image(&image));
            assert_eq!(image_source["pullSecret"], json!({"name": "corp-pull"}));
        }
        assert_eq!(
            after["source"]["images"][1]["paths"],
            before["source"]["images"][1]["paths"]
        );
    });
}

#[test]
fn several_builds_in_one_go_and_one_undo() {
    let registry = registry();
    for_each_openshift_alone(|world| {
        listed_as_insecure(world, &registry);
        let image = registry.image("team/base:1");
        world.docker_secret("corp-pull", &registry.host(), "robot", PASSWORD);
        world.add_account("robot");
        for (name, account) in [("one", "robot"), ("two", "builder")] {
            let mut config = ruby(world);
            config["metadata"]["name"] = json!(name);
            config["metadata"]["labels"] = json!({"team": "shop"});
            config["spec"]["serviceAccount"] = json!(account);
            world.create(config);
        }
        let mut pipeline = config(
            world,
            "line",
            &json!({"type": "JenkinsPipeline", "jenkinsPipelineStrategy": {}}),
        );
        pipeline["metadata"]["labels"] = json!({"team": "shop"});
        world.create(pipeline);
        let before = content(world);

        let output = run(world, &format!("-l team=shop {image}")).success();
        output.says("left out: bc/line is a pipeline");
        for account in ["robot", "builder"] {
            let names = world.names(account, "secrets");
            assert!(
                names.contains(&"corp-pull".to_owned()),
                "{account}: {names:?}"
            );
        }
        for name in ["one", "two"] {
            let strategy = &spec(world, name)["strategy"]["sourceStrategy"];
            assert_eq!(strategy["from"], docker_image(&image));
        }
        // What holds for both is said once.
        let said = output.stderr.matches("it may pull").count();
        assert_eq!(said, 1, "{}", output.stderr);
        world.run("undo").success();
        assert_eq!(content(world), before);
        let again = run(world, &format!("one two one {image}")).success();
        assert_eq!(again.stdout.lines().count(), 4, "{}", again.stdout);
    });
}

#[test]
fn back_to_an_image_stream_tag() {
    for_each_openshift(|world| {
        let mut app = ruby(world);
        app["spec"]["strategy"]["sourceStrategy"] = json!({
            "from": docker_image("registry.example.com/team/base:1"), "pullSecret": {"name": "corp-pull"},
        });
        world.create(app);
        world.create(make::image_stream(
            &world.namespace,
            "ruby",
            "3.3",
            "registry.example.com/ruby:3.3",
        ));

        let output = world
            .run("build-source app --to-stream ruby:3.2 --skip-check")
            .exits(1);
        output.says("has no tag \"3.2\"");
        output.says("did you mean 3.3?");
        let output = world
            .run("build-source app --to-stream rubi:3.3 --skip-check")
            .exits(1);
        output.says("did you mean ruby?");
        world.is_untouched();

        let output = world
            .run("build-source app --to-stream ruby:3.3 --skip-check")
            .success();
        output.prints("buildconfig.build.openshift.io/app builds on ruby:3.3\n");
        assert_eq!(
            spec(world, "app")["strategy"]["sourceStrategy"],
            json!({"from": stream_tag("ruby:3.3"), "pullSecret": {"name": "corp-pull"}})
        );
        let own = format!("{}/ruby:3.3", world.namespace);
        let output = world
            .run(&format!("build-source app --to-stream {own} --skip-check"))
            .success();
        output.prints("buildconfig.build.openshift.io/app unchanged\n");
    });
}

#[test]
fn what_others_change_meanwhile_stays() {
    use extreg_test_support::api::Fault;

    let world = Embedded::openshift();
    world.create(ruby(&world));
    let path = "/namespaces/shop/buildconfigs/app";
    world.api().fault(
        Fault::other_writer(|config| {
            config["spec"]["nodeSelector"] = json!({"size": "big"});
            config["spec"]["strategy"]["sourceStrategy"]["env"] =
                json!([{"name": "A", "value": "b"}]);
        })
        .on_path(path)
        .times(1),
    );
    let image = "registry.example.com/team/base:1";
    world
        .run(&format!("build-source app {image} --skip-check"))
        .success();
    let spec = spec(&world, "app");
    assert_eq!(spec["nodeSelector"], json!({"size": "big"}));
    let strategy = &spec["strategy"]["sourceStrategy"];
    assert_eq!(strategy["from"], docker_image(image));
    assert_eq!(strategy["env"][0]["name"], "A");

    // Somebody else sets the image at the same time: that is theirs.
    world.api().fault(
        Fault::other_writer(|config| {
            config["spec"]["strategy"]["sourceStrategy"]["from"] =
                json!({"kind": "DockerImage", "name": "quay.io/theirs/base:1"});
        })
        .on_path(path)
        .times(1),
    );
    let output = world
        .run("build-source app registry.example.com/team/base:2 --skip-check")
        .exits(1);
    output.says("has been changed by somebody else");
    let from = &self::spec(&world, "app")["strategy"]["sourceStrategy"]["from"];
    assert_eq!(*from, docker_image("quay.io/theirs/base:1"));
    assert_eq!(names(&world.account("builder"), "secrets").len(), 1);
}
