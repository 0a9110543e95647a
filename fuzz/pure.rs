//! The pure rooms of kubectl-extreg under the crate's own name, from the same files: what the fuzzers call, without the
//! Kubernetes client and the HTTP stack that they would have to instrument.
#![allow(dead_code, reason = "the rest of the crate uses it")]

#[path = "../src/error.rs"]
pub mod error;
#[path = "../src/model/mod.rs"]
pub mod model;
