//! By which certificates registries are verified: `additionalTrustedCA` for one, Proxy `trustedCA` for all.

use jiff::Timestamp;

use super::types::{PlatformTrust, Trust};
use crate::model::pem::{self, Bundle};
use crate::model::policy::trusted_ca;
use crate::model::view::{ClusterConfigView, Missing};

/// The key of a Proxy's bundle (openshift/api `config/v1/types_proxy.go`).
pub(super) const BUNDLE_KEY: &str = "ca-bundle.crt";

/// How the cluster verifies a registry; `None` when its configuration could not be read. Plain Kubernetes has none: the
/// nodes' own certificates count.
pub(super) fn of(config: &ClusterConfigView, registry: &str) -> Option<Trust> {
    let cas = match &config.registry_cas {
        Ok(Some(cas)) => cas,
        Ok(None) | Err(Missing::NotServed(_)) => return Some(Trust::Default),
        Err(_) => return None,
    };
    let keys = cas.data.keys().map(String::as_str);
    Some(match trusted_ca(keys, registry).key {
        Some(key) => {
            let bundle = pem::parse(cas.data[key].as_bytes());
            Trust::Additional {
                key: key.to_owned(),
                certificates: bundle.certificates.len(),
                until: until(&bundle),
            }
        }
        None => Trust::Default,
    })
}

/// The bundle that every node trusts.
pub(super) fn platform(config: &ClusterConfigView) -> Option<PlatformTrust> {
    let map = config.proxy_ca.as_ref().ok()?.as_ref()?;
    let bundle = pem::parse(map.data.get(BUNDLE_KEY)?.as_bytes());
    Some(PlatformTrust {
        config_map: format!("{}/{}", map.namespace, map.name),
        certificates: bundle.certificates.len(),
        until: until(&bundle),
    })
}

/// When the first certificate ends.
pub(super) fn until(bundle: &Bundle) -> Option<Timestamp> {
    bundle
        .certificates
        .iter()
        .filter_map(|found| found.certificate.not_after)
        .min()
}
