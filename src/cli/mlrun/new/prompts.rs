//! Who answers the questions of a template: somebody at a terminal, or the defaults.
//!
//! Everything that a template shows is escaped. An empty line takes the default; a line that is no
//! answer is told why, and the question is put again.

use std::io::{self, BufRead, IsTerminal as _, Read as _, Write};

use rustix::termios::{self, LocalModes, OptionalActions, Termios};

use crate::format::{Value, json};
use crate::fs::display_bytes;
use crate::scaffold::questions::{Ask, Defaults, Given, Prompt, PromptKind, boolean};
use crate::scaffold::{Error, Result, record};

/// Questions of which the name that was typed for the project is the answer. Other names in a template
/// are derived from the first of them.
const NAMES: [&str; 6] =
    ["project_name", "repo_name", "project_slug", "directory_name", "app_name", "name"];

/// The longest line that is read.
const MAX_LINE: u64 = 1 << 16;

/// Puts questions to whoever is there.
pub struct Asker {
    inner: Box<dyn Ask>,
    /// The name that was typed, until it was proposed.
    name: Option<String>,
    /// Names of questions that nobody was asked.
    pub untold: Vec<String>,
    is_terminal: bool,
}

/// Whether somebody is there, and wants to be asked.
pub fn is_terminal(no_input: bool) -> bool {
    !no_input && io::stdin().is_terminal() && io::stderr().is_terminal()
}

impl Asker {
    /// Asks at the terminal if there is one and somebody wants to be asked.
    pub fn new(no_input: bool) -> Asker {
        let is_terminal = is_terminal(no_input);
        let inner: Box<dyn Ask> = match is_terminal {
            true => Box::new(Terminal),
            false => Box::new(Defaults),
        };
        Asker { inner, name: None, untold: Vec::new(), is_terminal }
    }

    /// Whether somebody is there to be asked.
    pub fn asks(&self) -> bool {
        self.is_terminal
    }

    /// Proposes `name` where the template asks what the project is called, unless `given` says so.
    pub fn propose(&mut self, name: Option<String>, given: &Given) {
        let given = |name: &str| {
            [&given.overrides, &given.earlier].iter().any(|map| map.contains_key(name))
        };
        let is_given = NAMES.iter().any(|name| given(name));
        self.name = name.filter(|_| !is_given);
    }
}

impl Ask for Asker {
    fn ask(&mut self, prompt: &Prompt<'_>) -> Result<Value> {
        if !self.is_terminal {
            self.untold.push(prompt.name.to_owned());
        }
        let PromptKind::Text { .. } = prompt.kind else { return self.inner.ask(prompt) };
        if !NAMES.contains(&prompt.name) {
            return self.inner.ask(prompt);
        }
        let Some(default) = self.name.take() else { return self.inner.ask(prompt) };
        let kind = PromptKind::Text { default };
        let text = prompt.text.clone();
        self.inner.ask(&Prompt { name: prompt.name, text, kind, number: prompt.number })
    }
}

/// Standard input and error. The input is locked for one question only: between two, somebody else may
/// ask whether hooks are trusted.
struct Terminal;

impl Ask for Terminal {
    fn ask(&mut self, prompt: &Prompt<'_>) -> Result<Value> {
        let silence = record::is_secret_name(prompt.name).then(Silence::begin).flatten();
        let answer = Dialogue { input: io::stdin().lock(), output: io::stderr() }.ask(prompt);
        if silence.is_some() {
            // The line end that was typed was not shown either.
            let _ = io::stderr().write_all(b"\n");
        }
        answer
    }
}

/// A terminal that does not show what is typed, until this is dropped.
struct Silence(Termios);

