//! `git mldata`.

mod add;
mod args;
mod checkout;
mod fetch;
mod hook;
mod init;
mod pull;
mod push;
mod recover;
mod remote;
mod status;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;

use super::run::finish;
use super::{CliError, ColorChoice, Outcome, Ui};
use crate::data::{Error, Project};
use crate::fs::At as _;
use crate::git::Repo;

/// Version data with Git: small pointers in Git, the bytes beside it
///
/// Data lies in a cache in the repository, costs no second copy where the file system has reflinks,
/// follows your branches, and is shared through any directory.
#[derive(Debug, clap::Parser)]
#[command(
    name = "git-mldata",
    bin_name = "git mldata",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "\
Start with:
  git mldata init                              prepare a repository
  git mldata add data/                         put a file or directory under version control
  git mldata remote add store /mnt/store       name the place where data is shared
  git mldata push                              send the data there
  git mldata pull                              get it in another clone

Exit codes: 0 done, 1 the answer is no, 2 usage, 3 could not do it, 70 a bug, 130 interrupted."
)]
pub struct Cli {
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
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Init(init::InitArgs),
    Add(add::AddArgs),
    Status(status::StatusArgs),
    Checkout(checkout::CheckoutArgs),
    Push(push::PushArgs),
    Fetch(fetch::FetchArgs),
    Pull(pull::PullArgs),
    Remote(remote::RemoteArgs),
    Recover(recover::RecoverArgs),
    Hook(hook::HookArgs),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output with code 0, usage errors to standard error
            // with code 2.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let ui = Ui::new(cli.quiet, cli.verbose, cli.color);
    finish(&ui, || {
        for directory in &cli.directory {
            std::env::set_current_dir(directory).at("go to", directory)?;
        }
        run(&ui, cli.command)
    })
}

fn run(ui: &Ui, command: Command) -> Result<Outcome, CliError> {
    match command {
        Command::Init(args) => init::run(ui, args),
        Command::Add(args) => add::run(ui, args),
        Command::Status(args) => status::run(ui, args),
        Command::Checkout(args) => checkout::run(ui, args),
        Command::Push(args) => push::run(ui, args),
        Command::Fetch(args) => fetch::run(ui, args),
        Command::Pull(args) => pull::run(ui, args),
        Command::Remote(args) => remote::run(ui, args),
        Command::Recover(args) => recover::run(ui, args),
        Command::Hook(args) => hook::run(ui, args),
    }
}

/// The repository of the current directory.
fn repository(ui: &Ui) -> Result<Repo, CliError> {
    let repo = Repo::discover(Path::new("."))?;
    ui.set_worktree(repo.top());
    Ok(repo)
}

/// The project of the current directory.
fn project(ui: &Ui) -> Result<Project, CliError> {
    let project = Project::open(Path::new("."))?;
    ui.set_worktree(project.repo.top());
    Ok(project)
}

/// Shows what went wrong with single targets; the exit code says that something did.
fn conclude(ui: &Ui, errors: Vec<Error>) -> Result<Outcome, CliError> {
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
const SHOWN_ERRORS: usize = 20;

fn objects(count: u64) -> String {
    match count {
        1 => "1 object".to_owned(),
        count => format!("{} objects", indicatif::HumanCount(count)),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        <super::Cli as clap::CommandFactory>::command().debug_assert();
    }
}
