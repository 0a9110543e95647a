//! Words that make no sense, objects that are not there, rights and groups that are missing: clear words, nothing written.

use extreg_test_support::api::{Api, Fault, Flavor, Rule};
use serde_json::json;

use super::site::{Site, for_each_openshift, without};
use crate::kit::{Embedded, openshift4};

#[test]
fn images_that_builds_cannot_push_to() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        let digest = format!("quay.io/team/app@sha256:{}", "a".repeat(64));
        for (image, words) in [
            (digest.as_str(), "is a digest"),
            ("quay.io/Team/app:1", "a repository is lower case"),
            (
                "https://quay.io/team/app:1",
                "did you mean quay.io/team/app:1?",
            ),
            ("team/app:1", "did you mean docker.io/team/app:1?"),
            ("quay.io/team/app:", "is no image reference"),
            (
                "{name}.example.com/app:1",
                "cannot depend on the BuildConfig's name",
            ),
        ] {
            site.push(&format!("app {image}")).exits(2).says(words);
        }
        world.is_untouched();
    });
}

#[test]
fn the_integrated_registry_is_reached_through_streams() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        let image = "image-registry.openshift-image-registry.svc:5000/shop/app:1";
        let output = site.push(&format!("app {image}")).exits(1);
        output.says("is in the integrated registry");
        output.says("--internal STREAM:TAG");
        world.is_untouched();
    });
}

#[test]
fn words_in_another_order_than_they_should_be() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        for (line, words) in [
            ("", "there is no image"),
            ("app", "there is no image"),
            ("quay.io/team/app:1", "there is no BuildConfig"),
            (
                "quay.io/team/app:1 bc/app",
                "the image comes last, and quay.io/team/app:1 does not",
            ),
            ("deployment/app quay.io/team/app:1", "is no BuildConfig"),
            (
                "app -l a=b quay.io/team/app:1",
                "-l chooses the BuildConfigs, and app is one by name",
            ),
            (
                "app quay.io/team/app:1 --name x",
                "--name is for a secret that is made",
            ),
            ("app quay.io/team/app:1 --timeout 5s", "--start"),
            (
                "app quay.io/team/app:1 --registry-password x",
                "passwords and tokens are not taken",
            ),
        ] {
            world
                .run(&format!("push-target {line}"))
                .exits(2)
                .says(words);
        }
        world.is_untouched();
    });
}

#[test]
fn a_tag_that_was_left_out_is_said() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        site.secret("quay", "robot");
        let image = site.image("team/app");
        let output = site.push(&format!("app {image}")).success();
        output.says(&format!(
            "no tag was given: latest is used ({image}:latest)"
        ));
        assert_eq!(
            site.output("app")["to"]["name"],
            json!(format!("{image}:latest"))
        );
    });
}

#[test]
fn a_build_config_that_is_not_there() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("frontend");
        let missing = site.push("frontned quay.io/team/app:1").exits(1);
        missing.says("buildconfig.build.openshift.io/frontned not found in namespace");
        missing.says("did you mean frontend?");
        let none = site.push("-l tier=other quay.io/team/").exits(1);
        none.says("no BuildConfig in namespace");
        world.is_untouched();
    });
}

#[test]
fn an_account_that_is_not_there() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.config_with("app", |spec| spec["serviceAccount"] = json!("bulider"));
        site.secret("quay", "robot");
        let output = site
            .push(&format!("app {}", site.image("team/app:1")))
            .exits(1);
        output.says("builds as the service account \"bulider\"");
        output.says("did you mean builder?");
        world.is_untouched();
    });
}

#[test]
fn pipelines_are_refused_by_name_and_left_out_by_label() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        site.secret("quay", "robot");
        site.config_with("stages", |spec| {
            spec["strategy"] = json!({"type": "JenkinsPipeline", "jenkinsPipelineStrategy": {}});
        });
        let prefix = site.image("team/");
        let output = site.push(&format!("stages {prefix}")).exits(1);
        output.says("bc/stages is a pipeline");
        world.is_untouched();
        let output = site.push(&format!("-l tier=build {prefix}")).success();
        output.says("bc/stages is left out");
        assert_eq!(site.output("app")["to"]["kind"], "DockerImage");
    });
}

#[test]
fn several_build_configs_do_not_share_one_image() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("web");
        site.stream_config("api");
        site.secret("quay", "robot");
        let output = site
            .push(&format!("web api {}", site.image("team/app:1")))
            .exits(1);
        output.says("bc/web, bc/api would all push to");
        output.says("{name}");
        world.is_untouched();
        // The same one twice is one.
        site.push(&format!("web bc/web {}", site.image("team/app:1")))
            .success();
        // Another that pushes there already is told of.
        let output = site
            .push(&format!("api {}", site.image("team/app:1")))
            .success();
        output.says("bc/web pushes to");
        output.says("whichever build ends last wins");
    });
}

#[test]
fn clusters_without_builds_or_streams_are_told_apart_by_discovery() {
    let plain = Embedded::kubernetes();
    let output = plain.run("push-target app quay.io/team/app:1").exits(1);
    output.says("does not serve buildconfigs.build.openshift.io");
    let lacking = |group: &str| Embedded::of(Api::builder().flavor(openshift4()).without(group));
    let world = lacking("build.openshift.io");
    world
        .run("push-target app quay.io/team/app:1")
        .exits(1)
        .says("the capability Build");
    let world = lacking("image.openshift.io");
    let output = world.run("push-target app --internal app:1").exits(1);
    output.says("does not serve imagestreams.image.openshift.io");
    world.is_untouched();
}

#[test]
fn missing_rights_are_named_before_anything_is_written() {
    for (right, words) in [
        (
            Rule::verb("update").on("buildconfigs.build.openshift.io"),
            "update buildconfigs.build.openshift.io",
        ),
        (
            Rule::verb("update").on("serviceaccounts"),
            "update serviceaccounts",
        ),
        (
            Rule::verb("create").on("buildconfigs/instantiate.build.openshift.io"),
            "create buildconfigs/instantiate.build.openshift.io",
        ),
        (
            Rule::verb("get").on("builds.build.openshift.io"),
            "get builds.build.openshift.io",
        ),
        (
            Rule::verb("get").on("buildconfigs.build.openshift.io"),
            "cannot get resource",
        ),
    ] {
        let world = without(right);
        let site = Site::new(&world);
        site.stream_config("app");
        site.secret("quay", "robot");
        let line = format!("app {} --start", site.image("team/app:1"));
        site.push(&line).exits(1).says(words);
        world.is_untouched();
    }
}

#[test]
fn a_conflict_is_met_by_reading_again_and_a_stranger_by_refusing() {
    let world = Embedded::openshift();
    let site = Site::new(&world);
    site.stream_config("app");
    site.secret("quay", "robot");
    world
        .api()
        .fault(Fault::conflict().on_methods(&["PUT"]).times(2));
    let image = site.image("team/app:1");
    site.push(&format!("app {image}")).success();
    assert_eq!(site.output("app")["to"]["name"], json!(image));
}

#[test]
fn an_openshift_3_has_builds_too() {
    let world = Embedded::of(Api::builder().flavor(Flavor::OpenShift3));
    let site = Site::new(&world);
    site.stream_config("app");
    site.secret("quay", "robot");
    let image = site.image("team/app:1");
    let output = site.push(&format!("app {image}")).success();
    output.says("the login robot is accepted");
    assert_eq!(site.output("app")["to"]["name"], json!(image));
    assert!(site.is_linked("builder", "quay"));
    world.run("undo").success();
    assert_eq!(site.output("app")["to"]["kind"], "ImageStreamTag");
}
