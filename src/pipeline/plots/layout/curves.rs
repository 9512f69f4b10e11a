//! Lines and points.

use super::super::scale::{Axis, name};
use super::super::{Cell, Figure, Series, Template};
use super::{Body, Curve, Mark};
use crate::pipeline::number::count;

/// Points of one series that are drawn …
const MOST_POINTS: usize = 1000;
/// … and of all series of a figure together, about.
const MOST_TOGETHER: usize = 20_000;
/// Neighbours that a smoothed line is fitted to, as a share of all points.
const SMOOTHING: f64 = 0.3;

pub(super) fn curves(figure: &Figure, template: Template, notes: &mut Vec<String>) -> Body {
    let all = &figure.series;
    let x = Axis::of(all.iter().flat_map(|series| &series.x));
    let y = Axis::of(all.iter().flat_map(|series| &series.y));
    let scattered = matches!(template, Template::Scatter | Template::ScatterJitter);
    let most = (MOST_TOGETHER / all.len().max(1)).clamp(20, MOST_POINTS);
    let curve = |series: &Series| {
        let mut points: Vec<(usize, f64, f64)> = (series.points().enumerate())
            .filter_map(|(at, (cell_x, cell_y))| {
                let x = x.place(cell_x)?;
                Some((at, x, y.place(cell_y).unwrap_or(f64::NAN)))
            })
            .collect();
        if !scattered && matches!(x, Axis::Numbers { .. }) {
            points.sort_by(|a, b| a.1.total_cmp(&b.1));
        }
        let before = points.len();
        let points = if scattered { strided(points, most) } else { extremes(points, most) };
        if points.len() < before {
            notes.push(format!("{} points, {} drawn", count(before), count(points.len())));
        }
        let mut lines = if scattered { Vec::new() } else { unbroken(&points) };
        if template == Template::Smooth {
            lines = lines.iter().map(|line| smoothed(line)).collect();
        }
        let jitter = |at: usize, salt| match template {
            Template::ScatterJitter => (noise(at as u64, salt) - 0.5) * 0.04,
            _ => 0.0,
        };
        let mark = |&(at, x, y): &(usize, f64, f64)| Mark {
            x: (x + jitter(at, 1)).clamp(0.0, 1.0),
            y: (y + jitter(at, 2)).clamp(0.0, 1.0),
            text: format!("{}: {}, {}", series.name, told(&series.x[at]), told(&series.y[at])),
        };
        let marks = points.iter().filter(|(.., y)| !y.is_nan()).map(mark).collect();
        let few = before <= most / 4;
        let marks_shown = match template {
            Template::Linear => few,
            Template::Simple => false,
            _ => true,
        };
        Curve { lines, marks, marks_shown }
    };
    let curves = all.iter().map(curve).collect();
    Body::Curves { x, y, curves }
}

fn told(cell: &Cell) -> String {
    name(cell).unwrap_or_default()
}

/// Every so many points.
fn strided(points: Vec<(usize, f64, f64)>, most: usize) -> Vec<(usize, f64, f64)> {
    let every = points.len().div_ceil(most).max(1);
    points.into_iter().step_by(every).collect()
}

/// The lowest and the highest point of each of so many stretches, with the first and the last: a line
/// through these covers the same pixels as one through all, peaks included.
fn extremes(points: Vec<(usize, f64, f64)>, most: usize) -> Vec<(usize, f64, f64)> {
    if points.len() <= most {
        return points;
    }
    let stretch = points.len().div_ceil(most / 2);
    let mut kept = Vec::with_capacity(most + 2);
    for stretch in points.chunks(stretch) {
        let by_y = |a: &&(usize, f64, f64), b: &&(usize, f64, f64)| a.2.total_cmp(&b.2);
        // A gap is kept as one NaN, which counts as the greatest.
        let mut pair: Vec<&(usize, f64, f64)> =
            stretch.iter().min_by(by_y).into_iter().chain(stretch.iter().max_by(by_y)).collect();
        pair.sort_by_key(|point| stretch.iter().position(|other| std::ptr::eq(*point, other)));
        pair.dedup_by(|a, b| std::ptr::eq(*a, *b));
        kept.extend(pair.into_iter().copied());
    }
    kept
}

/// Lines between the gaps.
fn unbroken(points: &[(usize, f64, f64)]) -> Vec<Vec<(f64, f64)>> {
    let lines = points.split(|(.., y)| y.is_nan());
    let line = |points: &[(usize, f64, f64)]| points.iter().map(|&(_, x, y)| (x, y)).collect();
    lines.filter(|points| !points.is_empty()).map(line).collect()
}

