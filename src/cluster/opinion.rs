//! What the cluster itself says of an image: the API server's own import, asked without importing anything.
//!
//! An ImageStreamImport with `spec.import: false` makes openshift-apiserver ask the registry from where it runs, with
//! the credentials, the trust, the mirrors and the lists of the cluster, and answer what it got; no image stream and no
//! image is written (openshift-apiserver `pkg/image/apiserver/registry/imagestreamimport/rest.go` `Create` returns
//! before it touches the stream). It takes the right to create `imagestreamimports`, and the group
//! `image.openshift.io`. What is missing is an answer here ([`NotAsked`]) and never an error.
//!
//! What the answer is worth: the importer uses all pull secrets of the namespace and takes the first entry that matches,
//! then the nodes' own pull secret; it reads `blockedRegistries`, `insecureRegistries` and the mirrors, and not
//! `allowedRegistries`. So it speaks for image streams, and for pods only as far as they would use the same.

mod answer;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::access::Right;
use super::faults::{self, Subject};
use super::path::Path;
use super::transport::Call;
use super::{Cluster, ClusterError, Kind};
use crate::model::image::ImageReference;

pub(super) use answer::failure;
pub use answer::{ImportFailure, ImportReason, Imported};

/// The kind that is posted and never stored.
pub const IMAGE_STREAM_IMPORT: Kind = Kind {
    group: "image.openshift.io",
    version: "v1",
    kind: "ImageStreamImport",
    resource: "imagestreamimports",
    namespaced: true,
};

/// Images in one request. The importer goes through them one after the other, three at once and then two a second
/// (openshift-apiserver `pkg/image/apiserver/apiserver.go`, `NewTokenBucketRateLimiter(2.0, 3)` a request), and the API
/// server ends a request after a minute.
const BATCH: usize = 10;
/// Requests under way at one time, each about another registry.
const AT_ONCE: usize = 4;
/// A registry whose first image took longer is not asked for the others: a server that is waited for in vain takes the
/// importer half a minute an image.
const SLOW: Duration = Duration::from_secs(10);
/// The description of one image is some ten KiB; a longer answer than this is not read.
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;

/// One image to ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportQuestion {
    /// The reference, as a stream or a pod would have it.
    pub image: String,
    /// With the import policy `insecure`: no verification of certificates, and plain HTTP where TLS fails.
    pub insecure: bool,
}

/// What the cluster says of one image.
#[derive(Debug, Clone)]
pub struct ImportOpinion {
    pub image: String,
    pub insecure: bool,
    pub answer: ImportAnswer,
    /// How long the import took; `None` where several images shared a request, or none was made.
    pub elapsed: Option<Duration>,
}

/// The answer on one image.
#[derive(Debug, Clone)]
pub enum ImportAnswer {
    Found(Imported),
    Failed(ImportFailure),
    NotAsked(NotAsked),
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NotAsked {
    #[error("the cluster does not serve imagestreamimports.image.openshift.io")]
    GroupMissing,
    /// The right that is missing.
    #[error("you may not {0}")]
    Forbidden(Right),
    #[error("the API server did not answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// Another image of the same registry took this long.
    #[error("another image of this registry took the API server {} s", .0.as_secs())]
    Slow(Duration),
    /// The API server could not do its part: a failed call, or an answer that makes no sense.
    #[error("{0}")]
    Cluster(ClusterError),
}

impl Cluster {
    /// Asks what imports into streams of `namespace` would give, without importing: one opinion a question, in their
    /// order. Images of one registry share requests, a few registries are asked at the same time, and nothing takes
    /// longer than `limit` in all.
    pub async fn import_opinions(
        &self,
        namespace: &str,
        questions: &[ImportQuestion],
        limit: Duration,
    ) -> Vec<ImportOpinion> {
        let mut opinions: Vec<ImportOpinion> = questions
            .iter()
            .map(|question| ImportOpinion {
                image: question.image.clone(),
                insecure: question.insecure,
                answer: ImportAnswer::NotAsked(NotAsked::TimedOut(limit)),
                elapsed: None,
            })
            .collect();
        let started = Instant::now();
        let admitted = tokio::time::timeout(limit, self.admits_imports(namespace)).await;
        if let Ok(Err(refusal)) = admitted {
            for opinion in &mut opinions {
                opinion.answer = ImportAnswer::NotAsked(refusal.clone());
            }
            return opinions;
        }
        let round = Round {
            cluster: self,
            namespace,
            questions,
            end: started + limit,
            limit,
        };
        let mut answers = stream::iter(groups(questions))
            .map(|group| round.ask_group(group))
            .buffer_unordered(AT_ONCE);
        while let Some(group) = answers.next().await {
            for (at, answer, elapsed) in group {
                opinions[at].answer = answer;
                opinions[at].elapsed = elapsed;
            }
        }
        opinions
    }

