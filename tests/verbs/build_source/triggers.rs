//! What becomes of ImageChange triggers.

use serde_json::json;

use super::{ruby, spec, stream_tag};
use crate::kit::for_each_openshift;

const IMAGE: &str = "registry.example.com/team/base:1";

/// The API server takes no trigger without a tag beside an image of a registry: the embedded one refuses it as well.
#[test]
fn a_trigger_goes_with_the_tag_that_it_followed_and_comes_back_with_it() {
    for_each_openshift(|world| {
        let mut app = ruby(world);
        let triggers = json!([
            {"type": "ConfigChange"},
            {"type": "ImageChange", "imageChange": {}},
            {"type": "Generic", "generic": {"secret": "hook"}},
        ]);
        app["spec"]["triggers"] = triggers.clone();
        world.create(app);
        let output = world
            .run(&format!("build-source app {IMAGE} --skip-check"))
            .success();
        output.says("bc/app: its ImageChange trigger on openshift/ruby:3 is removed");
        let after = spec(world, "app");
        assert_eq!(after["triggers"], json!([triggers[0], triggers[2]]));
        world.run("undo").success();
        let back = spec(world, "app");
        assert_eq!(back["triggers"], triggers);
        assert_eq!(
            back["strategy"]["sourceStrategy"]["from"]["kind"],
            "ImageStreamTag"
        );
    });
}

#[test]
fn a_trigger_that_names_its_tag_stays_and_is_said() {
    for_each_openshift(|world| {
        let mut app = ruby(world);
        app["spec"]["strategy"]["sourceStrategy"]["from"] = stream_tag("ruby:3");
        let triggers =
            json!([{"type": "ImageChange", "imageChange": {"from": stream_tag("ruby:3")}}]);
        app["spec"]["triggers"] = triggers.clone();
        world.create(app);
        let output = world
            .run(&format!("build-source app {IMAGE} --skip-check"))
            .success();
        output.says("oc set triggers bc/app --from-image=ruby:3 --remove");
        assert_eq!(spec(world, "app")["triggers"], triggers);
    });
}
