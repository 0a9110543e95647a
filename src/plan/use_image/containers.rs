//! Which container of a pod's spec is meant.

use crate::plan::Object;
use crate::plan::edit::place;
use crate::plan::link::near;

/// A container whose image can be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    pub name: String,
    /// As it is written; `None` where nothing is.
    pub image: Option<String>,
    /// `containers` or `initContainers`.
    pub list: &'static str,
    /// Its place in that list.
    pub index: usize,
}

impl Container {
    /// The place of its image, in an object whose pod spec is at `spec`.
    pub fn image_place(&self, spec: &str) -> String {
        let list = format!("{spec}/{}", self.list);
        format!("{}/image", place::item(&list, "name", &self.name))
    }
}

/// Why none was chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceRefusal {
    #[error("it has several containers: {}", .names.join(", "))]
    Several { names: Vec<String> },
    #[error("it has no container {name:?}, only {}", .names.join(", "))]
    NoSuch {
        name: String,
        near: Vec<String>,
        names: Vec<String>,
    },
    #[error("{name:?} is an ephemeral container, whose image cannot be changed")]
    Ephemeral { name: String },
    #[error("it has no container")]
    None,
}

/// All containers whose image can be set: regular ones, then init containers. Ephemeral containers, and images that are
/// volumes, are not among them.
pub fn all(object: &Object, spec: &str) -> Vec<Container> {
    ["containers", "initContainers"]
        .into_iter()
        .flat_map(|list| {
            let items = object.items(&format!("{spec}/{list}")).iter();
            items.enumerate().filter_map(move |(index, item)| {
                Some(Container {
                    name: item["name"].as_str()?.to_owned(),
                    image: item["image"].as_str().map(str::to_owned),
                    list,
                    index,
                })
            })
        })
        .collect()
}

/// The one that is named, or the only one.
///
/// # Errors
///
/// When it is not there, or none is named and there are several.
pub fn choose(
    object: &Object,
    spec: &str,
    wanted: Option<&str>,
) -> Result<Container, ChoiceRefusal> {
    let mut found = all(object, spec);
    let names = |found: &[Container]| -> Vec<String> {
        found
            .iter()
            .map(|container| container.name.clone())
            .collect()
    };
    let Some(name) = wanted else {
        return match found.len() {
            0 => Err(ChoiceRefusal::None),
            1 => Ok(found.remove(0)),
            _ => Err(ChoiceRefusal::Several {
                names: names(&found),
            }),
        };
    };
    if let Some(at) = found.iter().position(|container| container.name == name) {
        return Ok(found.remove(at));
    }
    let name = name.to_owned();
    let ephemeral = format!("{spec}/ephemeralContainers");
    if object.names(&ephemeral).any(|other| other == name) {
        return Err(ChoiceRefusal::Ephemeral { name });
    }
    let names = names(&found);
    Err(ChoiceRefusal::NoSuch {
        near: near(&name, &names),
        name,
        names,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SPEC: &str = "/spec";

    fn pod(lists: &Value) -> Object {
        Object::new(json!({ "spec": lists }))
    }

    #[test]
    fn the_only_one_needs_no_name() {
        let one = pod(&json!({"containers": [{"name": "web", "image": "a"}]}));
        let found = choose(&one, SPEC, None).expect("the only one");
        assert_eq!(found.image_place(SPEC), "/spec/containers/[name=web]/image");
        // An init container counts.
        let two = pod(&json!({
            "containers": [{"name": "web"}], "initContainers": [{"name": "setup"}],
            "volumes": [{"name": "model", "image": {"reference": "quay.io/m:1"}}],
        }));
        let refusal = choose(&two, SPEC, None).expect_err("two");
        assert_eq!(refusal.to_string(), "it has several containers: web, setup");
        let init = choose(&two, SPEC, Some("setup")).expect("named");
        assert_eq!((init.list, init.index), ("initContainers", 0));
        assert_eq!(
            choose(&pod(&json!({})), SPEC, None),
            Err(ChoiceRefusal::None)
        );
    }

    #[test]
    fn a_name_that_is_not_there_has_near_ones() {
        let two = pod(&json!({
            "containers": [{"name": "server"}, {"name": "proxy"}],
            "ephemeralContainers": [{"name": "debugger"}],
        }));
        match choose(&two, SPEC, Some("sever")) {
            Err(ChoiceRefusal::NoSuch { near, names, .. }) => {
                assert_eq!(near, ["server"]);
                assert_eq!(names, ["server", "proxy"]);
            }
            other => panic!("{other:?}"),
        }
        let refusal = choose(&two, SPEC, Some("debugger")).expect_err("ephemeral");
        assert!(matches!(refusal, ChoiceRefusal::Ephemeral { .. }));
    }
}
