//! `deploy/check`: doctor as a CronJob, with an account that has doctor's rights and no others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use extreg_test_support::process::{Cmd, Output};
use serde_json::{Value, json};

use crate::cases::{Ground, embedded};
use crate::files::{self, Document};
use crate::kit::{World, for_each_openshift_alone, for_each_world};
use crate::table::{Place, Platform, Rule, merged, part};
use crate::user;

/// What whoever applies a file puts the namespace in for; no namespace can be called so.
const NAMESPACE: &str = "NAMESPACE";
/// Where the check of all namespaces runs.
const OWN: &str = "extreg-check";
const GROUP: &str = "rbac.authorization.k8s.io";

/// The account, the binding of a role to it, and what they are called.
fn account(namespace: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: extreg-check\n  namespace: {namespace}\n"
    )
}

fn binding(role: &Document, name: &str, account_namespace: &str) -> String {
    let place = match &role.namespace {
        Some(namespace) => format!("\n  namespace: {namespace}"),
        None => String::new(),
    };
    format!(
        "---\napiVersion: {GROUP}/v1\nkind: {kind}Binding\nmetadata:\n  name: {name}{place}\nroleRef:\n  apiGroup: {GROUP}\n  \
         kind: {kind}\n  name: {role}\nsubjects:\n- kind: ServiceAccount\n  name: extreg-check\n  namespace: {account_namespace}\n",
        kind = role.kind,
        role = role.name,
    )
}

