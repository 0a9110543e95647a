//! What works: one line each, and for a target by itself what was seen of it.

use super::Look;
use super::wrap::labelled;
use crate::report::v1::{Evidence, Judged};

/// What was seen of a healthy target, a line a subject.
pub(super) fn rows(text: &mut String, result: &Judged, look: &Look) {
    let rows: [(&str, &[&str]); 8] = [
        ("image", &["manifest", "blobs"]),
        ("policy", &["policy", "mirror"]),
        ("reach", &["dns", "tcp", "registry"]),
        ("trust", &["tls"]),
        ("login", &["credentials", "login"]),
        ("platform", &["platform"]),
        ("push", &["push"]),
        ("seen from", &["observed"]),
    ];
    let dot = format!(" {} ", look.glyphs.dot);
    for (label, checks) in rows {
        let words: Vec<String> = checks
            .iter()
            .flat_map(|check| result.evidence.iter().filter(|item| item.check == **check))
            .filter(|item| !item.aside)
            .filter_map(|item| words(item, result, look))
            .collect();
        if !words.is_empty() {
            labelled(text, label, &words.join(&dot), look);
        }
    }
}

fn words(item: &Evidence, result: &Judged, look: &Look) -> Option<String> {
    let told = result
        .observed
        .as_ref()
        .and_then(|seen| seen.evidence.as_deref());
    if told == Some(item.id.as_str()) {
        return None;
    }
    match (&*item.status, item.skip_reason.as_deref()) {
        ("skip", Some("opt-in")) if result.operation == "pull" => Some(item.detail.clone()),
        ("skip", _) => None,
        // Who it was that got the manifest stands in the login's line.
        ("pass", _) if item.check == "manifest" => item
            .detail
            .split_once(": ")
            .map(|(_, words)| words.to_owned()),
        ("pass", _) => Some(item.detail.clone()),
        _ => Some(format!(
            "{} {}",
            look.paint.yellow(look.glyphs.warn),
            item.detail
        )),
    }
}
