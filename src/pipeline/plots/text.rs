//! Layouts as text, for a terminal: lines and points of Braille patterns, bars of blocks, matrices as
//! tables.
//!
//! Where series cannot differ by colour, each is drawn by a letter of its own.

use super::layout::{Bar, Body, Curve, Matrix, cell_text, layout};
use super::scale::Axis;
use super::svg::shortened;
use super::{Figure, Template};
use crate::fs::display_bytes;
use crate::pipeline::number::significant;

/// Lines of the canvas.
const ROWS: usize = 14;
/// Characters left of the canvas.
const LEFT: usize = 10;
/// The left parts of a full block, one eighth to seven.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// Gives a part of a line the colour of a series; `None` where there are no colours.
pub type Paint<'a> = Option<&'a dyn Fn(usize, &str) -> String>;

/// The figure in lines of up to `width` characters, each ended by a newline.
pub fn draw(figure: &Figure, width: usize, paint: Paint<'_>) -> String {
    let width = width.clamp(40, 160);
    let laid_out = layout(figure);
    let mut text = format!("{}\n", safe(&figure.title, width));
    match &laid_out.body {
        Body::Curves { x, y, curves } => draw_curves(&mut text, figure, x, y, curves, width, paint),
        Body::Bars { names, bars, .. } => draw_bars(&mut text, figure, names, bars, width, paint),
        Body::Matrices(matrices) => {
            for matrix in matrices {
                draw_matrix(&mut text, figure, matrix, width);
            }
        }
    }
    for note in &laid_out.notes {
        text.push_str(&format!("({note})\n"));
    }
    text
}

/// What files say, on one line of a terminal.
fn safe(text: &str, most: usize) -> String {
    shortened(&display_bytes(text.as_bytes()), most)
}

fn painted(paint: Paint<'_>, series: usize, text: &str) -> String {
    match paint {
        Some(paint) => paint(series, text),
        None => text.to_owned(),
    }
}

/// The letter of a series: `a` to `z`, then again.
fn letter(series: usize) -> char {
    char::from(b'a' + (series % 26) as u8)
}

/// The curves of a figure without axes and words: one line of characters, up to `columns` of them.
pub fn draw_small(figure: &Figure, columns: usize) -> String {
    let Body::Curves { curves, .. } = layout(figure).body else { return String::new() };
    let mut canvas = Canvas::new(columns.clamp(4, 160), 1);
    canvas.curves(figure, &curves);
    canvas.row(0, false, None)
}

/// Dots, two across and four down in each character, and whose they are.
struct Canvas {
    columns: usize,
    rows: usize,
    dots: Vec<u8>,
    owners: Vec<usize>,
}

impl Canvas {
    fn new(columns: usize, rows: usize) -> Canvas {
        let cells = columns * rows;
        Canvas { columns, rows, dots: vec![0; cells], owners: vec![0; cells] }
    }

    fn curves(&mut self, figure: &Figure, curves: &[Curve]) {
        for (series, curve) in curves.iter().enumerate() {
            for line in &curve.lines {
                line.windows(2).for_each(|pair| self.line(series, pair[0], pair[1]));
            }
            let points = curve.marks.iter().map(|mark| (mark.x, mark.y));
            if figure.template != Template::Smooth {
                points.for_each(|point| self.point(series, point));
            }
        }
    }

    fn dot(&mut self, series: usize, x: usize, y: usize) {
        // Braille patterns number the dots of the left column 1, 2, 3, 7 and of the right 4, 5, 6, 8.
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        let (column, row) = (x / 2, y / 4);
        if column < self.columns && row < self.rows {
            let at = row * self.columns + column;
            self.dots[at] |= BITS[x % 2][y % 4];
            self.owners[at] = series;
        }
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (right, bottom) = (self.columns * 2 - 1, self.rows * 4 - 1);
        ((x * right as f64).round(), ((1.0 - y) * bottom as f64).round())
    }

    fn point(&mut self, series: usize, point: (f64, f64)) {
        let (x, y) = self.place(point);
        self.dot(series, x as usize, y as usize);
    }

    fn line(&mut self, series: usize, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (self.place(from), self.place(to));
        let steps = (x2 - x1).abs().max((y2 - y1).abs()).max(1.0);
        for step in 0..=steps as usize {
            let share = step as f64 / steps;
            let (x, y) = (x1 + (x2 - x1) * share, y1 + (y2 - y1) * share);
            self.dot(series, x.round() as usize, y.round() as usize);
        }
    }

