//! The checks as programs: `mlhook-format`, `mlhook-lint`, `mlhook-notebooks`, `mlhook-data`.
//!
//! By hand they check what is staged. Under a [`host`] that has hidden what is not staged and tells the
//! files' names, they check these files as they are in the worktree, and stage nothing.

pub(in crate::cli) mod args;
mod host;
pub(in crate::cli) mod show;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use super::global::{self, Global};
use super::switches::Skip;
use super::{CliError, Outcome, Ui};
use crate::checks::{self, Check, Options};
use crate::git::Repo;
use args::Args;
use host::Host;
use show::Shown;

macro_rules! program {
    ($name:ident, $check:ident, $program:literal, $examples:literal, $(#[$about:meta])*) => {
        $(#[$about])*
        #[derive(Debug, Parser)]
        #[command(
            name = $program,
            bin_name = $program,
            version,
            max_term_width = 100,
            after_help = concat!("Examples:\n  ", $examples)
        )]
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
    Format, Format, "mlhook-format", "\
  mlhook-format                      is what is staged formatted?
  mlhook-format --fix                format it, and stage that
  mlhook-format --all src            every tracked file in a directory
  mlhook-format --fix --worktree .   format files as they are, and stage nothing
  mlhook-format --from-ref main      what a branch has changed, for CI",
    /// Check that staged Python files are formatted, or format them
    ///
    /// Runs the formatters that the project has chosen, on the blobs that are staged: ruff, or isort and
    /// black. Changes that are not staged are neither looked at nor touched. Exit code 1 if a file is
    /// not formatted, 3 if a formatter crashed. Settings: git-mldata-hooks(7).
}
program! {
    Lint, Lint, "mlhook-lint", "\
  mlhook-lint                        what is staged
  mlhook-lint --all                  every tracked file
  mlhook-lint --fix                  let ruff correct what it can, and stage that
  mlhook-lint --from-ref main --sarif > lint.sarif",
    /// Check staged Python files with the project's linters
    ///
    /// Runs the linters that the project has chosen, on the blobs that are staged: ruff, or flake8 and
    /// interrogate. Changes that are not staged are neither looked at nor touched. Exit code 1 if
    /// something is found, 3 if a linter crashed. Settings: git-mldata-hooks(7).
}
program! {
    Notebooks, Notebooks, "mlhook-notebooks", "\
  mlhook-notebooks                   have staged notebooks outputs?
  mlhook-notebooks --fix             strip what is staged; other changes in the file stay
  mlhook-notebooks --all --fix       strip every tracked notebook",
    /// Check that staged notebooks have no outputs, or strip them
    ///
    /// Outputs, execution counts and the state of widgets go; all else stays byte for byte. A cell with
    /// the tag `keep_output` keeps its output. Exit code 1 if there is something to strip. Settings:
    /// git-mldata-hooks(7).
}
program! {
    Data, Data, "mlhook-data", "\
  mlhook-data                        what is staged
  mlhook-data --all                  everything that Git tracks
  mlhook-data --from-ref main        what a branch has changed, for CI",
    /// Check what is staged for large files, stray data, broken pointers and secrets
    ///
    /// Looks at what would be committed, starts no program of others, and changes nothing. Exit code 1
    /// if something is found that stops a commit. The rules, and how to set them: git-mldata-hooks(7).
}

fn run(ui: &Ui, check: Check, args: Args) -> Result<Outcome, CliError> {
    let repo = Repo::discover(Path::new("."))?;
    ui.set_worktree_from(repo.top(), args::here(&repo));
    let host = Host::of_environment();
    let mut files = args.files(&repo, &host)?;
    let mode = args.mode(&files, &host);
    // Hosts leave out whole checks by it; rules are left to us.
    let skip = Skip::from_environment();
    let left_out = skip.rules_of(check);
    if !left_out.is_empty() {
        ui.status(format_args!("left out by SKIP: {}", left_out.join(", ")));
    }
    let options = Options { checks: vec![check], mode, asked: true, skipped: skip.rules() };
    let report = checks::run(&mut files, &repo.config()?, &options)?;
    if args.json {
        show::json(ui, &report)?;
    } else if args.sarif {
        show::sarif(ui, &report)?;
    } else {
        let again = args.again(&host);
        show::report(ui, &report, Shown { again: &again, asked: !host.is_present() });
    }
    match show::outcome(&report) {
        // Hosts fail when a file has changed; so that nobody takes a change for success, we do as well.
        Outcome::Done if host.is_present() && !report.fixed.is_empty() => Ok(Outcome::No),
        outcome => Ok(outcome),
    }
}
