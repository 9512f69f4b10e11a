//! Refs of ours between repositories, through the `git` program: its protocols, credentials, proxies.
//!
//! One ref is named in every command, so that what the user configured to be fetched, pruned, pushed or
//! mirrored has no part in it, and neither have tags, submodules and hooks about branches. Nothing is
//! ever forced on another repository.

use std::process::Stdio;

use super::command::words;
use super::error::Attempt as _;
use super::{CommitId, Error, Git, Repo, Result};
use crate::fs::display_bytes;

/// So many lines of what `git` complains about are told.
const MAX_LINES: usize = 2;

/// What another repository did with a ref that was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Done,
    /// It holds something that we lack, or somebody else is changing it at this moment.
    Behind,
    /// It does not take it.
    Refused(String),
}

impl Repo {
    /// Names of the repositories that this one knows (`git remote`), ascending.
    pub fn remotes(&self) -> Vec<String> {
        self.gix().remote_names().iter().map(ToString::to_string).collect()
    }

    /// Whether `name` can be the name of a ref, in full.
    pub fn is_ref_name(name: &str) -> bool {
        gix::refs::FullName::try_from(name).is_ok()
    }
}

impl Git<'_> {
    /// What the repository `remote` has under the ref `name`. With `show`, the user sees what `git` has
    /// to say.
    pub fn remote_ref(&self, remote: &str, name: &str, show: bool) -> Result<Option<CommitId>> {
        let arguments = ["ls-remote", "--quiet", "--refs", "--", remote, name];
        let told = self.network(&arguments, show)?;
        told.status?;
        for line in told.stdout.split(|&b| b == b'\n') {
            let mut fields = line.splitn(2, |&b| b == b'\t');
            // Git takes the name for the end of one.
            if let (Some(id), Some(found)) = (fields.next(), fields.next())
                && found == name.as_bytes()
            {
                let id = gix::ObjectId::from_hex(id).attempt(|| format!("list `{name}`"))?;
                return Ok(Some(CommitId(id)));
            }
        }
        Ok(None)
    }

    /// Fetches the ref `from` of the repository `remote` into the ref `to`, wherever that was, with
    /// every object: also in a partial clone.
    pub fn fetch_ref(&self, remote: &str, from: &str, to: &str, show: bool) -> Result<()> {
        let refspec = format!("+{from}:{to}");
        let quiet = if show { "--no-quiet" } else { "--quiet" };
        let arguments = [
            "fetch",
            quiet,
            "--no-tags",
            "--no-prune",
            "--no-filter",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--refmap=",
            "--",
            remote,
            &refspec,
        ];
        self.network(&arguments, show)?.status
    }

    /// Pushes `commit` to the ref `to` of the repository `remote`, if that is an ancestor.
    ///
    /// # Errors
    /// The repository cannot be reached.
    pub fn push_ref(&self, remote: &str, commit: CommitId, to: &str, show: bool) -> Result<Reply> {
        let refspec = format!("{commit}:{to}");
        let quiet = if show { "--no-quiet" } else { "--quiet" };
        // Small files that differ little: of 10,000 runs the search for deltas among ten neighbours takes
        // half of a push's processor time and saves a sixth of its bytes.
        let window = "pack.window=2";
        // A mirror takes no single refs.
        let mirror = format!("remote.{remote}.mirror=false");
        let arguments = [
            "-c",
            window,
            "-c",
            &mirror,
            "push",
            quiet,
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
            "--recurse-submodules=no",
            "--",
            remote,
            &refspec,
        ];
        let told = self.network(&arguments, show)?;
        match (rejection(&told.stdout), told.status) {
            (Some(Reply::Refused(reason)), _) => {
                // What a hook there said.
                let said = complaint(
                    told.stderr
                        .split(|&b| b == b'\n')
                        .filter_map(|line| line.strip_prefix(b"remote: ")),
                );
                let separator = if said.is_empty() { "" } else { ": " };
                Ok(Reply::Refused(format!("{reason}{separator}{said}")))
            }
            (Some(reply), _) => Ok(reply),
            (None, Ok(())) => Ok(Reply::Done),
            (None, Err(error)) => Err(error),
        }
    }

    /// Runs `git`, which may ask the user for passwords.
    fn network(&self, arguments: &[&str], show: bool) -> Result<Told> {
        let failed = |stderr: String| Error::Failed { arguments: words(arguments), stderr };
        // Passwords are asked for on the terminal itself, whatever standard error is.
        let stderr = if show { Stdio::inherit() } else { Stdio::piped() };
        let output = self
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .output()
            .map_err(|error| failed(error.to_string()))?;
        let status = match output.status.code() {
            Some(0) => Ok(()),
            _ if show => Err(failed("see above".to_owned())),
            _ => Err(failed(complaint(output.stderr.split(|&b| b == b'\n')))),
        };
        Ok(Told { stdout: output.stdout, stderr: output.stderr, status })
    }
}

/// What came of a command.
struct Told {
    stdout: Vec<u8>,
    /// Empty where the user saw it.
    stderr: Vec<u8>,
    status: Result<()>,
}

/// The first lines of what `git` complained about, as one.
pub(super) fn complaint<'a>(lines: impl Iterator<Item = &'a [u8]>) -> String {
    let lines = lines.map(<[u8]>::trim_ascii);
    let lines = lines.filter(|line| !line.is_empty()).take(MAX_LINES).map(display_bytes);
    lines.collect::<Vec<_>>().join("; ")
}

/// What the report of `git push --porcelain` says of the one ref, if it was not taken.
fn rejection(report: &[u8]) -> Option<Reply> {
    let line = report.split(|&b| b == b'\n').find(|line| line.starts_with(b"!\t"))?;
    let summary = line.rsplit(|&b| b == b'\t').next().unwrap_or_default();
    let summary = String::from_utf8_lossy(summary);
    // By the words of `transport.c` and `builtin/receive-pack.c` of Git's, which are not translated.
    const BEHIND: [&str; 7] = [
        "fetch first",
        "non-fast-forward",
        "stale info",
        "cannot lock ref",
        "failed to update ref",
        "incorrect old value provided",
        "reference already exists",
    ];
    if BEHIND.iter().any(|words| summary.contains(words)) {
        return Some(Reply::Behind);
    }
    let reason = summary.split_once('(').and_then(|(_, reason)| reason.strip_suffix(')'));
    Some(Reply::Refused(display_bytes(reason.unwrap_or(&summary).as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_told_apart() {
        let report = |line: &str| rejection(format!("To /x\n{line}\nDone\n").as_bytes());
        assert_eq!(report("*\tabc:refs/mlrun/runs\t[new reference]"), None);
        assert_eq!(report("=\tabc:refs/mlrun/runs\t[up to date]"), None);
        assert_eq!(rejection(b""), None);
        let rejected = "!\tabc:refs/mlrun/runs\t[rejected] (fetch first)";
        assert_eq!(report(rejected), Some(Reply::Behind));
        let refused = "!\tabc:refs/mlrun/runs\t[remote rejected] (hook declined\x1b)";
        assert_eq!(report(refused), Some(Reply::Refused("hook declined\\u{1b}".into())));
    }
}
