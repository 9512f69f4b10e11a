//! The code that runs run with, as commits.
//!
//! A worktree that has what HEAD has is named by HEAD. Of any other a *snapshot* is taken: a commit on
//! top of HEAD whose tree has the changes to tracked files, staged or not, and the untracked files that
//! Git does not ignore. Neither the index nor the worktree is touched, and none of Git's locks is taken.
//! Nothing names the commit until a run is stored with it (`runs::store`).
//!
//! # What is in a snapshot
//!
//! What `git add --all` would stage, by the same settings, filters and ignore rules, but for
//!
//! - untracked files of more than [`MAX_UNTRACKED`] bytes, and whatever is more than [`MAX_ALL`]
//!   together: these go into the cache, as far as [`MAX_STORED`] allows, and the run has their ids;
//! - files with something that looks like a secret (`format::secrets`), because runs are pushed;
//! - submodules with another commit checked out than the one recorded: the commit may be nowhere else;
//! - what `mlrun.snapshot` leaves out: `tracked` keeps untracked files out, `none` everything.
//!
//! What is left out stands in the run by its name, and the tree has what HEAD has there. A file with
//! line ends that Git would have kept only because its index knows them (`text=auto` in
//! `gitattributes(5)`) gets normalised ones.
//!
//! The same changes on the same commit are the same snapshot, whoever takes it and when: it has the
//! time and the committer of its parent.

mod intake;
mod large;
mod result;

use intake::Intake;
pub use result::result;

use super::Result;
use crate::data::Project;
use crate::format::run::{Code, LeftOut};
use crate::fs::RepoPath;
use crate::git::{self, CommitId, Git, Identity, Objects, StatusEntry, Tracked, Untracked};

/// An untracked file with more bytes is not put into Git's objects.
pub const MAX_UNTRACKED: u64 = 1 << 20;
/// Nor is what a snapshot would add beyond so many bytes.
pub const MAX_ALL: u64 = 50 << 20;
/// Bytes of files left out for their size that one snapshot brings into the cache; those that an
/// earlier one brought there do not count.
pub const MAX_STORED: u64 = 1 << 30;
/// So many files that are left out are named one by one.
const MAX_NAMED: usize = 1000;

/// What the worktree has, in commits.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub code: Code,
    /// The commit that keeps this code alive; none in a repository without commits and files.
    pub keep: Option<CommitId>,
}

/// What `mlrun.snapshot` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    All,
    Tracked,
    None,
}

/// Takes a snapshot of the worktree, if it is not what HEAD has. To be called without the project's
/// lock, which is taken for large files only and waited for two seconds at most.
///
/// # Errors
/// The repository cannot be read or written to.
pub fn take(project: &Project) -> Result<Snapshot> {
    let extent = extent(project)?;
    let git = Git::new(&project.repo)?;
    let untracked = if extent == Extent::All { Untracked::All } else { Untracked::Grouped };
    let (head, entries) = loop {
        let head = project.repo.head()?;
        let entries = git.status(untracked)?;
        // What differs from one commit must not be put on top of another.
        if project.repo.head()? == head {
            break (head, entries);
        }
    };
    let mut code = Code {
        commit: head.map(|commit| commit.to_string()),
        branch: project.repo.branch()?,
        ..Code::default()
    };
    if entries.is_empty() {
        return Ok(Snapshot { code, keep: head });
    }
    let objects = project.repo.objects();
    let base = Base::of(&objects, head)?;
    let paths = entries.iter().filter_map(to_be_read);
    let mut intake = Intake::new(project, &objects, &git, paths)?;
    for entry in entries {
        take_in(entry, extent, &mut intake)?;
    }
    let taken = intake.finish()?;
    code.left_out = taken.left_out;
    code.left_out.extend(large::store(project, taken.large));
    code.left_out.sort_by(|a, b| (&a.path, &a.why).cmp(&(&b.path, &b.why)));
    code.left_out = bounded(code.left_out);
    let snapshot = base.commit(&objects, taken.edits, "mlrun: uncommitted changes\n")?;
    code.snapshot = snapshot.map(|commit| commit.to_string());
    Ok(Snapshot { code, keep: snapshot.or(head) })
}

fn extent(project: &Project) -> Result<Extent> {
    Ok(match project.config.run_string("snapshot").as_deref() {
        None | Some("all") => Extent::All,
        Some("tracked") => Extent::Tracked,
        Some("none") => Extent::None,
        Some(value) => {
            return Err(super::Error::Git(git::Error::Config {
                origin: "settings".into(),
                key: "mlrun.snapshot".into(),
                value: crate::fs::display_bytes(value.as_bytes()),
                expected: "expected `all`, `tracked` or `none`",
            }));
        }
    })
}

