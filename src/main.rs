//! Entry point of the plugin.

use std::process::ExitCode;

use extreg::env::Env;

fn main() -> ExitCode {
    extreg::ui::report_crashes();
    extreg::entry::run_program(Env::of_process())
}
