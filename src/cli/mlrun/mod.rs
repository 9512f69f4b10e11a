//! `git mlrun`.

mod args;
mod commit;
mod comparison;
mod dag;
mod diff;
mod exec;
mod fetch;
mod freeze;
mod gc;
mod log;
mod merge_lock;
mod metrics;
mod new;
mod params;
mod patch;
mod plots;
mod push;
mod recorded;
mod repro;
mod repro_branches;
mod restore;
mod rm;
mod run_curves;
mod run_diff;
mod run_diff_json;
mod run_parts;
mod run_show;
mod schema;
mod show;
mod stage;
mod status;
mod status_branches;
mod tag;
mod template;
mod views;
mod watchdog;
mod which_run;

use std::process::ExitCode;

use super::global::{self, Global, project};
use super::{CliError, Outcome, Ui};

/// Run pipelines tied to commits and branches, and keep every run
///
/// A pipeline is written down in `mlrun.yaml` (or the `dvc.yaml` that is there already): stages with
/// what they run, read and write. Only what changed runs again, and what a stage wrote follows your
/// branches. Every run is recorded in the repository itself: code, parameters, metrics, curves,
/// environment and data, to be listed, compared, restored and shared by push and pull.
#[derive(Debug, clap::Parser)]
#[command(
    name = "git-mlrun",
    bin_name = "git mlrun",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "\
Start with:
  git mlrun stage add -n train -d data -o model python train.py
                                  write a stage down
  git mlrun repro                 run what changed
  git mlrun status                show what would run, and why
  git mlrun metrics diff          compare with the last commit
  git mlrun log                   list the runs; `show`, `diff` and `restore` take their names

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
    New(new::NewArgs),
    Template(template::TemplateArgs),
    Stage(stage::StageArgs),
    Repro(repro::ReproArgs),
    Exec(exec::ExecArgs),
    Status(status::StatusArgs),
    Commit(commit::CommitArgs),
    Dag(dag::DagArgs),
    Freeze(freeze::FreezeArgs),
    Unfreeze(freeze::UnfreezeArgs),
    Params(params::ParamsArgs),
    Metrics(metrics::MetricsArgs),
    Plots(plots::PlotsArgs),
    Diff(diff::DiffArgs),
    Log(log::LogArgs),
    Show(run_show::ShowArgs),
    Tag(tag::TagArgs),
    Rm(rm::RmArgs),
    Restore(restore::RestoreArgs),
    Push(push::PushArgs),
    Fetch(fetch::FetchArgs),
    Pull(fetch::PullArgs),
    Gc(gc::GcArgs),
    Schema(schema::SchemaArgs),
    #[command(hide = true)]
    MergeLock(merge_lock::MergeLockArgs),
    #[command(hide = true)]
    Watchdog(watchdog::WatchdogArgs),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    global::main(|cli: Cli| {
        let ready = match cli.command {
            Command::New(_) => new::leave_repository(),
            _ => Ok(()),
        };
        (cli.global, Box::new(|ui| ready.and_then(|()| run(ui, cli.command))))
    })
}

fn run(ui: &Ui, command: Command) -> Result<Outcome, CliError> {
    match command {
        Command::New(args) => new::run(ui, &args),
        Command::Template(args) => template::run(ui, &args),
        Command::Stage(args) => stage::run(ui, args),
        Command::Repro(args) => repro::run(ui, &args),
        Command::Exec(args) => exec::run(ui, args),
        Command::Status(args) => status::run(ui, &args),
        Command::Commit(args) => commit::run(ui, &args),
        Command::Dag(args) => dag::run(ui, &args),
        Command::Freeze(args) => freeze::freeze(ui, args),
        Command::Unfreeze(args) => freeze::unfreeze(ui, args),
        Command::Params(args) => params::run(ui, args),
        Command::Metrics(args) => metrics::run(ui, args),
        Command::Plots(args) => plots::run(ui, args),
        Command::Diff(args) => diff::run(ui, args),
        Command::Log(args) => log::run(ui, &args),
        Command::Show(args) => run_show::run(ui, &args),
        Command::Tag(args) => tag::run(ui, &args),
        Command::Rm(args) => rm::run(ui, &args),
        Command::Restore(args) => restore::run(ui, args),
        Command::Push(args) => push::run(ui, &args),
        Command::Fetch(args) => fetch::fetch(ui, &args),
        Command::Pull(args) => fetch::pull(ui, &args),
        Command::Gc(args) => gc::run(ui, &args),
        Command::Schema(args) => schema::run(ui, args),
        Command::MergeLock(args) => merge_lock::run(ui, &args),
        Command::Watchdog(_) => watchdog::run(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        <super::Cli as clap::CommandFactory>::command().debug_assert();
    }
}
