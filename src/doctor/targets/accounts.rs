//! Service accounts and secrets as targets: is every secret that is named there, of a type that is read, whole, and does the
//! registry of each of its entries take the login?

use std::sync::Arc;

use super::world::{NamedSecret, World};
use crate::doctor::ask::{Ask, NotAsked};
use crate::doctor::evidence::{Check, Fact, Role};
use crate::doctor::probes::credentials::{ParsedSecret, Sources};
use crate::doctor::probes::unread;
use crate::doctor::target::{Consumer, Operation, TargetRef};
use crate::model::endpoint::RegistryArgument;
use crate::model::image::ImageReference;
use crate::model::kinds::ObjectRef;

/// Entries of one secret that are tried.
const MOST_ENTRIES: usize = 30;

/// `sa/NAME`: every secret that it names.
pub(super) fn account(world: &World, object: &ObjectRef, remarks: &mut Vec<String>) -> Vec<Ask> {
    let namespace = object.namespace.as_deref().unwrap_or_default();
    match world.account(namespace, &object.name) {
        Ok(Some(account)) => {
            if account.pull_secrets.is_empty() {
                remarks.push(format!(
                    "the service account {namespace}/{} names no pull secret",
                    object.name
                ));
            }
            account
                .pull_secrets
                .iter()
                .flat_map(|name| secret(world, object, namespace, name, remarks))
                .collect()
        }
        Ok(None) => Vec::new(),
        Err(why) => {
            let mut ask = placeless(object);
            ask.unread.push(unread(Check::Credentials, &why));
            vec![ask]
        }
    }
}

/// A secret, as a target of its own or as one that `object` names.
pub(super) fn secret(
    world: &World,
    object: &ObjectRef,
    namespace: &str,
    name: &str,
    remarks: &mut Vec<String>,
) -> Vec<Ask> {
    // What the platform keeps for its own registry is its own business.
    let of_platform = world
        .secret(namespace, name)
        .is_ok_and(|found| found.is_some_and(crate::model::view::Secret::is_of_platform));
    if of_platform {
        return Vec::new();
    }
    let parsed = match world.named(namespace, name) {
        NamedSecret::Read(parsed) => parsed,
        NamedSecret::Gone => return vec![broken(object, namespace, name, None)],
        NamedSecret::Unread(why) => {
            let mut ask = placeless(object);
            ask.unread.push(unread(Check::Credentials, &why));
            return vec![ask];
        }
    };
    let keys: Vec<String> = parsed
        .keys()
        .unwrap_or_default()
        .into_iter()
        .map(str::to_owned)
        .collect();
    if keys.is_empty() {
        return vec![broken(object, namespace, name, Some(parsed))];
    }
    if keys.len() > MOST_ENTRIES {
        remarks.push(format!(
            "secret {namespace}/{name} has {} entries, of which the first {MOST_ENTRIES} are tried",
            keys.len()
        ));
    }
    let mut asks = Vec::new();
    for key in keys.iter().take(MOST_ENTRIES) {
        match place_of(key) {
            Some(place) => {
                let sources = Sources::of_entry(namespace, name, &parsed, key);
                asks.push(Ask {
                    sources: Arc::new(sources),
                    place: Some(place),
                    not_asked: None,
                    text: key.clone(),
                    ..placeless(object)
                });
            }
            None => remarks.push(format!(
                "secret {namespace}/{name}: the key {key:?} names no single registry; look at an image to try it"
            )),
        }
    }
    // An entry that cannot be sent is a fault of its own, whatever registry it is for.
    if asks.is_empty() && !parsed.is_sound() {
        asks.push(broken(object, namespace, name, Some(parsed)));
    }
    asks
}

/// A secret that is wrong by itself, whatever it is wanted for.
pub(super) fn broken(
    object: &ObjectRef,
    namespace: &str,
    name: &str,
    parsed: Option<ParsedSecret>,
) -> Ask {
    let mut sources = Sources::of(&Consumer::Credential);
    sources.secret(Role::Used, namespace, name, parsed);
    let facts = sources.by_themselves().into_iter().map(Fact::Source);
    Ask {
        facts: facts.collect(),
        ..placeless(object)
    }
}

/// A question that no registry is asked.
pub(super) fn placeless(object: &ObjectRef) -> Ask {
    let target = TargetRef::Object {
        object: object.clone(),
        container: None,
    };
    Ask {
        not_asked: Some(NotAsked::Itself),
        ..Ask::new(
            target,
            String::new(),
            Operation::Login,
            Consumer::Credential,
        )
    }
}

/// A repository of the registry that a key is for. Nothing is asked about it; only the login is tried.
fn place_of(key: &str) -> Option<ImageReference> {
    if key.contains(['*', '?', '[']) {
        return None;
    }
    // Docker Hub's key ends in its API's version, which is no path of it.
    let plain = key
        .trim_end_matches('/')
        .trim_end_matches("/v1")
        .trim_end_matches("/v2");
    let registry = RegistryArgument::parse(plain).ok()?;
    let name = registry.endpoint.name();
    let path = registry.path.as_deref().unwrap_or("any");
    ImageReference::parse(&format!("{name}/{path}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_of_a_key_is_where_the_login_is_tried() {
        for (key, wanted) in [
            ("registry.example.com:5000", "registry.example.com:5000/any"),
            (
                "https://registry.example.com/v2/",
                "registry.example.com/any",
            ),
            ("https://index.docker.io/v1/", "docker.io/library/any"),
            ("registry.example.com/team", "registry.example.com/team"),
        ] {
            let place = place_of(key).map(|place| place.name());
            assert_eq!(place.as_deref(), Some(wanted), "{key}");
        }
        assert!(place_of("*.example.com").is_none());
    }
}
