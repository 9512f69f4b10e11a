//! Finding pipeline files and loading them, each at most once.

use std::collections::{BTreeMap, HashMap};

use super::{Error, NAMES};
use crate::fs::RepoPath;
use crate::pipeline::file::{self, Loaded};
use crate::pipeline::{Result, Source};

/// The pipeline files of one source, by their directories: only one file of a directory counts.
pub(super) struct Files<'a> {
    pub source: &'a dyn Source,
    texts: HashMap<RepoPath, Option<Text>>,
    /// Directories with pipeline files that Git tracks, ascending; read when first needed.
    tracked: Option<Vec<RepoPath>>,
    loaded: BTreeMap<RepoPath, Loaded>,
    /// Why files could not be loaded that nobody named.
    broken: BTreeMap<RepoPath, crate::pipeline::Error>,
}

/// A pipeline file that was read and not parsed.
struct Text {
    file: RepoPath,
    bytes: Vec<u8>,
}

impl<'a> Files<'a> {
    pub fn new(source: &'a dyn Source) -> Files<'a> {
        Files {
            source,
            texts: HashMap::new(),
            tracked: None,
            loaded: BTreeMap::new(),
            broken: BTreeMap::new(),
        }
    }

    /// The pipeline file of `directory`.
    pub fn in_directory(&mut self, directory: &RepoPath) -> Result<Option<RepoPath>> {
        Ok(self.text(directory)?.map(|text| text.file.clone()))
    }

    /// The nearest directory with a pipeline file: `directory`, or one above it.
    pub fn nearest(&mut self, directory: &RepoPath) -> Result<Option<RepoPath>> {
        let mut next = Some(directory.clone());
        while let Some(directory) = next {
            if self.text(&directory)?.is_some() {
                return Ok(Some(directory));
            }
            next = directory.parent();
        }
        Ok(None)
    }

    /// The directories in which Git tracks pipeline files, ascending.
    pub fn tracked(&mut self) -> Result<&[RepoPath]> {
        if self.tracked.is_none() {
            let files = self.source.named(&NAMES)?;
            let mut directories: Vec<RepoPath> =
                files.iter().filter_map(RepoPath::parent).collect();
            directories.sort();
            directories.dedup();
            self.tracked = Some(directories);
        }
        Ok(self.tracked.as_deref().unwrap_or_default())
    }

    /// Loads the pipeline file of `directory`.
    pub fn load(&mut self, directory: &RepoPath) -> Result<&Loaded> {
        if !self.loaded.contains_key(directory) {
            let source = self.source;
            let Some(text) = self.text(directory)? else {
                return Err(Error::NoPipelineIn { directory: directory.clone() }.into());
            };
            let loaded = file::parse(source, &text.file, &text.bytes)?;
            self.loaded.insert(directory.clone(), loaded);
        }
        Ok(&self.loaded[directory])
    }

    /// Loads the pipeline file of `directory`, which nobody named. One with mistakes is put on record
    /// and stops nothing: it would stop every command everywhere until somebody repairs it.
    pub fn try_load(&mut self, directory: &RepoPath) -> Result<Option<&Loaded>> {
        if self.broken.contains_key(directory) || self.text(directory)?.is_none() {
            return Ok(None);
        }
        if let Err(error) = self.load(directory) {
            self.broken.insert(directory.clone(), error);
        }
        Ok(self.loaded.get(directory))
    }

    /// Whether outs of the pipeline file of `directory` may lie outside of it.
    pub fn reaches_out(&mut self, directory: &RepoPath) -> Result<bool> {
        Ok(self.text(directory)?.is_some_and(|text| may_reach_out(&text.bytes)))
    }

    /// What was loaded, and what was in the way of loading the rest.
    pub fn finish(
        self,
    ) -> (BTreeMap<RepoPath, Loaded>, BTreeMap<RepoPath, crate::pipeline::Error>) {
        (self.loaded, self.broken)
    }

    fn text(&mut self, directory: &RepoPath) -> Result<Option<&Text>> {
        if !self.texts.contains_key(directory) {
            let mut found = None;
            for name in NAMES {
                let file = directory.join(name.as_bytes());
                if let Some(bytes) = self.source.read(&file)?
                    && !self.source.is_foreign(directory)?
                {
                    found = Some(Text { file, bytes });
                    break;
                }
            }
            self.texts.insert(directory.clone(), found);
        }
        Ok(self.texts[directory].as_ref())
    }
}

/// Whether a path in a pipeline file may lead out of its directory: by `..`, as an absolute path, or
/// by an expression that becomes either. YAML's escapes could hide those.
pub(crate) fn may_reach_out(text: &[u8]) -> bool {
    let starts_path = |b: u8| b.is_ascii_whitespace() || b"\"'[{,".contains(&b);
    text.windows(2).any(|pair| match pair {
        b".." | b"${" => true,
        [b'\\', escape] => b"xuU/".contains(escape),
        [before, b'/'] => starts_path(*before),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_may_lead_out_are_seen() {
        for text in [
            "wdir: ..",
            "- ../x",
            "- /repo/x",
            "outs: [/x]",
            "outs: [x,/x]",
            "'/x'",
            "\"\\x2e./x\"",
            "\"\\/x\"",
            "${out}",
        ] {
            assert!(may_reach_out(text.as_bytes()), "{text}");
        }
        for text in ["outs: [x/y.z]", "cmd: echo $x", "- a/b", "- ./x", ""] {
            assert!(!may_reach_out(text.as_bytes()), "{text}");
        }
    }
}
