//! Targets by the names that people know them by, and the first line of each.

use std::collections::BTreeSet;

use super::Look;
use super::wrap::{hanging, plural};
use crate::doctor::diagnosis::Outcome;
use crate::report::group::{Group, registry_of};
use crate::report::v1::{Judged, Report, Target};
use crate::ui::sanitize_line;

/// Containers of one object that are named in a line.
const CONTAINERS: usize = 4;

/// Whether namespaces have to be named.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home<'a>(Option<&'a str>);

impl<'a> Home<'a> {
    /// The namespace that goes without saying: the run's own, where all targets are in it.
    pub(super) fn of(report: &'a Report) -> Self {
        let own = report
            .cluster
            .as_ref()
            .and_then(|cluster| cluster.namespace.as_deref());
        let elsewhere = |result: &Judged| {
            let namespace = result.target.namespace.as_deref();
            namespace.is_some() && namespace != own
        };
        Self(own.filter(|_| !report.results.iter().any(elsewhere)))
    }
}

/// `deploy/web`, `shop/pod/web-7d9`.
fn object_words(target: &Target, home: Home<'_>) -> String {
    let kind = match &*target.kind {
        "Deployment" => "deploy".to_owned(),
        "StatefulSet" => "sts".to_owned(),
        "DaemonSet" => "ds".to_owned(),
        "ReplicaSet" => "rs".to_owned(),
        "DeploymentConfig" => "dc".to_owned(),
        "BuildConfig" => "bc".to_owned(),
        "ImageStream" => "is".to_owned(),
        "ImageStreamTag" => "istag".to_owned(),
        "ServiceAccount" => "sa".to_owned(),
        other => other.to_ascii_lowercase(),
    };
    let name = target.name.as_deref().unwrap_or_default();
    match target.namespace.as_deref() {
        Some(namespace) if home.0 != Some(namespace) => format!("{namespace}/{kind}/{name}"),
        _ => format!("{kind}/{name}"),
    }
}

/// The object and its container; for an image of the command line, who would pull it, which may be nobody.
fn subject(result: &Judged, home: Home<'_>) -> String {
    if result.target.is_image() {
        return puller(result);
    }
    let object = object_words(&result.target, home);
    match &result.target.container {
        Some(container) => format!("{object} (container {container})"),
        None => object,
    }
}

fn puller(result: &Judged) -> String {
    let Some(consumer) = &result.consumer else {
        return String::new();
    };
    match (&consumer.namespace, &consumer.account, &consumer.file) {
        (Some(namespace), Some(account), _) => format!("{namespace}/{account}"),
        (_, _, Some(file)) => sanitize_line(file, 40),
        _ => String::new(),
    }
}

/// The same for a list, where an image is itself what is listed.
pub(super) fn listed(result: &Judged, home: Home<'_>) -> String {
    if result.target.is_image() {
        result.image.clone()
    } else {
        subject(result, home)
    }
}

/// `can pull`, `cannot be imported from`, ...
fn deed(operation: &str, kind: &str, can: &str) -> String {
    match operation {
        "import" if kind != "Image" => format!("{can} be imported from"),
        "login" => format!("{can} log in to"),
        other => format!("{can} {other}"),
    }
}

/// The mark and the words in front of an image.
fn glyph(outcome: Outcome, look: &Look) -> String {
    match outcome {
        Outcome::Healthy => look.paint.green(look.glyphs.pass),
        Outcome::Failed => look.paint.red(look.glyphs.fail),
        Outcome::Undetermined => look.paint.yellow(look.glyphs.unknown),
    }
}

fn line(outcome: Outcome, words: &str, look: &Look) -> String {
    let indent = look.glyphs.pass.chars().count().max(1) + 1;
    let text = hanging(words, indent, indent, look.line());
    format!("{} {text}", glyph(outcome, look))
}

/// `✗ deploy/web (container web) cannot pull IMAGE`.
pub(super) fn headline(result: &Judged, home: Home<'_>, look: &Look) -> String {
    let who = subject(result, home);
    line(
        result.outcome(),
        &format!(
            "{} {}",
            claim(result, &who),
            look.paint.bold(&sanitize_line(&result.image, 400))
        ),
        look,
    )
}

fn claim(result: &Judged, who: &str) -> String {
    let (operation, kind) = (&*result.operation, &*result.target.kind);
    if kind == "Secret" {
        // A secret does nothing by itself.
        let words = match (result.outcome(), operation) {
            (Outcome::Healthy, "login") => "its login is good at".to_owned(),
            (Outcome::Failed, "login") => "no login with it at".to_owned(),
            (Outcome::Undetermined, "login") => "cannot tell about its login at".to_owned(),
            (Outcome::Healthy, _) => format!("with it one can {operation}"),
            (Outcome::Failed, _) => format!("with it nobody can {operation}"),
            (Outcome::Undetermined, _) => format!("cannot tell about a {operation} of"),
        };
        return format!("{who}: {words}");
    }
    match result.outcome() {
        Outcome::Healthy => format!("{who} {}", deed(operation, kind, "can")),
        Outcome::Failed => format!("{who} {}", deed(operation, kind, "cannot")),
        Outcome::Undetermined if who.is_empty() => format!("cannot tell about a {operation} of"),
        Outcome::Undetermined => {
            format!("cannot tell whether {who} {}", deed(operation, kind, "can"))
        }
    }
}

