//! The verdict on certificates and bundles, row by row against what Go programs were measured to do.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test fails the test by panicking"
)]

mod bundles;
mod faults;
mod kit;
mod rows;
mod servers;
