//! Ctrl-C: at once while only reading, after the write under way while writing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by whoever hears of Ctrl-C and the engine. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<State>);

#[derive(Debug, Default)]
struct State {
    asked: AtomicBool,
    writing: AtomicBool,
}

/// What whoever heard of Ctrl-C does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nothing is being written, or it was asked for twice: leave.
    Leave,
    /// Wait: the engine finishes the write under way and the journal, and ends by itself.
    Wait,
}

impl Answer {
    pub fn leaves(self) -> bool {
        self == Self::Leave
    }
}

impl Interrupt {
    /// The user pressed Ctrl-C.
    pub fn ask(&self) -> Answer {
        let twice = self.0.asked.swap(true, Ordering::SeqCst);
        if twice || !self.0.writing.load(Ordering::SeqCst) {
            Answer::Leave
        } else {
            Answer::Wait
        }
    }

    /// Whether to stop before the next write.
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// From here until the guard is dropped whoever works looks at [`Interrupt::is_asked`] and ends by itself.
    pub fn hold(&self) -> Writing {
        self.writing()
    }

    /// From here until the guard is dropped the work must not be cut off.
    pub(super) fn writing(&self) -> Writing {
        self.0.writing.store(true, Ordering::SeqCst);
        Writing(self.clone())
    }
}

/// While it lives, something is being written, or ends by itself.
pub struct Writing(Interrupt);

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.0.writing.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_left_at_once_and_writing_is_finished_first() {
        let interrupt = Interrupt::default();
        assert_eq!(interrupt.ask(), Answer::Leave);

        let interrupt = Interrupt::default();
        let writing = interrupt.writing();
        assert_eq!(interrupt.ask(), Answer::Wait);
        assert!(interrupt.is_asked());
        assert_eq!(interrupt.ask(), Answer::Leave);
        drop(writing);
    }
}
