//! Rendering once more, with the answers that were recorded.

use super::{Project, pristine};
use crate::format::value::Map;
use crate::format::{TemplateRecord, Value};
use crate::fs::{self, RepoPath, ScratchDir};
use crate::git::Repo;
use crate::scaffold::cookiecutter::{self, Cookiecutter};
use crate::scaffold::hooks::{Hooks, Stage};
use crate::scaffold::program::Session;
use crate::scaffold::questions::{Ask, Given, Prompt, PromptKind};
use crate::scaffold::render::Place;
use crate::scaffold::source::{Fetched, Origin, Request, directory};
use crate::scaffold::{
    Error, Generated, Limits, Moment, Result, Template, generate, record, trust,
};

/// What to do about answers that were not stored, as secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// Whoever answers is asked for them.
    Ask,
    /// They must have been given: the template's defaults would change the project.
    Given,
}

/// Reads a template.
pub type Fetch<'a> = dyn Fn(&Request) -> Result<Fetched> + 'a;

/// What is needed to render.
pub struct Tools<'a> {
    pub fetch: &'a Fetch<'a>,
    pub limits: &'a Limits,
    pub programs: Programs,
    /// Asks the user whether these, and what else the template runs, are trusted.
    pub consent: &'a dyn Fn(&Hooks) -> bool,
    /// Other defaults than the template's, for questions that the record does not answer.
    pub defaults: &'a Map,
    /// Tells the user what is odd, but no error.
    pub warn: &'a dyn Fn(&str),
    /// Whether a template of this machine may be read although nothing but the record names it.
    pub local: bool,
    /// What hooks of the template run with.
    pub session: Session<'a>,
}

/// What to do about hooks of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Programs {
    /// They run if the user trusts this version of the template, or says so now; else there is no render.
    Trusted,
    /// They run if the user trusts them; else there is a render without them.
    IfTrusted,
    /// The user trusts them, from now on.
    Trust,
    Never,
}

/// What is known of an earlier render.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub answers: &'a Map,
    /// Names of the answers that were not stored.
    pub not_stored: &'a [String],
    pub moment: Moment,
    /// What rendered.
    pub engine: &'a str,
}

impl<'a> From<&'a TemplateRecord> for Known<'a> {
    fn from(record: &'a TemplateRecord) -> Known<'a> {
        let TemplateRecord { answers, not_stored, time, seed, engine, .. } = record;
        Known { answers, not_stored, moment: Moment { time: *time, seed: *seed }, engine }
    }
}

/// A render by a record.
#[derive(Clone, Debug)]
pub struct Again {
    /// Sealed.
    pub generated: Generated,
    pub record: TemplateRecord,
    /// Questions that the record does not answer: the template has them since then.
    pub new: Vec<String>,
    /// Recorded answers that do not fit their questions any more.
    pub unfit: Vec<String>,
    /// Recorded answers that the template does not ask for any more.
    pub gone: Vec<String>,
    /// Whether all hooks of the template had their part in it.
    pub is_whole: bool,
}

/// The request for the source of the record of `project`, at the state `reference`.
///
/// A record comes with a clone. What it says of this machine counts only if something of it was rendered
/// in this repository before, which its refs tell, or if the user said so.
///
/// # Errors
/// The record's directory leads out of the source, or Git cannot be read.
pub fn request(
    repo: &Repo,
    project: &Project,
    reference: Option<String>,
    tools: &Tools<'_>,
) -> Result<Request> {
    let record = &project.record;
    let stranger = !tools.local && !pristine::is_from(repo, &project.directory, &record.source)?;
    let directory = RepoPath::new(record.directory.as_bytes()).ok_or_else(|| {
        let name = record.directory.clone();
        Error::BadName { template: "directory".into(), name, why: "it leads out of the template" }
    })?;
    let source = record.source.clone();
    Ok(Request { source, reference, directory, stranger, ..Request::default() })
}

