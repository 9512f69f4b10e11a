//! The engine `cookiecutter`: the program itself, for templates that need Python to be rendered.
//!
//! It runs code of the template (extensions, hooks), so it needs the same trust as hooks do. It gets a
//! copy of the template that we fetched, a configuration of its own, and directories of ours for all that
//! it writes; what it has written is then read like any other directory, so that the project gets to its
//! place in the same way and under the same checks. What was answered comes from its replay file.
//!
//! Texts that print `_template`, `_output_dir` or `_repo_dir` show those directories of ours.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::program::{self, Session};
use super::questions::Given;
use super::render::{Place, Rendered};
use super::source::{Fetched, directory};
use super::{Answers, Error, Generated, Limits, Moment, Node, Result, Template};
use crate::format::value::Map;
use crate::format::{Value, json as json_text};
use crate::fs::{self, At as _, RepoPath, ScratchDir, display_bytes, os_path};

/// A replay file is no longer than this, in bytes.
const MAX_REPLAY: usize = 64 << 20;
/// Variables of a replay file that describe the render.
const PLACE: [&str; 4] = ["_template", "_output_dir", "_repo_dir", "_checkout"];

/// The program, and how it shall run.
#[derive(Clone, Debug)]
pub struct Cookiecutter {
    pub program: PathBuf,
    /// It asks on the terminal; else it takes the defaults.
    pub interactive: bool,
    /// Hooks run. Extensions do in any case.
    pub hooks: bool,
}

/// Where the program is.
///
/// # Errors
/// It is not on PATH.
pub fn find() -> Result<PathBuf> {
    program::find(&["cookiecutter"])
}

impl Cookiecutter {
    /// As [`super::generate`](fn@super::generate).
    ///
    /// # Errors
    /// The source holds no template, the program fails, or the user interrupts.
    pub fn generate(
        &self,
        fetched: Fetched,
        given: &Given,
        place: Place,
        moment: Moment,
        limits: &Limits,
        session: &Session<'_>,
    ) -> Result<Generated> {
        let Fetched { files, mut origin, .. } = fetched;
        let template = Template::new(files.clone(), origin.directory.clone(), &origin.source)?;
        check_names(&template, given)?;
        let scratch = Scratch::new(&origin.source)?;
        directory::write(&files, &scratch.template)?;
        scratch.configure(given)?;
        let mut command = program::command(&self.program, scratch.own.path());
        command
            .env("TMPDIR", scratch.own.path().join("tmp"))
            .arg("--config-file")
            .arg(scratch.own.path().join("config.yaml"))
            .arg("--output-dir")
            .arg(&scratch.output);
        if !self.interactive {
            command.arg("--no-input");
        }
        if !self.hooks {
            command.args(["--accept-hooks", "no"]);
        }
        if !origin.directory.is_root() {
            command.arg("--directory").arg(origin.directory.as_path());
        }
        command.arg("--").arg(&scratch.template);
        for (name, value) in &given.overrides {
            if let Some(text) = value.as_str() {
                command.arg(format!("{name}={text}"));
            }
        }
        let child = program::start(&mut command, session).at("run", &self.program)?;
        let status = program::wait(child, &self.program, session)?;
        if !status.success() {
            return Err(Error::CookiecutterFailed { status: status.to_string() });
        }
        let (answers, chosen) = scratch.answers(&origin.directory)?;
        let rendered = scratch.project(limits)?;
        origin.directory = chosen.clone();
        let template = Template::new(files, chosen, &origin.source)?;
        Ok(Generated { origin, template, answers, place, moment, rendered })
    }
}

/// The program passes over answers to questions that are not there.
fn check_names(template: &Template, given: &Given) -> Result<()> {
    let questions = &template.questions;
    let unknown = given.overrides.keys().find(|name| !questions.variables.contains_key(*name));
    match unknown.filter(|_| questions.nested.is_none()) {
        None => Ok(()),
        Some(name) => Err(Error::UnknownVariable {
            name: name.clone(),
            known: questions.variables.keys().cloned().collect(),
        }),
    }
}

/// Directories for one run.
struct Scratch {
    own: ScratchDir,
    template: PathBuf,
    output: PathBuf,
    replay: PathBuf,
}

