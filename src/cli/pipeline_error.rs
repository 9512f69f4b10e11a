//! Hints for what goes wrong with pipelines.

use super::CliError;
use crate::fs;
use crate::pipeline::Error;

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        match error {
            Error::Data(error) => error.into(),
            Error::Git(error) => error.into(),
            Error::Fs(error) => error.into(),
            Error::Cache(error) => error.into(),
            error => {
                let hint = hint(&error);
                CliError::user(error).hints(hint)
            }
        }
    }
}

fn hint(error: &Error) -> Option<String> {
    Some(match error {
        Error::StageExists { .. } => "choose another name, or replace it by `-f`".to_owned(),
        Error::BadStageName { .. } => {
            "use letters, digits, `-` and `_`; other signs are for commands that name stages".into()
        }
        Error::OneOfGroup { group, .. } => {
            format!("name the whole group: `{}`", fs::display_bytes(group.as_bytes()))
        }
        Error::CannotEdit { .. } => "nothing was changed; edit the file by hand".to_owned(),
        Error::NoSuchFile { .. } => {
            "add a first stage: `git mlrun stage add -n NAME -d DEP -o OUT COMMAND`".to_owned()
        }
        _ => return None,
    })
}
