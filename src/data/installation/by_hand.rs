//! What is left to the user where nothing is installed: which lines, and where.

use std::path::PathBuf;

use super::{Event, Manager, Place, Reason, State, stub};
use crate::git::Repo;

/// The file that the user changes, and what goes into it.
pub(super) fn by_hand(
    repo: &Repo,
    place: &Place,
    event: Event,
    reason: Reason,
) -> (PathBuf, State) {
    let hook = place.users_hook(event.name());
    let (path, lines) = match reason {
        Reason::Managed(manager) => (manager.file_to_change(repo), in_file_of(manager, event)),
        _ => (hook, stub::lines_to_add(event)),
    };
    (path, State::ByHand { reason, lines })
}

fn in_file_of(manager: Manager, event: Event) -> String {
    let name = event.name();
    match manager {
        Manager::Lefthook => {
            let stdin = match event {
                Event::PrePush | Event::PostRewrite => "\n      use_stdin: true",
                _ => "",
            };
            format!(
                "{name}:\n  commands:\n    mldata:\n      run: git mldata hook {name} {{0}}{stdin}"
            )
        }
        Manager::Husky => format!(
            "\"husky\": {{\"hooks\": {{\"{name}\": \"git mldata hook {name} $HUSKY_GIT_PARAMS\"}}}}"
        ),
        Manager::Overcommit => format!(
            "{}:\n  Mldata:\n    enabled: true\n    required_executable: git\n    \
             command: [git, mldata, hook, {name}]",
            camel_case(name)
        ),
        // Their hooks are never in the way: ours takes the place of the legacy one.
        Manager::PreCommit | Manager::Prek => stub::lines_to_add(event),
    }
}

/// `pre-commit` as `PreCommit`.
fn camel_case(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    };
    name.split('-').map(word).collect()
}
