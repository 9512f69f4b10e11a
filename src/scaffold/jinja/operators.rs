//! Python's operators on the engine's values, and what they cost.
//!
//! [`super::expression`] makes calls of these from the operators of a text.

use minijinja::formatting::{FormatStyle, format};
use minijinja::value::{Rest, Tuple, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::Dialect;
use super::args::wrong;
use super::cost::{self, ITEM, NESTED};
use super::expression::PREFIX;
use super::python;

pub(super) fn register(environment: &mut Environment<'_>, dialect: Dialect) {
    let mut add = |name: &str, function: fn(&[Value]) -> Result<Value, Error>| {
        let function = move |args: Rest<Value>| function(&args);
        environment.add_function(format!("{PREFIX}{name}"), function);
    };
    add("add", |args| fold(args, self::add));
    add("mul", |args| fold(args, mul));
    add("mod", |args| fold(args, modulo));
    add("pow", |args| fold(args, pow));
    add("div", |args| fold(args, div));
    add("floordiv", |args| fold(args, floor_div));
    match dialect {
        Dialect::Cookiecutter => add("cat", |args| cat(args, true)),
        Dialect::Ccds => add("cat", |args| cat(args, false)),
    }
    add("slice", slice);
    add("item", item);
    add("new", |args| {
        let value = first(args)?;
        cost::charge(NESTED)?;
        Ok(value.clone())
    });
    add("weigh", |args| {
        let value = first(args)?;
        weigh(value)?;
        Ok(value.clone())
    });
    add("key", |args| {
        let value = first(args)?;
        key(value)?;
        Ok(value.clone())
    });
    add("spend", |args| {
        let bytes = first(args)?.as_usize().unwrap_or(0);
        cost::charge(bytes)?;
        Ok(Value::from(()))
    });
}

fn first(args: &[Value]) -> Result<&Value, Error> {
    args.first().ok_or_else(|| Error::from(ErrorKind::MissingArgument))
}

fn fold(
    args: &[Value],
    operator: fn(&Value, &Value) -> Result<Value, Error>,
) -> Result<Value, Error> {
    let (first, rest) =
        args.split_first().ok_or_else(|| Error::from(ErrorKind::MissingArgument))?;
    rest.iter().try_fold(first.clone(), |left, right| operator(&left, right))
}

#[derive(Clone, Copy)]
enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    fn of(value: &Value) -> Option<Number> {
        match value.kind() {
            ValueKind::Bool => Some(Number::Int(i128::from(value.is_true()))),
            ValueKind::Number => match python::float(value) {
                Some(float) => Some(Number::Float(float)),
                None => i128::try_from(value.clone()).ok().map(Number::Int),
            },
            _ => None,
        }
    }

    fn float(self) -> f64 {
        match self {
            Number::Int(int) => int as f64,
            Number::Float(float) => float,
        }
    }
}

pub(super) fn int(value: i128) -> Value {
    i64::try_from(value).map_or_else(|_| Value::from(value), Value::from)
}

/// The number as a float, if it is one.
pub(super) fn to_float(value: &Value) -> Option<f64> {
    Number::of(value).map(Number::float)
}

fn unsupported(operator: &str, left: &Value, right: &Value) -> Error {
    if left.is_undefined() || right.is_undefined() {
        return Error::new(
            ErrorKind::UndefinedError,
            format!("`{operator}` with an undefined value"),
        );
    }
    let reason = format!("`{operator}` of a {} and a {}", left.kind(), right.kind());
    Error::new(ErrorKind::InvalidOperation, reason)
}

fn too_large() -> Error {
    Error::new(ErrorKind::InvalidOperation, "the number is too large")
}

/// An operation on two numbers, as integers if both are.
fn arithmetic(
    operator: &str,
    (left, right): (&Value, &Value),
    ints: fn(i128, i128) -> Option<i128>,
    floats: fn(f64, f64) -> f64,
) -> Result<Value, Error> {
    match (Number::of(left), Number::of(right)) {
        (Some(Number::Int(a)), Some(Number::Int(b))) => ints(a, b).map(int).ok_or_else(too_large),
        (Some(a), Some(b)) => Ok(Value::from(floats(a.float(), b.float()))),
        _ => Err(unsupported(operator, left, right)),
    }
}

fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}

/// Values within each other that are compared.
const MAX_DEPTH: usize = 200;

/// Pays for looking at all of `value`: what the engine does to compare it. A list that holds another one
/// twice, and so on, is small and takes for ever; a namespace may hold itself.
pub(super) fn weigh(value: &Value) -> Result<(), Error> {
    fn within(value: &Value, depth: usize) -> Result<(), Error> {
        if let Some(text) = value.as_str() {
            return cost::charge(text.len() / 8);
        }
        if depth > MAX_DEPTH {
            return Err(wrong(format!("more than {MAX_DEPTH} values within each other")));
        }
        cost::charge(ITEM / 4)?;
        let is_map = match value.kind() {
            ValueKind::Map => true,
            ValueKind::Seq => false,
            _ => return Ok(()),
        };
        for item in value.try_iter()?.checked() {
            let item = item?;
            if is_map {
                within(&value.get_item(&item)?, depth + 1)?;
            }
            within(&item, depth + 1)?;
        }
        Ok(())
    }
    match value.kind() {
        ValueKind::String | ValueKind::Seq | ValueKind::Map => within(value, 0),
        _ => Ok(()),
    }
}

/// Pays for `value` as a key of a dict.
fn key(value: &Value) -> Result<(), Error> {
    let is_simple = match value.kind() {
        ValueKind::Seq => value.is_tuple(),
        kind => !matches!(kind, ValueKind::Map | ValueKind::Iterable),
    };
    match is_simple {
        true => weigh(value),
        false => Err(wrong(format!("a {} cannot be a key", value.kind()))),
    }
}

/// All items of a list, paid for.
pub(super) fn items(value: &Value) -> Result<Vec<Value>, Error> {
    let mut items = Vec::new();
    for item in value.try_iter()?.checked() {
        cost::charge(ITEM)?;
        items.push(item?);
    }
    Ok(items)
}

/// A list, or a tuple where `like` is one.
fn list_like(like: &Value, items: Vec<Value>) -> Value {
    if like.is_tuple() { Value::from(Tuple::from(items)) } else { Value::from(items) }
}

fn add(left: &Value, right: &Value) -> Result<Value, Error> {
    if let (Some(a), Some(b)) = (left.as_str(), right.as_str()) {
        cost::charge(a.len() + b.len())?;
        return Ok(joined([a, b].concat(), left.is_safe() && right.is_safe()));
    }
    if is_list(left) && is_list(right) && left.is_tuple() == right.is_tuple() {
        cost::charge(NESTED)?;
        let mut all = items(left)?;
        all.extend(items(right)?);
        return Ok(list_like(left, all));
    }
    arithmetic("+", (left, right), i128::checked_add, |a, b| a + b)
}

fn joined(text: String, is_safe: bool) -> Value {
    if is_safe { Value::from_safe_string(text) } else { Value::from(text) }
}

fn mul(left: &Value, right: &Value) -> Result<Value, Error> {
    for (value, count) in [(left, right), (right, left)] {
        let Some(Number::Int(count)) = Number::of(count) else { continue };
        let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
        if let Some(text) = value.as_str() {
            cost::charge_product(text.len(), count)?;
            return Ok(joined(text.repeat(count), value.is_safe()));
        }
        if is_list(value) {
            let once = items(value)?;
            cost::charge_product(once.len() * ITEM, count)?;
            cost::charge(NESTED)?;
            return Ok(list_like(value, repeated(once, count)));
        }
    }
    arithmetic("*", (left, right), i128::checked_mul, |a, b| a * b)
}

fn repeated(once: Vec<Value>, count: usize) -> Vec<Value> {
    let len = once.len().saturating_mul(count);
    once.into_iter().cycle().take(len).collect()
}

