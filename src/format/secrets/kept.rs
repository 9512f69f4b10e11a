//! Secrets in files that programs keep them in: `.env`, `.netrc`, `credentials.json` and their like.
//!
//! There, three more things give a secret away: a password in a URL (RFC 3986, 3.2.1), a name such as
//! `DB_PASSWORD`, and that a value looks random. Most values in such files are none: hosts, paths, URLs,
//! digests of what is downloaded, and placeholders are passed over.

use super::{PEM, is_allowed, is_base64, is_random, is_word, line_around, offset, run, runs};

/// Bytes of one value that are looked at.
const VALUE: usize = 4096;
/// Bytes of one name.
const NAME: usize = 128;

/// Files that programs keep secrets in.
pub(super) fn is_for_secrets(name: &[u8]) -> bool {
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

/// Where such values begin: the first of each line. Keys in PEM are others' to find, as a whole.
pub(super) fn values(bytes: &[u8]) -> impl Iterator<Item = (usize, &'static str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let line = line_around(bytes, at);
            at = line.end + 1;
            let text = &bytes[line.clone()];
            if let Some(begin) = text.windows(PEM.len()).position(|window| window == PEM) {
                at = super::pem_end(bytes, line.start + begin) + 1;
            } else if !is_allowed(text)
                && let Some((within, what)) = in_line(text)
            {
                return Some((line.start + within, what));
            }
        }
        None
    })
}

fn in_line(line: &[u8]) -> Option<(usize, &'static str)> {
    let url = in_url(line).map(|at| (at, "password in a URL"));
    let random = || random(line).map(|at| (at, "high-entropy value"));
    let named = || named(line).map(|at| (at, "value whose name says that it is a secret"));
    url.or_else(random).or_else(named)
}

/// The password of `SCHEME://USER:PASSWORD@HOST`.
fn in_url(line: &[u8]) -> Option<usize> {
    const MARK: &[u8] = b"://";
    let ends = |byte: u8| byte.is_ascii_whitespace() || b"/?#\"'`".contains(&byte);
    let mut at = 0;
    while let Some(next) = line[at..].windows(MARK.len()).position(|window| window == MARK) {
        at += next + MARK.len();
        let rest = &line[at..line.len().min(at + VALUE)];
        let authority = &rest[..run(rest, |byte| !ends(byte))];
        let Some(end) = authority.iter().rposition(|byte| *byte == b'@') else { continue };
        let Some(colon) = authority[..end].iter().position(|byte| *byte == b':') else { continue };
        let (user, password) = (&authority[..colon], &authority[colon + 1..end]);
        // `postgres:postgres` is what a container on this machine has.
        if user != password && !is_placeholder(password) {
            return Some(at + colon + 1);
        }
    }
    None
}

/// A value that looks random, and is nothing that is known to.
fn random(line: &[u8]) -> Option<usize> {
    let is_part = |byte: u8| byte.is_ascii_graphic() && !b"\"'`,;<>(){}[]|".contains(&byte);
    let is_value = |byte: u8| is_base64(byte) && byte != b'/' || matches!(byte, b'_' | b'-' | b'.');
    let found = runs(line, is_part).flat_map(|word| {
        let is_name = |byte: u8| is_word(byte) || matches!(byte, b'-' | b'.');
        let name = run(word, is_name);
        let value = if word.get(name) == Some(&b'=') { &word[name + 1..] } else { word };
        // What a query tells may be a secret; the rest of a URL without a password is public.
        let rest = match contains_mark(value) {
            true => value.split(|byte| *byte == b'?').nth(1).unwrap_or_default(),
            false if is_path(value) || is_digest(value) => &[],
            false => value,
        };
        runs(rest, is_value)
    });
    let is_random = |part: &[u8]| {
        let value = part.iter().rposition(|byte| *byte == b'=' && !part.ends_with(b"="));
        let value = &part[value.map_or(0, |at| at + 1)..];
        value.len() >= 20
            && value.iter().any(u8::is_ascii_digit)
            && value.iter().any(u8::is_ascii_alphabetic)
            && is_random(value, 3.2)
            && !is_host(value)
            && !is_uuid(value)
            // The id of an AWS key, which is no secret.
            && !(value.len() == 20 && (value.starts_with(b"AKIA") || value.starts_with(b"ASIA")))
    };
    found.into_iter().find(|part| is_random(part)).map(|part| offset(line, part))
}

/// A value that is given to a name which says that it is a secret: `export DB_PASSWORD=…`,
/// `"api_key": "…"`, `password = …`.
fn named(line: &[u8]) -> Option<usize> {
    let separators = (0..line.len()).filter(|at| matches!(line[*at], b'=' | b':'));
    separators.filter(|at| is_secret_name(name_before(&line[..*at]))).find_map(|at| {
        let rest = &line[at + 1..];
        let blank = run(rest, |byte| matches!(byte, b' ' | b'\t'));
        let start = at + 1 + blank;
        let rest = &line[start..line.len().min(start + VALUE)];
        let (start, value) = match rest.first() {
            Some(&quote @ (b'"' | b'\'')) => {
                (start + 1, &rest[1..1 + run(&rest[1..], |byte| byte != quote)])
            }
            _ => (start, &rest[..run(rest, |byte| !byte.is_ascii_whitespace())]),
        };
        let is_secret = !is_placeholder(value) && !is_path(value) && !contains_mark(value);
        is_secret.then_some(start)
    })
}

