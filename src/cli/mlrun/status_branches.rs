//! `git mlrun status --branches`.

use super::show::describe;
use super::status::StatusArgs;
use crate::cli::ui::Style;
use crate::cli::{CliError, Outcome, Ui};
use crate::data::Project;
use crate::fs::display_bytes;
use crate::pipeline::run::branches;
use crate::pipeline::run::session::Session;
use crate::pipeline::run::stale::{Commits, Staleness};
use crate::pipeline::workspace::Request;
use crate::pipeline::{self, Error};

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    clean: bool,
    /// Ascending by name.
    branches: Vec<JsonBranch>,
}

#[derive(serde::Serialize)]
struct JsonBranch {
    branch: String,
    /// Stages that were looked at.
    stages: usize,
    stale: Vec<JsonStage>,
    error: Option<String>,
}

#[derive(serde::Serialize)]
struct JsonStage {
    stage: String,
    reasons: Vec<String>,
}

pub fn run(ui: &Ui, project: &Project, args: &StatusArgs) -> Result<Outcome, CliError> {
    let chosen = match args.branch.is_empty() {
        true => project.repo.local_branches()?,
        false => branches::select(project, &args.branch)?,
    };
    let request = Request {
        here: &project.prefix,
        targets: &args.selection.targets,
        glob: args.selection.glob,
        all: args.selection.all_pipelines,
        whole: false,
    };
    let session = Session::open(project, &[], None)?;
    let commits = Commits::new(&session);
    let mut found: Vec<(String, pipeline::Result<Staleness>)> = Vec::new();
    for branch in chosen {
        let staleness = commits.staleness(branch.commit, &branch.name, &request);
        found.push((branch.name, staleness));
    }
    let is_clean = |result: &pipeline::Result<Staleness>| match result {
        Ok(staleness) => staleness.stale.is_empty(),
        Err(error) => is_no_pipeline(error),
    };
    let clean = found.iter().all(|(_, result)| is_clean(result));
    if args.json {
        let branches = found.iter().map(|(branch, result)| json(branch, result)).collect();
        ui.json(&Json { clean, branches })?;
    }
    let mut errors = Vec::new();
    for (branch, result) in found {
        let name = ui.paint(Style::Bold, &display_bytes(branch.as_bytes()));
        match result {
            Ok(_) if args.json => {}
            Ok(staleness) => show(ui, &name, &staleness),
            Err(error) if is_no_pipeline(&error) => {
                ui.status(format_args!("{name}: no pipeline"));
            }
            Err(error) => {
                ui.status(format_args!("{name}: cannot tell"));
                errors.push(CliError::from(error));
            }
        }
    }
    if let Some(last) = errors.pop() {
        errors.iter().for_each(|error| ui.error(error));
        return Err(last);
    }
    Ok(if args.exit_code && !clean { Outcome::No } else { Outcome::Done })
}

/// A branch need not have one.
fn is_no_pipeline(error: &Error) -> bool {
    matches!(error, Error::Target(pipeline::workspace::Error::NoPipeline))
}

fn show(ui: &Ui, branch: &str, staleness: &Staleness) {
    if staleness.stale.is_empty() {
        ui.line(format_args!("{branch}: up to date"));
        return;
    }
    let (stale, all) = (staleness.stale.len(), staleness.stages);
    ui.line(format_args!("{branch}: {stale} of {all} stages would run"));
    for stage in &staleness.stale {
        for reason in &stage.reasons {
            ui.line(format_args!("  {}: {}", stage.address, describe(reason)));
        }
    }
}

fn json(branch: &str, result: &pipeline::Result<Staleness>) -> JsonBranch {
    let stage = |stage: &pipeline::run::stale::StaleStage| JsonStage {
        stage: stage.address.to_string(),
        reasons: stage.reasons.iter().map(describe).collect(),
    };
    JsonBranch {
        branch: branch.to_owned(),
        stages: result.as_ref().map_or(0, |staleness| staleness.stages),
        stale: result.iter().flat_map(|staleness| &staleness.stale).map(stage).collect(),
        error: result.as_ref().err().map(ToString::to_string),
    }
}
