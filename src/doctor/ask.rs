//! One question of a run: may this consumer get this image? What is known before any registry is asked goes with it.

use std::sync::Arc;

use super::evidence::{Evidence, Fact};
use super::probes::credentials::Sources;
use super::target::{Consumer, Operation, TargetRef};
use crate::model::platform::Platform;

/// One image of one target.
#[derive(Clone)]
pub struct Ask {
    pub target: TargetRef,
    /// The image as it is really asked for.
    pub text: String,
    pub operation: Operation,
    pub consumer: Consumer,
    /// Where the consumer's credentials come from.
    pub sources: Arc<Sources>,
    /// How the target is wired, what the cluster reported on it, how its name was resolved.
    pub facts: Vec<Fact>,
    /// What of that could not be read.
    pub unread: Vec<Evidence>,
    /// The platform of the node that a pod is bound to; else those of all nodes count.
    pub platform: Option<Platform>,
    /// An import that allows plain HTTP and any certificate (`importPolicy.insecure`).
    pub insecure: bool,
}

impl Ask {
    /// A question without anything known beforehand.
    pub fn new(target: TargetRef, text: String, operation: Operation, consumer: Consumer) -> Self {
        Self {
            target,
            text,
            operation,
            sources: Arc::new(Sources::of(&consumer)),
            consumer,
            facts: Vec::new(),
            unread: Vec::new(),
            platform: None,
            insecure: false,
        }
    }
}
