//! Rendering once more, with the answers that were recorded.

use super::{Project, pristine};
use crate::format::value::Map;
use crate::format::{TemplateRecord, Value};
use crate::fs::{self, RepoPath, ScratchDir};
use crate::git::Repo;
use crate::scaffold::hooks::{Hooks, Stage};
use crate::scaffold::program::Session;
use crate::scaffold::questions::{Ask, Given, Prompt};
use crate::scaffold::render::Place;
use crate::scaffold::source::{Fetched, Origin, Request, directory};
use crate::scaffold::{Error, Generated, Limits, Moment, Result, generate, record, trust};

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
    /// Whether a template of this machine may be read although nothing but the record names it.
    pub local: bool,
    /// What hooks of the template run with.
    pub session: Session<'a>,
}

/// What to do about hooks of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Programs {
    /// They run if the user trusts this version of the template; else there is no render.
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
}

impl<'a> From<&'a TemplateRecord> for Known<'a> {
    fn from(record: &'a TemplateRecord) -> Known<'a> {
        let TemplateRecord { answers, not_stored, time, seed, .. } = record;
        Known { answers, not_stored, moment: Moment { time: *time, seed: *seed } }
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
    let run = may_run(&hooks, &fetched.origin, tools.programs)?;
    if run {
        fetched.files = hooks.run_before_questions(fetched.files, &base, limits, &tools.session)?;
    }
    let mut rest = Rest { known, secrets, ask, new: Vec::new(), unfit: Vec::new() };
    let given =
        Given { overrides: given.clone(), earlier: known.answers.clone(), ..Given::default() };
    let place = Place {
        template: fetched.origin.source.clone(),
        checkout: fetched.origin.reference.clone(),
        ..Place::default()
    };
    let mut generated = generate(fetched, &given, place, &mut rest, known.moment, limits)?;
    let Rest { new, unfit, .. } = rest;
    if run {
        run_hooks(&hooks, &mut generated, tools)?;
    }
    let record = record::seal(&mut generated, record::NATIVE, limits)?;
    let is_gone = |name: &&String| !generated.answers.values.contains_key(*name);
    let gone = known.answers.keys().chain(known.not_stored).filter(is_gone).cloned().collect();
    let is_whole = run || hooks.is_empty();
    Ok(Again { generated, record, new, unfit, gone, is_whole })
}

fn may_run(hooks: &Hooks, origin: &Origin, programs: Programs) -> Result<bool> {
    if hooks.is_empty() || programs == Programs::Never {
        return Ok(false);
    }
    if programs == Programs::Trust {
        trust::remember(origin)?;
        return Ok(true);
    }
    let is_trusted = trust::is_trusted(origin)?;
    if is_trusted || programs == Programs::IfTrusted {
        return Ok(is_trusted);
    }
    let hooks = hooks.scripts().iter().map(|script| script.path.clone()).collect();
    Err(Error::HooksNotTrusted { hooks })
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
