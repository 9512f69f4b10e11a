//! `git mlrun tag`.

use super::which_run::{Deleted, resolve, tip};
use crate::cli::table::{Align, Table};
use crate::cli::{CliError, Outcome, Ui};
use crate::format::run::{Annotations, Run, RunId};
use crate::git::GitId;
use crate::runs::Store;
use crate::runs::annotate::{Statement, annotate};

/// Names and texts of tags are at most this long, in bytes.
const MAX_NAME: usize = 250;
const MAX_TEXT: usize = 64 << 10;

/// Tag runs, write a note to them, or list what was said about them
///
/// A word with `=` in it is a tag to be set, all others are runs. Without anything to say, the tags and
/// the note that hold are listed. Where two clones say different things, the later one holds.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun tag 4f2a best=yes             one run
  git mlrun tag 4f2a 81c0 paper=fig3      two runs
  git mlrun tag 4f2a --delete best        take a tag away
  git mlrun tag 4f2a -m 'first that converges'
  git mlrun tag 4f2a                      list its tags")]
pub struct TagArgs {
    /// Runs, and tags to set
    #[arg(value_name = "RUN | KEY=VALUE", required = true)]
    pub words: Vec<String>,
    /// Take this tag away (repeatable)
    #[arg(short, long, value_name = "KEY")]
    pub delete: Vec<String>,
    /// Write this note; an empty one takes the note away
    #[arg(short = 'm', long, value_name = "NOTE")]
    pub message: Option<String>,
    /// Show which runs would be changed, and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Report what holds as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    dry_run: bool,
    /// Runs about which something new was said.
    changed: Vec<RunId>,
    runs: Vec<JsonRun>,
}

#[derive(serde::Serialize)]
struct JsonRun {
    run: RunId,
    name: Option<String>,
    tags: std::collections::BTreeMap<String, String>,
    note: Option<String>,
    deleted: bool,
}

pub fn run(ui: &Ui, args: &TagArgs) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    if !args.dry_run {
        super::recorded::finalise(ui, &project);
    }
    let store = Store::new(&project.repo);
    let (tags, names): (Vec<String>, Vec<String>) =
        args.words.iter().cloned().partition(|word| word.contains('='));
    let statements = statements(&tags, args)?;
    if names.is_empty() {
        return Err(CliError::usage("no run was named")
            .hint("name runs before the tags: `git mlrun tag RUN KEY=VALUE`"));
    }
    let runs = resolve(&project.repo, &store, tip(&store)?.1, &names, Deleted::No)?;
    let changed = match statements.is_empty() {
        true => Vec::new(),
        false => annotate(&store, &runs, &statements, "Tag runs", args.dry_run)?,
    };
    let tree = tip(&store)?.1;
    if args.json {
        let runs = runs.iter().map(|&id| said(&store, tree, id)).collect::<Result<_, _>>()?;
        return ui.json(&Json { dry_run: args.dry_run, changed, runs }).map(|()| Outcome::Done);
    }
    if statements.is_empty() {
        return list(ui, &store, tree, &runs);
    }
    let verb = if args.dry_run { "Would change" } else { "Changed" };
    match changed.len() as u64 {
        0 => ui.status("Nothing changed: all of this holds already."),
        count => ui.status(format_args!("{verb} {}.", super::args::runs(count))),
    }
    Ok(Outcome::Done)
}

fn statements(tags: &[String], args: &TagArgs) -> Result<Vec<Statement>, CliError> {
    let mut statements = Vec::new();
    for tag in tags {
        let (name, text) = tag.split_once('=').expect("tags were told by it");
        if text.len() > MAX_TEXT {
            return Err(CliError::usage(format!("the text of a tag has at most {MAX_TEXT} bytes")));
        }
        statements.push(Statement::Tag(checked(name)?, Some(text.to_owned())));
    }
    for name in &args.delete {
        statements.push(Statement::Tag(checked(name)?, None));
    }
    if let Some(note) = &args.message {
        if note.len() > MAX_TEXT {
            return Err(CliError::usage(format!("a note has at most {MAX_TEXT} bytes")));
        }
        statements.push(Statement::Note((!note.is_empty()).then(|| note.clone())));
    }
    Ok(statements)
}

fn checked(name: &str) -> Result<String, CliError> {
    let is_name = !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(char::is_control);
    if is_name {
        return Ok(name.to_owned());
    }
    let shown = crate::fs::display_bytes(name.as_bytes());
    Err(CliError::usage(format!("`{shown}` cannot be the name of a tag"))
        .hint(format!("a name has 1 to {MAX_NAME} bytes and no control characters")))
}

fn list(ui: &Ui, store: &Store<'_>, tree: GitId, runs: &[RunId]) -> Result<Outcome, CliError> {
    let mut table = Table::new()
        .column("Run", Align::Left)
        .column("Tag", Align::Left)
        .column("Text", Align::Left);
    let mut is_empty = true;
    for &id in runs {
        let said = said(store, tree, id)?;
        let note = said.note.map(|note| ("(note)".to_owned(), note));
        for (name, text) in said.tags.into_iter().chain(note) {
            is_empty = false;
            table.row([id.short(), name, text]);
        }
    }
    match is_empty {
        true => ui.status("There are no tags."),
        false => ui.out(table.text()),
    }
    Ok(Outcome::Done)
}

/// What holds of a run: the tags that it began with as far as nothing else was said.
fn said(store: &Store<'_>, tree: GitId, id: RunId) -> Result<JsonRun, CliError> {
    let run: Option<Run> = store.run_in(tree, id)?;
    let said: Annotations = store.annotations_in(tree, id)?;
    let (name, mut tags) = run.map(|run| (Some(run.name), run.tags)).unwrap_or_default();
    for (name, note) in &said.tags {
        match &note.text {
            Some(text) => tags.insert(name.clone(), text.clone()),
            None => tags.remove(name),
        };
    }
    let deleted = said.is_deleted();
    Ok(JsonRun { run: id, name, tags, note: said.note.and_then(|note| note.text), deleted })
}
