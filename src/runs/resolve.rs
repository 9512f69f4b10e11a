//! Which run is meant.
//!
//! What somebody types is tried as, in this order:
//!
//! 1. `last` or `@`, the newest run that belongs to no other; `last~2` is the second before it;
//! 2. an id in full;
//! 3. a name: `quiet-otter-417`, `quiet-otter-417/train`, or one that the user gave;
//! 4. the beginning of an id, four digits or more;
//! 5. one of these, a slash, and the address of one of its stages: `last/train`;
//! 6. a revision (`gitrevisions(7)`): the run that the commit's `Mlrun-Run:` trailer names, else the
//!    newest one that ran on this commit or left it, else the newest one of the commits whose place it
//!    took ([`rewrites`](super::rewrites)).
//!
//! Runs that were deleted are not found ([`Error::DeletedRun`]), except by [`resolve_deleted`].

use std::collections::HashSet;

use super::rewrites::Rewrites;
use super::{Error, Result, Runs, Summary, trailer};
use crate::format::run::{RunId, is_prefix};
use crate::git::{CommitId, Git, Objects, Repo};

/// The run that `text` means.
///
/// # Errors
/// [`Error::UnknownRun`], [`Error::AmbiguousRun`], [`Error::DeletedRun`], [`Error::NoRunOfCommit`] or
/// [`Error::RunNotHere`].
pub fn resolve(repo: &Repo, runs: &Runs, text: &str) -> Result<RunId> {
    Resolver { repo, runs, wants_deleted: false }.resolve(text)
}

/// The deleted run that `text` means; for those who want it back. One that was not deleted is found
/// too.
///
/// # Errors
/// As [`resolve`] has them.
pub fn resolve_deleted(repo: &Repo, runs: &Runs, text: &str) -> Result<RunId> {
    Resolver { repo, runs, wants_deleted: true }.resolve(text)
}

/// The runs of the commits of a range such as `main..feature`, newest first: those that their trailers
/// name, and those that ran on them or left them, or on commits whose place they took.
///
/// # Errors
/// Git cannot read the range.
pub fn resolve_range(repo: &Repo, runs: &Runs, range: &str) -> Result<Vec<RunId>> {
    let objects = repo.objects();
    let mut rewrites = Rewrites::of(&objects, runs)?;
    let mut commits = HashSet::new();
    let mut named = HashSet::new();
    for commit in Git::new(repo)?.commits_of(range)? {
        named.extend(trailer::runs_of(&objects.commit(commit)?.message));
        let commit = commit.to_string();
        for origin in rewrites.origins(&commit) {
            named.extend(named_by(&objects, &origin)?);
            commits.insert(origin);
        }
        commits.insert(commit);
    }
    let is_of = |run: &Summary<'_>| {
        named.contains(&run.id()) || codes(*run).any(|code| commits.contains(code))
    };
    Ok(runs.present().filter(is_of).map(Summary::id).collect())
}

/// Whether a new run can be called `name` and be found by it: neither a run nor a commit here may be
/// called so. The name of a run that was deleted is free. Two that begin at the same moment, or in two
/// clones, may still take one name; [`Error::AmbiguousRun`] tells of it when it is typed.
///
/// # Errors
/// [`Error::NameOfRun`] or [`Error::NameOfCommit`]; the store cannot be read.
pub fn check_unused(repo: &Repo, name: &str) -> Result<()> {
    let runs = Runs::load(repo)?;
    if let Some(run) = runs.present().find(|run| run.name() == name) {
        return Err(Error::NameOfRun { name: shown(name), id: run.id() });
    }
    if repo.commit(name).is_ok() {
        return Err(Error::NameOfCommit { name: shown(name) });
    }
    Ok(())
}

/// Whether `text` is a range of commits rather than one run or commit.
pub fn is_range(text: &str) -> bool {
    text.contains("..")
}

/// The commits that a run ran on or left.
pub(super) fn codes(run: Summary<'_>) -> impl Iterator<Item = &str> {
    [run.commit(), run.result(), run.snapshot()].into_iter().flatten()
}

/// The runs that the message of a commit names, if it is still here.
fn named_by(objects: &Objects, commit: &str) -> Result<Vec<RunId>> {
    match objects.find_commit(commit) {
        Some(commit) => Ok(trailer::runs_of(&objects.commit(commit)?.message)),
        None => Ok(Vec::new()),
    }
}

struct Resolver<'a> {
    repo: &'a Repo,
    runs: &'a Runs,
    wants_deleted: bool,
}

