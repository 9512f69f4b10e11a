//! What to type next when a data command refuses: the counterpart of `error` for the layer with the
//! most to say. A hint never begins with something that cannot be undone.

use super::error::{cache_hints, fs_hints, git_hints, remote_hints};
use super::{CliError, ui};
use crate::data;
use crate::format::{self, pointer};
use crate::fs::{RepoPath, display_bytes};
use crate::git::IgnoreMatch;

impl From<data::Error> for CliError {
    fn from(error: data::Error) -> Self {
        if let data::Error::Remotes(error) = error {
            return error.into();
        }
        let hints = data_hints(&error);
        CliError::user(error).hints(hints)
    }
}

fn data_hints(error: &data::Error) -> Vec<String> {
    use data::Error as E;
    let one = |hint: String| vec![hint];
    match error {
        E::Fs(error) => fs_hints(error),
        E::Git(error) => git_hints(error),
        E::Cache(error) => cache_hints(error),
        E::Remotes(_) => Vec::new(),
        E::Remote { source, .. } => remote_hints(source),
        E::Lost { .. } => {
            one("look for it where it was added: `git mldata push` there sends it".into())
        }
        E::NotPushed { .. } => vec![
            "run `git mldata push`, then push again".to_owned(),
            "`git push --no-verify` publishes the commits without their data".to_owned(),
        ],
        E::Format { source: format::Error::ConflictMarkers { .. }, .. } => {
            one("choose one side, `git checkout --ours` or `--theirs`, then `git mldata checkout`"
                .into())
        }
        E::Format { path, .. } => {
            one(format!("`git log -p -- {}` shows how it came about", word(path)))
        }
        E::OutsideRepository { .. } => one("move it into the repository".into()),
        E::BehindLink { link, .. } => one(format!("name the directory that `{link}` leads to")),
        E::NotFound { .. } => one("`git mldata status` shows what is tracked".into()),
        E::BadName { .. } => Vec::new(),
        E::BadGlob { .. } => {
            one("put the pattern in quotes; `*`, `?`, `**`, `[a-z]` and `{a,b}` are known".into())
        }
        E::NoMatch { .. } => one("`git mldata status --unchanged` lists what is tracked".into()),
        E::TrackedByGit { path, .. } => one(format!(
            "to let data take over, `git rm -r --cached {}` and commit; the files stay",
            word(path)
        )),
        E::Overlap { other, .. } => one(format!("name `{other}`, or a path outside of it")),
        E::PointerIgnored { pointer, by } => one(unignore(pointer, by)),
        E::BehindPointer { path } => vec![
            format!("run `git mldata checkout {}` to get the newer version first", word(path)),
            "if what is here is meant to replace it, `git mldata add --force`".to_owned(),
        ],
        E::NeverCheckedOut { path } => vec![
            format!("run `git mldata checkout {}` to see what the pointer has", word(path)),
            "if what is here is meant to replace it, `git mldata add --force`".to_owned(),
        ],
        E::SpecialFile { .. } => one("move it away, or name it in `.mldataignore`".into()),
        E::EscapingLink { .. } => {
            one("replace the link by what it points to, or name it in `.mldataignore`".into())
        }
        E::Changing { .. } => {
            one("wait until nothing writes to it, then run the command again".into())
        }
        E::TooDeep { .. } => one("directories can be nested a thousand deep".into()),
        E::WouldLose { path, .. } => vec![
            format!("`git mldata add {}` keeps what is here; or move it away", word(path)),
            "with `--force` it goes to `git mldata recover`".to_owned(),
        ],
        E::NotInCache { path, .. } => one(format!("run `git mldata fetch {}`", word(path))),
        E::OtherFileSystem { .. } | E::Damaged { .. } => Vec::new(),
        E::Collision { .. } => {
            one("check them out on a file system that tells them apart, or rename one".into())
        }
        E::Blocked { .. } => Vec::new(),
        E::NoRecovery { .. } => one("`git mldata recover list` shows what is kept".into()),
    }
}

/// How an ignore rule can let pointers through. A rule that ignores a whole directory hides what is
/// in it from every later `!` rule, so that it has to be replaced.
fn unignore(pointer: &RepoPath, by: &IgnoreMatch) -> String {
    let (suffix, source) = (pointer::SUFFIX, display_bytes(&by.source));
    let folder = match by.source.iter().rposition(|&b| b == b'/') {
        Some(at) => &by.source[..at],
        None => b"",
    };
    let below_source =
        RepoPath::new(folder).and_then(|folder| RepoPath::new(pointer.below(&folder)?));
    let trimmed = by.pattern.strip_prefix(b"/").unwrap_or(&by.pattern);
    let trimmed = trimmed.strip_suffix(b"/").unwrap_or(trimmed);
    if let (Some(pointer), Some(base)) = (below_source, RepoPath::new(trimmed))
        && let Some(parent) = pointer.parent()
        && !base.is_root()
    {
        if parent == base {
            return format!("in `{source}`, replace it by `/{base}/*` and `!/{base}/*{suffix}`");
        }
        if parent.below(&base).is_some() {
            return format!(
                "in `{source}`, replace it by `/{base}/**`, `!/{base}/**/` and `!/{base}/**/*{suffix}`"
            );
        }
    }
    format!("add the line `!/{pointer}` to `.gitignore` at the top of the repository")
}

/// A path as the user would type it here: one word of a shell.
fn word(path: &RepoPath) -> String {
    ui::shell_word(&ui::path_here(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).expect("valid")
    }

    fn advice(pointer: &str, source: &str, pattern: &str) -> String {
        let by = IgnoreMatch { source: source.into(), line: 1, pattern: pattern.into() };
        unignore(&path(pointer), &by)
    }

    #[test]
    fn ignore_rules_get_the_replacement_that_works() {
        for (pointer, source, pattern, expected) in [
            ("data/raw.mldata", ".gitignore", "/data/", "`/data/*` and `!/data/*.mldata`"),
            ("data/raw.mldata", ".gitignore", "data", "`/data/*` and `!/data/*.mldata`"),
            ("a/data/x.mldata", "a/.gitignore", "/data/", "`/data/*` and `!/data/*.mldata`"),
            (
                "data/a/x.mldata",
                ".gitignore",
                "/data/",
                "`/data/**`, `!/data/**/` and `!/data/**/*.mldata`",
            ),
            ("data/raw.mldata", ".gitignore", "*.mldata", "`!/data/raw.mldata` to"),
            ("raw.mldata", "/home/x/ignore", "*", "`!/raw.mldata` to"),
        ] {
            let advice = advice(pointer, source, pattern);
            assert!(advice.contains(expected), "{pointer} by {pattern}: {advice}");
        }
    }
}
