//! `git mldata hook`.
//!
//! What every event has in common: it can be switched off, it says all it has to say on standard error
//! (Git sends a hook's standard output there anyway, except that of pre-push in old versions, and
//! editors show only that), and only those that Git asks before it does something can stop it.

mod commit_msg;
mod follow;
mod pre_commit;
mod pre_push;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::cli::mlhook::args::here;
use crate::cli::switches::{Skip, are_all_off};
use crate::cli::{CliError, Outcome, Ui};
use crate::data::hook::Switch;
use crate::data::installation::Event;
use crate::git::{self, Config, Repo};

/// Do what a Git hook has to do; Git calls this
///
/// `git mldata install` puts hooks in place that call this; below is what to put into hooks of your own.
///
/// pre-commit and pre-merge-commit check what is about to be committed, and say nothing where all is
/// well. prepare-commit-msg adds an `Mlrun-Run:` trailer to a commit that has the lock of the last run;
/// commit-msg sees that such trailers name runs. post-checkout, post-merge and post-rewrite check data
/// out from the cache: they never fail, never use the network and wait two seconds at most. After an
/// amended commit or a rebase, the runs of the old commits are found by the new ones. pre-push pushes the
/// data that no remote has, or stops the push.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Switched off by:
  MLDATA_HOOKS=0                           all of it, for one command
  SKIP=lint,big-file,pre-push              checks, rules and events, for one command
  git config mldata.hook.EVENT false       one event, in this repository
  git config mldata.hook.pre-push check    look for data that no remote has, and push none
  git config mldata.hook.verbose true      tell also what was found to be well
  git commit --no-verify, git push --no-verify

At the top of a hook of your own:
  git mldata hook EVENT \"$@\" || exit $?

Git writes lines to pre-push and post-rewrite, which the rest of the hook may want to read too:
  lines=$(cat)
  printf '%s\\n' \"$lines\" | git mldata hook pre-push \"$@\" || exit $?
  exec <<EOF
  $lines
  EOF")]
pub struct HookArgs {
    /// The hook's name
    #[arg(value_name = "EVENT", value_parser = super::install::events())]
    pub event: Event,
    /// What Git passes to the hook
    #[arg(value_name = "ARG", trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<OsString>,
}

/// Whether `args` alone tell that there is nothing to do, before anything is opened.
fn is_moot(event: Event, args: &[OsString]) -> bool {
    // The third argument of post-checkout: 1 for a branch, 0 for files.
    event == Event::PostCheckout && args.get(2).is_some_and(|flag| flag == "0")
}

/// What an event is about.
struct Call<'a> {
    ui: &'a Ui,
    repo: Repo,
    config: Config,
    skip: Skip,
    args: &'a [OsString],
    switch: Switch,
}

pub fn run(ui: &Ui, args: HookArgs) -> Result<Outcome, CliError> {
    let HookArgs { event, args } = args;
    if are_all_off() || is_moot(event, &args) {
        return Ok(Outcome::Done);
    }
    ui.leave_standard_output();
    let skip = Skip::from_environment();
    if skip.names(event.name()) {
        ui.status(format_args!("left out by SKIP: {}", event.name()));
        return Ok(Outcome::Done);
    }
    if event.may_stop() {
        return answer(ui, event, skip, &args);
    }
    // Whatever goes wrong, also a bug, does not fail the command that Git has already done.
    if let Ok(Err(error)) = catch_unwind(AssertUnwindSafe(|| answer(ui, event, skip, &args))) {
        tell(ui, &error);
    }
    Ok(Outcome::Done)
}

fn answer(ui: &Ui, event: Event, skip: Skip, args: &[OsString]) -> Result<Outcome, CliError> {
    if event == Event::CommitMsg && !commit_msg::is_about_runs(args)? {
        return Ok(Outcome::Done);
    }
    let repo = match Repo::discover(Path::new(".")) {
        // Without a worktree there is no data.
        Err(git::Error::Bare) => return Ok(Outcome::Done),
        Err(error @ git::Error::Format { .. }) => {
            pass_over(ui, event, error);
            return Ok(Outcome::Done);
        }
        found => found?,
    };
    ui.set_worktree_from(repo.top(), here(&repo));
    let config = repo.config()?;
    let switch = Switch::of(&config, event.name())?;
    if switch == Switch::Off {
        return Ok(Outcome::Done);
    }
    let call = Call { ui, repo, config, skip, args, switch };
    match event {
        Event::PreCommit => pre_commit::run(&call, false),
        Event::PreMergeCommit => pre_commit::run(&call, true),
        Event::PrepareCommitMsg => commit_msg::prepare(&call),
        Event::CommitMsg => commit_msg::check(&call),
        Event::PostCheckout | Event::PostMerge => follow::moved(call),
        Event::PostRewrite => follow::rewritten(call),
        Event::PrePush => pre_push::run(call),
    }
}

/// Hooks of the user's settings are called in all repositories, also in those that we cannot read. Nothing
/// is stopped there: no data could have been added. What others added may have come by a conversion, and
/// that it is not looked after is told where it matters.
fn pass_over(ui: &Ui, event: Event, error: git::Error) {
    let matters = matches!(event, Event::PreCommit | Event::PrePush);
    let ours = ["ls-files", "--", "*.mldata", "*mlrun.lock"];
    if matters && git::run_anywhere(&ours).is_ok_and(|paths| !paths.is_empty()) {
        tell(ui, &error.into());
    }
}

/// Tells an error that stops nothing.
fn tell(ui: &Ui, error: &CliError) {
    ui.warn(error);
    error.hints.iter().for_each(|hint| ui.hint(hint));
}
