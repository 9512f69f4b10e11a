//! A repository to break: runs commands in a hermetic environment, takes snapshots of directories,
//! and checks that no object under its name is wrong.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use gitml::format::pack::{Directory, decode_entry};
use gitml::format::table::ReadAt as _;
use gitml::format::{Kind, ObjectId};

/// No command here has so much to do.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

pub struct Lab {
    pub _temp: Option<tempfile::TempDir>,
    pub root: PathBuf,
    pub repo: PathBuf,
}

/// What a command came to.
pub struct Done {
    what: String,
    pub output: Output,
}

impl Lab {
    /// An empty directory with a prepared repository in `repo`.
    pub fn new() -> Lab {
        let lab = Lab::bare();
        lab.create("repo");
        lab
    }

    /// An empty directory.
    pub fn bare() -> Lab {
        let temp = temp();
        let root = temp.path().canonicalize().unwrap();
        Lab { _temp: Some(temp), repo: root.join("repo"), root }
    }

    /// The same in a directory that somebody else removes.
    pub fn at(root: &Path) -> Lab {
        let lab = Lab { _temp: None, root: root.to_owned(), repo: root.join("repo") };
        lab.create("repo");
        lab
    }

    /// A prepared repository called `name`, with one commit.
    pub fn create(&self, name: &str) -> PathBuf {
        let path = self.root.join(name);
        fs::create_dir_all(&path).unwrap();
        self.git(&path, ["init", "-q", "-b", "main"]).ok();
        self.mldata(&path, ["init"]).ok();
        self.commit(&path, "begin");
        path
    }

    /// A command in the lab's environment.
    pub fn command(&self, program: impl AsRef<OsStr>, cwd: &Path) -> Command {
        let bin = Path::new(env!("CARGO_BIN_EXE_git-mldata")).parent().unwrap();
        let old = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(bin.to_owned()).chain(std::env::split_paths(&old));
        let mut command = Command::new(program);
        command
            .current_dir(cwd)
            .env_clear()
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", &self.root)
            .env("TMPDIR", &self.root)
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_NAME", "Lab")
            .env("GIT_AUTHOR_EMAIL", "lab@example.org")
            .env("GIT_COMMITTER_NAME", "Lab")
            .env("GIT_COMMITTER_EMAIL", "lab@example.org")
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null());
        command
    }

    #[must_use = "check the exit code"]
    pub fn git<S: AsRef<OsStr>>(&self, cwd: &Path, args: impl IntoIterator<Item = S>) -> Done {
        let mut command = self.command("git", cwd);
        run(command.args(args))
    }

    #[must_use = "check the exit code"]
    pub fn mldata<S: AsRef<OsStr>>(&self, cwd: &Path, args: impl IntoIterator<Item = S>) -> Done {
        let mut command = self.command(env!("CARGO_BIN_EXE_git-mldata"), cwd);
        run(command.args(args))
    }

    #[must_use = "check the exit code"]
    pub fn mlrun<S: AsRef<OsStr>>(&self, cwd: &Path, args: impl IntoIterator<Item = S>) -> Done {
        let mut command = self.command(env!("CARGO_BIN_EXE_git-mlrun"), cwd);
        run(command.args(args))
    }

    /// `git mldata` with fail points set.
    #[must_use = "check the exit code"]
    pub fn faulty<S: AsRef<OsStr>>(
        &self,
        cwd: &Path,
        points: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Done {
        let mut command = self.command(env!("CARGO_BIN_EXE_git-mldata"), cwd);
        run(command.env("MLDATA_FAILPOINTS", points).args(args))
    }

    /// How many fail points `args` passes.
    pub fn count(&self, cwd: &Path, args: &[&str]) -> usize {
        let log = self.root.join("points");
        let _ = fs::remove_file(&log);
        self.faulty(cwd, &format!("any=count:{}", log.display()), args).ok();
        fs::read_to_string(&log).unwrap_or_default().lines().count()
    }

    pub fn commit(&self, cwd: &Path, message: &str) {
        self.git(cwd, ["add", "-A"]).ok();
        self.git(cwd, ["commit", "-q", "-m", message]).ok();
    }

    /// Adds `data`, commits the pointer.
    pub fn add_and_commit(&self, cwd: &Path, targets: &[&str], message: &str) {
        let args = std::iter::once("add").chain(targets.iter().copied());
        self.mldata(cwd, args).ok();
        self.commit(cwd, message);
    }

    /// Names the directory `store` as the default remote of `repo`, commits that, and pushes.
    pub fn share(&self) -> PathBuf {
        let store = self.root.join("store");
        self.mldata(&self.repo, ["remote", "add", "-d", "store", text(&store)]).ok();
        self.commit(&self.repo, "store");
        self.mldata(&self.repo, ["push"]).ok();
        store
    }

    /// A clone of `repo`, prepared, without data.
    pub fn clone(&self, name: &str) -> PathBuf {
        let path = self.root.join(name);
        self.git(&self.root, ["clone", "-q", text(&self.repo), text(&path)]).ok();
        self.mldata(&path, ["init"]).ok();
        path
    }

    /// Replaces the lab's content by that of `template`, or the other way round.
    pub fn copy(from: &Path, to: &Path) {
        if to.exists() {
            make_writable(to);
            fs::remove_dir_all(to).unwrap();
        }
        let done = Command::new("cp").arg("-a").arg("--reflink=auto").args([from, to]).status();
        assert!(done.unwrap().success(), "cp -a {} {}", from.display(), to.display());
    }

    /// `git status --porcelain`, one line an element.
    pub fn git_status(&self, cwd: &Path) -> Vec<String> {
        let done = self.git(cwd, ["status", "--porcelain", "-uall"]).ok();
        done.stdout().lines().map(str::to_owned).collect()
    }
}

