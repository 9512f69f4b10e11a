//! `${}` in pipeline files: values of parameters in the definitions of stages.
//!
//! Rules are DVC's, so that its users' files mean what they meant. A string that is one `${}` and
//! nothing else becomes the value with its type; within a longer string the value becomes text. In
//! `cmd` a map becomes arguments. `\${` stands for `${`. What came out of an expression is never
//! looked at again.
//!
//! Definitions are resolved as trees that still know their places in the file, so that an error
//! points at the expression and a value of a wrong type at where it was written.

mod context;
mod expr;
mod render;
mod style;
mod vars;

use std::rc::Rc;

use indexmap::IndexMap;

use crate::format::Value;
use crate::format::yaml::{Data as NodeData, Key, Mark, Node, Scalar};
use crate::fs::display_bytes;
use context::Data;
pub use context::{Context, Scope, Used, Var};
pub use vars::{DEFAULT_FILE, Loader};

/// What the definitions of one file may weigh with all expressions replaced: one for each value, and
/// one for every 16 bytes of text. A map of a thousand entries may stand in a thousand places of a
/// thousand stages.
pub const MAX_WEIGHT: usize = 8 << 20;

/// Why a definition could not be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Of the string that has the expression.
    pub mark: Mark,
    /// The expression as it is written, if it is one that is at fault.
    pub expression: Option<String>,
    pub message: String,
}

/// What a value may become at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Anything.
    Section,
    /// A field of a stage: neither a list nor a map.
    Field,
    /// A command: a map becomes arguments.
    Command,
}

/// One resolution.
pub struct Resolver<'a> {
    pub scope: Scope<'a>,
    /// Grows as expressions are resolved.
    pub used: Used,
    weight: usize,
}

