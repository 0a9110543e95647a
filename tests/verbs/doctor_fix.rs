//! `doctor --fix` and `--wait`: the safe remedy is shown, written after a yes, and looked at again; `undo` takes it back.

use extreg_test_support::api::{PodState, make};
use extreg_test_support::content::Image;
use extreg_test_support::pull::Machines;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

use crate::kit::{Embedded, PASSWORD, World, for_each_openshift, for_each_world};

/// A registry with one image, a good secret in the namespace that nothing uses, and a deployment that wants the image.
fn unlinked(world: &World) -> Registry {
    let registry = Registry::builder()
        .dialect(Dialect::DistributionBasic)
        .user(User::new("robot", PASSWORD).pull("team/*"))
        .start();
    registry.push_image("team/app", "1", &Image::new());
    let host = registry.host();
    world.docker_secret("corp-pull", &host, "robot", PASSWORD);
    world.create(world.deployment("web", &format!("{host}/team/app:1")));
    registry
}

const LOOK: &str = "doctor deployment/web --plain-http --platform linux/amd64";

#[test]
fn a_good_secret_that_nothing_uses_is_linked() {
    for_each_world(|world| {
        let _registry = unlinked(world);
        let found = world.run(LOOK).exits(3);
        assert!(
            found.stdout.contains("auth.secret-not-linked"),
            "{}",
            found.stdout
        );

        // Nobody can be asked, so that nothing is written.
        let refused = world.run(&format!("{LOOK} --fix")).exits(2);
        refused.says("--yes");
        assert_eq!(world.pull_secrets(), Vec::<String>::new());

        let fixed = world.run(&format!("{LOOK} --fix --yes")).success();
        // What would be written once, and what was written once.
        for line in [
            "to be written: serviceaccount/default (lets it use the credentials of",
            "serviceaccount/default linked (pull)\n",
            "+ - name: corp-pull\n",
        ] {
            assert_eq!(
                fixed.stdout.matches(line).count(),
                1,
                "{line:?} in\n{}",
                fixed.stdout
            );
        }
        assert!(!fixed.stdout.contains("dry run"), "{}", fixed.stdout);
        fixed.says("looking again");
        assert_eq!(world.pull_secrets(), ["corp-pull"]);
        assert!(!fixed.stdout.contains(PASSWORD), "{}", fixed.stdout);

        let nothing = world.run(&format!("{LOOK} --fix --yes")).success();
        nothing.says("nothing here");

        world.run("undo").success();
        assert_eq!(world.pull_secrets(), Vec::<String>::new());
    });
}

#[test]
fn what_nothing_here_can_mend_is_left_alone() {
    for_each_world(|world| {
        let registry = unlinked(world);
        let image = format!("{}/team/gone:1", registry.host());
        world.create(world.deployment("other", &image));
        let line = "doctor deployment/other --plain-http --platform linux/amd64 --fix --yes";
        let output = world.cmd(line).run();
        assert_ne!(output.status, Some(0), "{}", output.stdout);
        assert_eq!(world.journal_files(), Vec::<std::path::PathBuf>::new());
    });
}

#[test]
fn a_look_that_waits_ends_with_what_it_found_or_when_all_is_well() {
    for_each_world(|world| {
        let _registry = unlinked(world);
        let output = world.run(&format!("{LOOK} --wait=1s")).exits(3);
        output.says("not everything is healthy after 1s");

        world.set_pull_secrets(&["corp-pull"]);
        world.run(&format!("{LOOK} --wait=1s")).success();
        let json = world.run(&format!("{LOOK} --wait=1s -o json")).success();
        let report: serde_json::Value =
            serde_json::from_str(&json.stdout).expect("one report and nothing else");
        assert_eq!(report["summary"]["healthy"], json!(1));
    });
}

#[test]
fn a_fix_and_json_do_not_go_together() {
    for_each_world(|world| {
        let output = world.run("doctor --fix --yes -o json").exits(2);
        assert_eq!(output.stdout, "");
    });
}

/// The registry of [`unlinked`], and its good secret beside one for another registry.
fn with_secrets(world: &World) -> Registry {
    let registry = Registry::builder()
        .dialect(Dialect::DistributionBasic)
        .user(User::new("robot", PASSWORD).push("team/*"))
        .start();
    registry.push_image("team/app", "1", &Image::new());
    world.docker_secret("good", &registry.host(), "robot", PASSWORD);
    world.docker_secret("other", "other.example.com", "robot", PASSWORD);
    registry
}

fn push_secret(world: &World) -> Value {
    let config = world
        .get("buildconfigs.build.openshift.io", "app")
        .expect("a BuildConfig");
    config["spec"]["output"]["pushSecret"]["name"].clone()
}

