//! What to type next when a data command refuses: the counterpart of `error` for the layer with the
//! most to say. A hint never begins with something that cannot be undone.

use super::CliError;
use super::error::{cache_hints, fs_hints, git_hints, remote_hints, remotes_hints};
use super::ui::path_here;
use crate::data::Error;
use crate::format::{self, pointer};
use crate::fs::shell_word;
use crate::fs::{RepoPath, display_bytes};
use crate::git::IgnoreMatch;

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        let hints = hints(&error);
        CliError::user(error).hints(hints)
    }
}

fn hints(error: &Error) -> Vec<String> {
    let one = |hint: String| vec![hint];
    match error {
        Error::Fs(error) => fs_hints(error),
        Error::Git(error) => git_hints(error),
        Error::Cache(error) => cache_hints(error),
        Error::Remote { source, .. } => remote_hints(source),
        Error::Lost { .. } => {
            one("look for it where it was added: `git mldata push` there sends it".into())
        }
        Error::NotPushed { ranges, source, .. } => {
            let cause = source.as_deref();
            let mut all = cause.map(hints).unwrap_or_default();
            // To try again helps where something was in the way, and not where there is nothing to send.
            if !matches!(cause, Some(Error::Lost { .. })) {
                all.push(format!(
                    "run `git mldata push{}`, then push again",
                    ranges.iter().map(|range| format!(" --rev {range}")).collect::<String>()
                ));
            }
            all.push("`git push --no-verify` publishes the commits without their data".to_owned());
            all
        }
        Error::IsOut { stage, lock, .. } => {
            let directory = lock.parent().filter(|directory| !directory.is_root());
            let stage = match directory {
                Some(directory) => shell_word(format!("{}:{stage}", path_here(&directory))),
                None => shell_word(stage),
            };
            vec![
                format!("`git mlrun repro {stage}` writes it anew"),
                format!("`git mlrun commit {stage}` accepts it as it is"),
            ]
        }
        Error::StageRunning { .. } => {
            one("run `git mldata checkout` when it is done, or end it".to_owned())
        }
        Error::BadOut { lock, stage, .. } => one(format!(
            "take the block of `{}` out of `{}`, then `git mlrun repro`",
            display_bytes(stage.as_bytes()),
            path_here(lock)
        )),
        Error::Format { source: format::Error::ConflictMarkers { .. }, path } => vec![format!(
            "take one side, `git checkout --ours {0}` or `--theirs`, then `git mldata checkout`",
            word(path)
        )],
        Error::Format { path, .. } => {
            one(format!("`git log -p -- {}` shows how it came about", word(path)))
        }
        Error::OutsideRepository { .. } => one("data has to lie inside the repository".to_owned()),
        Error::NotFound { .. } => one("`git mldata status` shows what is tracked".to_owned()),
        Error::BadGlob { .. } => {
            one("`*`, `?`, `**`, `[a-z]` and `{a,b}` are known; `\\` takes away their meaning"
                .into())
        }
        Error::SpecialFile { .. } => one("move it away, or name it in `.mldataignore`".to_owned()),
        Error::EscapingLink { .. } => {
            one("put what it points to in its place, or name it in `.mldataignore`".to_owned())
        }
        Error::TooDeep { .. } => one("directories may be nested a thousand deep".to_owned()),
        Error::NoMatch { .. } => {
            one("`git mldata status --unchanged` lists what is tracked".to_owned())
        }
        Error::BehindLink { link, .. } => {
            one(format!("name it by where it really is, not through {}", quoted(link)))
        }
        Error::TrackedByGit { path, .. } => one(format!(
            "let Git forget them, which keeps the files: `git rm -r --cached {}`",
            word(path)
        )),
        Error::Overlap { path, other } => match path.below(other) {
            Some(_) => one(format!("record it as a part: `git mldata add {}`", word(other))),
            None => one(format!(
                "to track the whole instead, remove the pointer of the part first: \
                 `git rm {}{}`",
                word(other),
                pointer::SUFFIX
            )),
        },
        Error::PointerIgnored { pointer, by } => one(unignore(pointer, by)),
        Error::BehindPointer { path } => vec![
            format!("bring the data up to its pointer: `git mldata checkout {}`", word(path)),
            format!("or record what is here instead: `git mldata add --force {}`", word(path)),
        ],
        Error::NeverCheckedOut { path } => vec![
            format!("move it away, then check out: `git mldata checkout {}`", word(path)),
            format!("or record what is here instead: `git mldata add --force {}`", word(path)),
        ],
        Error::Changing { .. } => one("run it again when nothing writes to it any more".to_owned()),
        Error::WouldLose { path, behind, out, .. } => {
            let aside = format!(
                "`git mldata checkout --force {}` puts it aside; `git mldata recover` brings it back",
                word(path)
            );
            match behind {
                true => vec![
                    "move it away, or commit it on the branch that it belongs to".into(),
                    aside,
                ],
                false if *out => {
                    vec![
                        format!("take it as the stage's: `git mlrun commit {}`", word(path)),
                        aside,
                    ]
                }
                false => vec![format!("record it: `git mldata add {}`", word(path)), aside],
            }
        }
        Error::NotInCache { path, .. } => one(format!("run `git mldata fetch {}`", word(path))),
        Error::Collision { .. } => {
            one("check it out on a file system that tells these names apart".to_owned())
        }
        Error::NoRecovery { .. } => one("`git mldata recover list` shows what is kept".to_owned()),
        Error::Damaged { path, .. } => one(format!(
            "what is damaged in the cache is set aside; `git mldata fetch {}` brings it again",
            word(path)
        )),
        Error::Remotes(error) => remotes_hints(error),
        Error::BadName { .. } | Error::Blocked { .. } => Vec::new(),
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

fn quoted(path: &RepoPath) -> String {
    format!("`{path}`")
}

/// A path as the user would type it here: one word of a shell.
fn word(path: &RepoPath) -> String {
    shell_word(path_here(path))
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

    #[test]
    fn paths_in_hints_can_be_pasted() {
        for (text, expected) in [
            ("data/raw", "data/raw"),
            ("", "."),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("-x", "'-x'"),
        ] {
            assert_eq!(word(&path(text)), expected);
        }
    }
}