/// The CronJob. It passes the `restricted` Pod Security Standard and OpenShift's `restricted-v2`, which chooses the user by
/// itself.
fn cron_job(namespace: &str, arguments: &str) -> String {
    format!(
        "---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: extreg-check
  namespace: {namespace}
spec:
  schedule: \"17 * * * *\"
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 300
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      # A problem that was found is not looked for again, and a run ends by itself after five minutes.
      backoffLimit: 0
      activeDeadlineSeconds: 600
      template:
        spec:
          serviceAccountName: extreg-check
          restartPolicy: Never
          securityContext:
            runAsNonRoot: true
            seccompProfile:
              type: RuntimeDefault
          containers:
          - name: doctor
            image: ghcr.io/extreg/kubectl-extreg:{version}
            args: {arguments}
            # What doctor printed is in the status of the pod too.
            terminationMessagePolicy: FallbackToLogsOnError
            securityContext:
              allowPrivilegeEscalation: false
              readOnlyRootFilesystem: true
              capabilities:
                drop: [\"ALL\"]
            resources:
              requests:
                cpu: 50m
                memory: 64Mi
              limits:
                memory: 256Mi
",
        version = env!("CARGO_PKG_VERSION"),
    )
}

fn role(kind: &'static str, name: &str, namespace: Option<&str>, rules: Vec<Rule>) -> Document {
    Document {
        why: String::new(),
        kind,
        name: name.to_owned(),
        namespace: namespace.map(str::to_owned),
        rules,
    }
}

/// The rules of doctor at these places.
fn rules(platform: Platform, place: impl Fn(&Place) -> bool) -> Vec<Rule> {
    let all = part("doctor").on(platform);
    merged(all.into_iter().filter(|rule| place(&rule.place)))
}

/// The roles in the platform's own namespaces, with their bindings.
fn elsewhere(platform: Platform, account_namespace: &str, name: &str) -> String {
    let mut text = String::new();
    let mut namespaces: Vec<String> = Vec::new();
    for rule in part("doctor").on(platform) {
        if let Place::Of(namespace) = rule.place
            && !namespaces.contains(&namespace)
        {
            namespaces.push(namespace);
        }
    }
    for namespace in namespaces {
        let rules = rules(platform, |place| *place == Place::Of(namespace.clone()));
        let role = role("Role", "extreg-check", Some(&namespace), rules);
        text.push_str(&role.to_yaml());
        text.push_str(&binding(&role, name, account_namespace));
    }
    text
}

/// Every file by its path below `deploy/check`.
fn manifests() -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for platform in Platform::ALL {
        let folder = Path::new(platform.folder());
        let client = if platform == Platform::OpenShift {
            "oc"
        } else {
            "kubectl"
        };
        let place = format!("deploy/check/{}", platform.folder());
        let fill = |file: &str| {
            format!("#   sed s/NAMESPACE/shop/ {place}/{file} | {client} apply -f -\n")
        };
        let here = role(
            "Role",
            "extreg-check",
            Some(NAMESPACE),
            rules(platform, |place| *place == Place::Here),
        );
        files.insert(
            folder.join("namespace.yaml"),
            format!(
                "# Runs doctor every hour in one namespace; the job fails when an image of the namespace does not arrive.\n{}{}{}{}{}",
                fill("namespace.yaml"),
                account(NAMESPACE),
                here.to_yaml(),
                binding(&here, "extreg-check", NAMESPACE),
                cron_job(NAMESPACE, "[\"doctor\"]"),
            ),
        );
        let cluster = role(
            "ClusterRole",
            "extreg-check-cluster",
            None,
            rules(platform, |place| *place == Place::Cluster),
        );
        files.insert(
            folder.join("namespace-cluster.yaml"),
            format!(
                "# What an administrator adds for the check of a namespace: to read the cluster's own objects, without which some\n\
                 # questions stay open.\n{}{}{}{}",
                fill("namespace-cluster.yaml"),
                cluster.to_yaml(),
                binding(&cluster, "extreg-check-NAMESPACE", NAMESPACE),
                elsewhere(platform, NAMESPACE, "extreg-check-NAMESPACE"),
            ),
        );
        let all = role(
            "ClusterRole",
            "extreg-check",
            None,
            rules(platform, |place| !matches!(place, Place::Of(_))),
        );
        files.insert(
            folder.join("cluster.yaml"),
            format!(
                "# Runs doctor every hour for all namespaces, in a namespace of its own.\n#   {client} apply -f {place}/cluster.yaml\n\
                 ---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {OWN}\n  labels:\n    \
                 pod-security.kubernetes.io/enforce: restricted\n{}{}{}{}{}",
                account(OWN),
                all.to_yaml(),
                binding(&all, "extreg-check", OWN),
                elsewhere(platform, OWN, "extreg-check"),
                cron_job(OWN, "[\"doctor\", \"-A\"]"),
            ),
        );
    }
    files
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/check")
}

#[test]
fn the_manifests_are_those_of_the_table() {
    for (path, text) in manifests() {
        files::check(&root().join(path), &text);
    }
}

fn kubectl(world: &World, line: &str, stdin: &str) -> Output {
    Cmd::new("kubectl")
        .env("KUBECONFIG", &world.kubeconfig)
        .args(line.split(' '))
        .stdin(stdin)
        .run()
}

/// A file as somebody fills it in for a world's namespace.
fn filled(platform: Platform, file: &str, world: &World) -> String {
    let path = root().join(platform.folder()).join(file);
    let text = std::fs::read_to_string(path).expect("a manifest");
    text.replace(NAMESPACE, &world.namespace)
}

/// Has the account of the check in a namespace, with the rights that its manifests give it.
fn applied(ground: &Ground, file: &str, namespace: &str) {
    let (world, platform) = (&ground.world, ground.platform());
    let output = kubectl(world, "apply -f -", &filled(platform, file, world)).success();
    // What a server finds wrong with a pod it says of its template.
    assert!(!output.stderr.contains("arning"), "{}", output.stderr);
    let account = format!("system:serviceaccount:{namespace}:extreg-check");
    if let Some(api) = world.cluster.api() {
        // Its objects of RBAC decide nothing there; they are the table's, and so are these.
        user::embedded(
            api,
            world,
            &account,
            &part("doctor").on(platform),
            namespace == OWN,
        );
    }
}