/// `✗ 3 workloads, 1 cause: cannot pull IMAGE`; for a group of one, its own line.
pub(super) fn group_headline(group: &Group<'_>, home: Home<'_>, look: &Look) -> String {
    let first = group.first;
    if group.members.len() == 1 {
        return headline(first, home, look);
    }
    if let Some(who) = one_object(group, home) {
        let what = look.paint.bold(&what(group));
        return line(
            first.outcome(),
            &format!("{} {what}", claim(first, &who)),
            look,
        );
    }
    let (operation, kind) = (&*first.operation, &*first.target.kind);
    let number = number_words(group);
    let by = puller_of_all(group);
    let words = match first.outcome() {
        Outcome::Undetermined => {
            let who = if by.is_empty() { "they" } else { &by };
            // Images are what is pulled, not who pulls.
            let deed = deed(operation, kind, "can");
            if first.target.is_image() && by.is_empty() {
                format!("{number}: cannot tell about a {operation} of")
            } else {
                format!("{number}: cannot tell whether {who} {deed}")
            }
        }
        _ if by.is_empty() => format!("{number}, 1 cause: {}", deed(operation, kind, "cannot")),
        _ => format!(
            "{number}, 1 cause: {by} {}",
            deed(operation, kind, "cannot")
        ),
    };
    let what = look.paint.bold(&what(group));
    line(first.outcome(), &format!("{words} {what}"), look)
}

/// Several containers of one object are that object.
fn one_object(group: &Group<'_>, home: Home<'_>) -> Option<String> {
    let target = &group.first.target;
    let same = |member: &&Judged| {
        let other = &member.target;
        (&other.kind, &other.namespace, &other.name)
            == (&target.kind, &target.namespace, &target.name)
    };
    if target.is_image() || !group.members.iter().all(same) {
        return None;
    }
    let names: BTreeSet<&str> = group
        .members
        .iter()
        .filter_map(|member| member.target.container.as_deref())
        .collect();
    let shown: Vec<&str> = names.iter().copied().take(CONTAINERS).collect();
    let more = match names.len().saturating_sub(CONTAINERS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let object = object_words(target, home);
    Some(match names.len() {
        0 => object,
        1 => format!("{object} (container {})", shown.join(", ")),
        _ => format!("{object} (containers {}{more})", shown.join(", ")),
    })
}

/// The puller of images of the command line, where it is one.
fn puller_of_all(group: &Group<'_>) -> String {
    let by = if group.first.target.is_image() {
        puller(group.first)
    } else {
        String::new()
    };
    if group.members.iter().all(|member| puller(member) == by) {
        by
    } else {
        String::new()
    }
}

/// Whether all members want the same image.
pub(super) fn one_image(group: &Group<'_>) -> bool {
    group
        .members
        .iter()
        .all(|member| member.image == group.first.image)
}

fn what(group: &Group<'_>) -> String {
    if one_image(group) {
        return sanitize_line(&group.first.image, 400);
    }
    let registries: BTreeSet<Option<String>> = group
        .members
        .iter()
        .map(|member| registry_of(member))
        .collect();
    let registry = match registries.into_iter().collect::<Vec<_>>().as_slice() {
        [Some(one)] => one.clone(),
        _ => return "their images".to_owned(),
    };
    match &*group.first.operation {
        "pull" => format!("from {registry}"),
        "push" => format!("to {registry}"),
        _ => registry,
    }
}

/// `3 workloads`.
fn number_words(group: &Group<'_>) -> String {
    let objects: BTreeSet<_> = group
        .members
        .iter()
        .map(|member| {
            let target = &member.target;
            let image = target.is_image().then_some(&member.image);
            (&target.kind, &target.namespace, &target.name, image)
        })
        .collect();
    let nouns: BTreeSet<&str> = group
        .members
        .iter()
        .map(|member| noun(&member.target.kind))
        .collect();
    let noun = match nouns.into_iter().collect::<Vec<_>>().as_slice() {
        [one] => one,
        // A pod without a controller is a workload too.
        ["pod", "workload"] => "workload",
        _ => "target",
    };
    plural(objects.len(), noun)
}

fn noun(kind: &str) -> &'static str {
    match kind {
        "Image" => "image",
        "Pod" => "pod",
        "Deployment"
        | "StatefulSet"
        | "DaemonSet"
        | "ReplicaSet"
        | "Job"
        | "CronJob"
        | "DeploymentConfig"
        | "ReplicationController" => "workload",
        "Build" => "build",
        "BuildConfig" => "build config",
        "ImageStream" => "image stream",
        "ImageStreamTag" => "image stream tag",
        "ServiceAccount" => "service account",
        "Secret" => "secret",
        _ => "target",
    }
}
