//! Hints for what goes wrong with templates.

use super::error::{CliError, ErrorKind, quoted};
use crate::scaffold::{Error, Foreign, builtin};

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        match error {
            Error::Fs(error) => error.into(),
            Error::Git(error) => error.into(),
            Error::Format(error) => error.into(),
            Error::Init(error) => error.into(),
            Error::UnknownTemplate { .. } => {
                let names: Vec<String> = builtin::names().map(str::to_owned).collect();
                CliError::user(error).hints([
                    format!("the built-in templates are {}", quoted(&names)),
                    "others are named by a directory, a URL, or as gh:OWNER/NAME".into(),
                ])
            }
            Error::NotATemplate { found: Foreign::Copier, .. } => CliError::user(error)
                .hint("it is a template for copier, in a format that is not rendered here"),
            Error::NotATemplate { found: Foreign::CargoGenerate, .. } => CliError::user(error)
                .hint("it is a template for cargo-generate, in a format that is not rendered here"),
            Error::NotATemplate { .. } => CliError::user(error)
                .hint("a template has a `cookiecutter.json` in its top directory"),
            Error::UnknownVariable { ref known, .. } => {
                let hint = format!("its variables are {}", quoted(known));
                CliError::user(error).hint(hint)
            }
            Error::Exists { .. } => CliError::user(error).hint(
                "take another name; only an empty directory, or one with only `.git`, is filled",
            ),
            Error::NotAnswered => CliError::user(error).hint(
                "nothing was written; `--set KEY=VALUE` answers, and `--no-input` takes defaults",
            ),
            Error::Interrupted => CliError::new(ErrorKind::Interrupted, error),
            Error::RendersRecord { .. } => CliError::user(error)
                .hint("that file is written by git-ml, into every project that it makes"),
            other => CliError::user(other),
        }
    }
}
