//! A hermetic place to run commands in.
//!
//! Nothing of the machine's or the user's settings reaches a command: the environment is empty but
//! for what [`TestEnv`] sets, HOME is a directory of the test, identity is fixed, and each command
//! is one minute later than the one before.

pub mod builtin;
pub mod cases;
mod checks;
pub mod filesystems;
pub mod machine;
mod mlrun;
mod output;
pub mod pty;
pub mod runs;
pub mod tree;

use std::cell::Cell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use mlrun::outcomes;
pub use output::Output;
use tempfile::TempDir;

/// The program under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_git-mldata");
/// The other one.
pub const MLRUN: &str = env!("CARGO_BIN_EXE_git-mlrun");

/// Tells why a test did nothing. `.ci/run` prints these lines.
pub fn skip(test: &str, why: &str) {
    use std::io::Write as _;
    // Past the test harness, which swallows what a passing test prints.
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {why}");
}

/// A repository, and beside it whatever a test puts there.
pub struct TestEnv {
    root: TempDir,
    /// Where commands run: the top of the repository unless a test changes it.
    dir: PathBuf,
    variables: Vec<(String, String)>,
    minute: Cell<u64>,
}

const GIT_CONFIG: &str = "\
[user]
    name = Test
    email = test@example.com
[init]
    defaultBranch = main
