//! What is left out of one command: `MLDATA_HOOKS=0`, and `SKIP`, which pre-commit and prek read too.

use std::ffi::OsString;

use crate::checks::Check;

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

    /// The checks that are left out, and the rules, those of tools among them.
    pub fn left_out(&self) -> Vec<&str> {
        let checks = Check::ALL.into_iter().map(Check::name).filter(|name| self.names(name));
        let mut left_out: Vec<&str> = checks.collect();
        let is_rule = |name: &str| {
            let is_check = Check::ALL.into_iter().any(|check| check.name() == name);
            !is_check && Check::ALL.into_iter().any(|check| check.has_rule(name))
        };
        let rules = self.names.iter().map(String::as_str).filter(|name| is_rule(name));
        left_out.extend(rules);
        left_out
    }

    /// The rules of one check that are left out.
    pub fn rules_of(&self, check: Check) -> Vec<&str> {
        self.names.iter().map(String::as_str).filter(|name| check.has_rule(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_ours_and_of_others() {
        let skip = Skip::parse(" mlhook-lint,black,, big-file ,F401,data,docstring");
        assert_eq!(skip.remaining(), [Check::Notebooks, Check::Format]);
        assert_eq!(skip.left_out(), ["lint", "data", "big-file", "F401", "docstring"]);
        assert_eq!(skip.rules_of(Check::Data), ["big-file"]);
        assert_eq!(Skip::parse("format").left_out(), ["format"]);
        assert!(skip.names("black") && !skip.names("pre-push"));
        assert_eq!(Skip::parse("").remaining(), Check::ALL);
        assert!(Skip::parse("").left_out().is_empty());
    }
}
