//! The record of a render, `.mlrun/template.yaml`, made from the render itself.
//!
//! With the record, the template and the answers that it may not hold, the same bytes are rendered
//! again: everything else that a render depends on is in it. Every project has its own record, which is
//! committed, so nothing in it may be a secret ([`is_secret`]).

use super::questions::Questions;
use super::source::Version;
use super::{Error, FileTree, Generated, Limits, Node, Result};
use crate::format::value::Map;
use crate::format::{ObjectId, RecordedVersion, TemplateRecord, Value, secrets};
use crate::fs::RepoPath;

/// Where the record is, from the top of the project.
pub const PATH: &str = ".mlrun/template.yaml";

/// What the `engine` of a record is called that this program rendered itself.
pub const NATIVE: &str = "native";

/// What it is called where [`super::cookiecutter`] did.
pub const COOKIECUTTER: &str = "cookiecutter";

/// The record's path in a project.
pub fn path() -> RepoPath {
    RepoPath::new(PATH).expect("a path inside of the project")
}

/// Makes the record of `generated` and puts its file among the rendered ones.
///
/// What runs after the render and changes its files, such as hooks of the template, comes before.
///
/// # Errors
/// The template has such a file of its own, or the files pass `limits`. Nothing has changed then.
pub fn seal(generated: &mut Generated, engine: &str, limits: &Limits) -> Result<TemplateRecord> {
    let path = path();
    let files = &mut generated.rendered.files;
    if files.get(&path).is_some() {
        return Err(Error::RendersRecord { path });
    }
    let render = digest(files);
    let Generated { origin, template, answers, moment, .. } = &*generated;
    let (answers, not_stored) = split(&template.questions, &answers.values);
    let record = TemplateRecord {
        source: origin.source.clone(),
        reference: origin.reference.clone(),
        directory: String::from_utf8_lossy(origin.directory.as_bytes()).into_owned(),
        version: origin.version.clone().into(),
        engine: engine.to_owned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        time: moment.time,
        seed: moment.seed,
        answers,
        not_stored,
        render,
    };
    let bytes = record.text().into_bytes().into();
    let node = Node::File { bytes, executable: false };
    generated.rendered.files.insert(path, node, limits)?;
    Ok(record)
}

/// The digest of a render by which it is known again. Directories do not count, since Git keeps none
/// that is empty, and neither does the record.
pub fn digest(files: &FileTree) -> ObjectId {
    let record = path();
    files.digest_of(|path, node| !matches!(node, Node::Directory) && *path != record)
}

impl From<Version> for RecordedVersion {
    fn from(version: Version) -> Self {
        match version {
            Version::Builtin(program) => RecordedVersion::Builtin(program),
            Version::Commit(id) => RecordedVersion::Commit(id),
            Version::Digest(digest) => RecordedVersion::Digest(digest),
        }
    }
}

/// The answers that are stored, and the names of the others. Private variables are neither: they come
/// from the template.
fn split(questions: &Questions, values: &Map) -> (Map, Vec<String>) {
    let mut stored = Map::new();
    let mut not_stored = Vec::new();
    for (name, value) in values.iter().filter(|(name, _)| !name.starts_with('_')) {
        if is_secret(questions, name, value) {
            not_stored.push(name.clone());
        } else {
            stored.insert(name.clone(), value.clone());
        }
    }
    (stored, not_stored)
}

/// Whether an answer must not be in a file that is committed: the template says so in its list
/// `_secret`, its name does, or it looks like a key of some service.
///
/// A choice is no secret, whatever its name: all of its values stand in the template.
pub fn is_secret(questions: &Questions, name: &str, value: &Value) -> bool {
    let asked = questions.variables.get(name);
    if let Some(Value::List(names)) = questions.variables.get("_secret")
        && names.iter().any(|listed| listed.as_str() == Some(name))
    {
        return true;
    }
    if matches!(asked, Some(Value::List(_) | Value::Bool(_))) {
        return false;
    }
    let mut found = false;
    value.leaves(name.to_owned(), &mut |key, leaf| {
        let texts: &[Value] = match leaf {
            Value::List(items) => items,
            other => std::slice::from_ref(other),
        };
        let texts = texts.iter().filter_map(Value::as_str).filter(|text| !text.is_empty());
        let mut texts = texts.peekable();
        found |= texts.peek().is_some() && is_secret_name(&key);
        found |= texts.any(|text| secrets::find(text.as_bytes()).is_some());
    });
    found
}

