//! `push-target`: where builds push, with which secret, and who is left behind.

mod back;
mod input;
mod secrets;
mod site;
mod start;
mod watchers;

use std::sync::Barrier;

use serde_json::json;

use crate::kit::PASSWORD;
use site::{Site, for_each_openshift};

#[test]
fn the_output_the_secret_and_the_account_are_set_at_once() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        site.secret("quay", "robot");
        let image = site.image("team/app:1.4");
        let output = site.push(&format!("app {image}")).success();
        output.prints(&format!(
            "serviceaccount/builder linked (push)\nbuildconfig.build.openshift.io/app pushes to {image}\n"
        ));
        // Nothing is left of the image stream tag.
        assert_eq!(
            site.output("app"),
            json!({
                "to": {"kind": "DockerImage", "name": image}, "pushSecret": {"name": "quay"},
                "imageLabels": [{"name": "kept", "value": "yes"}],
            })
        );
        assert!(site.is_linked("builder", "quay"));
        output.says("bc/app: pushes with quay, the namespace's secret for");
        output.says("the login robot is accepted");
        output.says(&format!(
            "not known: whether this login may push to {image}"
        ));
        output.says("--check-push asks for the right to push");
        assert!(site.uploads().is_empty(), "a push was tried unasked");
    });
}

#[test]
fn a_second_run_changes_nothing() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        site.secret("quay", "robot");
        let line = format!("app {}", site.image("team/app:1.4"));
        site.push(&line).success();
        let version = site.versions();
        let output = site.push(&line).success();
        output.prints(
            "serviceaccount/builder unchanged\nbuildconfig.build.openshift.io/app unchanged\n",
        );
        output.says("pushes with quay, which it names already");
        assert_eq!(site.versions(), version);
        assert_eq!(world.journal_files().len(), 1);
    });
}

#[test]
fn undo_takes_it_all_back() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        let before = site.output("app");
        let line = format!("app {}", site.image("team/app:1.4"));
        let flags = "--registry-username robot --registry-password-stdin";
        site.push_with(&format!("{line} {flags}"), PASSWORD)
            .success();
        let name = site.made();
        assert!(world.secret(&name).is_some());
        world.run("undo").success();
        assert_eq!(site.output("app"), before);
        assert!(!site.is_linked("builder", &name));
        assert!(world.secret(&name).is_none());
    });
}

#[test]
fn undo_refuses_once_somebody_has_set_another_output() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        site.secret("quay", "robot");
        site.push(&format!("app {}", site.image("team/app:1.4")))
            .success();
        world.edit("buildconfigs", "app", |config| {
            config["spec"]["output"]["to"]["name"] = json!("elsewhere.example.com/app:1");
        });
        let refused = world.run("undo").exits(1);
        refused.says("spec.output.to has been changed by somebody else");
        assert!(site.is_linked("builder", "quay"));
    });
}

#[test]
fn a_dry_run_says_what_it_would_do() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        site.secret("quay", "robot");
        let image = site.image("team/app:1.4");
        for (how, suffix) in [("client", "dry run"), ("server", "server dry run")] {
            let line = format!("app {image} --dry-run={how} --start");
            let output = site.push(&line).success();
            output.prints(&format!(
                "serviceaccount/builder linked (push) ({suffix})\n\
                 buildconfig.build.openshift.io/app pushes to {image} ({suffix})\n"
            ));
            output.says("no build is started by a dry run");
        }
        world.is_untouched();
        assert!(world.journal_files().is_empty());
    });
}

#[test]
fn the_objects_are_printed_as_they_are_asked_for() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        site.secret("quay", "robot");
        let line = format!("app {} --dry-run=client", site.image("team/app:1.4"));
        let yaml = site.push(&format!("{line} -o yaml")).success().stdout;
        assert!(
            yaml.contains("kind: DockerImage") && yaml.contains("pushSecret:"),
            "{yaml}"
        );
        let text = site.push(&format!("{line} -o json")).success().stdout;
        let list: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(list["items"][1]["kind"], "BuildConfig");
        let names = site.push(&format!("{line} -o name")).success();
        names.prints("serviceaccount/builder\nbuildconfig.build.openshift.io/app\n");
        let diff = site.push(&format!("{line} --diff")).success().stdout;
        assert!(diff.contains('+') && diff.contains("DockerImage"), "{diff}");
    });
}

#[test]
fn several_each_go_to_a_repository_of_their_own() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        for name in ["web", "api"] {
            site.stream_config(name);
        }
        site.config_with("ci", |spec| spec["serviceAccount"] = json!("ci"));
        world.add_account("ci");
        site.secret("quay", "robot");
        let prefix = site.image("team/");
        site.push(&format!("web bc/api {prefix}")).success();
        for name in ["web", "api"] {
            let to = site.output(name)["to"]["name"].clone();
            assert_eq!(to, json!(format!("{prefix}{name}:latest")));
        }
        let pattern = site.image("team/{name}:1.4");
        let output = site.push(&format!("-l tier=build {pattern}")).success();
        assert_eq!(
            site.output("ci")["to"]["name"],
            json!(site.image("team/ci:1.4"))
        );
        assert!(site.is_linked("ci", "quay") && site.is_linked("builder", "quay"));
        // What is the same for several is said once.
        let told = output.stderr.matches("the login robot is accepted").count();
        assert_eq!(told, 1, "{}", output.stderr);
    });
}

#[test]
fn a_base_image_that_cannot_be_had_is_no_matter() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.config_with("app", |spec| {
            spec["strategy"]["sourceStrategy"]["from"] =
                json!({"kind": "DockerImage", "name": "127.0.0.1:9/base:1"});
        });
        site.secret("quay", "robot");
        let output = site
            .push(&format!("app {}", site.image("team/app:1")))
            .success();
        assert!(!output.stderr.contains("127.0.0.1:9"), "{}", output.stderr);
    });
}

#[test]
fn two_at_once_lose_nothing_of_each_other() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        for name in ["a", "b"] {
            site.stream_config(name);
            site.secret(&format!("secret-{name}"), "robot");
        }
        let together = Barrier::new(2);
        let runs: Vec<_> = ["a", "b"]
            .iter()
            .map(|name| {
                let image = site.image(&format!("team/{name}:1"));
                site.cmd(&format!("{name} {image} --secret secret-{name}"))
            })
            .collect();
        std::thread::scope(|scope| {
            for run in runs {
                scope.spawn(|| {
                    together.wait();
                    run.run().success();
                });
            }
        });
        for name in ["a", "b"] {
            assert!(site.is_linked("builder", &format!("secret-{name}")));
        }
    });
}

#[test]
fn no_output_gives_the_password_away() {
    for_each_openshift(|world| {
        let site = Site::new(world);
        site.stream_config("app");
        let image = site.image("team/app:1");
        let flags = "--registry-username robot --registry-password-stdin";
        for line in [
            format!("app {image} {flags} --dry-run=client -o yaml"),
            format!("app {image} {flags} --dry-run=server -o json --diff"),
            format!("app {image} {flags} --diff"),
            format!("app {image} {flags} --check-push -o yaml"),
            "app --internal app:1 --diff -o yaml".to_owned(),
        ] {
            let output = site.push_with(&line, PASSWORD).success();
            site.is_clean(&line, &output);
        }
        let wrong = site.push_with(&format!("app {image} {flags} --name other"), "wr0ng-canary");
        site.is_clean("a wrong password", &wrong);
        assert!(!wrong.stderr.contains("wr0ng-canary"), "{}", wrong.stderr);
    });
}
