//! The filters of Jinja 3.1, with its arguments.
//!
//! Most are the engine's: they get their arguments by place or name, as Python does, and pay for what
//! they read and make. Those that write text are in [`super::text`].

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value, filters,
    tests,
};
use minijinja_contrib::globals;

use super::args::{Args, wrong};
use super::cost::{self, ITEM, NESTED};
use super::{html, operators, python, strings, text};

/// Writes what `{{ … }}` gives.
pub(super) fn write(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    if matches!(state.auto_escape(), AutoEscape::None) || value.is_safe() {
        return python::write_str(out, value);
    }
    let text = python::str(value)?;
    cost::charge_product(text.len(), 5)?;
    Ok(out.write_str(&html::escape(&text))?)
}

pub(super) fn register(environment: &mut Environment<'_>) {
    // The engine's own, which Jinja does not have.
    for name in ["split", "lines", "bool", "chain", "zip"] {
        environment.remove_filter(name);
    }
    for name in ["startingwith", "endingwith"] {
        environment.remove_test(name);
    }
    environment.remove_global("debug");
    environment.add_test("callable", |value: Value| {
        matches!(value.kind(), ValueKind::Plain) && value.as_object().is_some()
    });
    environment.add_function("cycler", |items: Rest<Value>| globals::cycler(items.0));
    environment.add_function("dict", |args: Rest<ValueOrKwargs>| dict(&args.into_values()));
    environment.add_test("sequence", |value: Value| {
        matches!(value.kind(), ValueKind::Seq | ValueKind::String | ValueKind::Map)
    });
    environment.add_function("joiner", globals::joiner);
    environment.add_function("lipsum", |_: Rest<ValueOrKwargs>| -> Result<String, Error> {
        Err(wrong("`lipsum` is not there: its text is another one each time"))
    });

    comparing(environment);
    engines(environment);
    text::register(environment);
    let mut add = |name: &'static str, filter: fn(&Value, &[Value]) -> Result<Value, Error>| {
        environment.add_filter(
            name,
            move |state: &State<'_, '_>, value: Value, args: Rest<ValueOrKwargs>| {
                let args = args.into_values();
                defined(state, &value, &args)?;
                cost::charge(64)?;
                filter(&value, &args)
            },
        );
    };
    add("list", |value, args| {
        Args::bind("list", &[], args)?;
        cost::charge(NESTED)?;
        match value.as_str() {
            Some(text) => {
                cost::charge_product(text.len(), ITEM)?;
                Ok(text.chars().map(|c| Value::from(c.to_string())).collect())
            }
            None => operators::items(value).map(Value::from),
        }
    });
    add("string", |value, args| {
        Args::bind("string", &[], args)?;
        if value.as_str().is_some() {
            Ok(value.clone())
        } else {
            python::str(value).map(Value::from)
        }
    });
    add("batch", |value, args| {
        let args = Args::bind("batch", &["linecount", "fill_with"], args)?;
        let size = usize::try_from(super::args::int(args.required(0)?)?).unwrap_or(0).max(1);
        let all = operators::items(value)?;
        let fill = args.some(1);
        cost::charge(if fill.is_some() { size.saturating_mul(ITEM) } else { 0 })?;
        cost::charge_product(all.len().div_ceil(size), NESTED)?;
        let rows = all.chunks(size).map(|row| {
            let missing = fill.map_or(0, |_| size - row.len());
            let fill = std::iter::repeat_n(fill.cloned().unwrap_or_default(), missing);
            row.iter().cloned().chain(fill).collect::<Value>()
        });
        Ok(rows.collect())
    });
    add("slice", |value, args| {
        let args = Args::bind("slice", &["slices", "fill_with"], args)?;
        let slices = usize::try_from(super::args::int(args.required(0)?)?).unwrap_or(0).max(1);
        let all = operators::items(value)?;
        cost::charge_product(slices, NESTED)?;
        let (each, more) = (all.len() / slices, all.len() % slices);
        let mut rest = &all[..];
        let mut columns = Vec::new();
        for number in 0..slices {
            let (column, after) = rest.split_at(each + usize::from(number < more));
            rest = after;
            let mut column = column.to_vec();
            column.extend(args.some(1).filter(|_| number >= more && more > 0).cloned());
            columns.push(Value::from(column));
        }
        Ok(Value::from(columns))
    });
    add("reverse", |value, args| {
        Args::bind("reverse", &[], args)?;
        match value.as_str() {
            Some(text) => {
                cost::charge(text.len())?;
                Ok(Value::from(text.chars().rev().collect::<String>()))
            }
            None => Ok(operators::items(value)?.into_iter().rev().collect()),
        }
    });
    for name in ["count", "length"] {
        add(name, |value, args| {
            Args::bind("length", &[], args)?;
            cost::charge(value.as_str().map_or(0, str::len) / 8)?;
            match value.len() {
                Some(len) => Ok(Value::from(len)),
                None if value.is_undefined() => Ok(Value::from(0)),
                None => operators::items(value).map(|items| Value::from(items.len())),
            }
        });
    }
    add("int", |value, args| {
        let args = Args::bind("int", &["default", "base"], args)?;
        let base = u32::try_from(args.int(1, 10)?).unwrap_or(0);
        Ok(integer(value, base).unwrap_or_else(|| args.get(0).cloned().unwrap_or(Value::from(0))))
    });
    add("float", |value, args| {
        let args = Args::bind("float", &["default"], args)?;
        let float = match value.as_str() {
            Some(text) => text.trim_matches(super::lex::is_blank).parse().ok(),
            None => operators::to_float(value),
        };
        Ok(float.map_or_else(|| args.get(0).cloned().unwrap_or(Value::from(0.0)), Value::from))
    });
    add("capitalize", |value, args| {
        Args::bind("capitalize", &[], args)?;
        Ok(Value::from(strings::capitalize(&python::str(value)?)))
    });
}

