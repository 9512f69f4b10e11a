//! Credentials in files, before they get into something that will be shared.
//!
//! Only what is almost certainly a secret is found: keys and tokens by the prefixes and lengths that
//! their issuers document, so that they can be found; and, in files whose names say that secrets are kept
//! there, random-looking values, passwords by their names and those in URLs ([`kept`]). A password in prose
//! is not seen. What looks like a placeholder (few distinct characters, the word EXAMPLE) is none, and a
//! line with [`ALLOW`] is passed over.

mod kept;

use std::ops::{Range, RangeInclusive};

/// A line with these words holds no secret, its author says.
pub const ALLOW: &str = "mldata: allow-secret";

/// Something that should not be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Such as `private key`.
    pub what: &'static str,
    /// Counted from one.
    pub line: u64,
}

/// A token that begins with letters of its own and goes on for a known number of characters.
struct Rule {
    what: &'static str,
    prefix: &'static str,
    alphabet: fn(u8) -> bool,
    length: RangeInclusive<usize>,
    /// Stands somewhere in what follows the prefix.
    within: &'static str,
}

const fn rule(
    what: &'static str,
    prefix: &'static str,
    alphabet: fn(u8) -> bool,
    length: RangeInclusive<usize>,
) -> Rule {
    Rule { what, prefix, alphabet, length, within: "" }
}

/// The letters that OpenAI puts into its keys: `OpenAI` in base 64.
const OPENAI: &str = "T3BlbkFJ";

/// The variable that holds a key of Weights & Biases.
const WANDB: &[u8] = b"WANDB_API_KEY";

/// The names that the AWS CLI has for the secret half of a key: in its files, in the environment, in what
/// `sts` prints.
const AWS_SECRETS: [&[u8]; 3] =
    [b"aws_secret_access_key", b"AWS_SECRET_ACCESS_KEY", b"SecretAccessKey"];

/// How a key or certificate begins (RFC 7468).
const PEM: &[u8] = b"-----BEGIN ";

const RULES: [Rule; 21] = [
    rule("GitHub token", "ghp_", is_alphanumeric, 36..=255),
    rule("GitHub token", "gho_", is_alphanumeric, 36..=255),
    rule("GitHub token", "ghu_", is_alphanumeric, 36..=255),
    rule("GitHub token", "ghs_", is_alphanumeric, 36..=255),
    rule("GitHub token", "ghr_", is_alphanumeric, 36..=255),
    rule("GitHub token", "github_pat_", is_word, 82..=255),
    rule("GitLab token", "glpat-", is_word_or_hyphen, 20..=300),
    rule("GitLab token", "gldt-", is_word_or_hyphen, 20..=300),
    rule("GitLab token", "glrt-", is_word_or_hyphen, 20..=300),
    rule("Hugging Face token", "hf_", is_alphanumeric, 34..=64),
    rule("Slack token", "xoxb-", is_word_or_hyphen, 40..=255),
    rule("Slack token", "xoxp-", is_word_or_hyphen, 40..=255),
    rule("Slack token", "xoxa-", is_word_or_hyphen, 40..=255),
    rule("Slack token", "xoxs-", is_word_or_hyphen, 40..=255),
    rule("Slack token", "xapp-", is_word_or_hyphen, 40..=255),
    Rule { within: OPENAI, ..rule("OpenAI key", "sk-", is_word_or_hyphen, 40..=255) },
    rule("Anthropic key", "sk-ant-", is_word_or_hyphen, 80..=255),
    rule("Google API key", "AIza", is_word_or_hyphen, 35..=35),
    rule("Google client secret", "GOCSPX-", is_word_or_hyphen, 28..=28),
    rule("npm token", "npm_", is_alphanumeric, 36..=36),
    rule("PyPI token", "pypi-AgEIcHlwaS5vcmc", is_word_or_hyphen, 50..=500),
];

/// The first secret in `bytes`.
pub fn find(bytes: &[u8]) -> Option<Finding> {
    find_in_file(b"", bytes)
}

/// Like [`find`], in a file called `name`: in one that is made for secrets, values are looked
/// at more closely.
pub fn find_in_file(name: &[u8], bytes: &[u8]) -> Option<Finding> {
    let found = certain(bytes).next();
    let found = found.or_else(|| {
        let may = kept::is_for_secrets(name);
        may.then(|| kept::values(bytes).next()).flatten()
    });
    found.map(|(at, what)| Finding { what, line: 1 + newlines(&bytes[..at]) })
}

