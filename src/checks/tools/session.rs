//! Getting verdicts: from the cache, else from the tool.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use rayon::prelude::*;

use super::cache::{Cache, Key, KeyBuilder};
use super::choose::Choice;
use super::configs::Configs;
use super::find::{Finder, Place, Program, install_command};
use super::imports::{Context, Placeholder};
use super::process::{Failure, Ran};
use super::subjects::Subject;
use super::tree::Scratch;
use super::verdict::Verdict;
use super::{Kind, Task, flake8, foreign, formatters, interrogate, process, ruff};
use crate::checks::{Check, Files, Result, Settings, Tool, ToolState};
use crate::fs::{self, At as _, RepoPath};

/// Seconds that a tool may take, where `mlhook.CHECK.timeout` does not say.
const TIMEOUT: u64 = 300;
/// Bytes of names that one process is given.
const ARGUMENTS: usize = 96 << 10;

/// What one check needs of tools.
pub struct Session<'a> {
    listing: &'a [RepoPath],
    git_dir: &'a Path,
    configs: &'a Configs,
    choice: Choice<'a>,
    finder: &'a Finder<'a>,
    cache: Cache,
    scratch: OnceLock<Scratch>,
    required: bool,
    timeout: Duration,
}

/// What came of asking one tool.
pub struct Judged {
    /// As many as there were subjects; none where the tool failed or is not there.
    pub verdicts: Vec<Option<Verdict>>,
    pub tool: Tool,
}

/// One process of a tool, or several where it has to be asked more than once about the same files.
pub(super) struct Run<'a> {
    pub task: Task,
    pub subjects: &'a [&'a Subject],
    /// The directory that stands for the top of the worktree.
    pub root: &'a Path,
    /// Where the tool runs, below it.
    directory: &'a RepoPath,
    config: Option<&'a RepoPath>,
    pub program: &'a Program,
    scratch: &'a Scratch,
    timeout: Duration,
}