/// The file that has to be read for an entry.
fn to_be_read(entry: &StatusEntry) -> Option<&RepoPath> {
    match entry {
        StatusEntry::Tracked { path, state: Tracked::Changed(_) | Tracked::Deleted }
        | StatusEntry::Untracked(path) => Some(path),
        _ => None,
    }
}

fn take_in(entry: StatusEntry, extent: Extent, intake: &mut Intake<'_>) -> Result<()> {
    match (entry, extent) {
        (StatusEntry::Tracked { path, .. }, Extent::None) => {
            intake.leave_out(path.as_bytes(), "settings")
        }
        (StatusEntry::Untracked(path), Extent::Tracked | Extent::None) => {
            intake.leave_out(path.as_bytes(), "untracked");
        }
        (StatusEntry::UntrackedDirectory(path), Extent::Tracked | Extent::None) => {
            intake.leave_out(&[path.as_bytes(), b"/"].concat(), "untracked");
        }
        (StatusEntry::UntrackedDirectory(path), Extent::All) => {
            intake.leave_out(path.as_bytes(), "submodule");
        }
        (StatusEntry::Untracked(path), Extent::All) => intake.untracked(path)?,
        (StatusEntry::Tracked { path, state }, _) => match state {
            Tracked::Staged { mode, id } => intake.staged(path, mode, id)?,
            Tracked::Changed(mode) => intake.tracked(path, mode)?,
            Tracked::Deleted => intake.remove(path),
            Tracked::Submodule => intake.leave_out(path.as_bytes(), "submodule"),
        },
    }
    Ok(())
}

/// The commit that a snapshot is made on top of.
struct Base {
    commit: Option<CommitId>,
    tree: Option<git::GitId>,
    who: Identity,
    time: i64,
}

impl Base {
    fn of(objects: &Objects, commit: Option<CommitId>) -> Result<Base> {
        let Some(id) = commit else {
            let who = Identity { name: "git mlrun".into(), email: "mlrun@localhost".into() };
            return Ok(Base { commit, tree: None, who, time: 0 });
        };
        let (who, time) = objects.committer(id)?;
        Ok(Base { commit, tree: Some(objects.commit(id)?.tree), who, time })
    }

    /// The commit that has `edits`; `None` if they change nothing.
    fn commit(
        &self,
        objects: &Objects,
        edits: Vec<super::store::Edit>,
        message: &str,
    ) -> Result<Option<CommitId>> {
        let before = match self.tree {
            Some(tree) => tree,
            None => objects.edit_tree(None, [])?,
        };
        if edits.is_empty() {
            return Ok(None);
        }
        let tree = objects.edit_tree(self.tree, edits)?;
        if tree == before {
            return Ok(None);
        }
        let parents: Vec<CommitId> = self.commit.into_iter().collect();
        Ok(Some(objects.write_commit(tree, &parents, &self.who, self.time, message)?))
    }
}

/// At most [`MAX_NAMED`] entries: those beyond are one for each reason, with the name of the directory
/// that all of them are in and their size together.
fn bounded(mut left_out: Vec<LeftOut>) -> Vec<LeftOut> {
    let rest = left_out.split_off(left_out.len().min(MAX_NAMED));
    let mut sums: Vec<LeftOut> = Vec::new();
    for one in rest {
        let directory = one.path.rfind('/').map_or(0, |at| at + 1);
        match sums.iter_mut().find(|sum| sum.why == one.why) {
            Some(sum) => {
                let shared = shared_directory(&sum.path, &one.path[..directory]);
                sum.path.truncate(shared);
                sum.size = sum.size.zip(one.size).map(|(a, b)| a.saturating_add(b));
            }
            None => {
                let path = one.path[..directory].to_owned();
                sums.push(LeftOut { path, oid: None, ..one });
            }
        }
    }
    left_out.extend(sums);
    left_out
}

/// Bytes of the longest directory, with its slash, that two begin with.
fn shared_directory(a: &str, b: &str) -> usize {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    a.as_bytes()[..same].iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_bounded() {
        let one = |path: String| LeftOut { path, why: "large".into(), size: Some(2), oid: None };
        let paths = (0..MAX_NAMED).map(|number| format!("a/{number:04}"));
        let more = ["b/c/d".to_owned(), "b/c/e/f".to_owned(), "b/cc".to_owned()];
        let all: Vec<LeftOut> = paths.chain(more).map(one).collect();
        let found = bounded(all.clone());
        assert_eq!(found[..MAX_NAMED], all[..MAX_NAMED]);
        let sum = LeftOut { path: "b/".into(), why: "large".into(), size: Some(6), oid: None };
        assert_eq!(found[MAX_NAMED..], [sum]);
    }
}
