//! Reads filters: recursive descent over the tokens.

use jiff::Timestamp;

use super::ast::{Comparison, Expression, Test, Verb};
use super::key::Kind;
use super::lexer::{self, Spanned, Token, tokens};
use super::{Key, Literal, MAX_DEPTH, QueryError, Wildcard};

pub(super) fn parse(text: &str, now: Timestamp) -> Result<Expression, QueryError> {
    let mut parser = Parser { text, tokens: tokens(text)?, next: 0, now, depth: 0 };
    let expression = parser.or()?;
    match parser.peek() {
        None => Ok(expression),
        Some(_) => Err(parser.expected("`and`, `or` or the end")),
    }
}

/// A key and nothing else.
pub(super) fn key(text: &str) -> Result<Key, QueryError> {
    let now = Timestamp::UNIX_EPOCH;
    let mut parser = Parser { text, tokens: tokens(text)?, next: 0, now, depth: 0 };
    let key = parser.key()?;
    match parser.peek() {
        None => Ok(key),
        Some(_) => Err(parser.expected("the end of the key")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Spanned>,
    next: usize,
    now: Timestamp,
    depth: usize,
}

const COMPARISONS: [(&str, Comparison); 8] = [
    ("=", Comparison::Equal),
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<>", Comparison::NotEqual),
    ("<", Comparison::Less),
    ("<=", Comparison::LessOrEqual),
    (">", Comparison::Greater),
    (">=", Comparison::GreaterOrEqual),
];

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|spanned| &spanned.token)
    }

    /// Where the next token begins.
    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.text.len(), |spanned| spanned.start)
    }

    fn error(&self, message: impl Into<String>) -> QueryError {
        QueryError::new(self.text, self.at(), message)
    }

    fn expected(&self, what: &str) -> QueryError {
        self.error(format!("expected {what}"))
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword))
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.is_keyword(keyword);
        self.next += usize::from(found);
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.next += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Expression, QueryError> {
        let mut all = vec![self.and()?];
        while self.take_keyword("or") {
            all.push(self.and()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expression::Or(all) })
    }

    fn and(&mut self) -> Result<Expression, QueryError> {
        let mut all = vec![self.not()?];
        while self.take_keyword("and") {
            all.push(self.not()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expression::And(all) })
    }

    fn not(&mut self) -> Result<Expression, QueryError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(
                self.error(format!("parentheses and `not` nest more than {MAX_DEPTH} deep"))
            );
        }
        let found = if self.take_keyword("not") {
            Expression::Not(Box::new(self.not()?))
        } else if self.take_sign("(") {
            let inner = self.or()?;
            if !self.take_sign(")") {
                return Err(self.expected("`and`, `or` or `)`"));
            }
            inner
        } else {
            Expression::Test(self.test()?)
        };
        self.depth -= 1;
        Ok(found)
    }

    fn test(&mut self) -> Result<Test, QueryError> {
        let at = self.at();
        let key = self.key()?;
        let verb = self.verb(key.kind())?;
        Ok(Test { key, verb, at })
    }

    fn key(&mut self) -> Result<Key, QueryError> {
        let expected = "a key such as `metrics.acc`, `params.lr` or `status`";
        let word = match self.peek() {
            Some(Token::Word(word)) if !lexer::is_keyword(word) => word.clone(),
            Some(Token::Back(name) | Token::Double(name)) => {
                let key = Key::Bare(name.clone());
                self.next += 1;
                return Ok(key);
            }
            _ => return Err(self.expected(expected)),
        };
        // In quotes right behind the point: `metrics."val/acc"`.
        let end = self.tokens[self.next].end;
        let quoted = match self.tokens.get(self.next + 1) {
            Some(Spanned { token: Token::Back(name) | Token::Double(name), start, .. })
                if *start == end && word.ends_with('.') =>
            {
                Some(name.clone())
            }
            _ => None,
        };
        let taken = 1 + usize::from(quoted.is_some());
        let key = Key::of_word(&word, quoted).map_err(|message| self.error(message))?;
        self.next += taken;
        Ok(key)
    }

    fn verb(&mut self, kind: Kind) -> Result<Verb, QueryError> {
        for (sign, comparison) in COMPARISONS {
            if self.take_sign(sign) {
                return Ok(Verb::Compare(comparison, self.literal(kind, sign)?));
            }
        }
        for (sign, negated) in [("~", false), ("!~", true)] {
            if self.take_sign(sign) {
                let pattern = self.value(sign)?;
                return Ok(Verb::Glob { wildcard: Wildcard::glob(&pattern), pattern, negated });
            }
        }
        if self.take_keyword("is") {
            let negated = self.take_keyword("not");
            return match self.take_keyword("null") {
                true => Ok(Verb::IsNull { negated }),
                false => {
                    Err(self.expected(if negated { "`null`" } else { "`null` or `not null`" }))
                }
            };
        }
        let negated = self.take_keyword("not");
        for (keyword, ignore_case) in [("like", false), ("ilike", true)] {
            if self.take_keyword(keyword) {
                let pattern = self.value(keyword)?;
                let wildcard = Wildcard::like(&pattern, ignore_case);
                return Ok(Verb::Like { pattern, wildcard, ignore_case, negated });
            }
        }
        if self.take_keyword("contains") {
            let literal = self.literal(Kind::Any, "contains")?;
            return Ok(Verb::Contains { literal, negated });
        }
        if self.take_keyword("in") {
            return Ok(Verb::In { literals: self.list(kind)?, negated });
        }
        let ends = self.is_keyword("and") || self.is_keyword("or");
        match self.peek() {
            _ if negated => Err(self.expected("`in`, `like`, `ilike` or `contains` after `not`")),
            None | Some(Token::Sign(")")) => Ok(Verb::Holds),
            Some(_) if ends => Ok(Verb::Holds),
            Some(_) => Err(self.expected(
                "one of `=`, `!=`, `<`, `<=`, `>`, `>=`, `~`, `like`, `ilike`, `contains`, `in`, `is`",
            )),
        }
    }

    fn list(&mut self, kind: Kind) -> Result<Vec<Literal>, QueryError> {
        if !self.take_sign("(") {
            return Err(self.expected("`(` after `in`"));
        }
        let mut literals = vec![self.literal(kind, "(")?];
        while self.take_sign(",") {
            literals.push(self.literal(kind, ",")?);
        }
        match self.take_sign(")") {
            true => Ok(literals),
            false => Err(self.expected("`,` or `)`")),
        }
    }

    fn literal(&mut self, kind: Kind, after: &str) -> Result<Literal, QueryError> {
        let at = self.at();
        let text = self.value(after)?;
        Literal::new(text, kind, self.now)
            .map_err(|message| QueryError::new(self.text, at, message))
    }

    fn value(&mut self, after: &str) -> Result<String, QueryError> {
        let text = match self.peek() {
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("null") => {
                return Err(self.error("for what is absent, write `is null` or `is not null`"));
            }
            Some(Token::Word(word)) if !lexer::is_keyword(word) => word.clone(),
            Some(Token::Single(text) | Token::Double(text)) => text.clone(),
            _ => return Err(self.expected(&format!("a value after `{after}`"))),
        };
        self.next += 1;
        Ok(text)
    }
}
