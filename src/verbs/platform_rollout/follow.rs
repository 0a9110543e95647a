//! `--wait`: looks until nodes and operators have taken a change up, shows how far they are, and says what keeps them.

use std::time::{Duration, Instant};

use crate::cluster::{Cluster, ClusterError, Kind, Scope, Selectors, kinds};
use crate::error::{Error, Kind as ErrorKind};
use crate::plan::rollout::{
    Expected, Node, Operator, Pool, Rollout, Snapshot, Standing, drain_event,
};
use crate::verbs::Run;

/// The pause after the first look; it doubles up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_millis(250);
/// Nodes take minutes.
const LONGEST: Duration = Duration::from_secs(5);
/// Looks in a row that may fail before the wait ends.
const FAILURES: u32 = 60;

/// Everything that a look needs, at the same time. What cannot be read is noted in it.
pub(super) async fn snapshot(cluster: &Cluster) -> Snapshot {
    let events = Selectors {
        labels: None,
        fields: Some("involvedObject.kind=Node,type=Warning".to_owned()),
    };
    let all = Selectors::default();
    let controller = kinds::CONTROLLER_CONFIG.object(None, "machine-config-controller");
    let (pools, operators, nodes, drains, config) = tokio::join!(
        read(cluster, kinds::MACHINE_CONFIG_POOL, &all, |it| Some(
            Pool::of(&it)
        )),
        read(cluster, kinds::CLUSTER_OPERATOR, &all, |it| Some(
            Operator::of(&it)
        )),
        read(cluster, kinds::NODE, &all, |it| Some(Node::of(&it))),
        read(cluster, kinds::EVENT, &events, |it| {
            let time = |field: &str| it[field].as_str().unwrap_or_default().to_owned();
            drain_event(&it).map(|found| (time("lastTimestamp").max(time("eventTime")), found))
        }),
        async {
            if cluster.serves_resource(kinds::CONTROLLER_CONFIG).await? {
                cluster.get(&controller).await
            } else {
                Ok(None)
            }
        },
    );
    let mut unread = Vec::new();
    let mut pools = part(pools, "machineconfigpools", &mut unread);
    let operators = part(operators, "clusteroperators", &mut unread);
    let mut nodes = part(nodes, "nodes", &mut unread);
    // Without events nothing is wrong: they only tell why.
    let mut drains = drains.unwrap_or_default();
    drains.sort();
    pools.sort_by(|a, b| a.name.cmp(&b.name));
    nodes.sort_by(|a, b| a.name.cmp(&b.name));
    let config = match config {
        // Who may not read it follows the operators alone.
        Ok(None) | Err(ClusterError::Forbidden { .. }) => None,
        Ok(Some(config)) => Some(config),
        Err(error) => {
            unread.push(format!("controllerconfigs cannot be read: {error}"));
            None
        }
    };
    Snapshot {
        pools,
        operators,
        nodes,
        controller_config: config.and_then(|it| {
            it["metadata"]["resourceVersion"]
                .as_str()
                .map(str::to_owned)
        }),
        drains: drains.into_iter().map(|(_, found)| found).collect(),
        unread,
    }
}

async fn read<T: Send>(
    cluster: &Cluster,
    kind: Kind,
    selectors: &Selectors,
    keep: impl Fn(serde_json::Value) -> Option<T> + Send + Sync,
) -> Result<Vec<T>, ClusterError> {
    if !cluster.serves_resource(kind).await? {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    cluster
        .list(kind, &Scope::All, selectors, |object| {
            found.extend(keep(object));
        })
        .await?;
    Ok(found)
}

fn part<T>(read: Result<Vec<T>, ClusterError>, what: &str, unread: &mut Vec<String>) -> Vec<T> {
    read.unwrap_or_else(|error| {
        unread.push(format!("{what} cannot be read: {error}"));
        Vec::new()
    })
}

/// Looks until everything is done, the time is over, or nothing will move again.
pub(super) async fn follow(
    run: &mut Run,
    cluster: &Cluster,
    before: Snapshot,
    expected: Expected,
    time: Duration,
) -> Result<(), Error> {
    let started = Instant::now();
    let mut rollout = Rollout::new(before, expected);
    let mut told = Told::default();
    let mut between = SHORTEST;
    let mut failures = 0;
    let ticker = run.ui.ticker();
    let held = run.interrupt.hold();
    loop {
        let now = snapshot(cluster).await;
        let standing = if now.unread.is_empty() {
            failures = 0;
            rollout.look(&now, started.elapsed())
        } else {
            // They could be read before: the API server is one of those that restart.
            failures += 1;
            if failures > FAILURES {
                return Err(Error::failure(format!(
                    "the change is written, and its way to the nodes cannot be followed any more: {}",
                    now.unread.join("; ")
                )));
            }
            told.last.clone()
        };
        ticker.aside(|| told.tell(run, &standing));
        ticker.show(&standing.open.join(", "));
        if failures == 0 && standing.is_over() {
            return Ok(());
        }
        if standing.hopeless {
            return Err(not_over("it will not be taken up as it is", &standing, run));
        }
        if started.elapsed() >= time {
            let words = format!("not taken up within {}", words_of(time));
            return Err(not_over(&words, &standing, run));
        }
        let pause = between.min(time.saturating_sub(started.elapsed()));
        if interrupted(run, pause).await {
            drop((held, ticker));
            run.ui.status(format!(
                "interrupted: the change stays; still open: {}",
                standing.open.join(", ")
            ));
            return Err(Error::exit_only(ErrorKind::Interrupted));
        }
        between = (between * 2).min(LONGEST);
    }
}

/// What was said already.
#[derive(Default)]
struct Told {
    lines: Vec<String>,
    last: Standing,
}

impl Told {
    /// Says what is new: what is done, and what keeps the rest.
    fn tell(&mut self, run: &mut Run, standing: &Standing) {
        let pass = run.ui.glyphs().pass;
        for line in &standing.done {
            if self.is_new(line) {
                run.ui.status(format!("{pass} {line}"));
            }
        }
        for line in &standing.stuck {
            if self.is_new(line) {
                run.ui.warning(line);
            }
        }
        // What was done and is not any more is said again when it is.
        self.lines
            .retain(|line| standing.done.contains(line) || standing.stuck.contains(line));
        self.last = standing.clone();
    }

    fn is_new(&mut self, line: &str) -> bool {
        let new = !self.lines.iter().any(|known| known == line);
        if new {
            self.lines.push(line.to_owned());
        }
        new
    }
}

fn not_over(words: &str, standing: &Standing, run: &Run) -> Error {
    let mut error = Error::failure(format!(
        "the change is written, and {words}: {}",
        standing.open.join(", ")
    ));
    for line in &standing.stuck {
        error = error.hint(line.clone());
    }
    error.hint(format!(
        "`{} undo` takes the change back; the cluster goes on taking it up otherwise",
        run.program
    ))
}

/// Waits, and says whether the user has had enough.
async fn interrupted(run: &Run, time: Duration) -> bool {
    let end = Instant::now() + time;
    while Instant::now() < end {
        if run.interrupt.is_asked() {
            return true;
        }
        let left = end.saturating_duration_since(Instant::now());
        tokio::time::sleep(left.min(Duration::from_millis(50))).await;
    }
    run.interrupt.is_asked()
}

fn words_of(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds > 0 && seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        seconds if seconds > 0 && seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        seconds if seconds > 0 => format!("{seconds}s"),
        _ => format!("{}ms", time.as_millis()),
    }
}
