//! `_extensions`: classes of Python that change Jinja, and which of them are built in.

use minijinja::Environment;

use super::error::RenderError;
use super::slugify;

/// What these bring is always there.
const BUILT_IN: [&str; 13] = [
    "jinja2.ext.do",
    "jinja2.ext.loopcontrols",
    "jinja2.ext.with_",
    "jinja2.ext.autoescape",
    "jinja2.ext.i18n",
    "jinja2.ext.debug",
    "jinja2.ext.ExprStmtExtension",
    "cookiecutter.extensions.JsonifyExtension",
    "cookiecutter.extensions.RandomStringExtension",
    "cookiecutter.extensions.SlugifyExtension",
    "cookiecutter.extensions.TimeExtension",
    "cookiecutter.extensions.UUIDExtension",
    "jinja2_time.TimeExtension",
];

/// # Errors
/// One of `names` is a Python program.
pub(super) fn register(
    environment: &mut Environment<'_>,
    names: &[String],
) -> Result<(), RenderError> {
    slugify::register(environment);
    match names.iter().find(|name| !BUILT_IN.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let shown = crate::fs::display_bytes(name.as_bytes());
            let reason = format!("the extension `{shown}` is a Python program");
            let error = RenderError::new("_extensions", reason);
            Err(RenderError { extension: Some(name.clone()), ..error })
        }
    }
}
