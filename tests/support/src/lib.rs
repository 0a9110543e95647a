//! Servers and helpers that the tests, the benches and the tour share.

pub mod api;
