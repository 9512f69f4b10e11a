//! `pre-commit` and `pre-merge-commit`: the checks of what is about to be committed.
//!
//! Git is silent where all is well, and so is this, unless `mldata.hook.verbose` is set. Where nothing is
//! staged it costs one process of Git that compares, whatever the size of the repository.

use super::Call;
use crate::checks::{self, Files, Options};
use crate::cli::mlhook::{args::here, show};
use crate::cli::{CliError, Outcome};
use crate::git::CommitId;

/// `merges`: Git is about to commit a merge that it made without conflict.
pub fn run(call: &Call<'_>, merges: bool) -> Result<Outcome, CliError> {
    let (ui, repo) = (call.ui, &call.repo);
    let left_out = call.skip.left_out();
    if !left_out.is_empty() {
        ui.status(format_args!("left out by SKIP: {}", left_out.join(", ")));
    }
    let options = Options {
        checks: call.skip.remaining(),
        mode: None,
        asked: false,
        skipped: call.skip.rules(),
    };
    if options.checks.is_empty() {
        return Ok(Outcome::Done);
    }
    let mut files = match merges {
        true => Files::merged(repo, &merged_commits(call), &[])?,
        false => Files::staged(repo, &[])?,
    };
    files.here = here(repo);
    let (count, removed) = (files.files.len(), files.removed.len());
    if count + removed == 0 {
        return Ok(Outcome::Done);
    }
    let report = checks::run(&mut files, &call.config, &options)?;
    show::text(ui, &report);
    let outcome = show::outcome(&report);
    if outcome != Outcome::Done {
        // A merge that was stopped is concluded like any commit.
        ui.hint("to commit it as it is: `git commit --no-verify`");
    } else if ui.is_verbose() || call.config.hook_boolean("verbose", false)? {
        let checks: Vec<&str> = report.checks.iter().map(|done| done.check.name()).collect();
        let files = if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
        ui.status(format_args!("Checked {files}: {}.", checks.join(", ")));
    }
    Ok(outcome)
}

/// The commits that Git merges. It writes `MERGE_HEAD` only if the merge cannot be concluded at once, but
/// names each commit in a variable for those that it starts: `GITHEAD_<id>=<name>`.
fn merged_commits(call: &Call<'_>) -> Vec<CommitId> {
    let objects = call.repo.objects();
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter_map(|name| objects.find_commit(name.strip_prefix("GITHEAD_")?)).collect()
}
