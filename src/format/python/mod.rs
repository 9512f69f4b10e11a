//! Parameters out of Python source, without running it.
//!
//! What DVC takes from `params.py` through Python's own `ast` is taken here: at the top of the file
//! and in class bodies, each assignment of a literal to one name; a class is a map of what is
//! assigned in it, and of what its `__init__` assigns to `self`. Literals are numbers, strings (of
//! which adjacent ones are joined), `True`, `False`, `None`, and tuples, lists, sets and dicts of
//! literals; tuples and sets become lists in the order of the text. Of two assignments to one name
//! the later one counts. Everything else is passed over: Python files hold more than parameters.
//! Values that no other format has are passed over too: bytes, complex numbers, `...`, integers
//! beyond 128 bits and dicts with tuples for keys.
//!
//! Only what would hide an assignment is an error: strings and brackets without end, and lines whose
//! indentation fits no block. The text is bounded by [`MAX_LEN`], the nesting of brackets and of blocks
//! by the lexer, and with it all recursion here.
//!
//! No crate does this lightly: `ruff_python_parser` calls itself an internal part of Ruff without a
//! stable API, `rustpython-parser` is no longer developed and by default links an LGPL library for
//! integers, and `py_literal` knows literals but not the statements around them.

mod lexer;
mod literal;
mod string;

use lexer::{Lexer, Token};

use super::Value;
use super::value::Map;
use super::yaml::{Mark, Problem};

/// The longest text that is read, in bytes: what bounds the memory that its values take.
pub const MAX_LEN: usize = 16 << 20;

