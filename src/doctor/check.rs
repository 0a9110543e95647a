//! The check that verbs make before they write: the same probes and rules as `doctor`, for one registry and credential.

use super::causes::Cause;
use crate::model::credential::Credential;
use crate::model::endpoint::RegistryArgument;
use crate::model::image::ImageReference;
use crate::registry::Options;

/// What is about to be stored, and for what.
pub struct CheckRequest {
    pub registry: RegistryArgument,
    pub credential: Credential,
    /// `--image`: the pull right on it is checked too.
    pub image: Option<ImageReference>,
    pub options: Options,
}

/// What came of it, in doctor's own words.
#[derive(Debug, Clone)]
pub struct CheckOutcome {
    pub status: CheckStatus,
    pub cause: Option<Cause>,
    /// One sentence.
    pub summary: String,
    /// The evidence, one line each, already sanitised.
    pub because: Vec<String>,
    /// What was checked, in words (`quay.io answers as a registry`, `the login robot is accepted`).
    pub checked: Vec<String>,
    /// What could not be checked, and why.
    pub unchecked: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckStatus {
    Healthy,
    Failed,
    Undetermined,
}

/// Probes and judges. Never fails: what could not be done is an outcome.
pub async fn check(request: CheckRequest) -> CheckOutcome {
    todo!("{:?}", request.registry)
}
