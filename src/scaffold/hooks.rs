//! A template's own programs: `hooks/pre_prompt`, `hooks/pre_gen_project`, `hooks/post_gen_project`.
//!
//! They are found as cookiecutter finds them: by their names up to the last dot, whatever follows it and
//! whether or not they are executable; those that end with `~` are an editor's. `pre_prompt` runs as it is,
//! in a copy of the template that is read back afterwards. The others are rendered like files of the
//! template and run in the project's directory. A `.py` is run by Python, another by itself, or by `sh` if
//! it does not say by what.
//!
//! Nothing here asks whether the user trusts them ([`super::trust`]); the caller does, and shows them
//! before ([`Hooks::scripts`]).

use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::jinja::Engine;
use super::program::{self, Session};
use super::source::directory;
use super::{Error, FileTree, Generated, Limits, Result};
use crate::format::ObjectId;
use crate::fs::{At as _, RepoPath, ScratchDir, os_path};

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Before anything is asked.
    PrePrompt,
    /// In the project's empty directory.
    PreGen,
    /// In the project.
    PostGen,
}

impl Stage {
    const ALL: [Stage; 3] = [Stage::PrePrompt, Stage::PreGen, Stage::PostGen];

    pub fn name(self) -> &'static str {
        match self {
            Stage::PrePrompt => "pre_prompt",
            Stage::PreGen => "pre_gen_project",
            Stage::PostGen => "post_gen_project",
        }
    }
}

/// A program that a template brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    pub stage: Stage,
    /// Where it is in the source.
    pub path: RepoPath,
    /// As it is in the template, not rendered.
    pub bytes: Vec<u8>,
    /// The SHA-256 of `bytes`.
    pub digest: ObjectId,
}

/// The programs of one template, in the order in which they run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hooks {
    scripts: Vec<Script>,
}

impl Hooks {
    /// The hooks of the template at `base` of `files`.
    pub fn of(files: &FileTree, base: &RepoPath) -> Hooks {
        let Some(directory) = files.follow(&base.join(b"hooks")) else { return Hooks::default() };
        let mut scripts = Vec::new();
        for (name, _) in files.children(&directory) {
            let path = directory.join(name);
            if let (Some(stage), Some(bytes)) = (stage_of(name), files.file(&path)) {
                let digest = ObjectId::of(bytes);
                scripts.push(Script { stage, path, bytes: bytes.to_vec(), digest });
            }
        }
        // Those of one stage stay in the order of their names.
        scripts.sort_by_key(|script| script.stage);
        Hooks { scripts }
    }

    pub fn is_empty(&self) -> bool {
        self.scripts.is_empty()
    }

    pub fn scripts(&self) -> &[Script] {
        &self.scripts
    }

    /// Those of one stage.
    pub fn at(&self, stage: Stage) -> impl Iterator<Item = &Script> {
        self.scripts.iter().filter(move |script| script.stage == stage)
    }

    /// Runs what comes before the questions, in a copy of `files`, and returns what has become of them.
    ///
    /// # Errors
    /// A hook fails, or the user interrupts.
    pub fn run_before_questions(
        &self,
        files: FileTree,
        base: &RepoPath,
        limits: &Limits,
        session: &Session<'_>,
    ) -> Result<FileTree> {
        if self.at(Stage::PrePrompt).next().is_none() {
            return Ok(files);
        }
        let copy = ScratchDir::new()?;
        directory::write(&files, copy.path())?;
        let here = copy.path().join(base.as_path());
        for script in self.at(Stage::PrePrompt) {
            run(script, &copy.path().join(script.path.as_path()), &here, session)?;
        }
        directory::read(copy.path(), limits)
    }

    /// What is in the directory `project` after all hooks: rendered, as far as the project is concerned.
    /// What its own rules ignore is left out, unread: hooks make whole environments.
    ///
    /// # Errors
    /// Something cannot be read, or passes `limits`.
    pub fn read_back(project: &Path, limits: &Limits) -> Result<FileTree> {
        directory::read_kept(project, limits)
    }

    /// Runs what comes before or after the files of `made` are in the directory `project`.
    ///
    /// # Errors
    /// A hook cannot be rendered or fails, or the user interrupts. Later ones have not run then.
    pub fn run(
        &self,
        stage: Stage,
        made: &Generated,
        project: &Path,
        limits: &Limits,
        session: &Session<'_>,
    ) -> Result<()> {
        let Generated { template, answers, place, moment, .. } = made;
        let roots = template.include_roots();
        let settings = &template.questions.settings;
        let engine = Engine::new(settings, &template.files, &roots, moment, limits)?;
        let scope = engine.scope(&place.describe(answers));
        for script in self.at(stage) {
            let name = script.path.to_string();
            let text = std::str::from_utf8(&script.bytes).map_err(|_| Error::BadTemplate {
                path: name.clone(),
                reason: "it is not UTF-8".into(),
            })?;
            let rendered = engine.render(&name, text, &scope)?;
            let scratch = ScratchDir::new()?;
            let path = scratch.path().join(os_path(script.path.file_name()));
            std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o700)
                .open(&path)
                .and_then(|mut file| file.write_all(rendered.as_bytes()))
                .at("write", &path)?;
            run(script, &path, project, session)?;
        }
        Ok(())
    }
}

