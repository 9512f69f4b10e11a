//! How lines get from one layer to the next.
//!
//! Cells that lead to the same cells make a net: down from each of them to a row of the net's own,
//! along the row, and from there down to each end. Everything that a net connects at the top is needed
//! by everything that it connects at the bottom, so that it can be read only one way. Nets whose rows
//! do not meet share a row. Where one net comes down in the column in which another ends, its row has
//! to be higher, so that the two never lie on each other; where they only cross, the reader sees a
//! line that goes straight on.

use std::collections::{HashMap, VecDeque};

use super::layout::Cell;

/// The lines between two layers.
pub(super) struct Routes {
    pub nets: Vec<Net>,
    /// Rows that the nets take.
    pub rows: usize,
}

#[derive(Default)]
pub(super) struct Net {
    /// The columns in which it begins, ascending.
    pub from: Vec<usize>,
    /// The columns in which it ends, ascending.
    pub to: Vec<usize>,
    /// `None` if it goes straight down.
    pub row: Option<usize>,
}

impl Net {
    /// The first and the last column of the row.
    pub fn span(&self) -> (usize, usize) {
        let columns = || self.from.iter().chain(&self.to).copied();
        (columns().min().unwrap_or(0), columns().max().unwrap_or(0))
    }

    /// Whether `column` is one in which it begins.
    fn begins(&self, column: usize) -> bool {
        self.from.binary_search(&column).is_ok()
    }
}

/// Routes the lines from the cells of `above` to those of `below`. `None` if they have to lie on each
/// other.
pub(super) fn route(above: &[Cell], below: &[Cell]) -> Option<Routes> {
    let mut nets: Vec<Net> = Vec::new();
    let mut by_ends: HashMap<&[usize], usize> = HashMap::new();
    for cell in above.iter().filter(|cell| !cell.down.is_empty()) {
        let net = *by_ends.entry(&cell.down).or_insert(nets.len());
        if net == nets.len() {
            nets.push(Net::default());
        }
        nets[net].from.push(cell.middle());
    }
    let begins: HashMap<usize, usize> = nets
        .iter()
        .enumerate()
        .flat_map(|(at, net)| net.from.iter().map(move |&column| (column, at)))
        .collect();
    for cell in below {
        let mut entering: Vec<usize> =
            cell.up.iter().map(|&up| by_ends[&above[up].down[..]]).collect();
        entering.sort_by_key(|&net| nets[net].from.iter().sum::<usize>() / nets[net].from.len());
        entering.dedup();
        for (net, column) in entries(cell, &entering, &nets, &begins) {
            nets[net].to.push(column);
        }
    }
    let rows = rows(&mut nets, &begins)?;
    Some(Routes { nets, rows })
}

/// The columns in which nets come to a cell: straight down where that can be, else about its middle,
/// two apart.
fn entries(
    cell: &Cell,
    entering: &[usize],
    nets: &[Net],
    begins: &HashMap<usize, usize>,
) -> Vec<(usize, usize)> {
    if cell.node.is_none() {
        return entering.iter().map(|&net| (net, cell.middle())).collect();
    }
    let count = entering.len();
    let (first, last) = (cell.left + 1, cell.left + cell.width - 2);
    let mut columns: Vec<(usize, usize)> = Vec::with_capacity(count);
    for (at, &net) in entering.iter().enumerate() {
        let lowest = columns.last().map_or(first, |&(_, before)| before + 2);
        let highest = last - 2 * (count - 1 - at);
        let wanted = match nets[net].from[..] {
            [straight] if (lowest..=highest).contains(&straight) => straight,
            _ => (cell.middle() + 2 * at + 1).saturating_sub(count).clamp(lowest, highest),
        };
        // Not where another net begins: its row would have to be higher.
        let free = |column: &usize| begins.get(column).is_none_or(|&other| other == net);
        let mut near = [wanted, wanted + 1, wanted.saturating_sub(1)].into_iter();
        let found = near.find(|column| (lowest..=highest).contains(column) && free(column));
        columns.push((net, found.unwrap_or(wanted)));
    }
    columns
}

/// Gives each net that needs one the highest row that is free; says how many there are.
fn rows(nets: &mut [Net], begins: &HashMap<usize, usize>) -> Option<usize> {
    // The nets that have to be lower than each.
    let mut lower: Vec<Vec<usize>> = vec![Vec::new(); nets.len()];
    let mut waiting = vec![0; nets.len()];
    for (at, net) in nets.iter().enumerate() {
        for column in net.to.iter().filter(|&&column| !net.begins(column)) {
            if let Some(&other) = begins.get(column) {
                lower[other].push(at);
                waiting[at] += 1;
            }
        }
    }
    let mut ready: VecDeque<usize> = (0..nets.len()).filter(|&at| waiting[at] == 0).collect();
    let mut least = vec![0; nets.len()];
    // Spans in each row.
    let mut taken: Vec<Vec<(usize, usize)>> = Vec::new();
    let mut done = 0;
    while let Some(at) = ready.pop_front() {
        done += 1;
        let mut next = least[at];
        let (first, last) = nets[at].span();
        if first < last {
            let is_free =
                |row: &Vec<(usize, usize)>| row.iter().all(|&(a, b)| b + 1 < first || last + 1 < a);
            let row = (least[at]..taken.len()).find(|&row| is_free(&taken[row]));
            let row = row.unwrap_or(least[at].max(taken.len()));
            taken.resize_with(taken.len().max(row + 1), Vec::new);
            taken[row].push((first, last));
            nets[at].row = Some(row);
            next = row + 1;
        }
        for &other in &lower[at] {
            least[other] = least[other].max(next);
            waiting[other] -= 1;
            if waiting[other] == 0 {
                ready.push_back(other);
            }
        }
    }
    (done == nets.len()).then_some(taken.len())
}
