//! `--start`: one build of each BuildConfig, followed to its end; what fails on its images is diagnosed.

use crate::apply::build;
use crate::cli::push_target::PushTargetArgs as Flags;
use crate::cluster::Cluster;
use crate::error::{Error, Kind};
use crate::model::kinds::ObjectRef;
use crate::verbs::following::{self, End, Followed};
use crate::verbs::{Run, diagnosing};

/// Starts and follows.
///
/// # Errors
///
/// When a build could not be started, or did not end well; with the exit status of `doctor` where that found out why.
pub(super) async fn start(
    run: &mut Run,
    cluster: &Cluster,
    flags: &Flags,
    configs: &[ObjectRef],
) -> Result<(), Error> {
    let mut builds = Vec::new();
    for config in configs {
        let build = build::start(cluster, config).await?;
        let line = format!("{build} started");
        // Standard output is for objects where these are asked for.
        if flags.write.output.is_none() {
            run.ui.line(line)?;
        } else {
            run.ui.status(line);
        }
        builds.push(build);
    }
    let followed = following::follow(run, cluster, builds, flags.timeout).await?;
    let mut failed = Vec::new();
    let mut other = None;
    for one in followed {
        match told(run, &one) {
            Told::Well => {}
            Told::OnImages => failed.push(one.object.name),
            Told::Otherwise(error) => {
                other.get_or_insert(error);
            }
        }
    }
    if failed.is_empty() {
        return other.map_or(Ok(()), Err);
    }
    let found = diagnosing::builds(run, cluster, &failed, &flags.registry, flags.check_push).await;
    match found {
        Ok(()) => Err(other.unwrap_or_else(|| {
            Error::failure(format!(
                "{} failed, and nothing is wrong with the images and credentials now",
                failed.join(", ")
            ))
            .hint(format!(
                "`{} logs build/{}` tells more",
                run.client(),
                failed[0]
            ))
        })),
        Err(error) => Err(error),
    }
}

/// How a build ended, for what comes next.
enum Told {
    Well,
    /// It may have failed on an image: `doctor` knows more.
    OnImages,
    Otherwise(Error),
}

fn told(run: &mut Run, one: &Followed) -> Told {
    let build = &one.object;
    match &one.end {
        End::Complete { digest } => {
            let pass = run.ui.glyphs().pass;
            let what = digest
                .as_ref()
                .map_or_else(String::new, |digest| format!(": it pushed {digest}"));
            run.ui.status(format!("{pass} {build} is complete{what}"));
            Told::Well
        }
        End::Failed(state) | End::Stuck(state) => {
            run.ui.status(format!("{build} {state}"));
            if state.may_be_about_images() {
                return Told::OnImages;
            }
            Told::Otherwise(Error::failure(format!("{build} {state}")).hint(format!(
                "`{} logs build/{}` tells more",
                run.client(),
                build.name
            )))
        }
        End::Cancelled => Told::Otherwise(Error::failure(format!("{build} was cancelled"))),
        End::Gone => Told::Otherwise(Error::failure(format!(
            "{build} was deleted before it had ended"
        ))),
        End::Left { phase } => Told::Otherwise(Error::failure(format!(
            "{build} is still {phase}, and goes on"
        ))),
        End::Interrupted => {
            run.ui.status(format!(
                "{build} goes on; `{} logs -f build/{}` follows it",
                run.client(),
                build.name
            ));
            Told::Otherwise(Error::exit_only(Kind::Interrupted))
        }
    }
}
