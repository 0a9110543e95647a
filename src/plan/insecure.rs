//! Plans `insecureRegistries` of image.config: one entry added or taken away, and what else the lists say of the registry.
//!
//! The same list is read by two kinds of readers. Nodes and builds match an entry as a prefix, wildcards too; image stream
//! import compares the whole `host[:port]` ([`crate::model::policy`]). So the entry is written as images write the registry, port
//! included.

use serde_json::Value;

use super::node_effects::PlatformChange;
use super::{Action, Change, Object, Op, Plan, UndoNote, WhenGone};
use crate::model::kinds;
use crate::model::policy::{
    AllowedRegistry, ImportAdmission, ImportCheck, RegistrySources, import_admission,
};

/// The lists, as places in the object.
pub const INSECURE: &str = "/spec/registrySources/insecureRegistries";
pub const ALLOWED: &str = "/spec/registrySources/allowedRegistries";

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct InsecureArgs<'a> {
    /// `host[:port]`, as images write it.
    pub registry: &'a str,
    pub remove: bool,
    /// `--allow`: into `allowedRegistries` as well, where there is such a list without it.
    pub allow: bool,
    /// `--force`: also where a wildcard has it already, and where it stays blocked.
    pub force: bool,
}

/// Why it is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InsecureRefusal {
    #[error("blockedRegistries has {entry}: nodes would pull nothing from it all the same")]
    Blocked { entry: String },
    #[error(
        "allowedRegistries is set and has no entry for {registry}: nodes would pull nothing from it all the same"
    )]
    NotAllowed { registry: String },
}

/// The plan for the object `cluster` as it was read, and what it amounts to for the nodes.
///
/// # Errors
///
/// When other lists would keep the nodes from the registry all the same.
pub fn insecure(
    object: &Object,
    args: &InsecureArgs<'_>,
) -> Result<(Plan, Vec<PlatformChange>), InsecureRefusal> {
    let sources = sources(object);
    let mut notes = Vec::new();
    let mut changes = vec![PlatformChange::RegistriesConf];
    let ops = if args.remove {
        remove(&sources, args, &mut notes)
    } else {
        let mut ops = add(&sources, args, &mut notes);
        if allow(&sources, args, &mut notes)? {
            ops.push(Op::ValueAdd {
                list: ALLOWED.to_owned(),
                value: args.registry.into(),
                at: None,
            });
            changes.push(PlatformChange::Policy);
        }
        blocked(&sources, args, &mut notes)?;
        imports(object, args, &mut notes);
        ops
    };
    let change = Change {
        object: kinds::IMAGE_CONFIG.object(None, "cluster"),
        action: Action::Edit(ops),
        seen: Some(object.clone()),
        done: if args.remove {
            format!("updated ({} no longer insecure)", args.registry)
        } else {
            format!("updated ({} insecure)", args.registry)
        },
        why: format!("{} without verification", args.registry),
        risk: None,
        undo: UndoNote::Inverse,
        when_gone: WhenGone::Fail,
    };
    let plan = Plan {
        changes: vec![change],
        notes,
    };
    Ok((plan, changes))
}

fn add(sources: &RegistrySources, args: &InsecureArgs<'_>, notes: &mut Vec<String>) -> Vec<Op> {
    let registry = args.registry;
    let add = Op::ValueAdd {
        list: INSECURE.to_owned(),
        value: registry.into(),
        at: None,
    };
    if sources.insecure.iter().any(|entry| entry == registry) {
        return vec![add];
    }
    if let Some(entry) = sources.insecure.iter().find(|it| wildcard(it, registry))
        && !args.force
    {
        notes.push(format!(
            "insecureRegistries has {entry}, which nodes and builds honour for {registry}; imports of image streams do not: they take `importPolicy.insecure`, or an entry of its own, which --force adds"
        ));
        return Vec::new();
    }
    let host = host_of(registry);
    if let Some(entry) = sources
        .insecure
        .iter()
        .find(|entry| *entry == host && host != registry)
    {
        notes.push(format!(
            "the entry {entry} without the port stays: nodes take it for every port of that host, imports for none but 443"
        ));
    }
    vec![add]
}

fn remove(sources: &RegistrySources, args: &InsecureArgs<'_>, notes: &mut Vec<String>) -> Vec<Op> {
    let registry = args.registry;
    for entry in &sources.insecure {
        if entry == registry {
            continue;
        }
        let why = if wildcard(entry, registry) {
            "a wildcard that covers it"
        } else if host_of(entry) == host_of(registry)
            && !entry.contains('/')
            && !registry.contains('/')
        {
            "of the same host"
        } else if entry
            .strip_prefix(registry)
            .is_some_and(|rest| rest.starts_with('/'))
        {
            "for a part of it"
        } else {
            continue;
        };
        notes.push(format!("the entry {entry} stays ({why})"));
    }
    vec![Op::ValueRemove {
        list: INSECURE.to_owned(),
        value: registry.into(),
    }]
}

