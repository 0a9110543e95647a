//! A new Deployment or DeploymentConfig for an image, and the Service for its ports, as `oc new-app` makes them (oc
//! `pkg/helpers/newapp/app` `Deployment`, `DeploymentConfig`, `DeployableContainer`, `AddServices`; the labels are those of
//! `pkg/cli/newapp/newapp.go`).
//!
//! In one thing it differs: the container has the image from the beginning also where a trigger will put it in, so that it
//! runs where nothing acts on triggers.

use serde_json::{Map, Value, json};

use super::Planned;
use super::rolls::Rolls;
use super::stream::{self, StreamAim, StreamRefusal};
use super::triggers;
use crate::model::exposed::{Exposed, Port};
use crate::model::image::ImageReference;
use crate::model::kinds::{self, Kind, ObjectRef};
use crate::plan::ours::{MANAGED_BY, MANAGER, REGISTRY};
use crate::plan::{Action, Change, Object, Plan, UndoNote, WhenGone};

/// The longest name that `oc new-app` takes (oc `pkg/helpers/newapp/cmd/newapp.go` `validateEnforcedName`).
const LONGEST: usize = 58;

/// What is to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewAim<'a> {
    /// A Deployment or a DeploymentConfig.
    pub kind: Kind,
    pub namespace: &'a str,
    pub name: &'a str,
    pub image: &'a ImageReference,
    pub stream: Option<&'a StreamAim<'a>>,
    /// `None` where the image's configuration could not be read.
    pub exposed: Option<&'a Exposed>,
}

