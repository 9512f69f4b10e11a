//! `git mlrun template diff`.

use super::{HookArgs, LocalArgs, given, secrets};
use crate::cli::global::repository;
use crate::cli::mlrun::new::{Asker, pair};
use crate::cli::{CliError, Outcome, Ui};
use crate::fs::At as _;
use crate::git::{Git, PatchLook};
use crate::scaffold::update::Options;
use crate::scaffold::update::compare::{last_render, renders};

/// Show what the template has become since the last update
///
/// Compares the last render of the template with what it renders now, both with the answers of the
/// project: that is what an update merges. What the project changed itself is not in it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun template diff                 what an update would merge
  git mlrun template diff --ref v2 --stat how much would change with v2
  git mlrun template diff --project       what the project has changed since its last render")]
pub struct DiffArgs {
    /// The branch, tag or commit of the template to compare with
    #[arg(long = "ref", value_name = "REV", conflicts_with = "project")]
    reference: Option<String>,
    /// Give another answer than the recorded one (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair, conflicts_with = "project")]
    set: Vec<(String, String)>,
    /// Compare the last render with the project
    #[arg(long)]
    project: bool,
    /// Show how much changed in each file, instead of what
    #[arg(long)]
    stat: bool,
    /// Exit with 1 if there are differences
    #[arg(long)]
    exit_code: bool,
    /// Ask nothing: take the defaults of new questions
    #[arg(long)]
    no_input: bool,
    #[command(flatten)]
    hooks: HookArgs,
    #[command(flatten)]
    local: LocalArgs,
}

pub fn run(ui: &Ui, args: &DiffArgs) -> Result<Outcome, CliError> {
    let repo = repository(ui)?;
    let here = std::env::current_dir().at("find", "the current directory")?;
    let rendering = args.hooks.rendering(ui, &here, args.no_input, &args.local);
    let (project, old, new) = if args.project {
        let (project, old) = rendering.with_tools(|tools| last_render(&repo, &here, tools))?;
        (project, old, None)
    } else {
        let options = Options {
            reference: args.reference.clone(),
            given: given(&args.set),
            secrets: secrets(args.no_input),
            base_empty: false,
            dry_run: true,
        };
        let mut asker = Asker::new(args.no_input);
        let found =
            rendering.with_tools(|tools| renders(&repo, &here, &options, tools, &mut asker))?;
        (found.project, found.old, Some(found.new))
    };
    let look = PatchLook { color: ui.has_color(), stat: args.stat };
    let record = project.record_path();
    let patch = Git::new(&repo)?.shown_patch(old, new, &project.directory, &record, look)?;
    ui.out(&patch);
    Ok(if args.exit_code && !patch.is_empty() { Outcome::No } else { Outcome::Done })
}
