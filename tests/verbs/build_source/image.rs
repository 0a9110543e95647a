//! The look at the image before anything is written.

use extreg_test_support::api::make;
use serde_json::json;

use super::{listed_as_insecure, registry, ruby, run, spec};
use crate::kit::{PASSWORD, World, for_each_openshift_alone};
use extreg_test_support::registry::Registry;

fn ready(world: &World, registry: &Registry) {
    listed_as_insecure(world, registry);
    world.docker_secret("corp-pull", &registry.host(), "robot", PASSWORD);
    world.create(ruby(world));
}

#[test]
fn an_image_that_is_not_there_stops_it() {
    let registry = registry();
    for_each_openshift_alone(|world| {
        ready(world, &registry);
        for (image, cause) in [
            ("team/base:2", "location.tag-missing"),
            ("team/gone:1", "location.repository-missing"),
        ] {
            let output = run(world, &format!("app {}", registry.image(image))).exits(1);
            output.says(&format!("oc extreg explain {cause}"));
            output.says("nothing was written; --skip-check writes all the same");
        }
        world.is_untouched();
        assert!(world.journal_files().is_empty());

        let gone = registry.image("team/gone:1");
        let output = run(world, &format!("app {gone} --skip-check")).success();
        output.says(&format!("not checked: whether {gone} is there"));
        let from = &spec(world, "app")["strategy"]["sourceStrategy"]["from"];
        assert_eq!(from["name"], json!(gone));
    });
}

#[test]
fn other_images_of_the_build_are_none_of_its_business() {
    let registry = registry();
    for_each_openshift_alone(|world| {
        ready(world, &registry);
        let gone = registry.image("team/gone:1");
        world.edit("buildconfigs", "app", |app| {
            app["spec"]["source"]["images"] =
                json!([{"from": {"kind": "DockerImage", "name": gone}, "as": ["gone"]}]);
        });
        run(world, &format!("app {}", registry.image("team/base:1"))).success();
    });
}

#[test]
fn the_nodes_that_build_decide_on_the_platform() {
    let registry = registry();
    for_each_openshift_alone(|world| {
        ready(world, &registry);
        world.create(make::node("arm", "arm64"));
        let (one, both) = (
            registry.image("team/base:1"),
            registry.image("team/multi:1"),
        );
        let output = run(world, &format!("app {one}")).exits(1);
        output.says("oc extreg explain location.platform-missing");
        world.is_untouched();
        run(world, &format!("app {both} --dry-run=client"))
            .success()
            .says("the image is for linux/amd64, linux/arm64");
        // What the user knows better.
        run(
            world,
            &format!("app {one} --platform linux/amd64 --dry-run=client"),
        )
        .success();

        world.create(make::node("amd", "amd64"));
        let output = run(world, &format!("app {one} --dry-run=client")).success();
        output.says("Warning: bc/app: the image is for linux/amd64; a node");
        world.edit("buildconfigs", "app", |app| {
            app["spec"]["nodeSelector"] = json!({"kubernetes.io/arch": "amd64"});
        });
        let output = run(world, &format!("app {one} --dry-run=client")).success();
        output.says("✓ the image is for linux/amd64");
        assert!(!output.stderr.contains("Warning"), "{}", output.stderr);
        world.edit("buildconfigs", "app", |app| {
            app["spec"]["nodeSelector"] = json!({"kubernetes.io/arch": "arm64"});
        });
        run(world, &format!("app {one} --dry-run=client")).exits(1);
        world.edit("buildconfigs", "app", |app| {
            app["spec"]["nodeSelector"] = json!({"size": "huge"});
        });
        let output = run(world, &format!("app {one} --dry-run=client")).success();
        output.says("no node has the labels that its builds run on: size=huge");
    });
}

#[test]
fn what_is_hardly_a_builder_image_is_said() {
    let registry = registry();
    for_each_openshift_alone(|world| {
        ready(world, &registry);
        let plain = registry.image("team/plain:1");
        let output = run(world, &format!("app {plain} --dry-run=client")).success();
        output.says(&format!(
            "Warning: {plain}: it has no label io.openshift.s2i.scripts-url"
        ));
        // Every platform's image of an index has a configuration of its own.
        let multi = registry.image("team/multi:1");
        let output = run(world, &format!("app {multi} --dry-run=client")).success();
        output.says("✓ it is a builder image");
        world.edit("buildconfigs", "app", |app| {
            app["spec"]["strategy"]["sourceStrategy"]["scripts"] = json!("https://example.com/s2i");
        });
        let output = run(world, &format!("app {plain} --dry-run=client")).success();
        output.says("the build scripts are the BuildConfig's own");
        assert!(!output.stderr.contains("Warning"), "{}", output.stderr);
    });
}

#[test]
fn plain_http_that_the_nodes_do_not_take_is_said() {
    let registry = registry();
    for_each_openshift_alone(|world| {
        ready(world, &registry);
        let image = registry.image("team/base:1");
        let line = format!("app {image} --dry-run=client");
        let listed = run(world, &line).success();
        assert!(!listed.stderr.contains("Warning"), "{}", listed.stderr);
        world.edit_everywhere("images.config.openshift.io", "cluster", |config| {
            config["spec"] = json!({});
        });
        let output = run(world, &line).success();
        output.says("is not among the insecureRegistries of image.config");
        let output = world.run(&format!("build-source {line}")).exits(1);
        output.says("oc extreg explain tls.plain-http");
    });
}

#[test]
fn an_image_stream_tag_is_looked_at_as_well() {
    let registry = registry();
    for_each_openshift_alone(|world| {
        ready(world, &registry);
        let host = registry.host();
        for (name, repository) in [("ruby", "team/base"), ("plain", "team/plain")] {
            let (_, digest) = registry.tags(repository).remove(0);
            let image = registry.image(&format!("{repository}:1"));
            let mut stream = make::image_stream(&world.namespace, name, "1", &image);
            let reference = format!("{host}/{repository}@{digest}");
            stream["status"] = json!({"dockerImageRepository": "", "tags": [{"tag": "1", "items": [
                {"created": "2026-01-01T00:00:00Z", "image": digest, "generation": 1, "dockerImageReference": reference}]}]});
            world.create(stream);
        }
        let gone = registry.image("team/gone:1");
        world.edit("buildconfigs", "app", |app| {
            app["spec"]["strategy"]["sourceStrategy"] = json!({
                "from": {"kind": "DockerImage", "name": gone}, "pullSecret": {"name": "corp-pull"}});
            app["spec"]["source"]["images"] = json!([
                {"from": {"kind": "DockerImage", "name": gone}, "as": ["gone"]},
                {"from": {"kind": "DockerImage", "name": gone}, "as": ["other"], "pullSecret": {"name": "corp-pull"}},
            ]);
        });
        // Each by itself: what the build has beside it is not there.
        let output = run(world, "app --to-stream ruby:1").success();
        output.says("✓ it is a builder image");
        let output = run(world, "app --to-stream plain:1 --dry-run=client").success();
        output.says("it has no label io.openshift.s2i.scripts-url");
        let output = run(world, "app --to-stream plain:1 --source-image=other").success();
        output.says("it may pull");
        assert!(!output.stderr.contains("Warning"), "{}", output.stderr);
        assert_eq!(
            spec(world, "app")["source"]["images"][1]["from"],
            json!({"kind": "ImageStreamTag", "name": "plain:1"})
        );
        run(world, &format!("app {gone} --source-image=other")).exits(1);
    });
}
