//! `git mlrun new`.

mod answers;
mod list;
mod prompts;
mod show;
mod start;

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

pub(super) use answers::pair;
use clap::ValueHint;
pub(super) use prompts::Asker;
use show::Json;

use crate::cli::{CliError, Outcome, Ui};
use crate::format::TemplateRecord;
use crate::fs::{At as _, RepoPath, display_bytes};
use crate::pipeline::run::interrupt::Interrupt;
use crate::scaffold::render::Place;
use crate::scaffold::repository::{Surroundings, surroundings};
use crate::scaffold::source::Request;
use crate::scaffold::write::{self, Draft};
use crate::scaffold::{Error, Generated, Limits, Moment, builtin, generate, record, source};

/// Make a project from a template
///
/// Asks the questions of the template, writes the project, and makes it a Git repository with settings,
/// hooks and a first commit. The project appears as a whole or not at all. Inside of a repository that is
/// there already, nothing but the files is made.
///
/// Templates are those of cookiecutter, and are rendered by this program: nothing of a template is run.
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
\"existing\" or \"none\", \"commit\", \"ran\", \"warnings\"}; of --list: [{\"name\", \"description\", \"default\"}].")]
pub struct NewArgs {
    /// The directory to make; if not given, the template says what it is called
    ///
    /// Its last name is proposed as the name of the project.
    #[arg(value_name = "NAME", value_hint = ValueHint::DirPath)]
    name: Option<OsString>,
    /// A built-in name, or a directory
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
    ])]
    list: bool,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &Ui, args: &NewArgs) -> Result<Outcome, CliError> {
    if args.list {
        return list::run(ui, args.json);
    }
    let here = std::env::current_dir().at("find", "the current directory")?;
    let below = args.output_dir.as_deref().map_or_else(|| here.clone(), |path| here.join(path));
    let named = args.name.as_ref().map(|name| target(&below, name)).transpose()?;
    // Refused before anybody answers seven questions.
    if let Some(target) = &named {
        write::place(target)?;
    }
    let given = answers::given(args.answers.as_deref(), &args.set)?;
    let limits = Limits::default();
    let fetched = source::fetch(&request(args)?, &here, &limits)?;
    let mut asker = Asker::new(args.no_input);
    asker.propose(named.as_deref().and_then(project_name), &given);
    let place = Place {
        template: args.template.clone(),
        output_dir: text(named.as_deref().and_then(Path::parent).unwrap_or(&below)),
        repo_dir: fetched.origin.source.clone(),
        checkout: args.reference.clone(),
    };
    let mut made = generate(fetched, &given, place, &mut asker, Moment::now(), &limits)?;
    let record = record::seal(&mut made, record::NATIVE, &limits)?;
    if !args.no_input {
        tell_defaults(ui, &asker, &record);
    }
    let target = match named {
        Some(target) => target,
        None => below.join(root_name(&made)?.as_path()),
    };
    let project = Project { shown: show::path(&target, &here), target, made, record };
    match args.dry_run {
        true => plan(ui, args, &project),
        false => make(ui, args, &project),
    }
}

/// A project in memory, and where it is going to be.
struct Project {
    made: Generated,
    record: TemplateRecord,
    target: PathBuf,
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
    Ok(Request { source, reference, directory, ..Request::default() })
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

fn plan(ui: &Ui, args: &NewArgs, project: &Project) -> Result<Outcome, CliError> {
    write::place(&project.target)?;
    let surroundings = surroundings(&project.target)?;
    if args.json {
        ui.json(&Json::of(args, project, &surroundings))?;
        return Ok(Outcome::Done);
    }
    ui.status(format_args!("Would make {}.", project.described()));
    show::tree(ui, &project.made.rendered.files);
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

fn make(ui: &Ui, args: &NewArgs, project: &Project) -> Result<Outcome, CliError> {
    let interrupt = Interrupt::install()
        .map_err(|error| CliError::internal(format!("cannot listen for signals: {error}")))?;
    let surroundings = surroundings(&project.target)?;
    let draft = Draft::new(&project.target, false)?;
    draft.write(&project.made.rendered.files, &|| interrupt.is_set())?;
    draft.publish()?;
    ui.status(format_args!("Made {}.", project.described()));
    let mut json = Json::of(args, project, &surroundings);
    match &surroundings {
        Surroundings::Repository(top) => start::tell_repository(ui, project, top),
        Surroundings::Nothing | Surroundings::Fresh if args.no_git => {}
        Surroundings::Nothing | Surroundings::Fresh => {
            json.commit = start::set_up(ui, args, project, &interrupt, &mut json.warnings)?;
        }
    }
    if args.run {
        start::run_pipeline(ui, args, project)?;
        json.ran = true;
    }
    if args.json {
        ui.json(&json)?;
    }
    show::next(ui, project, args.run);
    Ok(Outcome::Done)
}
