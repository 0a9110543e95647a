//! `link`: credentials, check, plan, write, and what is left to do.

mod check;
pub(super) mod credential;
mod gather;
mod matchers;
mod report;
mod target;
mod workload;

pub(super) use credential::refuse_on_command_line;

use jiff::Timestamp;

use super::connecting::connect;
use super::{Run, namespaces, writing};
use crate::cli::global::Global;
use crate::cli::link::LinkArgs as Flags;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::plan::link::{self, LinkArgs, LinkRefusal, NamespaceView, SecretSource};
use crate::plan::ours::Why;
use crate::plan::restart::Aftermath;
use crate::plan::secret::Content;
use crate::plan::{Plan, naming};

/// A link that is checked and planned, and not written yet.
pub(super) struct Prepared {
    pub(super) cluster: Cluster,
    pub(super) plan: Plan,
    /// What was said to be good.
    pub(super) checked: Vec<String>,
    aftermath: Aftermath,
    views: Vec<NamespaceView>,
}

pub(super) async fn run(run: &mut Run, global: &Global, flags: &Flags) -> Result<(), Error> {
    let ready = Box::pin(prepare(run, global, flags)).await?;
    let applied =
        writing::carry_out(run, &ready.cluster, &flags.write, &ready.plan, "link", None).await?;
    report::after(run, flags, &ready.aftermath, &ready.views, &applied);
    Ok(())
}

/// Everything up to the first write: credentials, the registry's own word on them, what is there already, the plan.
///
/// # Errors
///
/// What is wrong with the arguments, what the check found, and what must not be written.
pub(super) async fn prepare(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
) -> Result<Prepared, Error> {
    let begun = begin(run, flags)?;
    let cluster = connect(run, global).await?;
    Box::pin(go_on(run, global, flags, begun, cluster, Checks::Own)).await
}

/// What is known before the cluster is asked.
pub(super) struct Begun {
    target: target::Target,
    name: String,
    given: Option<credential::Found>,
}

/// Who asks the registry about the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checks {
    Own,
    /// Whoever plans more with them, and has all of it judged together.
    Caller,
}

/// The arguments, and what has to be read from the user: standard input and the prompt come before anything that takes time.
///
/// # Errors
///
/// What is wrong with the arguments, or with standard input.
pub(super) fn begin(run: &mut Run, flags: &Flags) -> Result<Begun, Error> {
    credential::refuse_on_command_line(&flags.credentials)?;
    let target = target::Target::of(&mut run.ui, flags)?;
    let name = secret_name(flags, &target)?;
    let given = credential::given(run, flags, &target)?;
    Ok(Begun {
        target,
        name,
        given,
    })
}

impl Begun {
    /// The secret that is made or linked.
    pub(super) fn secret(&self) -> &str {
        &self.name
    }
}

/// The rest of [`prepare`], on a cluster that is connected.
///
/// # Errors
///
/// As [`prepare`].
pub(super) async fn go_on(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
    begun: Begun,
    cluster: Cluster,
    checks: Checks,
) -> Result<Prepared, Error> {
    let Begun {
        target,
        name,
        given,
    } = begun;
    let namespaces = namespaces::resolve(run, &cluster, global, &flags.namespaces).await?;
    let accounts = workload::accounts(&cluster, flags, &namespaces.names).await?;
    let credential =
        credential::find(run, global, flags, &target, &cluster, &namespaces, given).await?;

    // The version is asked for now, and known when it is wanted.
    let (checked, views, _) = tokio::join!(
        async {
            match checks {
                Checks::Caller => Ok(None),
                Checks::Own => Box::pin(check::check(
                    &run.env,
                    &cluster,
                    flags,
                    &target,
                    &credential,
                ))
                .await
                .map(Some),
            }
        },
        gather::gather(&cluster, &namespaces, &accounts, &name, &target),
        cluster.version(),
    );
    let checked = match checked? {
        Some(checked) => checked.say(&mut run.ui, run.program)?,
        None => Vec::new(),
    };
    let views = views?;
    matchers::show(&mut run.ui, flags, &target, &views, &name)?;

    let content = Content {
        registry: target.registry.to_string(),
        key: target.registry.key(),
        credential: credential.credential,
        format: flags.format.map(Into::into),
    };
    let args = LinkArgs {
        registry: &content.registry,
        secret: &name,
        source: match &flags.credentials.secret {
            Some(_) => SecretSource::Existing,
            None => SecretSource::Ours(&content),
        },
        purposes: flags.purposes,
        restart: flags.restart,
        now: &Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        program: run.program,
        many: namespaces.many,
    };
    let (plan, aftermath) = link::link(&views, &args).map_err(|it| refused(it, run.program))?;
    Ok(Prepared {
        cluster,
        plan,
        checked,
        aftermath,
        views,
    })
}

/// `--secret`, `--name`, or the name that is derived from the registry.
fn secret_name(flags: &Flags, target: &target::Target) -> Result<String, Error> {
    let given = flags.credentials.secret.as_ref().or(flags.name.as_ref());
    match given {
        Some(name) if naming::is_object_name(name) => Ok(name.clone()),
        Some(name) if flags.credentials.secret.is_some() && name.contains('/') => Err(Error::usage(
            "--secret links a secret of the namespace itself: it takes a name without a namespace",
        )
        .hint(format!("--from-secret {name} makes a copy of its login"))),
        Some(name) => Err(Error::usage(format!("{name:?} is no name for a secret"))
            .hint("lower-case letters, digits, dashes and dots, beginning and ending with a letter or digit")),
        None => Ok(naming::secret_name(&target.registry.to_string())),
    }
}

/// The planner's refusal with what to do about it.
fn refused(refusal: LinkRefusal, program: &str) -> Error {
    let error = Error::failure(refusal.to_string());
    match refusal {
        LinkRefusal::NoAccount { empty: true, namespace, .. } => {
            error.hint(format!("no service account could be listed there; does namespace {namespace:?} exist?"))
        }
        LinkRefusal::NoAccount { near, push, account, .. } => {
            let error = match near.as_slice() {
                [] => error,
                near => error.hint(format!("did you mean {}?", near.join(" or "))),
            };
            if push && account == "builder" {
                error.hint("`builder` is the account of OpenShift's builds; name the account that pushes with -z")
            } else {
                error
            }
        }
        LinkRefusal::NoAccountAnywhere { .. } => error.hint("name the account with -z"),
        LinkRefusal::NoSecret { .. } => {
            error.hint("without --secret a secret is made from your credentials; --from-secret [NS/]NAME copies them")
        }
        LinkRefusal::NotOurs(not_ours) => match not_ours.why {
            Why::Foreign => error.hint(format!(
                "--secret {0} links it as it is; --name NAME makes another one",
                not_ours.name
            )),
            Why::OtherRegistry(_) => error.hint("--name NAME makes another one"),
            Why::Type(_) => error.hint(format!(
                "leave --format out, choose another --name, or take it off first with `{program} unlink {}`",
                not_ours.name
            )),
            Why::Platform => {
                error.hint("name a secret of your own, or leave --secret out and give credentials")
            }
        },
    }
}
