//! `git mldata hook`.

use std::ffi::OsString;
use std::io::Read as _;

use crate::checks::{self, Check, Files, Options};
use crate::cli::mlhook::show;
use crate::cli::{CliError, Outcome, Ui};
use crate::data::{Error, hook};
use crate::fs::At as _;
use crate::runs::trailer;

/// Do what a Git hook has to do; Git calls this
///
/// Each hook that `git mldata init` installs is one line, `git mldata hook EVENT "$@"`; put that line
/// into hooks of your own. The hooks that follow an event check data out from the cache, never fail,
/// never use the network and wait two seconds at most. prepare-commit-msg adds an `Mlrun-Run:` trailer
/// to a commit that has the lock of the last run. pre-push stops a push whose data no remote has.
#[derive(Debug, clap::Args)]
pub struct HookArgs {
    /// The hook's name
    #[arg(value_name = "EVENT", value_enum)]
    pub event: Event,
    /// What Git passes to the hook
    #[arg(value_name = "ARG", trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<OsString>,
}

/// The hooks of Git that we take part in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Event {
    PostCheckout,
    PostMerge,
    PostRewrite,
    PreCommit,
    PrepareCommitMsg,
    PrePush,
}

pub fn run(ui: &Ui, args: HookArgs) -> Result<Outcome, CliError> {
    match args.event {
        Event::PreCommit => pre_commit(ui),
        Event::PrePush => pre_push(ui, &args.args),
        Event::PrepareCommitMsg => {
            // A commit is worth more than a trailer.
            if let Err(error) = prepare_commit_msg(ui, &args.args) {
                ui.warn(&error);
            }
            Ok(Outcome::Done)
        }
        // The third argument of post-checkout: 1 for a branch, 0 for files.
        Event::PostCheckout if args.args.get(2).is_some_and(|flag| flag == "0") => {
            Ok(Outcome::Done)
        }
        Event::PostCheckout | Event::PostMerge | Event::PostRewrite => {
            // What went wrong here must not fail the command that Git has already done.
            let rebased = args.event == Event::PostRewrite
                && args.args.first().is_some_and(|command| command == "rebase");
            if let Err(error) = follow(ui, rebased) {
                ui.warn(&error);
                error.hints.iter().for_each(|hint| ui.hint(hint));
            }
            Ok(Outcome::Done)
        }
    }
}

fn follow(ui: &Ui, rebased: bool) -> Result<(), CliError> {
    let mut project = super::project(ui)?;
    let report = match hook::follow(&mut project, rebased) {
        Ok(Some(report)) => report,
        Ok(None) => return Ok(()),
        Err(error) => {
            let hint = "run `git mldata checkout` to let the data follow";
            return Err(CliError::from(error).hint(hint));
        }
    };
    // After a pull most data is only on the remote. That is one line, however much it is.
    let is_absent = |error: &Error| matches!(error, Error::NotInCache { .. });
    let (absent, errors): (Vec<Error>, Vec<Error>) = report.errors.into_iter().partition(is_absent);
    for error in errors.into_iter().map(CliError::from) {
        ui.warn(&error);
        error.hints.iter().for_each(|hint| ui.hint(hint));
    }
    match absent.len() {
        0 => {}
        1 => ui.hint("the data of a pointer is not here yet: `git mldata pull` brings it"),
        count => ui.hint(format_args!(
            "the data of {count} pointers is not here yet: `git mldata pull` brings it"
        )),
    }
    Ok(())
}

fn prepare_commit_msg(ui: &Ui, args: &[OsString]) -> Result<(), CliError> {
    let Some(message) = args.first() else {
        return Err(CliError::usage("cannot name the run of a commit: Git passed no file"));
    };
    let repo = crate::cli::global::repository(ui)?;
    // Git gives it relative to where the hook runs.
    let message = std::path::absolute(message).at("resolve", message)?;
    let source = args.get(1).and_then(|source| source.to_str());
    trailer::prepare(&repo, &message, source)?;
    Ok(())
}

/// Runs all checks on what is about to be committed.
fn pre_commit(ui: &Ui) -> Result<Outcome, CliError> {
    let repo = crate::cli::global::repository(ui)?;
    let mut files = Files::staged(&repo, &[])?;
    let options =
        Options { checks: Check::ALL.to_vec(), mode: None, asked: false, skipped: Vec::new() };
    let report = checks::run(&mut files, &repo.config()?, &options)?;
    show::text(ui, &report);
    Ok(show::outcome(&report))
}

fn pre_push(ui: &Ui, args: &[OsString]) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).at("read", "standard input")?;
    let remote = args.first().map(|name| name.to_string_lossy()).unwrap_or_default();
    hook::pre_push(&project, &remote, &input)?;
    Ok(Outcome::Done)
}
