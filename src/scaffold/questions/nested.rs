//! Several templates in one source, of which one is chosen.
//!
//! Two forms: `templates`, an object of objects with `path`, `title` and `description`, and the older
//! `template`, a list of texts with the path in parentheses at their ends.

use super::{Ask, Given, Prompt, PromptKind, Questions};
use crate::format::Value;
use crate::format::value::Map;
use crate::scaffold::Result;

/// The variables that offer templates.
pub const VARIABLES: [&str; 2] = ["templates", "template"];

/// One of several templates in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nested {
    pub name: String,
    /// What is shown of it.
    pub label: String,
    /// Its directory, from the directory of the file that offers it.
    pub directory: String,
}

/// The templates that `variables` offer; `None` if they are questions of a template.
///
/// # Errors
/// What is wrong with them.
pub fn parse(variables: &Map) -> Result<Option<Vec<Nested>>, String> {
    let found = match (variables.get("templates"), variables.get("template")) {
        (None, None) => return Ok(None),
        (Some(Value::Map(templates)), _) if !templates.is_empty() => {
            templates.iter().map(|(name, about)| of_map(name, about)).collect()
        }
        (_, Some(Value::List(texts))) => texts.iter().map(of_text).collect(),
        (Some(other), _) | (None, Some(other)) => {
            return Err(format!("`template` offers no templates: it is {}", other.kind()));
        }
    };
    match found {
        Ok(found) if Vec::is_empty(&found) => Err("`template` offers no templates".into()),
        found => found.map(Some),
    }
}

fn of_map(name: &str, about: &Value) -> Result<Nested, String> {
    let text = |key: &str| about.as_map().and_then(|map| map.get(key)).and_then(Value::as_str);
    let directory = text("path").ok_or("one of `templates` has no path")?.to_owned();
    let title = text("title").unwrap_or(name);
    let label = match text("description").unwrap_or(name) {
        description if description == title => title.to_owned(),
        description => format!("{title} ({description})"),
    };
    Ok(Nested { name: name.to_owned(), label, directory })
}

fn of_text(text: &Value) -> Result<Nested, String> {
    let text = text.as_str().ok_or("an element of `template` is no text")?;
    let directory = text.split_once('(').and_then(|(_, rest)| Some(rest.rsplit_once(')')?.0));
    let directory = directory.filter(|path| !path.is_empty());
    let directory = directory.ok_or("an element of `template` has no path in parentheses")?;
    Ok(Nested { name: text.to_owned(), label: text.to_owned(), directory: directory.to_owned() })
}

/// The one of `nested` that `given` names, else the one that is chosen. A name, a label and a directory
/// all name one.
///
/// # Errors
/// None of them is named so, or `ask` gives up.
pub fn choose<'a>(
    nested: &'a [Nested],
    questions: &Questions,
    given: &Given,
    ask: &mut dyn Ask,
) -> Result<&'a Nested> {
    let find = |value: &Value| {
        let text = value.as_str()?;
        nested.iter().find(|one| [&one.name, &one.label, &one.directory].iter().any(|t| *t == text))
    };
    let names: Vec<String> = nested.iter().map(|one| one.name.clone()).collect();
    let refused = |variable: &str, value: &Value| {
        let why = format!("the templates are `{}`", names.join("`, `"));
        super::overrides::bad_answer(variable, value, why)
    };
    for variable in VARIABLES {
        if let Some(value) = given.overrides.get(variable) {
            return find(value).ok_or_else(|| refused(variable, value));
        }
    }
    let text = VARIABLES.iter().find_map(|variable| questions.prompts.get(*variable)?.as_str());
    let prompt = Prompt {
        name: "template",
        text: text.unwrap_or("Which template").to_owned(),
        kind: PromptKind::Choice {
            values: names.clone(),
            labels: nested.iter().map(|one| one.label.clone()).collect(),
        },
        number: (1, 1),
    };
    let answer = ask.ask(&prompt)?;
    find(&answer).ok_or_else(|| refused("template", &answer))
}
