//! Words of a command line, as a user would type them.

use super::display_bytes;

/// `bytes` as one word of a shell: as they are, in single quotes, or, where they have what no terminal
/// shows, as what `printf(1)` writes, which every shell can do.
pub fn shell_word(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if display_bytes(bytes) == text => text,
        _ => return escaped(bytes),
    };
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:@%,".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        text.to_owned()
    } else {
        String::from_utf8(shell_quoted(bytes)).expect("quotes are text")
    }
}

/// `bytes` in single quotes, whatever they are: for files that a shell reads.
pub fn shell_quoted(bytes: &[u8]) -> Vec<u8> {
    let mut word = vec![b'\''];
    for &byte in bytes {
        match byte {
            b'\'' => word.extend(br"'\''"),
            byte => word.push(byte),
        }
    }
    word.push(b'\'');
    word
}

fn escaped(bytes: &[u8]) -> String {
    // A shell drops newlines at the end of what a command writes.
    let kept = bytes.iter().rposition(|&byte| byte != b'\n').map_or(0, |last| last + 1);
    let (bytes, newlines) = bytes.split_at(kept);
    let mut word = r#""$(printf '"#.to_owned();
    for (at, &byte) in bytes.iter().enumerate() {
        let is_first = at == 0;
        match byte {
            b'%' => word.push_str("%%"),
            // Not as an option of `printf`.
            b'-' if is_first => word.push_str("\\055"),
            b' '..=b'~' if !b"'\\".contains(&byte) => word.push(char::from(byte)),
            // Always three digits: what follows can be no part of them.
            byte => word.push_str(&format!("\\{byte:03o}")),
        }
    }
    word.push_str(r#"')""#);
    if !newlines.is_empty() {
        word.push_str(&format!("'{}'", "\n".repeat(newlines.len())));
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_word() {
        for (name, word) in [
            (&b"data/a.csv"[..], "data/a.csv"),
            (b"a b", "'a b'"),
            (b"it's", r"'it'\''s'"),
            (b"$HOME", "'$HOME'"),
            (b"-n", "'-n'"),
            (b"", "''"),
            (b"a\n1'\\%", r#""$(printf 'a\0121\047\134%%')""#),
            (b"\xff1", r#""$(printf '\3771')""#),
            (b"-\x01", r#""$(printf '\055\001')""#),
            ("\u{202e}x".as_bytes(), r#""$(printf '\342\200\256x')""#),
            (b"a\n\n", "\"$(printf 'a')\"'\n\n'"),
        ] {
            assert_eq!(shell_word(name), word);
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the shell is what is asked")]
    fn a_shell_reads_what_was_meant() {
        for name in
            [&b"a b'c\\\"$x`"[..], b"-n\x01%s\n\xff'", b"%d\n\n", "\u{202e}\u{e9}".as_bytes()]
        {
            let command = format!("printf %s {}", shell_word(name));
            let shell = std::process::Command::new("/bin/sh").args(["-c", &command]).output();
            assert_eq!(shell.expect("a shell").stdout, name, "{command}");
        }
    }
}
