//! From evidence to one cause a target.
//!
//! Probes collect [`evidence`](crate::model::observation) and never judge; rules and ranking judge and do no I/O.

pub mod causes;
pub mod check;
