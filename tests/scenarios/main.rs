//! Scenarios of `doctor`: a world, a run, the expected report; each beside a repaired twin, which must be healthy.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a world that cannot be set up ends the test"
)]

mod builds;
mod check;
mod cluster;
mod command;
mod complete;
mod content;
mod dialects;
mod explain;
mod files;
mod fleet;
mod kit;
mod location;
mod network;
mod openshift;
mod polite;
mod practice;
mod printed;
mod real;
mod registries;
mod report;
mod schema;
mod targets;
mod tls;
mod unread;
