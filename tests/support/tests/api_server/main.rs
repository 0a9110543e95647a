//! Every rule of the embedded API server, over plain HTTP, and with the real kubectl where it is installed.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::disallowed_macros,
    clippy::print_stderr,
    reason = "helpers of tests may fail the test and say why one was skipped"
)]

mod admission;
mod apply;
mod builds;
mod clusters;
mod discovery;
mod faults;
mod http;
mod image_controllers;
mod kubectl;
mod lists;
mod machines;
mod objects;
mod openshift;
mod patches;
mod rights;
mod strategic;
mod validation;
mod watches;
