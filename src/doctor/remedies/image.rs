//! Another image in the place of the one that fails: by the verb that sets it where the object's own field has it, else a
//! look at it.

use super::action::{rolls, typed};
use super::wiring::changed;
use super::{Applicability, Remedy, Tool};
use crate::doctor::evidence::ListOrigin;
use crate::doctor::target::{Consumer, TargetRef};
use crate::model::image::ImageReference;
use crate::model::kinds::{self, ObjectRef};

impl Tool<'_> {
    /// The same image under another name. Whether that is what was meant is for the user to judge.
    pub(super) fn other_image(&self, summary: &str) -> Vec<Remedy> {
        let Some(image) = &self.finding.names.image else {
            return Vec::new();
        };
        let remedy = Remedy::new(Applicability::Review, format!("{summary}: {image}"));
        vec![match self.set_image(image) {
            Some((object, command)) => remedy.changes(changed(&object)).command(command),
            None => remedy.command(self.again(image, &[])),
        }]
    }

    /// The object that has the image, and the command of this tool that puts `image` there.
    fn set_image(&self, image: &str) -> Option<(ObjectRef, Vec<String>)> {
        // What the registry was asked over says nothing of a mirror that has to be asked in its place.
        let mut flags = self.link_flags();
        if let Some((object, container)) = self.own_template() {
            let mut command = self.extreg(["use", &typed(object), image, "-c", container]);
            command.extend(flags);
            return Some((object.clone(), command));
        }
        if let Some((config, _)) = self.own_image_of_build() {
            let verb = match self.case.subject.consumer {
                Consumer::BuildPush { .. } => "push-target",
                _ => "build-source",
            };
            let mut command = self.extreg([verb, &config.name, image]);
            command.extend(flags);
            return Some((config, command));
        }
        let tag = self.own_tag()?;
        // The API server asks the registry, by its own rules.
        flags.retain(|flag| flag != "--plain-http");
        let mut command = self.extreg(["import", &tag.name, image, "--change-source"]);
        command.extend(flags);
        Some((tag.clone(), command))
    }

    /// The workload whose template has the image as it was asked for, and the container.
    pub(super) fn own_template(&self) -> Option<(&ObjectRef, &str)> {
        let own = matches!(
            self.case.subject.consumer,
            Consumer::Pod { .. } | Consumer::ServiceAccount { .. }
        ) && !matches!(self.origin(), Some(ListOrigin::Static));
        match &self.case.subject.target {
            TargetRef::Object {
                object,
                container: Some(container),
            } if own
                && self.resolved().is_none()
                && (rolls(object) || object.kind == kinds::CRON_JOB) =>
            {
                Some((object, container))
            }
            _ => None,
        }
    }

    /// The image stream tag whose import it is.
    pub(super) fn own_tag(&self) -> Option<&ObjectRef> {
        match (&self.case.subject.consumer, &self.case.subject.target) {
            (Consumer::Import { namespace }, TargetRef::Object { object, .. })
                if object.kind == kinds::IMAGE_STREAM_TAG
                    && object.namespace.as_ref() == Some(namespace) =>
            {
                Some(object)
            }
            _ => None,
        }
    }

    /// The import once more: one that failed is not tried again by itself.
    pub(super) fn import_again(&self) -> Option<Vec<String>> {
        let tag = self.own_tag()?;
        Some(self.extreg(["import", &tag.name, &self.case.subject.text]))
    }

    /// The mirror gets what it lacks.
    pub(super) fn mirror(&self) -> Vec<Remedy> {
        let registry = self.registry();
        let mut remedies = Vec::new();
        let lacking = self.case.evidence.facts(|fact| match fact {
            crate::doctor::evidence::Fact::MirrorTrial(trial) => Some(&trial.mirror),
            _ => None,
        });
        let mirror = lacking
            .map(|(_, mirror)| mirror)
            .find(|mirror| mirror.split('/').next() == Some(registry));
        if let (Some(mirror), Ok(image)) = (mirror, &self.case.subject.image) {
            let mut command = self.platform(["promote"]);
            command.extend([image.to_string(), format!("{mirror}:{}", tag_for(image))]);
            remedies.push(
                Remedy::new(
                    Applicability::Review,
                    format!("copy the image to {registry}, with a login that may push there"),
                )
                .command(command),
            );
        }
        remedies.extend(Self::manual(format!(
            "{}mirror the image to {registry}, or let the mirror set contact the source",
            if remedies.is_empty() { "" } else { "or " }
        )));
        remedies
    }
}

/// The image's own tag; for one that is known by its digest alone a tag that keeps it from being swept away.
fn tag_for(image: &ImageReference) -> String {
    match (image.digest(), image.tag()) {
        (_, Some(tag)) => tag.to_owned(),
        (Some(digest), None) => digest
            .replace(':', "-")
            .chars()
            .take("sha256-".len() + 12)
            .collect(),
        (None, None) => "latest".to_owned(),
    }
}
