//! Python's literals.
//!
//! Every method here gives `None` where the text is no literal, and has then taken some of the
//! tokens: the caller passes over the rest of the statement.

use super::super::yaml::{Problem, emit};
use super::{Map, Reader, Token, Value};

impl Reader<'_> {
    /// The right side of an assignment: a literal, or a tuple without parentheses.
    pub fn expression_list(&mut self) -> Result<Option<Value>, Problem> {
        let Some(first) = self.literal()? else {
            return Ok(None);
        };
        if self.token != Token::Op(",") {
            return Ok(Some(first));
        }
        let mut items = vec![first];
        while self.take(",")? && !self.ends_simple() {
            match self.literal()? {
                Some(item) => items.push(item),
                None => return Ok(None),
            }
        }
        Ok(Some(Value::List(items)))
    }

    /// The lexer bounds how deep brackets nest, and with that the recursion.
    fn literal(&mut self) -> Result<Option<Value>, Problem> {
        match self.token {
            Token::Text(_) => self.strings(),
            Token::Number(_) => self.number(1),
            Token::Op("-") => {
                self.advance()?;
                self.number(-1)
            }
            Token::Op("+") => {
                self.advance()?;
                self.number(1)
            }
            Token::Op("(") => self.parenthesized(),
            Token::Op("[") => {
                self.advance()?;
                Ok(self.items(Vec::new(), "]")?.map(Value::List))
            }
            Token::Op("{") => self.dict_or_set(),
            Token::Name(name) => {
                self.advance()?;
                Ok(match name {
                    "True" => Some(Value::Bool(true)),
                    "False" => Some(Value::Bool(false)),
                    "None" => Some(Value::Null),
                    "set" if self.take("(")? && self.take(")")? => Some(Value::List(Vec::new())),
                    _ => None,
                })
            }
            _ => Ok(None),
        }
    }

    /// Adjacent strings are one.
    fn strings(&mut self) -> Result<Option<Value>, Problem> {
        let mut joined = Some(String::new());
        while let Token::Text(part) = &mut self.token {
            let part = part.take();
            joined = joined.zip(part).map(|(joined, part)| joined + &part);
            self.advance()?;
        }
        Ok(joined.map(Value::String))
    }

    fn number(&mut self, sign: i8) -> Result<Option<Value>, Problem> {
        let Token::Number(text) = self.token else {
            return Ok(None);
        };
        self.advance()?;
        Ok(match number(text) {
            Some(Value::Int(n)) => Some(Value::Int(n * i128::from(sign))),
            Some(Value::Float(n)) => Some(Value::Float(n * f64::from(sign))),
            _ => None,
        })
    }

    /// A tuple, or what stands in the parentheses.
    fn parenthesized(&mut self) -> Result<Option<Value>, Problem> {
        self.advance()?;
        if self.take(")")? {
            return Ok(Some(Value::List(Vec::new())));
        }
        let Some(first) = self.literal()? else {
            return Ok(None);
        };
        if self.take(")")? {
            return Ok(Some(first));
        }
        if !self.take(",")? {
            return Ok(None);
        }
        Ok(self.items(vec![first], ")")?.map(Value::List))
    }

    /// Literals with commas between them, to the bracket that ends them.
    fn items(&mut self, mut items: Vec<Value>, end: &str) -> Result<Option<Vec<Value>>, Problem> {
        while !self.take(end)? {
            match self.literal()? {
                Some(item) => items.push(item),
                None => return Ok(None),
            }
            if self.token != Token::Op(end) && !self.take(",")? {
                return Ok(None);
            }
        }
        Ok(Some(items))
    }

    fn dict_or_set(&mut self) -> Result<Option<Value>, Problem> {
        self.advance()?;
        if self.take("}")? {
            return Ok(Some(Value::Map(Map::new())));
        }
        let Some(first) = self.literal()? else {
            return Ok(None);
        };
        if self.take(":")? {
            return self.dict(first);
        }
        if self.token != Token::Op("}") && !self.take(",")? {
            return Ok(None);
        }
        Ok(self.items(vec![first], "}")?.map(Value::List))
    }

    /// A dict after its first key and colon; the last of equal keys counts, as in Python.
    fn dict(&mut self, mut key: Value) -> Result<Option<Value>, Problem> {
        let mut map = Map::new();
        loop {
            let name = match key {
                Value::String(name) => name,
                Value::List(_) | Value::Map(_) => return Ok(None),
                scalar => emit::flow(&scalar),
            };
            let Some(value) = self.literal()? else {
                return Ok(None);
            };
            map.insert(name, value);
            let has_comma = self.take(",")?;
            if self.take("}")? {
                return Ok(Some(Value::Map(map)));
            }
            key = match self.literal()? {
                Some(key) if has_comma && self.take(":")? => key,
                _ => return Ok(None),
            };
        }
    }
}

/// `None` for what Python refuses, for imaginary numbers, and for integers beyond 128 bits.
fn number(text: &str) -> Option<Value> {
    let text = text.replace('_', "").to_ascii_lowercase();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return i128::from_str_radix(digits, radix).ok().map(Value::Int);
        }
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let is_octal_of_python_2 = text.starts_with('0') && text.contains(|c| c != '0');
        return text.parse().ok().filter(|_| !is_octal_of_python_2).map(Value::Int);
    }
    text.parse().ok().map(Value::Float)
}
