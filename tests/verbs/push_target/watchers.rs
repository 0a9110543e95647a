//! Who lived by the old output is told of, before it moves.

use extreg_test_support::api::{Rule, make};
use serde_json::{Value, json};

use super::site::{Site, for_each_openshift, without};

const INSIDE: &str = "image-registry.openshift-image-registry.svc:5000";

/// A BuildConfig that pushes into `app:1` of its own namespace.
fn own_stream(site: &Site<'_>) {
    let world = site.world;
    world.create(json!({
        "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
        "metadata": {"name": "app", "namespace": world.namespace}, "spec": {},
        "status": {"dockerImageRepository": format!("{INSIDE}/{}/app", world.namespace)},
    }));
    site.config_with("app", |spec| {
        spec["output"]["to"] = json!({"kind": "ImageStreamTag", "name": "app:1"});
    });
    site.secret("quay", "robot");
}

fn trigger() -> Value {
    json!([{
        "from": {"kind": "ImageStreamTag", "name": "app:1"},
        "fieldPath": "spec.template.spec.containers[?(@.name==\"app\")].image",
    }])
}

#[test]
fn triggers_followers_and_images_by_name() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        own_stream(&site);
        let ns = &world.namespace;
        let mut web = world.deployment("web", "app:1");
        web["metadata"]["annotations"] =
            json!({"image.openshift.io/triggers": trigger().to_string()});
        world.create(web);
        world.create(world.deployment("by-name", &format!("{INSIDE}/{ns}/app:1")));
        world.create(world.deployment("bystander", "quay.io/other/app:1"));
        let mut config = make::deployment_config(ns, "shop", "app:1");
        config["spec"]["triggers"] = json!([{"type": "ImageChange", "imageChangeParams": {
            "automatic": true, "containerNames": ["app"], "from": {"kind": "ImageStreamTag", "name": "app:1"},
        }}]);
        world.create(config);
        site.config_with("child", |spec| {
            spec["strategy"]["sourceStrategy"]["from"] =
                json!({"kind": "ImageStreamTag", "name": "app:1"});
            spec["triggers"] = json!([{"type": "ImageChange", "imageChange": {}}]);
        });
        world.create(json!({
            "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
            "metadata": {"name": "prod", "namespace": ns},
            "spec": {"tags": [{"name": "latest", "from": {"kind": "ImageStreamTag", "name": "app:1"}}]},
        }));
        let line = format!("app {}", site.image("team/app:1"));
        let output = site.push(&format!("{line} --dry-run=client")).success();
        let old =
            format!("image stream tag {ns}/app:1 gets no new images from bc/app any more, and");
        for watcher in [
            "deployment.apps/web is rolled out when it changes (container app)",
            "deployment.apps/by-name runs it by name",
            "deploymentconfig.apps.openshift.io/shop is rolled out when it changes (container app)",
            "buildconfig.build.openshift.io/child is built anew when it changes",
            "imagestream.image.openshift.io/prod follows it with its tag latest",
        ] {
            output.says(&format!("{old} {watcher}"));
        }
        assert!(!output.stderr.contains("bystander"), "{}", output.stderr);
        output.says(&format!("in namespace {ns} only"));
        // Once it has moved there is nothing to say any more.
        site.push(&line).success();
        let again = site.push(&line).success();
        assert!(
            !again.stderr.contains("gets no new images"),
            "{}",
            again.stderr
        );
    });
}

#[test]
fn those_who_took_the_image_from_outside_are_told_of_too() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.config_with("app", |spec| {
            spec["output"]["to"] = json!({"kind": "DockerImage", "name": "quay.io/team/old:1"});
        });
        site.secret("quay", "robot");
        world.create(make::image_stream(
            &world.namespace,
            "app",
            "latest",
            "quay.io/team/old:1",
        ));
        world.create(world.deployment("web", "quay.io/team/old:1"));
        let line = format!("app {} --dry-run=client", site.image("team/app:1"));
        let output = site.push(&line).success();
        let old = "quay.io/team/old:1 gets no new images from bc/app any more, and";
        output.says(&format!(
            "{old} imagestream.image.openshift.io/app imports it into its tag latest"
        ));
        output.says(&format!("{old} deployment.apps/web runs it by name"));
    });
}

#[test]
fn what_may_not_be_listed_is_said() {
    let world = without(Rule::verb("list").on("deployments.apps"));
    let site = Site::new(&world);
    own_stream(&site);
    let line = format!("app {}", site.image("team/app:1"));
    let output = site.push(&line).success();
    output.says("not known: who else watched the old output");
    output.says("deployments (no right to)");
}
