//! `git mlrun stage add`.

use std::collections::HashSet;
use std::time::Duration;

use clap::ValueHint;

use crate::cli::global::project;
use crate::cli::mlrun::patch;
use crate::cli::{CliError, Outcome, Ui};
use crate::fs::shell_word;
use crate::pipeline::edit::{self, NewOut, NewStage};
use crate::pipeline::file;
use crate::pipeline::source::Worktree;
use crate::pipeline::stage::OutKind;

/// Add a stage to the pipeline file of the current directory
///
/// A stage is a command with what it reads and writes, so that `git mlrun repro` can tell when it has
/// to run again. The stage goes into `mlrun.yaml`, or the `dvc.yaml` that is there already; what else
/// is in the file stays as it is. Nothing is run.
///
/// Paths are relative to the current directory, or to the one that `-w` names. What follows the name
/// of the command belongs to it: options of `stage add` come first. Quote the whole command if it has
/// redirections, or `${}` for parameters.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun stage add -n prepare -d prepare.py -d data/raw -o data/clean python prepare.py
  git mlrun stage add -n train -d train.py -d data/clean -p lr,epochs -o model.pkl -M metrics.json \\
      'python train.py --lr ${lr} > log.txt'
  git mlrun stage add -n train -f -d train.py -p config.json:model -e CUDA_VISIBLE_DEVICES \\
      --timeout 2h --retry 1 python train.py")]
pub struct AddArgs {
    /// Name of the stage: letters, digits, `-` and `_`
    #[arg(short, long, value_name = "NAME")]
    pub name: String,
    /// A file, directory or glob that the command reads (repeatable)
    #[arg(short, long = "dep", alias = "deps", value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub deps: Vec<String>,
    /// A file or directory that the command writes (repeatable)
    #[arg(short, long = "out", alias = "outs", value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub outs: Vec<String>,
    /// The same, for Git to track: it does not go to the cache (repeatable)
    #[arg(short = 'O', long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub outs_no_cache: Vec<String>,
    /// An out that stays in place while the stage runs again (repeatable)
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub outs_persist: Vec<String>,
    /// The same, for Git to track (repeatable)
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub outs_persist_no_cache: Vec<String>,
    /// A file of metrics that the command writes (repeatable)
    #[arg(short, long = "metric", alias = "metrics", value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub metrics: Vec<String>,
    /// The same, for Git to track (repeatable)
    #[arg(short = 'M', long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub metrics_no_cache: Vec<String>,
    /// A file or directory of plots that the command writes (repeatable)
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub plots: Vec<String>,
    /// The same, for Git to track (repeatable)
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub plots_no_cache: Vec<String>,
    /// Parameters that the command reads: `lr,epochs` of params.yaml, `FILE:KEY,...`, or `FILE:` for
    /// all of a file (repeatable)
    #[arg(short, long, value_name = "[FILE:]KEYS")]
    pub params: Vec<String>,
    /// Run the command in this directory
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub wdir: Option<String>,
    /// An environment variable that counts as input; without a value, the caller's (repeatable)
    #[arg(short, long, value_name = "NAME[=VALUE]")]
    pub env: Vec<String>,
    /// Run the stage every time
    #[arg(long)]
    pub always_changed: bool,
    /// What the stage is for
    #[arg(long, value_name = "TEXT")]
    pub desc: Option<String>,
    /// Give up on an attempt after this time: 90s, 15m, 2h, or seconds
    #[arg(long, value_name = "TIME", value_parser = file::parse_timeout)]
    pub timeout: Option<Duration>,
    /// Try again this often after a failure
    #[arg(long, value_name = "N", default_value_t, hide_default_value = true)]
    pub retry: u32,
    /// Replace the stage of this name
    #[arg(short, long)]
    pub force: bool,
    /// Show the change to the file, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// What to run in a shell: one quoted string, or words
    #[arg(
        value_name = "COMMAND",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_hint = ValueHint::CommandWithArguments
    )]
    pub command: Vec<String>,
}

