//! Diagrams as boxes and lines of characters.

use super::Diagram;
use super::layout::{Cell, Layout, layout};
use super::route::{Routes, route};

/// A drawing that is wider, in columns, is no help to anybody.
const MAX_WIDTH: usize = 300;

/// Parts that are not connected stand beside each other up to this width, in columns.
const PAGE: usize = 100;

/// Columns between parts.
const GAP: usize = 3;

/// Rows of a box.
const BOX: usize = 3;

/// `None` if it would be too wide.
pub(super) fn draw(diagram: &Diagram) -> Option<String> {
    let parts = parts(diagram);
    let parts = parts.iter().map(|nodes| part(diagram, nodes)).collect::<Option<Vec<Canvas>>>()?;
    let mut text = String::new();
    let mut shelf: Vec<&Canvas> = Vec::new();
    let mut width = 0;
    for part in &parts {
        if width + part.width > PAGE && !shelf.is_empty() {
            write_shelf(&mut text, &shelf);
            shelf.clear();
            width = 0;
        }
        shelf.push(part);
        width += part.width + GAP;
    }
    write_shelf(&mut text, &shelf);
    Some(text)
}

/// The nodes of each connected part, parts in the order of their first nodes.
fn parts(diagram: &Diagram) -> Vec<Vec<usize>> {
    let mut needs: Vec<Vec<usize>> = vec![Vec::new(); diagram.names.len()];
    diagram.lines().for_each(|(from, to)| needs[to].push(from));
    let mut seen = vec![false; diagram.names.len()];
    let mut parts = Vec::new();
    for first in 0..diagram.names.len() {
        let mut part = Vec::new();
        let mut pending = vec![first];
        while let Some(node) = pending.pop() {
            if !std::mem::replace(&mut seen[node], true) {
                part.push(node);
                pending.extend(needs[node].iter().chain(&diagram.needed_by[node]));
            }
        }
        part.sort_unstable();
        if !part.is_empty() {
            parts.push(part);
        }
    }
    parts
}

/// Draws one connected part.
fn part(diagram: &Diagram, nodes: &[usize]) -> Option<Canvas> {
    let Layout { layers, width } = layout(diagram, nodes, MAX_WIDTH)?;
    let routes = layers.windows(2).map(|pair| route(&pair[0], &pair[1]));
    let routes = routes.collect::<Option<Vec<Routes>>>()?;
    let between = |at: usize| routes.get(at).map_or(0, |routes| routes.rows.max(1));
    let height = (0..layers.len()).map(|at| BOX + between(at)).sum();
    let mut canvas = Canvas::new(width, height);
    let mut top = 0;
    for (at, layer) in layers.iter().enumerate() {
        layer.iter().for_each(|cell| canvas.cell(cell, diagram, top));
        top += BOX + between(at);
    }
    top = 0;
    for (at, routes) in routes.iter().enumerate() {
        top += BOX;
        canvas.lines(routes, top, between(at));
        top += between(at);
    }
    Some(canvas)
}

/// Writes parts beside each other.
fn write_shelf(text: &mut String, shelf: &[&Canvas]) {
    let height = shelf.iter().map(|part| part.rows.len()).max().unwrap_or(0);
    for row in 0..height {
        let mut line = String::new();
        let mut columns = 0;
        let mut used = 0;
        for part in shelf {
            if let Some(row) = part.rows.get(row) {
                line.extend(std::iter::repeat_n(' ', columns - used));
                line.extend(row);
                used = columns + part.width;
            }
            columns += part.width + GAP;
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// Which ways a line goes on from a character.
const UP: u8 = 1;
const DOWN: u8 = 2;
const LEFT: u8 = 4;
const RIGHT: u8 = 8;

/// Characters by those ways.
const LINES: [char; 16] =
    [' ', '│', '│', '│', '─', '╯', '╮', '┤', '─', '╰', '╭', '├', '─', '┴', '┬', '┼'];

struct Canvas {
    width: usize,
    rows: Vec<Vec<char>>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Canvas {
        Canvas { width, rows: vec![vec![' '; width]; height] }
    }

    /// Draws a box with its name, or a line that passes.
    fn cell(&mut self, cell: &Cell, diagram: &Diagram, top: usize) {
        let Some(node) = cell.node else {
            (top..top + BOX).for_each(|row| self.rows[row][cell.left] = '│');
            return;
        };
        let (left, right) = (cell.left, cell.left + cell.width - 1);
        for column in left + 1..right {
            self.rows[top][column] = '─';
            self.rows[top + 2][column] = '─';
        }
        self.rows[top][left] = '┌';
        self.rows[top][right] = '┐';
        self.rows[top + 1][left] = '│';
        self.rows[top + 1][right] = '│';
        self.rows[top + 2][left] = '└';
        self.rows[top + 2][right] = '┘';
        let name = &diagram.names[node];
        let before = (cell.width - 2 - name.chars().count()) / 2;
        for (at, character) in name.chars().enumerate() {
            self.rows[top + 1][left + 1 + before + at] = character;
        }
    }

    /// Draws the lines between the layer that ends above row `top` and the one `height` rows below.
    fn lines(&mut self, routes: &Routes, top: usize, height: usize) {
        let mut ways = vec![vec![0; self.width]; routes.rows];
        for net in &routes.nets {
            let Some(row) = net.row else { continue };
            let (first, last) = net.span();
            ways[row][first..last].iter_mut().for_each(|ways| *ways |= RIGHT);
            ways[row][first + 1..=last].iter_mut().for_each(|ways| *ways |= LEFT);
            net.from.iter().for_each(|&column| ways[row][column] |= UP);
            net.to.iter().for_each(|&column| ways[row][column] |= DOWN);
        }
        for (row, ways) in ways.iter().enumerate() {
            for (column, &ways) in ways.iter().enumerate().filter(|(_, ways)| **ways != 0) {
                self.rows[top + row][column] = LINES[usize::from(ways)];
            }
        }
        let bottom = top + height;
        for net in &routes.nets {
            // What crosses a row on its way goes over it.
            for &column in &net.from {
                (top..net.row.map_or(bottom, |row| top + row))
                    .for_each(|row| self.rows[row][column] = '│');
                self.join(top - 1, column, '┬');
            }
            for &column in &net.to {
                (net.row.map_or(top, |row| top + row + 1)..bottom)
                    .for_each(|row| self.rows[row][column] = '│');
                self.join(bottom, column, '┴');
            }
        }
    }

    /// Lets a line begin or end at the edge of a box.
    fn join(&mut self, row: usize, column: usize, edge: char) {
        if self.rows[row][column] == '─' {
            self.rows[row][column] = edge;
        }
    }
}
