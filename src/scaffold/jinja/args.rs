//! Arguments as Python passes them: each by its place or its name.

use minijinja::value::{Kwargs, from_args};
use minijinja::{Error, ErrorKind, Value};

use super::python;

/// The arguments of one call, by the place of their parameter.
#[derive(Debug)]
pub(super) struct Args(Vec<Option<Value>>);

impl Args {
    /// Puts `args` to the parameters `names` of `function`.
    ///
    /// # Errors
    /// There are too many, or one has a name that is unknown or taken.
    pub(super) fn bind(function: &str, names: &[&str], args: &[Value]) -> Result<Args, Error> {
        let (places, named) = match args.split_last() {
            Some((last, before)) if last.is_kwargs() => {
                let (named,): (Kwargs,) = from_args(std::slice::from_ref(last))?;
                (before, Some(named))
            }
            _ => (args, None),
        };
        if places.len() > names.len() {
            let reason = format!("`{function}` takes at most {} arguments", names.len());
            return Err(Error::new(ErrorKind::TooManyArguments, reason));
        }
        let mut values: Vec<Option<Value>> = places.iter().cloned().map(Some).collect();
        values.resize(names.len(), None);
        for name in named.iter().flat_map(Kwargs::args) {
            let place = names.iter().position(|known| *known == name);
            match place.and_then(|place| values.get_mut(place)) {
                Some(value) if value.is_none() => {
                    *value = named.as_ref().and_then(|named| named.peek(name).ok());
                }
                Some(_) => return Err(wrong(format!("`{function}` has `{name}` twice"))),
                None => return Err(wrong(format!("`{function}` has no argument `{name}`"))),
            }
        }
        Ok(Args(values))
    }

    /// `None` where it was not given.
    pub(super) fn get(&self, place: usize) -> Option<&Value> {
        self.0.get(place)?.as_ref()
    }

    /// `None` where it was not given or is `none`.
    pub(super) fn some(&self, place: usize) -> Option<&Value> {
        self.get(place).filter(|value| !value.is_none())
    }

    pub(super) fn required(&self, place: usize) -> Result<&Value, Error> {
        self.get(place).ok_or_else(|| Error::from(ErrorKind::MissingArgument))
    }

    pub(super) fn bool(&self, place: usize, default: bool) -> bool {
        self.get(place).map_or(default, Value::is_true)
    }

    pub(super) fn int(&self, place: usize, default: i64) -> Result<i64, Error> {
        match self.some(place) {
            None => Ok(default),
            Some(value) => int(value),
        }
    }

    pub(super) fn str(&self, place: usize, default: &str) -> Result<String, Error> {
        match self.some(place) {
            None => Ok(default.to_owned()),
            Some(value) => text(value),
        }
    }
}

/// An integer, or what Python takes for one.
pub(super) fn int(value: &Value) -> Result<i64, Error> {
    if python::float(value).is_none()
        && let Ok(int) = i64::try_from(value.clone())
    {
        return Ok(int);
    }
    if matches!(value.kind(), minijinja::value::ValueKind::Bool) {
        return Ok(i64::from(value.is_true()));
    }
    Err(wrong(format!("expected an integer, found a {}", value.kind())))
}

/// A string, and nothing else.
pub(super) fn text(value: &Value) -> Result<String, Error> {
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None if value.is_undefined() => Err(Error::new(
            ErrorKind::UndefinedError,
            "expected a string, found an undefined value",
        )),
        None => Err(wrong(format!("expected a string, found a {}", value.kind()))),
    }
}

pub(super) fn wrong(reason: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, reason.into())
}
