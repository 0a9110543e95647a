//! What is trusted, for people and for programs.

use serde::Serialize;

use super::text::Look;
use super::text::wrap::{put, wrapped};
use crate::model::sanitize::sanitize_line;
use crate::plan::trust::list::{Entry, Trusted};
use crate::plan::yaml::to_yaml;
use crate::ui::Table;

/// One line a certificate with its SHA-256 below, then what wants a hand.
pub fn text(trusted: &Trusted, look: &Look) -> String {
    let mut text = String::new();
    if !trusted.entries.is_empty() {
        let mut table = Table::new();
        table.row(["REGISTRY", "SUBJECT", "UNTIL", "FROM"]);
        for entry in &trusted.entries {
            table.row([
                entry.registry.clone().unwrap_or_else(|| "all".to_owned()),
                entry.subject.clone(),
                until(entry),
                from(entry),
            ]);
        }
        let rows = table.render();
        for (at, row) in rows.lines().enumerate() {
            put(&mut text, format_args!("{row}\n"));
            if let Some(entry) = at.checked_sub(1).and_then(|at| trusted.entries.get(at)) {
                put(&mut text, format_args!("  SHA-256 {}\n", entry.fingerprint));
            }
        }
    }
    if !trusted.remarks.is_empty() {
        if !text.is_empty() {
            text.push('\n');
        }
        put(&mut text, format_args!("{}\n", look.paint.bold("REMARKS")));
    }
    for remark in &trusted.remarks {
        let mark = look.paint.yellow(look.glyphs.warn);
        let lines = wrapped(&sanitize_line(remark, 400), look.width.saturating_sub(4));
        for (at, line) in lines.iter().enumerate() {
            let lead = if at == 0 {
                format!("{mark} ")
            } else {
                "  ".to_owned()
            };
            put(&mut text, format_args!("{lead}{line}\n"));
        }
    }
    text
}

fn until(entry: &Entry) -> String {
    let day = entry.until.map_or_else(
        || "-".to_owned(),
        |end| end.strftime("%Y-%m-%d").to_string(),
    );
    if entry.ended {
        format!("{day} (over)")
    } else {
        day
    }
}

fn from(entry: &Entry) -> String {
    let whose = if entry.put_in_for.is_empty() {
        ""
    } else {
        " (by this tool)"
    };
    let reach = if entry.only_nodes { ", nodes only" } else { "" };
    format!("{}{whose}{reach}", entry.config_map)
}

/// Version `extreg.dev/v1`: within v1 fields and values are only added.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TrustListV1<'a> {
    api_version: &'static str,
    kind: &'static str,
    trusted: Vec<TrustedV1<'a>>,
    remarks: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TrustedV1<'a> {
    /// Null: for everything.
    registry: Option<&'a str>,
    config_map: &'a str,
    key: &'a str,
    subject: &'a str,
    not_after: Option<String>,
    ended: bool,
    sha256: String,
    /// The registries that this tool put it in for; empty for what others put in.
    put_in_for: &'a [String],
    /// `platform`, or `nodes` where no object names the ConfigMap.
    reaches: &'static str,
}

fn value(trusted: &Trusted) -> serde_json::Value {
    let list = TrustListV1 {
        api_version: "extreg.dev/v1",
        kind: "TrustList",
        trusted: trusted
            .entries
            .iter()
            .map(|entry| TrustedV1 {
                registry: entry.registry.as_deref(),
                config_map: &entry.config_map,
                key: &entry.key,
                subject: &entry.subject,
                not_after: entry.until.map(|end| end.to_string()),
                ended: entry.ended,
                sha256: entry.fingerprint.to_string(),
                put_in_for: &entry.put_in_for,
                reaches: if entry.only_nodes {
                    "nodes"
                } else {
                    "platform"
                },
            })
            .collect(),
        remarks: &trusted.remarks,
    };
    // Strings, numbers and lists of them: nothing in it can fail.
    serde_json::to_value(list).unwrap_or_default()
}

/// As JSON.
pub fn json(trusted: &Trusted) -> String {
    format!("{:#}\n", value(trusted))
}

/// As YAML.
pub fn yaml(trusted: &Trusted) -> String {
    to_yaml(&value(trusted))
}

/// The ConfigMaps that hold something, each once.
pub fn names(trusted: &Trusted) -> String {
    let mut names: Vec<&str> = Vec::new();
    for entry in &trusted.entries {
        if let Some((_, name)) = entry.config_map.split_once('/')
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    let mut text = String::new();
    for name in names {
        put(&mut text, format_args!("configmap/{name}\n"));
    }
    text
}
