//! What one commit changes, merged into the index and the worktree by Git's own three-way merge.

use super::command::{failed, finish};
use super::{CommitId, Git, Result};
use crate::fs::{RepoPath, display_bytes};

/// Neither hooks, an editor, signatures nor remembered resolutions have a part in it.
const SETTINGS: [&str; 8] = [
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.editor=true",
    "-c",
    "commit.gpgSign=false",
    "-c",
    "rerere.enabled=false",
];

/// What came of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// It is in the index and the worktree.
    Clean,
    /// As clean, but for these paths: the index has their stages, the worktree markers where it can.
    Conflicts(Vec<RepoPath>),
    /// Nothing was changed. Git's reason.
    Refused(String),
}

impl Git<'_> {
    /// Merges into the index and the worktree what `commit` changed since its first parent; no commit
    /// is made, and no operation is left to be concluded. `several` says that it has other parents too.
    ///
    /// Git refuses to overwrite changes that are not committed and files that it does not track, but
    /// for those that it ignores.
    pub fn pick(&self, commit: CommitId, several: bool) -> Result<Picked> {
        let id = commit.to_string();
        let mut words = SETTINGS.to_vec();
        words.extend(["-c", "advice.mergeConflict=false", "cherry-pick", "--no-commit"]);
        if several {
            words.extend(["-m", "1"]);
        }
        words.push(&id);
        // In a partial clone, Git fetches what it merges.
        let (output, code) = finish(self.command(&words), &words, b"")?;
        if code == Some(0) {
            return Ok(Picked::Clean);
        }
        Ok(match self.unmerged()? {
            conflicts if conflicts.is_empty() => Picked::Refused(reason(&output.stderr)),
            conflicts => Picked::Conflicts(conflicts),
        })
    }

    /// The paths in which [`Git::pick`] would find conflicts on top of `onto`, if `commit` was made from
    /// `base`. Changes nothing. Needs Git 2.40.
    pub fn preview_pick(
        &self,
        onto: CommitId,
        base: CommitId,
        commit: CommitId,
    ) -> Result<Vec<RepoPath>> {
        let base = format!("--merge-base={base}");
        let (onto, commit) = (onto.to_string(), commit.to_string());
        let options = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"];
        let mut words = options.to_vec();
        words.extend([base.as_str(), &onto, &commit]);
        let (output, code) = finish(self.command(&words), &words, b"")?;
        if !matches!(code, Some(0 | 1)) {
            return Err(failed(&words, &output.stderr));
        }
        // The id of the merged tree comes first.
        let fields = output.stdout.split(|&b| b == 0).skip(1);
        let path = |field: &[u8]| RepoPath::new(field).filter(|path| !path.is_root());
        Ok(fields.filter_map(path).collect())
    }

    /// Paths that the index has in conflict, ascending.
    pub fn unmerged(&self) -> Result<Vec<RepoPath>> {
        let listed = self.run(&["ls-files", "--unmerged", "-z", "--full-name"])?;
        let path = |entry: &[u8]| {
            let name = entry.iter().position(|&b| b == b'\t')? + 1;
            RepoPath::new(&entry[name..])
        };
        let mut paths: Vec<RepoPath> = listed.split(|&b| b == 0).filter_map(path).collect();
        paths.dedup();
        Ok(paths)
    }
}

/// What Git says, on one line and without its advice.
fn reason(stderr: &[u8]) -> String {
    let said = String::from_utf8_lossy(stderr);
    let is_reason = |line: &&str| {
        !line.is_empty() && !line.starts_with("hint: ") && *line != "fatal: cherry-pick failed"
    };
    let lines: Vec<&str> = said.lines().map(str::trim).filter(is_reason).collect();
    let text = lines.join(" ");
    let text = text.trim_start_matches("error: ").trim_end_matches("Aborting").trim_end();
    display_bytes(text.as_bytes())
}

#[cfg(test)]
mod tests {
    #[test]
    fn reasons_are_told_without_advice() {
        let said = b"error: Your local changes to these files would be overwritten:\n\ta\x1b\n\
            Please commit them.\nAborting\nhint: nothing\nfatal: cherry-pick failed\n";
        let expected =
            "Your local changes to these files would be overwritten: a\\u{1b} Please commit them.";
        // The fatal line follows the last one that says something.
        assert_eq!(super::reason(said), expected);
    }
}
