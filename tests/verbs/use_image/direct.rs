//! The image itself: one field, one container, checked before and taken back after.

use extreg_test_support::api::Fault;
use serde_json::{Value, json};

use super::{HOW, KINDS, deployed, image_of, private, public, several, use_it, workload};
use crate::kit::{Embedded, PASSWORD, for_each_world, names};

#[test]
fn every_kind_gets_the_image_once_and_gives_it_back() {
    for_each_world(|world| {
        let registry = public();
        let image = registry.image("team/app:2");
        for (kind, argument, resource, printed) in KINDS {
            world.create(workload(world, kind, "quay.io/old/app:1"));
            let before = world.get(resource, "web").expect("the workload");
            let output = use_it(world, &format!("{argument} {image}")).success();
            output.prints(&format!("{printed} image updated\n"));
            assert_eq!(image_of(world, kind, resource), image, "{kind}");
            let mut after = world.get(resource, "web").expect("the workload");
            let place = format!("{}/containers/0/image", super::spec_of(kind));
            *after.pointer_mut(&place).expect("an image") = json!("quay.io/old/app:1");
            assert_eq!(after["spec"], before["spec"], "{kind}");

            let again = use_it(world, &format!("{argument} {image}")).success();
            again.prints(&format!("{printed} unchanged\n"));
            world.run("undo").success();
            assert_eq!(image_of(world, kind, resource), "quay.io/old/app:1");
            world.delete(resource, "web");
        }
    });
}

#[test]
fn it_says_what_was_checked_and_what_follows() {
    for_each_world(|world| {
        let registry = public();
        world.create(workload(world, "CronJob", "quay.io/old/app:1"));
        let image = registry.image("team/app:1");
        let output = use_it(world, &format!("cronjob/web {image}")).success();
        output.says(&format!("it may pull {image}"));
        output.says("the next job that it starts has the image");
        output.says("takes it back");
        world.create(workload(world, "ReplicaSet", "quay.io/old/app:1"));
        let output = use_it(world, &format!("rs/web {image}")).success();
        output.says("deleted and made anew");
    });
}

#[test]
fn a_name_that_is_not_whole_is_shown_whole() {
    for_each_world(|world| {
        world.create(workload(world, "Deployment", "quay.io/old/app:1"));
        let output = world.run("use deploy/web nginx --skip-check").success();
        output.says("nginx: taken for docker.io/library/nginx:latest");
        output.says("Warning: not checked");
        assert_eq!(deployed(world), "docker.io/library/nginx:latest");
    });
}

#[test]
fn only_the_container_that_is_named_changes() {
    for_each_world(|world| {
        let registry = public();
        let image = registry.image("team/app:1");
        world.create(several(workload(world, "Deployment", "quay.io/old/app:1")));
        for (container, list, at) in [
            ("app", "containers", 0),
            ("proxy", "containers", 1),
            ("setup", "initContainers", 0),
        ] {
            use_it(world, &format!("deploy/web {image} -c {container}")).success();
            let object = world.get("deployments.apps", "web").expect("a deployment");
            let images: Vec<&Value> = ["containers", "initContainers"]
                .iter()
                .filter_map(|list| object["spec"]["template"]["spec"][list].as_array())
                .flatten()
                .filter(|own| own["image"] == image.as_str())
                .collect();
            assert_eq!(images.len(), 1, "{container}");
            assert_eq!(
                object["spec"]["template"]["spec"][list][at]["image"],
                image.as_str()
            );
            world.run("undo").success();
        }
    });
}

