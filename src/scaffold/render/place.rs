//! Where a project is rendered from and to, which texts of a template may say.

use crate::format::Value;
use crate::fs::RepoPath;
use crate::scaffold::Answers;

/// The variables that describe a render.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// `_template`: the source as the user named it.
    pub template: String,
    /// `_output_dir`: the absolute path of the directory in which the project's own will be.
    pub output_dir: String,
    /// `_repo_dir`: where the template's files are.
    pub repo_dir: String,
    /// `_checkout`: the branch, tag or commit that was asked for.
    pub checkout: Option<String>,
}

impl Place {
    /// The place of the template in `directory`, which the one in `base` of the same source offers.
    #[must_use]
    pub(in crate::scaffold) fn nested(self, base: &RepoPath, directory: &RepoPath) -> Place {
        let below = String::from_utf8_lossy(&directory.relative_to(base)).into_owned();
        let path = format!("{}/{below}", self.repo_dir);
        Place { template: path.clone(), repo_dir: path, ..self }
    }

    /// `answers` with these variables: what files and hooks are rendered with. They are no part of the
    /// answers themselves, which are recorded and shared.
    #[must_use]
    pub fn describe(&self, answers: &Answers) -> Answers {
        let mut described = answers.clone();
        let checkout = self.checkout.clone().map_or(Value::Null, Value::String);
        described.values.extend([
            ("_template".to_owned(), Value::String(self.template.clone())),
            ("_output_dir".to_owned(), Value::String(self.output_dir.clone())),
            ("_repo_dir".to_owned(), Value::String(self.repo_dir.clone())),
            ("_checkout".to_owned(), checkout),
        ]);
        described
    }
}
