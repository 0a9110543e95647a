//! The connection to the API server: kubeconfig, logins, proxies, TLS, and what calls make of odd answers.
//!
//! The servers are scripted (`server.rs`), because most of this is about answers that a healthy API server does not give.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod calls;
mod certificate;
#[cfg(unix)]
mod exec;
mod kubeconfig;
mod login;
mod network;
mod openid;
mod pages;
mod reads;
mod server;
mod views;
mod world;
