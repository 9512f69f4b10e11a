//! Who runs at each event, and what is wrong with that.
//!
//! Nothing is changed and no hook is run. What a hook of others does is not known: only whether our line
//! is in it.

use std::path::{Path, PathBuf};

use super::found::{Found, look};
use super::stub::Stub;
use super::{Event, Manager, Owner, Place, Problem, Reason, Result};
use super::{install, program, setting, slot, uninstall};
use crate::data::hook::Switch;
use crate::data::init;
use crate::fs;
use crate::git::{self, Config, Git, Repo, Scope, Version};

/// The state of a repository's hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    pub git: Version,
    pub place: Place,
    /// The `git-mldata` that hooks find on PATH, with the PATH of this process.
    pub program: Option<PathBuf>,
    pub events: Vec<Served>,
    pub problems: Vec<Problem>,
}

/// What runs at an event, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    pub event: Event,
    pub runners: Vec<Runner>,
    /// Whether we are called, or the user does not want us to be.
    pub is_served: bool,
    /// Whether `mldata.hook.EVENT` switches off what we do.
    pub is_off: bool,
}

/// Something that Git, or another hook, runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runner {
    /// Named by Git's settings.
    Settings { name: String, scope: Scope, ours: bool },
    /// A hook of ours, which falls back on `program` where that is known.
    Stub { path: PathBuf, stub: Stub },
    /// A hook of the user's with our line in it, or the file from which a manager runs it.
    Line { path: PathBuf },
    /// The hook of a manager.
    Manager { path: PathBuf, manager: Manager },
    /// A hook of any other kind.
    Other { path: PathBuf },
}

impl Runner {
    /// Whether it hands the event on to us.
    pub fn is_ours(&self) -> bool {
        match self {
            Runner::Settings { ours, .. } => *ours,
            Runner::Stub { .. } | Runner::Line { .. } => true,
            Runner::Manager { .. } | Runner::Other { .. } => false,
        }
    }
}

/// Looks at the hooks of a repository.
///
/// # Errors
/// Something is there and cannot be read.
pub fn diagnose(repo: &Repo) -> Result<Diagnosis> {
    let mut doctor = Doctor {
        repo,
        config: repo.config()?,
        place: Place::of(repo)?,
        git: git::version()?,
        program: program::on_path(),
        problems: Vec::new(),
        unused: Vec::new(),
    };
    let mut events = Vec::new();
    for event in Event::ALL {
        events.push(doctor.served(event)?);
    }
    doctor.across(&events)?;
    let Doctor { place, git, program, problems, .. } = doctor;
    Ok(Diagnosis { git, place, program, events, problems })
}

struct Doctor<'a> {
    repo: &'a Repo,
    config: Config,
    place: Place,
    git: Version,
    program: Option<PathBuf>,
    problems: Vec<Problem>,
    /// Hooks of ours that nothing runs.
    unused: Vec<PathBuf>,
}

