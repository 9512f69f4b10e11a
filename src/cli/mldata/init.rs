//! `git mldata init`.

use super::install;
use crate::cli::{CliError, Outcome, Ui};
use crate::data::init::{self, Report, State, Step, What};

/// Prepare this repository: settings, merge rules and hooks
///
/// Creates `.mldataconfig`, tells Git in `.gitattributes` how to merge `.gitignore` files, and
/// installs the hooks that check commits and keep data in step with branches. What is there already is
/// left alone; a hook of yours goes on running beside ours (`git mldata install --help`). Running it
/// again does no harm.
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// Show what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Install no hooks: after `git switch`, run `git mldata checkout` yourself
    #[arg(long)]
    pub no_hooks: bool,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    dry_run: bool,
    steps: Vec<JsonStep>,
    hooks: Vec<install::JsonHook>,
}

#[derive(serde::Serialize)]
struct JsonStep {
    /// `settings`, `attributes` or `merge-driver`.
    what: &'static str,
    path: String,
    /// `created`, `extended` or `ready`.
    state: &'static str,
}

pub fn run(ui: &Ui, args: InitArgs) -> Result<Outcome, CliError> {
    let repo = super::repository(ui)?;
    let options = init::Options { dry_run: args.dry_run, hooks: !args.no_hooks, durable: true };
    let report = init::init(&repo, options)?;
    if args.json {
        let steps = report.steps.iter().map(|step| json_step(ui, step)).collect();
        let hooks = report.hooks.iter().map(|step| install::json_step(ui, step)).collect();
        ui.json(&Json { dry_run: args.dry_run, steps, hooks })?;
        return Ok(Outcome::Done);
    }
    show(ui, &report, args.dry_run);
    Ok(Outcome::Done)
}

fn show(ui: &Ui, report: &Report, dry_run: bool) {
    let mut done = false;
    let verb =
        |done: &str, would: &str| if dry_run { format!("Would {would}") } else { done.into() };
    for step in &report.steps {
        let path = ui.os_path(&step.path);
        match (&step.what, &step.state) {
            (_, State::Ready) => continue,
            (What::MergeDriver, _) => {
                let verb = verb("Taught", "teach");
                ui.status(format_args!(
                    "{verb} Git to merge `mlrun.lock` stage by stage (`{path}`)."
                ));
            }
            (_, State::Created) => {
                ui.status(format_args!("{} `{path}`.", verb("Created", "create")));
            }
            (_, State::Extended) => {
                ui.status(format_args!("{} merge rules to `{path}`.", verb("Added", "add")));
            }
        }
        done = true;
    }
    if !install::show(ui, &report.hooks, dry_run) && !done {
        ui.status("Nothing to do: this repository is prepared.");
    }
    let files: Vec<String> = report.to_commit().map(|path| ui.os_path(path)).collect();
    if !files.is_empty() && !dry_run && !report.staged {
        ui.hint(format_args!("to share this, `git add {}` and commit", files.join(" ")));
    }
}

fn json_step(ui: &Ui, step: &Step) -> JsonStep {
    let state = match step.state {
        State::Created => "created",
        State::Extended => "extended",
        State::Ready => "ready",
    };
    let what = match step.what {
        What::Settings => "settings",
        What::Attributes => "attributes",
        What::MergeDriver => "merge-driver",
    };
    JsonStep { what, path: ui.os_path(&step.path), state }
}
