//! `Mlrun-Run: <id>`: the line of a commit's message that names the run whose results it has.
//!
//! It is part of the message, so it goes where the change goes: through rebase, cherry-pick and merge,
//! where the id of the commit does not.

use crate::format::run::RunId;

/// The trailer's name.
pub const KEY: &str = "Mlrun-Run";
/// Runs of one message that are looked at.
const MAX: usize = 1000;

/// The runs that a message names, in its order and each once. A squashed commit has its trailers in the
/// middle, therefore every line counts.
pub fn runs_of(message: &[u8]) -> Vec<RunId> {
    let mut found = Vec::new();
    for line in message.split(|&b| b == b'\n') {
        let Some((key, value)) = line.split_at_checked(KEY.len()) else { continue };
        let Some(value) = value.strip_prefix(b":") else { continue };
        if !key.eq_ignore_ascii_case(KEY.as_bytes()) {
            continue;
        }
        let id = std::str::from_utf8(value.trim_ascii()).ok().and_then(|id| RunId::parse(id).ok());
        if let Some(id) = id.filter(|id| !found.contains(id)) {
            found.push(id);
            if found.len() == MAX {
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_are_found_in_whatever_message() {
        let id = |byte| RunId::from_bytes([byte; 16]);
        let message = format!(
            "Train\n\nMlrun-Run: {}\nother\n\nmlrun-run:  {}\r\nMlrun-Run: {}\nMlrun-Run: main\n\
             Mlrun-Runs: {}\nMlrun-Run",
            id(1),
            id(2),
            id(1),
            id(3)
        );
        assert_eq!(runs_of(message.as_bytes()), [id(1), id(2)]);
        assert!(runs_of(b"").is_empty());
    }
}
