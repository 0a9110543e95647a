//! `--internal`: back into an image stream.

use extreg_test_support::api::Rule;
use serde_json::{Value, json};

use super::site::{Site, for_each_openshift, without};

/// A BuildConfig that pushes outside, with a secret for it.
fn outside<'a>(site: &'a Site<'a>) {
    site.secret("quay", "robot");
    site.stream_config("app");
    let image = site.image("team/app:1");
    site.push(&format!("app {image}")).success();
}

#[test]
fn the_push_secret_of_the_registry_outside_goes() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        outside(&site);
        let output = site.push("app --internal app:latest").success();
        output.prints(
            "imagestream.image.openshift.io/app created\n\
             buildconfig.build.openshift.io/app pushes to image stream tag app:latest\n",
        );
        output.says("does not exist: it is made");
        output.says("the push secret quay is not for the integrated registry and goes");
        output.says("unlink quay");
        assert_eq!(
            site.output("app")["to"],
            json!({"kind": "ImageStreamTag", "name": "app:latest"})
        );
        assert_eq!(site.output("app")["pushSecret"], Value::Null);
        assert!(world.get("imagestreams", "app").is_some());
        // The links are others' too.
        assert!(site.is_linked("builder", "quay"));

        let again = site.push("app --internal app:latest").success();
        again.prints("buildconfig.build.openshift.io/app unchanged\n");
        world.run("undo").success();
        assert_eq!(site.output("app")["pushSecret"]["name"], "quay");
        assert!(world.get("imagestreams", "app").is_none());
    });
}

#[test]
fn a_push_secret_for_the_integrated_registry_stays() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        let inside = "image-registry.openshift-image-registry.svc:5000";
        world.docker_secret("inside", inside, "robot", "x");
        site.config_with("app", |spec| {
            spec["output"] = json!({
                "to": {"kind": "DockerImage", "name": "quay.io/team/app:1"}, "pushSecret": {"name": "inside"},
            });
        });
        world.create(json!({
            "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
            "metadata": {"name": "app", "namespace": world.namespace},
            "spec": {}, "status": {"dockerImageRepository": format!("{inside}/{}/app", world.namespace)},
        }));
        let output = site.push("app --internal app").success();
        output.says("no tag was given: latest is used");
        assert_eq!(site.output("app")["to"]["name"], "app:latest");
        assert_eq!(site.output("app")["pushSecret"]["name"], "inside");
    });
}

#[test]
fn what_was_left_behind_by_a_way_back_by_hand_goes_too() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        outside(&site);
        let repository = format!("registry.inside:5000/{}/app", world.namespace);
        world.create(json!({
            "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
            "metadata": {"name": "app", "namespace": world.namespace},
            "spec": {}, "status": {"dockerImageRepository": repository},
        }));
        world.edit("buildconfigs", "app", |config| {
            config["spec"]["output"]["to"] =
                json!({"kind": "ImageStreamTag", "name": "app:latest"});
        });
        site.push("app --internal app:latest").success();
        assert_eq!(site.output("app")["pushSecret"], Value::Null);
    });
}

#[test]
fn a_stream_of_another_namespace_is_named_with_it() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        outside(&site);
        let other = world.beside();
        let line = format!("app --internal {}/app:1", other.namespace);
        let output = site.push(&line).success();
        output.says("only when the account builder may");
        assert_eq!(
            site.output("app")["to"],
            json!({"kind": "ImageStreamTag", "name": "app:1", "namespace": other.namespace})
        );
        assert!(other.get("imagestreams", "app").is_some());
    });
}

#[test]
fn it_goes_for_several_by_name() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        for name in ["web", "api"] {
            site.stream_config(name);
        }
        site.push("web api --internal {name}:2").success();
        assert_eq!(site.output("web")["to"]["name"], "web:2");
        assert_eq!(site.output("api")["to"]["name"], "api:2");
        let same = site.push("web api --internal one:2").exits(1);
        same.says("bc/web, bc/api would all push to image stream tag one:2");
    });
}

#[test]
fn what_makes_no_sense_with_it_is_refused() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        for more in ["--check-push", "--secret x", "--registry-username x"] {
            let line = format!("app --internal app:1 {more}");
            site.push(&line).exits(2);
        }
        site.push("app --internal quay.io/team/app:1")
            .exits(2)
            .says("is no image stream tag");
    });
}

#[test]
fn a_stream_that_may_not_be_read_is_taken_to_be_there() {
    let world = without(Rule::verb("get").on("imagestreams.image.openshift.io"));
    let site = Site::new(&world);
    site.stream_config("app");
    let unknown = site.push("app --internal app:1").success();
    unknown.says("not known: whether image stream shop/app exists");
    unknown.prints("buildconfig.build.openshift.io/app pushes to image stream tag app:1\n");
}
