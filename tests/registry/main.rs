//! `extreg::registry` against registries of the tests: how far a dial comes, what every dialect says, what is sent and what
//! is not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on ends"
)]

mod kit;

mod dial;
mod dialects;
mod going_away;
mod proxy;
mod pull;
mod push;
mod safety;
