//! `git mlrun new --list`.

use crate::cli::ui::Style;
use crate::cli::{CliError, Outcome, Ui};
use crate::format::{Value, json};
use crate::fs::RepoPath;
use crate::scaffold::builtin;

/// A built-in template, in the array that `--list --json` prints.
#[derive(serde::Serialize)]
struct Listed {
    name: &'static str,
    description: String,
    /// Whether it is taken without `--template`.
    default: bool,
}

pub fn run(ui: &Ui, as_json: bool) -> Result<Outcome, CliError> {
    let mut listed = Vec::new();
    for name in builtin::names() {
        let description = description(name)?;
        listed.push(Listed { name, description, default: name == builtin::DEFAULT });
    }
    if as_json {
        ui.json(&listed)?;
        return Ok(Outcome::Done);
    }
    let width = listed.iter().map(|template| template.name.len()).max().unwrap_or(0);
    for Listed { name, description, default } in listed {
        let mark = if default { " (default)" } else { "" };
        let padding = " ".repeat(width - name.len());
        let line = format!("{}{padding}  {description}{mark}", ui.paint(Style::Bold, name));
        ui.line(line.trim_end());
    }
    Ok(Outcome::Done)
}

/// What the template says of itself: its variable `_description`.
fn description(name: &str) -> Result<String, CliError> {
    let files = builtin::files(name)?.unwrap_or_default();
    let path = RepoPath::new("cookiecutter.json").expect("a name");
    let text = String::from_utf8_lossy(files.file(&path).unwrap_or_default());
    let questions = json::parse(&text).map_err(CliError::internal)?;
    let description = questions.as_map().and_then(|map| map.get("_description"));
    Ok(description.and_then(Value::as_str).unwrap_or_default().to_owned())
}
