//! Writes the one text that a lock has.

use super::{Lock, LockedCmd, LockedDep, LockedOut, LockedStage};
use crate::format::Target;
use crate::format::yaml::emit;

/// The first line.
pub(super) const HEAD: &str = "mlrun: 1\n";

/// The canonical text.
pub(super) fn text(lock: &Lock) -> String {
    let mut text = String::from(HEAD);
    if lock.stages.is_empty() {
        text.push_str("stages: {}\n");
        return text;
    }
    text.push_str("stages:\n");
    for (name, stage) in &lock.stages {
        self::stage(&mut text, name, stage);
    }
    text
}

/// One stage with its name.
pub(super) fn stage(text: &mut String, name: &str, stage: &LockedStage) {
    text.push_str("  ");
    text.push_str(&emit::scalar(name));
    text.push_str(":\n");
    block(text, stage);
}

/// The lines of one stage.
pub(super) fn block_text(stage: &LockedStage) -> String {
    let mut text = String::new();
    block(&mut text, stage);
    text
}

fn block(text: &mut String, stage: &LockedStage) {
    let LockedStage { cmd, deps, params, env, outs } = stage;
    match cmd {
        LockedCmd::Text(command) => line(text, "    cmd: ", &emit::scalar(command)),
        LockedCmd::List(commands) if commands.is_empty() => line(text, "    cmd: ", "[]"),
        LockedCmd::List(commands) => {
            text.push_str("    cmd:\n");
            for command in commands {
                line(text, "    - ", &emit::scalar(command));
            }
        }
    }
    if !deps.is_empty() {
        text.push_str("    deps:\n");
        for LockedDep { path, target } in ascending(deps, |dep| &dep.path) {
            line(text, "    - path: ", &emit::scalar(path));
            self::target(text, target);
        }
    }
    if !params.is_empty() {
        text.push_str("    params:\n");
        for (file, values) in params {
            let empty = if values.is_empty() { " {}" } else { "" };
            line(text, "      ", &format!("{}:{empty}", emit::scalar(file)));
            for (key, value) in values {
                line(text, "        ", &format!("{}: {}", emit::scalar(key), emit::flow(value)));
            }
        }
    }
    if !env.is_empty() {
        text.push_str("    env:\n");
        for (name, value) in env {
            let value = value.as_deref().map_or("null".into(), emit::scalar);
            line(text, "      ", &format!("{}: {value}", emit::scalar(name)));
        }
    }
    if !outs.is_empty() {
        text.push_str("    outs:\n");
        for LockedOut { path, target, cache, push, remote } in ascending(outs, |out| &out.path) {
            line(text, "    - path: ", &emit::scalar(path));
            self::target(text, target);
            if !cache {
                text.push_str("      cache: false\n");
            }
            if !push {
                text.push_str("      push: false\n");
            }
            if let Some(remote) = remote {
                line(text, "      remote: ", &emit::scalar(remote));
            }
        }
    }
}

fn target(text: &mut String, target: &Target) {
    let kind = if target.is_directory() { "      tree: " } else { "      oid: " };
    line(text, kind, &target.oid().to_string());
    line(text, "      size: ", &target.size().to_string());
    match *target {
        Target::File { exec: true, .. } => text.push_str("      exec: true\n"),
        Target::File { exec: false, .. } => {}
        Target::Directory { files, .. } => line(text, "      files: ", &files.to_string()),
    }
}

fn line(text: &mut String, start: &str, rest: &str) {
    text.push_str(start);
    text.push_str(rest);
    text.push('\n');
}

/// Items in the order of the file, whatever theirs is.
fn ascending<T>(items: &[T], path: impl Fn(&T) -> &String) -> Vec<&T> {
    let mut items: Vec<&T> = items.iter().collect();
    items.sort_by(|a, b| path(a).cmp(path(b)));
    items
}
