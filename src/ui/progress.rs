//! Progress of long work, on standard error while that is a terminal, and nothing elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Ui;

/// A bar that goes away when it is dropped.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Ui {
    /// A bar of `total` steps, named by what is being done (`writing`).
    pub fn progress(&self, total: usize, what: &'static str) -> Progress {
        let target = if self.shows_progress() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(u64::try_from(total).ok(), target);
        if let Ok(style) = ProgressStyle::with_template("{msg} {pos}/{len} {wide_bar}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        Progress(bar)
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