    /// The same for one image.
    pub async fn import_opinion(
        &self,
        namespace: &str,
        image: &str,
        insecure: bool,
        limit: Duration,
    ) -> ImportOpinion {
        let question = ImportQuestion {
            image: image.to_owned(),
            insecure,
        };
        let mut opinions = self.import_opinions(namespace, &[question], limit).await;
        opinions.pop().unwrap_or_else(|| ImportOpinion {
            image: image.to_owned(),
            insecure,
            answer: ImportAnswer::NotAsked(NotAsked::TimedOut(limit)),
            elapsed: None,
        })
    }

    /// Whether imports can be asked for at all: they are served, and the user may.
    async fn admits_imports(&self, namespace: &str) -> Result<(), NotAsked> {
        match self.serves_resource(IMAGE_STREAM_IMPORT).await {
            Ok(true) => {}
            Ok(false) => return Err(NotAsked::GroupMissing),
            Err(error) => return Err(NotAsked::Cluster(error)),
        }
        let right = right(namespace);
        match self.missing_rights(std::slice::from_ref(&right)).await {
            Ok(missing) if missing.is_empty() => Ok(()),
            Ok(_) => Err(NotAsked::Forbidden(right)),
            Err(error) => Err(NotAsked::Cluster(error)),
        }
    }
}

fn right(namespace: &str) -> Right {
    Right {
        verb: "create",
        kind: IMAGE_STREAM_IMPORT,
        namespace: Some(namespace.to_owned()),
        name: None,
    }
}

/// A place in the questions, its answer, and how long it took where that is known.
type Placed = (usize, ImportAnswer, Option<Duration>);

/// Questions by registry and policy, as places in the list. Two policies for one repository in one request would get the
/// first one's (`importImages` keeps one `Insecure` a repository). What does not parse comes alone.
fn groups(questions: &[ImportQuestion]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<(String, bool), Vec<usize>> = BTreeMap::new();
    for (at, question) in questions.iter().enumerate() {
        let registry = ImageReference::parse(&question.image).map_or_else(
            |_| question.image.clone(),
            |image| image.registry().to_owned(),
        );
        groups
            .entry((registry, question.insecure))
            .or_default()
            .push(at);
    }
    groups.into_values().collect()
}

/// One round of questions.
struct Round<'a> {
    cluster: &'a Cluster,
    namespace: &'a str,
    questions: &'a [ImportQuestion],
    end: Instant,
    limit: Duration,
}

