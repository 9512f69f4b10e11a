//! Preparing a repository: shared settings, merge rules, hooks ([`hooks`]).
//!
//! Nothing that is there already is changed. Doing it again does nothing.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::installation::{self, Event, Method};
use crate::fs::{self, At as _, FileType, RepoPath};
use crate::git::{Git, Repo, SHARED_CONFIG};

const ATTRIBUTES: &str = ".gitattributes";
/// How files of ours are merged. `union` is built into Git, so that it works in clones that were never
/// prepared; where a driver is not configured, Git merges lines.
const ATTRIBUTES_LINES: [(&str, &str); 2] =
    [(".gitignore", "merge=union"), ("mlrun.lock", "merge=mlrun-lock")];
/// What Git runs to merge locks (`gitattributes(5)`, "Defining a custom merge driver").
const MERGE_DRIVER: [(&str, &str); 2] = [
    ("merge.mlrun-lock.name", "merge mlrun.lock stage by stage"),
    ("merge.mlrun-lock.driver", "git mlrun merge-lock %O %A %B"),
];

const SHARED_CONFIG_TEXT: &str = include_str!("../../templates/mldataconfig");

#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Report, and do nothing.
    pub dry_run: bool,
    pub hooks: bool,
    /// Whether what is written outlasts a power cut. In a repository that was just made nothing else does.
    pub durable: bool,
}

