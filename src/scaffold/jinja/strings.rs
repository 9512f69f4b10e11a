//! Methods of strings, lists and dicts, as Python has them.

use minijinja::value::{Tuple, ValueKind};
use minijinja::{Error, State, Value};
use minijinja_contrib::pycompat;

use super::args::{Args, int, text, wrong};
use super::cost::{self, ITEM, NESTED};
use super::lex::is_blank;
use super::{operators, python};

/// Calls `method` of `value`.
pub(super) fn method(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    cost::charge(64)?;
    if let Some(text) = value.as_str() {
        // Each method reads its text; what writes more pays where it does.
        cost::charge(text.len())?;
        if let Some(result) = string(text, method, args)? {
            return Ok(match result.as_str() {
                Some(made) if value.is_safe() => Value::from_safe_string(made.to_owned()),
                _ => result,
            });
        }
    }
    // Looked for, or a key.
    if matches!(
        (value.kind(), method),
        (ValueKind::Seq, "count" | "index") | (ValueKind::Map, "get")
    ) {
        args.iter()
            .chain([value].into_iter().filter(|_| method != "get"))
            .try_for_each(operators::weigh)?;
    }
    match (value.kind(), method) {
        (ValueKind::Seq, "index") => {
            let items = operators::items(value)?;
            let args = Args::bind(method, &["value"], args)?;
            let wanted = args.required(0)?;
            let found = items.iter().position(|item| item == wanted);
            return found.map(Value::from).ok_or_else(|| wrong("the value is not in the list"));
        }
        (
            ValueKind::Seq | ValueKind::Iterable,
            "append" | "extend" | "insert" | "pop" | "remove" | "reverse" | "sort" | "clear",
        ) => {
            return Err(wrong(format!(
                "lists cannot be changed here (`{method}`); make another one, such as `a + [b]`"
            )));
        }
        (ValueKind::Map, "update" | "pop" | "setdefault" | "clear" | "popitem") => {
            return Err(wrong(format!(
                "dicts cannot be changed here (`{method}`); make another one, such as `dict(a, b=1)`"
            )));
        }
        (ValueKind::Seq | ValueKind::Map, "copy") => return Ok(value.clone()),
        (ValueKind::Map, "keys" | "values" | "items") => cost::charge(NESTED)?,
        (ValueKind::Seq | ValueKind::Iterable, _) => {
            cost::charge_product(value.len().unwrap_or(0), ITEM)?;
        }
        _ => {}
    }
    pycompat::unknown_method_callback(state, value, method, args)
}

