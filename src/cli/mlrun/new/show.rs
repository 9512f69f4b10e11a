//! What `git mlrun new` says of a project, as text and as JSON.

use std::ffi::OsString;
use std::path::Path;

use indicatif::{HumanBytes, HumanCount};

use super::{NewArgs, Project};
use crate::cli::mlrun::metrics::WorktreeMetrics;
use crate::cli::mlrun::recorded::JsonRun;
use crate::cli::{CliError, Ui};
use crate::format::Value;
use crate::format::value::Map;
use crate::fs::display_bytes;
use crate::fs::shell_word;
use crate::scaffold::repository::Surroundings;
use crate::scaffold::source::{Origin, Version};
use crate::scaffold::{Error, FileTree, Node, builtin};

/// The object that `--json` prints.
#[derive(serde::Serialize)]
pub struct Json<'a> {
    dry_run: bool,
    /// Absolute.
    directory: String,
    template: JsonTemplate<'a>,
    /// Without secrets.
    answers: &'a Map,
    /// Names of answers that are secrets, and kept nowhere.
    not_stored: &'a [String],
    files: Vec<JsonFile>,
    /// Names of the hooks that ran, or would.
    hooks: Vec<String>,
    /// `new`, `existing` or `none`.
    repository: &'static str,
    /// The first commit; `null` if there is none.
    pub commit: Option<String>,
    /// Whether the pipeline was run.
    pub ran: bool,
    /// The run that was recorded; `null` if there is none.
    pub run: Option<JsonRun>,
    /// After `--run`: by file and dotted key.
    pub metrics: WorktreeMetrics,
    pub warnings: Vec<String>,
}

#[derive(serde::Serialize)]
struct JsonTemplate<'a> {
    source: &'a str,
    #[serde(rename = "ref")]
    reference: Option<&'a str>,
    directory: String,
    /// `built-in`, `commit` or `digest`.
    kind: &'static str,
    version: String,
}

#[derive(serde::Serialize)]
struct JsonFile {
    path: String,
    bytes: usize,
    executable: bool,
}

impl<'a> Json<'a> {
    /// Of a project that is not made yet.
    pub fn of(
        args: &NewArgs,
        project: &'a Project,
        surroundings: &Surroundings,
        hooks: Vec<String>,
        warnings: Vec<String>,
    ) -> Json<'a> {
        Json {
            dry_run: args.dry_run,
            directory: display_bytes(project.target.as_os_str().as_encoded_bytes()),
            template: JsonTemplate::of(&project.made.origin),
            answers: &project.record.answers,
            not_stored: &project.record.not_stored,
            files: files(&project.made.rendered.files),
            hooks,
            repository: match surroundings {
                Surroundings::Repository(_) => "existing",
                Surroundings::Nothing | Surroundings::Fresh if args.no_git => "none",
                Surroundings::Nothing | Surroundings::Fresh => "new",
            },
            commit: None,
            ran: false,
            run: None,
            metrics: WorktreeMetrics::new(),
            warnings,
        }
    }
}

