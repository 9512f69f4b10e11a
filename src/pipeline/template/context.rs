//! The variables that `${}` may name, and where each came from.

use std::collections::BTreeMap;
use std::rc::Rc;

use indexmap::IndexMap;

use super::render;
use super::style::Style;
use crate::format::{Value, value};
use crate::fs::RepoPath;

/// A value that knows where it was read.
#[derive(Clone, Debug)]
pub struct Var {
    data: Data,
    origin: Option<Origin>,
}

/// Children are shared, so that a context for a single stage costs no copy of large parameters.
#[derive(Clone, Debug)]
pub(super) enum Data {
    /// Neither a list nor a map.
    Leaf(Value),
    List(Vec<Rc<Var>>),
    Map(IndexMap<String, Rc<Var>>),
}

/// Where a variable was read.
#[derive(Clone, Debug)]
struct Origin {
    source: Rc<Source>,
    /// Dotted names from the top of the source.
    path: String,
}

/// Something that defines variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Its keys are parameters that other commands can show.
    File(RepoPath),
    /// A map in the pipeline file: `vars[0]`, `train.vars[1]`.
    Inline(String),
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::File(path) => path.fmt(f),
            Source::Inline(name) => f.write_str(&crate::fs::display_bytes(name.as_bytes())),
        }
    }
}

impl Var {
    pub(super) fn data(&self) -> &Data {
        &self.data
    }

    /// Something written in the definition of a stage itself, which is no variable.
    pub fn literal(value: Value) -> Rc<Var> {
        Rc::new(Var { data: convert(value, None), origin: None })
    }

    pub fn literal_list(items: Vec<Rc<Var>>) -> Rc<Var> {
        Rc::new(Var { data: Data::List(items), origin: None })
    }

    pub fn literal_map(entries: IndexMap<String, Rc<Var>>) -> Rc<Var> {
        Rc::new(Var { data: Data::Map(entries), origin: None })
    }