/// `None` if a string has no such method here.
fn string(this: &str, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    let bind = |names: &[&str]| Args::bind(method, names, args);
    let none = || bind(&[]);
    Ok(Some(match method {
        "upper" => none().map(|_| Value::from(this.to_uppercase()))?,
        "lower" => none().map(|_| Value::from(this.to_lowercase()))?,
        "casefold" => none().map(|_| Value::from(this.to_lowercase().replace('ß', "ss")))?,
        "capitalize" => none().map(|_| Value::from(capitalize(this)))?,
        "title" => none().map(|_| Value::from(title(this)))?,
        "swapcase" => none().map(|_| Value::from(swap_case(this)))?,
        "strip" | "lstrip" | "rstrip" => {
            let args = bind(&["chars"])?;
            let chars = args.some(0).map(text).transpose()?;
            let strips = |c: char| match &chars {
                Some(chars) => chars.contains(c),
                None => is_blank(c),
            };
            Value::from(match method {
                "strip" => this.trim_matches(strips),
                "lstrip" => this.trim_start_matches(strips),
                _ => this.trim_end_matches(strips),
            })
        }
        "replace" => {
            let args = bind(&["old", "new", "count"])?;
            let count = usize::try_from(args.int(2, -1)?).ok();
            Value::from(replace(this, &text(args.required(0)?)?, &text(args.required(1)?)?, count)?)
        }
        "split" | "rsplit" => {
            let args = bind(&["sep", "maxsplit"])?;
            let most = usize::try_from(args.int(1, -1)?).unwrap_or(usize::MAX);
            let separator = args.some(0).map(text).transpose()?;
            if separator.as_deref() == Some("") {
                return Err(wrong("the separator is empty"));
            }
            let parts = split(this, separator.as_deref(), most, method == "rsplit");
            cost::charge_product(parts.len(), ITEM)?;
            parts.into_iter().map(Value::from).collect()
        }
        "splitlines" => {
            let args = bind(&["keepends"])?;
            let lines = lines(this, args.bool(0, false));
            cost::charge_product(lines.len(), ITEM)?;
            lines.into_iter().map(Value::from).collect()
        }
        "partition" | "rpartition" => {
            let args = bind(&["sep"])?;
            let separator = text(args.required(0)?)?;
            let parts = match method {
                "partition" => this.split_once(&separator).map(|(a, b)| [a, &separator, b]),
                _ => this.rsplit_once(&separator).map(|(a, b)| [a, &separator, b]),
            };
            let missing = if method == "partition" { [this, "", ""] } else { ["", "", this] };
            Value::from(Tuple::from(parts.unwrap_or(missing).map(Value::from).to_vec()))
        }
        "removeprefix" | "removesuffix" => {
            let args = bind(&["affix"])?;
            let affix = text(args.required(0)?)?;
            let rest = match method {
                "removeprefix" => this.strip_prefix(&affix),
                _ => this.strip_suffix(&affix),
            };
            Value::from(rest.unwrap_or(this))
        }
        "ljust" | "rjust" | "center" | "zfill" => {
            let args = bind(&["width", "fillchar"])?;
            let width = usize::try_from(int(args.required(0)?)?).unwrap_or(0);
            let fill = args.str(1, " ")?;
            let mut fill = fill.chars();
            let (Some(fill), None) = (fill.next(), fill.next()) else {
                return Err(wrong("text is filled with one character"));
            };
            Value::from(match method {
                "ljust" => pad(this, width, fill, |_| 0)?,
                "rjust" => pad(this, width, fill, |missing| missing)?,
                "zfill" => zero_fill(this, width)?,
                // What is left over goes to the side that Python puts it on.
                _ => pad(this, width, fill, |missing| missing / 2 + (missing & width & 1))?,
            })
        }
        "expandtabs" => {
            let size = usize::try_from(bind(&["tabsize"])?.int(0, 8)?).unwrap_or(0);
            cost::charge_product(this.matches('\t').count(), size)?;
            Value::from(expand_tabs(this, size))
        }
        "startswith" | "endswith" => {
            let args = bind(&["affix", "start", "end"])?;
            let here = window(this, &args)?.map_or("", |(_, here)| here);
            let affixes = args.required(0)?;
            let affixes = match affixes.kind() {
                ValueKind::Seq => operators::items(affixes)?,
                _ => vec![affixes.clone()],
            };
            let affixes = affixes.iter().map(text).collect::<Result<Vec<_>, _>>()?;
            Value::from(affixes.iter().any(|affix| match method {
                "startswith" => here.starts_with(affix),
                _ => here.ends_with(affix),
            }))
        }
        "find" | "rfind" | "index" | "rindex" | "count" => {
            let args = bind(&["sub", "start", "end"])?;
            let wanted = text(args.required(0)?)?;
            let Some((skipped, here)) = window(this, &args)? else {
                return match method {
                    "count" => Ok(Some(Value::from(0))),
                    "find" | "rfind" => Ok(Some(Value::from(-1))),
                    _ => Err(wrong("the text is not in the string")),
                };
            };
            if method == "count" {
                return Ok(Some(Value::from(here.matches(&wanted).count())));
            }
            let found =
                if method.starts_with('r') { here.rfind(&wanted) } else { here.find(&wanted) };
            match found {
                Some(at) => Value::from(skipped + here[..at].chars().count()),
                None if method.ends_with("find") => Value::from(-1),
                None => return Err(wrong("the text is not in the string")),
            }
        }
        "join" => {
            let args = bind(&["iterable"])?;
            let parts = args.required(0)?;
            let parts = match parts.as_str() {
                Some(text) => text.chars().map(|c| c.to_string()).collect(),
                None => operators::items(parts)?.iter().map(text).collect::<Result<Vec<_>, _>>()?,
            };
            let len = parts.iter().map(String::len).sum::<usize>();
            cost::charge(len.saturating_add(this.len().saturating_mul(parts.len())))?;
            Value::from(parts.join(this))
        }
        "format" => {
            operators::check_widths(this)?;
            let mut shown = Vec::new();
            for value in args {
                shown.push(match value.kind() {
                    ValueKind::Map if value.is_kwargs() => value.clone(),
                    ValueKind::Seq | ValueKind::Map => Value::from(python::str(value)?),
                    _ => value.clone(),
                });
            }
            let made = minijinja::formatting::format(
                minijinja::formatting::FormatStyle::StrFormat,
                this,
                &shown,
            )?;
            cost::charge(made.len())?;
            Value::from(made)
        }
        "encode" => {
            let args = bind(&["encoding", "errors"])?;
            let encoding = args.str(0, "utf-8")?.to_lowercase().replace('_', "-");
            match encoding.as_str() {
                "utf-8" | "utf8" => Value::from_bytes(this.into()),
                "ascii" if this.is_ascii() => Value::from_bytes(this.into()),
                _ => return Err(wrong(format!("the text is not encoded in `{encoding}` here"))),
            }
        }
        "isalnum" => none().map(|_| all(this, char::is_alphanumeric))?,
        "isalpha" => none().map(|_| all(this, char::is_alphabetic))?,
        "isspace" => none().map(|_| all(this, is_blank))?,
        "isdigit" | "isnumeric" => none().map(|_| all(this, char::is_numeric))?,
        "isdecimal" => none().map(|_| all(this, |c| c.is_ascii_digit()))?,
        "isascii" => none().map(|_| Value::from(this.is_ascii()))?,
        "isprintable" => none().map(|_| Value::from(this.chars().all(python::is_printable)))?,
        "isidentifier" => none().map(|_| {
            let mut chars = this.chars();
            let first = chars.next().is_some_and(|c| c == '_' || c.is_alphabetic());
            Value::from(first && chars.all(|c| c == '_' || c.is_alphanumeric()))
        })?,
        "islower" | "isupper" => none().map(|_| {
            let (wanted, other): (fn(char) -> bool, fn(char) -> bool) = match method {
                "islower" => (char::is_lowercase, char::is_uppercase),
                _ => (char::is_uppercase, char::is_lowercase),
            };
            Value::from(this.chars().any(wanted) && !this.chars().any(other))
        })?,
        "istitle" => none()
            .map(|_| Value::from(this.chars().any(char::is_alphabetic) && title(this) == this))?,
        _ => return Ok(None),
    }))
}

