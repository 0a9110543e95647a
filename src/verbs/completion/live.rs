//! Values that the cluster knows, under a deadline: whatever has been found by then is what there is. A failure of any
//! kind means that nothing is known.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use tokio::join;

use crate::cli::complete::Candidate;
use crate::cli::global::parse_duration;
use crate::cluster::connect::{self, ConnectOptions, Hooks};
use crate::cluster::{Cluster, ClusterError, Glimpse, Kind, ObjectRef};
use crate::env::Env;
use crate::model::image::ImageReference;
use crate::model::integrated;
use crate::model::kinds;
use crate::plan::ours::REGISTRY;
use crate::plan::{Object, pod};

/// How long a shell is kept waiting for the cluster: connecting, a credential plugin and all reads together.
const DEADLINE: Duration = Duration::from_secs(1);
/// Names another time, for those whose credential plugin is slow.
const DEADLINE_VARIABLE: &str = "EXTREG_COMPLETION_TIMEOUT";

/// What OpenShift shows to users who may not list namespaces: those that they may see.
const PROJECT: Kind = Kind {
    group: "project.openshift.io",
    version: "v1",
    kind: "Project",
    resource: "projects",
    namespaced: false,
};

/// The types of secrets with docker credentials.
const DOCKER_TYPES: [&str; 2] = [
    "type=kubernetes.io/dockerconfigjson",
    "type=kubernetes.io/dockercfg",
];

/// What is asked.
#[derive(Debug)]
pub(super) enum Question {
    Namespaces,
    /// The names of the objects of a kind.
    Names(Kind),
    DockerSecrets,
    /// The registries of the secrets that this tool made.
    LinkedRegistries,
    /// `STREAM:TAG`.
    StreamTags,
    /// The images of pods, image streams and builds.
    Images,
    /// The registries of these.
    Registries,
    /// Of one workload.
    Containers(ObjectRef),
}

/// What was found so far: value and help.
#[derive(Default)]
struct Found(Mutex<BTreeMap<String, String>>);

impl Found {
    fn add(&self, value: impl Into<String>, help: impl Into<String>) {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.entry(value.into()).or_insert_with(|| help.into());
    }
}

/// How long the cluster is waited for.
pub(super) fn deadline(env: &Env) -> Duration {
    env.var(DEADLINE_VARIABLE)
        .and_then(|text| parse_duration(text).ok())
        .unwrap_or(DEADLINE)
}

/// Asks the cluster that the flags and the kubeconfig name.
pub(super) fn look(env: &Env, options: &ConnectOptions, questions: &[Question]) -> Vec<Candidate> {
    if !connect::is_configured(env, options) {
        return Vec::new();
    }
    // There is no other that could have been installed before.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        return Vec::new();
    };
    let found = Found::default();
    let deadline = deadline(env);
    let hooks = Hooks {
        exec_timeout: Some(deadline),
        silent: true,
        ..Hooks::default()
    };
    let work = async {
        if let Ok(cluster) = connect::connect_with(env, options, &hooks).await {
            let asked = questions
                .iter()
                .map(|question| ask(&cluster, question, &found));
            join_all(asked).await;
        }
    };
    // What came in time counts, whether the rest did or not.
    drop(runtime.block_on(async { tokio::time::timeout(deadline, Box::pin(work)).await }));
    // A name that is still being resolved holds nobody up.
    runtime.shutdown_background();
    let found = found.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    found
        .into_iter()
        .map(|(value, help)| Candidate::new(value, help))
        .collect()
}

async fn ask(cluster: &Cluster, question: &Question, found: &Found) {
    let reader = Reader { cluster, found };
    match question {
        Question::Namespaces => reader.namespaces().await,
        Question::Names(kind) => drop(reader.names(*kind, None).await),
        Question::DockerSecrets => {
            join_all(DOCKER_TYPES.map(|fields| reader.names(kinds::SECRET, Some(fields)))).await;
        }
        Question::LinkedRegistries => reader.linked_registries().await,
        Question::StreamTags => reader.stream_tags().await,
        Question::Images => {
            reader.images(|image| found.add(image, "")).await;
        }
        Question::Registries => {
            reader
                .images(|image| {
                    if let Ok(image) = ImageReference::parse(image)
                        // The cluster's own is nothing to link to.
                        && !integrated::is_named(image.registry())
                    {
                        found.add(image.registry(), "in use");
                    }
                })
                .await;
        }
        Question::Containers(object) => reader.containers(object).await,
    }
}

