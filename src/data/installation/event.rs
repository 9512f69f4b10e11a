//! The events of Git that we take part in (`githooks(5)`).

/// One of Git's hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    PreCommit,
    PreMergeCommit,
    PrepareCommitMsg,
    CommitMsg,
    PostCheckout,
    PostMerge,
    PostRewrite,
    PrePush,
}

impl Event {
    /// All, and what is installed if nothing else is asked for.
    pub const ALL: [Event; 8] = [
        Event::PreCommit,
        Event::PreMergeCommit,
        Event::PrepareCommitMsg,
        Event::CommitMsg,
        Event::PostCheckout,
        Event::PostMerge,
        Event::PostRewrite,
        Event::PrePush,
    ];

    /// The name of the hook.
    pub fn name(self) -> &'static str {
        match self {
            Event::PreCommit => "pre-commit",
            Event::PreMergeCommit => "pre-merge-commit",
            Event::PrepareCommitMsg => "prepare-commit-msg",
            Event::CommitMsg => "commit-msg",
            Event::PostCheckout => "post-checkout",
            Event::PostMerge => "post-merge",
            Event::PostRewrite => "post-rewrite",
            Event::PrePush => "pre-push",
        }
    }

    /// Whether its hook may stop what Git is about to do. The post-* events are told of what is done
    /// already, and a commit is worth more than a trailer.
    pub fn may_stop(self) -> bool {
        use Event::{CommitMsg, PreCommit, PreMergeCommit, PrePush};
        matches!(self, CommitMsg | PreCommit | PreMergeCommit | PrePush)
    }

    pub fn from_name(name: &str) -> Option<Event> {
        Event::ALL.into_iter().find(|event| event.name() == name)
    }
}