/// Whether what is called so is a secret, by its name.
pub fn is_secret_name(name: &str) -> bool {
    const PARTS: [&str; 8] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "api_key",
        "apikey",
        "access_key",
        "private_key",
    ];
    /// Only as whole words: there are tokenizers, and numbers of tokens.
    const WORDS: [&str; 4] = ["token", "pwd", "credential", "credentials"];
    let name = name.to_lowercase().replace(['-', ' ', '.'], "_");
    PARTS.iter().any(|part| name.contains(part))
        || name.split('_').any(|word| WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::json;
    use crate::scaffold::questions::{Defaults, Given};
    use crate::scaffold::render::Place;
    use crate::scaffold::source::{Fetched, Origin};
    use crate::scaffold::{Limits, Moment, generate};

    fn generated(questions: &str, files: &[(&str, &'static str)]) -> Generated {
        let mut tree = FileTree::new();
        let mut insert = |path: String, bytes: Vec<u8>| {
            let path = RepoPath::new(path).expect("a path");
            let node = Node::File { bytes: bytes.into(), executable: false };
            tree.insert(path, node, &Limits::default()).expect("it fits");
        };
        insert("cookiecutter.json".into(), questions.into());
        for (path, text) in files {
            insert(format!("{{{{cookiecutter.name}}}}/{path}"), (*text).into());
        }
        let origin = Origin {
            source: "/templates/t".into(),
            reference: None,
            directory: RepoPath::root(),
            version: Version::Digest(tree.digest()),
        };
        let fetched = Fetched { files: tree, origin, warning: None };
        let moment = Moment { time: jiff::Timestamp::UNIX_EPOCH, seed: 7 };
        generate(
            fetched,
            &Given::default(),
            Place::default(),
            &mut Defaults,
            moment,
            &Limits::default(),
        )
        .expect("rendered")
    }

    #[test]
    fn a_sealed_render_says_what_it_was_made_of() {
        let questions = r#"{"name": "churn", "_private": "p", "ci": true, "token": "abc"}"#;
        let mut generated = generated(questions, &[("a.txt", "{{cookiecutter.name}}\n")]);
        let before = digest(&generated.rendered.files);
        let record = seal(&mut generated, NATIVE, &Limits::default()).expect("sealed");
        assert_eq!(record.answers.keys().collect::<Vec<_>>(), ["name", "ci"]);
        assert_eq!(record.not_stored, ["token"]);
        assert_eq!(record.render, before);
        assert_eq!(digest(&generated.rendered.files), before);
        let file = generated.rendered.files.file(&path()).expect("the record");
        assert_eq!(TemplateRecord::parse(file), Ok(record));
        let again = seal(&mut generated, NATIVE, &Limits::default());
        assert!(matches!(again, Err(Error::RendersRecord { .. })));
    }

    #[test]
    fn empty_directories_do_not_count() {
        let generated = generated(r#"{"name": "churn"}"#, &[("a.txt", "a")]);
        let mut files = generated.rendered.files;
        let before = digest(&files);
        let directory = RepoPath::new("empty").expect("a path");
        files.insert(directory, Node::Directory, &Limits::default()).expect("it fits");
        assert_eq!(digest(&files), before);
    }

    #[test]
    fn secrets_are_known_by_template_name_and_look() {
        let questions = r#"{"name": "x", "pin": "1", "_secret": ["pin"], "use_token": ["a", "b"],
            "store_password": true}"#;
        let questions = generated(questions, &[("a", "")]).template.questions;
        let json = |text: &str| json::parse(text).expect("JSON");
        for (name, value) in [
            ("pin", r#""1""#),
            ("db_password", r#""x""#),
            ("MY-API-KEY", r#""x""#),
            ("hub_token", r#""x""#),
            ("cloud", r#"{"aws": {"secret": "x"}}"#),
        ] {
            assert!(is_secret(&questions, name, &json(value)), "{name}");
        }
        let letters: String = ('a'..='z').chain('A'..='J').collect();
        let key = Value::String(format!("ghp_{letters}"));
        assert!(is_secret(&questions, "motto", &key));
        for (name, value) in [
            ("use_token", r#""a""#),
            ("store_password", "true"),
            ("tokenizer", r#""bpe""#),
            ("max_tokens", r#""10""#),
            ("password", r#""""#),
            ("name", r#""x""#),
        ] {
            assert!(!is_secret(&questions, name, &json(value)), "{name}");
        }
    }
}