/// Renders `fetched` with the answers, the time and the seed of `known`. `given` comes before what is
/// recorded, and `ask` is asked for the rest.
///
/// # Errors
/// As of [`generate()`], or a secret was not given, or hooks are not trusted or fail.
pub fn render(
    fetched: Fetched,
    known: Known<'_>,
    given: &Map,
    secrets: Secrets,
    ask: &mut dyn Ask,
    tools: &Tools<'_>,
) -> Result<Again> {
    let again = match known.engine {
        record::NATIVE => natively(fetched, known, given, secrets, ask, tools),
        record::COOKIECUTTER => by_cookiecutter(fetched, known, given, secrets, ask, tools),
        other => Err(Error::UnknownEngine { engine: other.to_owned() }),
    }?;
    again.generated.answers.warnings.iter().for_each(|text| (tools.warn)(text));
    Ok(again)
}

fn natively(
    mut fetched: Fetched,
    known: Known<'_>,
    given: &Map,
    secrets: Secrets,
    ask: &mut dyn Ask,
    tools: &Tools<'_>,
) -> Result<Again> {
    let limits = tools.limits;
    let base = fetched.origin.directory.clone();
    let hooks = Hooks::of(&fetched.files, &base);
    let run = !hooks.is_empty() && may_run(&hooks, &fetched.origin, tools, not_trusted)?;
    if run {
        fetched.files = hooks.run_before_questions(fetched.files, &base, limits, &tools.session)?;
    }
    let mut rest = Rest { known, secrets, ask, new: Vec::new(), unfit: Vec::new() };
    let given = Given {
        defaults: tools.defaults.clone(),
        overrides: given.clone(),
        earlier: known.answers.clone(),
    };
    let place = place(&fetched.origin);
    let mut generated = generate(fetched, &given, place, &mut rest, known.moment, limits)?;
    let Rest { new, unfit, .. } = rest;
    if run {
        run_hooks(&hooks, &mut generated, tools)?;
    }
    let record = record::seal(&mut generated, record::NATIVE, limits)?;
    let gone = gone(known, &generated);
    let is_whole = run || hooks.is_empty();
    Ok(Again { generated, record, new, unfit, gone, is_whole })
}

/// Has cookiecutter render. It asks nothing: whatever it would have to ask with the recorded answers as
/// defaults was answered or is new, and of what is new it takes the default.
fn by_cookiecutter(
    fetched: Fetched,
    known: Known<'_>,
    given: &Map,
    secrets: Secrets,
    ask: &mut dyn Ask,
    tools: &Tools<'_>,
) -> Result<Again> {
    let hooks = Hooks::of(&fetched.files, &fetched.origin.directory);
    let with_hooks = tools.programs != Programs::Never;
    // Extensions run even where hooks do not.
    let programs = if with_hooks { tools.programs } else { Programs::Trusted };
    let refused = |_: &Hooks| Error::CodeNotTrusted;
    if !may_run(&hooks, &fetched.origin, &Tools { programs, ..*tools }, refused)? {
        return Err(Error::CodeNotTrusted);
    }
    let engine =
        Cookiecutter { program: cookiecutter::find()?, interactive: false, hooks: with_hooks };
    let mut overrides = given.clone();
    let missing = known.not_stored.iter().filter(|name| !given.contains_key(*name));
    for (at, name) in missing.enumerate() {
        if secrets == Secrets::Given {
            return Err(Error::SecretNeeded { name: name.clone() });
        }
        let origin = &fetched.origin;
        let template =
            Template::new(fetched.files.clone(), origin.directory.clone(), &origin.source)?;
        let Some(Value::String(default)) = template.questions.variables.get(name) else { continue };
        let kind = PromptKind::Text { default: default.clone() };
        let number = (at + 1, known.not_stored.len());
        let answer = ask.ask(&Prompt { name, text: name.clone(), kind, number })?;
        overrides.insert(name.clone(), answer);
    }
    let (defaults, earlier) = (tools.defaults.clone(), known.answers.clone());
    let given = Given { defaults, overrides, earlier };
    let place = place(&fetched.origin);
    let (limits, session) = (tools.limits, &tools.session);
    let mut generated = engine.generate(fetched, &given, place, known.moment, limits, session)?;
    let record = record::seal(&mut generated, record::COOKIECUTTER, limits)?;
    let is_known =
        |name: &&String| known.answers.contains_key(*name) || known.not_stored.contains(name);
    let new = generated.answers.asked.iter().filter(|name| !is_known(name)).cloned().collect();
    let gone = gone(known, &generated);
    let is_whole = with_hooks || hooks.is_empty();
    Ok(Again { generated, record, new, unfit: Vec::new(), gone, is_whole })
}

