//! Library behind the `kubectl-extreg` plugin.

pub mod model;