#[must_use = "check the exit code"]
pub fn run(command: &mut Command) -> Done {
    let what = format!("{command:?}");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    let (ended, end) = std::sync::mpsc::channel();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            if end.recv_timeout(PATIENCE).is_err() {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::ABORT);
            }
        });
        let output = child.wait_with_output().unwrap();
        ended.send(()).unwrap();
        output
    });
    assert_ne!(output.status.signal(), Some(6), "after {PATIENCE:?} it was still at it: {what}");
    Done { output, what }
}

impl Done {
    pub fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    pub fn was_killed(&self) -> bool {
        self.output.status.signal() == Some(9)
    }

    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    fn describe(&self) -> String {
        format!(
            "{}\n{}\n--- stdout\n{}\n--- stderr\n{}",
            self.what,
            self.output.status,
            self.stdout(),
            self.stderr()
        )
    }

    #[track_caller]
    pub fn ok(self) -> Done {
        assert_eq!(self.code(), Some(0), "{}", self.describe());
        self
    }

    /// The command ended with exit code 3 and a message that holds each of `words`, in any case.
    #[track_caller]
    pub fn refused(self, words: &[&str]) -> Done {
        assert_eq!(self.code(), Some(3), "{}", self.describe());
        let stderr = self.stderr();
        assert!(stderr.contains("error:"), "no error is told\n{}", self.describe());
        for word in words {
            let told = stderr.to_lowercase().contains(&word.to_lowercase());
            assert!(told, "`{word}` is not told\n{}", self.describe());
        }
        self
    }

    /// The command either did all of its work or said that it could not: never a panic.
    #[track_caller]
    pub fn ok_or_refused(self) -> bool {
        match self.code() {
            Some(0) => true,
            _ => {
                self.refused(&[]);
                false
            }
        }
    }
}

/// A directory that goes away, in memory if there is room: hundreds of commands that sync what they
/// write take a minute less.
pub fn temp() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let room = rustix::fs::statvfs(memory).is_ok_and(|stat| {
        stat.f_bavail * stat.f_frsize >= 1 << 30 && !stat.f_flag.contains(NOEXEC)
    });
    let builder = &mut tempfile::Builder::new();
    let builder = builder.prefix("gitml-");
    if room { builder.tempdir_in(memory).unwrap() } else { builder.tempdir().unwrap() }
}

const NOEXEC: rustix::fs::StatVfsMountFlags = rustix::fs::StatVfsMountFlags::NOEXEC;

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    File { id: ObjectId, exec: bool },
    Link(PathBuf),
    Directory,
}

pub type Snapshot = BTreeMap<PathBuf, Node>;

/// Everything below `root` but `.git`.
pub fn snapshot(root: &Path) -> Snapshot {
    fn visit(root: &Path, at: &Path, found: &mut Snapshot) {
        let Ok(entries) = fs::read_dir(root.join(at)) else { return };
        for entry in entries {
            let entry = entry.unwrap();
            let path = at.join(entry.file_name());
            if path == Path::new(".git") {
                continue;
            }
            let kind = entry.file_type().unwrap();
            let node = if kind.is_symlink() {
                Node::Link(fs::read_link(entry.path()).unwrap())
            } else if kind.is_dir() {
                visit(root, &path, found);
                Node::Directory
            } else {
                let exec = entry.metadata().unwrap().permissions().mode() & 0o100 != 0;
                Node::File { id: ObjectId::of(&fs::read(entry.path()).unwrap()), exec }
            };
            found.insert(path, node);
        }
    }
    let mut found = Snapshot::new();
    visit(root, Path::new(""), &mut found);
    found
}

