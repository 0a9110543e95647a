//! `build-source`.

use super::Run;
use crate::cli::build_source::BuildSourceArgs as Flags;
use crate::cli::global::Global;
use crate::error::Error;

pub(super) async fn run(_run: &mut Run, _global: &Global, _flags: &Flags) -> Result<(), Error> {
    Err(Error::failure("not on this branch"))
}
