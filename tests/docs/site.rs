//! The site: it builds, and no link in it is dead. Of links to other hosts only the form is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use extreg::doctor::causes::Cause;

use crate::{book, root};

/// The value of every attribute with this name.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    html.split(&start)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

/// All files below a folder, as paths from there.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        for entry in std::fs::read_dir(folder.join(&inner)).expect("a folder") {
            let path = inner.join(entry.expect("an entry").file_name());
            if folder.join(&path).is_dir() {
                folders.push(path);
            } else {
                found.insert(path);
            }
        }
    }
    found
}

/// A path without `.` and `..`; none when it leads out.
fn tidy(path: &Path) -> Option<PathBuf> {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => tidy.push(name),
            Component::ParentDir => {
                if !tidy.pop() {
                    return None;
                }
            }
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    Some(tidy)
}

/// What is wrong with a link of a page.
fn fault(
    page: &Path,
    link: &str,
    files: &BTreeSet<PathBuf>,
    ids: &BTreeMap<PathBuf, BTreeSet<String>>,
) -> Option<&'static str> {
    if let Some(rest) = link.strip_prefix("https://") {
        let host = rest.split('/').next().unwrap_or_default();
        return (!host.contains('.')).then_some("no address");
    }
    if link.contains(':') {
        return Some("of another kind than https");
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() {
        page.to_owned()
    } else if let Some(path) = path.strip_prefix('/') {
        PathBuf::from(path)
    } else {
        page.parent().expect("a folder").join(path)
    };
    let Some(mut target) = tidy(&target) else {
        return Some("leads out of the site");
    };
    if path.ends_with('/') || target.as_os_str().is_empty() {
        target.push("index.html");
    }
    if !files.contains(&target) {
        return Some("leads to no file");
    }
    if !anchor.is_empty() && !ids.get(&target).is_some_and(|ids| ids.contains(anchor)) {
        return Some("leads to no heading");
    }
    None
}

#[test]
fn it_builds_and_no_link_is_dead() {
    let folder = tempfile::tempdir().expect("a folder");
    book::build(root(), folder.path()).expect("a site");
    let files = files(folder.path());
    let pages: BTreeMap<PathBuf, String> = files
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "html"))
        .map(|path| {
            let html = std::fs::read_to_string(folder.path().join(path)).expect("a page");
            (path.clone(), html)
        })
        .collect();
    for cause in Cause::ALL {
        let page = PathBuf::from(format!("causes/{}.html", cause.id()));
        assert!(pages.contains_key(&page), "{}", page.display());
    }
    assert!(pages.contains_key(Path::new("verbs/link.html")));
    let ids: BTreeMap<PathBuf, BTreeSet<String>> = pages
        .iter()
        .map(|(path, html)| {
            let ids = values(html, "id").into_iter().map(str::to_owned);
            (path.clone(), ids.collect())
        })
        .collect();
    let mut dead = Vec::new();
    let mut count = 0;
    for (path, html) in &pages {
        for link in [values(html, "href"), values(html, "src")].concat() {
            count += 1;
            if let Some(fault) = fault(path, link, &files, &ids) {
                dead.push(format!("{}: {link} {fault}", path.display()));
            }
        }
    }
    assert!(count > 1000, "the links were not found");
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn a_dead_link_is_found() {
    let page = Path::new("tasks/pull.html");
    let files: BTreeSet<PathBuf> = [page.to_owned(), "index.html".into()].into();
    let ids = BTreeMap::from([(page.to_owned(), BTreeSet::from(["traps".to_owned()]))]);
    for good in [
        "#traps",
        "../index.html",
        "pull.html#traps",
        "/index.html",
        "https://example.com/x",
    ] {
        assert_eq!(fault(page, good, &files, &ids), None, "{good}");
    }
    for dead in [
        "#trap",
        "gone.html",
        "../../index.html",
        "https://example",
        "ftp://example.com",
    ] {
        assert!(fault(page, dead, &files, &ids).is_some(), "{dead}");
    }
}
