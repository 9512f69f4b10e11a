//! Expressions, rewritten where the engine's operators are not Python's.
//!
//! The parser follows the grammar of Jinja and writes down edits of the text; what it has nothing to say
//! about stays as it is, and line numbers never change. Edited are:
//!
//! - `a + b`, `a * b`, `a ** b`, `a % b`, `a ~ b` and slices become calls of functions of
//!   [`super::operators`], which know Python's rules for all types and what they may cost;
//! - what is compared is weighed first, since values may hold each other many times over, and themselves;
//!   so are keys of dicts, which have to be simple;
//! - lists, tuples and dicts that hold other values are counted, because values within values are what
//!   a program's stack has to unwind;
//! - string literals with escapes that Python knows and the engine does not are spelled out.

use super::edits::Edits;
use super::lex::{Kind, Token};
use super::literal::literal;
use super::preprocess::Problem;

/// Names of this library's own functions begin with this. No template may have such a name.
pub(super) const PREFIX: &str = "_gitml_";

/// Brackets and operators within each other, so that no stack overflows.
const MAX_DEPTH: usize = 64;

/// A part of an expression.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub start: usize,
    pub end: usize,
    /// The last `+` or `-` of an expression that is a sum and nothing else: its number.
    pub sum: Option<usize>,
}

