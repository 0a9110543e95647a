//! What the cluster's own registry is called inside the cluster. By its route it is a registry like others, and is none here.

use std::net::Ipv4Addr;

/// OpenShift 4, then 3.11, where no configuration tells (openshift/api `config/v1/types_image.go`
/// `internalRegistryHostname`; openshift-ansible `openshift_hosted_registry`).
pub const NAMES: [&str; 4] = [
    "image-registry.openshift-image-registry.svc:5000",
    "image-registry.openshift-image-registry.svc.cluster.local:5000",
    "docker-registry.default.svc:5000",
    "docker-registry.default.svc.cluster.local:5000",
];

/// Whether a registry is the integrated one by a name that it has in every cluster.
pub fn is_named(registry: &str) -> bool {
    let named = |name: &str| name == registry || name.strip_suffix(":5000") == Some(registry);
    NAMES.iter().any(|name| named(name))
}

/// Whether it may be the integrated registry by its address: port 5000 of a service, in the network that OpenShift gives to
/// services where nothing else is configured (`172.30.0.0/16`).
pub fn may_be_addressed(registry: &str) -> bool {
    registry
        .strip_suffix(":5000")
        .and_then(|host| host.parse::<Ipv4Addr>().ok())
        .is_some_and(|address| address.octets()[..2] == [172, 30])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses() {
        for name in NAMES {
            assert!(is_named(name), "{name}");
        }
        assert!(is_named("docker-registry.default.svc"));
        assert!(!is_named("docker-registry.default.svc:80"));
        assert!(!is_named(
            "default-route-openshift-image-registry.apps.example.com"
        ));
        assert!(may_be_addressed("172.30.12.7:5000"));
        for other in [
            "172.31.0.1:5000",
            "172.30.0.1",
            "172.30.0.1:443",
            "172.30.x.y:5000",
        ] {
            assert!(!may_be_addressed(other), "{other}");
        }
    }
}