/// Whether an entry of `allowedRegistries` is to be added.
fn allow(
    sources: &RegistrySources,
    args: &InsecureArgs<'_>,
    notes: &mut Vec<String>,
) -> Result<bool, InsecureRefusal> {
    let registry = args.registry;
    if sources.allowed.is_empty() {
        if args.allow {
            notes.push(
                "allowedRegistries is not set, so that every registry is allowed: nothing is added there"
                    .to_owned(),
            );
        }
        return Ok(false);
    }
    let covered = |entry: &String| entry == registry || wildcard(entry, registry);
    if sources.allowed.iter().any(covered) {
        return Ok(false);
    }
    if args.allow {
        return Ok(true);
    }
    if let Some(entry) = sources.allowed.iter().find(|entry| within(entry, registry)) {
        notes.push(format!(
            "allowedRegistries has only a part of it, {entry}; --allow adds the whole registry"
        ));
        return Ok(false);
    }
    Err(InsecureRefusal::NotAllowed {
        registry: registry.to_owned(),
    })
}

fn blocked(
    sources: &RegistrySources,
    args: &InsecureArgs<'_>,
    notes: &mut Vec<String>,
) -> Result<(), InsecureRefusal> {
    let registry = args.registry;
    let host = host_of(registry);
    // Nodes take an entry without a port for every port of the host (`registries.conf`).
    let whole = sources
        .blocked
        .iter()
        .find(|entry| *entry == registry || *entry == host || wildcard(entry, registry));
    if let Some(entry) = whole {
        let refusal = InsecureRefusal::Blocked {
            entry: entry.clone(),
        };
        if !args.force {
            return Err(refusal);
        }
        notes.push(refusal.to_string());
    }
    for entry in sources.blocked.iter().filter(|it| within(it, registry)) {
        notes.push(format!("blockedRegistries has a part of it: {entry}"));
    }
    Ok(())
}

/// Says where `allowedRegistriesForImport` keeps imports from the registry all the same.
fn imports(object: &Object, args: &InsecureArgs<'_>, notes: &mut Vec<String>) {
    let allowed: Vec<AllowedRegistry> = object
        .items("/spec/allowedRegistriesForImport")
        .iter()
        .map(|entry| AllowedRegistry {
            domain_name: text(&entry["domainName"]),
            insecure: entry["insecure"] == true,
        })
        .collect();
    let internal =
        Some(object.text("/status/internalRegistryHostname")).filter(|it| !it.is_empty());
    let admission = |insecure| {
        import_admission(
            &allowed,
            internal,
            args.registry,
            insecure,
            ImportCheck::Request,
        )
    };
    match (admission(false), admission(true)) {
        (ImportAdmission::Refused { .. }, ImportAdmission::Refused { .. }) => notes.push(format!(
            "allowedRegistriesForImport has no entry for {}: only administrators may import image streams from it",
            args.registry
        )),
        (ImportAdmission::Refused { .. }, _) => notes.push(format!(
            "allowedRegistriesForImport admits {} over plain HTTP only: imports of image streams need `importPolicy.insecure`",
            args.registry
        )),
        (_, ImportAdmission::Refused { .. }) => notes.push(format!(
            "allowedRegistriesForImport admits {} over TLS only: imports with `importPolicy.insecure` need an element with `insecure: true`",
            args.registry
        )),
        _ => {}
    }
}

/// The lists of the object.
fn sources(object: &Object) -> RegistrySources {
    let list = |name: &str| {
        object
            .items(&format!("/spec/registrySources/{name}"))
            .iter()
            .map(text)
            .collect()
    };
    RegistrySources {
        allowed: list("allowedRegistries"),
        blocked: list("blockedRegistries"),
        insecure: list("insecureRegistries"),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// `*.example.com` covers every host below it, whatever the port.
fn wildcard(entry: &str, registry: &str) -> bool {
    entry
        .strip_prefix('*')
        .filter(|domain| domain.starts_with('.'))
        .is_some_and(|domain| host_of(registry).ends_with(domain))
}

/// A repository of the registry, or a prefix of some.
fn within(entry: &str, registry: &str) -> bool {
    entry
        .strip_prefix(registry)
        .is_some_and(|rest| rest.starts_with('/'))
}

/// Without the port: of `host:5000`, `[::1]:5000` and `host`.
fn host_of(registry: &str) -> &str {
    match registry.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !port.is_empty() => host,
        _ => registry,
    }
}

#[cfg(test)]
mod tests;
