//! The documentation, held against the program: every command of a page runs, and prints what the page shows; examples of the
//! help run; what is made from the program is not stale; the site builds, and no link is dead.
//!
//! `DOCS_UPDATE=1 cargo test --test docs` writes what the commands print into the pages, and makes anew what is made. It leaves
//! alone what still agrees.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that cannot do its work ends the test"
)]

mod blocks;
#[path = "../../examples/site/book.rs"]
mod book;
mod examples;
mod ground;
mod guide;
mod links;
mod made;
mod nodes;
mod pages;
mod picture;
mod registries;
mod scenes;
mod shell;
mod site;
mod spoken;
mod steady;
mod svg;

/// Whether pages are to be written rather than compared.
fn updates() -> bool {
    std::env::var_os("DOCS_UPDATE").is_some()
}

fn root() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
}
