//! `--all`: whole repositories.

use extreg_test_support::api::ImportAnswer;
use extreg_test_support::content::Image;
use serde_json::json;

use super::{Imports, STREAM, follows};

#[test]
fn every_tag_comes_under_its_own_name_with_its_own_policies() {
    let imports = Imports::new();
    imports
        .registry
        .push_image("team/app", "2", &Image::new().label("2"));
    let mut scheduled = follows("1", &imports.image("team/app:1"));
    scheduled["importPolicy"] = json!({"scheduled": true});
    imports.stream_of(&json!([scheduled]));
    let output = imports.import("app", "team/app", "--all").success();
    output.prints(&format!("{STREAM} imported\n"));
    output.says("the API server can import 2 tags of");
    output.says("app:1 stays scheduled");
    for tag in ["1", "2"] {
        let now = imports.tag(tag).expect("the tag");
        assert_eq!(
            now["from"]["name"],
            imports.image(&format!("team/app:{tag}"))
        );
        assert!(imports.newest(tag).is_some());
    }
    assert_eq!(
        imports.tag("1").expect("the tag")["importPolicy"]["scheduled"],
        true
    );
    assert!(imports.tag("2").expect("the tag")["importPolicy"]["scheduled"].is_null());

    imports.undo().success();
    assert!(imports.tag("1").is_some() && imports.tag("2").is_none());
}

#[test]
fn a_tag_that_follows_something_else_stops_all_of_it() {
    let imports = Imports::new();
    imports.stream_of(&json!([follows("1", "quay.io/team/other:1")]));
    let output = imports.import("app", "team/app", "--all").exits(1);
    output.says("app:1 follows quay.io/team/other:1");
    imports.is_untouched();
    imports
        .import("app", "team/app", "--all --change-source")
        .success();
    assert_eq!(
        imports.tag("1").expect("the tag")["from"]["name"],
        imports.image("team/app:1")
    );
}

#[test]
fn what_of_a_repository_cannot_be_had_is_left_out_and_named() {
    let imports = Imports::new();
    imports
        .registry
        .push_image("team/app", "2", &Image::new().label("2"));
    let refused = ImportAnswer::failed("InternalError", "Internal error occurred: unknown blob");
    imports
        .api()
        .script_import(&imports.image("team/app:2"), refused);
    let dry = imports
        .import("app", "team/app", "--all --dry-run=client")
        .exits(1);
    dry.prints(&format!("{STREAM} imported (dry run)\n"));
    imports.is_untouched();
    let output = imports.import("app", "team/app", "--all").exits(1);
    output.prints(&format!("{STREAM} imported\n"));
    output.says("left out: 2: InternalError: Internal error occurred: unknown blob");
    output.says("1 of the 2 tags of");
    assert!(imports.tag("1").is_some() && imports.tag("2").is_none());
}

#[test]
fn more_tags_than_the_server_takes_are_named() {
    let imports = Imports::new();
    for at in 0..55 {
        imports
            .registry
            .push_image("team/many", &format!("t{at:02}"), &Image::new());
    }
    let output = imports.import("app", "team/many", "--all").success();
    output.says("the API server can import 50 tags of");
    output.says(
        "left out: 5 tags more of the repository, because the API server takes 50 at one time",
    );
    let stream = imports.stream().expect("the stream");
    assert_eq!(stream["spec"]["tags"].as_array().map(Vec::len), Some(50));
    output.says("and 30 more tags");
}

#[test]
fn a_repository_that_cannot_be_had_is_diagnosed() {
    let imports = Imports::without_login();
    let output = imports.import("app", "team/app", "--all").exits(1);
    output.says("auth.no-credentials");
    output.says("nothing was written");
    imports.is_untouched();
}