struct Reader<'a> {
    cluster: &'a Cluster,
    found: &'a Found,
}

impl Reader<'_> {
    async fn glimpse(
        &self,
        kind: Kind,
        fields: Option<&str>,
        whole: bool,
        mut each: impl FnMut(Value),
    ) -> Result<(), ClusterError> {
        let wanted = Glimpse {
            kind,
            namespace: Some(self.cluster.namespace()),
            fields,
            whole,
        };
        self.cluster.glimpse(wanted, &mut each).await
    }

    async fn names(&self, kind: Kind, fields: Option<&str>) -> Result<(), ClusterError> {
        self.glimpse(kind, fields, false, |object| {
            if let Some(name) = object["metadata"]["name"].as_str() {
                self.found.add(name, "");
            }
        })
        .await
    }

    async fn namespaces(&self) {
        if self.names(kinds::NAMESPACE, None).await.is_err() {
            drop(self.names(PROJECT, None).await);
        }
    }

    async fn linked_registries(&self) {
        let each = |object: Value| {
            if let Some(registry) = object["metadata"]["annotations"][REGISTRY].as_str() {
                let secret = object["metadata"]["name"].as_str().unwrap_or_default();
                self.found.add(registry, format!("secret {secret}"));
            }
        };
        let lists =
            DOCKER_TYPES.map(|fields| self.glimpse(kinds::SECRET, Some(fields), false, each));
        join_all(lists).await;
    }

    /// From the streams: a tag as an object of its own brings its whole image along.
    async fn stream_tags(&self) {
        let each = |stream: Value| {
            let Some(name) = stream["metadata"]["name"].as_str() else {
                return;
            };
            let tags = |list: &str, field: &str| {
                let list = stream.pointer(list).and_then(Value::as_array);
                list.into_iter()
                    .flatten()
                    .filter_map(|tag| tag[field].as_str().map(str::to_owned))
                    .collect::<Vec<_>>()
            };
            for tag in tags("/spec/tags", "name")
                .into_iter()
                .chain(tags("/status/tags", "tag"))
            {
                self.found.add(format!("{name}:{tag}"), "");
            }
        };
        drop(self.glimpse(kinds::IMAGE_STREAM, None, true, each).await);
    }

    /// Of what runs or should, of what streams follow, and of what builds use. Kinds that are not served have none.
    async fn images(&self, each: impl Fn(&str)) {
        let pods = self.glimpse(kinds::POD, None, true, |object| {
            for (_, image) in pod::images(&Object::new(object), pod::template_of(kinds::POD)) {
                each(image);
            }
        });
        let docker_image = |source: &Value| {
            if source["kind"] == "DockerImage"
                && let Some(image) = source["name"].as_str()
            {
                each(image);
            }
        };
        let streams = self.glimpse(kinds::IMAGE_STREAM, None, true, |stream| {
            for tag in stream["spec"]["tags"].as_array().into_iter().flatten() {
                docker_image(&tag["from"]);
            }
        });
        let configs = self.glimpse(kinds::BUILD_CONFIG, None, true, |config| {
            docker_image(&config["spec"]["output"]["to"]);
            for strategy in config["spec"]["strategy"].as_object().into_iter().flatten() {
                docker_image(&strategy.1["from"]);
            }
        });
        // A part that fails leaves the others.
        drop(join!(pods, streams, configs));
    }

    async fn containers(&self, object: &ObjectRef) {
        let Ok(Some(read)) = self.cluster.get(object).await else {
            return;
        };
        let spec = pod::template_of(object.kind);
        for list in ["initContainers", "containers"] {
            let list = read.pointer(&format!("{spec}/{list}"));
            for container in list.and_then(Value::as_array).into_iter().flatten() {
                if let Some(name) = container["name"].as_str() {
                    let image = container["image"].as_str().unwrap_or_default();
                    self.found.add(name, image);
                }
            }
        }
    }
}
