//! What is refused before anything is written: words of the command line, what stands in the way, rights, the cluster's
//! lists.

use extreg_test_support::api::Rule;
use serde_json::json;

use super::{Imports, follows, stream_of};
use crate::kit::{World, for_each_openshift, for_each_world};

#[test]
fn a_command_line_that_makes_no_sense_is_exit_status_2() {
    for_each_openshift(|world| {
        for (line, words) in [
            ("App quay.io/a/b:1", "is no STREAM[:TAG]"),
            ("app@sha256:00 quay.io/a/b:1", "names one image of a stream"),
            (
                "other/app quay.io/a/b:1",
                "-n NAMESPACE chooses another namespace",
            ),
            ("quay.io/a/b:1 app", "the stream comes first"),
            ("app https://quay.io/a/b", "did you mean quay.io/a/b?"),
            ("app:1 quay.io/a/b --all", "leave the tag out: app"),
            ("app quay.io/a/b:1 --all", "leave the tag out: quay.io/a/b"),
            (
                "app quay.io/a/b --all --skip-check",
                "--all asks the API server",
            ),
            ("app quay.io/a/b:1 --insecure=maybe", "maybe"),
            ("app quay.io/a/b:1 --reference-policy=here", "here"),
        ] {
            world.run(&format!("import {line}")).exits(2).says(words);
        }
        world.is_untouched();
    });
}

#[test]
fn a_cluster_without_image_streams_says_so() {
    for_each_world(|world| {
        let output = world.run("import app quay.io/a/b:1").exits(1);
        output.says(
            "this cluster has no image streams: it does not serve imagestreams.image.openshift.io",
        );
        world.is_untouched();
    });
}

#[test]
fn what_follows_something_else_is_named_and_left_alone() {
    for_each_openshift(|world| {
        let mut reference = follows("ref", "quay.io/team/app:1");
        reference["reference"] = json!(true);
        world.create(stream_of(
            &world.namespace,
            &json!([
                follows("1", "quay.io/team/app:1"),
                {"name": "alias", "from": {"kind": "ImageStreamTag", "name": "app:1"}},
                {"name": "base", "from": {"kind": "ImageStreamTag", "name": "ruby:3", "namespace": "openshift"}},
                reference,
            ]),
        ));
        let import = |tag: &str| {
            world
                .run(&format!("import app:{tag} ghcr.io/team/app:2"))
                .exits(1)
        };
        import("1").says("app:1 follows quay.io/team/app:1");
        let alias = import("alias");
        alias.says("app:alias follows the image stream tag app:1: nothing is imported into it");
        alias.says("import app:1 ghcr.io/team/app:2` imports into the tag that it follows");
        import("base").says("app:base follows the image stream tag openshift/ruby:3");
        import("ref").says("app:ref is only a reference to quay.io/team/app:1");
        world.is_untouched();
        assert!(world.journal_files().is_empty());
    });
}

/// The kinds are there, and nothing imports into them.
#[test]
fn a_cluster_that_cannot_import_says_so() {
    for_each_openshift(|world: &World| {
        if world.cluster.api().is_some() {
            return;
        }
        let output = world.run("import app quay.io/a/b:1").exits(1);
        output.says("does not serve imagestreamimports.image.openshift.io");
        world.is_untouched();
    });
}

#[test]
fn a_stream_with_nearly_the_name_is_mentioned() {
    let imports = Imports::new();
    imports.stream_of(&json!([]));
    let output = imports
        .import("apps", "team/app:1", "--dry-run=client")
        .success();
    output.says(
        "the image stream \"apps\" does not exist in namespace \"shop\": it is made; there is app",
    );
}

#[test]
fn rights_that_are_missing_are_named_before_the_registry_is_asked() {
    for (verb, resource) in [
        ("create", "imagestreamimports.image.openshift.io"),
        ("create", "imagestreams.image.openshift.io"),
        ("update", "imagestreams.image.openshift.io"),
    ] {
        let imports = Imports::new();
        imports.denied(Rule::verb(verb).on(resource));
        let output = imports.import("app", "team/app:1", "").exits(1);
        output.says(&format!(
            "you may not {verb} {resource} in namespace \"shop\""
        ));
        output.says("nothing was written");
        imports.is_untouched();
        assert!(imports.registry.log().is_empty());
    }
}

#[test]
fn which_login_is_used_is_not_known_where_secrets_may_not_be_read() {
    let imports = Imports::new();
    imports.denied(Rule::verb("list").on("secrets"));
    let output = imports.import("app", "team/app:1", "").success();
    output.says("not known: which login the import uses");
}

#[test]
fn the_list_of_registries_for_imports_is_named_in_doctors_words() {
    let imports = Imports::new();
    imports.image_config(|spec| {
        spec["allowedRegistriesForImport"] = json!([{"domainName": "quay.io"}]);
    });
    // Whoever may create images may import from anywhere.
    imports.denied(Rule::verb("create").on("images.image.openshift.io"));
    let output = imports.import("app", "team/app:1", "").exits(1);
    output.says("policy.import-not-allowed");
    output.says("nothing was written");
    imports.is_untouched();
    let all = imports.import("app", "team/app", "--all").exits(1);
    all.says("policy.import-not-allowed");
    imports.is_untouched();
}

#[test]
fn a_registry_that_is_blocked_is_named_in_doctors_words() {
    let imports = Imports::new();
    let host = imports.registry.host();
    imports.image_config(|spec| spec["registrySources"] = json!({"blockedRegistries": [host]}));
    let output = imports.import("app", "team/app:1", "").exits(1);
    output.says("policy.registry-blocked");
    imports.is_untouched();
}
