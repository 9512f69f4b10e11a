//! `slugify` and `jsonify`: filters that cookiecutter adds to Jinja.
//!
//! `slugify` follows python-slugify 9 as cookiecutter calls it, step by step. Letters of other scripts are
//! transliterated by the tables of Text::Unidecode, as there; the two copies of these differ in eight
//! archaic letters of Greek and Cyrillic (U+03F6 to U+03FF, U+04FF) and a few signs.

use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, Error, Value};
use unicode_normalization::UnicodeNormalization;

use super::args::{Args, text, wrong};
use super::ascii::ascii;
use super::{cost, html, operators};

pub(super) fn register(environment: &mut Environment<'_>) {
    environment.add_filter("slugify", |value: Value, args: Rest<ValueOrKwargs>| {
        slugify(&value, &args.into_values())
    });
}

const PARAMETERS: [&str; 12] = [
    "entities",
    "decimal",
    "hexadecimal",
    "max_length",
    "word_boundary",
    "separator",
    "save_order",
    "stopwords",
    "regex_pattern",
    "lowercase",
    "replacements",
    "allow_unicode",
];

fn slugify(value: &Value, args: &[Value]) -> Result<String, Error> {
    let args = Args::bind("slugify", &PARAMETERS, args)?;
    let max_length = args.int(3, 0)?;
    let separator = args.str(5, "-")?;
    let lowercase = args.bool(9, true);
    let allow_unicode = args.bool(11, false);
    if args.some(8).is_some_and(Value::is_true) {
        return Err(wrong("`slugify` takes no `regex_pattern` here"));
    }
    let stopwords = match args.some(7) {
        Some(words) if words.is_true() => {
            let words = operators::items(words)?;
            words.iter().map(text).collect::<Result<Vec<_>, _>>()?
        }
        _ => Vec::new(),
    };
    let replacements = replacements(args.some(10))?;

    let mut slug = replace_all(text(value)?, &replacements)?;
    // Transliteration and normalization make no more than this of a character.
    cost::charge_product(slug.len(), 18)?;
    slug = collapse(&slug, |c| c == '\'');
    slug =
        if allow_unicode { slug.nfkc().collect() } else { ascii(&slug.nfkd().collect::<String>()) };
    slug = html::decode(&slug, args.bool(0, true), args.bool(1, true), args.bool(2, true));
    slug = if allow_unicode { slug.nfkc().collect() } else { slug.nfkd().collect() };
    if lowercase {
        slug = slug.to_lowercase();
    }
    slug.retain(|c| c != '\'');
    slug = without_grouping(&slug);
    slug = collapse(&slug, |c| match allow_unicode {
        true => !c.is_alphanumeric(),
        false => c != '-' && !c.is_ascii_alphanumeric(),
    });
    slug = collapse(&slug, |c| c == '-').trim_matches('-').to_owned();

    if !stopwords.is_empty() {
        let is_stopword = |word: &&str| {
            stopwords.iter().any(|stop| match lowercase {
                true => stop.to_lowercase() == *word,
                false => stop == word,
            })
        };
        cost::charge_product(slug.len(), stopwords.len())?;
        slug = slug.split('-').filter(|word| !is_stopword(word)).collect::<Vec<_>>().join("-");
    }
    slug = replace_all(slug, &replacements)?;
    if let Ok(length @ 1..) = usize::try_from(max_length) {
        slug = truncate(&slug, length, args.bool(4, false), args.bool(6, false));
    }
    if separator != "-" {
        cost::charge_product(slug.len(), separator.len())?;
        slug = slug.replace('-', &separator);
    }
    Ok(slug)
}

fn replacements(pairs: Option<&Value>) -> Result<Vec<(String, String)>, Error> {
    let Some(pairs) = pairs.filter(|pairs| pairs.is_true()) else { return Ok(Vec::new()) };
    let pairs = operators::items(pairs)?;
    let pairs = pairs.iter().map(|pair| match &operators::items(pair)?[..] {
        [old, new] => Ok((text(old)?, text(new)?)),
        _ => Err(wrong("`replacements` of `slugify` are pairs of an old and a new text")),
    });
    pairs.collect()
}

fn replace_all(mut text: String, replacements: &[(String, String)]) -> Result<String, Error> {
    for (old, new) in replacements {
        text = super::strings::replace(&text, old, new, None)?;
    }
    Ok(text)
}

/// Each run of characters that are `unwanted` becomes one dash.
fn collapse(text: &str, unwanted: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_run = false;
    for c in text.chars() {
        let is_unwanted = unwanted(c);
        if !is_unwanted {
            out.push(c);
        } else if !in_run {
            out.push('-');
        }
        in_run = is_unwanted;
    }
    out
}

/// Without the commas between digits.
fn without_grouping(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_digit = |at: usize| chars.get(at).is_some_and(|c| c.is_numeric());
    let kept = chars
        .iter()
        .enumerate()
        .filter(|&(at, &c)| c != ',' || at == 0 || !is_digit(at - 1) || !is_digit(at + 1));
    kept.map(|(_, &c)| c).collect()
}

/// At most `length` characters: cut anywhere, or after a word.
fn truncate(text: &str, length: usize, at_word: bool, in_order: bool) -> String {
    let text = text.trim_matches('-');
    let count = |text: &str| text.chars().count();
    let cut = || text.chars().take(length).collect::<String>();
    if count(text) < length {
        return text.to_owned();
    }
    if !at_word {
        return cut().trim_matches('-').to_owned();
    }
    if !text.contains('-') {
        return cut();
    }
    let mut out = String::new();
    for word in text.split('-').filter(|word| !word.is_empty()) {
        let next = count(&out) + count(word);
        if next < length {
            out += word;
            out.push('-');
        } else if next == length {
            out += word;
            break;
        } else if in_order {
            break;
        }
    }
    if out.is_empty() {
        out = cut();
    }
    out.trim_matches('-').to_owned()
}
