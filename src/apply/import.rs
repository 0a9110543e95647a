//! The real import of images into a stream: rights, journal, the edits that come before it, the ImageStreamImport, and
//! what an import that failed left behind put back.
//!
//! The request carries the version of the stream that its plan was made on, and the API server refuses it when the stream
//! is another by then (openshift-apiserver `pkg/image/apiserver/registry/imagestreamimport/rest.go` `Create`): then the
//! plan is made anew on what is there now. So of two who import at the same time neither loses a tag of the other.
//!
//! Many images are asked for some at a time ([`AT_ONCE`]). What was imported before something goes wrong stays, as it does
//! when the API server cannot have single ones of them.

mod conclude;
mod entry;
mod put_back;

use std::collections::HashSet;

use serde_json::Value;

use super::backoff;
use super::decide::Decision;
use super::interrupt::Interrupt;
use super::journal::{Header, Journal, OpenRun};
use super::outcome::{Outcome, Status};
use super::pass::Pass;
use super::rights;
use crate::cluster::access::Right;
use crate::cluster::importing::{ImageAnswer, ImportResult};
use crate::cluster::opinion::{ImportFailure, ImportReason};
use crate::cluster::{Cluster, ClusterError, ObjectRef, Write, kinds};
use crate::error::{Error, Kind};
use crate::model::sanitize::sanitize_line;
use crate::plan::Object;
use crate::plan::edit::{apply_all, invert_all};
use crate::plan::import::{AT_ONCE, Edit, Planned, new_stream, request_images, tag_of, undo};
use crate::plan::undo::Undo;
use entry::{deletion, wanted};

/// The planner, asked again whenever the stream is not as it was: the stream as it is now (`None`: it does not exist).
pub type Planner<'a> = dyn Fn(Option<&Object>) -> Result<Planned, Error> + Sync + 'a;

/// Has the API server import.
pub struct Importer<'a> {
    pub cluster: &'a Cluster,
    pub journal: &'a Journal,
    pub interrupt: &'a Interrupt,
    /// How the tool is called: `oc extreg`.
    pub program: &'a str,
    pub stream: ObjectRef,
    /// For the annotation of a stream that is made.
    pub registry: String,
    /// Is told how many images were asked for, and of how many.
    pub told: &'a (dyn Fn(usize, usize) + Sync),
}

/// What came of it.
#[derive(Debug)]
pub struct Imported {
    /// The stream as it is left; [`Status::Gone`] when it was made for this import and is gone again.
    pub outcome: Outcome,
    /// One a tag, in the plan's order.
    pub tags: Vec<(String, ImageAnswer)>,
    /// The id under which it can be taken back; `None` when nothing of it is left in the specification.
    pub journal: Option<String>,
    /// What could not be put back, or was not because somebody else has changed it: sentences.
    pub left: Vec<String>,
}

/// What has been written so far.
#[derive(Debug, Default)]
struct Work {
    /// The uid of the stream that was made for this import.
    made: Option<String>,
    /// The edits of tags that were there, each with what takes it back.
    edited: Vec<Edit>,
    /// The tags that the import was asked to make.
    new_tags: Vec<Value>,
    /// All tags of the plan, in its order.
    wanted: Vec<String>,
    /// What it came to, one a tag that was asked for.
    answers: Vec<(String, ImageAnswer)>,
    /// The stream as the import left it last.
    stream: Option<Object>,
}

impl Work {
    /// The tags that were not asked for yet.
    fn rest(&self) -> Vec<String> {
        let asked: HashSet<&String> = self.answers.iter().map(|(tag, _)| tag).collect();
        let rest = self.wanted.iter().filter(|tag| !asked.contains(tag));
        rest.cloned().collect()
    }

    /// What goes wrong after some of the images have come: the others did not, and these stay. Nothing has come yet, or it is not
    /// known what has: it is the failure of the whole.
    fn cut_short(
        &mut self,
        before: Option<Object>,
        words: &str,
        failure: Failure,
    ) -> Result<Object, Failure> {
        let (Some(before), Failure::Known(_)) = (before, &failure) else {
            return Err(failure);
        };
        for tag in self.rest() {
            let why = ImportFailure {
                reason: ImportReason::Other("not asked for".to_owned()),
                message: sanitize_line(words, 600),
                code: 0,
            };
            self.answers.push((tag, Err(why)));
        }
        Ok(before)
    }

