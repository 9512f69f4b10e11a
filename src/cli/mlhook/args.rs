//! What to check, and what to do about it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use super::host::Host;
use crate::checks::{Files, Mode, Origin};
use crate::cli::CliError;
use crate::fs::{self, RepoPath, display_bytes, shell_word};
use crate::git::{CommitId, Repo};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Check only these files, or what is in these directories
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    paths: Vec<OsString>,
    /// Correct what can be corrected, and stage it; under pre-commit and prek, correct the worktree
    ///
    /// What is not staged stays as it is. What is found and cannot be corrected is told, with exit code 1;
    /// where a tool crashed, nothing is corrected.
    #[arg(long, conflicts_with = "check")]
    pub fix: bool,
    /// Correct nothing, whatever the settings say
    #[arg(long)]
    check: bool,
    /// Check every file that Git tracks, as it is staged
    #[arg(short, long)]
    all: bool,
    /// Check FILE as it is in the worktree
    ///
    /// Of a directory, the files that Git tracks. With --fix, the worktree is corrected, and nothing is
    /// staged.
    #[arg(long, requires = "paths", conflicts_with = "all")]
    worktree: bool,
    /// Check what changed since REV, as the commit of --to-ref has it
    ///
    /// As a pull request would show it: since the commit where the two parted.
    #[arg(long, value_name = "REV", conflicts_with_all = ["all", "worktree", "fix"])]
    from_ref: Option<String>,
    /// The commit that --from-ref goes to; HEAD if not given
    #[arg(long, value_name = "REV", requires = "from_ref")]
    to_ref: Option<String>,
    /// Report as one JSON object
    #[arg(long, group = "output")]
    pub json: bool,
    /// Report as SARIF 2.1.0, for services that show findings beside the code
    #[arg(long, group = "output")]
    pub sarif: bool,
}

impl Args {
    /// The files to check, with hints for where this was typed.
    pub fn files<'a>(&self, repo: &'a Repo, host: &Host) -> Result<Files<'a>, CliError> {
        let mut files = self.chosen(repo, host)?;
        files.here = here(repo);
        Ok(files)
    }

    /// The files to check.
    ///
    /// A host names the files, and has hidden what is not staged in them: then they are taken as they
    /// lie there. A check that needs the index as a whole is started without names. It takes the two
    /// revisions of the host, if it has some (`--from-ref`, or a push), else what is staged. Where
    /// nothing is, it takes everything: neither host starts a check for a commit without a file, so
    /// that this is `run --all-files`, which must not pass because it looked at nothing.
    fn chosen<'a>(&self, repo: &'a Repo, host: &Host) -> Result<Files<'a>, CliError> {
        let paths =
            self.paths.iter().map(|path| locate(repo, path)).collect::<Result<Vec<_>, _>>()?;
        if let Some(from) = &self.from_ref {
            return between(repo, from, self.to_ref.as_deref().unwrap_or("HEAD"), &paths);
        }
        let files = match host {
            _ if self.all => Files::all(repo, &paths)?,
            Host::Present { .. } if !paths.is_empty() => {
                // A file that went since the host listed it is not there to be checked.
                return Ok(Files::worktree(repo, &paths)?);
            }
            Host::Present { revisions: Some((from, to)) } => {
                return between(repo, from, to, &[]);
            }
            Host::Present { revisions: None } => {
                let staged = Files::staged(repo, &[])?;
                if staged.files.is_empty() { Files::all(repo, &[])? } else { staged }
            }
            Host::Absent if self.worktree => {
                let paths = expanded(repo, &paths)?;
                Files::worktree(repo, &paths)?
            }
            Host::Absent => Files::staged(repo, &paths)?,
        };
        paths.iter().try_for_each(|path| exists(&files, path))?;
        Ok(files)
    }

    /// What is done about what can be corrected; `None`: as the settings say.
    pub fn mode(&self, files: &Files<'_>, host: &Host) -> Option<Mode> {
        let stages = files.origin == Origin::Index && matches!(host, Host::Absent);
        match (self.fix, stages) {
            (true, true) => Some(Mode::Fix),
            (true, false) => Some(Mode::FixWorktree),
            (false, true) if !self.check => None,
            (false, _) => Some(Mode::Check),
        }
    }

    /// What to type behind the program's name to check the same files again. What a host named may be
    /// staged or not by the time it is typed: the worktree has it.
    pub fn again(&self, host: &Host) -> String {
        const SHOWN: usize = 3;
        let mut words = String::new();
        let worktree = self.worktree || (host.is_present() && !self.paths.is_empty());
        for (given, option) in [(self.all, " --all"), (worktree, " --worktree")] {
            words.push_str(if given { option } else { "" });
        }
        if (1..=SHOWN).contains(&self.paths.len()) {
            for path in &self.paths {
                words.push(' ');
                words.push_str(&shell_word(path.as_bytes()));
            }
        } else if !self.paths.is_empty() {
            words.push_str(" FILE...");
        }
        words
    }
}

