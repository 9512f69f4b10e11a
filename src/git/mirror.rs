//! Copies of other people's repositories, to read files from: Git without a repository of the user's.
//!
//! A [`Mirror`] is a bare repository of ours. Git runs in it as the user who clones something would run
//! it: credentials, proxies and `url.*.insteadOf` apply, and so does what the user set about line
//! endings. What the other repository brings runs nothing: no hooks (there are none, and
//! `core.hooksPath` names nothing), no submodules, no helper programs by URL (`ext::`). Files that Git
//! LFS keeps stay the pointers that are in the tree.
//!
//! The URL is given to each command and written nowhere: it may have a password in it.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::command::{failed, finish, program};
use super::transfer::complaint;
use super::{CommitId, Error, Repo, Result};
use crate::fs::{self, At as _};

/// Settings of ours for every command.
const SETTINGS: [&str; 8] = [
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "protocol.ext.allow=never",
    "-c",
    "submodule.recurse=false",
];

/// What ties a process to some repository (`git rev-parse --local-env-vars`), or changes what paths and
/// objects mean. Settings that the user gave for one command (`git -c`) are none of it.
const REPOSITORY: [&str; 19] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DEFAULT_HASH",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Where the other repository's HEAD is kept.
const HEAD: &str = "refs/template/HEAD";

/// Makes a program that `command` starts see no repository of this process.
pub fn forget_repository(command: &mut Command) {
    for name in REPOSITORY {
        command.env_remove(name);
    }
}

/// Whether the environment ties this process to a repository, as it does in Git's hooks and aliases.
#[expect(
    clippy::disallowed_methods,
    reason = "Git's own variables, and only whether they are there"
)]
pub fn names_repository() -> bool {
    REPOSITORY.iter().any(|name| std::env::var_os(name).is_some())
}

/// A bare repository of ours.
#[derive(Debug)]
pub struct Mirror {
    directory: PathBuf,
    program: &'static Path,
}

/// Which state of another repository is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// What a clone checks out.
    Default,
    /// A branch, a tag, a commit, or the full name of a ref.
    Revision(&'a str),
}

impl Mirror {
    /// The repository in `directory`; `None` if there is none that Git takes for one.
    ///
    /// # Errors
    /// There is no `git` on PATH.
    pub fn open(directory: &Path) -> Result<Option<Mirror>> {
        let mirror = Mirror { directory: directory.to_owned(), program: program()? };
        let is_one = directory.join("HEAD").is_file()
            && mirror.run(&["rev-parse", "--is-bare-repository"]).is_ok_and(|out| out == b"true\n");
        Ok(is_one.then_some(mirror))
    }

    /// Makes an empty one in `directory`, which must not be there.
    pub fn create(directory: &Path) -> Result<Mirror> {
        let mirror = Mirror { directory: directory.to_owned(), program: program()? };
        let init = ["init", "--quiet", "--bare", "--template="].map(OsString::from);
        let mut words: Vec<OsString> = init.into();
        words.push(directory.into());
        let mut command = mirror.command_outside(&words);
        // The library that reads commits knows no other.
        command.env("GIT_DEFAULT_HASH", "sha1");
        mirror.finish(command, &words)?;
        Ok(mirror)
    }

    /// Makes an empty one in `directory` that has the objects of `repo`.
    pub fn create_beside(directory: &Path, repo: &Repo) -> Result<Mirror> {
        let mirror = Mirror::create(directory)?;
        let list = directory.join("objects/info/alternates");
        let mut line = repo.common_dir().join("objects").into_os_string();
        line.push("\n");
        std::fs::create_dir_all(directory.join("objects/info"))
            .and_then(|()| std::fs::write(&list, line.as_encoded_bytes()))
            .at("write", &list)?;
        Ok(mirror)
    }

    /// Fetches all branches and tags of the repository at `url`, and what is wanted; says whether that is
    /// there, if it is HEAD or was named in full. With `interactive`, Git may ask for a password on the
    /// terminal.
    ///
    /// # Errors
    /// It cannot be reached.
    pub fn fetch(&self, url: &str, wanted: Wanted<'_>, interactive: bool) -> Result<bool> {
        let also = match wanted {
            Wanted::Default => Some(format!("+HEAD:{HEAD}")),
            Wanted::Revision(name) if name.starts_with("refs/") => Some(format!("+{name}:{name}")),
            Wanted::Revision(_) => None,
        };
        let all = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
        let refspecs: Vec<&str> = all.into_iter().chain(also.as_deref()).collect();
        match self.fetch_refs(url, &refspecs, interactive) {
            Err(Error::Failed { stderr, .. }) if stderr.contains("couldn't find remote ref") => {
                self.fetch_refs(url, &all, interactive)?;
                Ok(false)
            }
            fetched => fetched.map(|()| true),
        }
    }

    /// Fetches one commit that no ref needs to lead to, if the other side gives it.
    pub fn fetch_commit(&self, url: &str, id: &str, interactive: bool) -> Result<()> {
        self.fetch_refs(url, &[&format!("+{id}:refs/template/commits/{id}")], interactive)
    }

