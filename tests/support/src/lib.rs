//! Servers and helpers that the tests, the benches and the tour share.

pub mod certs;
pub mod client;
pub mod content;
pub mod net;
pub mod process;
pub mod registry;
mod web;
