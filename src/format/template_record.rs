//! `.mlrun/template.yaml`: which template a project was made from, and with what answers.
//!
//! # Format, version 1
//!
//! YAML, UTF-8, at most 1 MiB, in the project that it describes.
//!
//! ```yaml
//! mlrun-template: 1
//! source: https://example.org/t.git   # or an absolute path, or the name of a built-in one
//! named: gh:org/t         # what texts of the template call it; only where that is not the source
//! ref: v2                 # what was asked for; only where something was
//! directory: python       # where in the source the template is; only where it is not at its top
//! commit: "3f786850e387550fdab836ed7e6dc881de23001b"
//! # or digest: sha256:…   # of all files of the source, where there is no commit
//! # or built-in: "0.1.0"  # part of this version of the program
//! engine: native          # what rendered it
//! program: "0.1.0"        # the version that wrote this file
//! time: 2026-01-02T03:04:05Z
//! seed: 7                 # of random strings
//! answers:                # in the order of the questions
//!   project_name: Churn
//! not-stored: [api_token] # names of answers that look like secrets; only where there are some
//! hooks: none             # those of the template did not run; only where it had some
//! render: sha256:…        # of what was rendered and hooks made of it, without this file
//! ```
//!
//! There is one text for each record, with a line for each answer, so that Git merges what two versions
//! of a template changed. A text edited by hand is read as YAML. A key that this program does not know
//! is an error: the record is written anew by each update, and what is not understood would be lost.

use jiff::Timestamp;
use serde::Deserialize;

use super::value::Map;
use super::yaml::{self, Mark, Node, Problem, emit};
use super::{Error, ObjectId, Result, Value};

const WHAT: &str = "template record";
const VERSION: u64 = 1;

/// No record is longer, in bytes.
pub const MAX_LEN: usize = 1 << 20;

/// What a project was rendered from. Nothing in it is a secret, and nothing was validated: a record
/// is a file that anybody may have edited.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateRecord {
    pub source: String,
    /// `_template`, where that is not the source: what was typed, without secrets.
    pub named: Option<String>,
    /// The branch, tag or commit that was asked for.
    pub reference: Option<String>,
    /// Where in the source the template is, with `/`; empty for its top.
    pub directory: String,
    pub version: RecordedVersion,
    pub engine: String,
    /// The version of the program that wrote the record.
    pub program: String,
    pub time: Timestamp,
    pub seed: u64,
    /// In the order of the questions; neither private variables nor secrets.
    pub answers: Map,
    /// Names of the answers that look like secrets.
    pub not_stored: Vec<String>,
    pub hooks: RecordedHooks,
    /// The digest of what was rendered and hooks made of it, without the record.
    pub render: ObjectId,
}

/// Which hooks of the template had their part in a render.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordedHooks {
    /// All that it had, if it had any.
    #[default]
    All,
    None,
}

/// Exactly which state of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedVersion {
    /// A commit's full id.
    Commit(String),
    /// The digest of all files.
    Digest(ObjectId),
    /// Part of this version of the program.
    Builtin(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    mlrun_template: u64,
    source: String,
    named: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    #[serde(default)]
    directory: String,
    commit: Option<String>,
    digest: Option<String>,
    built_in: Option<String>,
    engine: String,
    program: String,
    time: Node,
    seed: u64,
    answers: Option<Node>,
    #[serde(default)]
    not_stored: Vec<String>,
    #[serde(default)]
    hooks: RecordedHooks,
    render: String,
}

impl TemplateRecord {
    /// Parses the bytes of the file.
    ///
    /// # Errors
    /// It is no record, one of a later version, one with keys that are not known, or one with conflict
    /// markers.
    pub fn parse(bytes: &[u8]) -> Result<TemplateRecord> {
        if bytes.len() > MAX_LEN {
            return Err(Error::malformed(WHAT, "it is longer than 1 MiB"));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Error::malformed(WHAT, "it is not UTF-8 text"))?;
        if text.lines().any(|line| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ")) {
            return Err(Error::ConflictMarkers { what: WHAT });
        }
        let located = |problem: Problem| {
            let Mark { line, column } = problem.mark;
            Error::malformed(WHAT, format!("line {line}, column {column}: {}", problem.message))
        };
        let root = yaml::parse(text).map_err(located)?;
        // A later version may have other keys: its number is looked for before they are.
        match root.get("mlrun-template").map(Node::value) {
            Some(Value::Int(found)) if found > VERSION.into() => {
                let found = u64::try_from(found).unwrap_or(u64::MAX);
                Err(Error::Version { what: WHAT, found, supported: VERSION })
            }
            _ => record(&root).map_err(located),
        }
    }

    /// The one text of this record.
    pub fn text(&self) -> String {
        let mut text = format!("mlrun-template: {VERSION}\n");
        let mut line = |key: &str, value: &str| {
            text.push_str(key);
            text.push_str(": ");
            text.push_str(value);
            text.push('\n');
        };
        line("source", &emit::scalar(&self.source));
        if let Some(named) = &self.named {
            line("named", &emit::scalar(named));
        }
        if let Some(reference) = &self.reference {
            line("ref", &emit::scalar(reference));
        }
        if !self.directory.is_empty() {
            line("directory", &emit::scalar(&self.directory));
        }
        match &self.version {
            RecordedVersion::Commit(id) => line("commit", &emit::scalar(id)),
            RecordedVersion::Digest(digest) => line("digest", &digest.to_string()),
            RecordedVersion::Builtin(version) => line("built-in", &emit::scalar(version)),
        }
        line("engine", &emit::scalar(&self.engine));
        line("program", &emit::scalar(&self.program));
        line("time", &self.time.to_string());
        line("seed", &self.seed.to_string());
        if self.answers.is_empty() {
            line("answers", "{}");
        } else {
            text.push_str("answers:\n");
            for (name, answer) in &self.answers {
                text.push_str(&format!("  {}: {}\n", emit::scalar(name), emit::flow(answer)));
            }
        }
        if !self.not_stored.is_empty() {
            let names = self.not_stored.iter().cloned().map(Value::String).collect();
            text.push_str(&format!("not-stored: {}\n", emit::flow(&Value::List(names))));
        }
        if self.hooks == RecordedHooks::None {
            text.push_str("hooks: none\n");
        }
        text.push_str(&format!("render: {}\n", self.render));
        text
    }
}

