//! The wide table: every image and its users, every entry of a secret by both matchers, trust and lists.

use super::table::{LONGEST, problems, state, trust, unread};
use super::{Look, rows};
use crate::inventory::{Entry, Inventory, Reach, Registry, Role, Secret};
use crate::ui::{Table, sanitize_line};

/// All there is, in tables one after the other.
pub fn wide(inventory: &Inventory, look: &Look) -> String {
    let mut parts = Vec::new();
    if rows(inventory, true).next().is_some() {
        parts.push(registries(inventory));
    }
    if inventory
        .registries
        .iter()
        .any(|row| !row.images.is_empty())
    {
        parts.push(images(inventory));
    }
    if !inventory.secrets.is_empty() {
        parts.push(secrets(inventory));
    }
    if let Some(platform) = &inventory.platform {
        let mut table = Table::new();
        table
            .row(["TRUST-OF-ALL-NODES", "CERTIFICATES", "UNTIL"])
            .row([
                platform.config_map.clone(),
                platform.certificates.to_string(),
                platform
                    .until
                    .map_or_else(dash, |at| at.strftime("%Y-%m-%d").to_string()),
            ]);
        parts.push(table.render());
    }
    let mut text = parts.join("\n");
    text.push_str(&problems(inventory, look, usize::MAX));
    text.push_str(&unread(inventory, look));
    text.trim_start_matches('\n').to_owned()
}

fn dash() -> String {
    "-".to_owned()
}

fn or_dash(text: String) -> String {
    if text.is_empty() { dash() } else { text }
}

fn registries(inventory: &Inventory) -> String {
    let mut table = Table::new();
    table.row([
        "REGISTRY", "KIND", "IMAGES", "USED-BY", "ENTRIES", "TRUST", "CA-KEY", "LISTS", "MIRRORS",
        "STATE",
    ]);
    for registry in rows(inventory, true) {
        let ca = match &registry.trust {
            Some(crate::inventory::Trust::Additional { key, .. }) => sanitize_line(key, LONGEST),
            _ => dash(),
        };
        table.row([
            sanitize_line(&registry.name, LONGEST),
            if registry.internal {
                "internal"
            } else {
                "external"
            }
            .to_owned(),
            registry.images.len().to_string(),
            registry.users().len().to_string(),
            registry.credentials.len().to_string(),
            trust(registry),
            ca,
            lists(registry),
            mirrors(registry),
            state(registry),
        ]);
    }
    table.render()
}

/// The lists that name it.
fn lists(registry: &Registry) -> String {
    let policy = &registry.policy;
    let entry = |word: &str, entry: &Option<String>| {
        entry
            .as_ref()
            .map(|entry| format!("{word}={}", sanitize_line(entry, LONGEST)))
    };
    let mut words: Vec<String> = [
        entry("insecure", &policy.insecure),
        entry("blocked", &policy.blocked),
        entry("allowed", &policy.allowed),
    ]
    .into_iter()
    .flatten()
    .collect();
    words.extend(
        policy
            .signed_by
            .iter()
            .map(|name| format!("signed={}", sanitize_line(name, LONGEST))),
    );
    or_dash(words.join(","))
}

fn mirrors(registry: &Registry) -> String {
    let to = registry
        .mirrors
        .iter()
        .map(|mirror| sanitize_line(mirror, LONGEST));
    let of = registry
        .mirror_of
        .iter()
        .map(|source| format!("of {}", sanitize_line(source, LONGEST)));
    or_dash(to.chain(of).collect::<Vec<_>>().join(","))
}

fn images(inventory: &Inventory) -> String {
    let mut table = Table::new();
    let mut heads = vec!["IMAGE", "ROLE"];
    heads.extend(inventory.namespace.is_none().then_some("NAMESPACE"));
    heads.extend(["USED-BY", "ACCOUNT", "VIA", "STATE"]);
    table.row(heads);
    for image in inventory.registries.iter().flat_map(|row| &row.images) {
        for one in &image.uses {
            let mut cells = vec![image.reference.to_string(), one.role.word().to_owned()];
            cells.extend(
                inventory
                    .namespace
                    .is_none()
                    .then(|| one.by.namespace.clone()),
            );
            let mut words: Vec<String> = Vec::new();
            if one.waiting > 0 {
                words.push(format!("{} waiting", one.waiting));
            }
            if let Some((reason, _)) = &one.failed {
                words.push(format!("failed: {}", sanitize_line(reason, LONGEST)));
            }
            if one.role == Role::Imports {
                words.extend(one.scheduled.then(|| "scheduled".to_owned()));
                words.extend(one.insecure.then(|| "insecure".to_owned()));
            }
            words.extend(one.secrets.iter().map(|name| format!("secret/{name}")));
            cells.extend([
                one.by.to_string(),
                one.account.clone().unwrap_or_else(dash),
                one.via.clone().unwrap_or_else(dash),
                or_dash(words.join(",")),
            ]);
            table.row(cells.iter().map(|cell| sanitize_line(cell, 400)));
        }
    }
    table.render()
}

fn secrets(inventory: &Inventory) -> String {
    let mut table = Table::new();
    table.row([
        "SECRET",
        "KEY",
        "USER",
        "KUBELET",
        "CONTAINERS/IMAGE",
        "ACCOUNTS",
        "NAMED-BY",
        "ENDS",
    ]);
    for secret in &inventory.secrets {
        let name = if inventory.namespace.is_some() && secret.namespace == inventory.namespace {
            secret.name.clone()
        } else {
            secret.printed()
        };
        if secret.entries.is_empty() {
            let cells = [
                name.clone(),
                dash(),
                dash(),
                dash(),
                dash(),
                accounts(secret),
                named(secret),
                dash(),
            ];
            table.row(cells.iter().map(|cell| sanitize_line(cell, 400)));
        }
        for entry in &secret.entries {
            let cells = [
                name.clone(),
                entry.key.clone(),
                entry.user.clone().unwrap_or_else(dash),
                reach(entry, &entry.matched.kubelet),
                reach(entry, &entry.matched.containers_image),
                accounts(secret),
                named(secret),
                entry
                    .expires
                    .map_or_else(dash, |at| at.strftime("%Y-%m-%d").to_string()),
            ];
            table.row(cells.iter().map(|cell| sanitize_line(cell, 400)));
        }
    }
    table.render()
}

/// `3 images`, `no` where it was meant for one, `-` where there is none of its registry.
fn reach(entry: &Entry, reach: &Reach) -> String {
    match (reach.images, &reach.near) {
        (1, _) => "1 image".to_owned(),
        (0, Some(_)) => "no".to_owned(),
        (0, None) if entry.fault.is_some() => "unusable".to_owned(),
        (0, None) => dash(),
        (count, _) => format!("{count} images"),
    }
}

fn accounts(secret: &Secret) -> String {
    if secret.namespace.is_none() {
        return "all nodes".to_owned();
    }
    or_dash(
        secret
            .accounts
            .iter()
            .map(crate::inventory::AccountLink::printed)
            .collect::<Vec<_>>()
            .join(", "),
    )
}

fn named(secret: &Secret) -> String {
    or_dash(
        secret
            .named_by
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(","),
    )
}
