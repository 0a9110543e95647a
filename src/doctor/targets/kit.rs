//! Pods, accounts and secrets for the tests of this folder.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::world::{Strays, World};
use crate::model::kinds::{Kind, ObjectRef};
use crate::model::view::{
    ClusterConfigView, Container, ContainerKind, Missing, NamespaceView, Owner, Pod, Secret,
    SecretBytes, ServiceAccount, Waiting, Workload, Workloads,
};

pub(super) const NAMESPACE: &str = "shop";

pub(super) fn at(second: i64) -> Option<Timestamp> {
    Timestamp::from_second(second).ok()
}

pub(super) fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) fn account(name: &str, secrets: &[&str]) -> ServiceAccount {
    ServiceAccount {
        namespace: NAMESPACE.to_owned(),
        name: name.to_owned(),
        uid: String::new(),
        resource_version: String::new(),
        pull_secrets: names(secrets),
        pull_secrets_changed: None,
        mountable_secrets: Vec::new(),
        enforces_mountable: false,
    }
}

/// A pull secret for `registry.example.com`.
pub(super) fn secret(name: &str) -> Secret {
    let config = r#"{"auths":{"registry.example.com":{"auth":"YTpi"}}}"#;
    Secret {
        namespace: NAMESPACE.to_owned(),
        name: name.to_owned(),
        uid: String::new(),
        resource_version: String::new(),
        type_name: "kubernetes.io/dockerconfigjson".to_owned(),
        keys: names(&[".dockerconfigjson"]),
        configs: BTreeMap::from([(
            ".dockerconfigjson".to_owned(),
            SecretBytes::new(config.as_bytes().to_vec()),
        )]),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        immutable: false,
        excluded_from_import: false,
        created: None,
    }
}

pub(super) fn container(name: &str, image: &str) -> Container {
    Container {
        kind: ContainerKind::Regular,
        name: name.to_owned(),
        image: image.to_owned(),
        pull_policy: None,
        image_id: None,
        waiting: None,
    }
}

/// A container that waits for its image.
pub(super) fn waiting(name: &str, image: &str) -> Container {
    Container {
        waiting: Some(Waiting {
            reason: "ErrImagePull".to_owned(),
            message: "unauthorized: authentication required".to_owned(),
        }),
        ..container(name, image)
    }
}

/// A pending pod of the account `default`, whose containers are these.
pub(super) fn pod(name: &str, containers: Vec<Container>) -> Pod {
    Pod {
        namespace: NAMESPACE.to_owned(),
        name: name.to_owned(),
        uid: String::new(),
        phase: "Pending".to_owned(),
        created: at(100),
        deleting: false,
        service_account: "default".to_owned(),
        node: None,
        pull_secrets: Vec::new(),
        applied_pull_secrets: None,
        other_secrets: Vec::new(),
        containers,
        owner: None,
        labels: BTreeMap::new(),
    }
}

pub(super) fn owned(kind: &str, name: &str, pod: Pod) -> Pod {
    Pod {
        owner: Some(Owner {
            kind: kind.to_owned(),
            name: name.to_owned(),
        }),
        ..pod
    }
}

pub(super) fn object(kind: Kind, name: &str) -> ObjectRef {
    kind.object(Some(NAMESPACE), name)
}

pub(super) fn workload(kind: Kind, name: &str, containers: Vec<Container>) -> Workload {
    Workload {
        object: object(kind, name),
        uid: String::new(),
        resource_version: String::new(),
        owner: None,
        replicas: Some(1),
        service_account: "default".to_owned(),
        pull_secrets: Vec::new(),
        other_secrets: Vec::new(),
        containers,
        annotations: BTreeMap::new(),
        image_triggers: None,
        selector: None,
        labels: BTreeMap::new(),
    }
}

/// A namespace in which everything was read, and nothing is.
pub(super) fn view() -> NamespaceView {
    NamespaceView {
        namespace: Some(NAMESPACE.to_owned()),
        service_accounts: Ok(vec![account("default", &[])]),
        secrets: Ok(Vec::new()),
        pods: Ok(Vec::new()),
        workloads: Ok(Workloads::default()),
        build_configs: Ok(Vec::new()),
        builds: Ok(Vec::new()),
        image_streams: Ok(Vec::new()),
        signature_policies: Ok(Vec::new()),
        events: Ok(Vec::new()),
    }
}

pub(super) fn world(view: NamespaceView) -> World {
    World::new(view, Strays::default())
}

/// A cluster that is plain Kubernetes.
pub(super) fn config() -> ClusterConfigView {
    ClusterConfigView {
        image_config: Err(Missing::NotAsked),
        registry_cas: Err(Missing::NotAsked),
        proxy: Err(Missing::NotAsked),
        proxy_ca: Err(Missing::NotAsked),
        digest_mirrors: Err(Missing::NotAsked),
        tag_mirrors: Err(Missing::NotAsked),
        content_source_policies: Err(Missing::NotAsked),
        signature_policies: Err(Missing::NotAsked),
        nodes: Err(Missing::NotAsked),
        global_pull_secret: Err(Missing::NotAsked),
    }
}

/// Why a list could not be read.
pub(super) fn forbidden(resource: &str) -> Missing {
    Missing::Forbidden {
        verb: "list".to_owned(),
        resource: resource.to_owned(),
        namespace: Some(NAMESPACE.to_owned()),
    }
}
