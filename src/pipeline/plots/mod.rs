//! Plots: what pipelines declare under `plots`, over revisions, as a page or as text.
//!
//! # From a file to a chart
//!
//! `collect` asks each state what it declares and reads the columns that are meant ([`Data`], by
//! [`Cell`]) into [`Figure`]s, one for each plot, with a [`Series`] for each revision. `layout` turns
//! a figure into places on a canvas, of bounded number. `svg` and `html` draw that for a browser,
//! `text` for a terminal. Images pass by all of this and are embedded.
//!
//! Nothing of a file reaches a page or a terminal unescaped, and the page fetches nothing.

mod collect;
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

pub use collect::{Request, collect};
pub use data::{Cell, Data};
pub use figure::{Figure, Series};
pub use html::{document, page, section};
pub use image::{Image, ImageGroup, ImageKind, MAX_IMAGE};
pub use problem::Problem;
pub use svg::escape;
pub use template::Template;
pub use text::{Paint, draw as draw_text, draw_small};

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
