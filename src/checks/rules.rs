//! The names of all rules: those by which `SKIP` and the settings switch one off.

use super::format::FORMAT;
use super::lint::DOCSTRING;
use super::{Check, data, notebooks};

/// A text that is no Python, whoever says so.
pub(super) const SYNTAX: &str = "invalid-syntax";

impl Check {
    /// Whether `name` is a rule of this check. Of the codes of tools it is enough to look like one: which
    /// there are depends on their versions and plugins.
    pub fn has_rule(self, name: &str) -> bool {
        match self {
            Check::Notebooks => notebooks::rules().any(|rule| rule == name),
            Check::Format => [FORMAT, SYNTAX].contains(&name),
            Check::Lint => [SYNTAX, DOCSTRING].contains(&name) || is_code(name),
            Check::Data => data::levels().any(|(rule, _)| rule == name),
        }
    }
}

/// `F401`, `PLR0913`: letters and then digits, as flake8 wants it of plugins.
fn is_code(name: &str) -> bool {
    let digits = name.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let letters = name.len() - digits.len();
    (1..=8).contains(&letters)
        && (1..=5).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_known_by_their_look() {
        for code in ["F401", "PLR0913", "E1", "ABC123"] {
            assert!(is_code(code), "{code}");
        }
        for other in ["", "F", "401", "f401", "ruff", "F401a", "F 1", "big-file", "F123456"] {
            assert!(!is_code(other), "{other}");
        }
        assert!(Check::Data.has_rule("big-file") && !Check::Data.has_rule("F401"));
        assert!(Check::Notebooks.has_rule("notebook-output") && Check::Format.has_rule("format"));
    }
}
