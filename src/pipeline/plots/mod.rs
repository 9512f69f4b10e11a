//! Plots.

mod data;
mod figure;
mod html;
mod image;
mod layout;
mod problem;
mod scale;
mod svg;
mod template;
mod text;

pub use data::{Cell, Data};
pub use figure::{Figure, Series};
pub use html::page;
pub use image::{Image, ImageGroup, ImageKind, MAX_IMAGE};
pub use problem::Problem;
pub use template::Template;
pub use text::{Paint, draw as draw_text};

use super::failure::Failure;

/// Everything that was asked for, of all revisions.
#[derive(Debug, Default)]
pub struct Gallery {
    /// Names of the revisions, in the order in which they are shown.
    pub revisions: Vec<String>,
    pub figures: Vec<Figure>,
    pub images: Vec<ImageGroup>,
    pub errors: Vec<Failure>,
}
