//! Our hooks in Git's settings (`hook.mldata-EVENT.command` and `.event`): a repository's, or those of the
//! user, which hold in all repositories and can be changed outside of any.
//!
//! A name is run once for an event, in however many scopes it is set. Each value is one run of
//! `git config`, which locks the file: a process killed between two leaves a command without an event,
//! which Git passes over.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::install::{By, Report, State, Step};
use super::{Error, Event, Gone, Result, program, setting, stub};
use crate::git::{self, Config, Git, Repo, Scope, Version};

/// The settings of one scope.
pub(super) struct Settings<'a> {
    /// `None` for the user's.
    repo: Option<&'a Repo>,
    config: &'a Config,
}

impl<'a> Settings<'a> {
    pub(super) fn of(repo: &'a Repo, config: &'a Config) -> Settings<'a> {
        Settings { repo: Some(repo), config }
    }

    /// Whether they have our hook as we would write it.
    pub(super) fn are_current(&self, event: Event, program: &Path) -> bool {
        let command = stub::command(event, program);
        self.value(event, "command").is_some_and(|value| value == command.to_string_lossy())
            && self.value(event, "event").is_some_and(|value| value == event.name())
    }

    /// Whether they have something of our hook's.
    pub(super) fn have(&self, event: Event) -> bool {
        ["command", "event"].iter().any(|key| self.value(event, key).is_some())
    }

    fn value(&self, event: Event, key: &str) -> Option<String> {
        let scope = if self.repo.is_some() { Scope::Local } else { Scope::Global };
        self.config.string_in(scope, &format!("hook.{}.{key}", setting(event)))
    }

    /// The command comes first: Git fails whatever fires an event of a hook that has none.
    pub(super) fn set(&self, event: Event, program: &Path) -> Result<()> {
        let command = stub::command(event, program);
        let values = [("command", command.as_os_str()), ("event", event.name().as_ref())];
        for (key, value) in values {
            let key = format!("hook.{}.{key}", setting(event));
            self.git_config(&["--replace-all".as_ref(), key.as_ref(), value])?;
        }
        Ok(())
    }

    pub(super) fn remove(&self, event: Event) -> Result<()> {
        let section = format!("hook.{}", setting(event));
        self.git_config(&["--remove-section".as_ref(), section.as_ref()])
    }

    fn git_config(&self, words: &[&OsStr]) -> Result<()> {
        let scope = if self.repo.is_some() { "--local" } else { "--global" };
        let arguments = [&["config".as_ref(), scope.as_ref()], words].concat();
        match self.repo {
            Some(repo) => Git::new(repo)?.run(&arguments)?,
            None => git::run_anywhere(&arguments)?,
        };
        Ok(())
    }

    /// The file that has them, or will have them.
    pub(super) fn file(&self) -> Result<PathBuf> {
        match self.repo {
            Some(repo) => Ok(repo.common_dir().join("config")),
            None => Ok(git::users_settings_file()?),
        }
    }
}

/// Fails if this Git does not know hooks by settings.
pub(super) fn must_be_known() -> Result<()> {
    let version = git::version()?;
    if version < Version::CONFIGURED_HOOKS {
        return Err(Error::OldGit { version });
    }
    Ok(())
}

/// Installs hooks for all repositories of the user. No repository is looked at.
///
/// # Errors
/// What was done before the error stays; doing it again goes on from there.
pub fn install_for_user(events: &[Event], dry_run: bool) -> Result<Report> {
    must_be_known()?;
    let (config, program) = (Config::of_user()?, program::find()?);
    let settings = Settings { repo: None, config: &config };
    let path = settings.file()?;
    let mut steps = Vec::new();
    for &event in events {
        let is_current = settings.are_current(event, &program);
        if !is_current && !dry_run {
            settings.set(event, &program)?;
        }
        let state = if is_current { State::Ready(By::Settings) } else { State::Configured };
        steps.push(Step { event, path: path.clone(), state });
    }
    Ok(Report { steps, deaf: git::older_on_path(Version::CONFIGURED_HOOKS) })
}

/// Takes hooks out of the user's settings, and nothing else.
///
/// # Errors
/// As of [`install_for_user`].
pub fn uninstall_for_user(events: &[Event], dry_run: bool) -> Result<Vec<(Event, Gone)>> {
    let config = Config::of_user()?;
    let settings = Settings { repo: None, config: &config };
    let mut gone = Vec::new();
    for &event in events.iter().filter(|event| settings.have(**event)) {
        if !dry_run {
            settings.remove(event)?;
        }
        gone.push((event, Gone::Unset { name: setting(event) }));
    }
    Ok(gone)
}
