//! `git mlrun template update`.

use super::{HookArgs, JsonVersion, LocalArgs, files, given, names, secrets, version};
use crate::cli::global::repository;
use crate::cli::mlrun::new::{Asker, pair};
use crate::cli::{CliError, Outcome, Ui};
use crate::fs::{At as _, display_bytes};
use crate::git::FileChangeKind;
use crate::scaffold::update::base::Found;
use crate::scaffold::update::{Merge, Options, Update, update};

/// Merge into the project what its template has become
///
/// Renders the template again with the answers that the project has on record, and merges what is
/// different from the last render, as Git merges a branch. The result is staged for you to look at and
/// commit. Where the project and the template changed the same lines, there are ordinary conflicts: in
/// `git status`, in the files, for your merge tool.
///
/// Only questions that are new are asked. Nothing else may be staged, so that the update can be undone;
/// changes that are not staged and not in the way stay as they are.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun template update               to where the branch or tag is now
  git mlrun template update -n            what would change, and where conflicts would be
  git mlrun template update --ref v2      to another branch, tag or commit, from now on
  git mlrun template update --set license=MIT
                                          with another answer
  git reset --merge                       undo an update that is not committed

Exit code 1 if there are conflicts.

The JSON object: {\"dry_run\", \"status\": \"up-to-date\", \"merged\" or \"conflicts\", \"from\": {\"source\",
\"ref\", \"kind\", \"version\"}, \"to\": the same, \"base\": \"ref\", \"history\", \"rendered\" or \"empty\",
\"changes\": [{\"path\", \"from\", \"change\"}], \"conflicts\": [path], \"new_variables\", \"unfit_variables\",
\"gone_variables\": [name]}; paths are from the top of the worktree.")]
pub struct UpdateArgs {
    /// The branch, tag or commit of the template to take, now and later
    #[arg(long = "ref", value_name = "REV")]
    reference: Option<String>,
    /// Give another answer than the recorded one (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Ask nothing: take the defaults of new questions
    #[arg(long)]
    no_input: bool,
    /// Merge without knowing what the template rendered before
    ///
    /// Each file that is not the same in the project and in the template becomes a conflict. For projects
    /// whose template is gone from where it was.
    #[arg(long)]
    base_empty: bool,
    /// Show what would be merged, and do nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    hooks: HookArgs,
    #[command(flatten)]
    local: LocalArgs,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json<'a> {
    dry_run: bool,
    status: &'static str,
    from: JsonVersion,
    to: JsonVersion,
    base: &'static str,
    changes: Vec<JsonChange>,
    conflicts: Vec<String>,
    new_variables: &'a [String],
    unfit_variables: &'a [String],
    gone_variables: &'a [String],
}

#[derive(serde::Serialize)]
struct JsonChange {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    change: &'static str,
}

pub fn run(ui: &Ui, args: &UpdateArgs) -> Result<Outcome, CliError> {
    let repo = repository(ui)?;
    let here = std::env::current_dir().at("find", "the current directory")?;
    let options = Options {
        reference: args.reference.clone(),
        given: given(&args.set),
        secrets: secrets(args.no_input),
        base_empty: args.base_empty,
        dry_run: args.dry_run,
    };
    let mut asker = Asker::new(args.no_input);
    let rendering = args.hooks.rendering(ui, &here, args.no_input, &args.local);
    let update = rendering.with_tools(|tools| update(&repo, &here, &options, tools, &mut asker))?;
    let outcome = match update.merge {
        Merge::Conflicts(_) => Outcome::No,
        Merge::UpToDate | Merge::Clean => Outcome::Done,
    };
    if args.json {
        ui.json(&json(args, &update))?;
        return Ok(outcome);
    }
    tell_answers(ui, &update);
    tell_merge(ui, args, &update);
    Ok(outcome)
}

fn tell_answers(ui: &Ui, update: &Update) {
    let told = [
        ("The template asks for more than before", &update.new_variables),
        ("Recorded answers that do not fit any more", &update.unfit_variables),
        ("The template does not ask any more", &update.gone_variables),
    ];
    for (what, variables) in told {
        if !variables.is_empty() {
            ui.status(format_args!("{what}: {}.", names(variables)));
        }
    }
}

fn tell_merge(ui: &Ui, args: &UpdateArgs, update: &Update) {
    let (old, new) = (version(&update.old.version), version(&update.new.version));
    if update.merge == Merge::UpToDate {
        ui.status(format_args!("The template has not changed ({new})."));
        return;
    }
    for change in &update.changes {
        let letter = letter(change.kind);
        match &change.from {
            Some(from) => {
                ui.line(format_args!("{letter} {} -> {}", ui.path(from), ui.path(&change.path)))
            }
            None => ui.line(format_args!("{letter} {}", ui.path(&change.path))),
        }
    }
    let count = files(update.changes.len());
    let versions = if old == new { new } else { format!("{old} to {new}") };
    let verb = if args.dry_run { "Would merge" } else { "Merged" };
    ui.status(format_args!("{verb} what the template changed ({versions}): {count}."));
    if let Merge::Conflicts(paths) = &update.merge {
        for path in paths {
            ui.status(format_args!("Conflict in `{}`.", ui.path(path)));
        }
        if !args.dry_run {
            ui.hint("resolve them (`git status`, `git mergetool`), then `git commit`");
            ui.hint("`git reset --merge` undoes the update");
        }
    } else if !args.dry_run {
        ui.hint("look at it with `git diff --cached`, then `git commit`");
    }
}

fn letter(kind: FileChangeKind) -> char {
    match kind {
        FileChangeKind::Added => 'A',
        FileChangeKind::Deleted => 'D',
        FileChangeKind::Modified => 'M',
        FileChangeKind::Renamed => 'R',
        FileChangeKind::TypeChanged => 'T',
        FileChangeKind::Unmerged => 'U',
    }
}

fn json<'a>(args: &UpdateArgs, update: &'a Update) -> Json<'a> {
    let path = |path: &crate::fs::RepoPath| display_bytes(path.as_bytes());
    let change = |change: &crate::git::FileChange| JsonChange {
        path: path(&change.path),
        from: change.from.as_ref().map(path),
        change: match change.kind {
            FileChangeKind::Added => "added",
            FileChangeKind::Deleted => "deleted",
            FileChangeKind::Modified => "modified",
            FileChangeKind::Renamed => "renamed",
            FileChangeKind::TypeChanged => "type-changed",
            FileChangeKind::Unmerged => "unmerged",
        },
    };
    let (status, conflicts) = match &update.merge {
        Merge::UpToDate => ("up-to-date", Vec::new()),
        Merge::Clean => ("merged", Vec::new()),
        Merge::Conflicts(paths) => ("conflicts", paths.iter().map(path).collect()),
    };
    Json {
        dry_run: args.dry_run,
        status,
        from: JsonVersion::of(&update.old),
        to: JsonVersion::of(&update.new),
        base: match update.found {
            Found::Ref => "ref",
            Found::History => "history",
            Found::Rendered => "rendered",
            Found::Empty => "empty",
        },
        changes: update.changes.iter().map(change).collect(),
        conflicts,
        new_variables: &update.new_variables,
        unfit_variables: &update.unfit_variables,
        gone_variables: &update.gone_variables,
    }
}
