//! Lines of a width, as Python's `textwrap` makes them of one.

/// Wraps `line` at `width` characters. Blanks where a line is cut go away; tabs stay what they are.
pub(super) fn wrap(line: &str, width: usize, break_words: bool, at_hyphens: bool) -> Vec<String> {
    let text: Vec<char> = line.chars().collect();
    let mut chunks = chunks(&text, at_hyphens);
    chunks.reverse();
    let mut lines: Vec<String> = Vec::new();
    while !chunks.is_empty() {
        let mut current: Vec<&[char]> = Vec::new();
        let mut length = 0;
        if !lines.is_empty() && chunks.last().is_some_and(|chunk| is_space(chunk)) {
            chunks.pop();
        }
        while let Some(chunk) = chunks.pop_if(|chunk| length + chunk.len() <= width) {
            length += chunk.len();
            current.push(chunk);
        }
        if let Some(chunk) = chunks.pop_if(|chunk| chunk.len() > width) {
            let end = if break_words {
                cut(chunk, width - length, at_hyphens)
            } else if current.is_empty() {
                chunk.len()
            } else {
                0
            };
            let (here, rest) = chunk.split_at(end);
            current.extend((!here.is_empty()).then_some(here));
            chunks.extend((!rest.is_empty()).then_some(rest));
        }
        current.pop_if(|chunk| is_space(chunk));
        if !current.is_empty() {
            lines.push(current.into_iter().flatten().collect());
        }
    }
    lines
}

/// Where a word that is too long is cut, if `room` is left.
fn cut(word: &[char], room: usize, at_hyphens: bool) -> usize {
    let hyphen = word[..room.min(word.len())].iter().rposition(|c| *c == '-');
    match hyphen.filter(|_| at_hyphens) {
        Some(hyphen) if word[..hyphen].iter().any(|c| *c != '-') => hyphen + 1,
        _ => room,
    }
}

fn is_space(chunk: &[char]) -> bool {
    chunk.iter().all(|c| super::lex::is_blank(*c))
}

/// Blanks, words, parts of words up to a hyphen, and dashes: what a line is cut between.
fn chunks(text: &[char], at_hyphens: bool) -> Vec<&[char]> {
    let mut chunks = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let end = start + length(text, start, at_hyphens);
        chunks.push(&text[start..end]);
        start = end;
    }
    chunks
}

fn length(text: &[char], start: usize, at_hyphens: bool) -> usize {
    let is_blank = |c: &char| matches!(c, '\t'..='\r' | ' ');
    let rest = &text[start..];
    if is_blank(&rest[0]) {
        return rest.iter().take_while(|c| is_blank(c)).count();
    }
    if !at_hyphens {
        return rest.iter().take_while(|c| !is_blank(c)).count();
    }
    if let Some(dashes) = dash_between_words(text, start) {
        return dashes;
    }
    for at in start + 1..text.len() {
        if is_blank(&text[at]) || dash_between_words(text, at).is_some() {
            return at - start;
        }
        if is_hyphen(text, start, at) {
            return at + 1 - start;
        }
    }
    rest.len()
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Two dashes or more at `at`, after a word and before one.
fn dash_between_words(text: &[char], at: usize) -> Option<usize> {
    let before = *text.get(at.checked_sub(1)?)?;
    let dashes = text[at..].iter().take_while(|c| **c == '-').count();
    let after = text.get(at + dashes).is_some_and(|c| is_word(*c));
    let is_after_word =
        is_word(before) || matches!(before, '!' | '"' | '\'' | '&' | '.' | ',' | '?');
    (dashes >= 2 && after && is_after_word).then_some(dashes)
}

/// Whether a line may end after the hyphen at `at`: two letters, or letters with a hyphen between, are on
/// both sides of it.
fn is_hyphen(text: &[char], start: usize, at: usize) -> bool {
    let is_letter = |at: usize| text.get(at).is_some_and(|c| is_word(*c) && !c.is_numeric());
    let is_dash = |at: usize| text.get(at) == Some(&'-');
    let back = |steps: usize| at.checked_sub(steps);
    let before = match (back(1), back(2), back(3)) {
        (Some(one), Some(two), _) if is_letter(one) && is_letter(two) => true,
        (Some(one), Some(two), Some(three)) => is_letter(one) && is_dash(two) && is_letter(three),
        _ => false,
    };
    let after = is_letter(at + 1) && (is_letter(at + 2) || (is_dash(at + 2) && is_letter(at + 3)));
    at > start && is_dash(at) && before && after
}
