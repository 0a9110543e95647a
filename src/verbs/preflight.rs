//! What `doctor` says of a plan before it is carried out: the same questions, probes and words, asked of the objects as the
//! plan would leave them.

use std::time::Duration;

use super::{Run, diagnosing, doctor};
use crate::cli::registry_flags::RegistryFlags;
use crate::cluster::Cluster;
use crate::doctor::causes::Cause;
use crate::doctor::check::{self, UntriedPush};
use crate::doctor::diagnosis::{Diagnosis, Outcome, Report};
use crate::doctor::probes::ports;
use crate::doctor::run::Request;
use crate::doctor::target::Operation;
use crate::doctor::targets::planned::Planned;
use crate::doctor::targets::{Argument, Wanted};
use crate::error::{Error, Kind};
use crate::model::platform::Platform;
use crate::plan::{Plan, after};
use crate::report::v1;
use crate::ui::sanitize_line;

/// How long the whole look may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What is asked of a plan.
pub(super) struct Question<'a> {
    pub plan: &'a Plan,
    /// What is looked at: objects of the plan, objects that are there, images.
    pub targets: Vec<Argument>,
    /// Answers about other operations are left out.
    pub operations: &'a [Operation],
    pub registry: &'a RegistryFlags,
    pub platform: Option<Platform>,
    /// The push right is checked too, which may leave traces at the registry; they are named first.
    pub push: bool,
    /// The account that pulls images that are targets by themselves.
    pub account: &'a str,
}

/// The answers.
pub(super) struct Preflight {
    report: Report,
    /// The push right was asked for.
    push: bool,
}

/// Asks. What the look leaves behind at a registry is said before it is made.
///
/// # Errors
///
/// When the work cannot be done at all: see [`crate::doctor::run::run`]. When it was interrupted.
pub(super) async fn ask(
    run: &mut Run,
    cluster: &Cluster,
    question: Question<'_>,
) -> Result<Preflight, Error> {
    ask_and_read(run, cluster, question, false).await
}

/// The same; with `read_config` the images' configurations are read too, for [`Diagnosis::image_config`].
///
/// # Errors
///
/// As [`ask`].
pub(super) async fn ask_and_read(
    run: &mut Run,
    cluster: &Cluster,
    question: Question<'_>,
    read_config: bool,
) -> Result<Preflight, Error> {
    let planned =
        after::after(question.plan).map_err(|refusal| Error::failure(refusal.to_string()))?;
    let request = Request {
        wanted: Wanted::Named(question.targets),
        selector: None,
        all_namespaces: false,
        registry_config: None,
        registry_ca: question.registry.registry_ca.clone(),
        plain_http: question.registry.plain_http,
        platform: question.platform,
        push: question.push,
        from_node: None,
        account: question.account.to_owned(),
        planned: Planned::new(planned).only(question.operations),
        read_config,
        timeout: TIMEOUT,
        usual_ports: ports::USUAL.to_vec(),
        record_in_full: false,
        client: run.client(),
    };
    let mut looked = Box::pin(doctor::look(run, Some(cluster), &request)).await?;
    if looked.interrupted {
        return Err(Error::exit_only(Kind::Interrupted));
    }
    looked
        .report
        .results
        .retain(|result| question.operations.contains(&result.subject.operation));
    Ok(Preflight {
        report: looked.report,
        push: question.push,
    })
}

impl Preflight {
    /// The answers, one an image and consumer.
    pub(super) fn results(&self) -> &[Diagnosis] {
        &self.report.results
    }

    /// Without the answers that `keep` does not want.
    pub(super) fn only(mut self, keep: impl FnMut(&Diagnosis) -> bool) -> Self {
        self.report.results.retain(keep);
        self
    }

    /// Says what was checked and what was not. Where something fails, `doctor`'s own report on it, and the error that ends
    /// the run.
    ///
    /// # Errors
    ///
    /// When an image would not arrive, or a push would be refused.
    pub(super) fn say(&self, run: &mut Run) -> Result<(), Error> {
        self.say_after(run, &[])
    }

    /// The same after another check, whose lines are not repeated. A line that holds for several answers is said once.
    ///
    /// # Errors
    ///
    /// As [`Self::say`].
    pub(super) fn say_after(&self, run: &mut Run, said: &[String]) -> Result<(), Error> {
        let mut said = said.to_vec();
        let mut is_new = |line: &String| {
            let new = !said.contains(line);
            if new {
                said.push(line.clone());
            }
            new
        };
        for result in &self.report.results {
            let registry = result.subject.image.as_ref().map_or_else(
                |_| "the registry".to_owned(),
                |image| image.registry().to_owned(),
            );
            let outcome = check::outcome(result, &registry);
            let pass = run.ui.glyphs().pass;
            for line in outcome.checked.iter().filter(|line| is_new(line)) {
                run.ui
                    .status(format!("{pass} {}", sanitize_line(line, 300)));
            }
            let untried = check::untried_push(result).filter(|_| !self.push);
            let mut unknown = Vec::new();
            if untried.is_some() || result.outcome() == Outcome::Healthy {
                unknown.extend(
                    outcome
                        .unchecked
                        .iter()
                        .map(|line| format!("not checked: {line}")),
                );
            }
            match untried {
                Some(UntriedPush::WithLogin) => unknown.push(format!(
                    "not known: whether this login may push to {}",
                    result.subject.text
                )),
                Some(UntriedPush::WithoutLogin) => unknown.push(format!(
                    "not known: whether everybody may push to {}; {registry} asks nobody for a login so far",
                    result.subject.text
                )),
                None if result.outcome() == Outcome::Undetermined => {
                    unknown.push(format!("not known: {}", outcome.summary));
                    let rights = check::rights_missing(result);
                    if !rights.is_empty() {
                        unknown.push(format!("not read: {}", rights.join("; ")));
                    }
                }
                None => {}
            }
            for line in unknown.iter().filter(|line| is_new(line)) {
                run.ui.warning(sanitize_line(line, 1200));
            }
        }
        match self.failure(run) {
            Some(error) => Err(error.hint("nothing was written; --skip-check writes all the same")),
            None => Ok(()),
        }
    }

    /// Prints `doctor`'s report on what fails, and gives the error for it; `None` when nothing does.
    pub(super) fn failure(&self, run: &mut Run) -> Option<Error> {
        let failed: Vec<Diagnosis> = self
            .report
            .results
            .iter()
            .filter(|result| result.outcome() == Outcome::Failed)
            .cloned()
            .collect();
        let first = failed.first()?;
        let cause = first.cause();
        let error = match failed.as_slice() {
            [one] => Error::failure(sanitize_line(&one.summary(), 600)),
            many => Error::failure(format!("{} images would fail", many.len())),
        };
        let report = v1::Report::of(
            &Report {
                results: failed,
                exchanges: Vec::new(),
                ..self.report.clone()
            },
            false,
        );
        diagnosing::say(run, &report);
        Some(match cause {
            Some(Cause::UnknownCa) => error.hint(
                "--registry-ca FILE checks against the CA that signed it; the nodes need that CA too",
            ),
            Some(Cause::PlainHttp) => error.hint(
                "--plain-http looks at it as it is; the cluster has to be told to do so as well",
            ),
            Some(cause) => error.hint(format!("`{} explain {}` tells more", run.program, cause.id())),
            None => error,
        })
    }
}
