//! The text of our hooks.
//!
//! A stub is a few lines of POSIX shell that hand the event on to `git-mldata`: the one on PATH, and
//! where that has none (programs with windows are often started with a bare PATH) the one that installed
//! it. A relative path is not taken: hooks run at the top of the worktree, whose files came from others.
//!
//! A stub also runs the hook that was there before it, from `HOOK.mldata-chained`, with the same
//! arguments, environment and standard input. That one goes first, so that we check what it corrected,
//! except before a push: the data has to be there before anything else is sent. If the first of the two
//! says no, the other does not run; after the fact (`post-*`) both always do, and the first failure is
//! the status. Git writes lines of text to hooks; they are kept in a variable, whatever their encoding.
//!
//! The files are `hooks/*.sh`. A text that differs from what this module would write is somebody's edit.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use super::Event;
use crate::fs;

/// Of the texts in `hooks/`.
pub const VERSION: u32 = 2;
/// How the line begins by which a stub is known, whatever its version.
const MARKER: &str = "# Hook of git-mldata, version ";
const PROGRAM: &str = "@PROGRAM@";
/// Ends the name of a hook that a stub runs.
pub const CHAINED: &str = ".mldata-chained";

/// What a hook of ours is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stub {
    /// As this version writes it, with the program that it falls back on.
    Current { program: PathBuf },
    /// As another version wrote it.
    Other { version: u32 },
    /// Somebody changed it.
    Edited,
}

/// The stub for `event` that falls back on `program`.
pub fn text(event: Event, program: &Path) -> Vec<u8> {
    let (before, after) = halves(event);
    [before.as_bytes(), &quoted(program), after.as_bytes()].concat()
}

/// Whether a hook's `text` is a stub of ours.
pub fn recognise(text: &[u8], event: Event) -> Option<Stub> {
    if text == first_version(event).as_bytes() {
        return Some(Stub::Other { version: 1 });
    }
    let marked =
        text.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(MARKER.as_bytes()))?;
    let (before, after) = halves(event);
    let between = text.strip_prefix(before.as_bytes());
    let between = between.and_then(|text| text.strip_suffix(after.as_bytes()));
    if let Some(program) = between.and_then(unquoted) {
        return Some(Stub::Current { program });
    }
    let digits = marked.iter().take_while(|b| b.is_ascii_digit()).count();
    let version = std::str::from_utf8(&marked[..digits]).ok()?.parse().ok()?;
    Some(if version == VERSION { Stub::Edited } else { Stub::Other { version } })
}

/// Whether a hook, in whatever language, hands the event on to us.
pub fn calls_us(text: &[u8], event: Event) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let calls = ["git mldata", "git-mldata"].map(|word| format!("{word} hook {}", event.name()));
    lines.any(|line| calls.iter().any(|call| line.contains(call)))
}

/// What to put at the top of a hook of the user's, whatever that does after it: what stops the event ends
/// the hook, and what Git writes to the hook can be read again.
pub fn lines_to_add(event: Event) -> String {
    let stop = if event.may_stop() { " || exit $?" } else { "" };
    let call = format!("git mldata hook {} \"$@\"{stop}", event.name());
    match event {
        Event::PrePush | Event::PostRewrite => {
            format!("lines=$(cat)\nprintf '%s\\n' \"$lines\" | {call}\nexec <<EOF\n$lines\nEOF")
        }
        _ => call,
    }
}

/// The value of `hook.NAME.command`: what a stub does, without the hook that was there before, which
/// Git runs by itself. Git adds the arguments.
pub fn command(event: Event, program: &Path) -> OsString {
    let missing = match event {
        Event::PreCommit | Event::PreMergeCommit => {
            "{ echo 'warning: git-mldata was not found: what is committed was not checked' >&2; exit 0; }"
        }
        Event::PrePush => {
            "{ [ -z \"$(git ls-files -- '*.mldata' '*mlrun.lock')\" ] && exit 0; \
             echo 'error: git-mldata was not found: the data of this push would stay behind' >&2; exit 1; }"
        }
        _ => "exit 0",
    };
    let mut command = b"gitml_program=$(command -v git-mldata); case $gitml_program in /*) ;; \
                        *) gitml_program="
        .to_vec();
    command.extend(quoted(program));
    let rest = format!(
        " ;; esac; [ -x \"$gitml_program\" ] || {missing}; \"$gitml_program\" hook {}",
        event.name()
    );
    command.extend(rest.bytes());
    OsString::from_vec(command)
}

