//! `doctor` as a process: what it leaves behind when it is told to stop, and how little it says when it is to be quiet.

use std::time::{Duration, Instant};

use extreg_test_support::content::Image;
use extreg_test_support::registry::{Dialect, Registry};

use crate::kit::{World, for_each_world};

fn pods(world: &World) -> usize {
    world.cluster.list("pods", &world.namespace).len()
}

/// Nobody plays a kubelet here, so that the pod is there until somebody takes it away.
#[test]
fn a_pod_that_was_made_for_a_look_from_a_node_goes_when_the_run_is_stopped() {
    for_each_world(|world| {
        let registry = Registry::builder()
            .dialect(Dialect::DistributionBasic)
            .anonymous_pull("team/app")
            .start();
        registry.push_image("team/app", "1", &Image::new());
        let image = registry.image("team/app:1");
        for signal in ["INT", "TERM"] {
            // Quiet: what is about to be made is said all the same.
            let line = format!(
                "doctor {image} --plain-http --platform linux/amd64 --from-node --timeout 5m -q"
            );
            let mut running = world.cmd(&line).spawn();
            running.wait_for_stderr("starts the pod");
            let begun = Instant::now();
            while pods(world) == 0 {
                assert!(begun.elapsed() < Duration::from_secs(60), "no pod was made");
                std::thread::sleep(Duration::from_millis(20));
            }
            running.signal(signal);
            let output = running.wait().exits(130);
            assert_eq!(pods(world), 0, "after SIG{signal}: {}", output.stderr);
            // What is known by then is the report.
            assert!(output.stdout.contains("team/app:1"), "{}", output.stdout);
            assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
        }
    });
}

#[test]
fn a_quiet_run_with_nothing_to_tell_tells_nothing() {
    for_each_world(|world| {
        let loud = world.run("doctor").success();
        loud.says("nothing waits for an image");
        let quiet = world.run("doctor -q").success();
        assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    });
}
