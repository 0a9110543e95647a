//! One question of a run: may this consumer get this image? What is known before any registry is asked goes with it.

use std::sync::Arc;

use super::evidence::{Evidence, Fact, SignatureFact};
use super::probes::credentials::Sources;
use super::target::{Consumer, Operation, TargetRef};
use crate::model::image::ImageReference;
use crate::model::platform::Platform;

/// One image of one target.
#[derive(Clone)]
pub struct Ask {
    pub target: TargetRef,
    /// The image as it is really asked for; the key of a secret where only a login is tried.
    pub text: String,
    /// The place that stands for the image where only a login is tried: nothing is asked about it.
    pub place: Option<ImageReference>,
    pub operation: Operation,
    pub consumer: Consumer,
    /// Where the consumer's credentials come from.
    pub sources: Arc<Sources>,
    /// How the target is wired, what the cluster reported on it, how its name was resolved.
    pub facts: Vec<Fact>,
    /// What of that could not be read.
    pub unread: Vec<Evidence>,
    /// Lines without a fact: remarks on the wiring, on what is not looked at.
    pub notes: Vec<Evidence>,
    /// Policies that want the image signed; whether it is can be seen once the registry has handed it out.
    pub signatures: Vec<SignatureFact>,
    /// Why no registry is asked: it is out of reach from here, or what would be asked for is not known.
    pub not_asked: Option<NotAsked>,
    /// The platform of the node that a pod is bound to; else those of all nodes count.
    pub platform: Option<Platform>,
    /// The platforms of the nodes that its pods may run on, where that are not all; empty: those of all nodes.
    pub platforms: Vec<Platform>,
    /// An import that allows plain HTTP and any certificate (`importPolicy.insecure`).
    pub insecure: bool,
    pub depth: Depth,
}

/// How far an image is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Depth {
    /// To its last part, and what strangers get: for what was named, and for what is known to fail.
    #[default]
    Full,
    /// Whether the consumer is handed the manifest of an image for its platform, in as few requests as that takes: for what
    /// runs, of which there may be thousands.
    Delivery,
}

/// Why a registry is not asked for an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAsked {
    /// The image is known, and its registry is out of reach from here. In words.
    OutOfReach(String),
    /// What would be asked for is not known: the object's own wording leads to no image. In words.
    Unresolved(String),
    /// The object is judged by what it is, or could not be read, which `unread` tells.
    Itself,
}

impl Ask {
    /// A question without anything known beforehand.
    pub fn new(target: TargetRef, text: String, operation: Operation, consumer: Consumer) -> Self {
        Self {
            target,
            text,
            place: None,
            operation,
            sources: Arc::new(Sources::of(&consumer)),
            consumer,
            facts: Vec::new(),
            unread: Vec::new(),
            notes: Vec::new(),
            signatures: Vec::new(),
            not_asked: None,
            platform: None,
            platforms: Vec::new(),
            insecure: false,
            depth: Depth::Full,
        }
    }
}