    fn is_empty(&self) -> bool {
        self.made.is_none() && self.edited.is_empty() && self.new_tags.is_empty()
    }
}

/// Whether the rights that an import takes are there, for saying it before a registry is asked.
///
/// # Errors
///
/// Names the rights that are missing.
pub async fn require_rights(
    cluster: &Cluster,
    stream: &ObjectRef,
    exists: bool,
) -> Result<(), Error> {
    let right = |verb, kind, name: Option<&str>| Right {
        verb,
        kind,
        namespace: stream.namespace.clone(),
        name: name.map(str::to_owned),
    };
    let mut rights = vec![right("create", kinds::IMAGE_STREAM_IMPORT, None)];
    if !exists {
        rights.push(right("create", stream.kind, None));
    }
    // Also for putting back what a failed import leaves.
    rights.push(right("update", stream.kind, Some(&stream.name)));
    rights::require_all(cluster, &rights).await
}

impl Importer<'_> {
    /// Imports what `plan` says of the stream, which was `seen` so last.
    ///
    /// # Errors
    ///
    /// When nothing was imported and nothing is left of it, or the error says what is.
    pub async fn run(
        &self,
        header: Header,
        seen: Option<Object>,
        plan: &Planner<'_>,
    ) -> Result<Imported, Error> {
        // From here on Ctrl-C waits for the write under way.
        let writing = self.interrupt.writing();
        let mut work = Work::default();
        let mut journal = None;
        let imported = self
            .import(&header, seen, plan, &mut work, &mut journal)
            .await;
        let concluded = match imported {
            Ok(before) => self.conclude(work, before, journal).await,
            Err(failed) => self.give_up(&work, failed, journal).await,
        };
        drop(writing);
        concluded
    }

    /// Up to the API server's last answer; returns what the stream was just before the first.
    async fn import(
        &self,
        header: &Header,
        mut seen: Option<Object>,
        plan: &Planner<'_>,
        work: &mut Work,
        journal: &mut Option<OpenRun>,
    ) -> Result<Object, Failure> {
        let mut before = None;
        let mut attempt = 0;
        while attempt < backoff::TRIES {
            if self.interrupt.is_asked() {
                let failure = Failure::Known(Error::exit_only(Kind::Interrupted));
                return work.cut_short(before, "it was interrupted", failure);
            }
            let planned = match plan(seen.as_ref()) {
                Ok(planned) => planned,
                Err(error) => {
                    let words = error.message().to_owned();
                    return work.cut_short(before, &words, Failure::Known(error));
                }
            };
            work.wanted = planned
                .images
                .iter()
                .map(|it| tag_of(it).to_owned())
                .collect();
            if journal.is_none() && (planned.writes() || seen.is_none()) {
                *journal = Some(self.begin(header, &planned, seen.as_ref())?);
            }
            let made = work.new_tags.len();
            let tried = self.step(&planned, seen.as_ref(), work).await;
            match tried {
                Ok(Step::Imported(stream)) => {
                    let was = seen.unwrap_or_else(|| Object::new(Value::Null));
                    before.get_or_insert(was);
                    (self.told)(work.answers.len(), work.wanted.len());
                    if work.rest().is_empty() {
                        work.stream = stream;
                        return Ok(before.unwrap_or_else(|| Object::new(Value::Null)));
                    }
                    seen = match stream {
                        Some(stream) => Some(stream),
                        None => self.read().await.map_err(Failure::of)?,
                    };
                    work.stream.clone_from(&seen);
                    attempt = 0;
                }
                Ok(Step::Wrote(stream)) => {
                    seen = Some(stream);
                    attempt += 1;
                }
                Err(ClusterError::Conflict(_) | ClusterError::AlreadyExists(_)) => {
                    work.new_tags.truncate(made);
                    tokio::time::sleep(backoff::pause(attempt)).await;
                    attempt += 1;
                    seen = self.read().await.map_err(Failure::of)?;
                }
                Err(error) => {
                    let words = error.to_string();
                    return work.cut_short(before, &words, Failure::of(error));
                }
            }
        }
        let words = format!(
            "others kept changing {}: gave up after {} tries",
            self.stream,
            backoff::TRIES
        );
        let failure = Failure::Known(Error::failure(words.clone()));
        work.cut_short(before, &words, failure)
    }

    /// One write: the stream when there is none, else the edits that come first, else the import.
    async fn step(
        &self,
        planned: &Planned,
        seen: Option<&Object>,
        work: &mut Work,
    ) -> Result<Step, ClusterError> {
        let Some(now) = seen else {
            let fresh = new_stream(&self.stream, &self.registry, &[]);
            let write = Write::Create(fresh.into_value());
            let made = Object::new(self.cluster.write(&self.stream, &write, false).await?);
            work.made = made.uid().map(str::to_owned);
            return Ok(Step::Wrote(made));
        };
        if !planned.edits.is_empty() {
            let refused =
                |refusal: crate::plan::edit::OpRefusal| ClusterError::Conflict(refusal.to_string());
            let ops: Vec<_> = planned
                .edits
                .iter()
                .flat_map(|edit| edit.ops.clone())
                .collect();
            if let Some(edited) = apply_all(&ops, now.value()).map_err(refused)? {
                let mut inverse = Vec::new();
                for edit in &planned.edits {
                    inverse.push(Edit {
                        tag: edit.tag.clone(),
                        ops: invert_all(&edit.ops, now.value()).map_err(refused)?,
                    });
                }
                let write = Write::Replace(edited);
                let stream = self.cluster.write(&self.stream, &write, false).await?;
                // What was edited last is put back first.
                work.edited.splice(0..0, inverse);
                return Ok(Step::Wrote(Object::new(stream)));
            }
        }
        let rest = work.rest();
        let asked = &rest[..rest.len().min(AT_ONCE)];
        let is_asked = |tag: &str| asked.iter().any(|one| one == tag);
        let new = planned.new_tags.iter().cloned();
        work.new_tags
            .extend(new.filter(|tag| is_asked(tag["name"].as_str().unwrap_or_default())));
        let images: Vec<Value> = planned
            .images
            .iter()
            .filter(|image| is_asked(tag_of(image)))
            .cloned()
            .collect();
        let request = request_images(&self.stream, &images, true, now.resource_version());
        let namespace = self.stream.namespace.as_deref().unwrap_or_default();
        let ImportResult {
            images: answers,
            stream,
            ..
        } = self.cluster.import_images(namespace, &request).await?;
        let tags = images.iter().map(|image| tag_of(image).to_owned());
        work.answers.extend(tags.zip(answers));
        Ok(Step::Imported(stream.map(Object::new)))
    }

    async fn read(&self) -> Result<Option<Object>, ClusterError> {
        Ok(self.cluster.get(&self.stream).await?.map(Object::new))
    }

    /// Writes down what is going to be written.
    fn begin(
        &self,
        header: &Header,
        planned: &Planned,
        seen: Option<&Object>,
    ) -> Result<OpenRun, Failure> {
        let undo = match seen {
            Some(now) => Undo::Edit {
                ops: undo(planned, now)
                    .map_err(|refusal| Failure::Known(Error::failure(refusal.to_string())))?,
            },
            None => deletion(None),
        };
        let write = Write::Create(Value::Null);
        let intended = Decision::Write(Box::new(wanted(write, undo)));
        let tried = Pass::untried(&planned.plan, vec![intended]);
        self.journal
            .begin(header.clone(), &planned.plan, &tried)
            .map_err(|error| Failure::Known(error.into()))
    }
}

/// What one step came to.
enum Step {
    Wrote(Object),
    /// The stream afterwards, where the API server tells.
    Imported(Option<Object>),
}

/// Why the whole failed.
enum Failure {
    /// What was written is known.
    Known(Error),
    /// The API server may have imported.
    Unknown(Error),
}

impl Failure {
    fn of(error: ClusterError) -> Self {
        match error {
            ClusterError::Unreachable(_) | ClusterError::Other(_) => Self::Unknown(error.into()),
            error => Self::Known(error.into()),
        }
    }
}

/// The line of a dry run, in the words of the import.
pub fn imported(outcome: Outcome, moves: bool) -> Outcome {
    let status = match outcome.status {
        Status::Created | Status::Done(_) => Status::Done("imported".to_owned()),
        Status::Unchanged if moves => Status::Done("imported".to_owned()),
        other => other,
    };
    Outcome { status, ..outcome }
}
