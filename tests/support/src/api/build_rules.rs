//! The validation of BuildConfigs, as far as a client of this project can meet it.
//!
//! Source: openshift-apiserver `pkg/build/apis/build/validation/validation.go` `ValidateBuildConfig`, `validateTrigger`,
//! `validateImageReference`, `validateImageSource`.

use serde_json::{Value, json};

use super::error::FieldError;

const STRATEGIES: [&str; 4] = [
    "sourceStrategy",
    "dockerStrategy",
    "customStrategy",
    "jenkinsPipelineStrategy",
];

/// What is wrong with a BuildConfig.
pub(crate) fn validate(object: &Value) -> Vec<FieldError> {
    let spec = &object["spec"];
    let strategy = &spec["strategy"];
    let mut found = triggers(object);
    found.extend(output(&spec["output"]["to"]));
    let set: Vec<&str> = STRATEGIES
        .into_iter()
        .filter(|kind| !strategy[*kind].is_null())
        .collect();
    match set.as_slice() {
        [kind] => {
            let from = &strategy[*kind]["from"];
            // Only a Dockerfile names its own.
            if !from.is_null() || matches!(*kind, "sourceStrategy" | "customStrategy") {
                found.extend(reference(from, &format!("spec.strategy.{kind}.from")));
            }
        }
        _ => found.push(FieldError::invalid(
            "spec.strategy",
            strategy,
            "must provide a value for exactly one of \
            sourceStrategy, customStrategy, dockerStrategy, or jenkinsPipelineStrategy",
        )),
    }
    let images = spec["source"]["images"].as_array();
    for (at, image) in images.into_iter().flatten().enumerate() {
        let place = format!("spec.source.images[{at}]");
        found.extend(reference(&image["from"], &format!("{place}.from")));
        let empty = |list: &str| image[list].as_array().is_none_or(Vec::is_empty);
        if empty("paths") && empty("as") {
            for list in ["paths", "as"] {
                let words = "must specify 'paths' or 'as'";
                found.push(FieldError::required(format!("{place}.{list}"), words));
            }
        }
    }
    found
}

/// `validateToImageReference` of openshift-apiserver; that the names are good is taken for granted.
fn output(to: &Value) -> Vec<FieldError> {
    let namespace = to["namespace"].as_str().unwrap_or_default();
    match to["kind"].as_str().unwrap_or_default() {
        "DockerImage" if !namespace.is_empty() => vec![FieldError::invalid(
            "spec.output.to.namespace",
            &to["namespace"],
            "namespace is not valid when used with a 'DockerImage'",
        )],
        "DockerImage" | "ImageStreamTag" => Vec::new(),
        _ if to.is_null() => Vec::new(),
        _ => vec![FieldError::invalid(
            "spec.output.to.kind",
            &to["kind"],
            "the target of build output must be an 'ImageStreamTag' or 'DockerImage'",
        )],
    }
}

/// The image of the strategy (`GetInputReference`).
fn input(spec: &Value) -> &Value {
    STRATEGIES
        .iter()
        .map(|kind| &spec["strategy"][*kind])
        .find(|strategy| !strategy.is_null())
        .map_or(&Value::Null, |strategy| &strategy["from"])
}

fn triggers(object: &Value) -> Vec<FieldError> {
    let spec = &object["spec"];
    let base = input(spec);
    let (mut found, mut tags) = (Vec::new(), Vec::new());
    let list = spec["triggers"].as_array();
    for (at, trigger) in list.into_iter().flatten().enumerate() {
        if trigger["type"] != "ImageChange" {
            continue;
        }
        let place = format!("spec.triggers[{at}].imageChange");
        let change = &trigger["imageChange"];
        if change.is_null() {
            found.push(FieldError::required(place, ""));
            continue;
        }
        let own = &change["from"];
        if own.is_null() && base["kind"] != "ImageStreamTag" {
            let text = |field: &str| base[field].as_str().unwrap_or_default();
            let shown = if base.is_null() {
                "build from: <nil>".to_owned()
            } else {
                // Go's `%v` of an `ObjectReference`, whose other fields are empty.
                format!(
                    "build from: &{{{} {} {}    }}",
                    text("kind"),
                    text("namespace"),
                    text("name")
                )
            };
            found.push(FieldError::invalid(
                place,
                &json!(shown),
                "a default ImageChange trigger can only be used when the build strategy includes an ImageStreamTag reference.",
            ));
        } else if !own.is_null() && own["kind"] != "ImageStreamTag" {
            found.push(FieldError::invalid(
                format!("{place}.from.kind"),
                &own["kind"],
                "only an ImageStreamTag type of reference is allowed in an ImageChange trigger.",
            ));
        }
        let tag = tag(object, if own.is_null() { base } else { own });
        if tags.contains(&tag) {
            found.push(FieldError::invalid(
                "spec.triggers",
                &spec["triggers"],
                "multiple ImageChange triggers refer to the same image stream tag",
            ));
        }
        tags.push(tag);
    }
    found
}

/// `refKey`: whatever is no image stream tag counts as one and the same.
fn tag(object: &Value, from: &Value) -> Option<(String, String)> {
    (from["kind"] == "ImageStreamTag").then(|| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let namespace = from["namespace"].as_str().filter(|name| !name.is_empty());
        let namespace =
            namespace.map_or_else(|| text(&object["metadata"]["namespace"]), Into::into);
        (namespace, text(&from["name"]))
    })
}

fn reference(from: &Value, place: &str) -> Vec<FieldError> {
    let text = |field: &str| from[field].as_str().unwrap_or_default();
    let mut found = Vec::new();
    match text("kind") {
        "" => found.push(FieldError::required(format!("{place}.kind"), "")),
        "DockerImage" if !text("namespace").is_empty() => found.push(FieldError::invalid(
            format!("{place}.namespace"),
            &from["namespace"],
            "not valid when used with a 'DockerImage'",
        )),
        "ImageStreamTag" if !text("name").is_empty() && !text("name").contains(':') => {
            found.push(FieldError::invalid(
                format!("{place}.name"),
                &from["name"],
                "must be <name>:<tag>",
            ));
        }
        "DockerImage" | "ImageStreamTag" | "ImageStreamImage" => {}
        _ => found.push(FieldError::invalid(
            format!("{place}.kind"),
            &from["kind"],
            "must be 'ImageStreamTag', 'ImageStreamImage', or 'DockerImage'",
        )),
    }
    if !text("kind").is_empty() && text("name").is_empty() {
        found.push(FieldError::required(format!("{place}.name"), ""));
    }
    found
}
