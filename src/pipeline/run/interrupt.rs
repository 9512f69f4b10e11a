//! Ctrl-C, and being told to end.
//!
//! The first signal makes a descriptor readable for good: whoever runs a command watches it, ends the
//! command and puts things back. A second one ends the process at once; its watchdog ends the commands.

use std::io::Read as _;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Tells whether the user interrupted.
pub struct Interrupt {
    readable: UnixStream,
    /// Kept open: its closing would look like a signal.
    _writable: UnixStream,
}

impl Interrupt {
    /// Listens for SIGINT, SIGTERM and SIGHUP from now on.
    pub fn install() -> std::io::Result<Interrupt> {
        let interrupt = Interrupt::never()?;
        let again = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // In this order: the first signal finds the flag unset and sets it afterwards.
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&again))?;
            signal_hook::flag::register(signal, Arc::clone(&again))?;
            let writable = interrupt._writable.try_clone()?;
            signal_hook::low_level::pipe::register(signal, writable)?;
        }
        Ok(interrupt)
    }

    /// Listens for nothing.
    pub fn never() -> std::io::Result<Interrupt> {
        let (readable, writable) = UnixStream::pair()?;
        readable.set_nonblocking(true)?;
        Ok(Interrupt { readable, _writable: writable })
    }

    /// Whether a signal came.
    pub fn is_set(&self) -> bool {
        let mut watched =
            [rustix::event::PollFd::new(&self.readable, rustix::event::PollFlags::IN)];
        let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
        matches!(rustix::event::poll(&mut watched, Some(&now)), Ok(1..))
    }

    /// Forgets the signals that came.
    pub fn clear(&self) {
        let mut buffer = [0; 64];
        while matches!((&self.readable).read(&mut buffer), Ok(1..)) {}
    }
}

impl AsFd for Interrupt {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.readable.as_fd()
    }
}
