//! `git mlrun new`.

mod alone;
mod answers;
mod hooks;
mod list;
mod prompts;
mod show;
mod start;

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

pub(super) use alone::leave_repository;
pub(super) use answers::pair;
use clap::ValueHint;
use hooks::Consent;
pub(super) use hooks::ask as ask_for_trust;
pub(super) use prompts::{Asker, is_terminal};
use show::Json;

use crate::cli::{CliError, Outcome, Ui};
use crate::format::{TemplateRecord, Value};
use crate::fs::{At as _, RepoPath, display_bytes};
use crate::git;
use crate::pipeline::run::interrupt::Interrupt;
use crate::scaffold::hooks::{Hooks, Stage};
use crate::scaffold::questions::Given;
use crate::scaffold::render::Place;
use crate::scaffold::repository::{Surroundings, check_place, surroundings};
use crate::scaffold::source::Request;
use crate::scaffold::write::{self, Draft};
use crate::scaffold::{
    Error, Generated, Limits, Moment, builtin, config, generate, record, source,
};

/// Make a project from a template
///
/// Asks the questions of the template, writes the project, and makes it a Git repository with settings,
/// hooks and a first commit. The project appears as a whole or not at all. Inside of a repository that is
/// there already, nothing but the files is made.
///
/// Templates are those of cookiecutter, and are rendered by this program: nothing of a template is run.
/// Some bring programs of their own, as hooks. They are shown before, and run only if you trust exactly
/// this version of the template.
///
/// The directory may be there if it is empty, or has only `.git` in it; directories above it are made.
/// Without a terminal, nobody is asked: defaults are taken, and named on standard error.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun new churn                          the built-in template, a few questions
  git mlrun new iris -t quickstart --run       a pipeline that runs at once, and its metrics
  git mlrun new --list                         the built-in templates
  git mlrun new churn -n --no-input            what would be made
  git mlrun new churn -t ../template --set license=MIT
                                               a template of your own

The JSON object: {\"dry_run\", \"directory\", \"template\": {\"source\", \"ref\", \"directory\", \"kind\",
\"version\"}, \"answers\", \"not_stored\", \"files\": [{\"path\", \"bytes\", \"executable\"}], \"hooks\", \"repository\": \"new\",
\"existing\" or \"none\", \"commit\", \"ran\", \"run\": {\"id\", \"name\"} or null, \"metrics\": {PATH: {KEY: value}},
\"warnings\"}; of --list: [{\"name\", \"description\", \"default\"}].")]
pub struct NewArgs {
    /// The directory to make; if not given, the template says what it is called
    ///
    /// Its last name is proposed as the name of the project.
    #[arg(value_name = "NAME", value_hint = ValueHint::DirPath)]
    name: Option<OsString>,
    /// A built-in name, a directory, an archive, a Git URL, or gh:, gl: or bb:OWNER/NAME
    #[arg(short, long, value_name = "TEMPLATE", default_value = builtin::DEFAULT)]
    template: String,
    /// The branch, tag or commit of the template
    #[arg(long = "ref", value_name = "REV")]
    reference: Option<String>,
    /// Where in its source the template is
    #[arg(long = "directory", value_name = "DIR")]
    subdirectory: Option<OsString>,
    /// Answer a question (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = answers::pair)]
    set: Vec<(String, String)>,
    /// Take answers from a YAML or JSON file, or from standard input (`-`)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    answers: Option<PathBuf>,
    /// Ask nothing: take defaults
    #[arg(long)]
    no_input: bool,
    /// Make the project below this directory
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    output_dir: Option<PathBuf>,
    /// Run the pipeline of the project, and show its metrics
    #[arg(long, conflicts_with_all = ["no_git", "dry_run"])]
    run: bool,
    /// Trust the template's hooks, of exactly this version, and run them
    #[arg(long)]
    trust: bool,
    /// Run no hooks of the template
    #[arg(long, conflicts_with = "trust")]
    no_hooks: bool,
    /// What renders: this program, or `cookiecutter`, which some templates need for extensions in Python
    #[arg(long, value_name = "ENGINE", value_enum, default_value_t, hide_possible_values = true)]
    engine: Engine,
    /// Make no repository
    #[arg(long)]
    no_git: bool,
    /// Leave the first commit to you: everything is staged
    #[arg(long)]
    no_commit: bool,
    /// Show what would be made, and make nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// List the built-in templates
    #[arg(long, conflicts_with_all = [
        "name", "template", "reference", "subdirectory", "set", "answers", "output_dir", "run", "dry_run",
        "trust", "no_hooks", "engine", "no_git", "no_commit", "no_input",
    ])]
    list: bool,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

/// What renders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Engine {
    #[default]
    Native,
    Cookiecutter,
}

