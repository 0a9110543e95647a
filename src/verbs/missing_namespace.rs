//! A verb that failed in a namespace that is not there: its name is most likely what was wrong.

use super::Run;
use super::connecting::connect;
use crate::cli::global::Global;
use crate::error::{Error, Kind};

/// The failure of a verb, with the advice that the namespace of `-n` does not exist, where it does not. Costs a request,
/// and only runs that failed pay it.
pub(super) async fn explained(run: &Run, global: &Global, error: Error) -> Error {
    if error.kind() != Kind::Failure || error.is_silent() || global.namespace.is_none() {
        return error;
    }
    let Ok(cluster) = connect(run, global).await else {
        return error;
    };
    let Some(missing) = cluster.missing_namespace(cluster.namespace()).await else {
        return error;
    };
    if error.message() == missing.message() {
        return error;
    }
    let error = error.hint(missing.message());
    missing
        .hints()
        .iter()
        .fold(error, |error, hint| error.hint(hint.as_str()))
}
