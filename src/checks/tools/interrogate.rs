//! interrogate. It ends with 0, or with 1 if fewer have docstrings than should, and also with 1, and a
//! traceback that names no file, if a file cannot be read or parsed. It is then asked about each file alone,
//! and once more about those that it can read.
//!
//! It judges all files of a run together. What it prints of each (`-vv`) is kept instead, and
//! [`shortfall`] does its sum: so the verdict is that of a run with exactly the files that are checked.

use std::path::Path;

use super::process::{Failure, Ran};
use super::session::Run;
use super::verdict::{Docs, Problem, Verdict};

pub fn run(run: &Run<'_>) -> Result<Vec<Verdict>, Failure> {
    let config = run.config().map(|config| format!("--config={config}"));
    // The configuration may have other files for these two, anywhere.
    let badge = format!("--generate-badge={}", run.root.join(".git/badge.svg").display());
    let words = ["-vv", "--output=-", &badge, "--badge-format=svg"];
    let words: Vec<&str> = words.into_iter().chain(config.as_deref()).collect();
    let ran = run.start(&words, &run.all())?;
    if !is_traceback(&ran) {
        return read(run, &ran);
    }
    let mut broken = Vec::new();
    for (at, name) in run.named() {
        let alone = run.start(&words, &[name])?;
        if let Some(verdict) = unreadable(&alone) {
            run.remove(at)?;
            broken.push((at, verdict));
        }
    }
    let ran = run.start(&words, &run.all())?;
    if broken.is_empty() || is_traceback(&ran) {
        return Err(ran.unexpected());
    }
    let mut verdicts = read(run, &ran)?;
    for (at, verdict) in broken {
        verdicts[at] = verdict;
    }
    Ok(verdicts)
}

fn is_traceback(ran: &Ran) -> bool {
    ran.code == 1 && ran.err.starts_with(b"Traceback ")
}

/// What is wrong with the only file of a run that ended with a traceback.
fn unreadable(ran: &Ran) -> Option<Verdict> {
    if !is_traceback(ran) {
        return None;
    }
    let text = String::from_utf8_lossy(&ran.err);
    let last = text.lines().rfind(|line| !line.trim().is_empty())?;
    let (kind, message) = last.split_once(':').unwrap_or((last, ""));
    match kind {
        "SyntaxError" | "IndentationError" | "TabError" | "ValueError" => {
            let place = text.lines().rfind(|line| line.contains("File \"<unknown>\", line "));
            let row = place.and_then(|line| line.rsplit(' ').next()?.parse().ok());
            Some(Verdict::problem(Problem::syntax(message).at(row.unwrap_or(0), None)))
        }
        "UnicodeDecodeError" => Some(Verdict::ignored("interrogate reads only UTF-8")),
        _ => None,
    }
}

fn read(run: &Run<'_>, ran: &Ran) -> Result<Vec<Verdict>, Failure> {
    let mut verdicts = vec![Verdict::default(); run.subjects.len()];
    if ran.code == 1 && ran.err.starts_with(b"E: No Python or Python-like files found") {
        // All are excluded.
        return Ok(verdicts);
    }
    let output = String::from_utf8_lossy(&ran.out);
    let (0 | 1, Some(table)) = (ran.code, parse(&output)) else { return Err(ran.unexpected()) };
    let (directory, places) = (run.directory_path(), run.places());
    for (path, docs) in table {
        let below = Path::new(&path).strip_prefix(&directory).ok();
        let Some(&at) = below.and_then(|path| places.get(path.to_str()?)) else {
            return Err(ran.unexpected());
        };
        verdicts[at].docs = Some(docs);
    }
    Ok(verdicts)
}

