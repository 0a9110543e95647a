//! What the cluster's `image.config` allows, blocks and exempts from verification, and for whom.
//!
//! The same lists mean different things to different readers. Nodes and builds read `registries.conf` and `policy.json`
//! ([`node_access`], [`node_insecure`]); image stream import compares the registry as a whole word ([`import_access`],
//! [`import_insecure`]) and has an allow list of its own ([`import_admission`]). Which key of `additionalTrustedCA` serves a registry
//! is in [`trusted_ca`]. Every answer names the entry that decided.

mod import;
mod node;
mod trusted_ca;

pub use import::{
    AllowedRegistry, ImportAdmission, ImportCheck, import_access, import_admission, import_insecure,
};
pub use node::{Access, InsecureBy, NearMiss, node_access, node_insecure, policy_scopes};
pub use trusted_ca::{KeyMiss, TrustedCa, key_for, trusted_ca, unmatched_keys};

use crate::model::mirrors::{MirrorRule, RegistriesConf};

/// `spec.registrySources` of `image.config.openshift.io/cluster`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistrySources {
    /// `allowedRegistries`; empty means that everything is allowed.
    pub allowed: Vec<String>,
    /// `blockedRegistries`.
    pub blocked: Vec<String>,
    /// `insecureRegistries`: no verification, and plain HTTP where TLS fails.
    pub insecure: Vec<String>,
}

impl RegistrySources {
    /// The `registries.conf` that these lists and the mirror rules make.
    pub fn registries_conf(&self, rules: &[MirrorRule]) -> RegistriesConf {
        RegistriesConf::render(&self.insecure, &self.blocked, rules)
    }
}

#[cfg(test)]
mod tests;