impl Round<'_> {
    /// One registry: its first image alone, so that a registry that nobody answers for costs one wait; then the others.
    async fn ask_group(&self, group: Vec<usize>) -> Vec<Placed> {
        let mut placed = Vec::with_capacity(group.len());
        let (first, rest) = group.split_at(1.min(group.len()));
        let started = Instant::now();
        placed.extend(self.ask(first.to_vec()).await);
        let took = started.elapsed();
        for batch in rest.chunks(BATCH) {
            if took > SLOW {
                let unasked = || ImportAnswer::NotAsked(NotAsked::Slow(took));
                placed.extend(batch.iter().map(|at| (*at, unasked(), None)));
            } else {
                placed.extend(self.ask(batch.to_vec()).await);
            }
        }
        placed
    }

    /// One request, and again without the images for which the server refuses the whole of it.
    async fn ask(&self, mut batch: Vec<usize>) -> Vec<Placed> {
        let mut placed = Vec::with_capacity(batch.len());
        while !batch.is_empty() {
            let started = Instant::now();
            let remaining = self.end.saturating_duration_since(started);
            let posted = tokio::time::timeout(remaining, self.post(&batch)).await;
            let elapsed = (batch.len() == 1).then(|| started.elapsed());
            let all = |answer: &ImportAnswer| -> Vec<Placed> {
                let one = |at: &usize| (*at, answer.clone(), elapsed);
                batch.iter().map(one).collect()
            };
            match posted {
                Err(_) => {
                    placed.extend(all(&ImportAnswer::NotAsked(NotAsked::TimedOut(self.limit))));
                    return placed;
                }
                Ok(Posted::Answered(answers)) => {
                    let answers = batch.iter().zip(answers);
                    placed.extend(answers.map(|(at, answer)| (*at, answer, elapsed)));
                    return placed;
                }
                Ok(Posted::Refused(why)) => {
                    let why = match why {
                        NotAsked::TimedOut(_) => NotAsked::TimedOut(started.elapsed()),
                        other => other,
                    };
                    placed.extend(all(&ImportAnswer::NotAsked(why)));
                    return placed;
                }
                Ok(Posted::Invalid(faults)) => {
                    let mut left = Vec::new();
                    for (place, at) in batch.into_iter().enumerate() {
                        match faults.iter().find(|(index, _)| *index == place) {
                            Some((_, failure)) => {
                                placed.push((at, ImportAnswer::Failed(failure.clone()), elapsed));
                            }
                            None => left.push(at),
                        }
                    }
                    batch = left;
                }
            }
        }
        placed
    }

    async fn post(&self, batch: &[usize]) -> Posted {
        let images: Vec<&ImportQuestion> = batch.iter().map(|at| &self.questions[*at]).collect();
        let path = Path::collection(IMAGE_STREAM_IMPORT, Some(self.namespace)).finish();
        let call = Call {
            method: Method::POST,
            path,
            body: Some((
                "application/json",
                document(&images).to_string().into_bytes(),
            )),
            accept: "application/json",
            limit: Some(ANSWER_LIMIT),
            unasked: false,
        };
        let session = &self.cluster.session;
        let answer = match session.call(&call).await {
            Ok(answer) => answer,
            Err(error) => return Posted::Refused(NotAsked::Cluster(error)),
        };
        if answer.status == StatusCode::GATEWAY_TIMEOUT {
            return Posted::Refused(NotAsked::TimedOut(Duration::ZERO));
        }
        if answer.status == StatusCode::UNPROCESSABLE_ENTITY {
            let status: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            return Posted::Invalid(answer::invalid(&status, images.len()));
        }
        let subject = Subject::kind("create", IMAGE_STREAM_IMPORT, Some(self.namespace));
        match faults::json(&answer, &subject, &session.server) {
            Ok(import) => Posted::Answered(answer::read(&import, images.len())),
            Err(ClusterError::GroupMissing(_)) => Posted::Refused(NotAsked::GroupMissing),
            Err(error) => Posted::Refused(NotAsked::Cluster(error)),
        }
    }
}

/// What became of one request.
enum Posted {
    /// One answer an image.
    Answered(Vec<ImportAnswer>),
    /// The whole request is refused because of the images at these places: never empty.
    Invalid(Vec<(usize, ImportFailure)>),
    Refused(NotAsked),
}

/// The request. `importMode` is said, since the cluster may have another default: `Legacy` reads the one image of a
/// manifest list that the importer's own platform would take, `PreserveOriginal` reads, and returns, all of them.
fn document(images: &[&ImportQuestion]) -> Value {
    let images: Vec<Value> = images
        .iter()
        .map(|question| {
            json!({
                "from": {"kind": "DockerImage", "name": question.image},
                "importPolicy": {"insecure": question.insecure, "importMode": "Legacy"},
                "referencePolicy": {"type": "Source"},
                "includeManifest": false,
            })
        })
        .collect();
    json!({
        "apiVersion": IMAGE_STREAM_IMPORT.api_version(),
        "kind": IMAGE_STREAM_IMPORT.kind,
        // No stream has to have this name: it is looked for, and what its tags prefer would count.
        "metadata": {"name": "extreg-opinion"},
        "spec": {"import": false, "images": images},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(image: &str, insecure: bool) -> ImportQuestion {
        ImportQuestion {
            image: image.to_owned(),
            insecure,
        }
    }

    #[test]
    fn a_registry_and_a_policy_are_a_group() {
        let questions = [
            question("b.example.com/x:1", false),
            question("a.example.com/x:1", false),
            question("b.example.com/y:1", false),
            question("b.example.com/x:2", true),
            question("B.example.com/Upper", false),
        ];
        let mut groups = groups(&questions);
        groups.sort();
        assert_eq!(groups, [vec![0, 2], vec![1], vec![3], vec![4]]);
    }

    #[test]
    fn the_request_imports_nothing_and_asks_for_little() {
        let question = question("a.example.com/x:1", true);
        let document = document(&[&question]);
        assert_eq!(document["spec"]["import"], false);
        let image = &document["spec"]["images"][0];
        assert_eq!(image["importPolicy"]["importMode"], "Legacy");
        assert_eq!(image["importPolicy"]["insecure"], true);
        assert_eq!(image["includeManifest"], false);
        assert_eq!(image["to"], Value::Null);
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            NotAsked::Forbidden(right("shop")).to_string(),
            "you may not create imagestreamimports.image.openshift.io in the namespace shop"
        );
    }
}
