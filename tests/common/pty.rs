//! Commands that find a terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Command, ExitStatus, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

/// Runs `command` with a terminal as standard input and standard error, where somebody types `input`
/// (`\x04` at the beginning of a line is the end). Gives what the terminal showed, without echo, and how
/// the command ended.
pub fn run(mut command: Command, input: &str) -> (String, ExitStatus) {
    let main = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&main).unwrap();
    unlockpt(&main).unwrap();
    let name = ptsname(&main, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let terminal = rustix::fs::open(&*name, flags, Mode::empty()).unwrap();
    let mut settings = tcgetattr(&terminal).unwrap();
    settings.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Now, &settings).unwrap();
    let mut main = File::from(main);
    main.write_all(input.as_bytes()).unwrap();
    command.stdin(Stdio::from(terminal.try_clone().unwrap())).stderr(Stdio::from(terminal));
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    // Ours are closed, so that the end comes when the child's are.
    drop(command);
    let mut shown = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = main.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..read]);
    }
    let status = child.wait().unwrap();
    (String::from_utf8_lossy(&shown).replace("\r\n", "\n"), status)
}