impl<'a> Session<'a> {
    /// Finds out what the tools need to know, and gives it to `work`.
    pub fn open<T>(
        files: &Files<'_>,
        settings: &Settings,
        check: Check,
        asked: bool,
        subjects: &[Subject],
        work: impl FnOnce(&Session<'_>) -> Result<T>,
    ) -> Result<T> {
        let (configs, finder) = (Configs::load(files, subjects)?, Finder::new(files)?);
        let session = Session {
            listing: files.listing()?,
            git_dir: files.repo().git_dir(),
            choice: Choice::new(check, settings, &configs, &finder, asked)?,
            configs: &configs,
            finder: &finder,
            cache: Cache::new(files.repo().common_dir()),
            scratch: OnceLock::new(),
            required: settings.boolean("required", false)?,
            timeout: Duration::from_secs(settings.number("timeout", TIMEOUT)?),
        };
        work(&session)
    }

    /// The tools for one file, in the order in which they run.
    pub fn tools(&self, subject: &Subject) -> Vec<Kind> {
        self.choice.of(subject)
    }

    /// What `kind` says of each of the subjects, by itself: no verdict depends on another subject.
    pub fn judge(&self, kind: Kind, task: Task, subjects: &[&Subject]) -> Result<Judged> {
        let mut verdicts = vec![None; subjects.len()];
        let judged = |verdicts, state| Judged { verdicts, tool: Tool { name: kind.name(), state } };
        let Some(program) = self.finder.find(kind, Place::Anywhere) else {
            let install = install_command(kind, self.listing);
            let is_wanted = |subject: &&Subject| self.choice.is_wanted(&subject.path, kind);
            let required = self.required && subjects.iter().any(is_wanted);
            return Ok(judged(verdicts, ToolState::Missing { install, required }));
        };
        let refusals = foreign::refusals(kind, self.configs);
        let refusal = |subject: &Subject| match refusals.is_empty() {
            true => None,
            false => self.configs.of(&subject.path, kind).find_map(|(it, _)| refusals.get(it)),
        };
        let mut crash = subjects.iter().find_map(|subject| refusal(subject)).cloned();
        let context = kind.sorts_imports(task).then(|| Context::new(subjects, self.listing));
        let placeholders: Vec<BTreeSet<Placeholder>> = (subjects.iter().enumerate())
            .map(|(at, subject)| context.as_ref().map(|it| it.of(at, subject)).unwrap_or_default())
            .collect();
        let keys: Vec<Option<Key>> = (subjects.iter().zip(&placeholders))
            .map(|(subject, placeholders)| self.key(kind, task, &program, subject, placeholders))
            .collect();
        for (verdict, key) in verdicts.iter_mut().zip(&keys) {
            *verdict = key.as_ref().and_then(|key| self.cache.get(key));
        }
        let unknown: Vec<usize> =
            (0..subjects.len()).filter(|&at| verdicts[at].is_none()).collect();
        let unknown: Vec<usize> =
            unknown.into_iter().filter(|&at| refusal(subjects[at]).is_none()).collect();
        if unknown.is_empty() {
            let known = crash.map_or(ToolState::Known, |reason| ToolState::Crashed { reason });
            return Ok(judged(verdicts, known));
        }
        let batches = self.batches(kind, subjects, &unknown);
        let run_one =
            |batch: &Batch<'_>| self.run(kind, task, &program, subjects, &placeholders, batch);
        // Whether a mistake in one configuration may have ended a run for the files of others.
        let may_be_others = |found: &Result<_, Failure>| {
            kind == Kind::Ruff && matches!(found, Err(Failure::Crashed(_)))
        };
        let run = |batch: &Batch<'_>| -> Vec<(Vec<usize>, Result<Vec<Verdict>, Failure>)> {
            let found = run_one(batch);
            let groups = match may_be_others(&found) {
                true => self.apart(kind, subjects, batch),
                false => Vec::new(),
            };
            if groups.len() < 2 {
                return vec![(batch.members.clone(), found)];
            }
            let again = groups.par_iter().map(|group| (group.members.clone(), run_one(group)));
            again.collect()
        };
        let done: Vec<_> = batches.par_iter().flat_map(run).collect();
        for (members, found) in done {
            match found {
                Err(Failure::Error(error)) => return Err(error),
                Err(Failure::Crashed(reason)) => crash = crash.or(Some(reason)),
                Ok(found) => {
                    for (at, verdict) in members.into_iter().zip(found) {
                        if let Some(key) = &keys[at] {
                            self.cache.put(key, &verdict);
                        }
                        verdicts[at] = Some(verdict);
                    }
                }
            }
        }
        self.cache.prune();
        Ok(judged(
            verdicts,
            match crash {
                Some(reason) => ToolState::Crashed { reason },
                None => ToolState::Ran,
            },
        ))
    }

    /// What the verdict on `subject` depends on.
    fn key(
        &self,
        kind: Kind,
        task: Task,
        program: &Program,
        subject: &Subject,
        placeholders: &BTreeSet<Placeholder>,
    ) -> Option<Key> {
        let mut key = KeyBuilder::new();
        key.field(kind.name().as_bytes());
        key.field(format!("{task:?}").as_bytes());
        key.field(&program.identity?);
        key.field(subject.path.as_bytes());
        key.field(subject.id.as_bytes());
        for (path, config) in self.configs.of(&subject.path, kind) {
            key.field(path.as_bytes());
            key.field(config.id.as_bytes());
        }
        key.field(b"modules");
        for placeholder in placeholders {
            let (sort, path) = match placeholder {
                Placeholder::File(path) => (b"file", path),
                Placeholder::Directory(path) => (b"tree", path),
            };
            key.field(sort);
            key.field(path.as_bytes());
        }
        Some(key.finish())
    }

