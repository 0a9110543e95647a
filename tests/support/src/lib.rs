//! Servers and helpers that the tests, the benches and the tour share.

pub mod api;
pub mod certs;
pub mod client;
pub mod cluster;
pub mod content;
pub mod fleet;
pub mod net;
pub mod process;
pub mod pull;
pub mod realapi;
pub mod registry;
mod web;
