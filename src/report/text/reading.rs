//! What a message can mean, for people: the words, what they point at, what they can mean and why, what would settle it.

use super::wrap::{command_lines, hanging, put, wrapped};
use super::{LABEL, Look};
use crate::doctor::reading::{Likelihood, Reading};
use crate::model::message::{Message, Runtime, Symptom};
use crate::ui::sanitize_line;

/// Other failures of the text are shown up to here.
const OTHERS: usize = 3;

/// Longer words are cut for people; JSON has them whole.
const WORDS: usize = 500;

/// The reading of the first failure, and the words of the others; ends in a line end.
pub fn render(read: &[(&Message, Reading)], look: &Look) -> String {
    let mut out = String::new();
    let Some((first, others)) = read.split_first() else {
        return out;
    };
    let (message, reading) = (first.0, &first.1);
    labelled(
        &mut out,
        "Words",
        &sanitize_line(&message.words, WORDS),
        look,
    );
    if let Some(line) = about(message) {
        labelled(&mut out, "", &line, look);
    }
    if message.symptom == Symptom::Nothing {
        labelled(
            &mut out,
            "Points at",
            "nothing: the text says nothing about a cause",
            look,
        );
    } else if reading.points_at == "unknown" {
        labelled(
            &mut out,
            "Points at",
            "nothing: these words carry no cause",
            look,
        );
    } else {
        labelled(&mut out, "Points at", reading.points_at, look);
    }
    out.push('\n');
    candidates(&mut out, reading, look);
    settles(&mut out, reading, look);
    // What names a failure and no cause adds nothing.
    let others: Vec<&Message> = others
        .iter()
        .map(|(message, _)| *message)
        .filter(|message| message.symptom != Symptom::NoCause)
        .collect();
    if !others.is_empty() {
        out.push('\n');
    }
    for message in others.iter().take(OTHERS) {
        let words = sanitize_line(&message.words, WORDS / 2);
        labelled(&mut out, "Also said", &words, look);
    }
    if others.len() > OTHERS {
        let more = format!("and {} more", others.len() - OTHERS);
        labelled(&mut out, "", &more, look);
    }
    out
}

fn labelled(out: &mut String, label: &str, text: &str, look: &Look) {
    put(out, format_args!("{label:LABEL$}"));
    out.push_str(&hanging(text, LABEL, LABEL, look.columns()));
}

/// Who speaks, and of what.
fn about(message: &Message) -> Option<String> {
    let mut parts = Vec::new();
    if message.runtime != Runtime::Other {
        parts.push(format!("as {} words it", message.runtime));
    }
    if let Some(image) = &message.image {
        let doing = message
            .operation
            .map_or("about", |operation| operation.id());
        parts.push(format!("{doing} {image}"));
    }
    if let Some(object) = &message.object {
        let of = object
            .namespace
            .as_deref()
            .map_or_else(String::new, |namespace| format!(" in {namespace}"));
        parts.push(format!("for {}/{}{of}", object.kind, object.name));
    }
    (!parts.is_empty()).then(|| format!("({})", parts.join(", ")))
}

fn candidates(out: &mut String, reading: &Reading, look: &Look) {
    const INDENT: usize = 4;
    let certain = reading
        .candidates
        .first()
        .is_some_and(|first| first.likelihood == Likelihood::Certain);
    out.push_str(if certain {
        "It means:\n"
    } else {
        "It can mean, the likeliest first:\n"
    });
    for candidate in &reading.candidates {
        let paint = look.paint;
        let id = if candidate.likelihood == Likelihood::Possible {
            candidate.cause.id().to_owned()
        } else {
            paint.cyan(candidate.cause.id())
        };
        put(
            out,
            format_args!("  {id} ({})\n", candidate.likelihood.id()),
        );
        put(out, format_args!("{:INDENT$}", ""));
        out.push_str(&hanging(
            &sanitize_line(&candidate.why, WORDS),
            INDENT,
            INDENT,
            look.columns(),
        ));
    }
    out.push('\n');
}

fn settles(out: &mut String, reading: &Reading, look: &Look) {
    out.push_str("To settle it:\n");
    for settle in &reading.settles {
        for line in wrapped(&settle.what, look.columns().saturating_sub(4)) {
            put(out, format_args!("  {line}\n"));
        }
        for line in command_lines(&settle.command, look.columns().saturating_sub(4)) {
            put(out, format_args!("    {line}\n"));
        }
    }
}
