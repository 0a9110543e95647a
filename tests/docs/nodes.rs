//! The nodes of the cluster take up a new list of registries, as the machine-config-operator has them do it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use extreg_test_support::api::Api;
use serde_json::{Value, json};

use crate::ground::Ground;

impl Ground {
    /// Does the work, and as soon as image.config lists an insecure registry all machines have it.
    pub(crate) fn while_nodes_follow<T>(&self, work: impl FnOnce() -> T) -> T {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| follow(&self.api, &done));
            let _over = Over(&done);
            work()
        })
    }
}

/// The work is over, also when it panics.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

fn follow(api: &Api, done: &AtomicBool) {
    let mut seen = Value::Null;
    let mut round = 1;
    while !done.load(Ordering::Acquire) {
        let config = api.get("images.config.openshift.io", "", "cluster");
        let lists = config.unwrap_or_default()["spec"]["registrySources"].clone();
        if lists != seen {
            round += 1;
            seen = lists;
            for pool in ["master", "worker"] {
                set(api, pool, &format!("rendered-{round}"));
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn set(api: &Api, pool: &str, rendered: &str) {
    api.edit("machineconfigpools", "", pool, |pool| {
        pool["spec"]["configuration"] = json!({"name": rendered});
        pool["status"]["configuration"] = json!({"name": rendered});
        pool["status"]["machineCount"] = 3.into();
        pool["status"]["updatedMachineCount"] = 3.into();
    });
}
