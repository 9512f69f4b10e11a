//! `git mldata doctor`.

use crate::checks::{self, MissingTool};
use crate::cli::switches::are_all_off;
use crate::cli::{CliError, Outcome, Ui};
use crate::data::installation::Remedy;
use crate::data::installation::doctor::{self, Diagnosis, Runner, Served};
use crate::data::installation::stub::Stub;
use crate::fs::display_bytes;
use crate::git::Repo;

/// Explain which hooks run here, and what is wrong with them
///
/// First comes what should be done, each with the command that does it, or with advice where no command
/// does: formatters and linters that the project has chosen and that are not installed are told too. Then
/// comes what Git runs at each event, in order: hooks by Git's settings, the hook in its directory, and
/// what that runs in turn. Nothing is changed, and no hook is run.
///
/// Exit code 0 if all is well, 1 if there is something to do.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mldata doctor
  git mldata doctor --json | jq -r '.problems[].command // empty'")]
pub struct DoctorArgs {
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    git: String,
    directory: String,
    /// Where `core.hooksPath` is set, as `git config --show-scope` has it.
    hooks_path: Option<&'static str>,
    /// The `git-mldata` on PATH.
    program: Option<String>,
    events: Vec<JsonEvent>,
    problems: Vec<JsonProblem>,
}

#[derive(serde::Serialize)]
struct JsonEvent {
    event: &'static str,
    /// Whether `mldata.hook.EVENT` switches off what we do.
    off: bool,
    runs: Vec<JsonRunner>,
}

#[derive(serde::Serialize)]
struct JsonRunner {
    /// `settings`, `stub`, `line`, `manager` or `other`.
    kind: &'static str,
    /// The file, or `hook.NAME`.
    what: String,
    ours: bool,
}

#[derive(serde::Serialize)]
struct JsonProblem {
    problem: String,
    /// What solves it, for a shell.
    command: Option<String>,
    /// What to do, where no command solves it.
    advice: Option<String>,
}

impl JsonProblem {
    fn new(problem: impl ToString, remedy: Remedy) -> JsonProblem {
        let (command, advice) = match remedy {
            Remedy::Command(command) => (Some(command), None),
            Remedy::Advice(advice) => (None, Some(advice)),
        };
        JsonProblem { problem: problem.to_string(), command, advice }
    }
}

pub fn run(ui: &Ui, args: DoctorArgs) -> Result<Outcome, CliError> {
    let repo = super::repository(ui)?;
    let diagnosis = doctor::diagnose(&repo)?;
    let mut problems: Vec<JsonProblem> = (diagnosis.problems.iter())
        .map(|problem| JsonProblem::new(problem, problem.remedy()))
        .collect();
    if are_all_off() {
        let problem = "MLDATA_HOOKS switches our hooks off in this shell";
        problems.push(JsonProblem::new(problem, Remedy::Command("unset MLDATA_HOOKS".to_owned())));
    }
    problems.extend(missing(&repo)?);
    let outcome = if problems.is_empty() { Outcome::Done } else { Outcome::No };
    if args.json {
        let events = diagnosis.events.iter().map(|served| json_event(ui, served)).collect();
        ui.json(&Json {
            git: diagnosis.git.to_string(),
            directory: ui.os_path(&diagnosis.place.directory),
            hooks_path: diagnosis.place.scope.map(crate::git::Scope::name),
            program: diagnosis.program.as_deref().map(|path| ui.os_path(path)),
            events,
            problems,
        })?;
        return Ok(outcome);
    }
    match problems.len() {
        0 => ui.line("All is well."),
        1 => ui.line("One thing to do:"),
        number => ui.line(format_args!("{number} things to do:")),
    }
    for JsonProblem { problem, command, advice } in &problems {
        ui.line(format_args!("  {problem}"));
        for remedy in [command, advice].into_iter().flatten() {
            ui.line(format_args!("      {}", remedy.replace('\n', "\n      ")));
        }
    }
    ui.line("");
    show(ui, &diagnosis);
    Ok(outcome)
}

/// Tools that the project wants checks to run, and that are not here.
fn missing(repo: &Repo) -> Result<Vec<JsonProblem>, CliError> {
    let missing = match checks::missing_tools(repo, &repo.config()?) {
        Ok(missing) => missing,
        Err(ref error @ checks::Error::Setting { ref key, .. }) => {
            let advice = format!("see where it is set: `git config --show-origin --get {key}`");
            return Ok(vec![JsonProblem::new(error, Remedy::Advice(advice))]);
        }
        Err(error) => return Err(error.into()),
    };
    let problem = |missing: MissingTool| {
        let MissingTool { check, name, install } = missing;
        let problem = format!("`{name}` is not installed, which the {} check wants", check.name());
        JsonProblem::new(problem, Remedy::Command(install))
    };
    Ok(missing.into_iter().map(problem).collect())
}

fn show(ui: &Ui, diagnosis: &Diagnosis) {
    let set = match diagnosis.place.scope {
        Some(scope) => format!(" (core.hooksPath, {} settings)", scope.name()),
        None => String::new(),
    };
    ui.line(format_args!("Git {}", diagnosis.git));
    ui.line(format_args!("hooks in {}{set}", ui.os_path(&diagnosis.place.directory)));
    match &diagnosis.program {
        Some(path) => ui.line(format_args!("git-mldata on PATH: {}", ui.os_path(path))),
        None => ui.line("git-mldata is not on PATH: hooks use the one that installed them"),
    }
    for served in &diagnosis.events {
        let off = if served.is_off { " (ours is switched off)" } else { "" };
        ui.line(format_args!("{}{off}:", served.event.name()));
        for runner in &served.runners {
            ui.line(format_args!("  {}", describe(ui, runner)));
        }
        if served.runners.is_empty() {
            ui.line("  nothing");
        }
    }
}

fn describe(ui: &Ui, runner: &Runner) -> String {
    match runner {
        Runner::Settings { name, scope, ours } => {
            let name = display_bytes(name.as_bytes());
            let whose = if *ours { "ours" } else { "another's" };
            format!("hook.{name}: {whose}, in the {} settings", scope.name())
        }
        Runner::Stub { path, stub } => {
            let path = ui.os_path(path);
            match stub {
                Stub::Current { program } => {
                    format!("{path}: ours, installed by {}", ui.os_path(program))
                }
                Stub::Other { version } => format!("{path}: ours, version {version}"),
                Stub::Edited => format!("{path}: ours, changed by hand"),
            }
        }
        Runner::Line { path } => format!("{}: calls us", ui.os_path(path)),
        Runner::Manager { path, manager } => {
            format!("{}: {}", ui.os_path(path), manager.name())
        }
        Runner::Other { path } => format!("{}: another's", ui.os_path(path)),
    }
}

fn json_event(ui: &Ui, served: &Served) -> JsonEvent {
    let runner = |runner: &Runner| {
        let (kind, what) = match runner {
            Runner::Settings { name, .. } => {
                ("settings", format!("hook.{}", display_bytes(name.as_bytes())))
            }
            Runner::Stub { path, .. } => ("stub", ui.os_path(path)),
            Runner::Line { path } => ("line", ui.os_path(path)),
            Runner::Manager { path, .. } => ("manager", ui.os_path(path)),
            Runner::Other { path } => ("other", ui.os_path(path)),
        };
        JsonRunner { kind, what, ours: runner.is_ours() }
    };
    let runs = served.runners.iter().map(runner).collect();
    JsonEvent { event: served.event.name(), off: served.is_off, runs }
}
