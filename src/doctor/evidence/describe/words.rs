//! Numbers, lists and digests as people read them.

use std::net::IpAddr;
use std::time::Duration;

use crate::model::sanitize::sanitize_line;

pub(super) fn address_words(addresses: &[IpAddr]) -> String {
    let all: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    list(&all, 3)
}

pub(super) fn tag_words(tags: &[String], partial: bool) -> String {
    let clean: Vec<String> = tags.iter().map(|tag| sanitize_line(tag, 40)).collect();
    format!(
        "tags/list: {}{}",
        plural(tags.len(), "tag"),
        match clean.as_slice() {
            [] => String::new(),
            some => format!(
                "{}: {}",
                if partial { " and more" } else { "" },
                list(some, 5)
            ),
        }
    )
}

pub(super) fn blob_words(present: usize, checked: usize, total: usize, bytes: u64) -> String {
    let size = size_words(bytes);
    if present == total {
        format!("all {total} parts are there, {size}")
    } else if present == checked {
        format!("{present} of {total} parts looked at, all there")
    } else {
        format!("{} of {checked} parts cannot be fetched", checked - present)
    }
}

/// Bytes as people read them.
pub fn size_words(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a size for people, three digits of it"
    )]
    let mut value = bytes as f64 / 1000.0;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    if value < 10.0 {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    }
}

pub(super) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The first `limit` of a list, and how many more.
pub(super) fn list(items: &[String], limit: usize) -> String {
    let shown = items
        .iter()
        .take(limit)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match items.len().saturating_sub(limit) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `sha256:0123456789ab…`: enough to tell digests apart.
pub fn short_digest(digest: &str) -> String {
    let clean = sanitize_line(digest, 80);
    match clean.split_once(':') {
        Some((algorithm, hex)) if hex.chars().count() > 12 => {
            format!("{algorithm}:{}…", hex.chars().take(12).collect::<String>())
        }
        _ => clean,
    }
}

pub(super) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs())
}
