//! `git mldata status`.

use super::args::{Jobs, Targets};
use crate::cli::ui::Style;
use crate::cli::{CliError, Outcome, Ui};
use crate::data::push;
use crate::data::status::{self, Change, ChangeKind, TargetStatus};
use crate::format::ObjectId;
use crate::fs::RepoPath;

/// Show how data differs from its pointers, and what is not here
///
/// Compares the worktree with the pointers, file by file inside directories: modified data is
/// recorded by `git mldata add`, data behind its pointer is brought up by `git mldata checkout`, and
/// data not in the cache is brought by `git mldata pull`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mldata status                     everything
  git mldata status data/raw            one directory
  git mldata status --remote            also what is not on the default remote
  git mldata status -q --exit-code      ask in a script: 0 clean, 1 not

In --short, two letters and a path: the first letter is the pointer's state (B behind), the second
the data's (M modified, A new, D deleted, T another type, ? without pointer or never checked out,
! not in the cache or lost from it, - not checked out, ^ not on the remote).")]
pub struct StatusArgs {
    #[command(flatten)]
    pub targets: Targets,
    /// Show one line for each path
    #[arg(short, long)]
    pub short: bool,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
    /// End each path with NUL instead of a newline, unescaped; implies --short
    #[arg(short = 'z', conflicts_with = "json")]
    pub null: bool,
    /// Exit with 1 if anything differs
    #[arg(long)]
    pub exit_code: bool,
    /// Also ask the default remote, or the one named, what it lacks
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true)]
    pub remote: Option<Option<String>>,
    /// Also list what is as it should be
    #[arg(long)]
    pub unchanged: bool,
    #[command(flatten)]
    pub jobs: Jobs,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    clean: bool,
    targets: Vec<JsonTarget>,
    errors: Vec<String>,
}

#[derive(serde::Serialize)]
struct JsonTarget {
    path: String,
    pointer: Option<ObjectId>,
    base: Option<ObjectId>,
    behind: bool,
    unrecorded: bool,
    /// A lock names it, not a pointer.
    out: bool,
    changes: Vec<JsonChange>,
    files_not_checked_out: u64,
    files_not_in_cache: u64,
    files_only_in_worktree: u64,
    /// Only where the remote was asked.
    on_remote: Option<bool>,
}

#[derive(serde::Serialize)]
struct JsonChange {
    path: String,
    /// `modified`, `new`, `deleted` or `type`.
    change: &'static str,
    directory: bool,
}

pub fn run(ui: &Ui, args: StatusArgs) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    let progress = ui.progress("Comparing");
    let report = status::status(&project, &args.targets.targets, args.jobs.count(), &progress)?;
    drop(progress);
    let absent = match &args.remote {
        None => None,
        Some(name) => Some(push::absent(&project, &report, name.as_deref())?),
    };
    let is_absent =
        |target: &TargetStatus| absent.as_ref().is_some_and(|absent| absent.contains(&target.path));
    let shown: Vec<&TargetStatus> = report
        .targets
        .iter()
        .filter(|target| args.unchanged || !target.is_clean() || is_absent(target))
        .collect();
    let clean = report.targets.iter().all(|target| target.is_clean() && !is_absent(target));
    if args.json {
        let targets = shown
            .iter()
            .map(|target| json(ui, target, absent.as_ref().map(|_| !is_absent(target))))
            .collect();
        let errors = report.errors.iter().map(ToString::to_string).collect();
        ui.json(&Json { clean: clean && report.errors.is_empty(), targets, errors })?;
    } else if args.short || args.null {
        shown.iter().for_each(|target| short(ui, target, is_absent(target), args.null));
    } else {
        shown.iter().for_each(|target| long(ui, target, is_absent(target)));
        if clean && report.errors.is_empty() {
            let count = report.targets.len();
            match count {
                0 => ui.status("No data is tracked here yet: `git mldata add` begins."),
                _ if shown.is_empty() => ui.status("Data is as its pointers say."),
                _ => {}
            }
        }
    }
    match super::conclude(ui, report.errors)? {
        Outcome::Done if args.exit_code && !clean => Ok(Outcome::No),
        outcome => Ok(outcome),
    }
}

fn word(kind: ChangeKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        ChangeKind::Modified => ("modified", "M", "modified"),
        ChangeKind::New => ("new", "A", "new"),
        ChangeKind::Deleted => ("deleted", "D", "deleted"),
        ChangeKind::TypeChanged => ("type changed", "T", "type"),
    }
}

