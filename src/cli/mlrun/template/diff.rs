//! `git mlrun template diff`.

use super::{HookArgs, LocalArgs, given, secrets};
use crate::cli::global::repository;
use crate::cli::mlrun::new::{Asker, pair};
use crate::cli::{CliError, Outcome, Ui};
use crate::fs::{At as _, display_bytes};
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
    match ui.is_terminal() {
        true => ui.out(harmless(&patch)),
        // A program may apply it.
        false => ui.out(&patch),
    }
    Ok(if args.exit_code && !patch.is_empty() { Outcome::No } else { Outcome::Done })
}

/// `patch` for a terminal: lines, tabs and colours as they are, all other control characters escaped. What
/// a template holds could move the cursor and write over what was shown.
fn harmless(patch: &[u8]) -> String {
    let mut shown = String::with_capacity(patch.len());
    let (mut done, mut at) = (0, 0);
    while at < patch.len() {
        let kept = match &patch[at..] {
            [b'\n' | b'\t', ..] => 1,
            [0x1b, b'[', rest @ ..] => {
                let digits = rest.iter().take_while(|b| matches!(b, b'0'..=b'9' | b';')).count();
                // Of colours, and the blank end of a coloured line.
                match rest.get(digits) {
                    Some(b'm') => digits + 3,
                    Some(b'K') if digits == 0 => 3,
                    _ => 0,
                }
            }
            _ => 0,
        };
        if kept > 0 {
            shown.push_str(&display_bytes(&patch[done..at]));
            shown.push_str(&String::from_utf8_lossy(&patch[at..at + kept]));
            done = at + kept;
        }
        at += kept.max(1);
    }
    shown.push_str(&display_bytes(&patch[done..]));
    shown
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn a_patch_moves_no_cursor() {
        let patch = b"\x1b[1;32m+a\tb\x1b[m\x1b[K\n+\x1b[2J\x1b]0;x\x07\r\xff\xc3\xa9\x1b[3\n";
        let shown =
            "\u{1b}[1;32m+a\tb\u{1b}[m\u{1b}[K\n+\\u{1b}[2J\\u{1b}]0;x\\u{7}\\r\\xffé\\u{1b}[3\n";
        assert_eq!(harmless(patch), shown);
    }
}
