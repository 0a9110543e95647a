//! The real kubectl against the embedded server.

use std::process::Command;

use extreg_test_support::api::{Api, Fault, Flavor, PodState, Rule, User, make};
use serde_json::{Value, json};

use super::http::{get, on_every_cluster};

struct Kubectl {
    dir: tempfile::TempDir,
}

/// What a command gave: success, standard output, standard error.
type Ran = (bool, String, String);

impl Kubectl {
    /// Nothing when kubectl is not installed; a failure when the run insists on real programs.
    fn new(kubeconfig: &str) -> Option<Self> {
        if Command::new("kubectl")
            .arg("version")
            .arg("--client")
            .output()
            .is_err()
        {
            let insists = std::env::var_os("EXTREG_REQUIRE_REAL").is_some_and(|value| value == "1");
            assert!(!insists, "kubectl is not installed");
            eprintln!("skipped: kubectl is not installed");
            return None;
        }
        let kubectl = Self {
            dir: tempfile::tempdir().expect("a directory"),
        };
        kubectl.log_in(kubeconfig);
        Some(kubectl)
    }

    fn log_in(&self, kubeconfig: &str) {
        std::fs::write(self.dir.path().join("kubeconfig"), kubeconfig)
            .expect("the kubeconfig is written");
    }

    fn for_api(api: &Api) -> Option<Self> {
        Self::new(&api.kubeconfig("default"))
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &Value::Null)
    }

    fn run_with(&self, arguments: &[&str], input: &Value) -> Ran {
        let file = self.dir.path().join("input.json");
        std::fs::write(&file, input.to_string()).expect("the input is written");
        let output = Command::new("kubectl")
            .args(arguments)
            .args(if input.is_null() {
                vec![]
            } else {
                vec!["-f".as_ref(), file.as_os_str()]
            })
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("KUBECONFIG", self.dir.path().join("kubeconfig"))
            .output()
            .expect("kubectl runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.success(),
            text(&output.stdout),
            text(&output.stderr),
        )
    }

    #[track_caller]
    fn ok(&self, arguments: &[&str]) -> String {
        let (success, out, error) = self.run(arguments);
        assert!(success, "{arguments:?}: {out}{error}");
        out
    }

    #[track_caller]
    fn fails(&self, arguments: &[&str]) -> String {
        let (success, out, error) = self.run(arguments);
        assert!(!success, "{arguments:?}: {out}");
        error
    }
}

#[test]
fn it_creates_gets_patches_and_deletes() {
    on_every_cluster(|api| {
        let Some(kubectl) = Kubectl::new(&api.cluster.kubeconfig(&api.ns)) else {
            return;
        };
        let server = "--docker-server=registry.example.com:5000";
        let create = [
            "create",
            "secret",
            "docker-registry",
            "pull",
            server,
            "--docker-username=u",
            "--docker-password=p",
        ];
        assert_eq!(kubectl.ok(&create), "secret/pull created\n");
        assert_eq!(
            kubectl.fails(&create),
            "error: failed to create secret secrets \"pull\" already exists\n"
        );
        let table = kubectl.ok(&["get", "secrets"]);
        assert!(
            table.contains("NAME") && table.contains("kubernetes.io/dockerconfigjson"),
            "{table}"
        );
        assert_eq!(
            kubectl.ok(&["get", "secret", "pull", "-o", "name"]),
            "secret/pull\n"
        );
        let link = [
            "patch",
            "sa",
            "default",
            "-p",
            r#"{"imagePullSecrets":[{"name":"pull"}]}"#,
        ];
        assert_eq!(kubectl.ok(&link), "serviceaccount/default patched\n");
        assert_eq!(
            kubectl.ok(&link),
            "serviceaccount/default patched (no change)\n"
        );
        assert!(
            kubectl
                .ok(&["describe", "sa", "default"])
                .contains("Image pull secrets:  pull")
        );
        assert_eq!(
            kubectl.ok(&["label", "sa", "default", "a=b"]),
            "serviceaccount/default labeled\n"
        );
        assert_eq!(
            kubectl.ok(&["delete", "secret", "pull"]),
            "secret \"pull\" deleted\n"
        );
        assert_eq!(
            kubectl.fails(&["get", "secret", "pull"]),
            "Error from server (NotFound): secrets \"pull\" not found\n"
        );
        let test = r#"[{"op":"test","path":"/imagePullSecrets/0/name","value":"other"}]"#;
        let refused = kubectl.fails(&["patch", "sa", "default", "--type=json", "-p", test]);
        assert_eq!(
            refused,
            "The request is invalid: the server rejected our request due to an error in our request\n"
        );
    });
}

