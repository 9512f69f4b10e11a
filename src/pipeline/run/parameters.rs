//! The parameter files of one command, each parsed once.
//!
//! A thousand stages share one `params.yaml`: parsed for each of them, a command that has nothing to do
//! would cost the square of their number. A file is read again when a stage may have written it, and
//! parsed again only if its bytes changed, so that no time stamp has to be trusted.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use crate::format::Value;
use crate::fs::RepoPath;
use crate::pipeline::stage::ParamsFrom;
use crate::pipeline::{Result, Source, params};

/// See the module. Shared by threads.
#[derive(Default)]
pub(super) struct ParamFiles {
    known: Mutex<HashMap<RepoPath, Known>>,
}

struct Known {
    /// When it was read: as long as this is the same, nothing ran.
    epoch: u64,
    /// `None` if there is no such file.
    content: Option<Content>,
}

#[derive(Clone)]
struct Content {
    bytes: Arc<[u8]>,
    value: Arc<Value>,
}

impl ParamFiles {
    /// The values that a stage with `from` depends on, as [`params::track`] has them.
    ///
    /// # Errors
    /// As there. A file that cannot be understood is not remembered.
    pub fn track(
        &self,
        source: &dyn Source,
        epoch: u64,
        from: &ParamsFrom,
    ) -> Result<BTreeMap<String, Value>> {
        let content = self.content(source, epoch, &from.file)?;
        params::select(content.as_ref().map(|content| &*content.value), from)
    }

    fn content(&self, source: &dyn Source, epoch: u64, path: &RepoPath) -> Result<Option<Content>> {
        // Held while the file is parsed: whoever else wants it would only parse it too.
        let mut known = self.known.lock().expect("no panic while holding the lock");
        let old = match known.get(path) {
            Some(known) if known.epoch == epoch => return Ok(known.content.clone()),
            Some(known) => known.content.clone(),
            None => None,
        };
        let content = match (source.read(path)?, old) {
            (None, _) => None,
            (Some(bytes), Some(old)) if *bytes == *old.bytes => Some(old),
            (Some(bytes), _) => {
                let value = Arc::new(params::parse(path, &bytes)?);
                Some(Content { bytes: bytes.into(), value })
            }
        };
        known.insert(path.clone(), Known { epoch, content: content.clone() });
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::pipeline::Error;
    use crate::pipeline::testing::path;

    /// One file, which counts how often it is read.
    struct File {
        bytes: Mutex<Option<&'static str>>,
        reads: AtomicUsize,
    }

    impl Source for File {
        fn read(&self, _: &RepoPath) -> Result<Option<Vec<u8>>> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            Ok(self.bytes.lock().expect("no panic").map(|text| text.as_bytes().to_vec()))
        }

        fn named(&self, _: &[&str]) -> Result<Vec<RepoPath>> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn a_file_is_read_once_until_something_ran_and_then_believed_by_its_bytes() {
        let file = File { bytes: Mutex::new(Some("lr: 1\n")), reads: AtomicUsize::new(0) };
        let files = ParamFiles::default();
        let from = ParamsFrom { file: path("params.yaml"), keys: vec!["lr".to_owned()] };
        let lr = |epoch| files.track(&file, epoch, &from).map(|found| found["lr"].clone());
        let set = |text| *file.bytes.lock().expect("no panic") = text;
        let reads = || file.reads.load(Ordering::Relaxed);

        assert_eq!(lr(0).expect("there"), Value::Int(1));
        set(Some("lr: 2\n"));
        assert_eq!((lr(0).expect("remembered"), reads()), (Value::Int(1), 1));
        assert_eq!((lr(1).expect("read again"), reads()), (Value::Int(2), 2));
        let parsed = || files.known.lock().expect("no panic")[&from.file].content.clone();
        let before = parsed().expect("there").value;
        assert_eq!(lr(2).expect("the same"), Value::Int(2));
        assert!(Arc::ptr_eq(&before, &parsed().expect("there").value), "parsed anew");
        set(Some("lr: ["));
        assert!(lr(3).is_err());
        set(None);
        assert!(matches!(lr(3), Err(Error::ParamsFileMissing { .. })));
        set(Some("lr: 3\n"));
        assert_eq!(lr(4).expect("it came back"), Value::Int(3));
    }
}
