//! The only writer. Carries out a [`Plan`](crate::plan::Plan): rights, server-side dry run, journal, writes; takes it back
//! from the journal. Decides nothing about what is to be written. [`build`] starts builds and [`import`] has the API server
//! import images, which no write of an object does; [`pull_check`] makes the one object that nobody planned: a pod that is
//! gone again when its work is done.

pub mod backoff;
pub mod build;
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
