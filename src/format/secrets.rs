//! Credentials in files, before they get into something that will be shared.
//!
//! Only what is almost certainly a secret is found: keys and tokens by the prefixes and lengths that
//! their issuers document, so that they can be found; and random-looking values in files whose names
//! say that secrets are kept there. A password in prose is not seen. What looks like a placeholder (few
//! distinct characters, the word EXAMPLE) is none, and a line with [`ALLOW`] is passed over.

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

/// Like [`find`], in a file called `name`: in one that is made for secrets, a random-looking value is
/// one.
pub fn find_in_file(name: &[u8], bytes: &[u8]) -> Option<Finding> {
    let found = certain(bytes).next();
    let found = found.or_else(|| {
        let may = is_for_secrets(name);
        may.then(|| random_values(bytes).next()).flatten()
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
    if is_for_secrets(name) {
        places.extend(random_values(bytes).take(limit));
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
    let mut starts = [false; 256];
    for first in RULES.iter().map(|rule| rule.prefix.as_bytes()[0]).chain(*b"-AmW") {
        starts[usize::from(first)] = true;
    }
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(next) = bytes[at..].iter().position(|byte| starts[usize::from(*byte)]) {
            let here = at + next;
            at = here + 1;
            if let Some(what) = secret_at(bytes, here) {
                // A line is decided as a whole, and looked at once however long it is.
                let line = line_around(bytes, here);
                at = line.end;
                if !is_allowed(&bytes[line]) {
                    return Some((here, what));
                }
            }
        }
        None
    })
}

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
    if rest.starts_with(b"-----BEGIN ") {
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

/// An id, and the key to it in the same place: ids alone are no secret.
fn is_aws_key(bytes: &[u8], at: usize) -> bool {
    const NEAR: usize = 512;
    let id = &bytes[at..];
    let id = &id[..run(id, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())];
    if id.len() != 20 || contains(id, "EXAMPLE") {
        return false;
    }
    let near = &bytes[at.saturating_sub(NEAR)..bytes.len().min(at + NEAR)];
    runs(near, |byte| is_base64(byte) && byte != b'=').any(|run| {
        run.len() == 40
            && run.iter().any(u8::is_ascii_uppercase)
            && run.iter().any(u8::is_ascii_lowercase)
            && run.iter().any(u8::is_ascii_digit)
            && is_varied(run)
    })
}

/// The value that is given to [`WANDB`], in a shell, YAML, JSON or Python: 40 hexadecimal digits, which
/// anywhere else may be a commit.
fn is_wandb_key(text: &[u8]) -> bool {
    let rest = &text[WANDB.len()..];
    let between = run(rest, |byte| b"\"' \t]),:=".contains(&byte));
    let key = &rest[between..];
    let key = &key[..run(key, is_word)];
    rest[..between].iter().any(|byte| b"=:,".contains(byte))
        && key.len() == 40
        && key.iter().all(u8::is_ascii_hexdigit)
        && is_varied(key)
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

/// Files that programs keep secrets in.
fn is_for_secrets(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 18] = [
        b".env",
        b".envrc",
        b".git-credentials",
        b".netrc",
        b".npmrc",
        b".pgpass",
        b".pypirc",
        b"_netrc",
        b"credentials",
        b"credentials.json",
        b"id_dsa",
        b"id_ecdsa",
        b"id_ed25519",
        b"id_rsa",
        b"kaggle.json",
        b"secrets.json",
        b"secrets.yaml",
        b"secrets.toml",
    ];
    const PATTERNS: [&[u8]; 4] = [b"example", b"sample", b"template", b"dist"];
    let is_pattern = || name.split(|byte| *byte == b'.').any(|part| PATTERNS.contains(&part));
    NAMES.contains(&name)
        || (name.starts_with(b".env.") || name.ends_with(b".env")) && !is_pattern()
}

/// Where values begin that look random.
fn random_values(bytes: &[u8]) -> impl Iterator<Item = (usize, &'static str)> {
    let is_value = |byte: u8| is_base64(byte) && byte != b'/' || matches!(byte, b'_' | b'-' | b'.');
    let found = runs(bytes, is_value).filter(move |run| {
        let value = run.iter().rposition(|byte| *byte == b'=' && !run.ends_with(b"="));
        let value = &run[value.map_or(0, |at| at + 1)..];
        let has = |class: fn(&u8) -> bool| value.iter().any(class);
        value.len() >= 20
            && has(u8::is_ascii_digit)
            && has(u8::is_ascii_alphabetic)
            && is_random(value, 3.2)
            && !is_allowed(&bytes[line_around(bytes, offset(bytes, run))])
    });
    found.map(|run| (offset(bytes, run), "high-entropy value"))
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
mod tests {
    use super::*;
    use std::path::Path;

    /// Characters in no order, the same in each test: no real secret stands in this file.
    fn random(len: usize, alphabet: &str) -> String {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            alphabet.as_bytes()[(state % alphabet.len() as u64) as usize] as char
        };
        (0..len).map(|_| next()).collect()
    }

    const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const HEX: &str = "0123456789abcdef";
    const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    fn what(text: &str) -> Option<&'static str> {
        find(text.as_bytes()).map(|finding| finding.what)
    }

    #[test]
    fn documented_tokens_are_found() {
        let some = |len| random(len, LETTERS);
        let openai = format!("sk-{}{OPENAI}{}", some(20), some(20));
        let aws = format!("key = AKIA{}\nsecret = {}\n", random(16, UPPER), some(40));
        let dashes = "-".repeat(5);
        let pem = format!("{dashes}BEGIN RSA PRIVATE KEY{dashes}\n{}\n", some(64));
        let json = format!("\"{dashes}BEGIN PRIVATE KEY{dashes}\\n{}\\n\"", some(64));
        for (text, expected) in [
            (format!("x ghp_{} y", some(36)), "GitHub token"),
            (format!("github_pat_{}_{}", some(22), some(59)), "GitHub token"),
            (format!("token='glpat-{}'", some(20)), "GitLab token"),
            (format!("HF_TOKEN=hf_{}", some(34)), "Hugging Face token"),
            (format!("xoxb-{}-{}", random(12, "0123456789"), some(36)), "Slack token"),
            (openai.clone(), "OpenAI key"),
            (openai.replace("sk-", "sk-proj-"), "OpenAI key"),
            (format!("sk-ant-api03-{}", some(93)), "Anthropic key"),
            (format!("AIza{}", some(35)), "Google API key"),
            (aws, "AWS access key"),
            (pem, "private key"),
            (json, "private key"),
            (format!("export WANDB_API_KEY={}", random(40, HEX)), "Weights & Biases key"),
            (format!("'WANDB_API_KEY': \"{}\",", random(40, HEX)), "Weights & Biases key"),
            (
                format!("os.environ[\"WANDB_API_KEY\"] = '{}'", random(40, HEX)),
                "Weights & Biases key",
            ),
            (format!("machine h login me\n  password {}\n", some(12)), "password"),
        ] {
            assert_eq!(what(&text), Some(expected), "{text}");
            let line = find(format!("\n\n{text}").as_bytes()).expect("found").line;
            assert_eq!(line, 3, "{text}");
            let allowed: String = text.lines().map(|line| format!("{line} # {ALLOW}\n")).collect();
            assert_eq!(what(&allowed), None, "{allowed}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        let some = |len| random(len, LETTERS);
        let dashes = "-".repeat(5);
        for text in [
            format!("ghp_{}", some(35)),
            format!("ghp_{}", "x".repeat(36)),
            format!("a_ghp_{}", some(36)),
            format!("AIza{}", some(36)),
            format!("sk-{}", some(48)),
            format!("AKIA{}", random(16, UPPER)),
            format!("AKIAIOSFODNN7EXAMPLE {}", some(40)),
            format!("{dashes}BEGIN RSA PRIVATE KEY{dashes}\n..."),
            format!("{dashes}BEGIN CERTIFICATE{dashes}\n{}\n", some(64)),
            format!("WANDB_API_KEY={}", random(39, HEX)),
            format!("WANDB_API_KEY={}", random(41, HEX)),
            format!("WANDB_API_KEY={}", "0".repeat(40)),
            format!("WANDB_API_KEY {}", random(40, HEX)),
            format!("MY_WANDB_API_KEY={}", random(40, HEX)),
            format!("commit={}", random(40, HEX)),
            "machine learning needs a login and a password".into(),
            format!("machine h login me password {}", "x".repeat(8)),
        ] {
            assert_eq!(what(&text), None, "{text}");
        }
    }

    #[test]
    fn names_tell_where_values_are_secrets() {
        let value = random(32, HEX);
        let line = format!("DEBUG=1\nAPI_KEY={value}\n");
        let found = |name: &str| find_in_file(name.as_bytes(), line.as_bytes());
        for name in [".env", ".env.local", "prod.env", "a.b.env", "credentials.json", "kaggle.json"]
        {
            let expected = Finding { what: "high-entropy value", line: 2 };
            assert_eq!(found(name), Some(expected), "{name}");
        }
        for name in
            ["params.yaml", ".env.example", ".env.example.local", "example.env", "env", "my-env"]
        {
            assert_eq!(found(name), None, "{name}");
        }
        let harmless = b"API_BASE=https://models.internal.company.com/v1\nPATH_TO=/a/b/c\n";
        assert_eq!(find_in_file(b".env", harmless), None);
        let allowed = line.replace(&value, &format!("{value} # {ALLOW}"));
        assert_eq!(find_in_file(b".env", allowed.as_bytes()), None);
    }

    #[test]
    fn all_lines_with_a_secret_are_found() {
        let token = |n: usize| format!("ghp_{}", random(36 + n, LETTERS));
        let (first, second) = (token(0), token(1));
        let text = format!(
            "{first} {second}\n{first} # {ALLOW}\nx\n\"a\\n{second}\"\n{first}\nKEY={}\n",
            random(32, HEX)
        );
        let lines = |name: &str, limit| -> Vec<u64> {
            let found = find_all_in_file(name.as_bytes(), text.as_bytes(), limit);
            let lines: Vec<&str> = text.lines().collect();
            for (finding, line) in &found {
                assert_eq!(lines[finding.line as usize - 1].as_bytes(), *line);
            }
            found.into_iter().map(|(finding, _)| finding.line).collect()
        };
        assert_eq!(lines("a.py", 10), [1, 4, 5]);
        assert_eq!(lines(".env", 10), [1, 4, 5, 6]);
        assert_eq!(lines(".env", 2), [1, 4]);
        assert_eq!(lines("a.py", 0), Vec::<u64>::new());
    }

    /// Ids, hashes, test data and prose: none of this repository's files has a secret.
    #[test]
    fn nothing_is_found_in_this_repository() {
        let mut files = 0;
        let mut pending = vec![Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()];
        while let Some(path) = pending.pop() {
            for entry in std::fs::read_dir(path).expect("readable").flatten() {
                let (path, name) = (entry.path(), entry.file_name());
                if name == "target" || name == ".git" {
                    continue;
                }
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    pending.push(path);
                } else if let Ok(bytes) = std::fs::read(&path) {
                    files += 1;
                    let found = find_in_file(name.as_encoded_bytes(), &bytes);
                    assert_eq!(found, None, "{}", path.display());
                }
            }
        }
        assert!(files > 300, "only {files} files were read");
    }
}
