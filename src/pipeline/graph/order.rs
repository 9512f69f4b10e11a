//! The order in which stages run.

use super::error::{Definition, Error, Need};
use super::{OutRef, Stage};

/// Depth first: each stage after all that it waits for, which come in the order in which it names
/// them; stages that do not wait for each other in the order of the file. It is the order that DVC
/// runs them in.
///
/// # Errors
/// Stages wait for each other.
pub(super) fn order(stages: &[Stage], sources: &[Vec<OutRef>]) -> Result<Vec<usize>, Error> {
    let mut order = Vec::with_capacity(stages.len());
    let mut state = vec![State::New; stages.len()];
    // The stages being visited, each waiting for the next, and how many of its sources were seen. No
    // recursion: a chain may be as long as the file.
    let mut path: Vec<(usize, usize)> = Vec::new();
    for start in 0..stages.len() {
        if state[start] == State::New {
            state[start] = State::Open;
            path.push((start, 0));
        }
        while let Some((stage, seen)) = path.last_mut() {
            let Some(source) = sources[*stage].get(*seen) else {
                state[*stage] = State::Done;
                order.push(*stage);
                path.pop();
                continue;
            };
            *seen += 1;
            match state[source.stage] {
                State::New => {
                    state[source.stage] = State::Open;
                    path.push((source.stage, 0));
                }
                State::Done => {}
                State::Open => return Err(cycle(stages, sources, &path, source.stage)),
            }
        }
    }
    Ok(order)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// The end of `path`, from the stage at which it came back to itself.
fn cycle(
    stages: &[Stage],
    sources: &[Vec<OutRef>],
    path: &[(usize, usize)],
    again: usize,
) -> Error {
    let start = path.iter().position(|&(stage, _)| stage == again).unwrap_or(0);
    let need = |&(stage, seen): &(usize, usize)| {
        let source = sources[stage][seen - 1];
        let path = stages[source.stage].outs[source.out].path.clone();
        Need { stage: Definition::of(&stages[stage]), path }
    };
    Error::Cycle(path[start..].iter().map(need).collect())
}
