//! The secrets that a build config names, and its images.

use serde_json::json;

use super::action::{Action, LinkFrom, Named, typed};
use super::wiring::{changed, secret};
use super::{Applicability, Remedy, Tool};
use crate::doctor::evidence::{Fact, ListOrigin, ResolvedFact};
use crate::doctor::target::Consumer;
use crate::model::kinds::{self, ObjectRef};

/// The verb that sets an image, as the action that it is in a remedy.
type MakesAction = fn(Named) -> Action;

impl Tool<'_> {
    /// The field of a build config that names the secret: by this tool's verb, or where that would change more, by hand.
    pub(super) fn build_secret(&self, summary: &str, name: &str) -> Vec<Remedy> {
        let from = LinkFrom::Existing {
            name: name.to_owned(),
        };
        if let Some(remedy) = self.build_named(summary, from) {
            return vec![remedy];
        }
        let (build, flag) = match &self.case.subject.consumer {
            Consumer::BuildPush { build, .. } => (build, "--push"),
            Consumer::BuildPull { build, .. } => (build, "--pull"),
            _ => return Vec::new(),
        };
        let config = build_config(build);
        let namespace = config.namespace.clone().unwrap_or_default();
        let mut remedy = Remedy::new(Applicability::Review, summary).changes(changed(&config));
        // `oc set build-secret` knows the secrets of output and strategy; those of source images have a field each.
        remedy = if let Some(place) = self.source_image() {
            remedy.summary = format!("{summary}: {name}, in spec.source.images");
            let path = format!("/spec/source/images/{place}/pullSecret");
            remedy.command(self.json_patch(
                &typed(&config),
                Some(&namespace),
                &json!([{"op": "add", "path": path, "value": {"name": name}}]),
            ))
        } else if self.is_source_image() {
            remedy.applicability = Applicability::Manual;
            remedy.summary = format!("{summary}: {name}, as pullSecret in spec.source.images");
            remedy
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

    /// What `push-target` and `build-source` do: they name the secret beside the image that the build config has already.
    pub(super) fn build_named(&self, summary: &str, from: LinkFrom) -> Option<Remedy> {
        let (config, make) = self.own_image_of_build()?;
        let made = match &from {
            LinkFrom::Existing { .. } => None,
            LinkFrom::Secret { name, .. } => Some(name.clone().unwrap_or_else(|| self.made_name())),
        };
        let namespace = config.namespace.clone().unwrap_or_default();
        let action = make(Named {
            object: config.clone(),
            image: self.case.subject.text.clone(),
            from,
            skip_check: self.skip_check(),
        });
        let mut remedy = self.act(summary, action);
        remedy
            .changes
            .extend(made.map(|name| secret(&namespace, &name)));
        remedy.changes.push(changed(&config));
        remedy.changes.extend(self.account());
        Some(remedy)
    }

    /// The build config, and the verb that sets the image that is meant; `None` where it stands elsewhere than in a field
    /// of its own (an image stream, a Dockerfile, `source.images`).
    pub(super) fn own_image_of_build(&self) -> Option<(ObjectRef, MakesAction)> {
        match &self.case.subject.consumer {
            Consumer::BuildPush { build, .. } => Some((build_config(build), Action::PushTarget)),
            Consumer::BuildPull { build, .. }
                if self.resolved().is_none() && !self.is_source_image() =>
            {
                Some((build_config(build), Action::BuildSource))
            }
            _ => None,
        }
    }

    /// How the object's own wording became the image.
    pub(super) fn resolved(&self) -> Option<&ResolvedFact> {
        self.case
            .one(|fact| match fact {
                Fact::Resolved(resolved) => Some(resolved),
                _ => None,
            })
            .map(|(_, resolved)| resolved)
    }

    /// Its place among the source images.
    fn source_image(&self) -> Option<usize> {
        self.case
            .one(|fact| match fact {
                Fact::Wiring(wiring) => wiring.source_image,
                _ => None,
            })
            .map(|(_, place)| place)
    }

    fn is_source_image(&self) -> bool {
        self.source_image().is_some()
            || matches!(self.origin(), Some(ListOrigin::BuildField { field }) if field.contains("source"))
            || self
                .resolved()
                .is_some_and(|resolved| resolved.from.contains("source.images"))
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
