//! A filter as a tree. Printed, it reads as the same tree again.

use std::fmt;

use super::{Key, Literal, Wildcard};

/// What is true of a run, or not.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// Two or more.
    Or(Vec<Expression>),
    /// Two or more.
    And(Vec<Expression>),
    Not(Box<Expression>),
    Test(Test),
}

/// One key held against something.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub key: Key,
    pub verb: Verb,
    /// Where the key stands in the text, in bytes.
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Verb {
    /// It is true.
    Holds,
    Compare(Comparison, Literal),
    Glob {
        pattern: String,
        wildcard: Wildcard,
        negated: bool,
    },
    Like {
        pattern: String,
        wildcard: Wildcard,
        ignore_case: bool,
        negated: bool,
    },
    Contains {
        literal: Literal,
        negated: bool,
    },
    In {
        literals: Vec<Literal>,
        negated: bool,
    },
    IsNull {
        negated: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }
}

impl Expression {
    pub(super) fn each_test(&self, seen: &mut dyn FnMut(&Test)) {
        match self {
            Expression::Or(all) | Expression::And(all) => {
                all.iter().for_each(|one| one.each_test(seen));
            }
            Expression::Not(inner) => inner.each_test(seen),
            Expression::Test(test) => seen(test),
        }
    }

    pub(super) fn each_test_mut(&mut self, seen: &mut dyn FnMut(&mut Test)) {
        match self {
            Expression::Or(all) | Expression::And(all) => {
                all.iter_mut().for_each(|one| one.each_test_mut(seen));
            }
            Expression::Not(inner) => inner.each_test_mut(seen),
            Expression::Test(test) => seen(test),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = |f: &mut fmt::Formatter<'_>, one: &Expression| match one {
            Expression::Or(_) | Expression::And(_) => write!(f, "({one})"),
            Expression::Not(_) | Expression::Test(_) => write!(f, "{one}"),
        };
        let (all, between) = match self {
            Expression::Or(all) => (all, " or "),
            Expression::And(all) => (all, " and "),
            Expression::Not(one) => {
                f.write_str("not ")?;
                return inner(f, one);
            }
            Expression::Test(test) => return test.fmt(f),
        };
        for (at, one) in all.iter().enumerate() {
            f.write_str(if at > 0 { between } else { "" })?;
            inner(f, one)?;
        }
        Ok(())
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = |negated: &bool| if *negated { "not " } else { "" };
        let pattern = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let key = &self.key;
        match &self.verb {
            Verb::Holds => write!(f, "{key}"),
            Verb::Compare(comparison, literal) => {
                write!(f, "{key} {} {literal}", comparison.sign())
            }
            Verb::Glob { pattern: text, negated, .. } => {
                write!(f, "{key} {}~ {}", if *negated { "!" } else { "" }, pattern(text))
            }
            Verb::Like { pattern: text, ignore_case, negated, .. } => {
                let i = if *ignore_case { "i" } else { "" };
                write!(f, "{key} {}{i}like {}", not(negated), pattern(text))
            }
            Verb::Contains { literal, negated } => {
                write!(f, "{key} {}contains {literal}", not(negated))
            }
            Verb::In { literals, negated } => {
                let literals: Vec<String> = literals.iter().map(Literal::to_string).collect();
                write!(f, "{key} {}in ({})", not(negated), literals.join(", "))
            }
            Verb::IsNull { negated } => write!(f, "{key} is {}null", not(negated)),
        }
    }
}