/// The command line of the CronJob, run with the rights of its account, and with no home to write into.
fn run_check(ground: &Ground, namespace: &str) -> Output {
    let world = &ground.world;
    let job = world
        .cluster
        .get("cronjobs.batch", namespace, "extreg-check")
        .expect("the CronJob");
    let pod = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let arguments = pod["containers"][0]["args"].as_array().expect("arguments");
    let account = pod["serviceAccountName"].as_str().expect("an account");
    let account = format!("system:serviceaccount:{namespace}:{account}");
    world
        .cmd(&format!("--as {account} --plain-http"))
        .env("HOME", "/dev/null")
        .args(arguments.iter().filter_map(Value::as_str))
        .run()
}

/// A namespace whose pods must be as the standard wants them; what is not is said of templates too.
fn restrict(world: &World) {
    world
        .cluster
        .edit("namespaces", "", &world.namespace, |namespace| {
            for how in ["enforce", "warn"] {
                namespace["metadata"]["labels"][format!("pod-security.kubernetes.io/{how}")] =
                    json!("restricted");
            }
        });
}

/// The pod of the CronJob is let in.
fn is_let_in(world: &World, namespace: &str) {
    let job = world
        .cluster
        .get("cronjobs.batch", namespace, "extreg-check")
        .expect("the CronJob");
    let spec = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "check", "namespace": namespace},
        "spec": spec,
    });
    kubectl(world, "apply --dry-run=server -f -", &pod.to_string()).success();
    // The standard is in force: the same pod with one thing less is not let in, where pods are judged at all.
    if world.cluster.api().is_none() {
        let mut root = pod.clone();
        root["spec"]["containers"][0]["securityContext"]["capabilities"] = Value::Null;
        let refused = kubectl(world, "apply --dry-run=server -f -", &root.to_string()).exits(1);
        refused.says("violates PodSecurity \"restricted");
    }
}

/// In a namespace where pods wait for their images, then in one where none does.
fn checks(ground: &Ground) {
    let world = &ground.world;
    restrict(world);
    applied(ground, "namespace.yaml", &world.namespace);
    // Without the administrator's part it tells what it may not read.
    applied(ground, "namespace-cluster.yaml", &world.namespace);
    is_let_in(world, &world.namespace);
    let sick = run_check(ground, &world.namespace).exits(3);
    assert!(!sick.stdout.contains("no right to"), "{}", sick.stdout);
    assert!(sick.stdout.contains("auth."), "{}", sick.stdout);

    ground.heal();
    let well = run_check(ground, &world.namespace).exits(0);
    assert!(!well.stdout.contains("no right to"), "{}", well.stdout);
}

#[test]
fn the_check_of_a_namespace_does_what_it_is_for() {
    for platform in Platform::ALL {
        checks(&embedded(platform));
    }
    for_each_world(|world| {
        if world.cluster.api().is_none() {
            checks(&Ground::on(world.beside()));
        }
    });
    for_each_openshift_alone(|world| {
        if world.cluster.api().is_none() {
            checks(&Ground::on(world.beside()));
        }
    });
}

/// The whole cluster's, on clusters that nobody else uses.
#[test]
fn the_check_of_all_namespaces_does_what_it_is_for() {
    let check = |ground: &Ground| {
        applied(ground, "cluster.yaml", OWN);
        is_let_in(&ground.world, OWN);
        let sick = run_check(ground, OWN).exits(3);
        assert!(!sick.stdout.contains("no right to"), "{}", sick.stdout);
    };
    for platform in Platform::ALL {
        check(&embedded(platform));
    }
    for_each_openshift_alone(|world| {
        if world.cluster.api().is_none() {
            let ground = Ground::on(world.beside());
            check(&ground);
            ground.world.cluster.delete("namespaces", "", OWN);
        }
    });
}
