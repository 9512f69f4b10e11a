//! `git mlrun repro --branch`.

use super::recorded::{self, JsonRun};
use super::repro::{JsonStage, ReproArgs, json};
use super::show::Show;
use crate::cli::{CliError, Outcome, Ui};
use crate::data::Project;
use crate::fs::display_bytes;
use crate::git::Git;
use crate::pipeline;
use crate::pipeline::run::branches::{self, BranchReport, Plan};
use crate::pipeline::run::interrupt::Interrupt;
use crate::pipeline::run::repro::Options;
use crate::pipeline::run::{Observer, Outcome as Ended};
use crate::pipeline::workspace::Request;

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    dry_run: bool,
    /// Ascending by name.
    branches: Vec<JsonBranch>,
}

#[derive(serde::Serialize)]
struct JsonBranch {
    branch: String,
    stages: Vec<JsonStage>,
    /// Short id of the commit that was made.
    commit: Option<String>,
    /// The run that was recorded; `null` where nothing was done.
    run: Option<JsonRun>,
    errors: Vec<String>,
}

pub fn run(
    ui: &Ui,
    project: &Project,
    args: &ReproArgs,
    options: &Options,
    message: Option<String>,
    interrupt: &Interrupt,
) -> Result<Outcome, CliError> {
    let mut chosen = branches::select(project, &args.branch)?;
    let checked_out = Git::new(&project.repo)?.checked_out()?;
    for branch in &chosen {
        if let Some(place) = checked_out.get(&branch.name) {
            let name = display_bytes(branch.name.as_bytes());
            let place = ui.os_path(place);
            ui.warn(format_args!(
                "`{name}` is checked out in `{place}`: run `git mlrun repro` there"
            ));
        }
    }
    chosen.retain(|branch| !checked_out.contains_key(&branch.name));
    let plan = Plan {
        request: Request {
            here: &project.prefix,
            targets: &args.selection.targets,
            glob: args.selection.glob,
            all: args.selection.all_pipelines,
            whole: args.downstream,
        },
        // Branches run beside each other before the stages of one do.
        options: Options {
            jobs: Some((options.jobs.unwrap_or(1) / chosen.len().max(1)).max(1)),
            ..options.clone()
        },
        at_once: options.jobs.unwrap_or(1),
        commit: message,
    };
    let observer = |branch: &str| -> Box<dyn Observer + '_> {
        Box::new(Show::new(ui, args.explain, true).of_branch(branch).aside(args.json))
    };
    let reports = branches::reproduce(project, &chosen, &plan, &observer, interrupt)?;
    if args.json {
        let branches = reports.iter().map(json_branch).collect();
        ui.json(&Json { dry_run: args.dry_run, branches })?;
    }
    let mut errors = Vec::new();
    for BranchReport { branch, result } in reports {
        let branch = display_bytes(branch.as_bytes());
        match result {
            Err(error) => {
                ui.status(format_args!("{branch}: failed"));
                errors.push(error);
            }
            Ok(reproduced) => {
                summarise(ui, &branch, &reproduced);
                errors.extend(reproduced.report.errors);
                errors.extend(reproduced.report.stages.into_iter().filter_map(|(_, ended)| {
                    match ended {
                        Ended::Failed { error } => Some(error),
                        _ => None,
                    }
                }));
            }
        }
    }
    if interrupt.is_set() {
        return Err(pipeline::Error::Interrupted.into());
    }
    let mut errors: Vec<CliError> = errors.into_iter().map(CliError::from).collect();
    let Some(last) = errors.pop() else { return Ok(Outcome::Done) };
    errors.iter().for_each(|error| ui.error(error));
    Err(last)
}

fn summarise(ui: &Ui, branch: &str, reproduced: &branches::Reproduced) {
    let stages = &reproduced.report.stages;
    let count = |wanted: fn(&Ended) -> bool| stages.iter().filter(|(_, e)| wanted(e)).count();
    let ran = count(|ended| matches!(ended, Ended::Ran { .. }));
    let reused = count(|ended| matches!(ended, Ended::Reused));
    let failed = count(|ended| matches!(ended, Ended::Failed { .. }));
    let mut parts = vec![format!("{} stages", stages.len())];
    for (count, what) in [(ran, "ran"), (reused, "taken from the run cache"), (failed, "failed")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    if let Some(id) = &reproduced.commit {
        parts.push(format!("committed as {id}"));
    }
    ui.status(format_args!("{branch}: {}", parts.join(", ")));
    if let Some(run) = &reproduced.report.run {
        recorded::tell(ui, run);
    }
}

fn json_branch(report: &BranchReport) -> JsonBranch {
    let branch = report.branch.clone();
    match &report.result {
        Ok(reproduced) => JsonBranch {
            branch,
            stages: reproduced.report.stages.iter().map(|(stage, e)| json(stage, e)).collect(),
            commit: reproduced.commit.clone(),
            run: reproduced.report.run.as_ref().map(JsonRun::of),
            errors: reproduced.report.errors.iter().map(ToString::to_string).collect(),
        },
        Err(error) => {
            let errors = vec![error.to_string()];
            JsonBranch { branch, stages: Vec::new(), commit: None, run: None, errors }
        }
    }
}