/// The stage that a file of this name is for.
fn stage_of(name: &[u8]) -> Option<Stage> {
    let name = std::str::from_utf8(name).ok().filter(|name| !name.ends_with('~'))?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    Stage::ALL.into_iter().find(|stage| stage.name() == stem)
}

/// Runs the text of `script` that is at `path` of this machine.
fn run(script: &Script, path: &Path, project: &Path, session: &Session<'_>) -> Result<()> {
    let interpreted = |program: &Path| {
        let mut command = program::command(program, project);
        program::start(command.arg(path), session)
    };
    let extension = path.extension().and_then(|extension| extension.to_str());
    let child = if extension == Some("py") {
        interpreted(&program::find(&["python3", "python"])?)
    } else {
        make_executable(path)?;
        match program::start(&mut program::command(path, project), session) {
            // No `#!`, or a file system from which nothing may be run.
            Err(error) if is_no_program(&error, extension) => interpreted(&program::find(&["sh"])?),
            started => started,
        }
    };
    let failed = |why: String| Error::HookFailed { path: script.path.clone(), why };
    let child = child.map_err(|error| failed(error.to_string()))?;
    let status = program::wait(child, path, session)?;
    match status.success() {
        true => Ok(()),
        false => Err(failed(status.to_string())),
    }
}

fn is_no_program(error: &std::io::Error, extension: Option<&str>) -> bool {
    let is_shell = extension == Some("sh");
    error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error())
        || (error.kind() == ErrorKind::PermissionDenied && is_shell)
}

