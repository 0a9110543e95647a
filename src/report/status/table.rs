//! The table: one line a registry, then what wants a hand, then what could not be read.

use std::collections::BTreeSet;

use super::{Look, rows};
use crate::inventory::{Inventory, Problem, Registry, Severity, Trust};
use crate::model::view::Missing;
use crate::report::text::wrap::{command_lines, put, wrapped};
use crate::ui::{Table, sanitize_line};

/// Problems that the table lists; the wide one lists all.
const MOST: usize = 20;
/// The longest cell of foreign text.
pub(super) const LONGEST: usize = 120;

/// The table for people.
pub fn table(inventory: &Inventory, look: &Look) -> String {
    let mut table = Table::new();
    table.row(["REGISTRY", "IMAGES", "USED-BY", "SECRETS", "TRUST", "STATE"]);
    let mut empty = true;
    for registry in rows(inventory, false) {
        empty = false;
        table.row([
            sanitize_line(&registry.name, LONGEST),
            registry.images.len().to_string(),
            registry.users().len().to_string(),
            secrets(inventory, registry),
            trust(registry),
            state(registry),
        ]);
    }
    let mut text = if empty { String::new() } else { table.render() };
    text.push_str(&problems(inventory, look, MOST));
    text.push_str(&unread(inventory, look));
    // Without a table nothing stands before the first heading.
    text.trim_start_matches('\n').to_owned()
}

/// The secrets that hold an entry for it: by name where there are few.
fn secrets(inventory: &Inventory, registry: &Registry) -> String {
    let names: BTreeSet<&str> = registry
        .credentials
        .iter()
        .filter_map(|at| inventory.secrets.get(at.secret))
        .map(|secret| secret.name.as_str())
        .collect();
    let namespaced = !inventory
        .secrets
        .iter()
        .any(|secret| secret.namespace.is_some());
    let unknown = namespaced
        && inventory
            .unread
            .iter()
            .any(|why| matches!(why, Missing::Forbidden { resource, .. } if resource == "secrets"));
    if names.is_empty() {
        return if unknown { "?" } else { "-" }.to_owned();
    }
    let mut cell: Vec<String> = names
        .iter()
        .take(2)
        .map(|name| sanitize_line(name, LONGEST))
        .collect();
    if names.len() > 2 {
        cell.push(format!("{} more", names.len() - 2));
    }
    cell.join(",")
}

pub(super) fn trust(registry: &Registry) -> String {
    if registry.policy.insecure.is_some() {
        return "insecure".to_owned();
    }
    match &registry.trust {
        None => "?".to_owned(),
        Some(Trust::Default) => "default".to_owned(),
        Some(Trust::Additional {
            until: Some(until), ..
        }) => format!("CA until {}", until.strftime("%Y-%m-%d")),
        Some(Trust::Additional { .. }) => "CA".to_owned(),
    }
}

/// What there is to say in a word or two; `-` for nothing.
pub(super) fn state(registry: &Registry) -> String {
    let uses = || registry.images.iter().flat_map(|image| &image.uses);
    let mut words: Vec<String> = Vec::new();
    match registry.waiting() {
        0 => {}
        count => words.push(format!("{count} waiting")),
    }
    match uses().filter(|one| one.failed.is_some()).count() {
        0 => {}
        1 => words.push("1 import failed".to_owned()),
        count => words.push(format!("{count} imports failed")),
    }
    let policy = &registry.policy;
    let flags = [
        (policy.blocked.is_some(), "blocked"),
        (policy.not_allowed, "not allowed"),
        (policy.import_refused, "no imports"),
        (!policy.signed_by.is_empty(), "signed"),
        (!registry.mirrors.is_empty(), "mirrored"),
        (!registry.mirror_of.is_empty(), "mirror"),
        (
            registry.images.is_empty() && registry.mirror_of.is_empty(),
            "no image",
        ),
    ];
    words.extend(
        flags
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, word)| word.to_owned()),
    );
    if words.is_empty() {
        "-".to_owned()
    } else {
        words.join(", ")
    }
}

/// The problems, at most so many.
pub(super) fn problems(inventory: &Inventory, look: &Look, most: usize) -> String {
    let problems = &inventory.problems;
    if problems.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", look.paint.bold("PROBLEMS"));
    for problem in problems.iter().take(most) {
        text.push_str(&one(inventory, problem, look));
    }
    if problems.len() > most {
        let more = problems.len() - most;
        put(&mut text, format_args!("{more} more: -o wide lists them\n"));
    }
    text
}

fn one(inventory: &Inventory, problem: &Problem, look: &Look) -> String {
    let mark = match problem.severity {
        Severity::Broken => look.paint.red(look.glyphs.fail),
        Severity::Warning => look.paint.yellow(look.glyphs.warn),
        Severity::Unused => look.glyphs.dot.to_owned(),
    };
    let place = match &problem.namespace {
        Some(name) if inventory.namespace.as_ref() != Some(name) => format!(" in {name}"),
        _ => String::new(),
    };
    let words = format!("{mark} {}{place}: {}", problem.object, problem.summary);
    let mut text = String::new();
    for (at, line) in wrapped(&words, look.width.saturating_sub(2))
        .iter()
        .enumerate()
    {
        let indent = if at == 0 { "" } else { "  " };
        put(&mut text, format_args!("{indent}{line}\n"));
    }
    for line in command_lines(&problem.command, look.width.saturating_sub(4)) {
        put(&mut text, format_args!("    {}\n", look.paint.cyan(&line)));
    }
    text
}

/// What could not be read.
pub(super) fn unread(inventory: &Inventory, look: &Look) -> String {
    if inventory.unread.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", look.paint.bold("NOT READ"));
    for why in &inventory.unread {
        for line in wrapped(&sanitize_line(&why.to_string(), 400), look.width) {
            put(&mut text, format_args!("{line}\n"));
        }
    }
    text
}
