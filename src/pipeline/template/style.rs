//! How a map becomes arguments: what DVC's settings say about it.
//!
//! `[parsing]` of `.dvc/config` is the one setting of DVC's that changes what a pipeline file means,
//! so it is read where it exists. DVC writes the file as INI; `config.local` beside it comes after.

use crate::fs::RepoPath;
use crate::pipeline::{Result, Source};

/// How values become arguments of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// False becomes `--no-NAME` instead of nothing (`bool = boolean_optional`).
    pub negated: bool,
    /// Each item of a list has the option before it, not the first alone (`list = append`).
    pub repeated: bool,
}

impl Style {
    /// What the DVC project says that `directory` is in.
    pub fn read(source: &dyn Source, directory: &RepoPath) -> Result<Style> {
        let mut style = Style::default();
        let mut above = Some(directory.clone());
        while let Some(directory) = above {
            if let Some(config) = source.read(&directory.join(b".dvc/config"))? {
                style.apply(&config);
                let local = source.read(&directory.join(b".dvc/config.local"))?;
                style.apply(&local.unwrap_or_default());
                break;
            }
            above = directory.parent();
        }
        Ok(style)
    }

    fn apply(&mut self, config: &[u8]) {
        let text = String::from_utf8_lossy(config);
        let mut is_parsing = false;
        for line in text.lines().map(str::trim) {
            if let Some(section) = line.strip_prefix('[') {
                is_parsing = section.split(']').next().is_some_and(|name| name.trim() == "parsing");
            } else if let (true, Some((key, value))) = (is_parsing, line.split_once('=')) {
                let value = value.split('#').next().unwrap_or_default();
                let value = value.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
                match key.trim() {
                    "bool" => self.negated = value == "boolean_optional",
                    "list" => self.repeated = value == "append",
                    _ => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_section_counts_and_the_last_word() {
        let style = |text: &str| {
            let mut style = Style::default();
            style.apply(text.as_bytes());
            (style.negated, style.repeated)
        };
        assert_eq!(style(""), (false, false));
        assert_eq!(
            style("[core]\nlist = append\n['remote \"parsing\"']\nlist=append\n"),
            (false, false)
        );
        assert_eq!(
            style("[parsing]\n    bool = boolean_optional\n    list = append # x\n"),
            (true, true)
        );
        assert_eq!(
            style("[parsing]\nlist = 'Append'\n[core]\n[parsing]\nlist = nargs\n"),
            (false, false)
        );
    }
}
