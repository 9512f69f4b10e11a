//! `git mlrun template status`.

use super::{JsonVersion, LocalArgs, Rendering, names, version};
use crate::cli::global::repository;
use crate::cli::{CliError, Outcome, Ui};
use crate::fs::{At as _, display_bytes};
use crate::scaffold::source::Between;
use crate::scaffold::update::again::Programs;
use crate::scaffold::update::compare::{Latest, Status, status};

/// Show which template the project is from, and whether that has changed
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun template status               look at the template, and compare
  git mlrun template status -v            also name the newest commits of the template
  git mlrun template status --offline     only what is on record
  git mlrun template status --check       for CI: exit code 1 if there is something to update

The JSON object: {\"directory\", \"template\": {\"source\", \"ref\", \"kind\", \"version\"}, \"latest\": the same, or
null with --offline, \"behind\": whether an update finds something, or null, \"commits\": count or null,
\"subjects\": [text], \"differs\": whether other files are rendered, or null
where that takes what is not stored or not trusted, \"not_stored\", \"new_variables\", \"unfit_variables\", \"gone_variables\": [name]}.")]
pub struct StatusArgs {
    /// Exit with 1 if the template has changed
    #[arg(long, conflicts_with = "offline")]
    check: bool,
    /// Do not look at the template
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    local: LocalArgs,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json<'a> {
    /// Where the project is, from the top of the worktree.
    directory: String,
    template: JsonVersion,
    latest: Option<JsonVersion>,
    behind: Option<bool>,
    /// How many commits of the template are new; `null` where that cannot be told.
    commits: Option<u64>,
    /// Their first lines, the newest first, but no more than ten.
    subjects: Vec<String>,
    differs: Option<bool>,
    not_stored: &'a [String],
    new_variables: &'a [String],
    unfit_variables: &'a [String],
    gone_variables: &'a [String],
}

pub fn run(ui: &Ui, args: &StatusArgs) -> Result<Outcome, CliError> {
    let repo = repository(ui)?;
    let here = std::env::current_dir().at("find", "the current directory")?;
    let (programs, no_input) = (Programs::IfTrusted, false);
    let rendering =
        Rendering { ui, here: &here, programs, no_input, local: args.local.allow_local };
    let found = rendering.with_tools(|tools| {
        let tools = (!args.offline).then_some(tools);
        status(&repo, &here, tools)
    })?;
    if args.json {
        ui.json(&json(&found))?;
    } else {
        show(ui, &found);
    }
    Ok(if args.check && found.is_behind() { Outcome::No } else { Outcome::Done })
}

fn json(found: &Status) -> Json<'_> {
    let latest = found.latest.as_ref();
    Json {
        directory: display_bytes(found.directory.as_bytes()),
        template: JsonVersion::of(&found.record),
        latest: latest.map(|latest| JsonVersion::of(&latest.record)),
        behind: latest.map(|_| found.is_behind()),
        commits: latest
            .filter(|_| found.is_behind())
            .and_then(|latest| Some(latest.commits.as_ref()?.count)),
        subjects: latest.map_or_else(Vec::new, subjects),
        differs: latest.and_then(|latest| latest.differs),
        not_stored: &found.record.not_stored,
        new_variables: latest.map_or(&[], |latest| &latest.new_variables),
        unfit_variables: latest.map_or(&[], |latest| &latest.unfit_variables),
        gone_variables: latest.map_or(&[], |latest| &latest.gone_variables),
    }
}

/// First lines of new commits of the template, fit to be shown.
fn subjects(latest: &Latest) -> Vec<String> {
    let commits = latest.commits.iter().flat_map(|commits| &commits.subjects);
    commits.map(|subject| display_bytes(subject.as_bytes())).collect()
}

fn show(ui: &Ui, found: &Status) {
    let record = &found.record;
    let reference = record.reference.as_deref().map(|name| format!(", ref {name}"));
    ui.line(display_bytes(
        format!("Template: {}{}", record.source, reference.unwrap_or_default()).as_bytes(),
    ));
    ui.line(format_args!("Version:  {}", version(&record.version)));
    if !record.not_stored.is_empty() {
        ui.line(format_args!("Answers that are not stored: {}", names(&record.not_stored)));
    }
    let Some(latest) = &found.latest else { return };
    let told = [
        ("New questions", &latest.new_variables),
        ("Answers that do not fit any more", &latest.unfit_variables),
        ("Answers that are not asked for any more", &latest.gone_variables),
    ];
    for (what, variables) in told {
        if !variables.is_empty() {
            ui.line(format_args!("{what}: {}", names(variables)));
        }
    }
    if !found.is_behind() {
        ui.line("The project is up to date with its template.");
        return;
    }
    let now = version(&latest.record.version);
    let by = match &latest.commits {
        Some(Between { count: 1, .. }) => ", behind by 1 commit".to_owned(),
        Some(Between { count, .. }) if *count > 0 => format!(", behind by {count} commits"),
        _ => String::new(),
    };
    let but = match latest.differs {
        Some(false) => ", but not what it renders here",
        Some(true) | None => "",
    };
    ui.line(format_args!("The template has changed ({now}{by}){but}."));
    for subject in subjects(latest) {
        ui.detail(format_args!("  {subject}"));
    }
    ui.hint("`git mlrun template diff` shows the changes, `git mlrun template update` merges them");
}
