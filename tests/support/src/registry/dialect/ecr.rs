//! Amazon ECR: Basic with the user `AWS` and a token as the password, and separate answers for "missing" and "not
//! allowed". From containers-roadmap 1299, registry-image-resource 268, kaniko 1120 and 3443, NVIDIA/enroot 59,
//! aws-cli 6580, and renovate's and go-containerregistry's clients. That a caller without any right is refused before
//! the repository is looked for is how AWS' policies work; the status of an expired token was not to be found, and is
//! 403 here.

use serde_json::Value;

use super::{Rules, Scheme};
use crate::content::media_type;
use crate::registry::Variant;
use crate::registry::access::{self, Denied, Identity, Need};
use crate::registry::errors::{self, Problem, plain_error};
use crate::registry::route::Route;
use crate::registry::world::Cx;
use crate::web::Reply;

pub(crate) struct Ecr;

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";

impl Rules for Ecr {
    fn scheme(&self, _cx: &Cx) -> Scheme {
        Scheme::Basic
    }

    fn early(&self, cx: &mut Cx, route: &Route) -> Option<Reply> {
        let page = cx
            .call
            .query_value("n")
            .and_then(|n| n.parse::<u32>().ok())
            .unwrap_or_default();
        (matches!(route, Route::Tags { .. }) && page > 1000).then(|| {
            plain_error(
                405,
                "UNSUPPORTED",
                "Invalid parameter at 'maxResults' failed to satisfy constraint: \
                 'Member must have value less than or equal to 1000'",
            )
        })
    }

    fn authorize(&self, cx: &mut Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
        if expired(cx, who) {
            return Err(Denied::NotAllowed);
        }
        match who {
            // There is no anonymous access to a private registry.
            Identity::Nobody => Err(Denied::NoCredentials),
            _ => access::authorize(cx, who, need),
        }
    }

    fn refuse(&self, cx: &mut Cx, who: &Identity, need: &Need, denied: Denied) -> Reply {
        if expired(cx, who) {
            let message = "Your authorization token has expired. Reauthenticate and try again.";
            return plain_error(403, "DENIED", message);
        }
        if denied == Denied::NotAllowed {
            return plain_error(403, "DENIED", &not_authorized(who, need));
        }
        Reply::text(401, "Not Authorized\n").header(
            "www-authenticate",
            format!(
                "Basic realm=\"https://{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/\",service=\"ecr.amazonaws.com\""
            ),
        )
    }

    fn problem(&self, _cx: &Cx, problem: &Problem) -> Reply {
        match problem {
            Problem::RepositoryMissing { repository }
            | Problem::ManifestMissing {
                repository,
                repository_exists: false,
                ..
            } => plain_error(
                404,
                "NAME_UNKNOWN",
                &format!(
                    "The repository with name '{repository}' does not exist in the registry with id '{ACCOUNT}'"
                ),
            ),
            Problem::ManifestMissing { .. } => {
                plain_error(404, "MANIFEST_UNKNOWN", "Requested image not found")
            }
            other => errors::distribution(other),
        }
    }

    /// An OCI manifest has to say its own type.
    fn refuse_manifest(&self, kind: &str, manifest: &Value) -> Option<Reply> {
        let untyped = kind == media_type::OCI_MANIFEST && !manifest["mediaType"].is_string();
        untyped.then(|| plain_error(405, "UNSUPPORTED", "Invalid JSON syntax"))
    }

    fn before_content(&self, cx: &mut Cx, need: &Need) -> Option<Reply> {
        let begins = matches!(need.route, Route::Uploads { .. });
        (begins && cx.has(Variant::EcrUploadAnswers201)).then(|| {
            let location = format!("{}{}none", cx.base(), cx.call.path);
            Reply::empty(201).header("location", location)
        })
    }

    fn upload_needs_repository(&self, cx: &Cx) -> bool {
        !cx.has(Variant::EcrCreateOnPush)
    }
}

fn expired(cx: &Cx, who: &Identity) -> bool {
    let user = who.subject().and_then(|name| cx.user(name));
    user.is_some_and(|user| user.expired)
}

fn not_authorized(who: &Identity, need: &Need) -> String {
    let action = if need.writes() {
        "ecr:InitiateLayerUpload"
    } else {
        "ecr:BatchGetImage"
    };
    let user = who.subject().unwrap_or_default();
    let repository = need.repository().unwrap_or("*");
    format!(
        "User: arn:aws:iam::{ACCOUNT}:user/{user} is not authorized to perform: {action} on resource: \
         arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{repository} because no identity-based policy allows the \
         {action} action"
    )
}