/// The name that `text` ends with; empty if that is a variable which is read.
fn name_before(text: &[u8]) -> &[u8] {
    let text = &text[text.len().saturating_sub(NAME)..];
    let is_between = |byte: &u8| matches!(byte, b' ' | b'\t' | b'"' | b'\'');
    let end = text.iter().rposition(|byte| !is_between(byte)).map_or(0, |at| at + 1);
    let is_name = |byte: &u8| is_word(*byte) || matches!(byte, b'-' | b'.');
    let start = text[..end].iter().rposition(|byte| !is_name(byte)).map_or(0, |at| at + 1);
    let is_read = start > 0 && matches!(text[start - 1], b'$' | b'{');
    if is_read { b"" } else { &text[start..end] }
}

fn is_secret_name(name: &[u8]) -> bool {
    const WORDS: [&[u8]; 5] = [b"PASSWORD", b"PASSWD", b"SECRET", b"TOKEN", b"APIKEY"];
    const PAIRS: [[&[u8]; 2]; 2] = [[b"API", b"KEY"], [b"PRIVATE", b"KEY"]];
    // Of these the value tells where the secret is, or something about it.
    const OTHERS: [&[u8]; 19] = [
        b"ALGORITHM",
        b"COUNT",
        b"DIR",
        b"ENDPOINT",
        b"EXPIRES",
        b"EXPIRY",
        b"FILE",
        b"HEADER",
        b"HOST",
        b"ID",
        b"LENGTH",
        b"LIMIT",
        b"NAME",
        b"PATH",
        b"PREFIX",
        b"TTL",
        b"TYPE",
        b"URI",
        b"URL",
    ];
    let upper = name.to_ascii_uppercase();
    let words: Vec<&[u8]> = upper.split(|byte| !byte.is_ascii_alphanumeric()).collect();
    let is_word = |word: &&[u8]| WORDS.iter().any(|known| word.ends_with(known));
    !words.last().is_some_and(|last| OTHERS.contains(last))
        && (words.iter().any(is_word)
            || words.windows(2).any(|pair| PAIRS.iter().any(|it| it == pair)))
}

/// What stands where somebody shall put a secret, or something reads it.
fn is_placeholder(value: &[u8]) -> bool {
    const WHOLE: [&str; 14] = [
        "admin", "default", "false", "none", "null", "passwd", "password", "postgres", "root",
        "secret", "test", "token", "true", "user",
    ];
    const PARTS: [&str; 11] = [
        "change-me",
        "change_me",
        "changeme",
        "dummy",
        "example",
        "placeholder",
        "redacted",
        "todo",
        "xxx",
        "your-",
        "your_",
    ];
    let value = value[..value.len().min(VALUE)].to_ascii_lowercase();
    let value = String::from_utf8_lossy(&value);
    value.len() < 4
        || value.starts_with(['$', '<', '{', '[', '%', '`', '*'])
        || value.contains("${")
        || value.contains("$(")
        || WHOLE.contains(&&value[..])
        || PARTS.iter().any(|part| value.contains(part))
        || !is_random(value.as_bytes(), 1.0)
}

fn contains_mark(value: &[u8]) -> bool {
    value.windows(3).any(|window| window == b"://")
}

/// Base 64 has no hyphens, underscores and dots where it has slashes.
fn is_path(value: &[u8]) -> bool {
    let starts = [&b"/"[..], b"~/", b"./", b"../"].iter().any(|start| value.starts_with(start));
    starts || value.contains(&b'/') && value.iter().any(|byte| b"-_.".contains(byte))
}

/// `sha256-…=` of Subresource Integrity and Nix, `sha256:…` of images and lock files.
fn is_digest(value: &[u8]) -> bool {
    const NAMES: [&[u8]; 6] = [b"md5", b"sha1", b"sha224", b"sha256", b"sha384", b"sha512"];
    let value = value.rsplit(|byte| *byte == b'@').next().unwrap_or_default();
    let name = run(value, |byte| byte.is_ascii_alphanumeric());
    NAMES.contains(&&value[..name]) && matches!(value.get(name), Some(b'-' | b':'))
}

/// Labels as in the Domain Name System, of which the last is a word; also names of modules and files.
fn is_host(value: &[u8]) -> bool {
    let is_label = |label: &[u8]| {
        let is_part =
            |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
        !label.is_empty() && label.iter().all(is_part)
    };
    let mut labels = value.rsplit(|byte| *byte == b'.');
    let last = labels.next().unwrap_or_default();
    last.len() >= 2
        && last.iter().all(u8::is_ascii_lowercase)
        && labels.clone().next().is_some()
        && labels.all(is_label)
}

