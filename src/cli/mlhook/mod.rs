//! The checks as programs: `mlhook-format`, `mlhook-lint`, `mlhook-notebooks`, `mlhook-data`.
//!
//! By hand they check what is staged. Under a host that has hidden what is not staged and tells the
//! files' names (pre-commit, prek), they check these files as they are in the worktree, and stage nothing.

mod args;
pub(in crate::cli) mod show;

use std::process::ExitCode;

use clap::Parser;

use super::global::{self, Global};
use super::{CliError, Outcome, Ui};
use crate::checks::{self, Check, Options};
use args::Args;

macro_rules! program {
    ($name:ident, $check:ident, $program:literal, $(#[$about:meta])*) => {
        $(#[$about])*
        #[derive(Debug, Parser)]
        #[command(name = $program, bin_name = $program, version, max_term_width = 100)]
        pub struct $name {
            #[command(flatten)]
            global: Global,
            #[command(flatten)]
            args: Args,
        }

        impl $name {
            pub fn main() -> ExitCode {
                global::main(|cli: $name| {
                    (cli.global, Box::new(|ui| run(ui, Check::$check, cli.args)))
                })
            }
        }
    };
}

program! {
    Format, Format, "mlhook-format",
    /// Check that staged Python files are formatted, or format them
    ///
    /// Runs the formatters that the project has chosen: ruff, or isort and black.
}
program! {
    Lint, Lint, "mlhook-lint",
    /// Check staged Python files with the project's linters
    ///
    /// Runs the linters that the project has chosen: ruff, or flake8 and interrogate.
}
program! {
    Notebooks, Notebooks, "mlhook-notebooks",
    /// Check that staged notebooks have no outputs, or strip them
    ///
    /// Outputs, execution counts and the state of widgets go; all else stays byte for byte.
}
program! {
    Data, Data, "mlhook-data",
    /// Check what is staged for large files, stray data, broken pointers and secrets
    ///
    /// Looks at what would be committed, starts no program of others, and changes nothing.
}

fn run(ui: &Ui, check: Check, args: Args) -> Result<Outcome, CliError> {
    let repo = global::repository(ui)?;
    let config = repo.config()?;
    let mut files = args.files(&repo)?;
    let mode = args.mode();
    let options = Options { checks: vec![check], mode, asked: true, skipped: Vec::new() };
    let report = checks::run(&mut files, &config, &options)?;
    if args.json {
        show::json(ui, &report)?;
    } else {
        show::text(ui, &report);
    }
    Ok(show::outcome(&report))
}
