//! `trust`: what is offered, what the registry shows, the judgement, plan, question, write, wait.

mod file;
mod gather;
mod list;
mod live;
mod removal;
mod source;
mod target;

use jiff::Timestamp;

use super::connecting::connect;
use super::platform_rollout::{self, OpenShift, Wanted, What, changes_anything};
use super::{Run, node_output, writing};
use crate::apply::Applied;
use crate::cli::global::Global;
use crate::cli::output::DryRun;
use crate::cli::trust::TrustArgs as Flags;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::model::certificate::Certificate;
use crate::model::endpoint::RegistryArgument;
use crate::model::pem;
use crate::plan::Plan;
use crate::plan::node_effects::PlatformChange;
use crate::plan::node_scripts::Job;
use crate::plan::trust::{self, NAMESPACE, Scope, TrustRefusal, TrustView};
use crate::ui::sanitize_line;
pub(super) use removal::{Removed, settle};

/// How often a plan is made anew when somebody else undid a part of it meanwhile.
const ROUNDS: usize = 3;

/// What is judged and planned, and not written yet.
pub(super) struct Prepared {
    pub(super) cluster: Cluster,
    pub(super) plan: Plan,
    platform: OpenShift,
    registry: RegistryArgument,
    scope: Scope,
    /// What is put in; empty when something is taken out.
    certificates: Vec<Certificate>,
}

pub(super) async fn run(run: &mut Run, global: &Global, flags: &Flags) -> Result<(), Error> {
    if flags.list {
        return list::run(run, global, flags).await;
    }
    if let Some(file) = &flags.install_config {
        return file::run(run, flags, file).await;
    }
    if flags.nodes.wanted() {
        return Box::pin(for_nodes(run, global, flags)).await;
    }
    let ready = Box::pin(prepare(run, global, flags)).await?;
    let change = platform_rollout::Change::of(
        &ready.cluster,
        &ready.platform,
        &ready.plan,
        &[platform_change(ready.scope)],
    )
    .await?;
    change.announce(run, &flags.rollout, &flags.write)?;
    let applied = write(run, flags, &ready).await?;
    if let Some(id) = &applied.journal {
        run.ui
            .status(format!("`{} undo {id}` takes it back", run.program));
    }
    change
        .follow(run, &ready.cluster, &flags.rollout, &flags.write)
        .await
}

/// Everything up to the first write and the question before it.
///
/// # Errors
///
/// What is wrong with the arguments and with what is offered, what the check against the registry found, and what must not be
/// written.
pub(super) async fn prepare(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
) -> Result<Prepared, Error> {
    let registry = target::registry(&mut run.ui, flags)?;
    let scope = Scope::from(flags.scope);
    if scope == Scope::Registry {
        target::fits_key(&registry)?;
    }
    // Files and standard input come before anything that takes time.
    let offer = source::given(run, flags)?;
    let cluster = connect(run, global).await?;
    let name = registry.endpoint.name();
    let wanted = Wanted {
        what: match scope {
            Scope::Registry => What::RegistryCa,
            Scope::Cluster => What::ClusterCa,
        },
        registry: &name,
        program: run.program,
    };
    let platform = platform_rollout::ground(&cluster)
        .await?
        .platform(&wanted)?;
    let (certificates, plan) = if flags.remove {
        let named = removal::named(flags, offer.as_ref());
        let view = gather::view(&cluster, scope).await?;
        let plan = trust::remove(&view, &name, named.as_deref())
            .map_err(|it| refused(it, run.program, &name))?;
        (Vec::new(), plan)
    } else {
        let certificates = source::judged(run, flags, &registry, offer).await?;
        let view = gather::view(&cluster, scope).await?;
        let plan = trust::add(&view, &name, &certificates, flags.repair)
            .map_err(|it| refused(it, run.program, &name))?;
        (certificates, plan)
    };
    Ok(Prepared {
        cluster,
        plan,
        platform,
        registry,
        scope,
        certificates,
    })
}

fn platform_change(scope: Scope) -> PlatformChange {
    match scope {
        Scope::Registry => PlatformChange::RegistryCa,
        Scope::Cluster => PlatformChange::ClusterCa,
    }
}