impl<'a> JsonTemplate<'a> {
    fn of(origin: &'a Origin) -> JsonTemplate<'a> {
        let (kind, version) = match &origin.version {
            Version::Builtin(program) => ("built-in", program.clone()),
            Version::Commit(id) => ("commit", id.clone()),
            Version::Digest(digest) => ("digest", digest.to_string()),
        };
        JsonTemplate {
            source: &origin.source,
            reference: origin.reference.as_deref(),
            directory: display_bytes(origin.directory.as_bytes()),
            kind,
            version,
        }
    }
}

/// Every file, in plain byte order.
fn files(files: &FileTree) -> Vec<JsonFile> {
    let file = |(path, node): (&crate::fs::RepoPath, &Node)| match node {
        Node::File { bytes, executable } => {
            Some(JsonFile { path: path.to_string(), bytes: bytes.len(), executable: *executable })
        }
        Node::Directory | Node::Link(_) => None,
    };
    files.iter().filter_map(file).collect()
}

/// So many files, in words.
pub fn count(files: &FileTree) -> String {
    match files.files() {
        1 => "1 file".to_owned(),
        count => format!("{} files", HumanCount(count as u64)),
    }
}

/// Prints the tree of a project that was not made, to standard output.
pub fn tree(ui: &Ui, files: &FileTree) {
    let sizes = files.iter().map(|(_, node)| match node {
        Node::File { bytes, .. } => HumanBytes(bytes.len() as u64).to_string(),
        Node::Directory | Node::Link(_) => String::new(),
    });
    let sizes: Vec<String> = sizes.collect();
    let width = sizes.iter().map(String::len).max().unwrap_or(0);
    for ((path, node), size) in files.iter().zip(sizes) {
        let mark = match node {
            Node::Directory => "/",
            Node::File { executable: true, .. } => "*",
            Node::File { .. } | Node::Link(_) => "",
        };
        let name = display_bytes(path.as_bytes());
        ui.line(format_args!("{size:>width$}  {name}{mark}"));
    }
}

/// The template's name for people.
pub fn template(origin: &Origin) -> String {
    display_bytes(name_of(origin).as_bytes())
}

/// What the first commit says. It is to be shared: of a path on this machine it has the last name alone.
pub fn commit_message(origin: &Origin) -> String {
    let name: String = name_of(origin).chars().filter(|c| !c.is_control()).take(60).collect();
    format!("Start from template {name}")
}

fn name_of(origin: &Origin) -> &str {
    let source = origin.source.trim_end_matches('/');
    if builtin::find(source).is_some() || origin.directory.is_root() {
        return source.rsplit(['/', ':']).next().unwrap_or(source).trim_end_matches(".git");
    }
    std::str::from_utf8(origin.directory.file_name()).unwrap_or(source)
}

/// A path as it is shown: from `here` if it is below.
pub fn path(path: &Path, here: &Path) -> String {
    let shown = path.strip_prefix(here).unwrap_or(path).as_os_str().as_encoded_bytes();
    if shown.is_empty() { ".".into() } else { display_bytes(shown) }
}

/// What to type next: the template's own steps, or commands of ours.
pub fn next(ui: &Ui, project: &Project, ran: bool) {
    let has = |name: &str| {
        let path = crate::fs::RepoPath::new(name).expect("a name");
        project.made.rendered.files.file(&path).is_some()
    };
    let shown = &project.shown;
    let commands: &[(&str, &str)] = match (has("mlrun.yaml") || has("dvc.yaml"), ran) {
        (true, true) => &[
            ("git add -A && git commit", "keep what the run made: the lock and the metrics"),
            ("git mlrun log", "the run that was recorded"),
            ("git mlrun plots show", "its plots"),
        ],
        (true, false) => &[
            ("git mlrun repro", "run the pipeline"),
            ("git mlrun metrics show", "see what came of it"),
        ],
        (false, _) => &[
            ("git mldata add DATA", "track a file or directory of data"),
            ("git mlrun stage add --help", "write a pipeline down"),
        ],
    };
    let go = (shown != ".").then(|| (format!("cd {}", shell_word(shown)), "go there"));
    let ours = commands.iter().map(|&(command, what)| (command.to_owned(), what));
    let named = if ran { Vec::new() } else { steps(&project.made.answers.values) };
    let (head, commands) = match named.is_empty() {
        true => ("Next:", ours.collect::<Vec<_>>()),
        false => ("Next, says the template:", named.into_iter().map(|step| (step, "")).collect()),
    };
    let commands: Vec<(String, &str)> = go.into_iter().chain(commands).collect();
    let width = commands.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    ui.status(head);
    for (command, what) in commands {
        ui.status(format!("  {command:<width$}   {what}").trim_end());
    }
}

/// The steps that a template names in its variable `__next`, escaped: the first few, without those that
/// the answers made empty or that nobody would read.
fn steps(values: &Map) -> Vec<String> {
    const MAX_STEPS: usize = 5;
    const MAX_LEN: usize = 200;
    let Some(Value::List(steps)) = values.get("__next") else { return Vec::new() };
    let steps = steps.iter().filter_map(Value::as_str).map(str::trim);
    let steps = steps.filter(|step| (1..=MAX_LEN).contains(&step.len()));
    steps.take(MAX_STEPS).map(|step| display_bytes(step.as_bytes())).collect()
}

/// What `warnings` has is also said.
pub fn warn(ui: &Ui, warnings: &mut Vec<String>, text: String) {
    ui.warn(&text);
    warnings.push(text);
}

/// An error that comes after the project was made.
pub fn after(error: impl Into<CliError>, shown: &str) -> CliError {
    let error: CliError = error.into();
    error.hint(format!("the project is in `{shown}`, complete; what comes after failed"))
}

/// An error after which `left` is still in the directory of the project.
pub fn left(error: Error, left: &[OsString], shown: &str) -> CliError {
    let names: Vec<String> =
        left.iter().map(|name| format!("`{}`", display_bytes(name.as_encoded_bytes()))).collect();
    let error = CliError::from(error);
    match names.is_empty() {
        true => error,
        false => error.hint(format!(
            "hooks, or others meanwhile, have put into `{shown}` what stays there: {}",
            names.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str) -> Vec<String> {
        let values = crate::format::json::parse(json).unwrap();
        steps(values.as_map().unwrap())
    }

    #[test]
    fn steps_of_a_template_are_few_short_and_escaped() {
        assert_eq!(
            shown(r#"{"__next": ["", " make ", 1, "\u001b[2Jx"]}"#),
            ["make", r"\u{1b}[2Jx"]
        );
        assert_eq!(shown(r#"{"__next": ["1", "2", "3", "4", "5", "6"]}"#).len(), 5);
        assert!(shown(&format!(r#"{{"__next": ["{}"]}}"#, "x".repeat(201))).is_empty());
        assert!(shown(r#"{"__next": "make"}"#).is_empty() && shown("{}").is_empty());
    }
}
