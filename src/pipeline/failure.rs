//! What could not be shown of one revision, while the rest was.

use super::{Error, plots};
use crate::fs::{RepoPath, display_bytes};

/// One thing of one revision that could not be read.
#[derive(Debug)]
pub struct Failure {
    /// Not escaped.
    pub revision: String,
    /// The file, where one is to blame.
    pub path: Option<RepoPath>,
    pub cause: Cause,
}

/// Why it could not be read.
#[derive(Debug)]
pub enum Cause {
    /// A file that the pipeline declares is not there.
    Absent,
    Error(Box<Error>),
    Plot(plots::Problem),
}

impl From<Error> for Cause {
    fn from(error: Error) -> Cause {
        Cause::Error(Box::new(error))
    }
}

impl From<plots::Problem> for Cause {
    fn from(problem: plots::Problem) -> Cause {
        Cause::Plot(problem)
    }
}

impl Failure {
    pub fn new(revision: &str, path: Option<&RepoPath>, cause: impl Into<Cause>) -> Failure {
        Failure { revision: revision.to_owned(), path: path.cloned(), cause: cause.into() }
    }
}

impl std::fmt::Display for Failure {
    /// One line, or several where an excerpt of a file is shown. Escaped for a terminal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", display_bytes(self.revision.as_bytes()))?;
        let path = self.path.clone().unwrap_or_default();
        match &self.cause {
            Cause::Absent => write!(f, "`{path}` does not exist"),
            Cause::Error(error) => {
                // The revision is told already.
                if let Error::NotFetched { path, .. } = &**error {
                    return write!(f, "`{path}` is not in the cache");
                }
                let mut told = error.to_string();
                write!(f, "{told}")?;
                let mut source = std::error::Error::source(&**error);
                while let Some(cause) = source {
                    let text = cause.to_string();
                    if !told.contains(&text) {
                        write!(f, ": {text}")?;
                    }
                    told = text;
                    source = cause.source();
                }
                Ok(())
            }
            Cause::Plot(problem) => write!(f, "`{path}`: {problem}"),
        }
    }
}
