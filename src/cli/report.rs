//! What a command tells at length, in parts that a terminal, Markdown and a page of HTML show alike.
//!
//! Whatever a part holds comes as it is and leaves escaped, as in [`Table`]: titles, values, charts and
//! patches of a hostile run break neither a line nor a page, and the page fetches nothing.

use std::fmt::Write as _;

use super::Ui;
use super::table::{Table, width};
use super::ui::Style;
use crate::fs::display_bytes;
use crate::pipeline::plots::{Figure, document, draw_small, draw_text, escape, section};

/// Colours of series in a terminal.
const SERIES: [Style; 5] = [Style::Cyan, Style::Yellow, Style::Green, Style::Red, Style::Bold];
/// Characters of a small chart.
const SMALL: usize = 28;
/// Bytes of a patch that a page shows.
const MAX_PATCH: usize = 4 << 20;

/// A title and what stands under it.
pub struct Report {
    pub title: String,
    parts: Vec<(String, Part)>,
}

/// One part of a report.
pub enum Part {
    /// Names with their values.
    Facts(Vec<(String, String)>),
    Table(Table),
    /// Lines with a word before each, such as `added`.
    Words(Vec<(&'static str, Style, String)>),
    /// Charts on their own, with axes.
    Charts(Vec<Figure>),
    /// Charts on one line each in a terminal, with the words behind them.
    SmallCharts(Vec<(Figure, String)>),
    /// What a command printed.
    Lines(Vec<String>),
    /// What `git diff` wrote.
    Patch(Vec<u8>),
}

impl Report {
    pub fn new(title: impl Into<String>) -> Report {
        Report { title: title.into(), parts: Vec::new() }
    }

    /// Appends a part unless it is empty.
    pub fn push(&mut self, title: impl Into<String>, part: Part) {
        let is_empty = match &part {
            Part::Facts(facts) => facts.is_empty(),
            Part::Table(table) => table.is_empty(),
            Part::Words(words) => words.is_empty(),
            Part::Charts(figures) => figures.is_empty(),
            Part::SmallCharts(figures) => figures.is_empty(),
            Part::Lines(lines) => lines.is_empty(),
            Part::Patch(bytes) => bytes.is_empty(),
        };
        if !is_empty {
            self.parts.push((title.into(), part));
        }
    }

    /// For a terminal.
    pub fn print(&self, ui: &Ui) {
        let title = display_bytes(self.title.as_bytes());
        if !title.is_empty() {
            ui.line(ui.paint(Style::Bold, &title));
        }
        for (title, part) in &self.parts {
            let (heading, indent) = match title.is_empty() {
                true => (None, ""),
                false => (Some(display_bytes(title.as_bytes())), "  "),
            };
            if let Some(heading) = heading {
                ui.line(ui.paint(Style::Bold, &format!("{heading}:")));
            }
            match part {
                Part::Patch(bytes) => ui.out(patch(ui, bytes)),
                part => {
                    for line in lines(ui, part) {
                        ui.line(format_args!("{indent}{line}").to_string().trim_end());
                    }
                }
            }
        }
    }

    /// For GitHub and its like. Charts are left out.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for (title, part) in &self.parts {
            let body = match part {
                Part::Facts(facts) => facts_table(facts).markdown(),
                Part::Table(table) => table.markdown(),
                Part::Words(words) => words_table(words, title).markdown(),
                Part::Lines(lines) => fenced("", &lines.join("\n")),
                Part::Patch(bytes) => fenced("diff", &readable(bytes)),
                Part::Charts(_) | Part::SmallCharts(_) => continue,
            };
            if !title.is_empty() {
                let _ = write!(text, "### {}\n\n", display_bytes(title.as_bytes()));
            }
            let _ = writeln!(text, "{body}");
        }
        text
    }

