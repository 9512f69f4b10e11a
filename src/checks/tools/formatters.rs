//! isort and black. Both change files in place; what they changed is seen by comparing.
//!
//! isort ends with 0, also where it leaves a file alone that it cannot parse. black ends with 0, or with
//! 123 if there was a file that it could not format, which it names.

use super::process::Failure;
use super::session::Run;
use super::verdict::{Problem, Verdict};

pub fn isort(run: &Run<'_>) -> Result<Vec<Verdict>, Failure> {
    // Files that are named are skipped only if `--filter-files` says so.
    let ran = run.start(&["--quiet", "--settings-path", ".", "--filter-files"], &run.names())?;
    match ran.code {
        0 => run.changed(),
        _ => Err(ran.unexpected()),
    }
}

pub fn black(run: &Run<'_>) -> Result<Vec<Verdict>, Failure> {
    let config = run.config_or_empty("pyproject.toml");
    let words = ["--quiet", "--config", &config];
    let ran = run.start(&words, &run.all())?;
    let mut verdicts = run.changed()?;
    match ran.code {
        // A configuration may have it print a difference, and change nothing.
        0 if ran.out.is_empty() => {}
        123 => {
            let text = String::from_utf8_lossy(&ran.err);
            let mut known = false;
            let mut lines = text.lines().peekable();
            while let Some(line) = lines.next() {
                let Some(complaint) = line.strip_prefix("error: ") else { continue };
                let (last, mut place) = (lines.peek().copied(), None);
                // A parse error is told over several lines, the last of which has the message.
                if complaint.starts_with("cannot parse: ") {
                    place = lines.by_ref().take_while(|line| !line.is_empty()).last().or(last);
                }
                let Some((at, problem)) = refusal(run, complaint, place) else {
                    return Err(ran.unexpected());
                };
                verdicts[at] = Verdict::problem(problem);
                known = true;
            }
            if !known {
                return Err(ran.unexpected());
            }
        }
        _ => return Err(ran.unexpected()),
    }
    Ok(verdicts)
}

/// `cannot format PATH: Cannot parse: ROW:COLUMN: CODE` or `cannot parse: PATH:ROW:COLUMN`; anything else
/// that it cannot format is a mistake of its own.
fn refusal(run: &Run<'_>, complaint: &str, last: Option<&str>) -> Option<(usize, Problem)> {
    let rest = complaint.strip_prefix("cannot format ");
    let rest = rest.or_else(|| complaint.strip_prefix("cannot parse: "))?;
    let (at, rest) = run.named().find_map(|(at, name)| {
        let absolute = run.directory_path().join(&name);
        let absolute = absolute.to_string_lossy().replace("/./", "/");
        let names = [&name[..], name.strip_prefix("./").unwrap_or(&name), &absolute];
        let rest = names.iter().find_map(|name| rest.strip_prefix(name)?.strip_prefix(':'));
        Some((at, rest?.trim().to_owned()))
    })?;
    if rest.starts_with("INTERNAL ERROR") {
        return None;
    }
    let message = last.map_or_else(|| rest.clone(), str::to_owned);
    let place = rest.strip_prefix("Cannot parse").map_or(Some(&rest[..]), |rest| {
        // `Cannot parse for target version Python 3.12: 1:6: def f(:`
        rest.split_once(": ").map(|(_, place)| place)
    });
    let mut numbers = place.unwrap_or_default().splitn(3, ':');
    let mut number = || numbers.next()?.trim().parse::<u64>().ok();
    let problem = Problem::syntax(&message);
    Some(match (number(), number()) {
        // Its columns begin with nought.
        (Some(row), Some(column)) => (at, problem.at(row, Some(column + 1))),
        _ => (at, problem),
    })
}
