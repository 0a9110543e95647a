//! The only writer. Carries out a [`Plan`](crate::plan::Plan): rights, server-side dry run, journal, writes; takes it back
//! from the journal. Decides nothing about what is to be written. [`pull_check`] makes the one object that nobody planned:
//! a pod that is gone again when its work is done; [`import`] has the API server import images, which no write of an object does.

pub mod backoff;
mod decide;
mod engine;
pub mod import;
pub mod interrupt;
pub mod journal;
mod outcome;
mod pass;
mod perform;
pub mod pull_check;
mod rights;

pub use engine::{Engine, Mode};
pub use interrupt::Interrupt;
pub use outcome::{Applied, Outcome, Status};
