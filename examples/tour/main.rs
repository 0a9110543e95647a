//! The main job, as a user would do it, on an embedded cluster and embedded registries: nothing has to be installed.
//!
//! ```text
//! cargo run --example tour             walks through it and ends; non-zero when a step is not what it says
//! cargo run --example tour -- --keep   stops after it with everything running, and says how to try things
//! ```
//!
//! Every command that it prints is run as a process of its own: this program, started again, is the plugin then.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_macros,
    clippy::expect_used,
    reason = "a tour prints, and has nothing to mend when the ground is missing"
)]

mod deliver;
mod guide;
mod walk;
mod world;

use std::process::ExitCode;

use extreg::env::Env;

use guide::Guide;
use world::World;

fn main() -> ExitCode {
    let env = Env::of_process();
    if env.var(guide::AS_PLUGIN).is_some() {
        return extreg::entry::run_program(env);
    }
    let world = World::build();
    let mut guide = Guide::new(&world);
    walk::walk(&world, &mut guide);
    let status = guide.close();
    if env.args.iter().any(|argument| argument == "--keep") {
        guide::keep(&world);
    }
    status
}
