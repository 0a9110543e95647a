//! What made an object and keeps it as it is: a change of its image would be taken back, or be lost with the next one.

use serde_json::Value;

use crate::model::kinds::{self, Kind};
use crate::model::sanitize::sanitize_line;
use crate::plan::Object;

/// Where DeploymentConfigs leave their name (openshift/api `apps/v1` `DeploymentConfigAnnotation`).
const DEPLOYMENT_CONFIG: &str = "openshift.io/deployment-config.name";

/// The controller of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// `Deployment`, `ReplicationController`, or a kind that this tool does not know.
    pub kind: String,
    pub name: String,
    /// Where it is a kind that this tool knows.
    pub known: Option<Kind>,
}

impl Owner {
    /// As people name it on the command line: `deployment/web`.
    pub fn argument(&self) -> String {
        format!("{}/{}", self.kind.to_ascii_lowercase(), self.name)
    }
}

/// The owner that is marked as the controller (`metav1.OwnerReference`); for what a DeploymentConfig made, that.
pub fn of(object: &Object) -> Option<Owner> {
    if let Some(name) = object.annotation(DEPLOYMENT_CONFIG) {
        return Some(Owner {
            kind: kinds::DEPLOYMENT_CONFIG.kind.to_owned(),
            name: name.to_owned(),
            known: Some(kinds::DEPLOYMENT_CONFIG),
        });
    }
    let owner = object
        .items("/metadata/ownerReferences")
        .iter()
        .find(|owner| owner["controller"] == true)?;
    let text = |field: &str| owner.get(field).and_then(Value::as_str);
    let (api_version, kind) = (text("apiVersion").unwrap_or_default(), text("kind")?);
    Some(Owner {
        // Owners may be of any group, and have whatever name that allows.
        kind: sanitize_line(kind, 100),
        name: sanitize_line(text("name")?, 300),
        known: kinds::ALL
            .iter()
            .find(|known| known.kind == kind && known.api_version() == api_version)
            .copied(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_controller_counts() {
        let object = |owner: &Value| {
            Object::new(json!({"metadata": {"name": "x", "ownerReferences": [owner]}}))
        };
        let of_set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "controller": true});
        let owner = of(&object(&of_set)).expect("an owner");
        assert_eq!(owner.known, Some(kinds::REPLICA_SET));
        assert_eq!(owner.argument(), "replicaset/web-1");
        let custom = json!({"apiVersion": "shop.example.com/v1", "kind": "Deployment", "name": "web", "controller": true});
        assert_eq!(of(&object(&custom)).and_then(|owner| owner.known), None);
        let other = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "x"});
        assert_eq!(of(&object(&other)), None);

        let deployer = json!({"metadata": {"annotations": {DEPLOYMENT_CONFIG: "web"}}});
        let owner = of(&Object::new(deployer)).expect("an owner");
        assert_eq!(owner.argument(), "deploymentconfig/web");
    }
}