pub fn run(ui: &Ui, args: &NewArgs) -> Result<Outcome, CliError> {
    if args.list {
        return list::run(ui, args.json);
    }
    if args.dry_run && args.engine == Engine::Cookiecutter {
        let why = "cookiecutter runs code of the template: there is no `--dry-run` of it";
        return Err(CliError::usage(why)
            .hint("leave out `--engine cookiecutter`, or make the project elsewhere"));
    }
    let here = std::env::current_dir().at("find", "the current directory")?;
    let below = args.output_dir.as_deref().map_or_else(|| here.clone(), |path| here.join(path));
    let named = args.name.as_ref().map(|name| target(&below, name)).transpose()?;
    // Refused before anybody answers seven questions.
    if let Some(target) = &named {
        write::place(target)?;
        check_place(target)?;
    }
    let mut given = answers::given(args.answers.as_deref(), &args.set)?;
    let limits = Limits::default();
    let mut warnings = Vec::new();
    let (user, problem) = config::load();
    given.defaults = user.defaults;
    if builtin::find(&args.template).is_some() {
        propose_author(&mut given);
    }
    let request = Request { abbreviations: user.abbreviations, ..request(args)? };
    let mut fetched = source::fetch(&request, &here, &limits)?;
    for text in problem.into_iter().chain(fetched.warning.take().map(|stale| stale.to_string())) {
        show::warn(ui, &mut warnings, text);
    }
    let mut consent = Consent::default();
    let hooks = Hooks::of(&fetched.files, &fetched.origin.directory);
    // Asked before the questions: whoever does not trust the template need not answer them.
    match args.engine {
        Engine::Native if args.dry_run => {}
        Engine::Native => {
            if consent.of(ui, args, &hooks, &fetched.origin, &mut warnings)? {
                fetched = consent.before_questions(&hooks, fetched, &limits)?;
            }
        }
        Engine::Cookiecutter => consent.of_code(ui, args, &hooks, &fetched.origin)?,
    }
    let mut asker = Asker::new(args.no_input);
    asker.propose(named.as_deref().and_then(project_name), &given);
    let place = Place {
        template: source::without_secrets(&args.template),
        output_dir: text(named.as_deref().and_then(Path::parent).unwrap_or(&below)),
        repo_dir: fetched.origin.source.clone(),
        checkout: args.reference.clone(),
    };
    let moment = Moment::now();
    let (mut made, engine) = match args.engine {
        Engine::Native => {
            (generate(fetched, &given, place, &mut asker, moment, &limits)?, record::NATIVE)
        }
        Engine::Cookiecutter => {
            propose_project_name(&mut given, named.as_deref());
            let made = hooks::cookiecutter(args, fetched, &given, place, moment, &limits)?;
            (made, record::COOKIECUTTER)
        }
    };
    for text in &made.answers.warnings {
        show::warn(ui, &mut warnings, text.clone());
    }
    let record = record::seal(&mut made, engine, &limits)?;
    if !args.no_input {
        tell_defaults(ui, &asker, &record);
    }
    let target = match named {
        Some(target) => target,
        None => below.join(root_name(&made)?.as_path()),
    };
    let hooks = Hooks::of(&made.template.files, &made.template.base);
    let project = Project { shown: show::path(&target, &here), target, made, record, hooks };
    if args.dry_run {
        return plan(ui, args, &project, warnings);
    }
    // Those of a template within the template are not known before.
    if args.engine == Engine::Native {
        consent.of(ui, args, &project.hooks, &project.made.origin, &mut warnings)?;
    }
    make(ui, args, &project, consent, warnings)
}

/// A project in memory, and where it is going to be.
struct Project {
    made: Generated,
    record: TemplateRecord,
    target: PathBuf,
    hooks: Hooks,
    /// The target for people, from the directory where they are.
    shown: String,
}

impl Project {
    /// What it is, for people.
    fn described(&self) -> String {
        let template = show::template(&self.made.origin);
        let files = show::count(&self.made.rendered.files);
        let Project { shown, target, .. } = self;
        let name = match (&shown[..], target.file_name()) {
            (".", Some(name)) => display_bytes(name.as_encoded_bytes()),
            _ => shown.clone(),
        };
        format!("`{name}` from the template `{template}`: {files}")
    }
}

/// A path in a text of a template, which has no bytes but characters.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn request(args: &NewArgs) -> Result<Request, CliError> {
    let directory = args.subdirectory.as_deref().unwrap_or_default().as_encoded_bytes();
    let directory = RepoPath::root().resolve(directory).ok_or_else(|| {
        let shown = display_bytes(directory);
        CliError::usage(format!("`{shown}` does not lead to a directory of the template"))
    })?;
    let (source, reference) = (args.template.clone(), args.reference.clone());
    let interactive = prompts::is_terminal(args.no_input);
    Ok(Request { source, reference, directory, interactive, ..Request::default() })
}

/// The absolute path of the directory that was typed as `name`. It is not resolved, so that a symbolic
/// link in its place is seen, unless it ends in `..`.
fn target(below: &Path, name: &OsString) -> Result<PathBuf, CliError> {
    if name.is_empty() {
        return Err(CliError::usage("the name of the project is empty"));
    }
    let path = std::path::absolute(below.join(name)).at("find", name)?;
    match path.components().next_back() {
        Some(Component::ParentDir) => Ok(path.canonicalize().at("find", path)?),
        _ => Ok(path),
    }
}

