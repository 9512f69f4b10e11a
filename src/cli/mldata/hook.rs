//! `git mldata hook`.

use std::ffi::OsString;

use crate::cli::{CliError, Outcome, Ui};

/// Do what a Git hook has to do; Git calls this
///
/// Each hook that `git mldata init` installs is one line, `git mldata hook EVENT "$@"`; put that line
/// into hooks of your own. The hooks that follow an event check data out from the cache, never fail,
/// never use the network and wait two seconds at most. pre-push stops a push whose data no remote
/// has.
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
    PrePush,
}

pub fn run(_ui: &Ui, args: HookArgs) -> Result<Outcome, CliError> {
    Err(super::not_wired("hook", &args, &args.args))
}
