//! `git mlrun template`.

mod adopt;
mod diff;
mod status;
mod update;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::os::fd::AsFd as _;
use std::path::Path;

use crate::cli::mlrun::new::{Asker, ask_for_trust, is_terminal};
use crate::cli::{CliError, Outcome, Ui};
use crate::format::value::Map;
use crate::format::{RecordedVersion, TemplateRecord, Value};
use crate::fs::display_bytes;
use crate::scaffold::hooks::Hooks;
use crate::scaffold::program::Session;
use crate::scaffold::update::again::{Programs, Secrets, Tools};
use crate::scaffold::{self, Limits, config, source};

/// Follow the template that a project was made from
///
/// `.mlrun/template.yaml` says which template that was, in which version, and with what answers. When
/// the template changes, `update` merges the changes into the project as Git merges a branch.
#[derive(Debug, clap::Args)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct TemplateArgs {
    #[command(subcommand)]
    pub command: TemplateCommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum TemplateCommand {
    Status(status::StatusArgs),
    Diff(diff::DiffArgs),
    Update(update::UpdateArgs),
    Adopt(adopt::AdoptArgs),
}

pub fn run(ui: &Ui, args: &TemplateArgs) -> Result<Outcome, CliError> {
    match &args.command {
        TemplateCommand::Status(args) => status::run(ui, args),
        TemplateCommand::Diff(args) => diff::run(ui, args),
        TemplateCommand::Adopt(args) => adopt::run(ui, args),
        TemplateCommand::Update(args) => update::run(ui, args),
    }
}

/// The state of a template, in the JSON objects.
#[derive(serde::Serialize)]
struct JsonVersion {
    source: String,
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// `commit`, `digest` or `built-in`.
    kind: &'static str,
    version: String,
}

impl JsonVersion {
    fn of(record: &TemplateRecord) -> JsonVersion {
        let (kind, version) = match &record.version {
            RecordedVersion::Commit(id) => ("commit", id.clone()),
            RecordedVersion::Digest(digest) => ("digest", digest.to_string()),
            RecordedVersion::Builtin(program) => ("built-in", program.clone()),
        };
        let (source, reference) = (record.source.clone(), record.reference.clone());
        JsonVersion { source, reference, kind, version }
    }
}

/// A state of a template in a sentence.
fn version(version: &RecordedVersion) -> String {
    let text = match version {
        RecordedVersion::Commit(id) => id.chars().take(8).collect(),
        RecordedVersion::Digest(digest) => digest.to_hex()[..8].to_owned(),
        RecordedVersion::Builtin(program) => format!("git-ml {program}"),
    };
    display_bytes(text.as_bytes())
}

/// So many files, in words.
fn files(count: usize) -> String {
    match count {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    }
}

/// Names of variables, in a sentence.
fn names(names: &[String]) -> String {
    let names: Vec<String> =
        names.iter().map(|name| format!("`{}`", display_bytes(name.as_bytes()))).collect();
    names.join(", ")
}

/// Answers that were typed as `--set`.
fn given(set: &[(String, String)]) -> Map {
    set.iter().map(|(name, text)| (name.clone(), Value::String(text.clone()))).collect()
}

/// What to do about answers that are not stored: at a terminal they are asked, and somebody who wants no
/// questions takes the defaults. A script that did not say so must give them.
fn secrets(no_input: bool) -> Secrets {
    if no_input || Asker::new(false).asks() { Secrets::Ask } else { Secrets::Given }
}

#[derive(Debug, clap::Args)]
struct HookArgs {
    /// Run the template's hooks, now and whenever this version of it is used
    #[arg(long, conflicts_with = "no_hooks")]
    trust: bool,
    /// Do not run the template's hooks: what they would do to files is left out
    #[arg(long)]
    no_hooks: bool,
}

#[derive(Debug, clap::Args)]
struct LocalArgs {
    /// Read the template although only the project's files say where on this machine it is
    ///
    /// A record that came with a clone may name any directory. Where a project was made or updated once,
    /// this is not needed.
    #[arg(long)]
    allow_local: bool,
}

impl HookArgs {
    fn programs(&self) -> Programs {
        match (self.trust, self.no_hooks) {
            (true, _) => Programs::Trust,
            (_, true) => Programs::Never,
            _ => Programs::Trusted,
        }
    }

    fn rendering<'a>(
        &self,
        ui: &'a Ui,
        here: &'a Path,
        no_input: bool,
        local: &LocalArgs,
    ) -> Rendering<'a> {
        let (programs, local) = (self.programs(), local.allow_local);
        Rendering { ui, here, programs, no_input, local }
    }
}

/// How a command renders.
struct Rendering<'a> {
    ui: &'a Ui,
    /// Where the command was typed.
    here: &'a Path,
    programs: Programs,
    /// Nobody wants to be asked.
    no_input: bool,
    /// A template of this machine may be read although nothing but the record names it.
    local: bool,
}

impl Rendering<'_> {
    /// Does `work` with what it needs. What is worth a warning is told once, though a command may read
    /// and render a template twice.
    fn with_tools<T>(
        &self,
        work: impl FnOnce(&Tools<'_>) -> scaffold::Result<T>,
    ) -> Result<T, CliError> {
        let limits = Limits::default();
        let told = RefCell::new(BTreeSet::new());
        let warn = |text: &str| {
            if told.borrow_mut().insert(text.to_owned()) {
                self.ui.warn(text);
            }
        };
        let (user, problem) = config::load();
        problem.iter().for_each(|text| warn(text));
        let fetch = |request: &source::Request| {
            let abbreviations = user.abbreviations.clone();
            let interactive = is_terminal(self.no_input);
            let request = source::Request { abbreviations, interactive, ..request.clone() };
            let fetched = source::fetch(&request, self.here, &limits)?;
            fetched.warning.iter().for_each(|stale| warn(&stale.to_string()));
            Ok(fetched)
        };
        let consent = |hooks: &Hooks| ask_for_trust(self.ui, self.no_input, hooks);
        let output = std::io::stderr();
        let tools = Tools {
            fetch: &fetch,
            limits: &limits,
            programs: self.programs,
            consent: &consent,
            defaults: &user.defaults,
            warn: &warn,
            local: self.local,
            // Nothing of the user's is written while hooks run: Ctrl-C ends this process and them.
            session: Session { output: output.as_fd(), interrupted: &|| false },
        };
        Ok(work(&tools)?)
    }
}
