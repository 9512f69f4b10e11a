//! Whether a hook does its work: `mldata.hook.EVENT`.
//!
//! ```ini
//! [mldata "hook"]
//!     post-checkout = false
//!     pre-push = check        ; look for data that no remote has, and send none
//! ```
//!
//! Read from `git config` alone: whoever clones a repository says what happens in the clone.

use crate::data::Result;
use crate::git::{self, Config, HOOK_SECTION};

/// What a hook is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    On,
    Off,
    /// Look, and change nothing: of `pre-push` only.
    Check,
}

impl Switch {
    /// What `mldata.hook.EVENT` says; on where it is not set.
    ///
    /// # Errors
    /// The value is none that the event has.
    pub fn of(config: &Config, event: &str) -> Result<Switch> {
        let value = config.own_string(Some(HOOK_SECTION), event);
        if event == "pre-push" && value.is_some_and(|value| value.eq_ignore_ascii_case("check")) {
            return Ok(Switch::Check);
        }
        match config.hook_boolean(event, true) {
            Ok(true) => Ok(Switch::On),
            Ok(false) => Ok(Switch::Off),
            Err(git::Error::Config { origin, key, value, .. }) if event == "pre-push" => {
                let expected = "expected `true`, `check` or `false`";
                Err(git::Error::Config { origin, key, value, expected }.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}