/// All lines of a file called `name` that hold a secret, at most `limit` of them, each with what it is
/// and the line itself. Who shows any of that line to somebody gives the secret away.
pub fn find_all_in_file<'a>(
    name: &[u8],
    bytes: &'a [u8],
    limit: usize,
) -> Vec<(Finding, &'a [u8])> {
    let mut places: Vec<(usize, &'static str)> = certain(bytes).take(limit).collect();
    if kept::is_for_secrets(name) {
        places.extend(kept::values(bytes).take(limit));
        places.sort_by_key(|(at, _)| *at);
    }
    let (mut found, mut line, mut counted) = (Vec::<(Finding, &[u8])>::new(), 1, 0);
    for (at, what) in places {
        line += newlines(&bytes[counted..at]);
        counted = at;
        let is_new = found.last().is_none_or(|(last, _)| last.line != line);
        if is_new && found.len() < limit {
            found.push((Finding { what, line }, &bytes[line_around(bytes, at)]));
        }
    }
    found
}

/// Where secrets begin that their own letters give away: the first of each line.
fn certain(bytes: &[u8]) -> impl Iterator<Item = (usize, &'static str)> {
    let may_begin = |pair: &[u8]| {
        pair[0] < 128 && pair[1] < 128 && SECONDS[pair[0] as usize] >> pair[1] & 1 == 1
    };
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(next) = bytes[at..].windows(2).position(may_begin) {
            let here = at + next;
            at = here + 1;
            if let Some(what) = secret_at(bytes, here) {
                // A line is decided as a whole, and looked at once however long it is. So is a key.
                let line = line_around(bytes, here);
                at = if bytes[here..].starts_with(PEM) { pem_end(bytes, here) } else { line.end };
                if !is_allowed(&bytes[line]) {
                    return Some((here, what));
                }
            }
        }
        None
    })
}

/// For each byte that a secret may begin with, those that may come next, one bit each: nearly nothing that
/// people write passes by both.
static SECONDS: [u128; 128] = {
    let [a, b, c] = AWS_SECRETS;
    let others = [PEM, b"machine", WANDB, b"AKIA", b"ASIA", a, b, c];
    let mut seconds = [0; 128];
    let mut at = 0;
    while at < RULES.len() + others.len() {
        let prefix = match at < RULES.len() {
            true => RULES[at].prefix.as_bytes(),
            false => others[at - RULES.len()],
        };
        seconds[prefix[0] as usize] |= 1 << prefix[1];
        at += 1;
    }
    seconds
};

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The line that the byte at `at` is in, without its end.
fn line_around(bytes: &[u8], at: usize) -> Range<usize> {
    let is_end = |byte: &u8| *byte == b'\n';
    let start = bytes[..at].iter().rposition(is_end).map_or(0, |newline| newline + 1);
    let end = bytes[at..].iter().position(is_end).map_or(bytes.len(), |len| at + len);
    start..end
}

fn is_allowed(line: &[u8]) -> bool {
    line.windows(ALLOW.len()).any(|window| window == ALLOW.as_bytes())
}

/// What begins exactly at `at`.
fn secret_at(bytes: &[u8], at: usize) -> Option<&'static str> {
    let rest = &bytes[at..];
    if rest.starts_with(PEM) {
        return is_private_key(rest).then_some("private key");
    }
    // In JSON, the letter of an escape such as `\n` is no part of a word.
    let is_escape = at > 1 && bytes[at - 2] == b'\\' && matches!(bytes[at - 1], b'n' | b'r' | b't');
    if at > 0 && is_word(bytes[at - 1]) && !is_escape {
        return None;
    }
    if rest.starts_with(b"machine") {
        return has_password(rest).then_some("password");
    }
    if rest.starts_with(WANDB) {
        return is_wandb_key(rest).then_some("Weights & Biases key");
    }
    if let Some(name) = AWS_SECRETS.iter().find(|name| rest.starts_with(name)) {
        return is_aws_secret(&rest[name.len()..]).then_some("AWS secret key");
    }
    if (rest.starts_with(b"AKIA") || rest.starts_with(b"ASIA")) && is_aws_key(bytes, at) {
        return Some("AWS access key");
    }
    let found = RULES.iter().find(|rule| {
        let Some(tail) = rest.strip_prefix(rule.prefix.as_bytes()) else { return false };
        let tail = &tail[..run(tail, rule.alphabet)];
        rule.length.contains(&tail.len())
            && is_varied(tail)
            && (rule.within.is_empty() || contains(tail, rule.within))
    });
    found.map(|rule| rule.what)
}

/// A header with a key below it: programs that read keys have the header alone. In JSON the lines end
/// with `\n` in letters.
fn is_private_key(text: &[u8]) -> bool {
    const LABEL: usize = 64;
    const NEAR: usize = 320;
    let line = &text[b"-----".len()..text.len().min(LABEL)];
    let Some(end) = line.windows(5).position(|window| window == b"-----") else { return false };
    let label = &line[..end];
    if !label.ends_with(b"PRIVATE KEY") && !label.ends_with(b"PRIVATE KEY BLOCK") {
        return false;
    }
    let body = &line[end..];
    let body = &text[text.len().min(LABEL) - body.len()..text.len().min(NEAR)];
    runs(body, is_base64).any(|run| run.len() >= 40 && is_varied(run))
}