/// What was done, or would be done, file by file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub steps: Vec<Step>,
    /// What became of the hooks, if any are wanted.
    pub hooks: Vec<installation::Step>,
    /// Whether the files to commit were staged (`mldata.autostage`).
    pub staged: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub what: What,
    pub path: PathBuf,
    pub state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Settings,
    Attributes,
    /// The program that merges locks, in the repository's settings.
    MergeDriver,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Created,
    /// Something was added to it.
    Extended,
    /// It was as it should be.
    Ready,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Fs(#[from] fs::Error),
    #[error(transparent)]
    Git(#[from] crate::git::Error),
    #[error(transparent)]
    Hooks(#[from] installation::Error),
    /// Something that is no regular file has the name.
    #[error("`{name}` is not a regular file")]
    NotAFile { name: &'static str },
}

impl Report {
    /// Paths of the files that are to be committed.
    pub fn to_commit(&self) -> impl Iterator<Item = &Path> {
        let changed = |step: &&Step| matches!(step.state, State::Created | State::Extended);
        let committed = |step: &&Step| step.what != What::MergeDriver;
        self.steps.iter().filter(changed).filter(committed).map(|step| step.path.as_path())
    }
}

/// Prepares the repository.
///
/// # Errors
/// What was done before the error stays; running it again goes on from there.
pub fn init(repo: &Repo, options: Options) -> Result<Report, Error> {
    let attributes = attributes(repo)?;
    let mut steps = vec![settings(repo, options)?];
    let path = repo.top().join(ATTRIBUTES);
    let state = match attributes {
        Attributes::Ready => State::Ready,
        Attributes::Write { bytes, state } => {
            if !options.dry_run {
                write(repo, &path, &bytes, options.durable)?;
            }
            state
        }
    };
    steps.push(Step { what: What::Attributes, path, state });
    steps.push(merge_driver(repo, options.dry_run)?);
    let hooks = if options.hooks { install(repo, options)? } else { Vec::new() };
    let mut report = Report { steps, hooks, staged: false };
    if !options.dry_run && repo.config()?.boolean("autostage", false)? {
        let below_top = |path: &Path| path.strip_prefix(repo.top()).ok().and_then(repo_path);
        let paths: Vec<RepoPath> = report.to_commit().filter_map(below_top).collect();
        if !paths.is_empty() {
            Git::new(repo)?.stage(&paths)?;
            report.staged = true;
        }
    }
    Ok(report)
}

/// Installs all hooks, which [`init`] does too.
///
/// # Errors
/// As of [`installation::install`].
pub fn install(repo: &Repo, options: Options) -> Result<Vec<installation::Step>, Error> {
    let options = installation::Options {
        method: Method::Auto,
        events: Event::ALL.to_vec(),
        dry_run: options.dry_run,
        durable: options.durable,
    };
    Ok(installation::install(repo, &options)?.steps)
}

/// Creates the file of shared settings if it is not there.
///
/// # Errors
/// Something else than a regular file is there: a clone may bring a symbolic link, which is neither
/// read nor written through.
pub(super) fn settings(repo: &Repo, options: Options) -> Result<Step, Error> {
    let path = repo.top().join(SHARED_CONFIG);
    let state = if is_file(&path, SHARED_CONFIG)? {
        State::Ready
    } else {
        if !options.dry_run {
            write(repo, &path, SHARED_CONFIG_TEXT.as_bytes(), options.durable)?;
        }
        State::Created
    };
    Ok(Step { what: What::Settings, path, state })
}

enum Attributes {
    Ready,
    Write { bytes: Vec<u8>, state: State },
}

fn attributes(repo: &Repo) -> Result<Attributes, Error> {
    let path = repo.top().join(ATTRIBUTES);
    let exists = is_file(&path, ATTRIBUTES)?;
    let mut bytes = if exists { fs::read(&path)? } else { Vec::new() };
    let decided = |name: &str| bytes.split(|&b| b == b'\n').any(|line| decides_merge(line, name));
    let missing: Vec<String> = (ATTRIBUTES_LINES.iter())
        .filter(|(name, _)| !decided(name))
        .map(|(name, merge)| format!("{name} {merge}"))
        .collect();
    if missing.is_empty() {
        return Ok(Attributes::Ready);
    }
    let newline = if bytes.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        bytes.extend_from_slice(newline.as_bytes());
    }
    for line in missing {
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(newline.as_bytes());
    }
    let state = if exists { State::Extended } else { State::Created };
    Ok(Attributes::Write { bytes, state })
}

/// What a committed file at the top of a repository, `path`, had in it before [`init`], as far as that
/// can be told: `None` if it was not there. Whoever knows what was there should compare: a line of ours
/// may have been there already, and the end of the last line may have been missing.
pub fn before(path: &RepoPath, bytes: &[u8]) -> Option<Vec<u8>> {
    if path.as_bytes() == SHARED_CONFIG.as_bytes() {
        return (bytes != SHARED_CONFIG_TEXT.as_bytes()).then(|| bytes.to_owned());
    }
    if path.as_bytes() != ATTRIBUTES.as_bytes() {
        return Some(bytes.to_owned());
    }
    let is_ours = |line: &[u8]| {
        let line = line.trim_ascii_end();
        ATTRIBUTES_LINES.iter().any(|(name, merge)| line == format!("{name} {merge}").as_bytes())
    };
    let lines = bytes.split_inclusive(|&b| b == b'\n').filter(|line| !is_ours(line));
    let rest = lines.collect::<Vec<_>>().concat();
    (!rest.is_empty()).then_some(rest)
}

/// Tells Git how to run the driver that `.gitattributes` names. One that is set is the user's decision.
fn merge_driver(repo: &Repo, dry_run: bool) -> Result<Step, Error> {
    let config = repo.config()?;
    let is_set = |(key, _): &(&str, &str)| config.git_string(key).is_some();
    let state = match MERGE_DRIVER.iter().all(is_set) {
        true => State::Ready,
        false => State::Created,
    };
    if state == State::Created && !dry_run {
        let git = Git::new(repo)?;
        for (key, value) in MERGE_DRIVER.iter().filter(|setting| !is_set(setting)) {
            git.run(&["config", "--local", key, value])?;
        }
    }
    Ok(Step { what: What::MergeDriver, path: repo.common_dir().join("config"), state })
}

/// Whether a line of `.gitattributes` says how files called `name` are merged. Another way than ours
/// is the user's decision.
fn decides_merge(line: &[u8], name: &str) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let pattern = words.next().unwrap_or_default();
    pattern.strip_prefix(b"**/").unwrap_or(pattern) == name.as_bytes()
        && words.any(|word| {
            let word = word.strip_prefix(b"-").or(word.strip_prefix(b"!")).unwrap_or(word);
            word == b"merge" || word.starts_with(b"merge=")
        })
}

/// Whether a regular file is at `path`.
fn is_file(path: &Path, name: &'static str) -> Result<bool, Error> {
    match fs::lstat(path)? {
        None => Ok(false),
        Some(stat) if stat.file_type() == FileType::Regular => Ok(true),
        Some(_) => Err(Error::NotAFile { name }),
    }
}

/// Writes a file in the worktree. The temporary file lies in the Git directory where that is on the
/// same file system, so that a kill leaves no litter.
fn write(repo: &Repo, path: &Path, bytes: &[u8], durable: bool) -> Result<(), Error> {
    let own = repo.git_dir().join("mldata").join("tmp");
    fs::create_dir_all(&own)?;
    let device = |path: &Path| Ok::<_, Error>(fs::lstat(path)?.map(|stat| stat.device));
    let same = device(&own)? == device(repo.top())?;
    let temporary = if same { &own } else { repo.top() };
    if durable {
        return Ok(fs::write_atomic(path, bytes, temporary)?);
    }
    let mut file = fs::AtomicFile::create_in(temporary)?;
    file.write_all(bytes).at("write", path)?;
    Ok(file.publish_unsynced(path, fs::default_mode())?)
}

fn repo_path(path: &Path) -> Option<RepoPath> {
    RepoPath::new(path.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_decide_how_gitignore_is_merged() {
        for line in
            [".gitignore merge=union", "  .gitignore text merge=ours\r", ".gitignore -merge"]
        {
            assert!(decides_merge(line.as_bytes(), ".gitignore"), "{line}");
        }
        for line in ["", "# .gitignore merge=union", ".gitignore text", "*.md merge=union"] {
            assert!(!decides_merge(line.as_bytes(), ".gitignore"), "{line}");
        }
    }
}
