//! The planner's refusals with what to do about them.

use crate::error::Error;
use crate::plan::use_image::UseRefusal;
use crate::plan::use_image::containers::ChoiceRefusal;
use crate::plan::use_image::stream::StreamRefusal;

/// As the user sees it.
pub(super) fn refused(refusal: UseRefusal, client: &str) -> Error {
    let error = Error::failure(refusal.to_string());
    match refusal {
        UseRefusal::Container { why, .. } => match why {
            ChoiceRefusal::Several { .. } => error.hint("--container NAME says which"),
            ChoiceRefusal::NoSuch { near, .. } if !near.is_empty() => {
                error.hint(format!("did you mean {}?", near.join(" or ")))
            }
            ChoiceRefusal::NoSuch { .. } | ChoiceRefusal::None => error,
            ChoiceRefusal::Ephemeral { .. } => {
                error.hint(format!("`{client} debug` makes another one"))
            }
        },
        UseRefusal::Stream(StreamRefusal::OtherSource { .. }) => error
            .hint("--via-stream=STREAM:TAG names another tag; --change-source gives this one the new image, for all who follow it"),
        UseRefusal::Stream(StreamRefusal::Pushed { .. }) => error
            .hint("--via-stream=STREAM:TAG names another tag; --change-source imports into this one all the same"),
        UseRefusal::Triggers { object, .. } => error.hint(format!(
            "no trigger of it works as it is; `{client} annotate {object} image.openshift.io/triggers-` takes it off"
        )),
        UseRefusal::Job(job) => {
            let name = job.rsplit('/').next().unwrap_or_default();
            error.hint(format!(
                "delete it and create it again with the image: `{client} get job/{name} -o yaml` is what to begin with"
            ))
        }
        UseRefusal::PodIsOver(_) => error.hint("delete it and create it again with the image"),
        UseRefusal::NoTriggers { .. } => {
            error.hint("without --via-stream the image is set directly")
        }
        UseRefusal::PodSecrets(_) => error.hint(
            "link the secret to its account, then delete the pod and create it again with the image",
        ),
    }
}
