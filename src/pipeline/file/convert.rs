//! From the shape of a stage to the stage: what no type can say is checked here.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::expand::Definition;
use super::schema::{self, Executor, OutFlags, PlotFlags};
use super::shapes::{Flagged, OneOrMany, ParamsItem};
use super::{Reader, paths};
use crate::format::yaml::{self, Data, Mark, Node};
use crate::fs::{RepoPath, display_bytes};
use crate::pipeline::Result;
use crate::pipeline::stage::{
    About, Address, Cmd, Dep, Out, OutKind, ParamsFrom, Place, PlotProps, Stage,
};
use crate::pipeline::template::{DEFAULT_FILE, Used};

impl Reader<'_> {
    /// Makes the stage of a definition whose expressions are `resolved`.
    pub(super) fn convert(
        &self,
        definition: &Definition<'_>,
        wdir: RepoPath,
        resolved: &Node,
        used: Used,
    ) -> Result<Stage> {
        let stage: schema::Stage =
            yaml::from_node(resolved).map_err(|problem| self.text.problem(problem))?;
        // Others are refused by the type; when there are more, this line will not compile.
        let (None | Some(Executor::Local)) = stage.executor;
        let field = |name: &str| resolved.get(name);
        let deps = self.deps(&wdir, stage.deps.unwrap_or_default(), field("deps"))?;
        let mut outs = Outs { reader: self, wdir: &wdir, found: Vec::new() };
        outs.add(OutKind::Out, stage.outs.unwrap_or_default(), field("outs"))?;
        outs.add(OutKind::Metric, stage.metrics.unwrap_or_default(), field("metrics"))?;
        outs.add_plots(stage.plots.unwrap_or_default(), field("plots"))?;
        let outs = outs.checked(&deps)?;
        let params = self.params(&wdir, stage.params.unwrap_or_default(), field("params"))?;
        let cmd = match stage.cmd {
            OneOrMany::One(text) => Cmd::Text(text),
            OneOrMany::Many(commands) => Cmd::List(commands),
        };
        if cmd.commands().iter().all(|command| command.trim().is_empty()) {
            let mark = field("cmd").map_or(resolved.mark, |cmd| cmd.mark);
            return self.error(mark, "there is nothing to run in `cmd`");
        }
        let env = stage.env.map(|env| env.0).unwrap_or_default();
        if let Some((name, _)) = env.iter().find(|(name, _)| !is_variable_name(name)) {
            let mark = field("env").map_or(resolved.mark, |env| env.mark);
            let name = display_bytes(name.as_bytes());
            return self.error(mark, format!("`{name}` is no name for an environment variable"));
        }
        Ok(Stage {
            address: Address { file: self.text.path.clone(), name: definition.name.clone() },
            line: definition.mark.line,
            cmd,
            wdir,
            deps,
            params,
            outs,
            frozen: stage.frozen.unwrap_or_default(),
            always_changed: stage.always_changed.unwrap_or_default(),
            desc: stage.desc,
            meta: stage.meta,
            env: env.into_iter().collect(),
            resources: stage.resources.unwrap_or_default().into_iter().collect(),
            mutex: stage.mutex.map(OneOrMany::into_vec).unwrap_or_default(),
            timeout: stage.timeout.map(|timeout| timeout.0),
            retry: stage.retry.unwrap_or_default(),
            used: parameters(used),
        })
    }

    fn deps(&self, wdir: &RepoPath, deps: Vec<String>, node: Option<&Node>) -> Result<Vec<Dep>> {
        let mut seen = HashSet::new();
        let mut found = Vec::with_capacity(deps.len());
        for (text, mark) in deps.iter().zip(marks(node)) {
            let is_file = |path: &RepoPath| Ok(self.source.read(path)?.is_some());
            let dep = paths::dep(wdir, text, self.source.top(), is_file)?;
            let dep = dep.or_else(|message| self.error(mark, message))?;
            // Twice the same is once: generated lists have that.
            if seen.insert(dep.clone()) {
                found.push(dep);
            }
        }
        Ok(found)
    }

    fn params(
        &self,
        wdir: &RepoPath,
        items: Vec<ParamsItem>,
        node: Option<&Node>,
    ) -> Result<Vec<ParamsFrom>> {
        let mut files: IndexMap<RepoPath, Option<Vec<String>>> = IndexMap::new();
        let mut marks = marks(node);
        for item in items {
            let wanted = match item {
                ParamsItem::Key(key) => vec![(DEFAULT_FILE.to_owned(), vec![key])],
                ParamsItem::Files(files) => files,
            };
            for (file, keys) in wanted {
                let mark = marks.next().unwrap_or(Mark::START);
                let file =
                    paths::inside(wdir, &file).or_else(|message| self.error(mark, message))?;
                if let Some(key) = keys.iter().find(|key| key.is_empty()) {
                    return self.error(mark, format!("`{key}` is no name of a parameter"));
                }
                let known = files.entry(file).or_insert_with(|| Some(Vec::new()));
                match known {
                    // The whole file, whatever keys of it are named elsewhere.
                    _ if keys.is_empty() => *known = None,
                    None => {}
                    Some(known) => {
                        known.extend(
                            keys.into_iter().filter(|key| !known.contains(key)).collect::<Vec<_>>(),
                        );
                    }
                }
            }
        }
        let from =
            |(file, keys): (_, Option<_>)| ParamsFrom { file, keys: keys.unwrap_or_default() };
        Ok(files.into_iter().map(from).collect())
    }
}

