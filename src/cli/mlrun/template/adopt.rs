//! `git mlrun template adopt`.

use std::ffi::OsString;

use super::{HookArgs, JsonVersion, LocalArgs, files, given, version};
use crate::cli::global::repository;
use crate::cli::mlrun::new::{Asker, pair};
use crate::cli::{CliError, Outcome, Ui};
use crate::format::value::Map;
use crate::fs::{At as _, RepoPath, display_bytes};
use crate::scaffold::record;
use crate::scaffold::update::adopt::{Adopted, Options, adopt};

/// Link a project that is there to its template
///
/// Renders the template with the answers that fit the project, and records that as what the project
/// comes from. From then on, `update` merges what the template changes. No file of the project changes;
/// how many are not as the template has them is told.
///
/// Source and answers are taken from `.cruft.json`, `.copier-answers.yml` or `.cookiecutter.json` where
/// there is one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun template adopt                     a project of cruft: all is on record
  git mlrun template adopt gh:org/template --ref v1 --set project_name=Churn
  git mlrun template adopt -n ../template      how far the project is from the template

The JSON object: {\"dry_run\", \"template\": {\"source\", \"ref\", \"kind\", \"version\"}, \"answers\", \"not_stored\",
\"taken_from\": path or null, \"same\": count, \"changed\": [path], \"missing\": [path]}.")]
pub struct AdoptArgs {
    /// A built-in name, a directory, or a URL; what another program has on record if not given
    #[arg(value_name = "TEMPLATE")]
    template: Option<String>,
    /// The branch, tag or commit of the template that the project comes from
    #[arg(long = "ref", value_name = "REV")]
    reference: Option<String>,
    /// Where in its source the template is
    #[arg(long = "directory", value_name = "DIR")]
    subdirectory: Option<OsString>,
    /// Answer a question (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Ask nothing: take defaults
    #[arg(long)]
    no_input: bool,
    /// Show what would be recorded, and do nothing
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
    template: JsonVersion,
    answers: &'a Map,
    not_stored: &'a [String],
    taken_from: Option<String>,
    same: usize,
    changed: Vec<String>,
    missing: Vec<String>,
}

pub fn run(ui: &Ui, args: &AdoptArgs) -> Result<Outcome, CliError> {
    let repo = repository(ui)?;
    let here = std::env::current_dir().at("find", "the current directory")?;
    let directory = |name: &OsString| {
        RepoPath::root().resolve(name.as_encoded_bytes()).ok_or_else(|| {
            let shown = display_bytes(name.as_encoded_bytes());
            CliError::usage(format!("`{shown}` does not lead to a directory of the template"))
        })
    };
    let options = Options {
        source: args.template.clone(),
        reference: args.reference.clone(),
        directory: args.subdirectory.as_ref().map(directory).transpose()?,
        given: given(&args.set),
        dry_run: args.dry_run,
    };
    let mut asker = Asker::new(args.no_input);
    let rendering = args.hooks.rendering(ui, &here, args.no_input, &args.local);
    let adopted = rendering.with_tools(|tools| adopt(&repo, &here, &options, tools, &mut asker))?;
    if args.json {
        ui.json(&json(args, &adopted))?;
    } else {
        show(ui, args, &adopted);
    }
    Ok(Outcome::Done)
}

fn json<'a>(args: &AdoptArgs, adopted: &'a Adopted) -> Json<'a> {
    let path = |path: &RepoPath| display_bytes(path.as_bytes());
    Json {
        dry_run: args.dry_run,
        template: JsonVersion::of(&adopted.record),
        answers: &adopted.record.answers,
        not_stored: &adopted.record.not_stored,
        taken_from: adopted.taken_from.as_ref().map(path),
        same: adopted.same,
        changed: adopted.changed.iter().map(path).collect(),
        missing: adopted.missing.iter().map(path).collect(),
    }
}

fn show(ui: &Ui, args: &AdoptArgs, adopted: &Adopted) {
    for (letter, paths) in [('M', &adopted.changed), ('D', &adopted.missing)] {
        for path in paths {
            ui.line(format_args!("{letter} {}", ui.path(path)));
        }
    }
    if let Some(path) = &adopted.taken_from {
        ui.status(format_args!("Answers were taken from `{}`.", ui.path(path)));
    }
    let verb = if args.dry_run { "Would link" } else { "Linked" };
    let source = display_bytes(adopted.record.source.as_bytes());
    ui.status(format_args!(
        "{verb} the project to `{source}` ({}): {} as in the template, {} changed, {} missing.",
        version(&adopted.record.version),
        files(adopted.same),
        adopted.changed.len(),
        adopted.missing.len(),
    ));
    if !args.dry_run {
        ui.hint(format_args!("commit it: `git add {0}` and `git commit`", record::PATH));
    }
}
