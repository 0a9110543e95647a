//! Progress of long work, on standard error while that is a terminal, and nothing elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Ui;

/// Below this it is over before it can be read.
const WORTH_COUNTING: usize = 20;

/// Counts things that are done, in a line that goes away when this is dropped.
#[derive(Debug)]
pub struct Counter {
    bar: ProgressBar,
    what: &'static str,
}

/// A bar that goes away when it is dropped.
#[derive(Debug)]
pub struct Progress(ProgressBar);

/// How often a line shows anew for how long it has been.
const TICK: Duration = Duration::from_millis(200);

/// A line that says what goes on elsewhere and for how long, and goes away when this is dropped.
#[derive(Debug)]
pub struct Ticker(ProgressBar);

impl Ui {
    /// A line for what the user waits for while others work; it says nothing before [`Ticker::show`].
    pub fn ticker(&self) -> Ticker {
        let bar = ProgressBar::with_draw_target(None, self.progress_target());
        if let Ok(style) = ProgressStyle::with_template("{elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Ticker(bar)
    }

    /// A count of what is done, named by what is counted (`images`).
    pub fn counter(&self, what: &'static str) -> Counter {
        let bar = ProgressBar::with_draw_target(None, self.progress_target());
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        Counter { bar, what }
    }

    pub(super) fn progress_target(&self) -> ProgressDrawTarget {
        if self.shows_progress() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        }
    }

    /// A bar of `total` steps, named by what is being done (`writing`).
    pub fn progress(&self, total: usize, what: &'static str) -> Progress {
        let bar = ProgressBar::with_draw_target(u64::try_from(total).ok(), self.progress_target());
        if let Ok(style) = ProgressStyle::with_template("{msg} {pos}/{len} {wide_bar}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        Progress(bar)
    }
}

impl Ticker {
    /// Replaces the line.
    pub fn show(&self, words: &str) {
        self.0.set_message(words.to_owned());
    }

    /// Has `print` write lines while the line is out of the way.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Progress {
    /// So many steps more are done.
    pub fn advance(&self, steps: usize) {
        self.0.inc(u64::try_from(steps).unwrap_or(u64::MAX));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Counter {
    /// `412 of 2,000 images`.
    pub fn show(&self, done: usize, of: usize) {
        if of >= WORTH_COUNTING {
            self.bar.set_message(words(done, of, self.what));
            self.bar.tick();
        }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn words(done: usize, of: usize, what: &str) -> String {
    format!("{} of {} {what}", grouped(done), grouped(of))
}

/// With a comma before every third digit from the end.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_readable() {
        assert_eq!(words(412, 2000, "images"), "412 of 2,000 images");
        assert_eq!(words(0, 1_234_567, "images"), "0 of 1,234,567 images");
        assert_eq!(grouped(100), "100");
    }
}
