//! `git mlrun show`.

use std::path::PathBuf;

use clap::ValueHint;
use serde::Serialize;

use super::recorded;
use super::run_parts::{self, Context};
use super::which_run::Finder;
use crate::cli::report::Report;
use crate::cli::{CliError, Outcome, Ui};
use crate::data::Project;
use crate::format::run::{Annotations, Environment, How, Run};
use crate::format::value::JsonFloat;
use crate::git::CommitId;
use crate::runs::detail::Detail;
use crate::runs::series::Curve;
use crate::runs::{Store, detail};

/// Show everything about a run
///
/// Its status, command, code, stages, parameters, metrics, curves, data, environment and the end of
/// what it printed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun show                       the last run
  git mlrun show quiet-otter-417       by name, or by the first digits of its id
  git mlrun show last~1/train          a stage of the run before
  git mlrun show --curves loss val/acc  with these curves drawn large
  git mlrun show --log | less          with all that it printed
  git mlrun show --html run.html       as one page to send to somebody

The JSON object: {\"run\": the run as the store has it, \"annotations\": {\"tags\", \"note\",
\"deleted\"}, \"environment\": {…} or null, \"curves\": [{\"name\", \"complete\", \"points\": [[STEP, TIME,
VALUE]]}], \"stages\": [{\"stage\", \"how\", \"run\": the same or null, \"curves\"}]}. TIME is in seconds
since 1970, or null; where \"complete\" is false the points are chosen so that no peak is missing,
unless --points asks for all of them.")]
pub struct ShowArgs {
    /// A name, an id or its first digits, `last`, `last~2`, `RUN/STAGE`, or a commit
    #[arg(value_name = "RUN", default_value = "last")]
    run: String,
    /// Show all that it printed, not only the end
    #[arg(long)]
    log: bool,
    /// Draw these curves large; all if no name is given
    #[arg(long, value_name = "NAME", num_args = 0..)]
    curves: Option<Vec<String>>,
    /// Write a page to FILE, which needs nothing but itself
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "json")]
    html: Option<PathBuf>,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
    /// Report all points of curves, which may be millions, as far as they are here
    #[arg(long, requires = "json")]
    points: bool,
}

/// The object that `--json` prints.
#[derive(Serialize)]
struct Json<'a> {
    run: &'a Run,
    annotations: &'a Annotations,
    environment: Option<&'a Environment>,
    curves: Vec<JsonCurve<'a>>,
    stages: Vec<JsonStage<'a>>,
}

#[derive(Serialize)]
struct JsonStage<'a> {
    stage: &'a str,
    how: How,
    run: Option<&'a Run>,
    curves: Vec<JsonCurve<'a>>,
}

#[derive(Serialize)]
struct JsonCurve<'a> {
    name: &'a str,
    complete: bool,
    points: Vec<(i64, Option<f64>, JsonFloat)>,
}

pub fn run(ui: &Ui, args: &ShowArgs) -> Result<Outcome, CliError> {
    let project = crate::cli::global::project(ui)?;
    recorded::finalise(ui, &project);
    let finder = Finder::new(&project)?;
    let (tip, mut detail) = finder.detail(ui, &args.run)?;
    if args.points {
        detail.read_points(&project, &finder.store, tip)?;
    }
    if args.json {
        ui.json(&json(&detail))?;
        return Ok(Outcome::Done);
    }
    let report = report(ui, &project, &finder.store, tip, &detail, args)?;
    match &args.html {
        Some(path) => super::plots::write_page(ui, path, &report.html())?,
        None => report.print(ui),
    }
    Ok(Outcome::Done)
}

fn json(detail: &Detail) -> Json<'_> {
    Json {
        run: &detail.run,
        annotations: &detail.annotations,
        environment: detail.environment.as_ref(),
        curves: json_curves(&detail.curves),
        stages: (detail.stages.iter())
            .map(|stage| JsonStage {
                stage: &stage.about.stage,
                how: stage.about.how,
                run: stage.run.as_ref(),
                curves: json_curves(&stage.curves),
            })
            .collect(),
    }
}

fn json_curves(curves: &[Curve]) -> Vec<JsonCurve<'_>> {
    let one = |curve: &'_ Curve| {
        curve.points.iter().map(|p| (p.step, p.time, JsonFloat(p.value))).collect()
    };
    (curves.iter())
        .map(|curve| JsonCurve { name: &curve.name, complete: curve.complete, points: one(curve) })
        .collect()
}

fn report(
    ui: &Ui,
    project: &Project,
    store: &Store<'_>,
    tip: CommitId,
    detail: &Detail,
    args: &ShowArgs,
) -> Result<Report, CliError> {
    let run = &detail.run;
    let mut report = Report::new(format!("{} {}", run.name, run.status.as_str()));
    let context = Context { ui, project, detail };
    report.push("", run_parts::facts(&context));
    report.push("Changes", run_parts::changes(&context));
    report.push("Stages", run_parts::stages(detail));
    report.push("Params", run_parts::values("Param", &detail.params()));
    report.push("Metrics", run_parts::values("Metric", &detail.metrics()));
    run_parts::curves(&mut report, detail, args.curves.as_deref())?;
    report.push("Deps", run_parts::data(detail.deps().into_values()));
    report.push("Outs", run_parts::data(detail.outs().into_values()));
    if let Some(environment) = &detail.environment {
        report.push("Environment", run_parts::environment(environment));
        if ui.is_verbose() {
            report.push("Packages", run_parts::packages(environment));
        }
    }
    log(project, store, tip, detail, args.log, &mut report)?;
    Ok(report)
}

/// Lines of a log that are shown, unless all are.
const LAST_LINES: usize = 10;

/// What the run printed; of a pipeline, what those stages printed that failed, or all if all is wanted.
fn log(
    project: &Project,
    store: &Store<'_>,
    tip: CommitId,
    detail: &Detail,
    all: bool,
    report: &mut Report,
) -> Result<(), CliError> {
    use crate::format::run::Status;
    let mut runs = vec![("Log".to_owned(), &detail.run)];
    for stage in &detail.stages {
        if let Some(run) = &stage.run
            && (all || run.status == Status::Failed)
        {
            runs.push((format!("Log of {}", stage.about.stage), run));
        }
    }
    for (title, run) in runs {
        let Some(printed) = detail::log(project, store, tip, run)? else { continue };
        let mut lines = run_parts::log_lines(&printed.bytes);
        let count = lines.len();
        let title = match all {
            true if printed.complete => title,
            true => format!("{title} (the end; the rest is not here)"),
            false if count > LAST_LINES => {
                lines.drain(..count - LAST_LINES);
                format!("{title} (last {LAST_LINES} lines)")
            }
            false => title,
        };
        report.push(title, crate::cli::report::Part::Lines(lines));
    }
    Ok(())
}