fn not_zero(operator: &str, right: &Value) -> Result<(), Error> {
    match Number::of(right) {
        Some(number) if number.float() == 0.0 => {
            Err(Error::new(ErrorKind::InvalidOperation, format!("`{operator}` by zero")))
        }
        _ => Ok(()),
    }
}

fn div(left: &Value, right: &Value) -> Result<Value, Error> {
    not_zero("/", right)?;
    match (Number::of(left), Number::of(right)) {
        (Some(a), Some(b)) => Ok(Value::from(a.float() / b.float())),
        _ => Err(unsupported("/", left, right)),
    }
}

fn floor_div(left: &Value, right: &Value) -> Result<Value, Error> {
    not_zero("//", right)?;
    let ints = |a: i128, b: i128| {
        let quotient = a.checked_div(b)?;
        Some(if a.checked_rem(b)? != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
    };
    arithmetic("//", (left, right), ints, |a, b| ((a - modulo_float(a, b)) / b).round())
}

/// The sign is that of `b`, as in Python.
fn modulo_float(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }
}

fn modulo(left: &Value, right: &Value) -> Result<Value, Error> {
    if let Some(text) = left.as_str() {
        return printf(text, right).map(|text| joined(text, left.is_safe()));
    }
    not_zero("%", right)?;
    let ints = |a: i128, b: i128| {
        let rest = a.checked_rem(b)?;
        Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
    };
    arithmetic("%", (left, right), ints, modulo_float)
}

fn pow(left: &Value, right: &Value) -> Result<Value, Error> {
    match (Number::of(left), Number::of(right)) {
        (Some(Number::Int(a)), Some(Number::Int(b))) if b >= 0 => {
            let exponent = u32::try_from(b).map_err(|_| too_large());
            match (a, exponent) {
                (0 | 1, _) => Ok(int(if b == 0 { 1 } else { a })),
                (_, exponent) => a.checked_pow(exponent?).map(int).ok_or_else(too_large),
            }
        }
        (Some(a), Some(b)) => {
            if a.float() == 0.0 {
                not_zero("**", left)?;
            }
            Ok(Value::from(a.float().powf(b.float())))
        }
        _ => Err(unsupported("**", left, right)),
    }
}

fn cat(args: &[Value], strict: bool) -> Result<Value, Error> {
    let mut out = String::new();
    let mut is_safe = false;
    for value in args {
        if strict && value.is_undefined() {
            return Err(unsupported("~", value, value));
        }
        is_safe |= value.is_safe();
        out += &python::str(value)?;
    }
    Ok(joined(out, is_safe && args.iter().all(|value| value.is_safe() || value.as_str().is_none())))
}

/// `text % value`.
pub(super) fn printf(text: &str, value: &Value) -> Result<String, Error> {
    cost::charge(text.len())?;
    check_widths(text)?;
    let mut args = if value.is_tuple() { items(value)? } else { vec![value.clone()] };
    let text = show(text, &mut args)?;
    for value in &args {
        cost::charge(value.as_str().map_or(64, str::len))?;
    }
    let formatted = format(FormatStyle::Printf, &text, &args)?;
    cost::charge(formatted.len())?;
    Ok(formatted)
}

/// Makes text of all that `%s` and `%r` show, by Python's rules: the engine knows only its own. The form
/// has only `%s` then.
fn show(text: &str, args: &mut [Value]) -> Result<String, Error> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut next = 0;
    while let Some((before, field)) = rest.split_once('%') {
        out += before;
        out.push('%');
        let is_named = field.starts_with('(');
        let name = if is_named { field.find(')').map_or(0, |at| at + 1) } else { 0 };
        let is_flag = |c: char| matches!(c, '-' | '+' | ' ' | '#' | '.' | '*' | 'h' | 'l' | 'L');
        let spec = &field[name..];
        let flags = spec.find(|c: char| !is_flag(c) && !c.is_ascii_digit()).unwrap_or(spec.len());
        next += spec[..flags].matches('*').count();
        let kind = spec[flags..].chars().next();
        if let Some(kind @ ('s' | 'r')) = kind
            && !is_named
            && let Some(value) = args.get_mut(next).filter(|value| !value.is_undefined())
        {
            let made = if kind == 's' { python::str(value)? } else { python::repr(value)? };
            *value = Value::from(made);
        }
        next += usize::from(kind != Some('%'));
        out += &field[..name + flags];
        if let Some(kind) = kind {
            out.push(if kind == 'r' { 's' } else { kind });
        }
        rest = &spec[flags + kind.map_or(0, char::len_utf8)..];
    }
    Ok(out + rest)
}