    /// The entries, if this is a map.
    pub fn entries(&self) -> Option<&IndexMap<String, Rc<Var>>> {
        match &self.data {
            Data::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, if this is a list.
    pub fn items(&self) -> Option<&[Rc<Var>]> {
        match &self.data {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    /// What a stage made for this value is called after `@`; `None` of lists and maps.
    ///
    /// A boolean is `true` if it is written in the definition, and `True` if it is a variable: DVC
    /// has it so, and its lock has these names.
    pub fn name(&self) -> Option<String> {
        match (&self.data, &self.origin) {
            (Data::Leaf(value), Some(_)) => render::python(value),
            (Data::Leaf(value), None) => render::scalar(value),
            _ => None,
        }
    }

    /// Whether this is a list or a map.
    pub fn is_container(&self) -> bool {
        !matches!(self.data, Data::Leaf(_))
    }

    /// What this is, for messages.
    pub fn kind(&self) -> &'static str {
        match &self.data {
            Data::Leaf(value) => value.kind(),
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }

    pub fn value(&self) -> Value {
        match &self.data {
            Data::Leaf(value) => value.clone(),
            Data::List(items) => Value::List(items.iter().map(|item| item.value()).collect()),
            Data::Map(entries) => {
                Value::Map(entries.iter().map(|(key, var)| (key.clone(), var.value())).collect())
            }
        }
    }

    /// The file and the dotted key that this was read from. A map as a whole has none: the use of it
    /// shows in the command that it became arguments of.
    fn parameter(&self) -> Option<(&RepoPath, &str)> {
        match (&self.data, &self.origin) {
            (Data::Map(_), _) | (_, None) => None,
            (_, Some(Origin { source, path })) => match &**source {
                Source::File(file) => Some((file, path)),
                Source::Inline(_) => None,
            },
        }
    }

    fn child(&self, name: &str) -> Option<&Rc<Var>> {
        match &self.data {
            Data::Leaf(_) => None,
            Data::Map(entries) => entries.get(name),
            Data::List(items) => {
                let at: isize = name.parse().ok()?;
                let from_end = || items.len().checked_sub(at.unsigned_abs());
                items.get(usize::try_from(at).ok().or_else(from_end)?)
            }
        }
    }
}

fn convert(value: Value, origin: Option<&Origin>) -> Data {
    let child = |name: &str, value: Value| {
        let origin = origin.map(|Origin { source, path }| Origin {
            source: Rc::clone(source),
            path: if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") },
        });
        Rc::new(Var { data: convert(value, origin.as_ref()), origin })
    };
    match value {
        Value::List(items) => {
            let items = items.into_iter().enumerate();
            Data::List(items.map(|(at, item)| child(&at.to_string(), item)).collect())
        }
        Value::Map(entries) => {
            let entry = |(key, value): (String, Value)| {
                let var = child(&key, value);
                (key, var)
            };
            Data::Map(entries.into_iter().map(entry).collect())
        }
        leaf => Data::Leaf(leaf),
    }
}

/// Why a map of variables cannot be added to those that are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Conflict {
    /// `key` comes from both sources.
    Twice { key: String, new: String, old: String },
    /// `key` is set by the iteration.
    Reserved { key: String },
}

/// Variables by name.
#[derive(Clone, Debug, Default)]
pub struct Context {
    vars: IndexMap<String, Rc<Var>>,
    /// Files that were read: whole, or which of their keys.
    pub(super) imports: BTreeMap<RepoPath, Option<Vec<String>>>,
    pub(super) style: Style,
}

impl Context {
    pub fn contains(&self, name: &str) -> bool {
        self.vars.contains_key(name)
    }

    /// Adds the variables of `map`. Maps that are there already take what is new in them; nothing
    /// that is there is ever changed.
    pub(super) fn add(
        &mut self,
        map: value::Map,
        source: Source,
        reserved: &[&str],
    ) -> Result<(), Conflict> {
        if let Some(key) = reserved.iter().find(|key| map.contains_key(**key)) {
            return Err(Conflict::Reserved { key: (*key).to_owned() });
        }
        let origin = Origin { source: Rc::new(source), path: String::new() };
        match convert(Value::Map(map), Some(&origin)) {
            Data::Map(entries) => merge(&mut self.vars, entries),
            _ => Ok(()),
        }
    }
}

fn merge(
    into: &mut IndexMap<String, Rc<Var>>,
    new: IndexMap<String, Rc<Var>>,
) -> Result<(), Conflict> {
    for (key, var) in new {
        let Some(old) = into.get_mut(&key) else {
            into.insert(key, var);
            continue;
        };
        if !matches!((&old.data, &var.data), (Data::Map(_), Data::Map(_))) {
            let of = |var: &Var| var.origin.as_ref().map(|origin| origin.source.to_string());
            let path = var.origin.as_ref().map_or(&key, |origin| &origin.path);
            return Err(Conflict::Twice {
                key: path.clone(),
                new: of(&var).unwrap_or_default(),
                old: of(old).unwrap_or_default(),
            });
        }
        let old = Rc::make_mut(old);
        if let (Data::Map(old), Data::Map(new)) = (&mut old.data, Rc::unwrap_or_clone(var).data) {
            merge(old, new)?;
        }
    }
    Ok(())
}

/// Parameters that were used: files, and for each its dotted keys, in order of first use.
pub type Used = IndexMap<RepoPath, Vec<String>>;

/// What one stage can name: the variables, and above them `item` and `key` of its iteration.
#[derive(Clone)]
pub struct Scope<'a> {
    pub(super) context: &'a Context,
    pub(super) locals: &'a [(&'static str, Rc<Var>)],
}

impl Scope<'_> {
    /// The variable that `names` lead to. If it came from a file, the use is noted.
    ///
    /// # Errors
    /// Says which name leads nowhere.
    pub(super) fn find(&self, names: &[&str], used: &mut Used) -> Result<&Rc<Var>, String> {
        let (first, rest) = names.split_first().expect("an expression has a name");
        let local = self.locals.iter().find(|(name, _)| name == first).map(|(_, var)| var);
        let Some(mut found) = local.or_else(|| self.context.vars.get(*first)) else {
            return Err(format!("there is no `{}`", shown(first)));
        };
        for (at, name) in rest.iter().enumerate() {
            found = found.child(name).ok_or_else(|| {
                let above = names[..=at].join(".");
                match found.is_container() {
                    true => format!("there is no `{}` in `{}`", shown(name), shown(&above)),
                    false => format!("`{}` is {}, not a map", shown(&above), found.kind()),
                }
            })?;
        }
        if let Some((file, key)) = found.parameter() {
            let keys = used.entry(file.clone()).or_default();
            if !keys.iter().any(|known| known == key) {
                keys.push(key.to_owned());
            }
        }
        Ok(found)
    }
}

fn shown(name: &str) -> String {
    crate::fs::display_bytes(name.as_bytes())
}