/// What a project in `target` is called, if that is text.
fn project_name(target: &Path) -> Option<String> {
    Some(target.file_name()?.to_str()?.to_owned())
}

/// Who commits, as the author of a project from a built-in template. Templates of others are left to
/// their own defaults: what cookiecutter makes of them without being asked is made here.
fn propose_author(given: &mut Given) {
    let user = git::global_user();
    for (variable, value) in [("author", user.name), ("email", user.email)] {
        if let Some(value) = Some(value).filter(|value| !value.trim().is_empty()) {
            given.defaults.entry(variable.to_owned()).or_insert(Value::String(value));
        }
    }
}

/// The name that was typed, as a default of cookiecutter's own, unless it was answered.
fn propose_project_name(given: &mut Given, target: Option<&Path>) {
    const NAME: &str = "project_name";
    if let Some(name) = target.and_then(project_name)
        && !given.overrides.contains_key(NAME)
    {
        given.defaults.insert(NAME.to_owned(), Value::String(name));
    }
}

/// The name of the directory that the template rendered.
fn root_name(made: &Generated) -> Result<RepoPath, Error> {
    let name = &made.rendered.name;
    RepoPath::new(name.clone()).filter(|path| !path.is_root()).ok_or_else(|| Error::BadName {
        template: "the directory".into(),
        name: name.clone(),
        why: "it is no name of a directory here",
    })
}

/// Says which defaults were taken because nobody could be asked.
fn tell_defaults(ui: &Ui, asker: &Asker, record: &TemplateRecord) {
    let told = asker.untold.iter().filter_map(|name| {
        let value = serde_json::to_string(record.answers.get(name)?).ok()?;
        Some(display_bytes(format!("{name}={value}").as_bytes()))
    });
    let told: Vec<String> = told.collect();
    if !told.is_empty() {
        ui.status(format_args!(
            "Nobody was asked, there is no terminal. Taken by default: {}.",
            told.join(", ")
        ));
    }
}

fn plan(
    ui: &Ui,
    args: &NewArgs,
    project: &Project,
    warnings: Vec<String>,
) -> Result<Outcome, CliError> {
    write::place(&project.target)?;
    let surroundings = surroundings(&project.target)?;
    let hooks = if args.no_hooks { Vec::new() } else { hooks::paths(&project.hooks) };
    if args.json {
        ui.json(&Json::of(args, project, &surroundings, hooks, warnings))?;
        return Ok(Outcome::Done);
    }
    ui.status(format_args!("Would make {}.", project.described()));
    show::tree(ui, &project.made.rendered.files);
    if !hooks.is_empty() {
        ui.status("Hooks of the template would run, which may change all of this:");
        for script in project.hooks.scripts() {
            ui.status(format_args!("  {}", hooks::line(script)));
        }
    }
    match &surroundings {
        Surroundings::Repository(top) => {
            ui.status(format_args!("It would be in the repository `{}`.", ui.os_path(top)));
        }
        _ if args.no_git => {}
        _ if args.no_commit => ui.status("It would be a Git repository."),
        _ => ui.status("It would be a Git repository with a first commit."),
    }
    Ok(Outcome::Done)
}

fn make(
    ui: &Ui,
    args: &NewArgs,
    project: &Project,
    mut consent: Consent,
    warnings: Vec<String>,
) -> Result<Outcome, CliError> {
    let interrupt = Interrupt::install()
        .map_err(|error| CliError::internal(format!("cannot listen for signals: {error}")))?;
    let stop = || interrupt.is_set();
    let surroundings = surroundings(&project.target)?;
    let Project { made, hooks, .. } = project;
    let hooked =
        consent.may_run() && hooks.scripts().iter().any(|hook| hook.stage != Stage::PrePrompt);
    let draft = Draft::new(&project.target, hooked)?;
    if hooked {
        consent.run(Stage::PreGen, hooks, made, draft.directory(), &stop)?;
    }
    draft.write(&made.rendered.files, &stop)?;
    if hooked {
        consent.run(Stage::PostGen, hooks, made, draft.directory(), &stop)?;
    }
    draft.publish()?;
    ui.status(format_args!("Made {}.", project.described()));
    let mut json = Json::of(args, project, &surroundings, consent.ran, warnings);
    match &surroundings {
        Surroundings::Repository(top) => {
            start::tell_repository(ui, project, top);
            start::keep_render(ui, project, false, &mut json.warnings);
        }
        Surroundings::Nothing | Surroundings::Fresh if args.no_git => {}
        Surroundings::Nothing | Surroundings::Fresh => {
            json.commit = start::set_up(ui, args, project, &interrupt, &mut json.warnings)?;
            // Hooks of the template may have changed the files, and rules for them.
            start::keep_render(ui, project, !hooked, &mut json.warnings);
        }
    }
    if args.run {
        let start::FirstRun { recorded, metrics } = start::run_pipeline(ui, args, project)?;
        (json.ran, json.run, json.metrics) = (true, recorded, metrics);
    }
    if args.json {
        ui.json(&json)?;
    }
    show::next(ui, project, args.run);
    Ok(Outcome::Done)
}