pub fn run(ui: &Ui, args: AddArgs) -> Result<Outcome, CliError> {
    let project = project(ui)?;
    let (force, dry_run) = (args.force, args.dry_run);
    let stage = stage(args)?;
    let source = Worktree(&project);
    let head = edit::modeline(&project, &project.prefix, !dry_run)?;
    let edit = edit::add_stage(&source, &project.prefix, &stage, force, &head)?;
    let path = ui.path(&edit.path);
    if edit.path.file_name() == b"dvc.yaml" {
        warn_of_keys_unknown_to_dvc(ui, &stage, &path);
    }
    if dry_run {
        ui.out(patch::unified(&edit));
        return Ok(Outcome::Done);
    }
    edit::write(&project, &edit, &ui.progress("Editing"))?;
    let verb = match &edit.before {
        None => "Created",
        Some(_) if !edit.is_change() => "Nothing to change in",
        Some(_) => "Edited",
    };
    ui.status(format_args!("{verb} `{path}`: stage `{}`.", stage.name));
    if edit.before.is_none()
        && let Some(above) = edit.path.parent().and_then(|directory| directory.parent())
        && let Some(other) = edit::nearest_pipeline_file(&source, &above)?
    {
        ui.hint(format_args!(
            "this is a pipeline of its own; stages of `{}` are added in its directory",
            ui.path(&other)
        ));
    }
    ui.hint(format_args!("to run it, type `git mlrun repro {}`", shell_word(&stage.name)));
    Ok(Outcome::Done)
}

fn warn_of_keys_unknown_to_dvc(ui: &Ui, stage: &NewStage, path: &str) {
    let ours = [
        ("env", !stage.env.is_empty()),
        ("timeout", stage.timeout.is_some()),
        ("retry", stage.retry > 0),
    ];
    let used: Vec<String> =
        ours.iter().filter(|(_, used)| *used).map(|(key, _)| format!("`{key}`")).collect();
    if !used.is_empty() {
        ui.warn(format_args!(
            "DVC itself does not know {} and will refuse `{path}`",
            used.join(", ")
        ));
    }
}

fn stage(args: AddArgs) -> Result<NewStage, CliError> {
    use OutKind::{Metric, Out, Plot};
    let mut outs = Vec::new();
    for (paths, kind, cache, persist) in [
        (args.outs, Out, true, false),
        (args.outs_no_cache, Out, false, false),
        (args.outs_persist, Out, true, true),
        (args.outs_persist_no_cache, Out, false, true),
        (args.metrics, Metric, true, false),
        (args.metrics_no_cache, Metric, false, false),
        (args.plots, Plot, true, false),
        (args.plots_no_cache, Plot, false, false),
    ] {
        outs.extend(paths.into_iter().map(|path| NewOut { path, kind, cache, persist }));
    }
    let env = args.env.iter().map(|variable| match variable.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (variable.clone(), None),
    });
    let cmd = match &args.command[..] {
        [whole] => whole.clone(),
        words => words.iter().map(|word| argument(word)).collect::<Vec<String>>().join(" "),
    };
    Ok(NewStage {
        name: args.name,
        cmd,
        wdir: args.wdir.filter(|wdir| wdir != "."),
        deps: args.deps,
        params: params(&args.params)?,
        outs,
        env: env.collect(),
        desc: args.desc,
        always_changed: args.always_changed,
        timeout: args.timeout,
        retry: args.retry,
    })
}

/// `word` as a word of a shell; options stay as they are.
fn argument(word: &str) -> String {
    let option = word.strip_prefix('-').filter(|rest| !rest.is_empty());
    match option.map(|rest| rest.trim_start_matches('-')) {
        Some(rest) if shell_word(rest) == rest => word.to_owned(),
        _ => shell_word(word),
    }
}

/// What several `-p` say, file by file.
fn params(items: &[String]) -> Result<Vec<(Option<String>, Vec<String>)>, CliError> {
    let mut found: Vec<(Option<String>, Vec<String>)> = Vec::new();
    for item in items {
        let (file, keys) = match item.rsplit_once(':') {
            Some((file, keys)) => (Some(file.to_owned()), keys),
            None => (None, &item[..]),
        };
        let keys: Vec<String> =
            keys.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect();
        if file.as_deref() == Some("") || (file.is_none() && keys.is_empty()) {
            return Err(CliError::usage(format!("`{item}` names no parameters"))
                .hint("write `lr,epochs` for keys of params.yaml, or `FILE:KEY`"));
        }
        match found.iter_mut().find(|(known, _)| *known == file) {
            // Once all of a file is asked for, single keys say nothing new.
            Some((_, known)) if known.is_empty() || keys.is_empty() => known.clear(),
            Some((_, known)) => known.extend(keys),
            None => found.push((file, keys)),
        }
    }
    for (_, keys) in &mut found {
        let mut seen = HashSet::new();
        keys.retain(|key| seen.insert(key.clone()));
    }
    Ok(found)
}