pub(super) struct Parser<'a> {
    pub text: &'a str,
    pub tokens: &'a [Token],
    /// The next token.
    pub at: usize,
    pub edits: &'a mut Edits,
    /// A `+` or `-` that becomes an argument of its own: [`super::now`].
    pub split: Option<usize>,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a [Token], edits: &'a mut Edits) -> Parser<'a> {
        Parser { text, tokens, at: 0, edits, split: None, depth: 0 }
    }

    pub(super) fn peek(&self) -> Option<Kind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| {
            token.kind == Kind::Name && &self.text[token.start..token.end] == name
        })
    }

    fn take_name(&mut self, name: &str) -> bool {
        let found = self.is_name(name);
        self.at += usize::from(found);
        found
    }

    fn take(&mut self, operator: &str) -> bool {
        let found = matches!(self.peek(), Some(Kind::Operator(found)) if found == operator);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, operator: &str) -> Result<usize, Problem> {
        if self.take(operator) {
            return Ok(self.tokens[self.at - 1].end);
        }
        Err(self.unexpected(&format!("`{operator}`")))
    }

    fn unexpected(&self, expected: &str) -> Problem {
        match self.tokens.get(self.at) {
            Some(token) => {
                let found: String = self.text[token.start..token.end].chars().take(40).collect();
                Problem::new(token.start, format!("expected {expected}, found `{found}`"))
            }
            None => {
                let at = self.tokens.last().map_or(0, |token| token.start);
                Problem::new(at, format!("expected {expected}, found the end of the tag"))
            }
        }
    }

    fn deeper<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Problem::new(
                self.tokens.get(self.at).map_or(0, |token| token.start),
                format!("more than {MAX_DEPTH} expressions within each other"),
            ));
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// An expression with all it may have.
    pub(super) fn expression(&mut self) -> Result<Node, Problem> {
        self.deeper(|parser| {
            let mut node = parser.or()?;
            while parser.take_name("if") {
                let condition = parser.or()?;
                node.sum = None;
                node.end = condition.end;
                if parser.take_name("else") {
                    node.end = parser.expression()?.end;
                }
            }
            Ok(node)
        })
    }

    /// An expression without `if`: what stands after `if`, and after `in` of a loop.
    pub(super) fn or(&mut self) -> Result<Node, Problem> {
        self.logic("or", |parser| parser.logic("and", Parser::not))
    }

    fn logic(
        &mut self,
        word: &str,
        operand: impl Fn(&mut Self) -> Result<Node, Problem>,
    ) -> Result<Node, Problem> {
        let mut node = operand(self)?;
        while self.take_name(word) {
            node = Node { start: node.start, end: operand(self)?.end, sum: None };
        }
        Ok(node)
    }

    fn not(&mut self) -> Result<Node, Problem> {
        let start = self.tokens.get(self.at).map_or(0, |token| token.start);
        if self.take_name("not") {
            let node = self.deeper(Parser::not)?;
            return Ok(Node { start, end: node.end, sum: None });
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Node, Problem> {
        let first = self.at;
        let mut node = self.sum()?;
        let mut right = (first, node);
        loop {
            let is_operator = match self.peek() {
                Some(Kind::Operator("==" | "!=" | "<" | "<=" | ">" | ">=")) => true,
                Some(Kind::Name) if self.is_name("in") => true,
                Some(Kind::Name) if self.is_name("not") => {
                    self.at += 1;
                    if !self.is_name("in") {
                        self.at -= 1;
                        return Ok(node);
                    }
                    true
                }
                _ => false,
            };
            if !is_operator {
                return Ok(node);
            }
            self.weigh(right);
            self.at += 1;
            let first = self.at;
            right = (first, self.sum()?);
            self.weigh(right);
            // The middle of `a < b < c` is weighed once.
            right.0 = self.at;
            node = Node { start: node.start, end: right.1.end, sum: None };
        }
    }

    /// Has the node weighed that begins with the token `first`, unless it is a literal.
    fn weigh(&mut self, (first, node): (usize, Node)) {
        if !self.are_literals(first) {
            self.edits.wrap("weigh", node.start, node.end);
        }
    }

    /// Whether there are nothing but literals since the token `first`.
    fn are_literals(&self, first: usize) -> bool {
        let is_literal = |token: &Token| matches!(token.kind, Kind::Number | Kind::String);
        self.tokens[first..self.at].iter().all(is_literal)
    }

    fn sum(&mut self) -> Result<Node, Problem> {
        let mut node = self.concat()?;
        // Operands so far that are joined by `+` alone, in one call.
        let mut group = false;
        while let Some(Kind::Operator(sign @ ("+" | "-"))) = self.peek() {
            let number = self.at;
            let token = self.tokens[number];
            self.at += 1;
            let is_split = self.split == Some(number);
            if group && (is_split || sign == "-") {
                self.edits.wrap("add", node.start, node.end);
                group = false;
            }
            if is_split {
                self.edits.replace(token.start, token.end, format!(", \"{sign}\", "));
            } else if sign == "+" {
                self.edits.replace(token.start, token.end, ",");
                group = true;
            }
            let right = self.concat()?;
            node = Node { start: node.start, end: right.end, sum: Some(number) };
        }
        if group {
            self.edits.wrap("add", node.start, node.end);
        }
        Ok(node)
    }

    fn concat(&mut self) -> Result<Node, Problem> {
        let mut node = self.product()?;
        let mut several = false;
        while self.take("~") {
            let token = self.tokens[self.at - 1];
            self.edits.replace(token.start, token.end, ",");
            node = Node { start: node.start, end: self.product()?.end, sum: None };
            several = true;
        }
        if several {
            self.edits.wrap("cat", node.start, node.end);
        }
        Ok(node)
    }

    fn product(&mut self) -> Result<Node, Problem> {
        self.binary(&[("*", "mul"), ("%", "mod"), ("//", "floordiv"), ("/", "div")], Parser::power)
    }

    fn power(&mut self) -> Result<Node, Problem> {
        self.binary(&[("**", "pow")], |parser| parser.unary(true))
    }

    fn binary(
        &mut self,
        operators: &[(&'static str, &str)],
        operand: impl Fn(&mut Self) -> Result<Node, Problem>,
    ) -> Result<Node, Problem> {
        let mut node = operand(self)?;
        let mut length = 0;
        while let Some((_, function)) =
            operators.iter().find(|(operator, _)| self.peek() == Some(Kind::Operator(operator)))
        {
            let token = self.tokens[self.at];
            length += 1;
            if length > MAX_DEPTH {
                let reason = format!("more than {MAX_DEPTH} operators in a row");
                return Err(Problem::new(token.start, reason));
            }
            self.at += 1;
            self.edits.replace(token.start, token.end, ",");
            node = Node { start: node.start, end: operand(self)?.end, sum: None };
            self.edits.wrap(function, node.start, node.end);
        }
        Ok(node)
    }

    fn unary(&mut self, with_filters: bool) -> Result<Node, Problem> {
        let start = self.tokens.get(self.at).map_or(0, |token| token.start);
        let mut node = match self.peek() {
            Some(Kind::Operator(sign @ ("-" | "+"))) => {
                let token = self.tokens[self.at];
                self.at += 1;
                let operand = self.deeper(|parser| parser.unary(false))?;
                if sign == "+" {
                    self.edits.replace(token.start, token.end, "");
                }
                Node { start, end: operand.end, sum: None }
            }
            _ => self.primary()?,
        };
        node = self.postfix(node)?;
        if with_filters {
            node = self.filters(node)?;
        }
        Ok(node)
    }

    fn primary(&mut self) -> Result<Node, Problem> {
        let Some(&token) = self.tokens.get(self.at) else {
            return Err(self.unexpected("an expression"));
        };
        let mut end = token.end;
        match token.kind {
            Kind::Name => {
                self.check_name(token)?;
                self.at += 1;
            }
            Kind::Number => self.at += 1,
            Kind::String => {
                while let Some(&Token { kind: Kind::String, start, end: after }) =
                    self.tokens.get(self.at)
                {
                    if let Some(literal) = literal(&self.text[start..after]) {
                        self.edits.replace(start, after, literal);
                    }
                    end = after;
                    self.at += 1;
                }
            }
            Kind::Operator("(") => end = self.container("(", ")")?,
            Kind::Operator("[") => end = self.container("[", "]")?,
            Kind::Operator("{") => end = self.container("{", "}")?,
            Kind::Operator(_) => return Err(self.unexpected("an expression")),
        }
        Ok(Node { start: token.start, end, sum: None })
    }

    pub(super) fn check_name(&self, token: Token) -> Result<(), Problem> {
        if self.text[token.start..token.end].starts_with(PREFIX) {
            let reason = format!("names that begin with `{PREFIX}` are reserved");
            return Err(Problem::new(token.start, reason));
        }
        Ok(())
    }

    /// Brackets with expressions between commas: where they end.
    fn container(&mut self, open: &str, close: &str) -> Result<usize, Problem> {
        let first = self.at;
        self.at += 1;
        let mut commas = 0;
        while !self.take(close) {
            let key = self.at;
            let node = self.expression()?;
            if open == "{" {
                if !self.are_literals(key) {
                    self.edits.wrap("key", node.start, node.end);
                }
                self.expect(":")?;
                self.expression()?;
            }
            if self.take(",") {
                commas += 1;
            } else {
                self.expect(close)?;
                break;
            }
        }
        let end = self.tokens[self.at - 1].end;
        let inside = &self.tokens[first + 1..self.at - 1];
        let is_value = open != "(" || commas > 0;
        let holds_values = inside
            .iter()
            .any(|token| matches!(token.kind, Kind::Name | Kind::Operator("(" | "[" | "{")));
        if is_value && holds_values {
            self.edits.wrap("new", self.tokens[first].start, end);
        }
        Ok(end)
    }

    fn postfix(&mut self, mut node: Node) -> Result<Node, Problem> {
        loop {
            match self.peek() {
                Some(Kind::Operator(".")) => {
                    self.at += 1;
                    let Some(&token) = self.tokens.get(self.at) else {
                        return Err(self.unexpected("a name"));
                    };
                    match token.kind {
                        Kind::Name => self.check_name(token)?,
                        Kind::Number => {}
                        _ => return Err(self.unexpected("a name")),
                    }
                    self.at += 1;
                    node.end = token.end;
                }
                Some(Kind::Operator("[")) => node.end = self.subscript(node)?,
                Some(Kind::Operator("(")) => node.end = self.arguments()?,
                _ => return Ok(node),
            }
            node.sum = None;
        }
    }

    /// `[…]` after `node`.
    fn subscript(&mut self, node: Node) -> Result<usize, Problem> {
        let open = self.tokens[self.at];
        self.at += 1;
        let mut parts = 0;
        let mut colons = Vec::new();
        let mut is_empty = true;
        loop {
            match self.peek() {
                Some(Kind::Operator(":")) if colons.len() < 2 => {
                    let token = self.tokens[self.at];
                    colons.push((token, is_empty));
                    is_empty = true;
                    self.at += 1;
                }
                Some(Kind::Operator("]")) => break,
                _ if !is_empty => return Err(self.unexpected("`]`")),
                _ => {
                    self.expression()?;
                    is_empty = false;
                    parts += 1;
                }
            }
        }
        let close = self.tokens[self.at];
        self.at += 1;
        if colons.is_empty() {
            if parts == 0 {
                return Err(Problem::new(close.start, "the brackets are empty"));
            }
            self.edits.replace(open.start, open.end, ",");
            self.edits.replace(close.start, close.end, "");
            self.edits.wrap("item", node.start, close.end);
            return Ok(close.end);
        }
        self.edits.replace(open.start, open.end, ",");
        for (token, nothing_before) in colons {
            let text = if nothing_before { "none," } else { "," };
            self.edits.replace(token.start, token.end, text);
        }
        self.edits.replace(close.start, close.end, if is_empty { "none" } else { "" });
        self.edits.wrap("slice", node.start, close.end);
        Ok(close.end)
    }

    fn arguments(&mut self) -> Result<usize, Problem> {
        self.expect("(")?;
        while !self.take(")") {
            if !self.take("**") {
                self.take("*");
            }
            self.expression()?;
            if self.take("=") {
                self.expression()?;
            }
            if !self.take(",") {
                return self.expect(")");
            }
        }
        Ok(self.tokens[self.at - 1].end)
    }

    /// Filters and tests after `node`.
    fn filters(&mut self, mut node: Node) -> Result<Node, Problem> {
        loop {
            let is_test = match self.peek() {
                Some(Kind::Operator("|")) => false,
                Some(Kind::Name) if self.is_name("is") => true,
                Some(Kind::Operator("(")) => {
                    node.end = self.arguments()?;
                    continue;
                }
                _ => return Ok(node),
            };
            self.at += 1;
            if is_test {
                self.take_name("not");
            }
            node.end = self.dotted()?;
            node.sum = None;
            if matches!(self.peek(), Some(Kind::Operator("("))) {
                node.end = self.arguments()?;
            } else if is_test && self.begins_argument() {
                let argument = self.primary()?;
                node.end = self.postfix(argument)?.end;
            }
        }
    }

    fn begins_argument(&self) -> bool {
        match self.peek() {
            Some(Kind::Name) => !["else", "or", "and", "is", "if", "in", "not", "recursive"]
                .iter()
                .any(|word| self.is_name(word)),
            Some(Kind::String | Kind::Number | Kind::Operator("[" | "{")) => true,
            _ => false,
        }
    }

    fn dotted(&mut self) -> Result<usize, Problem> {
        loop {
            match self.tokens.get(self.at) {
                Some(&token) if token.kind == Kind::Name => {
                    self.check_name(token)?;
                    self.at += 1;
                }
                _ => return Err(self.unexpected("a name")),
            }
            if !self.take(".") {
                return Ok(self.tokens[self.at - 1].end);
            }
        }
    }
}
