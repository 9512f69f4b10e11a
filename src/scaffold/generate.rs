//! From a source to a project in memory: the one path that `new`, `template update` and `adopt` take.

use super::jinja::Engine;
use super::questions::{self, Answers, Ask, Given};
use super::render::{self, Place, Rendered};
use super::source::{Fetched, Origin};
use super::{Limits, Moment, Result, Template};

/// A project in memory, and all that it was made of.
#[derive(Clone, Debug)]
pub struct Generated {
    /// Where the template was found; its directory is that of the chosen nested template.
    pub origin: Origin,
    pub template: Template,
    pub answers: Answers,
    pub place: Place,
    pub moment: Moment,
    pub rendered: Rendered,
}

/// Asks what `given` does not answer, and renders.
///
/// # Errors
/// The source holds no template, an answer does not fit, a text cannot be rendered, or a limit is
/// passed. Nothing was written and no program was run, whatever happens.
pub fn generate(
    fetched: Fetched,
    given: &Given,
    place: Place,
    ask: &mut dyn Ask,
    moment: Moment,
    limits: &Limits,
) -> Result<Generated> {
    let Fetched { files, origin, .. } = fetched;
    let template = Template::new(files, origin.directory.clone(), &origin.source)?;
    let engine = Engine::new(
        &template.questions.settings,
        &template.files,
        &template.include_roots(),
        &moment,
        limits,
    )?;
    let answers = questions::answer(&template.questions, given, &engine, ask)?;
    let rendered = render::render(&template, &place.describe(&answers), &engine, limits)?;
    Ok(Generated { origin, template, answers, place, moment, rendered })
}
