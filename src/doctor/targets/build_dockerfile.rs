//! The images that a docker build takes from its Dockerfile, where that stands in the build itself. One in git, or one that
//! comes with an upload, is not read, which is said.

use super::build_configs::{Spec, Step, by_builder, target};
use super::build_secrets::Need;
use super::ground::{Ground, note};
use super::resolve;
use crate::doctor::ask::{Ask, NotAsked};
use crate::doctor::evidence::{Check, Evidence, ResolvedFact, Status};
use crate::doctor::target::{Consumer, Operation};
use crate::model::view::{BuildImage, DockerfileOf};

/// Puts the Dockerfile's images before and behind `base`, which is the strategy's own and takes the place of the last `FROM`.
pub(super) fn steps(
    ground: &Ground<'_>,
    spec: &Spec<'_>,
    base: Option<(Step, Ask)>,
) -> Vec<(Step, Ask)> {
    if spec.strategy != "Docker" {
        return base.into_iter().collect();
    }
    let DockerfileOf::Inline(file) = spec.dockerfile else {
        return base.into_iter().collect();
    };
    let last = file.last.as_ref().filter(|_| base.is_none());
    let mut steps: Vec<(Step, Ask)> = file
        .images
        .iter()
        .chain(last)
        .map(|image| (Step::Base, ask(ground, spec, image)))
        .collect();
    steps.extend(base);
    if !file.open.is_empty() {
        let words = format!(
            "its Dockerfile names {} as well, which depends on the machine that builds: not looked at",
            file.open.join(", ")
        );
        for (_, ask) in &mut steps {
            ask.notes
                .push(note(Check::Wiring, Status::Warn, words.clone()));
        }
    }
    steps
}

/// One image of the Dockerfile. All of them are pulled with the one secret of the strategy, which the platform looks for by
/// the strategy's own image, and by nothing where there is none.
fn ask(ground: &Ground<'_>, spec: &Spec<'_>, image: &str) -> Ask {
    let from = spec
        .from
        .map(|from| resolve::reference(ground, spec.namespace, from).image);
    let need = Need {
        namespace: spec.namespace,
        account: spec.account,
        named: spec.pull_secret,
        field: "pullSecret",
        source_image: None,
        api_looks_for: from.clone().filter(|_| !spec.made),
        controller_looks_for: from.as_deref().unwrap_or_default(),
    };
    let named = BuildImage {
        kind: "DockerImage".to_owned(),
        name: image.to_owned(),
        namespace: None,
    };
    let mut found = resolve::reference(ground, spec.namespace, &named);
    found.fact = Some(ResolvedFact {
        from: "the base image of a stage".to_owned(),
        by: ResolvedFact::BY_DOCKERFILE.to_owned(),
    });
    by_builder(ground, spec, &need, found)
}

/// What is to be said where the Dockerfile was not read: a result of its own where the build has no other image, a remark on
/// the others else.
pub(super) fn unread(spec: &Spec<'_>, steps: &mut Vec<(Step, Ask)>) {
    if spec.strategy != "Docker" {
        return;
    }
    let place = match spec.dockerfile {
        DockerfileOf::Inline(file) => {
            // Stages of `scratch` alone, or of what depends on the machine.
            let nothing = spec.from.is_none() && file.images.is_empty() && file.last.is_none();
            if nothing && steps.is_empty() && !file.open.is_empty() {
                let words = format!(
                    "its Dockerfile names {}, which depends on the machine that builds",
                    file.open.join(", ")
                );
                steps.push((Step::Base, not_asked(spec, words)));
            }
            return;
        }
        DockerfileOf::Git => "its Dockerfile is in git and was not read",
        DockerfileOf::Source => "its Dockerfile comes with its source and was not read",
    };
    if steps.is_empty() {
        let words = format!("{place}: which images its FROM lines name is not known");
        steps.push((Step::Base, not_asked(spec, words)));
        return;
    }
    let rest = if spec.from.is_some() {
        "images of other FROM lines than the last, which the strategy's takes the place of, are not looked at"
    } else {
        "the images of its FROM lines are not looked at"
    };
    let line: Evidence = note(Check::Wiring, Status::Warn, format!("{place}: {rest}"));
    for (_, ask) in steps {
        ask.notes.push(line.clone());
    }
}

fn not_asked(spec: &Spec<'_>, words: String) -> Ask {
    let consumer = Consumer::BuildPull {
        build: spec.object.clone(),
        account: spec.account.to_owned(),
    };
    Ask {
        not_asked: Some(NotAsked::Unresolved(words)),
        ..Ask::new(target(spec), String::new(), Operation::Pull, consumer)
    }
}
