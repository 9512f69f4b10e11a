//! Checks of data, and of what tells Git about data. No program is started.
//!
//! | rule | by default |
//! |---|---|
//! | `big-file` | error |
//! | `big-commit` | error |
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
mod locks;
mod outs_ignored;
mod pipelines;
mod pointer_data;
mod pointers;
mod raw_data;
mod stale_lock;
mod state;
mod uncommitted;

use super::{Check, Checked, Files, Finding, Level, Result, Settings};
use crate::data::Project;
use state::{Names, State};

/// A rule: what finds, under a name by which settings and `SKIP` know it.
struct Rule {
    name: &'static str,
    level: Level,
    find: fn(&Files<'_>, &Settings, &mut Vec<Finding>) -> Result<()>,
}

const RULES: [Rule; 2] = [
    Rule { name: "big-file", level: Level::Error, find: big_files::find },
    Rule { name: "big-commit", level: Level::Error, find: big_files::find_total },
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

/// Looks for what the rules find.
pub fn check(files: &Files<'_>, settings: &Settings) -> Result<Checked> {
    let mut checked = Checked::new(Check::Data);
    checked.files = files.files.len();
    let mut take = |mut found: Vec<Finding>, level| {
        found.retain(|finding| !settings.excludes(&finding.place.path));
        checked.findings.extend(found.into_iter().map(|finding| finding.level(level)));
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
