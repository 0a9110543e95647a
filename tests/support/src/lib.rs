//! Servers and helpers that the tests, the benches and the tour share.

pub mod api;
pub mod cluster;
pub mod realapi;
