//! What cookiecutter's users have set: `~/.cookiecutterrc`, or the file that `COOKIECUTTER_CONFIG` names.
//!
//! Two of its settings mean something here: `default_context`, other defaults for questions, and
//! `abbreviations`, short names of sources. A file that cannot be understood is no reason not to make a
//! project: the caller gets a warning to show, and goes on without.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::format::value::Map;
use crate::format::{Value, yaml};
use crate::fs::{self, display_bytes};

/// Such a file is no longer than this, in bytes.
const MAX_LEN: usize = 1 << 20;

/// Settings of the user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserConfig {
    /// `default_context`, for [`super::questions::Given`].
    pub defaults: Map,
    /// `abbreviations`, for [`super::source::Request`].
    pub abbreviations: BTreeMap<String, String>,
}

/// The user's settings, and what is wrong with their file.
pub fn load() -> (UserConfig, Option<String>) {
    match file() {
        Some(path) => load_file(&path),
        None => (UserConfig::default(), None),
    }
}

fn load_file(path: &Path) -> (UserConfig, Option<String>) {
    let shown = display_bytes(path.as_os_str().as_encoded_bytes());
    let read = fs::read_bounded(path, MAX_LEN).map_err(|error| error.to_string());
    match read.and_then(|text| parse(&text).map_err(|why| format!("`{shown}`: {why}"))) {
        Ok(config) => (config, None),
        Err(why) => (UserConfig::default(), Some(format!("{why}; it is not used"))),
    }
}

fn parse(text: &[u8]) -> Result<UserConfig, String> {
    let text = std::str::from_utf8(text).map_err(|_| "it is not UTF-8")?;
    let parsed = yaml::parse(text)
        .map_err(|problem| format!("{problem} (line {})", problem.mark.line))?
        .into_value();
    let mut settings = match parsed {
        Value::Map(map) => map,
        Value::Null => Map::new(),
        other => return Err(format!("expected a map, found {}", other.kind())),
    };
    let mut map = |name: &str| match settings.shift_remove(name) {
        Some(Value::Map(map)) => Ok(map),
        None | Some(Value::Null) => Ok(Map::new()),
        Some(other) => Err(format!("`{name}` is {}, not a map", other.kind())),
    };
    let defaults = map("default_context")?;
    let abbreviation = |(name, value): (String, Value)| match value {
        Value::String(text) => Ok((name, text)),
        other => {
            let name = display_bytes(name.as_bytes());
            Err(format!("the abbreviation `{name}` is {}, not a string", other.kind()))
        }
    };
    let abbreviations = map("abbreviations")?.into_iter().map(abbreviation);
    Ok(UserConfig { defaults, abbreviations: abbreviations.collect::<Result<_, _>>()? })
}

/// The file, if there is one. That a file is named which is not there is worth a warning.
#[expect(clippy::disallowed_methods, reason = "the variable of cookiecutter's")]
fn file() -> Option<PathBuf> {
    let named = std::env::var_os("COOKIECUTTER_CONFIG").filter(|value| !value.is_empty());
    match named {
        Some(path) => Some(PathBuf::from(path)),
        None => fs::home().map(|home| home.join(".cookiecutterrc")).filter(|path| path.exists()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_settings_are_read_and_others_ignored() {
        let text = "\
default_context:
    full_name: Ada
    use_git: true
abbreviations:
    us: https://host.example/{0}.git
cookiecutters_dir: ~/elsewhere
";
        let config = parse(text.as_bytes()).unwrap();
        assert_eq!(config.defaults["full_name"], Value::String("Ada".into()));
        assert_eq!(config.defaults["use_git"], Value::Bool(true));
        assert_eq!(config.abbreviations["us"], "https://host.example/{0}.git");
        assert_eq!(parse(b"").unwrap(), UserConfig::default());
        assert_eq!(parse(b"default_context:\n").unwrap(), UserConfig::default());
    }

    #[test]
    fn a_broken_file_is_a_warning() {
        for text in ["- a\n", "abbreviations: 1\n", "abbreviations: {a: 1}\n", "a: [\n", "\u{0}"] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), text).unwrap();
            let (config, warning) = load_file(file.path());
            assert_eq!(config, UserConfig::default(), "{text}");
            assert!(warning.is_some_and(|text| text.ends_with("it is not used")), "{text}");
        }
        let (_, warning) = load_file(Path::new("/none/at/all"));
        assert!(warning.unwrap().contains("cannot read `/none/at/all`"));
    }
}