fn is_uuid(value: &[u8]) -> bool {
    let lens = value.split(|byte| *byte == b'-').map(<[u8]>::len);
    lens.eq([8, 4, 4, 4, 12]) && value.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(line: &str) -> Option<&'static str> {
        values(line.as_bytes()).next().map(|(_, what)| what)
    }

    #[test]
    fn passwords_are_found_by_name_and_in_urls() {
        for line in [
            "MLFLOW_TRACKING_PASSWORD=hunter2hunter2",
            "export PGPASSWORD='correct horse'",
            "  \"client_secret\": \"s3cr3t-value\",",
            "password = tr0ub4dor",
            "STRIPE_API_KEY=abcd1234",
            "//registry.npmjs.org/:_authToken=a1b2c3d4",
            "# OLD_PASSWD=hunter2",
            "HEROKU_API_KEY=01234567-89ab-4cde-8f01-23456789abcd",
        ] {
            assert_eq!(what(line), Some("value whose name says that it is a secret"), "{line}");
            assert_eq!(what(&format!("{line} # mldata: allow-secret")), None);
        }
        for line in [
            "DATABASE_URL=postgresql://u:Sup3rS3cret@db/x",
            "url = \"https://me:hunter2@example.com/a.git\"",
            "A=http://a.org,redis://:hunter2@cache:6379",
        ] {
            assert_eq!(what(line), Some("password in a URL"), "{line}");
        }
    }

    #[test]
    fn what_stands_for_a_secret_is_none() {
        for line in [
            "PASSWORD=",
            "PASSWORD=changeme",
            "PASSWORD=xxxxxxxx",
            "PASSWORD=********",
            "PASSWORD=<your password>",
            "PASSWORD=${OTHER}",
            "PASSWORD=\"$(pass show db)\"",
            "SECRET=your-secret-here",
            "API_KEY=example-key",
            "PASSWORD_FILE=/run/secrets/db",
            "DB_PASSWORD=/run/secrets/db",
            "TOKEN_URL=https://login.host/oauth",
            "TOKENIZERS_PARALLELISM=false",
            "MAX_TOKENS=4096",
            "SECRET_NAME=production-database",
            "PRIVATE_KEY_PATH=keys/id",
            "[ \"$TOKEN\" = abcdef ] || echo ${TOKEN:-unset1} ${TOKEN:=unset2}",
            "DATABASE_URL=postgresql://u:${DB_PASSWORD}@db/x",
            "DATABASE_URL=postgresql://u:<password>@db/x",
            "DATABASE_URL=postgresql://postgres:postgres@localhost/x",
            "A=https://me@host/x:y@z",
        ] {
            assert_eq!(what(line), None, "{line}");
        }
    }

    #[test]
    fn hosts_digests_paths_and_ids_are_not_random() {
        for line in [
            "source_url \"https://raw.githubusercontent.com/nix-community/nix-direnv/3.0.6/direnvrc\" \
             \"sha256-RYcUJaRMf8oF5LznDrlCXbkOQrywm0HDv1VjYGaJGdM=\"",
            "MLFLOW_TRACKING_URI=https://mlflow-prod-2.eu-central-1.compute.amazonaws.com",
            "DB_HOST=mlflow-prod-2.eu-central-1.compute.amazonaws.com:5432",
            "IMAGE=registry.host/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "sha512-RYcUJaRMf8oF5LznDrlCXbkOQrywm0HDv1VjYGaJGdM0a1b2c3d4e5f==",
            "RUN=01234567-89ab-4cde-8f01-23456789abcd",
            "MODEL=models/resnet50-imagenet-v2-2023/weights.safetensors",
            "CACHE=/var/cache/a1b2c3d4e5f6g7h8i9j0k1l2m3",
        ] {
            assert_eq!(what(line), None, "{line}");
        }
        for line in [
            "KEY=a1b2c3d4e5f6g7h8i9j0k1l2m3",
            "KEY=https://host/x?sig=a1b2c3d4e5f6g7h8i9j0k1l2m3",
            "host:5432:db:me:a1B2c3d4e5f6g7h8i9j0k1l2m3",
            "KEY=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0",
        ] {
            assert_eq!(what(line), Some("high-entropy value"), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_looked_at(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            for (at, _) in values(&bytes) {
                assert!(at <= bytes.len());
            }
        }

        #[test]
        fn any_text_is_looked_at(text in "([A-Z_]{0,6}(TOKEN|KEY)?[=:@/ \"'\n]{0,3}(://)?[a-z0-9$]{0,9}){0,9}") {
            let found: Vec<_> = values(text.as_bytes()).collect();
            assert!(found.is_sorted());
        }
    }
}
