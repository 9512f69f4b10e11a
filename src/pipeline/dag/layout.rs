//! Where the boxes of a drawing stand.
//!
//! The method is Sugiyama's: nodes go to layers, so that every line leads down; a line that passes a
//! layer gets a place of its own there; the places of a layer are ordered so that few lines cross, and
//! then moved as near to what they are connected with as their neighbours allow. All lines from one
//! node share their way down: they are one line with branches.
//!
//! Every step takes time in proportion to the places, whose number is bounded by the width that a
//! drawing may have.

use std::collections::HashSet;

use super::Diagram;

/// Columns between two boxes.
const GAP: usize = 2;

/// How often the layers are gone through, down and up.
const SWEEPS: usize = 4;

/// One connected part of a diagram.
pub(super) struct Layout {
    /// From the top; each from the left.
    pub layers: Vec<Vec<Cell>>,
    /// Columns.
    pub width: usize,
}

/// A place in a layer: a box, or a line that passes.
#[derive(Debug, Default)]
pub(super) struct Cell {
    /// `None` for a line.
    pub node: Option<usize>,
    /// The first column, and the number of columns.
    pub left: usize,
    pub width: usize,
    /// Places in the layer below that lines lead to, and in the layer above that they come from;
    /// ascending.
    pub down: Vec<usize>,
    pub up: Vec<usize>,
}

impl Cell {
    /// The column in which the line down begins.
    pub fn middle(&self) -> usize {
        self.left + self.width / 2
    }
}

/// Lays out `nodes`, which are connected with each other and with nothing else. `None` if that takes
/// more than `max_width` columns, or if lines go in a circle.
pub(super) fn layout(diagram: &Diagram, nodes: &[usize], max_width: usize) -> Option<Layout> {
    let ranks = ranks(diagram, nodes)?;
    check_width(diagram, nodes, &ranks, max_width)?;
    let mut layers = cells(diagram, nodes, &ranks);
    order(&mut layers);
    place(&mut layers);
    let ends = layers.iter().filter_map(|layer| layer.last()).map(|cell| cell.left + cell.width);
    let width = ends.max().unwrap_or(0);
    (width <= max_width).then_some(Layout { layers, width })
}

/// The layer of each node, by its position in the diagram: below all that it needs. What needs nothing
/// stands right above the first that needs it.
fn ranks(diagram: &Diagram, nodes: &[usize]) -> Option<Vec<usize>> {
    let mut waiting = vec![0; diagram.names.len()];
    let needed_by = |node: usize| diagram.needed_by[node].iter().copied();
    nodes.iter().flat_map(|&node| needed_by(node)).for_each(|to| waiting[to] += 1);
    let mut ready: Vec<usize> = nodes.iter().copied().filter(|&node| waiting[node] == 0).collect();
    let first = ready.clone();
    let mut ranks = vec![0; diagram.names.len()];
    let mut done = 0;
    while let Some(node) = ready.pop() {
        done += 1;
        for to in needed_by(node) {
            ranks[to] = ranks[to].max(ranks[node] + 1);
            waiting[to] -= 1;
            if waiting[to] == 0 {
                ready.push(to);
            }
        }
    }
    for node in first {
        if let Some(next) = needed_by(node).map(|to| ranks[to]).min() {
            ranks[node] = next - 1;
        }
    }
    (done == nodes.len()).then_some(ranks)
}

/// Refuses what cannot fit before anything is made for it: a line may pass every layer there is.
fn check_width(
    diagram: &Diagram,
    nodes: &[usize],
    ranks: &[usize],
    max_width: usize,
) -> Option<()> {
    let height = nodes.iter().map(|&node| ranks[node] + 1).max().unwrap_or(0);
    let mut boxes = vec![0; height];
    // Changes from one layer to the next.
    let mut lines = vec![0_isize; height + 1];
    for &node in nodes {
        boxes[ranks[node]] += diagram.names[node].chars().count() + 4 + GAP;
        if let Some(last) = diagram.needed_by[node].iter().map(|&to| ranks[to]).max() {
            lines[ranks[node] + 1] += 1;
            lines[last] -= 1;
        }
    }
    let mut passing = 0;
    let fits = boxes.iter().zip(lines).all(|(boxes, change)| {
        passing += change;
        boxes + passing.unsigned_abs() * (1 + GAP) <= max_width + GAP
    });
    fits.then_some(())
}

