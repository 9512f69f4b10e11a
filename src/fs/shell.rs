//! Words of a command line, as a user would type them.

/// `bytes` as one word of a shell: as they are, in single quotes, or, where they have what no terminal
/// shows, as what `printf(1)` writes, which every shell can do. It drops newlines at the end of a name.
pub fn shell_word(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => text,
        _ => return escaped(bytes),
    };
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:@%,".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn escaped(bytes: &[u8]) -> String {
    let mut word = r#""$(printf '"#.to_owned();
    for &byte in bytes {
        match byte {
            b'%' => word.push_str("%%"),
            b' '..=b'~' if !b"'\\".contains(&byte) => word.push(char::from(byte)),
            // Always three digits: what follows can be no part of them.
            byte => word.push_str(&format!("\\{byte:03o}")),
        }
    }
    word.push_str(r#"')""#);
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
        ] {
            assert_eq!(shell_word(name), word);
        }
    }
}
