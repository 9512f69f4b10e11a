//! The only test binary: one link step for all of them.

mod docs_fresh;
