//! An API server inside the test process that keeps the real one's rules.
//!
//! It listens on 127.0.0.1 with a thread and a runtime of its own, so synchronous tests can use it as well:
//!
//! ```
//! use extreg_test_support::api::{Api, Flavor, make};
//!
//! let api = Api::builder().flavor(Flavor::OpenShift4 { version: "4.18.12".into() }).start();
//! api.add_namespace("shop");
//! api.create(make::docker_secret("shop", "pull", "registry.example.com:5000", "robot", "secret"));
//! let kubeconfig = api.kubeconfig("shop"); // for the program under test
//! assert!(kubeconfig.contains(&api.url()));
//! assert!(api.get("serviceaccounts", "shop", "builder").is_some());
//! ```
//!
//! What it keeps, each proven by a test in `tests/api_*.rs`: discovery in both forms; get, list (pages,
//! selectors), watch; create, update, delete with their preconditions; dry run, field managers, field
//! validation; the four kinds of patch with the list semantics of every field; server-side apply with
//! ownership and conflicts; the validation of secrets, config maps and names; service account admission; the
//! accounts that a namespace gets; users, impersonation, rights and reviews. It misbehaves on order
//! ([`Fault`]) and logs what it was sent ([`Request`]).
//!
//! Nothing is scheduled or pulled before a test gives the cluster machines that ask real registries
//! ([`Api::machines`]).
//!
//! What it does not do: RBAC objects decide nothing ([`Rule`] does); there is one version
//! of every kind and no conversion; quotas, webhooks and most of validation are absent; apply reads JSON, not
//! YAML. Custom resources are checked against their Go types, not against OpenAPI with CEL.

mod admit;
mod auth;
mod body;
mod build_rules;
mod builder;
mod builds;
mod decode;
mod defaults;
mod delete;
mod discovery;
mod error;
mod faults;
mod handle;
mod image_controllers;
mod imports;
mod kinds;
pub(crate) mod kubeconfig;
mod kubelet;
mod live;
mod log;
pub mod make;
mod names;
mod objects;
mod openshift;
mod options;
mod patch;
mod presets;
mod proto;
mod read;
mod review;
mod rollout;
mod rollout_status;
mod route;
pub(crate) mod schema;
pub(crate) mod seed;
mod select;
mod serve;
mod smd;
mod store;
mod streams;
mod table;
pub(crate) mod tls;
mod validate;
mod watch;
mod wire;
mod world;
mod write;

pub use auth::{Rule, User};
pub use builder::Builder;
pub use faults::Fault;
pub use handle::{Api, Moment};
pub use imports::{ImportAnswer, ImportRequest};
pub use kinds::{Backing, Flavor, Resource};
pub use kubelet::PodState;
pub use log::Request;

pub(crate) use handle::fail;
pub(crate) use kubeconfig::Kubeconfig;
pub(crate) use live::Reader;
pub(crate) use objects::object_path;
pub(crate) use tls::Authority;
