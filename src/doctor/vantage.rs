//! What others saw of the image than this machine: the API server's own import and a kubelet, in the one form that rules
//! compare with what was seen here. Pure: it asks nobody and judges nothing.

use super::evidence::{OpinionFact, OpinionOutcome, SkipReason, Vantage};
use super::reading::{self, Known, Likelihood};
use crate::apply::pull_check::{NoVerdict, NodeOpinion, PullVerdict};
use crate::cluster::ClusterError;
use crate::cluster::opinion::{ImportAnswer, ImportOpinion, NotAsked};
use crate::model::message;
use crate::model::sanitize::sanitize_line;

/// Longer words are cut.
const LIMIT: usize = 4000;

/// Another vantage that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It said how the image fares there.
    Said(Box<OpinionFact>),
    /// Nothing is known from there.
    Nothing {
        vantage: Vantage,
        /// As the subject of a sentence, as in [`OpinionFact`].
        who: String,
        why: String,
        skip: SkipReason,
    },
}

/// What the API server says of `image`.
pub fn of_import(opinion: &ImportOpinion, image: &str) -> Heard {
    let (vantage, who) = (Vantage::Cluster, "the API server's import".to_owned());
    let outcome = match &opinion.answer {
        ImportAnswer::Found(found) => OpinionOutcome::Works {
            digest: Some(found.digest.clone()),
        },
        ImportAnswer::Failed(failure) => fails(failure.reason.word(), &failure.message, image),
        ImportAnswer::NotAsked(why) => {
            return Heard::Nothing {
                vantage,
                who,
                why: line(&why.to_string()),
                skip: not_asked(why),
            };
        }
    };
    Heard::Said(Box::new(OpinionFact {
        vantage,
        who,
        outcome,
        elapsed: opinion.elapsed,
    }))
}

/// What a node says of `image`.
pub fn of_node(opinion: &NodeOpinion, image: &str) -> Heard {
    let vantage = Vantage::Node;
    let who = match &opinion.node {
        Some(node) => format!("the kubelet of {}", sanitize_line(node, 253)),
        None => "a kubelet".to_owned(),
    };
    let outcome = match &opinion.verdict {
        PullVerdict::Pulled { digest } => OpinionOutcome::Works {
            digest: digest.clone(),
        },
        PullVerdict::Failed { reason, message } => fails(reason, message, image),
        PullVerdict::NotKnown { why, words } => {
            return Heard::Nothing {
                vantage,
                who,
                why: line(words),
                skip: no_verdict(*why),
            };
        }
    };
    Heard::Said(Box::new(OpinionFact {
        vantage,
        who,
        outcome,
        elapsed: Some(opinion.elapsed),
    }))
}

/// A failure: `reason` is the word of the API or of the kubelet (`Unauthorized`, `ErrImagePull`), which tells more than the
/// words where these leave it out.
fn fails(reason: &str, words: &str, image: &str) -> OpinionOutcome {
    let words = line(words);
    let text = if words.contains(reason) {
        words
    } else {
        format!("{reason}: {words}")
    };
    let read = message::read(&text);
    let known = Known {
        image: Some(image),
        ..Known::default()
    };
    let meaning = reading::read_beside_evidence(&read, &known);
    OpinionOutcome::Fails {
        message: read.words,
        points_at: meaning.points_at,
        certain: meaning
            .candidates
            .first()
            .is_some_and(|first| first.likelihood == Likelihood::Certain),
        candidates: meaning.candidates.iter().map(|it| it.cause).collect(),
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
    use std::time::Duration;

    use super::*;
    use crate::cluster::opinion::{ImportFailure, ImportReason, Imported};
    use crate::doctor::causes::Cause;

    const IMAGE: &str = "r.example.com/app:1";

    fn import(answer: ImportAnswer) -> Heard {
        let opinion = ImportOpinion {
            image: IMAGE.to_owned(),
            insecure: false,
            answer,
            elapsed: None,
        };
        of_import(&opinion, IMAGE)
    }

    #[track_caller]
    fn said(heard: Heard) -> OpinionFact {
        match heard {
            Heard::Said(fact) => *fact,
            Heard::Nothing { why, .. } => panic!("nothing was said: {why}"),
        }
    }

    #[test]
    fn an_import_is_the_clusters_word() {
        let found = Imported {
            digest: "sha256:aa".to_owned(),
            reference: String::new(),
            architecture: None,
        };
        assert_eq!(
            said(import(ImportAnswer::Found(found))).outcome,
            OpinionOutcome::Works {
                digest: Some("sha256:aa".to_owned())
            }
        );
        let failed = ImportFailure {
            reason: ImportReason::InternalError,
            message: "x509:\ncertificate signed by unknown authority".to_owned(),
            code: 500,
        };
        let fact = said(import(ImportAnswer::Failed(failed)));
        assert_eq!(fact.vantage, Vantage::Cluster);
        let OpinionOutcome::Fails {
            message,
            points_at,
            candidates,
            ..
        } = fact.outcome
        else {
            panic!("it failed");
        };
        assert!(message.contains("x509: certificate signed"), "{message}");
        assert_eq!(points_at, "tls");
        assert_eq!(candidates.first(), Some(&Cause::UnknownCa));
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
            let Heard::Nothing {
                why, skip: told, ..
            } = import(ImportAnswer::NotAsked(why))
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
            image: IMAGE.to_owned(),
            node: Some("worker-1".to_owned()),
            verdict: PullVerdict::Failed {
                reason: "ErrImagePull".to_owned(),
                message: "no".to_owned(),
            },
            events: Vec::new(),
            elapsed: Duration::from_secs(2),
            left_behind: None,
        };
        let told = said(of_node(&opinion, IMAGE));
        assert_eq!(
            (told.vantage, told.who.as_str()),
            (Vantage::Node, "the kubelet of worker-1")
        );
        assert!(
            matches!(told.outcome, OpinionOutcome::Fails { message, .. } if message.contains("no"))
        );
        opinion.node = None;
        opinion.verdict = PullVerdict::NotKnown {
            why: NoVerdict::Refused,
            words: "exceeded quota".to_owned(),
        };
        let Heard::Nothing { who, skip, .. } = of_node(&opinion, IMAGE) else {
            panic!("nothing is known");
        };
        assert_eq!((who.as_str(), skip), ("a kubelet", SkipReason::Forbidden));
    }
}
