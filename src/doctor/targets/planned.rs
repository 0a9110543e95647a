//! Objects as they are going to be: what a plan would write takes the place of what was read, so that a plan is judged by the
//! same questions as what is there already.

use super::read::Bag;
use super::world::Strays;
use crate::cluster::snapshot::decode;
use crate::doctor::target::Operation;
use crate::model::kinds::{self, ObjectRef};
use crate::model::view::{NamespaceView, Part};
use crate::plan::Object;

/// What a plan would leave behind, by object; `None` for what it would delete.
#[derive(Debug, Clone, Default)]
pub struct Planned {
    objects: Vec<(ObjectRef, Option<Object>)>,
    operations: Option<Vec<Operation>>,
}

impl Planned {
    /// Of the objects that [`crate::plan::after`] gives.
    pub fn new(objects: Vec<(ObjectRef, Option<Object>)>) -> Self {
        Self {
            objects,
            operations: None,
        }
    }

    /// Nothing but these operations is asked about: a plan about pushes need not wait for the registry of a base image.
    #[must_use]
    pub fn only(self, operations: &[Operation]) -> Self {
        Self {
            operations: Some(operations.to_vec()),
            ..self
        }
    }

    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    pub(super) fn asks_about(&self, operation: Operation) -> bool {
        self.operations
            .as_ref()
            .is_none_or(|operations| operations.contains(&operation))
    }

    /// A target that is planned, by itself: pods and builds that were made of it as it was, and what was said about them,
    /// tell nothing about it as it will be. `None` where the plan does not have it.
    pub(super) fn target(&self, object: &ObjectRef) -> Option<Bag> {
        let stream = match object.name.split_once(':') {
            Some((stream, _)) if object.kind == kinds::IMAGE_STREAM_TAG => {
                kinds::IMAGE_STREAM.object(object.namespace.as_deref(), stream)
            }
            _ => object.clone(),
        };
        let (_, planned) = self.objects.iter().find(|(known, _)| *known == stream)?;
        let value = planned.as_ref()?.value();
        let mut bag = Bag::default();
        match stream.kind {
            kinds::BUILD_CONFIG => bag.build_configs.push(decode::build_config(value)),
            kinds::IMAGE_STREAM => bag.streams.push(decode::image_stream(value)),
            kinds::POD => bag.pods.push(decode::pod(value)),
            kind => bag.workloads.push(decode::workload(kind, value)?),
        }
        Some(bag)
    }

    /// Puts secrets, service accounts and image streams as they will be into what was read.
    pub(super) fn overlay(&self, view: &mut NamespaceView) {
        for (object, planned) in &self.objects {
            let value = planned.as_ref().map(Object::value);
            match object.kind {
                kinds::SECRET => replace(
                    &mut view.secrets,
                    object,
                    value.map(decode::secret),
                    |secret| (&secret.namespace, &secret.name),
                ),
                kinds::SERVICE_ACCOUNT => replace(
                    &mut view.service_accounts,
                    object,
                    value.map(decode::service_account),
                    |account| (&account.namespace, &account.name),
                ),
                kinds::IMAGE_STREAM => replace(
                    &mut view.image_streams,
                    object,
                    value.map(decode::image_stream),
                    |stream| (&stream.namespace, &stream.name),
                ),
                _ => {}
            }
        }
        // What reads the list relies on this order.
        if let Ok(secrets) = &mut view.secrets {
            secrets.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        }
    }

    /// The same for what is read one by one, where lists may not be read.
    pub(super) fn overlay_strays(&self, strays: &mut Strays) {
        for (object, planned) in &self.objects {
            let Some(namespace) = object.namespace.clone() else {
                continue;
            };
            let (name, value) = ((namespace, object.name.clone()), planned.as_ref());
            let value = value.map(Object::value);
            match object.kind {
                kinds::SECRET => {
                    let secret = value.map(decode::secret);
                    strays.secrets.insert(name, Ok(secret));
                }
                kinds::SERVICE_ACCOUNT => {
                    let account = value.map(decode::service_account);
                    strays.accounts.insert(name, Ok(account));
                }
                kinds::IMAGE_STREAM => {
                    let stream = value.map(decode::image_stream);
                    strays.streams.insert(name, Ok(stream));
                }
                _ => {}
            }
        }
    }
}

/// A list that could not be read stays so: one object more does not make it known.
fn replace<T>(
    list: &mut Part<Vec<T>>,
    object: &ObjectRef,
    planned: Option<T>,
    name: impl Fn(&T) -> (&String, &String),
) {
    let Ok(list) = list else {
        return;
    };
    list.retain(|one| {
        let (namespace, name) = name(one);
        object.namespace.as_ref() != Some(namespace) || object.name != *name
    });
    list.extend(planned);
}
