//! Objects that tests often need, as JSON.

use base64::Engine as _;
use serde_json::{Value, json};

fn base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// A namespace.
pub fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

/// A service account without secrets.
pub fn service_account(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace},
    })
}

/// The entry of a docker configuration for one registry.
pub fn docker_entry(user: &str, password: &str) -> Value {
    json!({"username": user, "password": password, "auth": base64(&format!("{user}:{password}"))})
}

/// A `kubernetes.io/dockerconfigjson` secret with one entry under `registry`.
pub fn docker_secret(
    namespace: &str,
    name: &str,
    registry: &str,
    user: &str,
    password: &str,
) -> Value {
    let auths = json!({ (registry): docker_entry(user, password) });
    docker_config_secret(namespace, name, &json!({ "auths": auths }).to_string())
}

/// A `kubernetes.io/dockerconfigjson` secret with this text, which need not be well formed.
pub fn docker_config_secret(namespace: &str, name: &str, text: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": name, "namespace": namespace},
        "data": {".dockerconfigjson": base64(text)},
    })
}

/// The legacy form: a `kubernetes.io/dockercfg` secret with one entry.
pub fn dockercfg_secret(
    namespace: &str,
    name: &str,
    registry: &str,
    user: &str,
    password: &str,
) -> Value {
    let text = json!({ (registry): docker_entry(user, password) }).to_string();
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockercfg",
        "metadata": {"name": name, "namespace": namespace},
        "data": {".dockercfg": base64(&text)},
    })
}

/// A config map with these entries.
pub fn config_map(namespace: &str, name: &str, data: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data,
    })
}

fn pod_template(name: &str, image: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "app", "image": image}]},
    })
}

/// A pod with one container `app`.
pub fn pod(namespace: &str, name: &str, image: &str) -> Value {
    let mut pod = pod_template(name, image);
    pod["apiVersion"] = "v1".into();
    pod["kind"] = "Pod".into();
    pod["metadata"]["name"] = name.into();
    pod["metadata"]["namespace"] = namespace.into();
    pod
}

/// A Deployment, StatefulSet or DaemonSet of `apps/v1` with one container `app` and the label `app=NAME`.
pub fn workload(kind: &str, namespace: &str, name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": pod_template(name, image)},
    })
}

/// A Deployment; see [`workload`].
pub fn deployment(namespace: &str, name: &str, image: &str) -> Value {
    workload("Deployment", namespace, name, image)
}

/// A CronJob with one container `app`.
pub fn cron_job(namespace: &str, name: &str, image: &str) -> Value {
    let mut template = pod_template(name, image);
    template["spec"]["restartPolicy"] = "Never".into();
    json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name, "namespace": namespace},
        "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": template}}},
    })
}

/// A DeploymentConfig with one container `app`.
pub fn deployment_config(namespace: &str, name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "apps.openshift.io/v1", "kind": "DeploymentConfig",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 1, "selector": {"app": name}, "template": pod_template(name, image),
            "triggers": [{"type": "ConfigChange"}],
        },
    })
}

/// A BuildConfig with source strategy that builds `from` and pushes to `to`, both external images.
pub fn build_config(namespace: &str, name: &str, from: &str, to: &str) -> Value {
    json!({
        "apiVersion": "build.openshift.io/v1", "kind": "BuildConfig",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "source": {"git": {"uri": "https://git.example.com/app.git"}},
            "strategy": {"type": "Source", "sourceStrategy": {"from": {"kind": "DockerImage", "name": from}}},
            "output": {"to": {"kind": "DockerImage", "name": to}},
            "triggers": [],
        },
    })
}

/// An image stream with one tag that imports an external image.
pub fn image_stream(namespace: &str, name: &str, tag: &str, image: &str) -> Value {
    json!({
        "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"tags": [{"name": tag, "from": {"kind": "DockerImage", "name": image}}]},
    })
}

/// A node of this architecture.
pub fn node(name: &str, architecture: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {"kubernetes.io/arch": architecture, "kubernetes.io/os": "linux", "kubernetes.io/hostname": name},
        },
        "status": {
            "nodeInfo": {
                "architecture": architecture, "operatingSystem": "linux", "machineID": "", "systemUUID": "",
                "bootID": "", "kernelVersion": "5.14.0", "osImage": "Linux", "containerRuntimeVersion":
                "cri-o://1.33.0", "kubeletVersion": "v1.33.2", "kubeProxyVersion": "v1.33.2",
            },
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    })
}