#[test]
fn a_build_that_names_the_wrong_push_secret_names_the_right_one() {
    for_each_openshift(|world| {
        let registry = with_secrets(world);
        let image = registry.image("team/app:2");
        world.create(json!({
            "apiVersion": "build.openshift.io/v1", "kind": "BuildConfig",
            "metadata": {"name": "app", "namespace": world.namespace},
            "spec": {
                "source": {"type": "Dockerfile", "dockerfile": "FROM scratch\nCOPY . /\n"},
                "strategy": {"type": "Docker", "dockerStrategy": {}},
                "output": {
                    "to": {"kind": "DockerImage", "name": image}, "pushSecret": {"name": "other"},
                },
            },
        }));
        let look = "doctor bc/app --plain-http";
        let found = world.run(look).exits(3);
        let command = format!("oc extreg push-target app {image} --secret good");
        let shown = found
            .stdout
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(
            shown.replace("\\ ", "").contains(&command),
            "{}",
            found.stdout
        );
        // Whether it may push is not asked without --push.
        let fixed = world.run(&format!("{look} --fix --yes")).exits(4);
        assert_eq!(push_secret(world), json!("good"), "{}", fixed.stdout);
        assert!(!fixed.stdout.contains(PASSWORD), "{}", fixed.stdout);
        world.run("undo").success();
        assert_eq!(push_secret(world), json!("other"));
    });
}

#[test]
fn a_workload_with_a_list_of_its_own_gets_the_secret_into_it() {
    for_each_world(|world| {
        let registry = with_secrets(world);
        let mut web = world.deployment("web", &registry.image("team/app:1"));
        web["spec"]["template"]["spec"]["imagePullSecrets"] = json!([{"name": "other"}]);
        world.create(web);
        let line = format!("{LOOK} --fix --yes");
        let fixed = world.run(&line).success();
        let own = world.get("deployments.apps", "web").expect("a deployment");
        let list = &own["spec"]["template"]["spec"]["imagePullSecrets"];
        assert_eq!(
            *list,
            json!([{"name": "other"}, {"name": "good"}]),
            "{}\n{}",
            fixed.stdout,
            fixed.stderr
        );
    });
}

#[test]
fn a_pod_that_is_older_than_the_link_is_made_again_by_a_restart() {
    for_each_world(|world| {
        let registry = with_secrets(world);
        let image = registry.image("team/app:1");
        world.create(world.deployment("web", &image));
        let mut pod = make::pod(&world.namespace, "web-5f9c-x", &image);
        pod["metadata"]["labels"] = json!({"pod-template-hash": "5f9c", "app": "web"});
        pod["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5f9c", "uid": "1", "controller": true,
        }]);
        let state = PodState::waiting("ErrImagePull", "unauthorized: authentication required");
        world.cluster.add_pod_like(&pod, &state);
        // Admission has given the pod the account's list of then.
        world.set_pull_secrets(&["good"]);
        let output = world.run(&format!("{LOOK} --fix --yes"));
        assert!(
            output.stdout.contains("deployment.apps/web restarted\n"),
            "{}\n{}",
            output.stdout,
            output.stderr
        );
    });
}

#[test]
fn an_import_is_made_again_once_its_secret_is_right() {
    let world = Embedded::openshift();
    world.api().machines(Machines::new());
    let registry = Registry::builder()
        .dialect(Dialect::DistributionBasic)
        .user(User::new("robot", PASSWORD).pull("team/*"))
        .start();
    registry.push_image("team/app", "1", &Image::new());
    // The key lacks the port.
    world.docker_secret("corp-pull", "127.0.0.1", "robot", PASSWORD);
    world.create(json!({
        "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
        "metadata": {"name": "app", "namespace": "shop"},
        "spec": {"tags": [{
            "name": "1", "from": {"kind": "DockerImage", "name": registry.image("team/app:1")},
            "importPolicy": {"insecure": true},
        }]},
    }));
    let line = "doctor istag/app:1 --plain-http --fix --yes";
    let fixed = world.run(line);
    let stream = world
        .get("imagestreams.image.openshift.io", "app")
        .expect("a stream");
    let image = &stream["status"]["tags"][0]["items"][0]["image"];
    assert!(
        image
            .as_str()
            .is_some_and(|digest| digest.starts_with("sha256:")),
        "{}\n{}\n{stream:#}",
        fixed.stdout,
        fixed.stderr
    );
    assert!(
        fixed.stdout.contains("and then: oc extreg import app:1"),
        "{}",
        fixed.stdout
    );
    assert_eq!(fixed.status, Some(0), "{}\n{}", fixed.stdout, fixed.stderr);
}

#[test]
fn an_opaque_secret_is_copied_into_one_of_the_right_type() {
    for_each_world(|world| {
        let registry = with_secrets(world);
        let mut opaque = make::docker_secret(
            &world.namespace,
            "corp-pull",
            &registry.host(),
            "robot",
            PASSWORD,
        );
        opaque["type"] = json!("Opaque");
        world.delete("secrets", "good");
        world.create(opaque);
        world.set_pull_secrets(&["corp-pull"]);
        world.create(world.deployment("web", &registry.image("team/app:1")));
        let found = world.run(LOOK).exits(3);
        assert!(
            found.stdout.contains("auth.secret-wrong-type"),
            "{}",
            found.stdout
        );
        let fixed = world.run(&format!("{LOOK} --fix --yes")).success();
        assert!(!fixed.stdout.contains(PASSWORD), "{}", fixed.stdout);
        assert_eq!(world.pull_secrets().len(), 2);
        // As it is it is of no use, and is not linked.
        let host = registry.host();
        let refused = world.run(&format!("link {host} --secret corp-pull --plain-http"));
        refused.exits(1).says("its type \"Opaque\"");
    });
}
