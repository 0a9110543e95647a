//! `promote`: read both ends, say what has to move, move it, tag it.

mod attached;
mod carry;
mod credential;
mod ends;
mod failed;
mod image;
mod plan;
mod report;
mod side;
mod stream;

use super::Run;
use crate::cli::global::Global;
use crate::cli::output::DryRun;
use crate::cli::promote::PromoteArgs as Flags;
use crate::cluster::Cluster;
use crate::error::Error;
use credential::Said;
use ends::Ends;
use report::Done;
use side::Side;

pub(super) async fn run(run: &mut Run, global: &Global, flags: &Flags) -> Result<(), Error> {
    let ends = Ends::of(run, flags)?;
    let cluster = cluster(run, global, flags, &ends).await?;
    let source = stream::resolve(run, cluster.as_ref(), &ends, flags).await?;
    let target = ends.target(&source.image)?;
    let mut said = Said::default();
    let source = Side::source(run, cluster.as_ref(), flags, source, &mut said).await?;
    let target = Side::target(run, cluster.as_ref(), flags, target, &mut said).await?;
    if source.is(&target) {
        return Err(Error::usage(format!(
            "{} is both where the image is and where it should go",
            target.image
        )));
    }
    Box::pin(side::check(run, flags, &source, &target)).await?;
    let reading = Box::pin(plan::read(run, flags, &source, &target));
    let plan = match interrupted(run, reading).await {
        Some(plan) => plan?,
        None => {
            run.ui.status("interrupted: nothing was written");
            return Err(Error::exit_only(crate::error::Kind::Interrupted));
        }
    };
    let done = if plan.is_done() {
        Done::unchanged(&plan)
    } else if flags.dry_run == DryRun::None {
        Box::pin(carry::out(run, &source, &target, &plan)).await?
    } else {
        Done::planned(&plan)
    };
    report::say(run, flags, &source, &target, &plan, &done)
}

/// The cluster, where something of it is named: between two registries none is needed.
async fn cluster(
    run: &Run,
    global: &Global,
    flags: &Flags,
    ends: &Ends,
) -> Result<Option<Cluster>, Error> {
    let wanted = ends.is_stream()
        || flags.sides.source_from_secret.is_some()
        || flags.sides.target_from_secret.is_some();
    if wanted {
        super::connecting::connect(run, global).await.map(Some)
    } else {
        Ok(None)
    }
}

/// The work's result; `None` when Ctrl-C was pressed before its end.
async fn interrupted<T>(run: &Run, work: impl Future<Output = T>) -> Option<T> {
    let _held = run.interrupt.hold();
    let asked = async {
        while !run.interrupt.is_asked() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        done = work => Some(done),
        () = asked => None,
    }
}
