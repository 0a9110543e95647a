//! Programs: the one under test in a scrubbed environment ([`Cmd`]), and a real `docker-registry` ([`DockerRegistry`])
//! with no authentication, htpasswd, or tokens of a service of ours ([`TokenServer`]).
//!
//! ```no_run
//! use extreg_test_support::content::Image;
//! use extreg_test_support::process::{Cmd, DockerRegistry, real_registry_or_skip};
//!
//! if !real_registry_or_skip("inspects an image of a real registry") {
//!     return;
//! }
//! let registry = DockerRegistry::builder().htpasswd().start();
//! registry.push("team/app", "1.0", &Image::new().pack());
//! let output = Cmd::new("skopeo").args(["inspect", "--tls-verify=false"])
//!     .arg(format!("docker://{}", registry.image("team/app:1.0")))
//!     .run();
//! assert_ne!(output.status, Some(0));
//! ```
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test helper that cannot do its work ends the test"
)]

mod cmd;
mod docker_registry;
mod push;
mod sandbox;
mod token_server;

pub use cmd::{Cmd, Output, Running};
pub use docker_registry::{
    DockerRegistry, DockerRegistryBuilder, HTPASSWD_PASSWORD, HTPASSWD_USER,
    docker_registry_available, program_or_skip, real_registry_or_skip, skipped,
};
pub use push::Remote;
pub use sandbox::Sandbox;
pub use token_server::TokenServer;

use std::path::PathBuf;

/// Where a program is on `PATH`.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}
