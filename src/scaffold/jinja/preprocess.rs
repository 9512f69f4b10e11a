//! What is changed in a text before the engine parses it.
//!
//! The engine has no tags of others, its operators are not quite Python's, and nothing tells it what its
//! work may cost. So every text is read once before: tags are found by the rules of Jinja's lexer (never
//! in comments or raw blocks), their expressions are edited by [`super::expression`], and
//!
//! - `{% now … %}` and `{% print … %}` become filter blocks around nothing, which keep every rule about
//!   white space beside them;
//! - `{% do … %}` takes any expression;
//! - blanks of Unicode in tags become spaces;
//! - loops and macros begin with a note of how much text they hold: what one turn costs.

use super::edits::Edits;
use super::expression::{PREFIX, Parser};
use super::lex::{self, End, Kind, Token, Words};
use super::syntax::Syntax;

/// What is wrong with a text, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// In bytes.
    pub at: usize,
    pub reason: String,
}

impl Problem {
    pub(super) fn new(at: usize, reason: impl Into<String>) -> Problem {
        Problem { at, reason: reason.into() }
    }
}

/// Whether `text` has anything that is not taken as it is.
pub(super) fn has_tags(text: &str, syntax: &Syntax) -> bool {
    syntax.starts().any(|start| text.contains(start))
}

/// The text that the engine gets. `included`: each use of it is paid for by its length.
pub(super) fn preprocess(text: &str, syntax: &Syntax, included: bool) -> Result<String, Problem> {
    let text = match text.strip_suffix('\n') {
        Some(rest) if !syntax.keep_trailing_newline => rest,
        _ => text,
    };
    let mut scan = Scan { text, syntax, edits: Edits::default(), raw: 0, open: Vec::new() };
    scan.run()?;
    if included {
        let (start, end) = &syntax.block;
        let note = format!("{start}+ do {PREFIX}spend({}) +{end}", text.len());
        scan.edits.close(text.len(), note);
    }
    Ok(scan.edits.apply(text))
}

struct Scan<'a> {
    text: &'a str,
    syntax: &'a Syntax,
    edits: Edits,
    /// Bytes outside of tags so far.
    raw: usize,
    /// Loops and macros that are not closed: what closes them, where their note goes and how it ends,
    /// and `raw` where they begin.
    open: Vec<(&'static str, usize, String, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marker {
    Block,
    Variable,
    Comment,
    LineStatement,
    LineComment,
}

