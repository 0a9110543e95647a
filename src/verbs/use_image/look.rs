//! The look at the image before anything is written, as the workload's pods would pull it once the plan is carried out.

use super::gather::Tag;
use super::target::Target;
use crate::cli::use_image::UseArgs as Flags;
use crate::cluster::{Cluster, kinds};
use crate::doctor::target::Operation;
use crate::doctor::targets::Argument;
use crate::error::Error;
use crate::model::image::ImageReference;
use crate::plan::Plan;
use crate::plan::use_image::stream::ReferencePolicy;
use crate::verbs::preflight::{self, Preflight, Question};
use crate::verbs::{Run, rollout};

/// What is looked at before it is written.
pub(super) struct Look<'a> {
    pub cluster: &'a Cluster,
    pub target: &'a Target,
    pub tag: Option<&'a Tag>,
    pub policy: Option<ReferencePolicy>,
    pub container: &'a str,
    pub account: &'a str,
    pub image: &'a ImageReference,
    /// Lines of the check of credentials, which are not said again.
    pub said: &'a [String],
    /// The image's configuration is wanted too.
    pub read_config: bool,
}

/// Whether the image would arrive: the import where there is one, and the pull by the workload's pods. Gives the answers,
/// where anything was asked.
///
/// # Errors
///
/// When it would not.
pub(super) async fn check(
    run: &mut Run,
    flags: &Flags,
    look: &Look<'_>,
    plan: &Plan,
) -> Result<Option<Preflight>, Error> {
    if flags.skip_check {
        run.ui.warning(format!(
            "not checked: whether {} is there for the nodes' platform, and whether {} may pull it",
            look.image,
            look.target.argument()
        ));
        if !look.read_config {
            return Ok(None);
        }
    }
    let mut targets = Vec::new();
    if let Some(tag) = look.tag {
        targets.push(Argument::Object {
            kind: kinds::IMAGE_STREAM_TAG,
            name: tag.to_string(),
        });
    }
    if look.policy == Some(ReferencePolicy::Local) {
        run.ui.status(
            "pods pull it from the integrated registry, which fetches it with the secrets of the namespace",
        );
    } else {
        targets.push(Argument::Object {
            kind: look.target.kind,
            name: look.target.name.clone(),
        });
    }
    let question = Question {
        plan,
        targets,
        operations: &[Operation::Pull, Operation::Import],
        registry: &flags.registry,
        platform: flags.platform.clone(),
        push: false,
        account: look.account,
    };
    let asked = preflight::ask_and_read(run, look.cluster, question, look.read_config);
    let answers = Box::pin(asked)
        .await?
        .only(|result| rollout::is_about(result, look.container));
    if !flags.skip_check {
        let said = answers.say_after(run, look.said);
        said.map_err(|error| offer_link(error, &answers))?;
    }
    Ok(Some(answers))
}

/// Where the credentials are at fault, the way that needs no other command.
fn offer_link(error: Error, answers: &Preflight) -> Error {
    let auth = answers
        .results()
        .iter()
        .any(|result| result.cause().is_some_and(|cause| cause.family() == "auth"));
    if auth {
        error.hint(
            "with --registry-username NAME, -a FILE, --from-secret NAME or --secret NAME the credentials are checked, stored and linked in the same run",
        )
    } else {
        error
    }
}
