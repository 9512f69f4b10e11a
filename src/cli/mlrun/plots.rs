//! `git mlrun plots`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::ValueHint;
use serde::ser::{Serialize, SerializeSeq as _, Serializer};

use super::views::{self, JsonFailure, RevisionArgs};
use crate::cli::ui::Style;
use crate::cli::{CliError, Outcome, Ui};
use crate::data::Project;
use crate::format::value::JsonFloat;
use crate::fs;
use crate::pipeline::State;
use crate::pipeline::plots::{
    Cell, Figure, Gallery, ImageGroup, Request, Series, Template, collect, draw_text, page,
};
use crate::pipeline::stage::PlotProps;
use crate::pipeline::states::Ends;

/// Draw plots of the worktree and of revisions
///
/// Plots are what pipelines declare under `plots`: columns of CSV, TSV, JSON or YAML files, and
/// images. They are drawn on one page of HTML that is complete in itself, and in the terminal.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct PlotsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Show(ShowArgs),
    Diff(DiffArgs),
}

/// Draw plots of the worktree, or of revisions
///
/// Prints the name of the page that was written; on a terminal, also the charts.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun plots show                             all plots of the worktree
  git mlrun plots show logs/loss.csv -y val_loss   one column of one file
  git mlrun plots show -a -o plots.html            and of every branch, on this page
  git mlrun plots show --text                      in the terminal only

Templates: simple, linear, smooth, scatter, scatter_jitter, confusion, confusion_normalized,
bar_horizontal, bar_horizontal_sorted.

The JSON object: {\"revisions\": [NAME], \"plots\": [{\"id\", \"title\", \"x_label\", \"y_label\",
\"template\", \"series\": [{\"revision\", \"file\", \"field\", \"points\": [[X, Y]]}]}], \"images\": [{\"id\",
\"revision\", \"file\", \"size\"}], \"errors\": [{\"revision\", \"path\", \"error\"}]}. Exits with 3 if
nothing could be drawn.")]
struct ShowArgs {
    /// Ids of plots, files, or directories; all that pipelines declare if none
    #[arg(value_name = "TARGET", value_hint = ValueHint::AnyPath)]
    targets: Vec<OsString>,
    #[command(flatten)]
    revisions: RevisionArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Draw plots of several revisions over each other
///
/// Draws HEAD and the worktree, REV and the worktree, or all revisions that are named.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun plots diff                        HEAD and the worktree
  git mlrun plots diff v1 v2 main             three revisions
  git mlrun plots diff main..feature -- loss.csv
")]
struct DiffArgs {
    /// Revisions, or a range `A..B`, then plots
    #[arg(value_name = "REV|TARGET")]
    args: Vec<OsString>,
    /// Plots, where their names could be taken for revisions
    #[arg(last = true, value_name = "TARGET", value_hint = ValueHint::AnyPath)]
    targets: Vec<OsString>,
    #[command(flatten)]
    output: OutputArgs,
}

// No doc comment: clap would take it for the help of the verbs.
#[derive(Debug, clap::Args)]
struct OutputArgs {
    /// Write the page to FILE instead of into the Git directory
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// Draw in the terminal only
    #[arg(long, conflicts_with_all = ["output", "json"])]
    text: bool,
    /// Report the points as one JSON object, and draw nothing
    #[arg(long, conflicts_with = "output")]
    json: bool,
    /// Draw with this template, whatever the pipeline file says
    #[arg(short, long, value_name = "NAME", value_parser = template)]
    template: Option<Template>,
    /// Take this column for x
    #[arg(short, value_name = "FIELD")]
    x: Option<String>,
    /// Take this column for y
    #[arg(short, value_name = "FIELD")]
    y: Option<String>,
    /// Write this at the x axis
    #[arg(long, value_name = "TEXT")]
    x_label: Option<String>,
    /// Write this at the y axis
    #[arg(long, value_name = "TEXT")]
    y_label: Option<String>,
    /// Write this above the plot
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Take the first line of CSV and TSV files for data, and call columns 0, 1, 2 …
    #[arg(long)]
    no_header: bool,
}

fn template(name: &str) -> Result<Template, String> {
    Template::parse(name).map_err(|problem| problem.to_string())
}

impl OutputArgs {
    fn props(&self) -> PlotProps {
        PlotProps {
            template: self.template.map(|template| template.name().to_owned()),
            x: self.x.clone(),
            y: self.y.clone(),
            x_label: self.x_label.clone(),
            y_label: self.y_label.clone(),
            title: self.title.clone(),
            header: self.no_header.then_some(false),
        }
    }
}

pub fn run(ui: &Ui, args: PlotsArgs) -> Result<Outcome, CliError> {
    let project = crate::cli::global::project(ui)?;
    match args.command {
        Command::Show(args) => {
            let states = args.revisions.revisions().states(&project)?;
            draw(ui, &project, &states, &args.targets, &args.output)
        }
        Command::Diff(args) => {
            let (revisions, mut targets) = views::split_words(&project, &args.args)?;
            targets.extend(args.targets);
            let states = compared(&project, &revisions)?;
            draw(ui, &project, &states, &targets, &args.output)
        }
    }
}

/// Two ends as `diff` knows them, or all revisions that were named.
fn compared<'a>(project: &'a Project, revisions: &[String]) -> Result<Vec<State<'a>>, CliError> {
    if revisions.len() <= 2 {
        let (old, new) = Ends::parse(project, revisions)?.states(project)?;
        return Ok(vec![old, new]);
    }
    Ok(revisions.iter().map(|name| State::revision(project, name)).collect::<Result<_, _>>()?)
}

