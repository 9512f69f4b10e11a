//! How a template marks its tags: `_jinja2_env_vars`.

use minijinja::syntax::SyntaxConfig;

use crate::format::Value;
use crate::format::value::Map;

/// Delimiters and what becomes of white space beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Syntax {
    pub block: (String, String),
    pub variable: (String, String),
    pub comment: (String, String),
    pub line_statement: Option<String>,
    pub line_comment: Option<String>,
    pub trim_blocks: bool,
    pub lstrip_blocks: bool,
    pub keep_trailing_newline: bool,
    /// What ends a line of the output.
    pub newline: &'static str,
    pub autoescape: bool,
}

impl Default for Syntax {
    fn default() -> Syntax {
        let pair = |start: &str, end: &str| (start.to_owned(), end.to_owned());
        Syntax {
            block: pair("{%", "%}"),
            variable: pair("{{", "}}"),
            comment: pair("{#", "#}"),
            line_statement: None,
            line_comment: None,
            trim_blocks: false,
            lstrip_blocks: false,
            // Unlike Jinja's own: cookiecutter sets it.
            keep_trailing_newline: true,
            newline: "\n",
            autoescape: false,
        }
    }
}

impl Syntax {
    /// The settings in `variables`.
    ///
    /// # Errors
    /// Which one is unknown, or cannot be.
    pub(super) fn new(variables: &Map) -> Result<Syntax, String> {
        let mut syntax = Syntax::default();
        for (name, value) in variables {
            let wrong = |expected: &str| {
                Err(format!("`{name}` of `_jinja2_env_vars` is {}, not {expected}", value.kind()))
            };
            let text = match name.as_str() {
                "block_start_string" => Some(&mut syntax.block.0),
                "block_end_string" => Some(&mut syntax.block.1),
                "variable_start_string" => Some(&mut syntax.variable.0),
                "variable_end_string" => Some(&mut syntax.variable.1),
                "comment_start_string" => Some(&mut syntax.comment.0),
                "comment_end_string" => Some(&mut syntax.comment.1),
                _ => None,
            };
            if let Some(text) = text {
                match value {
                    Value::String(value) if !value.is_empty() => *text = value.clone(),
                    _ => return wrong("a string with something in it"),
                }
                continue;
            }
            match name.as_str() {
                "line_statement_prefix" | "line_comment_prefix" => {
                    let prefix = match value {
                        Value::Null => None,
                        Value::String(prefix) => Some(prefix.clone()).filter(|it| !it.is_empty()),
                        _ => return wrong("a string"),
                    };
                    match name.as_str() {
                        "line_statement_prefix" => syntax.line_statement = prefix,
                        _ => syntax.line_comment = prefix,
                    }
                }
                "trim_blocks" | "lstrip_blocks" | "keep_trailing_newline" | "autoescape" => {
                    let value = match value {
                        Value::Bool(value) => *value,
                        // What is true for Python is true here.
                        Value::Int(value) => *value != 0,
                        Value::Null => false,
                        Value::String(value) => !value.is_empty(),
                        _ => return wrong("a boolean"),
                    };
                    match name.as_str() {
                        "trim_blocks" => syntax.trim_blocks = value,
                        "lstrip_blocks" => syntax.lstrip_blocks = value,
                        "keep_trailing_newline" => syntax.keep_trailing_newline = value,
                        _ => syntax.autoescape = value,
                    }
                }
                "newline_sequence" => {
                    let known = ["\n", "\r\n", "\r"].into_iter();
                    let mut known = known.filter(|known| value.as_str() == Some(known));
                    syntax.newline = match known.next() {
                        Some(newline) => newline,
                        None => return wrong("one of \\n, \\r\\n and \\r"),
                    };
                }
                // What only says how Python goes about it.
                "cache_size" | "auto_reload" | "optimized" | "enable_async" => {}
                _ => return Err(format!("`_jinja2_env_vars` has an unknown setting `{name}`")),
            }
        }
        let starts = [&syntax.block.0, &syntax.variable.0, &syntax.comment.0];
        if starts[0] == starts[1] || starts[0] == starts[2] || starts[1] == starts[2] {
            return Err("`_jinja2_env_vars` has one string that begins two kinds of tags".into());
        }
        Ok(syntax)
    }

    /// All that begins a tag.
    pub(super) fn starts(&self) -> impl Iterator<Item = &str> {
        let lines = self.line_statement.iter().chain(&self.line_comment);
        [&self.block.0, &self.variable.0, &self.comment.0]
            .into_iter()
            .chain(lines)
            .map(String::as_str)
    }

    /// # Errors
    /// The engine cannot tell the delimiters apart.
    pub(super) fn config(&self) -> Result<SyntaxConfig, minijinja::Error> {
        let mut builder = SyntaxConfig::builder();
        builder
            .block_delimiters(self.block.0.clone(), self.block.1.clone())
            .variable_delimiters(self.variable.0.clone(), self.variable.1.clone())
            .comment_delimiters(self.comment.0.clone(), self.comment.1.clone())
            .trim_blocks(self.trim_blocks)
            .lstrip_blocks(self.lstrip_blocks)
            // `preprocess` takes it away, and comments that are lines.
            .keep_trailing_newline(true);
        if let Some(prefix) = &self.line_statement {
            builder.line_statement_prefix(prefix.clone());
        }
        builder.build()
    }
}
