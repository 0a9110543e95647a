//! The rights of every verb: the table in `deploy/rights`, what is made of it, and the proof that it is right. Whoever has
//! what the table grants is refused nothing, and without any one of its permissions something is.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that cannot do its work ends the test"
)]
#![allow(
    dead_code,
    unused_imports,
    reason = "the kit is shared with other tests"
)]

#[path = "../kit/mod.rs"]
mod kit;

mod access;
mod cases;
mod check;
mod files;
mod proof;
mod table;
mod user;
