//! Tables: aligned for a terminal, in GitHub's Markdown, or in HTML.
//!
//! Cells come as they are, whatever a file holds, and leave escaped: no cell can break its row, move
//! the cursor, or close a Markdown cell.

use std::fmt::Write as _;

use rayon::prelude::*;

use crate::fs::display_bytes;
use crate::pipeline::plots::escape;

/// What stands where a row has no value.
pub const ABSENT: &str = "-";

/// Rows that one thread writes at a time.
const LINES: usize = 1024;

/// The side that a column keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// Rows under headers.
#[derive(Debug, Default)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new() -> Table {
        Table::default()
    }

    #[must_use]
    pub fn column(mut self, header: &str, align: Align) -> Table {
        self.columns.push((display_bytes(header.as_bytes()), align));
        self
    }

    /// Appends a row: a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().map(escaped).collect();
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells);
    }

    /// Columns two spaces apart, without spaces at the ends of lines.
    pub fn text(&self) -> String {
        let headers: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let widths = self.widths(width);
        let mut text = self.lines(std::slice::from_ref(&headers), &widths);
        let pieces: Vec<String> =
            self.rows.par_chunks(LINES).map(|rows| self.lines(rows, &widths)).collect();
        text.extend(pieces);
        text
    }

    fn lines(&self, rows: &[Vec<String>], widths: &[usize]) -> String {
        let mut text = String::new();
        for row in rows {
            for (at, (cell, (_, align))) in row.iter().zip(&self.columns).enumerate() {
                let gap = std::iter::repeat_n(' ', widths[at].saturating_sub(width(cell)));
                text.push_str(if at > 0 { "  " } else { "" });
                match align {
                    Align::Left => {
                        text.push_str(cell);
                        text.extend(gap);
                    }
                    Align::Right => {
                        text.extend(gap);
                        text.push_str(cell);
                    }
                }
            }
            // Stops at the end of the line before, which is no space.
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
        text
    }

    /// A table of GitHub's Markdown, aligned for those who read the source.
    pub fn markdown(&self) -> String {
        let widths = self.widths(|cell| width(&markdown_cell(cell)).max(3));
        let mut text = String::new();
        let line = |text: &mut String, cells: &mut dyn Iterator<Item = (String, Align)>| {
            for (at, (cell, align)) in cells.enumerate() {
                let gap = " ".repeat(widths[at].saturating_sub(width(&cell)));
                let _ = match align {
                    Align::Left => write!(text, "| {cell}{gap} "),
                    Align::Right => write!(text, "| {gap}{cell} "),
                };
            }
            text.push_str("|\n");
        };
        let aligns = || self.columns.iter().map(|(_, align)| *align);
        let headers = self.columns.iter().map(|(name, align)| (markdown_cell(name), *align));
        line(&mut text, &mut { headers });
        let rules = aligns().enumerate().map(|(at, align)| {
            let dashes = "-".repeat(widths[at] - 1);
            match align {
                Align::Left => (format!("-{dashes}"), align),
                Align::Right => (format!("{dashes}:"), align),
            }
        });
        line(&mut text, &mut { rules });
        for row in &self.rows {
            line(&mut text, &mut row.iter().map(|cell| markdown_cell(cell)).zip(aligns()));
        }
        text
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A `<table>`.
    pub fn html(&self) -> String {
        let mut html = String::from("<table>\n");
        let row = |html: &mut String, tag: &str, cells: &mut dyn Iterator<Item = &String>| {
            html.push_str("<tr>");
            for (cell, (_, align)) in cells.zip(&self.columns) {
                let class = if *align == Align::Right { " class=\"end\"" } else { "" };
                let _ = write!(html, "<{tag}{class}>{}</{tag}>", escape(cell));
            }
            html.push_str("</tr>\n");
        };
        row(&mut html, "th", &mut self.columns.iter().map(|(name, _)| name));
        self.rows.iter().for_each(|cells| row(&mut html, "td", &mut cells.iter()));
        html.push_str("</table>\n");
        html
    }

    fn widths(&self, of: impl Fn(&str) -> usize) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|(name, _)| of(name)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(of(cell));
            }
        }
        widths
    }
}

/// As `display_bytes`, of which most cells need nothing.
fn escaped(cell: String) -> String {
    match cell.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        true => cell,
        false => display_bytes(cell.as_bytes()),
    }
}

/// Takes their meaning from what Markdown and the HTML in it would read. An underscore inside of a
/// word has none.
fn markdown_cell(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    let mut chars = cell.chars().peekable();
    let mut in_word = false;
    while let Some(c) = chars.next() {
        let goes_on = in_word && chars.peek().is_some_and(|next| next.is_alphanumeric());
        match c {
            '_' if goes_on => text.push(c),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '~' => text.extend(['\\', c]),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '&' => text.push_str("&amp;"),
            c => text.push(c),
        }
        in_word = c.is_alphanumeric();
    }
    text
}

/// Columns that `text` takes in a terminal: two for the wide characters of East Asian scripts and for
/// emoji, none for marks that combine with the character before them.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    let of = |c: char| match u32::from(c) {
        0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    };
    text.chars().map(of).sum()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn sample() -> Table {
        let mut table = Table::new()
            .column("Path", Align::Left)
            .column("acc", Align::Right)
            .column("x", Align::Left);
        table.row(["m|etrics.json", "0.5", "-"].map(str::to_owned));
        table.row(["日本", "12.25", "\x1b[31mred\n<b>"].map(str::to_owned));
        table
    }

    #[test]
    fn columns_are_aligned_and_cells_escaped() {
        assert_snapshot!(sample().text(), @r"
        Path             acc  x
        m|etrics.json    0.5  -
        日本           12.25  \u{1b}[31mred\n<b>
        ");
    }

    #[test]
    fn markdown_keeps_its_rows_whatever_cells_hold() {
        assert_snapshot!(sample().markdown(), @r"
        | Path           |   acc | x                           |
        | -------------- | ----: | --------------------------- |
        | m\|etrics.json |   0.5 | -                           |
        | 日本           | 12.25 | \\u{1b}\[31mred\\n&lt;b&gt; |
        ");
        assert_eq!(markdown_cell("per_class _x_ a__b"), "per_class \\_x\\_ a\\_\\_b");
        let header_only = Table::new().column("a", Align::Right);
        assert_snapshot!(header_only.markdown(), @r"
        |   a |
        | --: |
        ");
    }
}
