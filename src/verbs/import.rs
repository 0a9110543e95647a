//! `import`.

use super::Run;
use crate::cli::global::Global;
use crate::cli::import::ImportArgs as Flags;
use crate::error::Error;

pub(super) async fn run(_run: &mut Run, _global: &Global, _flags: &Flags) -> Result<(), Error> {
    Err(Error::failure("not on this branch"))
}
