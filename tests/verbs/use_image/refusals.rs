//! What cannot be: clear words, the right exit status, and nothing written.

use serde_json::{Value, json};

use super::{HOW, several, use_it, workload};
use crate::kit::{World, for_each_openshift, for_each_world};

const IMAGE: &str = "quay.io/team/app:1";

#[track_caller]
fn refused(world: &World, line: &str, status: i32, words: &[&str]) {
    let output = use_it(world, line).exits(status);
    for word in words {
        output.says(word);
    }
    assert_eq!(output.stdout, "");
    world.is_untouched();
    assert!(world.journal_files().is_empty());
}

#[test]
fn words_that_name_nothing() {
    for_each_world(|world| {
        world.create(workload(world, "Deployment", "quay.io/old/app:1"));
        for (line, status, words) in [
            (
                "web quay.io/a/b:1",
                2,
                &["KIND/NAME", "did you mean deployment/web?"][..],
            ),
            (
                "bc/web quay.io/a/b:1",
                2,
                &["no kind of workload", "build-source"],
            ),
            (
                "deploy/wbe quay.io/a/b:1",
                1,
                &["not found", "did you mean web?"],
            ),
            (
                "deploy/shop quay.io/a/b:1",
                1,
                &["not found", "--create makes it"],
            ),
            (
                "deploy/web https://quay.io/a/b:1",
                2,
                &["a scheme", "did you mean quay.io/a/b:1?"],
            ),
            ("deploy/web quay.io/Team/App", 2, &["lower case"]),
            (
                "deploy/web quay.io",
                2,
                &["names a registry and no repository"],
            ),
            (
                "sts/web quay.io/a/b:1 --create",
                2,
                &["no StatefulSet", "deployment/web or dc/web"],
            ),
            (
                "deploy/web quay.io/a/b:1 --create",
                1,
                &["exists already", "without --create"],
            ),
            (
                "deploy/web quay.io/a/b:1 --registry-password x",
                2,
                &["not taken on the command line"],
            ),
        ] {
            refused(world, line, status, words);
        }
    });
}

#[test]
fn containers_that_are_not_clear() {
    for_each_world(|world| {
        world.create(several(workload(world, "Deployment", "quay.io/old/app:1")));
        let line = format!("deploy/web {IMAGE}");
        refused(
            world,
            &line,
            1,
            &["several containers: app, proxy, setup", "--container NAME"],
        );
        refused(
            world,
            &format!("{line} -c prxoy"),
            1,
            &["no container \"prxoy\"", "did you mean proxy?"],
        );
    });
}

#[test]
fn templates_that_do_not_change() {
    for_each_world(|world| {
        let mut template = workload(world, "CronJob", "quay.io/old/app:1")["spec"]["jobTemplate"]
            ["spec"]["template"]
            .clone();
        template["metadata"] = json!({});
        world.create(json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": "web", "namespace": world.namespace},
            "spec": {"template": template},
        }));
        refused(
            world,
            &format!("job/web {IMAGE}"),
            1,
            &[
                "keeps the one that it was made with",
                "delete it and create it again",
            ],
        );
        let mut over = workload(world, "Pod", "quay.io/old/app:1");
        over["status"] = json!({"phase": "Succeeded"});
        world.create(over);
        refused(world, &format!("pod/web {IMAGE}"), 1, &["is over"]);
    });
}

/// Made by a controller of this kind and name.
fn owned(mut object: Value, api_version: &str, kind: &str, name: &str, uid: &Value) -> Value {
    object["metadata"]["ownerReferences"] = json!([{
        "apiVersion": api_version, "kind": kind, "name": name, "uid": uid, "controller": true,
    }]);
    object
}

