//! Colours and glyphs, and when to use them.

use owo_colors::OwoColorize as _;

use super::ColorChoice;
use crate::env::Env;

/// Colours text, or leaves it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Leaves all text alone.
    pub const fn plain() -> Self {
        Self { on: false }
    }

    /// `--color` first, then `NO_COLOR` (any value, as kubectl's `printers.AllowsColorOutput`), `TERM=dumb`, then whether
    /// the stream is a terminal.
    pub fn decide(env: &Env, choice: ColorChoice, terminal: bool) -> Self {
        let on = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                terminal && !env.vars.contains_key("NO_COLOR") && env.var("TERM") != Some("dumb")
            }
        };
        Self { on }
    }

    pub fn is_on(self) -> bool {
        self.on
    }

    fn apply(self, text: &str, colour: impl FnOnce(&str) -> String) -> String {
        if self.on {
            colour(text)
        } else {
            text.to_owned()
        }
    }

    pub fn red(self, text: &str) -> String {
        self.apply(text, |text| text.red().bold().to_string())
    }

    pub fn green(self, text: &str) -> String {
        self.apply(text, |text| text.green().to_string())
    }

    pub fn yellow(self, text: &str) -> String {
        self.apply(text, |text| text.yellow().to_string())
    }

    pub fn cyan(self, text: &str) -> String {
        self.apply(text, |text| text.cyan().to_string())
    }

    pub fn bold(self, text: &str) -> String {
        self.apply(text, |text| text.bold().to_string())
    }

    pub fn dim(self, text: &str) -> String {
        self.apply(text, |text| text.dimmed().to_string())
    }
}

/// The marks in front of results; plain letters where the locale is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    pub fail: &'static str,
    pub pass: &'static str,
    pub warn: &'static str,
    pub unknown: &'static str,
    pub dot: &'static str,
    pub arrow: &'static str,
    pub ellipsis: &'static str,
}

impl Glyphs {
    pub const fn for_locale(utf8: bool) -> Self {
        if utf8 {
            Self {
                fail: "✗",
                pass: "✓",
                warn: "!",
                unknown: "?",
                dot: "·",
                arrow: "→",
                ellipsis: "…",
            }
        } else {
            Self {
                fail: "x",
                pass: "ok",
                warn: "!",
                unknown: "?",
                dot: "-",
                arrow: "->",
                ellipsis: "...",
            }
        }
    }
}

/// Whether the locale says UTF-8, by the order of POSIX: `LC_ALL`, `LC_CTYPE`, `LANG`. Without any of them, yes: that is
/// what containers and CI have.
pub(super) fn locale_is_utf8(env: &Env) -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| env.var(name))
        .is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        })
}

/// `COLUMNS` where it is set, 84 otherwise; never below 40, never above 100, where lines get hard to read.
pub(super) fn terminal_width(env: &Env) -> usize {
    env.var("COLUMNS")
        .and_then(|columns| columns.parse().ok())
        .unwrap_or(84)
        .clamp(40, 100)
}
