//! The kinds of plots, by the names that DVC gives them.

use super::Problem;

/// How the points of a figure are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Template {
    /// A line, without marks.
    Simple,
    /// A line with a mark at each point.
    #[default]
    Linear,
    /// The points, faint, under a smoothed line.
    Smooth,
    Scatter,
    /// Points moved a little at random, so that equal ones can be counted by eye.
    ScatterJitter,
    /// How often each pair of x and y occurs.
    Confusion,
    /// As shares of each y.
    ConfusionNormalized,
    /// A bar for each y, as long as its x.
    BarHorizontal,
    /// The longest bar first.
    BarHorizontalSorted,
}

impl Template {
    pub const ALL: [Template; 9] = [
        Template::Simple,
        Template::Linear,
        Template::Smooth,
        Template::Scatter,
        Template::ScatterJitter,
        Template::Confusion,
        Template::ConfusionNormalized,
        Template::BarHorizontal,
        Template::BarHorizontalSorted,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Template::Simple => "simple",
            Template::Linear => "linear",
            Template::Smooth => "smooth",
            Template::Scatter => "scatter",
            Template::ScatterJitter => "scatter_jitter",
            Template::Confusion => "confusion",
            Template::ConfusionNormalized => "confusion_normalized",
            Template::BarHorizontal => "bar_horizontal",
            Template::BarHorizontalSorted => "bar_horizontal_sorted",
        }
    }

    /// # Errors
    /// There is no template of this name. Files of Vega templates are not read.
    pub fn parse(name: &str) -> Result<Template, Problem> {
        let found = Template::ALL.into_iter().find(|template| template.name() == name);
        found.ok_or_else(|| Problem::Template {
            name: name.to_owned(),
            known: Template::ALL.map(Template::name).join(", "),
        })
    }

    pub fn is_confusion(self) -> bool {
        matches!(self, Template::Confusion | Template::ConfusionNormalized)
    }

    pub fn is_bar(self) -> bool {
        matches!(self, Template::BarHorizontal | Template::BarHorizontalSorted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_known_and_others_are_not() {
        for template in Template::ALL {
            assert_eq!(Template::parse(template.name()), Ok(template));
        }
        let error = Template::parse("my\x1b.json").expect_err("unknown").to_string();
        assert!(error.starts_with(r"`my\u{1b}.json` is not a kind of plot"), "{error}");
    }
}
