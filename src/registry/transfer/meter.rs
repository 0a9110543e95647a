//! How far a copy is, for whoever shows it while it goes on.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Counts what the target has been sent. What has to be sent again is taken off again.
#[derive(Debug, Default)]
pub struct Meter {
    bytes: AtomicU64,
    blobs: AtomicUsize,
}

impl Meter {
    /// Bytes that are at the target, or on the last stretch of the way.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Blobs that are there, whole.
    pub fn blobs(&self) -> usize {
        self.blobs.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn take_off(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn blob_is_there(&self) {
        self.blobs.fetch_add(1, Ordering::Relaxed);
    }
}
