//! The physical floor of each row of the speed table: the same bytes moved by the plainest program
//! that could move them, with two threads, no format, no lock and no journal.
//!
//! ```text
//! floor walk DIR                 getdents and lstat of everything below
//! floor add DIR OUT              walk, read, SHA-256, one sequential write, fsync
//! floor push DIR OUT LEVEL       the same with each file through zstd
//! floor hash FILE                SHA-256, one thread
//! floor hash2 FILE               SHA-256, another thread reads
//! floor create DIR N SIZE DIRS   N files of SIZE bytes spread over DIRS directories
//! floor reflink DIR OUT          one reflink for every file
//! ```
//!
//! Prints one line of JSON: wall and CPU seconds, peak memory, files and bytes.

#![allow(clippy::print_stdout, reason = "its output is its result")]

use std::ffi::CString;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use anyhow::{Result, bail};
use rayon::prelude::*;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use sha2::{Digest as _, Sha256};

const THREADS: usize = 2;
const BUFFER: usize = 1 << 20;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    rayon::ThreadPoolBuilder::new().num_threads(THREADS).build_global()?;
    let start = Instant::now();
    let totals = match args[..] {
        ["walk", dir] => walk(Path::new(dir), &|_, _, _| Ok(()))?,
        ["add", dir, out] => gather(Path::new(dir), Path::new(out), None)?,
        ["push", dir, out, level] => gather(Path::new(dir), Path::new(out), Some(level.parse()?))?,
        ["hash", file] => hash(Path::new(file))?,
        ["hash2", file] => hash_overlapped(Path::new(file))?,
        ["create", dir, n, size, dirs] => {
            create(Path::new(dir), n.parse()?, size.parse()?, dirs.parse()?)?
        }
        ["reflink", dir, out] => reflink(Path::new(dir), Path::new(out))?,
        _ => bail!("usage: floor walk|add|push|hash|hash2|create|reflink ARGUMENTS"),
    };
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    println!(
        "{{\"wall\": {:.6}, \"cpu\": {:.6}, \"rss_kib\": {}, \"files\": {}, \"bytes\": {}}}",
        start.elapsed().as_secs_f64(),
        cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9,
        peak_rss_kib(),
        totals.files.into_inner(),
        totals.bytes.into_inner(),
    );
    Ok(())
}

fn peak_rss_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[derive(Default)]
struct Totals {
    files: AtomicU64,
    bytes: AtomicU64,
}

/// What is done with each regular file: its directory, its name there, its stat.
type Each<'a> = &'a (dyn Fn(BorrowedFd<'_>, &CString, &Stat) -> Result<()> + Sync);

/// Lists and stats everything below `root`.
fn walk(root: &Path, each: Each<'_>) -> Result<Totals> {
    let totals = Totals::default();
    visit(&File::open(root)?, each, &totals)?;
    Ok(totals)
}

fn visit(dir: &File, each: Each<'_>, totals: &Totals) -> Result<()> {
    let mut names = Vec::new();
    for entry in Dir::read_from(dir)? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(entry.file_name().to_owned());
        }
    }
    // A directory of many files is shared by the threads; a tree of many directories is, too.
    names.par_iter().with_min_len(if names.len() > 4096 { 512 } else { 1 }).try_for_each(|name| {
        let stat = rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let below = rustix::fs::openat(dir, name, flags, Mode::empty())?;
                visit(&below.into(), each, totals)
            }
            FileType::RegularFile => {
                totals.files.fetch_add(1, Ordering::Relaxed);
                totals.bytes.fetch_add(stat.st_size as u64, Ordering::Relaxed);
                each(dir.as_fd(), name, &stat)
            }
            _ => Ok(()),
        }
    })
}

fn open(dir: BorrowedFd<'_>, name: &CString) -> Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(dir, name, flags, Mode::empty())?.into())
}

