//! What comes after a project was written: its repository, its first commit, its first run.

use std::path::Path;

use super::{NewArgs, Project, show};
use crate::cli::global;
use crate::cli::mlrun::metrics::{self, WorktreeMetrics};
use crate::cli::mlrun::recorded::JsonRun;
use crate::cli::mlrun::repro;
use crate::cli::{CliError, ErrorKind, Ui};
use crate::data::{init, installation};
use crate::fs::shell_word;
use crate::fs::{At as _, RepoPath};
use crate::git::Repo;
use crate::pipeline::run::interrupt::Interrupt;
use crate::scaffold::repository::{self, FirstCommit};
use crate::scaffold::update::pristine;

/// Says which repository the project came into.
pub fn tell_repository(ui: &Ui, project: &Project, top: &Path) {
    let word = shell_word(&project.shown);
    let top = ui.os_path(top);
    ui.status(format_args!("It is in the repository `{top}`: nothing was committed."));
    ui.hint(format_args!("`git add {word}` and `git commit`"));
    let prepared = |repo: Repo| {
        let options = init::Options { dry_run: true, hooks: true, durable: false };
        let report = init::init(&repo, options).ok()?;
        let is_ready =
            |step: &installation::Step| matches!(step.state, installation::State::Ready(_));
        Some(
            report.steps.iter().all(|step| step.state != init::State::Created)
                && report.hooks.iter().all(is_ready),
        )
    };
    if Repo::around(&project.target).and_then(prepared) == Some(false) {
        ui.hint("`git mldata init` prepares the repository: hooks, merge rules, settings");
    }
}

/// Makes the repository; the first commit, if there is one.
pub fn set_up(
    ui: &Ui,
    args: &NewArgs,
    project: &Project,
    interrupt: &Interrupt,
    warnings: &mut Vec<String>,
) -> Result<Option<String>, CliError> {
    let message = show::commit_message(&project.made.origin);
    let set_up = repository::set_up(&project.target, (!args.no_commit).then_some(&message[..]));
    let set_up = match set_up {
        Ok(set_up) => set_up,
        // Git heard Ctrl-C as well.
        Err(_) if interrupt.is_set() => {
            let error = CliError::new(ErrorKind::Interrupted, "interrupted");
            return Err(show::after(error, &project.shown));
        }
        Err(error) => return Err(show::after(error, &project.shown)),
    };
    for step in &set_up.hooks {
        if let installation::State::ByHand { .. } = &step.state {
            let name = step.event.name();
            let text = format!("the hook {name} was not installed: `git mldata install` says why");
            show::warn(ui, warnings, text);
        }
    }
    let commit = format!("git commit -m {}", shell_word(&message));
    match set_up.commit {
        FirstCommit::Made(id) => {
            let short = set_up.repo.short_id(id);
            ui.status(format_args!("It is a Git repository with a first commit ({short})."));
            return Ok(Some(id.to_string()));
        }
        FirstCommit::Left => {
            ui.status("It is a Git repository; everything is staged for a first commit.");
        }
        FirstCommit::NoIdentity => {
            let text = "Git does not know your name, so that there is no first commit; everything is \
                        staged for it";
            show::warn(ui, warnings, text.to_owned());
            ui.hint("`git config --global user.name 'Your Name'`");
            ui.hint("`git config --global user.email you@example.com`");
            ui.hint(format_args!("`{commit}`"));
        }
        FirstCommit::Refused(error) => {
            show::warn(ui, warnings, format!("there is no first commit: {error}"));
            ui.hint(format_args!("everything is staged: `{commit}`"));
        }
    }
    Ok(None)
}

/// Keeps what was rendered, for `template update` to merge from. It can be found again or made anew, so
/// what goes wrong is a warning. `is_staged`: exactly this was staged, in a new repository.
pub fn keep_render(ui: &Ui, project: &Project, is_staged: bool, warnings: &mut Vec<String>) {
    let attempt = || -> Result<(), CliError> {
        let repo = Repo::around(&project.target).ok_or_else(|| CliError::internal("it is gone"))?;
        let (record, files) = (&project.record, &project.made.rendered.files);
        if is_staged {
            pristine::keep_staged(&repo, record, files)?;
            return Ok(());
        }
        let target = project.target.canonicalize().at("find", &project.target)?;
        let below = target.strip_prefix(repo.top()).map_err(CliError::internal)?;
        let directory = RepoPath::new(below.as_os_str().as_encoded_bytes())
            .ok_or_else(|| CliError::internal("its path is odd"))?;
        pristine::keep(&repo, &directory, record, files)?;
        Ok(())
    };
    if let Err(error) = attempt() {
        show::warn(ui, warnings, format!("what was rendered is not kept for updates: {error}"));
    }
}

/// What came of the first run of a pipeline.
pub struct FirstRun {
    /// As far as it was recorded.
    pub recorded: Option<JsonRun>,
    pub metrics: WorktreeMetrics,
}

/// Runs the pipeline of the project, and shows its metrics.
pub fn run_pipeline(ui: &Ui, args: &NewArgs, project: &Project) -> Result<FirstRun, CliError> {
    let attempt = || -> Result<FirstRun, CliError> {
        let target = &project.target;
        std::env::set_current_dir(target).at("go to", target)?;
        let opened = global::project(ui)?;
        let options = repro::ReproArgs { aside: args.json, ..Default::default() };
        let (_, recorded) = repro::run_in(ui, &opened, &options)?;
        if !args.json {
            let _ = metrics::show_worktree(ui, &opened)?;
            ui.flush()?;
        }
        Ok(FirstRun { recorded, metrics: metrics::of_worktree(ui, &opened)? })
    };
    attempt().map_err(|error| {
        let error = show::after(error, &project.shown);
        let readme = RepoPath::new("README.md").expect("a name");
        match project.made.rendered.files.file(&readme) {
            Some(_) => {
                let path = Path::new(&project.shown).join("README.md");
                error.hint(format!("`{}` may say what to install first", path.display()))
            }
            None => error,
        }
    })
}
