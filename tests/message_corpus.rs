//! How good the reading of messages is: real messages with their true causes, and the figures.
//!
//! `cargo test --test message_corpus -- --nocapture` prints them. `pull-errors.jsonl` was collected to favour messages that
//! mislead; `more-messages.jsonl` has others, most of them from public threads with their names rewritten, the rest in the
//! words of the sources for causes that threads seldom explain. Those with a `confidence` were written down, and measured,
//! before any rule was made with them in view. What that first reading gave is what to expect of a message that nobody has
//! seen: the truth first for two in three, among the first three for eight in ten (`mm-467` to `mm-587`: 88 and 99 of 121;
//! `mm-588` to `mm-649`: 41 and 51 of 62; `mm-650` to `mm-669`: 14 and 16 of 20; `mm-670` to `mm-778`: 71 and 95 of 109;
//! from `mm-779`: 35 and 44 of 55). The figures below are of messages that are known.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_macros,
    reason = "a test that cannot go on ends; the figures are for reading"
)]

use std::sync::LazyLock;

use extreg::doctor::reading::{self, Known, Likelihood};
use extreg::model::message::{self, Symptom};
use proptest::prelude::*;
use serde_json::Value;

/// How many of how many.
#[derive(Debug, Default)]
struct Figures {
    all: usize,
    first: usize,
    three: usize,
    runtime: usize,
    missed: Vec<String>,
}

impl Figures {
    fn percent(&self, part: usize) -> usize {
        part * 100 / self.all
    }
}

fn corpus(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/corpus/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn measure(name: &str) -> Figures {
    let mut figures = Figures::default();
    for record in corpus(name) {
        let message = message::read(record["message"].as_str().unwrap());
        let reading = reading::read(&message, &Known::default());
        let truth = record["cause"].as_str().unwrap();
        let place = reading
            .candidates
            .iter()
            .position(|candidate| candidate.cause.id() == truth);
        figures.all += 1;
        figures.first += usize::from(place == Some(0));
        figures.three += usize::from(place.is_some_and(|place| place < 3));
        figures.runtime += usize::from(record["runtime"] == message.runtime.id());
        if place.is_none_or(|place| place > 2) {
            figures.missed.push(format!("{} {truth}", record["id"]));
        }
        // Certain and wrong is worse than not to know.
        if reading.candidates[0].likelihood == Likelihood::Certain {
            assert_eq!(place, Some(0), "certain of something else: {record}");
        }
    }
    println!(
        "{name}: {} messages, the truth first {} % ({}), among three {} % ({}), runtime {} %; missed: {:?}",
        figures.all,
        figures.percent(figures.first),
        figures.first,
        figures.percent(figures.three),
        figures.three,
        figures.percent(figures.runtime),
        figures.missed,
    );
    figures
}

#[test]
fn the_misleading_ones() {
    let figures = measure("pull-errors");
    assert_eq!(figures.all, 109);
    assert!(figures.percent(figures.first) >= 77, "{figures:?}");
    assert!(figures.percent(figures.three) >= 98, "{figures:?}");
    assert!(figures.percent(figures.runtime) >= 84, "{figures:?}");
}

#[test]
fn the_others() {
    let figures = measure("more-messages");
    assert_eq!(figures.all, 833);
    assert!(figures.percent(figures.first) >= 77, "{figures:?}");
    assert!(figures.percent(figures.three) >= 96, "{figures:?}");
}

/// Every message of both files, as it is and in what people wrap it.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    ["pull-errors", "more-messages"]
        .into_iter()
        .flat_map(corpus)
        .map(|record| record["message"].as_str().unwrap().to_owned())
        .collect()
});

fn causes(text: &str) -> Vec<&'static str> {
    let reading = reading::read(&message::read(text), &Known::default());
    reading
        .candidates
        .iter()
        .map(|candidate| candidate.cause.id())
        .collect()
}

#[test]
fn white_space_colours_and_the_rpc_wrapper_change_nothing() {
    for text in TEXTS.iter() {
        let plain = causes(text);
        assert_eq!(causes(&format!("{text}  \n\n")), plain, "{text}");
        assert_eq!(
            causes(&format!("\u{1b}[31;1m{text}\u{1b}[0m")),
            plain,
            "{text}"
        );
        let one_line = !text.contains('\n');
        let runtime = message::read(text).runtime;
        let wrapped = format!("rpc error: code = Unknown desc = {text}");
        // Where nothing else tells who speaks, the wrapper itself does.
        if one_line && message::read(&wrapped).runtime == runtime {
            assert_eq!(
                message::read(&wrapped).symptom,
                message::read(text).symptom,
                "{text}"
            );
            assert_eq!(causes(&wrapped), plain, "{text}");
        }
    }
}

#[test]
fn json_carries_a_message_whole() {
    for text in TEXTS.iter().filter(|text| !text.contains('\n')) {
        let wrapped = serde_json::json!({"reason": "Failed", "message": text}).to_string();
        let plain = message::read(text).symptom;
        if plain != Symptom::Nothing {
            assert_eq!(message::read(&wrapped).symptom, plain, "{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any text is read without a panic, gives at least one candidate, and its names are clean.
    #[test]
    fn any_text_is_read(text in "(\\PC|[\u{1b}\n\r\t\"'\\\\{}\\[\\]():@/<>]|https://|sha256:|Failed to pull image |Bearer |error: ){0,60}") {
        let known = Known::default();
        for message in message::read_all(&text) {
            let reading = reading::read(&message, &known);
            prop_assert!(!reading.candidates.is_empty() && !reading.settles.is_empty());
            let steers = message.words.contains(char::is_control);
            prop_assert!(!steers, "{:?}", message.words);
            let spaced = message.image.is_some_and(|image| image.contains(char::is_whitespace));
            prop_assert!(!spaced);
        }
    }

    /// A text that is cut anywhere is read too.
    #[test]
    fn a_cut_message_is_read(at in 0_usize..4000, pick in any::<prop::sample::Index>()) {
        let all = &TEXTS;
        let text = &all[pick.index(all.len())];
        let cut: String = text.chars().take(at).collect();
        prop_assert!(!causes(&cut).is_empty());
    }

    /// The first failure that tells a cause is read, whatever follows it.
    #[test]
    fn the_first_full_failure_wins(pick in any::<prop::sample::Index>()) {
        let all = &TEXTS;
        let first = "Failed to pull image \"a.example.com/x:1\": rpc error: code = Unknown desc = pinging container registry \
            a.example.com: Get \"https://a.example.com/v2/\": x509: certificate signed by unknown authority";
        let text = format!("Error: ErrImagePull\n\n{first}\n\n{}", all[pick.index(all.len())]);
        let read = message::read(&text);
        prop_assert_eq!(read.symptom, Symptom::UnknownAuthority);
        prop_assert_eq!(read.image.as_deref(), Some("a.example.com/x:1"));
    }
}
