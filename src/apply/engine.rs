//! Carries out a plan: rights, server-side dry run of everything, journal, writes; stops at the first failure.

use super::decide::{Decision, Means, decide};
use super::interrupt::Interrupt;
use super::journal::{Header, Journal};
use super::outcome::{Applied, Outcome};
use super::pass::{Pass, Passage, Start};
use super::perform::Failed;
use super::rights;
use crate::cluster::Cluster;
use crate::error::{Error, Kind};
use crate::plan::undo::Undo;
use crate::plan::{Action, Change, Plan, diff};
use crate::ui::Ui;

/// What kind of run it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    #[default]
    Write,
    /// Nothing is sent but reads.
    DryRunClient,
    /// The server tries every write and keeps none.
    DryRunServer,
}

impl Mode {
    /// What kubectl puts behind its lines.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Write => "",
            Self::DryRunClient => " (dry run)",
            Self::DryRunServer => " (server dry run)",
        }
    }
}

/// The only writer.
pub struct Engine<'a> {
    pub cluster: &'a Cluster,
    pub journal: &'a Journal,
    pub interrupt: &'a Interrupt,
    pub mode: Mode,
    /// Show the difference of every object first.
    pub diff: bool,
    /// Server-side apply takes over fields of other managers.
    pub force_conflicts: bool,
    /// Print a line for every change as it is made; off when objects are printed instead.
    pub lines: bool,
    /// How the tool is called: `oc extreg`.
    pub program: &'a str,
}

impl Engine<'_> {
    /// Carries out `plan`. After an error nothing was written, or the error says what was and how to take it back.
    pub async fn run(&self, plan: &Plan, header: Header, ui: &mut Ui) -> Result<Applied, Error> {
        for note in &plan.notes {
            ui.status(note);
        }
        let means = Means {
            force: self.force_conflicts,
            server_side_apply: self.cluster.supports_server_side_apply().await,
        };
        let decisions = decide_all(plan, means)?;
        if self.diff {
            self.show(plan, &decisions, ui)?;
        }
        let applied = match self.mode {
            Mode::DryRunClient => {
                let decided = Pass::untried(plan, decisions);
                self.print(plan, decided.outcomes(plan), ui)
            }
            Mode::DryRunServer => {
                require(self.cluster, plan, &decisions).await?;
                let tried = self.try_all(plan, means, ui).await?;
                self.print(plan, tried.outcomes(plan), ui)
            }
            Mode::Write => {
                require(self.cluster, plan, &decisions).await?;
                let tried = if self.cluster.supports_dry_run().await {
                    self.try_all(plan, means, ui).await?
                } else {
                    Pass::untried(plan, decisions)
                };
                self.write(plan, means, tried, header, ui).await
            }
        };
        for warning in self.cluster.take_warnings() {
            ui.warning(crate::ui::sanitize_line(&warning, 500));
        }
        applied
    }

    fn passage<'a>(&'a self, plan: &'a Plan, means: Means, dry_run: bool) -> Passage<'a> {
        Passage {
            cluster: self.cluster,
            plan,
            means,
            dry_run,
            interrupt: self.interrupt,
            lines: self.lines.then_some(self.mode),
        }
    }

    /// The server tries everything; a failure ends it before anything is written.
    async fn try_all(&self, plan: &Plan, means: Means, ui: &mut Ui) -> Result<Pass, Error> {
        let starts = plan.changes.iter().map(|it| Start::Seen(it.seen.clone()));
        let pass = self
            .passage(plan, means, true)
            .run(starts.collect(), None, ui)
            .await?;
        match pass.failure {
            Some((at, failed)) => {
                Err(failure(&plan.changes[at], failed).hint("nothing was written"))
            }
            None => Ok(pass),
        }
    }

    async fn write(
        &self,
        plan: &Plan,
        means: Means,
        tried: Pass,
        header: Header,
        ui: &mut Ui,
    ) -> Result<Applied, Error> {
        warn_of_what_stays(plan, &tried, ui);
        // From here on Ctrl-C waits for the write under way.
        let writing = self.interrupt.writing();
        let run = if tried.has_writes() {
            Some(self.journal.begin(header, plan, &tried)?)
        } else {
            None
        };
        let pass = self
            .passage(plan, means, false)
            .run(tried.starts(), run.as_ref(), ui)
            .await;
        let journal = match run {
            Some(run) => run.finish(),
            None => Ok(None),
        };
        drop(writing);
        self.conclude(plan, pass?, journal?, ui)
    }

    /// What is to be said at the end, when everything, or a part, was written.
    fn conclude(
        &self,
        plan: &Plan,
        pass: Pass,
        journal: Option<String>,
        ui: &mut Ui,
    ) -> Result<Applied, Error> {
        let outcomes = pass.outcomes(plan);
        let interrupted = outcomes.len() < plan.changes.len();
        let made = outcomes.iter().filter(|it| it.is_change()).count();
        if pass.failure.is_none() && !interrupted {
            return Ok(Applied { outcomes, journal });
        }
        let advice = match &journal {
            Some(id) => format!(
                "{made} of {} changes were made; `{} undo {id}` takes them back",
                plan.changes.len(),
                self.program
            ),
            None => "nothing was written".to_owned(),
        };
        let Some((at, failed)) = pass.failure else {
            ui.status(format!("interrupted: {advice}"));
            return Err(Error::exit_only(Kind::Interrupted));
        };
        let unknown = !failed.is_definite();
        let mut error = failure(&plan.changes[at], failed).hint(advice);
        if unknown {
            error = error.hint(
                "whether this change was made is not known; the journal lists it, and `undo` looks",
            );
        }
        Err(error)
    }

    fn print(&self, plan: &Plan, outcomes: Vec<Outcome>, ui: &mut Ui) -> Result<Applied, Error> {
        if self.lines {
            let several = plan.namespaces().len() > 1;
            for outcome in &outcomes {
                ui.line(outcome.line(self.mode, several))?;
            }
        }
        Ok(Applied {
            outcomes,
            journal: None,
        })
    }

    /// The differences, on standard error where standard output is for objects.
    fn show(&self, plan: &Plan, decisions: &[Decision], ui: &mut Ui) -> Result<(), Error> {
        for (change, decision) in plan.changes.iter().zip(decisions) {
            let Decision::Write(wanted) = decision else {
                continue;
            };
            let text = diff::diff(change.seen.as_ref(), wanted.after.as_ref());
            let title = match &change.object.namespace {
                Some(namespace) => format!("{} in namespace {namespace}:", change.object),
                None => format!("{}:", change.object),
            };
            if self.lines {
                ui.line(title)?;
                ui.data(text)?;
            } else {
                ui.status(title);
                ui.status(text.trim_end());
            }
        }
        Ok(())
    }
}