/// A stub's text before and after the program.
fn halves(event: Event) -> (String, String) {
    let text = match event {
        Event::PreCommit | Event::PreMergeCommit => include_str!("../../../hooks/check.sh"),
        Event::PrepareCommitMsg | Event::CommitMsg => include_str!("../../../hooks/message.sh"),
        Event::PostCheckout | Event::PostMerge => include_str!("../../../hooks/after.sh"),
        Event::PostRewrite => include_str!("../../../hooks/after-lines.sh"),
        Event::PrePush => include_str!("../../../hooks/pre-push.sh"),
    };
    let text = text.replace("@EVENT@", event.name());
    let (before, after) = text.split_once(PROGRAM).expect("each stub names the program once");
    (before.to_owned(), after.to_owned())
}

/// The hooks that `git mldata init` installed when it had no marker yet.
fn first_version(event: Event) -> String {
    let name = event.name();
    let missing = match event {
        Event::PrePush => {
            "{\n    echo 'warning: git-mldata is not on PATH; not checked whether the data was pushed' \
             >&2\n    exit 0\n}"
        }
        _ => "exit 0",
    };
    format!(
        "#!/bin/sh\ncommand -v git-mldata >/dev/null 2>&1 || {missing}\ngit mldata hook {name} \"$@\"\n"
    )
}

/// A path as one word of the shell.
fn quoted(path: &Path) -> Vec<u8> {
    fs::shell_quoted(path.as_os_str().as_bytes())
}

/// The path that [`quoted`] made this word of.
fn unquoted(word: &[u8]) -> Option<PathBuf> {
    let inner = word.strip_prefix(b"'")?.strip_suffix(b"'")?;
    let mut path = Vec::new();
    let mut rest = inner;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'\'' => {
                path.push(b'\'');
                after.strip_prefix(br"\''")?
            }
            byte => {
                path.push(byte);
                after
            }
        };
    }
    Some(PathBuf::from(OsString::from_vec(path)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stubs_are_short_and_each_has_the_marker() {
        for event in Event::ALL {
            let text = String::from_utf8(text(event, Path::new("/p"))).unwrap();
            assert!(text.lines().count() <= 10, "{text}");
            assert!(text.starts_with(&format!("#!/bin/sh\n{MARKER}{VERSION}. ")), "{text}");
            assert!(text.contains(&format!("hook {} \"$@\"", event.name())), "{text}");
        }
    }

    #[test]
    fn only_what_nobody_touched_is_a_stub() {
        let event = Event::PostMerge;
        let ours = text(event, Path::new("/p"));
        let edited = [&ours[..], b"make\n"].concat();
        assert_eq!(recognise(&edited, event), Some(Stub::Edited));
        let newer = String::from_utf8(ours.clone()).unwrap().replace("version 2", "version 3");
        assert_eq!(recognise(newer.as_bytes(), event), Some(Stub::Other { version: 3 }));
        assert_eq!(recognise(&ours, Event::PostCheckout), Some(Stub::Edited));
        assert_eq!(
            recognise(first_version(event).as_bytes(), event),
            Some(Stub::Other { version: 1 })
        );
        assert_eq!(recognise(b"#!/bin/sh\nmake\n", event), None);
        assert_eq!(recognise(b"# Hook of git-mldata, version x", event), None);
    }

    #[test]
    fn our_line_is_recognised_in_a_hook() {
        for event in Event::ALL {
            assert!(calls_us(first_version(event).as_bytes(), event));
            assert!(calls_us(lines_to_add(event).as_bytes(), event));
        }
        assert!(!calls_us(b"#!/bin/sh\n# git mldata hook pre-push\n", Event::PrePush));
        assert!(!calls_us(b"git mldata hook post-merge", Event::PostCheckout));
        assert!(!calls_us(b"\xff\xfe", Event::PrePush));
    }

    proptest! {
        #[test]
        fn any_path_comes_back(bytes in proptest::collection::vec(1u8..=255, 0..40)) {
            let program = PathBuf::from(OsString::from_vec(bytes));
            for event in [Event::PreCommit, Event::PrePush] {
                let found = recognise(&text(event, &program), event);
                prop_assert_eq!(found, Some(Stub::Current { program: program.clone() }));
            }
        }

        #[test]
        fn no_text_is_taken_for_a_quoted_path_that_is_none(word in ".{0,20}") {
            if let Some(path) = unquoted(word.as_bytes()) {
                prop_assert_eq!(quoted(&path), word.as_bytes());
            }
        }
    }
}
