//! Progress of bytes that move, on standard error while that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use super::Ui;

/// A bar of bytes that goes away when it is dropped.
#[derive(Debug)]
pub struct Bytes(ProgressBar);

impl Ui {
    /// A bar of so many bytes, named by what is being done.
    pub fn bytes(&self, total: u64, what: &'static str) -> Bytes {
        let bar = ProgressBar::with_draw_target(Some(total), self.progress_target());
        let template = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what);
        Bytes(bar)
    }
}

impl Bytes {
    /// So many bytes have moved. Less than before is no mistake: what was lost on the way goes again.
    pub fn show(&self, moved: u64) {
        self.0.set_position(moved);
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
