//! What gives nobody away, and the words of our own sentences.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Registries that everybody uses, and the hosts that they send their clients to.
const HOSTS: &[&str] = &[
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
    "auth.docker.io",
    "registry.docker.io",
    "hub.docker.com",
    "production.cloudflare.docker.com",
    "quay.io",
    "ghcr.io",
    "pkg-containers.githubusercontent.com",
    "gcr.io",
    "k8s.gcr.io",
    "registry.k8s.io",
    "mcr.microsoft.com",
    "public.ecr.aws",
    "registry.gitlab.com",
    "gitlab.com",
    "github.com",
    "registry.redhat.io",
    "registry.access.redhat.com",
    "registry.connect.redhat.com",
    "sso.redhat.com",
    "nvcr.io",
    "icr.io",
    "docker.elastic.co",
    "registry.suse.com",
    "image-registry.openshift-image-registry.svc",
    "image-registry.openshift-image-registry.svc.cluster.local",
    "docker-registry.default.svc",
    "docker-registry.default.svc.cluster.local",
    "localhost",
    "cluster.local",
];

/// Domains of API groups and of well-known labels and types; no registry has its name there.
const GROUPS: &[&str] = &["k8s.io", "kubernetes.io", "openshift.io", "extreg.dev"];

/// Namespaces, accounts, users and the like that every cluster or registry has.
const NAMES: &[&str] = &[
    "default",
    "builder",
    "deployer",
    "library",
    "latest",
    "cluster",
    "anonymous",
    "pull-secret",
    "auth.json",
    "config.json",
    "dockercfg",
    "kube-system",
    "kube-public",
    "openshift",
    "openshift-config",
    "openshift-config-managed",
    "openshift-image-registry",
    "openshift-apiserver",
    "openshift-machine-config-operator",
    "system:anonymous",
    "<token>",
    "oauth2accesstoken",
    "_json_key",
    "_json_key_base64",
    "AWS",
    "00000000-0000-0000-0000-000000000000",
];

/// Words of sentences, kinds, commands and paths. A name that is one of them is replaced where it stands by itself in a
/// field or behind a slash, and left where it would make nonsense of a sentence.
static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "
    _catalog a accepted access account allowed amd64 an and any application apps arm64 as asked at auth
    auth.json authentication back bc because blob blobs build buildconfig builds by ca cannot catalog cause
    certificate certificates certs.d chain check clusterimagepolicy config config.json configmap connection
    container containers controller credential credentials cronjob daemonset dc denied deploy deployment
    deploymentconfig digest dns docker doctor does ds entry error etc event exist explain extreg failed
    failure file first for from get gives group has head here home host http https image imagepolicy images
    imagestream imagestreamtag import in index insecure io ip is istag it its job json key kubectl kubelet
    layer layers lib link linked linux list log login machine manifest manifests mirror missing mount name
    names namespace network no node nodes none not null oauth oc of ok on openshift or os own password patch
    path platform pod pods policy port post ppc64le private proxy public pull push put read refused registry
    replicaset repositories repository requested resource right root rs run runtime s390x sa scope secret
    secrets server service serviceaccount serviceaccounts set signature source spec statefulset status
    stream sts system tag tags target tcp that the this timeout tls to token trust type udp unauthorized
    unknown unlink uploads url use user users usr v1 v2 valid var want wants windows with write yaml
    "
    .split_whitespace()
    .collect()
});

/// A host that stays: public, or this machine.
pub(super) fn is_known_host(host: &str) -> bool {
    HOSTS.contains(&host.to_ascii_lowercase().as_str()) || is_group(host)
}

/// The domain of an API group, a label or a type: no host, so that no image path follows.
pub(super) fn is_group(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let below = |group: &&str| {
        host.strip_suffix(*group)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    GROUPS.iter().any(below) && !HOSTS.contains(&host.as_str())
}

/// A name that stays.
pub(super) fn is_known_name(name: &str) -> bool {
    NAMES.contains(&name) || is_known_host(name)
}

/// A word that sentences are made of, or one too short to be told from them.
pub(super) fn is_word(name: &str) -> bool {
    name.chars().count() < 3
        || name.bytes().all(|byte| byte.is_ascii_digit())
        || WORDS.contains(name.to_ascii_lowercase().as_str())
}

/// A tag that names a version and nothing else: `1.4`, `v2.0-rc1`, `stable`.
pub(super) fn is_version(tag: &str) -> bool {
    const QUALIFIERS: &[&str] = &[
        "v", "rc", "alpha", "beta", "el", "ubi", "alpine", "slim", "latest", "stable", "edge",
        "canary",
    ];
    tag.split(['.', '-', '_', '+']).all(|part| {
        let word = part.trim_end_matches(|digit: char| digit.is_ascii_digit());
        word.is_empty() || QUALIFIERS.contains(&word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_public_stays() {
        for host in [
            "quay.io",
            "Docker.IO",
            "config.openshift.io",
            "registry.k8s.io",
        ] {
            assert!(is_known_host(host), "{host}");
        }
        for host in [
            "registry.corp.example",
            "notquay.io",
            "acme.azurecr.io",
            "openshift.io.acme",
        ] {
            assert!(!is_known_host(host), "{host}");
        }
        assert!(is_known_name("default") && !is_known_name("shop"));
        assert!(is_word("Registry") && is_word("ab") && is_word("5000") && !is_word("payments"));
    }

    #[test]
    fn versions_are_told_from_names() {
        for tag in ["1.4", "v2.0.1-rc1", "latest", "3.19-alpine3", "2026-01-31"] {
            assert!(is_version(tag), "{tag}");
        }
        for tag in ["feature-acme", "1.4-acme", "abc1234", "prod"] {
            assert!(!is_version(tag), "{tag}");
        }
    }
}