/// Whether it is a name for everything that is made: a DNS-1035 label (Kubernetes `NameIsDNS1035Label`), which a Service
/// has to have.
pub fn is_app_name(name: &str) -> bool {
    name.len() <= LONGEST
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// Plans it: the stream where one is wanted, the workload, the Service.
///
/// # Errors
///
/// When the tag of the stream has another source.
pub fn new(aim: &NewAim<'_>) -> Result<Planned, StreamRefusal> {
    let mut plan = Plan::default();
    if let Some(stream) = aim.stream {
        plan.changes.extend(stream::change(stream)?);
    }
    let nothing = Exposed::default();
    let exposed = aim.exposed.unwrap_or(&nothing);
    let object = aim.kind.object(Some(aim.namespace), aim.name);
    plan.changes.push(create(
        object,
        workload(aim, exposed),
        format!("runs {}", aim.image),
        Some("a pod is started".to_owned()),
    ));
    if exposed.ports.is_empty() {
        if aim.exposed.is_some() {
            plan.notes
                .push("the image names no port: there is no Service".to_owned());
        }
    } else {
        plan.changes.push(create(
            kinds::SERVICE.object(Some(aim.namespace), aim.name),
            service(aim, exposed),
            "makes its ports known in the cluster".to_owned(),
            None,
        ));
    }
    if !exposed.volumes.is_empty() {
        let paths: Vec<&str> = exposed.volumes.iter().map(String::as_str).collect();
        plan.notes.push(format!(
            "the image keeps data in {}: each is an emptyDir, and gone with its pod",
            paths.join(", ")
        ));
    }
    Ok(Planned {
        settled: plan.clone(),
        plan,
        container: aim.name.to_owned(),
        rolls: Rolls::ByItself,
    })
}

fn create(object: ObjectRef, body: Value, why: String, risk: Option<String>) -> Change {
    Change {
        object,
        action: Action::Create(Object::new(body)),
        seen: None,
        done: String::new(),
        why,
        risk,
        undo: UndoNote::Inverse,
        when_gone: WhenGone::Fail,
    }
}

/// The label by which the pods are selected.
fn selector(aim: &NewAim<'_>) -> Value {
    let key = if aim.kind == kinds::DEPLOYMENT_CONFIG {
        "deploymentconfig"
    } else {
        "deployment"
    };
    json!({ key: aim.name })
}

fn metadata(aim: &NewAim<'_>) -> Value {
    json!({
        "name": aim.name,
        "namespace": aim.namespace,
        "labels": {
            "app": aim.name,
            "app.kubernetes.io/component": aim.name,
            "app.kubernetes.io/instance": aim.name,
            MANAGED_BY: MANAGER,
        },
        "annotations": {REGISTRY: aim.image.registry()},
    })
}

fn workload(aim: &NewAim<'_>, exposed: &Exposed) -> Value {
    let tag = aim
        .stream
        .map(|stream| format!("{}:{}", stream.name, stream.tag));
    let mut metadata = metadata(aim);
    let mut spec = json!({
        "replicas": 1,
        "selector": selector(aim),
        "template": {"metadata": {"labels": selector(aim)}, "spec": pod_spec(aim, exposed)},
    });
    if aim.kind == kinds::DEPLOYMENT_CONFIG {
        let mut list = vec![json!({"type": "ConfigChange"})];
        list.extend(tag.map(|tag| triggers::config_trigger(aim.name, aim.namespace, &tag)));
        spec["triggers"] = Value::Array(list);
    } else {
        spec["selector"] = json!({"matchLabels": selector(aim)});
        if let Some(tag) = tag {
            metadata["annotations"][triggers::ANNOTATION] =
                json!(triggers::annotation_for(aim.kind, aim.name, &tag));
        }
    }
    json!({
        "apiVersion": aim.kind.api_version(),
        "kind": aim.kind.kind,
        "metadata": metadata,
        "spec": spec,
    })
}

fn pod_spec(aim: &NewAim<'_>, exposed: &Exposed) -> Value {
    let mut container = Map::new();
    container.insert("name".to_owned(), json!(aim.name));
    container.insert("image".to_owned(), json!(aim.image.to_string()));
    if !exposed.ports.is_empty() {
        let ports: Vec<Value> = exposed
            .ports
            .iter()
            .map(|port| json!({"containerPort": port.number, "protocol": port.protocol.word()}))
            .collect();
        container.insert("ports".to_owned(), Value::Array(ports));
    }
    if exposed.volumes.is_empty() {
        return json!({ "containers": [container] });
    }
    let named: Vec<(String, &String)> = exposed
        .volumes
        .iter()
        .enumerate()
        .map(|(at, path)| (format!("{}-v{}", aim.name, at + 1), path))
        .collect();
    let mounts: Vec<Value> = named
        .iter()
        .map(|(name, path)| json!({"name": name, "mountPath": path}))
        .collect();
    container.insert("volumeMounts".to_owned(), Value::Array(mounts));
    let volumes: Vec<Value> = named
        .iter()
        .map(|(name, _)| json!({"name": name, "emptyDir": {}}))
        .collect();
    json!({"containers": [container], "volumes": volumes})
}

fn service(aim: &NewAim<'_>, exposed: &Exposed) -> Value {
    let ports: Vec<Value> = exposed
        .ports
        .iter()
        .map(|port| {
            json!({
                "name": port_name(*port), "protocol": port.protocol.word(),
                "port": port.number, "targetPort": port.number,
            })
        })
        .collect();
    json!({
        "apiVersion": kinds::SERVICE.api_version(),
        "kind": kinds::SERVICE.kind,
        "metadata": metadata(aim),
        "spec": {"selector": selector(aim), "ports": ports},
    })
}

fn port_name(port: Port) -> String {
    format!("{}-{}", port.number, port.protocol.word()).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_sets_the_rule_for_names() {
        for good in ["web", "w", "my-app-2"] {
            assert!(is_app_name(good), "{good}");
        }
        let long = "a".repeat(LONGEST + 1);
        for bad in [
            "", "2web", "-web", "web-", "Web", "web.app", "web_app", &long,
        ] {
            assert!(!is_app_name(bad), "{bad}");
        }
    }

    fn made(kind: Kind, exposed: &Exposed, via: bool) -> Planned {
        let image = ImageReference::parse("quay.io/team/app:1").expect("an image");
        let stream = StreamAim {
            namespace: "shop",
            name: "app",
            tag: "1",
            image: &image,
            seen: None,
            policy: None,
            insecure: false,
            scheduled: false,
            change_source: false,
        };
        let aim = NewAim {
            kind,
            namespace: "shop",
            name: "web",
            image: &image,
            stream: via.then_some(&stream),
            exposed: Some(exposed),
        };
        new(&aim).expect("a plan")
    }

    fn body(change: &Change) -> &Value {
        match &change.action {
            Action::Create(object) => object.value(),
            other => panic!("{other:?}"),
        }
    }

    fn exposed() -> Exposed {
        Exposed::of_config(&json!({"config": {
            "ExposedPorts": {"8443/tcp": {}, "8080/tcp": {}, "53/udp": {}}, "Volumes": {"/data": {}},
        }}))
    }

    #[test]
    fn a_deployment_and_its_service_fit_together() {
        let planned = made(kinds::DEPLOYMENT, &exposed(), false);
        let [deployment, service] = planned.plan.changes.as_slice() else {
            panic!("{:?}", planned.plan);
        };
        let deployment = body(deployment);
        let labels = json!({"deployment": "web"});
        assert_eq!(
            deployment["spec"]["selector"],
            json!({"matchLabels": labels})
        );
        assert_eq!(deployment["spec"]["template"]["metadata"]["labels"], labels);
        assert_eq!(deployment["metadata"]["labels"]["app"], "web");
        let pod = &deployment["spec"]["template"]["spec"];
        assert_eq!(pod["containers"][0]["image"], "quay.io/team/app:1");
        assert_eq!(
            pod["containers"][0]["volumeMounts"][0]["name"],
            pod["volumes"][0]["name"]
        );
        let service = body(service);
        assert_eq!(service["spec"]["selector"], labels);
        let names: Vec<&str> = service["spec"]["ports"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|port| port["name"].as_str())
            .collect();
        assert_eq!(names, ["53-udp", "8080-tcp", "8443-tcp"]);
        assert!(
            planned.plan.notes[0].contains("/data"),
            "{:?}",
            planned.plan.notes
        );
    }

    #[test]
    fn a_deployment_config_has_its_own_label_and_triggers() {
        let planned = made(kinds::DEPLOYMENT_CONFIG, &Exposed::default(), true);
        let [stream, config] = planned.plan.changes.as_slice() else {
            panic!("{:?}", planned.plan);
        };
        assert_eq!(body(stream)["spec"]["tags"][0]["name"], "1");
        let config = body(config);
        assert_eq!(
            config["spec"]["selector"],
            json!({"deploymentconfig": "web"})
        );
        let triggers = config["spec"]["triggers"].as_array().expect("triggers");
        assert_eq!(triggers.len(), 2);
        assert_eq!(triggers[1]["imageChangeParams"]["from"]["name"], "app:1");
        assert!(planned.plan.notes[0].contains("no Service"));
    }

    #[test]
    fn a_deployment_through_a_stream_has_the_annotation() {
        let planned = made(kinds::DEPLOYMENT, &Exposed::default(), true);
        let deployment = body(&planned.plan.changes[1]);
        let text = deployment["metadata"]["annotations"][triggers::ANNOTATION]
            .as_str()
            .expect("an annotation");
        assert_eq!(
            serde_json::from_str::<Value>(text).expect("JSON"),
            json!([{"from": {"kind": "ImageStreamTag", "name": "app:1"},
                "fieldPath": "spec.template.spec.containers[?(@.name==\"web\")].image"}])
        );
    }
}
