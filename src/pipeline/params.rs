//! Files of parameters and metrics as values.

use super::file::decode;
use super::{Result, Source};
use crate::format::{Value, yaml};
use crate::fs::RepoPath;

/// What the file at `path` holds; `None` if there is none.
pub fn read(source: &dyn Source, path: &RepoPath) -> Result<Option<Value>> {
    let Some(bytes) = source.read(path)? else { return Ok(None) };
    let text = decode(path, &bytes)?;
    Ok(Some(yaml::parse(text.text).map_err(|problem| text.problem(problem))?.value()))
}
