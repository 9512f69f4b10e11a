//! What is left out of one command: `MLDATA_HOOKS=0`, and `SKIP`, which pre-commit and prek read too.

use std::ffi::OsString;

use crate::checks::{self, Check};

/// The longest `SKIP` that is read, in bytes.
const MAX_LEN: usize = 64 << 10;

#[expect(clippy::disallowed_methods, reason = "where the variables of hooks are read")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Whether hooks do nothing now.
pub fn are_all_off() -> bool {
    variable("MLDATA_HOOKS").is_some_and(|value| matches!(value.to_str(), Some("0" | "false")))
}

/// What `SKIP` names.
#[derive(Debug, Default)]
pub struct Skip {
    names: Vec<String>,
}

impl Skip {
    pub fn from_environment() -> Skip {
        match variable("SKIP") {
            Some(text) if text.len() <= MAX_LEN => Skip::parse(&text.to_string_lossy()),
            _ => Skip::default(),
        }
    }

    /// Names between commas. Those of other tools' hooks may be among them. A check may be named as its
    /// program is.
    fn parse(text: &str) -> Skip {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let bare = |name: &str| name.strip_prefix("mlhook-").unwrap_or(name).to_owned();
        Skip { names: names.map(bare).collect() }
    }

    pub fn names(&self, name: &str) -> bool {
        self.names.iter().any(|skipped| skipped == name)
    }

    /// The checks that are not named.
    pub fn remaining(&self) -> Vec<Check> {
        Check::ALL.into_iter().filter(|check| !self.names(check.name())).collect()
    }

    /// Whatever may be the name of a rule.
    pub fn rules(&self) -> Vec<String> {
        self.names.clone()
    }

    /// The checks and rules of ours that are left out.
    pub fn left_out(&self) -> Vec<&str> {
        let checks = Check::ALL.into_iter().map(Check::name).filter(|name| self.names(name));
        let rules = checks::data::levels().map(|(rule, _)| rule);
        checks.chain(rules.filter(|name| self.names(name))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_ours_and_of_others() {
        let skip = Skip::parse(" mlhook-lint,black,, big-file ,data");
        assert_eq!(skip.remaining(), [Check::Notebooks, Check::Format]);
        assert_eq!(skip.left_out(), ["lint", "data", "big-file"]);
        assert!(skip.names("black") && !skip.names("pre-push"));
        assert_eq!(Skip::parse("").remaining(), Check::ALL);
        assert!(Skip::parse("").left_out().is_empty());
    }
}