/// What `int` of Python makes of it, or else of the float that it is.
fn integer(value: &Value, base: u32) -> Option<Value> {
    let float = match value.as_str() {
        Some(text) => {
            let text = text.trim_matches(super::lex::is_blank);
            let (sign, digits) = match text.strip_prefix('-') {
                Some(digits) => (-1, digits),
                None => (1, text.strip_prefix('+').unwrap_or(text)),
            };
            let prefix = match base {
                16 => ["0x", "0X"],
                8 => ["0o", "0O"],
                2 => ["0b", "0B"],
                _ => ["", ""],
            };
            let digits =
                prefix.iter().find_map(|prefix| digits.strip_prefix(prefix)).unwrap_or(digits);
            let is_number = (2..=36).contains(&base) && !digits.starts_with(['+', '-']);
            let digits = digits.replace('_', "");
            if let Some(int) = is_number.then(|| i128::from_str_radix(&digits, base).ok()).flatten()
            {
                return Some(operators::int(sign * int));
            }
            text.parse().ok()?
        }
        None => match python::float(value) {
            Some(float) => float,
            None => return super::args::int(value).ok().map(Value::from),
        },
    };
    let whole = float.is_finite() && float.abs() < 1e38;
    whole.then(|| operators::int(float.trunc() as i128))
}

/// `dict` of a dict, or of pairs, and of named values.
fn dict(args: &[Value]) -> Result<Value, Error> {
    cost::charge(NESTED)?;
    let (named, places) = match args.split_last() {
        Some((last, before)) if last.is_kwargs() => (Some(last), before),
        _ => (None, args),
    };
    let mut pairs = Vec::new();
    for source in places.iter().chain(named) {
        for item in operators::items(source)? {
            pairs.push(match source.kind() {
                ValueKind::Map => (item.clone(), source.get_item(&item)?),
                _ => match &operators::items(&item)?[..] {
                    [key, value] => (key.clone(), value.clone()),
                    _ => return Err(wrong("`dict` takes pairs of a key and a value")),
                },
            });
        }
    }
    Ok(Value::from_pairs(pairs))
}

/// The engine's tests that look at all of a value, which has to be paid for.
fn comparing(environment: &mut Environment<'_>) {
    let mut add = |names: &[&'static str], test: Value| {
        for name in names {
            let test = test.clone();
            environment.add_test(
                *name,
                move |state: &mut State<'_, '_>, args: Rest<Value>| -> Result<bool, Error> {
                    args.iter().try_for_each(operators::weigh)?;
                    Ok(test.call(state, &args)?.is_true())
                },
            );
        }
    };
    add(&["eq", "equalto", "=="], Value::from_function(tests::is_eq));
    add(&["ne", "!="], Value::from_function(tests::is_ne));
    add(&["lt", "lessthan", "<"], Value::from_function(tests::is_lt));
    add(&["le", "<="], Value::from_function(tests::is_le));
    add(&["gt", "greaterthan", ">"], Value::from_function(tests::is_gt));
    add(&["ge", ">="], Value::from_function(tests::is_ge));
    add(&["in"], Value::from_function(tests::is_in));
    add(&["lower"], Value::from_function(tests::is_lower));
    add(&["upper"], Value::from_function(tests::is_upper));
}

/// Filters of the engine that compare the items of a value.
const COMPARING: [&str; 6] = ["dictsort", "groupby", "max", "min", "sort", "unique"];

/// Filters of the engine that take text, and write out whatever else they get.
const TEXT: [&str; 4] = ["lower", "safe", "trim", "upper"];

/// `value`, written out where it has values in it: the engine would, and pay nothing for it.
fn in_writing(value: &Value) -> Result<Value, Error> {
    match value.as_object() {
        Some(_) if value.as_str().is_none() => python::str(value).map(Value::from),
        _ => Ok(value.clone()),
    }
}

