//! What `-v` and `-vv` add: every stage with its time, every request with its answer.

use super::Look;
use super::wrap::{hanging, put};
use crate::doctor::answer;
use crate::model::observation::{Exchange, Sent};
use crate::report::v1::Judged;
use crate::ui::sanitize_line;

/// One line a piece of evidence: status, stage, vantage, time, words.
pub(super) fn stages(result: &Judged, look: &Look) -> String {
    let mut text = String::new();
    for item in &result.evidence {
        let (plain, glyph) = match &*item.status {
            "pass" => (look.glyphs.pass, look.paint.green(look.glyphs.pass)),
            "fail" => (look.glyphs.fail, look.paint.red(look.glyphs.fail)),
            "warn" => (look.glyphs.warn, look.paint.yellow(look.glyphs.warn)),
            "skip" => ("-", look.paint.dim("-")),
            _ => (look.glyphs.unknown, look.paint.yellow(look.glyphs.unknown)),
        };
        let pad = " ".repeat(2_usize.saturating_sub(plain.chars().count()));
        let time = item
            .elapsed_ms
            .map(|elapsed| format!("{elapsed} ms"))
            .unwrap_or_default();
        let skip = item
            .skip_reason
            .as_ref()
            .map(|reason| format!("({reason}) "))
            .unwrap_or_default();
        let head = format!("{:<12}{:<8}{time:>8}  ", item.check, item.vantage);
        let indent = 2 + 3 + 12 + 8 + 10;
        put(
            &mut text,
            format_args!(
                "  {glyph}{pad} {}{}",
                look.paint.dim(&head),
                hanging(
                    &format!("{skip}{}", item.detail),
                    indent,
                    indent,
                    look.columns()
                )
            ),
        );
    }
    text
}

/// Requests and answers in the order in which they began, without anything secret.
pub(super) fn wire(exchanges: &[Exchange], look: &Look) -> String {
    let mut text = String::from("\n");
    for exchange in exchanges {
        let sent = match exchange.sent {
            Sent::Nothing => "",
            Sent::Basic => "  Authorization: Basic (removed)",
            Sent::Bearer => "  Authorization: Bearer (removed)",
        };
        let request = format!(
            "> {} {}{sent}",
            exchange.method,
            sanitize_line(&exchange.url, 600)
        );
        put(
            &mut text,
            format_args!("  {}", hanging(&request, 2, 6, look.columns())),
        );
        match &exchange.result {
            Ok(answer) => {
                put(
                    &mut text,
                    format_args!(
                        "  < {}  {} ms\n",
                        answer::words_of(answer),
                        exchange.elapsed.as_millis()
                    ),
                );
                for (name, value) in &answer.headers {
                    let line =
                        format!("{}: {}", sanitize_line(name, 80), sanitize_line(value, 600));
                    put(
                        &mut text,
                        format_args!(
                            "      {}",
                            look.paint.dim(&hanging(&line, 6, 8, look.columns()))
                        ),
                    );
                }
            }
            Err(fault) => put(
                &mut text,
                format_args!(
                    "  < {}  {} ms\n",
                    answer::fault_words(fault),
                    exchange.elapsed.as_millis()
                ),
            ),
        }
    }
    text
}
