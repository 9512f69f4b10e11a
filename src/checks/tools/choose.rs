//! Which tools check which file.
//!
//! In this order, for each file:
//!
//! 1. What `mlhook.CHECK.tools` names.
//! 2. What the project configures for it. For format: isort and black, each where it is configured, or
//!    ruff; where both ruff and black are, the one whose configuration is nearer, and in one directory
//!    black, unless there is a section for the format of ruff. For lint: ruff, else flake8; and
//!    interrogate.
//! 3. What is installed in the project's own virtual environment: ruff, else the others.
//! 4. If somebody asked for the check: the same of what is on PATH, without interrogate, which asks for
//!    docstrings that nobody promised.

use super::Kind;
use super::configs::Configs;
use super::find::{Finder, Place};
use super::subjects::Subject;
use crate::checks::{Check, Result, Settings};
use crate::fs::RepoPath;

/// The tools of one check.
pub struct Choice<'a> {
    check: Check,
    configs: &'a Configs,
    /// What the settings name.
    named: Option<Vec<Kind>>,
    /// For files that no configuration concerns.
    others: Vec<Kind>,
}

impl<'a> Choice<'a> {
    /// # Errors
    /// The settings name something else.
    pub fn new(
        check: Check,
        settings: &Settings,
        configs: &'a Configs,
        finder: &Finder,
        asked: bool,
    ) -> Result<Choice<'a>> {
        let mut named = Vec::new();
        let mut is_auto = false;
        for value in settings.strings("tools") {
            for word in value.split([',', ' ']).filter(|word| !word.is_empty()) {
                let kind = Kind::ALL.into_iter().find(|kind| kind.name() == word);
                match kind.filter(|kind| kind.serves(check)) {
                    Some(kind) => named.push(kind),
                    None if word == "auto" => is_auto = true,
                    None => return Err(settings.bad("tools", word, expected(check))),
                }
            }
        }
        let named = (!is_auto && !named.is_empty()).then_some(named);
        let mut others = installed(check, finder, Place::Project);
        if others.is_empty() && asked {
            others = installed(check, finder, Place::Anywhere);
            others.retain(|&kind| kind != Kind::Interrogate);
        }
        Ok(Choice { check, configs, named, others })
    }

    /// The tools for one file, in the order in which they run.
    pub fn of(&self, subject: &Subject) -> Vec<Kind> {
        let mut kinds = match (&self.named, self.configured(&subject.path)) {
            (Some(named), _) => named.clone(),
            (None, configured) if !configured.is_empty() => configured,
            (None, _) => self.others.clone(),
        };
        if subject.is_notebook() {
            kinds.retain(|&kind| kind == Kind::Ruff);
        }
        if subject.is_script() {
            // It takes no file without a suffix.
            kinds.retain(|&kind| kind != Kind::Interrogate);
        }
        kinds.sort();
        kinds.dedup();
        kinds
    }

    /// Whether somebody chose `kind`, so that it is missed where it is not installed.
    pub fn is_wanted(&self, path: &RepoPath, kind: Kind) -> bool {
        self.named.as_ref().is_some_and(|named| named.contains(&kind))
            || self.configs.nearest(path, kind).is_some()
    }

    fn configured(&self, path: &RepoPath) -> Vec<Kind> {
        let nearest = |kind| self.configs.nearest(path, kind);
        let depth = |config: Option<&RepoPath>| config.map(|config| config.components().count());
        let (ruff, mut kinds) = (nearest(Kind::Ruff), Vec::new());
        if self.check == Check::Lint {
            let flake8 = nearest(Kind::Flake8);
            if ruff.is_some() {
                kinds.push(Kind::Ruff);
            } else if flake8.is_some() {
                kinds.push(Kind::Flake8);
            }
            kinds.extend(nearest(Kind::Interrogate).map(|_| Kind::Interrogate));
            return kinds;
        }
        kinds.extend(nearest(Kind::Isort).map(|_| Kind::Isort));
        let black = nearest(Kind::Black);
        let by_ruff = match (ruff, black) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(config), Some(_)) => match depth(ruff).cmp(&depth(black)) {
                std::cmp::Ordering::Equal => self.configs.formats(config),
                order => order.is_gt(),
            },
        };
        if by_ruff {
            kinds.push(Kind::Ruff);
        } else if black.is_some() {
            kinds.push(Kind::Black);
        }
        kinds
    }
}

fn installed(check: Check, finder: &Finder, place: Place) -> Vec<Kind> {
    let is_there = |kind: &Kind| finder.find(*kind, place).is_some();
    if is_there(&Kind::Ruff) {
        return vec![Kind::Ruff];
    }
    let others = Kind::ALL.into_iter().filter(|kind| kind.serves(check));
    others.filter(is_there).collect()
}

fn expected(check: Check) -> &'static str {
    match check {
        Check::Lint => "`auto`, or some of `ruff`, `flake8`, `interrogate`",
        _ => "`auto`, or some of `ruff`, `isort`, `black`",
    }
}