/// The files of a run, with what is in the table of details. `None` if there is no result. The heading has
/// what is left out of all names.
fn parse(output: &str) -> Option<Vec<(String, Docs)>> {
    let (_, base) = output.lines().find_map(|line| line.split_once(" Coverage for "))?;
    let base = base.trim_end_matches('=').trim_end();
    let (_, result) = output.lines().rev().find_map(|line| line.split_once("(minimum: "))?;
    let minimum = result.split('%').next()?.trim().to_owned();
    let mut found: Vec<(String, Docs)> = Vec::new();
    for line in output.lines().take_while(|line| !line.contains(" Summary -")) {
        let Some(row) = line.strip_prefix('|').and_then(|line| line.trim_end().strip_suffix('|'))
        else {
            continue;
        };
        let Some((name, status)) = row.rsplit_once('|') else { continue };
        let (name, status) = (name.trim(), status.trim());
        if name.is_empty() || name.starts_with("---") || (name, status) == ("Name", "Status") {
            continue;
        }
        let defined = name.strip_suffix(')').and_then(|name| name.rsplit_once(" (L"));
        let (object, line) = match defined.and_then(|(name, row)| Some((name, row.parse().ok()?))) {
            Some((name, line)) => (name, Some(line)),
            None => {
                let name = name.strip_suffix(" (module)").unwrap_or(name);
                found.push((
                    format!("{base}{name}"),
                    Docs { minimum: minimum.clone(), ..Docs::default() },
                ));
                ("the module", None)
            }
        };
        let (_, docs) = found.last_mut()?;
        match status {
            "" => continue,
            "MISSED" => docs.missing.push((object.to_owned(), line)),
            "COVERED" => {}
            _ => return None,
        }
        docs.total += 1;
    }
    Some(found)
}

/// If fewer of all these have docstrings than should: the percentage that does, and the one that should.
pub fn shortfall<'a>(all: impl Iterator<Item = &'a Docs> + Clone) -> Option<(String, String)> {
    let (mut total, mut missing, mut wanted) = (0, 0, None::<&str>);
    for docs in all {
        total += docs.total;
        missing += docs.missing.len() as u64;
        wanted = wanted.or(Some(&docs.minimum));
    }
    let wanted = wanted?;
    let minimum: f64 = wanted.parse().ok()?;
    let decimals = wanted.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let share = if total == 0 { 100.0 } else { (total - missing) as f64 / total as f64 * 100.0 };
    let rounded: f64 = format!("{share:.decimals$}").parse().ok()?;
    (minimum > rounded).then(|| (format!("{share:.1}"), wanted.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
====== Coverage for /tmp/x/ ======
------ Detailed Coverage ------
| Name                 |   Status |
|----------------------|----------|
| pkg/a.py (module)    |  COVERED |
|   f (L12)            |   MISSED |
|     C.g (L14)        |  COVERED |
|----------------------|----------|
| b.py                 |          |
|   h (L1)             |   MISSED |
|----------------------|----------|

------ Summary ------
| Name | Total | Miss | Cover | Cover% |
------- RESULT: FAILED (minimum: 80.0%, actual: 50.0%) -------
";

    #[test]
    fn the_table_is_read() {
        let found = parse(OUTPUT).unwrap();
        let docs = |total, missing: &[(&str, u64)]| Docs {
            total,
            missing: missing.iter().map(|(name, line)| ((*name).to_owned(), Some(*line))).collect(),
            minimum: "80.0".to_owned(),
        };
        let expected = [
            ("/tmp/x/pkg/a.py".to_owned(), docs(3, &[("f", 12)])),
            ("/tmp/x/b.py".to_owned(), docs(1, &[("h", 1)])),
        ];
        assert_eq!(found, expected);
        assert_eq!(parse("what?"), None);
        let all = found.iter().map(|(_, docs)| docs);
        assert_eq!(shortfall(all.clone()), Some(("50.0".to_owned(), "80.0".to_owned())));
        let mut enough = found[0].1.clone();
        enough.minimum = "66.7".to_owned();
        assert_eq!(shortfall([&enough].into_iter()), None, "66.66… is rounded as the minimum is");
        assert_eq!(shortfall(std::iter::empty()), None);
    }
}