impl<'a> Resolver<'a> {
    pub fn new(context: &'a Context, locals: &'a [(&'static str, Rc<Var>)]) -> Resolver<'a> {
        Resolver { scope: Scope { context, locals }, used: Used::new(), weight: 0 }
    }

    /// Goes on from what others have resolved: [`MAX_WEIGHT`] is for all of them together.
    #[must_use]
    pub fn weighing(mut self, weight: usize) -> Resolver<'a> {
        self.weight = weight;
        self
    }

    /// What everything resolved so far weighs.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// `node` with every expression in it replaced, in keys as well.
    ///
    /// # Errors
    /// At the string with an expression that is malformed, that names nothing, or whose value has no
    /// place there.
    pub fn node(&mut self, node: &Node, place: Place) -> Result<Node, Problem> {
        self.charge(node.as_str().unwrap_or_default(), node.mark)?;
        let data = match &node.data {
            NodeData::List(items) => {
                let items = items.iter().map(|item| self.node(item, place));
                NodeData::List(items.collect::<Result<_, _>>()?)
            }
            NodeData::Map(entries) => {
                let mut resolved: Vec<(Key, Node)> = Vec::with_capacity(entries.len());
                let mut templated = false;
                for (key, value) in entries {
                    let name = self.text(&key.name, place).map_err(|fault| fault.at(key.mark))?;
                    templated |= name != key.name;
                    let key = Key { name, mark: key.mark };
                    resolved.push((key, self.node(value, place)?));
                }
                if templated {
                    check_unique(&resolved)?;
                }
                NodeData::Map(resolved)
            }
            NodeData::Scalar(scalar) => match scalar.value.as_str() {
                Some(text) if text.contains("${") => {
                    let fail = |fault: Fault| fault.at(node.mark);
                    return match expr::exact(text) {
                        Some(inner) => {
                            let var = self.variable(inner, place).map_err(fail)?;
                            self.graft(&var, node)
                        }
                        None => Ok(string(self.text(text, place).map_err(fail)?, node)),
                    };
                }
                _ => NodeData::Scalar(scalar.clone()),
            },
        };
        Ok(Node { mark: node.mark, data })
    }

    /// `node` as a value to iterate over, in which variables still know their origin.
    pub fn var(&mut self, node: &Node) -> Result<Rc<Var>, Problem> {
        self.charge(node.as_str().unwrap_or_default(), node.mark)?;
        match &node.data {
            NodeData::List(items) => {
                let items = items.iter().map(|item| self.var(item));
                Ok(Var::literal_list(items.collect::<Result<_, _>>()?))
            }
            NodeData::Map(entries) => {
                let mut resolved = IndexMap::with_capacity(entries.len());
                for (key, value) in entries {
                    let name =
                        self.text(&key.name, Place::Section).map_err(|fault| fault.at(key.mark))?;
                    resolved.insert(name, self.var(value)?);
                }
                Ok(Var::literal_map(resolved))
            }
            NodeData::Scalar(scalar) => match scalar.value.as_str() {
                Some(text) if text.contains("${") => {
                    let fail = |fault: Fault| fault.at(node.mark);
                    match expr::exact(text) {
                        Some(inner) => self.variable(inner, Place::Section).map_err(fail),
                        None => {
                            let text = self.text(text, Place::Section).map_err(fail)?;
                            Ok(Var::literal(Value::String(text)))
                        }
                    }
                }
                _ => Ok(Var::literal(scalar.value.clone())),
            },
        }
    }

    /// `text` with every expression in it as text.
    fn text(&mut self, text: &str, place: Place) -> Result<String, Fault> {
        let mut resolved = String::with_capacity(text.len());
        let mut from = 0;
        for found in expr::places(text) {
            resolved.push_str(&text[from..found.range.start]);
            from = found.range.end;
            let var = self.variable(found.inner, place)?;
            let rendered = match var.data() {
                Data::Leaf(value) => Ok(render::scalar(value).unwrap_or_default()),
                Data::Map(_) => {
                    render::arguments(&var, self.scope.context.style).map_err(|option| {
                        let option = display_bytes(option.as_bytes());
                        format!("its `{option}` has lists in a list, which are no arguments")
                    })
                }
                Data::List(_) => Err("a list is no text".to_owned()),
            };
            let fail = |reason: String| Fault::new(found.inner, &reason);
            let rendered = rendered.map_err(fail)?;
            if !self.bears(&rendered) {
                return Err(fail(TOO_MUCH.to_owned()));
            }
            resolved.push_str(&rendered);
        }
        resolved.push_str(&text[from..]);
        Ok(resolved.replace(r"\${", "${"))
    }

    /// What the expression `inner` names.
    fn variable(&mut self, inner: &str, place: Place) -> Result<Rc<Var>, Fault> {
        let fail = |reason: String| Fault::new(inner, &reason);
        let names = expr::parse(inner).map_err(fail)?;
        let var = self.scope.find(&names, &mut self.used).map_err(|reason| {
            let is_shell = place == Place::Command && names.len() == 1 && is_shell_name(inner);
            fail(match is_shell {
                true => format!("{reason}; if the shell shall replace it, write `\\${{{inner}}}`"),
                false => reason,
            })
        })?;
        let fits = match var.data() {
            Data::Leaf(_) => true,
            Data::Map(_) => place != Place::Field,
            Data::List(_) => place == Place::Section,
        };
        if fits {
            Ok(Rc::clone(var))
        } else {
            Err(fail(format!("{} cannot stand here", var.kind())))
        }
    }

    /// The value of `var`, as if it had been written where `node` is.
    fn graft(&mut self, var: &Var, node: &Node) -> Result<Node, Problem> {
        self.charge("", node.mark)?;
        let data = match var.data() {
            Data::Leaf(value) => {
                self.charge(value.as_str().unwrap_or_default(), node.mark)?;
                let plain = value.as_str().is_none();
                NodeData::Scalar(Scalar::of(value.clone(), plain))
            }
            Data::List(items) => {
                let items = items.iter().map(|item| self.graft(item, node));
                NodeData::List(items.collect::<Result<_, _>>()?)
            }
            Data::Map(entries) => {
                let entry = |(name, var): (&String, &Rc<Var>)| {
                    let key = Key { name: name.clone(), mark: node.mark };
                    Ok((key, self.graft(var, node)?))
                };
                NodeData::Map(entries.iter().map(entry).collect::<Result<_, _>>()?)
            }
        };
        Ok(Node { mark: node.mark, data })
    }

    fn charge(&mut self, text: &str, mark: Mark) -> Result<(), Problem> {
        if self.bears(text) { Ok(()) } else { Err(problem(mark, TOO_MUCH.to_owned())) }
    }

    /// Whether one more value with this text is still within the bounds.
    fn bears(&mut self, text: &str) -> bool {
        self.weight += 1 + text.len() / 16;
        self.weight <= MAX_WEIGHT
    }
}

const TOO_MUCH: &str = "with all expressions replaced, this is too much";

/// Whether an expression stands anywhere in `node`, and where the first one does.
pub fn first_expression(node: &Node) -> Option<Mark> {
    let has = |text: &str| !expr::places(text).is_empty();
    match &node.data {
        NodeData::Scalar(scalar) => scalar.value.as_str().is_some_and(has).then_some(node.mark),
        NodeData::List(items) => items.iter().find_map(first_expression),
        NodeData::Map(entries) => entries.iter().find_map(|(key, value)| {
            has(&key.name).then_some(key.mark).or_else(|| first_expression(value))
        }),
    }
}

fn string(text: String, node: &Node) -> Node {
    Node { mark: node.mark, data: NodeData::Scalar(Scalar::of(Value::String(text), false)) }
}

/// Whether `name` may be a variable of the shell, which has the same notation.
fn is_shell_name(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(word)
}

fn check_unique(entries: &[(Key, Node)]) -> Result<(), Problem> {
    let mut seen = std::collections::HashSet::new();
    match entries.iter().find(|(key, _)| !seen.insert(&key.name)) {
        None => Ok(()),
        Some((key, _)) => Err(problem(
            key.mark,
            format!("`{}` is here twice", display_bytes(key.name.as_bytes())),
        )),
    }
}

fn problem(mark: Mark, message: String) -> Problem {
    Problem { mark, expression: None, message }
}

/// An expression that cannot be resolved; its place is not known yet.
struct Fault {
    expression: String,
    message: String,
}

impl Fault {
    fn new(inner: &str, reason: &str) -> Fault {
        let expression = format!("${{{inner}}}");
        let shown = display_bytes(expression.as_bytes());
        Fault { message: format!("cannot resolve `{shown}`: {reason}"), expression }
    }

    fn at(self, mark: Mark) -> Problem {
        Problem { mark, expression: Some(self.expression), message: self.message }
    }
}
