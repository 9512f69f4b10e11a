//! Settings that nobody reads: a slip that would otherwise pass for a rule that is off, or on.

use crate::checks::Check;
use crate::git::Config;

/// What the committed file sets in the sections of `checks`, and in those of no check at all, and what no
/// check knows: whole names, each once.
pub fn unknown(config: &Config, checks: impl Iterator<Item = Check> + Clone) -> Vec<String> {
    let mut unknown = Vec::new();
    for (section, key) in config.shared_hook_keys() {
        let check = Check::ALL.into_iter().find(|check| section.as_deref() == Some(check.name()));
        let is_known = match check {
            Some(check) => checks.clone().all(|asked| asked != check) || knows(check, &key),
            None => false,
        };
        let section = section.map(|section| format!("{section}.")).unwrap_or_default();
        let name = format!("mlhook.{section}{key}");
        if !is_known && !unknown.contains(&name) {
            unknown.push(name);
        }
    }
    unknown
}

/// Whether `mlhook.CHECK.KEY` means something. Keys and rules are names in any case for Git.
fn knows(check: Check, key: &str) -> bool {
    const OF_ALL: [&str; 4] = ["enabled", "exclude", "limit", "mode"];
    const OF_TOOLS: [&str; 3] = ["required", "timeout", "tools"];
    let is = |known: &str| key.eq_ignore_ascii_case(known);
    let names = [key.to_ascii_lowercase(), key.to_ascii_uppercase()];
    OF_ALL.into_iter().any(is)
        || names.iter().any(|rule| check.has_rule(rule))
        || match check {
            Check::Notebooks => is("strip-metadata"),
            Check::Format | Check::Lint => OF_TOOLS.into_iter().any(is),
            Check::Data => is("total-limit"),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_linters_are_known_by_their_form() {
        for known in ["F401", "e501", "PLR0913", "docstring", "Tools"] {
            assert!(knows(Check::Lint, known), "{known}");
        }
        for unknown in ["unused", "401", "F", "F401x", "notebook-output"] {
            assert!(!knows(Check::Lint, unknown), "{unknown}");
        }
    }
}
