//! What somebody else is doing while the user waits, on standard error while that is a terminal, and nothing elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Ui;

/// How often the line is drawn anew by itself.
const TICK: Duration = Duration::from_millis(200);

/// One line that says what goes on and for how long, and goes away when this is dropped.
#[derive(Debug)]
pub struct Activity(ProgressBar);

impl Ui {
    /// A line for what is going on elsewhere; it says nothing before [`Activity::show`].
    pub fn activity(&self) -> Activity {
        let target = if self.shows_progress() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Activity(bar)
    }
}

impl Activity {
    /// `build/app-1 Running`
    pub fn show(&self, words: String) {
        self.0.set_message(words);
    }

    /// Has `print` write lines while the activity is out of the way.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
