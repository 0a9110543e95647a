//! `insecure`: what the registry speaks, what image.config says of it, what the nodes will do, write, wait.

mod own;
mod probe;

use super::connecting::connect;
use super::platform_rollout::{self, Change, OpenShift, Wanted, What};
use super::{Run, arguments, node_output, writing};
use crate::cli::global::Global;
use crate::cli::insecure::InsecureArgs as Flags;
use crate::cluster::{Cluster, kinds};
use crate::error::Error;
use crate::model::endpoint::Endpoint;
use crate::plan::insecure::{self, InsecureArgs, InsecureRefusal};
use crate::plan::node_effects::PlatformChange;
use crate::plan::node_scripts::Job;
use crate::plan::{Object, Plan};
use probe::Speaks;

pub(super) async fn run(run: &mut Run, global: &Global, flags: &Flags) -> Result<(), Error> {
    let endpoint = target(run, flags)?;
    own::refuse_name(run, flags, &endpoint)?;
    if flags.nodes.wanted() {
        return Box::pin(for_nodes(run, global, flags, &endpoint)).await;
    }
    let ready = Box::pin(prepare(run, global, flags, &endpoint)).await?;
    let change = Change::of(&ready.cluster, &ready.platform, &ready.plan, &ready.changes).await?;
    change.announce(run, &flags.rollout, &flags.write)?;
    let applied = Box::pin(writing::carry_out(
        run,
        &ready.cluster,
        &flags.write,
        &ready.plan,
        "insecure",
        None,
    ))
    .await?;
    if let Some(id) = &applied.journal {
        run.ui
            .status(format!("`{} undo {id}` takes it back", run.program));
    }
    Box::pin(change.follow(run, &ready.cluster, &flags.rollout, &flags.write)).await
}

/// What is planned, and not written yet.
struct Prepared {
    cluster: Cluster,
    platform: OpenShift,
    plan: Plan,
    changes: Vec<PlatformChange>,
}

/// Everything up to the first write.
async fn prepare(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
    endpoint: &Endpoint,
) -> Result<Prepared, Error> {
    let registry = endpoint.name();
    let cluster = connect(run, global).await?;
    let wanted = Wanted {
        what: What::Insecure,
        registry: &registry,
        program: run.program,
    };
    let platform = platform_rollout::ground(&cluster)
        .await?
        .platform(&wanted)?;
    let name = kinds::IMAGE_CONFIG.object(None, "cluster");
    let object = cluster.get(&name).await?.map(Object::new).ok_or_else(|| {
        Error::failure(format!("{name} does not exist"))
            .hint("OpenShift makes it when it is installed; `oc get clusteroperators` says what is missing")
    })?;
    own::refuse_address(run, &cluster, flags, &object, &registry).await?;
    let args = InsecureArgs {
        registry: &registry,
        remove: flags.remove,
        allow: flags.allow,
        force: flags.force,
    };
    let (plan, changes) = insecure::insecure(&object, &args)
        .map_err(|refusal| refused(refusal, run.program, &registry))?;
    // What is there already was decided before, and what is taken away does no harm.
    if !flags.remove && platform_rollout::changes_anything(&plan)? {
        Box::pin(check(run, Some(&cluster), flags, endpoint)).await?;
    }
    Ok(Prepared {
        cluster,
        platform,
        plan,
        changes,
    })
}

/// The registry of the argument.
fn target(run: &mut Run, flags: &Flags) -> Result<Endpoint, Error> {
    let registry = arguments::registry(&mut run.ui, &flags.target, |_| {
        "a whole registry is insecure or not: imports of image streams know no paths there"
            .to_owned()
    })?;
    Ok(registry.endpoint)
}

/// Scripts for nodes; for containerd what the registry speaks decides what is written.
async fn for_nodes(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
    endpoint: &Endpoint,
) -> Result<(), Error> {
    let mut plain_http = flags.plain_http;
    if flags.nodes.openshift3 {
        own::refuse_unknown_address(run, flags, &endpoint.name())?;
    }
    if !flags.remove {
        let speaks = Box::pin(check(run, None, flags, endpoint)).await?;
        plain_http |= matches!(speaks, Some(Speaks::PlainHttp));
        if speaks.is_none() && flags.nodes.containerd && !plain_http {
            run.ui
                .status("taken for a registry with TLS; --plain-http says that it has none");
        }
    }
    let registry = endpoint.name();
    let job = Job::Insecure {
        registry: &registry,
        plain_http,
    };
    Box::pin(node_output::run(
        run,
        global,
        &flags.nodes,
        &job,
        flags.remove,
    ))
    .await
}

/// Asks the registry what it speaks, and refuses where verification need not be given up. `None` where nothing was asked.
async fn check(
    run: &mut Run,
    cluster: Option<&Cluster>,
    flags: &Flags,
    endpoint: &Endpoint,
) -> Result<Option<Speaks>, Error> {
    if flags.skip_check {
        run.ui.warning(format!(
            "not checked: whether {endpoint} has a certificate that could be trusted instead"
        ));
        return Ok(None);
    }
    let speaks = probe::probe(&run.env, cluster, flags, endpoint).await?;
    let forced = |error: Error, run: &mut Run| {
        if flags.force {
            run.ui.warning(error.message());
            Ok(())
        } else {
            Err(error.hint("nothing was written; --force writes all the same"))
        }
    };
    let program = run.program;
    match &speaks {
        Speaks::PlainHttp => run.ui.status(format!(
            "{} {endpoint} speaks plain HTTP: what is pulled can be read and changed on its way",
            run.ui.glyphs().dot
        )),
        Speaks::Faulty(words) => run.ui.status(format!(
            "{} {endpoint} has a certificate that no CA helps: {words}",
            run.ui.glyphs().dot
        )),
        Speaks::Trusted { by } => forced(
            Error::failure(format!(
                "the certificate of {endpoint} is trusted already (by {by}): there is nothing to give up for"
            )),
            run,
        )?,
        Speaks::Trustable { issuer, shown } => {
            let error = Error::failure(format!(
                "{endpoint} has a certificate of {issuer:?}, which could be trusted instead"
            ));
            let error = if *shown {
                error.hint(format!(
                    "`{program} trust {endpoint} --from-registry` shows it and makes it trusted; --ca FILE takes it from a file"
                ))
            } else {
                error.hint(format!(
                    "`{program} trust {endpoint} --ca FILE` makes it trusted"
                ))
            };
            forced(error, run)?;
        }
    }
    Ok(Some(speaks))
}

fn refused(refusal: InsecureRefusal, program: &str, registry: &str) -> Error {
    let error = Error::failure(refusal.to_string());
    match refusal {
        InsecureRefusal::Blocked { entry } => error.hint(format!(
            "take {entry} out of spec.registrySources.blockedRegistries with `oc edit image.config.openshift.io/cluster`; --force adds {registry} all the same"
        )),
        InsecureRefusal::NotAllowed { .. } => error.hint(format!(
            "`{program} insecure {registry} --allow` adds it there as well"
        )),
    }
}