    fn fetch_refs(&self, url: &str, refspecs: &[&str], interactive: bool) -> Result<()> {
        let mut words = vec![
            "fetch",
            "--quiet",
            "--no-tags",
            "--prune",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--refmap=",
            "--",
            url,
        ];
        words.extend(refspecs);
        let mut command = self.command(&words);
        if !interactive {
            command.env("GIT_TERMINAL_PROMPT", "0");
        }
        command.stdin(Stdio::null());
        let failed = |stderr: String| Error::Failed { arguments: "fetch".into(), stderr };
        let output = command.output().map_err(|error| failed(error.to_string()))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(failed(complaint(output.stderr.split(|&b| b == b'\n')))),
        }
    }

    /// The commit that is wanted, if it is here.
    pub fn resolve(&self, wanted: Wanted<'_>) -> Option<CommitId> {
        let name = match wanted {
            Wanted::Default => HEAD,
            Wanted::Revision(name) if name.starts_with('-') || name.contains('\n') => return None,
            Wanted::Revision(name) => name,
        };
        let commit = format!("{name}^{{commit}}");
        let found = self.run(&["rev-parse", "--quiet", "--verify", "--end-of-options", &commit]);
        let found = String::from_utf8(found.ok()?).ok()?;
        gix::ObjectId::from_hex(found.trim().as_bytes()).ok().map(CommitId)
    }

    /// Names of up to `limit` branches and tags, the newest first.
    pub fn names(&self, limit: usize) -> Vec<String> {
        let count = format!("--count={limit}");
        let words = [
            "for-each-ref",
            &count,
            "--sort=-creatordate",
            "--format=%(refname:lstrip=2)",
            "refs/heads",
            "refs/tags",
        ];
        let listed = self.run(&words).unwrap_or_default();
        String::from_utf8_lossy(&listed).lines().map(str::to_owned).collect()
    }

    /// How many commits lead to `new` and not to `old`, and the first lines of up to `limit` of them, the
    /// newest first.
    ///
    /// # Errors
    /// One of the two is not here.
    pub fn commits_between(
        &self,
        old: CommitId,
        new: CommitId,
        limit: usize,
    ) -> Result<(u64, Vec<String>)> {
        let range = format!("{old}..{new}");
        let words = ["rev-list", "--count", &range, "--"];
        let counted = self.run(&words)?;
        let count = std::str::from_utf8(counted.trim_ascii()).ok().and_then(|n| n.parse().ok());
        let count = count.ok_or_else(|| failed(&words, b"it counted nothing"))?;
        let limit = format!("--max-count={limit}");
        let listed =
            self.run(&["log", "-z", "--no-show-signature", "--format=%s", &limit, &range, "--"])?;
        let lines = listed.split(|&b| b == 0).filter(|line| !line.is_empty());
        Ok((count, lines.map(|line| String::from_utf8_lossy(line).into_owned()).collect()))
    }

    /// Whether all objects are here that the refs lead to.
    pub fn is_sound(&self) -> bool {
        self.run(&["fsck", "--connectivity-only", "--no-dangling", "--no-progress"]).is_ok()
    }

    /// Adds up the files of `commit` and their bytes until `enough` says so: a few objects can name more
    /// files than a disk holds.
    ///
    /// # Errors
    /// A tree cannot be read.
    pub fn weigh(
        &self,
        commit: CommitId,
        enough: &mut dyn FnMut(usize, u64) -> bool,
    ) -> Result<()> {
        let id = commit.to_string();
        let words = ["ls-tree", "-r", "-z", "--long", "--full-tree", &id];
        let mut command = self.command(&words);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let broken = |error: std::io::Error| failed(&words, error.to_string().as_bytes());
        let mut child = command.spawn().map_err(broken)?;
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let (mut count, mut bytes) = (0, 0_u64);
        let mut line = Vec::new();
        loop {
            line.clear();
            if lines.read_until(0, &mut line).map_err(broken)? == 0 {
                break;
            }
            // `100644 blob ID SIZE\tNAME`; a submodule has no size.
            let size = line.split(|&b| b == b'\t').next().and_then(|fields| {
                let fields = std::str::from_utf8(fields).ok()?;
                fields.split_ascii_whitespace().nth(3)?.parse::<u64>().ok()
            });
            count += 1;
            bytes = bytes.saturating_add(size.unwrap_or(0));
            if enough(count, bytes) {
                let _ = child.kill();
                let _ = child.wait();
                return Ok(());
            }
        }
        match child.wait().map_err(broken)?.success() {
            true => Ok(()),
            false => Err(failed(&words, b"a tree cannot be read")),
        }
    }

    /// Writes the files of `commit` into the empty directory `target`, as a clone would have them.
    ///
    /// # Errors
    /// An object cannot be read, or a file not be written.
    pub fn check_out(&self, commit: CommitId, target: &Path) -> Result<()> {
        let index = fs::ScratchDir::new()?;
        let id = commit.to_string();
        let words = ["read-tree", "--reset", "-u", &id];
        let mut command = self.command(&words);
        command
            .env("GIT_WORK_TREE", target)
            .env("GIT_INDEX_FILE", index.path().join("index"))
            .env("GIT_LFS_SKIP_SMUDGE", "1")
            .current_dir(target);
        self.finish(command, &words).map(drop)
    }

    fn run(&self, words: &[&str]) -> Result<Vec<u8>> {
        self.finish(self.command(words), words)
    }

    fn finish<S: AsRef<OsStr>>(&self, command: Command, words: &[S]) -> Result<Vec<u8>> {
        let (output, code) = finish(command, words, b"")?;
        match code {
            Some(0) => Ok(output.stdout),
            _ => Err(failed(words, &output.stderr)),
        }
    }

    /// A command on this repository.
    fn command<S: AsRef<OsStr>>(&self, words: &[S]) -> Command {
        let mut command = self.command_outside(words);
        command.env("GIT_DIR", &self.directory).env("GIT_NO_LAZY_FETCH", "1");
        command
    }

    /// A command on no repository.
    #[expect(clippy::disallowed_methods, reason = "where programs are run")]
    fn command_outside<S: AsRef<OsStr>>(&self, words: &[S]) -> Command {
        let mut command = Command::new(self.program);
        forget_repository(&mut command);
        // Messages are looked at.
        command.env("LC_ALL", "C").env_remove("LANGUAGE");
        command.args(SETTINGS).args(words).current_dir("/");
        command
    }
}
