//! What is different in each project: random strings, UUIDs and choices.
//!
//! All of it comes from the seed of the render, mixed with the name and the text: the same seed gives the
//! same project, whatever is rendered in what order.

use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, Error, Value};

use super::args::{Args, wrong};
use super::cost;

/// The seed of one text.
pub(super) fn seed(of_render: u64, name: &str, text: &str) -> u64 {
    let named = xxhash_rust::xxh3::xxh3_64_with_seed(name.as_bytes(), of_render);
    xxhash_rust::xxh3::xxh3_64_with_seed(text.as_bytes(), named)
}

pub(super) fn register(environment: &mut Environment<'_>) {
    environment.add_function("random_ascii_string", |args: Rest<ValueOrKwargs>| {
        ascii_string(&args.into_values())
    });
    environment.add_function("uuid4", || uuid4());
    environment.add_filter("random", |list: Value| choice(&list));
}

fn ascii_string(args: &[Value]) -> Result<String, Error> {
    let args = Args::bind("random_ascii_string", &["length", "punctuation"], args)?;
    let length = super::args::int(args.required(0)?)?;
    let length = usize::try_from(length).unwrap_or(0);
    cost::charge(length)?;
    let punctuation = args.bool(1, false);
    let letters = (b'!'..=b'~')
        .filter(|byte| byte.is_ascii_alphabetic() || (punctuation && byte.is_ascii_punctuation()));
    let letters: Vec<char> = letters.map(char::from).collect();
    Ok((0..length).map(|_| letters[cost::random_below(letters.len())]).collect())
}

/// Version 4 of RFC 9562.
fn uuid4() -> String {
    let high = cost::random() & !0xf000 | 0x4000;
    let low = cost::random() & (u64::MAX >> 2) | 1 << 63;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff,
    )
}

fn choice(list: &Value) -> Result<Value, Error> {
    if let Some(text) = list.as_str() {
        cost::charge(text.len())?;
        let count = text.chars().count();
        let chosen = (count > 0).then(|| text.chars().nth(cost::random_below(count))).flatten();
        return Ok(chosen.map_or(Value::UNDEFINED, |c| Value::from(c.to_string())));
    }
    let count =
        list.len().ok_or_else(|| wrong(format!("nothing to choose of a {}", list.kind())))?;
    match count {
        0 => Ok(Value::UNDEFINED),
        count => list.get_item_by_index(cost::random_below(count)),
    }
}
