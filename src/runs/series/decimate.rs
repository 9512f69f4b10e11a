//! A thousand points that look like all of them, chosen while they come.
//!
//! As long as there are few points, all are kept. Then they are kept by buckets of equally many
//! points: the first, the last, and those of the least and the greatest value. When there are too many
//! buckets, each two become one and hold twice as many points. So no peak is ever lost, nothing is
//! read twice, and a series takes at most about 50 KB.

use crate::format::run::Point;

/// Points that are kept of one series, at most.
pub const MOST: usize = 1000;
/// Points of one bucket that are kept.
const EACH: usize = 4;

/// What is kept of one series.
#[derive(Clone, Debug)]
pub struct Decimated {
    /// Points that came.
    count: u64,
    /// Points of one bucket: a power of two. With 1, each bucket is a point.
    width: u64,
    buckets: Vec<Bucket>,
}

/// A point, and the how manieth it was.
type Numbered = (u64, Point);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    first: Numbered,
    last: Numbered,
    least: Numbered,
    greatest: Numbered,
}

impl Bucket {
    fn of(point: Numbered) -> Bucket {
        Bucket { first: point, last: point, least: point, greatest: point }
    }

    /// Takes what came after. NaN is neither small nor great.
    fn extend(&mut self, later: Bucket) {
        let replaces =
            |new: f64, old: f64, is_beyond: bool| is_beyond || (old.is_nan() && !new.is_nan());
        let value = |numbered: Numbered| numbered.1.value;
        let (new, old) = (value(later.least), value(self.least));
        if replaces(new, old, new < old) {
            self.least = later.least;
        }
        let (new, old) = (value(later.greatest), value(self.greatest));
        if replaces(new, old, new > old) {
            self.greatest = later.greatest;
        }
        self.last = later.last;
    }

    fn points(&self) -> impl Iterator<Item = Point> {
        let mut points = [self.first, self.least, self.greatest, self.last];
        points.sort_by_key(|(number, _)| *number);
        let mut before = None;
        points.into_iter().filter_map(move |(number, point)| {
            (before.replace(number) != Some(number)).then_some(point)
        })
    }
}

impl Default for Decimated {
    fn default() -> Decimated {
        Decimated { count: 0, width: 1, buckets: Vec::new() }
    }
}

impl Decimated {
    pub fn push(&mut self, point: Point) {
        let bucket = Bucket::of((self.count, point));
        match self.buckets.last_mut() {
            Some(last) if !self.count.is_multiple_of(self.width) => last.extend(bucket),
            _ => self.buckets.push(bucket),
        }
        self.count += 1;
        self.shrink(MOST);
    }

    /// Points that came.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether every point is kept.
    pub fn is_complete(&self) -> bool {
        self.width == 1
    }

    /// Keeps at most so many points; 4 are the least.
    pub fn shrink(&mut self, most: usize) {
        let kept = |width: u64, buckets: usize| buckets * if width == 1 { 1 } else { EACH };
        while self.buckets.len() > 1 && kept(self.width, self.buckets.len()) > most {
            self.width *= 2;
            let halves = std::mem::take(&mut self.buckets);
            for pair in halves.chunks(2) {
                let mut bucket = pair[0];
                pair[1..].iter().for_each(|later| bucket.extend(*later));
                self.buckets.push(bucket);
            }
        }
    }

    /// What is kept, in the order in which it came.
    pub fn points(&self) -> Vec<Point> {
        self.buckets.iter().flat_map(Bucket::points).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimated(values: &[f64]) -> Decimated {
        let mut kept = Decimated::default();
        for (step, value) in values.iter().enumerate() {
            kept.push(Point { step: step as i64, time: None, value: *value });
        }
        kept
    }

    #[test]
    fn few_points_are_kept_and_of_many_the_ends_and_peaks() {
        assert!(decimated(&[0.5; MOST]).is_complete());
        assert_eq!(decimated(&[0.5; MOST]).points().len(), MOST);
        let mut values = vec![0.5; 100_000];
        (values[77_777], values[3], values[50_000]) = (9.0, -9.0, f64::NAN);
        let kept = decimated(&values);
        let points = kept.points();
        assert!(!kept.is_complete() && (250..=MOST).contains(&points.len()), "{}", points.len());
        for step in [0, 3, 77_777, 99_999] {
            assert!(points.iter().any(|point| point.step == step), "{step}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_came_in_this_order_with_ends_and_extremes(
            values in proptest::collection::vec(prop_oneof![Just(f64::NAN), -9.0..9.0f64], 1..3000),
            most in 4..MOST,
        ) {
            let mut kept = decimated(&values);
            kept.shrink(most);
            let points = kept.points();
            prop_assert!(points.len() <= most);
            prop_assert!(points.is_sorted_by(|a, b| a.step < b.step));
            for point in &points {
                prop_assert_eq!(point.value.to_bits(), values[point.step as usize].to_bits());
            }
            let ends = (points.first().map(|p| p.step), points.last().map(|p| p.step));
            prop_assert_eq!(ends, (Some(0), Some(values.len() as i64 - 1)));
            // Neither of these takes NaN where there is a number.
            let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NAN, f64::min);
            let greatest = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NAN, f64::max);
            for of in [least, greatest] {
                let shown = of(&mut points.iter().map(|point| point.value));
                let given = of(&mut values.iter().copied());
                prop_assert!(shown == given || (shown.is_nan() && given.is_nan()));
            }
        }
    }
}
