//! From values to places along an axis, and which of them are written beside it.

use indexmap::IndexSet;

use super::Cell;
use crate::pipeline::number::significant;

/// The values of one axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Axis {
    /// From the least to the greatest, which differ.
    Numbers { min: f64, max: f64 },
    /// Each name has one place, in the order in which they first appear.
    Names(IndexSet<String>),
}

/// Numbers beyond this are drawn at it: the width of an axis has to be finite.
const FARTHEST: f64 = 1e300;

impl Axis {
    /// The axis that has room for all `cells`: of numbers, unless one is text.
    pub fn of<'a>(cells: impl Iterator<Item = &'a Cell> + Clone) -> Axis {
        if cells.clone().any(|cell| matches!(cell, Cell::Text(_))) {
            return Axis::Names(cells.filter_map(name).collect());
        }
        let numbers = cells.filter_map(|cell| match cell {
            Cell::Number(number) if number.is_finite() => Some(*number),
            _ => None,
        });
        Axis::around(numbers)
    }

    /// The axis of numbers that has room for all of `numbers`.
    pub fn around(numbers: impl Iterator<Item = f64>) -> Axis {
        let none = (f64::INFINITY, f64::NEG_INFINITY);
        let (min, max) = numbers
            .filter(|number| number.is_finite())
            .map(|number| number.clamp(-FARTHEST, FARTHEST))
            .fold(none, |(min, max), number| (min.min(number), max.max(number)));
        if min > max {
            return Axis::Numbers { min: 0.0, max: 1.0 };
        }
        if min < max {
            return Axis::Numbers { min, max };
        }
        // One value stands in the middle.
        let half = if min == 0.0 { 0.5 } else { min.abs() / 2.0 };
        Axis::Numbers { min: min - half, max: max + half }
    }

    /// A place from 0 to 1; `None` for what has none, such as a missing value or a NaN.
    pub fn place(&self, cell: &Cell) -> Option<f64> {
        match (self, cell) {
            (Axis::Numbers { min, max }, Cell::Number(number)) if number.is_finite() => {
                let number = number.clamp(-FARTHEST, FARTHEST);
                Some(((number - min) / (max - min)).clamp(0.0, 1.0))
            }
            (Axis::Names(names), cell) => {
                let at = names.get_index_of(&name(cell)?)?;
                Some((at as f64 + 0.5) / names.len() as f64)
            }
            _ => None,
        }
    }

    /// About `wanted` places with what is written there.
    pub fn ticks(&self, wanted: usize) -> Vec<(f64, String)> {
        match self {
            Axis::Names(names) => {
                let every = names.len().div_ceil(wanted.max(1)).max(1);
                let place = |at: usize| (at as f64 + 0.5) / names.len() as f64;
                let named = names.iter().enumerate().step_by(every);
                named.map(|(at, name)| (place(at), name.clone())).collect()
            }
            Axis::Numbers { min, max } => {
                let step = nice_step((max - min) / wanted.max(1) as f64);
                let first = (min / step - 1e-9).ceil();
                let last = (max / step + 1e-9).floor();
                let count = (last - first).clamp(0.0, 100.0) as usize;
                let value = |at: usize| {
                    let value = (first + at as f64) * step;
                    // Beside 0.1 and 0.2, what rounding leaves of 0 is 0.
                    if value.abs() < step / 1e6 { 0.0 } else { value }
                };
                let text = |value: f64| significant(value, digits(value, step));
                let ticks = (0..=count).map(value);
                ticks.map(|tick| ((tick - min) / (max - min), text(tick))).collect()
            }
        }
    }
}

/// What a cell is called among names.
pub fn name(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Missing => None,
        Cell::Number(number) => Some(significant(*number, 6)),
        Cell::Text(text) => Some(text.clone()),
    }
}

/// The least of 1, 2, 5, 10, 20 … times a power of ten that is not below `step`.
fn nice_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let nice = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    nice.into_iter().find(|nice| *nice >= step * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

/// How many digits tell `value` from its neighbours, a step away.
fn digits(value: f64, step: f64) -> usize {
    if value == 0.0 {
        return 1;
    }
    let digits = value.abs().log10().floor() - step.log10().floor() + 1.0;
    digits.clamp(1.0, 15.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(axis: &Axis, wanted: usize) -> Vec<String> {
        axis.ticks(wanted).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        let axis = |min: f64, max: f64| Axis::around([min, max].into_iter());
        assert_eq!(written(&axis(0.0, 1.0), 5), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(written(&axis(-0.31, 0.2), 5), ["-0.2", "0", "0.2"]);
        assert_eq!(written(&axis(1000.0, 1007.0), 4), ["1000", "1002", "1004", "1006"]);
        assert_eq!(written(&axis(1.0, 1.0004), 3), ["1", "1.0002", "1.0004"]);
        assert_eq!(written(&axis(0.0, 3e-7), 3), ["0", "1e-7", "2e-7", "3e-7"]);
        assert_eq!(written(&axis(f64::MIN, f64::MAX), 2), ["-1e300", "0", "1e300"]);
        assert_eq!(written(&axis(3.0, 3.0), 3), ["2", "3", "4"]);
        assert_eq!(written(&axis(f64::NAN, f64::INFINITY), 2), ["0", "0.5", "1"]);
    }

    #[test]
    fn ticks_lie_on_the_axis() {
        for (min, max) in [(0.0, 1.0), (-7.3, 1e9), (1e-9, 2e-9), (5.0, 5.0), (-1e300, 1e300)] {
            let axis = Axis::around([min, max].into_iter());
            let ticks = axis.ticks(6);
            assert!((2..=14).contains(&ticks.len()), "{min}..{max}: {ticks:?}");
            assert!(ticks.iter().all(|(at, _)| (-1e-9..=1.0 + 1e-9).contains(at)), "{ticks:?}");
        }
    }

    #[test]
    fn text_makes_an_axis_of_names() {
        let cells = [Cell::Text("cat".into()), Cell::Number(1.0), Cell::Missing];
        let axis = Axis::of(cells.iter());
        assert_eq!(axis, Axis::Names(["cat", "1"].map(str::to_owned).into()));
        assert_eq!(
            cells.iter().map(|cell| axis.place(cell)).collect::<Vec<_>>(),
            [Some(0.25), Some(0.75), None]
        );
        let many = Axis::Names((0..1000).map(|at| at.to_string()).collect());
        assert_eq!(written(&many, 4), ["0", "250", "500", "750"]);
    }
}