fn make_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).at("stat", path)?.permissions().mode();
    let mode = std::fs::Permissions::from_mode(mode | 0o100);
    Ok(std::fs::set_permissions(path, mode).at("set the mode of", path)?)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::os::fd::AsFd as _;

    use super::*;
    use crate::scaffold::questions::{Defaults, Given};
    use crate::scaffold::render::Place;
    use crate::scaffold::source::{Fetched, Origin, Version};
    use crate::scaffold::{Moment, Node, generate};

    fn tree(files: &[(&str, &'static str)]) -> FileTree {
        let mut tree = FileTree::new();
        let questions = ("cookiecutter.json", r#"{"name": "x", "word": "it's"}"#);
        let root = ("{{ cookiecutter.name }}/a.txt", "a");
        for (path, text) in files.iter().copied().chain([questions, root]) {
            let path = RepoPath::new(path).unwrap();
            let node = Node::File { bytes: text.as_bytes().to_vec().into(), executable: false };
            tree.insert(path, node, &Limits::default()).unwrap();
        }
        tree
    }

    fn made(files: FileTree) -> Generated {
        let origin = Origin {
            source: "/t".into(),
            reference: None,
            directory: RepoPath::root(),
            version: Version::Digest(files.digest()),
        };
        let moment = Moment { time: jiff::Timestamp::UNIX_EPOCH, seed: 0 };
        let fetched = Fetched { files, origin, warning: None };
        let (given, place) = (Given::default(), Place::default());
        generate(fetched, &given, place, &mut Defaults, moment, &Limits::default()).unwrap()
    }

    /// Runs the hooks of `stage`; what they print, and what is in the project.
    fn run_stage(files: &[(&str, &'static str)], stage: Stage) -> Result<(String, Vec<String>)> {
        let (made, project) = (made(tree(files)), ScratchDir::new()?);
        let hooks = Hooks::of(&made.template.files, &made.template.base);
        let output = tempfile::NamedTempFile::new().unwrap();
        let session = Session { output: output.as_file().as_fd(), interrupted: &|| false };
        hooks.run(stage, &made, project.path(), &Limits::default(), &session)?;
        let names = std::fs::read_dir(project.path()).unwrap().map(|entry| entry.unwrap());
        let mut names: Vec<_> =
            names.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        Ok((std::fs::read_to_string(output.path()).unwrap(), names))
    }

    #[test]
    fn hooks_are_found_by_their_names() {
        let files = tree(&[
            ("hooks/post_gen_project.py", "1"),
            ("hooks/post_gen_project.py~", "2"),
            ("hooks/pre_gen_project", "3"),
            ("hooks/pre_prompt.rb", "4"),
            ("hooks/post_gen_project.tar.gz", "5"),
            ("hooks/pre_gen_project_helper.py", "6"),
            ("hooks/post_gen_project.sh", "7"),
            ("sub/hooks/pre_prompt.py", "8"),
        ]);
        let found = Hooks::of(&files, &RepoPath::root());
        let names: Vec<String> =
            found.scripts().iter().map(|script| script.path.to_string()).collect();
        assert_eq!(
            names,
            [
                "hooks/pre_prompt.rb",
                "hooks/pre_gen_project",
                "hooks/post_gen_project.py",
                "hooks/post_gen_project.sh"
            ]
        );
        assert_eq!(found.scripts()[1].digest, ObjectId::of(b"3"));
        assert!(Hooks::of(&files, &RepoPath::new("{{ cookiecutter.name }}").unwrap()).is_empty());
        let sub = Hooks::of(&files, &RepoPath::new("sub").unwrap());
        assert_eq!(sub.at(Stage::PrePrompt).count(), 1);
    }

    #[test]
    fn hooks_are_rendered_and_run_in_the_project() {
        let shell = "#!/bin/sh\necho {{ cookiecutter.name }} \"{{ cookiecutter.word }}\"; touch b";
        let (said, names) =
            run_stage(&[("hooks/post_gen_project.sh", shell)], Stage::PostGen).unwrap();
        assert_eq!((&said[..], &names[..]), ("x it's\n", &["b".to_owned()][..]));
        let python = "print('{{ cookiecutter.name }}')\nopen('c', 'w')\n";
        let (said, names) =
            run_stage(&[("hooks/pre_gen_project.py", python)], Stage::PreGen).unwrap();
        assert_eq!((&said[..], &names[..]), ("x\n", &["c".to_owned()][..]));
        // Without a line that says by what.
        let (said, _) =
            run_stage(&[("hooks/pre_gen_project.sh", "echo plain")], Stage::PreGen).unwrap();
        assert_eq!(said, "plain\n");
    }

    #[test]
    fn a_hook_that_fails_is_named_with_its_status() {
        let hook = [("hooks/pre_gen_project.sh", "#!/bin/sh\nexit 3")];
        let failed = run_stage(&hook, Stage::PreGen).unwrap_err().to_string();
        assert_eq!(failed, "the template's hook `hooks/pre_gen_project.sh` failed: exit status: 3");
        let hook = [("hooks/pre_gen_project.sh", "{{ cookiecutter.none }}")];
        assert!(matches!(run_stage(&hook, Stage::PreGen), Err(Error::Render(_))));
        let hook = [("hooks/pre_gen_project.sh", "#!/none/at/all")];
        assert!(matches!(run_stage(&hook, Stage::PreGen), Err(Error::HookFailed { .. })));
    }

    #[test]
    fn an_interrupted_hook_ends() {
        let hook = [("hooks/pre_gen_project.sh", "#!/bin/sh\nkill -INT $$")];
        assert!(matches!(run_stage(&hook, Stage::PreGen), Err(Error::Interrupted)));
        let made = made(tree(&[("hooks/pre_gen_project.sh", "#!/bin/sh\nexec sleep 60")]));
        let hooks = Hooks::of(&made.template.files, &made.template.base);
        let output = tempfile::NamedTempFile::new().unwrap();
        let looks = Cell::new(0);
        let interrupted = || looks.replace(looks.get() + 1) > 3;
        let session = Session { output: output.as_file().as_fd(), interrupted: &interrupted };
        let (project, start) = (ScratchDir::new().unwrap(), std::time::Instant::now());
        let ended = hooks.run(Stage::PreGen, &made, project.path(), &Limits::default(), &session);
        assert!(matches!(ended, Err(Error::Interrupted)), "{ended:?}");
        assert!(start.elapsed().as_secs() < 30);
    }

    #[test]
    fn what_comes_before_the_questions_may_change_them() {
        let hook =
            "#!/bin/sh\necho '{\"name\": \"y\"}' > cookiecutter.json; rm hooks/pre_prompt.sh";
        let files = tree(&[("hooks/pre_prompt.sh", hook)]);
        let hooks = Hooks::of(&files, &RepoPath::root());
        let output = tempfile::NamedTempFile::new().unwrap();
        let session = Session { output: output.as_file().as_fd(), interrupted: &|| false };
        let limits = Limits::default();
        let changed = hooks
            .run_before_questions(files.clone(), &RepoPath::root(), &limits, &session)
            .unwrap();
        let questions = RepoPath::new("cookiecutter.json").unwrap();
        assert_eq!(changed.file(&questions), Some(&b"{\"name\": \"y\"}\n"[..]));
        assert!(Hooks::of(&changed, &RepoPath::root()).is_empty());
        assert_eq!(changed.files(), files.files() - 1);
    }

    #[test]
    fn a_link_out_of_the_template_is_not_written_for_a_hook() {
        let mut files = tree(&[("hooks/pre_prompt.sh", "#!/bin/sh\n")]);
        let link = Node::Link(b"/etc/passwd".to_vec());
        files.insert(RepoPath::new("link").unwrap(), link, &Limits::default()).unwrap();
        let hooks = Hooks::of(&files, &RepoPath::root());
        let output = tempfile::NamedTempFile::new().unwrap();
        let session = Session { output: output.as_file().as_fd(), interrupted: &|| false };
        let refused =
            hooks.run_before_questions(files, &RepoPath::root(), &Limits::default(), &session);
        assert!(matches!(refused, Err(Error::BadTemplate { .. })), "{refused:?}");
    }
}
