//! Names in sentences, by what they look like: addresses, hosts, URLs, mail addresses, paths, users of the API server.

use std::net::IpAddr;

use super::book::{Book, Class, is_run};
use super::known;
use crate::doctor::causes::Cause;

/// Takes the percent signs out of URLs, so that names in them are found.
pub(super) fn plain(text: &mut String) {
    if !text.contains('%') {
        return;
    }
    for (coded, character) in [
        ("%3A", ":"),
        ("%3a", ":"),
        ("%2F", "/"),
        ("%2f", "/"),
        ("%40", "@"),
        ("%2C", ","),
        ("%2c", ","),
    ] {
        if text.contains(coded) {
            *text = text.replace(coded, character);
        }
    }
}

/// Notes every name that the text shows by its form.
pub(super) fn names(text: &str, book: &mut Book) {
    for run in text.split(|character| !is_run(character)) {
        let run = run.trim_matches(|character: char| !character.is_alphanumeric());
        if !run.is_empty() {
            one(run, book);
        }
    }
    // The API server's way to say who lacks a right.
    for (_, rest) in text
        .match_indices("User \"")
        .map(|(at, mark)| text.split_at(at + mark.len()))
    {
        if let Some((user, _)) = rest.split_once('"')
            && !user.starts_with("system:")
        {
            book.note(Class::User, user);
        }
    }
}

fn one(run: &str, book: &mut Book) {
    if run.parse::<IpAddr>().is_ok() {
        return book.note(Class::V4, run);
    }
    if let Some((_, rest)) = run.split_once("://") {
        return url(rest, book);
    }
    if let Some(account) = run.strip_prefix("system:serviceaccount:") {
        if let Some((namespace, name)) = account.split_once(':') {
            book.note(Class::Namespace, namespace);
            book.note(Class::Object, name);
        }
        return;
    }
    if let Some(node) = run.strip_prefix("system:node:") {
        return book.note(Class::Object, node);
    }
    let run = run.split("@sha").next().unwrap_or(run);
    if let Some((_, domain)) = run.split_once('@')
        && is_host(domain)
    {
        return book.note(Class::Mail, run);
    }
    let (head, path) = match run.split_once('/') {
        Some((head, path)) => (head, Some(path)),
        None => (run, None),
    };
    let host = without_port(head);
    if known::is_group(host) {
        return;
    }
    if host.parse::<IpAddr>().is_ok() {
        book.note(Class::V4, host);
    } else if is_host(host) {
        book.note(Class::Host, host);
    } else if let Some(path) = path {
        // Media types have slashes as well, and are nobody's.
        if !is_media(head) {
            // With a dot and no host it is a field or a file.
            if !head.contains('.') {
                segment(head, book);
            }
            segments(path, book);
        }
        return;
    }
    segments(path.unwrap_or_default(), book);
}

fn url(rest: &str, book: &mut Book) {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = match authority.rsplit_once('@') {
        Some((user, host)) => {
            book.note(Class::User, user.split(':').next().unwrap_or(user));
            host
        }
        None => authority,
    };
    // Whatever stands where a host stands is one.
    book.note(Class::Host, without_port(host));
    segments(path, book);
}

/// The parts of a path that are names.
fn segments(path: &str, book: &mut Book) {
    for part in path.split('/') {
        segment(part, book);
    }
}

fn segment(part: &str, book: &mut Book) {
    let name = part.split([':', '@']).next().unwrap_or(part);
    let plausible = name.chars().all(|character| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || "._-".contains(character)
    });
    let media = name.starts_with("vnd.");
    if plausible && !media && !known::is_word(name) && !known::is_version(name) && !is_digest(name)
    {
        book.note(Class::Object, name);
    }
}

fn is_digest(name: &str) -> bool {
    name.len() >= 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_media(head: &str) -> bool {
    matches!(head, "application" | "text" | "image" | "multipart")
}

/// The host of `host:port` and of `host..port`.
pub(super) fn without_port(text: &str) -> &str {
    let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    for mark in ["..", ":"] {
        if let Some((host, port)) = text.rsplit_once(mark)
            && digits(port)
            && !host.contains(':')
        {
            return host;
        }
    }
    text
}

/// Whether a word can only be the name of a host: labels with dots between, the last of letters, and nothing else that looks
/// like this (files, fields, API groups, causes, versions).
fn is_host(word: &str) -> bool {
    const FILES: &[&str] = &[
        "json", "yaml", "yml", "pem", "crt", "cer", "key", "conf", "cfg", "toml", "txt", "md",
        "go", "sock", "gz", "tar", "d",
    ];
    const FIELDS: &[&str] = &["spec", "status", "metadata", "data"];
    let labels: Vec<&str> = word.split('.').collect();
    let (Some(first), Some(last)) = (labels.first(), labels.last()) else {
        return false;
    };
    labels.len() > 1
        && labels.iter().all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        })
        && last.len() > 1
        && last.bytes().all(|byte| byte.is_ascii_lowercase())
        && !known::is_version(first)
        && !FILES.contains(last)
        && !FIELDS.contains(first)
        && !matches!(word, "image.config" | "proxy.config")
        && Cause::from_id(word).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_from_what_looks_like_them() {
        for host in [
            "registry.corp",
            "a.b.example.com",
            "node-1.internal",
            "my_reg.corp.lan",
        ] {
            assert!(is_host(host), "{host}");
        }
        for word in [
            "auth.json",
            "tls.unknown-ca",
            "network.dns",
            "image.config",
            "spec.output.pushSecret",
            "1.4.beta",
            "v1.example",
            "e.g",
            "10.1.2.3",
            "plain",
            "end.Next",
        ] {
            assert!(!is_host(word), "{word}");
        }
    }

    #[test]
    fn ports_come_off() {
        for (text, host) in [
            ("registry.corp:5000", "registry.corp"),
            ("registry.corp..5000", "registry.corp"),
            ("registry.corp", "registry.corp"),
            ("2001:db8::5", "2001:db8::5"),
        ] {
            assert_eq!(without_port(text), host);
        }
    }
}
