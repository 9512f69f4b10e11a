//! `git mldata`.

mod add;
mod args;
pub(in crate::cli) mod checkout;
mod doctor;
pub(in crate::cli) mod fetch;
pub(in crate::cli) mod hook;
mod init;
mod install;
mod pull;
mod push;
mod recover;
mod remote;
mod status;
mod uninstall;

use std::process::ExitCode;

use super::global::{self, Global, SHOWN_ERRORS, conclude, project, repository};
use super::{CliError, Outcome, Ui};

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
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Init(init::InitArgs),
    Install(install::InstallArgs),
    Uninstall(uninstall::UninstallArgs),
    Doctor(doctor::DoctorArgs),
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
    global::main(|cli: Cli| (cli.global, Box::new(|ui| run(ui, cli.command))))
}

fn run(ui: &Ui, command: Command) -> Result<Outcome, CliError> {
    match command {
        Command::Init(args) => init::run(ui, args),
        Command::Install(args) => install::run(ui, args),
        Command::Uninstall(args) => uninstall::run(ui, args),
        Command::Doctor(args) => doctor::run(ui, args),
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