impl Scan<'_> {
    fn run(&mut self) -> Result<(), Problem> {
        let mut markers = Markers::new(self.text, self.syntax);
        let mut at = 0;
        while let Some((start, marker, len)) = markers.next(at) {
            self.raw += start - at;
            let mut inside = start + len;
            at = match marker {
                Marker::Comment => {
                    let close = &self.syntax.comment.1;
                    let found = self.text[inside..].find(close.as_str());
                    let found =
                        found.ok_or_else(|| Problem::new(start, "the comment is not closed"))?;
                    inside + found + close.len()
                }
                Marker::LineComment => {
                    // The engine would take the end of the line too.
                    let end = self.text[inside..].find('\n');
                    let end = end.map_or(self.text.len(), |end| inside + end);
                    let blanks = self.text[at..start].trim_end_matches([' ', '\t']).len();
                    self.edits.replace(at + blanks, end, "");
                    end
                }
                Marker::Variable => {
                    inside += self.sign(inside);
                    let words = self.words(inside, End::Delimiter(&self.syntax.variable.1))?;
                    let mut parser = Parser::new(self.text, &words.tokens, &mut self.edits);
                    parser.tuple(Parser::expression)?;
                    let at = parser.at;
                    nothing_left(self.text, &words.tokens, at)?;
                    words.end
                }
                Marker::LineStatement => {
                    let words = self.words(inside, End::Line)?;
                    self.statement(&words, None)?;
                    words.end
                }
                Marker::Block => {
                    inside += self.sign(inside);
                    match self.raw_block(inside) {
                        Some((tag, end)) => {
                            // Unlike the engine, Jinja trims nothing after this tag.
                            if self.syntax.trim_blocks && !self.text[..tag].ends_with('-') {
                                self.edits.close(tag, "+");
                            }
                            let end = end.ok_or_else(|| {
                                Problem::new(start, "the raw block is not closed")
                            })?;
                            self.raw += end - inside;
                            end
                        }
                        None => {
                            let end = End::Delimiter(&self.syntax.block.1);
                            let words = self.words(inside, end)?;
                            self.statement(&words, Some(inside))?;
                            words.end
                        }
                    }
                }
            };
        }
        Ok(())
    }

    /// Length of the sign for white space at `at`.
    fn sign(&self, at: usize) -> usize {
        usize::from(self.text[at..].starts_with(['-', '+']))
    }

    fn words(&mut self, inside: usize, end: End<'_>) -> Result<Words, Problem> {
        let words = lex::words(self.text, inside, end)?;
        for &(start, end) in &words.blanks {
            self.edits.replace(start, end, " ");
        }
        Ok(words)
    }

    /// Where the tag whose inside is at `at` is closed and where its raw block ends, if it has an end;
    /// `None` if the tag is another one.
    fn raw_block(&self, at: usize) -> Option<(usize, Option<usize>)> {
        let (start, end) = (&self.syntax.block.0, &self.syntax.block.1);
        let tag = |from: usize, name: &str| {
            let rest = self.text[from..].trim_start_matches(lex::is_blank).strip_prefix(name)?;
            let rest = rest.trim_start_matches(lex::is_blank);
            let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest).strip_prefix(end.as_str())?;
            Some(self.text.len() - rest.len())
        };
        let mut from = tag(at, "raw")?;
        let close = from - end.len();
        while let Some(found) = self.text[from..].find(start.as_str()) {
            from += found + start.len();
            if let Some(end) = tag(from + self.sign(from), "endraw") {
                return Some((close, Some(end)));
            }
        }
        Some((close, None))
    }

    /// A tag with a name. `inside`: where it begins, unless it is a line.
    fn statement(&mut self, words: &Words, inside: Option<usize>) -> Result<(), Problem> {
        let tokens = match words.tokens.split_last() {
            // As in Python, which Jinja allows.
            Some((last, before)) if last.kind == Kind::Operator(":") => {
                self.edits.replace(last.start, last.end, "");
                before
            }
            _ => &words.tokens[..],
        };
        let Some(name) = tokens.first().filter(|token| token.kind == Kind::Name) else {
            return Err(Problem::new(words.close, "expected the name of a tag"));
        };
        match &self.text[name.start..name.end] {
            "now" => return self.call(words, "now", |parser| parser.now()),
            "print" => return self.call(words, "print", |parser| parser.list()),
            "do" => {
                self.edits.replace(name.start, name.end, format!("set {PREFIX}done ="));
            }
            "for" => self.begin("endfor", words, inside.is_none()),
            "macro" => self.begin("endmacro", words, inside.is_none()),
            close @ ("endfor" | "endmacro") => self.end(close),
            _ => {}
        }
        let mut parser = Parser::new(self.text, tokens, &mut self.edits);
        parser.at = 1;
        parser.statement(&self.text[name.start..name.end])
    }

    /// A tag that writes what a function returns.
    fn call(
        &mut self,
        words: &Words,
        function: &str,
        arguments: impl FnOnce(&mut Parser<'_>) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let name = words.tokens[0];
        let (start, end) = &self.syntax.block;
        self.edits.replace(name.start, name.end, format!("filter {PREFIX}{function}("));
        let mut parser = Parser::new(self.text, &words.tokens, &mut self.edits);
        parser.at = 1;
        arguments(&mut parser)?;
        let at = parser.at;
        nothing_left(self.text, &words.tokens, at)?;
        let last = words.tokens.last().map_or(name.end, |token| token.end);
        self.edits.close(last, format!("){end}{start} endfilter"));
        Ok(())
    }

    fn begin(&mut self, close: &'static str, words: &Words, is_line: bool) {
        let sign = match words.sign {
            _ if is_line => "+".to_owned(),
            Some(sign) => sign.to_string(),
            None => String::new(),
        };
        self.open.push((close, words.end, sign, self.raw));
    }

    /// Without its end nothing is noted: the engine refuses the text.
    fn end(&mut self, close: &str) {
        if self.open.last().is_some_and(|open| open.0 == close)
            && let Some((_, at, sign, raw)) = self.open.pop()
        {
            let (start, end) = &self.syntax.block;
            let cost = self.raw - raw;
            self.edits.close(at, format!("{start} do {PREFIX}spend({cost}) {sign}{end}"));
        }
    }
}

/// Where tags begin, from left to right.
struct Markers<'a> {
    text: &'a str,
    kinds: Vec<(&'a str, Marker, Option<usize>)>,
}

