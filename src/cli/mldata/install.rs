//! `git mldata install`.

use std::path::Path;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use crate::cli::{CliError, Outcome, Ui};
use crate::data::installation::{self, By, Event, Method, Options, Owner, Reason, State, Step};

/// Install Git's hooks that check commits and keep data in step
///
/// A hook is a few lines of shell that call `git mldata hook EVENT`. One that is there already stays: it
/// moves to `HOOK.mldata-chained`, and ours runs it with all that Git passes and keeps its exit code.
/// Hooks that pre-commit and prek wrote go on running, with ours before them.
///
/// If `core.hooksPath` names a directory that others use too, that is committed, or that husky or
/// lefthook fill, nothing is written there: Git 2.54 and later get the hooks by their settings, and for an
/// older Git the lines to add are shown. Running it again changes nothing, or brings older hooks of ours
/// up to date.
///
/// Exit code 1 if something is left to add by hand.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mldata install
  git mldata install --dry-run
  git mldata install --events pre-commit,pre-push
  git mldata install --method config         by Git's settings (Git 2.54 and later)
  git config mldata.hook.post-merge false    installed, and does nothing

`git mldata doctor` shows what runs; `git mldata uninstall` takes all of it away.")]
pub struct InstallArgs {
    /// How: as files, by Git's settings, or as files where that is possible
    #[arg(long, value_name = "METHOD", value_enum, default_value_t)]
    pub method: MethodArg,
    /// Only these hooks
    #[arg(long, value_name = "EVENT", value_delimiter = ',', value_parser = events())]
    pub events: Vec<Event>,
    /// For all repositories of this user, by Git's settings
    #[arg(long)]
    pub global: bool,
    /// Show what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum MethodArg {
    /// As files, and by settings where the directory is somebody else's
    #[default]
    Auto,
    /// As files in Git's directory of hooks
    Hookdir,
    /// By Git's settings
    Config,
}

/// Reads the name of an event.
pub(super) fn events() -> impl clap::builder::TypedValueParser<Value = Event> {
    PossibleValuesParser::new(Event::ALL.map(Event::name))
        .map(|name| Event::from_name(&name).expect("one of the possible values"))
}

/// The events that were asked for; all if none were.
pub(super) fn chosen(asked: &[Event]) -> Vec<Event> {
    let all = Event::ALL.into_iter();
    all.filter(|event| asked.is_empty() || asked.contains(event)).collect()
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    dry_run: bool,
    hooks: Vec<JsonHook>,
    /// Programs called `git` on PATH that do not run hooks by settings, if there are any such hooks.
    deaf: Vec<String>,
}

#[derive(serde::Serialize)]
pub(super) struct JsonHook {
    event: &'static str,
    path: String,
    /// `installed`, `chained`, `updated`, `configured`, `ready` or `by-hand`.
    state: &'static str,
    /// What to add to the file, if that is left to the user.
    lines: Option<String>,
}

pub fn run(ui: &Ui, args: InstallArgs) -> Result<Outcome, CliError> {
    let method = match args.method {
        MethodArg::Hookdir if args.global => {
            let hint = "leave out `--method hookdir`: what is global is in Git's settings";
            let error = "`--global` hooks are no files in a directory of hooks";
            return Err(CliError::usage(error).hint(hint));
        }
        MethodArg::Auto if args.global => Method::Settings,
        MethodArg::Auto => Method::Auto,
        MethodArg::Hookdir => Method::Directory,
        MethodArg::Config => Method::Settings,
    };
    let repo = super::repository(ui)?;
    let options = Options {
        method,
        events: chosen(&args.events),
        global: args.global,
        dry_run: args.dry_run,
        durable: true,
    };
    let report = installation::install(&repo, &options)?;
    if args.json {
        let hooks = report.steps.iter().map(|step| json_step(ui, step)).collect();
        let deaf = report.deaf.iter().map(|(path, _)| ui.os_path(path)).collect();
        ui.json(&Json { dry_run: args.dry_run, hooks, deaf })?;
    } else {
        if !show(ui, &report.steps, args.dry_run) {
            ui.status("Nothing to do: the hooks are installed.");
        }
        for (path, version) in &report.deaf {
            ui.warn(format_args!(
                "`{}` is Git {version}, which does not run hooks by settings: commits made with it are \
                 not checked",
                ui.os_path(path)
            ));
        }
    }
    let by_hand = |step: &Step| matches!(step.state, State::ByHand { .. });
    Ok(if report.steps.iter().any(by_hand) { Outcome::No } else { Outcome::Done })
}