fn place(origin: &Origin) -> Place {
    let (template, checkout) = (origin.source.clone(), origin.reference.clone());
    Place { template, checkout, ..Place::default() }
}

/// Names that have an answer on record, and no question any more.
fn gone(known: Known<'_>, generated: &Generated) -> Vec<String> {
    let is_gone = |name: &&String| !generated.answers.values.contains_key(*name);
    known.answers.keys().chain(known.not_stored).filter(is_gone).cloned().collect()
}

/// Whether programs of the template, among them `hooks`, may run. `refused` says so if they would have
/// to.
fn may_run(
    hooks: &Hooks,
    origin: &Origin,
    tools: &Tools<'_>,
    refused: impl FnOnce(&Hooks) -> Error,
) -> Result<bool> {
    match tools.programs {
        Programs::Never => return Ok(false),
        Programs::Trust => {}
        _ if trust::is_trusted(origin)? => return Ok(true),
        Programs::IfTrusted => return Ok(false),
        Programs::Trusted if (tools.consent)(hooks) => {}
        Programs::Trusted => return Err(refused(hooks)),
    }
    trust::remember(origin)?;
    Ok(true)
}

fn not_trusted(hooks: &Hooks) -> Error {
    let hooks = hooks.scripts().iter().map(|script| script.path.clone()).collect();
    Error::HooksNotTrusted { hooks }
}

/// Runs what comes before and after the files are there, and takes for rendered what is there then.
fn run_hooks(hooks: &Hooks, generated: &mut Generated, tools: &Tools<'_>) -> Result<()> {
    let scratch = ScratchDir::new()?;
    // Hooks may look at the name of the directory that they are in.
    let name = RepoPath::new(generated.rendered.name.as_bytes()).filter(|name| !name.is_root());
    let name = name.unwrap_or_else(|| RepoPath::root().join(b"project"));
    let project = scratch.path().join(name.as_path());
    fs::create_dir_all(&project)?;
    hooks.run(Stage::PreGen, generated, &project, tools.limits, &tools.session)?;
    directory::write(&generated.rendered.files, &project)?;
    hooks.run(Stage::PostGen, generated, &project, tools.limits, &tools.session)?;
    generated.rendered.files = directory::read(&project, tools.limits)?;
    Ok(())
}

/// Passes on the questions that the record does not answer, and remembers which they were.
struct Rest<'a> {
    known: Known<'a>,
    secrets: Secrets,
    ask: &'a mut dyn Ask,
    new: Vec<String>,
    unfit: Vec<String>,
}

impl Ask for Rest<'_> {
    fn ask(&mut self, prompt: &Prompt<'_>) -> Result<Value> {
        let name = prompt.name;
        if self.known.answers.contains_key(name) {
            self.unfit.push(name.to_owned());
        } else if !self.known.not_stored.iter().any(|secret| secret == name) {
            self.new.push(name.to_owned());
        } else if self.secrets == Secrets::Given {
            return Err(Error::SecretNeeded { name: name.to_owned() });
        }
        self.ask.ask(prompt)
    }
}
