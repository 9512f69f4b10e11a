//! Programs that a template brings: shown, and run only if the user says so.
//!
//! Trust is for exactly one version of one source, and remembered. Somebody at a terminal is asked;
//! elsewhere `--trust` must say so. Without trust nothing is made, unless `--no-hooks` wants the project
//! as it is without them.

use std::os::fd::AsFd as _;

use indicatif::HumanBytes;

use super::{NewArgs, show};
use crate::cli::{CliError, Ui};
use crate::fs::display_bytes;
use crate::scaffold::cookiecutter::{self, Cookiecutter};
use crate::scaffold::hooks::{Hooks, Script, Stage};
use crate::scaffold::program::Session;
use crate::scaffold::questions::Given;
use crate::scaffold::render::Place;
use crate::scaffold::source::{Fetched, Origin};
use crate::scaffold::{Generated, Limits, Moment, Result, trust};

/// So many lines of a hook are shown.
const MAX_LINES: usize = 60;

/// What was decided about the hooks of a template, and which ran.
#[derive(Debug, Default)]
pub struct Consent {
    decided: Option<bool>,
    /// Where they are in the template.
    pub ran: Vec<String>,
}

impl Consent {
    /// Whether `hooks`, which `origin` has, may run. Decided once.
    ///
    /// # Errors
    /// The user does not trust them, or nobody is there to say so.
    pub fn of(
        &mut self,
        ui: &Ui,
        args: &NewArgs,
        hooks: &Hooks,
        origin: &Origin,
        warnings: &mut Vec<String>,
    ) -> Result<bool, CliError> {
        if hooks.is_empty() {
            return Ok(false);
        }
        if let Some(decided) = self.decided {
            return Ok(decided);
        }
        let decided = if args.no_hooks {
            let paths: Vec<String> = hooks.scripts().iter().map(path).collect();
            let paths = paths.join(", ");
            let text = format!(
                "hooks of the template do not run: {paths}; the project may lack something"
            );
            show::warn(ui, warnings, text);
            false
        } else if trust::is_trusted(origin)? {
            true
        } else {
            confirm(ui, args, hooks)?;
            trust::remember(origin)?;
            true
        };
        self.decided = Some(decided);
        Ok(decided)
    }

    /// Sees to it that code of the template may run: cookiecutter loads its extensions, and runs its hooks
    /// itself.
    ///
    /// # Errors
    /// As of [`Consent::of`]. There is no way to leave the code out.
    pub fn of_code(
        &mut self,
        ui: &Ui,
        args: &NewArgs,
        hooks: &Hooks,
        origin: &Origin,
    ) -> Result<(), CliError> {
        if !trust::is_trusted(origin)? {
            confirm(ui, args, hooks)?;
            trust::remember(origin)?;
        }
        if !args.no_hooks {
            self.ran.extend(paths(hooks));
        }
        Ok(())
    }

    /// Whether it was decided that they run.
    pub fn may_run(&self) -> bool {
        self.decided == Some(true)
    }

    /// Runs what comes before the questions.
    pub fn before_questions(
        &mut self,
        hooks: &Hooks,
        mut fetched: Fetched,
        limits: &Limits,
    ) -> Result<Fetched> {
        let output = std::io::stderr();
        // Nothing is written yet: Ctrl-C ends this process and the hook, as it ends a question.
        let session = Session { output: output.as_fd(), interrupted: &|| false };
        let base = fetched.origin.directory.clone();
        fetched.files = hooks.run_before_questions(fetched.files, &base, limits, &session)?;
        self.ran.extend(hooks.at(Stage::PrePrompt).map(path));
        Ok(fetched)
    }

    /// Runs those of `stage` in the directory `project`.
    pub fn run(
        &mut self,
        stage: Stage,
        hooks: &Hooks,
        made: &Generated,
        project: &std::path::Path,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<()> {
        let output = std::io::stderr();
        let session = Session { output: output.as_fd(), interrupted };
        hooks.run(stage, made, project, &Limits::default(), &session)?;
        self.ran.extend(hooks.at(stage).map(path));
        Ok(())
    }
}

/// Has cookiecutter ask and render. Ctrl-C ends it and this process; nothing is written yet.
pub fn cookiecutter(
    args: &NewArgs,
    fetched: Fetched,
    given: &Given,
    place: Place,
    moment: Moment,
    limits: &Limits,
) -> Result<Generated> {
    let engine = Cookiecutter {
        program: cookiecutter::find()?,
        interactive: super::prompts::is_terminal(args.no_input),
        hooks: !args.no_hooks,
    };
    let output = std::io::stderr();
    let session = Session { output: output.as_fd(), interrupted: &|| false };
    engine.generate(fetched, given, place, moment, limits, &session)
}

/// Shows `hooks` and asks whether they may run. Where nobody is there to be asked, the answer is no.
pub fn ask(ui: &Ui, no_input: bool, hooks: &Hooks) -> bool {
    if hooks.is_empty() {
        ui.warn(
            "cookiecutter runs extensions of the template, which could do anything that you can",
        );
    } else {
        ui.warn("the template brings programs, which could do anything that you can:");
    }
    for script in hooks.scripts() {
        ui.warn_more(line(script));
        show_text(ui, script);
    }
    super::prompts::is_terminal(no_input)
        && ui.ask("Run them, now and whenever this version of the template is used?")
}

/// The lines of a hook, so that whoever is asked knows what for.
fn show_text(ui: &Ui, script: &Script) {
    let lines = script.bytes.split(|&b| b == b'\n').filter(|line| !line.is_empty());
    let count = lines.clone().count();
    for line in lines.take(MAX_LINES) {
        ui.warn_more(format_args!("  | {}", display_bytes(line)));
    }
    if count > MAX_LINES {
        ui.warn_more(format_args!("  | and {} more lines", count - MAX_LINES));
    }
}

fn confirm(ui: &Ui, args: &NewArgs, hooks: &Hooks) -> Result<(), CliError> {
    if args.trust || ask(ui, args.no_input, hooks) {
        return Ok(());
    }
    Err(CliError::user("the template's hooks are not trusted").hints([
        "`--no-hooks` makes the project without them; it may lack something".to_owned(),
        "`--trust` runs them, once you have read them".to_owned(),
    ]))
}

fn path(script: &Script) -> String {
    display_bytes(script.path.as_bytes())
}

/// A hook with what tells it from others.
pub fn line(script: &Script) -> String {
    let size = HumanBytes(script.bytes.len() as u64);
    format!("{}  {size}  sha256:{}", path(script), script.digest.to_hex())
}

/// Where the hooks are in the template.
pub fn paths(hooks: &Hooks) -> Vec<String> {
    hooks.scripts().iter().map(path).collect()
}
