//! Installing hooks in a repository.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::by_hand::by_hand;
use super::found::{Found, look};
use super::settings::{self, Settings};
use super::stub::{self, Stub};
use super::{Event, Manager, Owner, Place, Result, lock, program, setting, slot, uninstall};
use crate::fs::{self, At as _};
use crate::git::{self, Config, Repo, Version};

/// How hooks are installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// As files, and by settings where the directory is somebody else's.
    Auto,
    /// As files.
    Directory,
    /// By Git's settings.
    Settings,
}

#[derive(Clone, Debug)]
pub struct Options {
    pub method: Method,
    pub events: Vec<Event>,
    /// Report, and do nothing.
    pub dry_run: bool,
    /// Whether what is written outlasts a power cut.
    pub durable: bool,
}

/// What was done, or would be done, event by event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub steps: Vec<Step>,
    /// Older Gits on PATH, which do not run the hooks that settings name, if there are such hooks now.
    pub deaf: Vec<(PathBuf, Version)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub event: Event,
    /// The hook, or the file with the settings.
    pub path: PathBuf,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Installed,
    /// Installed, and it runs the hook that was there.
    Chained,
    /// A stub of another version, or with a program that is gone, was replaced.
    Updated,
    /// Installed in Git's settings.
    Configured,
    /// It was as it should be.
    Ready(By),
    /// The user has to put `lines` into `path`.
    ByHand {
        reason: Reason,
        lines: String,
    },
}

/// What serves an event already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Stub,
    /// A hook of the user's, or the file of a manager, with our line in it.
    Line,
    Settings,
    /// The hook of pre-commit or prek, whose file lists our checks.
    Manager(Manager),
}

/// Why a hook was not installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The directory of hooks is not this repository's alone.
    Place(Owner),
    /// Its manager would overwrite ours.
    Managed(Manager),
    /// The hook goes by its name, and would get another.
    KnowsItsName,
    /// The stub was changed by somebody.
    Edited,
    /// Ours runs one other hook, and there is a second one now.
    Second,
    /// What is there is no file.
    NoFile,
}

/// Installs hooks. What serves an event already is left as it is; a hook that is there is run by ours.
///
/// # Errors
/// What was done before the error stays, each event wholly or not at all; doing it again goes on from
/// there.
pub fn install(repo: &Repo, options: &Options) -> Result<Report> {
    if options.method == Method::Settings {
        settings::must_be_known()?;
    }
    let installer = Installer::new(repo, options)?;
    let plans = installer.plans()?;
    let is_idle = |(event, plan): &(Event, Plan)| installer.is_idle(*event, plan);
    let steps = if options.dry_run || plans.iter().all(is_idle) {
        plans.into_iter().map(|(event, plan)| installer.step(event, plan)).collect()
    } else {
        let _lock = lock(repo)?;
        // Others may have had their turn.
        let installer = Installer::new(repo, options)?;
        let mut steps = Vec::new();
        for (event, plan) in installer.plans()? {
            installer.carry_out(event, &plan)?;
            steps.push(installer.step(event, plan));
        }
        steps
    };
    let by_settings =
        |step: &Step| matches!(step.state, State::Configured | State::Ready(By::Settings));
    let deaf = match steps.iter().any(by_settings) {
        true => git::older_on_path(Version::CONFIGURED_HOOKS),
        false => Vec::new(),
    };
    Ok(Report { steps, deaf })
}

struct Installer<'a> {
    repo: &'a Repo,
    options: &'a Options,
    place: Place,
    config: Config,
    program: PathBuf,
}

/// What is to be done about an event.
enum Plan {
    Write { path: PathBuf, state: State },
    Chain { path: PathBuf },
    Configure { path: PathBuf },
    Leave { path: PathBuf, state: State },
}