impl Scratch {
    fn new(source: &str) -> Result<Scratch> {
        let own = ScratchDir::new()?;
        // Replay files have the template's name, and some templates print it.
        let name = source.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
        let name = name.strip_suffix(".git").unwrap_or(name);
        let name = RepoPath::new(name).filter(|name| !name.is_root() && name.as_bytes()[0] != b'-');
        let name = name.unwrap_or_else(|| RepoPath::root().join(b"template"));
        let template = own.path().join("template").join(name.as_path());
        let (output, replay) = (own.path().join("output"), own.path().join("replay"));
        for directory in [&template, &output, &replay, &own.path().join("tmp")] {
            fs::create_dir_all(directory)?;
        }
        Ok(Scratch { own, template, output, replay })
    }

    /// Writes the configuration: JSON, which is YAML too.
    fn configure(&self, given: &Given) -> Result<()> {
        let mut defaults = given.defaults.clone();
        defaults.extend(given.earlier.clone());
        // The command line has strings only.
        let others = given.overrides.iter().filter(|(_, value)| value.as_str().is_none());
        defaults.extend(others.map(|(name, value)| (name.clone(), value.clone())));
        let config = json!({
            "cookiecutters_dir": self.own.path().join("tmp"),
            "replay_dir": self.replay,
            "default_context": Value::Map(defaults),
        });
        let path = self.own.path().join("config.yaml");
        Ok(std::fs::write(&path, config.to_string()).at("write", &path)?)
    }

    /// What was answered, and the directory of the template that was chosen.
    fn answers(&self, base: &RepoPath) -> Result<(Answers, RepoPath)> {
        let broken = |why: &str| Error::BadTemplate {
            path: "the replay file".into(),
            reason: display_bytes(why.as_bytes()),
        };
        let entry = std::fs::read_dir(&self.replay).at("read directory", &self.replay)?.next();
        let path = entry.ok_or_else(|| broken("it was not written"))?.at("read", &self.replay)?;
        let text = fs::read_bounded(&path.path(), MAX_REPLAY)?;
        let text = std::str::from_utf8(&text).map_err(|_| broken("it is not UTF-8"))?;
        let parsed = json_text::parse(text).map_err(|problem| broken(&problem.message))?;
        let Value::Map(mut context) = parsed else { return Err(broken("it is no object")) };
        let mut namespace = |name: &str| match context.shift_remove(name) {
            Some(Value::Map(map)) => map,
            _ => Map::new(),
        };
        let (mut values, originals) = (namespace("cookiecutter"), namespace("_cookiecutter"));
        let described = PLACE.map(|name| values.shift_remove(name));
        let chosen = described[0].as_ref().and_then(Value::as_str);
        let chosen = chosen.and_then(|path| self.chosen(Path::new(path), base));
        let chosen = chosen.ok_or_else(|| broken("it names no template"))?;
        let asked = values.keys().filter(|name| !name.starts_with('_')).cloned().collect();
        Ok((Answers { values, originals, asked, warnings: Vec::new() }, chosen))
    }

    /// Which directory of the source `path` is. With a hook before the questions, it is one of a copy of
    /// the template that the program made.
    fn chosen(&self, path: &Path, base: &RepoPath) -> Option<RepoPath> {
        if path == self.template {
            return Some(base.clone());
        }
        if let Ok(inside) = path.strip_prefix(&self.template) {
            return RepoPath::root().resolve(inside.as_os_str().as_encoded_bytes());
        }
        let copied = path.strip_prefix(self.own.path().join("tmp")).ok()?;
        let inside: PathBuf = copied.components().skip(2).collect();
        base.resolve(inside.as_os_str().as_encoded_bytes())
    }

    fn project(&self, limits: &Limits) -> Result<Rendered> {
        let written = directory::read(&self.output, limits)?;
        let root = RepoPath::root();
        let (name, _) =
            written.children(&root).find(|(_, node)| matches!(node, Node::Directory)).ok_or_else(
                || Error::CookiecutterFailed { status: "no project was made".into() },
            )?;
        let top = root.join(name);
        let files = written.subtree(&top);
        let link = files.iter().find(|(_, node)| matches!(node, Node::Link(_)));
        if let Some((path, _)) = link {
            return Err(Error::BadName {
                template: "a hook or extension".into(),
                name: path.to_string(),
                why: "it is a symbolic link",
            });
        }
        Ok(Rendered { name: os_path(name).to_string_lossy().into_owned(), files })
    }
}