/// The directory from which the user sees the repository. Git starts hooks at the top of the worktree, and
/// tells in `GIT_PREFIX` where it was started itself.
#[expect(clippy::disallowed_methods, reason = "how Git tells hooks where it was started")]
pub(in crate::cli) fn here(repo: &Repo) -> RepoPath {
    let current = std::env::current_dir().and_then(|here| here.canonicalize());
    let current = current
        .ok()
        .and_then(|here| RepoPath::new(here.strip_prefix(repo.top()).ok()?.as_os_str().as_bytes()));
    let current = current.unwrap_or_default();
    let prefix = || {
        let prefix = std::env::var_os("GIT_PREFIX")?;
        let prefix = RepoPath::new(prefix.as_bytes().strip_suffix(b"/")?)?;
        repo.absolute(&prefix).is_dir().then_some(prefix)
    };
    if current.is_root() { prefix().unwrap_or(current) } else { current }
}

/// What changed from where `from` and `to` parted to `to`. As for pre-commit, all that differs between
/// the two where they have nothing in common, or a shallow clone does not know what.
fn between<'a>(
    repo: &'a Repo,
    from: &str,
    to: &str,
    paths: &[RepoPath],
) -> Result<Files<'a>, CliError> {
    let commit = |name: &str| -> Result<CommitId, CliError> { Ok(repo.commit(name)?) };
    let (from, to) = (commit(from)?, commit(to)?);
    let base = repo.objects().merge_base(from, to)?.unwrap_or(from);
    let files = Files::between(repo, base, to, paths)?;
    paths.iter().try_for_each(|path| exists(&files, path))?;
    Ok(files)
}

/// The path in the repository that was typed. Its directory is resolved, the file itself not: a link is
/// checked as what it is.
fn locate(repo: &Repo, typed: &OsString) -> Result<RepoPath, CliError> {
    let outside = || {
        let shown = display_bytes(typed.as_bytes());
        CliError::usage(format!("cannot check `{shown}`: it is outside of the worktree"))
    };
    let absolute = std::path::absolute(typed).map_err(|_| outside())?;
    let full = match (absolute.parent(), absolute.file_name()) {
        (Some(parent), Some(name)) if absolute != repo.top() => fs::resolved(parent).join(name),
        _ => fs::resolved(&absolute),
    };
    let below = full.strip_prefix(repo.top()).map_err(|_| outside())?;
    RepoPath::new(below.as_os_str().as_bytes()).ok_or_else(outside)
}

/// Files for themselves, and for directories the files in them that Git tracks.
fn expanded(repo: &Repo, paths: &[RepoPath]) -> Result<Vec<RepoPath>, CliError> {
    let (directories, mut files): (Vec<_>, Vec<_>) =
        paths.iter().cloned().partition(|path| repo.absolute(path).is_dir());
    let tracked = match directories.is_empty() {
        true => Vec::new(),
        false => crate::git::Git::new(repo)?.index_paths()?,
    };
    let inside = |path: &RepoPath| directories.iter().any(|above| path.below(above).is_some());
    files.extend(tracked.into_iter().filter(inside));
    Ok(files)
}

/// # Errors
/// Neither the worktree nor what is checked has `path`, or anything in it.
fn exists(files: &Files<'_>, path: &RepoPath) -> Result<(), CliError> {
    let known = |paths: &[RepoPath]| paths.iter().any(|known| known.below(path).is_some());
    if fs::lstat(&files.repo().absolute(path))?.is_some()
        || (files.origin != Origin::Worktree && (known(&files.removed) || known(files.listing()?)))
    {
        return Ok(());
    }
    let shown = display_bytes(path.as_bytes());
    Err(CliError::usage(format!("cannot check `{shown}`: there is no such file")))
}
