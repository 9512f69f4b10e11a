//! What the commands mean: one verb per file.

pub mod init;
mod remote_url;
pub mod remotes;