impl<'a> Resolver<'a> {
    fn resolve(&self, text: &str) -> Result<RunId> {
        if let Some(run) = self.run(text)? {
            return Ok(run.id());
        }
        if steps_back(text).is_some() {
            // To Git, `@~2` is a commit; here it is not.
            return Err(Error::UnknownRun { name: shown(text) });
        }
        // The name of a stage's run may have slashes, and so may the address of a stage.
        for (at, _) in text.match_indices('/') {
            if let Some(parent) = self.run(&text[..at])? {
                let stage = &text[at + 1..];
                let is_it = |run: &Summary<'_>| {
                    run.parent() == Some(parent.id()) && run.stage() == Some(stage)
                };
                if let Some(run) = self.one(text, &is_it)? {
                    return Ok(run.id());
                }
            }
        }
        match self.repo.commit(text) {
            Ok(commit) => self.of_commit(text, commit),
            Err(_) => Err(Error::UnknownRun { name: shown(text) }),
        }
    }

    /// The run with this position, id or name; `None` if there is none.
    fn run(&self, text: &str) -> Result<Option<Summary<'a>>> {
        if let Some(steps) = steps_back(text) {
            return Ok(self.runs.present().filter(|run| run.is_top_level()).nth(steps));
        }
        if let Ok(id) = RunId::parse(text) {
            return self.one(text, &|run| run.id() == id);
        }
        if let Some(found) = self.one(text, &|run| run.name() == text)? {
            return Ok(Some(found));
        }
        if is_prefix(text) {
            return self.one(text, &|run| run.id().to_string().starts_with(text));
        }
        Ok(None)
    }

    /// The only run that is meant. Of several, those that were deleted do not count.
    fn one(
        &self,
        text: &str,
        is_meant: &dyn Fn(&Summary<'_>) -> bool,
    ) -> Result<Option<Summary<'a>>> {
        let (mut deleted, mut found): (Vec<_>, Vec<_>) =
            self.runs.iter().filter(is_meant).partition(|run| run.is_deleted());
        if self.wants_deleted {
            std::mem::swap(&mut deleted, &mut found);
            if found.is_empty() {
                found = deleted.split_off(0);
            }
        }
        match (&found[..], deleted.first()) {
            ([], None) => Ok(None),
            ([], Some(run)) => Err(Error::DeletedRun { name: shown(text), id: run.id() }),
            ([run], _) => Ok(Some(*run)),
            (several, _) => {
                let candidates = several.iter().map(|run| (run.id(), run.name().to_owned()));
                Err(Error::AmbiguousRun { name: shown(text), candidates: candidates.collect() })
            }
        }
    }

    fn of_commit(&self, text: &str, commit: CommitId) -> Result<RunId> {
        let name = || shown(text);
        let objects = self.repo.objects();
        let message = objects.commit(commit)?.message;
        // Of several, as a squash has them, the one that was written last.
        if let Some(&id) = trailer::runs_of(&message).last() {
            return match self.runs.get(id) {
                Some(run) if run.is_deleted() && !self.wants_deleted => {
                    Err(Error::DeletedRun { name: run.name().to_owned(), id })
                }
                Some(_) => Ok(id),
                None => Err(Error::RunNotHere { name: name(), id }),
            };
        }
        let hex = commit.to_string();
        if let Some(run) = self.newest(&|run| codes(*run).any(|code| code == hex)) {
            return Ok(run.id());
        }
        let (mut origins, mut named) = (HashSet::new(), HashSet::new());
        for origin in Rewrites::of(&objects, self.runs)?.origins(&hex) {
            named.extend(named_by(&objects, &origin)?);
            origins.insert(origin);
        }
        let is_of = |run: &Summary<'_>| {
            named.contains(&run.id()) || codes(*run).any(|code| origins.contains(code))
        };
        let found = self.newest(&is_of);
        found.map(Summary::id).ok_or_else(|| Error::NoRunOfCommit { name: name() })
    }

    /// The newest run that `is_meant` and belongs to no other.
    fn newest(&self, is_meant: &dyn Fn(&Summary<'_>) -> bool) -> Option<Summary<'a>> {
        self.runs.iter().find(|run| {
            run.is_top_level() && run.is_deleted() == self.wants_deleted && is_meant(run)
        })
    }
}

/// How many runs before the last one are meant by `last`, `@`, `last~` or `@~2`.
fn steps_back(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("last").or_else(|| text.strip_prefix('@'))?;
    match rest.strip_prefix('~') {
        None => rest.is_empty().then_some(0),
        Some("") => Some(1),
        Some(steps) if steps.bytes().all(|b| b.is_ascii_digit()) => steps.parse().ok(),
        Some(_) => None,
    }
}

fn shown(text: &str) -> String {
    crate::fs::display_bytes(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_back_from_the_last_run() {
        for (text, steps) in [
            ("last", Some(0)),
            ("@", Some(0)),
            ("last~", Some(1)),
            ("@~12", Some(12)),
            ("last~99999999999999999999999", None),
            ("last~x", None),
            ("last~-1", None),
            ("lasting", None),
            ("@{1}", None),
            ("HEAD~1", None),
        ] {
            assert_eq!(steps_back(text), steps, "{text}");
        }
    }
}