/// Reads and hashes every file and appends its bytes, compressed if a level is given, to one file.
fn gather(root: &Path, out: &Path, level: Option<i32>) -> Result<Totals> {
    thread_local! {
        static COMPRESSOR: std::cell::RefCell<Option<zstd::bulk::Compressor<'static>>> =
            const { std::cell::RefCell::new(None) };
    }
    let out = Mutex::new(std::io::BufWriter::with_capacity(BUFFER, File::create(out)?));
    let digests = Mutex::new(Vec::new());
    let totals = walk(root, &|dir, name, stat| {
        let mut bytes = Vec::with_capacity(stat.st_size as usize + 1);
        open(dir, name)?.read_to_end(&mut bytes)?;
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        if let Some(level) = level {
            let packed = COMPRESSOR.with_borrow_mut(|slot| -> std::io::Result<Vec<u8>> {
                if slot.is_none() {
                    *slot = Some(zstd::bulk::Compressor::new(level)?);
                }
                slot.as_mut().expect("set above").compress(&bytes)
            })?;
            if packed.len() < bytes.len() {
                bytes = packed;
            }
        }
        out.lock().expect("no panic").write_all(&bytes)?;
        digests.lock().expect("no panic").push(digest);
        Ok(())
    })?;
    let mut out = out.into_inner()?;
    for digest in digests.into_inner()? {
        out.write_all(&digest)?;
    }
    out.into_inner()?.sync_all()?;
    Ok(totals)
}

fn hash(path: &Path) -> Result<Totals> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; BUFFER];
    let mut hasher = Sha256::new();
    let totals = Totals::default();
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        totals.bytes.fetch_add(count as u64, Ordering::Relaxed);
    }
    std::hint::black_box(hasher.finalize());
    Ok(totals)
}

fn hash_overlapped(path: &Path) -> Result<Totals> {
    let mut file = File::open(path)?;
    let (full, pieces) = mpsc::sync_channel::<(Vec<u8>, usize)>(2);
    let (give_back, empty) = mpsc::channel();
    for _ in 0..3 {
        give_back.send(vec![0; BUFFER])?;
    }
    let totals = Totals::default();
    std::thread::scope(|scope| -> Result<()> {
        let reader = scope.spawn(move || -> std::io::Result<()> {
            while let Ok(mut buffer) = empty.recv() {
                let count = file.read(&mut buffer)?;
                if count == 0 || full.send((buffer, count)).is_err() {
                    break;
                }
            }
            Ok(())
        });
        let mut hasher = Sha256::new();
        for (buffer, count) in pieces {
            hasher.update(&buffer[..count]);
            totals.bytes.fetch_add(count as u64, Ordering::Relaxed);
            let _ = give_back.send(buffer);
        }
        std::hint::black_box(hasher.finalize());
        Ok(reader.join().expect("the reader does not panic")?)
    })?;
    Ok(totals)
}

fn create(root: &Path, files: usize, size: usize, dirs: usize) -> Result<Totals> {
    let bytes = vec![b'x'; size];
    let per_dir = files.div_ceil(dirs.max(1));
    let dirs: Vec<usize> = (0..dirs.max(1)).collect();
    dirs.par_iter().try_for_each(|dir| -> Result<()> {
        let path = root.join(format!("d{dir:04}"));
        std::fs::create_dir_all(&path)?;
        let dir_fd = File::open(&path)?;
        for at in (dir * per_dir)..((dir + 1) * per_dir).min(files) {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            let mode = Mode::from_raw_mode(0o644);
            let file = rustix::fs::openat(&dir_fd, format!("f{at:07}"), flags, mode)?;
            File::from(file).write_all(&bytes)?;
        }
        Ok(())
    })?;
    let bytes = (files * size) as u64;
    Ok(Totals { files: (files as u64).into(), bytes: bytes.into() })
}

fn reflink(root: &Path, out: &Path) -> Result<Totals> {
    std::fs::create_dir_all(out)?;
    let next = AtomicU64::new(0);
    let targets: Vec<PathBuf> = (0..100).map(|at| out.join(format!("d{at:02}"))).collect();
    for target in &targets {
        std::fs::create_dir_all(target)?;
    }
    walk(root, &|dir, name, _| {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let to = targets[at as usize % targets.len()].join(format!("f{at}"));
        reflink_copy::reflink_file(&open(dir, name)?, &File::create(to)?)?;
        Ok(())
    })
}