    /// One page that is complete in itself.
    pub fn html(&self) -> String {
        let mut body = String::new();
        for (title, part) in &self.parts {
            if !title.is_empty() {
                let _ = writeln!(body, "<h2>{}</h2>", escape(title));
            }
            match part {
                Part::Facts(facts) => body.push_str(&facts_table(facts).html()),
                Part::Table(table) => body.push_str(&table.html()),
                Part::Words(words) => body.push_str(&words_table(words, title).html()),
                Part::Charts(figures) => body.extend(figures.iter().map(section)),
                Part::SmallCharts(figures) => {
                    body.extend(figures.iter().map(|(figure, _)| section(figure)));
                }
                Part::Lines(lines) => {
                    body.push_str("<pre>");
                    body.extend(lines.iter().map(|line| escape(line) + "\n"));
                    body.push_str("</pre>\n");
                }
                Part::Patch(bytes) => body.push_str(&html_patch(bytes)),
            }
        }
        document(&self.title, &body)
    }
}

fn facts_table(facts: &[(String, String)]) -> Table {
    use super::table::Align::Left;
    let mut table = Table::new().column("Name", Left).column("Value", Left);
    for (name, value) in facts {
        table.row([name.clone(), value.clone()]);
    }
    table
}

fn words_table(words: &[(&'static str, Style, String)], title: &str) -> Table {
    use super::table::Align::Left;
    let mut table = Table::new().column("Change", Left).column(title, Left);
    for (word, _, text) in words {
        table.row([(*word).to_owned(), text.clone()]);
    }
    table
}

fn lines(ui: &Ui, part: &Part) -> Vec<String> {
    let safe = |text: &str| display_bytes(text.as_bytes());
    match part {
        Part::Facts(facts) => {
            let widest = facts.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
            let line = |(name, value): &(String, String)| {
                let gap = " ".repeat(widest - width(name));
                format!("{}{gap}  {}", ui.paint(Style::Dim, &safe(name)), safe(value))
            };
            facts.iter().map(line).collect()
        }
        Part::Table(table) => table.text().lines().map(str::to_owned).collect(),
        Part::Words(words) => words
            .iter()
            .map(|(word, style, text)| {
                format!("{} {}", ui.paint(*style, &format!("{word}:")), safe(text))
            })
            .collect(),
        Part::Charts(figures) => {
            let paint = |series: usize, text: &str| ui.paint(SERIES[series % SERIES.len()], text);
            let paint: Option<&dyn Fn(usize, &str) -> String> =
                if ui.has_color() { Some(&paint) } else { None };
            let draw = |figure: &Figure| draw_text(figure, ui.width().saturating_sub(2), paint);
            figures
                .iter()
                .flat_map(|one| draw(one).lines().map(str::to_owned).collect::<Vec<_>>())
                .collect()
        }
        Part::SmallCharts(figures) => {
            let titles: Vec<String> = figures.iter().map(|(one, _)| safe(&one.title)).collect();
            let widest = titles.iter().map(|title| width(title)).max().unwrap_or(0).min(40);
            let line = |((figure, words), title): (&(Figure, String), &String)| {
                let chart = draw_small(figure, SMALL);
                let gap = " ".repeat(widest.saturating_sub(width(title)));
                let rest = " ".repeat(SMALL.saturating_sub(chart.chars().count()));
                let chart = ui.paint(Style::Cyan, &chart);
                format!("{title}{gap}  {chart}{rest}  {}", safe(words))
            };
            figures.iter().zip(&titles).map(line).collect()
        }
        Part::Lines(lines) => lines.iter().map(|line| safe(line)).collect(),
        Part::Patch(_) => Vec::new(),
    }
}

/// A patch in the colours that Git gives it. Where there are none it is left as it is, for `git
/// apply`; else somebody looks at it, and control characters in it are shown.
fn patch(ui: &Ui, bytes: &[u8]) -> Vec<u8> {
    if !ui.has_color() {
        return bytes.to_vec();
    }
    let mut text = String::new();
    for (kind, line) in patch_lines(bytes) {
        let line = shown(line);
        let line = match kind {
            Kind::Head => ui.paint(Style::Bold, &line),
            Kind::Hunk => ui.paint(Style::Cyan, &line),
            Kind::Added => ui.paint(Style::Green, &line),
            Kind::Removed => ui.paint(Style::Red, &line),
            Kind::Same => line,
        };
        let _ = writeln!(text, "{line}");
    }
    text.into_bytes()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Head,
    Hunk,
    Added,
    Removed,
    Same,
}

/// The lines of a patch. A line before the first hunk of a file belongs to its head, whatever it
/// begins with.
fn patch_lines(bytes: &[u8]) -> impl Iterator<Item = (Kind, &[u8])> {
    let mut in_hunk = false;
    bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|&b| b == b'\n').map(move |line| {
        if line.starts_with(b"diff ") {
            in_hunk = false;
        } else if line.starts_with(b"@@") {
            in_hunk = true;
            return (Kind::Hunk, line);
        }
        let kind = match line.first() {
            _ if !in_hunk => Kind::Head,
            Some(b'+') => Kind::Added,
            Some(b'-') => Kind::Removed,
            _ => Kind::Same,
        };
        (kind, line)
    })
}

/// A line of a file, with its tabs.
fn shown(line: &[u8]) -> String {
    let parts: Vec<String> = line.split(|&b| b == b'\t').map(display_bytes).collect();
    parts.join("\t")
}

fn readable(bytes: &[u8]) -> String {
    patch_lines(bytes).map(|(_, line)| shown(line) + "\n").collect()
}

/// A block of Markdown that nothing in it can end.
fn fenced(language: &str, text: &str) -> String {
    let text: String = text.lines().map(|line| shown(line.as_bytes()) + "\n").collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}{fence}\n")
}

