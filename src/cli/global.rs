//! Options that every command has, and what is done with them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::run::finish;
use super::{CliError, ColorChoice, Outcome, Ui};
use crate::data::{Error, Project};
use crate::fs::At as _;
use crate::git::Repo;

// No doc comment: clap would take it for the help of the command.
#[derive(Debug, clap::Args)]
pub struct Global {
    /// Run as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true, display_order = 900, value_hint = clap::ValueHint::DirPath)]
    directory: Vec<PathBuf>,
    /// Say nothing but warnings and errors
    #[arg(short, long, global = true, display_order = 900)]
    quiet: bool,
    /// Say more
    #[arg(short, long, global = true, display_order = 900, conflicts_with = "quiet")]
    verbose: bool,
    /// When to use colour
    #[arg(
        long,
        value_name = "WHEN",
        global = true,
        display_order = 900,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        hide_default_value = true,
        help = "When to use colour: auto, always or never"
    )]
    color: ColorChoice,
}

/// Runs the command that the process was started with.
pub(super) fn main<C: clap::Parser>(
    split: impl FnOnce(C) -> (Global, Box<dyn FnOnce(&Ui) -> Result<Outcome, CliError>>),
) -> ExitCode {
    let cli = match C::try_parse_from(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output with code 0, usage errors to standard error
            // with code 2.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let (global, run) = split(cli);
    let ui = Ui::new(global.quiet, global.verbose, global.color);
    finish(&ui, || {
        for directory in &global.directory {
            std::env::set_current_dir(directory).at("go to", directory)?;
        }
        run(&ui)
    })
}

/// The repository of the current directory.
pub(super) fn repository(ui: &Ui) -> Result<Repo, CliError> {
    let repo = Repo::discover(Path::new("."))?;
    ui.set_worktree(repo.top());
    Ok(repo)
}

/// The project of the current directory.
pub(super) fn project(ui: &Ui) -> Result<Project, CliError> {
    let project = Project::open(Path::new("."))?;
    ui.set_worktree(project.repo.top());
    Ok(project)
}

/// Shows what went wrong with single targets; the exit code says that something did.
pub(super) fn conclude(ui: &Ui, errors: Vec<Error>) -> Result<Outcome, CliError> {
    let mut errors: Vec<CliError> = errors.into_iter().map(CliError::from).collect();
    let Some(last) = errors.pop() else { return Ok(Outcome::Done) };
    for (at, error) in errors.iter_mut().enumerate() {
        if at >= SHOWN_ERRORS {
            continue;
        }
        ui.error(error);
    }
    if errors.len() > SHOWN_ERRORS {
        ui.status(format_args!("({} more errors)", errors.len() - SHOWN_ERRORS));
    }
    Err(last)
}

/// A transfer that failed can name a million objects.
pub(super) const SHOWN_ERRORS: usize = 20;
