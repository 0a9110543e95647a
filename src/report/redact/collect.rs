//! The names in the fields that hold one.

use super::book::{Book, Class};
use super::find::without_port;
use super::known;
use crate::report::v1::{Involved, Judged, Remedy, Report};

/// Notes the names of all fields, in the order in which a reader meets them.
pub(super) fn typed(report: &Report, book: &mut Book) {
    // Domains first: the hosts below them are to show it.
    for host in &report.names.hosts {
        if let Some(domain) = host.strip_prefix("*.") {
            book.note(Class::Domain, domain);
        }
    }
    if let Some(cluster) = &report.cluster {
        let server = cluster.server.as_str();
        let server = server.split_once("://").map_or(server, |(_, rest)| rest);
        let authority = server.split('/').next().unwrap_or(server);
        book.note(Class::Api, without_port(authority));
        if let Some(context) = &cluster.context {
            book.note(Class::Context, context);
        }
        if let Some(namespace) = &cluster.namespace {
            book.note(Class::Namespace, namespace);
        }
    }
    for result in &report.results {
        of_result(result, book);
    }
    let names = &report.names;
    for host in &names.hosts {
        book.note(Class::Host, without_port(host));
    }
    for path in &names.repositories {
        segments(path, book);
    }
    for tag in &names.tags {
        self::tag(tag, book);
    }
    for name in &names.objects {
        object(name, book);
    }
    for (class, set) in [
        (Class::Namespace, &names.namespaces),
        (Class::User, &names.users),
        (Class::Certificate, &names.certificates),
        (Class::File, &names.files),
    ] {
        for name in set {
            book.note(class, name);
        }
    }
}

fn of_result(result: &Judged, book: &mut Book) {
    place(&result.image, book);
    let target = &result.target;
    if let Some(namespace) = &target.namespace {
        book.note(Class::Namespace, namespace);
    }
    if let Some(name) = &target.name {
        object(name, book);
    }
    if let Some(container) = &target.container {
        book.note(Class::Object, container);
    }
    if let Some(consumer) = &result.consumer {
        for (class, name) in [
            (Class::Namespace, &consumer.namespace),
            (Class::Object, &consumer.account),
            (Class::File, &consumer.file),
        ] {
            if let Some(name) = name {
                book.note(class, name);
            }
        }
    }
    if let Some(Involved {
        secret,
        key,
        registry,
        image,
    }) = &result.involves
    {
        if let Some(secret) = secret {
            book.note(Class::Namespace, &secret.namespace);
            book.note(Class::Object, &secret.name);
        }
        for text in [key, registry, image].into_iter().flatten() {
            place(text, book);
        }
    }
    for remedy in &result.remedies {
        of_remedy(remedy, book);
    }
}

fn of_remedy(remedy: &Remedy, book: &mut Book) {
    for changed in &remedy.changes {
        if let Some(namespace) = &changed.namespace {
            book.note(Class::Namespace, namespace);
        }
        object(&changed.name, book);
    }
    for command in &remedy.commands {
        for (flag, value) in command.iter().zip(command.iter().skip(1)) {
            let class = match flag.as_str() {
                "-n" | "--namespace" => Class::Namespace,
                "-z" | "--service-account" | "--secret" | "--from-secret" => Class::Object,
                "--registry-username" => Class::User,
                "-a" | "--registry-config" | "--registry-ca" | "--kubeconfig" => Class::File,
                "--context" => Class::Context,
                _ => continue,
            };
            // A word in capitals stands for what the user is to fill in.
            if !value.bytes().all(|byte| byte.is_ascii_uppercase()) {
                book.note(class, value);
            }
        }
    }
}

/// An image, a registry with or without path, a key of a docker config: host, path and tag, each by itself.
fn place(text: &str, book: &mut Book) {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split('@').next().unwrap_or(text);
    let (text, tag) = match text.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') && name.contains('/') => (name, tag),
        _ => (text, ""),
    };
    self::tag(tag, book);
    match text.split_once('/') {
        Some((head, path)) if head.contains(['.', ':']) || head == "localhost" => {
            book.note(Class::Host, without_port(head));
            segments(path, book);
        }
        None if text.contains('.') => book.note(Class::Host, without_port(text)),
        None => {
            let (name, tag) = text.split_once(':').unwrap_or((text, ""));
            segments(name, book);
            self::tag(tag, book);
        }
        Some(_) => segments(text, book),
    }
}

/// The name of an object; that of an image stream tag has the tag behind a colon.
fn object(name: &str, book: &mut Book) {
    let (name, tag) = name.split_once(':').unwrap_or((name, ""));
    book.note(Class::Object, name);
    self::tag(tag, book);
}

fn segments(path: &str, book: &mut Book) {
    for part in path.split('/') {
        if part != "v1" && part != "v2" {
            book.note(Class::Object, part);
        }
    }
}

fn tag(tag: &str, book: &mut Book) {
    if !known::is_version(tag) {
        book.note(Class::Tag, tag);
    }
}
