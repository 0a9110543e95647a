//! Entry point of the plugin.
fn main() {}
