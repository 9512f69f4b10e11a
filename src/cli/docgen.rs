//! Man pages and completions, made from the command line's own definition.
//!
//! They are checked in, and a test keeps them fresh. They carry neither version nor date, so that a
//! release does not touch them all.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;

use super::{mldata, mlhook, mlrun};

/// The programs with their command lines.
fn programs() -> [(&'static str, Command); 6] {
    [
        ("git-mldata", mldata::Cli::command()),
        ("git-mlrun", mlrun::Cli::command()),
        ("mlhook-format", mlhook::Format::command()),
        ("mlhook-lint", mlhook::Lint::command()),
        ("mlhook-notebooks", mlhook::Notebooks::command()),
        ("mlhook-data", mlhook::Data::command()),
    ]
}

/// Every generated file, by its path in the source tree.
pub fn files() -> io::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for (program, mut command) in programs() {
        for (shell, file) in [
            (Shell::Bash, format!("{program}.bash")),
            (Shell::Zsh, format!("_{program}")),
            (Shell::Fish, format!("{program}.fish")),
        ] {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut command.clone(), program, &mut text);
            if shell == Shell::Bash {
                text = bash(program, &String::from_utf8_lossy(&text)).into_bytes();
            }
            files.insert(PathBuf::from("completions").join(file), text);
        }
        // Built once, so that subcommands know the options they inherit.
        command.build();
        man_pages(&command, program, &mut files)?;
    }
    Ok(files)
}

/// The commands that there are, such as `git mldata add` and `mlhook-lint`, with their summaries, in the
/// order of the help.
pub fn verbs() -> Vec<(String, String)> {
    let summary = |verb: &Command| verb.get_about().map(ToString::to_string).unwrap_or_default();
    let of = |(program, command): &(&'static str, Command)| -> Vec<(String, String)> {
        let Some(name) = program.strip_prefix("git-") else {
            return vec![((*program).to_owned(), summary(command))];
        };
        let shown = command.get_subcommands().filter(|verb| !verb.is_hide_set());
        shown.map(|verb| (format!("git {name} {}", verb.get_name()), summary(verb))).collect()
    };
    programs().iter().flat_map(of).collect()
}

/// What clap makes for bash, and what it lacks.
fn bash(program: &str, made: &str) -> String {
    // clap_complete 4.6 names the states of subcommands after the binary in two ways if that has a
    // dash in it, so that it would complete none of them.
    let state = program.replace('-', "__");
    let made = made.replace(&program.replace('-', "__subcmd__"), &state);
    let words =
        BASH_WORDS.replace("PROGRAM", program).replace("FUNCTION", &program.replace('-', "_"));
    let mut text = made + &words.replace("STATE", &state);
    if let Some(name) = program.strip_prefix("git-") {
        text += &BASH_GIT.replace("NAME", name);
    }
    text
}

/// The long options of all commands, without their dashes.
pub fn options() -> BTreeSet<String> {
    fn of(command: &Command, found: &mut BTreeSet<String>) {
        let long = command.get_arguments().filter_map(|option| option.get_long());
        found.extend(long.map(str::to_owned));
        command.get_subcommands().for_each(|verb| of(verb, found));
    }
    let mut found = BTreeSet::new();
    programs().iter().for_each(|(_, command)| of(command, &mut found));
    found
}

/// Options are offered only once a dash was typed, so that files are completed before; clap's names
/// of arguments never.
const BASH_WORDS: &str = r#"
_FUNCTION_words() {
    local reply words=()
    _STATE "$@"
    for reply in "${COMPREPLY[@]}"; do
        case $reply in
            '['* | '<'*) ;;
            -*) [[ $2 == -* ]] && words+=("$reply") ;;
            *) words+=("$reply") ;;
        esac
    done
    COMPREPLY=("${words[@]}")
}
complete -F _FUNCTION_words -o bashdefault -o default PROGRAM
"#;

/// `git NAME <TAB>`: Git's own completion calls `_git_NAME`. Zsh and fish find the command's completion by
/// themselves.
const BASH_GIT: &str = r#"
# For `git NAME`, called by Git's own completion, which wants the space after a word from us.
_git_NAME() {
    local at=1 reply
    while [[ $at -lt $COMP_CWORD && ${COMP_WORDS[at]} != NAME ]]; do at=$((at + 1)); done
    local words=(git-NAME "${COMP_WORDS[@]:at+1}") word=$((COMP_CWORD - at))
    local COMP_WORDS=("${words[@]}") COMP_CWORD=$word
    _git_NAME_words git-NAME "${words[word]}" "${words[word-1]}"
    for reply in "${!COMPREPLY[@]}"; do
        [[ -e ${COMPREPLY[reply]} ]] || COMPREPLY[reply]+=" "
    done
}
"#;

fn man_pages(
    command: &Command,
    name: &str,
    files: &mut BTreeMap<PathBuf, Vec<u8>>,
) -> io::Result<()> {
    let page = clap_mangen::Man::new(command.clone().display_name(name.to_owned()));
    let mut text = Vec::new();
    writeln!(text, ".TH {} 1 \"\" git-ml \"git-ml manual\"", name.to_uppercase())?;
    page.render_name_section(&mut text)?;
    let usage = command.clone().render_usage().to_string();
    writeln!(text, ".SH SYNOPSIS\n{}", escape(usage.trim_start_matches("Usage: ")))?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    if let Some(help) = command.get_after_long_help().or(command.get_after_help()) {
        let help = help.to_string();
        let (title, help) = match help.strip_prefix("Examples:\n") {
            Some(examples) => ("EXAMPLES", examples),
            None => ("NOTES", &help[..]),
        };
        writeln!(text, ".SH {title}\n.nf\n{}\n.fi", escape(help))?;
    }
    if let Some((parent, _)) = name.rsplit_once('-').filter(|(parent, _)| *parent != "git") {
        writeln!(text, ".SH \"SEE ALSO\"\n.BR {} (1)", escape(parent))?;
    }
    files.insert(PathBuf::from("man").join(format!("{name}.1")), text);
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        man_pages(verb, &format!("{name}-{}", verb.get_name()), files)?;
    }
    Ok(())
}

/// Text as roff takes it: no line is a request, and hyphens can be copied.
fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    let lines = text.lines().map(|line| match line.as_bytes().first() {
        Some(b'.' | b'\'') => format!("\\&{line}"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<String>>().join("\n")
}
