//! New ids, and names that people can remember.
//!
//! A name is two words and a number, drawn from the run's id: the same id has the same name, and
//! 100 × 100 × 1000 names make it unlikely that two of ten thousand runs share one (about 1 in 200 of
//! all stores of that size has no pair). Whoever types a name that two runs have is told both ids.

use crate::format::run::{MAX_NAME, RunId, is_prefix};

const ADJECTIVES: [&str; 100] = [
    "able", "amber", "ample", "apt", "arctic", "azure", "bold", "brave", "brief", "bright",
    "brisk", "broad", "calm", "candid", "cheery", "civil", "clear", "clever", "cool", "cosy",
    "crisp", "curious", "daring", "deep", "deft", "eager", "early", "easy", "equal", "exact",
    "fair", "famous", "fancy", "fast", "fine", "firm", "fleet", "fond", "frank", "free", "fresh",
    "gentle", "glad", "golden", "grand", "happy", "hardy", "honest", "humble", "keen", "kind",
    "large", "late", "light", "lively", "loyal", "lucky", "lunar", "major", "mellow", "merry",
    "mild", "misty", "modest", "neat", "noble", "novel", "olive", "open", "patient", "plain",
    "polite", "prime", "proud", "pure", "quick", "quiet", "rapid", "rare", "ready", "robust",
    "round", "rural", "rustic", "sage", "serene", "sharp", "shy", "silent", "silver", "smooth",
    "solar", "sound", "steady", "sunny", "swift", "tidy", "vivid", "warm", "wise",
];

const NOUNS: [&str; 100] = [
    "acorn", "alder", "anchor", "ant", "apple", "ash", "aspen", "badger", "basin", "bay", "beacon",
    "bear", "beech", "birch", "bison", "brook", "canyon", "cedar", "cliff", "clover", "comet",
    "coral", "crane", "creek", "crow", "dale", "deer", "delta", "dove", "dune", "eagle", "elk",
    "elm", "ember", "falcon", "fern", "field", "finch", "fjord", "fox", "geyser", "glade", "grove",
    "gull", "harbor", "hare", "hawk", "heath", "heron", "hill", "ibis", "iris", "island", "ivy",
    "jay", "juniper", "kelp", "kite", "lagoon", "lake", "lark", "laurel", "leaf", "lynx", "maple",
    "marsh", "meadow", "moose", "moss", "newt", "oak", "orchid", "osprey", "otter", "owl", "panda",
    "pebble", "pine", "plover", "pond", "poplar", "quail", "raven", "reef", "ridge", "river",
    "robin", "seal", "shore", "sparrow", "spruce", "stone", "swan", "thicket", "thrush", "tide",
    "trout", "valley", "willow", "wren",
];

/// A new id.
pub fn random() -> RunId {
    RunId::from_bytes(random_bytes())
}

/// A new id for a run that belongs to `parent`: in the same shard of the store.
pub fn random_child(parent: RunId) -> RunId {
    let mut bytes = random_bytes();
    bytes[0] = parent.as_bytes()[0];
    RunId::from_bytes(bytes)
}

/// The name that an id has.
pub fn name(id: RunId) -> String {
    let number = |at: usize| {
        let bytes: [u8; 4] = id.as_bytes()[at..at + 4].try_into().expect("an id has 16 bytes");
        u32::from_be_bytes(bytes) as usize
    };
    let (adjective, noun) = (ADJECTIVES[number(4) % 100], NOUNS[number(8) % 100]);
    format!("{adjective}-{noun}-{}", number(12) % 1000)
}

/// Whether a user may call a run `name`: it has to be typed again, and to mean nothing else then.
///
/// # Errors
/// What is wrong with it.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || "~^:/?*[\\".contains(c);
    if name.is_empty() || name.len() > MAX_NAME {
        Err("a name has 1 to 256 bytes")
    } else if name.starts_with(['-', '@']) || name.contains("..") || name.chars().any(is_odd) {
        Err("a name has no spaces and none of `~^:/?*[\\`, no `..`, and no `-` or `@` first")
    } else if matches!(name, "last" | "HEAD") || is_prefix(name) {
        Err("that means another run or commit")
    } else {
        Ok(())
    }
}

fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    let flags = rustix::rand::GetRandomFlags::empty();
    match rustix::rand::getrandom(&mut bytes[..], flags) {
        Ok(16) => bytes,
        // Before Linux 3.17, or forbidden: what no other process can have at this moment.
        _ => {
            static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
            let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let (now, pid) = (crate::fs::unix_time_ns(), std::process::id());
            let node = rustix::system::uname();
            let seed = format!("{now} {pid} {count} {}", node.nodename().to_string_lossy());
            let digest = crate::format::ObjectId::of(seed.as_bytes());
            bytes.copy_from_slice(&digest.as_bytes()[..16]);
            bytes
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn words_are_distinct_and_ids_are_new() {
        for words in [ADJECTIVES, NOUNS] {
            assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), 100);
            assert!(words.is_sorted());
        }
        let parent = random();
        let child = random_child(parent);
        assert_ne!(parent, child);
        assert_eq!(parent.shard(), child.shard());
        assert_eq!(name(parent), name(parent));
        assert_eq!(name(RunId::from_bytes([0; 16])), "able-acorn-0");
    }

    #[test]
    fn names_can_be_typed_and_mean_one_run() {
        for good in ["baseline", "lr=0.1", "größer", "a-b_c.d", "abc", &name(random())] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        let long = "x".repeat(MAX_NAME + 1);
        for bad in ["", "-x", "@", "last", "abcd", "a b", "a\n", "a/b", "a..b", "HEAD~1", &long] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
