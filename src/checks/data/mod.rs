//! Checks of data, and of what tells Git about data. No program is started.
//!
//! | rule | by default |
//! |---|---|
//! | `big-file` | error |

mod big_files;

use super::{Check, Checked, Files, Finding, Level, Result, Settings};

/// A rule: what finds, under a name by which settings and `SKIP` know it.
struct Rule {
    name: &'static str,
    level: Level,
    find: fn(&Files<'_>, &Settings, &mut Vec<Finding>) -> Result<()>,
}

const RULES: [Rule; 1] = [Rule { name: "big-file", level: Level::Error, find: big_files::find }];

/// The names of all rules.
pub fn rules() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name)
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
        checked.findings.extend(found.into_iter().map(|finding| finding.level(level)));
    }
    Ok(checked)
}
