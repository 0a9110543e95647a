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
mod dialects;
mod explain;
mod fleet;
mod kit;
mod location;
mod network;
mod openshift;
mod polite;
mod printed;
mod real;
mod registries;
mod report;
mod schema;
mod targets;
mod tls;
