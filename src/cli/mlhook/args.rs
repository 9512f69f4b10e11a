//! What to check, and what to do about it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use crate::checks::{Files, Mode};
use crate::cli::CliError;
use crate::fs::RepoPath;
use crate::git::Repo;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Check only these files, or what is in these directories
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    paths: Vec<OsString>,
    /// Correct what can be corrected, and stage it; under pre-commit and prek, correct the worktree
    #[arg(long, conflicts_with = "check")]
    fix: bool,
    /// Correct nothing, whatever the settings say
    #[arg(long)]
    check: bool,
    /// Check every file that Git tracks, as it is staged
    #[arg(short, long)]
    all: bool,
    /// Check FILE as it is in the worktree
    #[arg(long, requires = "paths", conflicts_with = "all")]
    worktree: bool,
    /// Check what changed since REV, as the commit of --to-ref has it
    #[arg(long, value_name = "REV", conflicts_with_all = ["all", "worktree", "fix"])]
    from_ref: Option<String>,
    /// The commit that --from-ref goes to; HEAD if not given
    #[arg(long, value_name = "REV", requires = "from_ref")]
    to_ref: Option<String>,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

impl Args {
    pub fn files<'a>(&self, repo: &'a Repo) -> Result<Files<'a>, CliError> {
        let mut files = self.unplaced(repo)?;
        let here = std::env::current_dir().and_then(|here| here.canonicalize());
        let here = here.ok().and_then(|here| {
            RepoPath::new(here.strip_prefix(repo.top()).ok()?.as_os_str().as_bytes())
        });
        files.here = here.unwrap_or_default();
        Ok(files)
    }

    fn unplaced<'a>(&self, repo: &'a Repo) -> Result<Files<'a>, CliError> {
        let paths = self.paths(repo)?;
        if let Some(from) = &self.from_ref {
            let to = repo.commit(self.to_ref.as_deref().unwrap_or("HEAD"))?;
            return Ok(Files::between(repo, repo.commit(from)?, to, &paths)?);
        }
        if self.worktree || (is_hosted() && !paths.is_empty()) {
            return Ok(Files::worktree(repo, &paths)?);
        }
        Ok(if self.all { Files::all(repo, &paths)? } else { Files::staged(repo, &paths)? })
    }

    pub fn mode(&self) -> Option<Mode> {
        match (self.fix, self.check || self.from_ref.is_some()) {
            (true, _) if is_hosted() || self.worktree => Some(Mode::FixWorktree),
            (true, _) => Some(Mode::Fix),
            (false, true) => Some(Mode::Check),
            (false, false) if is_hosted() || self.worktree => Some(Mode::Check),
            (false, false) => None,
        }
    }

    fn paths(&self, repo: &Repo) -> Result<Vec<RepoPath>, CliError> {
        let outside = |path: &OsString| {
            let shown = crate::fs::display_bytes(path.as_bytes());
            CliError::usage(format!("cannot check `{shown}`: it is outside of the worktree"))
        };
        let resolve = |path: &OsString| {
            let absolute = std::path::absolute(path).map_err(|_| outside(path))?;
            // The directory is resolved, the file itself not: a link is checked as what it is.
            let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
                return Err(outside(path));
            };
            let parent = parent.canonicalize().map_err(|_| outside(path))?;
            let full = parent.join(name);
            let below = full.strip_prefix(repo.top()).map_err(|_| outside(path))?;
            RepoPath::new(below.as_os_str().as_bytes()).ok_or_else(|| outside(path))
        };
        self.paths.iter().map(resolve).collect()
    }
}

/// Whether pre-commit or prek runs us: both set this variable.
#[expect(clippy::disallowed_methods, reason = "how these hosts tell of themselves")]
fn is_hosted() -> bool {
    std::env::var_os("PRE_COMMIT").is_some_and(|value| !value.is_empty())
}
