//! The picture of a diagnosis in README: what the program prints in a terminal with colours, as an SVG.

use crate::scenes::failing;
use crate::svg;
use crate::{root, updates};

const COMMAND: &str = "oc extreg doctor registry.example.com:5000/shop/web:1.9 -n billing";

/// How long it took is the only thing that differs from run to run.
fn timeless(text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for at in 2..words.len() {
        if words[at - 2].ends_with("checks") && words[at - 1] == "in" {
            "0.2".clone_into(&mut words[at]);
        }
    }
    words.join(" ")
}

#[test]
fn the_picture_is_what_a_terminal_shows() {
    let ground = failing();
    let output = ground.shell(&format!("{COMMAND} --color always"));
    let output = output.exits(3);
    let screen = format!(
        "\u{1b}[2m$\u{1b}[0m {COMMAND}\n{}",
        timeless(&output.stdout)
    );
    let picture = svg::picture("oc extreg doctor says why a pull fails", &screen);
    let path = root().join("docs/picture.svg");
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    if there == picture {
        return;
    }
    assert!(
        updates(),
        "docs/picture.svg is stale: DOCS_UPDATE=1 cargo test --test docs\n{screen}"
    );
    std::fs::write(&path, picture).expect("the picture");
}
