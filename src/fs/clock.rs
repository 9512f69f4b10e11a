//! Time as the file system stamps it, for the racy rule of the index.
//!
//! A file may be changed after it was read and yet carry the same time stamps, if both happen
//! within one tick of the clock that stamps files (Git: `Documentation/technical/racy-git.txt`). A
//! stat is therefore only trusted if, when it was taken, the file's stamps were already at least
//! one tick old.

use std::time::{Duration, SystemTime};

use super::Stat;

/// Nanoseconds since 1970, as files are stamped.
pub fn unix_time_ns() -> i64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// Tells whether a stat can be trusted.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// How far the file server's clock is behind ours, in nanoseconds; never negative.
    lag_ns: i64,
}

/// The coarsest tick of a kernel in use (100 Hz).
const TICK_NS: i64 = 10_000_000;
/// File systems that keep whole seconds keep two at worst (FAT).
const COARSE_NS: i64 = 2_000_000_000;

impl Clock {
    /// `fresh` is the stat of a file that was created just now on the same file server.
    pub fn new(fresh: &Stat) -> Self {
        let lag_ns = unix_time_ns().saturating_sub(fresh.mtime_ns);
        // A local file's stamp is a tick old at most; more is another machine's clock.
        let local = i64::try_from(Duration::from_millis(50).as_nanos()).expect("fits");
        Clock { lag_ns: if lag_ns > local { lag_ns } else { 0 } }
    }

    /// For when there is no fresh file to compare with: the server's clock is taken to be ours.
    pub fn assume_local() -> Self {
        Clock { lag_ns: 0 }
    }

    /// Whether the file system's stamps are so coarse that even a file of our own making, which
    /// nobody else is expected to write at the same moment, must be read again. As in Git, finer
    /// stamps are enough for those.
    pub fn keeps_whole_seconds(&self, stat: &Stat) -> bool {
        stat.mtime_ns % 1_000_000_000 == 0 && stat.ctime_ns % 1_000_000_000 == 0
    }

    /// Whether a file with `stat`, taken at `taken_ns`, could still change without a new stamp.
    pub fn is_racy(&self, stat: &Stat, taken_ns: i64) -> bool {
        let stamp = stat.mtime_ns.max(stat.ctime_ns);
        let whole_seconds =
            stat.mtime_ns % 1_000_000_000 == 0 && stat.ctime_ns % 1_000_000_000 == 0;
        let tick = if whole_seconds { COARSE_NS } else { TICK_NS };
        stamp.saturating_add(tick) > taken_ns.saturating_sub(self.lag_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(mtime_ns: i64) -> Stat {
        Stat { mtime_ns, ctime_ns: mtime_ns, ..Stat::default() }
    }

    #[test]
    fn a_stamp_must_be_a_tick_old() {
        let clock = Clock { lag_ns: 0 };
        let stamp = 1_700_000_000_123_456_789;
        assert!(clock.is_racy(&stat(stamp), stamp));
        assert!(clock.is_racy(&stat(stamp), stamp + TICK_NS - 1));
        assert!(!clock.is_racy(&stat(stamp), stamp + TICK_NS));
        assert!(clock.is_racy(&stat(stamp + COARSE_NS), stamp), "a stamp of the future");
    }

    #[test]
    fn whole_seconds_and_slow_servers_need_longer() {
        let second = 1_700_000_000_000_000_000;
        assert!(Clock { lag_ns: 0 }.is_racy(&stat(second), second + COARSE_NS - 1));
        let behind = Clock { lag_ns: 5 * TICK_NS };
        assert!(behind.is_racy(&stat(second + 1), second + 1 + 5 * TICK_NS));
        assert!(!behind.is_racy(&stat(second + 1), second + 1 + 6 * TICK_NS));
    }
}
