//! The `git` program, found once on PATH and never in the current directory.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::{CommitId, Error, Repo, Result};
use crate::format::ObjectId;
use crate::fs::RepoPath;

/// Runs `git` in one worktree.
pub struct Git<'a> {
    program: &'static Path,
    repo: &'a Repo,
}

/// The pattern by which Git ignores a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoreMatch {
    /// The ignore file, relative to the top of the worktree where it is inside.
    pub source: Vec<u8>,
    pub line: u64,
    pub pattern: Vec<u8>,
}

/// Where `git` is.
pub(super) fn program() -> Result<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let found = which::which_all_global("git").into_iter().flatten();
        found.into_iter().find(|path| path.is_absolute())
    });
    program.as_deref().ok_or(Error::NoGit)
}

/// Runs `git` with `arguments`, which concern no repository, or one that is not opened, and returns what it wrote to its standard
/// output.
///
/// # Errors
/// It ended with another status than 0.
#[expect(clippy::disallowed_methods, reason = "where programs are run")]
pub fn run_anywhere<S: AsRef<OsStr>>(arguments: &[S]) -> Result<Vec<u8>> {
    let mut command = Command::new(program()?);
    command.args(arguments).env("LC_ALL", "C");
    match finish(command, arguments, b"")? {
        (output, Some(0)) => Ok(output.stdout),
        (output, _) => Err(failed(arguments, &output.stderr)),
    }
}

impl<'a> Git<'a> {
    /// # Errors
    /// There is no `git` on PATH.
    pub fn new(repo: &'a Repo) -> Result<Git<'a>> {
        Ok(Git { program: program()?, repo })
    }

    /// Runs `git` with `arguments` and returns what it wrote to its standard output.
    ///
    /// # Errors
    /// It ended with another status than 0.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Vec<u8>> {
        self.run_with(arguments, b"")
    }

    /// Like [`Git::run`], with `input` on its standard input.
    pub(super) fn run_with<S: AsRef<OsStr>>(
        &self,
        arguments: &[S],
        input: &[u8],
    ) -> Result<Vec<u8>> {
        let (output, code) = self.spawn(arguments, input)?;
        match code {
            Some(0) => Ok(output.stdout),
            _ => Err(failed(arguments, &output.stderr)),
        }
    }

    /// Like [`Git::run`], for what writes or compares files: in a partial clone, it fetches those that
    /// are not here yet.
    pub(super) fn run_fetching<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Vec<u8>> {
        let (output, code) = finish(self.command(arguments), arguments, b"")?;
        match code {
            Some(0) => Ok(output.stdout),
            _ => Err(failed(arguments, &output.stderr)),
        }
    }

