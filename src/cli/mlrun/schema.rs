//! `git mlrun schema`.

use crate::cli::{CliError, Outcome, Ui};
use crate::pipeline::file::SCHEMA;

/// Print the JSON schema of pipeline files
///
/// Editors that know YAML complete and check `mlrun.yaml` by it. A file that `git mlrun stage add`
/// makes names a copy of it in its first line, for the YAML language server; for other editors, put
/// the schema where they look.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun schema > ~/.config/mlrun.schema.json")]
pub struct SchemaArgs {}

pub fn run(ui: &Ui, SchemaArgs {}: SchemaArgs) -> Result<Outcome, CliError> {
    ui.out(SCHEMA);
    Ok(Outcome::Done)
}