fn record(root: &Node) -> Result<TemplateRecord, Problem> {
    let file: File = yaml::from_node(root)?;
    if file.mlrun_template != VERSION {
        return Err(root.problem("it has no version that there is"));
    }
    let at = |key: &str| root.get(key).unwrap_or(root);
    let digest = |key: &str, text: &str| {
        ObjectId::parse(text).map_err(|error| at(key).problem(error.to_string()))
    };
    let version = match (file.commit, file.digest, file.built_in) {
        (Some(id), None, None) => RecordedVersion::Commit(id),
        (None, Some(text), None) => RecordedVersion::Digest(digest("digest", &text)?),
        (None, None, Some(version)) => RecordedVersion::Builtin(version),
        _ => return Err(root.problem("it needs one of `commit`, `digest` and `built-in`")),
    };
    let time = file.time.as_scalar().map_or("", |scalar| scalar.text());
    let time = time.parse().map_err(|_| file.time.problem("expected a time in UTC"))?;
    let answers = match file.answers {
        None => Map::new(),
        Some(node) => match node.value() {
            Value::Map(answers) => answers,
            Value::Null => Map::new(),
            other => return Err(node.problem(format!("expected a map, found {}", other.kind()))),
        },
    };
    Ok(TemplateRecord {
        source: file.source,
        named: file.named,
        reference: file.reference,
        directory: file.directory,
        version,
        engine: file.engine,
        program: file.program,
        time,
        seed: file.seed,
        answers,
        not_stored: file.not_stored,
        hooks: file.hooks,
        render: digest("render", &file.render)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fs::golden;

    fn example() -> TemplateRecord {
        let mut answers = Map::new();
        answers.insert("project_name".into(), Value::String("Churn: a study".into()));
        answers.insert("use_ci".into(), Value::Bool(true));
        answers.insert("version".into(), Value::String("0.1".into()));
        answers.insert("linters".into(), Value::List(vec![Value::String("ruff".into())]));
        let nested = Map::from([("CHURN".to_owned(), Value::Null)]);
        answers.insert("variables".into(), Value::Map(nested));
        TemplateRecord {
            source: "https://example.org/templates.git".into(),
            named: Some("gh:example/templates".into()),
            reference: Some("v2".into()),
            directory: "python/data".into(),
            version: RecordedVersion::Commit("3f786850e387550fdab836ed7e6dc881de23001b".into()),
            engine: "native".into(),
            program: "0.1.0".into(),
            time: "2026-01-02T03:04:05Z".parse().expect("a time"),
            seed: u64::MAX,
            answers,
            not_stored: vec!["api_token".into()],
            hooks: RecordedHooks::None,
            render: ObjectId::of(b"rendered"),
        }
    }

    fn minimal() -> TemplateRecord {
        TemplateRecord {
            source: "minimal".into(),
            named: None,
            reference: None,
            directory: String::new(),
            version: RecordedVersion::Builtin("0.1.0".into()),
            answers: Map::new(),
            not_stored: Vec::new(),
            hooks: RecordedHooks::All,
            ..example()
        }
    }

    #[test]
    fn texts_are_as_they_were() {
        golden::check("template-record", example().text().as_bytes());
        golden::check("template-record-minimal", minimal().text().as_bytes());
        for record in [example(), minimal()] {
            assert_eq!(TemplateRecord::parse(record.text().as_bytes()), Ok(record));
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        let refused = |old: &str, new: &str| {
            let text = example().text();
            assert!(text.contains(old), "{old}");
            TemplateRecord::parse(text.replacen(old, new, 1).as_bytes())
                .map(drop)
                .expect_err(new)
                .to_string()
        };
        for (old, new, expected) in [
            ("mlrun-template: 1", "mlrun-template: 2", "upgrade git-ml"),
            ("mlrun-template: 1", "mlrun-template: 0", "no version that there is"),
            ("engine: native", "engine: native\nlater: 1", "later"),
            ("commit: ", "built-in: one\ncommit: ", "one of `commit`"),
            ("time: 2026", "time: then 2026", "a time in UTC"),
            ("render: sha256:69", "render: sha256:", "line 19"),
            ("answers:\n", "<<<<<<< ours\nanswers:\n", "conflict markers"),
        ] {
            let message = refused(old, new);
            assert!(message.contains(expected), "{message}");
        }
        let long = vec![b' '; MAX_LEN + 1];
        assert!(TemplateRecord::parse(&long).is_err());
    }

    proptest! {
        #[test]
        fn any_record_comes_back(
            source: String,
            named: Option<String>,
            without_hooks: bool,
            reference: Option<String>,
            key: String,
            answer in crate::format::value::arbitrary(),
            not_stored: Vec<String>,
            seed: u64,
        ) {
            let answers = Map::from([(key, answer)]);
            let hooks = if without_hooks { RecordedHooks::None } else { RecordedHooks::All };
            let record = TemplateRecord {
                source, named, hooks, reference, answers, not_stored, seed, ..example()
            };
            prop_assert_eq!(TemplateRecord::parse(record.text().as_bytes()), Ok(record));
        }
    }
}
