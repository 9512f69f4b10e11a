//! Changes of a text that are written down while it is parsed, and made at the end.
//!
//! Edits of one place do not depend on the order in which a parser comes to know them: what ends there
//! is closed before what begins there is opened, the inner closes first, the outer opens first.

use super::expression::PREFIX;

/// Changes of a text, in any order.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<Edit>);

#[derive(Debug)]
struct Edit {
    at: usize,
    /// Bytes that go away.
    len: usize,
    place: Place,
    text: String,
}

/// What goes first of several edits at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Belongs to what ends here.
    Close,
    /// Belongs to what begins here: the outermost, which is known last, goes first.
    Open,
    Replace,
}

impl Edits {
    pub(super) fn close(&mut self, at: usize, text: impl Into<String>) {
        self.0.push(Edit { at, len: 0, place: Place::Close, text: text.into() });
    }

    pub(super) fn open(&mut self, at: usize, text: impl Into<String>) {
        self.0.push(Edit { at, len: 0, place: Place::Open, text: text.into() });
    }

    pub(super) fn replace(&mut self, start: usize, end: usize, text: impl Into<String>) {
        self.0.push(Edit { at: start, len: end - start, place: Place::Replace, text: text.into() });
    }

    /// Makes what stands there the arguments of one of the module's own functions.
    pub(super) fn wrap(&mut self, function: &str, start: usize, end: usize) {
        self.open(start, format!("{PREFIX}{function}("));
        self.close(end, ")");
    }

    /// The text with all changes made.
    pub(super) fn apply(self, text: &str) -> String {
        let mut edits: Vec<(usize, Edit)> = self.0.into_iter().enumerate().collect();
        edits.sort_by_key(|(number, edit)| {
            let order = *number as isize;
            let order = if edit.place == Place::Open { -order } else { order };
            (edit.at, edit.place, order)
        });
        let mut out = String::with_capacity(text.len() + 16 * edits.len());
        let mut done = 0;
        for (_, edit) in edits {
            out.push_str(&text[done..edit.at]);
            out.push_str(&edit.text);
            done = edit.at + edit.len;
        }
        out.push_str(&text[done..]);
        out
    }
}
