//! Which secret a build can push with: the one that it names already, one that its account has, one of the namespace.
//!
//! The rules are the builder's. It reads a secret that a build names whatever its type is, by the names of its files
//! (openshift/builder `pkg/build/builder/cmd/dockercfg/cfg.go` `GetDockerConfig`), and looks the image up in it, with its
//! tag, as the kubelet does (`GetDockerAuth`). Secrets that no build names are found among those of the docker types only
//! (openshift-controller-manager `pkg/build/buildutil` `FindDockerSecretAsReference`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::model::docker_config::{DockerConfig, Format, shown_key};
use crate::model::image::ImageReference;
use crate::model::keyring;
use crate::plan::ours::{self, Owner};
use crate::plan::purpose::{MOUNT_LIST, PULL_LIST};
use crate::plan::{Action, Change, Object, secret};

/// The files in a secret, in the builder's order.
const FILES: [(&str, Format); 3] = [
    ("config.json", Format::ConfigJson),
    (".dockerconfigjson", Format::ConfigJson),
    (".dockercfg", Format::DockerCfg),
];

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The BuildConfig names it, and it is for the image.
    Named(String),
    /// A list of the account names it. `behind` are others there that are for the image too.
    Linked { name: String, behind: Vec<String> },
    /// It is in the namespace, and nothing makes the account use it.
    Unlinked(String),
    /// Several are in the namespace, and none has anything before the others.
    Several(Vec<String>),
    /// None is for the image. `near` are keys that almost are, in words.
    Nothing { near: Vec<String> },
}

/// The secret for a push to `image`. `named` is the push secret of the BuildConfig, `secrets` are all of the namespace.
pub fn choose(
    image: &ImageReference,
    named: Option<&str>,
    account: Option<&Object>,
    secrets: &[Object],
) -> Choice {
    let find = |name: &str| secrets.iter().find(|secret| secret.name() == name);
    if let Some(secret) = named.and_then(find)
        && serves(secret, image)
    {
        return Choice::Named(secret.name().to_owned());
    }
    let usable = |secret: &&Object| is_candidate(secret) && serves(secret, image);
    let mut linked: Vec<String> = Vec::new();
    let lists = [PULL_LIST, MOUNT_LIST];
    for name in account
        .iter()
        .flat_map(|account| lists.iter().flat_map(|list| account.names(list)))
    {
        let known = linked.iter().any(|known| known == name);
        if !known && find(name).as_ref().is_some_and(usable) {
            linked.push(name.to_owned());
        }
    }
    if !linked.is_empty() {
        let name = linked.remove(0);
        let behind = linked;
        return Choice::Linked { name, behind };
    }
    let mut unlinked: Vec<&Object> = secrets.iter().filter(usable).collect();
    let ours = |secret: &&&Object| matches!(ours::owner(secret), Owner::Ours { .. });
    if let [one] = unlinked.iter().filter(ours).collect::<Vec<_>>().as_slice() {
        return Choice::Unlinked(one.name().to_owned());
    }
    unlinked.sort_by_key(|secret| secret.name());
    match unlinked.as_slice() {
        [] => Choice::Nothing {
            near: near(image, secrets),
        },
        [one] => Choice::Unlinked(one.name().to_owned()),
        several => Choice::Several(several.iter().map(|it| it.name().to_owned()).collect()),
    }
}

/// Whether the builder, given this secret, finds a login for the image in it.
pub fn serves(secret: &Object, image: &ImageReference) -> bool {
    looks_up(secret, &image.to_string())
}

/// The same for a repository of the integrated registry, which is no name that people write.
pub fn serves_repository(secret: &Object, repository: &str) -> bool {
    looks_up(secret, repository)
}

fn looks_up(secret: &Object, name: &str) -> bool {
    config(secret).is_some_and(|config| !keyring::lookup(&[&config], name).is_empty())
}

/// Whether the secret holds what the builder could read at all.
pub fn is_readable(secret: &Object) -> bool {
    config(secret).is_some()
}

fn config(secret: &Object) -> Option<DockerConfig> {
    let data = secret.value().get("data")?;
    FILES.iter().find_map(|(file, format)| {
        let text = data.get(file).and_then(Value::as_str)?;
        DockerConfig::parse(&STANDARD.decode(text).ok()?, *format).ok()
    })
}

/// A secret that the platform would find for a build by itself, and does not manage.
fn is_candidate(secret: &Object) -> bool {
    secret::format_of(secret).is_some() && ours::owner(secret) != Owner::Platform
}

fn near(image: &ImageReference, secrets: &[Object]) -> Vec<String> {
    let name = image.name();
    let mut found = Vec::new();
    for secret in secrets.iter().filter(|secret| is_candidate(secret)) {
        for entry in config(secret).iter().flat_map(DockerConfig::entries) {
            if let Some(why) = keyring::near_miss(&entry.key, &name) {
                let key = shown_key(&entry.key);
                found.push(format!("secret {} has {key:?}: {why}", secret.name()));
            }
        }
    }
    found
}

