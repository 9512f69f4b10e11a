//! The only place that prints.
//!
//! Standard output is data, standard error is everything else. Colour and progress appear only on
//! a terminal. Names from the repository are escaped before they get here (`fs::display_bytes`).

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock};

use indicatif::MultiProgress;
use serde::Serialize;

use super::{CliError, Progress};
use crate::fs::{At as _, RepoPath, display_bytes};

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    Always,
    Never,
}

/// A style of text; the numbers are those of ECMA-48.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Cyan,
}

/// What a command says to its user.
pub struct Ui {
    quiet: bool,
    verbose: bool,
    color_out: bool,
    color_err: bool,
    progress: bool,
    bars: MultiProgress,
    out: Mutex<Out>,
}

struct Out {
    writer: BufWriter<io::Stdout>,
    failed: Option<io::Error>,
    is_left: bool,
}

impl Ui {
    pub fn new(quiet: bool, verbose: bool, color: ColorChoice) -> Ui {
        let terminal = io::stderr().is_terminal();
        let color = |is_terminal: bool| match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !environment_refuses_color(),
        };
        let out = Out { writer: BufWriter::new(io::stdout()), failed: None, is_left: false };
        Ui {
            quiet,
            verbose,
            color_out: color(io::stdout().is_terminal()),
            color_err: color(terminal),
            progress: terminal && !quiet,
            bars: MultiProgress::new(),
            out: Mutex::new(out),
        }
    }

    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Whether somebody reads standard output in a terminal.
    pub fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Whether somebody watches in a terminal and wants to see how far things are.
    pub fn shows_progress(&self) -> bool {
        self.progress
    }

    /// Whether standard output has colours.
    pub fn has_color(&self) -> bool {
        self.color_out
    }

    /// Columns of the terminal, or what `COLUMNS` says; 80 if nobody knows.
    #[expect(clippy::disallowed_methods, reason = "shells tell the width by it")]
    pub fn width(&self) -> usize {
        let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let asked = || rustix::termios::tcgetwinsize(io::stdout()).ok();
        told.or_else(|| asked().map(|size| size.ws_col.into()))
            .filter(|&width| width > 0)
            .unwrap_or(80)
    }

    /// From now on, what would go to standard output goes to standard error, in the order in which all
    /// is said: for hooks, which have no reader of data.
    pub fn leave_standard_output(&self) {
        self.lock_out().is_left = true;
    }

    /// Writes data to standard output, as it is.
    pub fn out(&self, bytes: impl AsRef<[u8]>) {
        if self.lock_out().is_left {
            return self.err_now(bytes.as_ref());
        }
        let mut out = self.lock_out();
        if out.failed.is_none()
            && let Err(error) = out.writer.write_all(bytes.as_ref())
        {
            out.failed = Some(error);
        }
    }

    /// Writes one line of text to standard output.
    pub fn line(&self, text: impl Display) {
        self.out(format!("{text}\n"));
    }

    /// Writes one JSON document to standard output.
    pub fn json(&self, value: &impl Serialize) -> Result<(), CliError> {
        let mut text = serde_json::to_vec_pretty(value)
            .map_err(|error| CliError::internal(format!("cannot write JSON: {error}")))?;
        text.push(b'\n');
        self.out(text);
        Ok(())
    }

    /// Says what was done, unless `--quiet`.
    pub fn status(&self, text: impl Display) {
        if !self.quiet {
            self.err(&text.to_string());
        }
    }

    /// Says what only `--verbose` wants to know.
    pub fn detail(&self, text: impl Display) {
        if self.verbose {
            self.err(&text.to_string());
        }
    }

    /// Says what may surprise the user. `--quiet` does not silence it.
    pub fn warn(&self, text: impl Display) {
        self.err(&format!("{} {text}", self.paint_err(Style::Yellow, "warning:")));
    }

    /// Goes on with a warning: a line of code, for instance.
    pub fn warn_more(&self, text: impl Display) {
        self.err(&format!("    {text}"));
    }

    /// Says what to type next, unless `--quiet`.
    pub fn hint(&self, text: impl Display) {
        self.status(format_args!("{} {text}", self.paint_err(Style::Cyan, "hint:")));
    }

    /// Shows an error, what caused it, and what to do.
    pub fn error(&self, error: &CliError) {
        let _ = self.flush();
        let label = |style, text| self.paint_err(style, text);
        self.err(&format!("{} {error}", label(Style::Red, "error:")));
        for cause in error.causes() {
            self.err(&format!("{} {cause}", label(Style::Dim, "caused by:")));
        }
        for hint in &error.hints {
            self.err(&format!("{} {hint}", label(Style::Cyan, "hint:")));
        }
    }

    /// A progress display; it shows itself only on a terminal and for work that takes long.
    pub fn progress(&self, label: &str) -> Progress {
        Progress::new(label, self.progress.then_some(&self.bars), self.quiet)
    }

    /// A line that changes while something runs; `None` where there is no terminal to show it.
    pub fn live_line(&self) -> Option<indicatif::ProgressBar> {
        self.progress.then(|| self.bars.add(indicatif::ProgressBar::new_spinner()))
    }

    /// Asks a question on a terminal; where there is none, the answer is no.
    pub fn ask(&self, question: &str) -> bool {
        if !io::stdin().is_terminal() {
            self.err(&format!("{question} [y/N] no: standard input is not a terminal"));
            return false;
        }
        self.bars.suspend(|| {
            let _ = io::stderr().write_all(format!("{question} [y/N] ").as_bytes());
            let mut answer = String::new();
            let read = io::stdin().read_line(&mut answer);
            read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
        })
    }

    /// Writes data to standard output at once.
    pub fn out_now(&self, bytes: &[u8]) {
        // Not below: the bars are suspended by one at a time.
        if self.lock_out().is_left {
            return self.err_now(bytes);
        }
        self.bars.suspend(|| {
            self.out(bytes);
            self.settle();
        });
    }

    /// Writes out what standard output has got, so that what is then said about it comes behind it.
    pub fn settle(&self) {
        let mut out = self.lock_out();
        if let Err(error) = out.writer.flush() {
            out.failed.get_or_insert(error);
        }
    }

    /// Writes to standard error what is not of our own making, as it is.
    pub fn err_now(&self, bytes: &[u8]) {
        self.bars.suspend(|| {
            let _ = io::stderr().write_all(bytes);
        });
    }

    /// `text` in a style, if standard output has colours.
    pub fn paint(&self, style: Style, text: &str) -> String {
        paint(self.color_out, style, text)
    }

    fn paint_err(&self, style: Style, text: &str) -> String {
        paint(self.color_err, style, text)
    }

    /// Sets the worktree whose paths [`Ui::path`] shows, as seen from `here`.
    pub fn set_worktree_from(&self, top: &Path, here: RepoPath) {
        let _ = PLACE.set(Place { top: top.to_owned(), here: Some(here) });
    }

    /// Sets the worktree whose paths [`Ui::path`] shows, as seen from the current directory.
    pub fn set_worktree(&self, top: &Path) {
        let here = std::env::current_dir().and_then(|path| path.canonicalize());
        let below = here.as_deref().ok().and_then(|here| here.strip_prefix(top).ok());
        let inside = below.and_then(|below| RepoPath::new(below.as_os_str().as_encoded_bytes()));
        let _ = PLACE.set(Place { top: top.to_owned(), here: inside });
    }

    /// The path as the user would type it here, escaped for a terminal.
    pub fn path(&self, path: &RepoPath) -> String {
        path_here(path)
    }

    /// The path as the user would type it here, as bytes; for `-z`.
    pub fn path_bytes(&self, path: &RepoPath) -> Vec<u8> {
        bytes_here(path)
    }

    /// An absolute path as the user would type it here, escaped for a terminal.
    pub fn os_path(&self, path: &Path) -> String {
        let inside = PLACE.get().and_then(|place| path.strip_prefix(&place.top).ok());
        match inside.and_then(|path| RepoPath::new(path.as_os_str().as_encoded_bytes())) {
            Some(path) => self.path(&path),
            None => display_bytes(path.as_os_str().as_encoded_bytes()),
        }
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// Standard output could not be written, for another reason than that nobody reads it.
    pub fn flush(&self) -> Result<(), CliError> {
        let mut out = self.lock_out();
        let flushed = out.writer.flush();
        match out.failed.take().map_or(flushed, Err) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err::<(), _>(error).at("write to", "standard output").map_err(CliError::from)
            }
            _ => Ok(()),
        }
    }

    fn lock_out(&self) -> MutexGuard<'_, Out> {
        self.out.lock().expect("writing to a buffer does not panic")
    }

    fn err(&self, text: &str) {
        self.bars.suspend(|| last_words(text));
    }
}

