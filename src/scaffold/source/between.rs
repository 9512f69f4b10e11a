//! What happened to a template between two of its commits.

use std::collections::BTreeMap;
use std::path::Path;

use super::locator::{Locator, Place, Url};
use super::{local, remote};
use crate::fs::ScratchDir;
use crate::git::{Mirror, Repo, Wanted};
use crate::scaffold::Result;

/// So many commits are named.
const NAMED: usize = 10;

/// Commits that lead to one state of a source and not to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Between {
    pub count: u64,
    /// First lines of the newest ones, the newest first.
    pub subjects: Vec<String>,
}

/// The commits that lead to `new` and not to `old`, full ids both, in the repository of a recorded
/// `source`; `None` if it does not have them both. Nothing is fetched.
///
/// # Errors
/// The source cannot be understood or read.
pub fn between(source: &str, old: &str, new: &str) -> Result<Option<Between>> {
    let locator = Locator::parse(source, &BTreeMap::new())?;
    match &locator.place {
        Place::Git(url) => remote::with_copy(url, |mirror| count(mirror, old, new)),
        Place::Path(text) if local::is_bare(Path::new(text)) => {
            remote::with_copy(&Url::of_directory(text), |mirror| count(mirror, old, new))
        }
        Place::Path(text) => {
            let Some(repo) = Repo::around(Path::new(text)) else { return Ok(None) };
            let scratch = ScratchDir::new()?;
            count(&Mirror::create_beside(&scratch.path().join("git"), &repo)?, old, new)
        }
    }
}

fn count(mirror: &Mirror, old: &str, new: &str) -> Result<Option<Between>> {
    let [old, new] = [old, new].map(|id| mirror.resolve(Wanted::Revision(id)));
    let Some((old, new)) = old.zip(new) else { return Ok(None) };
    let (count, subjects) = mirror.commits_between(old, new, NAMED)?;
    Ok(Some(Between { count, subjects }))
}
