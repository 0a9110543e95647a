//! Makes one change: decides, writes, and on a conflict reads again and decides again.

use super::backoff;
use super::decide::{Decision, Means, Refusal, Wanted, decide};
use super::outcome::Status;
use crate::cluster::{Cluster, ClusterError, Write};
use crate::error::Error;
use crate::plan::{Action, Change, Object, WhenGone};

/// What became of one change on the wire.
#[derive(Debug)]
pub(super) struct Performed {
    pub status: Status,
    /// As the server returned it.
    pub after: Option<Object>,
    /// The object as it was read last before the write.
    pub seen: Option<Object>,
    /// The write that went through; `None` when none was needed.
    pub wanted: Option<Wanted>,
}

impl Performed {
    /// Nothing was, or is, to be written.
    pub(super) fn without_write(status: Status, seen: Option<Object>) -> Self {
        Self {
            after: seen.clone().filter(|_| status == Status::Unchanged),
            status,
            seen,
            wanted: None,
        }
    }
}

/// Why one change failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// Server-side apply met fields that another manager owns.
    #[error("{0}")]
    Owned(String),
    #[error("others kept changing it: gave up after {} tries", backoff::TRIES)]
    Contended,
    /// It was made, and the journal could not be told.
    #[error("the journal could not be written any more: {0}")]
    Journal(String),
}

impl Failed {
    /// Whether the server is known not to have made the change.
    pub(super) fn is_definite(&self) -> bool {
        !matches!(
            self,
            Self::Cluster(ClusterError::Unreachable(_) | ClusterError::Other(_))
        )
    }

    /// As the user sees it.
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Cluster(error) => Error::from(error),
            Self::Owned(message) => Error::failure(message)
                .hint("somebody else wrote these fields; --force-conflicts takes them over"),
            other @ (Self::Refused(_) | Self::Contended | Self::Journal(_)) => {
                Error::failure(other.to_string())
            }
        }
    }
}

/// Makes the change, or with `dry_run` has the server try it.
pub(super) async fn perform(
    cluster: &Cluster,
    change: &Change,
    mut seen: Option<Object>,
    means: Means,
    dry_run: bool,
) -> Result<Performed, Failed> {
    for attempt in 0..backoff::TRIES {
        let wanted = match decide(change, seen.as_ref(), means)? {
            Decision::Nothing => return Ok(Performed::without_write(Status::Unchanged, seen)),
            Decision::Gone => return gone(change, seen),
            Decision::Write(wanted) => wanted,
        };
        match cluster.write(&change.object, &wanted.write, dry_run).await {
            Ok(answer) => {
                let after = wanted.after.is_some().then(|| Object::new(answer));
                let same =
                    !dry_run && seen.is_some() && version(seen.as_ref()) == version(after.as_ref());
                let status = if same && after.is_some() {
                    // The server found that what was written is what it had.
                    Status::Unchanged
                } else {
                    Status::of(change, seen.as_ref(), &wanted)
                };
                return Ok(Performed {
                    status,
                    after,
                    seen,
                    wanted: Some(*wanted),
                });
            }
            Err(ClusterError::Conflict(message)) => {
                tokio::time::sleep(backoff::pause(attempt)).await;
                let fresh = read(cluster, change).await?;
                let same = fresh.is_some() && version(fresh.as_ref()) == version(seen.as_ref());
                if same && matches!(wanted.write, Write::Apply { .. }) {
                    return Err(Failed::Owned(message));
                }
                seen = fresh;
            }
            Err(ClusterError::AlreadyExists(_)) => {
                tokio::time::sleep(backoff::pause(attempt)).await;
                seen = read(cluster, change).await?;
            }
            // Somebody deleted it in between: it is made anew.
            Err(ClusterError::NotFound(_))
                if seen.is_some() && matches!(change.action, Action::Ensure { .. }) =>
            {
                tokio::time::sleep(backoff::pause(attempt)).await;
                seen = read(cluster, change).await?;
            }
            Err(error) if is_gone(&error) => return gone_or(change, seen, error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failed::Contended)
}

async fn read(cluster: &Cluster, change: &Change) -> Result<Option<Object>, ClusterError> {
    Ok(cluster.get(&change.object).await?.map(Object::new))
}

fn version(object: Option<&Object>) -> Option<&str> {
    object.and_then(Object::resource_version)
}

/// The object is not there, or its namespace is not, or is on its way out.
fn is_gone(error: &ClusterError) -> bool {
    match error {
        ClusterError::NotFound(_) => true,
        // The NamespaceLifecycle admission plugin of Kubernetes words it so.
        ClusterError::Forbidden { message, .. } => {
            message.contains("because it is being terminated")
        }
        _ => false,
    }
}

fn gone(change: &Change, seen: Option<Object>) -> Result<Performed, Failed> {
    let error = ClusterError::NotFound(change.object.to_string());
    gone_or(change, seen, error)
}

fn gone_or(
    change: &Change,
    seen: Option<Object>,
    error: ClusterError,
) -> Result<Performed, Failed> {
    match change.when_gone {
        WhenGone::Skip => Ok(Performed::without_write(Status::Gone, seen)),
        WhenGone::Fail => Err(error.into()),
    }
}
