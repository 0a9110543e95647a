//! Reviews: resources that are only created, and answered at once.
//!
//! Sources: kube-apiserver `pkg/registry/authorization/selfsubjectaccessreview/rest.go`,
//! `pkg/registry/authentication/selfsubjectreview/rest.go`.

use serde_json::{Value, json};

use super::auth::Access;
use super::body::read_body;
use super::error::{ApiError, FieldError};
use super::options::Options;
use super::wire::{Call, Outcome, Reply};
use super::world::World;
use super::write::Place;

/// POST of a review.
pub(crate) fn create(world: &mut World, call: &Call, place: &Place) -> Outcome {
    let options = Options::parse(call, "CreateOptions")?;
    let mut review = read_body(world, call, place, &options)?;
    review["metadata"]["creationTimestamp"] = Value::Null;
    if place.resource.kind == "SelfSubjectReview" {
        let identity = &call.identity;
        review["status"] =
            json!({"userInfo": {"username": identity.name, "groups": identity.groups}});
        return Ok(Reply::Json(201, review));
    }
    let spec = &review["spec"];
    let (resource, path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let allowed = if resource.is_object() {
        let text = |field: &str| resource[field].as_str().unwrap_or_default();
        let access = Access {
            verb: text("verb"),
            group: text("group"),
            resource: text("resource"),
            subresource: text("subresource"),
            namespace: text("namespace"),
            name: text("name"),
        };
        world.auth.permits(&call.identity, &access)
    } else if path.is_object() {
        path["verb"] == "get"
    } else {
        let words = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        let finding = FieldError::invalid("spec.resourceAttributes", &Value::Null, words);
        return Err(ApiError::invalid(
            place.resource.named_kind(),
            "",
            &[finding],
        ));
    };
    review["status"] = json!({ "allowed": allowed });
    Ok(Reply::Json(201, review))
}
