//! How a repository wants to be checked: `mlhook.*` in `git config`, else in `.mldataconfig`.
//!
//! ```ini
//! [mlhook "format"]
//!     mode = fix                 ; check (the default), or fix what is staged
//!     tools = ruff               ; auto (the default), or names
//!     required = true            ; a missing tool is an error
//!     limit = 2m                 ; larger Python files are passed over, and named
//!     timeout = 300              ; seconds that a tool may take
//! [mlhook "lint"]
//!     tools = flake8,interrogate
//!     E501 = warn                ; each rule of a tool: error, warn or off
//! [mlhook "data"]
//!     big-file = warn            ; each rule: error, warn or off
//!     exclude = tests/data/      ; may be there several times: see `patterns`
//! [mlhook "notebooks"]
//!     enabled = false
//! ```
//!
//! A committed file chooses among what is built in; it names no command.

mod patterns;
mod unknown;

use super::{Check, Error, Level, Result};
use crate::fs::{RepoPath, display_bytes};
use crate::git::Config;
use patterns::Patterns;
pub use unknown::unknown;

/// What is done about what can be corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is a finding.
    Check,
    /// The correction is staged, and the worktree's file follows.
    Fix,
    /// The worktree's file is corrected and nothing is staged: for hosts that take a changed file for a
    /// failure.
    FixWorktree,
}

/// The settings of one check.
pub struct Settings {
    check: Check,
    config: Config,
    exclude: Patterns,
    /// Rules that `SKIP` names.
    skipped: Vec<String>,
}

impl Settings {
    /// # Errors
    /// A pattern of `exclude` is none.
    pub fn load(config: &Config, check: Check, skipped: &[String]) -> Result<Settings> {
        let (config, skipped) = (config.clone(), skipped.to_vec());
        let mut settings = Settings { check, config, exclude: Patterns::default(), skipped };
        settings.exclude = Patterns::new(&settings.strings("exclude"))
            .map_err(|pattern| settings.bad("exclude", &pattern, patterns::EXPECTED))?;
        Ok(settings)
    }

    /// The value of `mlhook.CHECK.KEY`.
    pub fn string(&self, key: &str) -> Option<String> {
        self.config.hook_strings(self.check.name(), key).pop()
    }

    /// All values of `mlhook.CHECK.KEY`.
    pub fn strings(&self, key: &str) -> Vec<String> {
        self.config.hook_strings(self.check.name(), key)
    }

    /// # Errors
    /// The value is no whole number above nought.
    pub fn number(&self, key: &str, default: u64) -> Result<u64> {
        let Some(value) = self.string(key) else { return Ok(default) };
        let number = value.parse().ok().filter(|&number| number > 0);
        number.ok_or_else(|| self.bad(key, &value, "a whole number above 0"))
    }

    /// # Errors
    /// The value is no boolean.
    pub fn boolean(&self, key: &str, default: bool) -> Result<bool> {
        let Some(value) = self.string(key) else { return Ok(default) };
        match value.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" | "" => Ok(false),
            _ => Err(self.bad(key, &value, "`true` or `false`")),
        }
    }

    /// Whether hooks run this check.
    ///
    /// # Errors
    /// The value is no boolean.
    pub fn is_enabled(&self) -> Result<bool> {
        self.boolean("enabled", true)
    }

    /// A number of bytes, with `k`, `m` or `g` behind it as Git has them.
    ///
    /// # Errors
    /// The value is no such number.
    pub fn bytes(&self, key: &str, default: u64) -> Result<u64> {
        let Some(value) = self.string(key) else { return Ok(default) };
        let lower = value.trim().to_ascii_lowercase();
        let (digits, shift) = match lower.as_bytes().last() {
            Some(b'k') => (&lower[..lower.len() - 1], 10),
            Some(b'm') => (&lower[..lower.len() - 1], 20),
            Some(b'g') => (&lower[..lower.len() - 1], 30),
            _ => (&lower[..], 0),
        };
        let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
        number.ok_or_else(|| self.bad(key, &value, "a number of bytes such as `5m`"))
    }

    /// What is done about what this check can correct, where the command line does not say.
    ///
    /// # Errors
    /// The value is neither `check` nor `fix`.
    pub fn mode(&self) -> Result<Mode> {
        match self.string("mode").as_deref() {
            None | Some("check") => Ok(Mode::Check),
            Some("fix") => Ok(Mode::Fix),
            Some(value) => Err(self.bad("mode", value, "`check` or `fix`")),
        }
    }

    /// How bad findings of `rule` are; `None` if it is off.
    ///
    /// # Errors
    /// The value is neither `error`, `warn` nor `off`.
    pub fn level(&self, rule: &str, default: Level) -> Result<Option<Level>> {
        if self.skipped.iter().any(|skipped| skipped == rule) {
            return Ok(None);
        }
        match self.string(rule).as_deref() {
            None => Ok(Some(default)),
            Some("error") => Ok(Some(Level::Error)),
            Some("warn" | "warning") => Ok(Some(Level::Warning)),
            Some("off" | "false") => Ok(None),
            Some(value) => Err(self.bad(rule, value, "`error`, `warn` or `off`")),
        }
    }

    /// Whether this check passes over `path`.
    pub fn excludes(&self, path: &RepoPath) -> bool {
        self.exclude.cover(path)
    }

    /// That the value of `mlhook.CHECK.KEY` means nothing.
    pub(super) fn bad(&self, key: &str, value: &str, expected: &'static str) -> Error {
        let is_committed = !self.config.has_own_hook_string(self.check.name(), key);
        let key = format!("mlhook.{}.{key}", self.check.name());
        Error::Setting { key, value: display_bytes(value.as_bytes()), expected, is_committed }
    }
}
