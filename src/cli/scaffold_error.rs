//! Hints for what goes wrong with templates.

use super::error::{CliError, ErrorKind, quoted};
use crate::fs::display_bytes;
use crate::pipeline::workspace::near::near;
use crate::scaffold::{Error, Foreign, builtin};

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        match error {
            Error::Fs(error) => error.into(),
            Error::Git(error) => error.into(),
            Error::Format(error) => error.into(),
            Error::Init(error) => error.into(),
            Error::UnknownTemplate { ref name } => {
                let names: Vec<String> = builtin::names().map(str::to_owned).collect();
                let built_in = match &near(name, builtin::names())[..] {
                    [] => format!("the built-in templates are {}", quoted(&names)),
                    near => format!("did you mean {}?", quoted(near)),
                };
                CliError::user(error).hints([
                    built_in,
                    "others are named by a directory, a URL, or as gh:OWNER/NAME".into(),
                ])
            }
            Error::LocalSource { .. } => CliError::user(error).hints([
                "if the template is yours, `--allow-local` reads it".to_owned(),
                "a project from elsewhere could name any directory, and get what is there".to_owned(),
            ]),
            Error::RemoteArchive { .. } => {
                CliError::user(error).hint("download it, and give the file's name")
            }
            Error::Unreachable { ref source_name, .. } => {
                let shown = crate::fs::display_bytes(source_name.as_bytes());
                let hint = format!("see whether `git ls-remote {shown}` works");
                CliError::user(error).hint(hint)
            }
            Error::UnknownReference { ref known, .. } if known.is_empty() => {
                CliError::user(error).hint("it has no branches and no tags")
            }
            Error::UnknownReference { ref known, .. } => {
                let hint = format!("among its branches and tags are {}", quoted(known));
                CliError::user(error).hint(hint)
            }
            Error::Busy { .. } => {
                CliError::user(error).hint("run the command again when it is done")
            }
            Error::NotATemplate { found: Foreign::Copier, .. } => CliError::user(error)
                .hint("it is a template for copier, in a format that is not rendered here"),
            Error::NotATemplate { found: Foreign::CargoGenerate, .. } => CliError::user(error)
                .hint("it is a template for cargo-generate, in a format that is not rendered here"),
            Error::NotATemplate { .. } => CliError::user(error)
                .hint("a template has a `cookiecutter.json` in its top directory"),
            Error::UnknownVariable { ref name, ref known } => {
                let hint = match &near(name, known.iter().map(|name| &name[..]))[..] {
                    [] => format!("its variables are {}", quoted(known)),
                    near => format!("did you mean {}?", quoted(near)),
                };
                CliError::user(error).hint(hint)
            }
            Error::BadName { .. } => CliError::user(error)
                .hint("give another answer to what is in the name, with `--set NAME=VALUE`"),
            Error::Render(ref render) if render.extension.is_some() => CliError::user(error)
                .hint("`--engine cookiecutter` renders it with Python, which runs the extension"),
            Error::Exists { .. } => CliError::user(error).hint(
                "take another name; only an empty directory, or one with only `.git`, is filled",
            ),
            Error::InsideGit { .. } => CliError::user(error)
                .hint("take a directory that is not in `.git`, nor in a bare repository"),
            Error::NotAnswered => CliError::user(error).hint(
                "nothing was written; `--set KEY=VALUE` answers, and `--no-input` takes defaults",
            ),
            Error::HookFailed { .. } => CliError::user(error)
                .hint("with `--no-hooks`, none runs; the project may then lack something"),
            Error::NoProgram { names: ["cookiecutter", ..] } => CliError::user(error).hints([
                "install it: `pip install cookiecutter`, or `uv tool install cookiecutter`".into(),
                "most templates need `--engine cookiecutter` as little as they need Python".into(),
            ]),
            Error::NoProgram { .. } => CliError::user(error).hint("install it, or see your PATH"),
            Error::BadTrustFile { ref path, .. } => {
                let path = crate::fs::display_bytes(path.as_os_str().as_encoded_bytes());
                CliError::user(error).hint(format!("look at it, then `chmod 600 '{path}'`"))
            }
            Error::Interrupted => CliError::new(ErrorKind::Interrupted, error),
            Error::RendersRecord { .. } => CliError::user(error)
                .hint("that file is written by git-ml, into every project that it makes"),
            Error::NoRecord => CliError::user(error)
                .hint("link it to one: `git mlrun template adopt TEMPLATE`"),
            Error::RecordNotCommitted { .. } => CliError::user(error).hint(
                "commit the last update or what you changed first: it says what the merge is based on",
            ),
            Error::NoCommits => CliError::user(error)
                .hint("commit the project first: `git add -A && git commit`"),
            Error::Unfinished { .. } => CliError::user(error).hint("conclude it first: see `git status`"),
            Error::Unmerged { .. } => CliError::user(error)
                .hint("resolve it first, or undo the merge: `git reset --merge`"),
            Error::Staged { .. } => CliError::user(error).hints([
                "`git commit` it, put it aside with `git stash`, or take it back with `git restore --staged`"
                    .to_owned(),
                "changes that are not staged may stay".to_owned(),
            ]),
            Error::Refused { .. } => CliError::user(error)
                .hint("commit or `git stash` what is in the way; nothing was changed"),
            Error::InTheWay { .. } => CliError::user(error)
                .hint("commit it, and the two are merged; or move it away"),
            Error::NoBase { .. } => CliError::user(error).hint(
                "`--base-empty` merges without it: each file that is not the same in both becomes a conflict",
            ),
            Error::SecretNeeded { ref name } => {
                let hint = format!("give it with `--set {}=VALUE`", display_bytes(name.as_bytes()));
                CliError::user(error).hints([
                    hint,
                    "or take the template's own default with `--no-input`".into(),
                ])
            }
            Error::HooksNotTrusted { .. } => CliError::user(error).hints([
                "`--trust` runs them, once you have read them".to_owned(),
                "`--no-hooks` renders without them: what they do to files is undone".to_owned(),
            ]),
            Error::CodeNotTrusted => CliError::user(error)
                .hint("`--trust` runs it, once you have read it: its hooks, and extensions in Python"),
            Error::UnknownEngine { .. } => CliError::user(error)
                .hint("the engines are `native` and `cookiecutter`; a newer git-ml may have others"),
            Error::AlreadyTied { .. } => CliError::user(error)
                .hint("`git mlrun template update` merges what its template has become"),
            Error::NothingToAdopt => CliError::user(error)
                .hint("name the template: `git mlrun template adopt TEMPLATE`"),
            other => CliError::user(other),
        }
    }
}
