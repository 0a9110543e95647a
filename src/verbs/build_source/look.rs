//! Looks at the image as the planned builds would pull it, and whether they can use it.

use std::collections::HashMap;

use super::gather::Build;
use super::words::Wish;
use crate::cli::build_source::BuildSourceArgs as Flags;
use crate::cluster::{Cluster, kinds};
use crate::doctor::diagnosis::{Diagnosis, Outcome};
use crate::doctor::evidence::{Check, Fact, ResolvedFact, Status};
use crate::doctor::target::{Operation, TargetRef};
use crate::doctor::targets::Argument;
use crate::error::Error;
use crate::plan::Plan;
use crate::plan::build_source::builder::{Fitness, fitness};
use crate::plan::build_source::input::Role;
use crate::ui::sanitize_line;
use crate::verbs::Run;
use crate::verbs::preflight::{self, Question};

/// Ends the run where the builds would not get the image; warns where they could hardly use it.
pub(super) async fn look(
    run: &mut Run,
    cluster: &Cluster,
    flags: &Flags,
    origin: &Wish,
    builds: &[Build],
    plan: &Plan,
    said: &[String],
) -> Result<(), Error> {
    let targets = builds.iter().map(|build| Argument::Object {
        kind: kinds::BUILD_CONFIG,
        name: build.config.name().to_owned(),
    });
    let question = Question {
        plan,
        targets: targets.collect(),
        operations: &[Operation::Pull, Operation::Import],
        registry: &flags.registry,
        platform: flags.platform.clone(),
        push: false,
        account: "default",
    };
    let mut turns: HashMap<&str, usize> = HashMap::new();
    let answers = preflight::ask_and_read(run, cluster, question, true)
        .await?
        .only(|result| {
            if is_of_dockerfile(result) {
                return false;
            }
            // The build's other images are as they were.
            let mut builds = builds.iter();
            builds
                .find(|build| is_of(result, build.config.name()))
                .is_some_and(|build| {
                    let turn = turns.entry(build.config.name()).or_default();
                    *turn += 1;
                    *turn - 1 == build.input.turn(&build.config)
                })
        });
    let is_about_login = answers
        .results()
        .iter()
        .filter_map(Diagnosis::cause)
        .any(|cause| cause.family() == "auth");
    answers.say_after(run, said).map_err(|error| {
        if is_about_login && flags.credentials.secret.is_none() && matches!(origin, Wish::Image(_)) {
            error.hint("--secret NAME names another secret; with credentials (--registry-username NAME, -a FILE) one is made")
        } else {
            error
        }
    })?;
    let mut said: Vec<String> = Vec::new();
    for build in builds {
        let own = answers
            .results()
            .iter()
            .find(|result| is_of(result, build.config.name()));
        for (good, line) in lines(build, own) {
            if said.contains(&line) {
                continue;
            }
            let shown = sanitize_line(&line, 400);
            if good {
                let pass = run.ui.glyphs().pass;
                run.ui.status(format!("{pass} {shown}"));
            } else {
                run.ui.warning(shown);
            }
            said.push(line);
        }
    }
    Ok(())
}

/// Whether it is about an image of another stage, which the strategy's does not take the place of.
fn is_of_dockerfile(result: &Diagnosis) -> bool {
    result
        .evidence
        .facts(|fact| match fact {
            Fact::Resolved(found) => Some(found),
            _ => None,
        })
        .any(|(_, found)| found.by == ResolvedFact::BY_DOCKERFILE)
}

fn is_of(result: &Diagnosis, config: &str) -> bool {
    match &result.subject.target {
        TargetRef::Object { object, .. } => {
            object.kind == kinds::BUILD_CONFIG && object.name == config
        }
        TargetRef::Image => false,
    }
}

/// `--plain-http` is about the look from here; the nodes go by their own list.
fn plain_http(result: &Diagnosis) -> Option<String> {
    let mut policies = result.evidence.facts(|fact| match fact {
        Fact::Policy(policy) => Some(policy),
        _ => None,
    });
    let unlisted = policies.any(|(_, policy)| policy.insecure.is_none());
    (result.subject.plain_http && unlisted).then(|| {
        format!(
            "{0} speaks plain HTTP, and is not among the insecureRegistries of image.config: builds refuse it until it is",
            result.subject.registry()
        )
    })
}

/// What there is to say for one build: whether it is good, and in which words.
fn lines(build: &Build, result: Option<&Diagnosis>) -> Vec<(bool, String)> {
    let name = build.config.name();
    let Some(result) = result else {
        return vec![(
            false,
            format!("not checked: whether bc/{name} can pull the image"),
        )];
    };
    let mut lines = Vec::new();
    if result.outcome() == Outcome::Healthy {
        let remarks = result.evidence.iter().filter(|item| {
            matches!(item.check, Check::Platform | Check::Wiring) && item.status == Status::Warn
        });
        lines.extend(remarks.map(|item| (false, format!("bc/{name}: {}", item.detail))));
        lines.extend(plain_http(result).map(|words| (false, words)));
        lines.extend(
            result
                .evidence
                .of(Check::Platform)
                .filter(|(_, item)| item.status == Status::Pass)
                .map(|(_, item)| (true, item.detail.clone())),
        );
    }
    if !matches!(build.input.role, Role::Source | Role::Custom) {
        return lines;
    }
    lines.extend(match result.image_config() {
        None => Some((
            false,
            format!(
                "not checked: whether {} is an image to build with",
                result.subject.text
            ),
        )),
        Some(config) => match fitness(&build.config, &build.input.role, config) {
            Fitness::Fit(words) => Some((true, words)),
            Fitness::Doubtful(words) => Some((false, format!("{}: {words}", result.subject.text))),
            Fitness::Any => None,
        },
    });
    lines
}
