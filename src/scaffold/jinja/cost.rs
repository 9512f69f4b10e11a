//! What one render may cost.
//!
//! The engine counts its steps; what a step may do is counted here: each operator, filter and method
//! pays for the bytes that it reads and makes *before* it makes them. So memory is bounded whatever a
//! template does, even where text is kept in variables and never written.
//!
//! Texts are rendered on a thread of ours: its stack is large enough for the deepest values and
//! expressions that are let through. The account, which every function reaches, is the thread's; each
//! text opens a new one.

use std::cell::Cell;

use minijinja::{Error, ErrorKind};

thread_local! {
    static LEFT: Cell<usize> = const { Cell::new(0) };
    static RANDOM: Cell<u64> = const { Cell::new(0) };
    /// Whether this thread has the stack that a render needs.
    static IS_DEEP: Cell<bool> = const { Cell::new(false) };
}

/// Values within values are unwound on the stack, one frame or more for each.
const STACK_BYTES: usize = 128 << 20;

/// What a value costs that is in another: as many as may be within each other fit the stack.
pub(super) const NESTED: usize = 4 << 10;

/// What a value in a list costs.
pub(super) const ITEM: usize = 32;

/// Runs `work` on one thread with the stack that renders need: those in it start none of their own.
///
/// # Errors
/// The system has no thread left.
pub fn together<T: Send>(work: impl FnOnce() -> T + Send) -> std::io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let thread = thread.spawn_scoped(scope, || {
            IS_DEEP.set(true);
            work()
        })?;
        match thread.join() {
            Ok(value) => Ok(value),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Runs `render` with an account of `bytes`.
pub(super) fn run<T: Send>(
    bytes: usize,
    seed: u64,
    render: impl FnOnce() -> T + Send,
) -> std::io::Result<T> {
    let render = || {
        LEFT.set(bytes);
        RANDOM.set(seed);
        render()
    };
    match IS_DEEP.get() {
        true => Ok(render()),
        false => together(render),
    }
}

/// Pays for `bytes`.
pub(super) fn charge(bytes: usize) -> Result<(), Error> {
    let left = LEFT.get().checked_sub(bytes);
    LEFT.set(left.unwrap_or(0));
    match left {
        Some(_) => Ok(()),
        None => Err(Error::new(ErrorKind::OutOfFuel, "it makes too much text")),
    }
}

/// Pays for `len` times `count` bytes.
pub(super) fn charge_product(len: usize, count: usize) -> Result<(), Error> {
    charge(len.saturating_mul(count))
}

/// The next random number (SplitMix64): of one seed always the same ones.
pub(super) fn random() -> u64 {
    let state = RANDOM.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    RANDOM.set(state);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A random number below `end`, which is not zero.
pub(super) fn random_below(end: usize) -> usize {
    ((u128::from(random()) * end as u128) >> 64) as usize
}