impl<'a> Markers<'a> {
    fn new(text: &'a str, syntax: &'a Syntax) -> Markers<'a> {
        let lines = [
            (&syntax.line_statement, Marker::LineStatement),
            (&syntax.line_comment, Marker::LineComment),
        ];
        let lines = lines.into_iter().filter_map(|(prefix, kind)| Some((prefix.as_deref()?, kind)));
        let mut kinds: Vec<_> = [
            (&syntax.block.0[..], Marker::Block),
            (&syntax.variable.0[..], Marker::Variable),
            (&syntax.comment.0[..], Marker::Comment),
        ]
        .into_iter()
        .chain(lines)
        .map(|(start, kind)| (start, kind, Some(0)))
        .collect();
        // Of two at one place the longer one is meant.
        kinds.sort_by_key(|(start, ..)| std::cmp::Reverse(start.len()));
        let mut markers = Markers { text, kinds };
        for number in 0..markers.kinds.len() {
            markers.search(number, 0);
        }
        markers
    }

    fn search(&mut self, number: usize, from: usize) {
        let (start, kind, _) = self.kinds[number];
        let mut from = from;
        let found = loop {
            let Some(found) = self.text[from..].find(start) else { break None };
            let found = from + found;
            // Only the blanks are gone through: a line may be all of the text, and full of tags.
            let before = || self.text[..found].trim_end_matches([' ', '\t', '\u{b}']);
            if kind != Marker::LineStatement
                || matches!(before().bytes().last(), None | Some(b'\n'))
            {
                break Some(found);
            }
            from = found + start.len();
        };
        self.kinds[number].2 = found;
    }

    /// The first marker at `at` or after it.
    fn next(&mut self, at: usize) -> Option<(usize, Marker, usize)> {
        for number in 0..self.kinds.len() {
            if self.kinds[number].2.is_some_and(|found| found < at) {
                self.search(number, at);
            }
        }
        let found =
            self.kinds.iter().filter_map(|(start, kind, at)| Some(((*at)?, *kind, start.len())));
        found.min_by_key(|(at, ..)| *at)
    }
}

fn nothing_left(text: &str, tokens: &[Token], at: usize) -> Result<(), Problem> {
    match tokens.get(at) {
        None => Ok(()),
        Some(token) => {
            let found: String = text[token.start..token.end].chars().take(40).collect();
            Err(Problem::new(token.start, format!("unexpected `{found}`")))
        }
    }
}

impl Parser<'_> {
    /// Expressions between commas; several are a tuple.
    fn tuple(
        &mut self,
        item: impl Fn(&mut Self) -> Result<super::expression::Node, Problem>,
    ) -> Result<(), Problem> {
        let first = item(self)?;
        let mut end = first.end;
        let mut several = false;
        while self.peek() == Some(Kind::Operator(",")) {
            several = true;
            end = self.tokens[self.at].end;
            self.at += 1;
            if self.at < self.tokens.len() && !self.is_name("recursive") {
                end = item(self)?.end;
            }
        }
        if several {
            self.edits.open(first.start, "(");
            self.edits.close(end, ")");
        }
        Ok(())
    }

    /// Expressions between commas, as arguments.
    fn list(&mut self) -> Result<(), Problem> {
        self.expression()?;
        while self.peek() == Some(Kind::Operator(",")) {
            self.at += 1;
            self.expression()?;
        }
        Ok(())
    }

    /// `zone`, `zone + offset` or `zone - offset`, and perhaps a format: as three or four arguments.
    fn now(&mut self) -> Result<(), Problem> {
        // Once to see whether it is a sum, and once more to split it where it is one.
        let from = self.at;
        let mut unused = Edits::default();
        let mut probe = Parser::new(self.text, self.tokens, &mut unused);
        probe.at = from;
        self.split = probe.expression()?.sum;
        let node = self.expression()?;
        if self.split.is_none() {
            self.edits.close(node.end, ", none, none");
        }
        self.split = None;
        if self.peek() == Some(Kind::Operator(",")) {
            self.at += 1;
            self.expression()?;
        }
        Ok(())
    }

    /// All expressions of a tag, from the word after its name.
    fn statement(&mut self, name: &str) -> Result<(), Problem> {
        if name == "for" {
            while self.at < self.tokens.len() && !self.is_name("in") {
                self.check_name(self.tokens[self.at])?;
                self.at += 1;
            }
            self.at += 1;
            self.tuple(Parser::or)?;
        }
        while let Some(&token) = self.tokens.get(self.at) {
            let is_word = ["if", "else", "recursive"].iter().any(|word| self.is_name(word));
            match token.kind {
                Kind::Operator("=" | "," | "." | "|" | ")" | ":") => self.at += 1,
                _ if is_word => self.at += 1,
                _ => {
                    self.expression()?;
                }
            }
        }
        Ok(())
    }
}