/// Refuses fields that are wider than anything can be, before they are made.
pub(super) fn check_widths(text: &str) -> Result<(), Error> {
    let digits = text.split(|c: char| !c.is_ascii_digit());
    let widths: usize = digits
        .map(|digits| match digits.len() {
            0 => 0,
            1..=9 => digits.parse().unwrap_or(usize::MAX),
            _ => usize::MAX,
        })
        .fold(0, usize::saturating_add);
    cost::charge(widths)
}

fn optional(value: Option<&Value>) -> Result<Option<i64>, Error> {
    match value {
        None => Ok(None),
        Some(value) if value.is_none() => Ok(None),
        Some(value) => match Number::of(value) {
            Some(Number::Int(int)) => Ok(Some(int.clamp(i64::MIN.into(), i64::MAX.into()) as i64)),
            _ => {
                Err(Error::new(ErrorKind::InvalidOperation, "a slice goes from integer to integer"))
            }
        },
    }
}

/// `value[start:stop:step]`.
fn slice(args: &[Value]) -> Result<Value, Error> {
    let value = first(args)?;
    let (start, stop) = (optional(args.get(1))?, optional(args.get(2))?);
    let step = optional(args.get(3))?.unwrap_or(1);
    if step == 0 {
        return Err(Error::new(ErrorKind::InvalidOperation, "the step of a slice is zero"));
    }
    if let Some(text) = value.as_str() {
        cost::charge(text.len())?;
        let chars: Vec<char> = text.chars().collect();
        let picked = positions(chars.len(), start, stop, step).map(|at| chars[at]);
        return Ok(joined(picked.collect(), value.is_safe()));
    }
    if is_list(value) {
        cost::charge(NESTED)?;
        let all = items(value)?;
        let picked = positions(all.len(), start, stop, step).map(|at| all[at].clone());
        return Ok(list_like(value, picked.collect()));
    }
    if value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "a slice of an undefined value"));
    }
    Err(Error::new(ErrorKind::InvalidOperation, format!("a slice of a {}", value.kind())))
}

/// The positions that a slice of `len` items takes.
fn positions(
    len: usize,
    start: Option<i64>,
    stop: Option<i64>,
    step: i64,
) -> impl Iterator<Item = usize> {
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    // Before the first and after the last item, in the direction of the step.
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let clamp = |at: i64| if at < 0 { at.saturating_add(len).max(low) } else { at.min(high) };
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    let mut at = start.map_or(first, clamp);
    let stop = stop.map_or(last, clamp);
    std::iter::from_fn(move || {
        let is_inside = if step > 0 { at < stop } else { at > stop };
        let here = is_inside.then_some(at)?;
        at = at.saturating_add(step);
        usize::try_from(here).ok()
    })
}

/// `value[key]`.
fn item(args: &[Value]) -> Result<Value, Error> {
    let [value, key] = args else { return Err(Error::from(ErrorKind::MissingArgument)) };
    if let Some(text) = value.as_str() {
        let Some(Number::Int(at)) = Number::of(key) else { return Ok(Value::UNDEFINED) };
        cost::charge(text.len() / 8)?;
        let found = match usize::try_from(at) {
            Ok(at) => text.chars().nth(at),
            Err(_) => at
                .checked_neg()
                .and_then(|back| usize::try_from(back - 1).ok())
                .and_then(|back| text.chars().rev().nth(back)),
        };
        return Ok(found.map_or(Value::UNDEFINED, |c| Value::from(c.to_string())));
    }
    weigh(key)?;
    value.get_item(key)
}
