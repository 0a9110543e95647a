//! Changes of the whole platform: what kind of cluster it is, what the nodes will do, the question before it is written, and
//! the wait until nodes and operators have taken it up. Shared by `trust` and `insecure`.
//!
//! [`ground`] says what cluster it is, and [`Ground::platform`] refuses where there is no such configuration, with what to do
//! there instead. [`Change::announce`] says what the nodes will do and asks; [`Change::follow`] waits. What the objects mean
//! is judged in [`crate::plan::node_effects`] and [`crate::plan::rollout`].

mod elsewhere;
mod follow;
mod ground;

use crate::cli::output::{DryRun, WriteFlags};
use crate::cli::rollout_flags::RolloutFlags;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::plan::node_effects::{NodeEffect, PlatformChange, changes_of, uptakes};
use crate::plan::rollout::{Expected, Snapshot};
use crate::plan::{Plan, after};

use super::Run;

pub(super) use elsewhere::{Wanted, What};
pub(super) use ground::{Ground, OpenShift, ground};

/// A change of the platform, between the look at the cluster and its end.
pub(super) struct Change {
    effect: NodeEffect,
    expected: Expected,
    before: Snapshot,
    version: Option<String>,
    /// The plan changes something.
    real: bool,
}

impl Change {
    /// Reads what the change is compared with later. `changes` is what the plan amounts to.
    pub(super) async fn of(
        cluster: &Cluster,
        platform: &OpenShift,
        plan: &Plan,
        changes: &[PlatformChange],
    ) -> Result<Self, Error> {
        let effect = NodeEffect::of(&platform.platform(), changes);
        let real = changes_anything(plan)?;
        let before = if real {
            follow::snapshot(cluster).await
        } else {
            Snapshot::default()
        };
        Ok(Self {
            expected: Expected {
                pools: effect.rolls,
                certificates: changes.contains(&PlatformChange::RegistryCa),
                operators: uptakes(changes),
            },
            effect,
            before,
            version: platform.version.clone(),
            real,
        })
    }

    /// Of a plan that may have nothing to do with the platform, as one that takes something back.
    pub(super) async fn of_plan(cluster: &Cluster, plan: &Plan) -> Result<Option<Self>, Error> {
        let changes = changes_of(plan);
        if changes.is_empty() {
            return Ok(None);
        }
        match ground(cluster).await? {
            Ground::OpenShift(platform) => {
                Self::of(cluster, &platform, plan, &changes).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Says what the nodes will do, and asks unless that was answered beforehand. Says nothing where nothing changes; asks
    /// nothing in a dry run.
    ///
    /// # Errors
    ///
    /// When the answer is no, or nobody can be asked; when what `--wait` would follow cannot be read.
    pub(super) fn announce(
        &self,
        run: &mut Run,
        flags: &RolloutFlags,
        write: &WriteFlags,
    ) -> Result<(), Error> {
        if !self.real {
            return Ok(());
        }
        for line in self.words() {
            run.ui.status(line);
        }
        if write.dry_run != DryRun::None {
            return Ok(());
        }
        if flags.wait.is_some() && !self.before.unread.is_empty() {
            return Err(Error::failure(format!(
                "--wait could not follow it: {}",
                self.before.unread.join("; ")
            ))
            .hint("nothing was written; without --wait it is"));
        }
        if flags.yes {
            return Ok(());
        }
        if !run.ui.is_interactive() {
            return Err(Error::usage(
                "this changes the whole cluster, and is written only after a yes",
            )
            .hint("--yes says so beforehand; --dry-run=server shows what would be written"));
        }
        if run.ui.confirm("Change the whole cluster?")? {
            Ok(())
        } else {
            Err(Error::failure("not wanted: nothing was written"))
        }
    }

    /// What the nodes will do, and which pools that are.
    fn words(&self) -> Vec<String> {
        let version = self.version.as_ref().map_or_else(
            || "an OpenShift of unknown version, taken for a new one".to_owned(),
            |version| format!("OpenShift {version}"),
        );
        let mut lines = vec![if self.effect.rolls {
            format!(
                "on {version} every node {}, one after another in its pool",
                self.effect.words()
            )
        } else {
            format!("on {version} every node {}", self.effect.words())
        }];
        if self.effect.rolls {
            for pool in self.before.pools.iter().filter(|pool| pool.machines > 0) {
                let paused = if pool.paused {
                    ", paused: it waits until it is not"
                } else {
                    ""
                };
                lines.push(format!(
                    "  pool {}: {} {}{paused}",
                    pool.name,
                    pool.machines,
                    if pool.machines == 1 {
                        "machine"
                    } else {
                        "machines"
                    }
                ));
            }
        }
        let restarting: Vec<&str> = self
            .expected
            .operators
            .iter()
            .filter(|uptake| uptake.restarts)
            .map(|uptake| uptake.operator)
            .collect();
        if !restarting.is_empty() {
            lines.push(format!(
                "restarts to take it up, for image imports: {}",
                restarting.join(", ")
            ));
        }
        lines
    }

    /// Waits where `--wait` asks for it and something was written.
    ///
    /// # Errors
    ///
    /// When the time is over, or something will not move again: with what is open and why. The change itself stays.
    pub(super) async fn follow(
        self,
        run: &mut Run,
        cluster: &Cluster,
        flags: &RolloutFlags,
        write: &WriteFlags,
    ) -> Result<(), Error> {
        if !self.real || write.dry_run != DryRun::None {
            return Ok(());
        }
        match flags.wait {
            Some(time) => follow::follow(run, cluster, self.before, self.expected, time).await,
            None => {
                run.ui.status(
                    "the cluster takes it up from now on; --wait would have waited for that, `oc get mcp` shows the nodes",
                );
                Ok(())
            }
        }
    }
}

/// Whether any object would be another than the one that was read.
pub(super) fn changes_anything(plan: &Plan) -> Result<bool, Error> {
    let objects = after::after(plan).map_err(|refusal| Error::failure(refusal.to_string()))?;
    Ok(objects.iter().any(|(object, after)| {
        let seen = plan
            .changes
            .iter()
            .find(|change| change.object == *object)
            .and_then(|change| change.seen.as_ref());
        seen != after.as_ref()
    }))
}
