//! What Linux tells of processes in `/proc`. Elsewhere nothing is known, and callers do without.

use rustix::process::{Pid, test_kill_process_group};

/// One process, as `/proc/<id>/stat` describes it (proc_pid_stat(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    pub id: Pid,
    /// `None` where the group is one of another process namespace, and so is the session below.
    pub group: Option<Pid>,
    pub session: Option<Pid>,
    /// It ended, and its parent has not asked how.
    pub ended: bool,
}

/// All processes that can be seen.
pub fn all() -> impl Iterator<Item = Process> {
    let listed = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    listed.filter_map(|entry| of(entry.file_name().to_str()?))
}

/// This process.
pub fn own() -> Option<Process> {
    of("self")
}

fn of(name: &str) -> Option<Process> {
    if name != "self" && !name.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    parse(&std::fs::read_to_string(format!("/proc/{name}/stat")).ok()?)
}

fn parse(stat: &str) -> Option<Process> {
    // A program may call itself anything, `) R 1` too.
    let (before, after) = stat.rsplit_once(") ")?;
    let id = before.split(' ').next()?;
    let mut fields = after.split(' ');
    let ended = matches!(fields.next()?, "Z" | "X");
    let pid = |text: &str| Some(Pid::from_raw(text.parse().ok()?));
    let (_parent, group, session) = (fields.next()?, fields.next()?, fields.next()?);
    let (id, group, session) = (pid(id)??, pid(group)?, pid(session)?);
    Some(Process { id, group, session, ended })
}

/// Whether anything of a process group still runs. What ended and was not reaped does not count: in a
/// container, often nobody does.
pub fn is_group_alive(group: Pid) -> bool {
    if test_kill_process_group(group).is_err() {
        return false;
    }
    let mut members = all().filter(|process| process.group == Some(group)).peekable();
    members.peek().is_none() || members.any(|process| !process.ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_and_any_namespace() {
        let process = parse("7 (a ) R) (b) Z 1 5 0 0 -1 4194304").expect("a stat");
        let [id, group] = [7, 5].map(|raw| Pid::from_raw(raw).expect("above zero"));
        assert_eq!(process, Process { id, group: Some(group), session: None, ended: true });
        for bad in ["", "7", "7 (a)", "7 (a) R 1", "x (a) R 1 2 3", "0 (a) R 1 2 3"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_runs() {
        let own = own().expect("/proc is mounted");
        assert_eq!(own.id.as_raw_nonzero().get().unsigned_abs(), std::process::id());
        assert!(!own.ended && all().any(|process| process == own));
        assert!(is_group_alive(own.group.expect("a group of this namespace")));
    }
}
