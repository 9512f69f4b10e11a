//! Filters that write text.

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};
use minijinja_contrib::filters as contrib;

use super::args::{Args, int, text, wrong};
use super::cost;
use super::filters::defined;
use super::{html, json, operators, python, strings, wrap};

pub(super) fn register(environment: &mut Environment<'_>) {
    let default = |value: Value, args: Rest<ValueOrKwargs>| {
        let args = Args::bind("default", &["default_value", "boolean"], &args.into_values())?;
        let is_missing = value.is_undefined() || (args.bool(1, false) && !value.is_true());
        let default = args.get(0).cloned().unwrap_or_else(|| Value::from(""));
        Ok::<Value, Error>(if is_missing { default } else { value })
    };
    environment.add_filter("default", default);
    environment.add_filter("d", default);

    let mut add = |name: &'static str, filter: fn(&Value, &[Value]) -> Result<Value, Error>| {
        environment.add_filter(
            name,
            move |state: &State<'_, '_>, value: Value, args: Rest<ValueOrKwargs>| {
                let args = args.into_values();
                defined(state, &value, &args)?;
                super::filters::charge(&value)?;
                filter(&value, &args)
            },
        );
    };
    add("center", |value, args| {
        let args = Args::bind("center", &["width"], args)?;
        let width = usize::try_from(args.int(0, 80)?).unwrap_or(0);
        let middle = |missing: usize| missing / 2 + (missing & width & 1);
        strings::pad(&python::str(value)?, width, ' ', middle).map(Value::from)
    });
    for name in ["e", "escape"] {
        add(name, |value, _| if value.is_safe() { Ok(value.clone()) } else { escape(value) });
    }
    add("forceescape", |value, _| escape(value));
    add("filesizeformat", |value, args| {
        let args = Args::bind("filesizeformat", &["binary"], args)?;
        file_size(value, args.bool(0, false)).map(Value::from)
    });
    add("format", |value, args| {
        let args = match args {
            [named] if named.is_kwargs() => named.clone(),
            places => Value::from(minijinja::value::Tuple::from(places.to_vec())),
        };
        operators::printf(&python::str(value)?, &args).map(Value::from)
    });
    add("indent", indent);
    add("join", join);
    add("jsonify", |value, args| {
        let args = Args::bind("jsonify", &["indent"], args)?;
        json::dumps(value, Some(args.get(0).unwrap_or(&Value::from(4))), true).map(Value::from)
    });
    add("pprint", |value, _| python::repr(value).map(Value::from));
    add("replace", |value, args| {
        let args = Args::bind("replace", &["old", "new", "count"], args)?;
        let (old, new) = (python::str(args.required(0)?)?, python::str(args.required(1)?)?);
        let count = usize::try_from(args.int(2, -1)?).ok();
        strings::replace(&python::str(value)?, &old, &new, count).map(Value::from)
    });
    add("striptags", |value, _| Ok(Value::from(contrib::striptags(python::str(value)?))));
    add("title", |value, _| Ok(Value::from(title(&python::str(value)?))));
    add("tojson", |value, args| {
        let args = Args::bind("tojson", &["indent"], args)?;
        let mut made = json::dumps(value, args.some(0), true)?;
        for (c, escaped) in [("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("'", "\\u0027")]
        {
            made = strings::replace(&made, c, escaped, None)?;
        }
        Ok(Value::from_safe_string(made))
    });
    add("truncate", truncate);
    add("urlize", |_, _| Err(wrong("the filter `urlize` is not there")));
    add("urlencode", |value, args| {
        Args::bind("urlencode", &[], args)?;
        let pairs = match value.kind() {
            ValueKind::Map => {
                let keys = operators::items(value)?.into_iter();
                keys.map(|key| Ok((key.clone(), value.get_item(&key)?)))
                    .collect::<Result<_, Error>>()?
            }
            ValueKind::Seq | ValueKind::Iterable => {
                let pairs = operators::items(value)?;
                let pairs = pairs.iter().map(|pair| match &operators::items(pair)?[..] {
                    [key, value] => Ok((key.clone(), value.clone())),
                    _ => Err(wrong("a query has pairs of a name and a value")),
                });
                pairs.collect::<Result<Vec<_>, _>>()?
            }
            _ => return Ok(Value::from(url_quote(&python::str(value)?, false)?)),
        };
        let mut query = Vec::new();
        for (key, value) in pairs {
            let (key, value) = (python::str(&key)?, python::str(&value)?);
            query.push(url_quote(&key, true)? + "=" + &url_quote(&value, true)?);
        }
        Ok(Value::from(query.join("&")))
    });
    add("wordcount", |value, _| {
        let text = python::str(value)?;
        let words = text.split(|c: char| !(c == '_' || c.is_alphanumeric()));
        Ok(Value::from(words.filter(|word| !word.is_empty()).count()))
    });
    add("wordwrap", word_wrap);
    add("xmlattr", xml_attributes);
}

fn escape(value: &Value) -> Result<Value, Error> {
    let text = python::str(value)?;
    cost::charge_product(text.len(), 5)?;
    Ok(Value::from_safe_string(html::escape(&text).into_owned()))
}

/// Percent-encoded: as in a path, or as in a query.
fn url_quote(text: &str, in_query: bool) -> Result<String, Error> {
    cost::charge_product(text.len(), 3)?;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                out.push(byte.into())
            }
            b'/' if !in_query => out.push('/'),
            b' ' if in_query => out.push('+'),
            byte => out += &format!("%{byte:02X}"),
        }
    }
    Ok(out)
}

