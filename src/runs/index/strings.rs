//! Every text of the index once, named by its number.

use std::collections::HashMap;

/// The number of a text. One that the table lacks stands for no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Symbol(pub u32);

impl Symbol {
    pub const NONE: Symbol = Symbol(u32::MAX);
}

/// Texts one behind the other.
#[derive(Default)]
pub(super) struct Strings {
    text: String,
    /// Where each ends.
    ends: Vec<u32>,
}

impl Strings {
    pub fn new(text: String, ends: Vec<u32>) -> Strings {
        Strings { text, ends }
    }

    pub fn get(&self, symbol: Symbol) -> Option<&str> {
        let at = symbol.0 as usize;
        let end = *self.ends.get(at)? as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        self.text.get(start..end)
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn ends(&self) -> &[u32] {
        &self.ends
    }
}

/// A table that grows.
pub(super) struct Interner {
    strings: Strings,
    known: HashMap<Box<str>, Symbol>,
}

impl Interner {
    pub fn new(strings: Strings) -> Interner {
        let symbols = (0..strings.ends.len() as u32).map(Symbol);
        let known =
            symbols.filter_map(|symbol| Some((Box::from(strings.get(symbol)?), symbol))).collect();
        Interner { strings, known }
    }

    /// The number of `text`. Past four gigabytes of texts, it is that of no text.
    pub fn symbol(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.known.get(text) {
            return *symbol;
        }
        let Ok(end) = u32::try_from(self.strings.text.len() + text.len()) else {
            return Symbol::NONE;
        };
        let symbol = Symbol(self.strings.ends.len() as u32);
        self.strings.text.push_str(text);
        self.strings.ends.push(end);
        self.known.insert(text.into(), symbol);
        symbol
    }

    pub fn finish(self) -> Strings {
        self.strings
    }
}
