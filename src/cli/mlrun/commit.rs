//! `git mlrun commit`.

use super::args::{Selection, workspace};
use super::show::{Show, describe};
use crate::cli::global::project;
use crate::cli::{CliError, Outcome, Ui};
use crate::pipeline::run::commit;

/// Take the outs that are there for what the stages wrote
///
/// Records deps, parameters and outs as they are in `mlrun.lock`, and brings the outs into the cache,
/// without running anything: for outs that were made by hand, or by a command that was run by hand.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun commit train            one stage
  git mlrun commit                  all stages of the pipeline here")]
pub struct CommitArgs {
    #[command(flatten)]
    pub selection: Selection,
    /// Show what would be recorded, and record nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    dry_run: bool,
    stages: Vec<JsonStage>,
    errors: Vec<String>,
}

#[derive(serde::Serialize)]
struct JsonStage {
    stage: String,
    /// What was not as the lock had it; empty where nothing had to be done.
    reasons: Vec<String>,
}

pub fn run(ui: &Ui, args: &CommitArgs) -> Result<Outcome, CliError> {
    let project = project(ui)?;
    let workspace = workspace(ui, &project, &args.selection, false)?;
    let show = Show::new(ui, false, false);
    let report = commit::commit(&project, &workspace, args.dry_run, &show)?;
    if args.json {
        let stage = |stage: &commit::Committed| JsonStage {
            stage: stage.address.to_string(),
            reasons: stage.reasons.iter().map(describe).collect(),
        };
        let stages = report.stages.iter().map(stage).collect();
        let errors = report.errors.iter().map(ToString::to_string).collect();
        ui.json(&Json { dry_run: args.dry_run, stages, errors })?;
    } else {
        for stage in &report.stages {
            let verb = match (stage.reasons.is_empty(), args.dry_run) {
                (true, _) => "nothing to record",
                (false, true) => "would be recorded",
                (false, false) => "recorded",
            };
            ui.status(format_args!("`{}`: {verb}", stage.address));
            for reason in &stage.reasons {
                ui.status(format_args!("  {}", describe(reason)));
            }
        }
    }
    let mut errors: Vec<CliError> = report.errors.into_iter().map(CliError::from).collect();
    let Some(last) = errors.pop() else { return Ok(Outcome::Done) };
    errors.iter().for_each(|error| ui.error(error));
    Err(last)
}
