//! Signals while corrections are made.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Ends nobody while it lives. One Ctrl-C in `git commit` comes to a hook up to three times: from the
/// terminal, from Git that runs the hook, and from the `git` that runs us as its command. So unlike while
/// a stage runs, the second one is no reason to leave things half done: what is left takes milliseconds.
pub(super) struct Signals {
    came: Arc<AtomicBool>,
    registered: Vec<SigId>,
}

impl Signals {
    pub(super) fn held() -> std::io::Result<Signals> {
        let mut signals = Signals { came: Arc::default(), registered: Vec::new() };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let id = signal_hook::flag::register(signal, Arc::clone(&signals.came))?;
            signals.registered.push(id);
        }
        Ok(signals)
    }

    pub(super) fn came(&self) -> bool {
        self.came.load(Ordering::SeqCst)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}
