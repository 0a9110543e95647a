//! The verbs that write, as processes: `link`, `unlink`, `undo`, and what they share. What does not need the embedded API
//! server runs on a real one as well.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that cannot do its work ends the test"
)]

#[path = "../kit/json_schema.rs"]
mod json_schema;
#[path = "../kit/mod.rs"]
mod kit;

mod apply_parallel;
mod apply_refusals;
mod arguments;
mod build_source;
mod canary;
mod completion;
mod credential_plugin;
mod doctor_fix;
mod doctor_process;
mod import;
mod insecure;
mod link_check;
mod link_namespaces;
mod link_output;
mod link_real_registry;
mod link_secret;
mod link_workloads;
mod node_scripts;
mod plain_kubernetes;
mod plugin_discovery;
mod pools;
mod promote;
mod push_target;
mod questions;
mod status;
mod terminal;
mod trust;
mod undo_changes;
mod unlink_secret;
mod use_image;
mod version;
