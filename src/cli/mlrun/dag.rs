//! `git mlrun dag`.

use super::args::{Selection, stage_name, workspace};
use crate::cli::global::project;
use crate::cli::{CliError, Outcome, Ui};
use crate::pipeline::dag::{Diagram, Names, Show};

/// Draw which stages need which
///
/// What runs first stands at the top, and lines lead from each stage to those that need it. Shown are
/// the targets and all that they need. A drawing that would be wider than 300 columns becomes a list,
/// in which what a stage needs stands below it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun dag                      the pipeline here
  git mlrun dag train                one stage, and what it needs
  git mlrun dag --full train         also what needs that, and so on
  git mlrun dag --outs               files instead of stages
  git mlrun dag --md >> README.md    a drawing that GitHub and GitLab show")]
pub struct DagArgs {
    #[command(flatten)]
    pub selection: Selection,
    /// Also what needs the targets, and all that has to do with that
    #[arg(long)]
    pub full: bool,
    /// Outs instead of stages
    #[arg(short, long, conflicts_with = "collapse")]
    pub outs: bool,
    /// All stages of a foreach or matrix as one
    #[arg(long, visible_alias = "collapse-foreach-matrix")]
    pub collapse: bool,
    /// Write it in the language of Mermaid
    #[arg(long, group = "format")]
    pub mermaid: bool,
    /// Write it in the language of Mermaid, as a block of Markdown
    #[arg(long, group = "format")]
    pub md: bool,
    /// Write it in the language of Graphviz
    #[arg(long, group = "format")]
    pub dot: bool,
    /// Report as one JSON object
    #[arg(long, group = "format")]
    pub json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json<'a> {
    /// Names of stages, or paths of outs.
    nodes: &'a [String],
    edges: Vec<JsonEdge<'a>>,
}

#[derive(serde::Serialize)]
struct JsonEdge<'a> {
    from: &'a str,
    /// What needs it.
    to: &'a str,
}

pub fn run(ui: &Ui, args: &DagArgs) -> Result<Outcome, CliError> {
    let project = project(ui)?;
    let workspace = workspace(ui, &project, &args.selection, args.full)?;
    let stages = match args.full {
        true => workspace.graph.connected(&workspace.targets),
        false => workspace.graph.closure_up(&workspace.targets),
    };
    let show = match (args.outs, args.collapse) {
        (true, _) => Show::Outs,
        (_, true) => Show::Groups,
        _ => Show::Stages,
    };
    let names =
        Names { stage: &|address| stage_name(&workspace, address), path: &|path| ui.path(path) };
    let diagram = Diagram::new(&workspace, &stages, show, &names);
    if args.json {
        let name = |at: usize| &diagram.names[at][..];
        let edges = diagram.lines().map(|(from, to)| JsonEdge { from: name(from), to: name(to) });
        ui.json(&Json { nodes: &diagram.names, edges: edges.collect() })?;
    } else if args.md {
        ui.out(format!("```mermaid\n{}```\n", diagram.mermaid()));
    } else if args.mermaid {
        ui.out(diagram.mermaid());
    } else if args.dot {
        ui.out(diagram.dot());
    } else {
        ui.out(diagram.text());
        if diagram.names.is_empty() {
            ui.status("There is nothing to draw yet: `git mlrun stage add` begins.");
        }
    }
    Ok(Outcome::Done)
}
