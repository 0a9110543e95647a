//! What others saw of the image than this machine: the API server's own import and a kubelet, in one neutral form that
//! rules can compare with what was seen here. Pure: it asks nobody and judges nothing.

use std::time::Duration;

use super::evidence::{SkipReason, Vantage};
use crate::apply::pull_check::{NoVerdict, NodeOpinion, PullVerdict};
use crate::cluster::ClusterError;
use crate::cluster::opinion::{ImportAnswer, ImportOpinion, NotAsked};
use crate::model::sanitize::sanitize_line;

/// Longer words are cut.
const LIMIT: usize = 4000;

/// What one other vantage says of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// [`Vantage::Cluster`] or [`Vantage::Node`].
    pub vantage: Vantage,
    /// Who it is, as the subject of a sentence: `the API server's import`, `the kubelet of worker-1`.
    pub who: String,
    pub outcome: OpinionOutcome,
    /// How long it took, where that is about this image alone.
    pub elapsed: Option<Duration>,
}

/// How the image fared there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpinionOutcome {
    /// The image was had.
    Works {
        /// Of the manifest that was taken. It may be that of an index or of one image in it: imports name the image of
        /// their own platform, most runtimes the index. Digests that differ therefore prove nothing by themselves.
        digest: Option<String>,
    },
    /// It was not.
    Fails {
        /// The word of the API or of the kubelet: `Unauthorized`, `InternalError`, `ErrImagePull`.
        reason: String,
        /// The full words, one line, sanitised.
        words: String,
    },
    /// Nothing is known from there.
    NotKnown { why: String, skip: SkipReason },
}

impl Opinion {
    /// Of the API server.
    pub fn of_import(opinion: &ImportOpinion) -> Self {
        let outcome = match &opinion.answer {
            ImportAnswer::Found(found) => OpinionOutcome::Works {
                digest: Some(found.digest.clone()),
            },
            ImportAnswer::Failed(failure) => OpinionOutcome::Fails {
                reason: failure.reason.word().to_owned(),
                words: line(&failure.message),
            },
            ImportAnswer::NotAsked(why) => OpinionOutcome::NotKnown {
                why: line(&why.to_string()),
                skip: not_asked(why),
            },
        };
        Self {
            vantage: Vantage::Cluster,
            who: "the API server's import".to_owned(),
            outcome,
            elapsed: opinion.elapsed,
        }
    }

    /// Of a node.
    pub fn of_node(opinion: &NodeOpinion) -> Self {
        let outcome = match &opinion.verdict {
            PullVerdict::Pulled { digest } => OpinionOutcome::Works {
                digest: digest.clone(),
            },
            PullVerdict::Failed { reason, message } => OpinionOutcome::Fails {
                reason: reason.clone(),
                words: line(message),
            },
            PullVerdict::NotKnown { why, words } => OpinionOutcome::NotKnown {
                why: line(words),
                skip: no_verdict(*why),
            },
        };
        Self {
            vantage: Vantage::Node,
            who: match &opinion.node {
                Some(node) => format!("the kubelet of {}", sanitize_line(node, 253)),
                None => "a kubelet".to_owned(),
            },
            outcome,
            elapsed: Some(opinion.elapsed),
        }
    }
}

fn line(text: &str) -> String {
    sanitize_line(text, LIMIT)
}

fn not_asked(why: &NotAsked) -> SkipReason {
    match why {
        NotAsked::GroupMissing => SkipReason::NotApplicable,
        NotAsked::Forbidden(_) | NotAsked::Cluster(ClusterError::Forbidden { .. }) => {
            SkipReason::Forbidden
        }
        NotAsked::TimedOut(_) | NotAsked::Slow(_) => SkipReason::TimedOut,
        NotAsked::Cluster(_) => SkipReason::DependsOn,
    }
}

fn no_verdict(why: NoVerdict) -> SkipReason {
    match why {
        NoVerdict::NoRight | NoVerdict::Refused => SkipReason::Forbidden,
        NoVerdict::TimedOut => SkipReason::TimedOut,
        NoVerdict::Unschedulable | NoVerdict::Deleted | NoVerdict::Cluster => SkipReason::DependsOn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::opinion::{ImportFailure, ImportReason, Imported};

    fn import(answer: ImportAnswer) -> OpinionOutcome {
        Opinion::of_import(&ImportOpinion {
            image: "r.example.com/app:1".to_owned(),
            insecure: false,
            answer,
            elapsed: None,
        })
        .outcome
    }

    #[test]
    fn an_import_is_the_clusters_word() {
        let found = Imported {
            digest: "sha256:aa".to_owned(),
            reference: String::new(),
            architecture: None,
        };
        assert_eq!(
            import(ImportAnswer::Found(found)),
            OpinionOutcome::Works {
                digest: Some("sha256:aa".to_owned())
            }
        );
        let failed = ImportFailure {
            reason: ImportReason::InternalError,
            message: "x509:\ncertificate".to_owned(),
            code: 500,
        };
        assert_eq!(
            import(ImportAnswer::Failed(failed)),
            OpinionOutcome::Fails {
                reason: "InternalError".to_owned(),
                words: "x509: certificate".to_owned()
            }
        );
    }

    #[test]
    fn what_was_not_asked_says_why() {
        for (why, skip) in [
            (NotAsked::GroupMissing, SkipReason::NotApplicable),
            (
                NotAsked::TimedOut(Duration::from_secs(3)),
                SkipReason::TimedOut,
            ),
            (
                NotAsked::Slow(Duration::from_secs(31)),
                SkipReason::TimedOut,
            ),
            (
                NotAsked::Cluster(ClusterError::Other("down".to_owned())),
                SkipReason::DependsOn,
            ),
        ] {
            let words = why.to_string();
            let OpinionOutcome::NotKnown { why, skip: told } = import(ImportAnswer::NotAsked(why))
            else {
                panic!("{words} is an answer");
            };
            assert_eq!((why, told), (words, skip));
        }
    }

    #[test]
    fn a_kubelet_is_known_by_its_node() {
        let mut opinion = NodeOpinion {
            pod: None,
            image: "r.example.com/app:1".to_owned(),
            node: Some("worker-1".to_owned()),
            verdict: PullVerdict::Failed {
                reason: "ErrImagePull".to_owned(),
                message: "no".to_owned(),
            },
            events: Vec::new(),
            elapsed: Duration::from_secs(2),
            left_behind: None,
        };
        let told = Opinion::of_node(&opinion);
        assert_eq!(
            (told.vantage, told.who.as_str()),
            (Vantage::Node, "the kubelet of worker-1")
        );
        assert!(
            matches!(told.outcome, OpinionOutcome::Fails { reason, .. } if reason == "ErrImagePull")
        );
        opinion.node = None;
        opinion.verdict = PullVerdict::NotKnown {
            why: NoVerdict::Refused,
            words: "exceeded quota".to_owned(),
        };
        let told = Opinion::of_node(&opinion);
        assert_eq!(told.who, "a kubelet");
        assert!(matches!(
            told.outcome,
            OpinionOutcome::NotKnown {
                skip: SkipReason::Forbidden,
                ..
            }
        ));
    }
}
