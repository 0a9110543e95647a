//! Whether a changed template becomes pods by itself, and what has to be done where it does not.

use serde_json::Value;

use super::Workload;
use crate::model::kinds;

/// What follows a change of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rolls {
    /// Its controller replaces the pods, or the kubelet the container.
    ByItself,
    /// Nothing happens before somebody does this.
    Not(String),
}

/// Judges a workload. `by_trigger`: an image trigger puts the image in. What keeps it from rolling out is noted.
pub fn of(workload: &Workload, by_trigger: bool, client: &str, notes: &mut Vec<String>) -> Rolls {
    let object = workload.reference();
    let argument = format!(
        "{}/{}",
        workload.kind.kind.to_ascii_lowercase(),
        object.name
    );
    let paused = workload.object.value().pointer("/spec/paused") == Some(&Value::Bool(true));
    let on_delete = workload.object.text("/spec/updateStrategy/type") == "OnDelete";
    let why = match workload.kind {
        kinds::DEPLOYMENT | kinds::DEPLOYMENT_CONFIG if paused => Some(format!(
            "it is paused, and is rolled out after `{client} rollout resume {argument}`"
        )),
        kinds::STATEFUL_SET | kinds::DAEMON_SET if on_delete => Some(
            "its update strategy is OnDelete: each pod gets the image when it is deleted and made anew"
                .to_owned(),
        ),
        kinds::REPLICA_SET => Some(
            "a ReplicaSet leaves its pods as they are: each gets the image when it is deleted and made anew"
                .to_owned(),
        ),
        kinds::CRON_JOB
            if workload.object.value().pointer("/spec/suspend") == Some(&Value::Bool(true)) =>
        {
            Some("it is suspended: no job starts before it is resumed".to_owned())
        }
        kinds::CRON_JOB => Some("the next job that it starts has the image".to_owned()),
        kinds::DEPLOYMENT_CONFIG if !by_trigger && !has_config_change(workload) => Some(format!(
            "it has no ConfigChange trigger: `{client} rollout latest {argument}` rolls it out"
        )),
        _ => None,
    };
    match why {
        Some(why) => {
            notes.push(format!("{object}: {why}"));
            Rolls::Not(why)
        }
        None => Rolls::ByItself,
    }
}

/// A DeploymentConfig without any list has the trigger by default (openshift-apiserver `pkg/apps/apis/apps/v1/defaults.go`).
fn has_config_change(workload: &Workload) -> bool {
    let triggers = workload.object.value().pointer("/spec/triggers");
    match triggers.and_then(Value::as_array) {
        None => true,
        Some(triggers) => triggers
            .iter()
            .any(|trigger| trigger["type"] == "ConfigChange"),
    }
}

/// What happens because of the write, for who carries it out; nothing where nothing does.
pub fn risk(workload: &Workload, rolls: &Rolls) -> Option<String> {
    let has_none = workload.object.value().pointer("/spec/replicas") == Some(&Value::from(0));
    if *rolls != Rolls::ByItself || has_none {
        return None;
    }
    match workload.kind {
        kinds::DEPLOYMENT | kinds::STATEFUL_SET | kinds::DAEMON_SET | kinds::DEPLOYMENT_CONFIG => {
            Some("its pods are replaced, as its update strategy says".to_owned())
        }
        kinds::POD => Some("its container is started again with the image".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::kinds::Kind;
    use crate::plan::Object;

    fn judge(kind: Kind, spec: &Value, by_trigger: bool) -> Rolls {
        let object = json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec});
        let workload = Workload {
            kind,
            object: Object::new(object),
        };
        let mut notes = Vec::new();
        // Nothing is said of pods that are replaced where none is.
        let rolls = of(&workload, by_trigger, "oc", &mut notes);
        assert_eq!(notes.is_empty(), rolls == Rolls::ByItself);
        assert_eq!(risk(&workload, &rolls).is_some(), rolls == Rolls::ByItself);
        rolls
    }

    #[test]
    fn what_does_not_roll_says_what_to_do() {
        let on_delete = json!({"updateStrategy": {"type": "OnDelete"}});
        let image_change = json!({"triggers": [{"type": "ImageChange"}]});
        let paused = json!({"paused": true});
        for (kind, spec, trigger, word) in [
            (
                kinds::DEPLOYMENT,
                &paused,
                false,
                "oc rollout resume deployment/web",
            ),
            (
                kinds::DEPLOYMENT_CONFIG,
                &paused,
                true,
                "oc rollout resume deploymentconfig/web",
            ),
            (kinds::STATEFUL_SET, &on_delete, false, "OnDelete"),
            (kinds::DAEMON_SET, &on_delete, true, "OnDelete"),
            (
                kinds::REPLICA_SET,
                &json!({}),
                false,
                "deleted and made anew",
            ),
            (kinds::CRON_JOB, &json!({}), false, "next job"),
            (
                kinds::CRON_JOB,
                &json!({"suspend": true}),
                false,
                "suspended",
            ),
            (
                kinds::DEPLOYMENT_CONFIG,
                &image_change,
                false,
                "oc rollout latest",
            ),
            (
                kinds::DEPLOYMENT_CONFIG,
                &json!({"triggers": []}),
                false,
                "oc rollout latest",
            ),
        ] {
            match judge(kind, spec, trigger) {
                Rolls::Not(why) => assert!(why.contains(word), "{why}"),
                Rolls::ByItself => panic!("{} {spec}", kind.kind),
            }
        }
    }

    #[test]
    fn the_rest_rolls_by_itself() {
        let image_change = json!({"triggers": [{"type": "ImageChange"}]});
        for (kind, spec, trigger) in [
            (kinds::DEPLOYMENT, &json!({}), false),
            (kinds::STATEFUL_SET, &json!({}), true),
            (kinds::POD, &json!({}), false),
            (kinds::DEPLOYMENT_CONFIG, &json!({}), false),
            (
                kinds::DEPLOYMENT_CONFIG,
                &json!({"triggers": [{"type": "ConfigChange"}]}),
                false,
            ),
            (kinds::DEPLOYMENT_CONFIG, &image_change, true),
        ] {
            assert_eq!(
                judge(kind, spec, trigger),
                Rolls::ByItself,
                "{} {spec}",
                kind.kind
            );
        }
    }

    #[test]
    fn what_has_no_pods_replaces_none() {
        let object =
            json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 0}});
        let workload = Workload {
            kind: kinds::DEPLOYMENT,
            object: Object::new(object),
        };
        assert_eq!(risk(&workload, &Rolls::ByItself), None);
    }
}