impl<'a> Installer<'a> {
    fn new(repo: &'a Repo, options: &'a Options) -> Result<Installer<'a>> {
        let (place, config) = (Place::of(repo)?, repo.config()?);
        Ok(Installer { repo, options, place, config, program: program::find()? })
    }

    fn plans(&self) -> Result<Vec<(Event, Plan)>> {
        let plan = |&event: &Event| Ok((event, self.plan(event)?));
        self.options.events.iter().map(plan).collect()
    }

    /// Whether nothing is done about the event.
    fn is_idle(&self, event: Event, plan: &Plan) -> bool {
        match plan {
            Plan::Leave { state, .. } => !(is_in_directory(state) && self.settings().have(event)),
            _ => false,
        }
    }

    fn plan(&self, event: Event) -> Result<Plan> {
        let settings = self.settings();
        let by_settings = || {
            let state = State::Ready(By::Settings);
            Ok(Plan::Leave { path: settings.file()?, state })
        };
        if self.options.method == Method::Settings {
            let is_current = settings.are_current(event, &self.program);
            return if is_current {
                by_settings()
            } else {
                Ok(Plan::Configure { path: settings.file()? })
            };
        }
        let has_settings = self.options.method == Method::Auto
            && self.config.git_string(&format!("hook.{}.event", setting(event))).is_some()
            && git::version()? >= Version::CONFIGURED_HOOKS;
        let reason = match self.in_directory(event)? {
            // Serving the event a second time is what must not happen.
            Ok(Plan::Write { .. } | Plan::Chain { .. }) if has_settings => return by_settings(),
            Ok(plan) => return Ok(plan),
            Err(reason) => reason,
        };
        if has_settings {
            return by_settings();
        }
        let is_wanted = !matches!(reason, Reason::Edited | Reason::Place(Owner::None));
        if self.options.method == Method::Auto
            && is_wanted
            && git::version()? >= Version::CONFIGURED_HOOKS
        {
            return Ok(Plan::Configure { path: settings.file()? });
        }
        let (path, state) = by_hand(self.repo, &self.place, event, reason);
        Ok(Plan::Leave { path, state })
    }

    /// What is to be done in the directory of hooks, or why nothing is.
    fn in_directory(&self, event: Event) -> Result<Result<Plan, Reason>> {
        let path = self.place.directory.join(event.name());
        let users = self.place.users_hook(event.name());
        let found = match self.place.owner {
            Owner::None => return Ok(Err(Reason::Place(Owner::None))),
            _ => look(&users, event)?,
        };
        let ready = |path, by| Ok(Ok(Plan::Leave { path, state: State::Ready(by) }));
        if found == Found::CallsUs {
            return ready(users, By::Line);
        }
        if self.place.owner != Owner::Own {
            return Ok(Err(Reason::Place(self.place.owner)));
        }
        let Found::Managed(manager) = found else { return self.at(event, path, found) };
        if let Some(path) = manager.file_with_line(self.repo, event)? {
            return ready(path, By::Line);
        }
        if manager.runs_legacy(event) {
            if event == Event::PreCommit && manager.runs_checks(self.repo)? {
                return ready(path, By::Manager(manager));
            }
            let legacy = self.place.directory.join(format!("{}.legacy", event.name()));
            let found = look(&legacy, event)?;
            return self.at(event, legacy, found);
        }
        self.at(event, path, found)
    }

    fn at(&self, event: Event, path: PathBuf, found: Found) -> Result<Result<Plan, Reason>> {
        let reason = match found {
            Found::Nothing => return Ok(Ok(Plan::Write { path, state: State::Installed })),
            Found::CallsUs => {
                return Ok(Ok(Plan::Leave { path, state: State::Ready(By::Line) }));
            }
            Found::Ours(Stub::Current { program })
                if program::is_executable(&program) && program::is_executable(&path) =>
            {
                return Ok(Ok(Plan::Leave { path, state: State::Ready(By::Stub) }));
            }
            Found::Ours(Stub::Current { .. } | Stub::Other { .. }) => {
                return Ok(Ok(Plan::Write { path, state: State::Updated }));
            }
            Found::Ours(Stub::Edited) => Reason::Edited,
            Found::Managed(
                manager @ (Manager::Lefthook | Manager::Husky | Manager::Overcommit),
            ) => Reason::Managed(manager),
            Found::KnowsItsName => Reason::KnowsItsName,
            Found::NoFile => Reason::NoFile,
            Found::Other { .. } | Found::Managed(_) => {
                let slot = slot::path(&self.place.directory, event);
                match slot::is_free_for(&path, &slot)? {
                    true => return Ok(Ok(Plan::Chain { path })),
                    false => Reason::Second,
                }
            }
        };
        Ok(Err(reason))
    }

    fn carry_out(&self, event: Event, plan: &Plan) -> Result<()> {
        match plan {
            Plan::Write { path, .. } => self.write(event, path)?,
            Plan::Chain { path } => {
                slot::fill(path, &slot::path(&self.place.directory, event))?;
                self.write(event, path)?;
            }
            Plan::Configure { .. } => self.settings().set(event, &self.program)?,
            Plan::Leave { state, .. } if is_in_directory(state) => {}
            Plan::Leave { .. } => return Ok(()),
        }
        // The other way to serve the event goes last: for a moment there are two, and never none.
        match plan {
            Plan::Configure { .. } => {
                uninstall::from_directory(self.repo, &self.place.directory, event)
            }
            _ if self.settings().have(event) => self.settings().remove(event),
            _ => Ok(()),
        }
    }

    fn write(&self, event: Event, path: &Path) -> Result<()> {
        fs::create_dir_all(&self.place.directory)?;
        let mut file = fs::AtomicFile::create_in(&self.place.directory)?;
        file.write_all(&stub::text(event, &self.program)).at("write", path)?;
        match self.options.durable {
            true => {
                file.publish(path, 0o755)?;
                fs::sync_dir(&self.place.directory)?;
            }
            false => file.publish_unsynced(path, 0o755)?,
        }
        Ok(())
    }

    fn settings(&self) -> Settings<'_> {
        Settings::of(self.repo, &self.config)
    }

    fn step(&self, event: Event, plan: Plan) -> Step {
        let (path, state) = match plan {
            Plan::Write { path, state } | Plan::Leave { path, state } => (path, state),
            Plan::Chain { path } => (path, State::Chained),
            Plan::Configure { path } => (path, State::Configured),
        };
        Step { event, path, state }
    }
}

/// Whether a hook in the directory serves the event already.
fn is_in_directory(state: &State) -> bool {
    matches!(state, State::Ready(By::Stub | By::Line))
}
