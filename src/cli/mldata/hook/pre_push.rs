//! `pre-push`: data goes where the commits go.

use std::io::Read as _;
use std::path::Path;

use super::Call;
use crate::cli::mldata::objects;
use crate::cli::{CliError, Outcome};
use crate::data::Project;
use crate::data::hook::{self, Push, Switch};
use crate::fs::At as _;

/// What Git tells of the refs is read up to here, in bytes: a quarter of a million of them.
const MAX_REFS: u64 = 64 << 20;

pub fn run(call: Call<'_>) -> Result<Outcome, CliError> {
    let mut input = Vec::new();
    std::io::stdin().take(MAX_REFS).read_to_end(&mut input).at("read", "standard input")?;
    let refs = String::from_utf8_lossy(&input);
    let remote = call.args.first().map(|name| name.to_string_lossy()).unwrap_or_default();
    let project = Project::of(call.repo, Path::new("."))?;
    let progress = call.ui.progress("Pushing");
    let push = Push { remote: &remote, refs: &refs, sends: call.switch != Switch::Check };
    let sent = hook::pre_push(&project, push, &progress);
    drop(progress);
    for pushed in sent? {
        let done = &pushed.report;
        done.damaged.iter().for_each(|damaged| call.ui.warn(damaged));
        let (count, size) = (objects(done.objects), indicatif::HumanBytes(done.bytes));
        call.ui.status(format_args!("Pushed {count}, {size} to `{}`.", pushed.remote));
    }
    Ok(Outcome::Done)
}