/// The end of the last line of the key or certificate that begins at `at`; of its first if no end is near.
fn pem_end(bytes: &[u8], at: usize) -> usize {
    const LONGEST: usize = 64 << 10;
    const END: &[u8] = b"-----END ";
    let near = &bytes[at..bytes.len().min(at + LONGEST)];
    let end = near.windows(END.len()).position(|window| window == END).unwrap_or(0);
    line_around(bytes, at + end).end
}

/// An id, and the key to it in the same place: ids alone are no secret, and a key that has its name beside it
/// is told of by itself.
fn is_aws_key(bytes: &[u8], at: usize) -> bool {
    const NEAR: usize = 512;
    let id = &bytes[at..];
    let id = &id[..run(id, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())];
    if id.len() != 20 || contains(id, "EXAMPLE") {
        return false;
    }
    let near = &bytes[at.saturating_sub(NEAR)..bytes.len().min(at + NEAR)];
    let is_told = AWS_SECRETS.iter().any(|name| {
        let place = near.windows(name.len()).position(|window| window == *name);
        place.is_some_and(|place| is_aws_secret(&near[place + name.len()..]))
    });
    !is_told && runs(near, is_of_aws_secret).any(looks_like_aws_secret)
}

/// The value that is given to one of [`AWS_SECRETS`].
fn is_aws_secret(rest: &[u8]) -> bool {
    given(rest, is_of_aws_secret).is_some_and(looks_like_aws_secret)
}

fn is_of_aws_secret(byte: u8) -> bool {
    is_base64(byte) && byte != b'='
}

fn looks_like_aws_secret(key: &[u8]) -> bool {
    key.len() == 40
        && key.iter().any(u8::is_ascii_uppercase)
        && key.iter().any(u8::is_ascii_lowercase)
        && key.iter().any(u8::is_ascii_digit)
        && is_varied(key)
}

/// The value that is given to [`WANDB`]: 40 hexadecimal digits, which anywhere else may be a commit.
fn is_wandb_key(text: &[u8]) -> bool {
    given(&text[WANDB.len()..], is_word).is_some_and(|key| {
        key.len() == 40 && key.iter().all(u8::is_ascii_hexdigit) && is_varied(key)
    })
}

/// What is given to the name before `rest`, in a shell, YAML, JSON or Python, as far as it is of `class`.
fn given(rest: &[u8], class: impl Fn(u8) -> bool) -> Option<&[u8]> {
    let between = run(rest, |byte| b"\"' \t]),:=".contains(&byte));
    let value = &rest[between..];
    let is_given = rest[..between].iter().any(|byte| b"=:,".contains(byte));
    is_given.then(|| &value[..run(value, class)])
}

/// An entry of a `.netrc`: `machine NAME login NAME password WORD` (ftp(1)).
fn has_password(text: &[u8]) -> bool {
    const NEAR: usize = 512;
    let near = &text[..text.len().min(NEAR)];
    let mut words = near.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let mut next = || words.next().unwrap_or_default();
    if next() != b"machine" || next().is_empty() || next() != b"login" || next().is_empty() {
        return false;
    }
    let (key, password) = (next(), next());
    // Templates have something in brackets instead, scripts a variable.
    let is_placeholder =
        password.starts_with(b"$") || password.iter().any(|byte| b"{<".contains(byte));
    key == b"password" && password.len() >= 6 && !is_placeholder && is_random(password, 2.0)
}

/// Where `part` begins in `whole`, which it is a part of.
fn offset(whole: &[u8], part: &[u8]) -> usize {
    part.as_ptr().addr() - whole.as_ptr().addr()
}

/// Placeholders repeat themselves, or say what they are.
fn is_varied(text: &[u8]) -> bool {
    is_random(text, 3.0)
}

/// Whether a character of `text` tells at least `bits` (Shannon's entropy of its bytes).
fn is_random(text: &[u8], bits: f64) -> bool {
    let mut counts = [0_u32; 256];
    text.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let len = text.len() as f64;
    let share = |count: &u32| f64::from(*count) / len;
    let entropy: f64 =
        counts.iter().filter(|count| **count > 0).map(share).map(|p| -p * p.log2()).sum();
    entropy >= bits && !contains(text, "EXAMPLE") && !contains(text, "example")
}

fn contains(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).any(|window| window == word.as_bytes())
}

/// How many bytes of `text` are of `class` before one is not.
fn run(text: &[u8], class: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|byte| !class(*byte)).unwrap_or(text.len())
}

/// The parts of `text` whose bytes are all of `class`.
fn runs(text: &[u8], class: impl Fn(u8) -> bool) -> impl Iterator<Item = &[u8]> {
    text.split(move |byte| !class(*byte)).filter(|run| !run.is_empty())
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_word(byte: u8) -> bool {
    is_alphanumeric(byte) || byte == b'_'
}

fn is_word_or_hyphen(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

fn is_base64(byte: u8) -> bool {
    is_alphanumeric(byte) || matches!(byte, b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests;
