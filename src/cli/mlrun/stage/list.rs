//! `git mlrun stage list`.

use std::collections::BTreeSet;

use crate::cli::global::project;
use crate::cli::mlrun::args::{Selection, stage_name, workspace};
use crate::cli::ui::Style;
use crate::cli::{CliError, Outcome, Ui};
use crate::fs::display_bytes;
use crate::pipeline::stage::{OutKind, Stage};

/// List stages with what they are for
///
/// Each line has a name, as other commands take it, and the description of the stage; where it has
/// none, what it writes. Stages come in the order of their files.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun stage list                  the stages of the pipeline here
  git mlrun stage list --all            those of every pipeline of the repository
  git mlrun stage list --glob 'train*'  those whose names begin so
  git mlrun stage list --names          only the names, for a script")]
pub struct ListArgs {
    #[command(flatten)]
    pub selection: Selection,
    /// Only the names, one in a line
    #[arg(long, conflicts_with = "json")]
    pub names: bool,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    stages: Vec<JsonStage>,
}

#[derive(serde::Serialize)]
struct JsonStage {
    /// As commands take it.
    stage: String,
    file: String,
    /// In the file, counted from 1.
    line: usize,
    desc: Option<String>,
    outs: Vec<JsonOut>,
    /// Stages that it waits for.
    needs: Vec<String>,
    frozen: bool,
    always_changed: bool,
}

#[derive(serde::Serialize)]
struct JsonOut {
    path: String,
    /// `out`, `metric` or `plot`.
    kind: &'static str,
}

pub fn run(ui: &Ui, args: &ListArgs) -> Result<Outcome, CliError> {
    let project = project(ui)?;
    let workspace = workspace(ui, &project, &args.selection, false)?;
    let graph = &workspace.graph;
    // As the graph has them: in the order of the files, whatever that of the targets is.
    let chosen: BTreeSet<usize> = workspace.targets.iter().copied().collect();
    let name = |at: usize| stage_name(&workspace, &graph.stages()[at].address);
    if args.json {
        let stage = |&at: &usize| {
            let needs = graph.upstream(at).iter().map(|&at| name(at)).collect();
            json(ui, &graph.stages()[at], name(at), needs)
        };
        ui.json(&Json { stages: chosen.iter().map(stage).collect() })?;
        return Ok(Outcome::Done);
    }
    let names: Vec<String> = chosen.iter().map(|&at| name(at)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for (&at, name) in chosen.iter().zip(&names) {
        let summary = summary(ui, &graph.stages()[at]);
        if args.names || summary.is_empty() {
            ui.line(name);
            continue;
        }
        let gap = " ".repeat(width - name.chars().count());
        ui.line(format_args!("{}{gap}  {summary}", ui.paint(Style::Bold, name)));
    }
    if chosen.is_empty() {
        ui.status("There are no stages yet: `git mlrun stage add` begins.");
    }
    Ok(Outcome::Done)
}

/// What a stage is for, in one line.
fn summary(ui: &Ui, stage: &Stage) -> String {
    if let Some(first) = stage.desc.as_deref().and_then(|desc| desc.trim().lines().next()) {
        return display_bytes(first.as_bytes());
    }
    let of = |kind: OutKind, what: &str| {
        let outs = stage.outs.iter().filter(|out| out.kind == kind);
        let paths: Vec<String> = outs.map(|out| ui.path(&out.path)).collect();
        (!paths.is_empty()).then(|| format!("{what} {}", paths.join(", ")))
    };
    let parts =
        [of(OutKind::Out, "writes"), of(OutKind::Metric, "metrics"), of(OutKind::Plot, "plots")];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn json(ui: &Ui, stage: &Stage, name: String, needs: Vec<String>) -> JsonStage {
    let kind = |kind| match kind {
        OutKind::Out => "out",
        OutKind::Metric => "metric",
        OutKind::Plot => "plot",
    };
    let outs = stage.outs.iter();
    let outs = outs.map(|out| JsonOut { path: ui.path(&out.path), kind: kind(out.kind) });
    JsonStage {
        stage: name,
        file: ui.path(&stage.address.file),
        line: stage.line,
        desc: stage.desc.clone(),
        outs: outs.collect(),
        needs,
        frozen: stage.frozen,
        always_changed: stage.always_changed,
    }
}
