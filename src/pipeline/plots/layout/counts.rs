//! Bars and confusion matrices.

use std::collections::HashMap;

use super::super::scale::{Axis, name};
use super::super::{Cell, Series};
use super::{Bar, Body, Matrix, MatrixCell};
use crate::pipeline::number::count;

/// Names on an axis of bars or of a confusion matrix.
const MOST_NAMES: usize = 60;

/// For each name of y a bar of each series, as long as x. Of a name that comes twice in a series, the
/// last counts.
pub(super) fn bars(all: &[Series], sorted: bool, notes: &mut Vec<String>) -> Body {
    let mut values: indexmap::IndexMap<String, Vec<Option<f64>>> = indexmap::IndexMap::new();
    for (at, series) in all.iter().enumerate() {
        for (x, y) in series.points() {
            let (Some(name), Cell::Number(value)) = (name(y), x) else { continue };
            if value.is_finite() {
                values.entry(name).or_insert_with(|| vec![None; all.len()])[at] = Some(*value);
            }
        }
    }
    if sorted {
        let greatest = |values: &[Option<f64>]| {
            values.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max)
        };
        values.sort_by(|_, a, _, b| greatest(b).total_cmp(&greatest(a)));
    }
    if values.len() > MOST_NAMES {
        notes.push(format!("{} bars, the first {MOST_NAMES} drawn", count(values.len())));
        values.truncate(MOST_NAMES);
    }
    let numbers = values.values().flatten().flatten().copied();
    let scale = Axis::around(numbers.chain([0.0]));
    let from = scale.place(&Cell::Number(0.0)).unwrap_or_default();
    let bar =
        |value: f64| Bar { from, to: scale.place(&Cell::Number(value)).unwrap_or(from), value };
    let bars =
        values.values().map(|values| values.iter().map(|value| value.map(bar)).collect()).collect();
    Body::Bars { bars, names: values.into_keys().collect(), scale }
}

pub(super) fn matrix(
    series_at: usize,
    series: &Series,
    normalized: bool,
    notes: &mut Vec<String>,
) -> Matrix {
    let mut counts: HashMap<(String, String), u64> = HashMap::new();
    for (x, y) in series.points() {
        if let (Some(x), Some(y)) = (name(x), name(y)) {
            *counts.entry((y, x)).or_default() += 1;
        }
    }
    let names = |of: &dyn Fn(&(String, String)) -> String| {
        let mut names: Vec<String> = counts.keys().map(of).collect();
        names.sort_by(|a, b| natural(a, b));
        names.dedup();
        names
    };
    let (mut rows, mut columns) = (names(&|pair| pair.0.clone()), names(&|pair| pair.1.clone()));
    let most = rows.len().max(columns.len());
    if most > MOST_NAMES {
        notes.push(format!("{} names, the first {MOST_NAMES} drawn", count(most)));
        rows.truncate(MOST_NAMES);
        columns.truncate(MOST_NAMES);
    }
    let mut sums: HashMap<&str, u64> = HashMap::new();
    for ((y, _), count) in &counts {
        *sums.entry(y).or_default() += count;
    }
    let greatest = counts.values().copied().max().unwrap_or(1) as f64;
    let cell = |y: &String, x: &String| {
        let count = counts.get(&(y.clone(), x.clone())).copied().unwrap_or(0);
        let share = count as f64 / sums[&y[..]].max(1) as f64;
        let shade = if normalized { share } else { count as f64 / greatest };
        MatrixCell { count, share, shade }
    };
    let cells = rows.iter().map(|y| columns.iter().map(|x| cell(y, x)).collect()).collect();
    Matrix { series: series_at, rows, columns, cells }
}

/// Numbers by their value, before names.
fn natural(a: &str, b: &str) -> std::cmp::Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        (Ok(_), Err(_)) => std::cmp::Ordering::Less,
        (Err(_), Ok(_)) => std::cmp::Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Template;
    use super::super::layout;
    use super::super::samples::{figure, names, numbers, series};
    use super::*;

    #[test]
    fn bars_begin_at_zero_and_are_sorted_if_asked() {
        let one = series(numbers([1.0, -1.0, 3.0]), names(&["a", "b", "c"]));
        let two = series(numbers([2.0, f64::NAN]), names(&["a", "b"]));
        let found = layout(&figure(Template::BarHorizontalSorted, vec![one, two]));
        let Body::Bars { names, bars, .. } = found.body else { panic!("bars") };
        assert_eq!(names, ["c", "a", "b"]);
        let ends = |bar: &Option<Bar>| bar.as_ref().map(|bar| (bar.from, bar.to));
        assert_eq!(ends(&bars[0][0]), Some((0.25, 1.0)));
        assert_eq!(bars[0][1], None);
        assert_eq!(ends(&bars[2][0]), Some((0.25, 0.0)));
    }

    #[test]
    fn pairs_are_counted() {
        let x = names(&["cat", "cat", "dog", "10", "9"]);
        let y = names(&["cat", "dog", "dog", "dog", "dog"]);
        let found = layout(&figure(Template::ConfusionNormalized, vec![series(x, y)]));
        let Body::Matrices(matrices) = found.body else { panic!("matrices") };
        assert_eq!(matrices[0].rows, ["cat", "dog"]);
        assert_eq!(matrices[0].columns, ["9", "10", "cat", "dog"]);
        let shares: Vec<f64> = matrices[0].cells[1].iter().map(|cell| cell.share).collect();
        assert_eq!(shares, [0.25; 4]);
        assert_eq!(matrices[0].cells[0][3], MatrixCell { count: 0, share: 0.0, shade: 0.0 });
    }
}
