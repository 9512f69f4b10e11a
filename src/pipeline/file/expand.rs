//! From definitions to stages: `foreach` and `matrix` written out.
//!
//! Names are DVC's, because locks and scripts have them: `stage@KEY` with the key of a map, with the
//! item of a list of scalars, or with the position in a list of anything else; in a matrix the parts
//! are joined by `-`, and one that is a list or map is its name and position (`layers0`).

use std::rc::Rc;

use indexmap::IndexMap;

use super::{MAX_STAGES, Reader, schema};
use crate::format::yaml::{self, Key, Mark, Node};
use crate::fs::display_bytes;
use crate::pipeline::Result;
use crate::pipeline::file::paths;
use crate::pipeline::template::{Loader, Place, Resolver, Var};

/// Between the name of a group and what tells its stages apart.
const JOIN: char = '@';

/// A definition as it is written, and what its stage is called.
pub(super) struct Definition<'n> {
    pub name: String,
    /// Of the name in the file.
    pub mark: Mark,
    pub node: &'n Node,
}

type Locals = [(&'static str, Rc<Var>)];

impl Reader<'_> {
    pub(super) fn stages(&mut self, stages: &Node) -> Result<()> {
        let Some(entries) = stages.as_map() else {
            if stages.is_null() {
                return Ok(());
            }
            return self.error(stages.mark, format!("`stages` is a map, not {}", stages.kind()));
        };
        for (key, node) in entries {
            self.check_name(key)?;
            if node.get("foreach").is_some() || node.get("do").is_some() {
                self.foreach(key, node)?;
            } else if let Some(matrix) = node.get("matrix") {
                self.matrix(key, node, matrix)?;
            } else {
                let definition = Definition { name: key.name.clone(), mark: key.mark, node };
                self.stage(&definition, &[], false)?;
            }
        }
        Ok(())
    }

    /// Names only need to be what targets and locks can tell apart; DVC, too, reads what its
    /// `stage add` would not have written.
    fn check_name(&self, Key { name, mark }: &Key) -> Result<()> {
        let fault = if name.is_empty() {
            "it is empty"
        } else if name.contains(JOIN) {
            "`@` is for the stages of `foreach` and `matrix`"
        } else if name.contains(char::is_control) {
            "it has a control character"
        } else {
            return Ok(());
        };
        let name = display_bytes(name.as_bytes());
        self.error(*mark, format!("`{name}` is no name for a stage: {fault}"))
    }

    fn foreach(&mut self, key: &Key, node: &Node) -> Result<()> {
        let group: schema::Group =
            yaml::from_node(node).map_err(|problem| self.text.problem(problem))?;
        if let Some(matrix) = group.template.get("matrix") {
            return self.error(matrix.mark, "`matrix` cannot stand in a `foreach`");
        }
        let mut resolver = Resolver::new(&self.context, &[]);
        let over = resolver.var(&group.foreach).map_err(|problem| self.text.template(problem))?;
        let mut iterations: IndexMap<String, Rc<Var>> = IndexMap::new();
        let is_map = over.entries().is_some();
        if let Some(entries) = over.entries() {
            iterations.extend(entries.iter().map(|(key, var)| (key.clone(), Rc::clone(var))));
        } else if let Some(items) = over.items() {
            let composite = items.iter().any(|item| item.is_container());
            for (at, item) in items.iter().enumerate() {
                let name = if composite { at.to_string() } else { item.name().unwrap_or_default() };
                iterations.insert(name, Rc::clone(item));
            }
        } else {
            let message = format!("`foreach` goes over a list or a map, not {}", over.kind());
            return self.error(group.foreach.mark, message);
        }
        let shadowed: &[&str] = if is_map { &["item", "key"] } else { &["item"] };
        self.note_shadowed(key, shadowed);
        for (name, item) in iterations {
            let mut locals = vec![("item", item)];
            if is_map {
                locals.push(("key", Var::literal(crate::format::Value::String(name.clone()))));
            }
            self.member(key, &name, &group.template, &locals)?;
        }
        Ok(())
    }

    fn matrix(&mut self, key: &Key, node: &Node, matrix: &Node) -> Result<()> {
        let mut resolver = Resolver::new(&self.context, &[]);
        let over = resolver.var(matrix).map_err(|problem| self.text.template(problem))?;
        let Some(axes) = over.entries().filter(|axes| !axes.is_empty()) else {
            return self.error(matrix.mark, "`matrix` is a map of names to lists of values");
        };
        let mut combinations: Vec<(String, IndexMap<String, Rc<Var>>)> = vec![Default::default()];
        for (axis, values) in axes {
            let values: Vec<Rc<Var>> = match (values.items(), values.entries()) {
                (Some(items), _) => items.to_vec(),
                (None, Some(entries)) => {
                    let name =
                        |name: &String| Var::literal(crate::format::Value::String(name.clone()));
                    entries.keys().map(name).collect()
                }
                (None, None) => {
                    let axis = display_bytes(axis.as_bytes());
                    let message = format!("`{axis}` of `matrix` is {}, not a list", values.kind());
                    return self.error(matrix.mark, message);
                }
            };
            if combinations.len().saturating_mul(values.len()) > MAX_STAGES {
                return self.error(matrix.mark, too_many());
            }
            combinations = product(&combinations, axis, &values);
        }
        self.note_shadowed(key, &["item", "key"]);
        let combinations: IndexMap<String, _> = combinations.into_iter().collect();
        for (name, item) in combinations {
            let locals = [
                ("key", Var::literal(crate::format::Value::String(name.clone()))),
                ("item", Var::literal_map(item)),
            ];
            self.member(key, &name, node, &locals)?;
        }
        Ok(())
    }

    /// Adds the stage of one iteration of the group `key`.
    fn member(&mut self, key: &Key, name: &str, node: &Node, locals: &Locals) -> Result<()> {
        let definition =
            Definition { name: format!("{}{JOIN}{name}", key.name), mark: key.mark, node };
        if name.contains(char::is_control) {
            let shown = display_bytes(definition.name.as_bytes());
            return self.error(key.mark, format!("`{shown}` has a control character in its name"));
        }
        let names = self.loaded.groups.entry(key.name.clone()).or_default();
        names.push(definition.name.clone());
        self.stage(&definition, locals, true)
    }

    /// Resolves one definition and adds its stage.
    fn stage(
        &mut self,
        definition: &Definition<'_>,
        locals: &Locals,
        is_member: bool,
    ) -> Result<()> {
        if self.loaded.stages.len() >= MAX_STAGES {
            return self.error(definition.mark, too_many());
        }
        let Some(fields) = definition.node.as_map() else {
            let name = display_bytes(definition.name.as_bytes());
            let kind = definition.node.kind();
            return self
                .error(definition.node.mark, format!("stage `{name}` is {kind}, not a map"));
        };
        let wdir = match definition.node.get("wdir") {
            Some(node) => self.wdir(node, locals)?,
            None => self.directory.clone(),
        };
        let vars = definition.node.get("vars");
        let own = match vars {
            None => None,
            Some(_) => {
                let mut context = self.context.clone();
                let reserved: Vec<&str> = locals.iter().map(|(name, _)| *name).collect();
                let loader = Loader { source: self.source, text: self.text };
                loader.add(&mut context, vars, &wdir, &definition.name, &reserved)?;
                Some(context)
            }
        };
        let context = own.as_ref().unwrap_or(&self.context);
        let mut resolver = Resolver::new(context, locals).weighing(self.weight);
        let mut resolved = Vec::with_capacity(fields.len());
        for (key, node) in fields {
            let place = match &key.name[..] {
                "vars" => continue,
                "matrix" if is_member => continue,
                "cmd" => Place::Command,
                _ => Place::Field,
            };
            let node = resolver.node(node, place).map_err(|problem| self.text.template(problem))?;
            resolved.push((key.clone(), node));
        }
        let used = std::mem::take(&mut resolver.used);
        self.weight = resolver.weight();
        let mark = definition.node.mark;
        let resolved = Node { mark, data: yaml::Data::Map(resolved) };
        let stage = self.convert(definition, wdir, &resolved, used)?;
        self.loaded.stages.push(stage);
        Ok(())
    }

    fn wdir(&self, node: &Node, locals: &Locals) -> Result<crate::fs::RepoPath> {
        let mut resolver = Resolver::new(&self.context, locals);
        let resolved =
            resolver.node(node, Place::Field).map_err(|problem| self.text.template(problem))?;
        let text: String =
            yaml::from_node(&resolved).map_err(|problem| self.text.problem(problem))?;
        paths::inside(&self.directory, &text).or_else(|message| self.error(node.mark, message))
    }

    /// Tells of variables that the iteration's own hide.
    fn note_shadowed(&mut self, key: &Key, names: &[&str]) {
        for name in names {
            if self.context.contains(name) {
                let message = format!(
                    "in these stages `{name}` is of the iteration, not the variable `{name}`"
                );
                self.note(key.mark, &message);
            }
        }
    }
}

/// Every one of `combinations` with every one of `values`; the last axis varies fastest.
fn product(
    combinations: &[(String, IndexMap<String, Rc<Var>>)],
    axis: &str,
    values: &[Rc<Var>],
) -> Vec<(String, IndexMap<String, Rc<Var>>)> {
    let mut all = Vec::with_capacity(combinations.len() * values.len());
    for (name, chosen) in combinations {
        for (at, value) in values.iter().enumerate() {
            let part = value.name().unwrap_or_else(|| format!("{axis}{at}"));
            let name = if chosen.is_empty() { part } else { format!("{name}-{part}") };
            let mut chosen = chosen.clone();
            chosen.insert(axis.to_owned(), Rc::clone(value));
            all.push((name, chosen));
        }
    }
    all
}

fn too_many() -> String {
    format!("this becomes more than {MAX_STAGES} stages")
}