/// Writes a line to standard error. That nobody can read it is nobody's problem.
pub(super) fn last_words(text: &str) {
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
}

fn paint(on: bool, style: Style, text: &str) -> String {
    let code = match style {
        Style::Bold => 1,
        Style::Dim => 2,
        Style::Red => 31,
        Style::Green => 32,
        Style::Yellow => 33,
        Style::Cyan => 36,
    };
    if on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// The convention of <https://no-color.org>.
#[expect(clippy::disallowed_methods, reason = "this is where the variable is read")]
fn environment_refuses_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|value| value == "dumb")
}

/// Where the process is, seen from the worktree it works in: set once, like the current directory.
static PLACE: OnceLock<Place> = OnceLock::new();

struct Place {
    top: PathBuf,
    /// `None` if the current directory is outside of the worktree.
    here: Option<RepoPath>,
}

/// The path as the user would type it here, escaped for a terminal.
pub(super) fn path_here(path: &RepoPath) -> String {
    display_bytes(&bytes_here(path))
}

fn bytes_here(path: &RepoPath) -> Vec<u8> {
    match PLACE.get() {
        Some(Place { here: Some(here), .. }) => path.relative_to(here),
        Some(Place { top, here: None }) => {
            top.join(path.as_path()).into_os_string().into_encoded_bytes()
        }
        None => path.relative_to(&RepoPath::root()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_the_current_directory() {
        let path = |text: &str| RepoPath::new(text).expect("valid");
        for (to, from, expected) in [
            ("data/raw", "", "data/raw"),
            ("data/raw", "data", "raw"),
            ("data", "data", "."),
            ("", "", "."),
            ("data", "data/raw", ".."),
            ("images/x", "data/raw", "../../images/x"),
            ("database", "data", "../database"),
        ] {
            let found = path(to).relative_to(&path(from));
            assert_eq!(found, expected.as_bytes(), "{to} from {from}");
        }
    }
}
