//! Progress of long work: files, bytes, rate, remaining time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, MultiProgress, ProgressBar, ProgressStyle};

use super::ui::last_words;
use crate::fs::display_bytes;
use crate::{data, remote};

/// Work shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);
const REDRAW_MS: u64 = 100;

/// A display that threads may advance together; dropping it clears it.
///
/// Advancing costs a few atomic additions, so that it can be done for every file.
pub struct Progress {
    label: String,
    quiet: bool,
    start: Instant,
    bars: Option<MultiProgress>,
    bar: Mutex<Option<ProgressBar>>,
    drawn_ms: AtomicU64,
    files: AtomicU64,
    bytes: AtomicU64,
    total_files: AtomicU64,
    total_bytes: AtomicU64,
}

impl Progress {
    pub(super) fn new(label: &str, bars: Option<&MultiProgress>, quiet: bool) -> Progress {
        Progress {
            label: label.to_owned(),
            quiet,
            start: Instant::now(),
            bars: bars.cloned(),
            bar: Mutex::new(None),
            drawn_ms: AtomicU64::new(0),
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            total_files: AtomicU64::new(0),
            total_bytes: AtomicU64::new(0),
        }
    }

    /// Adds to the work that is known to lie ahead.
    pub fn expect(&self, files: u64, bytes: u64) {
        self.total_files.fetch_add(files, Ordering::Relaxed);
        self.total_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Adds to the work that is done.
    pub fn advance(&self, files: u64, bytes: u64) {
        self.files.fetch_add(files, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let Some(bars) = &self.bars else { return };
        let elapsed = self.start.elapsed();
        let now_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let drawn_ms = self.drawn_ms.load(Ordering::Relaxed);
        if elapsed < PATIENCE || now_ms.saturating_sub(drawn_ms) < REDRAW_MS {
            return;
        }
        // Whoever finds the bar in use leaves the drawing to the other thread.
        if let Ok(mut bar) = self.bar.try_lock() {
            self.drawn_ms.store(now_ms, Ordering::Relaxed);
            let bar = bar.get_or_insert_with(|| bars.add(ProgressBar::no_length()));
            self.draw(bar, elapsed);
        }
    }

    fn draw(&self, bar: &ProgressBar, elapsed: Duration) {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (files, bytes) = (load(&self.files), load(&self.bytes));
        let text = describe(
            (files, load(&self.total_files)),
            (bytes, load(&self.total_bytes)),
            elapsed.as_secs_f64(),
        );
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        bar.set_message(format!("{}: {text}", self.label));
        bar.tick();
    }
}

impl data::Progress for Progress {
    fn expect(&self, files: u64, bytes: u64) {
        Progress::expect(self, files, bytes);
    }

    fn advance(&self, files: u64, bytes: u64) {
        Progress::advance(self, files, bytes);
    }

    fn waiting(&self, holder: &str) {
        if !self.quiet {
            let text = format!("Waiting for {}.", display_bytes(holder.as_bytes()));
            match &self.bars {
                Some(bars) => bars.suspend(|| last_words(&text)),
                None => last_words(&text),
            }
        }
    }
}

impl remote::Progress for Progress {
    fn total(&self, objects: u64, bytes: u64) {
        self.total_files.store(objects, Ordering::Relaxed);
        self.total_bytes.store(bytes, Ordering::Relaxed);
    }

    fn advance(&self, objects: u64, bytes: u64) {
        Progress::advance(self, objects, bytes);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Ok(Some(bar)) = self.bar.get_mut().map(Option::take) {
            bar.finish_and_clear();
        }
    }
}

fn describe(files: (u64, u64), bytes: (u64, u64), seconds: f64) -> String {
    let mut text = match files {
        (0, 0) => String::new(),
        (done, 0) => format!("{} files, ", HumanCount(done)),
        (done, total) => format!("{} of {} files, ", HumanCount(done), HumanCount(total)),
    };
    text += &match bytes {
        (done, 0) => HumanBytes(done).to_string(),
        (done, total) => format!("{} of {}", HumanBytes(done), HumanBytes(total)),
    };
    if seconds > 0.0 && bytes.0 > 0 {
        let rate = bytes.0 as f64 / seconds;
        text += &format!(", {}/s", HumanBytes(rate as u64));
        if bytes.1 > bytes.0 {
            let left = (bytes.1 - bytes.0) as f64 / rate;
            text += &format!(", {} left", clock(left as u64));
        }
    }
    text
}

/// A duration as clocks show it.
pub(super) fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_known() {
        assert_eq!(describe((3, 0), (1024, 0), 1.0), "3 files, 1.00 KiB, 1.00 KiB/s");
        assert_eq!(
            describe((1200, 5000), (1 << 20, 4 << 20), 2.0),
            "1,200 of 5,000 files, 1.00 MiB of 4.00 MiB, 512.00 KiB/s, 0:06 left"
        );
        assert_eq!(describe((0, 0), (0, 10), 0.0), "0 B of 10 B");
    }

    #[test]
    fn without_a_terminal_nothing_is_drawn() {
        let progress = Progress::new("adding", None, true);
        progress.expect(1, 1);
        progress.advance(1, 1);
        assert!(progress.bar.lock().is_ok_and(|bar| bar.is_none()));
    }
}
