//! `git mlrun template`.

mod update;

use crate::cli::{CliError, Outcome, Ui};
use crate::format::{RecordedVersion, TemplateRecord};
use crate::fs::display_bytes;

/// Follow the template that a project was made from
///
/// `.mlrun/template.yaml` says which template that was, in which version, and with what answers. When
/// the template changes, `update` merges the changes into the project as Git merges a branch.
#[derive(Debug, clap::Args)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct TemplateArgs {
    #[command(subcommand)]
    pub command: TemplateCommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum TemplateCommand {
    Update(update::UpdateArgs),
}

pub fn run(ui: &Ui, args: &TemplateArgs) -> Result<Outcome, CliError> {
    match &args.command {
        TemplateCommand::Update(args) => update::run(ui, args),
    }
}

/// The state of a template, in the JSON objects.
#[derive(serde::Serialize)]
struct JsonVersion {
    source: String,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// `commit`, `digest` or `built-in`.
    kind: &'static str,
    version: String,
}

impl JsonVersion {
    fn of(record: &TemplateRecord) -> JsonVersion {
        let (kind, version) = match &record.version {
            RecordedVersion::Commit(id) => ("commit", id.clone()),
            RecordedVersion::Digest(digest) => ("digest", digest.to_string()),
            RecordedVersion::Builtin(program) => ("built-in", program.clone()),
        };
        let (source, reference) = (record.source.clone(), record.reference.clone());
        JsonVersion { source, reference, kind, version }
    }
}

/// A state of a template in a sentence.
fn version(version: &RecordedVersion) -> String {
    let text = match version {
        RecordedVersion::Commit(id) => id.chars().take(8).collect(),
        RecordedVersion::Digest(digest) => digest.to_hex()[..8].to_owned(),
        RecordedVersion::Builtin(program) => format!("git-ml {program}"),
    };
    display_bytes(text.as_bytes())
}

/// So many files, in words.
fn files(count: usize) -> String {
    match count {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    }
}

/// `KEY=VALUE`.
fn pair(word: &str) -> Result<(String, String), String> {
    match word.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}
