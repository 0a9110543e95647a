//! `unlink`: which secrets are meant, who names them, plan, write.

mod gather;

use super::connecting::connect;
use super::{Run, namespaces, writing};
use crate::cli::global::Global;
use crate::cli::unlink::UnlinkArgs as Flags;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::plan::Plan;
use crate::plan::unlink::{self, UnlinkArgs, UnlinkRefusal};

pub(super) async fn run(run: &mut Run, global: &Global, flags: &Flags) -> Result<(), Error> {
    let (cluster, plan) = prepare(run, global, flags).await?;
    let nothing = plan.changes.is_empty();
    let applied = writing::carry_out(run, &cluster, &flags.write, &plan, "unlink", None).await?;
    if nothing {
        run.ui.status("nothing to take off");
    }
    if let Some(id) = &applied.journal {
        run.ui
            .status(format!("`{} undo {id}` takes it back", run.program));
    }
    Ok(())
}

/// Everything up to the first write.
///
/// # Errors
///
/// When the argument means nothing there, and what must not be written.
pub(super) async fn prepare(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
) -> Result<(Cluster, Plan), Error> {
    let target = gather::Target::of(&flags.target)?;
    let cluster = connect(run, global).await?;
    let namespaces = namespaces::resolve(run, &cluster, global, &flags.namespaces).await?;
    let views = gather::gather(&cluster, &namespaces, &target, flags).await?;
    let args = UnlinkArgs {
        purposes: flags.purposes,
        accounts: &flags.service_accounts,
        keep_secret: flags.keep_secret,
        program: run.program,
        many: namespaces.many,
    };
    let plan = unlink::unlink(&views, &args).map_err(refused)?;
    Ok((cluster, plan))
}

fn refused(refusal: UnlinkRefusal) -> Error {
    let error = Error::failure(refusal.to_string());
    match refusal {
        UnlinkRefusal::NoAccount { near, .. } if !near.is_empty() => {
            error.hint(format!("did you mean {}?", near.join(" or ")))
        }
        UnlinkRefusal::NoAccount { .. } | UnlinkRefusal::NotOurs(_) => error,
    }
}