    /// The names of the hooks by settings that Git runs at `event`, in order, as Git itself has it
    /// (`git hook list`, since [`CONFIGURED_HOOKS`](super::Version::CONFIGURED_HOOKS)). None of a
    /// directory, and none that is switched off.
    ///
    /// # Errors
    /// The settings are such that Git runs nothing at all at the event, and fails.
    pub fn hooks_by_settings(&self, event: &str) -> Result<Vec<String>> {
        let arguments = ["hook", "list", "-z", event];
        let (output, code) = self.spawn(&arguments, b"")?;
        // 1 is how it says that there are none.
        if !matches!(code, Some(0 | 1)) {
            return Err(failed(&arguments, &output.stderr));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        // `disabled TAB name`, and a line of words for the one of the directory.
        let runs =
            |name: &&str| !name.is_empty() && !name.contains('\t') && *name != "hook from hookdir";
        Ok(text.split('\0').filter(runs).map(str::to_owned).collect())
    }

    /// Options by which no hook runs: none of the directory, and, one by one, none that settings name,
    /// which Git runs whatever `core.hooksPath` says.
    pub(super) fn without_hooks(&self) -> Result<Vec<String>> {
        let mut words = vec!["-c".to_owned(), "core.hooksPath=/dev/null".to_owned()];
        for hook in self.repo.config()?.configured_hooks() {
            words.extend(["-c".to_owned(), format!("hook.{}.enabled=false", hook.name)]);
        }
        Ok(words)
    }

    /// The commits of a range such as `a..b` (`gitrevisions(7)`), newest first.
    pub fn commits_of(&self, range: &str) -> Result<Vec<CommitId>> {
        let listed = self.run(&["rev-list", "--end-of-options", range, "--"])?;
        String::from_utf8_lossy(&listed).lines().map(|id| self.repo.commit(id)).collect()
    }

    /// The commits that `tips` (ids of whatever objects) lead to, and that neither `known` lead to nor the
    /// branches that follow the remote called `remote`.
    pub fn commits_beyond(
        &self,
        tips: &[&str],
        known: &[CommitId],
        remote: Option<&str>,
    ) -> Result<Vec<CommitId>> {
        let mut input: String = tips.iter().map(|tip| format!("{tip}\n")).collect();
        input.extend(known.iter().map(|known| format!("^{known}\n")));
        let branches = remote.map(|remote| format!("--remotes={remote}"));
        let mut arguments = vec!["rev-list", "--stdin"];
        if let Some(branches) = &branches {
            arguments.extend(["--not", branches]);
        }
        let listed = self.run_with(&arguments, input.as_bytes())?;
        let ids = listed.split(|&b| b == b'\n').filter(|id| !id.is_empty());
        ids.map(|id| CommitId::from_hex(id).ok_or_else(|| failed(&arguments, id))).collect()
    }

    /// The configured remote that `text` names, or is the URL of.
    pub fn remote_called(&self, text: &str) -> Result<Option<String>> {
        let names = self.repo.remotes();
        if names.iter().any(|name| name == text) {
            return Ok(Some(text.to_owned()));
        }
        let config = self.repo.config()?;
        let is_it = |name: &String| {
            ["url", "pushurl"].iter().any(|key| {
                config.git_string(&format!("remote.{name}.{key}")).as_deref() == Some(text)
            })
        };
        Ok(names.into_iter().find(is_it))
    }

    /// The last commit that leads to `tip` and changed the file at `path`.
    pub fn last_change(&self, tip: CommitId, path: &RepoPath) -> Result<Option<CommitId>> {
        let tip = tip.to_string();
        let mut pathspec = OsString::from(":(top,literal)");
        pathspec.push(path.as_path());
        let mut words: Vec<&OsStr> =
            ["rev-list", "--max-count=1", &tip, "--"].map(OsStr::new).into();
        words.push(&pathspec);
        let listed = self.run(&words)?;
        let id = String::from_utf8_lossy(&listed);
        id.lines().next().map(|id| self.repo.commit(id)).transpose()
    }

    /// For each of `paths` the pattern by which Git would ignore it, if it is not tracked.
    pub fn ignored(&self, paths: &[RepoPath]) -> Result<Vec<Option<IgnoreMatch>>> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let mut input = Vec::new();
        for path in paths {
            input.extend_from_slice(path.as_bytes());
            input.push(0);
        }
        let arguments = ["check-ignore", "-z", "--stdin", "--verbose", "--non-matching"];
        let (output, code) = self.spawn(&arguments, &input)?;
        if !matches!(code, Some(0 | 1)) {
            return Err(failed(&arguments, &output.stderr));
        }
        let mut fields = output.stdout.split(|&b| b == 0);
        let mut matches = Vec::with_capacity(paths.len());
        while let (Some(source), Some(line), Some(pattern), Some(_path)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        {
            let line = std::str::from_utf8(line).ok().and_then(|line| line.parse().ok());
            let ignored = !pattern.is_empty() && !pattern.starts_with(b"!");
            matches.push(ignored.then(|| IgnoreMatch {
                source: source.to_vec(),
                line: line.unwrap_or(0),
                pattern: pattern.to_vec(),
            }));
        }
        matches.resize(paths.len(), None);
        Ok(matches)
    }

    /// Whether a commit that a ref, HEAD or a reflog leads to brought or dropped the pointer at `path`
    /// to the object `oid`. Where Git cannot tell, the answer is no.
    pub fn has_recorded(&self, path: &RepoPath, oid: &ObjectId) -> bool {
        let mut pathspec = b":(top,literal)".to_vec();
        pathspec.extend_from_slice(path.as_bytes());
        let text = format!("-S{}", oid.to_hex());
        let arguments = [
            "log",
            "--all",
            "--reflog",
            "-m",
            "--full-history",
            "--no-show-signature",
            "-1",
            "--format=%H",
            &text,
            "--",
        ];
        let mut words: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        words.push(OsStr::from_bytes(&pathspec));
        self.run(&words).is_ok_and(|found| !found.is_empty())
    }

    /// Stages `paths` (`git add`).
    pub fn stage(&self, paths: &[RepoPath]) -> Result<()> {
        let mut input = Vec::new();
        for path in paths {
            input.extend_from_slice(path.as_bytes());
            input.push(0);
        }
        let arguments =
            ["--literal-pathspecs", "add", "--pathspec-from-file=-", "--pathspec-file-nul"];
        self.run_with(&arguments, &input).map(drop)
    }

    pub(super) fn repo(&self) -> &Repo {
        self.repo
    }

    /// A command that has not been started, at the top of the worktree.
    #[expect(clippy::disallowed_methods, reason = "where programs are run")]
    pub(super) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(self.program);
        // Relative to where we were started, and the child starts elsewhere.
        if std::env::var_os("GIT_DIR").is_some() {
            command.env("GIT_DIR", self.repo.git_dir());
            command.env("GIT_WORK_TREE", self.repo.top());
        }
        command.args(arguments).current_dir(self.repo.top());
        command
    }

    pub(super) fn spawn<S: AsRef<OsStr>>(
        &self,
        arguments: &[S],
        input: &[u8],
    ) -> Result<(std::process::Output, Option<i32>)> {
        let mut command = self.command(arguments);
        // In a partial clone, nothing else that we ask for is worth a connection.
        command.env("GIT_NO_LAZY_FETCH", "1");
        finish(command, arguments, input)
    }
}

/// Runs `command`, which has `arguments`, to its end.
pub(super) fn finish<S: AsRef<OsStr>>(
    mut command: Command,
    arguments: &[S],
    input: &[u8],
) -> Result<(std::process::Output, Option<i32>)> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut attempt = || -> std::io::Result<std::process::Output> {
        if input.is_empty() {
            // No pipe, and no thread to fill it.
            return command.stdin(Stdio::null()).output();
        }
        let mut child = command.spawn()?;
        let mut stdin = child.stdin.take().expect("stdin is piped");
        std::thread::scope(|scope| {
            // Written beside the reading: both pipes may fill up. A child that does not read
            // is judged by its status.
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output()
        })
    };
    let output = attempt().map_err(|error| Error::Failed {
        arguments: words(arguments),
        stderr: error.to_string(),
    })?;
    let code = output.status.code();
    Ok((output, code))
}

pub(super) fn failed<S: AsRef<OsStr>>(arguments: &[S], stderr: &[u8]) -> Error {
    let stderr = crate::fs::display_bytes(stderr.trim_ascii());
    Error::Failed { arguments: words(arguments), stderr }
}

pub(super) fn words<S: AsRef<OsStr>>(arguments: &[S]) -> String {
    let words: Vec<String> =
        arguments.iter().map(|word| crate::fs::display_bytes(word.as_ref().as_bytes())).collect();
    words.join(" ")
}
