//! The runs that prove the table, `cases.txt`, and the ground that they run on.

use std::fs::Permissions;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use extreg_test_support::api::{Api, Flavor, ImportAnswer, PodState, make};
use extreg_test_support::certs::Ca;
use extreg_test_support::cluster::Cluster;
use extreg_test_support::content::Image;
use extreg_test_support::process::Output;
use extreg_test_support::pull::Machines;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::json;

use crate::kit::{PASSWORD, World, names, openshift4};
use crate::table::{Place, Platform, Rule, together};

/// Runs that use what one part of the table grants, and the parts that are granted with it.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The last is the one that is proved.
    pub(crate) parts: Vec<String>,
    /// In all namespaces.
    pub(crate) everywhere: bool,
    pub(crate) lines: Vec<Line>,
}

#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) who: Who,
    platform: Option<Platform>,
    embedded: bool,
    pub(crate) words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// The administrator, who prepares something.
    Admin,
    /// Nobody: the cluster's configuration names no CA any more.
    Bare,
    /// The user, and it must succeed.
    Run,
    /// The user, and it must end as it does for the administrator.
    Look,
}

impl Who {
    pub(crate) fn is_the_user(self) -> bool {
        matches!(self, Self::Run | Self::Look)
    }
}

pub(crate) fn all() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rights/cases.txt");
    let text = std::fs::read_to_string(path).expect("the cases");
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(parts) = line.strip_prefix('[') {
            let (parts, more) = parts.split_once(']').expect("[PARTS]");
            cases.push(Case {
                parts: parts
                    .split(',')
                    .map(|part| part.trim().to_owned())
                    .collect(),
                everywhere: more.trim() == "everywhere",
                lines: Vec::new(),
            });
            continue;
        }
        let (head, words) = line.split_once(": ").expect("WHO: WORDS");
        let mut head = head.split('@');
        let who = match head.next() {
            Some("admin") => Who::Admin,
            Some("bare") => Who::Bare,
            Some("run") => Who::Run,
            Some("look") => Who::Look,
            other => panic!("who is {other:?}?"),
        };
        let conditions: Vec<&str> = head.collect();
        let platform = conditions.iter().find_map(|word| match *word {
            "openshift" => Some(Platform::OpenShift),
            "kubernetes" => Some(Platform::Kubernetes),
            _ => None,
        });
        cases.last_mut().expect("a case").lines.push(Line {
            who,
            platform,
            embedded: conditions.contains(&"embedded"),
            words: words.to_owned(),
        });
    }
    cases
}

impl Case {
    pub(crate) fn part(&self) -> &str {
        self.parts.last().expect("a part")
    }

    pub(crate) fn parts(&self) -> Vec<&str> {
        self.parts.iter().map(String::as_str).collect()
    }

    /// What the user of these runs is granted.
    pub(crate) fn granted(&self, platform: Platform) -> Vec<Rule> {
        let mut rules = together(&self.parts(), platform);
        rules.retain(|rule| self.everywhere || rule.place != Place::Everywhere);
        rules
    }

    /// Those of the rules that these runs prove.
    pub(crate) fn proved(&self, platform: Platform) -> Vec<Rule> {
        let mut rules = together(&[self.part()], platform);
        rules.retain(|rule| self.everywhere == (rule.place == Place::Everywhere));
        rules
    }

    /// The lines for a ground.
    pub(crate) fn lines_on(&self, ground: &Ground) -> Vec<&Line> {
        self.lines
            .iter()
            .filter(|line| {
                line.platform
                    .is_none_or(|platform| platform == ground.platform())
            })
            .filter(|line| !line.embedded || ground.world.cluster.api().is_some())
            .collect()
    }

    /// Whether a real API server with OpenShift's kinds can do it: it has no imports and no nodes.
    pub(crate) fn is_real(&self) -> bool {
        self.lines
            .iter()
            .any(|line| line.who.is_the_user() && !line.embedded)
    }

    /// Whether it has something for the user on a platform.
    pub(crate) fn is_for(&self, platform: Platform) -> bool {
        self.lines.iter().any(|line| {
            line.who.is_the_user() && line.platform.is_none_or(|wanted| wanted == platform)
        })
    }
}

/// A namespace with something of everything, and a registry.
pub(crate) struct Ground {
    pub(crate) world: World,
    registry: Registry,
    secure: Registry,
}

/// A ground at a moment.
pub(crate) struct Moment {
    api: extreg_test_support::api::Moment,
    /// The files of the journal: path, content, rights.
    journal: Vec<(PathBuf, Vec<u8>, Permissions)>,
}

/// A fresh embedded cluster.
pub(crate) fn embedded(platform: Platform) -> Ground {
    let flavor = match platform {
        Platform::Kubernetes => Flavor::Kubernetes,
        Platform::OpenShift => openshift4(),
    };
    let api = Api::builder().flavor(flavor).tls().rolls_out().start();
    Ground::on(World::on(Rc::new(Cluster::Embedded(api))))
}