fn count(files: u64) -> String {
    match files {
        1 => "1 file".to_owned(),
        files => format!("{} files", indicatif::HumanCount(files)),
    }
}

/// What is to be said of a target as a whole, with what to type.
fn remarks(target: &TargetStatus, absent: bool) -> Vec<(char, String, &'static str)> {
    let mut remarks = Vec::new();
    if target.pointer.is_none() {
        let (text, next) = match target.is_out {
            true => ("no stage of its lock writes it", "git mlrun repro, or remove the data"),
            false => ("its pointer is gone", "restore the pointer, or remove the data"),
        };
        remarks.push(('?', text.to_owned(), next));
    }
    if target.is_behind() {
        let text = if target.is_out { "behind its lock" } else { "behind its pointer" };
        remarks.push(('B', text.to_owned(), "git mldata checkout"));
    }
    if target.unrecorded {
        remarks.push(('?', "never checked out here".to_owned(), "git mldata checkout"));
    }
    let missing = target.not_in_cache;
    if target.not_checked_out > 0 {
        let next = if missing > 0 { "git mldata pull" } else { "git mldata checkout" };
        remarks.push(('-', format!("{} not checked out", count(target.not_checked_out)), next));
    }
    if missing > 0 {
        remarks.push(('!', format!("{} not in the cache", count(missing)), "git mldata fetch"));
    }
    if target.only_in_worktree > 0 {
        let text = format!("{} unchanged, but lost from the cache", count(target.only_in_worktree));
        let next = if target.is_out { "git mlrun commit" } else { "git mldata add" };
        remarks.push(('!', text, next));
    }
    if absent {
        remarks.push(('^', "not on the remote".to_owned(), "git mldata push"));
    }
    remarks
}

fn long(ui: &Ui, target: &TargetStatus, absent: bool) {
    let remarks = remarks(target, absent);
    let path = ui.path(&target.path);
    if remarks.is_empty() && target.changes.is_empty() {
        ui.line(format_args!("{path}: unchanged"));
        return;
    }
    ui.line(format_args!("{}:", ui.paint(Style::Bold, &path)));
    for (_, text, next) in remarks {
        ui.line(format_args!("  {} ({next})", ui.paint(Style::Yellow, &text)));
    }
    for change in &target.changes {
        let (text, ..) = word(change.kind);
        let style = if change.kind == ChangeKind::New { Style::Green } else { Style::Red };
        let slash = if change.is_directory { "/" } else { "" };
        let path = ui.path(&change.path);
        ui.line(format_args!("  {} {path}{slash}", ui.paint(style, &format!("{text}:"))));
    }
}

fn short(ui: &Ui, target: &TargetStatus, absent: bool, null: bool) {
    let line = |first: char, second: &str, path: &RepoPath, slash: &str| {
        if null {
            let mut bytes = format!("{first}{second} ").into_bytes();
            bytes.extend_from_slice(&ui.path_bytes(path));
            bytes.extend_from_slice(slash.as_bytes());
            bytes.push(0);
            ui.out(bytes);
        } else {
            ui.line(format_args!("{first}{second} {}{slash}", ui.path(path)));
        }
    };
    let first = if target.is_behind() { 'B' } else { ' ' };
    for change in &target.changes {
        let slash = if change.is_directory { "/" } else { "" };
        line(first, word(change.kind).1, &change.path, slash);
    }
    let remarks = remarks(target, absent);
    let letters = remarks.iter().map(|(letter, ..)| *letter);
    let second = letters.filter_map(|letter| "?!-^".find(letter)).min();
    let second = second.map(|at| &"?!-^"[at..=at]);
    if second.is_some() || target.changes.is_empty() {
        line(first, second.unwrap_or(" "), &target.path, "");
    }
}

fn json(ui: &Ui, target: &TargetStatus, on_remote: Option<bool>) -> JsonTarget {
    let change = |change: &Change| JsonChange {
        path: ui.path(&change.path),
        change: word(change.kind).2,
        directory: change.is_directory,
    };
    JsonTarget {
        path: ui.path(&target.path),
        pointer: target.pointer.map(|pointer| pointer.oid()),
        base: target.base.map(|base| base.oid()),
        behind: target.is_behind(),
        unrecorded: target.unrecorded,
        out: target.is_out,
        changes: target.changes.iter().map(change).collect(),
        files_not_checked_out: target.not_checked_out,
        files_not_in_cache: target.not_in_cache,
        files_only_in_worktree: target.only_in_worktree,
        on_remote,
    }
}
