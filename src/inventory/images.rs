//! The images in use, and who uses them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::Input;
use super::resolve::{RESOLVE_NAMES, Resolver};
use super::types::{By, Image, Role, Use};
use crate::model::image::ImageReference;
use crate::model::view::{BuildConfig, Container, ImageStream, Owner, Pod, Workload};

/// What [`find`] finds.
pub(super) struct Found {
    /// In order of their canonical references.
    pub(super) images: Vec<Image>,
    /// References that are none: who, and what is wrong.
    pub(super) faults: Vec<(By, String)>,
}

/// Label of a pod that a DeploymentConfig's ReplicationController made (openshift/api `apps/v1/consts.go`).
const DEPLOYMENT_CONFIG: &str = "openshift.io/deployment-config.name";

/// Goes through workloads, pods, BuildConfigs and image streams.
pub(super) fn find(input: &Input<'_>, resolver: &Resolver<'_>) -> Found {
    let mut finder = Finder {
        resolver,
        images: BTreeMap::new(),
        faults: Vec::new(),
    };
    let workloads: &[Workload] = input
        .view
        .workloads
        .as_ref()
        .map_or(&[], |workloads| workloads.list.as_slice());
    for workload in workloads.iter().filter(|workload| workload.owner.is_none()) {
        finder.workload(workload);
    }
    let owners: HashMap<(&str, &str, &str), &Workload> = workloads
        .iter()
        .map(|workload| {
            let object = &workload.object;
            let namespace = object.namespace.as_deref().unwrap_or_default();
            (
                (namespace, object.kind.kind, object.name.as_str()),
                workload,
            )
        })
        .collect();
    for pod in input.view.pods.iter().flatten() {
        finder.pod(pod, &owners);
    }
    for build in input.view.build_configs.iter().flatten() {
        finder.build(build);
    }
    for stream in input.view.image_streams.iter().flatten() {
        finder.stream(stream);
    }
    Found {
        images: finder
            .images
            .into_values()
            .map(|(reference, uses)| Image {
                reference,
                uses: uses.into_values().collect(),
            })
            .collect(),
        faults: finder.faults,
    }
}

type Uses = BTreeMap<(By, Role), Use>;

struct Finder<'a> {
    resolver: &'a Resolver<'a>,
    /// Uses by user and role, so that a sidecar of thousands of pods is found at once.
    images: BTreeMap<String, (ImageReference, Uses)>,
    faults: Vec<(By, String)>,
}

