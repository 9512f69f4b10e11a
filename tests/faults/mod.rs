//! What must hold whatever happens: kills, damage, full disks, other processes, odd names, hostile
//! repositories, and Git commands that move pointers behind our back.

#![allow(clippy::disallowed_methods, reason = "tests run programs and read PATH")]

mod lab;

mod concurrent;
mod corrupt;
pub mod disk;
mod hostile;
mod kill;
mod kinds;
mod names;
mod recorded;
mod repro;
mod repro_processes;
mod reversions;
mod runs;
mod runs_places;
mod runs_races;
