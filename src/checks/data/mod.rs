//! Checks of data, and of what tells Git about data. No program but Git is started.
//!
//! | rule | by default |
//! |---|---|
//! | `big-file` | error |
//! | `big-commit` | error |
//! | `conflict-marker` | error |
//! | `secret` | error; a warning where the line was committed before |
//! | `symlink` | error |
//! | `case-fold` | error; a warning where both names were committed before |
//! | `windows-name` | warn |
//! | `raw-data` | error |
//! | `pointer` | error |
//! | `pointer-data` | warn |
//! | `pipeline` | error |
//! | `absolute-dep` | warn |
//! | `lock` | error |
//! | `lock-leftover` | warn |
//! | `outs-ignored` | error |
//! | `stale-lock` | warn |
//! | `uncommitted-data` | warn |
//!
//! `mlhook.data.limit` (5m) is what one file may have, `mlhook.data.total-limit` (50m) what a commit may
//! add. The first rules look at files one by one. Those from `raw-data` on ask how files go together, in
//! a state that knows the whole index ([`state`]); where no pointer, lock or pipeline is in it, none of
//! them is asked.

mod big_files;
mod case_fold;
mod conflict_markers;
mod forget;
mod links;
mod locks;
mod moved;
mod outs_ignored;
mod pipelines;
mod pointer_data;
mod pointers;
mod raw_data;
mod rewritten;
mod secrets;
mod stale_lock;
mod state;
mod text;
mod uncommitted;
mod windows_names;

use super::{Check, Checked, Files, Finding, Level, Result, Settings};
use crate::data::Project;
use state::{Names, State};

/// A rule: what finds, under a name by which settings and `SKIP` know it.
struct Rule {
    name: &'static str,
    level: Level,
    find: fn(&Files<'_>, &Settings, &mut Vec<Finding>) -> Result<()>,
}

const RULES: [Rule; 7] = [
    Rule { name: "big-file", level: Level::Error, find: big_files::find },
    Rule { name: "big-commit", level: Level::Error, find: big_files::find_total },
    Rule { name: "conflict-marker", level: Level::Error, find: conflict_markers::find },
    Rule { name: "secret", level: Level::Error, find: secrets::find },
    Rule { name: "symlink", level: Level::Error, find: links::find },
    Rule { name: "case-fold", level: Level::Error, find: case_fold::find },
    Rule { name: "windows-name", level: Level::Warning, find: windows_names::find },
];

/// A rule about what pointers, locks and pipelines say, and how that goes together.
struct StateRule {
    name: &'static str,
    level: Level,
    find: fn(&State<'_>, &mut Vec<Finding>) -> Result<()>,
}

const STATE_RULES: [StateRule; 10] = [
    StateRule { name: "raw-data", level: Level::Error, find: raw_data::find },
    StateRule { name: "pointer", level: Level::Error, find: pointers::find },
    StateRule { name: "pointer-data", level: Level::Warning, find: pointer_data::find },
    StateRule { name: "pipeline", level: Level::Error, find: pipelines::find },
    StateRule { name: "absolute-dep", level: Level::Warning, find: pipelines::find_absolute },
    StateRule { name: "lock", level: Level::Error, find: locks::find },
    StateRule { name: "lock-leftover", level: Level::Warning, find: locks::find_leftovers },
    StateRule { name: "outs-ignored", level: Level::Error, find: outs_ignored::find },
    StateRule { name: "stale-lock", level: Level::Warning, find: stale_lock::find },
    StateRule { name: "uncommitted-data", level: Level::Warning, find: uncommitted::find },
];

/// The names of all rules, with their levels by default.
pub fn levels() -> impl Iterator<Item = (&'static str, Level)> {
    let state = STATE_RULES.iter().map(|rule| (rule.name, rule.level));
    RULES.iter().map(|rule| (rule.name, rule.level)).chain(state)
}

/// Looks for what the rules find.
pub fn check(files: &Files<'_>, settings: &Settings) -> Result<Checked> {
    let mut checked = Checked::new(Check::Data);
    checked.files = files.files.len();
    let mut take = |mut found: Vec<Finding>, level: Level| {
        found.retain(|finding| !settings.excludes(&finding.place.path));
        // A rule may think less of what it found, never more than the settings do.
        let lower = |finding: Finding| {
            let level = level.min(finding.level);
            finding.level(level)
        };
        checked.findings.extend(found.into_iter().map(lower));
    };
    for rule in &RULES {
        let Some(level) = settings.level(rule.name, rule.level)? else { continue };
        let mut found = Vec::new();
        (rule.find)(files, settings, &mut found)?;
        take(found, level);
    }
    if files.files.is_empty() && files.removed.is_empty() {
        return Ok(checked);
    }
    let git = files.state()?;
    let names = Names::read(&git)?;
    if names.is_empty() {
        return Ok(checked);
    }
    let project = Project::of(files.repo().clone(), files.repo().top())?;
    let state = State::new(files, git, names, &project);
    for rule in &STATE_RULES {
        let Some(level) = settings.level(rule.name, rule.level)? else { continue };
        let mut found = Vec::new();
        (rule.find)(&state, &mut found)?;
        take(found, level);
    }
    Ok(checked)
}