fn cells(diagram: &Diagram, nodes: &[usize], ranks: &[usize]) -> Vec<Vec<Cell>> {
    let height = nodes.iter().map(|&node| ranks[node] + 1).max().unwrap_or(0);
    let mut layers: Vec<Vec<Cell>> = (0..height).map(|_| Vec::new()).collect();
    let mut cell_of = vec![0; diagram.names.len()];
    for &node in nodes {
        let layer = &mut layers[ranks[node]];
        cell_of[node] = layer.len();
        layer.push(Cell { node: Some(node), ..Cell::default() });
    }
    for &from in nodes {
        let mut to: Vec<usize> = diagram.needed_by[from].clone();
        to.sort_unstable_by_key(|&to| ranks[to]);
        let mut above = cell_of[from];
        let mut rank = ranks[from];
        let mut next = to.into_iter().peekable();
        while next.peek().is_some() {
            rank += 1;
            while let Some(to) = next.next_if(|&to| ranks[to] == rank) {
                layers[rank - 1][above].down.push(cell_of[to]);
                layers[rank][cell_of[to]].up.push(above);
            }
            if next.peek().is_some() {
                let passing = layers[rank].len();
                layers[rank - 1][above].down.push(passing);
                layers[rank].push(Cell { width: 1, up: vec![above], ..Cell::default() });
                above = passing;
            }
        }
    }
    layers.iter_mut().flatten().for_each(|cell| cell.down.sort_unstable());
    for rank in 0..height {
        let (above, layer) = layers[..=rank].split_at_mut(rank);
        for cell in &mut layer[0] {
            let Some(node) = cell.node else { continue };
            // What leads to the same cells comes in one line; each line needs a column of its own.
            let from = cell.up.iter().filter_map(|&up| Some(&above.last()?[up].down));
            let lines = from.collect::<HashSet<_>>().len();
            cell.width = (diagram.names[node].chars().count() + 4).max(2 * lines + 3);
        }
    }
    layers
}

/// Orders each layer by the middle of what is above, then below, and so on.
fn order(layers: &mut [Vec<Cell>]) {
    for _ in 0..SWEEPS {
        (1..layers.len()).for_each(|at| order_layer(layers, at, |cell| &cell.up));
        (0..layers.len().saturating_sub(1)).rev().for_each(|at| {
            order_layer(layers, at, |cell| &cell.down);
        });
    }
}

fn order_layer(layers: &mut [Vec<Cell>], at: usize, others: fn(&Cell) -> &Vec<usize>) {
    let mut wanted: Vec<(f64, usize)> = layers[at]
        .iter()
        .enumerate()
        .map(|(old, cell)| {
            (mean(others(cell).iter().map(|&at| at as f64)).unwrap_or(old as f64), old)
        })
        .collect();
    wanted.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let mut new_at = vec![0; wanted.len()];
    wanted.iter().enumerate().for_each(|(new, &(_, old))| new_at[old] = new);
    let mut old: Vec<Option<Cell>> = layers[at].drain(..).map(Some).collect();
    layers[at] = wanted.iter().filter_map(|&(_, at)| old[at].take()).collect();
    let renumber = |places: &mut Vec<usize>| {
        places.iter_mut().for_each(|place| *place = new_at[*place]);
        places.sort_unstable();
    };
    if at > 0 {
        layers[at - 1].iter_mut().for_each(|cell| renumber(&mut cell.down));
    }
    if let Some(below) = layers.get_mut(at + 1) {
        below.iter_mut().for_each(|cell| renumber(&mut cell.up));
    }
}