/// Reads the parameters of a module: always a map.
///
/// # Errors
/// The text cannot be cut into statements.
pub fn parse(text: &str) -> Result<Value, Problem> {
    if text.len() > MAX_LEN {
        return Err(Problem::new(Mark::START, "a Python file of more than 16 MiB is not read"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // As Python does before it looks at anything.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = Reader::new(&text)?;
    let mut found = Map::new();
    while reader.token != Token::End {
        reader.statement(Scope::Body, &mut found)?;
    }
    Ok(Value::Map(found))
}

/// What counts as a name to assign to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Of a module or class: names, and attributes of `self`.
    Body,
    /// Of `__init__`: attributes of `self` only.
    Init,
}

/// Keywords whose statement owns the rest of its line, and the block below it.
const COMPOUND: [&str; 10] =
    ["async", "elif", "else", "except", "finally", "for", "if", "try", "while", "with"];

struct Reader<'a> {
    lexer: Lexer<'a>,
    /// The next token.
    token: Token<'a>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Result<Self, Problem> {
        let mut lexer = Lexer::new(text);
        let token = lexer.next()?;
        Ok(Reader { lexer, token })
    }

    fn advance(&mut self) -> Result<Token<'a>, Problem> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    /// Takes the next token if it is this operator.
    fn take(&mut self, operator: &str) -> Result<bool, Problem> {
        let found = self.token == Token::Op(operator);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// One statement, or several simple ones on a line; a block that belongs to none is passed over.
    fn statement(&mut self, scope: Scope, found: &mut Map) -> Result<(), Problem> {
        match &self.token {
            Token::Name("class") => self.class(found),
            Token::Name("def") => self.function(found),
            Token::Name(name) if COMPOUND.contains(name) => self.pass_over_compound(),
            Token::Indent => self.pass_over_block(),
            Token::Newline | Token::Dedent => self.advance().map(drop),
            _ => {
                self.simple_statements(scope, found)?;
                // An indented line after it is an error to Python, a `case` below `match` is not.
                self.pass_over_block()
            }
        }
    }

    fn simple_statements(&mut self, scope: Scope, found: &mut Map) -> Result<(), Problem> {
        loop {
            if let Some((name, value)) = self.assignment(scope)? {
                found.insert(name.to_owned(), value);
            }
            self.pass_over_simple()?;
            if !self.take(";")? || self.ends_line() {
                break;
            }
        }
        if self.token == Token::Newline {
            self.advance()?;
        }
        Ok(())
    }

    /// `NAME = LITERAL` or `NAME: TYPE = LITERAL`. Whatever else the statement is, some of its tokens
    /// are taken.
    fn assignment(&mut self, scope: Scope) -> Result<Option<(&'a str, Value)>, Problem> {
        let is_wrapped = self.take("(")?;
        let Token::Name(first) = self.token else {
            return Ok(None);
        };
        self.advance()?;
        let is_attribute = first == "self" && self.take(".")?;
        let target = match self.token {
            Token::Name(attribute) if is_attribute => {
                self.advance()?;
                attribute
            }
            _ if is_attribute || scope == Scope::Init => return Ok(None),
            _ => first,
        };
        if is_wrapped && !self.take(")")? {
            return Ok(None);
        }
        if self.take(":")? {
            while !self.ends_simple() && (self.token != Token::Op("=") || self.lexer.depth() > 0) {
                self.advance()?;
            }
        }
        if !self.take("=")? {
            return Ok(None);
        }
        let value = self.expression_list()?;
        Ok(value.filter(|_| self.ends_simple()).map(|value| (target, value)))
    }

    fn class(&mut self, found: &mut Map) -> Result<(), Problem> {
        self.advance()?;
        let Token::Name(name) = self.token else {
            return self.pass_over_compound();
        };
        let mut inner = Map::new();
        self.body(Scope::Body, &mut inner)?;
        found.insert(name.to_owned(), Value::Map(inner));
        Ok(())
    }

    /// Of functions only `__init__` is looked into: its attributes are those of the class.
    fn function(&mut self, found: &mut Map) -> Result<(), Problem> {
        self.advance()?;
        match self.token {
            Token::Name("__init__") => self.body(Scope::Init, found),
            _ => self.pass_over_compound(),
        }
    }

    /// What stands after the `:` that ends this header: the rest of the line, or a block.
    fn body(&mut self, scope: Scope, found: &mut Map) -> Result<(), Problem> {
        while self.token != Token::Op(":") || self.lexer.depth() > 0 {
            if self.ends_line() {
                return self.pass_over_compound();
            }
            self.advance()?;
        }
        self.advance()?;
        if self.token != Token::Newline {
            self.simple_statements(scope, found)?;
            return self.pass_over_block();
        }
        self.advance()?;
        if self.token != Token::Indent {
            return Ok(());
        }
        self.advance()?;
        while !matches!(self.token, Token::Dedent | Token::End) {
            self.statement(scope, found)?;
        }
        self.advance().map(drop)
    }

    fn ends_line(&self) -> bool {
        matches!(self.token, Token::Newline | Token::End)
    }

    /// Whether a simple statement is over: the lexer has no line ends within brackets.
    fn ends_simple(&self) -> bool {
        self.ends_line() || self.token == Token::Op(";")
    }

    fn pass_over_simple(&mut self) -> Result<(), Problem> {
        while !self.ends_simple() {
            self.advance()?;
        }
        Ok(())
    }

    fn pass_over_compound(&mut self) -> Result<(), Problem> {
        while !self.ends_line() {
            self.advance()?;
        }
        if self.token == Token::Newline {
            self.advance()?;
        }
        self.pass_over_block()
    }

    /// Passes over an indented block, if one begins here.
    fn pass_over_block(&mut self) -> Result<(), Problem> {
        let mut open = 0_usize;
        loop {
            match self.token {
                Token::Indent => open += 1,
                Token::Dedent if open > 0 => open -= 1,
                _ if open == 0 => return Ok(()),
                _ => {}
            }
            self.advance()?;
            if open == 0 {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::json;
    use crate::format::yaml::emit::flow;

    /// The expected values are what DVC 3.67 reads of the same file, with tuples and sets as lists;
    /// `tests/spec/with-dvc.py` asks it.
    #[test]
    fn parameters_are_those_that_dvc_reads() {
        let text = include_str!("../../../tests/spec/python-params.py");
        let expected = json::parse(include_str!("../../../tests/spec/python-params.json"));
        let found = parse(text).expect("valid");
        assert_eq!(Ok(&found), expected.as_ref());
        for other in
            [text.replace('\n', "\r\n"), text.replace('\n', "\r"), format!("\u{feff}{text}")]
        {
            assert_eq!(parse(&other).as_ref(), Ok(&found));
        }
    }

    #[test]
    fn what_no_other_format_has_is_passed_over() {
        for (text, expected) in [
            ("", "{}"),
            (
                "a = 170141183460469231731687303715884105727\nb = 0x80000000000000000000000000000000",
                "{a: 170141183460469231731687303715884105727}",
            ),
            ("a = '\\N{DASH}'\nb = '\\ud800'\nc = '\\x4'\nd = 017\ne = b'' 'x'", "{}"),
            ("a = {'x': ...}\nb = [1, 2j]\nc = -True\nd = - -1\ne = not 1", "{}"),
            ("a = 1\n  b = 2\nc = 3", "{a: 1, c: 3}"),
            ("class A:\n# c\n\tx = 1\n        z = 2\nb = f'''{x # it's\n}'''", "{A: {x: 1, z: 2}}"),
        ] {
            assert_eq!(flow(&parse(text).expect(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_cut_into_statements_is_an_error() {
        for (text, expected) in [
            ("a = 'x\nb = 1", "1:5: this string has no end"),
            ("a = \"\"\"x\nb = 1", "1:5: this string has no end"),
            ("a = f'{x\n", "1:5: this string has no end"),
            ("a = 1\nb = [1,\nc = 2", "2:5: this `[` is never closed"),
            ("a = (1]", "1:7: this `]` closes nothing"),
            ("a = 1)", "1:6: this `)` closes nothing"),
            (
                "class A:\n    x = 1\n  y = 2\n",
                "3:3: the indentation of this line is that of no block above it",
            ),
        ] {
            let Problem { mark, message } = parse(text).expect_err(text);
            assert_eq!(format!("{}:{}: {message}", mark.line, mark.column), expected, "{text:?}");
        }
    }

    #[test]
    fn nesting_and_length_are_bounded() {
        let blocks: String =
            (0..200).map(|depth| format!("{}class A:\n", " ".repeat(depth))).collect();
        let fields = format!("f'{}", "{f\"".repeat(100_000));
        for text in ["(".repeat(100_000), blocks, fields, "#".repeat(MAX_LEN + 1)] {
            assert!(parse(&text).is_err());
        }
    }

    /// Statements that are often right.
    fn any_tokens() -> impl Strategy<Value = String> {
        let token = prop::sample::select(vec![
            "class ", "def ", "__init__", "self", "a", "if ", "f'", "rb\"", "'''", "\"\"\"", "\\",
            "\n", "\n ", "\n\t", "{", "}", "[", "]", "(", ")", ":", ";", ",", "=", ".", "-", "1",
            "0x", "1e", "#", "é", "'", "\"", " ", "set", "None", "\\N", "\\x4",
        ]);
        prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text: String, tokens in any_tokens()) {
            let _ = parse(&text);
            let _ = parse(&format!("a = {text}"));
            let _ = parse(&tokens);
        }
    }
}
