//! A bar for those who wait: none within the first second, none without a terminal.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::run::Progress;

/// Runs that end sooner show nothing.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// A bar on standard error, which goes away with this.
#[derive(Debug)]
pub(super) struct Bar(Option<(Sender<()>, JoinHandle<()>)>);

impl Bar {
    /// Shows a bar once that takes long.
    pub(super) fn new(progress: &Arc<Progress>, quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let (end, ended) = channel::<()>();
        let progress = Arc::clone(progress);
        let drawing = spawn(move || {
            if !matches!(ended.recv_timeout(PATIENCE), Err(RecvTimeoutError::Timeout)) {
                return;
            }
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} files and stacks") {
                bar.set_style(style);
            }
            while matches!(ended.recv_timeout(TICK), Err(RecvTimeoutError::Timeout)) {
                let (done, steps) = progress.now();
                bar.set_length(steps);
                bar.set_position(done);
            }
            bar.finish_and_clear();
        });
        Self(Some((end, drawing)))
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((end, drawing)) = self.0.take() {
            drop(end);
            // A bar that cannot be taken away is no reason to fail.
            let _ = drawing.join();
        }
    }
}
