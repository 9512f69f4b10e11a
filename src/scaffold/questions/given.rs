//! What is known before anything is asked.

use std::borrow::Cow;

use super::{Questions, nested};
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

impl Given {
    /// This without the choice between templates, which was made, unless `questions` have a variable of
    /// that name.
    pub(in crate::scaffold) fn without_choice_of_template(
        &self,
        questions: &Questions,
    ) -> Cow<'_, Given> {
        let mut given = Cow::Borrowed(self);
        for name in nested::VARIABLES {
            if self.overrides.contains_key(name) && !questions.variables.contains_key(name) {
                given.to_mut().overrides.shift_remove(name);
            }
        }
        given
    }
}

impl From<Map> for Given {
    /// Answers and nothing else.
    fn from(overrides: Map) -> Given {
        Given { overrides, ..Given::default() }
    }
}
