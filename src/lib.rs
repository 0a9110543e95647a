//! The library behind `kubectl-extreg`, the plugin of `oc` and `kubectl` for container registries outside the cluster.
//!
//! Two flows run through it. A verb that changes something reads the cluster, plans without any I/O, and hands the plan
//! to the only writer there is:
//!
//! ```text
//! Args -> ClusterView (reads only) -> plan (pure) -> Plan -> apply engine -> printed lines, journal
//! ```
//!
//! `doctor` collects evidence without judging it, and judges without any I/O:
//!
//! ```text
//! Args -> Targets -> probes (I/O, never judge) -> Evidence -> rules (pure) -> rank (pure) -> Report -> text | json
//! ```
//!
//! | module | knows | never |
//! | --- | --- | --- |
//! | [`model`] | references, docker configs, matchers, certificates, challenges | I/O, clock |
//! | `net` | connections, for the two below | keeps or judges them |
//! | [`cluster`] | how to reach and read the API server | writes |
//! | [`registry`] | how to talk to a registry and its token service | judges |
//! | [`credentials`] | where this machine keeps registry credentials | prints them |
//! | [`plan`] | which changes a verb wants | I/O |
//! | [`inventory`] | which registries are in use, and what reaches them | I/O, clock |
//! | [`apply`] | how to write a plan, journal it and take it back | decides what to write |
//! | [`doctor`] | evidence, rules, causes | renders |
//! | [`report`] | how a diagnosis or an inventory looks as text and as JSON | judges |
//! | [`ui`] | every byte for the user | |
//!
//! [`entry`] is the program itself; `main.rs` and the tour call it.

pub mod apply;
pub mod cli;
pub mod cluster;
pub mod credentials;
pub mod doctor;
pub mod entry;
pub mod env;
pub mod error;
pub mod inventory;
pub mod model;
mod net;
pub mod plan;
pub mod registry;
pub mod report;
pub mod ui;
pub mod verbs;
