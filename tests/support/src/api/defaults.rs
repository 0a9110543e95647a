//! The defaults that the server writes into objects, as far as a client of this project can meet them.
//!
//! Sources: kube-apiserver `pkg/apis/{core,apps,batch}/v1/defaults.go`; pod defaults also inside templates.

use serde_json::{Value, json};

use super::kinds::Resource;

/// Fills in what is not there.
pub(crate) fn apply(object: &mut Value, resource: &Resource) {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "secrets") => {
            fold_string_data(object);
            fill(object, &json!({"type": "Opaque"}));
        }
        ("", "pods") => pod_spec(object.get_mut("spec")),
        ("", "services") => service(object),
        ("apps", kind) => workload(object, kind),
        ("", "replicationcontrollers") => {
            fill(&mut object["spec"], &json!({"replicas": 1}));
            template(object.pointer_mut("/spec/template"));
        }
        ("apps.openshift.io", "deploymentconfigs") => {
            let strategy =
                json!({"type": "Rolling", "activeDeadlineSeconds": 21600, "resources": {}});
            fill(
                &mut object["spec"],
                &json!({"strategy": strategy, "triggers": [{"type": "ConfigChange"}]}),
            );
            template(object.pointer_mut("/spec/template"));
        }
        ("batch", "jobs") => job(object.get_mut("spec")),
        ("batch", "cronjobs") => {
            fill(
                &mut object["spec"],
                &json!({
                    "concurrencyPolicy": "Allow", "suspend": false,
                    "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1,
                }),
            );
            template(object.pointer_mut("/spec/jobTemplate/spec/template"));
        }
        ("build.openshift.io", "buildconfigs") => {
            fill(
                &mut object["spec"],
                &json!({
                    "runPolicy": "Serial", "resources": {}, "postCommit": {},
                    "successfulBuildsHistoryLimit": 5, "failedBuildsHistoryLimit": 5,
                }),
            );
        }
        ("image.openshift.io", "imagestreams") => image_stream(object),
        _ => {}
    }
}

/// `stringData` becomes `data` and is gone.
pub(crate) fn fold_string_data(object: &mut Value) {
    use base64::Engine as _;
    let Some(entries) = object.as_object_mut() else {
        return;
    };
    let Some(Value::Object(texts)) = entries.remove("stringData") else {
        return;
    };
    let data = entries.entry("data").or_insert_with(|| json!({}));
    for (name, text) in texts {
        let coded =
            base64::engine::general_purpose::STANDARD.encode(text.as_str().unwrap_or_default());
        data[name] = coded.into();
    }
}

/// Adds the entries that are missing; a nested object is filled in turn.
fn fill(target: &mut Value, defaults: &Value) {
    if target.is_null() {
        *target = json!({});
    }
    let (Some(target), Some(defaults)) = (target.as_object_mut(), defaults.as_object()) else {
        return;
    };
    for (name, default) in defaults {
        match target.get_mut(name) {
            Some(there) if there.is_object() && default.is_object() => fill(there, default),
            Some(_) => {}
            None => drop(target.insert(name.clone(), default.clone())),
        }
    }
}

fn workload(object: &mut Value, kind: &str) {
    let rolling = json!({"maxUnavailable": "25%", "maxSurge": "25%"});
    let spec = &mut object["spec"];
    let defaults = match kind {
        "deployments" => {
            json!({"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600})
        }
        "statefulsets" => json!({
            "replicas": 1, "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10,
            "updateStrategy": {"type": "RollingUpdate"},
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        }),
        "daemonsets" => {
            json!({"revisionHistoryLimit": 10, "updateStrategy": {"type": "RollingUpdate"}})
        }
        _ => json!({"replicas": 1}),
    };
    fill(spec, &defaults);
    match kind {
        "deployments" => {
            fill(spec, &json!({"strategy": {"type": "RollingUpdate"}}));
            if spec["strategy"]["type"] == "RollingUpdate" {
                fill(&mut spec["strategy"], &json!({ "rollingUpdate": rolling }));
            }
        }
        "statefulsets" if spec["updateStrategy"]["type"] == "RollingUpdate" => {
            fill(
                &mut spec["updateStrategy"],
                &json!({"rollingUpdate": {"partition": 0}}),
            );
        }
        "daemonsets" if spec["updateStrategy"]["type"] == "RollingUpdate" => {
            fill(
                &mut spec["updateStrategy"],
                &json!({"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}),
            );
        }
        _ => {}
    }
    template(spec.get_mut("template"));
}

fn template(template: Option<&mut Value>) {
    pod_spec(template.and_then(|template| template.get_mut("spec")));
}

fn job(spec: Option<&mut Value>) {
    let Some(spec) = spec else { return };
    fill(
        spec,
        &json!({
            "backoffLimit": 6, "completionMode": "NonIndexed", "completions": 1, "parallelism": 1,
            "suspend": false, "podReplacementPolicy": "TerminatingOrFailed",
        }),
    );
    template(spec.get_mut("template"));
}

fn pod_spec(spec: Option<&mut Value>) {
    let Some(spec) = spec.filter(|spec| spec.is_object()) else {
        return;
    };
    fill(
        spec,
        &json!({
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
            "securityContext": {}, "schedulerName": "default-scheduler",
        }),
    );
    // The old name of the account is kept equal to the new one.
    let account = ["serviceAccountName", "serviceAccount"]
        .iter()
        .find_map(|field| {
            spec[*field]
                .as_str()
                .filter(|name| !name.is_empty())
                .map(ToOwned::to_owned)
        });
    if let Some(account) = account {
        spec["serviceAccountName"] = account.clone().into();
        spec["serviceAccount"] = account.into();
    }
    for list in ["initContainers", "containers"] {
        for container in spec
            .get_mut(list)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            let policy = if pulls_always(container["image"].as_str().unwrap_or_default()) {
                "Always"
            } else {
                "IfNotPresent"
            };
            fill(
                container,
                &json!({
                    "resources": {}, "terminationMessagePath": "/dev/termination-log",
                    "terminationMessagePolicy": "File", "imagePullPolicy": policy,
                }),
            );
            protocols(container.get_mut("ports"));
        }
    }
}

fn protocols(ports: Option<&mut Value>) {
    for port in ports.and_then(Value::as_array_mut).into_iter().flatten() {
        fill(port, &json!({"protocol": "TCP"}));
    }
}

/// An image without tag or digest, or with `latest`, is always pulled.
fn pulls_always(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    !image.contains('@') && last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

fn service(object: &mut Value) {
    let spec = &mut object["spec"];
    fill(
        spec,
        &json!({
            "type": "ClusterIP", "sessionAffinity": "None", "clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.10"],
            "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
        }),
    );
    protocols(spec.get_mut("ports"));
    for port in spec
        .get_mut("ports")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let target = port["port"].clone();
        fill(port, &json!({ "targetPort": target }));
    }
}

fn image_stream(object: &mut Value) {
    fill(
        &mut object["spec"],
        &json!({"lookupPolicy": {"local": false}}),
    );
    for tag in object["spec"]
        .get_mut("tags")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        fill(
            tag,
            &json!({
                "importPolicy": {"importMode": "Legacy"},
                "referencePolicy": {"type": "Source"},
            }),
        );
    }
}
