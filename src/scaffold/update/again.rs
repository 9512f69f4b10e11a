//! Rendering once more, with the answers that were recorded.

use crate::format::value::Map;
use crate::format::{TemplateRecord, Value};
use crate::fs::RepoPath;
use crate::scaffold::questions::{Ask, Given, Prompt, PromptKind};
use crate::scaffold::render::Place;
use crate::scaffold::source::{Fetched, Request};
use crate::scaffold::{Error, Generated, Limits, Moment, Result, generate, record};

/// What to do about answers that were not stored, as secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// Whoever answers is asked for them.
    Ask,
    /// They must have been given: the template's defaults would change the project.
    Given,
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
}

/// The request for the source of a record, at the state `reference`.
///
/// # Errors
/// The record's directory leads out of the source.
pub fn request(record: &TemplateRecord, reference: Option<String>) -> Result<Request> {
    let directory = RepoPath::new(record.directory.as_bytes()).ok_or_else(|| {
        let name = record.directory.clone();
        Error::BadName { template: "directory".into(), name, why: "it leads out of the template" }
    })?;
    Ok(Request { source: record.source.clone(), reference, directory, ..Request::default() })
}

/// Renders `fetched` with the answers, the time and the seed of `known`. `given` comes before what is
/// recorded, and `ask` is asked for the rest.
///
/// # Errors
/// As of [`generate()`], or a secret was not given.
pub fn render(
    fetched: Fetched,
    known: Known<'_>,
    given: &Map,
    secrets: Secrets,
    ask: &mut dyn Ask,
    limits: &Limits,
) -> Result<Again> {
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
    let record = record::seal(&mut generated, record::NATIVE, limits)?;
    let is_gone = |name: &&String| !generated.answers.values.contains_key(*name);
    let gone = known.answers.keys().chain(known.not_stored).filter(is_gone).cloned().collect();
    Ok(Again { generated, record, new, unfit, gone })
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
        if let Some(answer) = self.known.answers.get(name) {
            if fits(answer, &prompt.kind) {
                return Ok(answer.clone());
            }
            self.unfit.push(name.to_owned());
        } else if !self.known.not_stored.iter().any(|secret| secret == name) {
            self.new.push(name.to_owned());
        } else if self.secrets == Secrets::Given {
            return Err(Error::SecretNeeded { name: name.to_owned() });
        }
        self.ask.ask(prompt)
    }
}

fn fits(answer: &Value, kind: &PromptKind) -> bool {
    match (answer, kind) {
        (Value::String(_), PromptKind::Text { .. })
        | (Value::Bool(_), PromptKind::YesNo { .. })
        | (Value::Map(_), PromptKind::Map { .. }) => true,
        (Value::String(text), PromptKind::Choice { values, .. }) => values.contains(text),
        _ => false,
    }
}
