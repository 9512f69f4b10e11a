//! Stages for tests, in a line each, and files in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::stage::{About, Address, Cmd, Dep, Out, OutKind, ParamsFrom, Place, Stage};
use super::{Result, Source};
use crate::fs::RepoPath;

pub fn path(text: &str) -> RepoPath {
    RepoPath::new(text).expect("a valid path")
}

/// Stages of `file`, one from each line that is not empty: `name: deps -> outs`, where a dep with `*`
/// is a glob, one with a leading `@` a file of params, and one with a leading `/` outside of the
/// repository. A name that ends in `!` is frozen.
pub fn stages(file: &str, text: &str) -> Vec<Stage> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(at, line)| stage(file, at + 1, line)).collect()
}

fn stage(file: &str, line: usize, text: &str) -> Stage {
    let (name, rest) = text.split_once(':').expect("a name");
    let (deps, outs) = rest.split_once("->").unwrap_or((rest, ""));
    let file = path(file);
    let params = deps.split_whitespace().filter_map(|dep| dep.strip_prefix('@'));
    let deps = deps.split_whitespace().filter(|dep| !dep.starts_with('@')).map(|dep| {
        if dep.contains('*') {
            Dep::Glob(dep.to_owned())
        } else if dep.starts_with('/') {
            Dep::Path(Place::Outside(dep.into()))
        } else {
            Dep::Path(Place::Inside(path(dep)))
        }
    });
    let name = name.trim();
    Stage {
        line,
        cmd: Cmd::Text("true".to_owned()),
        wdir: file.parent().unwrap_or_default(),
        deps: deps.collect(),
        params: params.map(|file| ParamsFrom { file: path(file), keys: vec![] }).collect(),
        outs: outs.split_whitespace().map(out).collect(),
        frozen: name.ends_with('!'),
        always_changed: false,
        desc: None,
        meta: None,
        env: Default::default(),
        resources: Default::default(),
        mutex: vec![],
        timeout: None,
        retry: 0,
        used: vec![],
        address: Address { file, name: name.trim_end_matches('!').to_owned() },
    }
}

fn out(text: &str) -> Out {
    Out {
        path: path(text),
        kind: OutKind::Out,
        cache: true,
        persist: false,
        push: true,
        remote: None,
        about: About::default(),
        plots: vec![],
    }
}

/// Files in memory, all of them tracked.
#[derive(Default)]
pub struct Memory {
    files: BTreeMap<RepoPath, String>,
    read: Mutex<Vec<RepoPath>>,
}

impl Memory {
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Memory {
        let files = files.into_iter().map(|(name, text)| (path(name), text.to_owned()));
        Memory { files: files.collect(), ..Memory::default() }
    }

    /// The files that were found and read so far.
    pub fn reads(&self) -> Vec<RepoPath> {
        self.read.lock().expect("no panic").clone()
    }
}

impl Source for Memory {
    fn read(&self, path: &RepoPath) -> Result<Option<Vec<u8>>> {
        let found = self.files.get(path).map(|text| text.clone().into_bytes());
        if found.is_some() {
            self.read.lock().expect("no panic").push(path.clone());
        }
        Ok(found)
    }

    fn top(&self) -> Option<&std::path::Path> {
        Some(std::path::Path::new("/repo"))
    }

    fn named(&self, names: &[&str]) -> Result<Vec<RepoPath>> {
        let is_named = |path: &&RepoPath| names.iter().any(|n| path.file_name() == n.as_bytes());
        Ok(self.files.keys().filter(is_named).cloned().collect())
    }
}