impl Ground {
    /// Fills the namespace of a world; on OpenShift the cluster's configuration too.
    pub(crate) fn on(world: World) -> Self {
        let registry = Registry::builder()
            .dialect(Dialect::DistributionBasic)
            .user(User::new("robot", PASSWORD).push("team/*"))
            .start();
        for tag in ["1", "2"] {
            let image = Image::new().label(tag).port("8080/tcp");
            registry.push_image("team/app", tag, &image);
        }
        let ca = Ca::new("Corp Root");
        let secure = Registry::builder().tls(&ca.server(&["127.0.0.1"])).start();
        secure.push_image("team/app", "1", &Image::new());
        world.sandbox.write("ca.pem", ca.pem());
        let ground = Self {
            world,
            registry,
            secure,
        };
        ground.fill();
        ground
    }

    pub(crate) fn platform(&self) -> Platform {
        if self.world.cluster.is_openshift() {
            Platform::OpenShift
        } else {
            Platform::Kubernetes
        }
    }

    fn fill(&self) {
        let (world, host) = (&self.world, self.registry.host());
        let cluster = &world.cluster;
        let image = format!("{host}/team/app:1");
        if let Some(api) = cluster.api() {
            let pulled = image.clone();
            api.on_pod(move |pod| {
                // Those that the platform manages are for its own registry.
                let secrets = names(&pod["spec"], "imagePullSecrets");
                if secrets.iter().all(|name| name.contains("dockercfg")) {
                    PodState::pull_failed(&pulled, "unauthorized: authentication required")
                } else {
                    PodState::running()
                }
            });
            let digest = format!("sha256:{}", "1".repeat(64));
            api.on_import(move |_| ImportAnswer::found(&digest));
        }
        cluster.create(&make::node(&format!("node-{}", world.namespace), "amd64"));
        if cluster.is_openshift() {
            self.fill_openshift(&host);
        } else {
            world.add_account("builder");
        }
        world.docker_secret("corp", &host, "robot", PASSWORD);
        world.create(world.deployment("web", &image));
        for (kind, name) in [("StatefulSet", "db"), ("DaemonSet", "agent")] {
            world.create(make::workload(kind, &world.namespace, name, &image));
        }
        world.create(make::cron_job(&world.namespace, "nightly", &image));
        for (kind, group) in [("ReplicaSet", "apps"), ("Job", "batch")] {
            let mut object = make::deployment(&world.namespace, "single", &image);
            object["apiVersion"] = json!(format!("{group}/v1"));
            object["kind"] = json!(kind);
            if kind == "Job" {
                object["spec"] = json!({"template": object["spec"]["template"]});
                object["spec"]["template"]["spec"]["restartPolicy"] = json!("Never");
            }
            world.create(object);
        }
        let state = PodState::pull_failed(&image, "unauthorized: authentication required");
        world.add_pod("lone", &image, &state);
        if let Some(api) = cluster.api() {
            api.roll_out();
        }
    }

    fn fill_openshift(&self, host: &str) {
        let (world, cluster) = (&self.world, &self.world.cluster);
        let namespace = &world.namespace;
        let pem = Ca::new("Other Root").pem().to_owned();
        cluster.create(&make::config_map(
            "openshift-config",
            "corp-cas",
            &json!({"quay.io": pem}),
        ));
        let bundle = json!({"ca-bundle.crt": pem});
        cluster.create(&make::config_map(
            "openshift-config",
            "corp-bundle",
            &bundle,
        ));
        world.edit_everywhere("images.config.openshift.io", "cluster", |object| {
            object["spec"]["registrySources"] = json!({"insecureRegistries": [host]});
            object["spec"]["additionalTrustedCA"] = json!({"name": "corp-cas"});
        });
        world.edit_everywhere("proxies.config.openshift.io", "cluster", |object| {
            object["spec"]["trustedCA"] = json!({"name": "corp-bundle"});
        });
        world.create(make::build_config(
            namespace,
            "app",
            &format!("{host}/team/app:1"),
            &format!("{host}/team/out:1"),
        ));
        self.failed_build(host);
        let digest = format!("sha256:{}", "2".repeat(64));
        let mut stream = make::image_stream(namespace, "base", "1", &format!("{host}/team/app:1"));
        stream["status"] = json!({"dockerImageRepository": "", "tags": [{"tag": "1", "items": [{
            "created": "2026-01-02T03:04:05Z", "generation": 1, "image": digest,
            "dockerImageReference": format!("{host}/team/app:1"),
        }]}]});
        world.create(stream);
        let mut config = make::deployment_config(namespace, "old", &format!("{host}/team/app:1"));
        config["spec"]["template"]["metadata"]["labels"]["deploymentconfig"] = json!("old");
        world.create(config);
    }

