//! Shows stages while they run.
//!
//! On a terminal each running stage has a line: its name, for how long it runs, what it printed last.
//! Elsewhere, and with `--verbose`, everything that stages print goes to standard output as it comes,
//! with the stage's name before each line if several run at a time. With `--json` it goes to standard
//! error.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Ui;
use crate::fs::display_bytes;
use crate::pipeline::run::decision::Reason;
use crate::pipeline::run::log;
use crate::pipeline::run::{Event, Lost, Observer, Outcome};
use crate::pipeline::{Address, Error};

/// Hears what happens to stages and shows it.
pub struct Show<'a> {
    ui: &'a Ui,
    explain: bool,
    parallel: bool,
    /// Standard output is for something else.
    aside: bool,
    /// Before the names of stages: the branch, where there are several.
    label: String,
    running: Mutex<HashMap<Address, Running>>,
}

/// A stage that is running.
struct Running {
    line: Option<ProgressBar>,
    /// What it printed since the last line break.
    rest: Vec<u8>,
}

/// Lines that are shown of a stage that failed.
const LAST_LINES: usize = 20;
/// Longer lines are shown in pieces.
const LONGEST_LINE: usize = 64 << 10;

impl<'a> Show<'a> {
    /// `parallel` if several stages may run at a time.
    pub fn new(ui: &'a Ui, explain: bool, parallel: bool) -> Show<'a> {
        let (aside, label) = (false, String::new());
        Show { ui, explain, parallel, aside, label, running: Mutex::default() }
    }

    /// What stages print goes to standard error if `aside`: standard output is for something else.
    #[must_use]
    pub fn aside(mut self, aside: bool) -> Show<'a> {
        self.aside = aside;
        self
    }

    fn print(&self, bytes: &[u8]) {
        match self.aside {
            true => self.ui.err_now(bytes),
            false => self.ui.out_now(bytes),
        }
    }

    /// Shows the stages of one branch among several.
    #[must_use]
    pub fn of_branch(mut self, branch: &str) -> Show<'a> {
        self.label = format!("{}: ", display_bytes(branch.as_bytes()));
        self.parallel = true;
        self
    }

    fn name(&self, stage: &Address) -> String {
        format!("{}{stage}", self.label)
    }

    fn started(&self, stage: &Address, reasons: &[Reason]) {
        let line = self.ui.live_line();
        let streams = line.is_none() || self.ui.is_verbose();
        let line = line.filter(|_| !streams);
        match &line {
            Some(line) => {
                let style =
                    ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg:.dim}");
                if let Ok(style) = style {
                    line.set_style(style);
                }
                line.set_prefix(self.name(stage));
                line.enable_steady_tick(Duration::from_millis(200));
            }
            None => self.ui.status(format_args!("Running `{}`:", self.name(stage))),
        }
        if self.explain {
            self.explain(stage, reasons);
        }
        let running = Running { line, rest: Vec::new() };
        self.lock().insert(stage.clone(), running);
    }

    fn explain(&self, stage: &Address, reasons: &[Reason]) {
        for reason in reasons {
            self.ui.status(format_args!("  `{}`: {}", self.name(stage), describe(reason)));
        }
    }

    fn output(&self, stage: &Address, bytes: &[u8]) {
        let mut running = self.lock();
        let Some(running) = running.get_mut(stage) else { return };
        if running.line.is_none() && !self.parallel {
            self.print(bytes);
            return;
        }
        running.rest.extend_from_slice(bytes);
        // Progress bars end their lines with a carriage return.
        let is_end = |&b: &u8| b == b'\n' || (b == b'\r' && running.line.is_some());
        let whole = running.rest.iter().rposition(is_end).map(|at| at + 1);
        let end = match whole {
            Some(end) => end,
            None if running.rest.len() > LONGEST_LINE => running.rest.len(),
            None => return,
        };
        let lines: Vec<u8> = running.rest.drain(..end).collect();
        match &running.line {
            Some(line) => {
                let last =
                    lines.split(|&b| b == b'\n' || b == b'\r').rfind(|line| !line.is_empty());
                if let Some(last) = last {
                    line.set_message(display_bytes(&last[..last.len().min(400)]));
                }
            }
            None => self.print(&prefixed(&self.name(stage), &lines)),
        }
    }

    fn ended(&self, stage: &Address, outcome: &Outcome) {
        let running = self.lock().remove(stage);
        if let Some(running) = running {
            if let Some(line) = running.line {
                line.finish_and_clear();
                self.last_lines(stage, outcome);
            } else if !running.rest.is_empty() {
                self.print(&prefixed(&self.name(stage), &running.rest));
            }
        }
        let say = |text: &str| self.ui.status(format_args!("`{}`: {text}", self.name(stage)));
        match outcome {
            Outcome::UpToDate if self.explain => say("nothing changed"),
            Outcome::UpToDate => {
                self.ui.detail(format_args!("`{}`: nothing changed", self.name(stage)));
            }
            Outcome::Adopted => say("outs are there already, and now in the cache"),
            Outcome::Restored => say("outs put back from the cache"),
            Outcome::Reused => say("ran with the same inputs before, outs taken from the cache"),
            Outcome::Ran { duration } => say(&format!("done in {}", seconds(*duration))),
            Outcome::Pending { reasons } => {
                say("would run");
                if self.explain {
                    self.explain(stage, reasons);
                }
            }
            Outcome::Declined => say("not run"),
            Outcome::Failed { .. } => say("failed"),
            Outcome::Blocked | Outcome::Cancelled => {}
        }
    }

    /// What a stage that failed said last, where what it said was not shown.
    fn last_lines(&self, stage: &Address, outcome: &Outcome) {
        if let Outcome::Failed { error: Error::CommandFailed(failed) } = outcome
            && let Some(path) = &failed.log
        {
            let name = self.name(stage);
            for line in log::last_lines(path, LAST_LINES) {
                self.ui.status(format_args!("{name} | {line}"));
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Address, Running>> {
        self.running.lock().expect("no panic while holding the lock")
    }
}

impl Observer for Show<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Waiting { stage: None, holder } => {
                self.ui.status(format_args!("Waiting for {holder}."));
            }
            Event::Waiting { stage: Some(stage), holder } => {
                self.ui.status(format_args!("`{stage}`: waiting for {holder}."));
            }
            Event::Unrecorded { stage, path } => self.ui.warn(format_args!(
                "`{stage}` reads `{}`, which was changed and not added (`git mldata add`)",
                self.ui.path(path)
            )),
            Event::Kept { stage, recovery } => self.ui.status(format_args!(
                "`{}`: what was in its place is kept: `git mldata recover restore {recovery}`",
                self.name(stage)
            )),
            Event::Ignored { stage, dep, path } => self.ui.warn(format_args!(
                "`{}` does not count as part of `{}`, because Git ignores it; list it as a dep of \
                 `{}` or `git mldata add` it",
                self.ui.path(path),
                self.ui.path(dep),
                self.name(stage)
            )),
            Event::Started { stage, reasons } => self.started(stage, reasons),
            Event::Command { stage, command } => {
                let command = display_bytes(command.as_bytes());
                if self.parallel {
                    self.ui.detail(format_args!("{stage} > {command}"));
                } else {
                    self.ui.detail(format_args!("> {command}"));
                }
            }
            Event::Output { stage, bytes } => self.output(stage, bytes),
            Event::Retrying { stage, end, left } => {
                let times = if left == 0 {
                    "last attempt".into()
                } else {
                    format!("{left} more after this")
                };
                self.ui.status(format_args!("`{stage}`: {end}; again ({times})"));
            }
            Event::Ended { stage, outcome } => self.ended(stage, outcome),
            Event::NotRecorded { error, lost } => self.ui.warn(match lost {
                Lost::All => format!("cannot record the run: {error}"),
                Lost::Part => format!("cannot record all of the run: {error}"),
                Lost::Nothing => format!(
                    "cannot store the run: {error}; it is kept, and the next command stores it"
                ),
            }),
        }
    }

    fn confirm(&self, stage: &Address, reasons: &[Reason]) -> bool {
        self.explain(stage, reasons);
        self.ui.ask(&format!("Run `{stage}`?"))
    }
}