#[test]
fn it_applies_on_both_sides() {
    on_every_cluster(|api| {
        let Some(kubectl) = Kubectl::new(&api.cluster.kubeconfig(&api.ns)) else {
            return;
        };
        let mut web = make::deployment(&api.ns, "web", "registry.example.com/web:1");
        let server_side = ["apply", "--server-side"];
        let (success, out, error) = kubectl.run_with(&server_side, &web);
        assert!(
            success && out == "deployment.apps/web serverside-applied\n",
            "{out}{error}"
        );
        kubectl.ok(&[
            "patch",
            "deployment",
            "web",
            "--field-manager=scaler",
            "-p",
            r#"{"spec":{"replicas":3}}"#,
        ]);
        web["spec"]["replicas"] = 1.into();
        let (success, _, error) = kubectl.run_with(&server_side, &web);
        assert!(!success);
        let first = "error: Apply failed with 1 conflict: conflict with \"scaler\" using apps/v1: .spec.replicas\n";
        assert!(error.starts_with(first), "{error}");
        let (success, ..) =
            kubectl.run_with(&["apply", "--server-side", "--force-conflicts"], &web);
        assert!(success);

        let map = make::config_map(&api.ns, "one", &json!({"a": "1"}));
        let (success, out, error) = kubectl.run_with(&["apply"], &map);
        assert!(success && out == "configmap/one created\n", "{out}{error}");
        let (success, out, error) = kubectl.run_with(
            &["apply"],
            &make::config_map(&api.ns, "one", &json!({"b": "2"})),
        );
        assert!(
            success && out == "configmap/one configured\n",
            "{out}{error}"
        );
        assert_eq!(
            get(&api, &api.core("configmaps/one")).expect(200)["data"],
            json!({"b": "2"})
        );
        let (_, out, error) = kubectl.run_with(
            &["apply"],
            &make::config_map(&api.ns, "one", &json!({"b": "2"})),
        );
        assert_eq!(out, "configmap/one unchanged\n", "{error}");
        let (success, out, _) = kubectl.run_with(
            &["apply", "--dry-run=server"],
            &make::config_map(&api.ns, "two", &json!({})),
        );
        assert!(
            success && out == "configmap/two created (server dry run)\n",
            "{out}"
        );
        // From client side to server side without a conflict with oneself.
        let (success, _, error) = kubectl.run_with(
            &server_side,
            &make::config_map(&api.ns, "one", &json!({"b": "3"})),
        );
        assert!(success, "{error}");
    });
}

#[test]
fn it_meets_strict_validation() {
    on_every_cluster(|api| {
        let Some(kubectl) = Kubectl::new(&api.cluster.kubeconfig(&api.ns)) else {
            return;
        };
        let mut map = make::config_map(&api.ns, "one", &json!({}));
        map["dat"] = json!({});
        let (success, _, error) = kubectl.run_with(&["create"], &map);
        assert!(!success);
        assert!(
            error.contains("strict decoding error: unknown field \"dat\""),
            "{error}"
        );
        let (success, _, error) = kubectl.run_with(&["create", "--validate=warn"], &map);
        assert!(success);
        assert_eq!(error, "Warning: unknown field \"dat\"\n");
    });
}