fn draw(
    ui: &Ui,
    project: &Project,
    states: &[State<'_>],
    targets: &[OsString],
    args: &OutputArgs,
) -> Result<Outcome, CliError> {
    let target = |typed: &OsString| {
        (typed.to_string_lossy().into_owned(), project.locate(Path::new(typed)).ok())
    };
    let request = Request { targets: targets.iter().map(target).collect(), props: args.props() };
    let mut gallery = collect(states, &request);
    let is_empty = gallery.figures.is_empty() && gallery.images.is_empty();
    if args.json {
        ui.json(&json(ui, &gallery))?;
    } else if !is_empty {
        if !args.text {
            write(ui, project, args.output.as_deref(), &gallery)?;
        }
        if args.text || ui.is_terminal() {
            text(ui, &gallery);
        }
    } else if gallery.errors.is_empty() {
        ui.status("No plots are declared: list their files under `plots`.");
    }
    views::conclude(ui, std::mem::take(&mut gallery.errors), "plots", !is_empty)
}

/// Writes the page, and its name to standard output.
fn write(
    ui: &Ui,
    project: &Project,
    output: Option<&Path>,
    gallery: &Gallery,
) -> Result<(), CliError> {
    match output {
        Some(path) => write_page(ui, path, &page(gallery)),
        None => {
            let directory = project.worktree_dir();
            fs::create_dir_all(&directory)?;
            write_page(ui, &directory.join("plots.html"), &page(gallery))
        }
    }
}

/// Writes a page to the file that was asked for, and its name to standard output.
pub(super) fn write_page(ui: &Ui, path: &Path, page: &str) -> Result<(), CliError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    if !parent.is_dir() {
        let parent = ui.os_path(parent);
        let message = format!("cannot write `{}`: `{parent}` is no directory", ui.os_path(path));
        return Err(CliError::user(message));
    }
    fs::write_atomic(path, page.as_bytes(), parent)?;
    ui.line(ui.os_path(path));
    Ok(())
}

fn text(ui: &Ui, gallery: &Gallery) {
    const STYLES: [Style; 5] = [Style::Cyan, Style::Yellow, Style::Green, Style::Red, Style::Bold];
    let paint = |series: usize, text: &str| ui.paint(STYLES[series % STYLES.len()], text);
    for figure in &gallery.figures {
        let paint: Option<&dyn Fn(usize, &str) -> String> =
            if ui.has_color() { Some(&paint) } else { None };
        ui.out(draw_text(figure, ui.width(), paint));
        ui.out("\n");
    }
    for ImageGroup { id, images } in &gallery.images {
        let revisions: Vec<String> =
            images.iter().map(|image| fs::display_bytes(image.revision.as_bytes())).collect();
        ui.line(format_args!(
            "{}: an image of {}",
            fs::display_bytes(id.as_bytes()),
            revisions.join(", ")
        ));
    }
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json<'a> {
    revisions: &'a [String],
    plots: Vec<JsonPlot<'a>>,
    images: Vec<JsonImage<'a>>,
    errors: Vec<JsonFailure>,
}

#[derive(serde::Serialize)]
struct JsonPlot<'a> {
    id: &'a str,
    title: &'a str,
    x_label: &'a str,
    y_label: &'a str,
    template: &'static str,
    series: Vec<JsonSeries<'a>>,
}

#[derive(serde::Serialize)]
struct JsonSeries<'a> {
    revision: &'a str,
    file: String,
    field: &'a str,
    points: Points<'a>,
}

#[derive(serde::Serialize)]
struct JsonImage<'a> {
    id: &'a str,
    revision: &'a str,
    file: String,
    /// Bytes.
    size: usize,
}

/// Pairs of x and y.
struct Points<'a>(&'a Series);

impl Serialize for Points<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut points = serializer.serialize_seq(Some(self.0.len()))?;
        for (x, y) in self.0.points() {
            points.serialize_element(&[JsonCell(x), JsonCell(y)])?;
        }
        points.end()
    }
}

/// A number, a string, or null where nothing stands.
struct JsonCell<'a>(&'a Cell);

impl Serialize for JsonCell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Cell::Missing => serializer.serialize_none(),
            Cell::Number(number) => JsonFloat(*number).serialize(serializer),
            Cell::Text(text) => serializer.serialize_str(text),
        }
    }
}

fn json<'a>(ui: &Ui, gallery: &'a Gallery) -> Json<'a> {
    let series = |series: &'a Series| JsonSeries {
        revision: &series.revision,
        file: ui.path(&series.file),
        field: &series.field,
        points: Points(series),
    };
    let plot = |figure: &'a Figure| JsonPlot {
        id: &figure.id,
        title: &figure.title,
        x_label: &figure.x_label,
        y_label: &figure.y_label,
        template: figure.template.name(),
        series: figure.series.iter().map(series).collect(),
    };
    let images = gallery.images.iter().flat_map(|group| {
        group.images.iter().map(|image| JsonImage {
            id: &group.id,
            revision: &image.revision,
            file: ui.path(&image.file),
            size: image.size(),
        })
    });
    Json {
        revisions: &gallery.revisions,
        plots: gallery.figures.iter().map(plot).collect(),
        images: images.collect(),
        errors: JsonFailure::of(ui, &gallery.errors),
    }
}
