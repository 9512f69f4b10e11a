//! Pictures of the graph of stages.
//!
//! A [`Diagram`] is what is to be shown, with names as people type them: stages, their outs, or
//! stages with each `foreach` and `matrix` as one. It is written as text for a terminal, or in the
//! languages of Mermaid and Graphviz. Lines go from what runs first, at the top, to what needs it.

mod dot;
mod layout;
mod list;
mod mermaid;
mod route;
mod text;

use std::collections::{HashMap, HashSet};

use super::{Address, Graph, Workspace};
use crate::fs::RepoPath;

/// Names and lines between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagram {
    /// Safe for a terminal.
    pub names: Vec<String>,
    /// By position in `names`: what needs each of them, ascending, each once.
    pub needed_by: Vec<Vec<usize>>,
}

/// What a diagram shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    Stages,
    /// `foreach` and `matrix` stages as one.
    Groups,
    Outs,
}

/// How stages and paths are written.
pub struct Names<'a> {
    pub stage: &'a dyn Fn(&Address) -> String,
    pub path: &'a dyn Fn(&RepoPath) -> String,
}

impl Diagram {
    /// Shows `stages`, positions in the graph, and the lines between them.
    pub fn new(workspace: &Workspace, stages: &[usize], show: Show, names: &Names<'_>) -> Diagram {
        match show {
            Show::Stages => of_stages(workspace, stages, |address| (names.stage)(address)),
            Show::Groups => of_stages(workspace, stages, |address| {
                let group = group(workspace, address);
                let name = group.unwrap_or(&address.name).to_owned();
                (names.stage)(&Address { name, ..address.clone() })
            }),
            Show::Outs => of_outs(&workspace.graph, stages, names),
        }
    }

    /// The pairs of what is needed and what needs it.
    pub fn lines(&self) -> impl Iterator<Item = (usize, usize)> {
        let all = self.needed_by.iter().enumerate();
        all.flat_map(|(from, to)| to.iter().map(move |&to| (from, to)))
    }

    /// A drawing for a terminal, or a list where it would be too wide to look at.
    pub fn text(&self) -> String {
        text::draw(self).unwrap_or_else(|| list::list(self))
    }

    /// A flowchart in the language of Mermaid.
    pub fn mermaid(&self) -> String {
        mermaid::write(self)
    }

    /// A digraph in the language of Graphviz.
    pub fn dot(&self) -> String {
        dot::write(self)
    }
}

/// One node for all stages of the same name.
fn of_stages(
    workspace: &Workspace,
    stages: &[usize],
    name: impl Fn(&Address) -> String,
) -> Diagram {
    let graph = &workspace.graph;
    let mut diagram = Builder::default();
    let nodes: HashMap<usize, usize> = stages
        .iter()
        .map(|&stage| (stage, diagram.node(name(&graph.stages()[stage].address))))
        .collect();
    for stage in stages {
        for needed in graph.upstream(*stage) {
            if let Some(needed) = nodes.get(needed) {
                diagram.line(*needed, nodes[stage]);
            }
        }
    }
    diagram.finish()
}

/// The `foreach` or `matrix` that a stage is part of.
fn group<'a>(workspace: &'a Workspace, address: &Address) -> Option<&'a str> {
    let loaded = workspace.files.get(&address.directory())?;
    let (group, _) = address.name.split_once('@')?;
    loaded.groups.get_key_value(group).map(|(group, _)| &group[..])
}

fn of_outs(graph: &Graph, stages: &[usize], names: &Names<'_>) -> Diagram {
    let mut diagram = Builder::default();
    let shown: HashSet<usize> = stages.iter().copied().collect();
    let outs = |stage: usize| graph.stages()[stage].outs.iter().map(|out| (names.path)(&out.path));
    let nodes: HashMap<usize, Vec<usize>> = stages
        .iter()
        .map(|&stage| (stage, outs(stage).map(|name| diagram.node(name)).collect()))
        .collect();
    for stage in stages {
        for source in graph.sources(*stage).iter().filter(|out| shown.contains(&out.stage)) {
            for out in &nodes[stage] {
                diagram.line(nodes[&source.stage][source.out], *out);
            }
        }
    }
    diagram.finish()
}

#[derive(Default)]
struct Builder {
    diagram: Diagram,
    by_name: HashMap<String, usize>,
}

impl Builder {
    fn node(&mut self, name: String) -> usize {
        let Diagram { names, needed_by } = &mut self.diagram;
        *self.by_name.entry(name).or_insert_with_key(|name| {
            names.push(name.clone());
            needed_by.push(Vec::new());
            names.len() - 1
        })
    }

    /// A node needs itself where stages of one group need each other; that is not shown.
    fn line(&mut self, from: usize, to: usize) {
        if from != to {
            self.diagram.needed_by[from].push(to);
        }
    }

    fn finish(mut self) -> Diagram {
        for needed_by in &mut self.diagram.needed_by {
            needed_by.sort_unstable();
            needed_by.dedup();
        }
        self.diagram
    }
}

#[cfg(test)]
mod tests;
