//! Patterns of `_copy_without_render`, as Python's `fnmatch` reads them.
//!
//! `*` is any text, slashes and all, `?` one character, `[...]` one of those in brackets, `[!...]` any
//! other. A `]` right after the opening is one of them; without an end a `[` stands for itself. Nothing
//! escapes, and letters have their case.

/// One pattern.
#[derive(Clone, Debug)]
pub struct Pattern(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Any,
    One,
    Char(char),
    /// Ranges, both ends in them.
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Pattern {
    pub fn new(text: &str) -> Pattern {
        let chars: Vec<char> = text.chars().collect();
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            at += 1;
            parts.push(match c {
                '*' => Part::Any,
                '?' => Part::One,
                '[' => match set(&chars[at..]) {
                    Some((set, length)) => {
                        at += length;
                        set
                    }
                    None => Part::Char('['),
                },
                c => Part::Char(c),
            });
        }
        Pattern(parts)
    }

    /// Whether the whole of `text` fits. Takes at most the product of both lengths.
    pub fn fits(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        let (mut part, mut at) = (0, 0);
        // Where to go on if what follows the last star does not fit: the star takes one more.
        let mut retry = None;
        loop {
            match self.0.get(part) {
                Some(Part::Any) => {
                    retry = Some((part, at));
                    part += 1;
                    continue;
                }
                Some(one) if chars.get(at).is_some_and(|&c| one.takes(c)) => {
                    part += 1;
                    at += 1;
                    continue;
                }
                None if at == chars.len() => return true,
                _ => {}
            }
            match retry {
                Some((star, from)) if from < chars.len() => {
                    retry = Some((star, from + 1));
                    (part, at) = (star + 1, from + 1);
                }
                _ => return false,
            }
        }
    }
}

impl Part {
    fn takes(&self, c: char) -> bool {
        match self {
            Part::Any | Part::One => true,
            Part::Char(own) => *own == c,
            Part::Set { negated, ranges } => {
                ranges.iter().any(|&(low, high)| (low..=high).contains(&c)) != *negated
            }
        }
    }
}

/// The set that begins after a `[`, and its length with the closing bracket.
fn set(chars: &[char]) -> Option<(Part, usize)> {
    let negated = chars.first() == Some(&'!');
    let start = usize::from(negated);
    let first = chars.get(start)?;
    let skipped = start + usize::from(*first == ']');
    let end = skipped + chars[skipped..].iter().position(|&c| c == ']')?;
    let mut inside = &chars[start..end];
    let mut ranges = Vec::new();
    while let [low, rest @ ..] = inside {
        (ranges, inside) = match rest {
            ['-', high, rest @ ..] => {
                ranges.push((*low, *high));
                (ranges, rest)
            }
            rest => {
                ranges.push((*low, *low));
                (ranges, rest)
            }
        };
    }
    Some((Part::Set { negated, ranges }, end + 1))
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    /// What Python 3.11 says of each.
    #[test]
    fn patterns_fit_as_in_python() {
        let fits = [
            ("*.html", "a/b/c.html"),
            ("a*b*c", "a/b/b/c"),
            ("*", ""),
            ("?", "é"),
            ("[ab]x", "bx"),
            ("[!ab]x", "cx"),
            ("[]]", "]"),
            ("[!]]", "a"),
            ("[a-c]", "b"),
            ("[a-]", "-"),
            ("[-a]", "-"),
            ("[a-c-e]", "-"),
            ("[a-c-e]", "e"),
            ("[!c-a]", "b"),
            ("[^a]", "^"),
            ("[", "["),
            ("[!]", "[!]"),
            ("[a", "[a"),
            ("\\a", "\\a"),
            ("[\\]", "\\"),
            ("**a", "bab/a"),
        ];
        for (pattern, text) in fits {
            assert!(Pattern::new(pattern).fits(text), "{pattern} {text}");
        }
        let misfits = [
            ("*.html", "a.HTML"),
            ("?", ""),
            ("[ab]", "c"),
            ("[!ab]", "a"),
            ("[c-a]", "b"),
            ("[a-c-e]", "d"),
            ("", "a"),
            ("a", "ab"),
            ("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ];
        for (pattern, text) in misfits {
            assert!(!Pattern::new(pattern).fits(text), "{pattern} {text}");
        }
    }
}
