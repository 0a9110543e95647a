//! The end of an import: what failed is put back, and what is left is told and journalled.

use super::entry::{note, undo_of};
use super::{Failure, Imported, Importer, Work};
use crate::apply::journal::OpenRun;
use crate::apply::outcome::{Outcome, Status};
use crate::error::Error;
use crate::plan::Object;

impl Importer<'_> {
    /// Puts back the tags that failed, and tells what is left.
    pub(super) async fn conclude(
        &self,
        mut work: Work,
        before: Object,
        journal: Option<OpenRun>,
    ) -> Result<Imported, Error> {
        let tags = std::mem::take(&mut work.answers);
        let mut after = work.stream.take();
        let work = &work;
        let failed: Vec<&str> = tags
            .iter()
            .filter(|(_, answer)| answer.is_err())
            .map(|(tag, _)| tag.as_str())
            .collect();
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
    pub(super) async fn give_up(
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
