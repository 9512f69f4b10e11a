//! What Git's hooks do with data.
//!
//! The post-* hooks let data [follow](follow()) pointers that moved. [`pre_push`](pre_push()) brings data
//! to where the commits go, or stops them. Which hooks do their work is the user's to say
//! ([`Switch`]).

mod follow;
mod pre_push;
mod switch;

pub use follow::follow;
pub use pre_push::{Push, pre_push};
pub use switch::Switch;
