//! Pod templates that have a list of secrets, or a pull policy, of their own.

use super::action::{Action, LinkFrom, Named, rolls, typed};
use super::wiring::{changed, secret};
use super::{Applicability, Remedy, Tool};
use crate::doctor::target::{Consumer, TargetRef, object_words};
use crate::model::kinds::{self, ObjectRef};

impl Tool<'_> {
    /// What `use` does: the template's own list names the secret, and the image stays.
    pub(super) fn used_by_template(&self, summary: &str, from: LinkFrom) -> Option<Remedy> {
        let (object, container) = self.own_template()?;
        let made = match &from {
            LinkFrom::Existing { .. } => None,
            LinkFrom::Secret { .. } => Some(self.made_name()),
        };
        let namespace = object.namespace.clone().unwrap_or_default();
        let action = Action::Use {
            named: Named {
                object: object.clone(),
                image: self.case.subject.text.clone(),
                from,
                skip_check: self.skip_check(),
            },
            container: container.to_owned(),
        };
        let mut remedy = self.act(&format!("{summary}; its pods are made again"), action);
        remedy
            .changes
            .extend(made.map(|name| secret(&namespace, &name)));
        remedy.changes.push(changed(object));
        remedy.changes.extend(self.account());
        Some(remedy)
    }

    /// The name in the list that a workload's template has of its own; by hand where nobody says which workload it is.
    pub(super) fn named_in_template(&self, summary: &str, name: &str) -> Vec<Remedy> {
        let Consumer::Pod { object, .. } = &self.case.subject.consumer else {
            return Vec::new();
        };
        let existing = LinkFrom::Existing {
            name: name.to_owned(),
        };
        if let Some(remedy) = self.used_by_template(summary, existing) {
            return vec![remedy];
        }
        let target = match &self.case.subject.target {
            TargetRef::Object { object: target, .. } if target.kind != kinds::POD => target,
            _ => object,
        };
        let spec = if rolls(target) {
            "/spec/template/spec"
        } else if target.kind == kinds::CRON_JOB {
            "/spec/jobTemplate/spec/template/spec"
        } else {
            return vec![Remedy::new(
                Applicability::Manual,
                format!(
                    "{summary}: add {name} to imagePullSecrets of whatever makes {}, and make it again",
                    object_words(object)
                ),
            )];
        };
        let patch = serde_json::json!([
            {"op": "add", "path": format!("{spec}/imagePullSecrets/-"), "value": {"name": name}},
        ])
        .to_string();
        let mut remedy = Remedy::new(Applicability::Review, summary);
        remedy.changes.push(changed(target));
        vec![remedy.command(self.patch(target, "json", &patch))]
    }

    fn patch(&self, object: &ObjectRef, kind: &str, patch: &str) -> Vec<String> {
        let mut command: Vec<String> = [self.client, "patch", &typed(object)]
            .map(str::to_owned)
            .into();
        if let Some(namespace) = &object.namespace {
            command.extend(["-n".to_owned(), namespace.clone()]);
        }
        command.extend([format!("--type={kind}"), "-p".to_owned(), patch.to_owned()]);
        command
    }

    /// The pull policy keeps the node from asking.
    pub(super) fn pull_policy(&self) -> Vec<Remedy> {
        let summary = "let the pull policy be IfNotPresent, so that the node asks the registry";
        match &self.case.subject.target {
            TargetRef::Object {
                object,
                container: Some(container),
            } if rolls(object) => {
                let patch = serde_json::json!({"spec": {"template": {"spec": {"containers": [
                    {"name": container, "imagePullPolicy": "IfNotPresent"},
                ]}}}})
                .to_string();
                vec![
                    Remedy::new(Applicability::Review, summary)
                        .changes(changed(object))
                        .command(self.patch(object, "strategic", &patch)),
                ]
            }
            _ => Self::manual(format!(
                "{summary}; or load the image into the node's own store"
            )),
        }
    }
}