[protocol \"file\"]
    allow = always
[advice]
    detachedHead = false
[gc]
    auto = 0
";

impl TestEnv {
    /// An empty repository in `repo`.
    pub fn new() -> TestEnv {
        let env = TestEnv::bare();
        std::fs::create_dir(env.root().join("repo")).unwrap();
        let env = env.at("repo");
        env.git(["init", "--quiet"]).success();
        env
    }

    /// No repository at all.
    pub fn bare() -> TestEnv {
        TestEnv::bare_in(&std::env::temp_dir())
    }

    /// Like [`TestEnv::new`], below `directory`, which may be on another file system.
    pub fn new_in(directory: &Path) -> TestEnv {
        let env = TestEnv::bare_in(directory);
        std::fs::create_dir(env.root().join("repo")).unwrap();
        let env = env.at("repo");
        env.git(["init", "--quiet"]).success();
        env
    }

    fn bare_in(directory: &Path) -> TestEnv {
        let directory = directory.canonicalize().unwrap();
        let root = tempfile::Builder::new().prefix("gitml-").tempdir_in(directory).unwrap();
        for folder in ["home", "tmp"] {
            std::fs::create_dir(root.path().join(folder)).unwrap();
        }
        std::fs::write(root.path().join("home/gitconfig"), GIT_CONFIG).unwrap();
        let dir = root.path().to_owned();
        TestEnv { root, dir, variables: Vec::new(), minute: Cell::new(0) }
    }

    /// The directory that holds everything of this test.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Where commands run now.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Runs later commands in another directory, given relative to the root.
    pub fn at(mut self, dir: &str) -> TestEnv {
        self.dir = self.root().join(dir);
        self
    }

    pub fn cd(&mut self, dir: impl AsRef<Path>) {
        self.dir = self.root.path().join(dir);
    }

    /// Sets a variable for later commands.
    pub fn set(&mut self, name: &str, value: impl AsRef<str>) {
        self.variables.push((name.to_owned(), value.as_ref().to_owned()));
    }

    /// Forgets a variable that was set.
    pub fn unset(&mut self, name: &str) {
        self.variables.retain(|(set, _)| set != name);
    }

    #[must_use = "assert its exit code, or snapshot it"]
    pub fn git<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        self.run("git", arguments)
    }

    #[must_use = "assert its exit code, or snapshot it"]
    pub fn mldata<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        self.run(BINARY, arguments)
    }

    #[must_use = "assert its exit code, or snapshot it"]
    pub fn mlrun<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        self.run(MLRUN, arguments)
    }

    /// Runs `mlhook-NAME`, which lies beside the other programs.
    #[must_use = "assert its exit code, or snapshot it"]
    pub fn mlhook<S: AsRef<OsStr>>(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Output {
        self.run(&format!("mlhook-{name}"), arguments)
    }

    #[must_use = "assert its exit code, or snapshot it"]
    pub fn sh(&self, script: &str) -> Output {
        self.run("sh", ["-euc", script])
    }

    fn run<S: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Output {
        self.run_with_input(program, arguments, b"")
    }

    #[must_use = "assert its exit code, or snapshot it"]
    pub fn run_with_input<S: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Output {
        use std::io::Write as _;
        let mut child = self.command(program, arguments).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = std::thread::scope(|scope| {
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output().unwrap()
        });
        Output::new(output, self.root())
    }

    /// A command in this environment that has not been started.
    #[expect(clippy::disallowed_methods, reason = "this is where tests run programs")]
    pub fn command<S: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Command {
        let minute = self.minute.get();
        self.minute.set(minute + 1);
        let date = format!("@{} +0000", 1_767_225_600 + 60 * minute);
        let home = self.root().join("home");
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.dir)
            .env_clear()
            .env("PATH", path())
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("TMPDIR", self.root().join("tmp"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", home.join("gitconfig"))
            .env("GIT_CEILING_DIRECTORIES", self.root())
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_EDITOR", "true")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .env("COLUMNS", "100")
            .env("LC_ALL", "C.UTF-8")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Adds to the user's own Git settings.
    pub fn configure(&self, key: &str, value: &str) {
        self.git(["config", "--global", key, value]).success();
    }

    /// Writes a file below the current directory, making its directories.
    pub fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub fn read(&self, path: impl AsRef<Path>) -> Vec<u8> {
        let path = self.dir.join(path);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn read_text(&self, path: impl AsRef<Path>) -> String {
        String::from_utf8(self.read(path)).unwrap()
    }

    pub fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.dir.join(path).symlink_metadata().is_ok()
    }

    /// Everything at and below `path`: one line each with mode, content and name.
    pub fn tree(&self, path: impl AsRef<Path>) -> String {
        tree::describe(&self.dir.join(path))
    }

    /// What tells whether anything below `path` was touched: inode and time of change of each name.
    pub fn identities(&self, path: impl AsRef<Path>) -> Vec<String> {
        tree::identities(&self.dir.join(path))
    }

    /// Like [`TestEnv::new`], with settings, hooks and the remote `store` in a first commit.
    pub fn prepared() -> TestEnv {
        let env = TestEnv::new();
        env.mldata(["init"]).success();
        env.mldata(["remote", "add", "store", "../store"]).success();
        env.commit("settings");
        env
    }

    /// Like [`TestEnv::prepared`], tracking the directory `data` (`a`, `b`, `sub/c`) and the file
    /// `model`, in a second commit.
    pub fn tracked() -> TestEnv {
        let env = TestEnv::prepared();
        env.write("data/a", "a\n");
        env.write("data/b", "b\n");
        env.write("data/sub/c", "c\n");
        env.write("model", "weights\n");
        env.mldata(["add", "data", "model"]).success();
        env.commit("data");
        env
    }

    /// The names that Git shows as changed or new.
    pub fn git_status(&self) -> String {
        self.git(["status", "--short", "--untracked-files=all"]).success().stdout_text()
    }

    pub fn remove(&self, path: impl AsRef<Path>) {
        let path = self.dir.join(path);
        let metadata = path.symlink_metadata();
        let is_directory = metadata.is_ok_and(|metadata| metadata.is_dir());
        let removed =
            if is_directory { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        removed.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Makes a symbolic link at `path`.
    pub fn link(&self, target: &str, path: impl AsRef<Path>) {
        std::os::unix::fs::symlink(target, self.dir.join(path)).unwrap();
    }

    /// Sets the permissions of `path`.
    pub fn chmod(&self, path: impl AsRef<Path>, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(self.dir.join(path), permissions).unwrap();
    }

    /// Commits everything that Git would take. No hook is asked: what a test prepares may be what checks
    /// refuse.
    pub fn commit(&self, message: &str) {
        self.git(["add", "--all"]).success();
        self.git(["commit", "--quiet", "--no-verify", "--allow-empty", "-m", message]).success();
    }

    /// Like [`TestEnv::commit`], if the hooks have nothing against it.
    pub fn commit_checked(&self, message: &str) {
        self.git(["add", "--all"]).success();
        self.git(["commit", "--quiet", "-m", message]).success();
    }

    /// Clones the current repository into `name` below the root, and goes there.
    pub fn clone_to(&mut self, name: &str) {
        let target = self.root().join(name);
        self.git([OsStr::new("clone"), OsStr::new("--quiet"), OsStr::new("."), target.as_ref()])
            .success();
        self.dir = target;
    }
}

/// The built binary first, so that `git mldata` finds it, then the machine's own programs.
#[expect(clippy::disallowed_methods, reason = "git must be found")]
fn path() -> std::ffi::OsString {
    let binary = Path::new(BINARY).parent().unwrap();
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(binary.to_owned()).chain(std::env::split_paths(&inherited));
    std::env::join_paths(folders).unwrap()
}
