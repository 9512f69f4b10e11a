//! Python's tokens, as far as statements and literals need them.
//!
//! Lines end and blocks begin where Python says: not within brackets, not after a backslash, not at
//! lines that are blank or have only a comment.

use super::super::yaml::{Mark, Problem};
use super::string;

#[derive(Clone, Debug, PartialEq)]
pub enum Token<'a> {
    /// Names and keywords.
    Name(&'a str),
    /// As written.
    Number(&'a str),
    /// A string literal; `None` where its value is not known without running Python.
    Text(Option<String>),
    Op(&'a str),
    /// The end of a line that has tokens.
    Newline,
    Indent,
    Dedent,
    End,
}

/// Operators of more than one character, the longer ones first.
const LONG: [&str; 24] = [
    "**=", "//=", ">>=", "<<=", "...", "!=", "==", "<=", ">=", "->", "+=", "-=", "*=", "/=", "%=",
    "&=", "|=", "^=", "@=", ":=", "**", "//", "<<", ">>",
];

/// Blocks and brackets inside one another: as many as Python itself allows, about.
const MAX_NESTING: usize = 128;

pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Columns of the blocks around here; the first one is 0.
    indents: Vec<usize>,
    /// Closed blocks whose tokens are still to come.
    dedents: usize,
    /// Whether the token of an opened block is still to come.
    indented: bool,
    /// Brackets open here, with where each stands.
    brackets: Vec<(u8, usize)>,
    at_line_start: bool,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        let (indents, brackets) = (vec![0], Vec::new());
        Lexer { text, at: 0, indents, dedents: 0, indented: false, brackets, at_line_start: true }
    }

    /// How many brackets are open after the last token.
    pub fn depth(&self) -> usize {
        self.brackets.len()
    }

    /// A [`Problem`] at the end of the last token.
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        self.problem_at(self.at, message)
    }

    fn problem_at(&self, at: usize, message: impl Into<String>) -> Problem {
        Problem::new(Mark::of(self.text, at), message)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub fn next(&mut self) -> Result<Token<'a>, Problem> {
        if self.at_line_start {
            self.begin_line()?;
        }
        if self.dedents > 0 {
            self.dedents -= 1;
            return Ok(Token::Dedent);
        }
        if std::mem::take(&mut self.indented) {
            return Ok(Token::Indent);
        }
        self.skip_blanks();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return self.end();
        };
        match first {
            '\n' => {
                self.at += 1;
                self.at_line_start = true;
                Ok(Token::Newline)
            }
            '\'' | '"' => self.string(""),
            '0'..='9' => Ok(self.number()),
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => Ok(self.number()),
            c if is_name(c) => {
                let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
                if string::is_prefix(name) && rest[name.len()..].starts_with(['\'', '"']) {
                    return self.string(name);
                }
                self.at += name.len();
                Ok(Token::Name(name))
            }
            c => self.operator(c),
        }
    }

    /// Takes the indentation of the next line that has tokens, and opens or closes blocks by it.
    fn begin_line(&mut self) -> Result<(), Problem> {
        let mut column = 0;
        loop {
            match self.rest().bytes().next() {
                Some(b' ') => column += 1,
                Some(b'\t') => column = (column / 8 + 1) * 8,
                Some(b'\x0c' | b'\n') => column = 0,
                Some(b'#') => {
                    self.skip_comment();
                    continue;
                }
                // The end of the text closes every block; no line begins any more.
                None => {
                    self.dedents += self.indents.len() - 1;
                    self.indents.truncate(1);
                    return Ok(());
                }
                Some(_) => break,
            }
            self.at += 1;
        }
        self.at_line_start = false;
        if column > self.innermost() {
            if self.indents.len() > MAX_NESTING {
                return Err(self.problem("blocks nest too deep here"));
            }
            self.indents.push(column);
            self.indented = true;
        }
        while column < self.innermost() {
            self.indents.pop();
            self.dedents += 1;
        }
        if column == self.innermost() {
            return Ok(());
        }
        Err(self.problem("the indentation of this line is that of no block above it"))
    }

    fn innermost(&self) -> usize {
        *self.indents.last().expect("the outermost block is never closed")
    }

    fn skip_comment(&mut self) {
        let rest = self.rest();
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    /// Skips what separates tokens of one logical line.
    fn skip_blanks(&mut self) {
        loop {
            match self.rest().as_bytes() {
                [b' ' | b'\t' | b'\x0c', ..] => self.at += 1,
                [b'\\', b'\n', ..] => self.at += 2,
                [b'\n', ..] if !self.brackets.is_empty() => self.at += 1,
                [b'#', ..] => self.skip_comment(),
                _ => return,
            }
        }
    }

    fn end(&mut self) -> Result<Token<'a>, Problem> {
        if let Some(&(bracket, at)) = self.brackets.last() {
            let message = format!("this `{}` is never closed", char::from(bracket));
            return Err(self.problem_at(at, message));
        }
        if self.at_line_start {
            return Ok(Token::End);
        }
        self.at_line_start = true;
        Ok(Token::Newline)
    }

    fn string(&mut self, prefix: &str) -> Result<Token<'a>, Problem> {
        let start = self.at;
        match string::scan(&self.rest()[prefix.len()..], prefix) {
            Some((len, value)) => {
                self.at += prefix.len() + len;
                Ok(Token::Text(value))
            }
            None => Err(self.problem_at(start, "this string has no end")),
        }
    }

    /// Everything that could belong to a number, whether it makes one or not.
    fn number(&mut self) -> Token<'a> {
        let rest = self.rest();
        let is_decimal = !rest.starts_with("0x") && !rest.starts_with("0X");
        let mut previous = '0';
        let end = rest.find(|c: char| {
            let is_exponent = is_decimal && matches!(previous, 'e' | 'E');
            previous = c;
            !(is_name(c) || c == '.' || is_exponent && matches!(c, '-' | '+'))
        });
        let number = &rest[..end.unwrap_or(rest.len())];
        self.at += number.len();
        Token::Number(number)
    }

    fn operator(&mut self, first: char) -> Result<Token<'a>, Problem> {
        let rest = self.rest();
        let long = LONG.iter().find(|operator| rest.starts_with(**operator));
        let operator = &rest[..long.map_or(first.len_utf8(), |operator| operator.len())];
        match first {
            '(' | '[' | '{' if self.brackets.len() == MAX_NESTING => {
                return Err(self.problem("brackets nest too deep here"));
            }
            '(' | '[' | '{' => self.brackets.push((rest.as_bytes()[0], self.at)),
            ')' | ']' | '}' => {
                let opening = match first {
                    ')' => b'(',
                    ']' => b'[',
                    _ => b'{',
                };
                if self.brackets.pop().is_none_or(|(bracket, _)| bracket != opening) {
                    return Err(self.problem(format!("this `{first}` closes nothing")));
                }
            }
            _ => {}
        }
        self.at += operator.len();
        Ok(Token::Op(operator))
    }
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}
