//! Other values in place of a template's own, before anything is asked.
//!
//! What fits is cookiecutter's rule: a choice has to be one of those offered, which goes first then; a
//! list narrows a choice; a text for a boolean is read as one; a map is merged into a map; everything
//! else takes the place of what was there and is rendered like it.

use super::python;
use crate::format::Value;
use crate::format::value::Map;
use crate::fs::display_bytes;
use crate::scaffold::{Error, Result};

/// Puts `overrides` into `variables`.
///
/// # Errors
/// A name that no variable has, or a value that does not fit.
pub fn apply(variables: &mut Map, overrides: &Map) -> Result<()> {
    for (name, value) in overrides {
        let Some(current) = variables.get_mut(name) else {
            let is_asked = |name: &&String| !name.starts_with('_');
            let known = variables.keys().filter(is_asked).cloned().collect();
            return Err(Error::UnknownVariable { name: name.clone(), known });
        };
        put(current, value).map_err(|why| bad_answer(name, value, why))?;
    }
    Ok(())
}

/// Puts the user's defaults into `variables`, but for those that it does not have. One that does not fit
/// ends it, as in cookiecutter: what was put until then stays. Returns what is to be said of that.
pub fn defaults(variables: &mut Map, defaults: &Map) -> Option<String> {
    for (name, value) in defaults {
        let Some(current) = variables.get_mut(name) else { continue };
        if let Err(why) = put(current, value) {
            let error = bad_answer(name, value, why);
            return Some(format!("the user's defaults, from `{}` on: {error}", shown(name)));
        }
    }
    None
}

pub(super) fn bad_answer(name: &str, value: &Value, why: String) -> Error {
    let value = match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string(other).expect("values are JSON"),
    };
    Error::BadAnswer { name: name.to_owned(), value, why }
}

fn shown(name: &str) -> String {
    display_bytes(name.as_bytes())
}

/// Puts `value` in the place of `current`, or says why it does not fit.
fn put(current: &mut Value, value: &Value) -> Result<(), String> {
    let Value::List(choices) = current else { return merge(current, value) };
    if let Value::List(wanted) = value {
        match wanted.iter().find(|one| !choices.contains(one)) {
            Some(_) => return Err(offered(choices)),
            None => choices.clone_from(wanted),
        }
        return Ok(());
    }
    let at = choices.iter().position(|choice| is_meant(choice, value));
    let mut chosen = choices.remove(at.ok_or_else(|| offered(choices))?);
    if chosen.as_map().is_some() && value.as_map().is_some() {
        merge(&mut chosen, value)?;
    }
    choices.insert(0, chosen);
    Ok(())
}

/// Whether `value` means `choice`: it is the same, or the text of a number, or the name of a choice that
/// has values of its own.
fn is_meant(choice: &Value, value: &Value) -> bool {
    match (choice, value) {
        (Value::Map(choice), Value::Map(value)) => {
            value.len() == 1 && choice.keys().next() == value.keys().next()
        }
        (Value::Map(choice), Value::String(value)) => choice.keys().next() == Some(value),
        (_, Value::String(text)) if python::number(choice).as_ref() == Some(text) => true,
        _ => choice == value,
    }
}

fn offered(choices: &[Value]) -> String {
    let text = |choice: &Value| match choice {
        Value::String(text) => format!("`{}`", shown(text)),
        Value::Map(map) => format!("`{}`", map.keys().next().map_or("", |key| key)),
        other => serde_json::to_string(other).expect("values are JSON"),
    };
    let texts: Vec<String> = choices.iter().map(text).collect();
    format!("the choices are {}", texts.join(", "))
}

fn merge(current: &mut Value, value: &Value) -> Result<(), String> {
    match (current, value) {
        (Value::Map(current), Value::Map(value)) => {
            for (name, value) in value {
                match current.get_mut(name) {
                    Some(current) => merge(current, value)?,
                    None => drop(current.insert(name.clone(), value.clone())),
                }
            }
        }
        (current @ Value::Bool(_), Value::String(text)) => {
            *current = Value::Bool(python::boolean(text).ok_or("it is neither yes nor no")?);
        }
        (current, value) => current.clone_from(value),
    }
    Ok(())
}