/// Writes, and looks whether it holds: the ConfigMap and what names it are two objects, and somebody else may have taken one
/// away while the other was written.
async fn write(run: &mut Run, flags: &Flags, ready: &Prepared) -> Result<Applied, Error> {
    let cluster = &ready.cluster;
    let applied =
        writing::carry_out(run, cluster, &flags.write, &ready.plan, "trust", None).await?;
    if flags.write.dry_run != DryRun::None || applied.journal.is_none() {
        if flags.remove && ready.plan.changes.is_empty() {
            run.ui.status("nothing to take out");
        }
        return Ok(applied);
    }
    if flags.remove {
        let unnamed = applied
            .outcomes
            .iter()
            .any(|outcome| outcome.object.kind == ready.scope.kind() && outcome.is_change());
        let removed = Removed {
            cluster,
            scope: ready.scope,
            unnamed,
            verb: "trust",
            undoes: None,
        };
        settle(run, &flags.write, removed).await?;
        return Ok(applied);
    }
    for _ in 0..ROUNDS {
        let view = gather::view(cluster, ready.scope).await?;
        let again = again(run, flags, ready, &view)?;
        if !changes_anything(&again)? {
            return Ok(applied);
        }
        run.ui
            .status("somebody else changed it meanwhile: it is written once more");
        writing::carry_out(run, cluster, &flags.write, &again, "trust", None).await?;
    }
    Err(Error::failure(
        "others keep changing what names the certificates: whether they are trusted now is not known",
    )
    .hint(format!("`{} trust --list` shows it", run.program)))
}

/// The same plan on what is there now.
fn again(run: &Run, flags: &Flags, ready: &Prepared, view: &TrustView) -> Result<Plan, Error> {
    let name = ready.registry.endpoint.name();
    trust::add(view, &name, &ready.certificates, flags.repair)
        .map_err(|it| refused(it, run.program, &name))
}

/// Scripts for nodes that have no such configuration: the same certificates, judged in the same way.
async fn for_nodes(run: &mut Run, global: &Global, flags: &Flags) -> Result<(), Error> {
    let registry = target::registry(&mut run.ui, flags)?;
    let ca = if flags.remove {
        String::new()
    } else {
        let offer = source::given(run, flags)?;
        source::judged(run, flags, &registry, offer)
            .await?
            .iter()
            .map(|certificate| pem::encode(certificate.der()))
            .collect()
    };
    let name = registry.endpoint.name();
    let job = Job::Trust {
        registry: &name,
        ca: &ca,
    };
    node_output::run(run, global, &flags.nodes, &job, flags.remove).await
}

/// The planner's refusal with what to do about it.
fn refused(refusal: TrustRefusal, program: &str, registry: &str) -> Error {
    use crate::plan::edit::OpRefusal;
    let error = Error::failure(sanitize_line(&refusal.to_string(), 1500));
    match refusal {
        TrustRefusal::Bundle {
            refusal: OpRefusal::Malformed { .. },
            ..
        } => error.hint("--repair mends it: what nodes can read stays as it is, and so does other text"),
        TrustRefusal::Bundle {
            refusal: OpRefusal::PrivateKey { .. },
            object,
        } => error.hint(format!(
            "take the key out of {object} by hand, and replace it wherever it is used: it can be read by many"
        )),
        TrustRefusal::Bundle { .. } => error,
        TrustRefusal::Foreign { object } => error.hint(format!(
            "name it in image.config if it is meant to be used, or delete it: `oc delete {object} -n {NAMESPACE}`"
        )),
        TrustRefusal::Emptied { object } => error.hint(format!(
            "put another CA into it first, or take {object} out of the Proxy with `oc edit proxy.config.openshift.io cluster`; then `{program} trust {registry} --remove`"
        )),
    }
}

/// A certificate on two lines, for people.
fn describe(certificate: &Certificate) -> [String; 2] {
    let until = certificate.not_after.map_or_else(
        || "without an end".to_owned(),
        |end: Timestamp| format!("until {}", end.strftime("%Y-%m-%d")),
    );
    [
        format!("{}, {until}", trust::offer::subject(certificate)),
        format!("  SHA-256 {}", certificate.fingerprint()),
    ]
}
