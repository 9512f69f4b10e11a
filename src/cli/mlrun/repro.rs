//! `git mlrun repro`.

use std::num::NonZeroUsize;

use super::args::{Selection, workspace};
use super::recorded::{self, JsonRun};
use super::show::{Show, describe};
use super::{repro_branches, watchdog};
use crate::cli::global::project;
use crate::cli::{CliError, Outcome, Ui};
use crate::data::Project;
use crate::git::Git;
use crate::pipeline::run::Outcome as Ended;
use crate::pipeline::run::branches;
use crate::pipeline::run::interrupt::Interrupt;
use crate::pipeline::run::repro::{self, Options, Report};
use crate::pipeline::{self, Address};

/// Run the stages whose inputs changed
///
/// Brings the outs of stages up to date, with everything that they need: a stage runs if its commands,
/// deps, parameters or variables are not those that `mlrun.lock` has, or if what it wrote is gone and
/// cannot be put back. What ran with the same inputs before, in any worktree and on any branch, is
/// taken from the cache.
///
/// What was done is recorded in the repository as a run, with the code, parameters and metrics.
///
/// A stage that fails leaves the outs that it had. Nothing is lost: what was in the way is found again
/// with `git mldata recover`.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun repro                   all stages of the pipeline here
  git mlrun repro train             one stage, and what it needs
  git mlrun repro -j 4 -k           four at a time, as many as can
  git mlrun repro --explain -n      what would run, and why
  git mlrun repro --branch 'exp/*' --commit -j 2
                                    two branches at a time, without switching to them")]
pub struct ReproArgs {
    #[command(flatten)]
    pub selection: Selection,
    /// Run up to N stages at a time
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Go on with stages that do not need one that failed
    #[arg(short, long)]
    pub keep_going: bool,
    /// Run stages that need not run, and move edited outs to recovery
    #[arg(short, long)]
    pub force: bool,
    /// Only the targets, not what they need
    #[arg(short, long)]
    pub single: bool,
    /// The targets and everything that needs them
    #[arg(long, conflicts_with = "single")]
    pub downstream: bool,
    /// Fetch data that is not here
    #[arg(long)]
    pub pull: bool,
    /// Take data that is not here for what its pointer or lock says
    #[arg(long)]
    pub allow_missing: bool,
    /// Show what would run, and run nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Say why each stage runs, or need not
    #[arg(long)]
    pub explain: bool,
    /// Run stages even if they ran with the same inputs before
    #[arg(long)]
    pub no_run_cache: bool,
    /// Ask before each stage
    #[arg(short, long)]
    pub interactive: bool,
    /// Do not record the run
    #[arg(long)]
    pub no_record: bool,
    /// Commit the lock, and outs that Git tracks, if all went well
    #[arg(long, conflicts_with = "dry_run")]
    pub commit: bool,
    /// The message of that commit
    #[arg(short, long, value_name = "TEXT", requires = "commit")]
    pub message: Option<String>,
    /// Reproduce local branches that are not checked out: a name or a glob (repeatable)
    #[arg(long, value_name = "NAME|GLOB", conflicts_with = "interactive")]
    pub branch: Vec<String>,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Whether standard output is for something else than what stages print.
    #[arg(skip)]
    pub aside: bool,
}

impl ReproArgs {
    fn options(&self) -> Options {
        Options {
            jobs: self.jobs.map(NonZeroUsize::get),
            keep_going: self.keep_going,
            force: self.force,
            single: self.single,
            downstream: self.downstream,
            pull: self.pull,
            allow_missing: self.allow_missing,
            dry_run: self.dry_run,
            no_run_cache: self.no_run_cache,
            interactive: self.interactive,
            record: (!self.no_record).then(recorded::typed),
            watchdog: watchdog::program(),
        }
    }

    /// The message of the commit that was asked for.
    fn commit_message(&self) -> Option<String> {
        let default = || match &self.selection.targets[..] {
            [] => "Reproduce the pipeline".to_owned(),
            targets => format!("Reproduce {}", targets.join(", ")),
        };
        self.commit.then(|| self.message.clone().unwrap_or_else(default))
    }
}

pub fn run(ui: &Ui, args: &ReproArgs) -> Result<Outcome, CliError> {
    let project = project(ui)?;
    run_in(ui, &project, args).map(|(outcome, _)| outcome)
}