/// Collects the outs of one stage.
struct Outs<'a> {
    reader: &'a Reader<'a>,
    wdir: &'a RepoPath,
    found: Vec<(Out, Mark)>,
}

impl Outs<'_> {
    fn add(
        &mut self,
        kind: OutKind,
        items: Vec<Flagged<OutFlags>>,
        node: Option<&Node>,
    ) -> Result<()> {
        let items = items.into_iter().flat_map(|item| item.0);
        for ((path, flags), mark) in items.zip(marks(node)) {
            self.push(&path, kind, flags, Vec::new(), mark)?;
        }
        Ok(())
    }

    fn add_plots(&mut self, items: Vec<Flagged<PlotFlags>>, node: Option<&Node>) -> Result<()> {
        let items = items.into_iter().flat_map(|item| item.0);
        for ((path, flags), mark) in items.zip(marks(node)) {
            let (flags, props) = flags.into();
            let plots = if props == PlotProps::default() { Vec::new() } else { vec![props] };
            self.push(&path, OutKind::Plot, flags, plots, mark)?;
        }
        Ok(())
    }

    fn push(
        &mut self,
        text: &str,
        kind: OutKind,
        flags: OutFlags,
        plots: Vec<PlotProps>,
        mark: Mark,
    ) -> Result<()> {
        let reader = self.reader;
        let place = paths::place(self.wdir, text, reader.source.top());
        let path = match place.or_else(|message| reader.error(mark, message))? {
            Place::Inside(path) => path,
            place @ Place::Outside(_) => {
                return reader.error(mark, format!("out `{place}` is not in the repository"));
            }
        };
        if reader.text.path.below(&path).is_some() {
            return reader.error(mark, format!("out `{text}` would hold the pipeline file itself"));
        }
        let OutFlags { desc, r#type, labels, meta, cache, persist, checkpoint: _, remote, push } =
            flags;
        let out = Out {
            path,
            kind,
            cache: cache.unwrap_or(true),
            persist: persist.unwrap_or(false),
            push: push.unwrap_or(true),
            remote,
            about: About { desc, kind: r#type, labels: labels.unwrap_or_default(), meta },
            plots,
        };
        self.found.push((out, mark));
        Ok(())
    }

    /// The outs, if none is in another or in a dep, and no dep in one of them.
    fn checked(self, deps: &[Dep]) -> Result<Vec<Out>> {
        let mut sorted: Vec<&(Out, Mark)> = self.found.iter().collect();
        sorted.sort_by(|(a, _), (b, _)| a.path.components().cmp(b.path.components()));
        for pair in sorted.windows(2) {
            let [(outer, first), (inner, second)] = pair else { continue };
            if inner.path.below(&outer.path).is_none() {
                continue;
            }
            let message = match inner.path == outer.path {
                true => format!("out `{}` is here twice", inner.path),
                false => format!("out `{}` is in out `{}`", inner.path, outer.path),
            };
            return self.reader.error(*first.max(second), message);
        }
        for (out, mark) in &self.found {
            for dep in deps {
                let Dep::Path(Place::Inside(dep)) = dep else { continue };
                let relation = if *dep == out.path {
                    "is a dep of the same stage"
                } else if out.path.below(dep).is_some() {
                    "is in a dep of the same stage"
                } else if dep.below(&out.path).is_some() {
                    "holds a dep of the same stage"
                } else {
                    continue;
                };
                let dep = match dep.is_root() {
                    true => ".".to_owned(),
                    false => dep.to_string(),
                };
                let message = format!("out `{}` {relation}: `{dep}`", out.path);
                return self.reader.error(*mark, message);
            }
        }
        Ok(self.found.into_iter().map(|(out, _)| out).collect())
    }
}

/// Where each path of a list is written: of a string itself, of a map its keys.
fn marks(list: Option<&Node>) -> impl Iterator<Item = Mark> {
    let items = list.and_then(Node::as_list).unwrap_or_default();
    items.iter().flat_map(|item| match &item.data {
        Data::Map(entries) => entries.iter().map(|(key, _)| key.mark).collect(),
        _ => vec![item.mark],
    })
}

/// What `sh` can name: anything else could not be set for a command in every shell.
fn is_variable_name(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(word) && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn parameters(used: Used) -> Vec<ParamsFrom> {
    used.into_iter().map(|(file, keys)| ParamsFrom { file, keys }).collect()
}
