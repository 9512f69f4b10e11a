//! Which stage is next: after those that it needs, while what it occupies is free.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Condvar, Mutex, MutexGuard};

use crate::pipeline::Stage;

/// Hands out stages to worker threads.
pub(super) struct Schedule<'s> {
    stages: &'s [Stage],
    /// Units that there are of each resource that the stages name.
    capacity: BTreeMap<String, u64>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Position in the order, and stage.
    ready: BTreeSet<(usize, usize)>,
    /// How many stages each still waits for.
    waits: HashMap<usize, usize>,
    dependents: HashMap<usize, Vec<usize>>,
    position: HashMap<usize, usize>,
    running: usize,
    occupied: BTreeMap<String, u64>,
    mutexes: HashSet<String>,
    stopped: bool,
    /// Stages that will not run because one before them did not.
    blocked: BTreeSet<usize>,
    left: BTreeSet<usize>,
}

/// How a stage came out, as far as others are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Release {
    /// What waits for it may run.
    Done,
    /// What waits for it must not; the others may.
    Block,
    /// Nothing more may begin.
    Stop,
}

impl<'s> Schedule<'s> {
    /// Schedules the stages of `order`, each after those of `upstream` that are in the order too.
    pub fn new<'u>(
        stages: &'s [Stage],
        order: &[usize],
        upstream: impl Fn(usize) -> &'u [usize],
        capacity: BTreeMap<String, u64>,
    ) -> Schedule<'s> {
        let wanted: HashSet<usize> = order.iter().copied().collect();
        let mut dependents: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut waits = HashMap::new();
        for &stage in order {
            let before = upstream(stage).iter().filter(|before| wanted.contains(before));
            let mut count = 0;
            for &before in before {
                dependents.entry(before).or_default().push(stage);
                count += 1;
            }
            waits.insert(stage, count);
        }
        let position: HashMap<usize, usize> =
            order.iter().enumerate().map(|(at, &stage)| (stage, at)).collect();
        let ready = order.iter().filter(|stage| waits[stage] == 0);
        let ready = ready.map(|stage| (position[stage], *stage)).collect();
        let state = State {
            ready,
            waits,
            dependents,
            position,
            running: 0,
            occupied: BTreeMap::new(),
            mutexes: HashSet::new(),
            stopped: false,
            blocked: BTreeSet::new(),
            left: wanted.into_iter().collect(),
        };
        Schedule { stages, capacity, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// The next stage to run; waits for one. `None` if there will be no more.
    pub fn next(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            let found = state.ready.iter().copied().find(|&(_, stage)| self.fits(&state, stage));
            if let Some(found @ (_, stage)) = found {
                state.ready.remove(&found);
                state.left.remove(&stage);
                state.running += 1;
                self.occupy(&mut state, stage);
                return Some(stage);
            }
            if state.running == 0 {
                return None;
            }
            state = self.changed.wait(state).expect("no panic while holding the lock");
        }
    }

    /// A stage that [`Schedule::next`] handed out is done with.
    pub fn release(&self, stage: usize, release: Release) {
        let mut state = self.lock();
        state.running -= 1;
        for (name, units) in &self.stages[stage].resources {
            if let Some(occupied) = state.occupied.get_mut(name) {
                *occupied -= self.clamp(name, *units);
            }
        }
        for name in &self.stages[stage].mutex {
            state.mutexes.remove(name);
        }
        match release {
            Release::Stop => state.stopped = true,
            Release::Done => {
                for dependent in state.dependents.get(&stage).cloned().unwrap_or_default() {
                    let waits = state.waits.get_mut(&dependent).expect("it is in the order");
                    *waits -= 1;
                    if *waits == 0 && !state.blocked.contains(&dependent) {
                        let at = state.position[&dependent];
                        state.ready.insert((at, dependent));
                    }
                }
            }
            Release::Block => {
                let mut pending = vec![stage];
                while let Some(stage) = pending.pop() {
                    for dependent in state.dependents.get(&stage).cloned().unwrap_or_default() {
                        if state.blocked.insert(dependent) {
                            state.left.remove(&dependent);
                            pending.push(dependent);
                        }
                    }
                }
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    /// The stages that were blocked, and those whose turn never came.
    pub fn rest(&self) -> (Vec<usize>, Vec<usize>) {
        let state = self.lock();
        (state.blocked.iter().copied().collect(), state.left.iter().copied().collect())
    }

    fn fits(&self, state: &State, stage: usize) -> bool {
        let stage = &self.stages[stage];
        let has_room = |(name, units): (&String, &u64)| match self.capacity.get(name) {
            None => true,
            Some(capacity) => {
                let occupied = state.occupied.get(name).copied().unwrap_or(0);
                occupied + self.clamp(name, *units) <= *capacity
            }
        };
        stage.resources.iter().all(has_room)
            && !stage.mutex.iter().any(|name| state.mutexes.contains(name))
    }

    fn occupy(&self, state: &mut State, stage: usize) {
        for (name, units) in &self.stages[stage].resources {
            *state.occupied.entry(name.clone()).or_default() += self.clamp(name, *units);
        }
        state.mutexes.extend(self.stages[stage].mutex.iter().cloned());
    }

    /// A stage that wants more than there is gets all of it.
    fn clamp(&self, name: &str, units: u64) -> u64 {
        self.capacity.get(name).map_or(units, |capacity| units.min(*capacity))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while holding the lock")
    }
}