fn file_size(value: &Value, binary: bool) -> Result<String, Error> {
    const PREFIXES: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
    let bytes = match value.as_str() {
        Some(text) => text.trim().parse().ok(),
        None => f64::try_from(value.clone()).ok(),
    };
    let bytes = bytes.ok_or_else(|| wrong(format!("a {} is no size", value.kind())))?;
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    if bytes == 1.0 {
        return Ok("1 Byte".to_owned());
    }
    if bytes < base {
        return Ok(format!("{} Bytes", bytes.trunc()));
    }
    let (mut number, mut shown) = (bytes / base, 0);
    while number >= base && shown < PREFIXES.len() - 1 {
        number /= base;
        shown += 1;
    }
    let prefix =
        if binary { PREFIXES[shown].to_uppercase() + "i" } else { PREFIXES[shown].to_owned() };
    Ok(format!("{number:.1} {prefix}B"))
}

fn indent(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let args = Args::bind("indent", &["width", "first", "blank"], args)?;
    let indention = match args.get(0) {
        Some(width) if width.as_str().is_some() => text(width)?,
        Some(width) => {
            let width = usize::try_from(int(width)?).unwrap_or(0);
            cost::charge(width)?;
            " ".repeat(width)
        }
        None => "    ".to_owned(),
    };
    let whole = python::str(value)? + "\n";
    let lines = strings::lines(&whole, false);
    cost::charge_product(lines.len(), indention.len())?;
    let mut out = if args.bool(1, false) { indention.clone() } else { String::new() };
    for (number, line) in lines.into_iter().enumerate() {
        if number > 0 {
            out.push('\n');
            if !line.is_empty() || args.bool(2, false) {
                out += &indention;
            }
        }
        out += line;
    }
    Ok(Value::from(out))
}

