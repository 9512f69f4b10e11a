//! Layouts as SVG, for the page of [`super::html`].
//!
//! Drawn here and not by a library: `plotters`, the light one among those that write SVG, sets
//! colours as numbers and knows neither classes nor `<title>`, so that a chart of its could not
//! follow a dark page nor tell a value under the pointer. What is needed beside that is rectangles,
//! lines and text.
//!
//! Colours are classes (`s0` to `s7`) that the page's style sheet gives a value. Series also differ by
//! their dashes, for those who cannot tell colours apart.

use std::fmt::Write as _;

use super::layout::{Bar, Body, Curve, Layout, Matrix, cell_text};
use super::scale::Axis;
use super::{Figure, Template};
use crate::fs::display_bytes;
use crate::pipeline::number::significant;

/// How many series have a colour of their own.
pub const COLOURS: usize = 8;
const DASHES: [&str; 4] = ["", "7 3", "2 3", "9 3 2 3"];

const WIDTH: f64 = 680.0;
const HEIGHT: f64 = 340.0;
/// Room around the axes: left, top, right, bottom.
const MARGIN: [f64; 4] = [72.0, 12.0, 16.0, 46.0];

/// Text that may stand in HTML and SVG, between tags and in attributes. Control characters, which
/// neither may hold, are shown as their escapes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in display_bytes(text.as_bytes()).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Not characters of XML.
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The class of a series.
pub fn class(series: usize) -> String {
    format!("s{}", series % COLOURS)
}

/// The dashes of a series' lines, as an attribute.
pub fn dashes(series: usize) -> String {
    match DASHES[series % DASHES.len()] {
        "" => String::new(),
        dashes => format!(" stroke-dasharray=\"{dashes}\""),
    }
}

/// The figure as one or several `<svg>` elements.
pub fn draw(figure: &Figure, layout: &Layout) -> String {
    match &layout.body {
        Body::Curves { x, y, curves } => draw_curves(figure, x, y, curves),
        Body::Bars { scale, names, bars } => draw_bars(figure, scale, names, bars),
        Body::Matrices(matrices) => {
            matrices.iter().map(|matrix| draw_matrix(figure, matrix)).collect()
        }
    }
}

/// An `<svg>` being written.
struct Svg {
    text: String,
}

impl Svg {
    fn new(width: f64, height: f64, label: &str) -> Svg {
        let label = escape(label);
        let text = format!(
            "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" role=\"img\" \
             aria-label=\"{label}\">\n"
        );
        Svg { text }
    }

    fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ = writeln!(
            self.text,
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        );
    }

    /// `class` says where the text is anchored, too.
    fn words(&mut self, class: &str, at: (f64, f64), words: &str) {
        let (x, y) = at;
        let words = escape(words);
        let _ =
            writeln!(self.text, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{words}</text>");
    }

    /// Text that runs upwards.
    fn upright(&mut self, class: &str, at: (f64, f64), words: &str) {
        let (x, y) = at;
        let words = escape(words);
        let _ = writeln!(
            self.text,
            "<text class=\"{class}\" transform=\"translate({x:.1} {y:.1}) rotate(-90)\">{words}</text>"
        );
    }

    fn rect(&mut self, attributes: &str, at: (f64, f64), size: (f64, f64), title: &str) {
        let ((x, y), (width, height)) = (at, size);
        let title = escape(title);
        let _ = writeln!(
            self.text,
            "<rect {attributes} x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\"><title>{title}</title></rect>"
        );
    }

    fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

fn draw_curves(figure: &Figure, x: &Axis, y: &Axis, curves: &[Curve]) -> String {
    let [left, top, right, bottom] = MARGIN;
    let (width, height) = (WIDTH - left - right, HEIGHT - top - bottom);
    let place = |x: f64, y: f64| (left + x * width, top + (1.0 - y) * height);
    let mut svg = Svg::new(WIDTH, HEIGHT, &figure.title);
    for (at, text) in y.ticks(5) {
        svg.line("grid", place(0.0, at), place(1.0, at));
        svg.words("end", (left - 8.0, place(0.0, at).1 + 4.0), &shortened(&text, 10));
    }
    for (at, text) in x.ticks(6) {
        svg.line("grid", place(at, 0.0), place(at, 1.0));
        svg.words("middle", (place(at, 0.0).0, top + height + 18.0), &shortened(&text, 16));
    }
    svg.line("axis", place(0.0, 0.0), place(1.0, 0.0));
    svg.line("axis", place(0.0, 0.0), place(0.0, 1.0));
    svg.words("middle label", (left + width / 2.0, HEIGHT - 8.0), &shortened(&figure.x_label, 80));
    svg.upright("middle label", (14.0, top + height / 2.0), &shortened(&figure.y_label, 40));
    for (series, curve) in curves.iter().enumerate() {
        let (class, dashes) = (class(series), dashes(series));
        for line in &curve.lines {
            svg.text.push_str(&format!("<polyline class=\"{class}\"{dashes} points=\""));
            for &(x, y) in line {
                let (x, y) = place(x, y);
                let _ = write!(svg.text, "{x:.1},{y:.1} ");
            }
            svg.text.push_str("\"/>\n");
        }
        let alone = curve.lines.iter().any(|line| line.len() == 1);
        let seen = match figure.template {
            Template::Smooth => "faint",
            _ if curve.marks_shown || alone => "mark",
            _ => "hidden",
        };
        for mark in &curve.marks {
            let ((x, y), title) = (place(mark.x, mark.y), escape(&mark.text));
            let _ = writeln!(
                svg.text,
                "<circle class=\"{class} {seen}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\">\
                 <title>{title}</title></circle>"
            );
        }
    }
    svg.finish()
}

fn draw_bars(figure: &Figure, scale: &Axis, names: &[String], bars: &[Vec<Option<Bar>>]) -> String {
    let series = figure.series.len().max(1) as f64;
    let (left, top, right, bottom) = (150.0, 8.0, MARGIN[2], MARGIN[3]);
    let band = (16.0 * series + 8.0).min(80.0);
    let height = band * names.len().max(1) as f64;
    let total = top + height + bottom;
    let width = WIDTH - left - right;
    let mut svg = Svg::new(WIDTH, total, &figure.title);
    for (at, text) in scale.ticks(6) {
        let x = left + at * width;
        svg.line("grid", (x, top), (x, top + height));
        svg.words("middle", (x, top + height + 18.0), &shortened(&text, 16));
    }
    let thickness = (band - 8.0) / series;
    for (at, (name, row)) in names.iter().zip(bars).enumerate() {
        let y = top + at as f64 * band;
        svg.words("end", (left - 8.0, y + band / 2.0 + 4.0), &shortened(name, 20));
        for (series, bar) in row.iter().enumerate() {
            let Some(bar) = bar else { continue };
            let (from, to) = (bar.from.min(bar.to), bar.from.max(bar.to));
            let place = (left + from * width, y + 4.0 + series as f64 * thickness);
            let size = (((to - from) * width).max(1.0), (thickness - 1.0).max(1.0));
            let of = figure.series.get(series).map_or("", |series| &series.name);
            let title = format!("{of}: {name}, {}", significant(bar.value, 6));
            svg.rect(&format!("class=\"{} bar\"", class(series)), place, size, &title);
        }
    }
    svg.line("axis", (left, top), (left, top + height));
    svg.words("middle label", (left + width / 2.0, total - 8.0), &shortened(&figure.x_label, 80));
    svg.upright("middle label", (14.0, top + height / 2.0), &shortened(&figure.y_label, 40));
    svg.finish()
}

fn draw_matrix(figure: &Figure, matrix: &Matrix) -> String {
    let (left, top, right, bottom) = (130.0, 26.0, 12.0, 96.0);
    let count = matrix.columns.len().max(matrix.rows.len()).max(1) as f64;
    let side = (380.0 / count).clamp(14.0, 64.0);
    let width = side * matrix.columns.len() as f64;
    let height = side * matrix.rows.len() as f64;
    let total = (left + width.max(120.0) + right, top + height.max(40.0) + bottom);
    let of = figure.series.get(matrix.series).map_or("", |series| &series.name);
    let mut svg = Svg::new(total.0, total.1, &format!("{}, {of}", figure.title));
    svg.words("middle label", (left + width / 2.0, 16.0), &shortened(of, 50));
    for (row, (name, cells)) in matrix.rows.iter().zip(&matrix.cells).enumerate() {
        let y = top + row as f64 * side;
        svg.words("end", (left - 8.0, y + side / 2.0 + 4.0), &shortened(name, 14));
        for (column, cell) in cells.iter().enumerate() {
            let x = left + column as f64 * side;
            let text = cell_text(cell, figure.template);
            let title = format!("{of}: {}, {name}: {text}", matrix.columns[column]);
            let attributes = format!("class=\"cell\" fill-opacity=\"{:.3}\"", cell.shade);
            svg.rect(&attributes, (x, y), (side - 1.0, side - 1.0), &title);
            if side >= 26.0 {
                let class = if cell.shade > 0.55 { "middle on-dark" } else { "middle" };
                svg.words(class, (x + side / 2.0, y + side / 2.0 + 4.0), &shortened(&text, 6));
            }
        }
    }
    for (column, name) in matrix.columns.iter().enumerate() {
        let x = left + (column as f64 + 0.5) * side + 4.0;
        svg.upright("end", (x, top + height + 8.0), &shortened(name, 9));
    }
    svg.words("middle label", (left + width / 2.0, total.1 - 8.0), &shortened(&figure.x_label, 50));
    svg.upright("middle label", (14.0, top + height / 2.0), &shortened(&figure.y_label, 40));
    svg.finish()
}

/// `text`, or its beginning with an ellipsis where it is longer than `most` characters.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::super::layout::layout;
    use super::super::layout::samples::{figure, names, numbers, series};
    use super::*;

    const HOSTILE: &str = "</title></svg><script>alert('1')</script>\"&\u{1}\u{202e}";

    /// Every `<` begins a tag of ours, and every tag that was opened is closed.
    pub fn check_markup(text: &str) {
        let mut open: Vec<&str> = Vec::new();
        for part in text.split('<').skip(1) {
            let (tag, _) = part.split_once('>').expect("a tag ends");
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "{text}");
            } else if !tag.ends_with('/') && !tag.starts_with('!') {
                open.push(tag.split_whitespace().next().expect("a tag has a name"));
            }
        }
        assert_eq!(open, [""; 0]);
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "control characters");
    }

    fn hostile(template: Template) -> Figure {
        let mut one = series(names(&[HOSTILE, "b"]), names(&["x", HOSTILE]));
        one.name = HOSTILE.to_owned();
        let mut figure = figure(template, vec![one]);
        if template.is_bar() {
            figure.series[0].x = numbers([1.0, 2.0]);
        }
        for label in [&mut figure.id, &mut figure.title, &mut figure.x_label, &mut figure.y_label] {
            *label = HOSTILE.to_owned();
        }
        figure
    }

    #[test]
    fn nothing_from_files_becomes_markup() {
        for template in Template::ALL {
            let figure = hostile(template);
            let text = draw(&figure, &layout(&figure));
            check_markup(&text);
            assert!(!text.contains("<script"), "{}", template.name());
            assert!(text.contains("&lt;script&gt;alert(&#39;1&#39;)"), "{}", template.name());
        }
    }

    #[test]
    fn every_point_says_its_value() {
        let data = series(numbers([0.0, 1.0, 2.0]), numbers([0.5, f64::NAN, 0.25]));
        let figure = figure(Template::Linear, vec![data]);
        let text = draw(&figure, &layout(&figure));
        check_markup(&text);
        assert_eq!(text.matches("<polyline").count(), 2);
        assert!(text.contains("<title>HEAD: 0, 0.5</title>"), "{text}");
        assert!(text.contains("<title>HEAD: 2, 0.25</title>"), "{text}");
        assert!(!text.contains("NaN"));
    }

    #[test]
    fn a_figure_without_data_is_drawn_too() {
        for template in Template::ALL {
            for series in [vec![], vec![series(vec![], vec![])]] {
                let figure = figure(template, series);
                check_markup(&draw(&figure, &layout(&figure)));
            }
        }
    }

    #[test]
    fn many_series_go_on_with_other_dashes() {
        assert_eq!((class(0), dashes(0)), ("s0".to_owned(), String::new()));
        assert_eq!(
            (class(9), dashes(9)),
            ("s1".to_owned(), " stroke-dasharray=\"7 3\"".to_owned())
        );
    }
}