impl Doctor<'_> {
    fn served(&mut self, event: Event) -> Result<Served> {
        let mut runners = self.by_settings(event)?;
        if self.place.owner != Owner::None {
            self.in_directory(event, &mut runners)?;
        }
        self.leftovers(event, &runners)?;
        let ours = runners.iter().filter(|runner| runner.is_ours()).count();
        if ours > 1 {
            self.problems.push(Problem::Twice { event });
        }
        let has_checks = event == Event::PreCommit && self.managers_run_checks(&runners)?;
        if ours > 0 && has_checks {
            self.problems.push(Problem::ChecksTwice);
        }
        let is_off = matches!(Switch::of(&self.config, event.name()), Ok(Switch::Off));
        Ok(Served { event, runners, is_served: is_off || has_checks || ours > 0, is_off })
    }

    /// The hooks that Git's settings name, if this Git knows such. Which of them run is Git's to say: there
    /// is more than one way to switch them off.
    fn by_settings(&mut self, event: Event) -> Result<Vec<Runner>> {
        if self.git < Version::CONFIGURED_HOOKS {
            return Ok(Vec::new());
        }
        let configured = self.config.configured_hooks();
        if configured.is_empty() {
            return Ok(Vec::new());
        }
        let running = match Git::new(self.repo)?.hooks_by_settings(event.name()) {
            Err(git::Error::Failed { stderr, .. }) => {
                let reason = fs::display_bytes(stderr.trim().as_bytes());
                self.problems.push(Problem::Refused { event, reason });
                return Ok(Vec::new());
            }
            running => running?,
        };
        let ours = setting(event);
        let is_set = |name: &str| {
            let hook = configured.iter().find(|hook| hook.name == ours);
            hook.is_some_and(|hook| hook.events.iter().any(|event| event == name))
        };
        if is_set(event.name()) && !running.contains(&ours) {
            let keys = [format!("hook.{ours}.enabled"), format!("hook.{}.enabled", event.name())];
            let off = keys.into_iter().find(|key| !self.config.git_boolean(key, true));
            if let Some(key) = off {
                let scope = self.config.scope_of(&key);
                self.problems.push(Problem::Disabled { key, scope });
            }
        }
        let runner = |name: String| {
            let found = configured.iter().find(|hook| hook.name == name);
            let scope = found.map_or(Scope::Command, |hook| hook.scope);
            let ours = name == ours;
            Runner::Settings { name, scope, ours }
        };
        Ok(running.into_iter().map(runner).collect())
    }

    /// The hook in Git's directory, and what that runs.
    fn in_directory(&mut self, event: Event, runners: &mut Vec<Runner>) -> Result<()> {
        let path = self.place.directory.join(event.name());
        let found = look(&path, event)?;
        if found == Found::Nothing {
            return Ok(());
        }
        if !program::is_executable(&path) {
            if matches!(found, Found::Ours(_) | Found::CallsUs) {
                self.problems.push(Problem::NotExecutable { path });
            }
            return Ok(());
        }
        match found {
            Found::Nothing | Found::NoFile => {}
            Found::Ours(stub) => self.stub(event, path, stub, runners),
            Found::CallsUs => runners.push(Runner::Line { path }),
            Found::Managed(manager) => {
                let legacy = self.place.directory.join(format!("{}.legacy", event.name()));
                if manager.runs_legacy(event) && program::is_executable(&legacy) {
                    match look(&legacy, event)? {
                        Found::Ours(stub) => self.stub(event, legacy, stub, runners),
                        Found::CallsUs => runners.push(Runner::Line { path: legacy }),
                        _ => runners.push(Runner::Other { path: legacy }),
                    }
                }
                runners.push(Runner::Manager { path, manager });
                if let Some(path) = manager.file_with_line(self.repo, event)? {
                    runners.push(Runner::Line { path });
                }
            }
            Found::KnowsItsName | Found::Other { .. } if self.place.owner == Owner::Husky => {
                runners.push(Runner::Manager { path, manager: Manager::Husky });
                let path = self.place.users_hook(event.name());
                // husky hands it to a shell, executable or not.
                match look(&path, event)? {
                    Found::Nothing | Found::NoFile => {}
                    Found::CallsUs => runners.push(Runner::Line { path }),
                    _ => runners.push(Runner::Other { path }),
                }
            }
            Found::KnowsItsName | Found::Other { .. } => runners.push(Runner::Other { path }),
        }
        Ok(())
    }

    /// A stub that runs, and the hook that it runs.
    fn stub(&mut self, event: Event, path: PathBuf, stub: Stub, runners: &mut Vec<Runner>) {
        match &stub {
            Stub::Other { version } => {
                self.problems.push(Problem::OtherVersion { path: path.clone(), version: *version });
            }
            Stub::Current { program }
                if self.program.is_none() && !program::is_executable(program) =>
            {
                let program = program.clone();
                self.problems.push(Problem::NoProgram { path: path.clone(), program });
            }
            _ => {}
        }
        let slot = slot::path(&self.place.directory, event);
        let chained = program::is_executable(&slot).then_some(Runner::Other { path: slot });
        let ours = Runner::Stub { path, stub };
        match event {
            Event::PrePush => runners.extend([Some(ours), chained].into_iter().flatten()),
            _ => runners.extend([chained, Some(ours)].into_iter().flatten()),
        }
    }

    /// Whether pre-commit or prek run our checks.
    fn managers_run_checks(&self, runners: &[Runner]) -> Result<bool> {
        for runner in runners {
            if let Runner::Manager { manager, .. } = runner
                && manager.runs_checks(self.repo)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is ours and does not run: other programs move hooks, and `core.hooksPath` changes.
    fn leftovers(&mut self, event: Event, runners: &[Runner]) -> Result<()> {
        let runs = |path: &Path| {
            runners.iter().any(|runner| match runner {
                Runner::Stub { path: run, .. }
                | Runner::Line { path: run }
                | Runner::Other { path: run } => run == path,
                Runner::Settings { .. } | Runner::Manager { .. } => false,
            })
        };
        for directory in uninstall::directories(self.repo, &self.place) {
            let is_used = directory == self.place.directory;
            for ending in ["", ".legacy", ".old"] {
                let path = directory.join(format!("{}{ending}", event.name()));
                let is_stub = matches!(look(&path, event)?, Found::Ours(_));
                // One that is not executable was told of already.
                if is_stub && !runs(&path) && (!is_used || !ending.is_empty()) {
                    self.unused.push(path);
                }
            }
            let slot = slot::path(&directory, event);
            let runs_stub = runners.iter().any(|runner| matches!(runner, Runner::Stub { .. }));
            if is_used && !runs_stub && fs::lstat(&slot)?.is_some() {
                self.problems.push(Problem::Replaced { path: slot });
            }
        }
        Ok(())
    }

    /// What concerns all events.
    fn across(&mut self, events: &[Served]) -> Result<()> {
        let missing: Vec<Event> =
            events.iter().filter(|served| !served.is_served).map(|served| served.event).collect();
        self.not_installed(missing)?;
        if self.place.owner == Owner::None {
            self.problems.push(Problem::HooksOff { scope: self.place.scope });
        }
        let used = self.place.directory.clone();
        let (moved, passed): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.unused).into_iter().partition(|path| path.starts_with(&used));
        if let Some(directory) = passed.first().and_then(|path| path.parent()) {
            let directory = directory.to_owned();
            self.problems.push(Problem::PassedOver { directory, used });
        }
        if !moved.is_empty() {
            self.problems.push(Problem::Unused { paths: moved });
        }
        let by_settings = |runner: &Runner| matches!(runner, Runner::Settings { ours: true, .. });
        if events.iter().any(|served| served.runners.iter().any(by_settings)) {
            let older = git::older_on_path(Version::CONFIGURED_HOOKS);
            let has_directory = self.place.owner == Owner::Own;
            let deaf = |(path, version)| Problem::DeafGit { path, version, has_directory };
            self.problems.extend(older.into_iter().map(deaf));
        }
        if self.wants_lfs()? && !self.has_lfs(events)? {
            self.problems.push(Problem::Lfs);
        }
        let options = init::Options { dry_run: true, hooks: false, durable: false };
        // What cannot be told here, `git mldata init` says.
        for step in init::init(self.repo, options).into_iter().flat_map(|report| report.steps) {
            if step.state != init::State::Ready {
                let what = match step.what {
                    init::What::Settings => "there is no `.mldataconfig`",
                    init::What::Attributes => "`.gitattributes` lacks our merge rules",
                    init::What::MergeDriver => "Git does not know how to merge `mlrun.lock`",
                };
                self.problems.push(Problem::NotPrepared { what });
            }
        }
        Ok(())
    }

    /// What `git mldata install` would do about events at which Git does not call us, or leave to the user.
    fn not_installed(&mut self, mut events: Vec<Event>) -> Result<()> {
        // With a directory, they can be installed.
        if !events.is_empty() && self.place.owner != Owner::None {
            let options = install::Options {
                method: install::Method::Auto,
                events: events.clone(),
                dry_run: true,
                durable: false,
            };
            for step in install::install(self.repo, &options)?.steps {
                if let install::State::ByHand { reason, lines } = step.state
                    && !matches!(reason, Reason::Edited | Reason::NoFile)
                {
                    let (event, path) = (step.event, step.path);
                    events.retain(|missing| *missing != event);
                    self.problems.push(Problem::LeftToUser { event, reason, path, lines });
                }
            }
        }
        if !events.is_empty() {
            self.problems.push(Problem::NotInstalled { events });
        }
        Ok(())
    }

    fn wants_lfs(&self) -> Result<bool> {
        let path = self.repo.top().join(".gitattributes");
        let text = git::read_worktree_file(&path, 1 << 20)?.unwrap_or_default();
        Ok(text.windows(10).any(|word| word == b"filter=lfs"))
    }

    fn has_lfs(&self, events: &[Served]) -> Result<bool> {
        let push = events.iter().filter(|served| served.event == Event::PrePush);
        for runner in push.flat_map(|served| &served.runners) {
            let text = match runner {
                Runner::Settings { name, .. } => {
                    let command = self.config.git_string(&format!("hook.{name}.command"));
                    command.unwrap_or_default().into_bytes()
                }
                Runner::Line { path } | Runner::Other { path } => {
                    fs::read_bounded(path, 1 << 20).unwrap_or_default()
                }
                Runner::Stub { .. } | Runner::Manager { .. } => continue,
            };
            let text = String::from_utf8_lossy(&text);
            if ["git lfs pre-push", "git-lfs pre-push"].iter().any(|call| text.contains(call)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
