//! Which Git this is, for the few things that not every Git has.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use super::command::{failed, program};
use super::{Error, Result};

/// A version of Git.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
}

impl Version {
    /// The first Git that runs hooks which settings name (`hook.NAME.command`). Those before it pass
    /// over them without a word.
    pub const CONFIGURED_HOOKS: Version = Version { major: 2, minor: 54 };

    /// Reads what `git --version` says, which has more numbers and words of whoever built it behind.
    fn parse(text: &str) -> Option<Version> {
        let mut numbers = text.strip_prefix("git version ")?.split(|c: char| !c.is_ascii_digit());
        let mut number = || numbers.next()?.parse().ok();
        Some(Version { major: number()?, minor: number()? })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The version of the `git` that this process runs. Asked once.
pub fn version() -> Result<Version> {
    static VERSION: OnceLock<Version> = OnceLock::new();
    if let Some(version) = VERSION.get() {
        return Ok(*version);
    }
    let version = version_of(program()?)?;
    Ok(*VERSION.get_or_init(|| version))
}

/// Other programs called `git` on PATH that are older than `than`: what else starts with another PATH
/// may run them.
pub fn older_on_path(than: Version) -> Vec<(PathBuf, Version)> {
    let found = which::which_all_global("git").into_iter().flatten();
    let mut seen = Vec::new();
    let mut older = Vec::new();
    for path in found.filter(|path| path.is_absolute()) {
        let Ok(real) = path.canonicalize() else { continue };
        if seen.contains(&real) {
            continue;
        }
        seen.push(real);
        match version_of(&path) {
            Ok(version) if version < than => older.push((path, version)),
            _ => {}
        }
    }
    older
}

#[expect(clippy::disallowed_methods, reason = "where programs are run")]
fn version_of(program: &Path) -> Result<Version> {
    let arguments = ["--version"];
    let asked = std::process::Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = asked.map_err(|error| failed(&arguments, error.to_string().as_bytes()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Version::parse(&text).ok_or_else(|| Error::Read {
        attempted: "tell the version of Git".into(),
        reason: format!("it says `{}`", crate::fs::display_bytes(text.trim().as_bytes())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_all_kinds_of_builds() {
        for (text, expected) in [
            ("git version 2.39.5\n", Some((2, 39))),
            ("git version 2.54.0.windows.1\n", Some((2, 54))),
            ("git version 2.39.3 (Apple Git-146)\n", Some((2, 39))),
            ("git version 2.55.0-rc1\n", Some((2, 55))),
            ("git version 3\n", None),
            ("hub version 2.14", None),
            ("", None),
        ] {
            let found = Version::parse(text).map(|version| (version.major, version.minor));
            assert_eq!(found, expected, "{text}");
        }
    }
}