impl Finder<'_> {
    fn workload(&mut self, workload: &Workload) {
        let namespace = workload.object.namespace.as_deref().unwrap_or_default();
        let by = By {
            kind: workload.object.kind.kind.to_ascii_lowercase(),
            namespace: namespace.to_owned(),
            name: workload.object.name.clone(),
        };
        let resolve_names = [&workload.annotations, &workload.labels]
            .iter()
            .any(|map| map.get(RESOLVE_NAMES).is_some_and(|value| value == "*"));
        let pattern = Use {
            account: Some(workload.service_account.clone()),
            secrets: workload.pull_secrets.clone(),
            ..uses(by, Role::Runs)
        };
        for container in &workload.containers {
            // A trigger fills it in.
            let blank = container.image.trim().is_empty() && workload.image_triggers.is_some();
            if !blank {
                self.container(namespace, container, &pattern, resolve_names);
            }
        }
    }

    fn pod(&mut self, pod: &Pod, owners: &HashMap<(&str, &str, &str), &Workload>) {
        let over = matches!(pod.phase.as_str(), "Succeeded" | "Failed");
        // The pod of a build runs the platform's builder; what it builds from is the BuildConfig's.
        let builds = pod
            .owner
            .as_ref()
            .is_some_and(|owner| owner.kind == "Build");
        if over || builds {
            return;
        }
        let by = user_of(pod, owners);
        for container in &pod.containers {
            let waits = pod.waits_for_image()
                && container.waiting.is_some()
                && container.image_id.as_deref().is_none_or(str::is_empty);
            let pattern = Use {
                account: Some(pod.service_account.clone()),
                waiting: usize::from(waits),
                ..uses(by.clone(), Role::Runs)
            };
            self.container(&pod.namespace, container, &pattern, false);
        }
    }

    fn container(&mut self, namespace: &str, container: &Container, pattern: &Use, names: bool) {
        let text = container.image.trim();
        let reference = match ImageReference::parse(text) {
            Ok(reference) => reference,
            Err(error) => {
                let fault = (pattern.by.clone(), error.to_string());
                if !self.faults.contains(&fault) {
                    self.faults.push(fault);
                }
                return;
            }
        };
        for resolved in self.resolver.image(namespace, reference, names) {
            let one = Use {
                via: resolved.via,
                ..pattern.clone()
            };
            self.add(resolved.reference, one);
        }
    }

    fn build(&mut self, build: &BuildConfig) {
        let by = By {
            kind: "buildconfig".to_owned(),
            namespace: build.namespace.clone(),
            name: build.name.clone(),
        };
        let sources = build
            .source_images
            .iter()
            .map(|source| (Role::Copies, Some(&source.from), &source.pull_secret));
        let rest = [
            (Role::BuildsFrom, build.from.as_ref(), &build.pull_secret),
            (Role::Pushes, build.output.as_ref(), &build.push_secret),
        ];
        for (role, image, secret) in rest.into_iter().chain(sources) {
            let Some(image) = image else { continue };
            // What is pushed to a stream goes to the cluster's own registry, whatever the tag imports.
            if role == Role::Pushes && image.kind != "DockerImage" {
                continue;
            }
            if image.kind == "DockerImage"
                && let Err(error) = ImageReference::parse(image.name.trim())
            {
                self.faults.push((by.clone(), error.to_string()));
            }
            if let Some(resolved) = self.resolver.object(&build.namespace, image) {
                let one = Use {
                    via: resolved.via,
                    account: Some(build.service_account.clone()),
                    secrets: secret.iter().cloned().collect(),
                    ..uses(by.clone(), role)
                };
                self.add(resolved.reference, one);
            }
        }
    }

    fn stream(&mut self, stream: &ImageStream) {
        let by = |name: String, kind: &str| By {
            kind: kind.to_owned(),
            namespace: stream.namespace.clone(),
            name,
        };
        if let Some(repository) = &stream.spec_repository {
            self.import(
                repository,
                uses(by(stream.name.clone(), "imagestream"), Role::Imports),
            );
        }
        for tag in &stream.tags {
            let source = tag.from.as_ref().filter(|from| from.kind == "DockerImage");
            if let Some(from) = source {
                let one = Use {
                    scheduled: tag.scheduled,
                    insecure: tag.insecure || stream.insecure_annotation,
                    failed: tag
                        .failed_import()
                        .map(|failed| (failed.reason.clone(), failed.message.clone())),
                    ..uses(
                        by(format!("{}:{}", stream.name, tag.name), "istag"),
                        Role::Imports,
                    )
                };
                self.import(&from.name, one);
            }
        }
    }

    fn import(&mut self, text: &str, one: Use) {
        match ImageReference::parse(text.trim()) {
            Ok(reference) => self.add(reference, one),
            Err(error) => self.faults.push((one.by, error.to_string())),
        }
    }

    fn add(&mut self, reference: ImageReference, one: Use) {
        let (_, uses) = self
            .images
            .entry(reference.to_string())
            .or_insert_with(|| (reference, BTreeMap::new()));
        match uses.entry((one.by.clone(), one.role)) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.waiting += one.waiting;
                known.via = known.via.take().or(one.via);
            }
            Entry::Vacant(place) => {
                place.insert(one);
            }
        }
    }
}

fn uses(by: By, role: Role) -> Use {
    Use {
        by,
        role,
        via: None,
        account: None,
        secrets: Vec::new(),
        waiting: 0,
        scheduled: false,
        failed: None,
        insecure: false,
    }
}

/// The workload that a person would name for a pod: the owner of its owner where there is one.
fn user_of(pod: &Pod, owners: &HashMap<(&str, &str, &str), &Workload>) -> By {
    let named = |kind: &str, name: &str| By {
        kind: kind.to_ascii_lowercase(),
        namespace: pod.namespace.clone(),
        name: name.to_owned(),
    };
    let Some(Owner { kind, name }) = &pod.owner else {
        return named("Pod", &pod.name);
    };
    if let Some(config) = pod.labels.get(DEPLOYMENT_CONFIG) {
        return named("DeploymentConfig", config);
    }
    match owners.get(&(pod.namespace.as_str(), kind.as_str(), name.as_str())) {
        Some(Workload {
            owner: Some(owner), ..
        }) => named(&owner.kind, &owner.name),
        // A static pod belongs to its node.
        None if kind == "Node" => named("Pod", &pod.name),
        Some(_) | None => named(kind, name),
    }
}
