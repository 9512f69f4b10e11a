//! Programs that write hooks, and the files that say what those run.

use std::path::PathBuf;

use super::{Event, Result, stub};
use crate::git::{self, Repo};

/// Programs that write hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    PreCommit,
    Prek,
    Lefthook,
    Husky,
    Overcommit,
}

/// Bytes of a file that are looked at.
const LIMIT: usize = 1 << 20;

/// What the configuration of pre-commit and prek is called.
const PRE_COMMIT_CONFIG: [&str; 3] =
    [".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml"];

impl Manager {
    pub fn name(self) -> &'static str {
        match self {
            Manager::PreCommit => "pre-commit",
            Manager::Prek => "prek",
            Manager::Lefthook => "lefthook",
            Manager::Husky => "husky",
            Manager::Overcommit => "overcommit",
        }
    }

    /// Whether it runs `HOOK.legacy` before its own hooks, with all that Git passed.
    pub fn runs_legacy(self, event: Event) -> bool {
        // It gives the lines of Git's to pre-push only, and prek runs nothing else.
        event != Event::PostRewrite && matches!(self, Manager::PreCommit | Manager::Prek)
    }

    /// Whether its file lists our checks, which it runs before a commit then.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub(super) fn runs_checks(self, repo: &Repo) -> Result<bool> {
        if !matches!(self, Manager::PreCommit | Manager::Prek) {
            return Ok(false);
        }
        for path in self.files(repo) {
            let text = git::read_worktree_file(&path, LIMIT)?.unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            let mut lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
            if lines.any(|line| line.contains("mlhook-")) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Its file with our line for `event`.
    ///
    /// # Errors
    /// A file is there and cannot be read.
    pub(super) fn file_with_line(self, repo: &Repo, event: Event) -> Result<Option<PathBuf>> {
        if matches!(self, Manager::PreCommit | Manager::Prek) {
            return Ok(None);
        }
        for path in self.files(repo) {
            let text = git::read_worktree_file(&path, LIMIT)?.unwrap_or_default();
            // The words of a command may be the items of a list.
            let text = String::from_utf8_lossy(&text).replace(", ", " ");
            if stub::calls_us(text.as_bytes(), event) {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// The file to which the user adds a line.
    pub(super) fn file_to_change(self, repo: &Repo) -> PathBuf {
        let files = self.files(repo);
        let found = files.iter().find(|path| path.exists());
        found.unwrap_or(&files[0]).clone()
    }

    /// The files that it reads; the usual one first.
    fn files(self, repo: &Repo) -> Vec<PathBuf> {
        let at_top = |name: &str| repo.top().join(name);
        match self {
            Manager::PreCommit | Manager::Prek => PRE_COMMIT_CONFIG.map(at_top).to_vec(),
            Manager::Husky => ["package.json", ".huskyrc", ".huskyrc.json"].map(at_top).to_vec(),
            Manager::Overcommit => vec![at_top(".overcommit.yml")],
            Manager::Lefthook => {
                let mut files = Vec::new();
                for local in ["", "-local"] {
                    for name in ["lefthook", ".lefthook", ".config/lefthook"] {
                        for kind in ["yml", "yaml", "toml", "json", "jsonc"] {
                            files.push(at_top(&format!("{name}{local}.{kind}")));
                        }
                    }
                }
                files
            }
        }
    }
}
