//! The verdict on certificates and bundles, row by row against what Go programs were measured to do.

mod bundles;
mod faults;
mod kit;
mod rows;
