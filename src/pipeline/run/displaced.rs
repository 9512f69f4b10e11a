//! What a stage displaced, and how that ends: it comes back, or is forgotten as far as it is elsewhere.

use std::collections::BTreeSet;

use super::session::Session;
use crate::data::recovery::Recovery;
use crate::fs::RepoPath;
use crate::pipeline::Result;

/// What a stage displaced before it ran.
#[derive(Default)]
pub(super) struct Displaced {
    /// One for each attempt.
    pub recoveries: Vec<Recovery>,
    /// Paths whose content the cache does not have.
    pub kept: BTreeSet<RepoPath>,
}

impl Displaced {
    /// Puts everything back as it was before the first attempt. What the attempts left is kept in
    /// recovery; returns the ids of the entries.
    pub fn put_back(self, session: &Session<'_>) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        for recovery in self.recoveries.into_iter().rev() {
            ids.extend(recovery.put_back(session.project)?);
        }
        session.touched();
        Ok(ids)
    }

    /// The stage was recorded: what the cache has is forgotten. Returns the entries that are left.
    pub fn forget(self) -> Result<Vec<String>> {
        let mut kept = Vec::new();
        for (attempt, recovery) in self.recoveries.into_iter().enumerate() {
            // Later ones hold what attempts left that failed.
            kept.extend(recovery.finish_keeping(|path| attempt == 0 && self.kept.contains(path))?);
        }
        Ok(kept)
    }
}