    /// The subjects by the configuration that the tool would read for them, not too many at once.
    fn batches<'s>(
        &'s self,
        kind: Kind,
        subjects: &[&Subject],
        unknown: &[usize],
    ) -> Vec<Batch<'s>> {
        let mut groups: BTreeMap<Option<&RepoPath>, Vec<usize>> = BTreeMap::new();
        for &at in unknown {
            let config = match kind {
                Kind::Ruff => None,
                _ => self.configs.nearest(&subjects[at].path, kind),
            };
            groups.entry(config).or_default().push(at);
        }
        let mut batches = Vec::new();
        for (config, members) in groups {
            let directory = config.and_then(RepoPath::parent).unwrap_or_else(RepoPath::root);
            let mut batch = Batch { config, directory: directory.clone(), members: Vec::new() };
            let mut size = 0;
            for at in members {
                // With the pointer to it and its end, as `execve(2)` counts.
                let needed = subjects[at].path.as_bytes().len() + 16;
                if size + needed > ARGUMENTS && !batch.members.is_empty() {
                    let next = Batch { config, directory: directory.clone(), members: Vec::new() };
                    batches.push(std::mem::replace(&mut batch, next));
                    size = 0;
                }
                size += needed;
                batch.members.push(at);
            }
            batches.push(batch);
        }
        batches
    }

    /// The members of a batch by the configuration that `kind` opens first for them.
    fn apart(&self, kind: Kind, subjects: &[&Subject], batch: &Batch<'_>) -> Vec<Batch<'static>> {
        let mut groups: BTreeMap<Option<&RepoPath>, Vec<usize>> = BTreeMap::new();
        for &at in &batch.members {
            groups.entry(self.configs.opened(&subjects[at].path, kind)).or_default().push(at);
        }
        let group = |members| Batch { config: None, directory: RepoPath::root(), members };
        groups.into_values().map(group).collect()
    }

    fn run(
        &self,
        kind: Kind,
        task: Task,
        program: &Program,
        subjects: &[&Subject],
        placeholders: &[BTreeSet<Placeholder>],
        batch: &Batch<'_>,
    ) -> Result<Vec<Verdict>, Failure> {
        let members: Vec<&Subject> = batch.members.iter().map(|&at| subjects[at]).collect();
        let beside =
            batch.members.iter().flat_map(|&at| placeholders[at].iter().cloned()).collect();
        let scratch = self.scratch()?;
        let root = scratch.tree(self.configs, &beside, &members)?;
        let run = Run {
            task,
            subjects: &members,
            root: &root,
            directory: &batch.directory,
            config: batch.config,
            program,
            scratch,
            timeout: self.timeout,
        };
        let found = match kind {
            Kind::Ruff => ruff::run(&run),
            Kind::Isort => formatters::isort(&run),
            Kind::Black => formatters::black(&run),
            Kind::Flake8 => flake8::run(&run),
            Kind::Interrogate => interrogate::run(&run),
        };
        found.map_err(|failure| match failure {
            Failure::Crashed(reason) => Failure::Crashed(run.of_the_repository(&reason)),
            error @ Failure::Error(_) => error,
        })
    }

    fn scratch(&self) -> Result<&Scratch> {
        if let Some(scratch) = self.scratch.get() {
            return Ok(scratch);
        }
        let made = Scratch::new(self.git_dir)?;
        // One that another thread made meanwhile is as good.
        Ok(self.scratch.get_or_init(|| made))
    }

    /// The files that name plugins of the repository for flake8: those are left out.
    pub fn naming_plugins(&self) -> impl Iterator<Item = &RepoPath> {
        let names = |bytes: &[u8]| foreign::without_plugins(bytes).is_some();
        self.configs.iter().filter(move |(_, file)| names(&file.bytes)).map(|(path, _)| path)
    }

    /// The file that configures `kind` for `subject`.
    pub fn configuration(&self, subject: &Subject, kind: Kind) -> Option<&RepoPath> {
        self.configs.nearest(&subject.path, kind)
    }
}

/// Files that one process is asked about.
struct Batch<'a> {
    config: Option<&'a RepoPath>,
    directory: RepoPath,
    members: Vec<usize>,
}