#[test]
fn it_shows_pods_that_wait_on_their_image() {
    let api = Api::builder().rolls_out().start();
    let Some(kubectl) = Kubectl::for_api(&api) else {
        return;
    };
    api.on_pod(|_| PodState::pull_failed("registry.example.com/web:1", "unauthorized"));
    let create = [
        "create",
        "deployment",
        "web",
        "--image=registry.example.com/web:1",
    ];
    assert_eq!(kubectl.ok(&create), "deployment.apps/web created\n");
    let pods = kubectl.ok(&["get", "pods"]);
    assert!(
        pods.contains("ErrImagePull") && pods.contains("0/1"),
        "{pods}"
    );
    let name = api.list("pods", "default")[0]["metadata"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let described = kubectl.ok(&["describe", "pod", &name]);
    assert!(
        described.contains("Failed to pull image \"registry.example.com/web:1\": unauthorized"),
        "{described}"
    );
    api.on_pod(|_| PodState::running());
    assert_eq!(
        kubectl.ok(&["rollout", "restart", "deployment/web"]),
        "deployment.apps/web restarted\n"
    );
    assert!(kubectl.ok(&["get", "pods"]).contains("Running"));
    api.set_log(
        "default",
        api.list("pods", "default")[0]["metadata"]["name"]
            .as_str()
            .unwrap(),
        "app",
        "hello\n",
    );
}

#[test]
fn it_is_told_what_it_may_not() {
    let api = Api::builder()
        .tls()
        .user(User::new("alice").token("alice-token"))
        .deny("alice", Rule::verb("list").on("secrets"))
        .start();
    let Some(kubectl) = Kubectl::for_api(&api) else {
        return;
    };
    assert_eq!(kubectl.ok(&["auth", "can-i", "list", "secrets"]), "yes\n");
    kubectl.log_in(&api.kubeconfig_of("alice", "default"));
    let (success, out, _) = kubectl.run(&["auth", "can-i", "list", "secrets"]);
    assert!(!success && out == "no\n", "{out}");
    assert_eq!(
        kubectl.fails(&["get", "secrets"]),
        "Error from server (Forbidden): secrets is forbidden: User \"alice\" cannot list resource \"secrets\" in API \
         group \"\" in the namespace \"default\"\n"
    );
    assert!(kubectl.ok(&["auth", "whoami"]).contains("alice"));
    let refused = kubectl.fails(&["get", "pods", "--as=bob"]);
    assert!(
        refused.contains("User \"alice\" cannot impersonate resource \"users\""),
        "{refused}"
    );
}

#[test]
fn it_reads_pages_and_passes_warnings_on() {
    let api = Api::start();
    let Some(kubectl) = Kubectl::for_api(&api) else {
        return;
    };
    for index in 0..7 {
        api.create(make::config_map(
            "default",
            &format!("m{index}"),
            &json!({}),
        ));
    }
    api.fault(Fault::warn("on order").on_path("/configmaps"));
    let (success, out, error) = kubectl.run(&["get", "configmaps", "--chunk-size=3", "-o", "name"]);
    assert!(success);
    assert_eq!(out.lines().count(), 7);
    assert!(error.contains("Warning: on order"), "{error}");
    let pages = api
        .requests()
        .iter()
        .filter(|one| one.parameter("limit").is_some())
        .count();
    assert_eq!(pages, 3);
}

#[test]
fn it_finds_the_openshift_kinds() {
    let api = Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.18.12".into(),
        })
        .start();
    let Some(kubectl) = Kubectl::for_api(&api) else {
        return;
    };
    assert_eq!(
        kubectl.ok(&["get", "clusterversion", "-o", "name"]),
        "clusterversion.config.openshift.io/version\n"
    );
    let patch = r#"{"spec":{"additionalTrustedCA":{"name":"ca"}}}"#;
    let done = kubectl.ok(&[
        "patch",
        "image.config.openshift.io/cluster",
        "--type=merge",
        "-p",
        patch,
    ]);
    assert_eq!(done, "image.config.openshift.io/cluster patched\n");
    let refused = kubectl.fails(&["patch", "image.config.openshift.io/cluster", "-p", patch]);
    assert!(
        refused.contains("the body of the request was in an unknown format"),
        "{refused}"
    );
    assert!(
        kubectl
            .ok(&["api-resources", "--api-group=image.openshift.io"])
            .contains("imagestreams")
    );
}
