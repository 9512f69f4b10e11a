//! The language of `git mlrun log --filter`.
//!
//! ```text
//! filter     = and { "or" and }
//! and        = not { "and" not }
//! not        = "not" not | "(" filter ")" | test
//! test       = key                                      it is true
//!            | key ( "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=" ) value
//!            | key ( "~" | "!~" ) value                 a glob: * any text, ? any character
//!            | key [ "not" ] ( "like" | "ilike" ) value a pattern of SQL: % and _; ilike without case
//!            | key [ "not" ] "contains" value           part of a text, or an item of a list
//!            | key [ "not" ] "in" "(" value { "," value } ")"
//!            | key "is" [ "not" ] "null"
//! key        = ( "params" | "metrics" | "tags" | "attributes" ) "." name | name
//! name       = word | `quoted` | "quoted"
//! value      = word | 'quoted' | "quoted"
//! ```
//!
//! Keywords have any case. A word has neither white space nor any of ``()'"`,=!<>~``; a quote inside of
//! quotes is doubled.
//!
//! - `metrics.loss` is also the last value of a curve, `metrics.loss.min`, `.max` and `.last` are of
//!   curves.
//! - A name alone is an attribute, else a metric or a param; one that is both is an error.
//! - Two numbers are compared by value, whether integer, float, or a string that reads as one; all else
//!   as text. `kind`, `status` and `how` ignore case; of `id` and `commit` the first four digits or more
//!   are enough.
//! - `duration` and `cpu` take seconds or units (`10m`, `1h30m`), `memory` bytes (`2GiB`), `started` and
//!   `ended` a time, a date (the whole day), `today`, `yesterday`, or an age (`3d`); digits alone are
//!   milliseconds since 1970.
//! - What a run does not have, or is null, is never equal, unequal, less or greater: only `is null` is
//!   true of it.
//!
//! Filters of MLflow mean here what they mean there, except that text of other case than `FINISHED` is
//! a status too, and that `params` that are numbers compare as such. Length and depth are bounded.

mod ast;
mod eval;
mod key;
mod lexer;
mod operand;
mod parser;
#[cfg(test)]
mod tests;
mod wildcard;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use ast::{Comparison, Expression, Test, Verb};
pub use key::{Attribute, Datum, Key};
pub use operand::{Literal, compare};
pub use wildcard::Wildcard;

use super::{Group, Runs, Summary};

/// The longest filter, in bytes.
const MAX_LEN: usize = 16 << 10;
/// Parentheses and `not`s inside of each other.
const MAX_DEPTH: usize = 64;

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    text: String,
    expression: Expression,
}

/// What is wrong with a filter, with a caret below the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{excerpt}")]
pub struct QueryError {
    pub message: String,
    /// Characters before the place.
    pub column: usize,
    excerpt: String,
}

impl QueryError {
    /// `at` counts the bytes of `text` before the place.
    fn new(text: &str, at: usize, message: impl Into<String>) -> QueryError {
        if text.is_empty() {
            return QueryError { message: message.into(), column: 0, excerpt: String::new() };
        }
        let column = text.get(..at).map_or(0, |before| before.chars().count());
        let (shown, before) = crate::fs::clip(text, column);
        let excerpt = format!("\n  {shown}\n  {}^", " ".repeat(before));
        QueryError { message: message.into(), column, excerpt }
    }
}

impl Query {
    /// Reads a filter; ages in it count from `now`.
    ///
    /// # Errors
    /// It cannot be understood: where, and what was expected.
    pub fn parse(text: &str, now: Timestamp) -> Result<Query, QueryError> {
        if text.len() > MAX_LEN {
            return Err(QueryError::new("", 0, format!("it is longer than {MAX_LEN} bytes")));
        }
        Ok(Query { text: text.to_owned(), expression: parser::parse(text, now)? })
    }

    pub fn expression(&self) -> &Expression {
        &self.expression
    }

    /// Decides what each name without a prefix is, by what the runs have. Returns those that none has:
    /// nothing is true of them.
    ///
    /// # Errors
    /// A name is both a metric and a param.
    pub fn bind(&mut self, runs: &Runs) -> Result<Vec<String>, QueryError> {
        let mut bare: BTreeMap<String, usize> = BTreeMap::new();
        self.expression.each_test(&mut |test| {
            if let Key::Bare(name) = &test.key {
                bare.entry(name.clone()).or_insert(test.at);
            }
        });
        let groups = groups(runs, bare.keys().map(String::as_str).collect());
        let is = |name: &str, group| groups.contains(&(name.to_owned(), group));
        let both = |name: &String| is(name, Group::Metric) && is(name, Group::Param);
        if let Some((name, at)) = bare.iter().find(|(name, _)| both(name)) {
            let [metric, param] = [Group::Metric, Group::Param].map(|of| Key::Of(of, name.clone()));
            let message = format!("this is a metric and a param: write `{metric}` or `{param}`");
            return Err(QueryError::new(&self.text, *at, message));
        }
        let mut unknown = BTreeSet::new();
        self.expression.each_test_mut(&mut |test| {
            let Key::Bare(name) = &test.key else { return };
            match [Group::Metric, Group::Param].into_iter().find(|group| is(name, *group)) {
                Some(group) => test.key = Key::Of(group, name.clone()),
                None => drop(unknown.insert(name.clone())),
            }
        });
        Ok(unknown.into_iter().collect())
    }

    pub fn matches(&self, run: Summary<'_>) -> bool {
        self.expression.is_true(run)
    }
}

/// What a key without a prefix is, by what the runs have; `None` if none has it.
///
/// # Errors
/// It is both a metric and a param.
pub fn bind(key: Key, runs: &Runs) -> Result<Option<Key>, QueryError> {
    let Key::Bare(name) = key else { return Ok(Some(key)) };
    let expression =
        Expression::Test(Test { key: Key::Bare(name.clone()), verb: Verb::Holds, at: 0 });
    let mut query = Query { text: name, expression };
    query.bind(runs)?;
    match query.expression {
        Expression::Test(Test { key: key @ Key::Of(..), .. }) => Ok(Some(key)),
        _ => Ok(None),
    }
}

/// Which of `names` are metrics and which params, in whatever run.
fn groups(runs: &Runs, names: BTreeSet<&str>) -> BTreeSet<(String, Group)> {
    let mut found = BTreeSet::new();
    if names.is_empty() {
        return found;
    }
    for (group, key, _) in runs.iter().flat_map(Summary::values) {
        let group = if group == Group::Curve { Group::Metric } else { group };
        if group != Group::Tag && names.contains(key) {
            found.insert((key.to_owned(), group));
        }
    }
    found
}