impl Run<'_> {
    /// Runs the tool with `options` and `names`.
    pub fn start(&self, options: &[&str], names: &[String]) -> Result<Ran, Failure> {
        let options = options.iter().map(OsString::from);
        let arguments = options.chain(names.iter().map(OsString::from)).collect();
        let (directory, cache) = (self.directory_path(), self.scratch.tool_cache());
        process::run(self.program, arguments, &directory, &cache, self.timeout)
    }

    pub fn directory_path(&self) -> PathBuf {
        self.root.join(self.directory.as_path())
    }

    /// How a subject is named where the tool runs: never like an option.
    pub fn name(&self, subject: &Subject) -> String {
        let name =
            subject.path.below(self.directory).expect("subjects are below their configuration");
        format!("./{}", String::from_utf8_lossy(name))
    }

    pub fn names(&self) -> Vec<String> {
        self.subjects.iter().map(|subject| self.name(subject)).collect()
    }

    /// Names for tools whose settings exclude only what they find by themselves: the directory, and what
    /// has no suffix to be found by.
    pub fn all(&self) -> Vec<String> {
        let scripts = self.subjects.iter().filter(|subject| subject.is_script());
        let scripts = scripts.map(|subject| self.name(subject));
        std::iter::once(".".to_owned()).chain(scripts).collect()
    }

    pub fn named(&self) -> impl Iterator<Item = (usize, String)> {
        self.subjects.iter().enumerate().map(|(at, subject)| (at, self.name(subject)))
    }

    /// The subjects by the names that they have where the tool runs, without `./`.
    pub fn places(&self) -> HashMap<String, usize> {
        let bare = |name: String| name.strip_prefix("./").map(str::to_owned).unwrap_or(name);
        self.named().map(|(at, name)| (bare(name), at)).collect()
    }

    /// The configuration, named where the tool runs.
    pub fn config(&self) -> Option<String> {
        let name = self.config?.file_name();
        Some(String::from_utf8_lossy(name).into_owned())
    }

    /// The configuration; where none is the tool's, the file `name` that is there for others, or an empty
    /// one.
    pub fn config_or_empty(&self, name: &str) -> String {
        self.config().unwrap_or_else(|| match self.directory_path().join(name).exists() {
            true => name.to_owned(),
            false => self.scratch.empty_file().to_string_lossy().into_owned(),
        })
    }

    /// What a tool says of files here, with the names that they have in the repository.
    fn of_the_repository(&self, text: &str) -> String {
        let real = self.root.canonicalize().ok();
        let mut text = text.to_owned();
        for root in [Some(self.root), real.as_deref()].into_iter().flatten() {
            text = text.replace(&format!("{}/", root.display()), "");
        }
        text
    }

    /// Takes a subject away from the tool.
    pub fn remove(&self, at: usize) -> Result<()> {
        let path = self.root.join(self.subjects[at].path.as_path());
        fs::remove_file_if_exists(&path)?;
        Ok(())
    }

    /// A verdict for each subject, with its text if the tool changed it. Whatever a tool puts in the place
    /// of a file or of a directory on the way to it, no link is followed: it could lead to what the user
    /// has in the worktree and has not staged.
    pub fn changed(&self) -> Result<Vec<Verdict>, Failure> {
        let changed = || -> Result<Option<Vec<Verdict>>> {
            let root = self.root.canonicalize().at("read", self.root)?;
            let verdicts = self.subjects.iter().map(|subject| changed(self.root, &root, subject));
            verdicts.collect()
        };
        match changed() {
            Ok(Some(verdicts)) => Ok(verdicts),
            Ok(None) | Err(_) => Err(Failure::Crashed(
                "it put something else in the place of a file, or made it very large".to_owned(),
            )),
        }
    }
}

/// What became of a file of the tree in `root`, whose own name is `real`; `None` if it is not there any
/// more, or is no file of its own.
fn changed(root: &Path, real: &Path, subject: &Subject) -> Result<Option<Verdict>> {
    let path = root.join(subject.path.as_path());
    let is_own = |it: fs::Stat| it.file_type() == fs::FileType::Regular && it.links == 1;
    let expected = real.join(subject.path.as_path());
    if !fs::lstat(&path)?.is_some_and(is_own) || path.canonicalize().at("read", &path)? != expected
    {
        return Ok(None);
    }
    let limit = subject.text.len().saturating_mul(8).saturating_add(1 << 20);
    let bytes = fs::read_bounded(&path, limit)?;
    let text = (bytes[..] != subject.text[..]).then_some(bytes);
    Ok(Some(Verdict { text, ..Verdict::default() }))
}

/// The first line that is not the same in both, counted from one.
pub fn changed_line(old: &[u8], new: &[u8]) -> u64 {
    let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let before = old[..same].iter().filter(|&&byte| byte == b'\n').count() as u64;
    // What is only added to the end is added to the last line.
    let at_end = same == old.len() && old.ends_with(b"\n") && before > 0;
    if at_end { before } else { before + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_changes_exists() {
        assert_eq!(changed_line(b"a\nb\nc\n", b"a\nB\nc\n"), 2);
        assert_eq!(changed_line(b"a\nb", b"a\nb\n"), 2);
        assert_eq!(changed_line(b"a\n", b"a\nb\n"), 1);
        assert_eq!(changed_line(b"a\n\n", b"a\n"), 2);
        assert_eq!(changed_line(b"x", b"y"), 1);
    }
}