/// Shows what became of hooks; `false` if there was nothing to do.
pub(super) fn show(ui: &Ui, steps: &[Step], dry_run: bool) -> bool {
    let mut done = false;
    let mut told: Vec<Reason> = Vec::new();
    let verb =
        |done: &str, would: &str| if dry_run { format!("Would {would}") } else { done.into() };
    for step in steps {
        let path = ui.os_path(&step.path);
        let name = step.event.name();
        match &step.state {
            State::Ready(By::Manager(manager)) => {
                ui.detail(format_args!("{} runs our checks as {name}.", manager.name()));
                continue;
            }
            State::Ready(_) => continue,
            State::Installed => {
                ui.status(format_args!("{} the hook `{path}`.", verb("Installed", "install")));
            }
            State::Chained => ui.status(format_args!(
                "{} the hook `{path}`, which also runs the one that was there.",
                verb("Installed", "install")
            )),
            State::Updated => {
                ui.status(format_args!("{} the hook `{path}`.", verb("Updated", "update")));
            }
            State::Configured => ui.status(format_args!(
                "{} the hook {name} by Git's settings (`hook.{}`).",
                verb("Installed", "install"),
                installation::setting(step.event)
            )),
            State::ByHand { reason, lines } => by_hand(ui, &step.path, *reason, lines, &mut told),
        }
        done = true;
    }
    done
}

/// Shows what the user has to put into a hook. What holds for all hooks is told once.
fn by_hand(ui: &Ui, path: &Path, reason: Reason, lines: &str, told: &mut Vec<Reason>) {
    let shown = ui.os_path(path);
    let indented = lines.replace('\n', "\n    ");
    let is_told = told.contains(&reason);
    told.push(reason);
    match reason {
        Reason::Edited => {
            ui.warn(format_args!(
                "the hook `{shown}` is ours and was changed; it is left as it is"
            ));
            ui.hint(format_args!(
                "keep it, or move it away and run `git mldata install` again: {shown}"
            ));
        }
        Reason::NoFile => ui.warn(format_args!("`{shown}` is no file, and cannot be a hook")),
        Reason::Managed(manager) => {
            if !is_told {
                ui.warn(format_args!(
                    "{} writes its hooks anew, so that they are left as they are; add to `{shown}`:",
                    manager.name()
                ));
            }
            ui.warn_more(indented);
        }
        Reason::Place(owner) => {
            if !is_told {
                ui.warn(format_args!("no hooks were installed: {}", about_place(ui, path, owner)));
            }
            ui.warn_more(format_args!("# {shown}\n    {indented}"));
        }
        Reason::KnowsItsName => ui.warn(format_args!(
            "the hook `{shown}` goes by its name, and is left as it is; add at its top:\n    {indented}"
        )),
        Reason::Second => ui.warn(format_args!(
            "the hook `{shown}` has replaced ours, which runs another one already; it is left as it is; \
             add at its top:\n    {indented}"
        )),
    }
}

fn about_place(ui: &Ui, hook: &Path, owner: Owner) -> String {
    let directory = ui.os_path(hook.parent().unwrap_or(hook));
    match owner {
        Owner::Shared => format!(
            "other repositories may use the hooks in `{directory}` too; these lines at their top call ours:"
        ),
        Owner::Tracked => {
            format!("Git tracks the hooks in `{directory}`; these lines at their top call ours:")
        }
        Owner::Husky => {
            format!("husky keeps your hooks in `{directory}`; these lines at their top call ours:")
        }
        Owner::None | Owner::Own => {
            "`core.hooksPath` names no directory; in one, these lines in its hooks call ours:"
                .to_owned()
        }
    }
}

pub(super) fn json_step(ui: &Ui, step: &Step) -> JsonHook {
    let (state, lines) = match &step.state {
        State::Installed => ("installed", None),
        State::Chained => ("chained", None),
        State::Updated => ("updated", None),
        State::Configured => ("configured", None),
        State::Ready(_) => ("ready", None),
        State::ByHand { lines, .. } => ("by-hand", Some(lines.clone())),
    };
    JsonHook { event: step.event.name(), path: ui.os_path(&step.path), state, lines }
}
