//! A template that was read: its files, its questions, and the directory that becomes the project.

use super::jinja::Dialect;
use super::questions::{self, Questions};
use super::{Error, FileTree, Foreign, Node, Result};
use crate::fs::RepoPath;

/// A template, ready to ask and to render.
#[derive(Clone, Debug)]
pub struct Template {
    /// All files of the source: links may lead from one template of it to another.
    pub files: FileTree,
    /// Where in `files` the template is: `cookiecutter.json`, `hooks` and `templates` lie in it.
    pub base: RepoPath,
    pub questions: Questions,
    /// The directory of `files` whose content becomes the project, such as
    /// `{{ cookiecutter.project_slug }}`; `None` where the source only offers templates to choose from.
    pub root: Option<RepoPath>,
}

impl Template {
    /// Reads the template at `base` of `files`. `source` is for messages.
    ///
    /// # Errors
    /// There is none, or its questions cannot be understood.
    pub fn new(files: FileTree, base: RepoPath, source: &str) -> Result<Template> {
        let Some((path, dialect)) = find_questions(&files, &base) else {
            let found = foreign(&files, &base);
            return Err(Error::NotATemplate { source_name: source.to_owned(), found });
        };
        let text = files.file(&path).unwrap_or_default();
        let questions = questions::parse(text, dialect, &path.to_string())?;
        let root = find_root(&files, &base, &questions);
        if root.is_none() && questions.nested.is_none() {
            let (open, close) = questions.settings.variable_delimiters();
            return Err(Error::BadTemplate {
                path: "the top directory".into(),
                reason: format!("no directory has a name like {open} cookiecutter.name {close}"),
            });
        }
        Ok(Template { files, base, questions, root })
    }

    /// Where includes and parents of texts are looked for, one after the other: in the directory that
    /// becomes the project, then in `templates` beside it.
    pub fn include_roots(&self) -> Vec<RepoPath> {
        self.root.iter().cloned().chain([self.base.join(b"templates")]).collect()
    }
}

/// `ccds.json` goes first: a template that has it keeps a `cookiecutter.json` that only says so.
fn find_questions(files: &FileTree, base: &RepoPath) -> Option<(RepoPath, Dialect)> {
    let known = [("ccds.json", Dialect::Ccds), ("cookiecutter.json", Dialect::Cookiecutter)];
    let mut known = known.into_iter().map(|(name, dialect)| (base.join(name.as_bytes()), dialect));
    known.find(|(path, _)| files.file(path).is_some())
}

fn foreign(files: &FileTree, base: &RepoPath) -> Foreign {
    let has = |name: &str| files.file(&base.join(name.as_bytes())).is_some();
    match () {
        () if has("copier.yml") || has("copier.yaml") => Foreign::Copier,
        () if has("cargo-generate.toml") => Foreign::CargoGenerate,
        () => Foreign::Unknown,
    }
}

/// The first directory whose name has `cookiecutter` and the delimiters of variables in it.
fn find_root(files: &FileTree, base: &RepoPath, questions: &Questions) -> Option<RepoPath> {
    let (open, close) = questions.settings.variable_delimiters();
    let is_root = |name: &[u8]| {
        let name = String::from_utf8_lossy(name);
        name.contains("cookiecutter") && name.contains(open) && name.contains(close)
    };
    let mut children = files.children(base);
    let found = children.find(|(name, node)| matches!(node, Node::Directory) && is_root(name));
    found.map(|(name, _)| base.join(name))
}