/// The user names in the secret that `change` would write over and in what it would write, where they are not the same: others
/// may use the old login.
pub fn replaced_login(change: &Change) -> Option<(String, String)> {
    let (Action::Apply(wanted), Some(seen)) = (&change.action, &change.seen) else {
        return None;
    };
    let user = |object: &Object| {
        let config = secret::read(object).ok()?;
        let entry = config.entries().first()?;
        let credential = entry.credential.as_ref().ok()?;
        credential.username().map(str::to_owned)
    };
    let (old, new) = (user(seen)?, user(wanted)?);
    (old != new).then_some((old, new))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secret_of(name: &str, kind: &str, file: &str, key: &str) -> Object {
        let entry = json!({ (key): {"auth": STANDARD.encode("robot:x")} });
        let text = match file {
            ".dockercfg" => entry.to_string(),
            _ => json!({ "auths": entry }).to_string(),
        };
        Object::new(json!({
            "apiVersion": "v1", "kind": "Secret", "type": kind,
            "metadata": {"name": name, "namespace": "shop"},
            "data": { (file): STANDARD.encode(text) },
        }))
    }

    fn docker(name: &str, key: &str) -> Object {
        let kind = "kubernetes.io/dockerconfigjson";
        secret_of(name, kind, ".dockerconfigjson", key)
    }

    fn account(pull: &[&str], mount: &[&str]) -> Object {
        let list = |names: &[&str]| -> Vec<Value> {
            names.iter().map(|name| json!({ "name": name })).collect()
        };
        Object::new(json!({"imagePullSecrets": list(pull), "secrets": list(mount)}))
    }

    fn image() -> ImageReference {
        ImageReference::parse("quay.io/team/app:1").expect("an image")
    }

    #[test]
    fn what_is_named_comes_before_what_is_linked_and_that_before_the_rest() {
        let secrets = [
            docker("a", "quay.io"),
            docker("b", "quay.io/team"),
            docker("c", "ghcr.io"),
        ];
        let of = |named, account: &Object| choose(&image(), named, Some(account), &secrets);
        let linked = account(&["c", "b"], &["a", "b"]);
        assert_eq!(of(Some("a"), &linked), Choice::Named("a".into()));
        let found = Choice::Linked {
            name: "b".into(),
            behind: vec!["a".into()],
        };
        assert_eq!(of(None, &linked), found);
        // A push secret for another registry, or one that is gone, counts for nothing.
        assert_eq!(of(Some("c"), &linked), found);
        assert_eq!(of(Some("gone"), &linked), found);
        let bare = account(&["c", "gone"], &[]);
        assert_eq!(
            of(None, &bare),
            Choice::Several(vec!["a".into(), "b".into()])
        );
    }

    #[test]
    fn of_several_the_one_that_this_tool_made_is_taken() {
        let mut own = docker("b", "quay.io").into_value();
        own["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "kubectl-extreg"});
        own["metadata"]["annotations"] = json!({"extreg.dev/registry": "quay.io"});
        let secrets = [docker("a", "quay.io"), Object::new(own)];
        let found = choose(&image(), None, None, &secrets);
        assert_eq!(found, Choice::Unlinked("b".into()));
    }

    #[test]
    fn a_key_that_almost_matches_is_told() {
        let secrets = [docker("a", "quay.io:443")];
        let Choice::Nothing { near } = choose(&image(), None, None, &secrets) else {
            panic!("something was found");
        };
        assert_eq!(near.len(), 1);
        assert!(near[0].contains("quay.io:443"), "{near:?}");
    }

    #[test]
    fn the_builder_reads_what_a_build_names_whatever_its_type() {
        let opaque = secret_of("a", "Opaque", "config.json", "quay.io");
        let secrets = [opaque];
        let named = choose(&image(), Some("a"), None, &secrets);
        assert_eq!(named, Choice::Named("a".into()));
        // It is not found by itself.
        let found = choose(&image(), None, Some(&account(&["a"], &[])), &secrets);
        assert_eq!(found, Choice::Nothing { near: Vec::new() });
        let older = secret_of("a", "kubernetes.io/dockercfg", ".dockercfg", "quay.io");
        let found = choose(&image(), None, None, &[older]);
        assert_eq!(found, Choice::Unlinked("a".into()));
    }

    #[test]
    fn secrets_of_the_platform_are_left_alone() {
        let secrets = [docker("builder-dockercfg-abcde", "quay.io")];
        let mut managed = secrets[0].value().clone();
        managed["type"] = json!("kubernetes.io/dockercfg");
        managed["data"] = json!({".dockercfg": STANDARD.encode(
            json!({"quay.io": {"auth": STANDARD.encode("a:b")}}).to_string()
        )});
        let found = choose(&image(), None, None, &[Object::new(managed)]);
        assert!(matches!(found, Choice::Nothing { .. }), "{found:?}");
    }
}
