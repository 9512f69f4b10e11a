//! Tools that a project wants and does not have, found without running anything.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Kind;
use super::choose::Choice;
use super::configs::Configs;
use super::find::{Finder, Place, install_command};
use super::subjects::Subject;
use crate::checks::{Check, Files, Result, Settings};
use crate::git::{Config, Repo};

/// A tool that the settings name, or that a file of the project configures, and that is not installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingTool {
    pub check: Check,
    pub name: &'static str,
    /// The command that would install it.
    pub install: String,
}

/// What the checks of the files in the index would miss. Checks that are switched off miss nothing.
///
/// # Errors
/// As of [`run`](crate::checks::run): Git cannot be read, or a setting means nothing.
pub fn missing_tools(repo: &Repo, config: &Config) -> Result<Vec<MissingTool>> {
    let files = Files::all(repo, &[])?;
    let finder = Finder::new(&files)?;
    let mut missing = Vec::new();
    for check in [Check::Format, Check::Lint] {
        let settings = Settings::load(config, check, &[])?;
        if !settings.is_enabled()? {
            continue;
        }
        let subjects = named(&files, &settings);
        let configs = Configs::load(&files, &subjects)?;
        let choice = Choice::new(check, &settings, &configs, &finder, false)?;
        let mut wanted: BTreeSet<Kind> = BTreeSet::new();
        for subject in &subjects {
            let tools = choice.of(subject).into_iter();
            wanted.extend(tools.filter(|&kind| choice.is_wanted(&subject.path, kind)));
        }
        wanted.retain(|&kind| finder.find(kind, Place::Anywhere).is_none());
        missing.extend(wanted.into_iter().map(|kind| {
            let install = install_command(kind, finder.tracked());
            MissingTool { check, name: kind.name(), install }
        }));
    }
    Ok(missing)
}

/// The files that are Python by their names, without their texts, which nobody asks for here.
fn named(files: &Files<'_>, settings: &Settings) -> Vec<Subject> {
    let is_one = |file: &&crate::checks::File| {
        file.is_regular()
            && super::subjects::has_python_suffix(file)
            && !settings.excludes(&file.path)
    };
    let subject = |file: &crate::checks::File| {
        let text: Arc<[u8]> = Arc::default();
        Subject { path: file.path.clone(), id: file.id, text }
    };
    files.files.iter().filter(is_one).map(subject).collect()
}