fn html_patch(bytes: &[u8]) -> String {
    let most = &bytes[..bytes.len().min(MAX_PATCH)];
    let mut html = String::from("<pre>");
    for (kind, line) in patch_lines(most) {
        let parts: Vec<String> =
            line.split(|&b| b == b'\t').map(|part| escape(&display_bytes(part))).collect();
        let line = parts.join("\t");
        let _ = match kind {
            Kind::Head => writeln!(html, "<span class=\"head\">{line}</span>"),
            Kind::Hunk => writeln!(html, "<span class=\"hunk\">{line}</span>"),
            Kind::Added => writeln!(html, "<span class=\"add\">{line}</span>"),
            Kind::Removed => writeln!(html, "<span class=\"del\">{line}</span>"),
            Kind::Same => writeln!(html, "{line}"),
        };
    }
    html.push_str("</pre>\n");
    if most.len() < bytes.len() {
        let (shown, all) = (most.len(), bytes.len());
        let _ = writeln!(html, "<p class=\"note\">{shown} of {all} bytes of the patch</p>");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &[u8] =
        b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+\tb\x1b[2J\n same\n";

    #[test]
    fn lines_of_a_patch_are_told_apart() {
        use Kind::{Added, Head, Hunk, Removed, Same};
        let kinds: Vec<Kind> = patch_lines(PATCH).map(|(kind, _)| kind).collect();
        assert_eq!(kinds, [Head, Head, Head, Hunk, Removed, Added, Same]);
        assert_eq!(readable(PATCH).lines().nth(5), Some("+\tb\\u{1b}[2J"));
    }

    #[test]
    fn nothing_in_a_report_is_read_as_html_or_markdown() {
        let mut report = Report::new("<script>a</script>");
        report.push("<b>", Part::Facts(vec![("<i>".to_owned(), "\u{1b}[31m|`".to_owned())]));
        report.push("Patch", Part::Patch(b"diff\n@@ <u>\n+```\n+<a>\n".to_vec()));
        report.push("Log", Part::Lines(vec!["<s>".to_owned()]));
        report.push("None", Part::Lines(Vec::new()));
        let html = report.html();
        for tag in ["<script>", "<i>", "<u>", "<a>", "<s>", "\u{1b}", "None"] {
            assert!(!html.contains(tag), "{tag} in {html}");
        }
        let markdown = report.markdown();
        assert!(!markdown.contains('\u{1b}') && markdown.contains("\\|"), "{markdown}");
        assert_eq!(markdown.matches("````").count(), 2, "{markdown}");
    }
}
