//! `git mlrun status`.

use super::args::{Selection, workspace};
use super::show::describe;
use super::status_branches;
use crate::cli::global::project;
use crate::cli::ui::Style;
use crate::cli::{CliError, Outcome, Ui};
use crate::pipeline::run::status::{self, Report, StageStatus, State};

/// Show which stages would run, and why
///
/// Compares the commands, deps, parameters, variables and outs of stages with `mlrun.lock`. Only files
/// whose stat changed are read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun status                  all stages of the pipeline here
  git mlrun status train            one stage, and what it needs
  git mlrun status --branches       which branches have to be reproduced
  git mlrun status -q --exit-code   only the exit code: 1 if something would run")]
pub struct StatusArgs {
    #[command(flatten)]
    pub selection: Selection,
    /// Only the targets, not what they need
    #[arg(short, long)]
    pub single: bool,
    /// Show stages that are up to date, too
    #[arg(long)]
    pub unchanged: bool,
    /// Show which stages of local branches are not what their locks say, without a checkout
    #[arg(long)]
    pub branches: bool,
    /// The same of these branches: a name or a glob (repeatable)
    #[arg(long, value_name = "NAME|GLOB")]
    pub branch: Vec<String>,
    /// Exit with 1 if a stage would run
    #[arg(long)]
    pub exit_code: bool,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    clean: bool,
    /// In the order in which they would run.
    stages: Vec<JsonStage>,
    errors: Vec<JsonError>,
    /// Outs that a killed command had moved away; the next `repro` moves them back.
    displaced: Vec<String>,
}

#[derive(serde::Serialize)]
struct JsonStage {
    stage: String,
    /// `unchanged`, `adoptable`, `restorable`, `changed` or `running`.
    state: &'static str,
    frozen: bool,
    reasons: Vec<String>,
    edited: Vec<String>,
    unrecorded: Vec<String>,
}

#[derive(serde::Serialize)]
struct JsonError {
    stage: String,
    error: String,
}

pub fn run(ui: &Ui, args: &StatusArgs) -> Result<Outcome, CliError> {
    let project = project(ui)?;
    if args.branches || !args.branch.is_empty() {
        return status_branches::run(ui, &project, args);
    }
    let workspace = workspace(ui, &project, &args.selection, false)?;
    let report = status::status(&project, &workspace, args.single)?;
    let clean = report.is_clean();
    if args.json {
        ui.json(&json(ui, &report, clean))?;
    } else {
        for stage in &report.stages {
            if args.unchanged || stage.state != State::UpToDate || !stage.unrecorded.is_empty() {
                show(ui, stage);
            }
        }
        for path in &report.displaced {
            let path = ui.path(path);
            ui.warn(format_args!(
                "`{path}`: its stage was killed; `git mlrun repro` puts back what was there"
            ));
        }
        if clean {
            ui.status(match report.stages.len() {
                0 => "There are no stages.".to_owned(),
                1 => "The stage is up to date.".to_owned(),
                count => format!("All {count} stages are up to date."),
            });
        }
    }
    let mut errors: Vec<CliError> =
        report.errors.into_iter().map(|(_, error)| error.into()).collect();
    if let Some(last) = errors.pop() {
        errors.iter().for_each(|error| ui.error(error));
        return Err(last);
    }
    Ok(if args.exit_code && !clean { Outcome::No } else { Outcome::Done })
}

fn word(state: State) -> (&'static str, &'static str) {
    match state {
        State::UpToDate => ("unchanged", "unchanged"),
        State::Adoptable => ("adoptable", "outs are there, and not yet in the cache"),
        State::Restorable => ("restorable", "outs are in the cache (git mlrun repro)"),
        State::Changed => ("changed", "would run"),
        State::Running => ("running", "is running"),
    }
}

fn show(ui: &Ui, stage: &StageStatus) {
    let name = ui.paint(Style::Bold, &stage.address.to_string());
    let frozen = if stage.frozen { " (frozen)" } else { "" };
    ui.line(format_args!("{name}: {}{frozen}", word(stage.state).1));
    for reason in &stage.reasons {
        ui.line(format_args!("  {}", describe(reason)));
    }
    for path in &stage.edited {
        let text = format!("`{}` was edited (git mlrun commit, or repro --force)", ui.path(path));
        ui.line(format_args!("  {}", ui.paint(Style::Red, &text)));
    }
    for path in &stage.unrecorded {
        let text = format!("`{}` is not what its pointer says (git mldata add)", ui.path(path));
        ui.line(format_args!("  {}", ui.paint(Style::Yellow, &text)));
    }
}

fn json(ui: &Ui, report: &Report, clean: bool) -> Json {
    let stage = |stage: &StageStatus| JsonStage {
        stage: stage.address.to_string(),
        state: word(stage.state).0,
        frozen: stage.frozen,
        reasons: stage.reasons.iter().map(describe).collect(),
        edited: stage.edited.iter().map(|path| ui.path(path)).collect(),
        unrecorded: stage.unrecorded.iter().map(|path| ui.path(path)).collect(),
    };
    let error = |(address, error): &(crate::pipeline::Address, crate::pipeline::Error)| JsonError {
        stage: address.to_string(),
        error: error.to_string(),
    };
    Json {
        clean,
        stages: report.stages.iter().map(stage).collect(),
        errors: report.errors.iter().map(error).collect(),
        displaced: report.displaced.iter().map(|path| ui.path(path)).collect(),
    }
}
