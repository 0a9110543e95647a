//! `import`: what the tag is and follows now, the API server's dry run, plan, the real import, and what came of it.

mod ask;
mod carry_out;
mod report;
mod target;

use super::connecting::connect;
use super::{Run, namespaces};
use crate::apply::import::require_rights;
use crate::cli::global::Global;
use crate::cli::import::{ImportArgs as Flags, ImportMode, PolicyFlags, ReferencePolicy};
use crate::cluster::importing::ImportedImage;
use crate::cluster::snapshot::Want;
use crate::cluster::{Cluster, Kind, Scope, Selectors, kinds};
use crate::error::Error;
use crate::plan::import::login::logins;
use crate::plan::import::{
    ImportArgs, ImportRefusal, Obstacle, Planned, Policies, Wish, import as plan_import,
};
use crate::plan::link::near;
use crate::plan::{Object, Plan};
use crate::ui::sanitize_line;

use target::Target;

/// An import that is checked and planned, and not made yet.
pub(super) struct Prepared {
    pub(super) cluster: Cluster,
    /// What the stream's specification will be.
    pub(super) plan: Plan,
    target: Target,
    /// The stream as it was read; `None` where it is to be made.
    seen: Option<Object>,
    wishes: Vec<Wish>,
    policies: Policies,
    change_source: bool,
    program: &'static str,
    /// What the dry run found, one a wish; empty where there was none.
    found: Vec<ImportedImage>,
    /// Tags of the repository that the dry run could not have.
    failed: Vec<String>,
}

pub(super) async fn run(run: &mut Run, global: &Global, flags: &Flags) -> Result<(), Error> {
    let ready = Box::pin(prepare(run, global, flags)).await?;
    Box::pin(carry_out::carry_out(run, flags, &ready)).await
}

/// Everything up to the first write: what is there, whether the tag may be changed, the API server's own dry run.
///
/// # Errors
///
/// What is wrong with the arguments, what stands in the way, and what the dry run found, with `doctor`'s report on it.
pub(super) async fn prepare(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
) -> Result<Prepared, Error> {
    let mut target = Target::of(&mut run.ui, flags)?;
    let policies = policies(&flags.policy);
    let cluster = connect(run, global).await?;
    serves(run, &cluster, kinds::IMAGE_STREAM).await?;
    target.within(cluster.namespace());
    let scope = Scope::Namespace(cluster.namespace().to_owned());
    let wants_secrets = Want {
        secrets: true,
        ..Want::default()
    };
    let (seen, view) = tokio::join!(
        cluster.get(&target.stream),
        cluster.namespace_view(&scope, wants_secrets)
    );
    let seen = seen?.map(Object::new);
    if seen.is_none() {
        // Who has so much as a secret there is in no namespace that does not exist.
        if view.secrets.as_ref().is_ok_and(Vec::is_empty) {
            namespaces::exists(&cluster, cluster.namespace()).await?;
        }
        say_new(run, &cluster, &scope, &target).await;
    }
    let mut ready = Prepared {
        plan: Plan::default(),
        seen,
        wishes: target.wish().into_iter().collect(),
        policies,
        change_source: flags.change_source,
        program: run.program,
        found: Vec::new(),
        failed: Vec::new(),
        cluster,
        target,
    };
    // What stands in the way is said before anybody is asked.
    let mut planned = ready.planned(ready.seen.as_ref())?;
    serves(run, &ready.cluster, kinds::IMAGE_STREAM_IMPORT).await?;
    require_rights(&ready.cluster, &ready.target.stream, ready.seen.is_some()).await?;
    let registry = ready.target.image.registry();
    match &view.secrets {
        Ok(secrets) => {
            for words in logins(secrets, &ready.target.image).words(registry) {
                run.ui.status(sanitize_line(&words, 400));
            }
        }
        Err(why) => run.ui.status(format!(
            "not known: which login the import uses for {registry}: {why}"
        )),
    }
    if flags.all {
        ask::repository(run, flags, &mut ready).await?;
        planned = ready.planned(ready.seen.as_ref())?;
    } else if flags.skip_check {
        run.ui
            .warning("not checked: whether the API server can import it (--skip-check)");
    } else {
        ready.found = ask::images(run, flags, &ready, &planned).await?;
    }
    for note in &planned.notes {
        run.ui.status(sanitize_line(note, 600));
    }
    ready.plan = planned.plan;
    Ok(ready)
}

impl Prepared {
    /// The plan on the stream as it is then.
    fn planned(&self, now: Option<&Object>) -> Result<Planned, Error> {
        let args = ImportArgs {
            stream: &self.target.stream,
            wishes: &self.wishes,
            policies: &self.policies,
            change_source: self.change_source,
        };
        plan_import(now, &args).map_err(|refusal| refused(&refusal, self))
    }
}

fn policies(flags: &PolicyFlags) -> Policies {
    Policies {
        insecure: flags.insecure,
        scheduled: flags.scheduled,
        reference: flags.reference_policy.map(|policy| match policy {
            ReferencePolicy::Source => "Source",
            ReferencePolicy::Local => "Local",
        }),
        mode: flags.import_mode.map(|mode| match mode {
            ImportMode::Legacy => "Legacy",
            ImportMode::PreserveOriginal => "PreserveOriginal",
        }),
    }
}

/// Image streams are OpenShift's, and a cluster may be without them, or without their imports.
async fn serves(run: &Run, cluster: &Cluster, kind: Kind) -> Result<(), Error> {
    if cluster.serves_resource(kind).await? {
        return Ok(());
    }
    let what = if kind == kinds::IMAGE_STREAM {
        "has no image streams"
    } else {
        "cannot import images into streams"
    };
    Err(Error::failure(format!(
        "this cluster {what}: it does not serve {}",
        kind.resource_name()
    ))
    .hint(format!(
        "nothing was written; `{} use WORKLOAD IMAGE` names the image in the workload itself",
        run.program
    )))
}

/// That a stream is made, and which others have nearly its name.
async fn say_new(run: &mut Run, cluster: &Cluster, scope: &Scope, target: &Target) {
    let others = cluster
        .names(kinds::IMAGE_STREAM, scope, &Selectors::default())
        .await;
    let others: Vec<String> = others
        .unwrap_or_default()
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    let near = near(&target.stream.name, &others);
    let meant = match near.as_slice() {
        [] => String::new(),
        near => format!("; there is {}", near.join(" and ")),
    };
    run.ui.status(format!(
        "the image stream {:?} does not exist in namespace {:?}: it is made{meant}",
        target.stream.name,
        cluster.namespace()
    ));
}

fn refused(refusal: &ImportRefusal, ready: &Prepared) -> Error {
    let error = Error::failure(refusal.to_string());
    let image = &ready.target.image;
    let followed = refusal
        .obstacles
        .iter()
        .find_map(|obstacle| match obstacle {
            Obstacle::Tag { followed, .. } => Some(followed),
            _ => None,
        });
    let error = match followed {
        Some(followed) if !followed.contains('/') => {
            let followed = if followed.contains(':') {
                followed.clone()
            } else {
                format!("{}:{followed}", ready.target.stream.name)
            };
            error.hint(format!(
                "`{} import {followed} {image}` imports into the tag that it follows",
                ready.program
            ))
        }
        _ => error,
    };
    let consequence = if refusal
        .obstacles
        .iter()
        .any(|obstacle| matches!(obstacle, Obstacle::Pushed { .. }))
    {
        "; what is pushed there afterwards counts again"
    } else {
        ""
    };
    error.hint(format!(
        "--change-source makes it follow {image}{consequence}; nothing was written"
    ))
}