fn all(text: &str, is: fn(char) -> bool) -> Value {
    Value::from(!text.is_empty() && text.chars().all(is))
}

/// `text` with `old` replaced, `count` times at most; paid for before it is made.
pub(super) fn replace(
    text: &str,
    old: &str,
    new: &str,
    count: Option<usize>,
) -> Result<String, Error> {
    let found = text.matches(old).take(count.unwrap_or(usize::MAX)).count();
    cost::charge(text.len().saturating_add(found.saturating_mul(new.len())))?;
    Ok(text.replacen(old, new, found))
}

/// The first letter large and the others small.
pub(super) fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => titled(first) + &chars.as_str().to_lowercase(),
        None => String::new(),
    }
}

fn titled(c: char) -> String {
    match c {
        'ß' => "Ss".to_owned(),
        c => c.to_uppercase().collect(),
    }
}

/// `str.title`: every letter after something that is none.
fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_word = false;
    for c in text.chars() {
        match in_word {
            true => out.extend(c.to_lowercase()),
            false => out += &titled(c),
        }
        in_word = c.is_lowercase() || c.is_uppercase();
    }
    out
}

fn swap_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_uppercase() {
            true => out.extend(c.to_lowercase()),
            false => out.extend(c.to_uppercase()),
        }
    }
    out
}

