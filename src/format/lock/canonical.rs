//! Reads the text that [`Lock::text`] writes, many times faster than a YAML parser does.
//!
//! Lines are taken as they come, with little care: what was read is written again, and if the bytes
//! differ, the text was not ours. Whatever is refused here goes to the YAML parser, which also says
//! what is wrong with it.

use std::collections::BTreeMap;

use super::{Lock, LockedCmd, LockedDep, LockedOut, LockedStage, path};
use crate::format::{ObjectId, Target, Value, yaml};

/// The lock that wrote `text`; nothing if none did.
pub(super) fn parse(text: &str) -> Option<Lock> {
    let mut lines = Lines { rest: text.strip_prefix("mlrun: 1\n")? };
    let mut lock = Lock::default();
    if !lines.take("stages: {}") {
        lines.take("stages:").then_some(())?;
        while let Some(line) = lines.below(2) {
            let (name, _) = entry(line)?;
            if name.is_empty() {
                return None;
            }
            lock.stages.insert(name, stage(&mut lines)?);
        }
    }
    (lines.rest.is_empty() && lock.text() == text).then_some(lock)
}

/// What stands before the colon of `line`, and after it.
pub(super) fn entry(line: &str) -> Option<(String, &str)> {
    let end = match line.as_bytes().first()? {
        b'"' => end_of_quoted(line)?,
        _ => line.find(": ").or_else(|| line.strip_suffix(':').map(str::len))?,
    };
    let (key, rest) = line.split_at(end);
    let rest = rest.strip_prefix(':')?;
    Some((string(key)?, rest.strip_prefix(' ').unwrap_or(rest)))
}

struct Lines<'a> {
    rest: &'a str,
}

impl<'a> Lines<'a> {
    /// Takes the next line, without its newline, if `wanted` says so.
    fn next_if<T>(&mut self, wanted: impl FnOnce(&'a str) -> Option<T>) -> Option<T> {
        let (line, rest) = self.rest.split_once('\n')?;
        let taken = wanted(line)?;
        self.rest = rest;
        Some(taken)
    }

    fn take(&mut self, line: &str) -> bool {
        self.next_if(|next| (next == line).then_some(())).is_some()
    }

    /// Takes the next line if exactly `indent` spaces are before its first character.
    fn below(&mut self, indent: usize) -> Option<&'a str> {
        let spaces = &"        "[..indent];
        self.next_if(|line| line.strip_prefix(spaces).filter(|rest| !rest.starts_with(' ')))
    }

    /// Takes the next line if it begins with `start`, and gives what follows.
    fn after(&mut self, start: &str) -> Option<&'a str> {
        self.next_if(|line| line.strip_prefix(start))
    }
}

fn stage(lines: &mut Lines<'_>) -> Option<LockedStage> {
    let cmd = if lines.take("    cmd:") {
        let mut commands = Vec::new();
        while let Some(command) = lines.after("    - ") {
            commands.push(string(command)?);
        }
        LockedCmd::List(commands)
    } else {
        match lines.after("    cmd: ")? {
            "[]" => LockedCmd::List(Vec::new()),
            command => LockedCmd::Text(string(command)?),
        }
    };
    let mut deps = Vec::new();
    if lines.take("    deps:") {
        while let Some(path) = lines.after("    - path: ") {
            let path = string(path)?;
            path::check_dep(&path).ok()?;
            deps.push(LockedDep { path, target: target(lines)? });
        }
        deps.is_sorted_by(|a, b| a.path < b.path).then_some(())?;
    }
    let mut params = BTreeMap::new();
    if lines.take("    params:") {
        while let Some(line) = lines.below(6) {
            let (file, _) = entry(line)?;
            let mut values = BTreeMap::new();
            while let Some(line) = lines.below(8) {
                let (key, text) = entry(line)?;
                values.insert(key, value(text)?);
            }
            params.insert(file, values);
        }
    }
    let mut env = BTreeMap::new();
    if lines.take("    env:") {
        while let Some(line) = lines.below(6) {
            let (name, text) = entry(line)?;
            env.insert(name, if text == "null" { None } else { Some(string(text)?) });
        }
    }
    let mut outs = Vec::new();
    if lines.take("    outs:") {
        while let Some(path) = lines.after("    - path: ") {
            let path = string(path)?;
            path::check_out(&path).ok()?;
            outs.push(LockedOut {
                path,
                target: target(lines)?,
                cache: !lines.take("      cache: false"),
                push: !lines.take("      push: false"),
                remote: match lines.after("      remote: ") {
                    Some(name) => Some(string(name)?),
                    None => None,
                },
            });
        }
        outs.is_sorted_by(|a, b| a.path < b.path).then_some(())?;
    }
    Some(LockedStage { cmd, deps, params, env, outs })
}

fn target(lines: &mut Lines<'_>) -> Option<Target> {
    let oid = |text: &str| ObjectId::parse(text).ok();
    if let Some(text) = lines.after("      oid: ") {
        Some(Target::File {
            oid: oid(text)?,
            size: lines.after("      size: ")?.parse().ok()?,
            exec: lines.take("      exec: true"),
        })
    } else {
        Some(Target::Directory {
            oid: oid(lines.after("      tree: ")?)?,
            size: lines.after("      size: ")?.parse().ok()?,
            files: lines.after("      files: ")?.parse().ok()?,
        })
    }
}

/// A string as it is written: plain, or in double quotes.
fn string(text: &str) -> Option<String> {
    if text.starts_with('"') {
        // What is written is a subset of JSON; other escapes of YAML are for its own parser.
        serde_json::from_str(text).ok()
    } else {
        Some(text.to_owned())
    }
}

/// The value of a parameter. Lists and maps are on one line, as YAML's flow style has them.
fn value(text: &str) -> Option<Value> {
    Some(match text.as_bytes().first()? {
        b'"' => Value::String(string(text)?),
        b'[' | b'{' => yaml::parse(text).ok()?.value(),
        _ => yaml::scalar::value(text).ok()?,
    })
}

/// How many bytes of `text` are the quoted string that it begins with.
fn end_of_quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}