#[test]
fn dry_runs_write_nothing() {
    for_each_world(|world| {
        let registry = public();
        let image = registry.image("team/app:1");
        world.create(workload(world, "Deployment", "quay.io/old/app:1"));
        let line = format!("deploy/web {image}");
        use_it(world, &format!("{line} --dry-run=client"))
            .success()
            .prints("deployment.apps/web image updated (dry run)\n");
        use_it(world, &format!("{line} --dry-run=server --wait"))
            .success()
            .prints("deployment.apps/web image updated (server dry run)\n");
        use_it(world, &format!("{line} --dry-run=client -o name"))
            .success()
            .prints("deployment.apps/web\n");
        let json = use_it(world, &format!("{line} --dry-run=server -o json")).success();
        let object: Value = serde_json::from_str(&json.stdout).expect("an object");
        let container = &object["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["image"], image.as_str());
        let yaml = use_it(world, &format!("{line} --dry-run=client -o yaml --diff")).success();
        assert!(yaml.stdout.contains(&image), "{}", yaml.stdout);
        yaml.says("+");
        world.is_untouched();
        assert!(world.journal_files().is_empty());
    });
}

#[test]
fn an_image_that_would_not_arrive_is_diagnosed_and_nothing_is_written() {
    for_each_world(|world| {
        let registry = public();
        world.create(workload(world, "Deployment", "quay.io/old/app:1"));
        let missing = registry.image("team/app:9");
        let output = use_it(world, &format!("deploy/web {missing}")).exits(1);
        output.says("location.tag-missing");
        output.says("nothing was written; --skip-check");
        let image = registry.image("team/app:1");
        let line = format!("use deploy/web {image} --plain-http --platform linux/arm64");
        world.run(&line).exits(1).says("location.platform-missing");
        world.is_untouched();
        // What a pod runs now says nothing of another image.
        let mut pod = workload(world, "Pod", "quay.io/old/app:1");
        let running = json!({"name": "app", "image": "quay.io/old/app:1", "imageID": "x", "ready": true,
            "restartCount": 0, "state": {"running": {}}});
        pod["status"] = json!({"phase": "Running", "containerStatuses": [running]});
        world.create(pod);
        use_it(world, &format!("pod/web {missing}")).exits(1);
        world.is_untouched();
        // Other containers of the workload are nobody's business here.
        world.create(several(workload(world, "StatefulSet", "quay.io/old/app:1")));
        use_it(world, &format!("sts/web {image} -c app")).success();
    });
}

#[test]
fn a_missing_pull_right_offers_the_link_in_both_ways() {
    for_each_world(|world| {
        let registry = private();
        let image = registry.image("team/app:1");
        world.create(workload(world, "Deployment", "quay.io/old/app:1"));
        let output = use_it(world, &format!("deploy/web {image}")).exits(1);
        output.says("auth.no-credentials");
        output.says("in the same run");
        world.docker_secret("corp", &registry.host(), "robot", PASSWORD);
        let output = use_it(world, &format!("deploy/web {image}")).exits(1);
        output.says("auth.secret-not-linked");
        output.says("link");
        world.is_untouched();
        world.set_pull_secrets(&["corp"]);
        use_it(world, &format!("deploy/web {image}")).success();
        assert_eq!(deployed(world), image);
    });
}

#[test]
fn pull_secrets_of_its_own_decide() {
    for_each_world(|world| {
        let registry = private();
        let image = registry.image("team/app:1");
        world.docker_secret("corp", &registry.host(), "robot", PASSWORD);
        world.set_pull_secrets(&["corp"]);
        let mut deployment = workload(world, "Deployment", "quay.io/old/app:1");
        deployment["spec"]["template"]["spec"]["imagePullSecrets"] = json!([{"name": "other"}]);
        world.create(deployment);
        let output = use_it(world, &format!("deploy/web {image}")).exits(1);
        output.says("auth.secret-overridden");
        world.is_untouched();
    });
}

#[test]
fn credentials_are_stored_linked_and_taken_back_in_one_run() {
    for_each_world(|world| {
        let registry = private();
        let image = registry.image("team/app:1");
        let host = registry.host().replace(':', "-");
        let mut deployment = workload(world, "Deployment", "quay.io/old/app:1");
        deployment["spec"]["template"]["spec"]["serviceAccountName"] = json!("ci");
        world.create(deployment);
        world.add_account("ci");
        let line = format!(
            "use deploy/web {image} {HOW} --registry-username robot --registry-password-stdin"
        );
        let wrong = world.cmd(&line).stdin("wrong").run().exits(1);
        wrong.says("(auth.bad-credentials)");
        world.is_untouched();

        let output = world
            .cmd(&format!("{line} --diff -o yaml"))
            .stdin(PASSWORD)
            .run()
            .success();
        crate::canary::clean(world, "use", &output);
        let secret = format!("extreg-{host}");
        assert_eq!(world.names("ci", "imagePullSecrets"), [secret.as_str()]);
        assert!(world.secret(&secret).is_some());
        assert_eq!(deployed(world), image);

        let again = world.cmd(&line).stdin(PASSWORD).run().success();
        again.prints(&format!(
            "secret/{secret} unchanged\nserviceaccount/ci unchanged\ndeployment.apps/web unchanged\n"
        ));
        world.run("undo").success();
        assert_eq!(world.names("ci", "imagePullSecrets"), Vec::<String>::new());
        assert!(world.secret(&secret).is_none());
        assert_eq!(deployed(world), "quay.io/old/app:1");
    });
}

#[test]
fn a_template_with_secrets_of_its_own_gets_the_new_one_too() {
    for_each_world(|world| {
        let registry = private();
        let image = registry.image("team/app:1");
        let mut deployment = workload(world, "Deployment", "quay.io/old/app:1");
        deployment["spec"]["template"]["spec"]["imagePullSecrets"] = json!([{"name": "other"}]);
        world.create(deployment);
        world.docker_secret("corp", &registry.host(), "robot", PASSWORD);
        use_it(world, &format!("deploy/web {image} --secret corp")).success();
        let object = world.get("deployments.apps", "web").expect("a deployment");
        let list = names(&object["spec"]["template"]["spec"], "imagePullSecrets");
        assert_eq!(list, ["other", "corp"]);
        world.run("undo").success();
        let object = world.get("deployments.apps", "web").expect("a deployment");
        let list = names(&object["spec"]["template"]["spec"], "imagePullSecrets");
        assert_eq!(list, ["other"]);
    });
}

#[test]
fn what_somebody_else_writes_meanwhile_stays() {
    let world = Embedded::kubernetes();
    let registry = public();
    let image = registry.image("team/app:1");
    world.create(workload(&world, "Deployment", "quay.io/old/app:1"));
    let scale = Fault::other_writer(|object| object["spec"]["replicas"] = json!(5))
        .on_methods(&["PUT"])
        .on_path("/deployments/web")
        .times(1);
    world.api().fault(scale);
    use_it(&world, &format!("deploy/web {image}")).success();
    let object = world.get("deployments.apps", "web").expect("a deployment");
    assert_eq!(object["spec"]["replicas"], 5);
    assert_eq!(deployed(&world), image);

    // Another image is somebody's decision.
    let other = Fault::other_writer(|object| {
        object["spec"]["template"]["spec"]["containers"][0]["image"] = json!("quay.io/theirs:1");
    });
    world.api().fault(
        other
            .on_methods(&["PUT"])
            .on_path("/deployments/web")
            .times(1),
    );
    let output = use_it(
        &world,
        &format!("deploy/web {}", registry.image("team/app:2")),
    )
    .exits(1);
    output.says("has been changed by somebody else");
    assert_eq!(deployed(&world), "quay.io/theirs:1");
}
