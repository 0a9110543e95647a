//! One build from its controller to its end: the secrets that it gets, the pod that builds, and what both leave behind.
//!
//! Sources: openshift-controller-manager `pkg/build/controller/build/build_controller.go` (`createBuildPod`,
//! `resolveImageSecretAsReference`, `handleActiveBuild`, `setBuildCompletionData`) and `pkg/build/buildutil/util.go`; openshift/builder
//! `pkg/build/builder/{sti,docker,dockerutil,util}.go` and `util/consts.go` for reasons, messages and the log of OpenShift 4.
//!
//! Nothing is built: what is pushed is a small image of its own. Custom builds, whose image may do what it likes, and pipelines
//! stay `New`; Dockerfiles are read for their `FROM` lines only where they stand in the BuildConfig.

use serde_json::{Value, json};

use super::find::{bases, chosen, list_of, output};
use super::listed;
use crate::api::admit;
use crate::api::live::Reader;
use crate::api::world::{World, now};
use crate::pull::{BUILD_TRIES, Builder, Machines, Settings};

/// `maxExcerptLength`, and the longest line of an excerpt.
const EXCERPT: (usize, usize) = (5, 120);

/// A build that is to run, with what the cluster has for it.
pub(super) struct Job {
    build: Value,
    machines: Machines,
    settings: Settings,
    /// Where it pushes; nothing when it has no output.
    output: Option<String>,
    bases: Vec<String>,
    is_docker: bool,
    pull_secret: Option<Value>,
    push_secret: Option<Value>,
    /// Why it does not begin.
    waits: Option<State>,
    /// The secrets that were found for it, by field.
    found: Vec<(&'static str, Value)>,
}

/// Phase, reason and message.
pub(super) type State = (&'static str, &'static str, &'static str);

const COMPLETE: State = ("Complete", "", "");

/// What became of it.
pub(super) struct Outcome {
    state: State,
    log: String,
    digest: Option<String>,
}

impl Job {
    /// Nothing for builds that have ended, or are none of ours.
    pub(super) fn of(
        world: &World,
        machines: &Machines,
        namespace: &str,
        name: &str,
    ) -> Option<Self> {
        let reader = Reader(world);
        let build = reader.get("builds", namespace, name)?;
        if !matches!(build["status"]["phase"].as_str(), Some("New" | "Pending")) {
            return None;
        }
        let spec = &build["spec"];
        let is_docker = spec["strategy"]["dockerStrategy"].is_object();
        let strategy = if is_docker {
            "dockerStrategy"
        } else {
            "sourceStrategy"
        };
        let strategy = &spec["strategy"][strategy];
        if !strategy.is_object() {
            return None;
        }
        let mut waits = None;
        let output = match output(&reader, namespace, &spec["output"]["to"]) {
            Ok(output) => output,
            Err(why) => {
                waits = Some(why);
                None
            }
        };
        let bases = bases(strategy, &spec["source"]);
        let account = spec["serviceAccount"].as_str().unwrap_or_default();
        let account = reader.get("serviceaccounts", namespace, account);
        let list = &account.unwrap_or_default()[list_of(&world.flavor)];
        let secrets = listed(&reader, namespace, list);
        let mut found = Vec::new();
        let mut secret = |named: &Value, field: &'static str, image: &str| {
            let name = match named["name"].as_str() {
                Some(name) => name.to_owned(),
                None => {
                    let chosen = chosen(&secrets, image)?;
                    found.push((field, json!({"name": chosen})));
                    chosen
                }
            };
            let secret = reader.get("secrets", namespace, &name);
            if secret.is_none() && waits.is_none() {
                // The pod cannot mount it, and stays pending.
                waits = Some(match field {
                    "push" => ("Pending", "MissingPushSecret", "Missing push secret."),
                    _ => ("Pending", "", ""),
                });
            }
            secret
        };
        let push_secret = output
            .as_deref()
            .and_then(|image| secret(&spec["output"]["pushSecret"], "push", image));
        let base = bases.first().map_or("", String::as_str);
        let pull_secret = secret(&strategy["pullSecret"], "pull", base);
        Some(Self {
            machines: machines.clone(),
            settings: Settings::read(&reader),
            output,
            bases,
            is_docker,
            pull_secret,
            push_secret,
            waits,
            found,
            build,
        })
    }

    /// Pulls, builds and pushes.
    pub(super) fn run(&self) -> Outcome {
        let mut log = Vec::new();
        let (state, digest) = match self.waits {
            Some(why) => (why, None),
            None => self.build(&mut log),
        };
        Outcome {
            state,
            log: log.join("\n") + "\n",
            digest,
        }
    }

    fn build(&self, log: &mut Vec<String>) -> (State, Option<String>) {
        let builder = Builder {
            machines: &self.machines,
            settings: &self.settings,
            pull_secret: self.pull_secret.as_ref(),
            push_secret: self.push_secret.as_ref(),
        };
        for base in &self.bases {
            if let Err(words) = self.pull(&builder, base, log) {
                return (self.not_pulled(&words, log), None);
            }
        }
        let Some(output) = &self.output else {
            log.push("Build complete, no image push requested".to_owned());
            return (COMPLETE, None);
        };
        log.push(format!("\nPushing image {output} ..."));
        log.push("Getting image source signatures".to_owned());
        match builder.push(output, &self.text("name")) {
            Ok(digest) => {
                let tagged = output.rsplit_once(':');
                let bare = match tagged {
                    Some((bare, tag)) if !tag.contains('/') => bare,
                    _ => output,
                };
                log.push(format!("Successfully pushed {bare}@{digest}"));
                log.push("Push successful".to_owned());
                (COMPLETE, Some(digest))
            }
            Err(failed) => {
                let again = "Warning: Push failed, retrying in 5s ...".to_owned();
                log.extend(std::iter::repeat_n(again, BUILD_TRIES));
                if let Some(user) = failed.user {
                    log.push("Registry server Address: ".to_owned());
                    log.push(format!("Registry server User Name: {user}"));
                    log.push("Registry server Email: ".to_owned());
                    log.push("Registry server Password: <<non-empty>>".to_owned());
                }
                let words = failed.words;
                log.push(format!("error: build error: Failed to push image: {words}"));
                let message = "Failed to push the image to the registry.";
                (("Failed", "PushImageToRegistryFailed", message), None)
            }
        }
    }

    fn pull(&self, builder: &Builder<'_>, base: &str, log: &mut Vec<String>) -> Result<(), String> {
        if self.is_docker {
            log.push(format!("\nPulling image {base} ..."));
        }
        let mut pulled = Ok(());
        for _ in 0..BUILD_TRIES {
            pulled = builder.pull(base);
            if pulled.is_ok() {
                break;
            }
            log.push("Warning: Pull failed, retrying in 5s ...".to_owned());
        }
        pulled
    }

    fn not_pulled(&self, words: &str, log: &mut Vec<String>) -> State {
        let words =
            format!("After retrying 2 times, Pull image still failed due to error: {words}");
        if self.is_docker {
            log.push(format!("error: build error: failed to pull image: {words}"));
            let message = "Failed pulling builder image.";
            return ("Failed", "PullBuilderImageFailed", message);
        }
        // The builder sets no reason here, and the controller sees a pod that failed.
        log.push(format!("error: build error: {words}"));
        let message = "Generic Build failure - check logs for details.";
        ("Failed", "GenericBuildFailed", message)
    }

    /// Leaves the build, its pod and its log as they are afterwards.
    pub(super) fn write(&self, world: &mut World, outcome: &Outcome) {
        let (namespace, name) = (self.text("namespace"), self.text("name"));
        let Some(resource) = world.resource("build.openshift.io", "v1", "builds") else {
            return;
        };
        let Ok(live) = world.find(&resource, &namespace, &name) else {
            return;
        };
        let mut build = (*live).clone();
        let (phase, reason, message) = outcome.state;
        let status = &mut build["status"];
        status["phase"] = phase.into();
        for (field, text) in [("reason", reason), ("message", message)] {
            if text.is_empty() {
                drop(
                    status
                        .as_object_mut()
                        .and_then(|status| status.remove(field)),
                );
            } else {
                status[field] = text.into();
            }
        }
        let ended = matches!(phase, "Complete" | "Failed");
        if ended || phase == "Pending" {
            if let Some(output) = &self.output {
                status["outputDockerImageReference"] = output.as_str().into();
                build["spec"]["output"]["to"] = json!({"kind": "DockerImage", "name": output});
            }
            for (field, secret) in &self.found {
                match *field {
                    "push" => build["spec"]["output"]["pushSecret"] = secret.clone(),
                    _ if self.is_docker => {
                        build["spec"]["strategy"]["dockerStrategy"]["pullSecret"] = secret.clone();
                    }
                    _ => build["spec"]["strategy"]["sourceStrategy"]["pullSecret"] = secret.clone(),
                }
            }
            build["metadata"]["annotations"]["openshift.io/build.pod-name"] =
                format!("{name}-build").into();
        }
        if ended {
            let status = &mut build["status"];
            status["startTimestamp"] = now().into();
            status["completionTimestamp"] = now().into();
            status["duration"] = 1_000_000_000_u64.into();
            if phase == "Failed" {
                status["logSnippet"] = excerpt(&outcome.log).into();
            }
            if let Some(digest) = &outcome.digest {
                status["output"] = json!({"to": {"imageDigest": digest}});
            }
        }
        if build == *live {
            return;
        }
        world.put(&resource, build);
        if ended {
            self.pod(world, outcome, phase);
        }
    }

    /// The pod that built, with its log.
    fn pod(&self, world: &mut World, outcome: &Outcome, phase: &str) {
        let (namespace, name) = (self.text("namespace"), self.text("name"));
        let pod_name = format!("{name}-build");
        let container = if self.is_docker {
            "docker-build"
        } else {
            "sti-build"
        };
        let good = phase == "Complete";
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {
                "name": pod_name, "namespace": namespace,
                "labels": {"openshift.io/build.name": name}, "annotations": {"openshift.io/build.name": name},
                "ownerReferences": [{
                    "apiVersion": "build.openshift.io/v1", "kind": "Build", "name": name,
                    "uid": self.build["metadata"]["uid"], "controller": true,
                }],
            },
            "spec": {
                "serviceAccountName": self.build["spec"]["serviceAccount"], "restartPolicy": "Never",
                "containers": [{
                    "name": container, "image": "quay.io/openshift/builder:latest",
                    "terminationMessagePolicy": "FallbackToLogsOnError",
                }],
            },
        });
        let (Some(made), Some(resource)) =
            (admit::make(world, &pod), world.resource("", "v1", "pods"))
        else {
            return;
        };
        let mut ended = (*made).clone();
        let exit = json!({
            "exitCode": i32::from(!good), "reason": if good { "Completed" } else { "Error" },
            "message": if good { "" } else { outcome.log.as_str() }, "startedAt": now(), "finishedAt": now(),
        });
        ended["status"] = json!({
            "phase": if good { "Succeeded" } else { "Failed" }, "startTime": now(), "qosClass": "BestEffort",
            "containerStatuses": [{
                "name": container, "image": "quay.io/openshift/builder:latest", "imageID": "quay.io/openshift/builder@sha256:0",
                "ready": false, "restartCount": 0, "started": false, "state": {"terminated": exit}, "lastState": {},
            }],
        });
        world.put(&resource, ended);
        let place = (namespace, pod_name, container.to_owned());
        world.container_logs.insert(place, outcome.log.clone());
    }

    fn text(&self, field: &str) -> String {
        let text = self.build["metadata"][field].as_str();
        text.unwrap_or_default().to_owned()
    }
}

/// The end of a log as the controller keeps it.
fn excerpt(log: &str) -> String {
    let lines: Vec<&str> = log.trim_end_matches('\n').split('\n').collect();
    let (most, longest) = EXCERPT;
    let kept = &lines[lines.len().saturating_sub(most)..];
    let shorten = |line: &&str| {
        let characters: Vec<char> = line.chars().collect();
        if characters.len() <= longest {
            return (*line).to_owned();
        }
        let start: String = characters[..58].iter().collect();
        let end: String = characters[characters.len() - 59..].iter().collect();
        format!("{start}...{end}")
    };
    kept.iter().map(shorten).collect::<Vec<_>>().join("\n")
}