/// Decides every change on what was read; a refusal ends it here.
fn decide_all(plan: &Plan, means: Means) -> Result<Vec<Decision>, Error> {
    plan.changes
        .iter()
        .map(|change| {
            decide(change, change.seen.as_ref(), means)
                .map_err(|refusal| failure(change, Failed::Refused(refusal)))
        })
        .collect()
}

/// Asks for the rights of what is really to be written.
async fn require(cluster: &Cluster, plan: &Plan, decisions: &[Decision]) -> Result<(), Error> {
    let writes: Vec<_> = plan
        .changes
        .iter()
        .zip(decisions)
        .filter_map(|(change, decision)| match decision {
            Decision::Write(wanted) => Some((change, &**wanted)),
            Decision::Nothing | Decision::Gone => None,
        })
        .collect();
    rights::require(cluster, &writes).await
}

/// Says, before it is done, what `undo` will not bring back, and what else a change does.
fn warn_of_what_stays(plan: &Plan, tried: &Pass, ui: &mut Ui) {
    for (change, wanted) in tried.writes(plan) {
        if let Undo::NeedsSecret { again } = &wanted.undo {
            let what = match change.action {
                Action::Delete => "what is deleted",
                _ => "its old content",
            };
            ui.status(format!(
                "{}: the journal keeps no secret value, so that `undo` cannot bring {what} back; `{again}` makes it again",
                change.object
            ));
        }
        if let Some(risk) = &change.risk {
            ui.status(format!("{}: {risk}", change.object));
        }
    }
}

/// The error of one change, naming its object.
fn failure(change: &Change, failed: Failed) -> Error {
    let error = failed.into_error();
    match &change.object.namespace {
        Some(namespace) => error.context(format!("{} in namespace {namespace:?}", change.object)),
        None => error.context(&change.object),
    }
}
