//! Commands that find a terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

/// Runs `command` with a terminal as standard input and standard error, where somebody types `input`
/// (`\x04` at the beginning of a line is the end). Gives what the terminal showed, without echo, and how
/// the command ended.
pub fn run(command: Command, input: &str) -> (String, ExitStatus) {
    let (mut main, terminal) = open();
    let mut settings = tcgetattr(&terminal).unwrap();
    settings.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Now, &settings).unwrap();
    main.write_all(input.as_bytes()).unwrap();
    finish(start(command, terminal), main, Vec::new())
}

/// Like [`run`], at a terminal that shows what is typed; each answer is typed once its question is there.
pub fn converse(command: Command, answers: &[(&str, &str)]) -> (String, ExitStatus) {
    let (mut main, terminal) = open();
    let child = start(command, terminal);
    let mut shown = Vec::new();
    let mut buffer = [0; 4096];
    for (question, answer) in answers {
        while !String::from_utf8_lossy(&shown).contains(question) {
            let read = main.read(&mut buffer).unwrap();
            shown.extend_from_slice(&buffer[..read]);
        }
        main.write_all(answer.as_bytes()).unwrap();
    }
    finish(child, main, shown)
}

fn open() -> (File, OwnedFd) {
    let main = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&main).unwrap();
    unlockpt(&main).unwrap();
    let name = ptsname(&main, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let terminal = rustix::fs::open(&*name, flags, Mode::empty()).unwrap();
    (File::from(main), terminal)
}

/// Our own ends of the terminal are closed, so that its end comes when the child's are.
fn start(mut command: Command, terminal: OwnedFd) -> Child {
    command.stdin(Stdio::from(terminal.try_clone().unwrap())).stderr(Stdio::from(terminal));
    command.stdout(Stdio::null()).spawn().unwrap()
}

fn finish(mut child: Child, mut main: File, mut shown: Vec<u8>) -> (String, ExitStatus) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = main.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..read]);
    }
    let status = child.wait().unwrap();
    (String::from_utf8_lossy(&shown).replace("\r\n", "\n"), status)
}
