//! `git mlrun stage`.

mod add;
mod list;

use crate::cli::{CliError, Outcome, Ui};

/// Write down what the pipeline does, and list it
#[derive(Debug, clap::Args)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct StageArgs {
    #[command(subcommand)]
    pub command: StageCommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum StageCommand {
    Add(Box<add::AddArgs>),
    List(list::ListArgs),
}

pub fn run(ui: &Ui, args: StageArgs) -> Result<Outcome, CliError> {
    match args.command {
        StageCommand::Add(args) => add::run(ui, *args),
        StageCommand::List(args) => list::run(ui, &args),
    }
}