/// Asserts that two snapshots agree, naming what differs.
#[track_caller]
pub fn assert_same(found: &Snapshot, expected: &Snapshot, context: &str) {
    let names: std::collections::BTreeSet<_> = found.keys().chain(expected.keys()).collect();
    let differ: Vec<String> = names
        .into_iter()
        .filter(|name| found.get(*name) != expected.get(*name))
        .map(|name| {
            format!("{}: {:?}, expected {:?}", name.display(), found.get(name), expected.get(name))
        })
        .collect();
    assert!(differ.is_empty(), "{context}: {} differ\n{}", differ.len(), differ.join("\n"));
}

/// Asserts that whatever stands in `found` is as in one of `versions`. An ignore file may be between
/// two: it has a line for every target that was done.
#[track_caller]
pub fn assert_no_wrong_bytes(found: &Snapshot, versions: &[&Snapshot], context: &str) {
    for (path, node) in found.iter().filter(|(path, _)| !path.ends_with(".gitignore")) {
        let known: Vec<_> = versions.iter().filter_map(|version| version.get(path)).collect();
        assert!(
            known.is_empty() || known.contains(&node),
            "{context}: {} has wrong content {node:?}",
            path.display()
        );
    }
}

/// All regular files below `root`.
pub fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![root.to_owned()];
    while let Some(dir) = todo.pop() {
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        for entry in entries {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                todo.push(entry.path());
            } else if entry.file_type().unwrap().is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

fn hex_name(path: &Path) -> Option<ObjectId> {
    ObjectId::from_hex(path.file_name()?.to_str()?).ok()
}

/// Asserts that everything under the name of an id has that id: loose objects, packs and what they
/// hold, indexes. `root` is a cache or a remote.
#[track_caller]
pub fn assert_objects_are_right(root: &Path, context: &str) {
    for path in files(root) {
        let Some(id) = hex_name(&path) else { continue };
        if path.components().any(|part| part.as_os_str() == "bad") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        assert_eq!(ObjectId::of(&bytes), id, "{context}: {} is wrong", path.display());
        if bytes.starts_with(b"MLPK") {
            let directory = Directory::open(&bytes).expect("a pack under its name is whole");
            for first in 0..=255 {
                for record in directory.bucket(&bytes, first).expect("a whole pack") {
                    let mut stored = vec![0; record.stored as usize];
                    bytes.read_exact_at(&mut stored, record.offset).unwrap();
                    let raw = decode_entry(&record, stored).expect("an entry decodes");
                    if record.kind != Kind::Recipe {
                        assert_eq!(ObjectId::of(&raw), record.oid, "{context}: a packed object");
                    }
                }
            }
        }
    }
}

/// Files whose content is `bytes`.
pub fn holding(root: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|meta| meta.len() == bytes.len() as u64)
            && fs::read(path).is_ok_and(|found| found == bytes)
    };
    files(root).into_iter().filter(holds).collect()
}

pub fn make_writable(root: &Path) {
    let _ = Command::new("chmod").arg("-R").arg("u+rwX").arg(root).status();
}

/// Writes a file, with its directories.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Bytes that look random, the same each time.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    std::iter::repeat_with(|| next().to_le_bytes()).flatten().take(len).collect()
}

/// A directory with something of everything: many small files, a few of middle size, one large
/// enough for chunks, empty ones, links and an executable.
pub fn populate(root: &Path, version: u64) {
    for at in 0..120u64 {
        let seed = if at % 10 == 0 { at + version * 1000 } else { at };
        write(&root.join(format!("small/{}/{at}", at % 7)), noise(seed, 50 + at as usize));
    }
    for at in 0..4 {
        write(&root.join(format!("middle-{at}")), noise(500 + at + version, 40_000));
    }
    write(&root.join("large"), noise(900 + version, 1_500_000));
    write(&root.join("empty/file"), b"");
    fs::create_dir_all(root.join("empty/directory")).unwrap();
    if fs::symlink_metadata(root.join("link")).is_err() {
        std::os::unix::fs::symlink("small/0", root.join("link")).unwrap();
        std::os::unix::fs::symlink("nowhere", root.join("dangling")).unwrap();
    }
    write(&root.join("tool"), format!("#!/bin/sh\necho {version}\n"));
    fs::set_permissions(root.join("tool"), fs::Permissions::from_mode(0o755)).unwrap();
}

/// `name` as a path, whatever its bytes.
pub fn os(name: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(name))
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
