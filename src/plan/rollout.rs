//! How far a change of the platform's configuration has come: from the objects before it was written and the objects now to
//! what is done, what is under way and what is stuck. Pure; [`crate::verbs`] reads the objects and waits.
//!
//! A pool has begun once its rendered configuration is another than before, and is done when all its machines have it. An
//! operator that restarts has to be seen to move; one that does not move for [`QUIET`] had nothing to do.

mod read;
mod stuck;

use std::time::Duration;

use super::node_effects::Uptake;

pub use read::{Node, Operator, Pool, Snapshot, drain_event};

/// How long an operator that is expected to restart may show nothing before it counts as having nothing to do. The config
/// observers of operators look at least once a minute.
pub const QUIET: Duration = Duration::from_secs(120);

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The pools get a new rendered configuration.
    pub pools: bool,
    /// The nodes take over what ControllerConfig holds (CAs of registries since 4.14).
    pub certificates: bool,
    pub operators: Vec<Uptake>,
}

/// Follows a change from look to look.
#[derive(Debug)]
pub struct Rollout {
    before: Snapshot,
    expected: Expected,
    /// Operators that were seen to move.
    moved: Vec<String>,
}

/// One look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// What has taken the change up, one line each.
    pub done: Vec<String>,
    /// What has not, one line each: `worker: 2 of 5 machines`.
    pub open: Vec<String>,
    /// What keeps it up, or will never take it up by itself: one line each.
    pub stuck: Vec<String>,
    /// Nothing of what is open will move again.
    pub hopeless: bool,
}

impl Standing {
    /// Whether everything that can take the change up has.
    pub fn is_over(&self) -> bool {
        self.open.is_empty()
    }
}

impl Rollout {
    /// `before`: the objects as they were before anything was written.
    pub fn new(before: Snapshot, expected: Expected) -> Self {
        Self {
            before,
            expected,
            moved: Vec::new(),
        }
    }

    /// Judges a look, `since` the change was written.
    pub fn look(&mut self, now: &Snapshot, since: Duration) -> Standing {
        let mut standing = Standing::default();
        if self.expected.pools {
            for pool in &now.pools {
                self.pool(pool, now, &mut standing);
            }
        }
        if self.expected.certificates {
            self.certificates(now, since, &mut standing);
        }
        for uptake in self.expected.operators.clone() {
            if let Some(operator) = now.operators.iter().find(|it| it.name == uptake.operator) {
                self.operator(operator, uptake.restarts, since, &mut standing);
            }
        }
        standing.stuck.extend(stuck::nodes(now));
        standing
    }

    fn pool(&self, pool: &Pool, now: &Snapshot, standing: &mut Standing) {
        let name = &pool.name;
        let before = self.before.pools.iter().find(|it| it.name == *name);
        let begun = before.is_none_or(|before| before.target != pool.target);
        if pool.machines == 0 {
            return;
        }
        if let Some(why) = &pool.render_degraded {
            standing
                .open
                .push(format!("pool {name}: its configuration cannot be rendered"));
            standing.stuck.push(format!(
                "pool {name} cannot render its configuration: {why}"
            ));
            let was = before.is_some_and(|before| before.render_degraded.is_some());
            standing.hopeless |= !was;
            return;
        }
        if pool.paused {
            let machines = machines(pool.machines);
            standing.stuck.push(format!(
                "pool {name} is paused: its {machines} take nothing up until `spec.paused` is false"
            ));
            return;
        }
        if begun && pool.is_updated() {
            standing
                .done
                .push(format!("pool {name}: all {}", machines(pool.machines)));
            return;
        }
        standing.open.push(if begun {
            let at = now
                .nodes
                .iter()
                .filter(|node| node.wants(&pool.target))
                .find_map(Node::doing)
                .map_or_else(String::new, |doing| format!(" ({doing})"));
            format!(
                "pool {name}: {} of {}{at}",
                pool.updated,
                machines(pool.machines)
            )
        } else {
            format!("pool {name}: not begun")
        });
        if let Some(why) = pool.degraded.as_ref().filter(|why| !why.is_empty()) {
            standing
                .stuck
                .push(format!("pool {name} is degraded: {why}"));
        }
    }

    /// The daemon of every node notes the version of ControllerConfig whose certificates it has written.
    ///
    /// Source: machine-config-operator `pkg/daemon/certificate_writer.go` `syncControllerConfigHandler`.
    fn certificates(&self, now: &Snapshot, since: Duration, standing: &mut Standing) {
        let Some(version) = &now.controller_config else {
            return;
        };
        let moved = self.before.controller_config.as_ref() != Some(version);
        let managed = || now.nodes.iter().filter(|node| node.synced.is_some());
        let behind = managed()
            .filter(|node| node.synced.as_ref() != Some(version))
            .count();
        let all = managed().count();
        if all == 0 {
            return;
        }
        if behind == 0 && (moved || since >= QUIET) {
            standing
                .done
                .push(format!("certificates: on {}", machines_of(all)));
        } else {
            let have = if moved { all - behind } else { 0 };
            standing
                .open
                .push(format!("certificates: on {have} of {}", machines_of(all)));
        }
    }

    fn operator(
        &mut self,
        operator: &Operator,
        restarts: bool,
        since: Duration,
        standing: &mut Standing,
    ) {
        let name = &operator.name;
        let before = self.before.operators.iter().find(|it| it.name == *name);
        let changed =
            before.is_none_or(|before| before.progressing_since != operator.progressing_since);
        if (operator.progressing || changed) && !self.moved.contains(name) {
            self.moved.push(name.clone());
        }
        if let Some(why) = &operator.degraded {
            standing.open.push(format!("operator {name}: degraded"));
            standing
                .stuck
                .push(format!("operator {name} is degraded: {why}"));
        } else if !operator.available {
            standing
                .open
                .push(format!("operator {name}: not available"));
        } else if restarts && operator.progressing {
            standing.open.push(format!("operator {name}: restarting"));
        } else if restarts && !self.moved.contains(name) && since < QUIET {
            standing.open.push(format!("operator {name}: not begun"));
        } else {
            standing.done.push(format!("operator {name}: healthy"));
        }
    }
}

fn machines(count: u64) -> String {
    match count {
        1 => "1 machine".to_owned(),
        many => format!("{many} machines"),
    }
}

fn machines_of(count: usize) -> String {
    machines(u64::try_from(count).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
