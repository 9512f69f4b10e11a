//! What a committed configuration must not make a tool do.
//!
//! Tools trust the configuration of the project that they run for. That of a clone was written by somebody
//! else, and says more than how code should look:
//!
//! - ruff reads the file that `extend` names, wherever it is, and tells of what is in it. It is not started
//!   if that is no file of the repository.
//! - flake8 imports the modules of `local-plugins`, which runs them. Its INI files are laid out without
//!   that section, which is told. In `pyproject.toml`, which only a plugin reads, flake8 is not started.
//! - interrogate writes a badge and its report to files. It is told other ones on its command line, which
//!   goes before the configuration ([`super::interrogate`]).
//!
//! isort and black, as released until 2026, read and write nothing else than what they are given.

use super::Kind;
use super::configs::Configs;
use crate::fs::{RepoPath, display_bytes};

/// What flake8 calls the section. Configuration files of Python have no other way to write it.
const PLUGINS: &[u8] = b"flake8:local-plugins";
/// What stands in its place: as long, so that places in the file stay what they are.
const NO_PLUGINS: &[u8] = b"flake8:-ocal-plugins";

/// Why `kind` is not started with these configurations.
pub fn refusal(kind: Kind, configs: &Configs) -> Option<String> {
    let refusal = match kind {
        Kind::Ruff => leads_out,
        Kind::Flake8 => names_plugins,
        Kind::Isort | Kind::Black | Kind::Interrogate => return None,
    };
    let reason = configs.iter().find_map(|(path, file)| refusal(path, &file.bytes, configs));
    reason.map(|reason| format!("it was not started: {reason}"))
}

/// The text that is laid out for a configuration file; `None` if it is the file's own.
pub fn without_plugins(bytes: &[u8]) -> Option<Vec<u8>> {
    let places = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(PLUGINS));
    let mut text = None;
    for at in places {
        let text = text.get_or_insert_with(|| bytes.to_vec());
        text[at..at + PLUGINS.len()].copy_from_slice(NO_PLUGINS);
    }
    text
}

fn leads_out(path: &RepoPath, bytes: &[u8], configs: &Configs) -> Option<String> {
    let shown = display_bytes(path.as_bytes());
    match extended(path, bytes) {
        Err(reason) => Some(format!("`{shown}` is no TOML: {reason}")),
        Ok(None) => None,
        Ok(Some(Extended { path: Some(target), .. })) if configs.has(&target) => None,
        Ok(Some(Extended { text, .. })) => {
            let text = display_bytes(text.as_bytes());
            Some(format!("`{shown}` extends `{text}`, which is no file of this repository"))
        }
    }
}

fn names_plugins(path: &RepoPath, bytes: &[u8], _: &Configs) -> Option<String> {
    if path.file_name() != b"pyproject.toml" {
        return None;
    }
    let table = match parse(bytes) {
        Ok(table) => table,
        Err(reason) => {
            return Some(format!("`{}` is no TOML: {reason}", display_bytes(path.as_bytes())));
        }
    };
    let flake8 = table.get("tool")?.get("flake8")?.as_table()?;
    let has = flake8.keys().any(|key| key.replace('_', "-").contains("local-plugins"));
    has.then(|| {
        let shown = display_bytes(path.as_bytes());
        format!("`{shown}` names plugins in this repository, which would be run")
    })
}

/// What a configuration of ruff builds upon.
pub struct Extended {
    text: String,
    /// `None` if it is outside of the repository.
    pub path: Option<RepoPath>,
}

/// What the configuration of ruff at `path` builds upon, if it is one.
///
/// # Errors
/// It is no TOML; why.
pub fn extended(path: &RepoPath, bytes: &[u8]) -> Result<Option<Extended>, String> {
    let is_project = path.file_name() == b"pyproject.toml";
    if !is_project && !path.as_bytes().ends_with(b".toml") {
        return Ok(None);
    }
    let table = parse(bytes)?;
    let ruff = match is_project {
        true => table.get("tool").and_then(|tool| tool.get("ruff")),
        false => None,
    };
    let target =
        if is_project { ruff.and_then(|ruff| ruff.get("extend")) } else { table.get("extend") };
    let Some(text) = target.and_then(toml::Value::as_str) else { return Ok(None) };
    // It puts in the user's directory and the values of variables.
    let is_plain = !text.starts_with('~') && !text.contains('$');
    let resolved = path.parent().and_then(|parent| parent.resolve(text.as_bytes()));
    // Of what it extends, only such names are looked into for what that extends.
    let is_toml = |path: &RepoPath| path.as_bytes().ends_with(b".toml");
    let resolved = resolved.filter(|path| is_plain && is_toml(path));
    Ok(Some(Extended { text: text.to_owned(), path: resolved }))
}

fn parse(bytes: &[u8]) -> Result<toml::Table, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    toml::from_str(text).map_err(|error| error.message().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).expect("valid")
    }

    #[test]
    fn what_ruff_extends_is_found_inside_the_repository_only() {
        let find = |at: &str, text: &str| {
            extended(&path(at), text.as_bytes())
                .map(|found| found.map(|it| it.path.map(|path| path.to_string())))
        };
        let inside = |name: &str| Ok(Some(Some(name.to_owned())));
        assert_eq!(find("a/ruff.toml", "extend = '../base.toml'"), inside("base.toml"));
        assert_eq!(find("pyproject.toml", "tool.ruff.extend = 'c/r.toml'"), inside("c/r.toml"));
        assert_eq!(find("pyproject.toml", "extend = 'c/r.toml'"), Ok(None));
        assert_eq!(find("setup.cfg", "extend = 'a'"), Ok(None));
        for out in ["../base.toml", "/etc/x.toml", "~/x.toml", "$HOME/x.toml", "base"] {
            assert_eq!(find("ruff.toml", &format!("extend = '{out}'")), Ok(Some(None)), "{out}");
        }
        assert!(find("ruff.toml", "extend = [1").is_err());
    }

    #[test]
    fn plugins_are_left_out_at_the_same_length() {
        let text = b"[flake8]\n[flake8:local-plugins]\nx = 1\n";
        let without = without_plugins(text).expect("it has some");
        assert_eq!(without, b"[flake8]\n[flake8:-ocal-plugins]\nx = 1\n");
        assert_eq!(without_plugins(b"[flake8]\n"), None);
    }
}
