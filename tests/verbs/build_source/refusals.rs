//! Bad input, missing objects, rights and API groups: clear words, and nothing is written.

use extreg_test_support::api::Api;
use serde_json::json;

use super::{config, ruby};
use crate::kit::{Embedded, for_each_openshift, openshift4};

const IMAGE: &str = "registry.example.com/team/base:1";

#[test]
fn what_is_not_there_is_named_with_what_is_near() {
    for_each_openshift(|world| {
        world.create(ruby(world));
        let mut lost = ruby(world);
        lost["metadata"]["name"] = json!("lost");
        lost["spec"]["serviceAccount"] = json!("bilder");
        world.create(lost);
        world.create(config(
            world,
            "line",
            &json!({"type": "JenkinsPipeline", "jenkinsPipelineStrategy": {}}),
        ));
        for (line, words, hint) in [
            (
                "ap",
                "buildconfig.build.openshift.io/ap not found",
                "did you mean app?",
            ),
            (
                "lost",
                "the account of bc/lost: serviceaccount/bilder not found",
                "did you mean builder?",
            ),
            ("line", "bc/line is a pipeline", "Jenkinsfile"),
            (
                "app --source-image",
                "bc/app has no source images",
                "without --source-image",
            ),
            (
                "-l team=none",
                "no BuildConfig in namespace",
                "has the labels \"team=none\"",
            ),
            ("app line", "bc/line is a pipeline", "Jenkinsfile"),
        ] {
            // The image stands before the flags.
            let (names, flags) = line
                .split_once(" --")
                .map_or((line, ""), |(names, flag)| (names, flag));
            let flags = if flags.is_empty() {
                String::new()
            } else {
                format!("--{flags}")
            };
            let output = world
                .run(&format!(
                    "build-source {names} {IMAGE} {flags} --skip-check"
                ))
                .exits(1);
            output.says(words);
            output.says(hint);
        }
        world.is_untouched();
        assert!(world.journal_files().is_empty());
    });
}

#[test]
fn command_lines_that_make_no_sense_ask_nobody() {
    let world = Embedded::openshift();
    for (line, words) in [
        ("", "which image"),
        ("app", "which image is app to take?"),
        (IMAGE, "which BuildConfig is to take the image?"),
        ("--to-stream ruby:3", "which BuildConfig?"),
        ("-l a=b", "which image"),
        ("-l a=b app quay.io/a/b:1", "exclude each other"),
        (
            "quay.io/a/b:1 app quay.io/c/d:1",
            "is no name of a BuildConfig",
        ),
        ("dc/app quay.io/a/b:1", "is no name of a BuildConfig"),
        ("app https://quay.io/a/b", "no image reference"),
        ("app quay.io/Team/b:1", "did you mean quay.io/team/b:1?"),
        ("app quay.io", "it names a registry and no repository"),
        ("app --to-stream ruby", "[NAMESPACE/]STREAM:TAG"),
        ("app --to-stream a/b/ruby:3", "[NAMESPACE/]STREAM:TAG"),
        ("app --to-stream ruby:3 --secret x", "cannot be used with"),
        ("app quay.io/a/b:1 --platform x", "is no platform"),
        (
            "app quay.io/a/b:1 --name x --secret y",
            "cannot be used with",
        ),
    ] {
        let output = world.run(&format!("build-source {line}")).exits(2);
        assert!(output.stderr.contains(words), "{line}: {}", output.stderr);
    }
    assert!(world.api().requests().is_empty());
}

#[test]
fn names_are_written_in_full() {
    for_each_openshift(|world| {
        world.create(ruby(world));
        let output = world
            .run("build-source buildconfig.build.openshift.io/app ruby --skip-check --dry-run=client")
            .success();
        output.says("ruby names no registry: it is written as docker.io/library/ruby:latest");
        output.prints(
            "buildconfig.build.openshift.io/app builds on docker.io/library/ruby:latest (dry run)\n",
        );
    });
}

#[test]
fn missing_rights_are_named_before_anything_is_written() {
    for_each_openshift(|world| {
        world.create(ruby(world));
        world.docker_secret("corp-pull", "registry.example.com", "robot", "x");
        world.limited(&[("update", "buildconfigs.build.openshift.io")]);
        let output = world
            .run(&format!("build-source app {IMAGE} --skip-check"))
            .exits(1);
        output.says(&format!(
            "you may not update buildconfigs.build.openshift.io in namespace \"{}\"; nothing was written",
            world.namespace
        ));
        world.is_untouched();
        assert!(world.journal_files().is_empty());
        let world = world.beside();
        world.limited(&[("get", "buildconfigs.build.openshift.io")]);
        let output = world
            .run(&format!("build-source app {IMAGE} --skip-check"))
            .exits(1);
        output.says("ask for the right");
    });
}

#[test]
fn a_cluster_without_builds_says_so() {
    let without = Embedded::of(
        Api::builder()
            .flavor(openshift4())
            .without("build.openshift.io"),
    );
    for world in [Embedded::kubernetes(), without] {
        let output = world.run(&format!("build-source app {IMAGE}")).exits(1);
        output.says("it does not serve build.openshift.io");
        world.is_untouched();
    }
    let world = Embedded::of(
        Api::builder()
            .flavor(openshift4())
            .without("image.openshift.io"),
    );
    world.create(ruby(&world));
    let output = world.run("build-source app --to-stream ruby:3").exits(1);
    output.says("it does not serve image.openshift.io");
}
