//! Commits whose hook corrects what is staged, by real `git`: what HEAD, the index and the worktree have
//! afterwards, and that nothing else was touched.
//!
//! What is corrected are notebooks with outputs, which are stripped in process.

mod commits;
mod files;
mod filters;
mod partial;
mod places;
mod stopped;

use std::ffi::OsStr;
use std::path::Path;

use crate::common::{Output, TestEnv};

/// Like that of `git mldata init`.
const HOOK: &str = "#!/bin/sh\nexec git mldata hook pre-commit \"$@\"\n";

/// A repository whose commits strip notebooks, with files beside them that nobody may touch: one as it
/// is committed, one with changes that are not staged, one that is not tracked.
struct Lab {
    env: TestEnv,
}

impl Lab {
    /// With a first commit.
    fn new() -> Lab {
        let lab = Lab::unborn();
        lab.env.git(["add", "beside/tracked", "beside/edited"]).success();
        lab.git_quiet(["commit", "-m", "first"]);
        lab.env.write("beside/edited", "not staged\n");
        lab
    }

    /// Without any commit.
    fn unborn() -> Lab {
        let env = TestEnv::new();
        let lab = Lab { env };
        lab.install(".git");
        for name in ["tracked", "edited", "untracked"] {
            lab.env.write(format!("beside/{name}"), format!("{name}\n"));
        }
        lab
    }

    /// Gives a repository the hook.
    fn install(&self, git_dir: &str) {
        let hook = format!("{git_dir}/hooks/pre-commit");
        self.env.write(&hook, HOOK);
        self.env.chmod(&hook, 0o755);
        self.env.git(["config", "mlhook.notebooks.mode", "fix"]).success();
    }

    fn git_quiet<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) {
        let output = self.env.git(words).success();
        drop(output);
    }

    /// Stages files with these texts.
    fn stage(&self, files: &[(&str, &str)]) {
        for (path, text) in files {
            self.env.write(path, text);
            self.git_quiet(["--literal-pathspecs", "add", "--", path]);
        }
    }

    /// Commits, and sees that the files beside are as they were, to the inode and its time of change.
    #[must_use = "assert its exit code"]
    fn commit<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Output {
        let before = self.env.identities("beside");
        let words: Vec<_> = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
        let start = ["commit", "--quiet", "-m", "a commit"].map(|word| OsStr::new(word).to_owned());
        let output = self.env.git(start.into_iter().chain(words));
        assert_eq!(self.env.identities("beside"), before, "{output}");
        output
    }

    /// The blob of `path` in `HEAD` or, with an empty name, in the index.
    fn blob(&self, revision: &str, path: &str) -> String {
        let name = format!("{revision}:{path}");
        self.env.git(["cat-file", "blob", &name]).success().stdout_text()
    }

    /// HEAD, index and worktree have these texts at `path`.
    #[track_caller]
    fn assert_texts(&self, path: &str, head: &str, index: &str, worktree: &str) {
        assert_eq!(self.blob("HEAD", path), head, "HEAD");
        assert_eq!(self.blob("", path), index, "index");
        assert_eq!(self.env.read_text(path), worktree, "worktree");
    }

    /// `git status` without the files beside.
    fn status(&self) -> String {
        let status = self.env.git(["status", "--short", "--untracked-files=all"]);
        let status = status.success().stdout_text();
        status
            .lines()
            .filter(|line| !line.contains("beside/"))
            .fold(String::new(), |all, line| all + line + "\n")
    }

    /// No lock and no temporary file is left.
    #[track_caller]
    fn assert_no_litter(&self) {
        for directory in [".git", ".git/mldata/corrections", "."] {
            let directory = self.env.dir().join(directory);
            for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let is_litter = name.starts_with("tmp-") || name.ends_with(".lock");
                assert!(!is_litter, "{name} is left in {}", directory.display());
            }
        }
    }
}

/// A notebook of these cells, with what running it left in those of code. Cells that begin with `#` are
/// text.
fn dirty(cells: &[&str]) -> String {
    notebook(cells, |at| {
        let count = at + 7;
        (
            count.to_string(),
            format!(
                "[\n    {{\n     \"name\": \"stdout\",\n     \"output_type\": \"stream\",\n     \
                 \"text\": [\n      \"{count}\\n\"\n     ]\n    }}\n   ]"
            ),
        )
    })
}

/// The same notebook after stripping.
fn clean(cells: &[&str]) -> String {
    notebook(cells, |_| ("null".to_owned(), "[]".to_owned()))
}

fn notebook(cells: &[&str], left: impl Fn(usize) -> (String, String)) -> String {
    let cell = |(at, source): (usize, &&str)| {
        let (kind, state) = match source.starts_with('#') {
            true => ("markdown", [String::new(), String::new()]),
            false => {
                let (count, outputs) = left(at);
                let count = format!("   \"execution_count\": {count},\n");
                ("code", [count, format!("   \"outputs\": {outputs},\n")])
            }
        };
        let [count, outputs] = state;
        format!(
            "  {{\n   \"cell_type\": \"{kind}\",\n{count}   \"id\": \"cell-{at}\",\n   \
             \"metadata\": {{}},\n{outputs}   \"source\": [\n    \"{source}\"\n   ]\n  }}"
        )
    };
    let cells: Vec<String> = cells.iter().enumerate().map(cell).collect();
    format!(
        "{{\n \"cells\": [\n{}\n ],\n \"metadata\": {{}},\n \"nbformat\": 4,\n \
         \"nbformat_minor\": 5\n}}\n",
        cells.join(",\n")
    )
}

/// The one that most cases use.
const CELLS: [&str; 3] = ["x = 1", "# text", "y = 2"];

fn old() -> String {
    dirty(&CELLS)
}

fn new() -> String {
    clean(&CELLS)
}

/// Whether `path` below the lab is executable.
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().unwrap().permissions().mode() & 0o111 == 0o111
}