fn split<'a>(text: &'a str, separator: Option<&str>, most: usize, from_end: bool) -> Vec<&'a str> {
    let limit = most.saturating_add(1);
    let Some(separator) = separator else { return split_blanks(text, most, from_end) };
    if from_end {
        let mut parts: Vec<&str> = text.rsplitn(limit, separator).collect();
        parts.reverse();
        return parts;
    }
    text.splitn(limit, separator).collect()
}

/// Words between blanks; what is left after `most` cuts keeps those in it.
fn split_blanks(text: &str, most: usize, from_end: bool) -> Vec<&str> {
    let mut rest = text.trim_matches(is_blank);
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let cut = match () {
            () if parts.len() == most => None,
            () if from_end => rest.rfind(is_blank).map(|at| {
                let width = rest[at..].chars().next().map_or(1, char::len_utf8);
                (&rest[at + width..], rest[..at].trim_end_matches(is_blank))
            }),
            () => {
                rest.find(is_blank).map(|at| (&rest[..at], rest[at..].trim_start_matches(is_blank)))
            }
        };
        match cut {
            Some((part, left)) => {
                parts.push(part);
                rest = left;
            }
            None => {
                parts.push(rest);
                break;
            }
        }
    }
    if from_end {
        parts.reverse();
    }
    parts
}

/// Lines as `str.splitlines` has them.
pub(super) fn lines(text: &str, keep_ends: bool) -> Vec<&str> {
    let is_end = |c: char| matches!(c, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(is_end) {
        let width = match &rest[at..] {
            tail if tail.starts_with("\r\n") => 2,
            tail => tail.chars().next().map_or(1, char::len_utf8),
        };
        lines.push(if keep_ends { &rest[..at + width] } else { &rest[..at] });
        rest = &rest[at + width..];
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

/// `text` with as many `fill` before and after it as it is narrower than `width`.
pub(super) fn pad(
    text: &str,
    width: usize,
    fill: char,
    before: impl Fn(usize) -> usize,
) -> Result<String, Error> {
    let missing = width.saturating_sub(text.chars().count());
    cost::charge_product(missing, fill.len_utf8())?;
    let before = before(missing).min(missing);
    let fill = |count| std::iter::repeat_n(fill, count);
    Ok(fill(before).chain(text.chars()).chain(fill(missing - before)).collect())
}

fn zero_fill(text: &str, width: usize) -> Result<String, Error> {
    let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-'])));
    let filled = pad(digits, width.saturating_sub(sign.len()), '0', |missing| missing)?;
    Ok(sign.to_owned() + &filled)
}

fn expand_tabs(text: &str, size: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for c in text.chars() {
        match c {
            '\t' if size > 0 => {
                let missing = size - column % size;
                out.extend(std::iter::repeat_n(' ', missing));
                column += missing;
            }
            '\t' => {}
            '\n' | '\r' => {
                out.push(c);
                column = 0;
            }
            c => {
                out.push(c);
                column += 1;
            }
        }
    }
    out
}

/// The part between arguments 1 and 2, and how many characters are before it; `None` if they cross.
fn window<'a>(text: &'a str, args: &Args) -> Result<Option<(usize, &'a str)>, Error> {
    if args.some(1).is_none() && args.some(2).is_none() {
        return Ok(Some((0, text)));
    }
    let len = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let clamp =
        |at: i64| usize::try_from(if at < 0 { at.saturating_add(len) } else { at }).unwrap_or(0);
    let (start, end) = (clamp(args.int(1, 0)?), clamp(args.int(2, len)?));
    if start > end || start > clamp(len) {
        return Ok(None);
    }
    let byte = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(at, _)| at);
    Ok(Some((start, &text[byte(start)..byte(end)])))
}
