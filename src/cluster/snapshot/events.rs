//! From events as JSON to [`crate::model::view`], and which of them are asked for.

use serde_json::Value;

use super::json::{given, text, time};
use super::{Part, missing};
use crate::cluster::{Cluster, Scope, Selectors, kinds};
use crate::model::kinds::ObjectRef;
use crate::model::view::Event;

/// Whose events are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// This very object, not one of the same name before it.
    Uid(String),
    /// Every object of this name.
    Object(ObjectRef),
}

/// What to list when all events of a namespace are meant. All that fails is a Warning, but for the kubelet's
/// `Back-off pulling image`, which is Normal (kubelet `pkg/kubelet/images/image_manager.go` `EnsureImageExists`).
const OF_INTEREST: [&str; 2] = ["type=Warning", "type=Normal,reason=BackOff"];

/// Warnings that have nothing to do with images and of which a busy cluster has many.
const LOUD: [&str; 9] = [
    "DNSConfigForming",
    "Evicted",
    "FailedComputeMetricsReplicas",
    "FailedGetResourceMetric",
    "FailedScheduling",
    "NodeNotReady",
    "Preempted",
    "ProbeWarning",
    "Unhealthy",
];

impl Cluster {
    /// Events (`core/v1`; those of `events.k8s.io` are the same objects). About one object all of them; about all objects
    /// only those that can tell why an image does not come.
    pub async fn events(&self, scope: &Scope, about: Option<&About>) -> Part<Vec<Event>> {
        let lists = match about {
            Some(About::Uid(uid)) => vec![format!("involvedObject.uid={uid}")],
            Some(About::Object(object)) => vec![format!(
                "involvedObject.kind={},involvedObject.name={}",
                object.kind.kind, object.name
            )],
            None => OF_INTEREST.map(str::to_owned).to_vec(),
        };
        let mut events = Vec::new();
        for fields in lists {
            let selectors = Selectors {
                labels: None,
                fields: Some(fields),
            };
            self.list(kinds::EVENT, scope, &selectors, |object| {
                let loud = || LOUD.iter().any(|reason| object["reason"] == *reason);
                if about.is_some() || !loud() {
                    events.push(event(&object));
                }
            })
            .await
            .map_err(missing)?;
        }
        Ok(events)
    }
}

fn event(object: &Value) -> Event {
    let (metadata, involved, series) = (
        &object["metadata"],
        &object["involvedObject"],
        &object["series"],
    );
    let last = [
        &series["lastObservedTime"],
        &object["lastTimestamp"],
        &object["eventTime"],
        &metadata["creationTimestamp"],
    ];
    Event {
        namespace: given(&involved["namespace"]).unwrap_or_else(|| text(&metadata["namespace"])),
        kind: text(&involved["kind"]),
        name: text(&involved["name"]),
        uid: text(&involved["uid"]),
        field_path: given(&involved["fieldPath"]),
        type_name: text(&object["type"]),
        reason: text(&object["reason"]),
        message: text(&object["message"]),
        count: [&series["count"], &object["count"]]
            .into_iter()
            .find_map(Value::as_u64)
            .unwrap_or(1),
        last: last.into_iter().find_map(time),
        component: given(&object["source"]["component"])
            .unwrap_or_else(|| text(&object["reportingComponent"])),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_of_both_ages_are_read() {
        let old = event(&json!({
            "metadata": {"namespace": "n"}, "type": "Warning", "reason": "Failed", "message": "no", "count": 4,
            "involvedObject": {"kind": "Pod", "namespace": "n", "name": "web", "uid": "u",
                "fieldPath": "spec.containers{web}"},
            "lastTimestamp": "2026-01-02T03:04:05Z", "eventTime": null, "source": {"component": "kubelet"},
        }));
        assert_eq!(
            (old.kind.as_str(), old.name.as_str(), old.uid.as_str()),
            ("Pod", "web", "u")
        );
        assert_eq!(old.container(), Some("web"));
        assert_eq!((old.count, old.component.as_str()), (4, "kubelet"));
        assert_eq!(old.last.unwrap().as_second(), 1_767_323_045);

        let new = event(&json!({
            "metadata": {"namespace": "n"}, "reason": "Failed", "reportingComponent": "kubelet",
            "series": {"count": 9, "lastObservedTime": "2026-01-02T03:04:06.000000Z"},
            "eventTime": "2026-01-02T03:04:05.000000Z", "lastTimestamp": null, "source": {},
        }));
        assert_eq!(
            (new.namespace.as_str(), new.count, new.component.as_str()),
            ("n", 9, "kubelet")
        );
        assert_eq!(new.last.unwrap().as_second(), 1_767_323_046);
        assert_eq!(new.container(), None);
    }
}
