//! `doctor --fix` and `--wait`: the safe remedy is shown, written after a yes, and looked at again; `undo` takes it back.

use extreg_test_support::content::Image;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::json;

use crate::kit::{PASSWORD, World, for_each_world};

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
        let line = "serviceaccount/default linked (pull)\n";
        assert!(fixed.stdout.contains(line), "{}", fixed.stdout);
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
