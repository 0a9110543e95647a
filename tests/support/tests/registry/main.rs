//! The embedded registries and the servers around them, spoken to as a client does; beside real ones where these are
//! installed.

mod cloud;
mod common;
mod distribution;
mod faults;
mod harbor;
mod hosted;
mod net;
mod process;
mod quay;
mod real;
mod self_hosted;
mod tls;