impl Silence {
    /// Nothing where the terminal cannot do it.
    fn begin() -> Option<Silence> {
        let before = termios::tcgetattr(io::stdin()).ok()?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        termios::tcsetattr(io::stdin(), OptionalActions::Now, &silent).ok()?;
        Some(Silence(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Questions and answers in lines of text.
struct Dialogue<R, W> {
    input: R,
    output: W,
}

impl<R: BufRead, W: Write> Ask for Dialogue<R, W> {
    fn ask(&mut self, prompt: &Prompt<'_>) -> Result<Value> {
        let (number, all) = prompt.number;
        let text = display_bytes(prompt.text.as_bytes());
        let question = match &prompt.kind {
            PromptKind::Text { default } if default.is_empty() => format!("{text}: "),
            PromptKind::Text { default } => {
                format!("{text} ({}): ", display_bytes(default.as_bytes()))
            }
            PromptKind::YesNo { default: true } => format!("{text} (Y/n): "),
            PromptKind::YesNo { default: false } => format!("{text} (y/N): "),
            PromptKind::Map { default } => {
                format!("{text}, as a JSON object ({}): ", json_text(default))
            }
            PromptKind::Choice { values, labels } => format!("{text}\n{}", menu(values, labels)),
        };
        self.say(&format!("[{number}/{all}] {question}"))?;
        loop {
            let answer = self.line()?.and_then(|line| understand(&prompt.kind, line.trim()));
            match answer {
                Ok(answer) => return Ok(answer),
                Err(why) => self.say(&format!("    {why}: "))?,
            }
        }
    }
}

impl<R: BufRead, W: Write> Dialogue<R, W> {
    fn say(&mut self, text: &str) -> Result<()> {
        let said = self.output.write_all(text.as_bytes()).and_then(|()| self.output.flush());
        said.map_err(|_| Error::NotAnswered)
    }

    /// The next line, or why it is none. The end of the input is an answer to nothing.
    fn line(&mut self) -> Result<std::result::Result<String, String>> {
        let mut line = Vec::new();
        let read = (&mut self.input).take(MAX_LINE).read_until(b'\n', &mut line);
        if !line.ends_with(b"\n") {
            // The cursor stands behind the question.
            self.say("\n")?;
            if read.is_err() || line.is_empty() || line.len() as u64 == MAX_LINE {
                return Err(Error::NotAnswered);
            }
        }
        Ok(String::from_utf8(line).map_err(|_| "That is not UTF-8".to_owned()))
    }
}

/// What `line` answers, or why it does not.
fn understand(kind: &PromptKind, line: &str) -> std::result::Result<Value, String> {
    let shown = display_bytes(line.as_bytes());
    match kind {
        PromptKind::Text { default } if line.is_empty() => Ok(Value::String(default.clone())),
        PromptKind::Text { .. } => Ok(Value::String(line.to_owned())),
        PromptKind::YesNo { default } if line.is_empty() => Ok(Value::Bool(*default)),
        PromptKind::YesNo { .. } => match boolean(line) {
            Some(answer) => Ok(Value::Bool(answer)),
            None => Err(format!("`{shown}` is neither yes nor no")),
        },
        PromptKind::Choice { values, .. } => {
            let by_number = |at: usize| values.get(at.checked_sub(1)?);
            let chosen = match line {
                "" => values.first(),
                line => {
                    let named = values.iter().find(|value| *value == line);
                    named.or_else(|| by_number(line.parse().ok()?))
                }
            };
            let chosen = chosen.map(|value| Value::String(value.clone()));
            chosen.ok_or_else(|| format!("`{shown}` is no number from 1 to {}", values.len()))
        }
        PromptKind::Map { default } if line.is_empty() => Ok(Value::Map(default.clone())),
        PromptKind::Map { .. } => match json::parse(line) {
            Ok(value @ Value::Map(_)) => Ok(value),
            Ok(other) => Err(format!("That is {}, not an object", other.kind())),
            Err(problem) => {
                Err(format!("That is no JSON ({problem}, column {})", problem.mark.column))
            }
        },
    }
}

/// The choices, numbered, the default first.
fn menu(values: &[String], labels: &[String]) -> String {
    let width = values.len().to_string().len();
    let mut menu = String::new();
    for (at, value) in values.iter().enumerate() {
        let label = labels.get(at).filter(|label| !label.is_empty()).unwrap_or(value);
        let label = display_bytes(label.as_bytes());
        let mark = if at == 0 { " (default)" } else { "" };
        menu.push_str(&format!("  {:>width$}  {label}{mark}\n", at + 1));
    }
    let range = if values.len() > 1 { format!("1 to {}", values.len()) } else { "1".into() };
    format!("{menu}    Number, {range} (1): ")
}

fn json_text(map: &crate::format::value::Map) -> String {
    let text = serde_json::to_string(map).unwrap_or_default();
    display_bytes(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::format::value::Map;

    fn prompt(name: &'static str, kind: PromptKind) -> Prompt<'static> {
        let text = if name == "odd" { "\u{1b}[31modd\n".into() } else { format!("What {name}") };
        Prompt { name, text, kind, number: (2, 7) }
    }

    fn text(default: &str) -> PromptKind {
        PromptKind::Text { default: default.into() }
    }

    fn choice() -> PromptKind {
        let values = ["MIT", "BSD-3-Clause", "none"].map(str::to_owned).to_vec();
        PromptKind::Choice { values, labels: vec!["MIT".into(), "BSD, three clauses".into()] }
    }

    fn map() -> PromptKind {
        let Ok(Value::Map(default)) = json::parse(r#"{"a": 1}"#) else { panic!("a map") };
        PromptKind::Map { default }
    }

    /// What is said, and what comes of it.
    fn dialogue(kind: PromptKind, input: &[u8]) -> String {
        let mut output = Vec::new();
        let mut dialogue = Dialogue { input, output: &mut output };
        let answer = dialogue.ask(&prompt("x", kind));
        let said = String::from_utf8(output).expect("UTF-8");
        match answer {
            Ok(value) => format!("{said}=> {}", serde_json::to_string(&value).expect("JSON")),
            Err(error) => format!("{said}=> {error}"),
        }
    }

    #[test]
    fn texts() {
        assert_snapshot!(dialogue(text("churn"), b"\n"), @r#"[2/7] What x (churn): => "churn""#);
        assert_snapshot!(dialogue(text(""), b" a b \n"), @r#"[2/7] What x: => "a b""#);
        assert_snapshot!(dialogue(text("a\x1b"), b"\n"), @r#"[2/7] What x (a\u{1b}): => "a\u001b""#);
        // A line that the end of the input cuts off is one all the same.
        assert_snapshot!(dialogue(text("a"), b"last"), @r#"
        [2/7] What x (a): 
        => "last"
        "#);
        assert_snapshot!(dialogue(text("a"), b"\xff\nb\n"), @r#"[2/7] What x (a):     That is not UTF-8: => "b""#);
    }

    #[test]
    fn an_end_is_no_answer() {
        for kind in [text("a"), choice(), map(), PromptKind::YesNo { default: true }] {
            assert!(dialogue(kind, b"").ends_with("\n=> no answer"));
        }
        let long = vec![b'a'; MAX_LINE as usize + 1];
        assert!(dialogue(text("a"), &long).ends_with("=> no answer"));
    }

    #[test]
    fn choices() {
        assert_snapshot!(dialogue(choice(), b"\n"), @r#"
        [2/7] What x
          1  MIT (default)
          2  BSD, three clauses
          3  none
            Number, 1 to 3 (1): => "MIT"
        "#);
        assert!(dialogue(choice(), b"2\n").ends_with(r#"=> "BSD-3-Clause""#));
        assert!(dialogue(choice(), b"none\n").ends_with(r#"=> "none""#));
        for wrong in ["0", "4", "-1", "mit"] {
            let said = dialogue(choice(), format!("{wrong}\n3\n").as_bytes());
            let expected = format!("    `{wrong}` is no number from 1 to 3: => \"none\"");
            assert!(said.ends_with(&expected), "{said}");
        }
    }

    #[test]
    fn booleans() {
        let yes = || PromptKind::YesNo { default: true };
        assert_snapshot!(dialogue(yes(), b"\n"), @"[2/7] What x (Y/n): => true");
        assert_snapshot!(dialogue(yes(), b"perhaps\nNo\n"), @"[2/7] What x (Y/n):     `perhaps` is neither yes nor no: => false");
        assert_snapshot!(dialogue(PromptKind::YesNo { default: false }, b"on\n"), @"[2/7] What x (y/N): => true");
    }

    #[test]
    fn dictionaries() {
        assert_snapshot!(dialogue(map(), b"\n"), @r#"[2/7] What x, as a JSON object ({"a":1}): => {"a":1}"#);
        let said = dialogue(map(), b"{\n[]\n{\"b\": {}}\n");
        assert!(said.contains("That is a list, not an object"), "{said}");
        assert!(said.contains("That is no JSON ("), "{said}");
        assert!(said.ends_with(r#"=> {"b":{}}"#), "{said}");
    }

    #[test]
    fn texts_of_a_template_are_escaped() {
        let mut output = Vec::new();
        let mut dialogue = Dialogue { input: &b"\n"[..], output: &mut output };
        dialogue.ask(&prompt("odd", text("a"))).expect("the default");
        assert_eq!(output, br"[2/7] \u{1b}[31modd\n (a): ");
    }

    #[test]
    fn the_first_name_is_proposed_once() {
        let ask = |given: &[&str]| {
            let given = given.iter().map(|name| ((*name).into(), Value::Null));
            let given = Given::from(given.collect::<Map>());
            let mut asker = Asker::new(true);
            asker.propose(Some("churn".into()), &given);
            let names = ["author", "repo_name", "name"];
            let answers = names.map(|name| asker.ask(&prompt(name, text("-"))).expect("a default"));
            answers.map(|answer| answer.as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(ask(&[]), ["-", "churn", "-"]);
        assert_eq!(ask(&["project_name"]), ["-", "-", "-"]);
    }
}
