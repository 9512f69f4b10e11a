//! From a source to a project in memory: the one path that `new`, `template update` and `adopt` take.

use std::borrow::Cow;

use super::jinja::Engine;
use super::questions::{self, Answers, Ask, Given};
use super::render::{self, Place, Rendered};
use super::source::{Fetched, Origin};
use super::{Error, Limits, Moment, Result, Template};

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
    let asked_for = fetched.origin.directory.clone();
    let (template, origin, place) = choose(fetched, given, place, ask)?;
    let given = match origin.directory == asked_for {
        true => Cow::Borrowed(given),
        false => given.without_choice_of_template(&template.questions),
    };
    let engine = Engine::new(
        &template.questions.settings,
        &template.files,
        &template.include_roots(),
        &moment,
        limits,
    )?;
    let answers = questions::answer(&template.questions, &given, &engine, ask)?;
    let rendered = render::render(&template, &place.describe(&answers), &engine, limits)?;
    Ok(Generated { origin, template, answers, place, moment, rendered })
}

/// The template of `fetched`, or the one that is chosen where it offers several.
fn choose(
    fetched: Fetched,
    given: &Given,
    mut place: Place,
    ask: &mut dyn Ask,
) -> Result<(Template, Origin, Place)> {
    /// Templates within templates, more than anybody has: a template may offer itself.
    const MAX_NESTED: usize = 10;
    let Fetched { files, mut origin, .. } = fetched;
    let mut template = Template::new(files, origin.directory.clone(), &origin.source)?;
    for _ in 0..MAX_NESTED {
        let Some(nested) = &template.questions.nested else { return Ok((template, origin, place)) };
        let nested = questions::nested::choose(nested, &template.questions, given, ask)?;
        let outside = || Error::BadTemplate {
            path: nested.name.clone(),
            reason: "it lies outside of the source".into(),
        };
        let directory = template.base.resolve(nested.directory.as_bytes()).ok_or_else(outside)?;
        let directory = template.files.follow(&directory).unwrap_or(directory);
        place = place.nested(&template.base, &directory);
        origin.directory = directory.clone();
        template = Template::new(template.files, directory, &origin.source)?;
    }
    Err(Error::TooLarge { bound: format!("{MAX_NESTED} templates within each other") })
}
