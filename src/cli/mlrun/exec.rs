//! `git mlrun exec`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{recorded, watchdog};
use crate::cli::global::project;
use crate::cli::mlrun::show::Show;
use crate::cli::{CliError, Outcome, Ui};
use crate::data::Project;
use crate::fs::RepoPath;
use crate::pipeline::Error;
use crate::pipeline::run::exec::{Request, exec};
use crate::pipeline::run::interrupt::Interrupt;
use crate::pipeline::run::process::Stream;
use crate::runs::ids;

/// Run a command and record it
///
/// No pipeline is needed. The run has the command, its output, exit code and time, the code with what is
/// not committed, and the metrics that it logs: whatever it appends to the file that the variable
/// MLRUN_METRICS names, one JSON object a line, such as `{"step": 1, "loss": 0.5}`, and the metric files
/// that it writes, if a pipeline here declares them or `--metrics` names them.
///
/// The command is run as it stands, without a shell, and its exit code is that of `git mlrun exec`
/// (128 and the number of the signal that ended it).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun exec -- python train.py --lr 0.1
  git mlrun exec --name baseline -t model=cnn -- ./train.sh
  git mlrun exec --params params.yaml --metrics scores.json -- make evaluate
  git mlrun exec -- sh -c 'echo \"{\\\"loss\\\": 0.5}\" >> \"$MLRUN_METRICS\"'")]
pub struct ExecArgs {
    /// What to call the run, instead of a name that is made up; no run or commit may be called so yet
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: Option<String>,
    /// Tag the run (repeatable)
    #[arg(short, long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// A file that the command writes metrics to (repeatable)
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    metrics: Vec<PathBuf>,
    /// A file that the command reads parameters from (repeatable)
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    params: Vec<PathBuf>,
    /// The command and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND",
        value_hint = clap::ValueHint::CommandWithArguments
    )]
    command: Vec<OsString>,
}

fn name(text: &str) -> Result<String, &'static str> {
    ids::check_name(text).map(|()| text.to_owned())
}

fn tag(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected `KEY=VALUE`"),
    }
}

pub fn run(ui: &Ui, args: ExecArgs) -> Result<Outcome, CliError> {
    let project = project(ui)?;
    recorded::finalise(ui, &project);
    let interrupt = Interrupt::install()
        .map_err(|error| CliError::internal(format!("cannot listen for signals: {error}")))?;
    let request = Request {
        words: args.command,
        directory: PathBuf::from("."),
        name: args.name,
        tags: args.tags.into_iter().collect::<BTreeMap<_, _>>(),
        params: located(&project, &args.params)?,
        metrics: located(&project, &args.metrics)?,
        watchdog: watchdog::program(),
    };
    let show = Show::new(ui, false, false);
    let mut output = |stream: Stream, bytes: &[u8]| match stream {
        Stream::Out => ui.out_now(bytes),
        Stream::Err => ui.err_now(bytes),
    };
    let done = exec(&project, &request, &mut output, &show, &interrupt);
    if let Err(Error::NotExecuted { run: Some(run), .. }) = &done {
        recorded::tell(ui, run);
    }
    let done = done?;
    for path in &done.without_metrics {
        ui.warn(format_args!("`{}` has no metrics, or is not there", ui.path(path)));
    }
    if let Some(run) = &done.run {
        recorded::tell(ui, run);
    }
    Ok(Outcome::Code(done.exit_code()))
}

fn located(project: &Project, typed: &[PathBuf]) -> Result<Vec<RepoPath>, CliError> {
    let located = |path: &PathBuf| Ok(project.locate(Path::new(path))?);
    typed.iter().map(located).collect()
}
