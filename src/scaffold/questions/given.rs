//! What is known before anything is asked.

use crate::format::value::Map;

/// Values by the names of variables, from three places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// Other defaults than the template's (`default_context` of the user's configuration). Variables
    /// that the template does not have are ignored; one that does not fit is a warning.
    pub defaults: Map,
    /// Answers (`--set`). Each takes the place of the template's own text and is rendered as that is. A
    /// name that the template does not have, or a value that does not fit, is an error.
    pub overrides: Map,
    /// Answers of an earlier render: not asked again, and not rendered again. One that no longer fits
    /// its question is asked; one whose question is gone is ignored.
    pub earlier: Map,
}

impl From<Map> for Given {
    /// Answers and nothing else.
    fn from(overrides: Map) -> Given {
        Given { overrides, ..Given::default() }
    }
}
