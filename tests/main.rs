//! The only test binary: one link step for all of them.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panic")]

#[allow(dead_code, reason = "a box of tools")]
mod common;

mod add;
mod add_refusals;
mod at_commit;
mod builtin_templates;
mod builtin_templates_run;
mod checkout;
mod checks_data;
mod cli;
mod dag;
mod docs_fresh;
mod dvc_parity;
mod exec;
mod faults;
mod fuzz_regressions;
mod hooks;
mod init;
mod layers;
mod locks_as_data;
mod mlrun_status;
mod new;
mod new_faults;
mod new_hooks;
mod new_places;
mod pipelines;
mod recording;
mod recording_kills;
mod recover;
mod remotes;
mod repro;
mod repro_inputs;
mod repro_outs;
mod repro_parallel;
mod repro_refusals;
mod repro_shared;
mod restore;
mod runs_annotations;
mod runs_hostile;
mod runs_index;
mod runs_log;
mod runs_merge;
mod runs_names;
mod runs_query;
mod runs_show;
mod runs_store;
mod runs_sync;
mod runs_trailer;
mod safety;
mod snapshots;
mod stage_add;
mod status;
mod template_commands;
mod template_hooks;
mod template_safety;
mod template_update;
mod templates_engine;
mod templates_hostile;
mod templates_parity;
mod templates_sources;
mod transfers;
mod views;
mod worktrees;
