//! The real import of images into a stream: rights, journal, the edits that come before it, the ImageStreamImport, and
//! what an import that failed left behind put back.
//!
//! The request carries the version of the stream that its plan was made on, and the API server refuses it when the stream
//! is another by then (openshift-apiserver `pkg/image/apiserver/registry/imagestreamimport/rest.go` `Create`): then the
//! plan is made anew on what is there now. So of two who import at the same time neither loses a tag of the other.

mod entry;
mod put_back;

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
use crate::cluster::{Cluster, ClusterError, ObjectRef, Write, kinds};
use crate::error::{Error, Kind};
use crate::plan::Object;
use crate::plan::edit::{apply_all, invert_all};
use crate::plan::import::{Edit, Planned, new_stream, undo};
use crate::plan::undo::Undo;
use entry::{deletion, note, undo_of, wanted};

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
}

impl Work {
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
            Ok((before, planned, result)) => {
                self.conclude(&work, before, &planned, result, journal)
                    .await
            }
            Err(failed) => self.give_up(&work, failed, journal).await,
        };
        drop(writing);
        concluded
    }

    /// Up to the API server's answer; also what the stream was just before, and the plan that was carried out.
    async fn import(
        &self,
        header: &Header,
        mut seen: Option<Object>,
        plan: &Planner<'_>,
        work: &mut Work,
        journal: &mut Option<OpenRun>,
    ) -> Result<(Object, Planned, ImportResult), Failure> {
        for attempt in 0..backoff::TRIES {
            if self.interrupt.is_asked() {
                return Err(Failure::Known(Error::exit_only(Kind::Interrupted)));
            }
            let planned = plan(seen.as_ref()).map_err(Failure::Known)?;
            if journal.is_none() && (planned.writes() || seen.is_none()) {
                *journal = Some(self.begin(header, &planned, seen.as_ref())?);
            }
            let tried = self.step(&planned, seen.as_ref(), work).await;
            match tried {
                Ok(Step::Imported(result)) => {
                    let before = seen.unwrap_or_else(|| Object::new(Value::Null));
                    return Ok((before, planned, result));
                }
                Ok(Step::Wrote(stream)) => seen = Some(stream),
                Err(ClusterError::Conflict(_) | ClusterError::AlreadyExists(_)) => {
                    work.new_tags.clear();
                    tokio::time::sleep(backoff::pause(attempt)).await;
                    seen = self.read().await.map_err(Failure::of)?;
                }
                Err(error) => return Err(Failure::of(error)),
            }
        }
        Err(Failure::Known(Error::failure(format!(
            "others kept changing {}: gave up after {} tries",
            self.stream,
            backoff::TRIES
        ))))
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
        work.new_tags.clone_from(&planned.new_tags);
        let request = planned.request(&self.stream, true, now.resource_version());
        let namespace = self.stream.namespace.as_deref().unwrap_or_default();
        let result = self.cluster.import_images(namespace, &request).await?;
        Ok(Step::Imported(result))
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

    /// Puts back the tags that failed, and tells what is left.
    async fn conclude(
        &self,
        work: &Work,
        before: Object,
        planned: &Planned,
        result: ImportResult,
        journal: Option<OpenRun>,
    ) -> Result<Imported, Error> {
        let names = planned
            .images
            .iter()
            .map(|image| image["to"]["name"].as_str().unwrap_or_default().to_owned());
        let tags: Vec<(String, ImageAnswer)> = names.zip(result.images).collect();
        let failed: Vec<&str> = tags
            .iter()
            .filter(|(_, answer)| answer.is_err())
            .map(|(tag, _)| tag.as_str())
            .collect();
        let mut after = result.stream.map(Object::new);
        let mut left = Vec::new();
        if !failed.is_empty() {
            let all = failed.len() == tags.len();
            (after, left) = self.put_back(work, &failed, all, after).await;
        }
        let undo = after
            .as_ref()
            .and_then(|after| undo_of(work, &failed, after));
        let status = match &after {
            None => Status::Gone,
            Some(after)
                if work.is_empty() && after.resource_version() == before.resource_version() =>
            {
                Status::Unchanged
            }
            Some(_) => Status::Done("imported".to_owned()),
        };
        let journal = note(journal, after.as_ref(), undo)?;
        Ok(Imported {
            outcome: Outcome {
                object: self.stream.clone(),
                status,
                after,
            },
            tags,
            journal,
            left,
        })
    }

    /// After a failure of the whole: puts back what was written, where it is known what that is.
    async fn give_up(
        &self,
        work: &Work,
        failure: Failure,
        journal: Option<OpenRun>,
    ) -> Result<Imported, Error> {
        let error = match failure {
            Failure::Known(error) => error,
            Failure::Unknown(error) => {
                // The journal says `intended` of it.
                drop(journal);
                return Err(error.hint(format!(
                    "whether the images were imported is not known; `{} undo` looks, and takes it back",
                    self.program
                )));
            }
        };
        let tags: Vec<&str> = work
            .new_tags
            .iter()
            .filter_map(|tag| tag["name"].as_str())
            .chain(work.edited.iter().map(|edit| edit.tag.as_str()))
            .collect();
        let (after, left) = if work.is_empty() {
            (None, Vec::new())
        } else {
            self.put_back(work, &tags, true, None).await
        };
        let undo = after
            .as_ref()
            .filter(|_| !left.is_empty())
            .and_then(|after| undo_of(work, &[], after));
        note(journal, after.as_ref(), undo)?;
        let error = if error.is_silent() {
            error
        } else if left.is_empty() {
            error.hint("nothing was imported, and nothing is left of it")
        } else {
            error
        };
        Err(left.into_iter().fold(error, Error::hint))
    }
}

/// What one step came to.
enum Step {
    Wrote(Object),
    Imported(ImportResult),
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
