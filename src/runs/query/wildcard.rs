//! Globs and SQL's patterns: a character for any text, and one for any character.

/// A pattern over whole texts. Matching takes at most pattern × text steps and no memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wildcard {
    parts: Vec<Part>,
    ignore_case: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Char(char),
}

impl Wildcard {
    /// `*` for any text, also with slashes and dots; `?` for any character.
    pub fn glob(pattern: &str) -> Wildcard {
        Wildcard::new(pattern, '*', '?', false)
    }

    /// `%` for any text, `_` for any character.
    pub fn like(pattern: &str, ignore_case: bool) -> Wildcard {
        Wildcard::new(pattern, '%', '_', ignore_case)
    }

    /// A backslash takes the next character's meaning.
    fn new(pattern: &str, any: char, one: char, ignore_case: bool) -> Wildcard {
        let mut parts = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            let part = match c {
                '\\' => Part::Char(chars.next().unwrap_or('\\')),
                c if c == any => Part::Any,
                c if c == one => Part::One,
                c => Part::Char(c),
            };
            // Several in a row mean no more than one.
            if part != Part::Any || parts.last() != Some(&Part::Any) {
                parts.push(part);
            }
        }
        Wildcard { parts, ignore_case }
    }

    pub fn matches(&self, text: &str) -> bool {
        let is_same = |a: char, b: char| {
            a == b || (self.ignore_case && a.to_lowercase().eq(b.to_lowercase()))
        };
        let (mut part, mut rest) = (0, text.chars());
        // Where to go on if what follows the last `Any` does not fit: it takes one character more.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let mut ahead = rest.clone();
            let fits = match (self.parts.get(part), ahead.next()) {
                (Some(Part::Any), _) => {
                    retry = Some((part + 1, rest.clone()));
                    part += 1;
                    continue;
                }
                (None, None) => return true,
                (Some(Part::One), Some(_)) => true,
                (Some(Part::Char(wanted)), Some(c)) => is_same(*wanted, c),
                (None, Some(_)) | (Some(_), None) => false,
            };
            if fits {
                (part, rest) = (part + 1, ahead);
                continue;
            }
            let Some((after, from)) = &mut retry else { return false };
            if from.next().is_none() {
                return false;
            }
            (part, rest) = (*after, from.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The meaning, without thought of cost.
    fn naive(parts: &[Part], text: &[char]) -> bool {
        match parts.split_first() {
            None => text.is_empty(),
            Some((Part::Any, rest)) => (0..=text.len()).any(|at| naive(rest, &text[at..])),
            Some((Part::One, rest)) => !text.is_empty() && naive(rest, &text[1..]),
            Some((Part::Char(c), rest)) => text.first() == Some(c) && naive(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn matches_what_is_meant(pattern in "[ab*?]{0,8}", text in "[abä]{0,8}") {
            let wildcard = Wildcard::glob(&pattern);
            let chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(wildcard.matches(&text), naive(&wildcard.parts, &chars));
        }
    }

    #[test]
    fn patterns_of_sql() {
        assert!(Wildcard::like("quiet-%", false).matches("quiet-otter-417"));
        assert!(!Wildcard::like("QUIET-%", false).matches("quiet-otter-417"));
        assert!(Wildcard::like("QUIET-_tt%", true).matches("quiet-otter-417"));
        assert!(Wildcard::like(r"100\%", false).matches("100%"));
        assert!(!Wildcard::like(r"100\%", false).matches("100x"));
        let hard = Wildcard::glob(&"*a".repeat(50));
        assert!(!hard.matches(&"a".repeat(49)));
        assert!(!hard.matches(&("a".repeat(20_000) + "b")));
    }
}
