//! The book: the pages in `docs`, and those that are made from the program itself, one for each cause and each verb.
//!
//! The pages in `docs` link to the sources of what is made (`src/doctor/explain/ID.md`, `CONTRIBUTING.md`), so that they can
//! be read on a forge as they are; in the book those links lead to the pages that were made.

use std::path::{Path, PathBuf};

use extreg::cli;
use extreg::doctor::causes::Cause;
use extreg::doctor::explain;
use mdbook_driver::MDBook;
use mdbook_driver::book::{BookItem, Chapter};
use mdbook_driver::errors::Error;

/// Renders the book of the project in `root` into `folder`, whose old content goes.
pub(crate) fn build(root: &Path, folder: &Path) -> Result<(), Error> {
    let mut book = MDBook::load(root.join("docs"))?;
    // Relative folders would begin in `docs`.
    book.config.build.build_dir = std::path::absolute(folder)?;
    let contributing = std::fs::read_to_string(root.join("CONTRIBUTING.md"))?;
    let contributing = contributing.replace("](docs/", "](");
    book.book.push_item(Chapter::new(
        "Contributing",
        contributing,
        "contributing.md",
        Vec::new(),
    ));
    book.book.for_each_mut(|item| {
        if let BookItem::Chapter(chapter) = item {
            complete(chapter);
        }
    });
    book.build()
}

/// Adds what is made below a chapter, and turns its links.
fn complete(chapter: &mut Chapter) {
    let made = match chapter.path.as_deref().and_then(Path::to_str) {
        Some("causes.md") => causes(),
        Some("verbs.md") => verbs(),
        _ => Vec::new(),
    };
    let parents = vec![chapter.name.clone()];
    chapter
        .sub_items
        .extend(made.into_iter().map(|(name, content, path)| {
            BookItem::Chapter(Chapter::new(&name, content, path, parents.clone()))
        }));
    chapter.content = chapter
        .content
        .replace("../src/doctor/explain/", "causes/")
        .replace("../CONTRIBUTING.md", "contributing.md");
}

/// Name, content and path of the page of each cause.
fn causes() -> Vec<(String, String, PathBuf)> {
    let page = |cause: &Cause| {
        let id = cause.id();
        (
            id.to_owned(),
            explain::page(*cause).to_owned(),
            PathBuf::from(format!("causes/{id}.md")),
        )
    };
    Cause::ALL.iter().map(page).collect()
}

/// The same of each verb: its help.
fn verbs() -> Vec<(String, String, PathBuf)> {
    let mut program = cli::of_all(cli::command("oc extreg").term_width(100));
    let page = |verb: &mut clap::Command| {
        let name = verb.get_name().to_owned();
        let help = verb.render_long_help();
        let content = format!("# oc extreg {name}\n\n```text\n{help}```\n");
        let path = PathBuf::from(format!("verbs/{name}.md"));
        (name, content, path)
    };
    program
        .get_subcommands_mut()
        .filter(|verb| verb.get_name() != "help" && !verb.is_hide_set())
        .map(page)
        .collect()
}