/// Runs the pipeline of `project`; also says which run was recorded.
pub(super) fn run_in(
    ui: &Ui,
    project: &Project,
    args: &ReproArgs,
) -> Result<(Outcome, Option<JsonRun>), CliError> {
    let interrupt = Interrupt::install()
        .map_err(|error| CliError::internal(format!("cannot listen for signals: {error}")))?;
    if !args.dry_run {
        recorded::finalise(ui, project);
    }
    if !args.branch.is_empty() {
        let (options, message) = (args.options(), args.commit_message());
        let outcome = repro_branches::run(ui, project, args, &options, message, &interrupt)?;
        return Ok((outcome, None));
    }
    let workspace = workspace(ui, project, &args.selection, args.downstream)?;
    let options = args.options();
    let show =
        Show::new(ui, args.explain, options.jobs.unwrap_or(1) > 1).aside(args.json || args.aside);
    let report = repro::repro(project, &workspace, &options, &show, &interrupt)?;
    drop(show);
    if let Some(run) = &report.run {
        recorded::tell(ui, run);
    }
    let run = report.run.as_ref().map(|run| run.id);
    let recorded = report.run.as_ref().map(JsonRun::of);
    let outcome = conclude(ui, report, args)?;
    if let Some(message) = args.commit_message() {
        match branches::commit(project, &workspace, &message, run)? {
            Some(id) => {
                ui.status(format_args!("Committed as {id}."));
                let changed = Git::new(&project.repo)?.run(&[
                    "status",
                    "--porcelain",
                    "--untracked-files=no",
                ])?;
                if !changed.is_empty() {
                    ui.warn(
                        "other changes are not committed: if stages read them, the lock names \
                         what this commit does not have",
                    );
                }
            }
            None => ui.status("Nothing to commit: the last commit has it all."),
        }
    }
    Ok((outcome, recorded))
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    dry_run: bool,
    /// In the order of the pipeline.
    stages: Vec<JsonStage>,
    /// Outs that a killed command had moved away and that were moved back.
    rolled_back: Vec<String>,
    errors: Vec<String>,
    /// The run that was recorded; `null` where nothing was done.
    run: Option<JsonRun>,
}

#[derive(serde::Serialize)]
pub(super) struct JsonStage {
    stage: String,
    /// `unchanged`, `adopted`, `restored`, `reused`, `ran`, `would-run`, `declined`, `failed`,
    /// `blocked` or `cancelled`.
    outcome: &'static str,
    /// Of stages that ran.
    duration_ms: Option<u64>,
    /// Of stages that would run.
    reasons: Vec<String>,
    /// Of stages that failed.
    error: Option<String>,
}

pub(super) fn json(address: &Address, ended: &Ended) -> JsonStage {
    let outcome = match ended {
        Ended::UpToDate => "unchanged",
        Ended::Adopted => "adopted",
        Ended::Restored => "restored",
        Ended::Reused => "reused",
        Ended::Ran { .. } => "ran",
        Ended::Pending { .. } => "would-run",
        Ended::Declined => "declined",
        Ended::Failed { .. } => "failed",
        Ended::Blocked => "blocked",
        Ended::Cancelled => "cancelled",
    };
    JsonStage {
        stage: address.to_string(),
        outcome,
        duration_ms: match ended {
            Ended::Ran { duration } => u64::try_from(duration.as_millis()).ok(),
            _ => None,
        },
        reasons: match ended {
            Ended::Pending { reasons } => reasons.iter().map(describe).collect(),
            _ => Vec::new(),
        },
        error: match ended {
            Ended::Failed { error } => Some(error.to_string()),
            _ => None,
        },
    }
}

/// Says how it went as a whole, and decides the exit code.
fn conclude(ui: &Ui, report: Report, args: &ReproArgs) -> Result<Outcome, CliError> {
    for path in &report.rolled_back {
        ui.status(format_args!("Moved `{}` back: a stage was killed.", ui.path(path)));
    }
    if args.json {
        let stages = report.stages.iter().map(|(address, ended)| json(address, ended)).collect();
        let rolled_back = report.rolled_back.iter().map(|path| ui.path(path)).collect();
        let errors = report.errors.iter().map(ToString::to_string).collect();
        let run = report.run.as_ref().map(JsonRun::of);
        ui.json(&Json { dry_run: args.dry_run, stages, rolled_back, errors, run })?;
    }
    let count = |wanted: fn(&Ended) -> bool| {
        report.stages.iter().filter(|(_, ended)| wanted(ended)).count()
    };
    let all = report.stages.len();
    if count(|ended| matches!(ended, Ended::UpToDate)) == all && report.errors.is_empty() {
        ui.status(match all {
            0 => "There are no stages.".to_owned(),
            1 => "Nothing to do: the stage is up to date.".to_owned(),
            all => format!("Nothing to do: all {all} stages are up to date."),
        });
    }
    let blocked = count(|ended| matches!(ended, Ended::Blocked | Ended::Cancelled));
    let failed = report.stages.into_iter().filter_map(|(_, ended)| match ended {
        Ended::Failed { error } => Some(error),
        _ => None,
    });
    let mut errors: Vec<CliError> = failed.chain(report.errors).map(CliError::from).collect();
    let Some(last) = errors.pop() else {
        return match report.interrupted {
            true => Err(pipeline::Error::Interrupted.into()),
            false => Ok(Outcome::Done),
        };
    };
    for error in &errors {
        ui.error(error);
    }
    if blocked > 0 {
        ui.status(format_args!("{blocked} more did not run."));
    }
    Err(last)
}
