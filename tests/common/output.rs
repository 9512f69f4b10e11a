//! What a command wrote, and how it ended.

use std::fmt;
use std::path::{Path, PathBuf};

/// The output of a command. Its [`fmt::Display`] is for inline snapshots: both streams and the exit
/// code, with the test's directory as `$ROOT`, ids shortened, durations replaced, and without the line that
/// tells of a recorded run.
#[derive(Debug)]
pub struct Output {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// `None` if a signal ended it.
    pub exit_code: Option<i32>,
    root: PathBuf,
}

impl Output {
    pub fn new(output: std::process::Output, root: &Path) -> Output {
        Output {
            stdout: output.stdout,
            stderr: output.stderr,
            exit_code: output.status.code(),
            root: root.to_owned(),
        }
    }

    /// Asserts exit code 0.
    #[track_caller]
    pub fn success(self) -> Output {
        self.code(0)
    }

    /// Asserts an exit code.
    #[track_caller]
    pub fn code(self, expected: i32) -> Output {
        assert!(self.exit_code == Some(expected), "expected exit code {expected}:\n{self}");
        self
    }

    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error} in\n{self}"))
    }

    fn normalise(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let root = self.root.to_string_lossy().into_owned();
        let text = shorten_hex(&text.replace(&root, "$ROOT"));
        let lines =
            text.lines().map(|line| replace_runs(&replace_stamps(&replace_durations(line))));
        // It ends whatever ran something, and only the tests of recording are about it.
        let lines = lines.filter(|line| line != "Run <name> (<id>) recorded.");
        let lines = lines.map(|line| line + "\n");
        lines.collect()
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.normalise(&self.stdout))?;
        let stderr = self.normalise(&self.stderr);
        if !stderr.is_empty() {
            write!(f, "[stderr]\n{stderr}")?;
        }
        match self.exit_code {
            Some(0) => f.write_str("[ok]"),
            Some(code) => write!(f, "[exit code {code}]"),
            None => f.write_str("[killed]"),
        }
    }
}

/// Runs of 32 or more hexadecimal digits keep their first seven: ids of objects stay comparable.
/// Those of 32 digits are random names.
fn shorten_hex(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')).count();
        match digits {
            0 => {
                let next = rest.chars().next().map_or(1, char::len_utf8);
                short.push_str(&rest[..next]);
                rest = &rest[next..];
                continue;
            }
            32 => short.push_str("<id>"),
            40 | 64 => {
                short.push_str(&rest[..7]);
                short.push('…');
            }
            _ => short.push_str(&rest[..digits]),
        }
        rest = &rest[digits..];
    }
    short
}

/// `in 1.25 s` becomes `in <time>`.
fn replace_durations(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let unit = words.get(at + 1).map(|unit| unit.trim_end_matches(['.', ',', ')']));
        if words[at].parse::<f64>().is_ok() && matches!(unit, Some("s" | "ms")) {
            let tail = &words[at + 1][unit.map_or(0, str::len)..];
            out.push(format!("<time>{tail}"));
            at += 2;
        } else {
            out.push(words[at].to_owned());
            at += 1;
        }
    }
    out.join(" ")
}

/// `Run quiet-otter-417 (0123abcd)` becomes `Run <name> (<id>)`: both are random.
fn replace_runs(line: &str) -> String {
    let Some((before, rest)) = line.split_once("Run ") else { return line.to_owned() };
    let mut words = rest.splitn(2, ' ');
    let (name, after) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let parts: Vec<&str> = name.split('-').collect();
    let is_name = parts.len() == 3
        && parts[..2].iter().all(is_word)
        && parts[2].bytes().all(|b| b.is_ascii_digit());
    if !is_name {
        return line.to_owned();
    }
    let id = after.strip_prefix('(').and_then(|after| after.split_once(')'));
    let is_id = |id: &str| id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit());
    match id {
        Some((id, after)) if is_id(id) => format!("{before}Run <name> (<id>){after}"),
        _ => format!("{before}Run <name> {after}"),
    }
}

/// `20260401T093011-checkout` becomes `<stamp>-checkout`, and so does `20260401T093011-checkout-2`.
fn replace_stamps(line: &str) -> String {
    let is_stamp = |text: &[u8]| {
        text.iter().enumerate().all(|(at, b)| if at == 8 { *b == b'T' } else { b.is_ascii_digit() })
    };
    let mut out = line.to_owned();
    while let Some(at) = out.as_bytes().windows(15).position(is_stamp) {
        out.replace_range(at..at + 15, "<stamp>");
    }
    for verb in ["checkout", "recover"] {
        let stem = format!("<stamp>-{verb}");
        let parts: Vec<&str> = out.split(&stem).collect();
        let number = |part: &str| {
            let rest = part.strip_prefix('-').unwrap_or_default();
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits > 0 { 1 + digits } else { 0 }
        };
        let tails = parts[1..].iter().map(|part| &part[number(part)..]);
        out = std::iter::once(parts[0]).chain(tails).collect::<Vec<_>>().join(&stem);
    }
    // Those of stages have eight digits of their address first.
    let stem = "<stamp>-repro-";
    let parts: Vec<&str> = out.split(stem).collect();
    let short = |part: &str| {
        let (address, rest) = part.split_at_checked(8).unwrap_or((part, ""));
        let digits = rest.strip_prefix('-').unwrap_or_default();
        let digits = digits.bytes().take_while(u8::is_ascii_digit).count();
        let number = if digits > 0 { 1 + digits } else { 0 };
        format!("{address}{}", &rest[number..])
    };
    let tails = parts[1..].iter().map(|part| short(part));
    std::iter::once(parts[0].to_owned()).chain(tails).collect::<Vec<_>>().join(stem)
}

#[test]
fn snapshots_are_the_same_on_every_machine() {
    let oid = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(shorten_hex(&format!("sha256:{oid}, é")), "sha256:e3b0c44…, é");
    assert_eq!(shorten_hex(&format!("id {} of deadbeef", &oid[..32])), "id <id> of deadbeef");
    assert_eq!(
        replace_durations("added 3 files in 0.25 s, 5 skipped"),
        "added 3 files in <time>, 5 skipped"
    );
    assert_eq!(
        replace_runs("Run quiet-otter-417 (0123abcd) recorded."),
        "Run <name> (<id>) recorded."
    );
    assert_eq!(replace_runs("Run quiet-otter-417 was killed"), "Run <name> was killed");
    assert_eq!(replace_runs("Run `train`?"), "Run `train`?");
    assert_eq!(replace_stamps("at 20260401T093011-checkout."), "at <stamp>-checkout.");
    assert_eq!(replace_stamps("at 20260401T093011-checkout-12."), "at <stamp>-checkout.");
    let stage = "20260401T093011-repro-0123abcd";
    assert_eq!(
        replace_stamps(&format!("{stage}-12, {stage}")),
        "<stamp>-repro-0123abcd, <stamp>-repro-0123abcd"
    );
}
