//! The secrets that a build config names.

use super::action::typed;
use super::wiring::changed;
use super::{Applicability, Remedy, Tool};
use crate::doctor::evidence::ListOrigin;
use crate::doctor::target::Consumer;
use crate::model::kinds::{self, ObjectRef};

impl Tool<'_> {
    /// The field of a build config that names the secret.
    pub(super) fn build_secret(&self, summary: &str, name: &str) -> Vec<Remedy> {
        let (build, flag) = match &self.case.subject.consumer {
            Consumer::BuildPush { build, .. } => (build, "--push"),
            Consumer::BuildPull { build, .. } => (build, "--pull"),
            _ => return Vec::new(),
        };
        let config = build_config(build);
        // `oc set build-secret` knows the secrets of output and strategy; those of source images have a field each.
        let of_source = matches!(
            self.origin(),
            Some(ListOrigin::BuildField { field }) if field.contains("source")
        );
        let mut remedy = Remedy::new(Applicability::Review, summary).changes(changed(&config));
        let namespace = config.namespace.clone().unwrap_or_default();
        remedy = if of_source {
            remedy.summary = format!("{summary}: {name}, in spec.source.images");
            remedy.command([
                self.client,
                "edit",
                &typed(&config),
                "-n",
                namespace.as_str(),
            ])
        } else {
            remedy.command([
                self.client,
                "set",
                "build-secret",
                flag,
                &format!("bc/{}", config.name),
                name,
                "-n",
                namespace.as_str(),
            ])
        };
        vec![remedy]
    }
}

/// The build config of a build: builds are named after theirs, with a number behind it (openshift-apiserver
/// `pkg/build/apiserver/buildgenerator` `getNextBuildName`).
fn build_config(build: &ObjectRef) -> ObjectRef {
    let numbered = build
        .name
        .rsplit_once('-')
        .filter(|(_, number)| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
        .map(|(name, _)| name)
        .filter(|_| build.kind == kinds::BUILD);
    kinds::BUILD_CONFIG.object(build.namespace.as_deref(), numbered.unwrap_or(&build.name))
}