/// Local linear regression with tricube weights (Cleveland's LOESS without its robustness steps), at
/// up to two hundred places.
fn smoothed(line: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let neighbours = ((line.len() as f64 * SMOOTHING).ceil() as usize).max(4).min(line.len());
    let every = line.len().div_ceil(200).max(1);
    let ends = line.len() - 1;
    let mut fitted = Vec::new();
    for at in (0..line.len()).filter(|at| at % every == 0 || *at == ends) {
        let x = line[at].0;
        // The nearest by x are next to it: the line is sorted.
        let (mut low, mut high) = (at, at + 1);
        while high - low < neighbours {
            let left = low.checked_sub(1).map(|low| x - line[low].0);
            let right = line.get(high).map(|point| point.0 - x);
            match (left, right) {
                (Some(left), Some(right)) if left <= right => low -= 1,
                (Some(_), None) => low -= 1,
                (_, _) => high += 1,
            }
        }
        let near = &line[low..high];
        let widest = near.iter().map(|point| (point.0 - x).abs()).fold(0.0, f64::max) * 1.001;
        let weight = |other: f64| match widest > 0.0 {
            true => (1.0 - ((other - x).abs() / widest).powi(3)).powi(3),
            false => 1.0,
        };
        let (mut sum, mut sum_x, mut sum_y, mut sum_xx, mut sum_xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for &(other, y) in near {
            let (weight, other) = (weight(other), other - x);
            sum += weight;
            sum_x += weight * other;
            sum_y += weight * y;
            sum_xx += weight * other * other;
            sum_xy += weight * other * y;
        }
        let determinant = sum * sum_xx - sum_x * sum_x;
        let value = match determinant.abs() > 1e-12 {
            true => (sum_xx * sum_y - sum_x * sum_xy) / determinant,
            false => sum_y / sum,
        };
        fitted.push((x, value.clamp(0.0, 1.0)));
    }
    fitted
}

/// The same number between 0 and 1 for the same point in every drawing (SplitMix64).
fn noise(at: u64, salt: u64) -> f64 {
    let mut z = at.wrapping_mul(2).wrapping_add(salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::super::layout;
    use super::super::samples::{figure, numbers, series};
    use super::*;

    #[test]
    fn a_long_series_keeps_its_shape_and_says_so() {
        let rows = 1_000_000;
        let x = numbers((0..rows).map(f64::from));
        let mut y = vec![Cell::Number(0.0); rows as usize];
        y[777_777] = Cell::Number(1.0);
        let found = layout(&figure(Template::Linear, vec![series(x, y)]));
        let Body::Curves { curves, .. } = &found.body else { panic!("{found:?}") };
        let [line] = &curves[0].lines[..] else { panic!("one line") };
        assert!(line.len() <= MOST_POINTS + 2);
        let peak = line.iter().find(|point| point.1 == 1.0).expect("the peak is kept");
        assert!((peak.0 - 0.777_777).abs() < 1e-5);
        assert!(line.is_sorted_by(|a, b| a.0 <= b.0), "its points are in order");
        assert!(!curves[0].marks_shown);
        assert_eq!(found.notes, [format!("1,000,000 points, {} drawn", count(line.len()))]);
    }

    #[test]
    fn many_series_share_the_points_that_are_drawn() {
        let one = || series(numbers((0..500).map(f64::from)), numbers((0..500).map(f64::from)));
        let found = layout(&figure(Template::Scatter, (0..400).map(|_| one()).collect()));
        let Body::Curves { curves, .. } = &found.body else { panic!("curves") };
        let drawn: usize = curves.iter().map(|curve| curve.marks.len()).sum();
        assert!(drawn <= MOST_TOGETHER, "{drawn}");
        assert_eq!(found.notes, ["500 points, 50 drawn"]);
    }

    #[test]
    fn lines_are_sorted_by_x_and_broken_where_values_are_missing() {
        let x = numbers([3.0, 1.0, 2.0, 0.0]);
        let mut y = numbers([4.0, 2.0, 3.0, 1.0]);
        y[2] = Cell::Missing;
        let found = layout(&figure(Template::Simple, vec![series(x, y)]));
        let Body::Curves { curves, .. } = found.body else { panic!("curves") };
        assert_eq!(curves[0].lines, [vec![(0.0, 0.0), (1.0 / 3.0, 1.0 / 3.0)], vec![(1.0, 1.0)]]);
        assert_eq!(curves[0].marks.len(), 3);
        assert_eq!(curves[0].marks[2].text, "HEAD: 3, 4");
    }

    #[test]
    fn smoothing_keeps_straight_lines_and_calms_others() {
        let straight: Vec<(f64, f64)> =
            (0..50).map(|at| f64::from(at) / 49.0).map(|x| (x, x)).collect();
        for (x, y) in smoothed(&straight) {
            assert!((x - y).abs() < 1e-9, "{x} {y}");
        }
        let zigzag: Vec<(f64, f64)> =
            (0..50).map(|at| (f64::from(at) / 49.0, f64::from(at % 2))).collect();
        assert!(smoothed(&zigzag).iter().all(|(_, y)| (0.3..0.7).contains(y)));
        for short in [vec![(0.0, 0.5)], vec![(0.2, 0.1), (0.2, 0.3)]] {
            assert!(smoothed(&short).iter().all(|(_, y)| y.is_finite()));
        }
    }

    #[test]
    fn jitter_is_small_and_always_the_same() {
        let points = || series(numbers([1.0; 50]), numbers([2.0; 50]));
        let drawn = || layout(&figure(Template::ScatterJitter, vec![points()]));
        assert_eq!(drawn(), drawn());
        let Body::Curves { curves, .. } = drawn().body else { panic!("curves") };
        assert!(curves[0].marks.iter().all(|mark| (mark.x - 0.5).abs() < 0.03));
        assert!(curves[0].marks.iter().any(|mark| mark.x != curves[0].marks[0].x));
    }
}
