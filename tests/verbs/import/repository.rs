//! `--all`: whole repositories.

use extreg_test_support::api::{Fault, ImportAnswer};
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
fn more_tags_than_the_server_takes_at_one_time_come_all_the_same() {
    let imports = Imports::new();
    for at in 0..55 {
        imports
            .registry
            .push_image("team/many", &format!("t{at:02}"), &Image::new());
    }
    // One of the second batch follows it already, with a policy of its own, and another cannot be had.
    let mut scheduled = follows("t52", &imports.image("team/many:t52"));
    scheduled["importPolicy"] = json!({"scheduled": true});
    imports.stream_of(&json!([scheduled]));
    let refused = ImportAnswer::failed("InternalError", "Internal error occurred: unknown blob");
    imports
        .api()
        .script_import(&imports.image("team/many:t53"), refused);
    let output = imports.import("app", "team/many", "--all").exits(1);
    output.prints(&format!("{STREAM} imported\n"));
    output.says("the API server can import 54 tags of");
    output.says("left out: t53: InternalError");
    output.says("and 34 more tags");
    output.says("1 of the 55 tags of");
    let stream = imports.stream().expect("the stream");
    assert_eq!(stream["spec"]["tags"].as_array().map(Vec::len), Some(54));
    assert_eq!(stream["status"]["tags"].as_array().map(Vec::len), Some(54));
    let policy = &imports.tag("t52").expect("the tag")["importPolicy"];
    assert_eq!(policy["scheduled"], true);

    let again = imports.import("app", "team/many", "--all").exits(1);
    again.prints(&format!("{STREAM} unchanged\n"));
    imports.undo().success();
    let stream = imports.stream().expect("the stream");
    assert_eq!(stream["spec"]["tags"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_came_before_the_server_refuses_the_rest_stays() {
    let imports = Imports::new();
    for at in 0..55 {
        imports
            .registry
            .push_image("team/many", &format!("t{at:02}"), &Image::new());
    }
    // Two dry runs and the first batch go through.
    let no = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403,
        "message": "imagestreamimports.image.openshift.io is forbidden: the quota is used up"});
    imports.api().fault(
        Fault::answer(403, no)
            .on_methods(&["POST"])
            .on_path("/imagestreamimports")
            .after(3),
    );
    let output = imports.import("app", "team/many", "--all").exits(1);
    output.prints(&format!("{STREAM} imported\n"));
    output.says("app:t50 was not imported: not asked for: ");
    output.says("the quota is used up");
    output.says("5 of 55 tags could not be imported");
    let stream = imports.stream().expect("the stream");
    assert_eq!(stream["spec"]["tags"].as_array().map(Vec::len), Some(50));
    assert_eq!(stream["status"]["tags"].as_array().map(Vec::len), Some(50));
    imports.undo().success();
    assert!(imports.stream().is_none());
}

#[test]
fn a_repository_that_cannot_be_had_is_diagnosed() {
    let imports = Imports::without_login();
    let output = imports.import("app", "team/app", "--all").exits(1);
    output.says("auth.no-credentials");
    output.says("nothing was written");
    imports.is_untouched();
}