    /// A build that failed in its push, with its pod.
    fn failed_build(&self, host: &str) {
        let (world, namespace) = (&self.world, &self.world.namespace);
        let mut pod = make::pod(
            namespace,
            "app-1-build",
            "quay.io/openshift/docker-builder:1",
        );
        pod["metadata"]["labels"] = json!({"openshift.io/build.name": "app-1"});
        world.cluster.add_pod_like(&pod, &PodState::running());
        let words = "error: Failed to push image: authentication required\n";
        if let Some(api) = world.cluster.api() {
            api.set_log(namespace, "app-1-build", "app", words);
        }
        world.create(json!({
            "apiVersion": "build.openshift.io/v1", "kind": "Build",
            "metadata": {
                "name": "app-1", "namespace": namespace,
                "labels": {"buildconfig": "app"},
                "annotations": {
                    "openshift.io/build-config.name": "app", "openshift.io/build.number": "1",
                    "openshift.io/build.pod-name": "app-1-build",
                },
            },
            "spec": {
                "serviceAccount": "builder",
                "strategy": {"type": "Docker", "dockerStrategy": {}},
                "source": {"type": "Dockerfile", "dockerfile": "FROM scratch"},
                "output": {"to": {"kind": "DockerImage", "name": format!("{host}/team/out:1")}},
            },
            "status": {
                "phase": "Failed", "reason": "PushImageToRegistryFailed",
                "message": "Failed to push the image to the registry.",
                "completionTimestamp": "2026-01-02T03:04:05Z",
            },
        }));
    }

    /// Lets the embedded cluster's nodes and imports really ask the registry.
    pub(crate) fn with_machines(&self) {
        if let Some(api) = self.world.cluster.api() {
            api.machines(Machines::new());
        }
    }

    /// Nothing waits for an image any more.
    pub(crate) fn heal(&self) {
        let world = &self.world;
        for (resource, name) in [
            ("deployments.apps", "web"),
            ("statefulsets.apps", "db"),
            ("daemonsets.apps", "agent"),
        ] {
            world.delete(resource, name);
        }
        if world.cluster.is_openshift() {
            world.delete("deploymentconfigs.apps.openshift.io", "old");
            world.delete("builds.build.openshift.io", "app-1");
        }
        for resource in ["replicasets.apps", "replicationcontrollers", "pods"] {
            for object in world.cluster.list(resource, &world.namespace) {
                let name = object["metadata"]["name"].as_str().unwrap_or_default();
                if world.get(resource, name).is_some() {
                    world.delete(resource, name);
                }
            }
        }
    }

    /// How the cluster and the journal are now. Only the embedded server can be brought back to it.
    pub(crate) fn moment(&self) -> Moment {
        let api = self.world.cluster.api().expect("the embedded server");
        let journal = self.world.journal_files().into_iter();
        Moment {
            api: api.moment(),
            journal: journal
                .filter(|path| path.is_file())
                .map(|path| {
                    let rights = path.metadata().expect("a file").permissions();
                    let bytes = std::fs::read(&path).expect("a file");
                    (path, bytes, rights)
                })
                .collect(),
        }
    }

    pub(crate) fn back_to(&self, moment: &Moment) {
        let api = self.world.cluster.api().expect("the embedded server");
        api.back_to(&moment.api);
        for path in self.world.journal_files() {
            if path.is_file() {
                std::fs::remove_file(path).expect("a file that goes");
            }
        }
        for (path, bytes, rights) in &moment.journal {
            std::fs::write(path, bytes).expect("a file");
            std::fs::set_permissions(path, rights.clone()).expect("its rights");
        }
    }

    fn bare(&self) {
        for (kind, field) in [("images", "additionalTrustedCA"), ("proxies", "trustedCA")] {
            let resource = format!("{kind}.config.openshift.io");
            self.world.edit_everywhere(&resource, "cluster", |object| {
                object["spec"]
                    .as_object_mut()
                    .expect("a specification")
                    .remove(field);
            });
        }
    }

    /// Prepares what a line of nobody or of the administrator prepares.
    pub(crate) fn prepare(&self, line: &Line) {
        if line.who == Who::Bare {
            self.bare();
        } else {
            let output = self.run(&line.words, None);
            assert_eq!(
                output.status,
                Some(0),
                "{}\n{}{}",
                line.words,
                output.stdout,
                output.stderr
            );
        }
    }

    /// Runs a line as somebody, or as the administrator.
    pub(crate) fn run(&self, line: &str, user: Option<&str>) -> Output {
        let host = self.registry.host();
        let line = line
            .replace("{HOST}", &host)
            .replace("{SECURE}", &self.secure.host())
            .replace("{NS}", &self.world.namespace);
        let line = match user {
            Some(user) => format!("{line} --as {user}"),
            None => line,
        };
        self.world.cmd(&line).stdin(PASSWORD).run()
    }
}