/// Gives every cell its column.
fn place(layers: &mut [Vec<Cell>]) {
    let width = |layer: &Vec<Cell>| layer.iter().map(|cell| cell.width + GAP).sum::<usize>();
    let widest = layers.iter().map(width).max().unwrap_or(0);
    let least = |lefts: &[Vec<f64>]| lefts.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    let most = |lefts: &[Vec<f64>]| lefts.iter().flatten().copied().fold(0.0, f64::max);
    let mut lefts = aligned(layers);
    // Where every layer leans to the same side, a long drawing goes off slantwise.
    if most(&lefts) - least(&lefts) > 2.0 * widest as f64 {
        let centred = |layer| {
            let margin = ((widest - width(layer)) / 2) as f64;
            packed(layer).into_iter().map(|left| left + margin).collect()
        };
        lefts = layers.iter().map(centred).collect();
    }
    let first = least(&lefts);
    for (layer, lefts) in layers.iter_mut().zip(lefts) {
        for (cell, left) in layer.iter_mut().zip(lefts) {
            cell.left = (left - first) as usize;
        }
    }
}

/// Every cell as near as can be to what it is connected with.
fn aligned(layers: &[Vec<Cell>]) -> Vec<Vec<f64>> {
    let mut lefts: Vec<Vec<f64>> = layers.iter().map(|layer| packed(layer)).collect();
    let below = layers.len().saturating_sub(1);
    for _ in 0..SWEEPS {
        for at in 1..layers.len() {
            lefts[at] = settle(layers, &lefts, at, at - 1, |cell| &cell.up);
        }
        for at in (0..below).rev() {
            lefts[at] = settle(layers, &lefts, at, at + 1, |cell| &cell.down);
        }
    }
    lefts
}

/// All cells as far to the left as they go.
fn packed(layer: &[Cell]) -> Vec<f64> {
    let starts = layer.iter().scan(0, |next, cell| {
        let left = *next;
        *next += cell.width + GAP;
        Some(left as f64)
    });
    starts.collect()
}

/// Moves the cells of one layer below, or above, the middle of what they are connected with in
/// another: as near as can be in the sum of squares, without changing their order. That is isotonic
/// regression: neighbours that want to pass each other move on together.
fn settle(
    layers: &[Vec<Cell>],
    lefts: &[Vec<f64>],
    at: usize,
    other: usize,
    others: fn(&Cell) -> &Vec<usize>,
) -> Vec<f64> {
    /// Cells that move together: the sum of what they want, and their weight.
    struct Block {
        sum: f64,
        weight: f64,
        cells: usize,
    }
    let offsets = packed(&layers[at]);
    let mut blocks: Vec<Block> = Vec::new();
    for (place, cell) in layers[at].iter().enumerate() {
        let half = |cell: &Cell| (cell.width / 2) as f64;
        let middles = others(cell).iter().map(|&to| lefts[other][to] + half(&layers[other][to]));
        let wanted = match mean(middles) {
            Some(middle) => middle - half(cell),
            None => lefts[at][place],
        };
        // Passing lines are to be straight before anything else is.
        let weight = if cell.node.is_none() { 4.0 } else { 1.0 };
        let mut block = Block { sum: (wanted - offsets[place]) * weight, weight, cells: 1 };
        while let Some(left) =
            blocks.pop_if(|left| left.sum / left.weight > block.sum / block.weight)
        {
            block.sum += left.sum;
            block.weight += left.weight;
            block.cells += left.cells;
        }
        blocks.push(block);
    }
    let moved = blocks.iter().flat_map(|block| {
        let by = (block.sum / block.weight).round();
        std::iter::repeat_n(by, block.cells)
    });
    moved.zip(offsets).map(|(by, offset)| by + offset).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then_some(sum / count)
}
