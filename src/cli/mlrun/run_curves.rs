//! Curves of runs as figures.

use crate::format::run::Point;
use crate::fs::RepoPath;
use crate::pipeline::plots::{Cell, Figure, Series, Template};
use crate::runs::series::Curve;

/// A figure with a line for each curve, by the name of the run that it is of.
pub fn figure(title: &str, curves: &[(&str, &Curve)]) -> Figure {
    let series = |(run, curve): &(&str, &Curve)| {
        let cells = |of: fn(&Point) -> f64| {
            curve.points.iter().map(|point| Cell::Number(of(point))).collect()
        };
        Series {
            name: (*run).to_owned(),
            revision: (*run).to_owned(),
            file: RepoPath::root(),
            field: curve.name.clone(),
            x: cells(|point| point.step as f64),
            y: cells(|point| point.value),
        }
    };
    Figure {
        id: title.to_owned(),
        title: title.to_owned(),
        x_label: "step".to_owned(),
        y_label: curves.first().map(|(_, curve)| curve.name.clone()).unwrap_or_default(),
        template: Template::Simple,
        series: curves.iter().map(series).collect(),
    }
}

/// What a curve is called in a run: with its stage where that has a run of its own.
pub fn title(stage: Option<&str>, curve: &Curve) -> String {
    match stage {
        Some(stage) => format!("{stage}: {}", curve.name),
        None => curve.name.clone(),
    }
}
