//! Where the user keeps things: HOME, and the directories of the XDG base directory specification.

use std::path::PathBuf;

/// HOME, if it is set.
pub fn home() -> Option<PathBuf> {
    variable("HOME")
}

/// For settings: `$XDG_CONFIG_HOME`, else `~/.config`.
pub fn config_home() -> Option<PathBuf> {
    base("XDG_CONFIG_HOME", ".config")
}

/// For what can be made again: `$XDG_CACHE_HOME`, else `~/.cache`.
pub fn cache_home() -> Option<PathBuf> {
    base("XDG_CACHE_HOME", ".cache")
}

/// For what cannot: `$XDG_DATA_HOME`, else `~/.local/share`.
pub fn data_home() -> Option<PathBuf> {
    base("XDG_DATA_HOME", ".local/share")
}

fn base(name: &str, otherwise: &str) -> Option<PathBuf> {
    // By the specification, relative paths are ignored.
    variable(name).filter(|path| path.is_absolute()).or_else(|| Some(home()?.join(otherwise)))
}

#[expect(clippy::disallowed_methods, reason = "the variables of the user's directories")]
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
