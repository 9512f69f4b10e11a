//! Programs that run other people's hooks, and ours among them: pre-commit and prek.
//!
//! Both hide what is not staged before they start a check, name the files to it, and take a file that
//! it has changed for a failure. They stage nothing themselves, and neither may a check: what is hidden
//! comes back as a patch against what was staged. Both start several processes at once with a part of the
//! files each, unless told not to; a check under a host writes only files that it was given.

/// Who runs us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A user, or a hook of Git.
    Absent,
    Present {
        /// From where and to where files count as changed: set for `--from-ref` with `--to-ref`, and
        /// by the hooks that Git tells two commits.
        revisions: Option<(String, String)>,
    },
}

impl Host {
    /// Both hosts set `PRE_COMMIT=1`, and with two revisions `PRE_COMMIT_FROM_REF` and
    /// `PRE_COMMIT_TO_REF`. Nothing tells `run --all-files` from `run`.
    #[expect(clippy::disallowed_methods, reason = "how these hosts tell of themselves")]
    pub fn of_environment() -> Host {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        match set("PRE_COMMIT") {
            None => Host::Absent,
            Some(_) => Host::Present {
                revisions: set("PRE_COMMIT_FROM_REF").zip(set("PRE_COMMIT_TO_REF")),
            },
        }
    }

    pub fn is_present(&self) -> bool {
        *self != Host::Absent
    }
}
