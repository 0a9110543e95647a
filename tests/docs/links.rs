//! Links of the Markdown files as a forge shows them: to files that are there, and to headings that they have.

use std::path::Path;

use crate::pages::files;
use crate::root;

/// The targets of `[text](target)`, outside of code.
fn links(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for piece in line.split("](").skip(1) {
            if let Some((target, _)) = piece.split_once(')') {
                found.push(target.to_owned());
            }
        }
    }
    found
}

/// The anchors of the headings: small letters, blanks as dashes, marks left out.
fn anchors(page: &str) -> Vec<String> {
    let slug = |heading: &str| {
        heading
            .trim_start_matches('#')
            .trim()
            .to_lowercase()
            .chars()
            .filter(|sign| sign.is_alphanumeric() || " -_".contains(*sign))
            .map(|sign| if sign == ' ' { '-' } else { sign })
            .collect()
    };
    page.lines()
        .filter(|line| line.starts_with('#'))
        .map(slug)
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let mut dead = Vec::new();
    let mut count = 0;
    for file in files() {
        let page = std::fs::read_to_string(root().join(&file)).expect("a page");
        for link in links(&page) {
            count += 1;
            if link.starts_with("https://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => root().join(&file),
                path => root().join(file.parent().expect("a folder")).join(path),
            };
            let there = target.exists()
                && (anchor.is_empty()
                    || std::fs::read_to_string(&target)
                        .is_ok_and(|page| anchors(&page).iter().any(|known| known == anchor)));
            if !there {
                dead.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(count > 60, "the links were not found");
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

/// A page that no list of contents names is found by nobody.
#[test]
fn every_page_is_in_the_summary() {
    let docs = root().join("docs");
    let summary = std::fs::read_to_string(docs.join("SUMMARY.md")).expect("the summary");
    let named = links(&summary);
    for file in files() {
        let Ok(page) = Path::new(&file).strip_prefix("docs") else {
            continue;
        };
        let page = page.to_string_lossy();
        assert!(
            page == "SUMMARY.md" || named.iter().any(|named| *named == page),
            "{page}"
        );
    }
}
