//! `version`.

use super::Run;
use crate::error::Error;

/// Prints the version; asks no cluster.
pub(super) fn run(run: &mut Run) -> Result<(), Error> {
    run.ui
        .line(concat!("kubectl-extreg ", env!("CARGO_PKG_VERSION")))
}
