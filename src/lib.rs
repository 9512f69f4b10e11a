//! `gitml`: data, pipelines and runs of machine-learning projects, kept with Git.
//!
//! # Layers
//!
//! ```text
//! cli                clap types, output, progress, exit codes: the only layer that prints
//! checks             what hooks say of what is staged, and how it is corrected
//! pipeline           what `git mlrun` means: stages and what they need
//! runs               the record of every execution
//! data scaffold      what `git mldata` means; projects from templates
//! cache remote git   objects here, objects elsewhere, the repository
//! fs format          atomic files, locks, walking, reflink; text and binary codecs
//! ```
//!
//! A layer uses those below it, never those above, and its neighbours only through their public
//! API. `tests/layers.rs` reads the `use` lines and enforces this.
//!
//! # The way of one file
//!
//! `data::add` walks the worktree (`fs::list`), hashes what the index (`data::index`) does not
//! already know, and hands the bytes to the cache (`cache::CacheWriter`: packs for small objects, a reflink
//! for large ones). Directory listings become tree objects (`format::tree`), the root's id goes
//! into the pointer (`format::pointer`) that Git commits. `data::push` walks from pointers to the
//! objects the remote lacks (`remote`), `data::fetch` comes back the other way, and
//! `data::checkout` writes what the pointers name into the worktree.
//!
//! # The way of one parameter
//!
//! `pipeline::params` reads `params.yaml` into values (`format::Value`), by one table of what a scalar
//! means (`format::yaml::scalar`). `pipeline::template` puts them into the stages of `mlrun.yaml`
//! (`pipeline::file`); a stage lists the keys that it depends on. `pipeline::run::decision` holds their
//! values against the stage's block in `mlrun.lock` (`format::lock`); if one differs, they go into the
//! stage's key (`format::stage_key`), under which `pipeline::run::run_cache` may know what the stage
//! writes, and else the stage runs. `pipeline::run::store` writes the new block, whose outs are then
//! tracked paths like those of pointers. `pipeline::metrics` and `pipeline::diff` compare two commits.
//!
//! Meanwhile `pipeline::run::recorder` has put the parameter into the stage's draft of a run
//! (`format::run`) and that into the journal (`runs::live`). When all stages have ended, or when a later
//! command finds the journal of a killed one, `runs::live::finalise` makes runs of it and
//! `runs::store` commits them to `refs/mlrun/runs`. `runs::index` reads from there what tables need,
//! `runs::query` filters, and `cli::mlrun::log` prints the parameter as a column.
//!
//! # The way of one staged file
//!
//! `git commit` runs the stub that `data::installation` has put into Git's directory of hooks, and that
//! `git mldata hook pre-commit` (`cli::mldata::hook`), which asks whether it is switched off. `git::staged`
//! has Git compare the index with HEAD; what differs, and nothing else, are the `checks::Files`: paths, modes
//! and blobs. Nothing opens the file that lies in the worktree. `checks::run` gives them to one check after
//! the other, in the order in which one makes work for the next. `checks::notebooks` strips what running has
//! left in a notebook. `checks::format` reads the text that is there by now (`checks::Reader`), finds the
//! formatters that the project has chosen (`checks::tools`), and, unless their verdict on this blob is known,
//! lays the text out in a directory of its own and runs them there. Another text takes the file's place in
//! `Files`, in memory. `checks::lint` and then `checks::data` look at what would be committed so; rules about
//! data see all of that state (`git::GitFiles`): pointers, locks and pipelines beside the file.
//!
//! Findings, and what went wrong with tools, make a `checks::Report`. Only if nothing in it stops the commit,
//! `checks::apply` writes the new texts as blobs, `git::restage` puts them into the index by one rename, and
//! the file in the worktree follows by a three-way merge (`git::merge_texts`), or stays as it is where that
//! has a conflict. `cli::mlhook::show` prints, and the exit code lets Git go on or not. The programs
//! `mlhook-*` (`cli::mlhook`) go the same way with one check each; under a host that has made `Files` of the
//! worktree, corrections are written there and nothing is staged.
//!
//! # The way of a template
//!
//! `scaffold::source` finds it and reads all of it into a `scaffold::FileTree`, with the version that it
//! has there. `scaffold::questions` reads what it asks; `cli::mlrun::new::prompts` puts that to the user,
//! with defaults that `scaffold::jinja` renders from the answers before. `scaffold::render` makes the
//! project of it, another tree in memory: nothing was written, no program ran but the one that may change
//! the questions. `scaffold::record` adds what it was made of: source, version, answers, time and seed
//! (`format::template_record`). `scaffold::write` puts all that into a directory beside its place;
//! `scaffold::hooks` runs the template's programs there if `scaffold::trust` knows that the user allowed
//! exactly these. Then the directory gets its name, and `scaffold::repository` commits what is in it.
//!
//! `scaffold::update` renders the template as it is now with the answers, time and seed of the committed
//! record. `scaffold::update::base` finds the commit of what it rendered then
//! (`scaffold::update::pristine`), and Git merges the difference of the two into the project
//! (`git::pick`).

#![forbid(unsafe_code)]

pub mod cache;
pub mod checks;
pub mod cli;
pub mod data;
pub mod format;
pub mod fs;
pub mod git;
pub mod pipeline;
pub mod remote;
pub mod runs;
pub mod scaffold;
