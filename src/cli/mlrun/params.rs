//! `git mlrun params`.

use super::comparison::{self, Comparison};
use super::views::{EndsArgs, FormatArgs, PRECISION};
use crate::cli::{CliError, Outcome, Ui};
use crate::pipeline::metrics::Subject;

/// Show how parameters differ between revisions
///
/// Parameters are all values of `params.yaml`, and those of other files that stages list under
/// `params`: YAML, JSON, TOML or Python.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct ParamsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Diff(DiffArgs),
}

/// Show which parameters differ between two revisions
///
/// Compares HEAD with the worktree, A with the worktree, or A with B.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun params diff                     HEAD and the worktree
  git mlrun params diff main..feature       two branches
  git mlrun params diff v1 --all            also what is the same

The JSON object: {\"old\", \"new\", \"files\": {PATH: {KEY: {\"old\", \"new\", \"diff\"}}}, \"errors\":
[{\"revision\", \"path\", \"error\"}]}. Exits with 3 if nothing could be read.")]
struct DiffArgs {
    #[command(flatten)]
    ends: EndsArgs,
    /// Also show what does not differ
    #[arg(long)]
    all: bool,
    /// Show floats with N significant digits
    #[arg(long, value_name = "N", default_value_t = PRECISION)]
    precision: usize,
    /// Exit with 1 if anything differs
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    format: FormatArgs,
}

pub fn run(ui: &Ui, args: ParamsArgs) -> Result<Outcome, CliError> {
    let Command::Diff(args) = args.command;
    comparison::run(
        ui,
        Comparison {
            subject: Subject::Params,
            ends: args.ends,
            all: args.all,
            precision: args.precision,
            exit_code: args.exit_code,
            format: args.format,
        },
    )
}
