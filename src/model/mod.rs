//! What the tool knows about references, credentials, certificates and policy, as pure code.
//!
//! Nothing in here does I/O, reads a clock or knows a client: everything can be tested with plain values.

pub mod auth_file;
pub mod bundle;
pub mod certificate;
pub mod challenge;
pub mod credential;
pub mod dialect;
pub mod docker_config;
pub mod dockerfile;
pub mod endpoint;
pub mod exposed;
pub(crate) mod html;
pub mod image;
pub mod install_config;
pub mod integrated;
pub mod jwt;
pub mod keyring;
pub mod kinds;
pub mod message;
pub mod mirrors;
pub mod near;
pub mod observation;
pub mod ownership;
pub mod pem;
pub mod platform;
pub mod policy;
pub mod proxy;
pub mod sanitize;
pub mod trust;
pub mod view;