/// The engine's filters, with the names of their arguments: those that it takes by place, and those that
/// it takes by name.
fn engines(environment: &mut Environment<'_>) {
    let mut add = |name: &'static str,
                   places: &'static [&'static str],
                   names: &'static [&'static str],
                   filter: Value| {
        environment.add_filter(
            name,
            move |state: &mut State<'_, '_>, value: Value, args: Rest<ValueOrKwargs>| {
                let text = TEXT.contains(&name);
                let args = args.into_values();
                defined(state, &value, &args)?;
                charge(&value)?;
                if COMPARING.contains(&name) {
                    operators::weigh(&value)?;
                }
                let all: Vec<&str> = places.iter().chain(names).copied().collect();
                let bound = Args::bind(name, &all, &args)?;
                let mut passed = vec![if text { in_writing(&value)? } else { value }];
                let given = (0..places.len()).rev().find(|place| bound.get(*place).is_some());
                for place in 0..given.map_or(0, |last| last + 1) {
                    let arg = bound.get(place).cloned().unwrap_or_else(|| Value::from(()));
                    passed.push(if text { in_writing(&arg)? } else { arg });
                }
                let named = names.iter().enumerate().filter_map(|(number, name)| {
                    Some((*name, bound.get(places.len() + number)?.clone()))
                });
                let named: Vec<(&str, Value)> = named.collect();
                if !named.is_empty() {
                    passed
                        .push(Value::from(named.into_iter().collect::<minijinja::value::Kwargs>()));
                }
                let made = filter.call(state, &passed)?;
                charge(&made)?;
                Ok::<Value, Error>(made)
            },
        );
    };
    add("abs", &[], &[], Value::from_function(filters::abs));
    add("attr", &["name"], &[], Value::from_function(filters::attr));
    add(
        "dictsort",
        &[],
        &["case_sensitive", "by", "reverse"],
        Value::from_function(filters::dictsort),
    );
    add("first", &[], &[], Value::from_function(filters::first));
    add(
        "groupby",
        &["attribute"],
        &["default", "case_sensitive"],
        Value::from_function(filters::groupby),
    );
    add("items", &[], &[], Value::from_function(filters::items));
    add("last", &[], &[], Value::from_function(filters::last));
    add("lower", &[], &[], Value::from_function(filters::lower));
    add("max", &[], &["case_sensitive", "attribute"], Value::from_function(filters::max));
    add("min", &[], &["case_sensitive", "attribute"], Value::from_function(filters::min));
    add("round", &["precision", "method"], &[], Value::from_function(filters::round));
    add("safe", &[], &[], Value::from_function(filters::safe));
    add(
        "sort",
        &[],
        &["reverse", "case_sensitive", "attribute"],
        Value::from_function(filters::sort),
    );
    add("sum", &["attribute", "start"], &[], Value::from_function(filters::sum));
    add("trim", &["chars"], &[], Value::from_function(filters::trim));
    add("unique", &[], &["case_sensitive", "attribute"], Value::from_function(filters::unique));
    add("upper", &[], &[], Value::from_function(filters::upper));

    // These take names of other filters and tests, and their arguments.
    let mut pass = |name: &'static str, filter: Value| {
        environment.add_filter(
            name,
            move |state: &mut State<'_, '_>, value: Value, args: Rest<ValueOrKwargs>| {
                let args = args.into_values();
                defined(state, &value, &args)?;
                charge(&value)?;
                let passed: Vec<Value> =
                    std::iter::once(value).chain(args.iter().cloned()).collect();
                let made = filter.call(state, &passed)?;
                charge(&made)?;
                Ok::<Value, Error>(made)
            },
        );
    };
    pass("map", Value::from_function(filters::map));
    pass("select", Value::from_function(filters::select));
    pass("reject", Value::from_function(filters::reject));
    pass("selectattr", Value::from_function(filters::selectattr));
    pass("rejectattr", Value::from_function(filters::rejectattr));
}

/// Where an undefined value is an error, a filter of one is.
pub(super) fn defined(state: &State<'_, '_>, value: &Value, args: &[Value]) -> Result<(), Error> {
    let is_strict = matches!(state.undefined_behavior(), UndefinedBehavior::Strict);
    if is_strict && (value.is_undefined() || args.iter().any(Value::is_undefined)) {
        return Err(Error::new(ErrorKind::UndefinedError, "a filter of an undefined value"));
    }
    Ok(())
}

/// Pays for `value` as a whole, but not for what is in its items.
pub(super) fn charge(value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) => cost::charge(text.len()),
        None if value.as_object().is_some() => {
            cost::charge_product(value.len().unwrap_or(1), 2 * ITEM)?;
            cost::charge(NESTED)
        }
        None => Ok(()),
    }
}
