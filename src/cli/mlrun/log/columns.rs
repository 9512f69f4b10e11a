//! Which columns the table has.

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::{LogArgs, parse_key};
use crate::cli::{CliError, Ui};
use crate::fs::display_bytes;
use crate::pipeline::workspace::near::near;
use crate::runs::query::{Attribute, Key, Wildcard};
use crate::runs::{Group, Runs, Scalar, Summary};

/// What a table for people begins with.
const SHORT: [Attribute; 7] = [
    Attribute::Id,
    Attribute::Name,
    Attribute::Started,
    Attribute::Status,
    Attribute::Duration,
    Attribute::Branch,
    Attribute::Commit,
];
/// What a table for programs begins with.
const LONG: [Attribute; 13] = [
    Attribute::Id,
    Attribute::Name,
    Attribute::Kind,
    Attribute::Stage,
    Attribute::Status,
    Attribute::ExitCode,
    Attribute::Started,
    Attribute::Duration,
    Attribute::User,
    Attribute::Host,
    Attribute::Branch,
    Attribute::Commit,
    Attribute::Dirty,
];

/// The columns: those that were asked for; else attributes, metrics and params. `optional` is where
/// those begin that may be left out for want of space.
pub struct Columns {
    pub keys: Vec<Key>,
    pub optional: usize,
}

pub fn columns(
    ui: &Ui,
    args: &LogArgs,
    runs: &Runs,
    rows: &[Summary<'_>],
) -> Result<Columns, CliError> {
    let seen = Seen::of(rows);
    if !args.columns.is_empty() {
        let keys = expand(ui, runs, &seen, "--columns", &args.columns)?;
        if keys.is_empty() && !rows.is_empty() {
            tell_no_keys(ui, &seen, &args.columns);
        }
        return Ok(Columns { optional: keys.len(), keys });
    }
    let attributes: &[Attribute] = if args.csv { &LONG } else { &SHORT };
    let mut keys: Vec<Key> = attributes.iter().copied().map(Key::Attribute).collect();
    for key in expand(ui, runs, &seen, "--add-columns", &args.add_columns)? {
        push(&mut keys, key);
    }
    let optional = keys.len();
    for key in seen.metrics().chain(seen.params(args.csv || rows.len() == 1)) {
        push(&mut keys, key);
    }
    Ok(Columns { keys, optional })
}

/// Says that nothing is called as `lists` have it, and what may have been meant.
fn tell_no_keys(ui: &Ui, seen: &Seen<'_>, lists: &[String]) {
    let attributes = Attribute::ALL.iter().map(|attribute| attribute.name());
    let names: Vec<&str> = attributes.chain(seen.keys.keys().map(|(_, key)| *key)).collect();
    let mut meant = Vec::new();
    for text in texts(lists) {
        if is_glob(text) {
            ui.warn(format_args!("no key matches `{}`", display_bytes(text.as_bytes())));
        }
        meant.extend(near(text.trim_matches(['*', '?']), names.iter().copied()));
    }
    let meant: Vec<String> =
        meant.iter().map(|name| format!("`{}`", display_bytes(name.as_bytes()))).collect();
    match &meant[..] {
        [] => ui.hint(
            "`git mlrun log --help` lists what every run has; `--columns '*'` shows all metrics and \
             params",
        ),
        meant => ui.hint(format_args!("did you mean {}?", meant.join(" or "))),
    }
}

fn push(keys: &mut Vec<Key>, key: Key) {
    if !keys.contains(&key) {
        keys.push(key);
    }
}

/// Every key of the rows, in the order in which they come.
struct Seen<'a> {
    keys: IndexMap<(Group, &'a str), Values<'a>>,
    rows: usize,
}

struct Values<'a> {
    first: Scalar<&'a str>,
    count: usize,
    differ: bool,
}

impl<'a> Seen<'a> {
    fn of(rows: &[Summary<'a>]) -> Seen<'a> {
        let mut keys: IndexMap<(Group, &str), Values<'_>> = IndexMap::new();
        for run in rows {
            let mut at = 0;
            for (group, key, value) in run.values() {
                // Most runs have the keys of the first one, in the same order.
                if keys.get_index(at).is_none_or(|(known, _)| *known != (group, key)) {
                    let first = Values { first: value, count: 0, differ: false };
                    at = match keys.entry((group, key)) {
                        Entry::Occupied(known) => known.index(),
                        Entry::Vacant(new) => new.insert_entry(first).index(),
                    };
                }
                let values = &mut keys[at];
                values.count += 1;
                values.differ |= values.first != value;
                at += 1;
            }
        }
        Seen { keys, rows: rows.len() }
    }

    fn metrics(&self) -> impl Iterator<Item = Key> {
        let metrics = self.keys.keys().filter(|(group, _)| *group == Group::Metric);
        metrics.map(|(group, key)| Key::Of(*group, (*key).to_owned()))
    }

    /// Those whose values differ among the rows, or that some rows lack; or all.
    fn params(&self, all: bool) -> impl Iterator<Item = Key> {
        let params = self.keys.iter().filter(move |((group, _), values)| {
            *group == Group::Param && (all || values.differ || values.count < self.rows)
        });
        params.map(|((group, key), _)| Key::Of(*group, (*key).to_owned()))
    }

    /// The keys of a group that a glob matches.
    fn matching(&self, group: Group, glob: &str) -> impl Iterator<Item = Key> {
        let wildcard = Wildcard::glob(glob);
        let matching = self.keys.keys().filter(move |(of, key)| {
            (*of == group || (group == Group::Metric && *of == Group::Curve && glob.contains('.')))
                && wildcard.matches(key)
        });
        matching.map(move |(_, key)| Key::Of(group, (*key).to_owned()))
    }
}

/// What stands between commas.
fn texts(lists: &[String]) -> impl Iterator<Item = &str> {
    let texts = lists.iter().flat_map(|list| list.split(',')).map(str::trim);
    texts.filter(|text| !text.is_empty())
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Keys as they were typed, globs as the keys of the rows that they match.
fn expand(
    ui: &Ui,
    runs: &Runs,
    seen: &Seen<'_>,
    option: &str,
    lists: &[String],
) -> Result<Vec<Key>, CliError> {
    let mut keys = Vec::new();
    for text in texts(lists) {
        if !is_glob(text) {
            parse_key(ui, runs, option, text)?.into_iter().for_each(|key| push(&mut keys, key));
            continue;
        }
        let wrong = |error| CliError::usage(format!("cannot understand `{option}`: {error}"));
        match Key::parse(text).map_err(wrong)? {
            Key::Of(group, glob) => {
                seen.matching(group, &glob).for_each(|key| push(&mut keys, key));
            }
            Key::Bare(glob) => {
                let [metrics, params] =
                    [Group::Metric, Group::Param].map(|group| seen.matching(group, &glob));
                metrics.chain(params).for_each(|key| push(&mut keys, key));
            }
            attribute @ Key::Attribute(_) => push(&mut keys, attribute),
        }
    }
    Ok(keys)
}
