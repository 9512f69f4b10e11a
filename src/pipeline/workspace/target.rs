//! What a target means.

use std::collections::{HashMap, HashSet};

use globset::{GlobBuilder, GlobMatcher};

use super::files::Files;
use super::near::near;
use super::reach::{Reach, StageAt};
use super::{Error, NAMES, Request};
use crate::fs::RepoPath;
use crate::pipeline::Result;
use crate::pipeline::file::{Loaded, paths};
use crate::pipeline::stage::Place;

/// The stages that the request names, each once, in the order in which it names them.
pub(super) fn select(files: &mut Files<'_>, request: &Request<'_>) -> Result<Vec<StageAt>> {
    let mut selector = Selector { default: files.nearest(request.here)?, files, request };
    let mut found = Vec::new();
    if request.all {
        found = selector.everything()?;
    } else if request.targets.is_empty() {
        let directory = selector.default.clone().ok_or(Error::NoPipeline)?;
        found = selector.stages(&directory, None)?.unwrap_or_default();
    }
    for target in request.targets {
        found.extend(if request.glob { selector.glob(target)? } else { selector.one(target)? });
    }
    let mut seen = HashSet::new();
    found.retain(|stage| seen.insert(stage.clone()));
    Ok(found)
}

struct Selector<'a, 'f, 'r> {
    files: &'f mut Files<'a>,
    request: &'r Request<'r>,
    /// The directory of the pipeline file that names without one are looked up in.
    default: Option<RepoPath>,
}