    /// One line of the canvas; `letters` instead of dots where several series have no colours.
    fn row(&self, row: usize, letters: bool, paint: Paint<'_>) -> String {
        let cells = row * self.columns..(row + 1) * self.columns;
        let character = |at: usize| match self.dots[at] {
            0 => ' ',
            _ if letters => letter(self.owners[at]),
            dots => char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' '),
        };
        // Neighbours of one series are painted together.
        let owner = |at: usize| (self.dots[at] != 0).then_some(self.owners[at]);
        let cells: Vec<usize> = cells.collect();
        let mut line = String::new();
        for run in cells.chunk_by(|a, b| owner(*a) == owner(*b)) {
            let text: String = run.iter().map(|at| character(*at)).collect();
            match owner(run[0]) {
                Some(series) if !letters => line.push_str(&painted(paint, series, &text)),
                _ => line.push_str(&text),
            }
        }
        line.trim_end().to_owned()
    }
}

fn draw_curves(
    text: &mut String,
    figure: &Figure,
    x: &Axis,
    y: &Axis,
    curves: &[Curve],
    width: usize,
    paint: Paint<'_>,
) {
    let columns = width - LEFT - 2;
    let mut canvas = Canvas::new(columns, ROWS);
    canvas.curves(figure, curves);
    let letters = paint.is_none() && curves.len() > 1;
    legend(text, figure, letters, paint);
    let ticks = y.ticks(4);
    for row in 0..ROWS {
        let is_here = |place: f64| (((1.0 - place) * (ROWS - 1) as f64).round() as usize) == row;
        let tick = ticks.iter().find(|(place, _)| is_here(*place));
        let (label, edge) = match tick {
            Some((_, label)) => (safe(label, LEFT), '┤'),
            None => (String::new(), '│'),
        };
        let gap = " ".repeat(LEFT.saturating_sub(label.chars().count()));
        let line = format!("{gap}{label} {edge}{}", canvas.row(row, letters, paint));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let mut edge = vec!['─'; columns];
    let mut labels = vec![' '; width];
    let mut free = 0;
    for (place, label) in x.ticks((columns / 14).max(2)) {
        let at = ((place * (columns - 1) as f64).round() as usize).min(columns - 1);
        edge[at] = '┬';
        let label: Vec<char> = safe(&label, 12).chars().collect();
        let begin = (LEFT + 2 + at).saturating_sub(label.len() / 2);
        let begin = begin.min(width.saturating_sub(label.len()));
        if begin >= free {
            labels[begin..begin + label.len()].copy_from_slice(&label);
            free = begin + label.len() + 1;
        }
    }
    let gap = " ".repeat(LEFT + 1);
    text.push_str(&format!("{gap}└{}\n", edge.into_iter().collect::<String>()));
    text.push_str(labels.into_iter().collect::<String>().trim_end());
    text.push('\n');
    let (x_label, y_label) = (safe(&figure.x_label, 40), safe(&figure.y_label, 40));
    text.push_str(&format!("{gap} {y_label} over {x_label}\n"));
}

fn legend(text: &mut String, figure: &Figure, letters: bool, paint: Paint<'_>) {
    for (at, series) in figure.series.iter().enumerate() {
        let mark = if letters { letter(at) } else { '━' };
        let mark = painted(paint, at, mark.encode_utf8(&mut [0; 4]));
        text.push_str(&format!("  {mark} {}\n", safe(&series.name, 70)));
    }
}

fn draw_bars(
    text: &mut String,
    figure: &Figure,
    names: &[String],
    bars: &[Vec<Option<Bar>>],
    width: usize,
    paint: Paint<'_>,
) {
    let many = figure.series.len() > 1;
    legend(text, figure, many && paint.is_none(), paint);
    let column = names.iter().map(|name| safe(name, 24).chars().count()).max().unwrap_or(0);
    let room = width.saturating_sub(column + 16).max(10);
    for (name, row) in names.iter().zip(bars) {
        for (series, bar) in row.iter().enumerate() {
            let Some(bar) = bar else { continue };
            let name = safe(name, 24);
            let gap = " ".repeat(column - name.chars().count());
            let length = ((bar.to - bar.from).abs() * room as f64 * 8.0).round() as usize;
            let mut blocks = "█".repeat(length / 8);
            blocks.extend((length % 8).checked_sub(1).map(|eighths| EIGHTHS[eighths]));
            let value = significant(bar.value, 5);
            let mark = match many && paint.is_none() {
                true => format!("{} ", letter(series)),
                false => String::new(),
            };
            let blocks = painted(paint, series, &blocks);
            text.push_str(&format!("{gap}{name} {mark}{blocks} {value}\n"));
        }
    }
}

fn draw_matrix(text: &mut String, figure: &Figure, matrix: &Matrix, width: usize) {
    let of = figure.series.get(matrix.series).map_or("", |series| &series.name);
    let (x, y) = (safe(&figure.x_label, 30), safe(&figure.y_label, 30));
    text.push_str(&format!("  {} ({y} down, {x} across)\n", safe(of, 60)));
    let cells: Vec<Vec<String>> = (matrix.cells.iter())
        .map(|row| row.iter().map(|cell| cell_text(cell, figure.template)).collect())
        .collect();
    let heads: Vec<String> = matrix.columns.iter().map(|name| safe(name, 10)).collect();
    let all = cells.iter().flatten().chain(&heads);
    let column = all.map(|cell| cell.chars().count()).max().unwrap_or(1);
    let first = matrix.rows.iter().map(|name| safe(name, 20).chars().count()).max().unwrap_or(0);
    let shown = (width.saturating_sub(first + 2) / (column + 1)).max(1);
    let mut line = |name: &str, cells: &[String]| {
        let mut line = format!("  {}{name}", " ".repeat(first - name.chars().count()));
        for cell in cells.iter().take(shown) {
            line.push_str(&" ".repeat(column + 1 - cell.chars().count()));
            line.push_str(cell);
        }
        if cells.len() > shown {
            line.push('…');
        }
        text.push_str(&line);
        text.push('\n');
    };
    line("", &heads);
    for (name, cells) in matrix.rows.iter().zip(&cells) {
        line(&safe(name, 20), cells);
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::super::layout::samples::{figure, names, numbers, series};
    use super::*;

    fn labelled(template: Template, count: usize) -> Figure {
        let each = |at: usize| {
            let x = numbers((0..20).map(f64::from));
            let mut one = series(x, numbers((0..20).map(|x| f64::from(x).powi(at as i32 + 1))));
            one.name = format!("rev{at}");
            one
        };
        let mut figure = figure(template, (0..count).map(each).collect());
        figure.title = "loss\x1b[31m".to_owned();
        figure.x_label = "step".to_owned();
        figure.y_label = "loss".to_owned();
        figure
    }

    #[test]
    fn a_line_is_drawn_with_its_axes() {
        assert_snapshot!(draw(&labelled(Template::Linear, 1), 50, None), @r"
        loss\u{1b}[31m
          ━ rev0
                   │                                   ⢀⠤⠊
                   │                                 ⡠⠒⠁
                   │                              ⣀⠔⠉
                15 ┤                           ⡠⠔⠊
                   │                        ⣀⠔⠉
                   │                     ⢀⠤⠊
                10 ┤                   ⡠⠒⠁
                   │                ⢀⡠⠊
                   │              ⡠⠔⠁
                   │           ⢀⠔⠊
                 5 ┤        ⣀⠤⠊⠁
                   │     ⢀⠔⠊
                   │  ⢀⡠⠊⠁
                 0 ┤⡠⠔⠁
                   └┬──────────────────┬──────────────────
                    0                 10
                    loss over step
        ");
    }

    #[test]
    fn several_series_have_letters_or_colours() {
        let text = draw(&labelled(Template::Linear, 2), 50, None);
        assert!(text.contains("  a rev0\n  b rev1\n"), "{text}");
        assert!(text.lines().any(|line| line.contains('a') && line.contains('b')));
        let paint = |series: usize, text: &str| format!("<{series}{text}>");
        let text = draw(&labelled(Template::Linear, 2), 50, Some(&paint));
        assert!(text.contains("  <0━> rev0\n  <1━> rev1\n"), "{text}");
        assert!(!text.contains('\x1b'), "names are escaped");
    }

    #[test]
    fn bars_and_matrices() {
        let one = series(numbers([1.0, 0.25]), names(&["petal", "sepal"]));
        let bars = draw(&figure(Template::BarHorizontal, vec![one]), 40, None);
        assert_snapshot!(bars, @"

          ━ HEAD
        petal ███████████████████ 1
        sepal ████▊ 0.25
        ");
        let one = series(names(&["cat", "dog", "cat"]), names(&["cat", "cat", "dog"]));
        let matrix = draw(&figure(Template::Confusion, vec![one]), 40, None);
        assert_snapshot!(matrix, @"

        HEAD ( down,  across)
            cat dog
        cat   1   1
        dog   1   0
        ");
    }

    #[test]
    fn lines_are_not_longer_than_asked_for() {
        for template in Template::ALL {
            for width in [0, 40, 77, 1000] {
                let text = draw(&labelled(template, 3), width, None);
                let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
                assert!(longest <= width.clamp(80, 160), "{}: {longest}", template.name());
            }
        }
    }
}
