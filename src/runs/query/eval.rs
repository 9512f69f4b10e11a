//! Whether a filter is true of a run.

use std::cmp::Ordering;

use super::{Comparison, Datum, Expression, Literal, Test, Verb};
use crate::format::Value;
use crate::runs::{Scalar, Summary};

impl Expression {
    pub(super) fn is_true(&self, run: Summary<'_>) -> bool {
        match self {
            Expression::Or(all) => all.iter().any(|one| one.is_true(run)),
            Expression::And(all) => all.iter().all(|one| one.is_true(run)),
            Expression::Not(inner) => !inner.is_true(run),
            Expression::Test(test) => test.is_true(run),
        }
    }
}

impl Test {
    fn is_true(&self, run: Summary<'_>) -> bool {
        let found = self.key.value(run);
        if let Verb::IsNull { negated } = self.verb {
            return found.is_none() != negated;
        }
        let Some(datum) = found else { return false };
        match &self.verb {
            Verb::Holds => match datum {
                Datum::Bool(bool) => bool,
                datum => datum.text().eq_ignore_ascii_case("true"),
            },
            Verb::Compare(comparison, literal) => {
                // What cannot be ordered, such as a number and none, is unequal.
                literal
                    .compare(&datum)
                    .map_or(*comparison == Comparison::NotEqual, |order| comparison.accepts(order))
            }
            Verb::Glob { wildcard, negated, .. } | Verb::Like { wildcard, negated, .. } => {
                wildcard.matches(&datum.text()) != *negated
            }
            Verb::Contains { literal, negated } => contains(&datum, literal) != *negated,
            Verb::In { literals, negated } => {
                literals.iter().any(|one| one.compare(&datum) == Some(Ordering::Equal)) != *negated
            }
            Verb::IsNull { .. } => unreachable!("answered above"),
        }
    }
}

impl Comparison {
    fn accepts(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

fn contains(datum: &Datum<'_>, literal: &Literal) -> bool {
    let Datum::List(text) = datum else { return datum.text().contains(&literal.text) };
    let Ok(Value::List(items)) = serde_json::from_str(text) else { return false };
    let scalar = |item: &Value| match item {
        Value::Bool(bool) => literal.compare(&Datum::Bool(*bool)),
        Value::Int(int) => literal.compare(&Datum::Int(*int)),
        Value::Float(float) => literal.compare(&Datum::Float(*float)),
        Value::String(text) => literal.compare(&Datum::of(Scalar::Text(text))?),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    };
    items.iter().any(|item| scalar(item) == Some(Ordering::Equal))
}
