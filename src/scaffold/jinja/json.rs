//! `json.dumps` of Python.

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::args::{int, text, wrong};
use super::{cost, python};

/// Values within each other.
const MAX_DEPTH: usize = 100;

/// `value` in ASCII, on one line or each item on its own with `indent` before it.
pub(super) fn dumps(value: &Value, indent: Option<&Value>, sorted: bool) -> Result<String, Error> {
    let indent = match indent {
        None => None,
        Some(indent) if indent.is_none() => None,
        Some(indent) if indent.as_str().is_some() => Some(text(indent)?),
        Some(indent) => {
            let width = usize::try_from(int(indent)?).unwrap_or(0);
            cost::charge(width)?;
            Some(" ".repeat(width))
        }
    };
    let mut writer = Writer { out: String::new(), indent, sorted };
    writer.value(value, 0)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    indent: Option<String>,
    sorted: bool,
}

impl Writer {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(wrong(format!("more than {MAX_DEPTH} values within each other")));
        }
        cost::charge(8)?;
        match value.kind() {
            ValueKind::None => self.out += "null",
            ValueKind::Bool => self.out += if value.is_true() { "true" } else { "false" },
            ValueKind::Number => self.out += &number(value),
            ValueKind::String => self.string(value.as_str().unwrap_or_default())?,
            ValueKind::Seq => {
                let items = value.try_iter()?.checked();
                self.items('[', ']', depth, items, |writer, item| writer.value(&item, depth + 1))?;
            }
            ValueKind::Map => {
                let mut keys = value.try_iter()?.checked().collect::<Result<Vec<_>, _>>()?;
                cost::charge_product(keys.len(), cost::ITEM)?;
                if self.sorted {
                    keys.sort();
                }
                self.items('{', '}', depth, keys.into_iter().map(Ok), |writer, key| {
                    writer.string(&name(&key)?)?;
                    writer.out += ": ";
                    writer.value(&value.get_item(&key)?, depth + 1)
                })?;
            }
            kind => return Err(wrong(format!("a {kind} has no form in JSON"))),
        }
        Ok(())
    }

    fn items(
        &mut self,
        open: char,
        close: char,
        depth: usize,
        items: impl Iterator<Item = Result<Value, Error>>,
        mut write: impl FnMut(&mut Self, Value) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.out.push(open);
        let mut is_empty = true;
        for item in items {
            if !is_empty {
                self.out += if self.indent.is_some() { "," } else { ", " };
            }
            is_empty = false;
            self.line(depth + 1)?;
            write(self, item?)?;
        }
        if !is_empty {
            self.line(depth)?;
        }
        self.out.push(close);
        Ok(())
    }

    /// The next line, where items have their own.
    fn line(&mut self, depth: usize) -> Result<(), Error> {
        if let Some(indent) = &self.indent {
            cost::charge_product(indent.len(), depth)?;
            self.out.push('\n');
            self.out += &indent.repeat(depth);
        }
        Ok(())
    }

    fn string(&mut self, text: &str) -> Result<(), Error> {
        cost::charge_product(text.len(), 6)?;
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out += "\\\"",
                '\\' => self.out += "\\\\",
                '\n' => self.out += "\\n",
                '\r' => self.out += "\\r",
                '\t' => self.out += "\\t",
                '\u{8}' => self.out += "\\b",
                '\u{c}' => self.out += "\\f",
                ' '..='~' => self.out.push(c),
                c => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        self.out += &format!("\\u{unit:04x}");
                    }
                }
            }
        }
        self.out.push('"');
        Ok(())
    }
}

fn number(value: &Value) -> String {
    match python::float(value) {
        Some(float) if float.is_nan() => "NaN".to_owned(),
        Some(float) if float.is_infinite() => {
            if float > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
        }
        Some(float) => python::repr_float(float),
        None => value.to_string(),
    }
}

/// What a key is called: numbers and constants become strings.
fn name(key: &Value) -> Result<String, Error> {
    Ok(match key.kind() {
        ValueKind::String => text(key)?,
        ValueKind::None => "null".to_owned(),
        ValueKind::Bool => key.is_true().to_string(),
        ValueKind::Number => number(key),
        kind => return Err(wrong(format!("a {kind} is no key in JSON"))),
    })
}