#[test]
fn what_a_controller_makes_is_changed_at_its_top() {
    for_each_world(|world| {
        let old = "quay.io/old/app:1";
        let deployment = world.create(workload(world, "Deployment", old));
        let uid = &deployment["metadata"]["uid"];
        let mut set = workload(world, "ReplicaSet", old);
        set["metadata"]["name"] = json!("web-1");
        let set = world.create(owned(set, "apps/v1", "Deployment", "web", uid));
        let mut pod = workload(world, "Pod", old);
        pod["metadata"]["name"] = json!("web-1-x");
        let uid = &set["metadata"]["uid"];
        world.create(owned(pod, "apps/v1", "ReplicaSet", "web-1", uid));
        refused(
            world,
            &format!("rs/web-1 {IMAGE}"),
            1,
            &["belongs to deployment/web", "hint: use deployment/web"],
        );
        refused(
            world,
            &format!("pod/web-1-x {IMAGE}"),
            1,
            &["belongs to replicaset/web-1", "hint: use deployment/web"],
        );
        let mut operated = workload(world, "StatefulSet", old);
        operated["metadata"]["name"] = json!("db");
        world.create(owned(
            operated,
            "db.example.com/v1",
            "Postgres",
            "main",
            &json!("4f0c5a9e-0000-4000-8000-000000000001"),
        ));
        refused(
            world,
            &format!("sts/db {IMAGE}"),
            1,
            &[
                "belongs to postgres/main",
                "Postgres \"main\" decides the image",
            ],
        );
    });
}

#[test]
fn groups_that_are_not_served() {
    for_each_world(|world| {
        world.create(workload(world, "Deployment", "quay.io/old/app:1"));
        refused(
            world,
            &format!("dc/web {IMAGE}"),
            1,
            &[
                "does not serve deploymentconfigs.apps.openshift.io",
                "a Deployment works everywhere",
            ],
        );
        refused(
            world,
            &format!("deploy/web {IMAGE} --via-stream"),
            1,
            &[
                "does not serve imagestreams.image.openshift.io",
                "without --via-stream",
            ],
        );
    });
}

#[test]
fn rights_that_are_missing() {
    for_each_world(|world| {
        world.create(workload(world, "Deployment", "quay.io/old/app:1"));
        world.limited(&[]);
        let grant = |verbs: &[&str]| {
            world
                .cluster
                .grant(&world.namespace, verbs, "deployments.apps");
        };
        grant(&["get"]);
        let line = format!("use deploy/web {IMAGE} --skip-check");
        let output = world.run(&line).exits(1);
        output.says("you may not update deployments.apps");
        output.says("nothing was written");
        world.is_untouched();
        grant(&["update"]);
        world.run(&line).success();
    });
}

#[test]
fn what_a_pod_cannot_have() {
    for_each_openshift(|world| {
        world.create(workload(world, "Pod", "quay.io/old/app:1"));
        world.docker_secret("corp", "quay.io", "robot", "x");
        refused(
            world,
            &format!("pod/web {IMAGE} --via-stream"),
            1,
            &["no trigger acts on a Pod", "without --via-stream"],
        );
        let line = format!("use pod/web {IMAGE} {HOW} --skip-check --secret corp");
        let output = world.run(&line).exits(1);
        output.says("a pod keeps those that it was made with");
        world.is_untouched();
    });
}

#[test]
fn tags_that_are_none_and_tags_of_others() {
    for_each_openshift(|world| {
        world.create(workload(world, "Deployment", "quay.io/old/app:1"));
        refused(
            world,
            &format!("deploy/web {IMAGE} --via-stream=Web:x/y"),
            2,
            &["no image stream tag", "--via-stream=STREAM:TAG"],
        );
        world.create(extreg_test_support::api::make::image_stream(
            &world.namespace,
            "app",
            "1",
            "quay.io/other/app:1",
        ));
        refused(
            world,
            &format!("deploy/web {IMAGE} --via-stream"),
            1,
            &["app:1 points to quay.io/other/app:1", "--change-source"],
        );
        world.edit("deployments.apps", "web", |object| {
            object["metadata"]["annotations"] = json!({"image.openshift.io/triggers": "no list"});
        });
        refused(
            world,
            &format!("deploy/web {IMAGE} --via-stream=new"),
            1,
            &["cannot be read", "annotate"],
        );
    });
}
