//! Reads locks that were merged or edited by hand.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Lock, LockedCmd, LockedDep, LockedOut, LockedStage, VERSION, WHAT, path};
use crate::format::yaml::{self, Node, Problem};
use crate::format::{Error, ObjectId, Result, Target, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mlrun: u64,
    #[serde(default)]
    stages: Option<BTreeMap<String, Node>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    cmd: Node,
    #[serde(default)]
    deps: Vec<Node>,
    #[serde(default)]
    params: BTreeMap<String, BTreeMap<String, Node>>,
    #[serde(default)]
    env: BTreeMap<String, Option<String>>,
    #[serde(default)]
    outs: Vec<Node>,
}

/// A dep or an out; a dep has no more than a path and a target.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    path: String,
    oid: Option<String>,
    tree: Option<String>,
    size: u64,
    files: Option<u64>,
    exec: Option<bool>,
    cache: Option<bool>,
    push: Option<bool>,
    remote: Option<String>,
}

/// Parses any YAML that says what a lock says.
pub(super) fn parse(text: &str) -> Result<Lock> {
    let located = |problem: Problem| {
        let yaml::Mark { line, column } = problem.mark;
        Error::malformed(WHAT, format!("line {line}, column {column}: {}", problem.message))
    };
    let root = yaml::parse(text).map_err(located)?;
    // A later version may have other fields: its number is looked for before they are.
    match root.get("mlrun").map(Node::value) {
        Some(Value::Int(found)) if found > VERSION.into() => {
            let found = u64::try_from(found).unwrap_or(u64::MAX);
            Err(Error::Version { what: WHAT, found, supported: VERSION })
        }
        _ => lock(&root).map_err(located),
    }
}

fn lock(root: &Node) -> Result<Lock, Problem> {
    let file: File = yaml::from_node(root)?;
    let blocks = file.stages.unwrap_or_default();
    if file.mlrun != VERSION {
        return Err(root.problem("it has no version that there is"));
    }
    let mut stages = BTreeMap::new();
    for (name, node) in blocks {
        if name.is_empty() {
            return Err(node.problem("a stage has no name"));
        }
        let stage = stage(&node)?;
        stages.insert(name, stage);
    }
    Ok(Lock { stages })
}

fn stage(node: &Node) -> Result<LockedStage, Problem> {
    let block: Block = yaml::from_node(node)?;
    let params = block.params.into_iter().map(|(file, values)| {
        (file, values.into_iter().map(|(key, node)| (key, node.value())).collect())
    });
    Ok(LockedStage {
        cmd: cmd(&block.cmd)?,
        deps: sorted(&block.deps, dep, |dep| &dep.path)?,
        params: params.collect(),
        env: block.env,
        outs: sorted(&block.outs, out, |out| &out.path)?,
    })
}

fn cmd(node: &Node) -> Result<LockedCmd, Problem> {
    match node.as_list() {
        Some(_) => yaml::from_node(node).map(LockedCmd::List),
        None => yaml::from_node(node).map(LockedCmd::Text),
    }
}

fn dep(node: &Node) -> Result<LockedDep, Problem> {
    let item: Item = yaml::from_node(node)?;
    if item.cache.is_some() || item.push.is_some() || item.remote.is_some() {
        return Err(node.problem("a dep has only a path and an object"));
    }
    let target = target(node, &item)?;
    path::check_dep(&item.path).map_err(|reason| node.problem(reason))?;
    Ok(LockedDep { path: item.path, target })
}

fn out(node: &Node) -> Result<LockedOut, Problem> {
    let item: Item = yaml::from_node(node)?;
    let target = target(node, &item)?;
    path::check_out(&item.path).map_err(|reason| node.problem(reason))?;
    Ok(LockedOut {
        path: item.path,
        target,
        cache: item.cache.unwrap_or(true),
        push: item.push.unwrap_or(true),
        remote: item.remote,
    })
}

fn target(node: &Node, item: &Item) -> Result<Target, Problem> {
    let oid = |text: &str| ObjectId::parse(text).map_err(|error| node.problem(error.to_string()));
    match (&item.oid, &item.tree, item.files, item.exec) {
        (Some(file), None, None, exec) => {
            Ok(Target::File { oid: oid(file)?, size: item.size, exec: exec == Some(true) })
        }
        (None, Some(tree), Some(files), None) => {
            Ok(Target::Directory { oid: oid(tree)?, size: item.size, files })
        }
        (None, Some(_), None, _) => Err(node.problem("`tree` stands without `files`")),
        (Some(_), None, Some(_), _) => Err(node.problem("`files` stands beside `oid`")),
        (None, Some(_), _, Some(_)) => Err(node.problem("`exec` stands beside `tree`")),
        _ => Err(node.problem("it needs either `oid` or `tree`")),
    }
}

/// Reads items and puts them in the order that locks have; the same path twice is an error.
fn sorted<T>(
    nodes: &[Node],
    read: impl Fn(&Node) -> Result<T, Problem>,
    path: impl Fn(&T) -> &String,
) -> Result<Vec<T>, Problem> {
    let mut items = Vec::with_capacity(nodes.len());
    for node in nodes {
        items.push((read(node)?, node));
    }
    items.sort_by(|(a, _), (b, _)| path(a).cmp(path(b)));
    let twice = items.windows(2).find(|pair| path(&pair[0].0) == path(&pair[1].0));
    match twice {
        Some(pair) => Err(pair[1].1.problem("this path stands here twice")),
        None => Ok(items.into_iter().map(|(item, _)| item).collect()),
    }
}