impl Selector<'_, '_, '_> {
    fn everything(&mut self) -> Result<Vec<StageAt>> {
        let mut directories = self.files.tracked()?.to_vec();
        // Git need not know the one at hand yet.
        directories.extend(self.default.clone());
        let mut found = Vec::new();
        for directory in directories {
            if self.files.in_directory(&directory)?.is_some() {
                found.extend(self.stages(&directory, None)?.unwrap_or_default());
            }
        }
        Ok(found)
    }

    fn one(&mut self, target: &str) -> Result<Vec<StageAt>> {
        if let Some((file, name)) = target.rsplit_once(':') {
            let directory = match file {
                "" => self.default.clone(),
                file => self.pipeline_at(&self.locate(file)?)?,
            };
            if let Some(directory) = directory {
                return match self.stages(&directory, Some(name))? {
                    Some(stages) => Ok(stages),
                    None => Err(self.unknown_stage(&directory, name)?),
                };
            }
        }
        if let Some(directory) = self.default.clone()
            && let Some(stages) = self.stages(&directory, Some(target))?
        {
            return Ok(stages);
        }
        let path = self.locate(target)?;
        if let Some(directory) = self.pipeline_at(&path)? {
            return Ok(self.stages(&directory, None)?.unwrap_or_default());
        }
        let stages = Reach::new(self.files).writers(&path)?;
        if stages.is_empty() { Err(self.unknown(target)?) } else { Ok(stages) }
    }

    /// The stages of a file: the one called `name`, those of the group `name`, or all; `None` if
    /// there is no such name.
    fn stages(&mut self, directory: &RepoPath, name: Option<&str>) -> Result<Option<Vec<StageAt>>> {
        let loaded = self.files.load(directory)?;
        let at = |at| (directory.clone(), at);
        let Some(name) = name else {
            return Ok(Some((0..loaded.stages.len()).map(at).collect()));
        };
        if let Some(members) = loaded.groups.get(name) {
            let stages = loaded.stages.iter().enumerate();
            let names: HashMap<&str, usize> =
                stages.map(|(at, stage)| (&stage.address.name[..], at)).collect();
            let members = members.iter().filter_map(|name| names.get(&name[..]).copied());
            return Ok(Some(members.map(at).collect()));
        }
        let position = loaded.stages.iter().position(|stage| stage.address.name == name);
        Ok(position.map(|found| vec![at(found)]))
    }

    /// The directory whose pipeline file `path` is, or that itself has one.
    fn pipeline_at(&mut self, path: &RepoPath) -> Result<Option<RepoPath>> {
        let is_name = NAMES.iter().any(|name| path.file_name() == name.as_bytes());
        if let Some(directory) = path.parent().filter(|_| is_name)
            && let Some(read) = self.files.in_directory(&directory)?
        {
            if read == *path {
                return Ok(Some(directory));
            }
            if self.files.source.read(path)?.is_some() {
                return Err(Error::Hidden { file: path.clone(), by: read }.into());
            }
        }
        Ok(self.files.in_directory(path)?.map(|_| path.clone()))
    }

    /// The path that `text` is, seen from where the request was made.
    fn locate(&self, text: &str) -> Result<RepoPath> {
        let source = self.files.source;
        match paths::place(self.request.here, text, source.top()) {
            Ok(Place::Inside(path)) => Ok(path),
            Ok(Place::Outside(path)) => {
                let path = crate::fs::display_bytes(path.as_os_str().as_encoded_bytes());
                Err(Error::Path { reason: format!("`{path}` is outside of the repository") }.into())
            }
            Err(_) if text.is_empty() => Err(Error::Path { reason: "is empty".to_owned() }.into()),
            Err(reason) => Err(Error::Path { reason }.into()),
        }
    }

    fn glob(&mut self, pattern: &str) -> Result<Vec<StageAt>> {
        let (files, name) = match pattern.rsplit_once(':') {
            None | Some(("", _)) => (None, pattern.trim_start_matches(':')),
            Some((files, name)) => (Some(files), name),
        };
        let directories = match files {
            None => vec![self.default.clone().ok_or(Error::NoPipeline)?],
            Some(files) => self.matching_directories(files)?,
        };
        let name = matcher(name, false)?;
        let mut found = Vec::new();
        for directory in directories {
            let stages = self.files.load(&directory)?.stages.iter().enumerate();
            let stages = stages.filter(|(_, stage)| name.is_match(&stage.address.name));
            found.extend(stages.map(|(at, _)| (directory.clone(), at)));
        }
        if found.is_empty() {
            return Err(Error::NoMatch { pattern: pattern.to_owned() }.into());
        }
        Ok(found)
    }

    /// The directories that match, or whose pipeline files do.
    fn matching_directories(&mut self, pattern: &str) -> Result<Vec<RepoPath>> {
        let matcher = matcher(pattern, true)?;
        let here = self.request.here;
        let matches = |path: &RepoPath| {
            path.below(here).is_some_and(|path| matcher.is_match(crate::fs::os_path(path)))
        };
        let mut found = Vec::new();
        for directory in self.files.tracked()?.to_vec() {
            let file = self.files.in_directory(&directory)?;
            if file.is_some_and(|file| matches(&file) || matches(&directory)) {
                found.push(directory);
            }
        }
        Ok(found)
    }

    fn unknown_stage(
        &mut self,
        directory: &RepoPath,
        name: &str,
    ) -> Result<crate::pipeline::Error> {
        let file = self.files.in_directory(directory)?.unwrap_or_default();
        let near = near(name, names(self.files.load(directory)?));
        Ok(Error::UnknownStage { file, name: name.to_owned(), near }.into())
    }

    fn unknown(&mut self, target: &str) -> Result<crate::pipeline::Error> {
        let mut known = Vec::new();
        if let Some(directory) = self.default.clone() {
            let here = self.request.here;
            let loaded = self.files.load(&directory)?;
            known.extend(names(loaded).map(str::to_owned));
            let outs = loaded.stages.iter().flat_map(|stage| &stage.outs);
            let outs = outs.filter_map(|out| out.path.below(here));
            known.extend(outs.map(|path| String::from_utf8_lossy(path).into_owned()));
        }
        let near = near(target, known.iter().map(String::as_str));
        Ok(Error::Unknown { target: target.to_owned(), near }.into())
    }
}

fn names(loaded: &Loaded) -> impl Iterator<Item = &str> {
    let stages = loaded.stages.iter().map(|stage| &stage.address.name);
    stages.chain(loaded.groups.keys()).map(String::as_str)
}

fn matcher(pattern: &str, literal_separator: bool) -> Result<GlobMatcher, Error> {
    let glob = GlobBuilder::new(pattern).literal_separator(literal_separator).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| Error::Glob {
        pattern: pattern.to_owned(),
        reason: error.kind().to_string(),
    })
}