/// Every line with the stage's name before it.
fn prefixed(stage: &str, lines: &[u8]) -> Vec<u8> {
    let prefix = format!("{stage} | ");
    let mut text = Vec::with_capacity(lines.len() + prefix.len());
    for line in lines.split_inclusive(|&b| b == b'\n') {
        text.extend_from_slice(prefix.as_bytes());
        text.extend_from_slice(line);
    }
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    text
}

/// A reason in words.
pub fn describe(reason: &Reason) -> String {
    let name = |text: &str| format!("`{}`", display_bytes(text.as_bytes()));
    match reason {
        Reason::NeverRan => "it never ran".to_owned(),
        Reason::Command => "its command changed".to_owned(),
        Reason::DepModified { path } => format!("{} was modified", name(path)),
        Reason::DepAdded { path } => format!("{} is a new dep", name(path)),
        Reason::DepRemoved { path } => format!("{} is no dep any more", name(path)),
        Reason::DepMissing { path } => format!("{} is not there", name(path)),
        Reason::Param { file, key, old, new } => {
            let shown = |value: &Option<crate::format::Value>| match value {
                None => "nothing".to_owned(),
                Some(value) => display_bytes(crate::format::yaml::emit::flow(value).as_bytes()),
            };
            let (old, new) = (shown(old), shown(new));
            format!("{} of {} was {old} and is {new}", name(key), name(file))
        }
        Reason::Env { name: variable } => format!("the variable {} changed", name(variable)),
        Reason::OutMissing { path } => format!("{} is gone", name(path)),
        Reason::OutModified { path } => format!("{} was modified", name(path)),
        Reason::OutsListed => "its outs are listed differently".to_owned(),
        Reason::Always => "it always runs".to_owned(),
        Reason::Forced => "it is forced to".to_owned(),
        Reason::Upstream { stage } => format!("{} would run", name(stage)),
    }
}

/// A duration as people say it.
pub fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.2} s")
    } else if seconds < 120.0 {
        format!("{seconds:.1} s")
    } else {
        indicatif::HumanDuration(duration).to_string()
    }
}
