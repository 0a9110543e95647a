//! `--create`: the workload and its Service, as `oc new-app` makes them.

use extreg_test_support::api::{Api, ImportAnswer};
use extreg_test_support::content::{Image, Index};
use extreg_test_support::registry::Registry;
use serde_json::json;

use super::{HOW, imports_work, private, public, use_it};
use crate::kit::{Embedded, PASSWORD, for_each_openshift, for_each_world};

#[test]
fn a_deployment_and_a_service_for_its_ports() {
    for_each_world(|world| {
        let registry = public();
        let image = registry.image("team/app:1");
        let line = format!("deploy/web {image} --create");
        let output = use_it(world, &line).success();
        output.prints("deployment.apps/web created\nservice/web created\n");
        let deployment = world.get("deployments.apps", "web").expect("a deployment");
        for (label, value) in [
            ("app", "web"),
            ("app.kubernetes.io/component", "web"),
            ("app.kubernetes.io/instance", "web"),
        ] {
            assert_eq!(deployment["metadata"]["labels"][label], value);
        }
        let container = &deployment["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["image"], image.as_str());
        assert_eq!(container["name"], "web");
        assert_eq!(
            container["ports"],
            json!([{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 8080, "protocol": "TCP"}])
        );
        let service = world.get("services", "web").expect("a service");
        assert_eq!(service["spec"]["selector"], json!({"deployment": "web"}));
        assert_eq!(
            service["spec"]["ports"],
            json!([
                {"name": "53-udp", "protocol": "UDP", "port": 53, "targetPort": 53},
                {"name": "8080-tcp", "protocol": "TCP", "port": 8080, "targetPort": 8080},
            ])
        );
        let again = use_it(world, &line).exits(1);
        again.says("exists already");

        world.run("undo").success();
        assert!(world.get("deployments.apps", "web").is_none());
        assert!(world.get("services", "web").is_none());
    });
}

#[test]
fn a_dry_run_makes_nothing() {
    for_each_world(|world| {
        let registry = public();
        let line = format!("deploy/web {} --create", registry.image("team/app:1"));
        use_it(world, &format!("{line} --dry-run=server"))
            .success()
            .prints("deployment.apps/web created (server dry run)\nservice/web created (server dry run)\n");
        let yaml = use_it(world, &format!("{line} --dry-run=client -o yaml")).success();
        assert!(yaml.stdout.contains("kind: Service"), "{}", yaml.stdout);
        world.is_untouched();
    });
}

#[test]
fn an_image_without_ports_has_no_service_and_volumes_are_empty_dirs() {
    for_each_world(|world| {
        let registry = Registry::builder().start();
        let image = Image::new().volume("/var/lib/data");
        registry.push_index("team/app", "1", &Index::new([image]));
        let image = registry.image("team/app:1");
        let output = use_it(world, &format!("deploy/web {image} --create")).success();
        output.prints("deployment.apps/web created\n");
        output.says("the image names no port: there is no Service");
        output.says("/var/lib/data");
        let deployment = world.get("deployments.apps", "web").expect("a deployment");
        let spec = &deployment["spec"]["template"]["spec"];
        assert_eq!(spec["volumes"][0]["emptyDir"], json!({}));
        let mount = &spec["containers"][0]["volumeMounts"][0];
        assert_eq!(mount["mountPath"], "/var/lib/data");
        assert_eq!(mount["name"], spec["volumes"][0]["name"]);
    });
}

#[test]
fn a_service_of_somebody_else_is_not_taken_over() {
    for_each_world(|world| {
        let registry = public();
        world.create(json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "web", "namespace": world.namespace},
            "spec": {"ports": [{"port": 80}]},
        }));
        let image = registry.image("team/app:1");
        let output = use_it(world, &format!("deploy/web {image} --create")).exits(1);
        output.says("service/web exists already");
        world.is_untouched();
    });
}

#[test]
fn an_image_that_is_not_there_makes_nothing() {
    for_each_world(|world| {
        let registry = public();
        let image = registry.image("team/app:9");
        let output = use_it(world, &format!("deploy/web {image} --create")).exits(1);
        output.says("location.tag-missing");
        world.is_untouched();
        // Without the check it is made, and its ports are not known.
        let output = use_it(world, &format!("deploy/web {image} --create --skip-check")).success();
        output.says("its ports are not known");
        output.prints("deployment.apps/web created\n");
    });
}

#[test]
fn a_private_image_is_made_with_its_credentials() {
    for_each_world(|world| {
        let registry = private();
        let image = registry.image("team/app:1");
        let line = format!(
            "use deploy/web {image} --create {HOW} --registry-username robot --registry-password-stdin"
        );
        let output = world.cmd(&line).stdin(PASSWORD).run().success();
        crate::canary::clean(world, "use --create", &output);
        assert!(
            output.stdout.ends_with(
                "serviceaccount/default linked (pull)\ndeployment.apps/web created\nservice/web created\n"
            ),
            "{}",
            output.stdout
        );
        world.run("undo").success();
        assert!(world.get("services", "web").is_none());
        assert!(
            world
                .pull_secrets()
                .iter()
                .all(|name| !name.starts_with("extreg-"))
        );
    });
}

#[test]
fn a_deployment_config_where_it_is_asked_for() {
    for_each_openshift(|world| {
        imports_work(world);
        let registry = public();
        let image = registry.image("team/app:1");
        let output = use_it(world, &format!("dc/web {image} --create")).success();
        output.prints("deploymentconfig.apps.openshift.io/web created\nservice/web created\n");
        let config = world.get("deploymentconfigs", "web").expect("a config");
        assert_eq!(
            config["spec"]["selector"],
            json!({"deploymentconfig": "web"})
        );
        assert_eq!(
            config["spec"]["triggers"],
            json!([{"type": "ConfigChange"}])
        );
        let service = world.get("services", "web").expect("a service");
        assert_eq!(
            service["spec"]["selector"],
            json!({"deploymentconfig": "web"})
        );
        world.run("undo").success();
        assert!(world.get("deploymentconfigs", "web").is_none());
    });
}

#[test]
fn undo_knows_the_controllers_from_a_user() {
    let world = Embedded::of(Api::builder().rolls_out());
    let registry = public();
    let image = registry.image("team/app:1");
    let line = format!("deploy/web {image} --create --wait=150s");
    use_it(&world, &line).success().says("rolled out");
    world.edit("deployments.apps", "web", |object| {
        object["spec"]["replicas"] = json!(3);
    });
    let output = world.run("undo").exits(1);
    output.says("spec.replicas is not as it was made");
    world.edit("deployments.apps", "web", |object| {
        object["spec"]["replicas"] = json!(1);
    });
    world.run("undo").success();
    assert!(world.api().list("pods", "shop").is_empty());
}

#[test]
fn where_the_registry_is_out_of_reach_the_api_server_tells_the_ports() {
    let world = Embedded::openshift();
    let digest = format!("sha256:{}", "1".repeat(64));
    world.api().on_import(move |_| {
        let config = json!({"ExposedPorts": {"8080/tcp": {}}});
        ImportAnswer::found(&digest).config(&config)
    });
    let image = "registry.invalid/team/app:1";
    let line = format!("use deploy/web {image} --create --skip-check --platform linux/amd64");
    world
        .run(&line)
        .success()
        .prints("deployment.apps/web created\nservice/web created\n");
}