fn join(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let args = Args::bind("join", &["d", "attribute"], args)?;
    let separator = match args.get(0) {
        Some(separator) => python::str(separator)?,
        None => String::new(),
    };
    let items = match value.as_str() {
        Some(text) => {
            cost::charge_product(text.len(), cost::ITEM)?;
            text.chars().map(|c| Value::from(c.to_string())).collect()
        }
        None => operators::items(value)?,
    };
    cost::charge_product(items.len(), separator.len())?;
    let mut out = String::new();
    for (number, item) in items.iter().enumerate() {
        if number > 0 {
            out += &separator;
        }
        let item = match args.some(1) {
            Some(path) => attribute(item, path)?,
            None => item.clone(),
        };
        out += &python::str(&item)?;
    }
    Ok(Value::from(out))
}

/// The attribute of `value` at a dotted path, or at a position.
fn attribute(value: &Value, path: &Value) -> Result<Value, Error> {
    let Some(path) = path.as_str() else { return value.get_item(path) };
    path.split('.').try_fold(value.clone(), |value, part| match part.parse::<usize>() {
        Ok(position) => value.get_item_by_index(position),
        Err(_) => value.get_attr(part),
    })
}

/// Words begin after blanks, dashes and opening brackets.
fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_word = false;
    for c in text.chars() {
        let is_between = super::lex::is_blank(c) || matches!(c, '-' | '(' | '{' | '[' | '<');
        match in_word && !is_between {
            true => out.extend(c.to_lowercase()),
            false => out.extend(c.to_uppercase()),
        }
        in_word = !is_between;
    }
    out
}

fn truncate(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let args = Args::bind("truncate", &["length", "killwords", "end", "leeway"], args)?;
    let size = |place, default| -> Result<usize, Error> {
        usize::try_from(args.int(place, default)?)
            .map_err(|_| wrong("`truncate` cuts to no negative length"))
    };
    let (length, leeway) = (size(0, 255)?, size(3, 5)?);
    let end = args.str(2, "...")?;
    let Some(kept) = length.checked_sub(end.chars().count()) else {
        return Err(wrong(format!("`truncate` cuts to {length}, which is less than its end has")));
    };
    let text = python::str(value)?;
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(Value::from(text));
    }
    let mut cut: String = text.chars().take(kept).collect();
    if !args.bool(1, false)
        && let Some(space) = cut.rfind(' ')
    {
        cut.truncate(space);
    }
    Ok(Value::from(cut + &end))
}

fn word_wrap(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let names = ["width", "break_long_words", "wrapstring", "break_on_hyphens"];
    let args = Args::bind("wordwrap", &names, args)?;
    let width = usize::try_from(args.int(0, 79)?).ok().filter(|width| *width > 0);
    let width = width.ok_or_else(|| wrong("`wordwrap` needs a width above zero"))?;
    let separator = args.str(2, "\n")?;
    let text = text(value)?;
    cost::charge_product(text.len(), 16)?;
    let mut out = Vec::new();
    for line in strings::lines(&text, false) {
        let wrapped = wrap::wrap(line, width, args.bool(1, true), args.bool(3, true));
        cost::charge_product(wrapped.len() + 1, separator.len() + 8)?;
        out.push(wrapped.join(&separator));
    }
    Ok(Value::from(out.join(&separator)))
}

fn xml_attributes(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let args = Args::bind("xmlattr", &["autospace"], args)?;
    if value.kind() != ValueKind::Map {
        return Err(wrong(format!("the attributes are a {}", value.kind())));
    }
    let mut out = String::new();
    for key in operators::items(value)? {
        let item = value.get_item(&key)?;
        if item.is_none() || item.is_undefined() {
            continue;
        }
        let key = text(&key)?;
        if key.contains([' ', '\t', '\n', '\r', '\u{b}', '\u{c}', '/', '>', '=']) {
            return Err(wrong(format!("`{}` is no name of an attribute", key.escape_debug())));
        }
        let (key, item) =
            (escape(&Value::from(key))?, if item.is_safe() { item } else { escape(&item)? });
        let space = if out.is_empty() && !args.bool(0, true) { "" } else { " " };
        out += &format!("{space}{key}=\"{item}\"");
    }
    Ok(Value::from_safe_string(out))
}
