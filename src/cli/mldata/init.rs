//! `git mldata init`.

use crate::cli::{CliError, Outcome, Ui};
use crate::data::init::{self, Reason, Report, State, Step, What};

/// Prepare this repository: settings, merge rules and hooks
///
/// Creates `.mldataconfig`, tells Git in `.gitattributes` how to merge `.gitignore` files, and
/// installs the hooks that keep data in step with branches. What is there already is left alone: an
/// existing hook is never changed, the line to add to it is shown instead. Running it again does no
/// harm.
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
}

#[derive(serde::Serialize)]
struct JsonStep {
    /// `settings`, `attributes`, or the name of a hook.
    what: &'static str,
    path: String,
    /// `created`, `extended`, `ready` or `by-hand`.
    state: &'static str,
    /// What to add to the file, if that is left to the user.
    lines: Option<String>,
}

pub fn run(ui: &Ui, args: InitArgs) -> Result<Outcome, CliError> {
    let repo = super::repository(ui)?;
    let options = init::Options { dry_run: args.dry_run, hooks: !args.no_hooks, durable: true };
    let report = init::init(&repo, options)?;
    if args.json {
        let steps = report.steps.iter().map(|step| json_step(ui, step)).collect();
        ui.json(&Json { dry_run: args.dry_run, steps })?;
        return Ok(Outcome::Done);
    }
    show(ui, &report, args.dry_run);
    Ok(Outcome::Done)
}

fn show(ui: &Ui, report: &Report, dry_run: bool) {
    let mut done = false;
    let mut told = false;
    let verb =
        |done: &str, would: &str| if dry_run { format!("Would {would}") } else { done.into() };
    for step in &report.steps {
        let path = ui.os_path(&step.path);
        match (&step.what, &step.state) {
            (_, State::Ready) => continue,
            (What::Hook(_), State::Created) => {
                ui.status(format_args!("{} the hook `{path}`.", verb("Installed", "install")));
            }
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
            (_, State::ByHand { reason, lines }) => by_hand(ui, &path, *reason, lines, &mut told),
        }
        done = true;
    }
    if !done {
        ui.status("Nothing to do: this repository is prepared.");
    }
    let files: Vec<String> = report.to_commit().map(|path| ui.os_path(path)).collect();
    if !files.is_empty() && !dry_run && !report.staged {
        ui.hint(format_args!("to share this, `git add {}` and commit", files.join(" ")));
    }
}

/// Shows what the user has to put into a hook. What holds for all hooks is told once.
fn by_hand(ui: &Ui, path: &str, reason: Reason, lines: &str, told: &mut bool) {
    let why = match reason {
        Reason::Exists => {
            let top = if lines.contains('\n') { ", before anything else" } else { "" };
            let lines = lines.replace('\n', "\n    ");
            ui.warn(format_args!(
                "the hook `{path}` is left as it is; add to it{top}:\n    {lines}"
            ));
            return;
        }
        Reason::Shared => "`core.hooksPath` names a directory that other repositories may use too",
        Reason::NoDirectory => "`core.hooksPath` names no directory",
    };
    if !std::mem::replace(told, true) {
        ui.warn(format_args!("no hooks were installed: {why}; put these lines into yours:"));
    }
    ui.warn_more(lines);
}

fn json_step(ui: &Ui, step: &Step) -> JsonStep {
    let (state, lines) = match &step.state {
        State::Created => ("created", None),
        State::Extended => ("extended", None),
        State::Ready => ("ready", None),
        State::ByHand { lines, .. } => ("by-hand", Some(lines.clone())),
    };
    let what = match step.what {
        What::Settings => "settings",
        What::Attributes => "attributes",
        What::MergeDriver => "merge-driver",
        What::Hook(name) => name,
    };
    JsonStep { what, path: ui.os_path(&step.path), state, lines }
}
