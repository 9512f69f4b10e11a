//! Checks of data, and of what tells Git about data. No program is started.
//!
//! | rule | by default |
//! |---|---|
//! | `big-file` | error |
//! | `conflict-marker` | error |
//! | `secret` | error; a warning where the line was committed before |
//! | `symlink` | error |
//! | `case-fold` | error; a warning where both names were committed before |
//! | `windows-name` | warn |

mod big_files;
mod case_fold;
mod conflict_markers;
mod links;
mod secrets;
mod text;
mod windows_names;

use super::{Check, Checked, Files, Finding, Level, Result, Settings};

/// A rule: what finds, under a name by which settings and `SKIP` know it.
struct Rule {
    name: &'static str,
    level: Level,
    find: fn(&Files<'_>, &Settings, &mut Vec<Finding>) -> Result<()>,
}

const RULES: [Rule; 6] = [
    Rule { name: "big-file", level: Level::Error, find: big_files::find },
    Rule { name: "conflict-marker", level: Level::Error, find: conflict_markers::find },
    Rule { name: "secret", level: Level::Error, find: secrets::find },
    Rule { name: "symlink", level: Level::Error, find: links::find },
    Rule { name: "case-fold", level: Level::Error, find: case_fold::find },
    Rule { name: "windows-name", level: Level::Warning, find: windows_names::find },
];

/// The names of all rules, with their levels by default.
pub fn levels() -> impl Iterator<Item = (&'static str, Level)> {
    RULES.iter().map(|rule| (rule.name, rule.level))
}

/// Looks for what the rules find.
pub fn check(files: &Files<'_>, settings: &Settings) -> Result<Checked> {
    let mut checked = Checked::new(Check::Data);
    checked.files = files.files.len();
    for rule in &RULES {
        let Some(level) = settings.level(rule.name, rule.level)? else { continue };
        let mut found = Vec::new();
        (rule.find)(files, settings, &mut found)?;
        found.retain(|finding| !settings.excludes(&finding.place.path));
        // A rule may think less of what it found, never more than the settings do.
        let lower = |finding: Finding| {
            let level = level.min(finding.level);
            finding.level(level)
        };
        checked.findings.extend(found.into_iter().map(lower));
    }
    Ok(checked)
}
