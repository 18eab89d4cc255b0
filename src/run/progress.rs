//! How far a run is, for those who wait.

use std::sync::atomic::{AtomicU64, Ordering};

/// Steps of a run: files that are read and stack sets that are looked at. Others may look while it goes on.
#[derive(Debug, Default)]
pub struct Progress {
    steps: AtomicU64,
    done: AtomicU64,
}

impl Progress {
    /// So many more steps will be made.
    pub(super) fn expect(&self, steps: usize) {
        self.steps.fetch_add(steps as u64, Ordering::Relaxed);
    }

    /// One of them is made.
    pub(super) fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Steps that are made, and all that are known so far.
    pub fn now(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.steps.load(Ordering::Relaxed))
    }
}
