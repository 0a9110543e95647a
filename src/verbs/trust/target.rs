//! The registry as the user wrote it, put right and shown.

use crate::cli::trust::TrustArgs as Flags;
use crate::error::Error;
use crate::model::endpoint::RegistryArgument;
use crate::model::policy::key_for;
use crate::ui::Ui;
use crate::verbs::arguments;

/// Parses the registry and shows what was put right. A certificate is for a host: a path has no place in it.
pub(super) fn registry(ui: &mut Ui, flags: &Flags) -> Result<RegistryArgument, Error> {
    let text = flags
        .registry
        .as_deref()
        .ok_or_else(|| Error::usage("which registry?"))?;
    arguments::registry(ui, text, |path| {
        format!("certificates are for a host, and {path:?} is a path on it")
    })
}

/// Whether the registry can stand in a ConfigMap as `host..port`.
///
/// Source: Kubernetes `apimachinery/pkg/util/validation` `IsConfigMapKey`.
pub(super) fn fits_key(registry: &RegistryArgument) -> Result<(), Error> {
    let key = key_for(&registry.endpoint.name());
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if key.len() <= 253 && key.bytes().all(fits) {
        return Ok(());
    }
    Err(Error::usage(format!(
        "a CA for {} alone cannot be stored: {key:?} is no key of a ConfigMap",
        registry.endpoint
    ))
    .hint("give the registry a name, or use --scope cluster"))
}
